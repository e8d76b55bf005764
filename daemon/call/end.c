// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One end of an m-line. Called by daemon/call/offer.c, on the signalling thread. Key changes follow
 * RFC 3711 section 9.1 and RFC 4568 section 7.1.4: the old key may still be under way when the new
 * one is agreed on.
 */
#include "daemon/call/end.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/slice.h"

/* A key as the back end has it. @id 0: the place is free. */
struct applied {
	u32 id;
	bool former; /* of before the last re-key */
	struct ksrtp_master master;
};

struct ksrtp_end {
	unsigned int refs;
	struct ksrtp_media_flow *flow;
	struct ksrtp_end *peer; /* no reference: each clears the other's when it goes */
	u32 last_id;
	struct applied rx[KSRTP_END_RX];
	struct applied tx;
	uint64_t *given_up; /* hashes of sending keys */
	unsigned int n_given_up;
	bool shared;                   /* by several dialogs: its peer tells whose time it is */
	struct ksrtp_media_stats mark; /* of a shared peer, when the two became a pair */
	struct ksrtp_media_stats past; /* what shared peers counted as its peer, until they left */
	struct ksrtp_media_remote remote;
	bool remote_set;
};

int ksrtp_end_create(struct ksrtp_end **end, struct ksrtp_media_session *session,
		     const struct ksrtp_addr *local, enum ksrtp_media_kind kind)
{
	int err;

	*end = calloc(1, sizeof(**end));
	if (!*end)
		return -ENOMEM;
	(*end)->refs = 1;
	err = ksrtp_media_flow_create(session, local, kind, &(*end)->flow);
	if (err) {
		free(*end);
		*end = NULL;
	}
	return err;
}

/* Keys by their ids alone: without a suite they are the same as no key that is wanted. */
static int adopt_keys(struct ksrtp_end *end, const struct ksrtp_media_keys *keys)
{
	struct applied *place;
	unsigned int i, n_rx = 0;

	for (i = 0; i < ARRAY_SIZE(keys->key) && keys->key[i].id; i++) {
		place = keys->key[i].direction == KSRTP_MEDIA_TX ? &end->tx :
			n_rx < KSRTP_END_RX ? &end->rx[n_rx++] : NULL;
		if (!place || place->id)
			return -ENOSPC;
		place->id = keys->key[i].id;
		end->last_id = place->id > end->last_id ? place->id : end->last_id;
	}
	return 0;
}

int ksrtp_end_adopt(struct ksrtp_end **out, struct ksrtp_media_session *session,
		    const struct ksrtp_media_name *name, const struct ksrtp_media_remote *remote)
{
	struct ksrtp_end *end = calloc(1, sizeof(*end));
	struct ksrtp_media_keys keys;
	int err;

	if (!end)
		return -ENOMEM;
	end->refs = 1;
	err = ksrtp_media_flow_adopt(session, name, remote, &end->flow, &keys);
	if (err) {
		free(end);
		return err;
	}
	end->remote = *remote;
	end->remote_set = true;
	err = adopt_keys(end, &keys);
	if (err)
		ksrtp_end_put(end);
	else
		*out = end;
	return err;
}

struct ksrtp_end *ksrtp_end_get(struct ksrtp_end *end)
{
	end->refs++;
	return end;
}

struct ksrtp_end *ksrtp_end_share(struct ksrtp_end *end)
{
	end->shared = true;
	return ksrtp_end_get(end);
}

void ksrtp_end_put(struct ksrtp_end *end)
{
	if (!end || --end->refs)
		return;
	if (end->peer)
		end->peer->peer = NULL;
	ksrtp_media_flow_destroy(end->flow);
	free(end->given_up);
	ksrtp_wipe(end, sizeof(*end));
	free(end);
}

u16 ksrtp_end_port(const struct ksrtp_end *end)
{
	return ksrtp_addr_port(ksrtp_media_flow_local(end->flow));
}

struct ksrtp_media_flow *ksrtp_end_flow(const struct ksrtp_end *end)
{
	return end->flow;
}

const struct ksrtp_media_remote *ksrtp_end_remote(const struct ksrtp_end *end)
{
	return end->remote_set ? &end->remote : NULL;
}

bool ksrtp_end_are_pair(const struct ksrtp_end *a, const struct ksrtp_end *b)
{
	return a->peer == b;
}

/* ---- pairs, and whose packets those of a shared end are ---- */

static void add_stats(struct ksrtp_media_stats *sum, const struct ksrtp_media_stats *now,
		      const struct ksrtp_media_stats *mark)
{
	unsigned int v;

	sum->rx_packets += now->rx_packets - mark->rx_packets;
	sum->rx_secure += now->rx_secure - mark->rx_secure;
	sum->tx_packets += now->tx_packets - mark->tx_packets;
	sum->tx_secure += now->tx_secure - mark->tx_secure;
	for (v = 0; v < KSRTP_VERDICT_COUNT; v++)
		sum->verdict[v] += now->verdict[v] - mark->verdict[v];
}

static void count_since(const struct ksrtp_end *end, const struct ksrtp_media_stats *mark,
			struct ksrtp_media_stats *sum)
{
	struct ksrtp_media_stats now;

	if (!ksrtp_media_flow_stats(end->flow, &now))
		add_stats(sum, &now, mark);
}

void ksrtp_end_count(const struct ksrtp_end *end, const struct ksrtp_end *other,
		     struct ksrtp_media_stats *sum)
{
	static const struct ksrtp_media_stats none;

	if (!end->shared || !other) {
		count_since(end, &none, sum);
		return;
	}
	add_stats(sum, &other->past, &none);
	if (other->peer == end)
		count_since(end, &other->mark, sum);
}

static void remember(struct ksrtp_end *end)
{
	if (end->peer->shared)
		count_since(end->peer, &end->mark, &end->past);
}

static void leave_peer(struct ksrtp_end *end)
{
	if (!end->peer)
		return;
	remember(end);
	remember(end->peer);
	end->peer->peer = NULL;
	end->peer = NULL;
}

static void mark(struct ksrtp_end *end)
{
	end->mark = (struct ksrtp_media_stats){ 0 };
	if (end->peer->shared)
		ksrtp_media_flow_stats(end->peer->flow, &end->mark);
}

/* The back end parts former pairs before it may fail. */
int ksrtp_end_pair(struct ksrtp_end *a, struct ksrtp_end *b)
{
	int err;

	if (a->peer == b)
		return 0;
	leave_peer(a);
	leave_peer(b);
	err = ksrtp_media_flow_pair(a->flow, b->flow);
	if (err)
		return err;
	a->peer = b;
	b->peer = a;
	mark(a);
	mark(b);
	return 0;
}

static bool same_master(const struct ksrtp_master *a, const struct ksrtp_master *b)
{
	bool key = ksrtp_equal_ct(a->key, b->key, sizeof(a->key));
	bool salt = ksrtp_equal_ct(a->salt, b->salt, sizeof(a->salt));

	return key && salt && a->suite == b->suite && a->kdr == b->kdr &&
	       a->parameters == b->parameters && a->mki_len == b->mki_len &&
	       !memcmp(a->mki, b->mki, a->mki_len) && a->rtp_limit == b->rtp_limit;
}

static int remove_key(struct ksrtp_end *end, struct applied *key)
{
	int err = key->id ? ksrtp_media_key_remove(end->flow, key->id) : 0;

	ksrtp_wipe(key, sizeof(*key));
	return err;
}

static int add_key(struct ksrtp_end *end, struct applied *key, enum ksrtp_media_direction direction,
		   const struct ksrtp_master *master)
{
	int err = ksrtp_media_key_add(end->flow, direction, end->last_id + 1, master);

	if (err)
		return err;
	key->id = ++end->last_id;
	key->former = false;
	key->master = *master;
	return 0;
}

/* ---- sending keys that are over ---- */

static uint64_t hash_of(const struct ksrtp_master *master)
{
	static const uint64_t key[2];

	return ksrtp_slice_hash(ksrtp_slice_of((const char *)master->key, sizeof(master->key)),
				key);
}

bool ksrtp_end_gave_up(const struct ksrtp_end *end, const struct ksrtp_master *tx)
{
	uint64_t hash = hash_of(tx);
	unsigned int i;

	for (i = 0; i < end->n_given_up; i++)
		if (end->given_up[i] == hash)
			return true;
	return false;
}

/* A key that cannot be remembered is not given up. */
static int give_up(struct ksrtp_end *end, struct applied *key)
{
	uint64_t *more;

	if (!key->id)
		return 0;
	/* one of an earlier process: nobody knows it any more */
	if (!key->master.suite)
		return remove_key(end, key);
	if (end->n_given_up == KSRTP_END_GIVEN_UP)
		return -ENOSPC;
	more = realloc(end->given_up, (end->n_given_up + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	end->given_up = more;
	more[end->n_given_up++] = hash_of(&key->master);
	return remove_key(end, key);
}

static struct applied *find_rx(struct ksrtp_end *end, const struct ksrtp_master *master)
{
	unsigned int i;

	for (i = 0; i < KSRTP_END_RX; i++)
		if (end->rx[i].id && same_master(&end->rx[i].master, master))
			return &end->rx[i];
	return NULL;
}

static bool is_wanted(const struct ksrtp_end_want *want, const struct applied *key)
{
	bool wanted = false;
	unsigned int i;

	for (i = 0; i < want->n_rx; i++)
		wanted |= key->id && same_master(&key->master, &want->rx[i]);
	return wanted;
}

/* A free place; where there is none the oldest key that is not wanted makes room. */
static int rx_place(struct ksrtp_end *end, const struct ksrtp_end_want *want,
		    struct applied **place)
{
	struct applied *oldest = NULL;
	unsigned int i;

	for (i = 0; i < KSRTP_END_RX; i++) {
		struct applied *key = &end->rx[i];

		if (!is_wanted(want, key) && (!oldest || key->id < oldest->id))
			oldest = key;
	}
	if (!oldest)
		return -ENOSPC;
	*place = oldest;
	return remove_key(end, oldest);
}

static int remove_lost_rx(struct ksrtp_end *end)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < KSRTP_END_RX; i++)
		if (!end->rx[i].master.suite)
			err = remove_key(end, &end->rx[i]);
	return err;
}

/* Who had the end before may send on, and what it sends would be authentic. */
static int remove_unwanted_rx(struct ksrtp_end *end, const struct ksrtp_end_want *want)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < KSRTP_END_RX; i++)
		if (!is_wanted(want, &end->rx[i]))
			err = remove_key(end, &end->rx[i]);
	return err;
}

/* Nothing is done where all that is wanted is there: a repeated key is no re-key. */
static int apply_rx(struct ksrtp_end *end, const struct ksrtp_end_want *want)
{
	bool fresh[KSRTP_END_RX] = { false };
	struct applied *place;
	unsigned int i, added = 0;
	int err;

	for (i = 0; i < want->n_rx; i++) {
		place = find_rx(end, &want->rx[i]);
		added += !place;
		if (!place)
			continue;
		place->former = false;
		fresh[place - end->rx] = true;
	}
	if (!added)
		return 0;
	for (i = 0; i < KSRTP_END_RX; i++) {
		if (fresh[i])
			continue;
		if (end->rx[i].former) {
			err = remove_key(end, &end->rx[i]);
			if (err)
				return err;
		}
		end->rx[i].former = end->rx[i].id != 0;
	}
	for (i = 0; i < want->n_rx; i++) {
		if (find_rx(end, &want->rx[i]))
			continue;
		err = rx_place(end, want, &place);
		if (!err)
			err = add_key(end, place, KSRTP_MEDIA_RX, &want->rx[i]);
		/* its MKI may be that of the same key, of which an earlier process knew */
		if (err == -EEXIST && !remove_lost_rx(end))
			err = add_key(end, place, KSRTP_MEDIA_RX, &want->rx[i]);
		if (err)
			return err;
	}
	return 0;
}

static int apply_tx(struct ksrtp_end *end, const struct ksrtp_end_want *want)
{
	struct applied old = end->tx;
	int err;

	if (!want->tx || (end->tx.id && same_master(&end->tx.master, want->tx)))
		return 0;
	if (old.id && end->n_given_up == KSRTP_END_GIVEN_UP)
		return -ENOSPC;
	err = add_key(end, &end->tx, KSRTP_MEDIA_TX, want->tx);
	if (!err)
		err = give_up(end, &old);
	ksrtp_wipe(&old, sizeof(old));
	return err;
}

static bool same_remote(const struct ksrtp_media_remote *a, const struct ksrtp_media_remote *b)
{
	return ksrtp_addr_equal(&a->rtp, &b->rtp) && ksrtp_addr_equal(&a->rtcp, &b->rtcp) &&
	       ksrtp_addr_equal(&a->natted, &b->natted) && a->mux == b->mux &&
	       a->source == b->source && a->secure_rx == b->secure_rx &&
	       a->secure_tx == b->secure_tx;
}

static int apply_remote(struct ksrtp_end *end, const struct ksrtp_media_remote *remote)
{
	int err;

	if (end->remote_set && same_remote(&end->remote, remote))
		return 0;
	err = ksrtp_media_flow_remote(end->flow, remote);
	if (err)
		return err;
	end->remote = *remote;
	end->remote_set = true;
	return 0;
}

bool ksrtp_end_keeps(const struct ksrtp_end *end, const struct ksrtp_master *tx)
{
	return !end->tx.id || (tx && same_master(&end->tx.master, tx));
}

int ksrtp_end_mute(struct ksrtp_end *end)
{
	struct ksrtp_media_remote nowhere = { .secure_rx = true, .secure_tx = true };

	return apply_remote(end, &nowhere);
}

/* Keys come before the remote says "secure", and go after it stopped saying so. */
int ksrtp_end_apply(struct ksrtp_end *end, const struct ksrtp_end_want *want)
{
	unsigned int i;
	int err;

	if (want->tx && ksrtp_end_gave_up(end, want->tx))
		return -EBUSY;
	err = want->other_dialog ? remove_unwanted_rx(end, want) : 0;
	if (!err)
		err = apply_rx(end, want);
	if (!err)
		err = apply_tx(end, want);
	if (!err)
		err = apply_remote(end, &want->remote);
	if (err)
		return err;
	for (i = 0; !err && !want->n_rx && i < KSRTP_END_RX; i++)
		err = remove_key(end, &end->rx[i]);
	if (!err && !want->tx)
		err = give_up(end, &end->tx);
	return err;
}
