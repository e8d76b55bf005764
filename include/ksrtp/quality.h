/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How well media arrives: loss, reordering and jitter of one SSRC from its RTP packets (RFC 3550
 * appendices A.1, A.3 and A.8; kmod/core/quality.c), and what RTCP that passes says about the way
 * to the far side (RFC 3550 section 6.4; kmod/core/report.c). Pure functions over small states that
 * the caller serialises; only packets that authenticated, or that the source rule let in, may be
 * shown to them. Times are microseconds of any clock that does not go back.
 */
#ifndef KSRTP_QUALITY_H
#define KSRTP_QUALITY_H

#include <ksrtp/srtp.h>

/* ---- what arrives: kmod/core/quality.c ---- */

/**
 * struct ksrtp_quality - one SSRC as received; all zero before the first packet
 * @highest: extended highest sequence number
 * @seen: bit n: @highest - n came
 * @last_us: arrival of the newest packet of @type
 * @received: packets without duplicates
 * @expected: packets there should be, by their sequence numbers
 * @reordered: packets that came after one with a higher number
 * @duplicates: packets that came again, as far as @seen reaches; SRTP refuses them before
 * @timestamp: RTP timestamp of the newest packet of @type
 * @jitter: interarrival jitter, sixteenths of a microsecond
 * @since_us, @since_timestamp: where the present look at an unknown clock began
 * @jump: the sequence number that would confirm a jump (@jumped)
 * @type: payload type whose clock counts
 * @others: packets in a row of other types
 * @clock: rate of its timestamps, index into a table; 0: unknown
 * @candidate: what the last look at the clock found
 * @begun: @highest holds
 * @timed: @last_us and @timestamp hold
 *
 * 64 bytes: it stands with every stream.
 */
struct ksrtp_quality {
	u64 highest;
	u64 seen;
	u64 last_us;
	u32 received;
	u32 expected;
	u32 reordered;
	u32 duplicates;
	u32 timestamp;
	u32 jitter;
	u32 since_us;
	u32 since_timestamp;
	u16 jump;
	u8 type;
	u8 others;
	u8 clock;
	u8 candidate;
	bool jumped : 1;
	bool begun : 1;
	bool timed : 1;
};

/**
 * ksrtp_quality_secure - an authenticated SRTP packet came that was not there before
 * @index: its SRTP index, which is its extended sequence number
 */
void ksrtp_quality_secure(struct ksrtp_quality *q, u64 index, const struct ksrtp_head *head,
			  u64 now_us);

/**
 * ksrtp_quality_clear - an RTP packet came in clear
 *
 * Its number is extended here. As in RFC 3550 A.1 a jump counts for nothing until the next packet
 * confirms it; then it is a new beginning and not a loss.
 */
void ksrtp_quality_clear(struct ksrtp_quality *q, const struct ksrtp_head *head, u64 now_us);

/** ksrtp_quality_restart - the sender numbers anew, as under a new key: the next packet begins */
void ksrtp_quality_restart(struct ksrtp_quality *q);

/** ksrtp_quality_lost - cumulative loss, packets; negative when packets came before the first */
static inline s32 ksrtp_quality_lost(const struct ksrtp_quality *q)
{
	return (s32)(q->expected - q->received);
}

/**
 * ksrtp_quality_clock - rate of the RTP timestamps
 *
 * Of static payload types by RFC 3551. Of others measured: when two seconds in a row of packets
 * without a pause agree on one of the usual rates.
 * Return: Hz, 0: unknown.
 */
u32 ksrtp_quality_clock(const struct ksrtp_quality *q);

/** ksrtp_quality_jitter - interarrival jitter, microseconds; holds if the clock is known */
static inline u32 ksrtp_quality_jitter(const struct ksrtp_quality *q)
{
	return q->jitter >> 4;
}

/* ---- what the far side says: kmod/core/report.c ---- */

enum ksrtp_report_kind { KSRTP_REPORT_SENDER, KSRTP_REPORT_BLOCK };

/**
 * struct ksrtp_report_item - one thing that an RTCP packet says
 * @kind: SENDER: the sender information of an SR; BLOCK: a report block of an SR or RR
 * @ssrc: SENDER: who sent it; BLOCK: whom it is about
 * @ntp: SENDER: middle 32 bits of its NTP timestamp; BLOCK: those of the last SR heard, 0: none
 * @delay: BLOCK: since then, 1/65536 seconds
 * @lost: BLOCK: cumulative
 * @fraction: BLOCK: lost since the block before, 1/256
 * @jitter: BLOCK: units of the RTP timestamp
 */
struct ksrtp_report_item {
	enum ksrtp_report_kind kind;
	u32 ssrc;
	u32 ntp;
	u32 delay;
	s32 lost;
	u32 jitter;
	u8 fraction;
};

/** struct ksrtp_report_walk - where a walk over a compound packet stands; private to report.c */
struct ksrtp_report_walk {
	const u8 *data;
	u32 len;
	u32 at;
	u32 item;
};

/**
 * ksrtp_report_begin - walk over an RTCP packet in clear
 * @data: stays the caller's and must not change until the last ksrtp_report_next()
 *
 * Return: false if it is not a compound packet as RFC 3550 A.2 has it; what does not begin with SR
 * or RR (RFC 5506) says nothing here.
 */
bool ksrtp_report_begin(struct ksrtp_report_walk *w, const u8 *data, u32 len);
/** ksrtp_report_next - Return: false behind the last */
bool ksrtp_report_next(struct ksrtp_report_walk *w, struct ksrtp_report_item *item);

/**
 * struct ksrtp_report - what the far side says about one SSRC that we send to it
 * @sent_us: when the newest sender report of that SSRC left
 * @heard_us: when the newest block about it came
 * @sent_ntp: middle 32 bits of the NTP timestamp of that sender report
 * @rtt_us: round trip from us to the far side and back
 * @lost, @jitter, @fraction: of the newest block
 * @sent, @heard, @measured: @sent_us, @heard_us, @rtt_us hold
 */
struct ksrtp_report {
	u64 sent_us;
	u64 heard_us;
	u32 sent_ntp;
	u32 rtt_us;
	s32 lost;
	u32 jitter;
	u8 fraction;
	bool sent;
	bool heard;
	bool measured;
};

/** ksrtp_report_sent - a sender report leaves for the far side */
void ksrtp_report_sent(struct ksrtp_report *r, const struct ksrtp_report_item *sender, u64 now_us);

/**
 * ksrtp_report_heard - a block of the far side came
 *
 * It answers a sender report that passed here: what lies between, less the time the far side held
 * it, is the round trip of RFC 3550 section 6.4.1 as seen from here.
 */
void ksrtp_report_heard(struct ksrtp_report *r, const struct ksrtp_report_item *block, u64 now_us);

/** ksrtp_report_jitter - its jitter in microseconds, given the clock rate of the SSRC, not 0 */
u32 ksrtp_report_jitter(const struct ksrtp_report *r, u32 clock);

#endif
