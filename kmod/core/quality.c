// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loss, reordering and jitter of one SSRC (RFC 3550 appendices A.1, A.3, A.8) for packets that
 * authenticated or that the source rule let in. Called for each of them under the lock of its
 * stream or flow, so a few dozen instructions and no division; any context.
 *
 * Loss differs from A.3 in one thing: a duplicate does not make up for a packet that never came.
 */
#include <ksrtp/quality.h>

#include "core.h"

#define DROPOUT		3000	/* RFC 3550 A.1: a longer step forward is a jump */
#define MISORDER	100	/* RFC 3550 A.1: so is a longer one back */
#define OTHERS		50	/* packets in a row of another payload type that make it ours */
#define STEP_MAX_US	10000000	/* a difference of two clocks beyond it: one was set */
#define PAUSE_US	250000	/* no look at an unknown clock goes across */
#define LOOK_US		1000000

/* The usual clocks: microseconds a tick, times 2^16. */
#define CLOCK(hz) { hz, (u32)((1000000ull << 16) / (hz)) }
static const struct {
	u32 hz;
	u32 tick;
} clocks[] = {
	{ 0, 0 },     CLOCK(8000),  CLOCK(11025), CLOCK(12000), CLOCK(16000), CLOCK(22050),
	CLOCK(24000), CLOCK(32000), CLOCK(44100), CLOCK(48000), CLOCK(90000),
};

enum {
	UNKNOWN, HZ_8000, HZ_11025, HZ_12000, HZ_16000, HZ_22050, HZ_24000, HZ_32000, HZ_44100,
	HZ_48000, HZ_90000,
};

/* RFC 3551 tables 4 and 5. */
static const u8 static_clock[128] = {
	[0] = HZ_8000,	 [3] = HZ_8000,	  [4] = HZ_8000,   [5] = HZ_8000,   [6] = HZ_16000,
	[7] = HZ_8000,	 [8] = HZ_8000,	  [9] = HZ_8000,   [10] = HZ_44100, [11] = HZ_44100,
	[12] = HZ_8000,	 [13] = HZ_8000,  [14] = HZ_90000, [15] = HZ_8000,  [16] = HZ_11025,
	[17] = HZ_22050, [18] = HZ_8000,  [25] = HZ_90000, [26] = HZ_90000, [28] = HZ_90000,
	[31] = HZ_90000, [32] = HZ_90000, [33] = HZ_90000, [34] = HZ_90000,
};

/* ---- how many ---- */

/* Return: false for a duplicate. */
static bool count(struct ksrtp_quality *q, u64 index)
{
	u64 step = index - q->highest, back = q->highest - index;

	if (!q->begun) {
		q->begun = true;
		q->expected++;
		q->seen = 1;
		q->highest = index;
	} else if (index > q->highest) {
		q->expected += (u32)step;
		q->seen = step < 64 ? q->seen << step | 1 : 1;
		q->highest = index;
	} else {
		if (back < 64 && (q->seen >> back & 1)) {
			q->duplicates++;
			return false;
		}
		if (back < 64)
			q->seen |= 1ull << back;
		q->reordered++;
	}
	q->received++;
	return true;
}

/*
 * RFC 3550 A.1. The first cycle is number 1, so that what comes before the first packet has a
 * number too. Return: false for a jump that nothing confirms yet.
 */
static bool extend(struct ksrtp_quality *q, u16 seq, u64 *index)
{
	u16 step = (u16)(seq - (u16)q->highest);

	if (q->begun && step < DROPOUT) {
		*index = q->highest + step;
	} else if (q->begun && (u16)-step <= MISORDER) {
		*index = q->highest - (u16)-step;
	} else {
		if (q->begun && !(q->jumped && seq == q->jump)) {
			q->jumped = true;
			q->jump = (u16)(seq + 1);
			return false;
		}
		ksrtp_quality_restart(q);
		*index = 0x10000 + (u64)seq;
	}
	q->jumped = false;
	return true;
}

/* ---- how evenly ---- */

static u8 nearest_clock(u32 ticks, u32 us)
{
	u8 i;

	for (i = 1; i < ARRAY_SIZE(clocks); i++) {
		u64 have = (u64)ticks * 1000000, want = (u64)clocks[i].hz * us;

		/* The closest two differ by a twelfth. */
		if (have + (want >> 5) > want && want + (want >> 5) > have)
			return i;
	}
	return UNKNOWN;
}

/* One look is a second without a pause; a clock is known when two looks in a row agree. */
static void look(struct ksrtp_quality *q, u32 timestamp, u64 now_us, bool pause)
{
	u32 us = (u32)now_us - q->since_us;
	u8 found = UNKNOWN;

	if (q->timed && !pause) {
		if (us < LOOK_US)
			return;
		found = nearest_clock(timestamp - q->since_timestamp, us);
		if (found == q->candidate)
			q->clock = found;
	}
	q->candidate = found;
	q->since_us = (u32)now_us;
	q->since_timestamp = timestamp;
}

/*
 * Events and comfort noise share the SSRC but may have a clock of their own; only what stays is a
 * new codec.
 */
static inline bool of_type(struct ksrtp_quality *q, u8 type)
{
	if (likely(q->type == type && (q->timed || q->received > 1))) {
		q->others = 0;
		return true;
	}
	if (q->received > 1 && ++q->others < OTHERS)
		return false;
	q->type = type;
	q->others = 0;
	q->clock = static_clock[type & 0x7f];
	q->candidate = UNKNOWN;
	q->timed = false;
	q->jitter = 0;
	return true;
}

/* RFC 3550 A.8 in microseconds. */
static void differ(struct ksrtp_quality *q, u32 timestamp, u64 us)
{
	s64 media = (s64)(s32)(timestamp - q->timestamp) * clocks[q->clock].tick >> 16;
	s64 d = (s64)us - media;

	if (d < 0)
		d = -d;
	if (likely(d < STEP_MAX_US))
		q->jitter += (u32)d - ((q->jitter + 8) >> 4);
}

static inline void pace(struct ksrtp_quality *q, const struct ksrtp_head *head, u64 now_us)
{
	u64 us;

	if (!of_type(q, head->type))
		return;
	us = now_us - q->last_us;
	if (unlikely(q->clock == UNKNOWN))
		look(q, head->timestamp, now_us, us > PAUSE_US);
	else if (likely(q->timed))
		differ(q, head->timestamp, us);
	q->timed = true;
	q->last_us = now_us;
	q->timestamp = head->timestamp;
}

/* ---- all of it ---- */

/** ksrtp_quality_secure - see <ksrtp/quality.h> */
void ksrtp_quality_secure(struct ksrtp_quality *q, u64 index, const struct ksrtp_head *head,
			  u64 now_us)
{
	if (likely(count(q, index)))
		pace(q, head, now_us);
}

/** ksrtp_quality_clear - see <ksrtp/quality.h> */
void ksrtp_quality_clear(struct ksrtp_quality *q, const struct ksrtp_head *head, u64 now_us)
{
	u64 index;

	if (likely(extend(q, head->seq, &index) && count(q, index)))
		pace(q, head, now_us);
}

/** ksrtp_quality_restart - see <ksrtp/quality.h> */
void ksrtp_quality_restart(struct ksrtp_quality *q)
{
	q->begun = false;
	q->timed = false;
}

/** ksrtp_quality_clock - see <ksrtp/quality.h> */
u32 ksrtp_quality_clock(const struct ksrtp_quality *q)
{
	return clocks[q->clock].hz;
}
