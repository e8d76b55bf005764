// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An intrusive hash table keyed with SipHash-2-4 (Aumasson, Bernstein 2012).
 *
 * Used by the tables that strangers fill: connections, transactions, dialogs, bindings.
 * No locks: a table belongs to one thread.
 */
#include "daemon/base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/random.h"

#define FIRST_BUCKETS	16

static uint64_t rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void sip_rounds(uint64_t v[4], unsigned n)
{
	while (n--) {
		v[0] += v[1];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[0] = rotl(v[0], 32);
		v[2] += v[3];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[2] = rotl(v[2], 32);
	}
}

uint64_t ksrtp_hash_bytes(const struct ksrtp_hash *h, const void *p, size_t n)
{
	uint64_t v[4] = {
		h->key[0] ^ 0x736f6d6570736575, h->key[1] ^ 0x646f72616e646f6d,
		h->key[0] ^ 0x6c7967656e657261, h->key[1] ^ 0x7465646279746573,
	};
	const uint8_t *b = p;
	uint64_t m = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		m |= (uint64_t)b[i] << (i % 8 * 8);
		if (i % 8 != 7)
			continue;
		v[3] ^= m;
		sip_rounds(v, 2);
		v[0] ^= m;
		m = 0;
	}
	m |= (uint64_t)n << 56;
	v[3] ^= m;
	sip_rounds(v, 2);
	v[0] ^= m;
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
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
