/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets a flow listens to, judged by where they come from. */
#ifndef KSRTP_KMOD_ADMIT_H
#define KSRTP_KMOD_ADMIT_H

#include "kmod/flow.h"
#include "kmod/hook.h"

/* What a VRF hands back to its own host it marks as looped. */
static inline bool ksrtp_admit_from_here(const struct sk_buff *skb)
{
	return (skb->dev->flags & IFF_LOOPBACK) || skb->pkt_type == PACKET_LOOPBACK;
}

static inline bool ksrtp_admit_to_us(const struct sk_buff *skb)
{
	return skb->pkt_type == PACKET_HOST || skb->pkt_type == PACKET_LOOPBACK;
}

/* The path to the source that was looked at before, or NULL: it is another, or it moved. */
static inline const struct ksrtp_path *ksrtp_admit_known(const struct ksrtp_packet *p)
{
	const struct ksrtp_flow *flow = p->flow;
	const struct ksrtp_path *path;

	if (!test_bit(KSRTP_FLOW_SETTLED + p->part, &flow->flags) ||
	    test_bit_acquire(KSRTP_FLOW_STALE, &flow->flags))
		return NULL;
	path = rcu_dereference(flow->path[p->part]);
	return path && ksrtp_flow_same(&path->remote, &p->from) ? path : NULL;
}

/* That source, on the side where its path leads. */
static inline bool ksrtp_admit_settled(const struct ksrtp_packet *p)
{
	const struct ksrtp_path *path = ksrtp_admit_known(p);

	return path && ksrtp_admit_to_us(p->skb) && path->loop == ksrtp_admit_from_here(p->skb);
}

/** ksrtp_admit_consider - ksrtp_admit_source() for a source that is not settled */
enum ksrtp_verdict ksrtp_admit_consider(struct ksrtp_packet *p, bool secure);

/**
 * ksrtp_admit_source - may a packet from there be tried?
 * @secure: the ingress has keys, so that authentication will decide; else the source rule does
 *
 * Return: OK or SOURCE.
 */
static inline enum ksrtp_verdict ksrtp_admit_source(struct ksrtp_packet *p, bool secure)
{
	if (!p->settled)
		p->settled = ksrtp_admit_settled(p);
	return likely(p->settled) ? KSRTP_VERDICT_OK : ksrtp_admit_consider(p, secure);
}

/**
 * ksrtp_admit_authentic - a packet authenticated: the flow may follow its source
 * @newest: it has the highest index so far
 */
void ksrtp_admit_authentic(struct ksrtp_packet *p, bool newest);

#endif
