// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The numbers of /metrics. Called by main's writer on the loop's thread; see daemon/ctl/metrics.c.
 */
#include "daemon/call/figures.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/call/abuse.h"
#include "daemon/call/coverage.h"
#include "daemon/call/inside.h"
#include "daemon/call/server.h"

static void head(struct ksrtp_buf *out, const char *name, const char *type, const char *help)
{
	ksrtp_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct ksrtp_buf *out, const char *name, uint64_t value)
{
	ksrtp_buf_printf(out, "%s %" PRIu64 "\n", name, value);
}

static void write_state(struct ksrtp_edge *edge, struct ksrtp_buf *out)
{
	struct ksrtp_trans_stats trans = ksrtp_trans_stats(edge->trans);
	const struct {
		const char *name, *type, *help;
		uint64_t value;
	} row[] = {
		{ "ksrtp_uptime_seconds", "gauge", "Since the daemon started.",
		  (ksrtp_edge_now(edge) - edge->started) / 1000 },
		{ "ksrtp_draining", "gauge", "1 while no new calls are taken.", edge->draining },
		{ "ksrtp_registrations", "gauge", "Registrations that stand.", edge->n_bindings },
		{ "ksrtp_transactions", "gauge", "SIP transactions under way.",
		  trans.servers + trans.clients },
		{ "ksrtp_requests_total", "counter", "SIP requests that came.", edge->requests },
		{ "ksrtp_malformed_total", "counter", "Messages that could not be read.",
		  edge->malformed },
		{ "ksrtp_refused_total", "counter", "Requests refused by ourselves.",
		  edge->refused },
		{ "ksrtp_auth_failures_total", "counter", "Wrong credentials.",
		  edge->auth_failed },
		{ "ksrtp_calls_answered_total", "counter", "Calls that were answered.",
		  edge->calls_total },
		{ "ksrtp_calls_restored", "gauge", "Calls of the process before that went on.",
		  edge->calls_restored },
		{ "ksrtp_calls_cut", "gauge", "Calls of the process before that ended with it.",
		  edge->calls_cut },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(row); i++) {
		head(out, row[i].name, row[i].type, row[i].help);
		one(out, row[i].name, row[i].value);
	}
	head(out, "ksrtp_backend_info", "gauge", "The media back end in use.");
	ksrtp_buf_printf(out, "ksrtp_backend_info{backend=\"%s\"} 1\n",
			 ksrtp_media_backend(edge->media));
}

/* Of calls that stand: how they do now; their packets go into @sum. */
static void write_standing(struct ksrtp_edge *edge, struct ksrtp_coverage *sum,
			   struct ksrtp_buf *out)
{
	uint64_t early = 0, standing[KSRTP_COVERAGE_CLASSES] = { 0 };
	struct ksrtp_list *node, *tmp;
	struct ksrtp_grade grade;
	struct ksrtp_call *c;
	unsigned int i;

	ksrtp_list_each(node, tmp, &edge->calls) {
		c = ksrtp_container(node, struct ksrtp_call, node);
		ksrtp_coverage_add(sum, c, c->last);
		grade = ksrtp_grade_min(c->last[0].grade, c->last[1].grade);
		if (!c->answered)
			early++;
		else
			standing[ksrtp_coverage_class_of(&grade)]++;
	}
	head(out, "ksrtp_calls", "gauge", "Calls that stand, by grade; early: not yet answered.");
	for (i = 0; i < KSRTP_COVERAGE_CLASSES; i++)
		ksrtp_buf_printf(out, "ksrtp_calls{grade=\"%s\"} %" PRIu64 "\n",
				 ksrtp_coverage_word(i), standing[i]);
	ksrtp_buf_printf(out, "ksrtp_calls{grade=\"early\"} %" PRIu64 "\n", early);
}

static void write_ended(struct ksrtp_edge *edge, struct ksrtp_buf *out)
{
	const struct ksrtp_config *config = edge->config;
	struct ksrtp_coverage *ended = edge->coverage;
	const struct ksrtp_config_side *side;
	unsigned int i;

	head(out, "ksrtp_calls_ended_total", "counter", "Answered calls by their grade.");
	for (i = 0; i < KSRTP_COVERAGE_CLASSES; i++)
		ksrtp_buf_printf(out, "ksrtp_calls_ended_total{grade=\"%s\"} %" PRIu64 "\n",
				 ksrtp_coverage_word(i), ended->all.calls[i]);
	head(out, "ksrtp_legs_ended_total", "counter", "Their legs, by side and grade.");
	for (side = config->side; side < config->side + config->n_side; side++)
		for (i = 0; i < KSRTP_COVERAGE_CLASSES; i++)
			ksrtp_buf_printf(out, "ksrtp_legs_ended_total{side=\"%s\",grade=\"%s\"} %"
					 PRIu64 "\n", side->name, ksrtp_coverage_word(i),
					 ksrtp_coverage_of_side(ended, side)->calls[i]);
}

static void write_packets(const struct ksrtp_config *config, struct ksrtp_coverage *sum,
			  struct ksrtp_buf *out)
{
	const struct ksrtp_config_side *side;
	const struct ksrtp_coverage_row *row;
	unsigned int i;

	head(out, "ksrtp_packets_total", "counter", "Media packets, in and out, by side.");
	for (side = config->side; side < config->side + config->n_side; side++) {
		row = ksrtp_coverage_of_side(sum, side);
		ksrtp_buf_printf(out, "ksrtp_packets_total{side=\"%s\",media=\"srtp\"} %" PRIu64
				 "\n", side->name, row->secure);
		ksrtp_buf_printf(out, "ksrtp_packets_total{side=\"%s\",media=\"clear\"} %" PRIu64
				 "\n", side->name,
				 row->packets > row->secure ? row->packets - row->secure : 0);
	}
	head(out, "ksrtp_received_packets_total", "counter",
	     "Media packets that came, by what became of them.");
	for (i = 0; i < KSRTP_VERDICT_COUNT; i++)
		ksrtp_buf_printf(out, "ksrtp_received_packets_total{verdict=\"%s\"} %" PRIu64 "\n",
				 ksrtp_verdict_word(i), sum->verdict[i]);
}

static uint64_t is_up(const struct ksrtp_server *s)
{
	return strcmp(ksrtp_server_state(s), "down") != 0;
}

static uint64_t probes_of(const struct ksrtp_server *s)
{
	return s->probe.sent;
}

static uint64_t answers_of(const struct ksrtp_server *s)
{
	return s->probe.answered;
}

/* Their names are the configuration's own. */
static void write_servers(const struct ksrtp_edge *edge, struct ksrtp_buf *out)
{
	static const struct {
		const char *name, *type, *help;
		uint64_t (*value)(const struct ksrtp_server *s);
	} row[] = {
		{ "ksrtp_server_up", "gauge", "0 while a core's server does not answer.", is_up },
		{ "ksrtp_server_probes_total", "counter", "OPTIONS sent there.", probes_of },
		{ "ksrtp_server_answers_total", "counter", "How many were answered.", answers_of },
	};
	const struct ksrtp_server *s;
	char port[8];
	size_t i;

	for (i = 0; edge->n_server && i < ARRAY_SIZE(row); i++) {
		head(out, row[i].name, row[i].type, row[i].help);
		for (s = edge->server; s < edge->server + edge->n_server; s++) {
			port[0] = '\0';
			if (s->config->port)
				snprintf(port, sizeof(port), ":%u", s->config->port);
			ksrtp_buf_printf(out, "%s{core=\"%s\",server=\"%s%s\"} %" PRIu64 "\n",
					 row[i].name, s->side->name, s->config->host, port,
					 row[i].value(s));
		}
	}
}

static void write_abuse(struct ksrtp_edge *edge, struct ksrtp_buf *out)
{
	struct ksrtp_abuse_stats sip;
	struct ksrtp_net_stats net;

	ksrtp_abuse_stats(edge, &sip);
	ksrtp_net_stats(edge->net, &net);
	head(out, "ksrtp_bans_total", "counter",
	     "Sources whose authentication failed too often, by what became of them.");
	ksrtp_buf_printf(out, "ksrtp_bans_total{result=\"banned\"} %" PRIu64 "\n"
			 "ksrtp_bans_total{result=\"spared\"} %" PRIu64 "\n"
			 "ksrtp_bans_total{result=\"failed\"} %" PRIu64 "\n", sip.bans,
			 sip.spared, sip.failed);
	head(out, "ksrtp_limited_total", "counter", "What was more than one source may do.");
	ksrtp_buf_printf(out, "ksrtp_limited_total{what=\"requests\"} %" PRIu64 "\n"
			 "ksrtp_limited_total{what=\"registrations\"} %" PRIu64 "\n"
			 "ksrtp_limited_total{what=\"connections\"} %" PRIu64 "\n"
			 "ksrtp_limited_total{what=\"handshakes\"} %" PRIu64 "\n", sip.requests,
			 sip.registrations, net.many, net.fast);
	head(out, "ksrtp_slow_connections_total", "counter",
	     "Connections ended because a handshake or message took too long.");
	one(out, "ksrtp_slow_connections_total", net.slow);
}

void ksrtp_figures_write(struct ksrtp_edge *edge, struct ksrtp_buf *out)
{
	struct ksrtp_coverage sum;

	if (ksrtp_coverage_init(&sum)) {
		out->err = -ENOMEM;
		return;
	}
	ksrtp_coverage_merge(&sum, edge->coverage);
	write_state(edge, out);
	write_abuse(edge, out);
	write_standing(edge, &sum, out);
	write_ended(edge, out);
	write_packets(edge->config, &sum, out);
	write_servers(edge, out);
	ksrtp_coverage_fini(&sum);
}
