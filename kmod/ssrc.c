// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The streams of a flow. Found by the packet path under RCU; added by it from spare ones under the
 * flow's lock, so that packets need the allocator only in a burst of new SSRCs; refilled by the
 * work in process context. A stream lives as long as its flow: forgetting a transmit index would
 * mean using a keystream twice (RFC 3711 section 9.1).
 */
#include <linux/jiffies.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "kmod/flow.h"
#include "kmod/main.h"
#include "kmod/ssrc.h"

static struct kmem_cache *cache;

int ksrtp_ssrc_init(void)
{
	cache = KMEM_CACHE(ksrtp_ssrc, SLAB_ACCOUNT);
	return cache ? 0 : -ENOMEM;
}

void ksrtp_ssrc_exit(void)
{
	kmem_cache_destroy(cache);
}

static unsigned int bucket_of(u32 ssrc)
{
	/* The far side chooses SSRCs; a chain is at most as long as the flow's cap. */
	return (ssrc ^ ssrc >> 16) % KSRTP_SSRC_BUCKETS;
}

struct ksrtp_ssrc *ksrtp_ssrc_find(const struct ksrtp_ssrc_table *table, u32 ssrc)
{
	struct ksrtp_ssrc *s;

	hlist_for_each_entry_rcu(s, &table->bucket[bucket_of(ssrc)], node)
		if (s->stream.ssrc == ssrc)
			return s;
	return NULL;
}

/* The flow's lock is held. */
static void insert(struct ksrtp_net *kn, struct ksrtp_ssrc_table *table, struct ksrtp_ssrc *s,
		   u32 ssrc)
{
	s->stream.ssrc = ssrc;
	s->last = (u32)jiffies;
	s->born = (u32)jiffies;
	/* Statistics read it without the lock. */
	WRITE_ONCE(table->count, table->count + 1);
	hlist_add_head_rcu(&s->node, &table->bucket[bucket_of(ssrc)]);
	atomic_inc(&kn->streams);
}

static struct ksrtp_ssrc *create(struct ksrtp_net *kn, gfp_t gfp)
{
	struct ksrtp_ssrc *s;

	if (!ksrtp_limit_take(kn, KSRTP_LIMIT_STREAMS))
		return NULL;
	s = kmem_cache_zalloc(cache, gfp);
	if (s)
		spin_lock_init(&s->lock);
	else
		ksrtp_limit_give(kn, KSRTP_LIMIT_STREAMS, 1);
	return s;
}

/*
 * The flow's lock is held. Spare ones come without the allocator; a burst of new SSRCs that outruns
 * the work must not lose their first packets for that. The caps hold for both.
 */
static struct ksrtp_ssrc *take(struct ksrtp_flow *flow)
{
	struct ksrtp_ssrc *s;

	if (hlist_empty(&flow->spare))
		return create(flow->kn, GFP_ATOMIC | __GFP_NOWARN);
	s = hlist_entry(flow->spare.first, struct ksrtp_ssrc, node);
	hlist_del(&s->node);
	flow->spares--;
	return s;
}

struct ksrtp_ssrc *ksrtp_ssrc_add(struct ksrtp_flow *flow, struct ksrtp_ssrc_table *table, u32 ssrc,
				  enum ksrtp_verdict *verdict)
{
	struct ksrtp_ssrc *s;

	spin_lock_bh(&flow->lock);
	s = ksrtp_ssrc_find(table, ssrc); /* another CPU may have been faster */
	if (s)
		goto unlock;
	*verdict = table->count < flow->max_streams ? KSRTP_VERDICT_ROOM : KSRTP_VERDICT_STREAMS;
	if (*verdict == KSRTP_VERDICT_ROOM)
		s = take(flow);
	if (s) {
		insert(flow->kn, table, s, ssrc);
		flow->event_ssrc = ssrc;
		ksrtp_flow_wake(flow);
	}
unlock:
	spin_unlock_bh(&flow->lock);
	return s;
}

int ksrtp_ssrc_refill(struct ksrtp_flow *flow)
{
	while (READ_ONCE(flow->spares) < KSRTP_SSRC_SPARES) {
		struct ksrtp_ssrc *s = create(flow->kn, GFP_KERNEL_ACCOUNT);

		if (!s)
			return -ENOMEM;
		spin_lock_bh(&flow->lock);
		hlist_add_head(&s->node, &flow->spare);
		flow->spares++;
		spin_unlock_bh(&flow->lock);
	}
	return 0;
}

unsigned int ksrtp_ssrc_close(struct ksrtp_flow *flow)
{
	unsigned int n;

	/* A packet that is still on its way may be adding one. */
	spin_lock_bh(&flow->lock);
	flow->max_streams = 0;
	n = flow->rx.count + flow->tx.count + flow->spares;
	spin_unlock_bh(&flow->lock);
	return n;
}

static void free_list(struct hlist_head *head)
{
	struct hlist_node *next;
	struct ksrtp_ssrc *s;

	hlist_for_each_entry_safe(s, next, head, node)
		kmem_cache_free(cache, s);
}

void ksrtp_ssrc_free(struct ksrtp_flow *flow)
{
	unsigned int i;

	for (i = 0; i < KSRTP_SSRC_BUCKETS; i++) {
		free_list(&flow->rx.bucket[i]);
		free_list(&flow->tx.bucket[i]);
	}
	free_list(&flow->spare);
}

int ksrtp_ssrc_raise(struct ksrtp_flow *flow, struct ksrtp_ssrc_table *table, u32 ssrc, u64 index,
		     u64 rtcp)
{
	u32 newest = ksrtp_keyring_newest(flow, table == &flow->tx);
	enum ksrtp_verdict verdict;
	struct ksrtp_ssrc *s;
	int err;

	err = ksrtp_ssrc_refill(flow);
	if (err)
		return err;
	rcu_read_lock();
	s = ksrtp_ssrc_add(flow, table, ssrc, &verdict);
	if (!s) {
		err = -ENOSPC;
		goto unlock;
	}
	spin_lock_bh(&s->lock);
	if ((index && index < s->stream.next) || (rtcp && rtcp < s->stream.rtcp_next)) {
		err = -ERANGE;
	} else {
		/*
		 * What lies below counts as seen: the list is full, nothing old may come in by it.
		 */
		if (index > s->stream.next) {
			memset(&s->stream.seen, 0xff, sizeof(s->stream.seen));
			WRITE_ONCE(s->stream.next, index);
			WRITE_ONCE(s->key[0], newest);
		}
		if (rtcp > s->stream.rtcp_next) {
			memset(&s->stream.rtcp_seen, 0xff, sizeof(s->stream.rtcp_seen));
			WRITE_ONCE(s->stream.rtcp_next, (u32)rtcp);
			WRITE_ONCE(s->key[1], newest);
		}
	}
	spin_unlock_bh(&s->lock);
unlock:
	rcu_read_unlock();
	return err;
}
