// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp calls and ksrtp status: what the daemon knows.
 */
#include <stdio.h>

#include "tools/ksrtp/calls.h"
#include "tools/ksrtp/collect.h"
#include "tools/ksrtp/control.h"
#include "tools/ksrtp/table.h"
#include "tools/ksrtp/view.h"
#include "tools/ksrtp/words.h"

/* Green is for what the packets proved, red for what is known to be clear. */
static enum terminal_style grade_style(const json_t *call, const char *grade)
{
	if (!strncmp(grade, "clear", 5))
		return TERMINAL_TROUBLE;
	return strstr(grade, "none seen") || strstr(grade, "promised") ? TERMINAL_UNIT :
									TERMINAL_GOOD;
}

static enum terminal_style path_style(const json_t *call, const char *path)
{
	return !strcmp(path, "exposed") ? TERMINAL_TROUBLE : TERMINAL_PLAIN;
}

void ksrtp_calls_table(const json_t *calls)
{
	static const struct table_column columns[] = {
		{ "call", "call", NULL, NULL },
		{ "seconds", "age", NULL, NULL },
		{ "state", "state", NULL, NULL },
		{ "from", "from", "address", NULL },
		{ "over", "from", "transport", NULL },
		{ "media", "from", "grade", grade_style },
		{ "keys", "from", "path", path_style },
		{ "to", "to", "address", NULL },
		{ "over", "to", "transport", NULL },
		{ "media", "to", "grade", grade_style },
		{ "keys", "to", "path", path_style },
	};

	if (json_array_size(calls))
		ksrtp_table_print(calls, columns, ARRAY_SIZE(columns));
	else
		puts("no calls");
}

/* A table, or everything about each call with "long". */
int ksrtp_command_calls(struct command *c, int argc, char **argv)
{
	bool everything = argc == 1 && !strcmp(argv[0], "long");
	int status = everything ? 0 : ksrtp_words_read(NULL, 0, argc, argv);
	char error[256];
	json_t *calls;

	if (status)
		return status;
	if (ksrtp_control_ask(c, "calls", &calls, error, sizeof(error)))
		return ksrtp_command_fail("%s", error);
	if (everything || c->output != OUTPUT_TEXT)
		return ksrtp_view_print(c, calls);
	ksrtp_calls_table(calls);
	json_decref(calls);
	return 0;
}

/* The module's sums and the daemon's status side by side; each may be missing, not both. */
int ksrtp_command_status(struct command *c, int argc, char **argv)
{
	json_t *both = json_array(), *part = NULL;
	char error[256];
	int status = ksrtp_words_read(NULL, 0, argc, argv);

	if (status) {
		json_decref(both);
		return status;
	}
	if (!ksrtp_nl_open(&c->nl) && !ksrtp_collect_stats(c, &part))
		json_array_append_new(both, part);
	if (!ksrtp_control_ask(c, "status", &part, error, sizeof(error)))
		json_array_append_new(both, part);
	if (!json_array_size(both)) {
		json_decref(both);
		return ksrtp_command_fail("neither the module nor ksrtpd answers here; %s", error);
	}
	return ksrtp_view_print(c, both);
}
