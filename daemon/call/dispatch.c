// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a request goes (RFC 3261 sections 16.3 to 16.5, RFC 5626 section 5.3). Called by proxy.c
 * for every request that no transaction knows; on the loop's thread.
 *
 * No open relay: neither the Request-URI nor a foreign Route of a phone chooses a destination, only
 * the configuration and what we sealed ourselves.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/call/contact.h"
#include "daemon/call/dispatch.h"
#include "daemon/call/registrar.h"
#include "daemon/call/rule.h"
#include "daemon/call/server.h"
#include "daemon/call/side.h"

#define DATAGRAM	1300	/* bytes of a request, where the path's MTU is not known */
#define GROWTH		500	/* what our Via, Record-Routes and keys may add */

static bool route_is_ours(void *ctx, const struct ksrtp_uri *uri)
{
	struct ksrtp_edge *edge = ctx;
	struct ksrtp_flow flow;

	if (uri->user.n && !ksrtp_flow_open(edge, uri->user, &flow))
		return true;
	return ksrtp_edge_is_self(edge, uri);
}

static bool via_is_ours(void *ctx, const struct ksrtp_via *via)
{
	struct ksrtp_edge *edge = ctx;
	struct ksrtp_addr addr;
	enum ksrtp_transport t = ksrtp_transport_parse(via->transport.p, via->transport.n);

	if (ksrtp_addr_parse(&addr, via->host.p, via->host.n))
		return false;
	ksrtp_addr_set_port(&addr, via->port ? via->port : ksrtp_transport_port(t));
	return ksrtp_host_owns(edge->host, &addr) && ksrtp_net_listens(edge->net, t, &addr);
}

uint16_t ksrtp_dispatch_check(struct ksrtp_proxy *proxy, struct ksrtp_buf *headers)
{
	const struct ksrtp_msg *msg = &proxy->msg;
	struct ksrtp_edge *edge = proxy->edge;
	uint32_t hops;

	if (!ksrtp_msg_number(msg, KSRTP_HDR_MAX_FORWARDS, &hops) && !hops)
		return 483;
	if (ksrtp_route_loops(msg, edge->key, via_is_ours, edge))
		return 482;
	if (ksrtp_msg_find(msg, KSRTP_HDR_PROXY_REQUIRE)) {
		ksrtp_buf_str(headers, "Unsupported: ");
		ksrtp_buf_slice(headers, ksrtp_msg_value(msg, KSRTP_HDR_PROXY_REQUIRE));
		ksrtp_buf_str(headers, "\r\n");
		return 420;
	}
	return ksrtp_route_find(msg, route_is_ours, edge, &proxy->route) ? 400 : 0;
}

/* To a core, by the targets known now; @at: where the other end of a dialog was, or NULL. */
static uint16_t to_core(struct ksrtp_proxy *proxy, const struct ksrtp_config_side *core,
			const struct ksrtp_addr *at)
{
	struct ksrtp_server_ask ask = {
		.core = core,
		.at = at,
		.large = proxy->msg.raw.n + GROWTH > DATAGRAM,
		.seed = ksrtp_slice_hash(proxy->msg.call_id, proxy->edge->key),
	};

	proxy->n_targets = ksrtp_server_targets(proxy->edge, &ask, &proxy->targets);
	if (!proxy->n_targets)
		return 503;
	proxy->to_core = true;
	proxy->out.side = core;
	proxy->out.binding = 0;
	return 0;
}

/* Where a token says, or where the same party is by now. */
static uint16_t to_flow(struct ksrtp_proxy *proxy, const struct ksrtp_flow *flow)
{
	struct ksrtp_edge *edge = proxy->edge;
	const struct ksrtp_binding *b;
	const struct ksrtp_hop *hop;

	proxy->out = *flow;
	if (ksrtp_flow_alive(edge, flow))
		return 0;
	if (flow->side->core)
		return to_core(proxy, flow->side, &flow->hop.remote);
	b = flow->binding ? ksrtp_binding_find(edge, flow->binding) : NULL;
	hop = b ? ksrtp_binding_hop(edge, b) : NULL;
	if (!hop)
		return 430;
	proxy->out.hop = *hop;
	return 0;
}

/* To a phone by one of our Contact URIs, which becomes its own again. */
static uint16_t to_contact(struct ksrtp_proxy *proxy, const struct ksrtp_binding *binding)
{
	const struct ksrtp_hop *hop = ksrtp_binding_hop(proxy->edge, binding);

	if (!hop)
		return 430;
	proxy->uri = ksrtp_slice_dup(ksrtp_slice_str(binding->uri));
	if (!proxy->uri)
		return 500;
	proxy->out.side = ksrtp_side_phones(proxy->edge, hop);
	proxy->out.binding = binding->id;
	proxy->out.hop = *hop;
	return 0;
}

/* The first rule that fits says where what begins goes. */
static uint16_t by_rule(struct ksrtp_proxy *proxy)
{
	const struct ksrtp_config_side *core;

	switch (ksrtp_rule_find(proxy->edge->config, &proxy->route.request_uri, proxy->in.side,
				&core)) {
	case KSRTP_RULE_NOBODY:
		break;
	case KSRTP_RULE_CORE:
		return to_core(proxy, core, NULL);
	case KSRTP_RULE_REGISTRAR:
		return proxy->msg.to.tag.p ?
		       481 : ksrtp_registrar_lookup(proxy->edge->registrar, proxy);
	}
	return 404;
}

static uint16_t from_core(struct ksrtp_proxy *proxy, const struct ksrtp_flow *flow)
{
	const struct ksrtp_binding *b = ksrtp_contact_open(proxy->edge, &proxy->route.request_uri);
	uint16_t status;

	if (!flow && b)
		return to_contact(proxy, b);
	if (!flow)
		return proxy->msg.to.tag.p ? 481 : by_rule(proxy);
	status = to_flow(proxy, flow);
	if (!status && b) {
		proxy->uri = ksrtp_slice_dup(ksrtp_slice_str(b->uri));
		if (!proxy->uri)
			return 500;
	}
	return status;
}

/* A token from before its core moved leads to where that is now; without one the call knows. */
static uint16_t in_dialog(struct ksrtp_proxy *proxy, const struct ksrtp_flow *flow)
{
	const struct ksrtp_call *call = proxy->call;

	if (flow && flow->side->core)
		return ksrtp_side_of(proxy->edge, &flow->hop) == flow->side ?
		       to_flow(proxy, flow) : to_core(proxy, flow->side, &flow->hop.remote);
	if (call && call->end[!proxy->sender].side->core)
		return to_core(proxy, call->end[!proxy->sender].side,
			       &call->end[!proxy->sender].hop.remote);
	return by_rule(proxy);
}

static uint16_t from_phone(struct ksrtp_proxy *proxy, const struct ksrtp_flow *flow)
{
	struct ksrtp_edge *edge = proxy->edge;
	bool dialog = proxy->msg.to.tag.p;

	/* a token of another call is no ticket for a new one */
	if (dialog && flow && !flow->side->core && edge->registrar)
		return to_flow(proxy, flow);
	return dialog ? in_dialog(proxy, flow) : by_rule(proxy);
}

/* What our Record-Route or Path says that the request follows. */
static bool departure(const struct ksrtp_proxy *proxy, struct ksrtp_flow *flow)
{
	const struct ksrtp_route *route = &proxy->route;

	return route->departure.text.p && route->departure.user.n &&
	       !ksrtp_flow_open(proxy->edge, route->departure.user, flow);
}

bool ksrtp_dispatch_local(const struct ksrtp_proxy *proxy)
{
	const struct ksrtp_edge *edge = proxy->edge;
	const struct ksrtp_uri *uri = &proxy->route.request_uri;
	const struct ksrtp_config_side *core;
	struct ksrtp_flow flow;

	if (!edge->registrar)
		return false;
	if (!ksrtp_edge_has_core(edge))
		return true;
	if (proxy->msg.to.tag.p)
		return departure(proxy, &flow) && !flow.side->core;
	/* nobody has looked at its routes: they are not for who registers */
	if (proxy->msg.method_id == KSRTP_REGISTER)
		uri = &proxy->msg.uri;
	return ksrtp_rule_find(edge->config, uri, proxy->in.side, &core) == KSRTP_RULE_REGISTRAR;
}

bool ksrtp_dispatch_party(const struct ksrtp_proxy *proxy)
{
	const struct ksrtp_call_end *end;
	struct ksrtp_flow flow;

	if (!proxy->call)
		return false;
	if (!departure(proxy, &flow))
		return true;
	end = &proxy->call->end[!proxy->sender];
	/* numbers of connections are left out: those of an earlier process have none */
	return (flow.binding && flow.binding == end->binding) ||
	       (flow.hop.transport == end->hop.transport &&
		ksrtp_addr_equal(&flow.hop.remote, &end->hop.remote));
}

uint16_t ksrtp_dispatch_find(struct ksrtp_proxy *proxy)
{
	struct ksrtp_flow flow;
	bool token = departure(proxy, &flow);

	if (proxy->in.side->core)
		return from_core(proxy, token ? &flow : NULL);
	return from_phone(proxy, token ? &flow : NULL);
}
