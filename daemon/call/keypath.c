// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The way of the keys: our hop, and those below it. Called by call.c for each session description
 * that passes; on the loop's thread. Headers are claims: they can only make it worse.
 */
#include "daemon/call/keypath.h"

#include "daemon/call/flow.h"
#include "daemon/sip/hdr.h"

static bool vias_are_tls(const struct ksrtp_msg *req)
{
	struct ksrtp_cursor vias = ksrtp_msg_walk(req, KSRTP_HDR_VIA);
	struct ksrtp_via via;
	struct slice value;

	while (ksrtp_msg_next(&vias, &value))
		if (ksrtp_hdr_via(value, &via) || !ksrtp_slice_is(via.transport, "TLS"))
			return false;
	return true;
}

static bool is_tls(const struct ksrtp_uri *uri)
{
	struct slice transport;

	return uri->scheme == KSRTP_URI_SIPS ||
	       (ksrtp_uri_param(uri, "transport", &transport) && ksrtp_slice_is(transport, "tls"));
}

/* Proxies put themselves in front: what stands above us is between us and who answered. */
static bool routes_are_tls(struct ksrtp_edge *edge, const struct ksrtp_msg *response)
{
	struct ksrtp_cursor routes = ksrtp_msg_walk(response, KSRTP_HDR_RECORD_ROUTE);
	struct ksrtp_nameaddr route;
	struct ksrtp_flow flow;
	struct slice value;

	while (ksrtp_msg_next(&routes, &value)) {
		if (ksrtp_hdr_addr(value, &route))
			return false;
		if (route.uri.user.n && !ksrtp_flow_open(edge, route.uri.user, &flow))
			return true;
		if (!is_tls(&route.uri))
			return false;
	}
	return true;
}

bool ksrtp_keypath_below(struct ksrtp_edge *edge, const struct ksrtp_msg *msg)
{
	return msg->request ? vias_are_tls(msg) : routes_are_tls(edge, msg);
}

enum ksrtp_grade_path ksrtp_keypath_of(struct ksrtp_edge *edge, const struct ksrtp_hop *hop,
				       const struct ksrtp_msg *msg)
{
	static const enum ksrtp_grade_path path[] = {
		[KSRTP_PEER_CLEAR] = KSRTP_GRADE_EXPOSED,
		[KSRTP_PEER_UNAUTHENTICATED] = KSRTP_GRADE_TLS,
		[KSRTP_PEER_TOFU] = KSRTP_GRADE_TOFU,
		[KSRTP_PEER_DOMAIN] = KSRTP_GRADE_RFC5922,
		[KSRTP_PEER_DANE] = KSRTP_GRADE_DANE,
	};
	struct ksrtp_net_peer peer;

	if (msg && !ksrtp_keypath_below(edge, msg))
		return KSRTP_GRADE_EXPOSED;
	return ksrtp_net_peer(edge->net, hop, &peer) ? KSRTP_GRADE_EXPOSED : path[peer.identity];
}
