// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Negotiation of one m-line by the policies of its two sides. Called by daemon/call/offer.c. Draws
 * randomness for keys and does nothing else to the world. RFC 3264 sections 5 and 6, RFC 4568
 * sections 5.1 and 7.1, RFC 8643 section 3, RFC 5761 section 5.1.1, RFC 5939 section 3.6.2.
 */
#include "daemon/call/line.h"

#include <errno.h>

#include "daemon/base/random.h"
#include "daemon/sdp/crypto.h"

#define RAW_PORT_MIN	1024	/* of a party's for datagrams */
#define POTENTIAL_MAX	8	/* potential configurations of an m-line that are looked at */

static const char other_line[] = "a key of another m-line";

/* The suites of a policy, or the default ones where it names none. */
static const struct ksrtp_suite *suite_at(const struct ksrtp_offer_policy *policy, unsigned int n)
{
	static const char *const name[] = {
		"AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_32",
	};

	if (policy->suites[0])
		return n < KSRTP_OFFER_SUITES ? policy->suites[n] : NULL;
	return n < ARRAY_SIZE(name) ? ksrtp_suite_find(name[n], strlen(name[n])) : NULL;
}

static bool suite_allowed(const struct ksrtp_offer_policy *policy, const struct ksrtp_suite *suite)
{
	unsigned int i;

	for (i = 0; suite_at(policy, i); i++)
		if (suite_at(policy, i) == suite)
			return true;
	return false;
}

/* RFC 4568 section 6.3: what lessens protection is taken only from whom we are told to. */
static bool parameters_allowed(const struct ksrtp_offer_policy *policy,
			       const struct ksrtp_sdes *sdes)
{
	return !sdes->keys[0].parameters ||
	       (policy->parameters && policy->srtp != KSRTP_OFFER_REQUIRE);
}

static bool same_bytes(const struct ksrtp_master *a, const struct ksrtp_master *b)
{
	bool key = ksrtp_equal_ct(a->key, b->key, sizeof(a->key));
	bool salt = ksrtp_equal_ct(a->salt, b->salt, sizeof(a->salt));

	return key && salt;
}

static bool same_key(const struct ksrtp_master *a, const struct ksrtp_master *b)
{
	return same_bytes(a, b) && a->suite == b->suite;
}

/* RFC 4568 section 6.1: a key of its own for every line and direction, from randomness alone. */
static int own_make(struct ksrtp_line_own *own, u32 tag, u8 tag_digits,
		    const struct ksrtp_suite *suite)
{
	int err;

	*own = (struct ksrtp_line_own){ .tag = tag, .tag_digits = tag_digits };
	own->master.suite = suite;
	err = ksrtp_random_bytes(own->master.key, suite->key_len);
	return err ? err : ksrtp_random_bytes(own->master.salt, suite->salt_len);
}

/* ---- where the other party is ---- */

/*
 * An address to send to, from a description that a stranger may have written: no names, no other
 * family than ours, nothing but unicast, and loopback only for those who talk to our loopback.
 */
static struct ksrtp_addr read_address(const struct ksrtp_sdp_where *where,
				      const struct ksrtp_offer_policy *policy)
{
	bool local = ksrtp_addr_classify(&policy->local) == KSRTP_ADDR_LOOPBACK;
	struct ksrtp_addr addr, none = { 0 };
	enum ksrtp_addr_kind kind;

	if (!where->family || !where->port ||
	    ksrtp_addr_parse(&addr, where->address.p, where->address.n) ||
	    addr.family != policy->local.family)
		return none;
	/* An IPv4 address in disguise would pass for unicast, whatever it is. */
	if (addr.family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&addr.in6.sin6_addr))
		return none;
	ksrtp_addr_set_port(&addr, where->port);
	kind = ksrtp_addr_classify(&addr);
	if (kind == KSRTP_ADDR_UNICAST || kind == KSRTP_ADDR_LINK ||
	    (kind == KSRTP_ADDR_LOOPBACK && local))
		return addr;
	return none;
}

static int read_remote(struct ksrtp_line_side *s, const struct ksrtp_line_context *c,
		       unsigned int n)
{
	struct ksrtp_sdp_where rtp, rtcp;

	if (ksrtp_sdp_rtp(c->sdp, n, &rtp))
		return -EBADMSG;
	s->remote.rtp = read_address(&rtp, c->policy);
	s->remote.rtcp = (struct ksrtp_addr){ 0 };
	if (!ksrtp_sdp_rtcp(c->sdp, n, &rtcp))
		s->remote.rtcp = read_address(&rtcp, c->policy);
	s->remote.natted = c->natted;
	s->remote.source = c->policy->source;
	return 0;
}

static void set_promised(struct ksrtp_line_side *s, enum ksrtp_grade_media promised)
{
	s->promised = promised;
	s->remote.secure_rx = promised == KSRTP_GRADE_SDES;
	s->remote.secure_tx = promised == KSRTP_GRADE_SDES;
	if (promised != KSRTP_GRADE_SDES) {
		ksrtp_wipe(s->rx, sizeof(s->rx));
		s->n_rx = 0;
	}
}

void ksrtp_line_close(struct ksrtp_line *line, const char *why)
{
	unsigned int i;

	line->way = KSRTP_LINE_CLOSED;
	line->raw = false;
	line->shares = false;
	line->refused = why;
	for (i = 0; i < 2; i++) {
		set_promised(&line->side[i], KSRTP_GRADE_NONE);
		line->side[i].remote.rtp = (struct ksrtp_addr){ 0 };
		line->side[i].remote.rtcp = (struct ksrtp_addr){ 0 };
	}
}

/* ---- the offer that came ---- */

/* Another exchange may have settled since a key was offered, and taken it away. */
static bool given_up(const struct ksrtp_line_side *s, unsigned int n)
{
	return s->end && ksrtp_end_gave_up(s->end, &s->own[n].master);
}

static bool same_rx(const struct ksrtp_line_side *s, const struct ksrtp_sdes *sdes)
{
	unsigned int i;

	if (s->promised != KSRTP_GRADE_SDES || s->n_rx != sdes->n_keys)
		return false;
	for (i = 0; i < s->n_rx; i++)
		if (!same_key(&s->rx[i], &sdes->keys[i]) ||
		    s->rx[i].kdr != sdes->keys[i].kdr ||
		    s->rx[i].parameters != sdes->keys[i].parameters ||
		    s->rx[i].mki_len != sdes->keys[i].mki_len ||
		    memcmp(s->rx[i].mki, sdes->keys[i].mki, s->rx[i].mki_len))
			return false;
	return true;
}

static void take_keys(struct ksrtp_line_side *s, const struct ksrtp_sdes *sdes)
{
	memcpy(s->rx, sdes->keys, sizeof(s->rx));
	s->n_rx = sdes->n_keys;
	set_promised(s, KSRTP_GRADE_SDES);
}

/* A peer that sends our own key back would have both directions share one keystream. */
static bool reflects(const struct ksrtp_line_side *s, const struct ksrtp_sdes *sdes)
{
	unsigned int i, j;

	for (i = 0; s && i < s->n_own; i++)
		for (j = 0; j < sdes->n_keys; j++)
			if (!s->own[i].lost && same_key(&s->own[i].master, &sdes->keys[j]))
				return true;
	return false;
}

/*
 * RFC 4568 section 6.1: a key of one m-line is no key of another, and nothing keeps the SSRCs of
 * two RTP sessions apart (RFC 3711 section 9.1). It stays with the first.
 */
static bool repeats(const struct ksrtp_line_context *c, unsigned int n,
		    const struct ksrtp_sdes *sdes)
{
	unsigned int i, j, k;

	for (i = 0; i < n; i++) {
		const struct ksrtp_line_side *s = &c->line[i].side[c->side];

		for (j = 0; j < s->n_rx; j++)
			for (k = 0; k < sdes->n_keys; k++)
				if (same_bytes(&s->rx[j], &sdes->keys[k]))
					return true;
	}
	return false;
}

/* The offerer's order is its preference. A key that is the same as before gets our same answer. */
static int take_crypto(struct ksrtp_line_side *s, const struct ksrtp_line_context *c,
		       unsigned int n, const struct ksrtp_sdp_crypto *crypto,
		       const struct ksrtp_line_side *before)
{
	unsigned int i;
	int err;

	for (i = 0; i < crypto->n; i++) {
		const struct ksrtp_sdes *sdes = &crypto->line[i];

		if (!suite_allowed(c->policy, sdes->suite) ||
		    !parameters_allowed(c->policy, sdes) || reflects(before, sdes) ||
		    repeats(c, n, sdes))
			continue;
		if (before && same_rx(before, sdes) && !given_up(before, before->current) &&
		    before->own[before->current].master.suite == sdes->suite) {
			s->own[0] = before->own[before->current];
			s->own[0].tag = sdes->tag;
			s->own[0].tag_digits = sdes->tag_digits;
		} else {
			err = own_make(&s->own[0], sdes->tag, sdes->tag_digits, sdes->suite);
			if (err)
				return err;
			s->own[0].master.parameters = sdes->keys[0].parameters;
		}
		s->n_own = 1;
		s->current = 0;
		take_keys(s, sdes);
		return 0;
	}
	return 0;
}

/* A potential configuration with keys is better than the actual one (RFC 5939 section 3.6.2). */
static int take_potential(struct ksrtp_line *line, const struct ksrtp_line_context *c,
			  unsigned int n, const struct ksrtp_line_side *before)
{
	struct ksrtp_line_side *s = &line->side[c->side];
	struct ksrtp_sdp_config config = { 0 };
	struct ksrtp_sdp_crypto crypto;
	unsigned int tries = POTENTIAL_MAX;
	int err = 0;

	while (!err && tries-- && s->promised == KSRTP_GRADE_CLEAR &&
	       ksrtp_sdp_config_next(c->sdp, n, &config)) {
		if (config.feedback != line->feedback)
			continue;
		err = ksrtp_sdp_crypto_read(&crypto, config.crypto, config.n_crypto);
		if (!err)
			err = take_crypto(s, c, n, &crypto, before);
		ksrtp_sdp_crypto_free(&crypto);
	}
	if (err || s->promised == KSRTP_GRADE_CLEAR)
		return err;
	s->savp = config.proto == KSRTP_SDP_SAVP;
	ksrtp_slice_copy(config.proto_text, line->proto, sizeof(line->proto));
	memcpy(line->selected, config.selected, sizeof(line->selected));
	return 0;
}

static const char *why_none(const struct ksrtp_sdp_crypto *crypto,
			    const struct ksrtp_line_context *c, unsigned int n)
{
	unsigned int i;

	if (crypto->wrong)
		return ksrtp_sdes_message(crypto->wrong);
	for (i = 0; i < crypto->n; i++)
		if (repeats(c, n, &crypto->line[i]))
			return other_line;
	for (i = 0; i < crypto->n; i++)
		if (!parameters_allowed(c->policy, &crypto->line[i]))
			return "session parameters that lessen protection are refused here";
	return "no crypto line that can be accepted";
}

/* The crypto lines that the m-line has as it stands. */
static int take_actual(struct ksrtp_line *line, const struct ksrtp_line_context *c, unsigned int n,
		       const struct ksrtp_line_side *before)
{
	struct ksrtp_line_side *s = &line->side[c->side];
	struct ksrtp_sdp_crypto crypto;
	int err = ksrtp_sdp_crypto_parse(&crypto, c->sdp, n);

	if (!err)
		err = take_crypto(s, c, n, &crypto, before);
	if (!err && s->promised == KSRTP_GRADE_CLEAR) {
		if (s->savp)
			ksrtp_line_close(line, why_none(&crypto, c, n));
		else if (c->policy->srtp == KSRTP_OFFER_REQUIRE)
			ksrtp_line_close(line, "SRTP is required here");
	}
	ksrtp_sdp_crypto_free(&crypto);
	return err;
}

/* RTP/SAVP or RTP/AVP as offered, with whatever keys came with it. */
static int take_rtp(struct ksrtp_line *line, const struct ksrtp_line_context *c, unsigned int n,
		    const struct ksrtp_line *before)
{
	struct ksrtp_line_side *s = &line->side[c->side];
	const struct ksrtp_line_side *was = before ? &before->side[c->side] : NULL;
	int err;

	s->savp = c->sdp->media[n].proto == KSRTP_SDP_SAVP;
	s->mux = ksrtp_sdp_mux(c->sdp, n);
	s->remote.mux = s->mux;
	set_promised(s, KSRTP_GRADE_CLEAR);
	err = read_remote(s, c, n);
	if (!err && c->policy->srtp != KSRTP_OFFER_PLAIN)
		err = take_potential(line, c, n, was);
	if (err || s->promised == KSRTP_GRADE_SDES ||
	    (!s->savp && c->policy->srtp == KSRTP_OFFER_PLAIN))
		return err;
	return take_actual(line, c, n, was);
}

/* A transport that is not RTP's; none that we know is longer. */
static struct slice other_proto(const struct ksrtp_sdp_media *media)
{
	return ksrtp_slice_head(media->proto_text, sizeof(((struct ksrtp_line *)0)->other) - 1);
}

/* Fax, a screen, a chat: what is not RTP has no keys of ours. */
static void require_sealed(struct ksrtp_line *line, const struct ksrtp_offer_policy *policy)
{
	bool other = line->raw || line->way == KSRTP_LINE_DIRECT;

	if (other && !line->opaque && policy->srtp == KSRTP_OFFER_REQUIRE)
		ksrtp_line_close(line, "media in clear, where SRTP is required");
}

/*
 * Datagrams have one port, whatever is in them; so two who agree could talk to a service beside us,
 * which RTP could not. The well-known ones are no party's.
 */
static int read_raw(struct ksrtp_line *line, const struct ksrtp_line_context *c, unsigned int n)
{
	struct ksrtp_line_side *s = &line->side[c->side];
	int err = read_remote(s, c, n);

	if (!err && c->sdp->media[n].port < RAW_PORT_MIN) {
		ksrtp_line_close(line, "a port of the system's services");
		return 0;
	}
	s->remote.rtcp = (struct ksrtp_addr){ 0 };
	s->remote.mux = true;
	set_promised(s, KSRTP_GRADE_CLEAR);
	return err;
}

/* Over TLS or DTLS of the parties': RFC 4975, 6787, 7345, 7850, 8122, 8841, 8856. */
static bool is_opaque(struct slice proto)
{
	static const char *const known[] = {
		"UDP/TLS/UDPTL", "UDP/DTLS/SCTP", "TCP/DTLS/SCTP", "UDP/TLS/BFCP", "TCP/TLS/BFCP",
		"TCP/DTLS/BFCP", "TCP/TLS", "TCP/TLS/MSRP", "TCP/TLS/MRCPv2", "TCP/TLS/RTP/AVP",
		"TCP/TLS/RTP/AVPF", "TCP/DTLS/RTP/SAVP", "TCP/DTLS/RTP/SAVPF",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (ksrtp_slice_is(proto, known[i]))
			return true;
	return false;
}

/*
 * Datagrams are relayed, whatever they carry. What the parties find their own way for (ICE), or
 * what is no datagram, passes beside us.
 */
static int take_other(struct ksrtp_line *line, const struct ksrtp_line_context *c, unsigned int n)
{
	const struct ksrtp_sdp_media *media = &c->sdp->media[n];

	if (!media->port)
		return 0;
	ksrtp_slice_copy(other_proto(media), line->other, sizeof(line->other));
	line->opaque = is_opaque(media->proto_text);
	line->raw = media->proto == KSRTP_SDP_OTHER_UDP &&
		    !ksrtp_sdp_attr(c->sdp, (int)n, "candidate", NULL);
	line->way = line->raw ? KSRTP_LINE_RELAY : KSRTP_LINE_DIRECT;
	require_sealed(line, c->policy);
	return line->raw ? read_raw(line, c, n) : 0;
}

int ksrtp_line_take(struct ksrtp_line *line, const struct ksrtp_line_context *c, unsigned int n,
		    const struct ksrtp_line *before)
{
	const struct ksrtp_sdp_media *media = &c->sdp->media[n];

	ksrtp_slice_copy(ksrtp_slice_head(media->kind, sizeof(line->kind) - 1), line->kind,
			 sizeof(line->kind));
	ksrtp_line_close(line, NULL);
	line->feedback = media->feedback;
	if (media->proto == KSRTP_SDP_OTHER || media->proto == KSRTP_SDP_OTHER_UDP)
		return take_other(line, c, n);
	/* The transports of the other kinds are short words, known in full. */
	ksrtp_slice_copy(media->proto_text, line->proto, sizeof(line->proto));
	if (!media->port)
		return 0;
	if (media->proto == KSRTP_SDP_DTLS) {
		ksrtp_line_close(line, "DTLS-SRTP is not supported here");
		return 0;
	}
	line->way = KSRTP_LINE_RELAY;
	return take_rtp(line, c, n, before && !before->raw ? before : NULL);
}

static bool are_twins(const struct ksrtp_sdp *sdp, unsigned int a, unsigned int b)
{
	const struct ksrtp_sdp_media *m = sdp->media;

	/* Two streams that are told apart by name are two. */
	if (ksrtp_sdp_attr(sdp, (int)a, "label", NULL) ||
	    ksrtp_sdp_attr(sdp, (int)a, "content", NULL))
		return false;
	return m[a].proto != m[b].proto && m[a].feedback == m[b].feedback &&
	       ksrtp_slice_equal(m[a].kind, m[b].kind) &&
	       ksrtp_slice_equal(m[a].formats, m[b].formats);
}

void ksrtp_line_twins(struct ksrtp_line *line, unsigned int side, const struct ksrtp_sdp *sdp)
{
	unsigned int i;

	for (i = 1; i < sdp->n_media; i++) {
		struct ksrtp_line *pair = &line[i - 1];

		if (pair[0].way == KSRTP_LINE_RELAY && pair[1].way == KSRTP_LINE_RELAY &&
		    !pair[0].raw && !pair[1].raw && are_twins(sdp, i - 1, i))
			ksrtp_line_close(&pair[pair[0].side[side].savp], NULL);
	}
}

/* ---- the offer that goes out ---- */

/* What was established stays; before that the policy decides. */
static bool choose_profile(struct ksrtp_line_side *s, const struct ksrtp_offer_policy *policy,
			   const struct ksrtp_line_side *before)
{
	if (before && before->promised == KSRTP_GRADE_SDES) {
		s->savp = before->savp;
		return true;
	}
	s->savp = policy->srtp == KSRTP_OFFER_REQUIRE || policy->srtp == KSRTP_OFFER_SAVP;
	/* Who spoke clear may not know SAVP, and a refused re-INVITE would cost the hold. */
	if (before && before->promised == KSRTP_GRADE_CLEAR && policy->srtp == KSRTP_OFFER_SAVP) {
		s->savp = false;
		return false;
	}
	return policy->srtp != KSRTP_OFFER_PLAIN;
}

/*
 * May this line of ours stand in an offer again? Not if lost, or sent with and given up; nor
 * without the end that would know: another dialog of the request may have sent with it.
 */
static bool reusable(const struct ksrtp_line_side *before, unsigned int n)
{
	if (before->own[n].lost || !before->end || given_up(before, n))
		return false;
	return !before->own[n].used ||
	       (before->promised == KSRTP_GRADE_SDES && n == before->current);
}

static const struct ksrtp_line_own *own_find(const struct ksrtp_line_side *s,
					     const struct ksrtp_suite *suite)
{
	unsigned int i;

	for (i = 0; i < s->n_own; i++)
		if (s->own[i].master.suite == suite)
			return &s->own[i];
	return NULL;
}

static int add_suite(struct ksrtp_line_side *s, const struct ksrtp_suite *suite,
		     const struct ksrtp_line_side *before)
{
	const struct ksrtp_line_own *was = before ? own_find(before, suite) : NULL;
	struct ksrtp_line_own *own = &s->own[s->n_own];
	u32 tag = s->n_own + 1;
	int err;

	if (s->n_own == KSRTP_OFFER_SUITES || own_find(s, suite))
		return 0;
	if (was && reusable(before, (unsigned int)(was - before->own))) {
		*own = *was;
		own->tag = tag;
		own->tag_digits = 1;
	} else {
		err = own_make(own, tag, 1, suite);
		if (err)
			return err;
	}
	s->n_own++;
	return 0;
}

int ksrtp_line_propose(struct ksrtp_line *line, const struct ksrtp_offer_policy *policy,
		       unsigned int side, const struct ksrtp_line *before)
{
	const struct ksrtp_line_side *was = before && !before->raw ? &before->side[side] : NULL;
	struct ksrtp_line_side *s = &line->side[side];
	const struct ksrtp_suite *suite;
	unsigned int i;
	int err = 0;

	s->mux = line->side[!side].mux;
	require_sealed(line, policy);
	if (line->way != KSRTP_LINE_RELAY || line->raw || line->shares ||
	    !choose_profile(s, policy, was))
		return 0;
	/* Lines we offered before come again in the same order: the same offer is the same text. */
	for (i = 0; !err && was && i < was->n_own; i++)
		if (was->n_own > 1 || (was->promised == KSRTP_GRADE_SDES && i == was->current))
			err = add_suite(s, was->own[i].master.suite, was);
	for (i = 0; !err && (suite = suite_at(policy, i)); i++)
		err = add_suite(s, suite, was);
	return err;
}

int ksrtp_line_renew(struct ksrtp_line *line, unsigned int side)
{
	struct ksrtp_line_side *s = &line->side[side];
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < s->n_own; i++) {
		struct ksrtp_line_own *own = &s->own[i];
		u8 parameters = own->master.parameters;

		err = own_make(own, own->tag, own->tag_digits, own->master.suite);
		own->master.parameters = parameters;
	}
	return err;
}

const char *ksrtp_line_profile(const struct ksrtp_line *line, unsigned int side)
{
	if (line->side[side].savp)
		return line->feedback ? "RTP/SAVPF" : "RTP/SAVP";
	return line->feedback ? "RTP/AVPF" : "RTP/AVP";
}

/* ---- the answer that came ---- */

/* RFC 4568 section 7.1.3: one line, with the tag and the suite of one we offered. */
static const char *accept_crypto(struct ksrtp_line_side *s, const struct ksrtp_line_context *c,
				 unsigned int n, const struct ksrtp_sdp_crypto *crypto)
{
	unsigned int i;

	if (crypto->seen > 1)
		return "more than one crypto line in an answer";
	if (!crypto->n)
		return crypto->wrong ? ksrtp_sdes_message(crypto->wrong) : "no crypto line";
	for (i = 0; i < s->n_own; i++) {
		const struct ksrtp_sdes *sdes = &crypto->line[0];

		if (s->own[i].tag != sdes->tag)
			continue;
		if (s->own[i].master.suite != sdes->suite)
			return "the crypto line accepted has another suite";
		if (s->own[i].master.parameters != sdes->keys[0].parameters)
			return "session parameters were accepted that were not offered";
		if (reflects(s, sdes))
			return "the answer repeats our own key";
		if (repeats(c, n, sdes))
			return other_line;
		s->current = i;
		take_keys(s, sdes);
		return NULL;
	}
	return "a crypto line was accepted that was not offered";
}

/*
 * What the answer makes of our offer. Crypto in the answer to an offer without it is as if absent.
 * Return: why the line is refused, or NULL.
 */
static const char *judge(struct ksrtp_line_side *s, const struct ksrtp_line_context *c,
			 unsigned int n, const struct ksrtp_sdp_crypto *crypto)
{
	enum ksrtp_sdp_proto proto = c->sdp->media[n].proto;
	bool savp = proto == KSRTP_SDP_SAVP;

	if (proto != KSRTP_SDP_RTP && !savp)
		return "the answer has another transport";
	if (s->n_own && (crypto->seen || savp))
		return accept_crypto(s, c, n, crypto);
	if (savp)
		return "the answer has a secure profile that was not offered";
	if (c->policy->srtp == KSRTP_OFFER_REQUIRE)
		return "SRTP is required and was not accepted";
	set_promised(s, KSRTP_GRADE_CLEAR);
	return NULL;
}

static bool sends_stale(const struct ksrtp_line_side *s)
{
	return s->promised == KSRTP_GRADE_SDES && given_up(s, s->current);
}

/* RFC 3264 section 6: the transport that was offered, so what was to be encrypted is. */
static int answer_other(struct ksrtp_line *line, const struct ksrtp_line_context *c, unsigned int n)
{
	if (!ksrtp_slice_is(other_proto(&c->sdp->media[n]), line->other)) {
		ksrtp_line_close(line, "the answer has another transport");
		return 0;
	}
	return line->raw ? read_raw(line, c, n) : 0;
}

int ksrtp_line_answer(struct ksrtp_line *line, const struct ksrtp_line_context *c, unsigned int n)
{
	const struct ksrtp_sdp_media *media = &c->sdp->media[n];
	struct ksrtp_line_side *s = &line->side[c->side];
	struct ksrtp_sdp_crypto crypto;
	const char *why;
	int err;

	if (line->way == KSRTP_LINE_CLOSED)
		return 0;
	if (!media->port) {
		ksrtp_line_close(line, NULL);
		return 0;
	}
	if (line->raw || line->way == KSRTP_LINE_DIRECT)
		return answer_other(line, c, n);
	err = read_remote(s, c, n);
	if (!err)
		err = ksrtp_sdp_crypto_parse(&crypto, c->sdp, n);
	if (err)
		return err;
	why = judge(s, c, n, &crypto);
	ksrtp_sdp_crypto_free(&crypto);
	if (!why && (sends_stale(&line->side[0]) || sends_stale(&line->side[1])))
		why = "its key was given up since it was offered";
	if (why) {
		ksrtp_line_close(line, why);
		return 0;
	}
	s->mux = s->mux && ksrtp_sdp_mux(c->sdp, n);
	s->remote.mux = s->mux;
	return 0;
}
