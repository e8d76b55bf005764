// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp drain: no new calls and registrations, until the daemon may be replaced.
 */
#include <stdio.h>
#include <unistd.h>

#include "tools/ksrtp/control.h"
#include "tools/ksrtp/view.h"
#include "tools/ksrtp/words.h"

enum { DRAIN_WAIT, DRAIN_OFF, DRAIN_LOOK };

static int ask(struct command *c, const char *member, json_t **state)
{
	json_t *request = json_pack("{s:s}", "cmd", "drain");
	char error[256];

	if (member)
		json_object_set_new(request, member, json_true());
	if (ksrtp_control_tell(c, request, state, error, sizeof(error)))
		return ksrtp_command_fail("%s", error);
	return 0;
}

/* Ask every second until no call is left, or somebody switched it off. */
static int wait_for_last(struct command *c, json_t **state)
{
	while (json_is_true(json_object_get(*state, "draining")) &&
	       json_integer_value(json_object_get(*state, "calls"))) {
		sleep(1);
		json_decref(*state);
		if (ask(c, "look", state))
			return 1;
	}
	return 0;
}

static void say(const json_t *state)
{
	long long calls = json_integer_value(json_object_get(state, "calls"));

	if (!json_is_true(json_object_get(state, "draining")))
		puts("not draining");
	else if (calls)
		printf("draining: %lld call%s left\n", calls, calls == 1 ? "" : "s");
	else
		puts("drained: no call is left");
}

int ksrtp_command_drain(struct command *c, int argc, char **argv)
{
	static const char *const words[] = { "wait", "off", "look", NULL };
	int word = argc ? ksrtp_words_choose(words, argv[0]) : -1;
	json_t *state;

	if (argc > 1 || (argc && word < 0))
		return ksrtp_command_usage("drain takes wait, off, look or nothing");
	if (ask(c, word == DRAIN_OFF || word == DRAIN_LOOK ? words[word] : NULL, &state))
		return 1;
	if (word == DRAIN_WAIT && wait_for_last(c, &state))
		return 1;
	if (c->output != OUTPUT_TEXT)
		return ksrtp_view_print(c, state);
	say(state);
	json_decref(state);
	return 0;
}
