// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Buckets of tokens by source. Called by the listeners for connections and by the edge for
 * requests, on the loop's thread. See rate.h.
 */
#include "daemon/net/rate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/list.h"

struct bucket {
	struct ksrtp_hash_node node;
	struct ksrtp_list list;
	uint8_t source[KSRTP_ADDR_SOURCE];
	uint64_t tokens;		/* thousandths */
	uint64_t since;			/* when they were counted */
};

struct ksrtp_rate {
	struct ksrtp_hash buckets;
	struct ksrtp_list order;	/* who came longest ago first */
	uint64_t a_second;		/* tokens a second, thousandths of one a millisecond */
};

int ksrtp_rate_create(struct ksrtp_rate **out, unsigned a_second)
{
	struct ksrtp_rate *rate = calloc(1, sizeof(*rate));

	if (!rate || ksrtp_hash_init(&rate->buckets)) {
		free(rate);
		return -ENOMEM;
	}
	ksrtp_list_init(&rate->order);
	rate->a_second = a_second;
	*out = rate;
	return 0;
}

static void forget(struct ksrtp_rate *rate, struct bucket *b)
{
	ksrtp_hash_remove(&rate->buckets, &b->node);
	ksrtp_list_del(&b->list);
	free(b);
}

void ksrtp_rate_destroy(struct ksrtp_rate *rate)
{
	if (!rate)
		return;
	while (!ksrtp_list_empty(&rate->order))
		forget(rate, ksrtp_container(rate->order.next, struct bucket, list));
	ksrtp_hash_fini(&rate->buckets);
	free(rate);
}

static struct bucket *find(const struct ksrtp_rate *rate, const uint8_t *source, uint64_t hash)
{
	struct ksrtp_hash_node *node = ksrtp_hash_first(&rate->buckets, hash);

	for (; node; node = ksrtp_hash_next(node)) {
		struct bucket *b = ksrtp_container(node, struct bucket, node);

		if (!memcmp(b->source, source, sizeof(b->source)))
			return b;
	}
	return NULL;
}

/* Buckets that are full again say nothing, and a full table has room for who is here now. */
static void tidy(struct ksrtp_rate *rate, uint64_t now)
{
	struct bucket *oldest;

	while (!ksrtp_list_empty(&rate->order)) {
		oldest = ksrtp_container(rate->order.next, struct bucket, list);
		if (rate->buckets.count < KSRTP_RATE_SOURCES &&
		    now - oldest->since < KSRTP_RATE_SECONDS * 1000)
			return;
		forget(rate, oldest);
	}
}

bool ksrtp_rate_take(struct ksrtp_rate *rate, const struct ksrtp_addr *from, uint64_t now)
{
	const uint64_t full = rate->a_second * KSRTP_RATE_SECONDS * 1000;
	uint8_t source[KSRTP_ADDR_SOURCE];
	struct bucket *b;
	uint64_t hash;

	ksrtp_addr_source(from, source);
	hash = ksrtp_hash_bytes(&rate->buckets, source, sizeof(source));
	b = find(rate, source, hash);
	if (!b) {
		tidy(rate, now);
		b = calloc(1, sizeof(*b));
		if (!b)
			return true;
		memcpy(b->source, source, sizeof(source));
		b->tokens = full;
		ksrtp_hash_insert(&rate->buckets, &b->node, hash);
	} else {
		ksrtp_list_del(&b->list);
		b->tokens += (now - b->since) * rate->a_second;
		if (b->tokens > full)
			b->tokens = full;
	}
	b->since = now;
	ksrtp_list_add(&rate->order, &b->list);
	if (b->tokens < 1000)
		return false;
	b->tokens -= 1000;
	return true;
}
