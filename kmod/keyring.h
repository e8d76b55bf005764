/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys: those of one direction of a flow, and how much of their lifetime is used. */
#ifndef KSRTP_KMOD_KEYRING_H
#define KSRTP_KMOD_KEYRING_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/netlink.h>
#include <linux/rcupdate.h>

#include <ksrtp/srtp.h>

#define KSRTP_KEYRING_MAX	8	/* keys a direction of a flow */
#define KSRTP_KEYRING_TRIES	4 /* of them without an MKI, for each may be tried on a packet */

struct ksrtp_flow;
struct ksrtp_net;

/**
 * struct ksrtp_key - session keys of one master key
 * @used: packets leased so far, [1] is SRTCP's
 * @id: chosen by userspace, unique in its flow
 * @generation: rises with each new key of the module; tells newer from older
 * @tx: for sending
 * @kind: which cache it is from
 * @print: keyed fingerprint of the master key
 * @owner: serial number of its flow
 * @node: tx: in the table of fingerprints
 * @keys: immutable; as much of it as ksrtp_keys_size() says
 */
struct ksrtp_key {
	atomic64_t used[2];
	u32 id;
	u32 generation;
	bool tx;
	u8 kind;
	u64 print;
	u64 owner;
	struct hlist_node node;
	struct rcu_head rcu;
	struct ksrtp_keys keys;
};

/** struct ksrtp_keyring - RCU-replaced; the newest key comes first */
struct ksrtp_keyring {
	struct rcu_head rcu;
	unsigned int count;
	struct ksrtp_key *key[];
};

/**
 * struct ksrtp_keyring_past - rx keys of a flow that were removed last
 *
 * One that comes back is as old as it was, for what was received under it can come again, too.
 */
struct ksrtp_keyring_past {
	u64 print[KSRTP_KEYRING_MAX];
	u32 generation[KSRTP_KEYRING_MAX];
	unsigned int next;
};

/** struct ksrtp_lease - packets that a stream may use a key for before it has to ask again */
struct ksrtp_lease {
	u32 generation;
	u32 left;
};

int ksrtp_keyring_init(void);
void ksrtp_keyring_exit(void);

/**
 * struct ksrtp_keyring_new - how a key is to be added
 * @id: in: 0 to choose one; out: the id
 * @tx: for sending
 * @replace: in place of all others of its direction, so that how many they are does not count;
 *	they go by ksrtp_keyring_retire()
 */
struct ksrtp_keyring_new {
	u32 id;
	bool tx;
	bool replace;
};

/**
 * ksrtp_keyring_add - derive a key and put it in front of the ring
 * @flow: whose key, under the namespace's lock
 * @master: wiped by the caller
 * @extack: gets a sentence
 *
 * Return: 0; -EEXIST for the id or the MKI; -EBUSY when the master key sends elsewhere, or did;
 * -ENOSPC.
 */
int ksrtp_keyring_add(struct ksrtp_flow *flow, struct ksrtp_keyring_new *what,
		      const struct ksrtp_master *master, struct netlink_ext_ack *extack);

/** ksrtp_keyring_retire - take all keys of its direction but the one with that id; cannot fail */
void ksrtp_keyring_retire(struct ksrtp_flow *flow, u32 id);
/** ksrtp_keyring_del - Return: 0 or -ENOENT */
int ksrtp_keyring_del(struct ksrtp_flow *flow, u32 id);
/** ksrtp_keyring_find - by id; under the namespace's lock */
struct ksrtp_key *ksrtp_keyring_find(const struct ksrtp_flow *flow, u32 id);
/** ksrtp_keyring_authentic - do packets under the newest key prove who sent them? NULL is none */
static inline bool ksrtp_keyring_authentic(const struct ksrtp_keyring *ring, bool rtcp)
{
	return ring && ksrtp_keys_authentic(&ring->key[0]->keys, rtcp);
}

/**
 * ksrtp_keyring_wipe - take all keys from a flow; readers may use them until a grace period ends
 */
void ksrtp_keyring_wipe(struct ksrtp_flow *flow);

/** ksrtp_keyring_newest - the highest generation of a flow's keys, 0: none; namespace's lock */
u32 ksrtp_keyring_newest(const struct ksrtp_flow *flow, bool tx);

enum ksrtp_charge { KSRTP_CHARGE_OK, KSRTP_CHARGE_SOFT, KSRTP_CHARGE_SPENT };

/**
 * ksrtp_keyring_charge - count one packet against a key's lifetime, RFC 3711 section 9.2
 * @lease: of the stream, under its lock
 *
 * Return: OK; SOFT once when 15 of 16 parts are used; SPENT: the packet must not be processed.
 */
enum ksrtp_charge ksrtp_keyring_charge(struct ksrtp_key *key, struct ksrtp_lease *lease, bool rtcp);
/** ksrtp_keyring_spent - is its lifetime over but for leases? */
bool ksrtp_keyring_spent(const struct ksrtp_key *key, bool rtcp);
/** ksrtp_keyring_used - packets that used a key, without what streams hold in advance */
u64 ksrtp_keyring_used(const struct ksrtp_flow *flow, const struct ksrtp_key *key, bool rtcp);

#endif
