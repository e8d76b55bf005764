// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers about media. RTP is counted where a packet is counted anyway, under the same lock; RTCP
 * is read here on its way, in clear, in softirq under RCU: a block that comes to a flow is about an
 * SSRC which that flow sends, so what it says stands with that transmit stream, and so does when
 * the sender report left that the block answers (RFC 3550 section 6.4.1).
 */
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "kmod/flow.h"
#include "kmod/hook.h"
#include "kmod/media.h"

/* ---- what is kept of a direction in clear ---- */

static void keep_heard(struct ksrtp_flow *flow, bool keep)
{
	struct ksrtp_media_heard *heard = NULL, *old;

	if (keep)
		heard = kzalloc(sizeof(*heard), GFP_KERNEL_ACCOUNT);
	old = rcu_replace_pointer(flow->heard, heard, lockdep_is_held(&flow->kn->lock));
	if (old)
		kfree_rcu(old, rcu);
}

static void keep_told(struct ksrtp_flow *flow, bool keep)
{
	struct ksrtp_media_told *told = NULL, *old;

	if (keep)
		told = kzalloc(sizeof(*told), GFP_KERNEL_ACCOUNT);
	old = rcu_replace_pointer(flow->told, told, lockdep_is_held(&flow->kn->lock));
	if (old)
		kfree_rcu(old, rcu);
}

void ksrtp_media_keep(struct ksrtp_flow *flow, bool tx, bool keep)
{
	if (tx)
		keep_told(flow, keep);
	else
		keep_heard(flow, keep);
}

void ksrtp_media_free(struct ksrtp_flow *flow)
{
	kfree(rcu_dereference_protected(flow->heard, true));
	kfree(rcu_dereference_protected(flow->told, true));
}

void ksrtp_media_read(struct ksrtp_flow *flow, struct ksrtp_media_heard *heard,
		      struct ksrtp_media_told *told)
{
	const struct ksrtp_media_heard *h = rcu_dereference(flow->heard);
	const struct ksrtp_media_told *t = rcu_dereference(flow->told);

	memset(heard, 0, sizeof(*heard));
	memset(told, 0, sizeof(*told));
	spin_lock_bh(&flow->lock);
	if (h)
		*heard = data_race(*h); /* a packet on its way may be in by half */
	if (t)
		*told = *t;
	spin_unlock_bh(&flow->lock);
}

/* ---- RTCP ---- */

static bool hears(struct ksrtp_flow *flow, u32 ssrc)
{
	const struct ksrtp_media_heard *h;

	if (!flow)
		return false;
	h = rcu_dereference(flow->heard);
	return ksrtp_ssrc_find(&flow->rx, ssrc) ||
	       (h && READ_ONCE(h->ssrc) == ssrc && READ_ONCE(h->seen.packets));
}

static void note(struct ksrtp_report *report, const struct ksrtp_report_item *item)
{
	if (item->kind == KSRTP_REPORT_SENDER)
		ksrtp_report_sent(report, item, ksrtp_media_now());
	else
		ksrtp_report_heard(report, item, ksrtp_media_now());
}

/* @flow sends @item->ssrc. A stranger's SSRC takes no place: the peer must have heard it. */
static void note_clear(struct ksrtp_flow *flow, const struct ksrtp_report_item *item)
{
	struct ksrtp_media_told *told = rcu_dereference(flow->told);

	if (!told)
		return;
	spin_lock(&flow->lock);
	if (told->ssrc != item->ssrc && hears(rcu_dereference(flow->peer), item->ssrc)) {
		memset(told, 0, offsetof(struct ksrtp_media_told, rcu));
		told->ssrc = item->ssrc;
	}
	if (told->ssrc == item->ssrc)
		note(&told->report, item);
	spin_unlock(&flow->lock);
}

static void note_about(struct ksrtp_flow *flow, const struct ksrtp_report_item *item)
{
	struct ksrtp_ssrc *s = ksrtp_ssrc_find(&flow->tx, item->ssrc);

	if (!s) {
		note_clear(flow, item);
		return;
	}
	spin_lock(&s->lock);
	note(&s->report, item);
	spin_unlock(&s->lock);
}

static void walk(struct ksrtp_packet *p, struct ksrtp_flow *flow, enum ksrtp_report_kind kind)
{
	struct ksrtp_report_walk w;
	struct ksrtp_report_item item;

	if (!ksrtp_report_begin(&w, ksrtp_hook_payload(p), p->len))
		return;
	while (ksrtp_report_next(&w, &item))
		if (item.kind == kind)
			note_about(flow, &item);
}

void ksrtp_media_reported(struct ksrtp_packet *p)
{
	walk(p, p->flow, KSRTP_REPORT_BLOCK);
}

void ksrtp_media_report(struct ksrtp_packet *p)
{
	walk(p, p->peer, KSRTP_REPORT_SENDER);
}

u32 ksrtp_media_clock(struct ksrtp_flow *flow, u32 ssrc)
{
	struct ksrtp_flow *peer = rcu_dereference(flow->peer);
	const struct ksrtp_media_heard *h;
	struct ksrtp_ssrc *s;

	if (!peer)
		return 0;
	s = ksrtp_ssrc_find(&peer->rx, ssrc);
	if (s)
		return ksrtp_quality_clock(&s->quality);
	h = rcu_dereference(peer->heard);
	return h && h->ssrc == ssrc ? ksrtp_quality_clock(&h->quality) : 0;
}
