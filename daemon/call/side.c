// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which side a hop belongs to. Called by edge.c, proxy.c and dispatch.c on the loop's thread.
 */
#include "daemon/call/side.h"

#include "daemon/call/server.h"

static bool listed(const struct ksrtp_config_side *side, const struct ksrtp_hop *hop)
{
	size_t i;

	for (i = 0; i < side->n_from; i++)
		if (ksrtp_addr_in_prefix(&hop->remote, &side->from[i].addr, side->from[i].bits))
			return true;
	return false;
}

/* Where a core must show who it is, its address alone makes nobody that core. */
static bool shown(const struct ksrtp_edge *edge, const struct ksrtp_config_side *core,
		  const struct ksrtp_hop *hop)
{
	size_t i;

	if (core->identity != KSRTP_TARGET_DOMAIN)
		return true;
	for (i = 0; i < core->n_server; i++)
		if (ksrtp_net_peer_is(edge->net, hop, core->server[i].host))
			return true;
	return false;
}

static const struct ksrtp_config_side *core_of(const struct ksrtp_edge *edge,
					       const struct ksrtp_hop *hop)
{
	const struct ksrtp_config_side *core = ksrtp_server_core(edge, hop);
	size_t i;

	for (i = 0; !core && i < edge->config->n_side; i++)
		if (edge->config->side[i].core && listed(&edge->config->side[i], hop))
			core = &edge->config->side[i];
	return core && shown(edge, core, hop) ? core : NULL;
}

static bool talks_at(const struct ksrtp_config_side *side, const struct ksrtp_hop *hop)
{
	const struct ksrtp_config_listen *l;

	for (l = side->listen; l < side->listen + side->n_listen; l++)
		if (l->transport == hop->transport && l->addr.family == hop->local.family &&
		    ksrtp_addr_port(&l->addr) == ksrtp_addr_port(&hop->local) &&
		    (ksrtp_addr_classify(&l->addr) == KSRTP_ADDR_ANY ||
		     ksrtp_addr_same_ip(&l->addr, &hop->local)))
			return true;
	return false;
}

static bool fits(const struct ksrtp_config_side *side, const struct ksrtp_hop *hop)
{
	return !side->core && (side->n_from || side->n_listen) &&
	       (!side->n_from || listed(side, hop)) && (!side->n_listen || talks_at(side, hop));
}

const struct ksrtp_config_side *ksrtp_side_of(const struct ksrtp_edge *edge,
					      const struct ksrtp_hop *hop)
{
	const struct ksrtp_config_side *core = core_of(edge, hop);

	return core ? core : ksrtp_side_phones(edge, hop);
}

const struct ksrtp_config_side *ksrtp_side_phones(const struct ksrtp_edge *edge,
						  const struct ksrtp_hop *hop)
{
	size_t i;

	for (i = 0; i < edge->config->n_side; i++)
		if (fits(&edge->config->side[i], hop))
			return &edge->config->side[i];
	return ksrtp_config_phones(edge->config);
}
