// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading "word value" pairs. Called by the verbs that make and change things.
 */
#include <stdlib.h>

#include "tools/ksrtp/command.h"
#include "tools/ksrtp/endpoint.h"
#include "tools/ksrtp/words.h"

static bool read_number(const char *text, int base, unsigned long max, u32 *out)
{
	char *end;
	unsigned long n;

	if (*text == '-' || *text == '+' || !*text)
		return false;
	errno = 0;
	n = strtoul(text, &end, base);
	if (errno || *end || n > max)
		return false;
	*out = (u32)n;
	return true;
}

/* "7d" and the like, in seconds */
static bool read_span(const char *text, u32 *out)
{
	static const struct {
		char letter;
		u32 seconds;
	} unit[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	size_t i, n = strlen(text);
	char digits[12];

	if (n < 2 || n > sizeof(digits))
		return false;
	memcpy(digits, text, n - 1);
	digits[n - 1] = 0;
	for (i = 0; i < ARRAY_SIZE(unit); i++)
		if (text[n - 1] == unit[i].letter &&
		    read_number(digits, 10, UINT32_MAX / unit[i].seconds, out)) {
			*out *= unit[i].seconds;
			return true;
		}
	return false;
}

static int bad_value(const struct word *w, const char *wanted, const char *text)
{
	return ksrtp_command_usage("%s takes %s, not \"%s\"", w->name, wanted, text);
}

static int read_value(const struct word *w, const char *text)
{
	u32 n;

	switch (w->kind) {
	case WORD_TEXT:
		*(const char **)w->to = text;
		return 0;
	case WORD_NUMBER:
		if (!read_number(text, 0, UINT32_MAX, w->to) || !*(u32 *)w->to)
			return bad_value(w, "a number from 1 on", text);
		return 0;
	case WORD_HEX:
		if (!read_number(text, 16, UINT32_MAX, w->to))
			return bad_value(w, "a number in hex", text);
		return 0;
	case WORD_SPAN:
		if (!read_span(text, w->to))
			return bad_value(w, "a time such as 90s, 30m, 12h or 7d", text);
		return 0;
	case WORD_PORT:
		if (!read_number(text, 10, 65535, &n) || !n)
			return bad_value(w, "a port", text);
		*(u16 *)w->to = (u16)n;
		return 0;
	case WORD_ADDRESS:
		if (ksrtp_endpoint_parse(w->to, text, false))
			return bad_value(w, "an IP address", text);
		return 0;
	case WORD_ENDPOINT:
		if (ksrtp_endpoint_parse(w->to, text, true))
			return bad_value(w, "ADDRESS:PORT or [ADDRESS]:PORT", text);
		return 0;
	}
	return 2;
}

int ksrtp_words_read(struct word *words, size_t n, int argc, char **argv)
{
	size_t w;
	int i, status;

	for (i = 0; i < argc; i += 2) {
		for (w = 0; w < n && strcmp(words[w].name, argv[i]); w++)
			;
		if (w == n)
			return ksrtp_command_usage("unknown word \"%s\"", argv[i]);
		if (i + 1 == argc)
			return ksrtp_command_usage("%s lacks its value", argv[i]);
		if (words[w].given)
			return ksrtp_command_usage("%s stands twice", argv[i]);
		status = read_value(&words[w], argv[i + 1]);
		if (status)
			return status;
		words[w].given = true;
	}
	return 0;
}

int ksrtp_words_choose(const char *const *choices, const char *text)
{
	int i;

	for (i = 0; choices[i]; i++)
		if (!strcmp(choices[i], text))
			return i;
	return -1;
}
