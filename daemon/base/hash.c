// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An intrusive hash table under a keyed hash.
 *
 * Used by the tables that strangers fill: connections, transactions, dialogs, bindings.
 * No locks: a table belongs to one thread.
 */
#include "daemon/base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/random.h"
#include "daemon/base/slice.h"

#define FIRST_BUCKETS	16

uint64_t ksrtp_hash_bytes(const struct ksrtp_hash *h, const void *p, size_t n)
{
	return ksrtp_slice_hash(ksrtp_slice_of(p, n), h->key);
}

int ksrtp_hash_init(struct ksrtp_hash *h)
{
	int err;

	memset(h, 0, sizeof(*h));
	err = ksrtp_random_bytes(h->key, sizeof(h->key));
	if (err)
		return err;
	h->bucket = calloc(FIRST_BUCKETS, sizeof(*h->bucket));
	if (!h->bucket)
		return -ENOMEM;
	h->mask = FIRST_BUCKETS - 1;
	return 0;
}

void ksrtp_hash_fini(struct ksrtp_hash *h)
{
	free(h->bucket);
	memset(h, 0, sizeof(*h));
}

static void grow(struct ksrtp_hash *h)
{
	size_t mask = h->mask * 2 + 1, i;
	struct ksrtp_hash_node **bucket = calloc(mask + 1, sizeof(*bucket));

	if (!bucket)
		return;
	for (i = 0; i <= h->mask; i++) {
		struct ksrtp_hash_node *node = h->bucket[i], *next;

		for (; node; node = next) {
			next = node->next;
			node->next = bucket[node->hash & mask];
			bucket[node->hash & mask] = node;
		}
	}
	free(h->bucket);
	h->bucket = bucket;
	h->mask = mask;
}

void ksrtp_hash_insert(struct ksrtp_hash *h, struct ksrtp_hash_node *node, uint64_t hash)
{
	if (h->count > h->mask)
		grow(h);
	node->hash = hash;
	node->next = h->bucket[hash & h->mask];
	h->bucket[hash & h->mask] = node;
	h->count++;
}

void ksrtp_hash_remove(struct ksrtp_hash *h, struct ksrtp_hash_node *node)
{
	struct ksrtp_hash_node **at = &h->bucket[node->hash & h->mask];

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	node->next = NULL;
	h->count--;
}

static struct ksrtp_hash_node *same(struct ksrtp_hash_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct ksrtp_hash_node *ksrtp_hash_first(const struct ksrtp_hash *h, uint64_t hash)
{
	return same(h->bucket[hash & h->mask], hash);
}

struct ksrtp_hash_node *ksrtp_hash_next(const struct ksrtp_hash_node *node)
{
	return same(node->next, node->hash);
}

struct ksrtp_hash_node *ksrtp_hash_walk(const struct ksrtp_hash *h, size_t *pos,
					const struct ksrtp_hash_node *node)
{
	if (node && node->next)
		return node->next;
	if (node)
		++*pos;
	for (; *pos <= h->mask; ++*pos)
		if (h->bucket[*pos])
			return h->bucket[*pos];
	return NULL;
}
