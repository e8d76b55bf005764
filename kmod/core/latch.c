// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which source addresses a flow accepts, and when its remote address moves. Called in the packet
 * path by the owner of the flow, under the flow's lock; the clock is the caller's. Symmetric RTP
 * (RFC 4961) behind NAT, without leaving a clear stream to whoever sprays packets at its port.
 */
#include <ksrtp/latch.h>

static bool address_equal(const struct ksrtp_endpoint *a, const struct ksrtp_endpoint *b)
{
	return !memcmp(a->addr, b->addr, sizeof(a->addr));
}

static bool endpoint_equal(const struct ksrtp_endpoint *a, const struct ksrtp_endpoint *b)
{
	return a->port == b->port && address_equal(a, b);
}

/* An unknown place, port 0, is nobody's. */
static bool is_present(const struct ksrtp_latch *l, const struct ksrtp_endpoint *from)
{
	return from->port && endpoint_equal(&l->present, from);
}

static bool address_known(const struct ksrtp_endpoint *e)
{
	static const u8 none[sizeof(e->addr)];

	return memcmp(e->addr, none, sizeof(none)) != 0;
}

/** ksrtp_latch_set - see <ksrtp/latch.h> */
void ksrtp_latch_set(struct ksrtp_latch *l, enum ksrtp_source policy,
		     const struct ksrtp_endpoint *expected, const struct ksrtp_endpoint *natted,
		     u64 now_ms)
{
	memset(l, 0, sizeof(*l));
	l->policy = policy;
	l->expected = *expected;
	l->natted = *natted;
	l->present = *expected;
	l->since_ms = now_ms;
}

/** ksrtp_latch_admit - see <ksrtp/latch.h> */
enum ksrtp_verdict ksrtp_latch_admit(const struct ksrtp_latch *l,
				     const struct ksrtp_endpoint *from)
{
	if (l->policy == KSRTP_SOURCE_STRICT && !is_present(l, from))
		return KSRTP_VERDICT_SOURCE;
	return KSRTP_VERDICT_OK;
}

static void move_to(struct ksrtp_latch *l, const struct ksrtp_endpoint *from)
{
	l->present = *from;
	l->latched = true;
	l->candidate_run = 0;
}

/** ksrtp_latch_authentic - see <ksrtp/latch.h> */
bool ksrtp_latch_authentic(struct ksrtp_latch *l, const struct ksrtp_endpoint *from, bool newest)
{
	if (!newest || l->policy == KSRTP_SOURCE_STRICT || is_present(l, from))
		return false;
	move_to(l, from);
	return true;
}

/* Would this source be believed if it kept sending? */
static bool may_latch(const struct ksrtp_latch *l, const struct ksrtp_endpoint *from, u64 now_ms)
{
	if (l->policy != KSRTP_SOURCE_LATCH || l->latched)
		return false;
	if (now_ms - l->since_ms > KSRTP_LATCH_WINDOW_MS)
		return false;
	return (address_known(&l->expected) && address_equal(&l->expected, from)) ||
	       (address_known(&l->natted) && address_equal(&l->natted, from));
}

/** ksrtp_latch_clear - see <ksrtp/latch.h> */
enum ksrtp_verdict ksrtp_latch_clear(struct ksrtp_latch *l, const struct ksrtp_endpoint *from,
				     u32 ssrc, u64 now_ms, bool *moved)
{
	*moved = false;
	if (is_present(l, from)) {
		/* The signalled source is there: nobody else may take its place without new SDP. */
		l->latched = true;
		l->candidate_run = 0;
		return KSRTP_VERDICT_OK;
	}
	if (l->policy == KSRTP_SOURCE_ANY) {
		move_to(l, from);
		*moved = true;
		return KSRTP_VERDICT_OK;
	}
	if (!may_latch(l, from, now_ms))
		return KSRTP_VERDICT_SOURCE;
	if (!l->candidate_run || l->candidate_ssrc != ssrc ||
	    !endpoint_equal(&l->candidate, from)) {
		l->candidate = *from;
		l->candidate_ssrc = ssrc;
		l->candidate_run = 0;
	}
	if (++l->candidate_run < KSRTP_LATCH_RUN)
		return KSRTP_VERDICT_SOURCE;
	move_to(l, from);
	*moved = true;
	return KSRTP_VERDICT_OK;
}
