// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hold queue of a relay: media often arrives before the answer that has its key (RFC 3264
 * section 5.1). Filled by the packet path, drained by the work and by netlink requests in process
 * context, under the namespace's lock, so that only one drains.
 *
 * While a flow holds anything its newer packets queue up behind, also while the last one held is on
 * its way: KSRTP_FLOW_HOLDING goes under the flow's lock and only once nothing is left.
 */
#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>

#include "kmod/drop.h"
#include "kmod/flow.h"
#include "kmod/hold.h"
#include "kmod/relay.h"

/* Sent on in a row: what comes faster than it goes must not keep us in the namespace's lock. */
#define DRAIN	(4 * KSRTP_HOLD_PACKETS)

static unsigned int hold_ms = 500;

module_param(hold_ms, uint, 0644);
MODULE_PARM_DESC(hold_ms, "milliseconds that a packet waits for its keys at most");

/* What is to be known of a packet that waits; no pointer, for devices and routes come and go. */
struct held {
	unsigned long since;
	struct ksrtp_endpoint from;
	int ifindex;
	u32 arrived;
	u16 udp;
	u8 part;
	u8 hops;
	u8 tos;
	bool df;
};

static struct held *held_of(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct held) > sizeof(skb->cb));
	return (struct held *)skb->cb;
}

static bool expired(struct sk_buff *skb)
{
	return time_after(jiffies, held_of(skb)->since + msecs_to_jiffies(READ_ONCE(hold_ms)));
}

static void discard(struct ksrtp_flow *flow, struct sk_buff *skb, enum ksrtp_verdict verdict)
{
	ksrtp_limit_give(flow->kn, KSRTP_LIMIT_HELD, 1);
	ksrtp_drop_held(flow, verdict, held_of(skb)->arrived);
	kfree_skb(skb);
}

/* ---- in ---- */

/* Nothing but signalling can bring what it needs, and that never came yet. */
static bool wanted(const struct ksrtp_packet *p)
{
	const struct ksrtp_flow *flow = p->flow, *peer = p->peer;

	if (READ_ONCE(flow->session->guard))
		return false;
	if (READ_ONCE(flow->secure[0]) && !rcu_access_pointer(flow->ring[0]) &&
	    !test_bit(KSRTP_FLOW_KEYED, &flow->flags))
		return true;
	if (!peer)
		return false;
	if (READ_ONCE(peer->secure[1]) && !p->key && !test_bit(KSRTP_FLOW_KEYED + 1, &peer->flags))
		return true;
	return !test_bit(KSRTP_FLOW_POINTED, &peer->flags);
}

/* The flow's lock is held. */
static struct sk_buff *oldest(struct ksrtp_flow *flow)
{
	struct sk_buff *skb = __skb_dequeue(&flow->hold.queue);

	if (skb)
		flow->hold.bytes -= skb->truesize;
	return skb;
}

/* The flow's lock is held. */
static void drop_expired(struct ksrtp_flow *flow)
{
	while (!skb_queue_empty(&flow->hold.queue) && expired(skb_peek(&flow->hold.queue)))
		discard(flow, oldest(flow), KSRTP_VERDICT_HELD);
}

/* The flow's lock is held. */
static void drop_all(struct ksrtp_flow *flow, enum ksrtp_verdict verdict)
{
	struct sk_buff *skb;

	while ((skb = oldest(flow)))
		discard(flow, skb, verdict);
}

/* The flow's lock is held. Return: is there room for one more? */
static bool make_room(struct ksrtp_flow *flow, u32 bytes)
{
	struct ksrtp_hold *hold = &flow->hold;

	drop_expired(flow);
	while (!skb_queue_empty(&hold->queue) &&
	       (skb_queue_len(&hold->queue) >= KSRTP_HOLD_PACKETS ||
		hold->bytes + bytes > KSRTP_HOLD_BYTES))
		discard(flow, oldest(flow), KSRTP_VERDICT_QUEUE);
	return hold->bytes + bytes <= KSRTP_HOLD_BYTES &&
	       ksrtp_limit_take(flow->kn, KSRTP_LIMIT_HELD);
}

static void strip(const struct ksrtp_packet *p)
{
	struct sk_buff *skb = p->skb;
	struct held held = {
		.since = jiffies, .from = p->from, .ifindex = skb->dev->ifindex,
		.arrived = p->arrived, .udp = (u16)p->udp, .part = p->part, .hops = p->hops,
		.tos = p->tos, .df = p->df,
	};

	skb_orphan(skb);
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	skb_ext_reset(skb);
	skb->dev = NULL;
	*held_of(skb) = held;
}

/* It was first in the queue, and still has to be. */
static void put_back(struct ksrtp_packet *p)
{
	struct ksrtp_flow *flow = p->flow;

	p->skb->dev = NULL;
	spin_lock_bh(&flow->lock);
	flow->hold.bytes += p->skb->truesize;
	__skb_queue_head(&flow->hold.queue, p->skb);
	spin_unlock_bh(&flow->lock);
	p->held = true;
}

enum ksrtp_verdict ksrtp_hold_packet(struct ksrtp_packet *p)
{
	enum ksrtp_verdict verdict = KSRTP_VERDICT_OK;
	struct ksrtp_flow *flow = p->flow;
	bool want = wanted(p), first;

	if (p->again) {
		if (!want)
			return KSRTP_VERDICT_OK;
		put_back(p);
		return KSRTP_VERDICT_HELD;
	}
	spin_lock_bh(&flow->lock);
	first = !test_bit(KSRTP_FLOW_HOLDING, &flow->flags);
	if (flow->max_streams && (want || !first)) {
		verdict = KSRTP_VERDICT_QUEUE;
		if (make_room(flow, p->skb->truesize)) {
			strip(p);
			flow->hold.bytes += p->skb->truesize;
			__skb_queue_tail(&flow->hold.queue, p->skb);
			set_bit(KSRTP_FLOW_HOLDING, &flow->flags);
			verdict = KSRTP_VERDICT_HELD;
		}
	}
	spin_unlock_bh(&flow->lock);
	/* What it waits for may have come since it was looked for. */
	if (first && verdict == KSRTP_VERDICT_HELD)
		ksrtp_flow_wake(flow);
	return verdict;
}

/* ---- out ---- */

/* Return: false when it has to wait on, and is in the queue again. */
static bool resume(struct ksrtp_flow *flow, struct sk_buff *skb)
{
	const struct held held = *held_of(skb);
	struct ksrtp_packet p = {
		.skb = skb, .kn = flow->kn, .flow = flow, .family = flow->family,
		.from = held.from, .udp = held.udp, .part = held.part, .hops = held.hops,
		.tos = held.tos, .df = held.df, .again = true, .summed = true,
	};

	skb->dev = dev_get_by_index_rcu(flow->kn->net, held.ifindex);
	if (!skb->dev || expired(skb)) {
		discard(flow, skb, KSRTP_VERDICT_HELD);
		return true;
	}
	/* Stolen or not, an skb that was once ours to hold is nobody else's. */
	if (ksrtp_relay_packet(&p) != NF_STOLEN)
		kfree_skb(skb);
	if (!p.held)
		ksrtp_limit_give(flow->kn, KSRTP_LIMIT_HELD, 1);
	return !p.held;
}

static void drain(struct ksrtp_flow *flow)
{
	unsigned int left = DRAIN;
	struct sk_buff *skb;

	do {
		local_bh_disable();
		spin_lock(&flow->lock);
		if (!left--)
			drop_all(flow, KSRTP_VERDICT_QUEUE);
		skb = oldest(flow);
		if (!skb)
			clear_bit(KSRTP_FLOW_HOLDING, &flow->flags);
		spin_unlock(&flow->lock);
		rcu_read_lock();
		if (skb && !resume(flow, skb))
			skb = NULL;
		rcu_read_unlock();
		local_bh_enable();
	} while (skb);
}

void ksrtp_hold_release(struct ksrtp_session *session)
{
	struct ksrtp_flow *flow;

	lockdep_assert_held(&session->kn->lock);
	list_for_each_entry(flow, &session->flows, sibling)
		if (test_bit(KSRTP_FLOW_HOLDING, &flow->flags))
			drain(flow);
}

void ksrtp_hold_expire(struct ksrtp_flow *flow)
{
	lockdep_assert_held(&flow->kn->lock);
	if (!test_bit(KSRTP_FLOW_HOLDING, &flow->flags))
		return;
	spin_lock_bh(&flow->lock);
	drop_expired(flow);
	if (skb_queue_empty(&flow->hold.queue))
		clear_bit(KSRTP_FLOW_HOLDING, &flow->flags);
	spin_unlock_bh(&flow->lock);
}

void ksrtp_hold_purge(struct ksrtp_flow *flow)
{
	lockdep_assert_held(&flow->kn->lock);
	spin_lock_bh(&flow->lock);
	drop_all(flow, KSRTP_VERDICT_HELD);
	clear_bit(KSRTP_FLOW_HOLDING, &flow->flags);
	spin_unlock_bh(&flow->lock);
}
