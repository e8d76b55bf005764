// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the control socket says about calls, registrations and the daemon as a whole. Called by
 * daemon/ctl on the loop's thread. Numbers and states, never keys.
 */
#include <string.h>

#include "daemon/call/abuse.h"
#include "daemon/call/binding.h"
#include "daemon/call/call.h"
#include "daemon/call/coverage.h"
#include "daemon/call/ledger.h"
#include "daemon/call/report.h"
#include "daemon/call/server.h"
#include "daemon/call/trace.h"

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *address(const struct ksrtp_addr *addr)
{
	char text[KSRTP_ADDR_TEXT];

	return json_string(ksrtp_addr_format(addr, text, sizeof(text)));
}

static json_t *end(struct ksrtp_edge *edge, const struct ksrtp_call *call, unsigned int i)
{
	const struct ksrtp_call_end *e = &call->end[i];
	struct ksrtp_call_total total;
	struct ksrtp_net_peer peer;
	char text[KSRTP_GRADE_TEXT];
	json_t *o = json_object();

	ksrtp_call_total(call, i, &total);
	json_object_set_new(o, "side", json_string(e->side->name));
	json_object_set_new(o, "transport", json_string(ksrtp_transport_name(e->hop.transport)));
	json_object_set_new(o, "address", address(&e->hop.remote));
	if (!ksrtp_net_peer(edge->net, &e->hop, &peer) && peer.version[0])
		json_object_set_new(o, "tls", json_string(peer.version));
	json_object_set_new(o, "grade", json_string(ksrtp_grade_text(&total.grade, text,
								     sizeof(text))));
	json_object_set_new(o, "media",
			    json_string(ksrtp_grade_media_word(total.grade.promised)));
	json_object_set_new(o, "proved", json_string(ksrtp_grade_media_word(total.grade.proved)));
	json_object_set_new(o, "path", json_string(ksrtp_grade_path_word(total.grade.path)));
	if (total.suite)
		json_object_set_new(o, "suite", json_string(total.suite->name));
	json_object_set_new(o, "rx_packets", number(total.rx_packets));
	json_object_set_new(o, "rx_secure", number(total.rx_secure));
	json_object_set_new(o, "tx_packets", number(total.tx_packets));
	json_object_set_new(o, "tx_secure", number(total.tx_secure));
	return o;
}

/* "audio 192.0.2.1:30000 10.0.0.1:30002": where we listen for each m-line, towards either side. */
static json_t *lines(const struct ksrtp_call *call)
{
	unsigned int i, k, n = call->offer ? ksrtp_offer_lines(call->offer) : 0;
	char text[2][KSRTP_ADDR_TEXT];
	struct ksrtp_offer_line line;
	json_t *list = json_array();

	for (i = 0; i < n; i++) {
		ksrtp_offer_line(call->offer, i, &line);
		if (!line.active)
			continue;
		for (k = 0; k < 2; k++)
			if (line.side[k].flow)
				ksrtp_addr_format(ksrtp_media_flow_local(line.side[k].flow),
						  text[k], sizeof(text[k]));
			else
				strcpy(text[k], "direct");
		json_array_append_new(list, json_sprintf("%s %s %s", line.kind, text[0], text[1]));
	}
	return list;
}

/* What one direction of an m-line's leg was promised and proves. */
static json_t *way(enum ksrtp_grade_media promised, uint64_t packets, uint64_t secure)
{
	return json_pack("{s:s,s:I,s:I}", "proved",
			 ksrtp_grade_media_word(ksrtp_grade_prove_way(promised, packets, secure)),
			 "packets", (json_int_t)packets, "secure", (json_int_t)secure);
}

static json_t *leg(const struct ksrtp_call *call, const struct ksrtp_offer_line *line,
		   unsigned int n, unsigned int i)
{
	enum ksrtp_grade_media promised = line->side[i].promised;
	struct ksrtp_media_stats stats;

	ksrtp_offer_stats(call->offer, n, i, &stats);
	return json_pack("{s:s,s:s,s:o,s:o}", "promised", ksrtp_grade_media_word(promised), "path",
			 ksrtp_grade_path_word(call->end[i].path), "in",
			 way(promised, stats.verdict[KSRTP_VERDICT_OK], stats.rx_secure), "out",
			 way(promised, stats.tx_packets, stats.tx_secure));
}

/* The pair of each m-line, by leg and direction. */
static json_t *grades(const struct ksrtp_call *call)
{
	unsigned int i, n = call->offer ? ksrtp_offer_lines(call->offer) : 0;
	struct ksrtp_offer_line line;
	json_t *list = json_array();

	for (i = 0; i < n; i++) {
		ksrtp_offer_line(call->offer, i, &line);
		if (line.active)
			json_array_append_new(list, json_pack("{s:s,s:o,s:o}", "line", line.kind,
							      "from", leg(call, &line, i, 0),
							      "to", leg(call, &line, i, 1)));
	}
	return list;
}

static json_t *calls(void *ctx, const json_t *request, const char **error)
{
	struct ksrtp_edge *edge = ctx;
	struct ksrtp_list *node, *tmp;
	json_t *list = json_array(), *o;
	struct ksrtp_call *c;

	ksrtp_list_each(node, tmp, &edge->calls) {
		c = ksrtp_container(node, struct ksrtp_call, node);
		o = json_object();
		json_object_set_new(o, "call", number(c->number));
		json_object_set_new(o, "call_id", json_string(c->call_id));
		json_object_set_new(o, "state", json_string(c->answered ? "answered" : "early"));
		json_object_set_new(o, "age", number((ksrtp_edge_now(edge) - c->since) / 1000));
		json_object_set_new(o, "from", end(edge, c, 0));
		json_object_set_new(o, "to", end(edge, c, 1));
		json_object_set_new(o, "lines", lines(c));
		json_object_set_new(o, "grades", grades(c));
		json_object_set_new(o, "beyond", json_string("unknown"));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *registrations(void *ctx, const json_t *request, const char **error)
{
	struct ksrtp_edge *edge = ctx;
	uint64_t now = ksrtp_edge_now(edge);
	struct ksrtp_list *node, *tmp;
	json_t *list = json_array(), *o;
	struct ksrtp_binding *b;

	ksrtp_list_each(node, tmp, &edge->bindings) {
		b = ksrtp_container(node, struct ksrtp_binding, node);
		o = json_object();
		json_object_set_new(o, "registration", json_string(b->aor));
		json_object_set_new(o, "contact", json_string(b->uri));
		json_object_set_new(o, "transport",
				    json_string(ksrtp_transport_name(b->hop.transport)));
		json_object_set_new(o, "address", address(&b->hop.remote));
		json_object_set_new(o, "alive", json_boolean(ksrtp_net_alive(edge->net, &b->hop)));
		json_object_set_new(o, "age", number((now - b->since) / 1000));
		json_object_set_new(o, "expires",
				    number(b->expires > now ? (b->expires - now) / 1000 : 0));
		json_array_append_new(list, o);
	}
	return list;
}

static void count(void *ctx, const struct ksrtp_net_row *row)
{
	json_t *status = ctx, *list = json_object_get(status, "listen");
	json_int_t n = json_integer_value(json_object_get(status, "connections"));
	char text[KSRTP_ADDR_TEXT];

	if (row->listener)
		json_array_append_new(list, json_sprintf(
			"%s %s", ksrtp_transport_name(row->hop.transport),
			ksrtp_addr_format(&row->hop.local, text, sizeof(text))));
	else
		json_object_set_new(status, "connections", json_integer(n + 1));
}

static json_t *server(const struct ksrtp_server *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "core", json_string(s->side->name));
	json_object_set_new(o, "host", json_string(s->config->host));
	json_object_set_new(o, "targets", number(s->n));
	if (s->n) {
		json_object_set_new(o, "transport",
				    json_string(ksrtp_transport_name(s->target->transport)));
		json_object_set_new(o, "address", address(&s->target->addr));
	}
	json_object_set_new(o, "state", json_string(ksrtp_server_state(s)));
	json_object_set_new(o, "age", number((ksrtp_edge_now(s->edge) - s->changed) / 1000));
	json_object_set_new(o, "priority", number(s->config->priority));
	json_object_set_new(o, "weight", number(s->config->weight));
	if (!s->side->probe)
		return o;
	json_object_set_new(o, "probes", number(s->probe.sent));
	json_object_set_new(o, "answered", number(s->probe.answered));
	json_object_set_new(o, "missed", number(s->probe.missed));
	if (s->probe.status) {
		json_object_set_new(o, "status", number(s->probe.status));
		json_object_set_new(o, "round_trip", number(s->probe.round));
	}
	return o;
}

static json_t *servers(void *ctx, const json_t *request, const char **error)
{
	const struct ksrtp_edge *edge = ctx;
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < edge->n_server; i++)
		json_array_append_new(list, server(&edge->server[i]));
	return list;
}

/* "pbx 192.0.2.1 up" */
static json_t *states(const struct ksrtp_edge *edge)
{
	const struct ksrtp_server *s;
	json_t *list = json_array();

	for (s = edge->server; s < edge->server + edge->n_server; s++)
		json_array_append_new(list, json_sprintf("%s %s %s", s->side->name, s->config->host,
							 ksrtp_server_state(s)));
	return list;
}

/* What strangers did too much of, if they did. */
static void abuse(struct ksrtp_edge *edge, json_t *o)
{
	struct ksrtp_abuse_stats sip;
	struct ksrtp_net_stats net;
	size_t i;

	ksrtp_abuse_stats(edge, &sip);
	ksrtp_net_stats(edge->net, &net);
	const struct {
		const char *name;
		uint64_t value;
	} row[] = {
		{ "bans", sip.bans },
		{ "bans_spared", sip.spared },
		{ "bans_failed", sip.failed },
		{ "too_many_requests", sip.requests },
		{ "too_many_registrations", sip.registrations },
		{ "too_many_connections", net.many },
		{ "too_fast_connections", net.fast },
		{ "too_slow_connections", net.slow },
	};

	for (i = 0; i < ARRAY_SIZE(row); i++)
		if (row[i].value)
			json_object_set_new(o, row[i].name, number(row[i].value));
}

static json_t *status(void *ctx, const json_t *request, const char **error)
{
	struct ksrtp_edge *edge = ctx;
	struct ksrtp_trans_stats trans = ksrtp_trans_stats(edge->trans);
	json_t *o = json_object();

	json_object_set_new(o, "backend", json_string(ksrtp_media_backend(edge->media)));
	json_object_set_new(o, "why", json_string(edge->backend ? edge->backend : ""));
	json_object_set_new(o, "uptime", number((ksrtp_edge_now(edge) - edge->started) / 1000));
	json_object_set_new(o, "core", edge->n_server ? server(edge->server) : json_null());
	json_object_set_new(o, "servers", states(edge));
	if (edge->draining)
		json_object_set_new(o, "draining", json_true());
	if (edge->trace)
		json_object_set_new(o, "tracing", json_true());
	json_object_set_new(o, "calls", number(edge->n_calls));
	json_object_set_new(o, "calls_total", number(edge->calls_total));
	json_object_set_new(o, "calls_restored", number(edge->calls_restored));
	json_object_set_new(o, "calls_cut", number(edge->calls_cut));
	json_object_set_new(o, "registrations", number(edge->n_bindings));
	json_object_set_new(o, "transactions", number(trans.servers + trans.clients));
	json_object_set_new(o, "requests", number(edge->requests));
	json_object_set_new(o, "malformed", number(edge->malformed));
	json_object_set_new(o, "refused", number(edge->refused));
	json_object_set_new(o, "auth_failed", number(edge->auth_failed));
	abuse(edge, o);
	json_object_set_new(o, "media_ports",
			    json_sprintf("%u-%u", edge->config->media.port_min,
					 edge->config->media.port_max));
	json_object_set_new(o, "connections", json_integer(0));
	json_object_set_new(o, "listen", json_array());
	ksrtp_net_each(edge->net, count, o);
	return o;
}

/* ---- coverage */

static json_t *row(const char *kind, const char *name, const struct ksrtp_coverage_row *r)
{
	json_t *o = json_pack("{s:s,s:s}", "coverage", kind, "name", name);
	uint64_t sum = 0;
	unsigned int c;

	for (c = 0; c < KSRTP_COVERAGE_CLASSES; c++)
		sum += r->calls[c];
	json_object_set_new(o, "calls", number(sum));
	for (c = 0; c < KSRTP_COVERAGE_CLASSES; c++)
		json_object_set_new(o, ksrtp_coverage_word(c), number(r->calls[c]));
	json_object_set_new(o, "packets", number(r->packets));
	json_object_set_new(o, "secure", number(r->secure));
	return o;
}

static json_t *rows(const struct ksrtp_config *config, struct ksrtp_coverage *coverage)
{
	struct ksrtp_coverage_peer *peer;
	struct ksrtp_list *node, *tmp;
	json_t *list = json_array(), *all = row("all", "all calls", &coverage->all);
	const struct ksrtp_config_side *side;

	json_object_set_new(all, "beyond", json_string("unknown"));
	json_array_append_new(list, all);
	for (side = config->side; side < config->side + config->n_side; side++)
		json_array_append_new(list, row("side", side->name,
						ksrtp_coverage_of_side(coverage, side)));
	ksrtp_list_each(node, tmp, &coverage->peers) {
		peer = ksrtp_container(node, struct ksrtp_coverage_peer, node);
		json_array_append_new(list, row("peer", peer->name, &peer->row));
	}
	if (coverage->others.packets || coverage->names.count >= KSRTP_COVERAGE_PEERS)
		json_array_append_new(list, row("peer", "others", &coverage->others));
	return list;
}

/* The calls that ended and those that stand. */
static json_t *coverage(void *ctx, const json_t *request, const char **error)
{
	struct ksrtp_edge *edge = ctx;
	struct ksrtp_call_total total[2];
	struct ksrtp_list *node, *tmp;
	struct ksrtp_coverage sum;
	struct ksrtp_call *c;
	json_t *list;

	if (ksrtp_coverage_init(&sum)) {
		*error = "no memory";
		return NULL;
	}
	ksrtp_coverage_merge(&sum, edge->coverage);
	ksrtp_list_each(node, tmp, &edge->calls) {
		c = ksrtp_container(node, struct ksrtp_call, node);
		ksrtp_call_total(c, 0, &total[0]);
		ksrtp_call_total(c, 1, &total[1]);
		ksrtp_coverage_add(&sum, c, total);
	}
	list = rows(edge->config, &sum);
	ksrtp_coverage_fini(&sum);
	return list;
}

/* {"cmd":"drain"} begins it, with "off":true it ends, with "look":true nothing changes. */
static json_t *drain(void *ctx, const json_t *request, const char **error)
{
	struct ksrtp_edge *edge = ctx;
	bool on = !json_is_true(json_object_get(request, "off"));

	if (!json_is_true(json_object_get(request, "look")) && on != edge->draining) {
		edge->draining = on;
		ksrtp_log_write(edge->loop->log, KSRTP_LOG_NOTICE, on ?
				"draining: no new calls and registrations, %zu calls go on" :
				"draining is off, %zu calls", edge->n_calls);
	}
	return json_pack("{s:b,s:I}", "draining", edge->draining, "calls",
			 (json_int_t)edge->n_calls);
}

static const struct {
	const char *name;
	ksrtp_ctl_fn fn;
} commands[] = {
	{ "calls", calls },	{ "registrations", registrations },	{ "status", status },
	{ "coverage", coverage },	{ "drain", drain },
	{ "servers", servers },	{ "trace", ksrtp_trace_serve },	{ "ledger", ksrtp_ledger_serve },
};

int ksrtp_report_start(struct ksrtp_edge *edge)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(commands); i++)
		err = ksrtp_ctl_add(edge->ctl, commands[i].name, commands[i].fn, edge);
	return err;
}

void ksrtp_report_stop(struct ksrtp_edge *edge)
{
	size_t i;

	for (i = 0; edge->ctl && i < ARRAY_SIZE(commands); i++)
		ksrtp_ctl_remove(edge->ctl, commands[i].name);
}
