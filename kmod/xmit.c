// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The way out of a relay. Called by relay.c in softirq under RCU. A packet leaves by the output of
 * its route and passes POST_ROUTING only: LOCAL_OUT would run in this stack, and two flows pointed
 * at each other would use it up.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/udp.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/neighbour.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>

#include "kmod/flow.h"
#include "kmod/hook.h"
#include "kmod/main.h"
#include "kmod/xmit.h"

/* A sender of IPv6 makes no packet smaller than this, whatever it is told. */
static bool smallest(const struct ksrtp_packet *p)
{
	return p->family == AF_INET6 &&
	       p->udp + sizeof(struct udphdr) + p->arrived <= IPV6_MIN_MTU;
}

enum ksrtp_verdict ksrtp_xmit_long(struct ksrtp_packet *p, u32 total)
{
	if (total <= dst_mtu(p->path->dst))
		return KSRTP_VERDICT_OK;
	if (total > IP_MAX_MTU || (p->df && !smallest(p)))
		return KSRTP_VERDICT_MTU;
	p->df = false;
	p->pieces = true;
	return KSRTP_VERDICT_OK;
}

/*
 * The control block as the IP layer leaves it at PRE_ROUTING; ICMP reads options from there. By a
 * lane it is not there yet, and what was held has its own in that place.
 */
static void arrive(const struct ksrtp_packet *p)
{
	struct sk_buff *skb = p->skb;

	memset(skb->cb, 0, sizeof(skb->cb));
	if (p->family == AF_INET)
		IPCB(skb)->iif = skb->skb_iif;
	else
		IP6CB(skb)->iif = skb->skb_iif;
}

void ksrtp_xmit_toobig(struct ksrtp_packet *p, int growth)
{
	int mtu = (int)dst_mtu(p->path->dst) - growth - (int)ksrtp_xmit_header(p->peer->family) +
		  (int)ksrtp_xmit_header(p->family);
	struct sk_buff *skb = p->skb;

	if (pskb_trim(skb, p->udp + sizeof(struct udphdr)))
		return;
	if (p->lane || p->again)
		arrive(p);
	if (p->family == AF_INET) {
		const struct iphdr *ih = ip_hdr(skb);

		/* Without an input route icmp_send() keeps silent. */
		if (!skb_dst(skb) &&
		    ip_route_input_noref(skb, ih->daddr, ih->saddr, ih->tos, skb->dev))
			return;
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl((u32)max(mtu, 68)));
	} else {
		icmpv6_send(skb, ICMPV6_PKT_TOOBIG, 0, (u32)max_t(int, mtu, IPV6_MIN_MTU));
	}
}

static void write_ipv4(struct ksrtp_packet *p, const struct ksrtp_port *from)
{
	struct sk_buff *skb = p->skb;
	struct udphdr *uh = udp_hdr(skb);
	struct iphdr *ih;

	__skb_push(skb, sizeof(*ih));
	skb_reset_network_header(skb);
	ih = ip_hdr(skb);
	ih->version = 4;
	ih->ihl = sizeof(*ih) / 4;
	ih->tos = p->tos;
	ih->tot_len = htons((u16)skb->len);
	ih->id = 0;
	ih->frag_off = p->df ? htons(IP_DF) : 0;
	ih->ttl = p->hops - 1;
	ih->protocol = IPPROTO_UDP;
	ih->check = 0;
	ih->saddr = from->key.addr[3];
	ih->daddr = ksrtp_flow_addr4(p->path->remote.addr);
	if (!p->df)
		__ip_select_ident(p->kn->net, ih, 1);
	ih->check = ip_fast_csum(ih, sizeof(*ih) / 4);
	uh->check = ~csum_tcpudp_magic(ih->saddr, ih->daddr, ntohs(uh->len), IPPROTO_UDP, 0);
	skb->protocol = htons(ETH_P_IP);
	skb->priority = rt_tos2priority(p->tos);
}

static noinline void write_ipv6(struct ksrtp_packet *p, const struct ksrtp_port *from)
{
	struct sk_buff *skb = p->skb;
	struct udphdr *uh = udp_hdr(skb);
	struct ipv6hdr *ih;

	__skb_push(skb, sizeof(*ih));
	skb_reset_network_header(skb);
	ih = ipv6_hdr(skb);
	ip6_flow_hdr(ih, p->tos, 0);
	ih->payload_len = uh->len;
	ih->nexthdr = IPPROTO_UDP;
	ih->hop_limit = p->hops - 1;
	memcpy(&ih->saddr, from->key.addr, sizeof(ih->saddr));
	memcpy(&ih->daddr, p->path->remote.addr, sizeof(ih->daddr));
	uh->check = ~csum_ipv6_magic(&ih->saddr, &ih->daddr, ntohs(uh->len), IPPROTO_UDP, 0);
	skb->protocol = htons(ETH_P_IPV6);
	skb->priority = rt_tos2priority(p->tos);
	skb->ignore_df = !p->df;
}

/*
 * What ip_output() would do for a route that leads out by one device without more ado, and a packet
 * known to fit: its look at the length, at XFRM and at tunnels would find nothing.
 */
static bool straight(const struct ksrtp_packet *p)
{
	const struct dst_entry *dst = skb_dst(p->skb);

	return p->peer->family == AF_INET && !p->pieces && dst->output == ip_output &&
	       !dst->lwtstate;
}

static __always_inline int deliver(struct sk_buff *skb)
{
	struct neighbour *neigh;
	bool is_v6 = false;

	neigh = ip_neigh_for_gw(skb_rtable(skb), skb, &is_v6);
	if (!IS_ERR(neigh))
		return neigh_output(neigh, skb, is_v6);
	kfree_skb(skb);
	return PTR_ERR(neigh);
}

static __flatten int neighbour(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	return deliver(skb);
}

static noinline void postrouting(struct net *net, struct sk_buff *skb)
{
	NF_HOOK(NFPROTO_IPV4, NF_INET_POST_ROUTING, net, NULL, skb, NULL, skb->dev, neighbour);
}

static __always_inline void output(struct ksrtp_packet *p)
{
	struct net *net = p->kn->net;
	struct sk_buff *skb = p->skb;

	if (unlikely(!straight(p))) {
		dst_output(net, NULL, skb);
		return;
	}
	IP_UPD_PO_STATS(net, IPSTATS_MIB_OUT, skb->len);
	skb->dev = skb_dst(skb)->dev;
	if (p->lane)
		deliver(skb);
	else
		postrouting(net, skb);
}

/* Whatever the packet carried of its way in must not go out with it. */
static void scrub(struct sk_buff *skb)
{
	skb_scrub_packet(skb, true);
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	skb->encapsulation = 0;
	skb_reset_redirect(skb);
}

__flatten void ksrtp_xmit_send(struct ksrtp_packet *p)
{
	struct ksrtp_flow *peer = p->peer;
	const struct ksrtp_port *from = &peer->port[p->exit];
	struct sk_buff *skb = p->skb;
	struct udphdr *uh;

	scrub(skb);
	__skb_pull(skb, p->udp);
	skb_reset_transport_header(skb);
	uh = udp_hdr(skb);
	uh->source = htons((u16)from->key.port);
	uh->dest = htons(p->path->remote.port);
	uh->len = htons((u16)skb->len);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u16)(skb_transport_header(skb) - skb->head);
	skb->csum_offset = offsetof(struct udphdr, check);
	if (peer->family == AF_INET)
		write_ipv4(p, from);
	else
		write_ipv6(p, from);
	if (p->path == &p->spare) {
		skb_dst_set(skb, p->spare.dst);
		p->spare.dst = NULL;
	} else {
		skb_dst_set_noref(skb, p->path->dst);
	}
	output(p);
}
