// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What RTCP says that passes in clear or was opened (RFC 3550 section 6.4 and appendix A.2): bytes
 * of strangers, so the whole compound packet is checked before anything of it is believed. Any
 * context; the caller serialises a struct ksrtp_report.
 */
#include <ksrtp/quality.h>

#include "core.h"

#define SR		200
#define RR		201
#define HEAD		4	/* of any RTCP packet */
#define SR_HEAD		28	/* with sender information */
#define RR_HEAD		8
#define BLOCK		24

/* Of the packet at @at, which lies inside the data. */
static u32 bytes_of(const u8 *p)
{
	return 4 * ((u32)ksrtp_get16(p + 2) + 1);
}

static u32 head_of(const u8 *p)
{
	return p[1] == SR ? SR_HEAD : RR_HEAD;
}

static bool reports(const u8 *p)
{
	return p[1] == SR || p[1] == RR;
}

/* Version, length, padding only on the last one, room for the blocks that it counts. */
static bool sound(const u8 *p, u32 left)
{
	u32 bytes, padding = 0;

	if (left < HEAD || p[0] >> 6 != 2)
		return false;
	bytes = bytes_of(p);
	if (bytes > left)
		return false;
	if (p[0] & 0x20) {
		padding = p[bytes - 1];
		if (bytes != left || !padding || padding & 3 || padding + HEAD > bytes)
			return false;
	}
	return !reports(p) || head_of(p) + BLOCK * (u32)(p[0] & 0x1f) + padding <= bytes;
}

/** ksrtp_report_begin - see <ksrtp/quality.h> */
bool ksrtp_report_begin(struct ksrtp_report_walk *w, const u8 *data, u32 len)
{
	u32 at = 0;

	*w = (struct ksrtp_report_walk){ .data = data, .len = len };
	if (len < HEAD || !reports(data))
		return false;
	while (at < len) {
		if (!sound(data + at, len - at))
			return false;
		at += bytes_of(data + at);
	}
	return true;
}

static void read_sender(const u8 *p, struct ksrtp_report_item *item)
{
	*item = (struct ksrtp_report_item){
		.kind = KSRTP_REPORT_SENDER, .ssrc = ksrtp_get32(p + 4), .ntp = ksrtp_get32(p + 10),
	};
}

static void read_block(const u8 *p, struct ksrtp_report_item *item)
{
	u32 lost = ksrtp_get32(p + 4) & 0xffffff;

	*item = (struct ksrtp_report_item){
		.kind = KSRTP_REPORT_BLOCK, .ssrc = ksrtp_get32(p), .fraction = p[4],
		/* 24 bits with a sign */
		.lost = (s32)(lost ^ 0x800000) - 0x800000, .jitter = ksrtp_get32(p + 12),
		.ntp = ksrtp_get32(p + 16), .delay = ksrtp_get32(p + 20),
	};
}

static u32 items_of(const u8 *p)
{
	return reports(p) ? (u32)(p[0] & 0x1f) + (p[1] == SR) : 0;
}

/** ksrtp_report_next - see <ksrtp/quality.h>; of an SR the first item is the sender information */
bool ksrtp_report_next(struct ksrtp_report_walk *w, struct ksrtp_report_item *item)
{
	while (w->at < w->len) {
		const u8 *p = w->data + w->at;
		u32 n = w->item++;

		if (n >= items_of(p)) {
			w->at += bytes_of(p);
			w->item = 0;
			continue;
		}
		if (p[1] == SR && !n)
			read_sender(p, item);
		else
			read_block(p + head_of(p) + BLOCK * (n - (p[1] == SR)), item);
		return true;
	}
	return false;
}

/** ksrtp_report_sent - see <ksrtp/quality.h> */
void ksrtp_report_sent(struct ksrtp_report *r, const struct ksrtp_report_item *sender, u64 now_us)
{
	r->sent = sender->ntp != 0;
	r->sent_ntp = sender->ntp;
	r->sent_us = now_us;
}

/** ksrtp_report_heard - see <ksrtp/quality.h> */
void ksrtp_report_heard(struct ksrtp_report *r, const struct ksrtp_report_item *block, u64 now_us)
{
	u64 held = (u64)block->delay * 15625 >> 10, passed = now_us - r->sent_us;

	r->heard = true;
	r->heard_us = now_us;
	r->lost = block->lost;
	r->fraction = block->fraction;
	r->jitter = block->jitter;
	if (!r->sent || block->ntp != r->sent_ntp || passed >> 32)
		return;
	r->measured = true;
	/* Clocks differ a little: a round trip is never below nothing. */
	r->rtt_us = passed > held ? (u32)(passed - held) : 0;
}

/** ksrtp_report_jitter - see <ksrtp/quality.h> */
u32 ksrtp_report_jitter(const struct ksrtp_report *r, u32 clock)
{
	u32 seconds = r->jitter / clock, ticks = r->jitter % clock;

	/* In 32 bits for machines that cannot divide more; an hour of jitter is no jitter. */
	if (seconds >= 3600)
		return 3600u * 1000000;
	ticks *= 1000;
	return seconds * 1000000 + ticks / clock * 1000 + ticks % clock * 1000 / clock;
}
