// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp monitor [COUNT]: a line an event, as the kernel multicasts them; JSON is one object a line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tools/ksrtp/collect.h"
#include "tools/ksrtp/terminal.h"

static void print_text(const json_t *event)
{
	const char *name, *ssrc = json_string_value(json_object_get(event, "ssrc"));
	const char *remote = json_string_value(json_object_get(event, "remote"));
	const char *source = json_string_value(json_object_get(event, "source"));
	long long packets = json_integer_value(json_object_get(event, "packets"));
	time_t now = time(NULL);
	struct tm tm;
	char clock[16];

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &tm));
	name = json_string_value(json_object_get(event, "event"));
	printf("%s ", clock);
	ksrtp_terminal_put(TERMINAL_OBJECT, "%s", name);
	printf(" session %lld flow %lld",
	       (long long)json_integer_value(json_object_get(event, "session")),
	       (long long)json_integer_value(json_object_get(event, "flow")));
	if (ssrc)
		printf(" ssrc %s", ssrc);
	if (remote)
		printf(" remote %s", remote);
	if (packets)
		printf(" packets %lld", packets);
	if (source)
		printf(" source %s", source);
	putchar('\n');
}

int ksrtp_command_monitor(struct command *c, int argc, char **argv)
{
	int status = ksrtp_command_kernel(c), got;
	unsigned long left = argc ? strtoul(argv[0], NULL, 10) : 0;
	struct ksrtp_nl_event e;
	json_t *event;

	if (status)
		return status;
	if (argc > 1 || (argc && !left))
		return ksrtp_command_usage("monitor takes a COUNT");
	got = ksrtp_nl_events_join(c->nl);
	if (got)
		return ksrtp_command_refused(c, "monitor", got);
	do {
		got = ksrtp_nl_event_next(c->nl, &e);
		if (got < 0)
			return ksrtp_command_refused(c, "monitor", got);
		if (!got) {
			fputs("ksrtp: events were lost\n", stderr);
			continue;
		}
		event = ksrtp_collect_event(&e);
		if (c->output == OUTPUT_TEXT)
			print_text(event);
		else
			json_dumpf(event, stdout, JSON_COMPACT);
		if (c->output != OUTPUT_TEXT)
			putchar('\n');
		fflush(stdout);
		json_decref(event);
	} while (!argc || --left);
	return 0;
}
