// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flows: made and deleted by netlink under the namespace's lock, found by the packet path under
 * RCU, served by the namespace's work. A flow is freed a grace period after its last reference.
 */
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "kmod/event.h"
#include "kmod/flow.h"
#include "kmod/hook.h"

static struct kmem_cache *cache;
static atomic64_t serial;

int ksrtp_flow_init(void)
{
	cache = kmem_cache_create("ksrtp_flow", sizeof(struct ksrtp_flow),
				  __alignof__(struct ksrtp_flow), SLAB_ACCOUNT, NULL);
	return cache ? 0 : -ENOMEM;
}

void ksrtp_flow_exit(void)
{
	kmem_cache_destroy(cache);
}

static void flow_free(struct rcu_head *rcu)
{
	struct ksrtp_flow *flow = container_of(rcu, struct ksrtp_flow, rcu);

	ksrtp_ssrc_free(flow);
	ksrtp_media_free(flow);
	kfree(flow->past);
	kmem_cache_free(cache, flow);
}

void ksrtp_flow_put(struct ksrtp_flow *flow)
{
	if (refcount_dec_and_test(&flow->refs))
		call_rcu(&flow->rcu, flow_free);
}

struct ksrtp_flow *ksrtp_flow_create(struct ksrtp_session *session, u8 family,
				     const struct ksrtp_listen listen[2])
{
	struct ksrtp_net *kn = session->kn;
	struct ksrtp_flow *flow;
	int err;

	lockdep_assert_held(&kn->lock);
	if (!ksrtp_limit_take(kn, KSRTP_LIMIT_FLOWS))
		return ERR_PTR(-ENOSPC);
	flow = kmem_cache_zalloc(cache, GFP_KERNEL_ACCOUNT);
	if (!flow) {
		ksrtp_limit_give(kn, KSRTP_LIMIT_FLOWS, 1);
		return ERR_PTR(-ENOMEM);
	}
	flow->port[0] = (struct ksrtp_port) { .key = listen[0], .flow = flow };
	flow->port[1] = (struct ksrtp_port) { .key = listen[1], .flow = flow };
	flow->serial = (u64)atomic64_inc_return(&serial);
	flow->family = family;
	flow->mux = listen[0].port == listen[1].port;
	flow->muxed = flow->mux;
	flow->session = session;
	flow->kn = kn;
	flow->max_streams = KSRTP_FLOW_STREAMS;
	flow->used = jiffies;
	spin_lock_init(&flow->lock);
	__skb_queue_head_init(&flow->hold.queue);
	refcount_set(&flow->refs, 1);
	list_add_tail(&flow->sibling, &session->flows);
	session->n_flows++;
	ksrtp_media_keep(flow, false, true);
	ksrtp_media_keep(flow, true, true);
	err = ksrtp_ssrc_refill(flow);
	if (err) {
		ksrtp_flow_destroy(flow);
		return ERR_PTR(-ENOSPC);
	}
	return flow;
}

static int port_add(struct ksrtp_flow *flow, unsigned int part)
{
	int err = rhashtable_lookup_insert_fast(&flow->kn->ports, &flow->port[part].node,
						ksrtp_flow_ports);

	return err == -EEXIST ? -EADDRINUSE : err;
}

static void port_del(struct ksrtp_flow *flow, unsigned int part)
{
	rhashtable_remove_fast(&flow->kn->ports, &flow->port[part].node, ksrtp_flow_ports);
}

int ksrtp_flow_publish(struct ksrtp_flow *flow, u32 id)
{
	struct ksrtp_net *kn = flow->kn;
	int err;

	lockdep_assert_held(&kn->lock);
	if (id)
		err = xa_insert(&kn->flows, id, flow, GFP_KERNEL_ACCOUNT);
	else
		err = xa_alloc_cyclic(&kn->flows, &id, flow, xa_limit_31b, &kn->next_flow,
				      GFP_KERNEL_ACCOUNT);
	if (err < 0)
		return err == -EBUSY && id ? -EEXIST : err;
	flow->id = id;
	ksrtp_path_refresh(flow);
	err = ksrtp_hook_get(kn, flow->in_place);
	if (err)
		goto erase;
	err = port_add(flow, 0);
	if (err)
		goto put;
	if (!flow->mux) {
		err = port_add(flow, 1);
		if (err)
			goto remove;
	}
	kn->generation++;
	return 0;

remove:
	port_del(flow, 0);
put:
	ksrtp_hook_put(kn, flow->in_place);
erase:
	xa_erase(&kn->flows, id);
	flow->id = 0;
	return err;
}

void ksrtp_flow_destroy(struct ksrtp_flow *flow)
{
	struct ksrtp_net *kn = flow->kn;
	struct ksrtp_flow *other;

	lockdep_assert_held(&kn->lock);
	if (flow->id) {
		port_del(flow, 0);
		if (!flow->mux)
			port_del(flow, 1);
		xa_erase(&kn->flows, flow->id);
		ksrtp_hook_put(kn, flow->in_place);
		kn->generation++;
	}
	list_for_each_entry(other, &flow->session->flows, sibling)
		if (rcu_access_pointer(other->peer) == flow)
			RCU_INIT_POINTER(other->peer, NULL);
	list_del(&flow->sibling);
	flow->session->n_flows--;
	flow->dead = true;
	ksrtp_keyring_wipe(flow);
	ksrtp_path_drop(flow);
	ksrtp_limit_give(kn, KSRTP_LIMIT_FLOWS, 1);
	ksrtp_limit_give(kn, KSRTP_LIMIT_STREAMS, ksrtp_ssrc_close(flow));
	ksrtp_hold_purge(flow);
	ksrtp_flow_put(flow);
}

void ksrtp_flow_guard(struct ksrtp_flow *flow)
{
	lockdep_assert_held(&flow->kn->lock);
	WRITE_ONCE(flow->secure[0], true);
	WRITE_ONCE(flow->secure[1], true);
	ksrtp_keyring_wipe(flow);
	ksrtp_hold_purge(flow);
}

void ksrtp_flow_wake(struct ksrtp_flow *flow)
{
	if (test_and_set_bit(KSRTP_FLOW_QUEUED, &flow->flags))
		return;
	if (!refcount_inc_not_zero(&flow->refs))
		return;
	llist_add(&flow->todo, &flow->kn->todo);
	queue_work(system_wq, &flow->kn->work);
}

void ksrtp_flow_serve(struct ksrtp_flow *flow)
{
	lockdep_assert_held(&flow->kn->lock);
	clear_bit(KSRTP_FLOW_QUEUED, &flow->flags);
	smp_mb__after_atomic(); /* what is asked for from now on queues it again */
	if (flow->dead)
		return;
	if (test_bit(KSRTP_FLOW_STALE, &flow->flags))
		ksrtp_path_refresh(flow);
	ksrtp_hold_release(flow->session);
	ksrtp_ssrc_refill(flow); /* without memory new SSRCs are refused, by a verdict */
	if (READ_ONCE(flow->pending))
		ksrtp_event_send(flow);
}

/* Nothing new about a remote leaves its latch alone: a refresh must not undo it. */
static void latch_point(struct ksrtp_latch *latch, const struct ksrtp_flow_remote *remote,
			const struct ksrtp_endpoint *at, u64 now)
{
	if (latch->since_ms && latch->policy == remote->source &&
	    !memcmp(latch->expected.addr, at->addr, sizeof(at->addr)) &&
	    latch->expected.port == at->port &&
	    !memcmp(latch->natted.addr, remote->natted.addr, sizeof(remote->natted.addr)))
		return;
	ksrtp_latch_set(latch, remote->source, at, &remote->natted, now);
}

void ksrtp_flow_point(struct ksrtp_flow *flow, const struct ksrtp_flow_remote *remote)
{
	struct ksrtp_endpoint rtcp = remote->rtp;
	u64 now = (u64)ktime_to_ms(ktime_get_coarse());

	lockdep_assert_held(&flow->kn->lock);
	if (rtcp.port)
		rtcp.port = remote->rtcp_port ? remote->rtcp_port : (u16)(rtcp.port + 1);
	/* RFC 5761 section 5.1.1: one port there is one port here, for both directions. */
	WRITE_ONCE(flow->muxed, flow->mux || (rtcp.port && rtcp.port == remote->rtp.port));
	spin_lock_bh(&flow->lock);
	set_bit(KSRTP_FLOW_STALE, &flow->flags);
	clear_bit(KSRTP_FLOW_SETTLED, &flow->flags);
	clear_bit(KSRTP_FLOW_SETTLED + 1, &flow->flags);
	latch_point(&flow->latch[0], remote, &remote->rtp, now);
	latch_point(&flow->latch[1], remote, &rtcp, now);
	spin_unlock_bh(&flow->lock);
	ksrtp_path_refresh(flow);
	if (remote->rtp.port)
		set_bit(KSRTP_FLOW_POINTED, &flow->flags);
	flow->kn->generation++;
}

static struct ksrtp_flow *peer_of(const struct ksrtp_flow *flow)
{
	return rcu_dereference_protected(flow->peer, lockdep_is_held(&flow->kn->lock));
}

void ksrtp_flow_pair(struct ksrtp_flow *flow, struct ksrtp_flow *peer)
{
	struct ksrtp_flow *former = peer_of(flow);

	lockdep_assert_held(&flow->kn->lock);
	if (!peer && former && peer_of(former) == flow)
		RCU_INIT_POINTER(former->peer, NULL);
	rcu_assign_pointer(flow->peer, peer);
	if (peer && !peer_of(peer))
		rcu_assign_pointer(peer->peer, flow);
	flow->kn->generation++;
}
