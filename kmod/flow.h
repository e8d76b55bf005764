/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows: one end of a call's media. */
#ifndef KSRTP_KMOD_FLOW_H
#define KSRTP_KMOD_FLOW_H

#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/llist.h>
#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>

#include <ksrtp/latch.h>
#include <uapi/ksrtp.h>

#include "kmod/attack.h"
#include "kmod/hold.h"
#include "kmod/keyring.h"
#include "kmod/main.h"
#include "kmod/media.h"
#include "kmod/path.h"
#include "kmod/session.h"
#include "kmod/ssrc.h"
#include "kmod/stats.h"

#define KSRTP_FLOW_STREAMS	16	/* default for SSRCs a direction */
#define KSRTP_FLOW_STREAMS_MAX	1024

/** struct ksrtp_listen - key of the port table; IPv4 mapped into IPv6; port in host order */
struct ksrtp_listen {
	__be32 addr[4];
	u32 port;
};

/** struct ksrtp_port - one listening port of a flow */
struct ksrtp_port {
	struct rhash_head node;
	struct ksrtp_listen key;
	struct ksrtp_flow *flow;
};

/* Bits of struct ksrtp_flow.flags. */
enum {
	KSRTP_FLOW_STALE, /* the cached paths do not show where to send */
	KSRTP_FLOW_QUEUED, /* is in the namespace's todo list */
	KSRTP_FLOW_HEARD, /* the first packet came */
	KSRTP_FLOW_SETTLED, /* + port: its present source needs no further look; set under @lock */
	KSRTP_FLOW_HOLDING = KSRTP_FLOW_SETTLED + 2, /* @hold is not empty, or being drained */
	KSRTP_FLOW_KEYED, /* + tx: it had a key */
	KSRTP_FLOW_POINTED = KSRTP_FLOW_KEYED + 2, /* it had a remote */
};

/**
 * struct ksrtp_flow - one end of a call's media
 * @port: [0] RTP, or both when @mux; [1] RTCP
 * @serial: no other flow ever has it; ids come again
 * @muxed: @mux, or the remote sends and wants RTCP at its RTP port: then both go by port[0]
 * @in_place: @port is the socket of a media server on this host; there is no @peer
 * @raw: not RTP: datagrams pass as they are, by one port, without keys, to a raw @peer
 * @aliases: some of @tx stand for sources that began anew
 * @ring: keys, [0] rx, [1] tx; RCU
 * @peer: the other end; RCU
 * @path: where it sends RTP and RTCP to; RCU
 * @heard: without rx keys, the SSRC it hears; RCU
 * @told: without tx keys, the SSRC the far side speaks of; RCU
 * @dead: deleted, waits for its last reference; namespace's lock
 * @refs: one for being alive, one for being in the todo list
 * @past: once an rx key was removed; namespace's lock
 * @used: jiffies of the last packet that authenticated or was let in, or was sent
 * @lock: for what follows; leaf but for a stream's lock
 * @latch: source rules of the two ports
 * @spare: streams for new SSRCs
 * @hold: packets that wait for a key or a remote
 * @clear: packets without a stream that keeps count: [0] received, [1] sent; see
 *	ksrtp_stats_clear()
 * @verdict: packets that arrived here and were dropped
 * @refused: those of them that no stream and no @clear counted
 * @fragmented: packets sent in fragments for what protection added
 * @lessened: packets that streams counted, received and sent, and that do not count as secure
 * @pending: bits of enum ksrtp_event_type to be sent
 * @event_ssrc: what NEW_SSRC is about
 * @event_sent: jiffies at which each was sent last; the work's
 * @attack: what is refused, since the last tick
 * @probes: as KSRTP_STATS_A_PROBES
 */
struct ksrtp_flow {
	struct ksrtp_port port[2];
	u64 serial;
	u32 id;
	u8 family;
	bool mux;
	bool muxed;
	bool in_place;
	bool raw;
	bool secure[2];
	bool aliases;
	bool dead;
	unsigned long flags;
	struct ksrtp_keyring __rcu *ring[2];
	struct ksrtp_flow __rcu *peer;
	struct ksrtp_path __rcu *path[2];
	struct ksrtp_session *session;
	struct ksrtp_net *kn;
	struct ksrtp_media_heard __rcu *heard;
	struct ksrtp_media_told __rcu *told;
	struct ksrtp_ssrc_table rx, tx;
	u32 max_streams;
	refcount_t refs;
	unsigned long used;
	struct ksrtp_keyring_past *past;
	struct list_head sibling;
	struct rcu_head rcu;

	spinlock_t lock ____cacheline_aligned;
	u32 spares;
	struct ksrtp_latch latch[2];
	struct hlist_head spare;
	struct ksrtp_hold hold;
	struct ksrtp_clear clear[2];
	atomic64_t verdict[KSRTP_VERDICT_COUNT];
	atomic64_t refused[2];
	atomic64_t fragmented;
	atomic64_t lessened[2];
	unsigned long pending;
	u32 event_ssrc;
	u32 event_sent[KSRTP_EVENT_MAX + 1];
	struct ksrtp_attack attack[KSRTP_ATTACK_COUNT];
	atomic64_t probes;
	struct llist_node todo;
};

/**
 * struct ksrtp_flow_remote - what FLOW_NEW and FLOW_SET say about the other party
 * @rtp: port 0: not known
 * @rtcp_port: 0: as enum ksrtp_flow_attr says
 */
struct ksrtp_flow_remote {
	struct ksrtp_endpoint rtp;
	struct ksrtp_endpoint natted;
	u16 rtcp_port;
	enum ksrtp_source source;
};

static inline __be32 ksrtp_flow_addr4(const u8 mapped[16])
{
	__be32 addr;

	memcpy(&addr, mapped + 12, sizeof(addr));
	return addr;
}

static inline void ksrtp_flow_map(u8 mapped[16], __be32 addr)
{
	const __be32 words[4] = { 0, 0, htonl(0xffff), addr };

	memcpy(mapped, words, sizeof(words));
}

/* Addresses of 16 bytes at any alignment, without the call that memcmp() is. */
static inline bool ksrtp_flow_same_addr(const void *a, const void *b)
{
	u64 a0, a1, b0, b1;

	memcpy(&a0, a, sizeof(a0));
	memcpy(&a1, (const u8 *)a + sizeof(a0), sizeof(a1));
	memcpy(&b0, b, sizeof(b0));
	memcpy(&b1, (const u8 *)b + sizeof(b0), sizeof(b1));
	return !((a0 ^ b0) | (a1 ^ b1));
}

static inline bool ksrtp_flow_same(const struct ksrtp_endpoint *a, const struct ksrtp_endpoint *b)
{
	return a->port == b->port && ksrtp_flow_same_addr(a->addr, b->addr);
}

/* Not every packet dirties a line that other CPUs read. */
static inline void ksrtp_flow_touch(struct ksrtp_flow *flow)
{
	if (time_after(jiffies, READ_ONCE(flow->used)))
		WRITE_ONCE(flow->used, jiffies);
}

/*
 * Ports are ours to choose, not a stranger's, so the hash need not resist one: halves of the
 * address folded, and the upper bits of a product, which depend on all below them.
 */
static __always_inline u32 ksrtp_flow_hash(const void *data, u32 len, u32 seed)
{
	const struct ksrtp_listen *key = data;
	u32 high = (__force u32)(key->addr[0] ^ key->addr[1]);
	u32 low = (__force u32)(key->addr[2] ^ key->addr[3]);
	u64 mixed = ((u64)(high ^ low) << 16 ^ key->port ^ seed) * GOLDEN_RATIO_64;

	return (u32)(mixed >> 32) ^ (u32)(mixed >> 48);
}

static __always_inline int ksrtp_flow_differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ksrtp_listen *key = arg->key, *other = &((const struct ksrtp_port *)obj)->key;

	return key->port != other->port || !ksrtp_flow_same_addr(key->addr, other->addr);
}

static const struct rhashtable_params ksrtp_flow_ports = {
	.head_offset = offsetof(struct ksrtp_port, node),
	.key_offset = offsetof(struct ksrtp_port, key),
	.key_len = sizeof(struct ksrtp_listen),
	.hashfn = ksrtp_flow_hash,
	.obj_cmpfn = ksrtp_flow_differs,
	.automatic_shrinking = true,
};

/** ksrtp_flow_find - by listening address and port, under RCU. Return: the port or NULL */
static __always_inline struct ksrtp_port *ksrtp_flow_find(struct ksrtp_net *kn,
							  const struct ksrtp_listen *key)
{
	return rhashtable_lookup(&kn->ports, key, ksrtp_flow_ports);
}

int ksrtp_flow_init(void);
void ksrtp_flow_exit(void);

/**
 * ksrtp_flow_create - a flow that does not listen yet; all of these under the namespace's lock
 * @listen: address, RTP and RTCP port; ports are equal when muxed
 *
 * Return: the flow or ERR_PTR(-ENOMEM, -ENOSPC at a cap).
 */
struct ksrtp_flow *ksrtp_flow_create(struct ksrtp_session *session, u8 family,
				     const struct ksrtp_listen listen[2]);
/** ksrtp_flow_publish - id and ports. Return: 0, -EADDRINUSE, -EEXIST for the id, -ENOMEM */
int ksrtp_flow_publish(struct ksrtp_flow *flow, u32 id);
/** ksrtp_flow_destroy - forwards nothing from now on; keys are wiped after a grace period */
void ksrtp_flow_destroy(struct ksrtp_flow *flow);
/** ksrtp_flow_guard - its keys go, and from now on it drops whatever it hears */
void ksrtp_flow_guard(struct ksrtp_flow *flow);
/** ksrtp_flow_put - Any context. */
void ksrtp_flow_put(struct ksrtp_flow *flow);
/** ksrtp_flow_wake - have the work look at the flow; from the packet path */
void ksrtp_flow_wake(struct ksrtp_flow *flow);
/** ksrtp_flow_serve - what ksrtp_flow_wake() asked for */
void ksrtp_flow_serve(struct ksrtp_flow *flow);
/** ksrtp_flow_point - new SDP: remote address and source rule */
void ksrtp_flow_point(struct ksrtp_flow *flow, const struct ksrtp_flow_remote *remote);
/**
 * ksrtp_flow_pair - @flow hands what it receives to @peer; NULL: to nobody
 *
 * A peer without one of its own hands back; two that pointed at each other part together.
 */
void ksrtp_flow_pair(struct ksrtp_flow *flow, struct ksrtp_flow *peer);

#endif
