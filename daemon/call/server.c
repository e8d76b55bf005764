// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the servers of the cores are (RFC 3263 by daemon/net/dns).
 *
 * Called by edge.c, proxy.c, dispatch.c and side.c on the loop's thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/call/pick.h"
#include "daemon/call/server.h"

#define AGAIN_MS	60000	/* after success */
#define RETRY_MS	5000	/* after failure */

static void look(struct ksrtp_server *server);

static void on_timer(uv_timer_t *timer)
{
	struct ksrtp_server *server = timer->data;

	if (!server->req)
		look(server);
}

static bool same_target(const struct ksrtp_target *a, const struct ksrtp_target *b)
{
	return a->transport == b->transport && ksrtp_addr_equal(&a->addr, &b->addr);
}

static uint64_t aside_till(const struct ksrtp_server *server, const struct ksrtp_target *target)
{
	size_t i;

	for (i = 0; i < server->n; i++)
		if (same_target(&server->target[i], target))
			return server->aside[i];
	return 0;
}

static void take(struct ksrtp_server *server, const struct ksrtp_target *targets, size_t n)
{
	uint64_t aside[KSRTP_DNS_TARGETS];
	size_t i;

	if (n > KSRTP_DNS_TARGETS)
		n = KSRTP_DNS_TARGETS;
	for (i = 0; i < n; i++)
		aside[i] = aside_till(server, &targets[i]);
	memcpy(server->aside, aside, n * sizeof(*aside));
	if (n)
		memcpy(server->target, targets, n * sizeof(*targets));
	for (i = 0; i < n; i++)
		server->target[i].identity = server->side->identity;
	server->n = n;
}

static const char *problem(const struct ksrtp_server *server)
{
	if (server->error == -EAGAIN)
		return server->n ? "DNS does not answer; the addresses known from before stay" :
				   "DNS does not answer";
	if (server->error == -EACCES)
		return "offers no TLS, and clear signalling is not allowed";
	return strerror(-server->error);
}

static void on_targets(void *ctx, int error, const struct ksrtp_target *targets, size_t n)
{
	struct ksrtp_server *server = ctx;
	bool other = error != server->error;

	server->req = NULL;
	server->told = true;
	server->error = error;
	/* no answer is no news: what was known stays */
	if (n || error != -EAGAIN)
		take(server, targets, n);
	if (error && other)
		ksrtp_log_write(server->edge->loop->log, KSRTP_LOG_WARNING, "%s %s: %s",
				server->side->name, server->config->host, problem(server));
	if (server->n && !server->probe.sent)
		ksrtp_probe_now(server);
	uv_timer_start(server->timer, on_timer, server->n ? AGAIN_MS : RETRY_MS, 0);
}

static void look(struct ksrtp_server *server)
{
	const struct ksrtp_config_side *side = server->side;
	struct ksrtp_dns_query query = {
		.host = server->config->host,
		.port = server->config->port,
		.secure = server->config->secure,
		.clear = side->clear,
	};

	switch (side->transport) {
	case KSRTP_CORE_TLS_FIRST:
		break;
	case KSRTP_CORE_TLS_ONLY:
		query.transport = KSRTP_TRANSPORT_TLS;
		query.clear = false;
		break;
	case KSRTP_CORE_TCP_ONLY:
	case KSRTP_CORE_UDP_ONLY:
		query.transport = side->transport == KSRTP_CORE_TCP_ONLY ? KSRTP_TRANSPORT_TCP :
									   KSRTP_TRANSPORT_UDP;
		query.clear = true;
		query.clear_only = true;
		break;
	}
	server->req = ksrtp_dns_targets(server->edge->dns, &query, on_targets, server);
	if (!server->req)
		uv_timer_start(server->timer, on_timer, RETRY_MS, 0);
}

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

static int start_server(struct ksrtp_edge *edge, const struct ksrtp_config_side *side,
			const struct ksrtp_config_server *config)
{
	struct ksrtp_server *server = &edge->server[edge->n_server];

	server->timer = malloc(sizeof(*server->timer));
	if (!server->timer)
		return -ENOMEM;
	edge->n_server++;
	server->edge = edge;
	server->side = side;
	server->config = config;
	uv_timer_init(&edge->loop->uv, server->timer);
	server->timer->data = server;
	server->changed = ksrtp_edge_now(edge);
	look(server);
	return ksrtp_probe_start(server);
}

/* What failed, or stands for other addresses, may do so no more. */
static void on_names(void *ctx)
{
	ksrtp_server_refresh(ctx, NULL);
}

int ksrtp_server_start(struct ksrtp_edge *edge)
{
	const struct ksrtp_config *config = edge->config;
	const struct ksrtp_config_side *side;
	size_t i, n = 0;
	int err = 0;

	for (i = 0; i < config->n_side; i++)
		n += config->side[i].n_server;
	edge->server = calloc(n ? n : 1, sizeof(*edge->server));
	if (!edge->server)
		return -ENOMEM;
	for (side = config->side; side < config->side + config->n_side; side++)
		for (i = 0; !err && i < side->n_server; i++)
			err = start_server(edge, side, &side->server[i]);
	ksrtp_dns_watch(edge->dns, on_names, edge);
	return err;
}

bool ksrtp_server_located(const struct ksrtp_edge *edge)
{
	const struct ksrtp_server *server;

	for (server = edge->server; server < edge->server + edge->n_server; server++)
		if (!server->told)
			return false;
	return true;
}

void ksrtp_server_stop(struct ksrtp_edge *edge)
{
	struct ksrtp_server *server;

	ksrtp_dns_watch(edge->dns, NULL, NULL);
	for (server = edge->server; server < edge->server + edge->n_server; server++) {
		if (server->req)
			ksrtp_dns_cancel(server->req);
		ksrtp_probe_stop(server);
		uv_close((uv_handle_t *)server->timer, free_timer);
	}
	free(edge->server);
	edge->server = NULL;
	edge->n_server = 0;
}

void ksrtp_server_refresh(struct ksrtp_edge *edge, const struct ksrtp_config_side *core)
{
	struct ksrtp_server *server;

	for (server = edge->server; server < edge->server + edge->n_server; server++)
		if ((!core || server->side == core) && !server->req)
			uv_timer_start(server->timer, on_timer, 0, 0);
}

/* Which server of @core, or of any, is at that address? */
static const struct ksrtp_server *at(const struct ksrtp_edge *edge,
				     const struct ksrtp_config_side *core,
				     const struct ksrtp_addr *addr)
{
	const struct ksrtp_server *s, *first = NULL;
	size_t i;

	for (s = edge->server; s < edge->server + edge->n_server; s++)
		for (i = 0; i < s->n; i++) {
			if ((core && s->side != core) ||
			    !ksrtp_addr_same_ip(&s->target[i].addr, addr))
				continue;
			/* the port tells two at one address apart, where it is not a chance one */
			if (ksrtp_addr_port(&s->target[i].addr) == ksrtp_addr_port(addr))
				return s;
			first = first ? first : s;
		}
	return first;
}

const struct ksrtp_config_side *ksrtp_server_core(const struct ksrtp_edge *edge,
						  const struct ksrtp_hop *hop)
{
	const struct ksrtp_server *server = at(edge, NULL, &hop->remote);

	return server ? server->side : NULL;
}

const char *ksrtp_server_name(const struct ksrtp_edge *edge, const struct ksrtp_config_side *core,
			      const struct ksrtp_hop *hop)
{
	const struct ksrtp_server *server = at(edge, core, &hop->remote);

	return server ? server->config->host : core->server[0].host;
}

/* ---- what answers and what does not */

static bool is_aside(const struct ksrtp_server *server, size_t i)
{
	return server->aside[i] > ksrtp_edge_now(server->edge);
}

static bool is_down(const struct ksrtp_server *server)
{
	size_t i;

	for (i = 0; i < server->n && is_aside(server, i); i++)
		;
	return server->down || i == server->n;
}

const char *ksrtp_server_state(const struct ksrtp_server *server)
{
	if (server->n && !is_down(server))
		return server->heard ? "up" : "unknown";
	return "down";
}

void ksrtp_server_mark(struct ksrtp_server *server, bool down)
{
	if (server->down == down)
		return;
	server->down = down;
	server->changed = ksrtp_edge_now(server->edge);
	ksrtp_log_write(server->edge->loop->log, down ? KSRTP_LOG_WARNING : KSRTP_LOG_NOTICE,
			"%s %s: %s", server->side->name, server->config->host,
			down ? "down, probes have no answer" : "up again");
}

/* The server of @core that has @target, and its place there. */
static struct ksrtp_server *owner(struct ksrtp_edge *edge, const struct ksrtp_config_side *core,
				  const struct ksrtp_target *target, size_t *place)
{
	struct ksrtp_server *s;

	for (s = edge->server; s < edge->server + edge->n_server; s++)
		for (*place = 0; s->side == core && *place < s->n; ++*place)
			if (same_target(&s->target[*place], target))
				return s;
	return NULL;
}

void ksrtp_server_answers(struct ksrtp_edge *edge, const struct ksrtp_config_side *core,
			  const struct ksrtp_target *target)
{
	size_t place;
	struct ksrtp_server *server = owner(edge, core, target, &place);

	if (!server)
		return;
	server->heard = true;
	server->aside[place] = 0;
	server->probe.missed = 0;
	ksrtp_server_mark(server, false);
}

void ksrtp_server_fails(struct ksrtp_edge *edge, const struct ksrtp_config_side *core,
			const struct ksrtp_target *target, uint32_t seconds)
{
	size_t place;
	struct ksrtp_server *server = owner(edge, core, target, &place);

	if (server)
		server->aside[place] = ksrtp_edge_now(edge) + seconds * 1000ull;
}

/* ---- the order to try them */

/* What does not fit a datagram goes by a stream where there is one (RFC 3261 section 18.1.1). */
static void streams_first(size_t *order, const struct ksrtp_server *server)
{
	size_t i, moved, to = 0;

	for (i = 0; i < server->n; i++) {
		if (server->target[order[i]].transport == KSRTP_TRANSPORT_UDP)
			continue;
		moved = order[i];
		memmove(&order[to + 1], &order[to], (i - to) * sizeof(*order));
		order[to++] = moved;
	}
}

/* Lower is tried first: where the dialog is, though it wants no new ones; then what failed not. */
static unsigned int rank(const struct ksrtp_server *server, size_t i, const struct ksrtp_addr *at)
{
	if (at && ksrtp_addr_same_ip(&server->target[i].addr, at))
		return 0;
	return is_aside(server, i) ? 2 : 1;
}

static bool may_pass(const struct ksrtp_server *server, size_t a, size_t b,
		     const struct ksrtp_addr *at)
{
	bool tls = server->target[a].transport == KSRTP_TRANSPORT_TLS;

	return rank(server, a, at) < rank(server, b, at) &&
	       tls == (server->target[b].transport == KSRTP_TRANSPORT_TLS);
}

static void failed_last(size_t *order, const struct ksrtp_server *server,
			const struct ksrtp_addr *at)
{
	size_t i, to, moved;

	for (i = 1; i < server->n; i++) {
		moved = order[i];
		for (to = i; to && may_pass(server, moved, order[to - 1], at); to--)
			order[to] = order[to - 1];
		order[to] = moved;
	}
}

static size_t append(const struct ksrtp_server *server, const struct ksrtp_server_ask *ask,
		     struct ksrtp_target *targets, size_t room)
{
	size_t order[KSRTP_DNS_TARGETS], i;

	for (i = 0; i < server->n; i++)
		order[i] = i;
	if (ask->large)
		streams_first(order, server);
	failed_last(order, server, ask->at);
	for (i = 0; i < server->n && i < room; i++)
		targets[i] = server->target[order[i]];
	return i;
}

static void dialog_first(struct ksrtp_pick *list, size_t n, size_t number)
{
	struct ksrtp_pick first;
	size_t i;

	for (i = 0; i < n && list[i].number != number; i++)
		;
	if (i == n)
		return;
	first = list[i];
	memmove(&list[1], &list[0], i * sizeof(*list));
	list[0] = first;
}

size_t ksrtp_server_targets(const struct ksrtp_edge *edge, const struct ksrtp_server_ask *ask,
			    struct ksrtp_target **targets)
{
	struct ksrtp_target all[KSRTP_DNS_TARGETS];
	struct ksrtp_pick pick[KSRTP_CONFIG_SERVERS];
	const struct ksrtp_server *s;
	size_t i, k = 0, n = 0;

	for (s = edge->server; s < edge->server + edge->n_server; s++)
		if (s->side == ask->core && s->n)
			pick[k++] = (struct ksrtp_pick){ is_down(s), s->config->priority,
							 s->config->weight,
							 (size_t)(s - edge->server) };
	ksrtp_pick_order(pick, k, ask->seed);
	s = ask->at ? at(edge, ask->core, ask->at) : NULL;
	if (s)
		dialog_first(pick, k, (size_t)(s - edge->server));
	for (i = 0; i < k; i++)
		n += append(&edge->server[pick[i].number], ask, all + n,
			    KSRTP_DNS_TARGETS - n);
	/* Kept for as long as the request: no more than there are. */
	*targets = n ? malloc(n * sizeof(**targets)) : NULL;
	if (!*targets)
		return 0;
	memcpy(*targets, all, n * sizeof(**targets));
	return n;
}
