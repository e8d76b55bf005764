// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp trace: the SIP messages of one call as they pass, without keys and credentials. Messages
 * are blanked by the daemon before they come here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tools/ksrtp/control.h"
#include "tools/ksrtp/terminal.h"
#include "tools/ksrtp/words.h"

#define EVERY_MS 200

static int ask(struct command *c, json_t *request, json_t **reply)
{
	char error[256];

	if (ksrtp_control_tell(c, request, reply, error, sizeof(error)))
		return ksrtp_command_fail("%s", error);
	return 0;
}

static const char *text_of(const json_t *message, const char *member)
{
	const char *text = json_string_value(json_object_get(message, member));

	return text ? text : "";
}

static void print_text(const json_t *message)
{
	time_t when = (time_t)(json_integer_value(json_object_get(message, "time")) / 1000);
	const char *p;
	struct tm tm;
	char clock[16];

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&when, &tm));
	ksrtp_terminal_put(TERMINAL_OBJECT, "%s.%03d %s %s %s %s %s\n", clock,
			   (int)(json_integer_value(json_object_get(message, "time")) % 1000),
			   text_of(message, "direction"), text_of(message, "transport"),
			   text_of(message, "local"),
			   !strcmp(text_of(message, "direction"), "in") ? "<-" : "->",
			   text_of(message, "remote"));
	for (p = text_of(message, "text"); *p; p++)
		putchar(*p == '\n' || *p == '\t' ? *p : ksrtp_terminal_safe(*p));
	putchar('\n');
}

/* Print what came since. Return: how many messages */
static unsigned long print_all(struct command *c, const json_t *reply)
{
	const json_t *messages = json_object_get(reply, "messages"), *message;
	json_int_t lost = json_integer_value(json_object_get(reply, "lost"));
	size_t i;

	if (lost)
		fprintf(stderr, "ksrtp: %lld messages came too fast and are lost\n",
			(long long)lost);
	json_array_foreach(messages, i, message) {
		if (c->output == OUTPUT_JSON) {
			json_dumpf(message, stdout, JSON_COMPACT);
			putchar('\n');
		} else {
			print_text(message);
		}
	}
	fflush(stdout);
	return json_array_size(messages);
}

/* Until @count messages were seen; 0: for ever. */
static int follow(struct command *c, json_t *reply, unsigned long count)
{
	const struct timespec pause = { 0, EVERY_MS * 1000000L };
	unsigned long seen = print_all(c, reply);

	json_decref(reply);
	while (!count || seen < count) {
		nanosleep(&pause, NULL);
		if (ask(c, json_pack("{s:s}", "cmd", "trace"), &reply))
			return 1;
		seen += print_all(c, reply);
		json_decref(reply);
	}
	if (ask(c, json_pack("{s:s,s:b}", "cmd", "trace", "off", 1), &reply))
		return 1;
	json_decref(reply);
	return 0;
}

int ksrtp_command_trace(struct command *c, int argc, char **argv)
{
	bool next = argc && !strcmp(argv[0], "next");
	json_t *request, *reply;
	unsigned long count;
	char *end = NULL;
	int used = next ? 1 : 2;

	if (argc < used || argc > used + 1 || (!next && strcmp(argv[0], "call-id")) ||
	    c->output == OUTPUT_TSV)
		return ksrtp_command_usage("trace takes next, or call-id TEXT, then COUNT, and "
					   "prints text or json");
	count = argc > used ? strtoul(argv[used], &end, 10) : 0;
	if (end && (*end || !count))
		return ksrtp_command_usage("trace counts from 1 on, not \"%s\"", argv[used]);
	request = json_pack("{s:s}", "cmd", "trace");
	if (next)
		json_object_set_new(request, "next", json_true());
	else
		json_object_set_new(request, "call_id", json_string(argv[1]));
	return ask(c, request, &reply) ? 1 : follow(c, reply, count);
}
