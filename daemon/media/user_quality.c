// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers about media in the user back end: what arrives in clear, and what RTCP says on its way
 * (RFC 3550 section 6.4). Called by user_path.c for packets that authenticated or were let in, and
 * by user.c to read, both under the worker's lock.
 */
#include "daemon/media/user.h"

#define SILENT_US	1000000	/* so long the SSRC of a clear ingress keeps its place */

void ksrtp_user_quality_hear(struct ksrtp_user_packet *p, u64 now_us)
{
	struct ksrtp_user_heard *h = &p->flow->heard;

	if (h->ssrc != p->head.ssrc || !h->packets) {
		if (h->packets && now_us - h->last_us < SILENT_US)
			return;
		*h = (struct ksrtp_user_heard){ .ssrc = p->head.ssrc };
	}
	h->packets++;
	h->last_us = now_us;
	ksrtp_quality_clear(&h->quality, &p->head, now_us);
}

static const struct ksrtp_quality *quality_of(struct ksrtp_user_flow *flow, u32 ssrc)
{
	struct ksrtp_user_stream *stream = flow ? ksrtp_user_stream_find(&flow->rx, ssrc) : NULL;

	if (stream)
		return &stream->quality;
	return flow && flow->heard.packets && flow->heard.ssrc == ssrc ? &flow->heard.quality :
									 NULL;
}

/*
 * Where stands what is known of an SSRC that @flow sends? A stranger's takes no place: the peer
 * must have heard it.
 */
static struct ksrtp_report *report_of(struct ksrtp_user_flow *flow, u32 ssrc)
{
	struct ksrtp_user_stream *stream = ksrtp_user_stream_find(&flow->tx, ssrc);

	if (stream)
		return &stream->report;
	if (flow->told.ssrc != ssrc) {
		if (!quality_of(flow->peer, ssrc))
			return NULL;
		flow->told = (struct ksrtp_user_told){ .ssrc = ssrc };
	}
	return &flow->told.report;
}

static void walk(const struct ksrtp_user_packet *p, struct ksrtp_user_flow *flow,
		 enum ksrtp_report_kind kind, u64 now_us)
{
	struct ksrtp_report_item item;
	struct ksrtp_report_walk w;
	struct ksrtp_report *report;

	if (!ksrtp_report_begin(&w, p->data, p->len))
		return;
	while (ksrtp_report_next(&w, &item)) {
		report = item.kind == kind ? report_of(flow, item.ssrc) : NULL;
		if (!report)
			continue;
		if (kind == KSRTP_REPORT_SENDER)
			ksrtp_report_sent(report, &item, now_us);
		else
			ksrtp_report_heard(report, &item, now_us);
	}
}

void ksrtp_user_quality_reported(const struct ksrtp_user_packet *p, u64 now_us)
{
	walk(p, p->flow, KSRTP_REPORT_BLOCK, now_us);
}

void ksrtp_user_quality_report(const struct ksrtp_user_packet *p, u64 now_us)
{
	walk(p, p->flow->peer, KSRTP_REPORT_SENDER, now_us);
}

/* ---- reading ---- */

static void read_heard(const struct ksrtp_quality *q, struct ksrtp_media_quality *out)
{
	out->heard = q->expected;
	out->type = q->type;
	out->expected = q->expected;
	out->lost = ksrtp_quality_lost(q);
	out->reordered = q->reordered;
	out->duplicates = q->duplicates;
	out->clock = ksrtp_quality_clock(q);
	out->jitter_us = ksrtp_quality_jitter(q);
}

static void read_report(const struct ksrtp_report *r, u32 clock, struct ksrtp_media_quality *out)
{
	out->reported = r->heard;
	out->far_lost = r->lost;
	out->far_fraction = r->fraction;
	out->far_jittered = clock;
	out->far_jitter_us = clock ? ksrtp_report_jitter(r, clock) : 0;
	out->measured = r->measured;
	out->rtt_us = r->rtt_us;
}

void ksrtp_user_quality_read(struct ksrtp_user_flow *flow, struct ksrtp_media_quality *out)
{
	const struct ksrtp_quality *q = &flow->heard.quality;
	const struct ksrtp_report *r = &flow->told.report;
	u32 sent = flow->told.ssrc;
	unsigned int i;

	out->ssrc = flow->heard.ssrc;
	for (i = 0; i < flow->rx.n; i++) {
		const struct ksrtp_user_stream *stream = flow->rx.at[i];

		if (stream->quality.received <= q->received)
			continue;
		q = &stream->quality;
		out->ssrc = stream->s.ssrc;
	}
	read_heard(q, out);
	for (i = 0; i < flow->tx.n; i++) {
		const struct ksrtp_user_stream *stream = flow->tx.at[i];

		if (stream->report.heard_us <= r->heard_us)
			continue;
		r = &stream->report;
		sent = stream->s.ssrc;
	}
	if (!r->heard)
		return;
	q = quality_of(flow->peer, sent);
	read_report(r, q ? ksrtp_quality_clock(q) : 0, out);
}
