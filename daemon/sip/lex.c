// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lexical layer of SIP: tokens, quoted strings, comma lists, parameters, host:port. Called by
 * the header and URI parsers; pure functions over slices. RFC 3261 7.3.1 and 25.1.
 */
#include "daemon/sip/lex.h"

#include <errno.h>
#include <string.h>

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool ksrtp_lex_is_token(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) && (!s.p[i] || !strchr("-.!%*_+`'~", s.p[i])))
			return false;
	return s.n > 0;
}

/*
 * Where @sep stands outside quoted strings and, if @angles, outside <>; s.n when nowhere. Within a
 * quoted string a backslash hides the next byte. An unclosed quote or bracket runs to the end, so
 * that its contents cannot be taken for values of their own.
 */
static size_t find_outside(struct slice s, char sep, bool angles)
{
	bool quoted = false;
	bool angled = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == sep && !angled) {
			return i;
		} else if (c == '"' && !angled) {
			quoted = true;
		} else if (c == '<' && angles) {
			angled = true;
		} else if (c == '>') {
			angled = false;
		}
	}
	return s.n;
}

/* As ksrtp_slice_cut(), with quotes and brackets respected. */
static struct slice cut_outside(struct slice *rest, char sep, bool angles)
{
	size_t at = find_outside(*rest, sep, angles);
	struct slice part = ksrtp_slice_head(*rest, at);

	if (at < rest->n)
		*rest = ksrtp_slice_from(*rest, at + 1);
	else
		*rest = ksrtp_slice_of(NULL, 0);
	return part;
}

bool ksrtp_lex_item(struct slice *rest, struct slice *item)
{
	while (rest->p) {
		*item = ksrtp_slice_trim(cut_outside(rest, ',', true));
		if (item->n)
			return true;
	}
	return false;
}

bool ksrtp_lex_param(struct slice *rest, char sep, struct ksrtp_param *param)
{
	while (rest->p) {
		struct slice text = ksrtp_slice_trim(cut_outside(rest, sep, false));
		struct slice value = text;

		param->text = text;
		param->name = ksrtp_slice_trim(cut_outside(&value, '=', false));
		param->value = value.p ? ksrtp_slice_trim(value) : value;
		if (param->name.n)
			return true;
	}
	return false;
}

bool ksrtp_lex_find_param(struct slice params, const char *name, struct slice *value)
{
	struct ksrtp_param param;

	while (ksrtp_lex_param(&params, ';', &param)) {
		if (!ksrtp_slice_is(param.name, name))
			continue;
		if (value)
			*value = param.value;
		return true;
	}
	return false;
}

struct slice ksrtp_lex_dequote(struct slice s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return ksrtp_slice_of(s.p + 1, s.n - 2);
	return s;
}

int ksrtp_lex_quote(struct slice s, struct ksrtp_buf *out)
{
	ksrtp_buf_put(out, "\"", 1);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			ksrtp_buf_put(out, "\\", 1);
		ksrtp_buf_put(out, &s.p[i], 1);
	}
	return ksrtp_buf_put(out, "\"", 1);
}

static bool is_host(struct slice host, bool ipv6)
{
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];

		/* '_' is not in the grammar, but in names of internal DNS zones. */
		if (!is_alnum(c) && c != '.' && !(ipv6 ? c == ':' : c == '-' || c == '_'))
			return false;
	}
	return host.n > 0;
}

int ksrtp_lex_hostport(struct slice s, struct slice *host, uint16_t *port, bool *ipv6)
{
	struct slice rest = ksrtp_slice_trim(s);
	uint32_t number;

	*port = 0;
	*ipv6 = rest.n && rest.p[0] == '[';
	if (*ipv6) {
		size_t close = ksrtp_slice_find(rest, ']');

		if (close == rest.n)
			return -EINVAL;
		*host = ksrtp_slice_of(rest.p + 1, close - 1);
		rest = ksrtp_slice_trim(ksrtp_slice_from(rest, close + 1));
		if (rest.n && rest.p[0] != ':')
			return -EINVAL;
		rest = rest.n ? ksrtp_slice_from(rest, 1) : ksrtp_slice_of(NULL, 0);
	} else {
		*host = ksrtp_slice_trim(ksrtp_slice_cut(&rest, ':'));
	}
	if (!is_host(*host, *ipv6))
		return -EINVAL;
	if (!rest.p)
		return 0;
	if (ksrtp_slice_u32(ksrtp_slice_trim(rest), &number) || !number || number > UINT16_MAX)
		return -EINVAL;
	*port = (uint16_t)number;
	return 0;
}

bool ksrtp_lex_hides_nul(struct slice s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (!s.p[i])
			return false;
		if (quoted && s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
	}
	return true;
}

/* CR, LF, or a NUL that no backslash stands before. */
static bool ends_text(struct slice s, size_t i)
{
	return s.p[i] == '\r' || s.p[i] == '\n' || (!s.p[i] && !(i && s.p[i - 1] == '\\'));
}

int ksrtp_lex_line(struct slice *rest, struct slice *line, struct slice *whole)
{
	size_t i = 0;

	for (;;) {
		while (i < rest->n && !ends_text(*rest, i))
			i++;
		if (i + 1 >= rest->n)
			return i < rest->n && rest->p[i] != '\r' ? -EBADMSG : -ENODATA;
		if (rest->p[i] != '\r' || rest->p[i + 1] != '\n')
			return -EBADMSG;
		if (i && i + 2 < rest->n && (rest->p[i + 2] == ' ' || rest->p[i + 2] == '\t')) {
			i += 2;
			continue;
		}
		*line = ksrtp_slice_head(*rest, i);
		*whole = ksrtp_slice_head(*rest, i + 2);
		*rest = ksrtp_slice_from(*rest, i + 2);
		return 0;
	}
}
