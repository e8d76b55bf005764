// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flows in place. LOCAL_IN unprotects what comes for a media server on this host before its socket
 * sees it, LOCAL_OUT protects what it sends from there (RFC 3711 section 3.3). The packet is
 * changed and let go on; only a train of GSO segments is taken apart, and each segment goes on
 * behind this hook for itself.
 *
 * LOCAL_IN sees a packet once, behind routing, DNAT and reassembly (for IPv6's see defrag.c), and
 * the socket is all that comes behind it. LOCAL_OUT runs in the server's own context, where it
 * sends: bottom halves are off from here on around locks, per-CPU data and vector registers.
 */
#include <linux/bottom_half.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/sch_generic.h>

#include "kmod/admit.h"
#include "kmod/classify.h"
#include "kmod/compat.h"
#include "kmod/crypt.h"
#include "kmod/drop.h"
#include "kmod/flow.h"
#include "kmod/inplace.h"

/*
 * In: behind NAT, so that addresses are those that the server sees and SDP names; filter rules have
 * judged what came by the wire. Before conntrack confirms, so that no stranger's forgery leaves an
 * entry. Out: behind the raw tables, where an operator can drop before us; before conntrack and
 * NAT, again so that addresses are the server's.
 */
#define PRIORITY_IN	(NF_IP_PRI_NAT_SRC + 10)
#define PRIORITY_OUT	(NF_IP_PRI_RAW + 10)

/* ---- headers ---- */

static struct udphdr *header(const struct ksrtp_packet *p)
{
	return (struct udphdr *)(p->skb->data + p->udp);
}

/* No clone sees what is written from now on, and there is room for @growth bytes behind. */
static enum ksrtp_verdict own(struct sk_buff *skb, u32 growth)
{
	u32 tail = growth > (u32)skb_tailroom(skb) ? growth : 0;

	if (!tail && !skb_cloned(skb))
		return KSRTP_VERDICT_OK;
	return pskb_expand_head(skb, 0, (int)tail, GFP_ATOMIC) ? KSRTP_VERDICT_ROOM :
								 KSRTP_VERDICT_OK;
}

/*
 * The sum of the pseudo-header, length included. It is taken from the checksum, which is right, and
 * not from the IP header, whose destination need not be the last one (RFC 8200 section 8.1).
 */
static __wsum pseudo_header(const struct ksrtp_packet *p)
{
	struct udphdr *uh = header(p);
	__sum16 check = uh->check;
	__wsum sum;

	if (p->skb->ip_summed == CHECKSUM_PARTIAL)
		return csum_unfold(check);
	uh->check = 0;
	sum = csum_sub(csum_unfold((__force __sum16)~(__force u16)check),
		       csum_partial(uh, ntohs(uh->len), 0));
	uh->check = check;
	return sum;
}

/* Lengths and checksums of a packet whose payload has p->len bytes now. */
static void settle(struct ksrtp_packet *p, __wsum pseudo)
{
	u32 len = sizeof(struct udphdr) + p->len;
	struct udphdr *uh = header(p);
	struct sk_buff *skb = p->skb;

	if (p->family == AF_INET) {
		ip_hdr(skb)->tot_len = htons((u16)(p->udp + len));
		ip_send_check(ip_hdr(skb));
	} else {
		ipv6_hdr(skb)->payload_len =
			htons((u16)(p->udp + len - sizeof(struct ipv6hdr)));
	}
	pseudo = csum_sub(pseudo, (__force __wsum)uh->len);
	uh->len = htons((u16)len);
	/* A sum over the packet as it was must not outlive it. */
	skb->ip_summed = CHECKSUM_NONE;
	if (!uh->check && p->family == AF_INET)
		return; /* it goes without one */
	uh->check = ~csum_fold(csum_add(pseudo, (__force __wsum)uh->len));
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u16)(skb_headroom(skb) + p->udp);
	skb->csum_offset = offsetof(struct udphdr, check);
}

/* ---- one packet ---- */

static enum ksrtp_verdict receive(struct ksrtp_packet *p)
{
	const struct ksrtp_keyring *ring = rcu_dereference(p->flow->ring[0]);
	enum ksrtp_verdict verdict;
	__wsum pseudo;

	if (!ring && READ_ONCE(p->flow->secure[0]))
		return KSRTP_VERDICT_CLEAR;
	verdict = ksrtp_admit_source(p, ksrtp_keyring_authentic(ring, p->rtcp));
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	verdict = own(p->skb, 0);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	pseudo = pseudo_header(p);
	verdict = ksrtp_crypt_open(p, ring);
	if (verdict == KSRTP_VERDICT_OK)
		settle(p, pseudo);
	return verdict;
}

/*
 * What protection made too long leaves in fragments, whatever the server wished: it knows nothing
 * of the tag. A packet that was not to be fragmented may have no identification yet.
 */
static void fragment(struct ksrtp_packet *p)
{
	u32 mtu = dst_mtu(skb_dst(p->skb)), head = p->udp + sizeof(struct udphdr);
	struct sk_buff *skb = p->skb;

	if (likely(head + p->len <= mtu) || head + p->arrived > mtu)
		return;
	skb->ignore_df = 1;
	if (p->df && p->family == AF_INET) {
		ip_hdr(skb)->frag_off &= ~htons(IP_DF);
		__ip_select_ident(p->kn->net, ip_hdr(skb), 1);
		ip_send_check(ip_hdr(skb));
	}
	this_cpu_inc(p->kn->counts->tx_fragmented);
	atomic64_inc(&p->flow->fragmented);
}

/* The longest datagram of the family, RFC 791 section 3.1 and RFC 8200 section 3. */
static bool too_long(const struct ksrtp_packet *p, u32 growth)
{
	u32 total = p->udp + sizeof(struct udphdr) + p->len + growth;

	return total > (p->family == AF_INET ? IP_MAX_MTU : sizeof(struct ipv6hdr) + IP_MAX_MTU);
}

static enum ksrtp_verdict send(struct ksrtp_packet *p)
{
	const struct ksrtp_keyring *ring = rcu_dereference(p->flow->ring[1]);
	enum ksrtp_verdict verdict;
	__wsum pseudo;
	u32 growth;

	p->peer = p->flow;
	p->key = ring ? ring->key[0] : NULL;
	if (!p->key && READ_ONCE(p->flow->secure[1]))
		return KSRTP_VERDICT_CLEAR;
	growth = p->key ? ksrtp_growth(&p->key->keys, p->rtcp) : 0;
	if (too_long(p, growth))
		return KSRTP_VERDICT_MTU;
	verdict = own(p->skb, growth);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	pseudo = pseudo_header(p);
	verdict = ksrtp_crypt_seal(p);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	settle(p, pseudo);
	fragment(p);
	return KSRTP_VERDICT_OK;
}

/* Return: NF_ACCEPT; or NF_DROP, counted */
static unsigned int packet(struct ksrtp_packet *p)
{
	enum ksrtp_verdict verdict = ksrtp_classify_whole(p);

	if (verdict != KSRTP_VERDICT_OK)
		return ksrtp_drop_packet(p, verdict);
	if (!ksrtp_classify_ours(p, &verdict)) {
		if (verdict != KSRTP_VERDICT_OK)
			return ksrtp_drop_packet(p, verdict);
		return NF_ACCEPT;
	}
	if (p->way == KSRTP_WAY_IN)
		ksrtp_classify_arrive(p);
	if (verdict == KSRTP_VERDICT_OK)
		verdict = ksrtp_classify_parse(p);
	if (verdict == KSRTP_VERDICT_OK)
		verdict = p->way == KSRTP_WAY_IN ? receive(p) : send(p);
	if (verdict != KSRTP_VERDICT_OK)
		return ksrtp_drop_packet(p, verdict);
	this_cpu_inc(p->kn->counts->verdict[KSRTP_VERDICT_OK]);
	return NF_ACCEPT;
}

/* ---- trains: what the device, GRO or the server's UDP_SEGMENT put together ---- */

/* On behind the hook that @state is about, as if that had accepted the packet. */
static void go_on(struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct nf_hook_ops *ops = ksrtp_inplace_hooks, *end = ops + KSRTP_INPLACE_HOOKS;
	struct nf_hook_state further = *state;
	const struct nf_hook_entries *e;
	unsigned int i;

	while (ops->pf != state->pf || ops->hooknum != state->hook)
		if (++ops == end)
			goto free;
	if (state->pf == NFPROTO_IPV4)
		e = rcu_dereference(state->net->nf.hooks_ipv4[state->hook]);
	else
		e = rcu_dereference(state->net->nf.hooks_ipv6[state->hook]);
	for (i = 0; e && i < e->num_hook_entries; i++)
		if (e->hooks[i].hook == ops->hook) {
			if (nf_hook_slow(skb, &further, e, i + 1) == 1)
				state->okfn(state->net, state->sk, skb);
			return;
		}
free:
	kfree_skb(skb); /* the hook is being unregistered: its flow is gone */
}

/* Tested before anything linearises: that would glue a list of packets into one. */
static unsigned int train(struct ksrtp_packet *whole, const struct nf_hook_state *state)
{
	struct sk_buff *list, *skb, *next;

	list = skb_gso_segment(whole->skb, 0);
	if (IS_ERR_OR_NULL(list))
		return ksrtp_drop_packet(whole, KSRTP_VERDICT_ROOM);
	/* First of all: a train that GRO put together as a list is itself its first packet. */
	consume_skb(whole->skb);
	skb_list_walk_safe(list, skb, next) {
		struct ksrtp_packet p = *whole;

		skb_mark_not_on_list(skb);
		p.skb = skb;
		if (packet(&p) == NF_ACCEPT)
			go_on(skb, state);
		else
			kfree_skb(skb);
	}
	return NF_STOLEN;
}

static unsigned int handle(struct ksrtp_packet *p, enum ksrtp_hook_find found,
			   const struct nf_hook_state *state)
{
	unsigned int fate;

	if (likely(found == KSRTP_HOOK_NONE))
		return NF_ACCEPT;
	/* What leaves is not among the packets that arrived. */
	p->counted = p->way == KSRTP_WAY_OUT;
	p->summed = p->counted;
	local_bh_disable();
	if (found == KSRTP_HOOK_FRAGMENT)
		fate = ksrtp_drop_packet(p, KSRTP_VERDICT_FRAGMENT);
	else
		fate = skb_is_gso(p->skb) ? train(p, state) : packet(p);
	local_bh_enable();
	if (fate != NF_DROP || p->way == KSRTP_WAY_IN)
		return fate;
	/* NF_DROP would be an EPERM that the server does not expect of sendto(). */
	kfree_skb(p->skb);
	return NF_STOLEN;
}

/* ---- the hooks ---- */

static bool has_queue(const struct net_device *dev)
{
	return dev->num_tx_queues > 1 ||
	       rcu_dereference(netdev_get_tx_queue(dev, 0)->qdisc)->enqueue;
}

/*
 * A packet for a device of a VRF passes LOCAL_OUT twice. Without a queue at the VRF the first pass
 * is for the VRF with the route of the device, and the second is ours. With one the packet is sent
 * to the VRF, and from there to the device by a second pass: then the first is ours, before NAT.
 */
static bool other_pass(const struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct net_device *out = state->out, *vrf;

	if (!skb_dst(skb) || skb_dst(skb)->dev != out)
		return true;
	if (likely(!netif_is_l3_slave(out)))
		return false;
	if (state->pf == NFPROTO_IPV6 && rt6_need_strict(&ipv6_hdr(skb)->daddr))
		return false; /* its scope is the link: the VRF lets it pass */
	vrf = netdev_master_upper_dev_get_rcu(out);
	return vrf && has_queue(vrf);
}

static unsigned int ipv4_input(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct ksrtp_packet p ksrtp_compat_unset;

	ksrtp_hook_begin(&p, skb, ksrtp_main_net(state->net), KSRTP_WAY_IN);
	return handle(&p, ksrtp_hook_ipv4(&p), state);
}

static unsigned int ipv6_input(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct ksrtp_packet p ksrtp_compat_unset;

	ksrtp_hook_begin(&p, skb, ksrtp_main_net(state->net), KSRTP_WAY_IN);
	return handle(&p, ksrtp_hook_ipv6(&p), state);
}

static unsigned int ipv4_output(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct ksrtp_packet p ksrtp_compat_unset;

	if (other_pass(skb, state))
		return NF_ACCEPT;
	ksrtp_hook_begin(&p, skb, ksrtp_main_net(state->net), KSRTP_WAY_OUT);
	return handle(&p, ksrtp_hook_ipv4(&p), state);
}

static unsigned int ipv6_output(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct ksrtp_packet p ksrtp_compat_unset;

	if (other_pass(skb, state))
		return NF_ACCEPT;
	ksrtp_hook_begin(&p, skb, ksrtp_main_net(state->net), KSRTP_WAY_OUT);
	return handle(&p, ksrtp_hook_ipv6(&p), state);
}

const struct nf_hook_ops ksrtp_inplace_hooks[KSRTP_INPLACE_HOOKS] = {
	{ .hook = ipv4_input,
	  .pf = NFPROTO_IPV4,
	  .hooknum = NF_INET_LOCAL_IN,
	  .priority = PRIORITY_IN },
	{ .hook = ipv6_input,
	  .pf = NFPROTO_IPV6,
	  .hooknum = NF_INET_LOCAL_IN,
	  .priority = PRIORITY_IN },
	{ .hook = ipv4_output,
	  .pf = NFPROTO_IPV4,
	  .hooknum = NF_INET_LOCAL_OUT,
	  .priority = PRIORITY_OUT },
	{ .hook = ipv6_output,
	  .pf = NFPROTO_IPV6,
	  .hooknum = NF_INET_LOCAL_OUT,
	  .priority = PRIORITY_OUT },
};
