// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A stream as attributes: its indices and the numbers about its media. Called by the dump in
 * reply.c, in process context under RCU and the namespace's lock.
 */
#include <linux/jiffies.h>
#include <linux/math64.h>

#include "kmod/flow.h"
#include "kmod/reply.h"

#define put64(msg, type, value, pad) nla_put_u64_64bit(msg, type, value, pad)

static int put_quality(struct sk_buff *msg, const struct ksrtp_quality *q)
{
	u32 clock = ksrtp_quality_clock(q);

	if (!q->expected)
		return 0;
	if (nla_put_u8(msg, KSRTP_STREAM_A_TYPE, q->type) ||
	    nla_put_u32(msg, KSRTP_STREAM_A_EXPECTED, q->expected) ||
	    nla_put_s32(msg, KSRTP_STREAM_A_LOST, ksrtp_quality_lost(q)) ||
	    nla_put_u32(msg, KSRTP_STREAM_A_REORDERED, q->reordered) ||
	    nla_put_u32(msg, KSRTP_STREAM_A_DUPLICATES, q->duplicates))
		return -EMSGSIZE;
	if (clock && (nla_put_u32(msg, KSRTP_STREAM_A_CLOCK, clock) ||
		      nla_put_u32(msg, KSRTP_STREAM_A_JITTER, ksrtp_quality_jitter(q))))
		return -EMSGSIZE;
	return 0;
}

static int put_report(struct sk_buff *msg, struct ksrtp_flow *flow, u32 ssrc,
		      const struct ksrtp_report *r)
{
	u32 clock = ksrtp_media_clock(flow, ssrc);
	u64 age = div_u64(ksrtp_media_now() - r->heard_us, USEC_PER_MSEC);

	if (!r->heard)
		return 0;
	if (nla_put_s32(msg, KSRTP_STREAM_A_FAR_LOST, r->lost) ||
	    nla_put_u8(msg, KSRTP_STREAM_A_FAR_FRACTION, r->fraction) ||
	    (clock &&
	     (nla_put_u32(msg, KSRTP_STREAM_A_CLOCK, clock) ||
	      nla_put_u32(msg, KSRTP_STREAM_A_FAR_JITTER, ksrtp_report_jitter(r, clock)))) ||
	    nla_put_u32(msg, KSRTP_STREAM_A_FAR_AGE, (u32)min_t(u64, age, U32_MAX)) ||
	    (r->measured && nla_put_u32(msg, KSRTP_STREAM_A_RTT, r->rtt_us)))
		return -EMSGSIZE;
	return 0;
}

int ksrtp_reply_stream(struct sk_buff *msg, struct ksrtp_flow *flow, u8 direction,
		       struct ksrtp_ssrc *s)
{
	struct nlattr *nest = nla_nest_start(msg, KSRTP_A_STREAM);
	struct ksrtp_tally seen[2];
	struct ksrtp_quality quality;
	struct ksrtp_report report;
	u32 last, age, ssrc, rtcp_next;
	u64 next;

	spin_lock_bh(&s->lock);
	ssrc = s->stream.ssrc;
	next = s->stream.next;
	rtcp_next = s->stream.rtcp_next;
	memcpy(seen, s->seen, sizeof(seen));
	quality = s->quality;
	report = s->report;
	last = jiffies_to_msecs((u32)jiffies - s->last);
	age = jiffies_to_msecs((u32)jiffies - s->born);
	spin_unlock_bh(&s->lock);
	if (!nest || nla_put_u32(msg, KSRTP_STREAM_A_FLOW, flow->id) ||
	    nla_put_u8(msg, KSRTP_STREAM_A_DIRECTION, direction) ||
	    nla_put_u32(msg, KSRTP_STREAM_A_SSRC, ssrc) ||
	    (next && (nla_put_u32(msg, KSRTP_STREAM_A_ROC, (u32)((next - 1) >> 16)) ||
		      nla_put_u16(msg, KSRTP_STREAM_A_SEQ, (u16)(next - 1)))) ||
	    nla_put_u32(msg, KSRTP_STREAM_A_RTCP_INDEX, rtcp_next) ||
	    put64(msg, KSRTP_STREAM_A_RTP_PACKETS, seen[0].packets, KSRTP_STREAM_A_PAD) ||
	    put64(msg, KSRTP_STREAM_A_RTP_BYTES, seen[0].bytes, KSRTP_STREAM_A_PAD) ||
	    put64(msg, KSRTP_STREAM_A_RTCP_PACKETS, seen[1].packets, KSRTP_STREAM_A_PAD) ||
	    nla_put_u32(msg, KSRTP_STREAM_A_LAST, last) ||
	    nla_put_u32(msg, KSRTP_STREAM_A_AGE, age) ||
	    (direction == KSRTP_DIRECTION_RX ? put_quality(msg, &quality) :
					       put_report(msg, flow, ssrc, &report)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int ksrtp_reply_clear(struct sk_buff *msg, struct ksrtp_flow *flow, bool tx)
{
	struct nlattr *nest = nla_nest_start(msg, KSRTP_A_STREAM);
	struct ksrtp_media_heard heard;
	struct ksrtp_media_told told;

	ksrtp_media_read(flow, &heard, &told);
	if (!nest || nla_put_u32(msg, KSRTP_STREAM_A_FLOW, flow->id) ||
	    nla_put_u8(msg, KSRTP_STREAM_A_DIRECTION,
		       tx ? KSRTP_DIRECTION_TX : KSRTP_DIRECTION_RX) ||
	    nla_put_u32(msg, KSRTP_STREAM_A_SSRC, tx ? told.ssrc : heard.ssrc) ||
	    nla_put_flag(msg, KSRTP_STREAM_A_CLEAR))
		return -EMSGSIZE;
	if (tx && put_report(msg, flow, told.ssrc, &told.report))
		return -EMSGSIZE;
	if (!tx &&
	    (nla_put_u16(msg, KSRTP_STREAM_A_SEQ, (u16)heard.quality.highest) ||
	     put64(msg, KSRTP_STREAM_A_RTP_PACKETS, heard.seen.packets, KSRTP_STREAM_A_PAD) ||
	     put64(msg, KSRTP_STREAM_A_RTP_BYTES, heard.seen.bytes, KSRTP_STREAM_A_PAD) ||
	     nla_put_u32(msg, KSRTP_STREAM_A_LAST, jiffies_to_msecs(jiffies - heard.last)) ||
	     nla_put_u32(msg, KSRTP_STREAM_A_AGE, jiffies_to_msecs((u32)jiffies - heard.born)) ||
	     put_quality(msg, &heard.quality)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}
