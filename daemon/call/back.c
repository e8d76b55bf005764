// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The way back of a response (RFC 3261 section 18.2.2). Called by proxy.c, and by the transports
 * once a connection for it is there; on the loop's thread.
 *
 * The new connection is no less sure than the one that is gone: of the same transport, to the same
 * address, and to the same domain where that was proved.
 */
#include "daemon/call/back.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/call/binding.h"
#include "daemon/call/server.h"

#define BACKS_MAX	256	/* connections being made for responses, of all */

int ksrtp_back_start(struct ksrtp_proxy *p, struct ksrtp_edge *edge, const struct ksrtp_hop *hop)
{
	struct ksrtp_net_peer peer;

	p->way = *hop;
	if (hop->transport != KSRTP_TRANSPORT_TLS || ksrtp_net_peer(edge->net, hop, &peer) ||
	    peer.identity < KSRTP_PEER_DOMAIN)
		return 0;
	p->dane = peer.identity == KSRTP_PEER_DANE;
	p->peer = strdup(peer.name);
	return p->peer ? 0 : -ENOMEM;
}

static void take_way(struct ksrtp_proxy *p, const struct ksrtp_hop *hop)
{
	p->way = *hop;
	if (p->st)
		ksrtp_strans_rehop(p->st, hop, sizeof(*hop), true);
}

/* The same phone came back by another connection. */
static bool take_newer_flow(struct ksrtp_proxy *p)
{
	const struct ksrtp_binding *b = p->in.binding ?
					ksrtp_binding_find(p->edge, p->in.binding) : NULL;
	const struct ksrtp_hop *hop = b ? ksrtp_binding_hop(p->edge, b) : NULL;

	if (!hop || hop->transport != p->in.hop.transport)
		return false;
	take_way(p, hop);
	return true;
}

/* The core's target at the address that the request came from. */
static bool core_target(struct ksrtp_proxy *p, struct ksrtp_target *target)
{
	struct ksrtp_server_ask ask = { .core = p->in.side, .at = &p->in.hop.remote };
	struct ksrtp_target *list;
	size_t i, n = ksrtp_server_targets(p->edge, &ask, &list);

	for (i = 0; i < n; i++)
		if (list[i].transport == p->in.hop.transport &&
		    ksrtp_addr_same_ip(&list[i].addr, &p->in.hop.remote))
			break;
	if (i < n)
		*target = list[i];
	free(list);
	return i < n;
}

static bool via_target(struct ksrtp_proxy *p, struct ksrtp_target *target)
{
	enum ksrtp_transport transport = p->in.hop.transport;
	const struct ksrtp_via *via = &p->msg.via;

	target->transport = transport;
	target->answers = true;
	target->addr = p->in.hop.remote;
	ksrtp_addr_set_port(&target->addr, via->port ? via->port : ksrtp_transport_port(transport));
	if (p->peer) {
		target->identity = KSRTP_TARGET_DOMAIN;
		strcpy(target->name, p->peer);
	}
	/* DNSSEC's word on a peer is its target's, which is gone */
	if (p->dane)
		return false;
	/* a core's identity is asked for by name, and here is none */
	return !(p->in.side->core && p->in.side->identity != KSRTP_TARGET_ANY) &&
	       !ksrtp_net_listens(p->edge->net, transport, &target->addr);
}

static void drop_held(struct ksrtp_proxy *p)
{
	if (p->held)
		ksrtp_wipe(p->held, p->n_held);
	free(p->held);
	p->held = NULL;
}

static void on_connect(void *ctx, int error, const struct ksrtp_hop *hop)
{
	struct ksrtp_proxy *p = ctx;
	char *held = p->held;

	p->back = NULL;
	p->held = NULL;
	p->edge->n_backs--;
	if (!error)
		take_way(p, hop);
	if (p->st && held)
		ksrtp_strans_reply(p->st, ksrtp_slice_of(held, p->n_held));
	if (held)
		ksrtp_wipe(held, p->n_held);
	free(held);
	ksrtp_proxy_release(p);
}

static bool connect_back(struct ksrtp_proxy *p)
{
	struct ksrtp_target target = { 0 };

	if (p->edge->n_backs >= BACKS_MAX ||
	    !((p->in.side->core && core_target(p, &target)) || via_target(p, &target)))
		return false;
	p->back = ksrtp_net_connect(p->edge->net, &target, on_connect, p);
	p->edge->n_backs += p->back != NULL;
	return p->back;
}

/* Of several the last one: a 2xx that is not acknowledged comes again. */
static void hold(struct ksrtp_proxy *p, struct slice response)
{
	char *copy = ksrtp_slice_dup(response);

	if (!copy)
		return;
	drop_held(p);
	p->held = copy;
	p->n_held = response.n;
}

void ksrtp_back_send(struct ksrtp_proxy *p, struct slice response)
{
	if (!p->st) {
		ksrtp_edge_send(p->edge, &p->way, response);
		return;
	}
	if (!p->back && (ksrtp_net_alive(p->edge->net, &p->way) || take_newer_flow(p) ||
			 !connect_back(p)))
		ksrtp_strans_reply(p->st, response);
	else
		hold(p, response);
}

void ksrtp_back_stop(struct ksrtp_proxy *p)
{
	if (p->back) {
		ksrtp_net_cancel(p->back);
		p->edge->n_backs--;
	}
	p->back = NULL;
	drop_held(p);
}
