// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A packet's way through a relay: classify (RFC 7983, RFC 5761), admit its source, unprotect with
 * the keys of the flow it came to, protect with those of the peer flow, send. Called by hook.c in
 * softirq, under RCU. No lock is held across crypto, nothing is remembered of a packet that did not
 * authenticate, nothing is allocated but by skb helpers.
 */
#include <linux/netfilter.h>

#include "kmod/admit.h"
#include "kmod/classify.h"
#include "kmod/crypt.h"
#include "kmod/drop.h"
#include "kmod/flow.h"
#include "kmod/hold.h"
#include "kmod/relay.h"
#include "kmod/xmit.h"

/* ---- where it goes to ---- */

/* dst_check(), for IPv4 without its call. */
static bool fresh(const struct ksrtp_flow *flow, const struct ksrtp_path *path)
{
	struct dst_entry *dst = path->dst;

	if (likely(flow->family == AF_INET && dst->obsolete == DST_OBSOLETE_FORCE_CHK &&
		   container_of(dst, struct rtable, dst)->rt_genid ==
			   rt_genid_ipv4(flow->kn->net)))
		return true;
	return dst_check(dst, path->cookie);
}

static const struct ksrtp_path *path_of(struct ksrtp_flow *flow, unsigned int part,
					struct ksrtp_path *spare)
{
	const struct ksrtp_path *path;

	/* In this order: a path read before might be the one that the refresh has just replaced. */
	if (unlikely(test_bit_acquire(KSRTP_FLOW_STALE, &flow->flags)))
		return ksrtp_path_help(flow, part, spare);
	path = rcu_dereference(flow->path[part]);
	if (likely(path && path->dst && fresh(flow, path)))
		return path;
	return ksrtp_path_help(flow, part, spare);
}

static enum ksrtp_verdict aim(struct ksrtp_packet *p)
{
	struct ksrtp_flow *peer = rcu_dereference(p->flow->peer);
	const struct ksrtp_keyring *ring;

	if (!peer)
		return KSRTP_VERDICT_ROUTE;
	p->peer = peer;
	p->exit = p->rtcp && !READ_ONCE(peer->muxed);
	p->path = path_of(peer, p->exit, &p->spare);
	ring = rcu_dereference(peer->ring[1]);
	if (ring)
		p->key = ring->key[0];
	if (!p->key && peer->secure[1])
		return KSRTP_VERDICT_CLEAR;
	return p->path->dst ? KSRTP_VERDICT_OK : KSRTP_VERDICT_ROUTE;
}

/* ---- in and out ---- */

/* @aimed: what keeps it from going where it should */
static enum ksrtp_verdict receive(struct ksrtp_packet *p, enum ksrtp_verdict aimed)
{
	const struct ksrtp_keyring *ring = rcu_dereference(p->flow->ring[0]);
	u32 growth = p->key ? ksrtp_growth(&p->key->keys, p->rtcp) : 0;
	bool keyless = !ring && READ_ONCE(p->flow->secure[0]);
	enum ksrtp_verdict verdict;

	verdict = ksrtp_admit_source(p, keyless || ksrtp_keyring_authentic(ring, p->rtcp));
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	if (unlikely(keyless || aimed != KSRTP_VERDICT_OK ||
		     test_bit(KSRTP_FLOW_HOLDING, &p->flow->flags))) {
		verdict = ksrtp_hold_packet(p);
		if (verdict != KSRTP_VERDICT_OK)
			return verdict;
	}
	if (keyless)
		return KSRTP_VERDICT_CLEAR;
	verdict = ksrtp_xmit_room(p, growth);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	return ksrtp_crypt_open(p, ring);
}

static enum ksrtp_verdict forward(struct ksrtp_packet *p)
{
	u32 growth = p->key ? ksrtp_growth(&p->key->keys, p->rtcp) : 0;
	enum ksrtp_verdict verdict = ksrtp_xmit_fits(p, p->len + growth);

	if (unlikely(verdict == KSRTP_VERDICT_MTU))
		ksrtp_xmit_toobig(p, (int)(p->len + growth) - (int)p->arrived);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	return ksrtp_crypt_seal(p);
}

/* ---- all of it ---- */

unsigned int ksrtp_relay_packet(struct ksrtp_packet *p)
{
	enum ksrtp_verdict verdict, aimed;

	verdict = ksrtp_classify_whole(p);
	if (verdict != KSRTP_VERDICT_OK)
		goto drop;
	if (!ksrtp_classify_ours(p, &verdict)) {
		if (verdict != KSRTP_VERDICT_OK)
			goto drop;
		return NF_ACCEPT;
	}
	if (!p->summed)
		ksrtp_classify_arrive(p);
	if (verdict == KSRTP_VERDICT_OK)
		verdict = ksrtp_classify_parse(p);
	if (verdict != KSRTP_VERDICT_OK)
		goto drop;
	aimed = aim(p);
	verdict = receive(p, aimed);
	if (unlikely(verdict == KSRTP_VERDICT_HELD))
		goto held;
	if (verdict == KSRTP_VERDICT_OK)
		verdict = aimed;
	if (verdict == KSRTP_VERDICT_OK)
		verdict = forward(p);
	if (verdict != KSRTP_VERDICT_OK)
		goto drop;
	this_cpu_inc(p->kn->counts->verdict[KSRTP_VERDICT_OK]);
	ksrtp_xmit_send(p);
	return NF_STOLEN;
held:
	dst_release(p->spare.dst);
	return NF_STOLEN;
drop:
	return ksrtp_drop_packet(p, verdict);
}
