// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The netfilter hooks. PRE_ROUTING before conntrack sees all packets; a packet of a flow is taken
 * there. IPv4 fragments pass it and are processed by the same code at LOCAL_IN, where the stack has
 * put them together (the module that would do so earlier may not be loaded). Hooks run under RCU,
 * in softirq or, behind NFQUEUE, in a task: bottom halves are off from packet() on.
 */
#include <linux/bottom_half.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "kmod/compat.h"
#include "kmod/drop.h"
#include "kmod/flow.h"
#include "kmod/hook.h"
#include "kmod/relay.h"

/* Behind the raw tables, where an operator can drop before us; before conntrack. */
#define PRIORITY	(NF_IP_PRI_RAW + 10)

/* The UDP header at p->udp names the port. Return: does a flow of that family listen there? */
static bool find(struct ksrtp_packet *p, struct ksrtp_listen *to)
{
	const struct udphdr *uh = (const struct udphdr *)(p->skb->data + p->udp);
	const struct ksrtp_port *port;

	to->port = ntohs(uh->dest);
	port = ksrtp_flow_find(p->kn, to);
	if (!port || port->flow->family != p->family)
		return false;
	p->flow = port->flow;
	p->part = port == &port->flow->port[1];
	p->from.port = ntohs(uh->source);
	return true;
}

/* ---- GSO: a train of packets that the device or GRO put together ---- */

static void segment(struct ksrtp_packet *train, struct sk_buff *skb)
{
	struct ksrtp_packet p = *train;
	unsigned int fate;

	p.skb = skb;
	fate = ksrtp_relay_packet(&p);
	if (fate == NF_DROP)
		kfree_skb(skb);
	else if (fate == NF_ACCEPT)
		netif_rx(skb); /* comes here again, alone, and is accepted */
}

/* Tested before anything linearises: that would glue a list of packets into one. */
static unsigned int segments(struct ksrtp_packet *p)
{
	struct sk_buff *list, *skb, *next;

	list = skb_gso_segment(p->skb, 0);
	if (IS_ERR_OR_NULL(list))
		return ksrtp_drop_packet(p, KSRTP_VERDICT_ROOM);
	/* First of all: a train that GRO put together as a list is itself its first packet. */
	consume_skb(p->skb);
	skb_list_walk_safe(list, skb, next) {
		skb_mark_not_on_list(skb);
		segment(p, skb);
	}
	return NF_STOLEN;
}

/* On its way through a bridge to somebody else; br_netfilter pretends that it is for us. */
static bool bridged(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	const struct nf_bridge_info *info = nf_bridge_info_get(skb);

	if (info && info->pkt_otherhost)
		return true;
#endif
	return skb->pkt_type == PACKET_OTHERHOST;
}

static unsigned int quiet(struct ksrtp_packet *p)
{
	if (unlikely(skb_is_gso(p->skb)))
		return segments(p);
	return ksrtp_relay_packet(p);
}

static unsigned int packet(struct ksrtp_packet *p)
{
	unsigned int fate;

	if (bridged(p->skb))
		return NF_ACCEPT;
	if (likely(in_softirq()))
		return quiet(p);
	/* What a program gives back to a queue before us comes here in its context. */
	local_bh_disable();
	fate = quiet(p);
	local_bh_enable();
	return fate;
}

/* ---- IPv4 ---- */

static unsigned int ipv4(struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct ksrtp_packet p = { .skb = skb, .kn = ksrtp_main_net(state->net), .family = AF_INET };
	const struct iphdr *ih = ip_hdr(skb);
	struct ksrtp_listen to = { };

	if (ih->protocol != IPPROTO_UDP || ip_is_fragment(ih))
		return NF_ACCEPT;
	p.udp = ih->ihl * 4;
	if (!pskb_may_pull(skb, p.udp + sizeof(struct udphdr)))
		return NF_ACCEPT;
	ih = ip_hdr(skb);
	to.addr[2] = htonl(0xffff);
	to.addr[3] = ih->daddr;
	if (!find(&p, &to))
		return NF_ACCEPT;
	p.from.addr[10] = 0xff;
	p.from.addr[11] = 0xff;
	memcpy(p.from.addr + 12, &ih->saddr, sizeof(ih->saddr));
	p.hops = ih->ttl;
	p.tos = ih->tos;
	p.df = ih->frag_off & htons(IP_DF);
	return packet(&p);
}

static unsigned int ipv4_prerouting(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	return ipv4(skb, state);
}

static unsigned int ipv4_input(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	/* All that came in one piece was seen before. */
	if (!IPCB(skb)->frag_max_size)
		return NF_ACCEPT;
	return ipv4(skb, state);
}

/* ---- IPv6 ---- */

static unsigned int ipv6_prerouting(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct ksrtp_packet p = { .skb = skb, .kn = ksrtp_main_net(state->net), .family = AF_INET6,
				  .df = true };
	const struct ipv6hdr *ih = ipv6_hdr(skb);
	u8 next = ih->nexthdr;
	struct ksrtp_listen to;
	__be16 fragment = 0;
	int off;

	off = ipv6_skip_exthdr(skb, sizeof(*ih), &next, &fragment);
	/* Behind the first fragment there is no port to go by. */
	if (off < 0 || next != IPPROTO_UDP || (fragment & htons(IP6_OFFSET)))
		return NF_ACCEPT;
	p.udp = (u32)off;
	if (!pskb_may_pull(skb, p.udp + sizeof(struct udphdr)))
		return NF_ACCEPT;
	ih = ipv6_hdr(skb);
	memcpy(to.addr, &ih->daddr, sizeof(to.addr));
	if (!find(&p, &to))
		return NF_ACCEPT;
	memcpy(p.from.addr, &ih->saddr, sizeof(p.from.addr));
	if (fragment)
		return ksrtp_drop_packet(&p, KSRTP_VERDICT_FRAGMENT);
	p.hops = ih->hop_limit;
	p.tos = ipv6_get_dsfield(ih);
	return packet(&p);
}

static const struct nf_hook_ops hooks[] = {
	{ .hook = ipv4_prerouting,
	  .pf = NFPROTO_IPV4,
	  .hooknum = NF_INET_PRE_ROUTING,
	  .priority = PRIORITY },
	{ .hook = ipv4_input,
	  .pf = NFPROTO_IPV4,
	  .hooknum = NF_INET_LOCAL_IN,
	  .priority = PRIORITY },
	{ .hook = ipv6_prerouting,
	  .pf = NFPROTO_IPV6,
	  .hooknum = NF_INET_PRE_ROUTING,
	  .priority = PRIORITY },
};

int ksrtp_hook_register(struct ksrtp_net *kn)
{
	int err;

	lockdep_assert_held(&kn->lock);
	if (kn->hooked)
		return 0;
	err = nf_register_net_hooks(kn->net, hooks, ARRAY_SIZE(hooks));
	if (!err)
		kn->hooked = true;
	return err;
}

void ksrtp_hook_unregister(struct ksrtp_net *kn)
{
	lockdep_assert_held(&kn->lock);
	if (kn->hooked)
		nf_unregister_net_hooks(kn->net, hooks, ARRAY_SIZE(hooks));
	kn->hooked = false;
}
