/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which source addresses a flow accepts, and when its remote address moves (kmod/core/latch.c).
 * Pure functions over a small state that the caller serialises with the flow's lock.
 */
#ifndef KSRTP_LATCH_H
#define KSRTP_LATCH_H

#include <ksrtp/port.h>
#include <ksrtp/verdict.h>

#define KSRTP_LATCH_WINDOW_MS	5000	/* clear RTP may latch so long after an SDP change */
#define KSRTP_LATCH_RUN		3	/* packets in a row of one SSRC from one address */

/** enum ksrtp_source - source policy of a flow; values cross the border */
enum ksrtp_source {
	KSRTP_SOURCE_STRICT = 0,	/* only the signalled address and port */
	KSRTP_SOURCE_LATCH = 1,		/* see ksrtp_latch_clear() and ksrtp_latch_authentic() */
	KSRTP_SOURCE_ANY = 2,		/* whatever comes; follows every packet */
};

/**
 * struct ksrtp_endpoint - an IP address and UDP port
 * @addr: IPv4 as ::ffff:a.b.c.d
 * @port: host order, 0 unknown
 */
struct ksrtp_endpoint {
	u8 addr[16];
	u16 port;
};

/**
 * struct ksrtp_latch - source rule and its state; one for RTP, one for RTCP on its own port
 * @expected: from SDP; all zero when unknown
 * @natted: address (port ignored) of the signalling source, where a phone behind NAT will send
 *	from; all zero when there is none
 * @present: where packets come from now and where replies go; starts as @expected
 * @candidate: clear RTP: a new source being counted
 * @since_ms: time of the last SDP change, the caller's monotonic clock
 */
struct ksrtp_latch {
	enum ksrtp_source policy;
	struct ksrtp_endpoint expected;
	struct ksrtp_endpoint natted;
	struct ksrtp_endpoint present;
	struct ksrtp_endpoint candidate;
	u32 candidate_ssrc;
	u8 candidate_run;
	bool latched;
	u64 since_ms;
};

/** ksrtp_latch_set - a new SDP: remember, point @present at @expected, open the window again */
void ksrtp_latch_set(struct ksrtp_latch *l, enum ksrtp_source policy,
		     const struct ksrtp_endpoint *expected, const struct ksrtp_endpoint *natted,
		     u64 now_ms);

/**
 * ksrtp_latch_admit - may this source be tried on a flow whose packets authenticate? Only reads.
 *
 * STRICT: only @present. LATCH and ANY: every source, authentication decides. Return: OK, SOURCE.
 */
enum ksrtp_verdict ksrtp_latch_admit(const struct ksrtp_latch *l,
				     const struct ksrtp_endpoint *from);

/**
 * ksrtp_latch_authentic - an authenticated, non-replayed packet came
 * @newest: it is the highest index so far; older ones never move a flow
 *
 * Return: true when @present moved.
 */
bool ksrtp_latch_authentic(struct ksrtp_latch *l, const struct ksrtp_endpoint *from, bool newest);

/**
 * ksrtp_latch_clear - a packet came on a clear ingress: the source rule replaces authentication
 *
 * @present passes, and from then on nothing else latches. ANY moves with every packet. LATCH:
 * within KSRTP_LATCH_WINDOW_MS of the SDP change, and only while not latched, KSRTP_LATCH_RUN
 * packets in a row of one SSRC from one source move @present there, if that source has the
 * address of @expected or of @natted.
 * Return: OK (also for the packet that completes a run; *moved set then), SOURCE otherwise.
 */
enum ksrtp_verdict ksrtp_latch_clear(struct ksrtp_latch *l, const struct ksrtp_endpoint *from,
				     u32 ssrc, u64 now_ms, bool *moved);

#endif
