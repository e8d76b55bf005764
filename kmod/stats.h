/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters: a namespace's, for each CPU, and how those of a flow are put together. */
#ifndef KSRTP_KMOD_STATS_H
#define KSRTP_KMOD_STATS_H

#include <linux/percpu.h>
#include <linux/smp.h>

#include <ksrtp/verdict.h>

struct ksrtp_flow;
struct ksrtp_net;

/**
 * struct ksrtp_stats - the numbers of enum ksrtp_stats_attr
 *
 * Of a namespace one for each CPU, only ever changed by this_cpu operations.
 */
struct ksrtp_stats {
	u64 rx_packets, rx_bytes, rx_secure;
	u64 tx_packets, tx_bytes, tx_secure, tx_fragmented;
	u64 probes;
	u64 verdict[KSRTP_VERDICT_COUNT];
};

/** struct ksrtp_tally - packets and bytes of UDP payload */
struct ksrtp_tally {
	u64 packets;
	u64 bytes;
};

/**
 * struct ksrtp_clear - packets in one direction that no stream counts
 * @home: the CPU that was first to count here, plus one; 0: none yet
 * @here: its packets; nobody else writes them
 * @away: those of all other CPUs, under the flow's lock
 *
 * As a rule all packets of a flow come to one CPU. It needs no lock, and a count for each CPU that
 * there may ever be would cost more memory than all the rest of a flow.
 */
struct ksrtp_clear {
	u32 home;
	struct ksrtp_tally here;
	struct ksrtp_tally away;
};

/** ksrtp_stats_away - count a packet of another CPU than the one at home, or the first of all */
void ksrtp_stats_away(struct ksrtp_flow *flow, struct ksrtp_clear *clear, u32 bytes);

static inline void ksrtp_stats_add(struct ksrtp_tally *to, u32 bytes)
{
	WRITE_ONCE(to->packets, to->packets + 1);
	WRITE_ONCE(to->bytes, to->bytes + bytes);
}

/** ksrtp_stats_clear - count a packet; bottom halves off */
static inline void ksrtp_stats_clear(struct ksrtp_flow *flow, struct ksrtp_clear *clear, u32 bytes)
{
	if (likely(READ_ONCE(clear->home) == smp_processor_id() + 1u))
		ksrtp_stats_add(&clear->here, bytes);
	else
		ksrtp_stats_away(flow, clear, bytes);
}

/** ksrtp_stats_net - sum of all CPUs; what runs meanwhile may be in or not */
void ksrtp_stats_net(const struct ksrtp_net *kn, struct ksrtp_stats *sum);

/** ksrtp_stats_flow - numbers of one flow; under the namespace's lock */
void ksrtp_stats_flow(struct ksrtp_flow *flow, struct ksrtp_stats *sum);

#endif
