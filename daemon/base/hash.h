/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An intrusive hash table keyed with SipHash-2-4 under a random key of its own, so that a
 * stranger who chooses the keys (Call-IDs, addresses) cannot make them collide.
 */
#ifndef KSRTP_BASE_HASH_H
#define KSRTP_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct ksrtp_hash_node {
	struct ksrtp_hash_node *next;
	uint64_t hash;
};

struct ksrtp_hash {
	struct ksrtp_hash_node **bucket;	/* 1 + mask of them */
	size_t mask;
	size_t count;
	uint64_t key[2];
};

/**
 * ksrtp_hash_init - make an empty table
 *
 * Return: 0, -ENOMEM, or the error of getrandom().
 */
int ksrtp_hash_init(struct ksrtp_hash *h);

/** Free the buckets. The nodes belong to the caller and are not touched. */
void ksrtp_hash_fini(struct ksrtp_hash *h);

/** Hash @n bytes at @p under the table's key. Feed the result to insert and find. */
uint64_t ksrtp_hash_bytes(const struct ksrtp_hash *h, const void *p, size_t n);

/** Add @node under @hash. Never fails: a table that cannot grow only gets slower. */
void ksrtp_hash_insert(struct ksrtp_hash *h, struct ksrtp_hash_node *node, uint64_t hash);

/** Take @node out; it must be in the table. */
void ksrtp_hash_remove(struct ksrtp_hash *h, struct ksrtp_hash_node *node);

/** The first node with this @hash, or NULL. The caller compares the real key, then goes on. */
struct ksrtp_hash_node *ksrtp_hash_first(const struct ksrtp_hash *h, uint64_t hash);

/** The next node after @node with the same hash, or NULL. */
struct ksrtp_hash_node *ksrtp_hash_next(const struct ksrtp_hash_node *node);

/**
 * ksrtp_hash_walk - walk all nodes, in no order
 * @pos: start with 0, then pass it back; holds the bucket
 * @node: the node returned before, or NULL at the start
 *
 * The table may not change between two calls.
 *
 * Return: the next node or NULL at the end.
 */
struct ksrtp_hash_node *ksrtp_hash_walk(const struct ksrtp_hash *h, size_t *pos,
					const struct ksrtp_hash_node *node);

#endif
