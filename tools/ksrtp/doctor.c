// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp doctor: looks at everything that usually goes wrong and says a sentence about each. Exit
 * status: 0 nothing found, 1 a warning, 2 trouble.
 */
#include <limits.h>
#include <linux/netfilter_ipv4.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/ksrtp/collect.h"
#include "tools/ksrtp/control.h"
#include "tools/ksrtp/terminal.h"
#include "tools/ksrtp/view.h"
#include "tools/ksrtp/words.h"

enum finding { FINDING_OK, FINDING_WARNING, FINDING_TROUBLE };

struct report {
	enum finding worst;
	json_t *lines;
};

static void note(struct report *r, enum finding f, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void note(struct report *r, enum finding f, const char *format, ...)
{
	static const char *const words[] = { "ok", "warning", "trouble" };
	char text[400];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (f > r->worst)
		r->worst = f;
	json_array_append_new(r->lines, json_pack("{s:s,s:s}", "finding", words[f], "says", text));
}

static void look_at_rights(struct report *r)
{
	if (geteuid())
		note(r, FINDING_WARNING, "not root: what needs CAP_NET_ADMIN cannot be seen");
}

static void look_at_traffic(struct report *r, const struct ksrtp_nl_stats *s)
{
	u64 tag = s->verdict[KSRTP_VERDICT_TAG];

	if (s->rx_packets && tag > s->rx_packets / 10)
		note(r, FINDING_WARNING,
		     "%llu of %llu packets failed to authenticate: wrong keys, or somebody forges",
		     (unsigned long long)tag, (unsigned long long)s->rx_packets);
	if (s->verdict[KSRTP_VERDICT_ROUTE])
		note(r, FINDING_WARNING, "%llu packets had no route to the far side",
		     (unsigned long long)s->verdict[KSRTP_VERDICT_ROUTE]);
	if (s->verdict[KSRTP_VERDICT_SPENT])
		note(r, FINDING_TROUBLE, "a master key is used up: its stream stays silent");
	if (s->verdict[KSRTP_VERDICT_STREAMS])
		note(r, FINDING_WARNING, "a flow met more SSRCs than it may hold");
	if (s->rx_packets && !s->verdict[KSRTP_VERDICT_OK])
		note(r, FINDING_TROUBLE, "packets arrive and none is sent on: see ksrtp stat");
}

static void look_at_module(struct report *r, struct command *c)
{
	struct ksrtp_nl_stats s;
	int err = ksrtp_nl_open(&c->nl);

	if (err == -ENOENT) {
		note(r, FINDING_WARNING, "the module is not loaded: media runs in user space");
		return;
	}
	if (err) {
		note(r, FINDING_TROUBLE, "the module cannot be reached: %s", strerror(-err));
		return;
	}
	err = ksrtp_nl_stats(c->nl, &s);
	if (err) {
		note(r, FINDING_TROUBLE, "the module refuses: %s", ksrtp_nl_error(c->nl));
		return;
	}
	note(r, FINDING_OK, "the module answers, primitives: %s", s.prim);
	if (!strcmp(s.prim, "portable"))
		note(r, FINDING_WARNING, "no vector instructions are used: several times slower");
	note(r, FINDING_OK,
	     "relayed media is taken before conntrack: of nft's hooks only ingress sees it coming "
	     "in and only postrouting going out, not prerouting, input, forward and output");
	note(r, FINDING_OK,
	     "media in place passes all of nft's hooks, as SRTP: only chains of input behind "
	     "priority %d and of output before priority %d see it in clear",
	     NF_IP_PRI_NAT_SRC + 10, NF_IP_PRI_RAW + 10);
	look_at_traffic(r, &s);
}

static void look_at_servers(struct report *r, struct command *c)
{
	const char *core, *host, *state;
	json_t *servers, *server;
	char error[256];
	size_t i;

	if (ksrtp_control_ask(c, "servers", &servers, error, sizeof(error)))
		return;
	json_array_foreach(servers, i, server)
		if (!json_unpack(server, "{s:s,s:s,s:s}", "core", &core, "host", &host, "state",
				 &state) && !strcmp(state, "down"))
			note(r, FINDING_WARNING, "core %s: server %s does not answer", core, host);
	json_decref(servers);
}

static void look_at_daemon(struct report *r, struct command *c)
{
	char error[256];
	json_t *status;

	if (ksrtp_control_ask(c, "status", &status, error, sizeof(error))) {
		note(r, FINDING_WARNING, "%s", error);
		return;
	}
	note(r, FINDING_OK, "ksrtpd answers");
	json_decref(status);
	look_at_servers(r, c);
}

int ksrtp_command_doctor(struct command *c, int argc, char **argv)
{
	static const enum terminal_style style[] = {
		TERMINAL_GOOD, TERMINAL_UNIT, TERMINAL_TROUBLE
	};
	struct report r = { .lines = json_array() };
	int status = ksrtp_words_read(NULL, 0, argc, argv);
	const json_t *line;
	size_t i;

	if (status) {
		json_decref(r.lines);
		return status;
	}
	look_at_rights(&r);
	look_at_module(&r, c);
	look_at_daemon(&r, c);
	if (c->output != OUTPUT_TEXT)
		return ksrtp_view_print(c, r.lines) ? FINDING_TROUBLE : (int)r.worst;
	json_array_foreach(r.lines, i, line) {
		const char *word = json_string_value(json_object_get(line, "finding"));

		ksrtp_terminal_put(style[*word == 'o' ? 0 : *word == 'w' ? 1 : 2], "%s", word);
		printf(": %s\n", json_string_value(json_object_get(line, "says")));
	}
	json_decref(r.lines);
	return (int)r.worst;
}
