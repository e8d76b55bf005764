// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All that is remembered of one SSRC in one direction (RFC 3711 sections 3.2.1 and 3.3): begin
 * looks up or reserves an index, commit marks an authenticated one. The caller holds the stream's
 * lock, but not for the two rx_begin, which only read.
 */
#include "core.h"

/* Why there is no estimate: before the first packet of ROC 0, or behind the last one. */
static enum ksrtp_verdict no_index(u64 next, enum ksrtp_verdict before)
{
	return next >> 32 ? KSRTP_VERDICT_SPENT : before;
}

/** ksrtp_stream_rx_guess - see <ksrtp/srtp.h> */
enum ksrtp_verdict ksrtp_stream_rx_guess(const struct ksrtp_stream *s, u16 seq, u64 *index)
{
	u64 next = READ_ONCE(s->next), guess = ksrtp_index_estimate(next, seq);

	if (guess == ~0ull)
		return no_index(next, KSRTP_VERDICT_OLD);
	*index = guess;
	return KSRTP_VERDICT_OK;
}

/** ksrtp_stream_rx_follow - see <ksrtp/srtp.h> */
void ksrtp_stream_rx_follow(struct ksrtp_stream *s, u64 index)
{
	if (index < s->next)
		return;
	/* What stood there belongs to indices that are pushed out. */
	ksrtp_replay_clear(&s->seen, s->next, index + 1);
	WRITE_ONCE(s->next, index + 1);
}

/** ksrtp_stream_rx_begin - see <ksrtp/srtp.h> */
enum ksrtp_verdict ksrtp_stream_rx_begin(const struct ksrtp_stream *s, u16 seq, u64 *index)
{
	u64 next = READ_ONCE(s->next), guess = ksrtp_index_estimate(next, seq);

	if (guess == ~0ull)
		return no_index(next, KSRTP_VERDICT_OLD);
	*index = guess;
	return ksrtp_replay_check(&s->seen, next, guess);
}

/* Test and set: the same index can pass once only, whoever else began it meanwhile. */
static enum ksrtp_verdict take(struct ksrtp_replay *seen, u64 *next, u64 index, bool *newest)
{
	enum ksrtp_verdict verdict = ksrtp_replay_check(seen, *next, index);
	bool ahead = index >= *next;

	if (newest)
		*newest = ahead;
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	ksrtp_replay_mark(seen, *next, index);
	if (ahead)
		WRITE_ONCE(*next, index + 1);
	return KSRTP_VERDICT_OK;
}

/** ksrtp_stream_rx_commit - see <ksrtp/srtp.h> */
enum ksrtp_verdict ksrtp_stream_rx_commit(struct ksrtp_stream *s, u64 index, bool *newest)
{
	return take(&s->seen, &s->next, index, newest);
}

/** ksrtp_stream_tx_begin - see <ksrtp/srtp.h> */
enum ksrtp_verdict ksrtp_stream_tx_begin(struct ksrtp_stream *s, u16 seq, u64 *index)
{
	u64 guess = ksrtp_index_estimate(s->next, seq);

	if (guess == ~0ull)
		return no_index(s->next, KSRTP_VERDICT_REUSE);
	if (take(&s->seen, &s->next, guess, NULL) != KSRTP_VERDICT_OK)
		return KSRTP_VERDICT_REUSE;
	*index = guess;
	return KSRTP_VERDICT_OK;
}

/** ksrtp_stream_rtcp_rx_begin - see <ksrtp/srtp.h> */
enum ksrtp_verdict ksrtp_stream_rtcp_rx_begin(const struct ksrtp_stream *s, u32 index)
{
	return ksrtp_replay_check(&s->rtcp_seen, READ_ONCE(s->rtcp_next), index);
}

/** ksrtp_stream_rtcp_rx_commit - see <ksrtp/srtp.h> */
enum ksrtp_verdict ksrtp_stream_rtcp_rx_commit(struct ksrtp_stream *s, u32 index, bool *newest)
{
	u64 next = s->rtcp_next;
	enum ksrtp_verdict verdict = take(&s->rtcp_seen, &next, index, newest);

	if (verdict == KSRTP_VERDICT_OK)
		WRITE_ONCE(s->rtcp_next, (u32)next);
	return verdict;
}

/** ksrtp_stream_rtcp_tx_begin - see <ksrtp/srtp.h> */
enum ksrtp_verdict ksrtp_stream_rtcp_tx_begin(struct ksrtp_stream *s, u64 *index)
{
	if (s->rtcp_next >= KSRTP_RTCP_LIMIT)
		return KSRTP_VERDICT_SPENT;
	*index = s->rtcp_next;
	WRITE_ONCE(s->rtcp_next, s->rtcp_next + 1);
	return KSRTP_VERDICT_OK;
}
