// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The replay list (RFC 3711 section 3.3.2): which of the last KSRTP_REPLAY_SIZE indices were seen.
 * Called by stream.c, which says who holds which lock.
 *
 * The list is a ring addressed by the index itself, not shifted: who reads it without the lock
 * while another CPU commits sees, of an index within the list, a bit that belongs to it or to an
 * index that has pushed it out. So a fresh packet is never taken for a replayed one.
 */
#include "core.h"

static inline u64 bit_of(u64 index)
{
	return 1ull << (index % 64);
}

static inline unsigned int word_of(u64 index)
{
	return index / 64 % ARRAY_SIZE(((struct ksrtp_replay *)0)->bits);
}

/**
 * ksrtp_replay_check - was @index seen?
 * @next: the highest index marked plus one
 *
 * Return: OK, REPLAYED or OLD
 */
enum ksrtp_verdict ksrtp_replay_check(const struct ksrtp_replay *r, u64 next, u64 index)
{
	if (index >= next)
		return KSRTP_VERDICT_OK;
	if (index + KSRTP_REPLAY_SIZE < next)
		return KSRTP_VERDICT_OLD;
	if (READ_ONCE(r->bits[word_of(index)]) & bit_of(index))
		return KSRTP_VERDICT_REPLAYED;
	return KSRTP_VERDICT_OK;
}

/** ksrtp_replay_clear - indices from @next on, up to @end, come in and were not seen */
void ksrtp_replay_clear(struct ksrtp_replay *r, u64 next, u64 end)
{
	u64 i;

	if (end >= next + KSRTP_REPLAY_SIZE)
		next = end - KSRTP_REPLAY_SIZE;
	for (i = next; i < end; i++) {
		u64 *w = &r->bits[word_of(i)];

		WRITE_ONCE(*w, *w & ~bit_of(i));
	}
}

/**
 * ksrtp_replay_mark - mark an index that ksrtp_replay_check() found OK
 * @next: as for the check; when @index is not below, the caller raises it to @index + 1
 */
void ksrtp_replay_mark(struct ksrtp_replay *r, u64 next, u64 index)
{
	u64 i, *word = &r->bits[word_of(index)];

	if (index >= next + KSRTP_REPLAY_SIZE) {
		for (i = 0; i < ARRAY_SIZE(r->bits); i++)
			WRITE_ONCE(r->bits[i], 0);
	} else {
		for (i = next; i < index; i++) {
			u64 *w = &r->bits[word_of(i)];

			WRITE_ONCE(*w, *w & ~bit_of(i));
		}
	}
	WRITE_ONCE(*word, *word | bit_of(index));
}
