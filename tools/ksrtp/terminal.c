// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Colours, numbers and units. Called by every verb that prints text.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/ksrtp/terminal.h"

static bool coloured;

void ksrtp_terminal_init(void)
{
	const char *term = getenv("TERM");

	coloured = isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term && strcmp(term, "dumb");
}

void ksrtp_terminal_home(void)
{
	if (isatty(STDOUT_FILENO))
		fputs("\033[H\033[2J", stdout);
}

void ksrtp_terminal_put(enum terminal_style style, const char *format, ...)
{
	static const char *const start[] = {
		[TERMINAL_OBJECT] = "\033[1;32m",
		[TERMINAL_FIELD] = "\033[1m",
		[TERMINAL_UNIT] = "\033[36m",
		[TERMINAL_TROUBLE] = "\033[31m",
		[TERMINAL_GOOD] = "\033[32m",
	};
	bool dressed = coloured && style != TERMINAL_PLAIN;
	va_list ap;

	if (dressed)
		fputs(start[style], stdout);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	if (dressed)
		fputs("\033[0m", stdout);
}

void ksrtp_terminal_field(int indent, const char *name)
{
	printf("%*s", indent, "");
	ksrtp_terminal_put(TERMINAL_FIELD, "%s", name);
	fputs(": ", stdout);
}

char ksrtp_terminal_safe(char c)
{
	return (unsigned char)c < ' ' || (unsigned char)c > '~' ? '?' : c;
}

const char *ksrtp_terminal_count(char *out, u64 n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n), i, at = 0;

	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = 0;
	return out;
}

void ksrtp_terminal_bytes(u64 n)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	double value = (double)n;
	size_t unit = 0;

	while (value >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		unit++;
	}
	printf(unit ? "%.2f " : "%.0f ", value);
	ksrtp_terminal_put(TERMINAL_UNIT, "%s", units[unit]);
}

void ksrtp_terminal_duration(u64 seconds)
{
	static const struct {
		const char *name;
		u64 length;
	} units[] = { { "day", 86400 }, { "hour", 3600 }, { "minute", 60 }, { "second", 1 } };
	bool some = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++) {
		u64 n = seconds / units[i].length;

		seconds %= units[i].length;
		if (!n && (some || i + 1 < ARRAY_SIZE(units)))
			continue;
		printf("%s%" PRIu64 " ", some ? ", " : "", n);
		ksrtp_terminal_put(TERMINAL_UNIT, "%s%s", units[i].name, n == 1 ? "" : "s");
		some = true;
	}
}
