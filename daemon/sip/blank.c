// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a trace may show. Called by daemon/call/trace.c. Pure. It errs on the side of silence: what
 * looks like a secret is one, wherever it stands.
 */
#include "daemon/sip/blank.h"

#include <string.h>
#include <strings.h>

#define BLANKED		SLICE("(blanked)")
#define BASE64_LINE	40	/* characters: a line that holds nothing else is a coded body */

static bool begins(struct slice s, const char *word)
{
	return ksrtp_slice_starts_nocase(s, ksrtp_slice_str(word));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void put_safe(struct ksrtp_buf *out, struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c != '\t' && ((unsigned char)c < ' ' || (unsigned char)c > '~'))
			c = '?';
		ksrtp_buf_put(out, &c, 1);
	}
}

/* Is it the header of credentials? */
static bool is_credentials(struct slice line)
{
	static const char *const names[] = { "Authorization", "Proxy-Authorization" };
	size_t i, n;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!begins(line, names[i]))
			continue;
		for (n = strlen(names[i]); n < line.n && is_blank(line.p[n]); n++)
			;
		if (n < line.n && line.p[n] == ':')
			return true;
	}
	return false;
}

static bool is_base64(struct slice line)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/=";
	size_t i;

	line = ksrtp_slice_trim(line);
	for (i = 0; i < line.n; i++)
		if (!line.p[i] || !strchr(digits, line.p[i]))
			return false;
	return line.n >= BASE64_LINE;
}

/* How much of "user:password@" at the front is not the password; 0: there is none. */
static size_t before_password(struct slice s)
{
	size_t i, colon = 0;

	for (i = 0; i < s.n && !is_blank(s.p[i]) && !strchr("<>\",", s.p[i] ? s.p[i] : '<'); i++) {
		if (s.p[i] == '@')
			return colon;
		if (s.p[i] == ':' && !colon)
			colon = i + 1;
	}
	return 0;
}

/* Copy a line but for keys and passwords in it. */
static void put_line(struct ksrtp_buf *out, struct slice line)
{
	size_t user;

	while (line.n) {
		if (begins(line, "inline:")) {
			put_safe(out, ksrtp_slice_head(line, 7));
			ksrtp_buf_slice(out, BLANKED);
			for (line = ksrtp_slice_from(line, 7); line.n && !is_blank(*line.p);)
				line = ksrtp_slice_from(line, 1);
			continue;
		}
		user = begins(line, "sips:") ? 5 : begins(line, "sip:") ? 4 : 0;
		put_safe(out, ksrtp_slice_head(line, user ? user : 1));
		line = ksrtp_slice_from(line, user ? user : 1);
		user = user ? before_password(line) : 0;
		if (!user)
			continue;
		put_safe(out, ksrtp_slice_head(line, user));
		ksrtp_buf_slice(out, BLANKED);
		line = ksrtp_slice_from(line, user);
		line = ksrtp_slice_from(line, ksrtp_slice_find(line, '@'));
	}
}

/* Up to the colon or equals sign only. */
static void put_name(struct ksrtp_buf *out, struct slice line, char end)
{
	put_safe(out, ksrtp_slice_head(line, ksrtp_slice_find(line, end) + 1));
	ksrtp_buf_slice(out, BLANKED);
}

int ksrtp_blank(struct slice message, struct ksrtp_buf *out)
{
	bool folded = false;	/* the line before was blanked, and this one may go on with it */
	struct slice line;

	while (message.n) {
		line = ksrtp_slice_cut(&message, '\n');
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (folded && line.n && (*line.p == ' ' || *line.p == '\t'))
			continue;
		folded = is_credentials(line);
		if (folded || begins(line, "a=key-mgmt:"))
			put_name(out, line, ':');
		else if (begins(line, "k="))
			put_name(out, line, '=');
		else if (is_base64(line))
			ksrtp_buf_slice(out, BLANKED);
		else
			put_line(out, line);
		ksrtp_buf_str(out, "\n");
	}
	return out->err;
}
