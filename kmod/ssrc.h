/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams: what a flow remembers of each SSRC, apart for receiving and sending. */
#ifndef KSRTP_KMOD_SSRC_H
#define KSRTP_KMOD_SSRC_H

#include <linux/list.h>
#include <linux/spinlock.h>

#include <ksrtp/quality.h>
#include <ksrtp/srtp.h>

#include "kmod/keyring.h"
#include "kmod/stats.h"

#define KSRTP_SSRC_BUCKETS	4
#define KSRTP_SSRC_SPARES	2	/* streams a flow keeps ready for SSRCs to come */

struct ksrtp_flow;

/**
 * struct ksrtp_ssrc - one SSRC in one direction of a flow
 * @node: in its table; goes only with the flow
 * @lock: for all below; a leaf, never held across crypto
 * @born: jiffies of the first packet
 * @stream: ROC, index, replay list
 * @key: generation of the newest key that it used; [1] is SRTCP's
 * @floor: rx: no key older than this generation may open a packet, for the index began anew with
 *	it; [1] is SRTCP's
 * @lease: of the key's lifetime; [1] is SRTCP's
 * @seen: what went through; [1] is SRTCP's
 * @last: jiffies of the newest packet
 * @quality: rx: how well its RTP arrives
 * @report: tx: what the far side says of it
 * @restart: tx: has its source begun anew?
 * @alias: tx: the stream under whose SSRC that source sends now; or, in that stream, the SSRC that
 *	the source knows, by @origin
 * @aliased: @alias counts; set last
 */
struct ksrtp_ssrc {
	struct hlist_node node;
	spinlock_t lock;
	u32 born;
	struct ksrtp_stream stream;
	u32 key[2];
	u32 floor[2];
	struct ksrtp_lease lease[2];
	struct ksrtp_tally seen[2];
	u32 last;
	u32 alias;
	union {
		struct ksrtp_quality quality;
		struct {
			struct ksrtp_report report;
			struct ksrtp_restart restart;
			bool aliased;
			bool origin;
		};
	};
};

/** struct ksrtp_ssrc_table - read under RCU, changed under the flow's lock */
struct ksrtp_ssrc_table {
	struct hlist_head bucket[KSRTP_SSRC_BUCKETS];
	u32 count;
};

int ksrtp_ssrc_init(void);
void ksrtp_ssrc_exit(void);

/** ksrtp_ssrc_find - under RCU. Return: the stream or NULL */
struct ksrtp_ssrc *ksrtp_ssrc_find(const struct ksrtp_ssrc_table *table, u32 ssrc);

/**
 * ksrtp_ssrc_add - the stream of an SSRC, made from a spare one if it is new; under RCU
 * @verdict: out when NULL is returned: STREAMS at the flow's cap, ROOM without memory
 *
 * For packets that authenticated, or that the source rule let in.
 */
struct ksrtp_ssrc *ksrtp_ssrc_add(struct ksrtp_flow *flow, struct ksrtp_ssrc_table *table, u32 ssrc,
				  enum ksrtp_verdict *verdict);

/** ksrtp_ssrc_refill - bring the spare ones back to their number; process context */
int ksrtp_ssrc_refill(struct ksrtp_flow *flow);
/** ksrtp_ssrc_close - no streams from now on. Return: how many there are, spare ones included */
unsigned int ksrtp_ssrc_close(struct ksrtp_flow *flow);
/** ksrtp_ssrc_free - all streams of a flow that nobody can reach any more */
void ksrtp_ssrc_free(struct ksrtp_flow *flow);

/**
 * ksrtp_ssrc_raise - move the index of a stream upwards, making it if need be
 * @index: highest SRTP index seen, plus one; 0: leave it
 * @rtcp: the same for SRTCP
 *
 * Process context. Return: 0; -ERANGE when one would go down; -ENOSPC, -ENOMEM at the caps.
 */
int ksrtp_ssrc_raise(struct ksrtp_flow *flow, struct ksrtp_ssrc_table *table, u32 ssrc, u64 index,
		     u64 rtcp);

#endif
