// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How hooks find a flow, the netfilter hooks of relays, and when hooks are there at all.
 * PRE_ROUTING before conntrack sees all packets; a packet of a relay is taken there. IPv4 fragments
 * pass it and are processed by the same code at LOCAL_IN, where the stack has put them together
 * (the module that would do so earlier may not be loaded). Hooks run under RCU, in softirq or,
 * behind NFQUEUE, in a task: bottom halves are off from packet() on.
 */
#include <linux/bottom_half.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/ipv6.h>

#include "kmod/compat.h"
#include "kmod/defrag.h"
#include "kmod/drop.h"
#include "kmod/flow.h"
#include "kmod/hook.h"
#include "kmod/inplace.h"
#include "kmod/relay.h"

/* Behind the raw tables, where an operator can drop before us; before conntrack. */
#define PRIORITY	(NF_IP_PRI_RAW + 10)

enum ksrtp_hook_find ksrtp_hook_ipv4(struct ksrtp_packet *p)
{
	const struct iphdr *ih = ip_hdr(p->skb);

	if (ih->protocol != IPPROTO_UDP || ip_is_fragment(ih))
		return KSRTP_HOOK_NONE;
	p->udp = ih->ihl * 4;
	if (!pskb_may_pull(p->skb, p->udp + sizeof(struct udphdr)))
		return KSRTP_HOOK_NONE;
	return ksrtp_hook_at4(p) ? KSRTP_HOOK_FLOW : KSRTP_HOOK_NONE;
}

enum ksrtp_hook_find ksrtp_hook_ipv6(struct ksrtp_packet *p)
{
	const struct ipv6hdr *ih = ipv6_hdr(p->skb);
	u8 next = ih->nexthdr;
	__be16 fragment = 0;
	int off;

	off = ipv6_skip_exthdr(p->skb, sizeof(*ih), &next, &fragment);
	/* Behind the first fragment there is no port to go by. */
	if (off < 0 || next != IPPROTO_UDP || (fragment & htons(IP6_OFFSET)))
		return KSRTP_HOOK_NONE;
	p->udp = (u32)off;
	if (!pskb_may_pull(p->skb, p->udp + sizeof(struct udphdr)) || !ksrtp_hook_at6(p))
		return KSRTP_HOOK_NONE;
	return fragment ? KSRTP_HOOK_FRAGMENT : KSRTP_HOOK_FLOW;
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

/* ---- the hooks of relays ---- */

static unsigned int ipv4(struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct ksrtp_packet p ksrtp_compat_unset;

	ksrtp_hook_begin(&p, skb, ksrtp_main_net(state->net), KSRTP_WAY_RELAY);
	return ksrtp_hook_ipv4(&p) == KSRTP_HOOK_FLOW ? packet(&p) : NF_ACCEPT;
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

static unsigned int ipv6_prerouting(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct ksrtp_packet p ksrtp_compat_unset;

	ksrtp_hook_begin(&p, skb, ksrtp_main_net(state->net), KSRTP_WAY_RELAY);
	switch (ksrtp_hook_ipv6(&p)) {
	case KSRTP_HOOK_FLOW:
		return packet(&p);
	case KSRTP_HOOK_FRAGMENT:
		return ksrtp_drop_packet(&p, KSRTP_VERDICT_FRAGMENT);
	default:
		return NF_ACCEPT;
	}
}

static const struct nf_hook_ops relay_hooks[] = {
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

/* ---- registration; [0] relays, [1] flows in place ---- */

static const struct {
	const struct nf_hook_ops *ops;
	unsigned int n;
} kinds[] = {
	{ relay_hooks, ARRAY_SIZE(relay_hooks) },
	{ ksrtp_inplace_hooks, KSRTP_INPLACE_HOOKS },
};

int ksrtp_hook_get(struct ksrtp_net *kn, bool in_place)
{
	int err = 0;

	lockdep_assert_held(&kn->lock);
	if (!kn->hooked[in_place])
		err = nf_register_net_hooks(kn->net, kinds[in_place].ops, kinds[in_place].n);
	if (err)
		return err;
	kn->hooked[in_place] = true;
	if (in_place)
		ksrtp_defrag_get(kn);
	kn->hookers[in_place]++;
	return 0;
}

void ksrtp_hook_put(struct ksrtp_net *kn, bool in_place)
{
	lockdep_assert_held(&kn->lock);
	kn->hookers[in_place]--;
}

static void unregister(struct ksrtp_net *kn, unsigned int kind)
{
	if (kn->hooked[kind])
		nf_unregister_net_hooks(kn->net, kinds[kind].ops, kinds[kind].n);
	kn->hooked[kind] = false;
	if (kinds[kind].ops == ksrtp_inplace_hooks)
		ksrtp_defrag_put(kn);
}

bool ksrtp_hook_trim(struct ksrtp_net *kn)
{
	unsigned int kind;

	lockdep_assert_held(&kn->lock);
	for (kind = 0; kind < ARRAY_SIZE(kinds); kind++)
		if (!kn->hookers[kind])
			unregister(kn, kind);
	return kn->hooked[0] || kn->hooked[1];
}

void ksrtp_hook_close(struct ksrtp_net *kn)
{
	lockdep_assert_held(&kn->lock);
	unregister(kn, 0);
	unregister(kn, 1);
}
