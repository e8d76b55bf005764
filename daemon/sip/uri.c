// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SIP, SIPS and tel URIs as slices of their text. Called by the header parsers, the router and the
 * registrar; pure functions. RFC 3261 19.1 and 25.1, RFC 3966 for tel (number and parameters only).
 */
#include "daemon/sip/uri.h"

#include <errno.h>
#include <string.h>

#include "daemon/sip/lex.h"

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

/* Characters a user part may hold without an escape: unreserved and user-unreserved. */
static bool is_user_plain(char c)
{
	return is_alnum(c) || is_one_of(c, "-_.!~*'()&=+$,;?/");
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte at @at, escape undone; how many bytes of text it took, 0 for a broken escape. */
static size_t take_byte(struct slice s, size_t at, char *byte)
{
	if (s.p[at] != '%') {
		*byte = s.p[at];
		return 1;
	}
	if (s.n - at < 3 || hex_digit(s.p[at + 1]) < 0 || hex_digit(s.p[at + 2]) < 0)
		return 0;
	*byte = (char)(hex_digit(s.p[at + 1]) << 4 | hex_digit(s.p[at + 2]));
	return 3;
}

/* Printable ASCII that a URI may hold, escapes whole. */
static bool is_clean(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char byte;

		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || is_one_of(s.p[i], "<>\"\\^`{|}"))
			return false;
		if (!take_byte(s, i, &byte))
			return false;
	}
	return true;
}

static bool is_user(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_user_plain(s.p[i]) && s.p[i] != '%' && s.p[i] != '#')
			return false; /* '#' is not in the grammar, but phones dial it so */
	return true;
}

static int parse_sip(struct slice rest, struct ksrtp_uri *uri)
{
	size_t at = ksrtp_slice_find(rest, '@');
	struct slice hostport;

	if (at < rest.n) {
		struct slice userinfo = ksrtp_slice_head(rest, at);

		rest = ksrtp_slice_from(rest, at + 1);
		uri->user = ksrtp_slice_cut(&userinfo, ':');
		uri->password = userinfo;
		if (!uri->user.n || !is_user(uri->user) || !is_user(uri->password))
			return -EINVAL;
	}
	at = ksrtp_slice_find(rest, '?');
	if (at < rest.n) {
		uri->headers = ksrtp_slice_from(rest, at + 1);
		rest = ksrtp_slice_head(rest, at);
	}
	hostport = ksrtp_slice_cut(&rest, ';');
	uri->params = rest;
	if (!is_clean(hostport) || ksrtp_slice_find(uri->params, '@') < uri->params.n)
		return -EINVAL;
	return ksrtp_lex_hostport(hostport, &uri->host, &uri->port, &uri->ipv6);
}

static int parse_tel(struct slice rest, struct ksrtp_uri *uri)
{
	uri->user = ksrtp_slice_cut(&rest, ';');
	uri->params = rest;
	return uri->user.n ? 0 : -EINVAL;
}

static bool is_scheme(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) && !is_one_of(s.p[i], "+-."))
			return false;
	return s.n && !(s.p[0] >= '0' && s.p[0] <= '9');
}

int ksrtp_uri_parse(struct slice text, struct ksrtp_uri *uri)
{
	struct slice rest = text;
	struct slice scheme = ksrtp_slice_cut(&rest, ':');
	int err;

	*uri = (struct ksrtp_uri){.text = text, .scheme = KSRTP_URI_OTHER};
	if (!rest.n || !is_scheme(scheme) || !is_clean(rest))
		return -EINVAL;
	if (ksrtp_slice_is(scheme, "sip"))
		uri->scheme = KSRTP_URI_SIP;
	else if (ksrtp_slice_is(scheme, "sips"))
		uri->scheme = KSRTP_URI_SIPS;
	else if (ksrtp_slice_is(scheme, "tel"))
		uri->scheme = KSRTP_URI_TEL;
	else
		return 0;
	err = uri->scheme == KSRTP_URI_TEL ? parse_tel(rest, uri) : parse_sip(rest, uri);
	if (err)
		*uri = (struct ksrtp_uri){.text = text, .scheme = KSRTP_URI_OTHER};
	return err;
}

bool ksrtp_uri_param(const struct ksrtp_uri *uri, const char *name, struct slice *value)
{
	return ksrtp_lex_find_param(uri->params, name, value);
}

static bool is_sip(const struct ksrtp_uri *uri)
{
	return uri->scheme == KSRTP_URI_SIP || uri->scheme == KSRTP_URI_SIPS;
}

static void write_part(struct ksrtp_buf *out, const char *before, struct slice part)
{
	if (part.p) {
		ksrtp_buf_str(out, before);
		ksrtp_buf_slice(out, part);
	}
}

int ksrtp_uri_write(const struct ksrtp_uri *uri, struct ksrtp_buf *out)
{
	if (!is_sip(uri))
		return -EINVAL;
	ksrtp_buf_str(out, uri->scheme == KSRTP_URI_SIPS ? "sips:" : "sip:");
	if (uri->user.p) {
		ksrtp_buf_slice(out, uri->user);
		write_part(out, ":", uri->password);
		ksrtp_buf_str(out, "@");
	}
	ksrtp_buf_printf(out, uri->ipv6 ? "[%.*s]" : "%.*s", PRSLICE(uri->host));
	if (uri->port)
		ksrtp_buf_printf(out, ":%u", uri->port);
	write_part(out, ";", uri->params);
	write_part(out, "?", uri->headers);
	return out->err;
}

int ksrtp_uri_unescape(struct slice s, struct ksrtp_buf *out)
{
	for (size_t i = 0; i < s.n;) {
		char byte;
		size_t took = take_byte(s, i, &byte);

		if (!took)
			return -EINVAL;
		ksrtp_buf_put(out, &byte, 1);
		i += took;
	}
	return out->err;
}

int ksrtp_uri_escape(struct slice s, struct ksrtp_buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (is_user_plain(s.p[i]))
			ksrtp_buf_put(out, &s.p[i], 1);
		else
			ksrtp_buf_printf(out, "%%%02X", (unsigned char)s.p[i]);
	}
	return out->err;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/*
 * Equal but for escapes. Reserved characters and their escapes differ by the letter of 19.1.4
 * ("%3b" is not ";"), so an escape of one matches only an escape.
 */
static bool equal_escaped(struct slice a, struct slice b, bool nocase)
{
	size_t i = 0;
	size_t j = 0;

	if (!a.p != !b.p)
		return false;
	while (i < a.n && j < b.n) {
		char x, y;
		size_t took_a = take_byte(a, i, &x);
		size_t took_b = take_byte(b, j, &y);

		if (!took_a || !took_b)
			return false;
		if (took_a != took_b && is_one_of(x, ";/?:@&=+$,"))
			return false;
		if (nocase ? lower(x) != lower(y) : x != y)
			return false;
		i += took_a;
		j += took_b;
	}
	return i == a.n && j == b.n;
}

static bool is_always_compared(struct slice name)
{
	static const char *const names[] = {"user", "ttl", "method", "maddr", "transport"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ksrtp_slice_is(name, names[i]))
			return true;
	return false;
}

/*
 * Each parameter of @a that @b has too is equal; one of the five special ones must be in both. A
 * name must not stand twice, but where it does a URI shall still equal itself: one pair has to
 * agree.
 */
static bool params_match(struct slice a, struct slice b)
{
	struct ksrtp_param x, y;

	while (ksrtp_lex_param(&a, ';', &x)) {
		struct slice rest = b;
		bool found = false;
		bool equal = false;

		while (!equal && ksrtp_lex_param(&rest, ';', &y)) {
			if (!equal_escaped(x.name, y.name, true))
				continue;
			found = true;
			equal = equal_escaped(x.value, y.value, true);
		}
		if (found ? !equal : is_always_compared(x.name))
			return false;
	}
	return true;
}

/* Every header of @a is in @b. */
static bool headers_match(struct slice a, struct slice b)
{
	struct ksrtp_param x, y;

	while (ksrtp_lex_param(&a, '&', &x)) {
		struct slice rest = b;
		bool found = false;

		while (!found && ksrtp_lex_param(&rest, '&', &y))
			found = equal_escaped(x.name, y.name, true) &&
				equal_escaped(x.value, y.value, false);
		if (!found)
			return false;
	}
	return true;
}

bool ksrtp_uri_equal(const struct ksrtp_uri *a, const struct ksrtp_uri *b)
{
	if (a->scheme != b->scheme)
		return false;
	if (!is_sip(a))
		return ksrtp_slice_equal_nocase(a->text, b->text);
	return equal_escaped(a->user, b->user, false) &&
	       equal_escaped(a->password, b->password, false) &&
	       ksrtp_slice_equal_nocase(a->host, b->host) && a->ipv6 == b->ipv6 &&
	       a->port == b->port && params_match(a->params, b->params) &&
	       params_match(b->params, a->params) && headers_match(a->headers, b->headers) &&
	       headers_match(b->headers, a->headers);
}

int ksrtp_uri_aor(const struct ksrtp_uri *uri, struct ksrtp_buf *out)
{
	if (!is_sip(uri))
		return -EINVAL;
	ksrtp_buf_str(out, "sip:");
	for (size_t i = 0; i < uri->user.n;) {
		char byte;
		size_t took = take_byte(uri->user, i, &byte);

		if (!took)
			return -EINVAL;
		ksrtp_uri_escape(ksrtp_slice_of(&byte, 1), out);
		i += took;
	}
	if (uri->user.p)
		ksrtp_buf_str(out, "@");
	ksrtp_buf_str(out, uri->ipv6 ? "[" : "");
	for (size_t i = 0; i < uri->host.n; i++) {
		char c = lower(uri->host.p[i]);

		ksrtp_buf_put(out, &c, 1);
	}
	return ksrtp_buf_str(out, uri->ipv6 ? "]" : "");
}
