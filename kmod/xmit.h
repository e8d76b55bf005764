/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way out: room, MTU, new headers, output. */
#ifndef KSRTP_KMOD_XMIT_H
#define KSRTP_KMOD_XMIT_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/route.h>

#include "kmod/flow.h"
#include "kmod/hook.h"

static inline u32 ksrtp_xmit_header(u8 family)
{
	return family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

/**
 * ksrtp_xmit_room - make the skb private, with room for new headers and @growth. Return: OK, ROOM
 */
static inline enum ksrtp_verdict ksrtp_xmit_room(struct ksrtp_packet *p, u32 growth)
{
	u32 have = skb_headroom(p->skb) + p->udp, need = 0, tail = 0, head = 0;
	struct sk_buff *skb = p->skb;

	skb_orphan(skb);
	if (p->path && p->path->dst)
		need = LL_RESERVED_SPACE(p->path->dst->dev) + ksrtp_xmit_header(p->peer->family);
	if (unlikely(need > have))
		head = SKB_DATA_ALIGN(need - have);
	if (unlikely(growth > (u32)skb_tailroom(skb)))
		tail = growth;
	if (unlikely(head || tail || skb_cloned(skb)) &&
	    pskb_expand_head(skb, (int)head, (int)tail, GFP_ATOMIC))
		return KSRTP_VERDICT_ROOM;
	return KSRTP_VERDICT_OK;
}

/** ksrtp_xmit_long - ksrtp_xmit_fits() where the route's device alone does not say yes */
enum ksrtp_verdict ksrtp_xmit_long(struct ksrtp_packet *p, u32 total);

/**
 * ksrtp_xmit_fits - would the packet, @len bytes of payload, fit the way out? Clears its df where
 * it has to leave in fragments. Return: OK, MTU, HOPS
 */
static inline enum ksrtp_verdict ksrtp_xmit_fits(struct ksrtp_packet *p, u32 len)
{
	u32 total = ksrtp_xmit_header(p->peer->family) + sizeof(struct udphdr) + len;
	const struct dst_entry *dst = p->path->dst;
	const struct rtable *rt = container_of(dst, struct rtable, dst);

	if (p->hops <= 1)
		return KSRTP_VERDICT_HOPS;
	/* dst_mtu() without its calls, where the route's device alone has a say. */
	if (likely(p->peer->family == AF_INET && !dst->lwtstate && !rt->rt_pmtu &&
		   !dst_metric_raw(dst, RTAX_MTU) &&
		   total <= min(READ_ONCE(dst->dev->mtu), IP_MAX_MTU)))
		return KSRTP_VERDICT_OK;
	return ksrtp_xmit_long(p, total);
}

/**
 * ksrtp_xmit_toobig - tell the sender how long its packets may be
 * @growth: what the relay adds to a packet, headers not counted
 *
 * The payload is cut off: an ICMP message must not carry what was decrypted.
 */
void ksrtp_xmit_toobig(struct ksrtp_packet *p, int growth);
/** ksrtp_xmit_send - new headers and away; takes the skb and the path's spare reference */
void ksrtp_xmit_send(struct ksrtp_packet *p);

#endif
