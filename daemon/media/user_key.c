// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Master keys of a flow in the user back end. Called by user.c under the worker's lock; what
 * allocates is called without it.
 */
#include "daemon/media/user.h"

#include <stdlib.h>

struct ksrtp_user_key *ksrtp_user_key_create(u32 id, const struct ksrtp_master *master,
					     struct ksrtp_user_srtp *engine)
{
	struct ksrtp_user_key *key = aligned_alloc(_Alignof(struct ksrtp_user_key), sizeof(*key));
	size_t more = ksrtp_annex_size(master);
	struct ksrtp_annex *annex = more ? aligned_alloc(16, more) : NULL;

	if (!key || (more && !annex)) {
		free(annex);
		free(key);
		ksrtp_user_srtp_destroy(engine);
		return NULL;
	}
	if (annex)
		memset(annex, 0, more);
	memset(key, 0, sizeof(*key));
	key->id = id;
	key->engine = engine;
	ksrtp_keys_derive(&key->keys, master, annex);
	return key;
}

void ksrtp_user_key_destroy(struct ksrtp_user_key *key)
{
	struct ksrtp_annex *annex;

	if (!key)
		return;
	ksrtp_user_srtp_destroy(key->engine);
	annex = key->keys.annex;
	ksrtp_keys_wipe(&key->keys);
	free(annex);
	free(key);
}

static bool print_equal(const u64 a[2], const u64 b[2])
{
	return a[0] == b[0] && a[1] == b[1];
}

static u64 serial_of(const struct ksrtp_user_ring *ring, const struct ksrtp_user_key *key)
{
	unsigned int i;

	for (i = 0; i < ring->n; i++)
		if (print_equal(ring->key[i]->print, key->print))
			return ring->key[i]->serial;
	for (i = 0; i < ARRAY_SIZE(ring->past); i++)
		if (ring->past[i].serial && print_equal(ring->past[i].print, key->print))
			return ring->past[i].serial;
	return key->serial;
}

int ksrtp_user_ring_add(struct ksrtp_user_ring *ring, struct ksrtp_user_key *key)
{
	unsigned int i, plain = 0;

	for (i = 0; i < ring->n; i++) {
		const struct ksrtp_keys *other = &ring->key[i]->keys;

		plain += !other->mki_len;
		if (other->mki_len && other->mki_len == key->keys.mki_len &&
		    !memcmp(ksrtp_keys_mki(other), ksrtp_keys_mki(&key->keys), other->mki_len))
			return -EEXIST;
	}
	if (ring->n == KSRTP_USER_KEYS ||
	    (!key->keys.mki_len && plain == KSRTP_USER_PLAIN_KEYS))
		return -ENOSPC;
	key->serial = serial_of(ring, key);
	memmove(&ring->key[1], &ring->key[0], ring->n * sizeof(ring->key[0]));
	ring->key[0] = key;
	ring->n++;
	return 0;
}

struct ksrtp_user_key *ksrtp_user_ring_find(const struct ksrtp_user_ring *ring, u32 id)
{
	unsigned int i;

	for (i = 0; i < ring->n; i++)
		if (ring->key[i]->id == id)
			return ring->key[i];
	return NULL;
}

struct ksrtp_user_key *ksrtp_user_ring_take(struct ksrtp_user_ring *ring, u32 id)
{
	struct ksrtp_user_key *key = ksrtp_user_ring_find(ring, id);
	unsigned int i, to = 0;

	if (!key)
		return NULL;
	for (i = 0; i < ring->n; i++)
		if (ring->key[i] != key)
			ring->key[to++] = ring->key[i];
	ring->n = to;
	i = ring->next_past++ % ARRAY_SIZE(ring->past);
	memcpy(ring->past[i].print, key->print, sizeof(key->print));
	ring->past[i].serial = key->serial;
	return key;
}
