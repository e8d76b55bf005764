// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the servers of the cores are (RFC 3263 by daemon/net/dns).
 *
 * Called by edge.c, proxy.c, dispatch.c and side.c on the loop's thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static void take(struct ksrtp_server *server, const struct ksrtp_target *targets, size_t n)
{
	size_t i;

	if (n > KSRTP_DNS_TARGETS)
		n = KSRTP_DNS_TARGETS;
	if (n)
		memcpy(server->target, targets, n * sizeof(*targets));
	for (i = 0; i < n; i++)
		server->target[i].identity = server->side->identity;
	server->n = n;
}

static void on_targets(void *ctx, int error, const struct ksrtp_target *targets, size_t n)
{
	struct ksrtp_server *server = ctx;

	server->req = NULL;
	/* no answer is no news: what was known stays */
	if (n || error != -EAGAIN)
		take(server, targets, n);
	if (!server->n && error != server->error)
		ksrtp_log_write(server->edge->loop->log, KSRTP_LOG_WARNING, "%s %s: %s",
				server->side->name, server->config->host, error == -EACCES ?
				"offers no TLS, and clear signalling is not allowed" :
				strerror(error ? -error : ENOENT));
	server->error = server->n ? 0 : error;
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
	look(server);
	return 0;
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
	return err;
}

void ksrtp_server_stop(struct ksrtp_edge *edge)
{
	struct ksrtp_server *server;

	for (server = edge->server; server < edge->server + edge->n_server; server++) {
		if (server->req)
			ksrtp_dns_cancel(server->req);
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
		if (server->side == core && !server->req)
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

size_t ksrtp_server_targets(const struct ksrtp_edge *edge, const struct ksrtp_config_side *core,
			    struct ksrtp_target **targets)
{
	const struct ksrtp_server *s;
	size_t i, n = 0;

	*targets = malloc(KSRTP_DNS_TARGETS * sizeof(**targets));
	if (!*targets)
		return 0;
	for (s = edge->server; s < edge->server + edge->n_server; s++)
		for (i = 0; s->side == core && i < s->n && n < KSRTP_DNS_TARGETS; i++)
			(*targets)[n++] = s->target[i];
	return n;
}
