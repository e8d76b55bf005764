// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The keys of a flow. Rings are changed by netlink under the namespace's lock and read by the
 * packet path under RCU. RFC 3711 sections 8.1 (MKI), 9.1 and 9.2 (a master key sends in one place
 * only and has an end), RFC 4568 section 6.1.
 */
#include <linux/hashtable.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "kmod/flow.h"
#include "kmod/main.h"

/* Streams take so many packets of a lifetime at once, and single ones when it runs short. */
#define LEASE		64
#define LEASE_SHORT	65536

/* A key is as large as its suite needs; those with an MKI, few, are as large as any. */
#define SUITES	8

static struct kmem_cache *caches[SUITES + 1];
/*
 * Tx master keys that were used once, whose flow alone may have them again, for it remembers its
 * indices. As many as fit: the oldest of a set goes first.
 */
#define PAST_SETS	4096
#define PAST_WAYS	8

struct past_set {
	u64 print[PAST_WAYS];
	u64 owner[PAST_WAYS];
	u32 next;
};

static struct past_set *past;
static siphash_key_t print_key;
static DEFINE_HASHTABLE(prints, 12);
static DEFINE_SPINLOCK(prints_lock); /* of @prints and @past */
static atomic_t generation;

static struct kmem_cache *cache_create(unsigned int kind)
{
	const struct ksrtp_suite *suite = kind < SUITES ? ksrtp_suite_nth(kind) : NULL;
	size_t size = sizeof(struct ksrtp_key);
	char name[24];

	if (suite)
		size = offsetof(struct ksrtp_key, keys) + ksrtp_keys_size(suite, 0);
	snprintf(name, sizeof(name), "ksrtp_key_%u", kind);
	return kmem_cache_create(name, (unsigned int)size, __alignof__(struct ksrtp_key),
				 SLAB_ACCOUNT, NULL);
}

int ksrtp_keyring_init(void)
{
	unsigned int i;

	get_random_bytes(&print_key, sizeof(print_key));
	past = kvcalloc(PAST_SETS, sizeof(*past), GFP_KERNEL);
	if (!past)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		caches[i] = cache_create(i);
		if (!caches[i]) {
			ksrtp_keyring_exit();
			return -ENOMEM;
		}
	}
	return 0;
}

void ksrtp_keyring_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(caches); i++)
		kmem_cache_destroy(caches[i]);
	kvfree(past);
}

static u8 kind_of(const struct ksrtp_master *master)
{
	u8 kind = 0;

	while (kind < SUITES && (master->mki_len || ksrtp_suite_nth(kind) != master->suite))
		kind++;
	return kind;
}

/* ---- one transmit master key in one flow only ---- */

static u64 print_of(const struct ksrtp_master *master)
{
	u8 bytes[KSRTP_KEY_MAX + KSRTP_SALT_MAX] = { };
	u64 print;

	memcpy(bytes, master->key, master->suite->key_len);
	memcpy(bytes + KSRTP_KEY_MAX, master->salt, master->suite->salt_len);
	print = siphash(bytes, sizeof(bytes), &print_key);
	ksrtp_wipe(bytes, sizeof(bytes));
	return print;
}

/* prints_lock is held. Return: it was used by another flow */
static bool past_has(const struct ksrtp_key *key)
{
	const struct past_set *set = &past[key->print % PAST_SETS];
	unsigned int i;

	for (i = 0; i < PAST_WAYS; i++)
		if (set->owner[i] && set->print[i] == key->print && set->owner[i] != key->owner)
			return true;
	return false;
}

static void past_add(const struct ksrtp_key *key)
{
	struct past_set *set = &past[key->print % PAST_SETS];
	unsigned int i;

	spin_lock_bh(&prints_lock);
	for (i = 0; i < PAST_WAYS; i++)
		if (set->print[i] == key->print && set->owner[i] == key->owner)
			goto unlock;
	i = set->next++ % PAST_WAYS;
	set->print[i] = key->print;
	set->owner[i] = key->owner;
unlock:
	spin_unlock_bh(&prints_lock);
}

static bool used(const struct ksrtp_key *key)
{
	return atomic64_read(&key->used[0]) || atomic64_read(&key->used[1]);
}

static bool print_add(struct ksrtp_key *key)
{
	struct ksrtp_key *other;
	bool fresh;

	spin_lock_bh(&prints_lock);
	fresh = !past_has(key);
	hash_for_each_possible(prints, other, node, key->print)
		fresh &= other->print != key->print;
	if (fresh)
		hash_add(prints, &key->node, key->print);
	spin_unlock_bh(&prints_lock);
	return fresh;
}

static void print_del(struct ksrtp_key *key)
{
	if (used(key))
		past_add(key);
	spin_lock_bh(&prints_lock);
	hash_del(&key->node);
	spin_unlock_bh(&prints_lock);
}

/* ---- keys and rings ---- */

static void key_free(struct rcu_head *rcu)
{
	struct ksrtp_key *key = container_of(rcu, struct ksrtp_key, rcu);
	struct ksrtp_annex *annex = key->keys.annex;
	struct kmem_cache *cache = caches[key->kind];

	/* A packet that was on its way when the key went may have been its first. */
	if (key->tx && used(key))
		past_add(key);
	ksrtp_keys_wipe(&key->keys);
	kfree(annex);
	kmem_cache_free(cache, key);
}

static void remember(struct ksrtp_flow *flow, const struct ksrtp_key *key)
{
	struct ksrtp_keyring_past *past = flow->past;
	unsigned int i;

	if (flow->dead)
		return;
	if (!past)
		past = kzalloc(sizeof(*past), GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
	flow->past = past;
	i = past->next++ % KSRTP_KEYRING_MAX;
	past->print[i] = key->print;
	past->generation[i] = key->generation;
}

static void key_drop(struct ksrtp_flow *flow, struct ksrtp_key *key)
{
	if (key->tx)
		print_del(key);
	else
		remember(flow, key);
	ksrtp_limit_give(flow->kn, KSRTP_LIMIT_KEYS, 1);
	call_rcu(&key->rcu, key_free);
}

static struct ksrtp_keyring *ring_of(const struct ksrtp_flow *flow, bool tx)
{
	return rcu_dereference_protected(flow->ring[tx], lockdep_is_held(&flow->kn->lock));
}

static void ring_replace(struct ksrtp_flow *flow, bool tx, struct ksrtp_keyring *ring)
{
	struct ksrtp_keyring *old = ring_of(flow, tx);

	rcu_assign_pointer(flow->ring[tx], ring);
	if (old)
		kfree_rcu(old, rcu);
	if (!ring != !old)
		ksrtp_media_keep(flow, tx, !ring && !flow->dead);
}

static struct ksrtp_keyring *ring_alloc(unsigned int count)
{
	struct ksrtp_keyring *ring;

	ring = kzalloc(struct_size(ring, key, count), GFP_KERNEL_ACCOUNT);
	if (ring)
		ring->count = count;
	return ring;
}

struct ksrtp_key *ksrtp_keyring_find(const struct ksrtp_flow *flow, u32 id)
{
	unsigned int i, tx;

	for (tx = 0; tx < 2; tx++) {
		struct ksrtp_keyring *ring = ring_of(flow, tx);

		for (i = 0; ring && i < ring->count; i++)
			if (ring->key[i]->id == id)
				return ring->key[i];
	}
	return NULL;
}

static u32 free_id(const struct ksrtp_flow *flow)
{
	u32 id = 1;

	while (ksrtp_keyring_find(flow, id))
		id++;
	return id;
}

static int ring_check(const struct ksrtp_flow *flow, bool tx, const struct ksrtp_master *master,
		      struct netlink_ext_ack *extack)
{
	const struct ksrtp_keyring *ring = ring_of(flow, tx);
	unsigned int i, bare = 0;

	for (i = 0; ring && i < ring->count; i++) {
		const struct ksrtp_keys *k = &ring->key[i]->keys;

		if (!k->mki_len) {
			bare++;
		} else if (k->mki_len == master->mki_len &&
			   !memcmp(ksrtp_keys_mki(k), master->mki, k->mki_len)) {
			NL_SET_ERR_MSG(extack, "a key with this MKI is there already");
			return -EEXIST;
		}
	}
	if (i == KSRTP_KEYRING_MAX) {
		NL_SET_ERR_MSG(extack,
			       "the flow has as many keys in this direction as it may have (8)");
		return -ENOSPC;
	}
	if (!tx && !master->mki_len && bare == KSRTP_KEYRING_TRIES) {
		NL_SET_ERR_MSG(extack,
			       "the flow has as many rx keys without an MKI as it may have (4)");
		return -ENOSPC;
	}
	return 0;
}

/* An rx key that the flow has, or had a while ago, is no newer than it was then. */
static u32 generation_of(const struct ksrtp_flow *flow, const struct ksrtp_key *key)
{
	const struct ksrtp_keyring *ring = ring_of(flow, false);
	const struct ksrtp_keyring_past *past = flow->past;
	unsigned int i;

	for (i = 0; ring && i < ring->count; i++)
		if (ring->key[i]->print == key->print)
			return ring->key[i]->generation;
	for (i = 0; past && i < KSRTP_KEYRING_MAX; i++)
		if (past->generation[i] && past->print[i] == key->print)
			return past->generation[i];
	return (u32)atomic_inc_return(&generation);
}

static struct ksrtp_key *key_derive(struct ksrtp_flow *flow, bool tx,
				    const struct ksrtp_master *master)
{
	size_t more = ksrtp_annex_size(master);
	struct ksrtp_annex *annex = NULL;
	u8 kind = kind_of(master);
	struct ksrtp_key *key;

	if (!ksrtp_limit_take(flow->kn, KSRTP_LIMIT_KEYS))
		return NULL;
	key = kmem_cache_zalloc(caches[kind], GFP_KERNEL_ACCOUNT);
	/* A power of two in the end, so aligned as it must be. */
	if (key && more)
		annex = kzalloc(more, GFP_KERNEL_ACCOUNT);
	if (!key || (more && !annex)) {
		if (key)
			kmem_cache_free(caches[kind], key);
		ksrtp_limit_give(flow->kn, KSRTP_LIMIT_KEYS, 1);
		return NULL;
	}
	key->kind = kind;
	ksrtp_keys_derive(&key->keys, master, annex);
	key->print = print_of(master);
	key->generation = tx ? (u32)atomic_inc_return(&generation) : generation_of(flow, key);
	key->tx = tx;
	key->owner = flow->serial;
	return key;
}

int ksrtp_keyring_add(struct ksrtp_flow *flow, struct ksrtp_keyring_new *what,
		      const struct ksrtp_master *master, struct netlink_ext_ack *extack)
{
	struct ksrtp_keyring *old = ring_of(flow, what->tx), *ring;
	unsigned int count = old ? old->count : 0;
	struct ksrtp_key *key;
	int err;

	if (what->id && ksrtp_keyring_find(flow, what->id)) {
		NL_SET_ERR_MSG(extack, "the flow has a key with this id already");
		return -EEXIST;
	}
	err = what->replace ? 0 : ring_check(flow, what->tx, master, extack);
	if (err)
		return err;
	ring = ring_alloc(count + 1);
	if (!ring)
		return -ENOMEM;
	key = key_derive(flow, what->tx, master);
	if (!key) {
		NL_SET_ERR_MSG(extack, "no memory for a key, or as many keys as there may be");
		err = -ENOSPC;
		goto free_ring;
	}
	key->id = what->id ? what->id : free_id(flow);
	if (what->tx) {
		if (!print_add(key)) {
			NL_SET_ERR_MSG(
				extack,
				"a tx master key serves one flow only, and this one does or did");
			err = -EBUSY;
			goto free_key;
		}
	}
	if (count)
		memcpy(ring->key + 1, old->key, count * sizeof(*old->key));
	ring->key[0] = key;
	what->id = key->id;
	ring_replace(flow, what->tx, ring);
	set_bit(KSRTP_FLOW_KEYED + what->tx, &flow->flags);
	return 0;

free_key:
	ksrtp_limit_give(flow->kn, KSRTP_LIMIT_KEYS, 1);
	key_free(&key->rcu);
free_ring:
	kfree(ring);
	return err;
}

void ksrtp_keyring_retire(struct ksrtp_flow *flow, u32 id)
{
	struct ksrtp_key *key = ksrtp_keyring_find(flow, id);
	struct ksrtp_keyring *old = ring_of(flow, key->tx), *ring;
	unsigned int i;

	if (old->count == 1)
		return;
	ring = kzalloc(struct_size(ring, key, 1), GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
	ring->count = 1;
	ring->key[0] = key;
	rcu_assign_pointer(flow->ring[key->tx], ring);
	for (i = 0; i < old->count; i++)
		if (old->key[i] != key)
			key_drop(flow, old->key[i]);
	kfree_rcu(old, rcu);
}

int ksrtp_keyring_del(struct ksrtp_flow *flow, u32 id)
{
	struct ksrtp_key *key = ksrtp_keyring_find(flow, id);
	struct ksrtp_keyring *old, *ring = NULL;
	unsigned int i, n = 0;
	bool tx;

	if (!key)
		return -ENOENT;
	tx = key->tx;
	old = ring_of(flow, tx);
	if (old->count > 1) {
		ring = ring_alloc(old->count - 1);
		if (!ring)
			return -ENOMEM;
		for (i = 0; i < old->count; i++)
			if (old->key[i] != key)
				ring->key[n++] = old->key[i];
	}
	ring_replace(flow, tx, ring);
	key_drop(flow, key);
	return 0;
}

void ksrtp_keyring_wipe(struct ksrtp_flow *flow)
{
	unsigned int i, tx;

	for (tx = 0; tx < 2; tx++) {
		struct ksrtp_keyring *old = ring_of(flow, tx);

		if (!old)
			continue;
		/* First out of sight, or who finds a key now could outlast its grace period. */
		RCU_INIT_POINTER(flow->ring[tx], NULL);
		for (i = 0; i < old->count; i++)
			key_drop(flow, old->key[i]);
		kfree_rcu(old, rcu);
		ksrtp_media_keep(flow, tx, !flow->dead);
	}
}

u32 ksrtp_keyring_newest(const struct ksrtp_flow *flow, bool tx)
{
	const struct ksrtp_keyring *ring = ring_of(flow, tx);
	u32 newest = 0;
	unsigned int i;

	for (i = 0; ring && i < ring->count; i++)
		newest = max(newest, ring->key[i]->generation);
	return newest;
}

/* ---- lifetimes ---- */

static u64 limit_of(const struct ksrtp_key *key, bool rtcp)
{
	return rtcp ? key->keys.rtcp_limit : key->keys.rtp_limit;
}

bool ksrtp_keyring_spent(const struct ksrtp_key *key, bool rtcp)
{
	return (u64)atomic64_read(&key->used[rtcp]) >= limit_of(key, rtcp);
}

enum ksrtp_charge ksrtp_keyring_charge(struct ksrtp_key *key, struct ksrtp_lease *lease, bool rtcp)
{
	u64 limit = limit_of(key, rtcp), soft = limit - limit / 16, used, want;
	/* Two keys alternate while one replaces the other: only the newer takes in advance. */
	bool older = lease->left && lease->generation > key->generation;

	if (lease->generation == key->generation && lease->left) {
		lease->left--;
		return KSRTP_CHARGE_OK;
	}
	used = (u64)atomic64_read(&key->used[rtcp]);
	want = !older && used + LEASE_SHORT < limit ? LEASE : 1;
	used = (u64)atomic64_add_return((s64)want, &key->used[rtcp]);
	if (used > limit) {
		atomic64_sub((s64)want, &key->used[rtcp]);
		return KSRTP_CHARGE_SPENT;
	}
	if (!older)
		*lease = (struct ksrtp_lease) { .generation = key->generation,
						.left = (u32)want - 1 };
	return used > soft && used - want <= soft ? KSRTP_CHARGE_SOFT : KSRTP_CHARGE_OK;
}

u64 ksrtp_keyring_used(const struct ksrtp_flow *flow, const struct ksrtp_key *key, bool rtcp)
{
	const struct ksrtp_ssrc_table *table = key->tx ? &flow->tx : &flow->rx;
	struct ksrtp_ssrc *s;
	u64 leased = 0;
	unsigned int i;

	rcu_read_lock();
	for (i = 0; i < KSRTP_SSRC_BUCKETS; i++)
		hlist_for_each_entry_rcu(s, &table->bucket[i], node) {
			spin_lock_bh(&s->lock);
			if (s->lease[rtcp].generation == key->generation)
				leased += s->lease[rtcp].left;
			spin_unlock_bh(&s->lock);
		}
	rcu_read_unlock();
	/* Read last, so that all leases seen are in it. */
	return (u64)atomic64_read(&key->used[rtcp]) - leased;
}
