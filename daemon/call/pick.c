// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In which order the servers of a core are tried (RFC 2782). Called by server.c; pure.
 */
#include "daemon/call/pick.h"

/* Numbers from a seed that is as good as random (SplitMix64). */
static uint64_t draw(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Those of weight 0 stand first in their group, as the RFC asks. */
static bool before(const struct ksrtp_pick *a, const struct ksrtp_pick *b)
{
	if (a->down != b->down)
		return b->down;
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return !a->weight && b->weight;
}

static void move(struct ksrtp_pick *list, size_t from, size_t to)
{
	struct ksrtp_pick moved = list[from];

	for (; from > to; from--)
		list[from] = list[from - 1];
	list[to] = moved;
}

static void sort(struct ksrtp_pick *list, size_t n)
{
	size_t i, to;

	for (i = 1; i < n; i++) {
		for (to = i; to && before(&list[i], &list[to - 1]); to--)
			;
		move(list, i, to);
	}
}

static size_t group(const struct ksrtp_pick *list, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (list[i].down != list->down || list[i].priority != list->priority)
			break;
	return i;
}

/* One by one: who holds the number drawn among the running sums of what is left. */
static void share(struct ksrtp_pick *list, size_t n, uint64_t *seed)
{
	uint64_t sum, at;
	size_t first, i;

	for (first = 0; first + 1 < n; first++) {
		for (sum = 0, i = first; i < n; i++)
			sum += list[i].weight;
		/* the 0 is for a weight of 0: without one small weights are shares, too */
		at = list[first].weight ? 1 + draw(seed) % sum : draw(seed) % (sum + 1);
		for (sum = list[first].weight, i = first; sum < at; sum += list[i].weight)
			i++;
		move(list, i, first);
	}
}

void ksrtp_pick_order(struct ksrtp_pick *list, size_t n, uint64_t seed)
{
	size_t i, some;

	sort(list, n);
	for (i = 0; i < n; i += some) {
		some = group(list + i, n - i);
		share(list + i, some, &seed);
	}
}
