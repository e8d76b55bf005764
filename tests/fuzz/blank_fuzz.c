// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages from strangers on their way to a trace: nothing crashes, only printable ASCII comes out,
 * and no key, credentials or password stand in it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/sip/blank.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BLANKED "(blanked)"

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* Behind each @word nothing but the word that says so. */
static void check_behind(const char *text, const char *word)
{
	const char *p = text;

	while ((p = strcasestr(p, word))) {
		p += strlen(word);
		check(!strncmp(p, BLANKED, strlen(BLANKED)));
	}
}

static void check_lines(char *text)
{
	char *line, *next;

	for (line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (!strncasecmp(line, "authorization:", 14))
			check(!strcmp(line + 14, BLANKED));
		if (!strncasecmp(line, "proxy-authorization:", 20))
			check(!strcmp(line + 20, BLANKED));
		if (!strncasecmp(line, "k=", 2))
			check(!strcmp(line + 2, BLANKED));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ksrtp_buf out;
	char *text;
	size_t i;

	ksrtp_buf_init(&out, 1 << 24);
	check(!ksrtp_blank(ksrtp_slice_of((const char *)data, size), &out));
	for (i = 0; i < out.n; i++)
		check(out.p[i] == '\n' || out.p[i] == '\t' || (out.p[i] >= ' ' && out.p[i] <= '~'));
	text = strndup(out.p ? out.p : "", out.n);
	check_behind(text, "inline:");
	check_lines(text);
	free(text);
	ksrtp_buf_free(&out);
	return 0;
}
