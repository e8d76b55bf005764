// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp without a verb: one screen. What runs, how much of what passes is encrypted, what is
 * dropped, and the calls.
 */
#include <stdio.h>

#include "tools/ksrtp/calls.h"
#include "tools/ksrtp/collect.h"
#include "tools/ksrtp/control.h"
#include "tools/ksrtp/terminal.h"
#include "tools/ksrtp/view.h"

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

int ksrtp_command_overview(struct command *c, int argc, char **argv)
{
	json_t *screen = json_array(), *part;
	char error[256];

	(void)argc;
	(void)argv;
	json_array_append_new(screen, module_part(c));
	if (ksrtp_control_ask(c, "status", &part, error, sizeof(error)))
		part = json_pack("{s:s}", "daemon", error);
	json_array_append_new(screen, part);
	if (ksrtp_control_ask(c, "calls", &part, error, sizeof(error)))
		return ksrtp_view_print(c, screen);
	if (c->output == OUTPUT_TEXT) {
		ksrtp_view_print(c, screen);
		putchar('\n');
		ksrtp_calls_table(part);
		json_decref(part);
		return 0;
	}
	json_array_extend(screen, part);
	json_decref(part);
	return ksrtp_view_print(c, screen);
}
