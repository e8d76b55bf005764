/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a UDP packet at one of our ports is. What every packet goes through stands here, for the
 * packet paths to have it without a call; what only some need is in classify.c.
 */
#ifndef KSRTP_KMOD_CLASSIFY_H
#define KSRTP_KMOD_CLASSIFY_H

#include <linux/udp.h>

#include "kmod/flow.h"
#include "kmod/hook.h"

/** ksrtp_classify_sum - add up the checksum of a datagram that nobody vouches for. Is it wrong? */
bool ksrtp_classify_sum(const struct ksrtp_packet *p);

static inline bool ksrtp_classify_sum_bad(const struct ksrtp_packet *p)
{
	const struct udphdr *uh = (const struct udphdr *)(p->skb->data + p->udp);
	u8 summed = p->skb->ip_summed;

	/* The device looked, or it comes from a socket on this host. */
	if (likely(uh->check && (summed == CHECKSUM_UNNECESSARY || summed == CHECKSUM_PARTIAL)))
		return false;
	return ksrtp_classify_sum(p);
}

/**
 * ksrtp_classify_whole - the datagram lies in one piece with nothing behind it, its checksum is
 * right
 *
 * Sets p->len and p->arrived. Return: OK, SHORT, CHECKSUM, ROOM.
 */
static inline enum ksrtp_verdict ksrtp_classify_whole(struct ksrtp_packet *p)
{
	const struct udphdr *uh = (const struct udphdr *)(p->skb->data + p->udp);
	u32 len = ntohs(uh->len);

	if (len < sizeof(*uh) || len > p->skb->len - p->udp)
		return KSRTP_VERDICT_SHORT;
	p->len = len - sizeof(*uh);
	p->arrived = p->len;
	if (pskb_trim_rcsum(p->skb, p->udp + len))
		return KSRTP_VERDICT_ROOM;
	if (p->way != KSRTP_WAY_OUT && ksrtp_classify_sum_bad(p))
		return KSRTP_VERDICT_CHECKSUM;
	return skb_linearize(p->skb) ? KSRTP_VERDICT_ROOM : KSRTP_VERDICT_OK;
}

/** ksrtp_classify_theirs - why what is neither RTP nor RTCP must be dropped, or OK */
enum ksrtp_verdict ksrtp_classify_theirs(const struct ksrtp_packet *p, enum ksrtp_kind kind);

/**
 * ksrtp_classify_ours - is it RTP or RTCP? Sets p->rtcp. All that comes to a raw flow is ours
 * @verdict: out: why it must be dropped, whosever it is; or OK
 */
static inline bool ksrtp_classify_ours(struct ksrtp_packet *p, enum ksrtp_verdict *verdict)
{
	enum ksrtp_kind kind = ksrtp_kind_of(ksrtp_hook_payload(p), p->len);

	*verdict = KSRTP_VERDICT_OK;
	if (unlikely(p->flow->raw))
		return true;
	if (unlikely(kind != KSRTP_KIND_RTP && kind != KSRTP_KIND_RTCP)) {
		*verdict = ksrtp_classify_theirs(p, kind);
		return false;
	}
	p->rtcp = kind == KSRTP_KIND_RTCP;
	if (p->rtcp != p->part && !(p->rtcp && READ_ONCE(p->flow->muxed)))
		*verdict = KSRTP_VERDICT_NOT_RTP;
	return true;
}

/**
 * ksrtp_classify_arrive - count it in the namespace's sums, once it is ours: to forward, or to drop
 * for whatever cause
 */
static inline void ksrtp_classify_arrive(struct ksrtp_packet *p)
{
	p->summed = true;
	this_cpu_inc(p->kn->counts->rx_packets);
	this_cpu_add(p->kn->counts->rx_bytes, p->arrived);
}

/** ksrtp_classify_parse - into p->head, of a raw flow nothing. Return: OK, SHORT, NOT_RTP */
static inline enum ksrtp_verdict ksrtp_classify_parse(struct ksrtp_packet *p)
{
	const u8 *data = ksrtp_hook_payload(p);

	if (unlikely(p->flow->raw)) {
		p->head = (struct ksrtp_head){ };
		return KSRTP_VERDICT_OK;
	}
	return unlikely(p->rtcp) ? ksrtp_rtcp_parse(data, p->len, &p->head) :
				   ksrtp_rtp_parse(data, p->len, &p->head);
}

#endif
