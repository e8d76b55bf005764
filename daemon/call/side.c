// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which side a hop belongs to, and where the core is (RFC 3263 by daemon/net/dns).
 *
 * Called by edge.c and proxy.c on the loop's thread. The core's targets are looked up in the
 * background and kept, so that no request waits for DNS.
 */
#include <errno.h>
#include <string.h>

#include "daemon/call/side.h"

#define AGAIN_MS	60000	/* after success */
#define RETRY_MS	5000	/* after failure */

static void look(struct ksrtp_edge *edge);

static void on_timer(uv_timer_t *timer)
{
	struct ksrtp_edge *edge = timer->data;

	if (!edge->core.req)
		look(edge);
}

static void on_targets(void *ctx, int error, const struct ksrtp_target *targets, size_t n)
{
	struct ksrtp_edge *edge = ctx;
	struct ksrtp_core *core = &edge->core;

	core->req = NULL;
	/* no answer is no news: what was known stays */
	if (n || error != -EAGAIN) {
		if (n > KSRTP_DNS_TARGETS)
			n = KSRTP_DNS_TARGETS;
		if (n)
			memcpy(core->target, targets, n * sizeof(*targets));
		core->n = n;
		for (n = 0; n < core->n; n++)
			core->target[n].identity = edge->config->core.identity;
		n = core->n;
	}
	if (!n && error != core->error)
		ksrtp_log_write(edge->loop->log, KSRTP_LOG_WARNING, "core %s: %s",
				edge->config->core.host, error == -EACCES ?
				"offers no TLS, and clear signalling is not allowed" :
				strerror(error ? -error : ENOENT));
	core->error = n ? 0 : error;
	uv_timer_start(core->timer, on_timer, n ? AGAIN_MS : RETRY_MS, 0);
}

static void look(struct ksrtp_edge *edge)
{
	const struct ksrtp_config *config = edge->config;
	struct ksrtp_dns_query query = {
		.host = config->core.host,
		.port = config->core.port,
		.secure = config->core.secure,
		.clear = config->core.clear,
	};

	switch (config->core.transport) {
	case KSRTP_CORE_TLS_FIRST:
		break;
	case KSRTP_CORE_TLS_ONLY:
		query.transport = KSRTP_TRANSPORT_TLS;
		query.clear = false;
		break;
	case KSRTP_CORE_TCP_ONLY:
	case KSRTP_CORE_UDP_ONLY:
		query.transport = config->core.transport == KSRTP_CORE_TCP_ONLY ?
				  KSRTP_TRANSPORT_TCP : KSRTP_TRANSPORT_UDP;
		query.clear = true;
		query.clear_only = true;
		break;
	}
	edge->core.req = ksrtp_dns_targets(edge->dns, &query, on_targets, edge);
	if (!edge->core.req)
		uv_timer_start(edge->core.timer, on_timer, RETRY_MS, 0);
}

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

int ksrtp_side_start(struct ksrtp_edge *edge)
{
	if (!ksrtp_edge_has_core(edge))
		return 0;
	edge->core.timer = malloc(sizeof(*edge->core.timer));
	if (!edge->core.timer)
		return -ENOMEM;
	uv_timer_init(&edge->loop->uv, edge->core.timer);
	edge->core.timer->data = edge;
	look(edge);
	return 0;
}

void ksrtp_side_stop(struct ksrtp_edge *edge)
{
	if (edge->core.req)
		ksrtp_dns_cancel(edge->core.req);
	if (edge->core.timer)
		uv_close((uv_handle_t *)edge->core.timer, free_timer);
	edge->core.req = NULL;
	edge->core.timer = NULL;
}

void ksrtp_side_refresh(struct ksrtp_edge *edge)
{
	if (edge->core.timer && !edge->core.req)
		uv_timer_start(edge->core.timer, on_timer, 0, 0);
}

/* Where the core must show who it is, its address alone makes nobody the core. */
static bool shown(const struct ksrtp_edge *edge, const struct ksrtp_hop *hop)
{
	return edge->config->core.identity != KSRTP_TARGET_DOMAIN ||
	       ksrtp_net_peer_is(edge->net, hop, edge->config->core.host);
}

enum ksrtp_side ksrtp_side_of(const struct ksrtp_edge *edge, const struct ksrtp_hop *hop)
{
	const struct ksrtp_config *config = edge->config;
	size_t i;

	for (i = 0; i < edge->core.n; i++)
		if (ksrtp_addr_same_ip(&edge->core.target[i].addr, &hop->remote))
			return shown(edge, hop) ? KSRTP_SIDE_CORE : KSRTP_SIDE_PHONES;
	for (i = 0; ksrtp_edge_has_core(edge) && i < config->core.n_from; i++)
		if (ksrtp_addr_in_prefix(&hop->remote, &config->core.from[i].addr,
					 config->core.from[i].bits))
			return shown(edge, hop) ? KSRTP_SIDE_CORE : KSRTP_SIDE_PHONES;
	return KSRTP_SIDE_PHONES;
}

const char *ksrtp_side_word(enum ksrtp_side side)
{
	return side == KSRTP_SIDE_CORE ? "core" : "phone";
}
