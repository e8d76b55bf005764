/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet path: netfilter hooks, and a packet on its way through. */
#ifndef KSRTP_KMOD_HOOK_H
#define KSRTP_KMOD_HOOK_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/dsfield.h>
#include <net/ip.h>

#include <ksrtp/latch.h>
#include <ksrtp/srtp.h>

#include "kmod/flow.h"
#include "kmod/path.h"

struct ksrtp_key;

/** enum ksrtp_way - what a hook is there for */
enum ksrtp_way {
	KSRTP_WAY_RELAY, /* PRE_ROUTING, and LOCAL_IN for what had to be put together */
	KSRTP_WAY_IN, /* LOCAL_IN: to the socket of a flow in place */
	KSRTP_WAY_OUT, /* LOCAL_OUT: from there */
};

/**
 * struct ksrtp_packet - a UDP packet of a flow; lives on the stack of one hook
 * @skb: its data begins with the IP header
 * @way: which hook, of which kind of flow
 * @flow: where it arrived, or the flow in place whose server sent it
 * @peer: where it leaves, may be NULL; in place the same as @flow
 * @path: on which, never NULL once @peer is set
 * @spare: memory for @path
 * @key: newest tx key of @peer, NULL: it leaves in clear
 * @from: source; not for KSRTP_WAY_OUT
 * @head: once parsed
 * @udp: offset of the UDP header in skb->data
 * @len: UDP payload, bytes
 * @arrived: @len as it came
 * @part: which of the flow's ports
 * @exit: which of the peer's ports
 * @rtcp: RTCP rather than RTP
 * @probe: its tag is wrong and its number far from where its stream stands
 * @counted: a stream or a tally of the flow knows it, or it did not arrive there but leave
 * @summed: the namespace's sums know it, or need not
 * @again: it was held, and comes from the queue
 * @held: it came from the queue and went back there
 * @settled: ksrtp_admit_settled() said so
 * @lane: it came by a fast lane, and leaves past POST_ROUTING where nothing else needs it
 * @hops: TTL or hop limit as it came
 * @tos: DSCP and ECN as they came
 * @df: may not be fragmented
 * @pieces: leaves in fragments
 */
struct ksrtp_packet {
	struct sk_buff *skb;
	struct ksrtp_net *kn;
	struct ksrtp_flow *flow;
	struct ksrtp_flow *peer;
	const struct ksrtp_path *path;
	struct ksrtp_key *key;
	u32 udp;
	u32 len;
	u32 arrived;
	enum ksrtp_way way;

	struct_group(small, /* all 0 in the beginning */
		u8 part;
		u8 exit;
		u8 family;
		bool rtcp;
		bool counted;
		bool probe;
		bool summed;
		bool again;
		bool held;
		bool settled;
		bool lane;
		bool df;
		bool pieces;
		u8 hops;
		u8 tos;
	);
	/* Not set by ksrtp_hook_begin(). */
	struct ksrtp_endpoint from;
	struct ksrtp_head head;
	struct ksrtp_path spare;
};

static inline u8 *ksrtp_hook_payload(const struct ksrtp_packet *p)
{
	return p->skb->data + p->udp + 8;
}

/** ksrtp_hook_begin - a packet that nothing is known of yet but @skb */
static inline void ksrtp_hook_begin(struct ksrtp_packet *p, struct sk_buff *skb,
				    struct ksrtp_net *kn, enum ksrtp_way way)
{
	p->skb = skb;
	p->kn = kn;
	p->flow = NULL;
	p->peer = NULL;
	p->path = NULL;
	p->key = NULL;
	p->arrived = 0;
	p->way = way;
	memset(&p->small, 0, sizeof(p->small));
	p->spare.dst = NULL;
}

/* The UDP header at p->udp names the ports. Return: is the flow at @at one for this hook? */
static __always_inline bool ksrtp_hook_at(struct ksrtp_packet *p, struct ksrtp_listen *at,
					  u8 family)
{
	const struct udphdr *uh = (const struct udphdr *)(p->skb->data + p->udp);
	const struct ksrtp_port *port;

	at->port = ntohs(p->way == KSRTP_WAY_OUT ? uh->source : uh->dest);
	port = ksrtp_flow_find(p->kn, at);
	if (!port || port->flow->family != family ||
	    port->flow->in_place != (p->way != KSRTP_WAY_RELAY))
		return false;
	p->family = family;
	p->flow = port->flow;
	p->part = port == &port->flow->port[1];
	p->from.port = ntohs(uh->source);
	return true;
}

/**
 * ksrtp_hook_at4 - the flow of the IPv4 packet at skb->data with its UDP header at p->udp
 *
 * Fills in all that is found by ksrtp_hook_ipv4(). Return: is there one?
 */
static __always_inline bool ksrtp_hook_at4(struct ksrtp_packet *p)
{
	const struct iphdr *ih = (const struct iphdr *)p->skb->data;
	struct ksrtp_listen at = {
		.addr = { 0, 0, htonl(0xffff), p->way == KSRTP_WAY_OUT ? ih->saddr : ih->daddr },
	};

	if (!ksrtp_hook_at(p, &at, AF_INET))
		return false;
	ksrtp_flow_map(p->from.addr, ih->saddr);
	p->hops = ih->ttl;
	p->tos = ih->tos;
	p->df = ih->frag_off & htons(IP_DF);
	return true;
}

/** ksrtp_hook_at6 - the same for IPv6 */
static __always_inline bool ksrtp_hook_at6(struct ksrtp_packet *p)
{
	const struct ipv6hdr *ih = (const struct ipv6hdr *)p->skb->data;
	struct ksrtp_listen at;

	memcpy(at.addr, p->way == KSRTP_WAY_OUT ? &ih->saddr : &ih->daddr, sizeof(at.addr));
	if (!ksrtp_hook_at(p, &at, AF_INET6))
		return false;
	memcpy(p->from.addr, &ih->saddr, sizeof(p->from.addr));
	p->hops = ih->hop_limit;
	p->tos = ipv6_get_dsfield(ih);
	p->df = true;
	return true;
}

/** enum ksrtp_hook_find - what a packet is to a hook */
enum ksrtp_hook_find {
	KSRTP_HOOK_NONE, /* of no flow of this kind */
	KSRTP_HOOK_FLOW,
	KSRTP_HOOK_FRAGMENT, /* the first IPv6 fragment for a flow */
};

/**
 * ksrtp_hook_ipv4 - the headers of an IPv4 packet, and its flow
 * @p: skb, kn and way are set; out: family, flow, from, udp, part, hops, tos, df
 *
 * A flow is found by where the packet goes to, for KSRTP_WAY_OUT by where it comes from.
 */
enum ksrtp_hook_find ksrtp_hook_ipv4(struct ksrtp_packet *p);
/** ksrtp_hook_ipv6 - the same for IPv6 */
enum ksrtp_hook_find ksrtp_hook_ipv6(struct ksrtp_packet *p);

/*
 * Hooks are registered for the first relay and for the first flow in place of a namespace, and
 * unregistered from its tick once there is none left. All of this under the namespace's lock.
 */

/** ksrtp_hook_get - a flow needs them. Return: 0 or negative errno */
int ksrtp_hook_get(struct ksrtp_net *kn, bool in_place);
/** ksrtp_hook_put - it no longer does */
void ksrtp_hook_put(struct ksrtp_net *kn, bool in_place);
/** ksrtp_hook_trim - unregister what nobody needs. Return: is any left? */
bool ksrtp_hook_trim(struct ksrtp_net *kn);
/** ksrtp_hook_close - unregister all; hooks may still run until a grace period ends */
void ksrtp_hook_close(struct ksrtp_net *kn);

#endif
