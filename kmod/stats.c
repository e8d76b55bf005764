// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sums for netlink and /proc, in process context. The packet path counts where it holds a lock or
 * is alone anyway: in streams, in the flow's tallies, in the namespace's per-CPU numbers.
 */
#include <linux/bottom_half.h>
#include <linux/cpumask.h>

#include "kmod/flow.h"
#include "kmod/main.h"
#include "kmod/stats.h"

void ksrtp_stats_away(struct ksrtp_flow *flow, struct ksrtp_clear *clear, u32 bytes)
{
	u32 cpu = smp_processor_id() + 1;

	spin_lock(&flow->lock);
	if (!clear->home)
		WRITE_ONCE(clear->home, cpu);
	ksrtp_stats_add(clear->home == cpu ? &clear->here : &clear->away, bytes);
	spin_unlock(&flow->lock);
}

static void add_clear(const struct ksrtp_clear *clear, struct ksrtp_tally *sum)
{
	sum->packets += READ_ONCE(clear->here.packets) + clear->away.packets;
	sum->bytes += READ_ONCE(clear->here.bytes) + clear->away.bytes;
}

void ksrtp_stats_net(const struct ksrtp_net *kn, struct ksrtp_stats *sum)
{
	const unsigned int n = sizeof(*sum) / sizeof(u64);
	u64 *to = (u64 *)sum;
	unsigned int i;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const u64 *from = (const u64 *)per_cpu_ptr(kn->counts, cpu);

		for (i = 0; i < n; i++)
			to[i] += READ_ONCE(from[i]);
	}
}

static void add_table(const struct ksrtp_ssrc_table *table, struct ksrtp_tally *sum)
{
	struct ksrtp_ssrc *s;
	unsigned int i;

	rcu_read_lock();
	for (i = 0; i < KSRTP_SSRC_BUCKETS; i++)
		hlist_for_each_entry_rcu(s, &table->bucket[i], node) {
			spin_lock_bh(&s->lock);
			sum->packets += s->seen[0].packets + s->seen[1].packets;
			sum->bytes += s->seen[0].bytes + s->seen[1].bytes;
			spin_unlock_bh(&s->lock);
		}
	rcu_read_unlock();
}

/* Without those that a NULL cipher or no tag protected less; another CPU may be ahead with them. */
static u64 secure(const struct ksrtp_tally *all, const atomic64_t *lessened)
{
	u64 less = (u64)atomic64_read(lessened);

	return all->packets > less ? all->packets - less : 0;
}

void ksrtp_stats_flow(struct ksrtp_flow *flow, struct ksrtp_stats *sum)
{
	struct ksrtp_tally rx = { }, tx = { };
	u64 dropped = 0;
	unsigned int i;

	memset(sum, 0, sizeof(*sum));
	add_table(&flow->rx, &rx);
	add_table(&flow->tx, &tx);
	for (i = 1; i < KSRTP_VERDICT_COUNT; i++) {
		sum->verdict[i] = (u64)atomic64_read(&flow->verdict[i]);
		dropped += sum->verdict[i];
	}
	sum->probes = (u64)atomic64_read(&flow->probes);
	sum->rx_secure = secure(&rx, &flow->lessened[0]);
	sum->tx_secure = secure(&tx, &flow->lessened[1]);
	spin_lock_bh(&flow->lock);
	add_clear(&flow->clear[0], &rx);
	add_clear(&flow->clear[1], &tx);
	spin_unlock_bh(&flow->lock);
	sum->rx_packets = rx.packets + (u64)atomic64_read(&flow->refused[0]);
	sum->rx_bytes = rx.bytes + (u64)atomic64_read(&flow->refused[1]);
	sum->tx_packets = tx.packets;
	sum->tx_bytes = tx.bytes;
	sum->tx_fragmented = (u64)atomic64_read(&flow->fragmented);
	if (flow->in_place) {
		/* Its drops are of both ways; what is counted otherwise was delivered or sent. */
		sum->verdict[KSRTP_VERDICT_OK] = rx.packets + tx.packets;
		return;
	}
	/* All that arrived and was not dropped; packets on their way may not be in yet. */
	if (sum->rx_packets > dropped)
		sum->verdict[KSRTP_VERDICT_OK] = sum->rx_packets - dropped;
}
