// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Typed header values. Called lazily, for the headers a decision needs, with one value of a list at
 * a time; pure functions over slices. RFC 3261 20 and 25.1, RFC 3581, RFC 5626, RFC 7616.
 */
#include "daemon/sip/hdr.h"

#include <errno.h>
#include <string.h>

struct row {
	const char *name;
	char compact; /* 0: none */
	bool list;    /* commas separate values */
};

static const struct row rows[KSRTP_HDR_COUNT] = {
	[KSRTP_HDR_VIA] = {"Via", 'v', true},
	[KSRTP_HDR_FROM] = {"From", 'f', false},
	[KSRTP_HDR_TO] = {"To", 't', false},
	[KSRTP_HDR_CALL_ID] = {"Call-ID", 'i', false},
	[KSRTP_HDR_CSEQ] = {"CSeq", 0, false},
	[KSRTP_HDR_CONTACT] = {"Contact", 'm', true},
	[KSRTP_HDR_ROUTE] = {"Route", 0, true},
	[KSRTP_HDR_RECORD_ROUTE] = {"Record-Route", 0, true},
	[KSRTP_HDR_PATH] = {"Path", 0, true},
	[KSRTP_HDR_SERVICE_ROUTE] = {"Service-Route", 0, true},
	[KSRTP_HDR_MAX_FORWARDS] = {"Max-Forwards", 0, false},
	[KSRTP_HDR_EXPIRES] = {"Expires", 0, false},
	[KSRTP_HDR_MIN_EXPIRES] = {"Min-Expires", 0, false},
	[KSRTP_HDR_SUPPORTED] = {"Supported", 'k', true},
	[KSRTP_HDR_REQUIRE] = {"Require", 0, true},
	[KSRTP_HDR_PROXY_REQUIRE] = {"Proxy-Require", 0, true},
	[KSRTP_HDR_UNSUPPORTED] = {"Unsupported", 0, true},
	[KSRTP_HDR_ALLOW] = {"Allow", 0, true},
	[KSRTP_HDR_CONTENT_TYPE] = {"Content-Type", 'c', false},
	[KSRTP_HDR_CONTENT_LENGTH] = {"Content-Length", 'l', false},
	[KSRTP_HDR_CONTENT_ENCODING] = {"Content-Encoding", 'e', true},
	[KSRTP_HDR_CONTENT_DISPOSITION] = {"Content-Disposition", 0, false},
	[KSRTP_HDR_AUTHORIZATION] = {"Authorization", 0, false},
	[KSRTP_HDR_PROXY_AUTHORIZATION] = {"Proxy-Authorization", 0, false},
	[KSRTP_HDR_WWW_AUTHENTICATE] = {"WWW-Authenticate", 0, false},
	[KSRTP_HDR_PROXY_AUTHENTICATE] = {"Proxy-Authenticate", 0, false},
	[KSRTP_HDR_P_ASSERTED_IDENTITY] = {"P-Asserted-Identity", 0, true},
	[KSRTP_HDR_P_PREFERRED_IDENTITY] = {"P-Preferred-Identity", 0, true},
	[KSRTP_HDR_REMOTE_PARTY_ID] = {"Remote-Party-ID", 0, true},
	[KSRTP_HDR_PRIVACY] = {"Privacy", 0, false},
	[KSRTP_HDR_IDENTITY] = {"Identity", 'y', true},
	[KSRTP_HDR_RACK] = {"RAck", 0, false},
	[KSRTP_HDR_RSEQ] = {"RSeq", 0, false},
	[KSRTP_HDR_SESSION_EXPIRES] = {"Session-Expires", 'x', false},
	[KSRTP_HDR_REFER_TO] = {"Refer-To", 'r', false},
	[KSRTP_HDR_REFERRED_BY] = {"Referred-By", 'b', false},
	[KSRTP_HDR_REPLACES] = {"Replaces", 0, false},
	[KSRTP_HDR_EVENT] = {"Event", 'o', false},
	[KSRTP_HDR_SUBSCRIPTION_STATE] = {"Subscription-State", 0, false},
	[KSRTP_HDR_REASON] = {"Reason", 0, true},
	[KSRTP_HDR_WARNING] = {"Warning", 0, true},
	[KSRTP_HDR_RETRY_AFTER] = {"Retry-After", 0, false},
	[KSRTP_HDR_FLOW_TIMER] = {"Flow-Timer", 0, false},
	[KSRTP_HDR_USER_AGENT] = {"User-Agent", 0, false},
	[KSRTP_HDR_SERVER] = {"Server", 0, false},
	[KSRTP_HDR_DATE] = {"Date", 0, false},
};

enum ksrtp_hdr_id ksrtp_hdr_id(struct slice name)
{
	char compact = name.n == 1 ? (char)(name.p[0] | 0x20) : 0;

	for (unsigned int id = 0; id < KSRTP_HDR_COUNT; id++)
		if (compact ? rows[id].compact == compact : ksrtp_slice_is(name, rows[id].name))
			return (enum ksrtp_hdr_id)id;
	return KSRTP_HDR_OTHER;
}

const char *ksrtp_hdr_name(enum ksrtp_hdr_id id)
{
	return id < KSRTP_HDR_COUNT ? rows[id].name : NULL;
}

bool ksrtp_hdr_is_list(enum ksrtp_hdr_id id)
{
	return id < KSRTP_HDR_COUNT && rows[id].list;
}

static struct slice strip_brackets(struct slice host)
{
	if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		return ksrtp_slice_of(host.p + 1, host.n - 2);
	return host;
}

static int via_params(struct ksrtp_via *via)
{
	struct slice rest = via->params;
	struct ksrtp_param param;
	uint32_t port;

	while (ksrtp_lex_param(&rest, ';', &param)) {
		if (ksrtp_slice_is(param.name, "branch") && !via->branch.p) {
			via->branch = param.value;
		} else if (ksrtp_slice_is(param.name, "maddr") && !via->maddr.p) {
			via->maddr = param.value;
		} else if (ksrtp_slice_is(param.name, "received") && !via->received_text.p) {
			via->received_text = param.text;
			via->received = strip_brackets(param.value);
		} else if (ksrtp_slice_is(param.name, "rport") && !via->rport_text.p) {
			via->rport_text = param.text;
			if (!param.value.n)
				continue;
			if (ksrtp_slice_u32(param.value, &port) || !port || port > UINT16_MAX)
				return -EINVAL;
			via->rport = (uint16_t)port;
		}
	}
	return 0;
}

/* The first word of @s, which ends at a blank; @s becomes the rest. */
static struct slice cut_word(struct slice *s)
{
	size_t n = 0;
	struct slice word;

	while (n < s->n && s->p[n] != ' ' && s->p[n] != '\t' && s->p[n] != '\r')
		n++;
	word = ksrtp_slice_head(*s, n);
	*s = ksrtp_slice_trim(ksrtp_slice_from(*s, n));
	return word;
}

int ksrtp_hdr_via(struct slice value, struct ksrtp_via *via)
{
	struct slice rest = ksrtp_slice_trim(value);
	struct slice name, version;
	size_t at;

	*via = (struct ksrtp_via){.text = rest};
	if (rest.n && memchr(rest.p, 0, rest.n))
		return -EINVAL;
	name = ksrtp_slice_trim(ksrtp_slice_cut(&rest, '/'));
	version = ksrtp_slice_trim(ksrtp_slice_cut(&rest, '/'));
	if (!rest.p || !ksrtp_slice_is(name, "SIP") || !ksrtp_lex_is_token(version))
		return -EINVAL; /* of another version is how a request begins that gets 505 */
	rest = ksrtp_slice_trim(rest);
	via->transport = cut_word(&rest);
	if (!ksrtp_lex_is_token(via->transport))
		return -EINVAL;
	at = ksrtp_slice_find(rest, ';');
	via->params = ksrtp_slice_from(rest, at);
	if (ksrtp_lex_hostport(ksrtp_slice_head(rest, at), &via->host, &via->port, &via->ipv6))
		return -EINVAL;
	return via_params(via);
}

/* Where '<' opens the URI, behind a quoted display name; s.n when there is none. */
static size_t find_angle(struct slice s)
{
	size_t i = 0;

	if (s.n && s.p[0] == '"') {
		for (i = 1; i < s.n && s.p[i] != '"'; i++)
			if (s.p[i] == '\\')
				i++;
	}
	while (i < s.n && s.p[i] != '<')
		i++;
	return i < s.n ? i : s.n;
}

int ksrtp_hdr_addr(struct slice value, struct ksrtp_nameaddr *addr)
{
	struct slice text = ksrtp_slice_trim(value);
	size_t open = find_angle(text);
	size_t semicolon = ksrtp_slice_find(text, ';');
	struct slice uri;
	size_t end;

	*addr = (struct ksrtp_nameaddr){.text = text};
	/* In an addr-spec everything behind ';' is a header parameter, whatever it holds. */
	if (open < text.n && (open < semicolon || text.p[0] == '"')) {
		end = open + ksrtp_slice_find(ksrtp_slice_from(text, open), '>');
		if (end == text.n)
			return -EINVAL;
		addr->target = ksrtp_slice_of(text.p + open, end + 1 - open);
		uri = ksrtp_slice_of(text.p + open + 1, end - open - 1);
		if (open)
			addr->display = ksrtp_slice_trim(ksrtp_slice_head(text, open));
		end++;
	} else {
		end = semicolon;
		addr->target = ksrtp_slice_trim(ksrtp_slice_head(text, end));
		uri = addr->target;
		/* whose headers would these be? (RFC 3261 20.10) */
		if (ksrtp_slice_find(uri, '?') < uri.n)
			return -EINVAL;
	}
	addr->params = ksrtp_slice_trim(ksrtp_slice_from(text, end));
	if (addr->params.n && addr->params.p[0] != ';')
		return -EINVAL;
	ksrtp_lex_find_param(addr->params, "tag", &addr->tag);
	if (addr->tag.n && memchr(addr->tag.p, 0, addr->tag.n))
		return -EINVAL;
	return ksrtp_uri_parse(uri, &addr->uri);
}

int ksrtp_hdr_cseq(struct slice value, struct ksrtp_cseq *cseq)
{
	struct slice rest = ksrtp_slice_trim(value);
	int err = ksrtp_slice_u32(cut_word(&rest), &cseq->number);

	cseq->method = rest;
	if (err)
		return err;
	if (cseq->number >> 31)
		return -ERANGE;
	return ksrtp_lex_is_token(rest) ? 0 : -EINVAL;
}

/* q is 0[.ddd] or 1[.000]; whatever else counts as 1, the default. */
static uint32_t parse_q(struct slice s)
{
	uint32_t q;

	if (!s.n || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
		return 1000;
	q = (uint32_t)(s.p[0] - '0') * 1000;
	for (size_t i = 2, weight = 100; i < s.n; i++, weight /= 10) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return 1000;
		q += (uint32_t)(s.p[i] - '0') * (uint32_t)weight;
	}
	return q < 1000 ? q : 1000;
}

int ksrtp_hdr_contact(struct slice value, struct ksrtp_contact *contact)
{
	struct ksrtp_param param;
	struct slice rest;
	uint32_t number;
	int err;

	*contact = (struct ksrtp_contact){
		.expires = KSRTP_HDR_NO_NUMBER, .q = 1000, .reg_id = KSRTP_HDR_NO_NUMBER};
	if (ksrtp_slice_is(ksrtp_slice_trim(value), "*")) {
		contact->addr.text = ksrtp_slice_trim(value);
		contact->star = true;
		return 0;
	}
	err = ksrtp_hdr_addr(value, &contact->addr);
	if (err)
		return err;
	rest = contact->addr.params;
	while (ksrtp_lex_param(&rest, ';', &param)) {
		if (ksrtp_slice_is(param.name, "expires"))
			contact->expires =
				ksrtp_hdr_number(param.value, &number) ? 3600 : number;
		else if (ksrtp_slice_is(param.name, "q"))
			contact->q = parse_q(param.value);
		else if (ksrtp_slice_is(param.name, "+sip.instance"))
			contact->instance = ksrtp_lex_dequote(param.value);
		else if (ksrtp_slice_is(param.name, "reg-id") &&
			 !ksrtp_slice_u32(param.value, &number) && number && !(number >> 31))
			contact->reg_id = number;
	}
	return 0;
}

int ksrtp_hdr_number(struct slice value, uint32_t *number)
{
	struct slice s = ksrtp_slice_trim(value);
	size_t digits = 0;
	size_t after;

	while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9')
		digits++;
	after = digits;
	while (after < s.n && (s.p[after] == ' ' || s.p[after] == '\t'))
		after++;
	if (after < s.n && s.p[after] != ';' && s.p[after] != '(')
		return -EINVAL;
	switch (ksrtp_slice_u32(ksrtp_slice_head(s, digits), number)) {
	case 0:
		if (*number != KSRTP_HDR_NO_NUMBER)
			return 0;
		/* fallthrough */
	case -ERANGE:
		*number = KSRTP_HDR_NO_NUMBER - 1;
		return 0;
	default:
		return -EINVAL;
	}
}

int ksrtp_hdr_media_type(struct slice value, struct ksrtp_media_type *type)
{
	struct slice rest = ksrtp_slice_trim(value);
	size_t at = ksrtp_slice_find(rest, ';');

	type->params = ksrtp_slice_from(rest, at);
	rest = ksrtp_slice_head(rest, at);
	type->type = ksrtp_slice_trim(ksrtp_slice_cut(&rest, '/'));
	type->subtype = ksrtp_slice_trim(rest);
	return ksrtp_lex_is_token(type->type) && ksrtp_lex_is_token(type->subtype) ? 0 : -EINVAL;
}

struct auth_row {
	const char *name;
	size_t member;
};

static const struct auth_row auth_rows[] = {
	{"username", offsetof(struct ksrtp_auth, username)},
	{"realm", offsetof(struct ksrtp_auth, realm)},
	{"nonce", offsetof(struct ksrtp_auth, nonce)},
	{"uri", offsetof(struct ksrtp_auth, uri)},
	{"response", offsetof(struct ksrtp_auth, response)},
	{"algorithm", offsetof(struct ksrtp_auth, algorithm)},
	{"cnonce", offsetof(struct ksrtp_auth, cnonce)},
	{"opaque", offsetof(struct ksrtp_auth, opaque)},
	{"qop", offsetof(struct ksrtp_auth, qop)},
	{"nc", offsetof(struct ksrtp_auth, nc)},
	{"stale", offsetof(struct ksrtp_auth, stale)},
};

int ksrtp_hdr_auth(struct slice value, struct ksrtp_auth *auth)
{
	struct slice rest = ksrtp_slice_trim(value);
	struct ksrtp_param param;

	*auth = (struct ksrtp_auth){.scheme = cut_word(&rest)};
	if (!ksrtp_lex_is_token(auth->scheme))
		return -EINVAL;
	if (!ksrtp_slice_is(auth->scheme, "Digest"))
		return 0;
	while (ksrtp_lex_param(&rest, ',', &param)) {
		for (size_t i = 0; i < sizeof(auth_rows) / sizeof(auth_rows[0]); i++) {
			struct slice *member =
				(struct slice *)(void *)((char *)auth + auth_rows[i].member);

			if (!ksrtp_slice_is(param.name, auth_rows[i].name))
				continue;
			if (member->p || !param.value.p)
				return -EINVAL;
			*member = ksrtp_lex_dequote(param.value);
			if (member == &auth->qop)
				auth->qop_text = param.text;
		}
	}
	return 0;
}
