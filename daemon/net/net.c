// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SIP transports as the rest of the daemon sees them: listeners, sending, connecting.
 *
 * Called by main (listeners) and by the call layer. Loop thread only. RFC 3261 section 18,
 * RFC 5626 section 3.5.1 (keep-alives of streams), RFC 5923 (reuse).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ksrtp/port.h>

#include "daemon/net/conn.h"
#include "daemon/net/tls.h"

#define SWEEP_MS	250

static void or_default(unsigned *value, unsigned def)
{
	if (!*value)
		*value = def;
}

static void fill_limits(struct ksrtp_net_limits *l)
{
	or_default(&l->connections, 16384);
	or_default(&l->per_source, 512);
	or_default(&l->answering, 16);
	or_default(&l->handshakes, 50);
	if (!l->queue)
		l->queue = 256 * 1024;
	or_default(&l->handshake, 10000);
	or_default(&l->speculative, 2500);
	or_default(&l->message, 20000);
	or_default(&l->first, 60000);
	or_default(&l->stalled, 30000);
	or_default(&l->idle, 4 * 3600 * 1000);
}

static void on_sweep(uv_timer_t *timer)
{
	struct ksrtp_net *net = timer->data;
	uint64_t now = ksrtp_loop_now(net->loop);
	struct ksrtp_list *node, *tmp;

	ksrtp_list_each(node, tmp, &net->conns)
		ksrtp_conn_check(ksrtp_container(node, struct ksrtp_conn, node), now);
	ksrtp_list_each(node, tmp, &net->listeners)
		ksrtp_listener_resume(ksrtp_container(node, struct ksrtp_listener, node));
	if (!net->n_conns)
		uv_timer_stop(timer);
}

/* Move all of @from to the empty list @to: what is added meanwhile waits for the next turn. */
static void take_all(struct ksrtp_list *to, struct ksrtp_list *from)
{
	ksrtp_list_init(to);
	if (ksrtp_list_empty(from))
		return;
	*to = *from;
	to->next->prev = to;
	to->prev->next = to;
	ksrtp_list_init(from);
}

/* Report what ended and what was connected: outside of every call into net. */
static void on_later(uv_idle_t *idle)
{
	struct ksrtp_net *net = idle->data;

	struct ksrtp_list due, dead;

	uv_idle_stop(idle);
	take_all(&due, &net->due);
	take_all(&dead, &net->dead);
	while (!ksrtp_list_empty(&due)) {
		struct ksrtp_net_req *req = ksrtp_container(due.next, struct ksrtp_net_req, node);

		ksrtp_list_del(&req->node);
		req->cb(req->ctx, req->error, req->error ? NULL : &req->hop);
		free(req);
	}
	while (!ksrtp_list_empty(&dead)) {
		struct ksrtp_conn *conn = ksrtp_container(dead.next, struct ksrtp_conn, node);

		ksrtp_list_del(&conn->node);
		if (conn->announced && net->ops && net->ops->closed)
			net->ops->closed(net->ctx, &conn->hop, conn->error);
		ksrtp_conn_free(conn);
	}
}

void ksrtp_net_later(struct ksrtp_net *net)
{
	uv_idle_start(net->later, on_later);
	if (!uv_is_active((uv_handle_t *)net->sweep))
		uv_timer_start(net->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

static void on_host(struct ksrtp_host_watch *watch)
{
	ksrtp_udp_follow(ksrtp_container(watch, struct ksrtp_net, watch));
}

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

/* Handles outlive the structure until the loop's next turn, so they have memory of their own. */
static int make_handles(struct ksrtp_net *net)
{
	net->sweep = calloc(1, sizeof(*net->sweep));
	net->later = calloc(1, sizeof(*net->later));
	net->scratch = malloc(KSRTP_NET_MESSAGE_MAX);
	if (!net->sweep || !net->later || !net->scratch) {
		free(net->sweep);
		free(net->later);
		free(net->scratch);
		return -ENOMEM;
	}
	uv_timer_init(&net->loop->uv, net->sweep);
	uv_idle_init(&net->loop->uv, net->later);
	net->sweep->data = net;
	net->later->data = net;
	uv_unref((uv_handle_t *)net->sweep);
	return 0;
}

int ksrtp_net_create(struct ksrtp_net **out, const struct ksrtp_net_setup *setup)
{
	struct ksrtp_net *net = calloc(1, sizeof(*net));
	int err;

	if (!net)
		return -ENOMEM;
	net->loop = setup->loop;
	net->host = setup->host;
	net->tls = setup->tls;
	net->fds = setup->fds;
	net->ops = setup->ops;
	net->ctx = setup->ctx;
	net->limits = setup->limits;
	fill_limits(&net->limits);
	ksrtp_list_init(&net->listeners);
	ksrtp_list_init(&net->sockets);
	ksrtp_list_init(&net->everywhere);
	ksrtp_list_init(&net->conns);
	ksrtp_list_init(&net->dead);
	ksrtp_list_init(&net->due);
	err = ksrtp_hash_init(&net->by_id);
	if (err)
		goto free_net;
	err = ksrtp_hash_init(&net->by_target);
	if (err)
		goto fini_id;
	err = ksrtp_hash_init(&net->by_alias);
	if (err)
		goto fini_target;
	err = ksrtp_hash_init(&net->by_source);
	if (err)
		goto fini_alias;
	err = ksrtp_rate_create(&net->opening, net->limits.handshakes);
	if (err)
		goto fini_source;
	err = make_handles(net);
	if (err)
		goto destroy_opening;
	net->watch.changed = on_host;
	ksrtp_host_watch(net->host, &net->watch);
	*out = net;
	return 0;

destroy_opening:
	ksrtp_rate_destroy(net->opening);
fini_source:
	ksrtp_hash_fini(&net->by_source);
fini_alias:
	ksrtp_hash_fini(&net->by_alias);
fini_target:
	ksrtp_hash_fini(&net->by_target);
fini_id:
	ksrtp_hash_fini(&net->by_id);
free_net:
	free(net);
	return err;
}

void ksrtp_net_destroy(struct ksrtp_net *net)
{
	struct ksrtp_list *node, *tmp;

	if (!net)
		return;
	net->ops = NULL;
	ksrtp_host_unwatch(&net->watch);
	ksrtp_list_each(node, tmp, &net->listeners)
		ksrtp_listener_destroy(ksrtp_container(node, struct ksrtp_listener, node));
	ksrtp_list_each(node, tmp, &net->sockets)
		ksrtp_udp_close(ksrtp_container(node, struct ksrtp_udp, node));
	ksrtp_list_each(node, tmp, &net->everywhere)
		free(ksrtp_container(node, struct ksrtp_udp_any, node));
	ksrtp_list_each(node, tmp, &net->conns)
		ksrtp_conn_kill(ksrtp_container(node, struct ksrtp_conn, node), 0);
	/* Killing moved the waiting requests to due; nobody is to be called any more. */
	ksrtp_list_each(node, tmp, &net->due)
		free(ksrtp_container(node, struct ksrtp_net_req, node));
	ksrtp_list_each(node, tmp, &net->dead)
		ksrtp_conn_free(ksrtp_container(node, struct ksrtp_conn, node));
	uv_close((uv_handle_t *)net->sweep, free_handle);
	uv_close((uv_handle_t *)net->later, free_handle);
	ksrtp_rate_destroy(net->opening);
	ksrtp_hash_fini(&net->by_source);
	ksrtp_hash_fini(&net->by_alias);
	ksrtp_hash_fini(&net->by_target);
	ksrtp_hash_fini(&net->by_id);
	ksrtp_wipe(net->scratch, KSRTP_NET_MESSAGE_MAX);
	free(net->scratch);
	free(net);
}

void ksrtp_net_handler(struct ksrtp_net *net, const struct ksrtp_net_ops *ops, void *ctx)
{
	net->ops = ops;
	net->ctx = ctx;
}

int ksrtp_net_listen(struct ksrtp_net *net, enum ksrtp_transport transport,
		     const struct ksrtp_addr *addr, struct ksrtp_addr *bound)
{
	if (transport == KSRTP_TRANSPORT_TLS && !net->tls)
		return -EPROTONOSUPPORT;
	if (transport == KSRTP_TRANSPORT_TCP || transport == KSRTP_TRANSPORT_TLS)
		return ksrtp_listener_create(net, transport, addr, bound);
	if (transport != KSRTP_TRANSPORT_UDP)
		return -EPROTONOSUPPORT;
	if (ksrtp_addr_classify(addr) != KSRTP_ADDR_ANY)
		return ksrtp_udp_listen(net, addr, bound);
	if (bound)
		*bound = *addr;
	return ksrtp_udp_listen_any(net, addr);
}

int ksrtp_net_send(struct ksrtp_net *net, const struct ksrtp_hop *hop, const void *data, size_t n)
{
	struct ksrtp_udp *udp;
	struct ksrtp_conn *conn;

	if (hop->transport == KSRTP_TRANSPORT_UDP) {
		udp = ksrtp_udp_find(net, &hop->local);
		return udp ? ksrtp_udp_send(udp, &hop->remote, data, n) : -ENOTCONN;
	}
	conn = ksrtp_conn_find(net, hop);
	return conn ? ksrtp_conn_send(conn, data, n) : -ENOTCONN;
}

void ksrtp_net_close(struct ksrtp_net *net, const struct ksrtp_hop *hop)
{
	struct ksrtp_conn *conn = ksrtp_conn_find(net, hop);

	if (conn)
		ksrtp_conn_close(conn);
}

bool ksrtp_net_alive(struct ksrtp_net *net, const struct ksrtp_hop *hop)
{
	if (hop->transport == KSRTP_TRANSPORT_UDP)
		return ksrtp_udp_find(net, &hop->local) != NULL;
	return ksrtp_conn_find(net, hop) != NULL;
}

void ksrtp_net_req_done(struct ksrtp_net_req *req, int error, const struct ksrtp_hop *hop)
{
	req->error = error;
	if (!error)
		req->hop = *hop;
	ksrtp_list_add(&req->net->due, &req->node);
	ksrtp_net_later(req->net);
}

static void connect_udp(struct ksrtp_net_req *req, const struct ksrtp_target *target)
{
	struct ksrtp_hop hop = { .transport = KSRTP_TRANSPORT_UDP };
	struct ksrtp_udp *udp = ksrtp_udp_toward(req->net, &target->addr);

	if (!udp) {
		ksrtp_net_req_done(req, -ENETUNREACH, NULL);
		return;
	}
	hop.local = udp->addr;
	hop.remote = target->addr;
	ksrtp_net_req_done(req, 0, &hop);
}

static void connect_stream(struct ksrtp_net_req *req, const struct ksrtp_target *target)
{
	struct ksrtp_conn *conn = ksrtp_conn_reuse(req->net, target);
	int err = 0;

	if (target->transport == KSRTP_TRANSPORT_TLS && !req->net->tls)
		err = -EPROTONOSUPPORT;
	if (!conn && !err)
		conn = ksrtp_conn_open(req->net, target, &err);
	if (!conn)
		ksrtp_net_req_done(req, err, NULL);
	else if (conn->state == KSRTP_CONN_OPEN)
		ksrtp_net_req_done(req, 0, &conn->hop);
	else
		ksrtp_list_add(&conn->waiters, &req->node);
}

struct ksrtp_net_req *ksrtp_net_connect(struct ksrtp_net *net, const struct ksrtp_target *target,
					ksrtp_net_connect_fn cb, void *ctx)
{
	struct ksrtp_net_req *req = calloc(1, sizeof(*req));

	if (!req)
		return NULL;
	req->net = net;
	req->cb = cb;
	req->ctx = ctx;
	ksrtp_list_init(&req->node);
	if (target->transport == KSRTP_TRANSPORT_UDP)
		connect_udp(req, target);
	else
		connect_stream(req, target);
	return req;
}

void ksrtp_net_cancel(struct ksrtp_net_req *req)
{
	ksrtp_list_del(&req->node);
	free(req);
}

/* Does @listens (maybe "any") take what is sent to @addr's IP? */
static bool covers(const struct ksrtp_addr *listens, const struct ksrtp_addr *addr)
{
	if (listens->family != addr->family)
		return false;
	return ksrtp_addr_classify(listens) == KSRTP_ADDR_ANY || ksrtp_addr_same_ip(listens, addr);
}

static const struct ksrtp_listener *listener_at(const struct ksrtp_net *net,
						enum ksrtp_transport transport,
						const struct ksrtp_addr *addr, bool same_port)
{
	struct ksrtp_list *node, *tmp;

	ksrtp_list_each(node, tmp, &net->listeners) {
		struct ksrtp_listener *l = ksrtp_container(node, struct ksrtp_listener, node);

		if (l->transport == transport && covers(&l->addr, addr) &&
		    (!same_port || ksrtp_addr_port(&l->addr) == ksrtp_addr_port(addr)))
			return l;
	}
	return NULL;
}

void ksrtp_net_via(const struct ksrtp_net *net, const struct ksrtp_hop *hop, struct ksrtp_addr *via)
{
	const struct ksrtp_listener *l = NULL;

	*via = hop->local;
	if (hop->transport == KSRTP_TRANSPORT_UDP)
		return;
	/* An inbound connection came to one of our ports: that one, if several fit. */
	l = listener_at(net, hop->transport, &hop->local, true);
	if (!l)
		l = listener_at(net, hop->transport, &hop->local, false);
	if (l)
		ksrtp_addr_set_port(via, ksrtp_addr_port(&l->addr));
}

bool ksrtp_net_listens(const struct ksrtp_net *net, enum ksrtp_transport transport,
		       const struct ksrtp_addr *addr)
{
	if (transport == KSRTP_TRANSPORT_UDP)
		return ksrtp_udp_find(net, addr) != NULL;
	return listener_at(net, transport, addr, true) &&
	       ksrtp_host_owns(net->host, addr);
}

int ksrtp_net_peer(struct ksrtp_net *net, const struct ksrtp_hop *hop, struct ksrtp_net_peer *peer)
{
	struct ksrtp_conn *conn;

	memset(peer, 0, sizeof(*peer));
	if (hop->transport != KSRTP_TRANSPORT_TLS)
		peer->certificate = KSRTP_PROOF_CLEAR;
	if (hop->transport == KSRTP_TRANSPORT_UDP)
		return ksrtp_udp_find(net, &hop->local) ? 0 : -ENOTCONN;
	conn = ksrtp_conn_find(net, hop);
	if (!conn)
		return -ENOTCONN;
	if (conn->peer)
		*peer = *conn->peer;
	peer->inbound = conn->inbound;
	return 0;
}

bool ksrtp_net_peer_is(struct ksrtp_net *net, const struct ksrtp_hop *hop, const char *domain)
{
	struct ksrtp_conn *conn;

	if (hop->transport != KSRTP_TRANSPORT_TLS)
		return false;
	conn = ksrtp_conn_find(net, hop);
	return conn && conn->ssl && ksrtp_tls_speaks_for(conn->ssl, domain);
}

void ksrtp_net_stats(const struct ksrtp_net *net, struct ksrtp_net_stats *stats)
{
	*stats = net->stats;
}

void ksrtp_net_each(struct ksrtp_net *net, ksrtp_net_row_fn fn, void *ctx)
{
	uint64_t now = ksrtp_loop_now(net->loop);
	struct ksrtp_list *node, *tmp;

	ksrtp_list_each(node, tmp, &net->sockets) {
		struct ksrtp_udp *u = ksrtp_container(node, struct ksrtp_udp, node);
		struct ksrtp_net_row row = { .listener = true, .age = now - u->since,
					     .idle = now - u->last, .in = u->in, .out = u->out };

		row.hop.transport = KSRTP_TRANSPORT_UDP;
		row.hop.local = u->addr;
		fn(ctx, &row);
	}
	ksrtp_list_each(node, tmp, &net->listeners) {
		struct ksrtp_listener *l = ksrtp_container(node, struct ksrtp_listener, node);
		struct ksrtp_net_row row = { .listener = true };

		row.hop.transport = l->transport;
		row.hop.local = l->addr;
		fn(ctx, &row);
	}
	ksrtp_list_each(node, tmp, &net->conns) {
		struct ksrtp_conn *c = ksrtp_container(node, struct ksrtp_conn, node);
		struct ksrtp_net_row row = { .hop = c->hop, .age = now - c->born,
					     .idle = now - c->last_in, .in = c->n_in,
					     .out = c->n_out, .queued = c->out_len - c->out_off };

		fn(ctx, &row);
	}
}
