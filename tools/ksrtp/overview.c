// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp without a verb: one screen. What runs, how much of what passes is encrypted, what is
 * dropped, the worst peers, and the calls. ksrtp top shows it again and again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/ksrtp/calls.h"
#include "tools/ksrtp/collect.h"
#include "tools/ksrtp/control.h"
#include "tools/ksrtp/coverage.h"
#include "tools/ksrtp/terminal.h"
#include "tools/ksrtp/view.h"

#define WORST_PEERS 5

static void add_share(json_t *o, const char *name, u64 secure, u64 all)
{
	char text[64];

	if (!all)
		return;
	snprintf(text, sizeof(text), "%.1f %% of %llu packets",
		 100.0 * (double)secure / (double)all, (unsigned long long)all);
	json_object_set_new(o, name, json_string(text));
}

static json_t *module_part(struct command *c)
{
	struct ksrtp_nl_stats s;
	json_t *o;

	if (ksrtp_nl_open(&c->nl) || ksrtp_collect_stats(c, &o))
		return json_pack("{s:s}", "module", "not loaded here");
	if (!ksrtp_nl_stats(c->nl, &s)) {
		add_share(o, "encrypted-in", s.rx_secure, s.rx_packets);
		add_share(o, "encrypted-out", s.tx_secure, s.tx_packets);
	}
	return o;
}

/* Rows of coverage: NULL without a daemon. */
static json_t *ask_rows(struct command *c, const char *question)
{
	char error[256];
	json_t *rows;

	return ksrtp_control_ask(c, question, &rows, error, sizeof(error)) ? NULL : rows;
}

static void print_text(json_t *coverage, json_t *calls)
{
	if (coverage) {
		putchar('\n');
		ksrtp_coverage_bars(coverage, WORST_PEERS);
	}
	if (calls) {
		putchar('\n');
		ksrtp_calls_table(calls);
	}
	json_decref(coverage);
	json_decref(calls);
}

int ksrtp_command_overview(struct command *c, int argc, char **argv)
{
	json_t *screen = json_array(), *part, *coverage, *calls;
	char error[256];

	(void)argc;
	(void)argv;
	json_array_append_new(screen, module_part(c));
	if (ksrtp_control_ask(c, "status", &part, error, sizeof(error)))
		part = json_pack("{s:s}", "daemon", error);
	json_array_append_new(screen, part);
	coverage = ask_rows(c, "coverage");
	calls = ask_rows(c, "calls");
	if (c->output == OUTPUT_TEXT) {
		ksrtp_view_print(c, screen);
		print_text(coverage, calls);
		return 0;
	}
	if (coverage)
		json_array_extend(screen, coverage);
	if (calls)
		json_array_extend(screen, calls);
	json_decref(coverage);
	json_decref(calls);
	return ksrtp_view_print(c, screen);
}

int ksrtp_command_top(struct command *c, int argc, char **argv)
{
	unsigned long number[2] = { 2, 0 }, turn;
	char *end;
	int i;

	if (argc > 2 || c->output != OUTPUT_TEXT)
		return ksrtp_command_usage("top takes SECONDS and COUNT and prints text");
	for (i = 0; i < argc; i++) {
		number[i] = strtoul(argv[i], &end, 10);
		if (*end || !number[i] || number[i] > INT32_MAX)
			return ksrtp_command_usage("top takes numbers from 1 on, not \"%s\"",
						   argv[i]);
	}
	for (turn = 0; !number[1] || turn < number[1]; turn++) {
		if (turn)
			sleep((unsigned int)number[0]);
		ksrtp_terminal_home();
		ksrtp_command_overview(c, 0, NULL);
		fflush(stdout);
	}
	return 0;
}
