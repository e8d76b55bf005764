// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp ledger: the calls that ended, as the daemon wrote them down.
 */
#include <stdio.h>

#include "tools/ksrtp/control.h"
#include "tools/ksrtp/table.h"
#include "tools/ksrtp/view.h"
#include "tools/ksrtp/words.h"

#define SHOWN	50	/* calls in a table, unless so many are asked for */

static enum terminal_style class_style(const json_t *call, const char *class)
{
	if (!strcmp(class, "clear"))
		return TERMINAL_TROUBLE;
	return !strcmp(class, "protected") || !strcmp(class, "authenticated") ? TERMINAL_GOOD :
										TERMINAL_PLAIN;
}

static void print(const json_t *calls)
{
	static const struct table_column columns[] = {
		{ "ended", "ended", NULL, NULL },
		{ "seconds", "seconds", NULL, NULL },
		{ "why", "cause", NULL, NULL },
		{ "call", "class", NULL, class_style },
		{ "from", "from", "peer", NULL },
		{ "over", "from", "transport", NULL },
		{ "certificate", "from", "identity", NULL },
		{ "media", "from", "grade", NULL },
		{ "to", "to", "peer", NULL },
		{ "over", "to", "transport", NULL },
		{ "certificate", "to", "identity", NULL },
		{ "media", "to", "grade", NULL },
	};

	if (json_array_size(calls))
		ksrtp_table_print(calls, columns, ARRAY_SIZE(columns));
	else
		puts("no calls");
}

int ksrtp_command_ledger(struct command *c, int argc, char **argv)
{
	const char *peer = NULL, *side = NULL;
	u32 since = 0, count = c->output == OUTPUT_TEXT ? SHOWN : 0;
	struct word words[] = {
		{ "since", WORD_SPAN, &since, false },
		{ "count", WORD_NUMBER, &count, false },
		{ "peer", WORD_TEXT, &peer, false },
		{ "side", WORD_TEXT, &side, false },
	};
	int status = ksrtp_words_read(words, ARRAY_SIZE(words), argc, argv);
	json_t *calls, *request;
	char error[256];

	if (status)
		return status;
	request = json_pack("{s:s,s:s*,s:s*}", "cmd", "ledger", "peer", peer, "side", side);
	if (words[0].given)
		json_object_set_new(request, "since", json_integer(since));
	if (count)
		json_object_set_new(request, "count", json_integer(count));
	if (ksrtp_control_tell(c, request, &calls, error, sizeof(error)))
		return ksrtp_command_fail("%s", error);
	if (c->output != OUTPUT_TEXT)
		return ksrtp_view_print(c, calls);
	print(calls);
	json_decref(calls);
	return 0;
}
