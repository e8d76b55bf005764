/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers about media: how well it arrives, and what the far side says of what it gets. */
#ifndef KSRTP_KMOD_MEDIA_H
#define KSRTP_KMOD_MEDIA_H

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/rcupdate.h>

#include <ksrtp/quality.h>

#include "kmod/stats.h"

struct ksrtp_flow;
struct ksrtp_packet;

/**
 * struct ksrtp_media_heard - the SSRC a clear ingress hears; written without a lock, see
 * ksrtp_media_heard()
 *
 * There is no stream there and no memory for many: one SSRC has the place until it is silent.
 * @seen: its RTP packets
 * @born, @last: jiffies of its first and its newest packet
 */
struct ksrtp_media_heard {
	struct ksrtp_quality quality;
	struct ksrtp_tally seen;
	u32 ssrc;
	u32 born;
	unsigned long last;
	struct rcu_head rcu;
};

/** struct ksrtp_media_told - the SSRC of a clear egress that the far side spoke of last */
struct ksrtp_media_told {
	struct ksrtp_report report;
	u32 ssrc;
	struct rcu_head rcu;
};

/** ksrtp_media_now - microseconds of the clock of <ksrtp/quality.h> */
static inline u64 ksrtp_media_now(void)
{
	/* sched_clock() is cheaper, but where the TSC is not trusted it is off by up to a tick. */
	return div_u64(ktime_get_ns(), NSEC_PER_USEC);
}

/**
 * ksrtp_media_keep - keep numbers of an ingress in clear, or forget them; namespace's lock
 * @tx: of an egress
 *
 * A direction with keys has streams instead. Without memory there are no numbers.
 */
void ksrtp_media_keep(struct ksrtp_flow *flow, bool tx, bool keep);
/** ksrtp_media_free - of a flow that nobody can reach any more */
void ksrtp_media_free(struct ksrtp_flow *flow);
/** ksrtp_media_read - a copy of both, zeroes for what is not kept; process context, under RCU */
void ksrtp_media_read(struct ksrtp_flow *flow, struct ksrtp_media_heard *heard,
		      struct ksrtp_media_told *told);

/**
 * ksrtp_media_heard - an RTP packet came in on a clear ingress; bottom halves off
 * @head: of the packet
 * @bytes: its payload
 *
 * Without a lock, which would cost as much as all the rest: as a rule the packets of a flow come to
 * one CPU. In the moment in which they move to another both may write, and a number may then be off
 * by a few for good; nothing but what people are shown rests on it.
 * Return: is it of the SSRC that has the place?
 */
static inline bool ksrtp_media_heard(struct ksrtp_media_heard *h, const struct ksrtp_head *head,
				     u32 bytes)
{
	if (unlikely(h->ssrc != head->ssrc || !h->seen.packets)) {
		if (h->seen.packets && time_before(jiffies, h->last + HZ))
			return false;
		memset(h, 0, offsetof(struct ksrtp_media_heard, rcu));
		h->ssrc = head->ssrc;
		h->born = (u32)jiffies;
	}
	h->seen.packets++;
	h->seen.bytes += bytes;
	h->last = jiffies;
	ksrtp_quality_clear(&h->quality, head, ksrtp_media_now());
	return true;
}
/** ksrtp_media_reported - an RTCP packet came that was let in, and is in clear now; under RCU */
void ksrtp_media_reported(struct ksrtp_packet *p);
/** ksrtp_media_report - an RTCP packet leaves, and is in clear still; under RCU */
void ksrtp_media_report(struct ksrtp_packet *p);

/**
 * ksrtp_media_clock - clock rate of an SSRC that a flow sends, as its peer measured it; under RCU
 *
 * Return: Hz, 0: unknown.
 */
u32 ksrtp_media_clock(struct ksrtp_flow *flow, u32 ssrc);

#endif
