/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unprotect what arrived at a flow, protect what leaves by one. What passes in clear by agreement
 * is only counted, here; what needs keys is in crypt.c.
 */
#ifndef KSRTP_KMOD_CRYPT_H
#define KSRTP_KMOD_CRYPT_H

#include "kmod/alias.h"
#include "kmod/event.h"
#include "kmod/flow.h"
#include "kmod/hook.h"

/** ksrtp_crypt_heard - a packet came that authenticated, or that the source rule let in */
static inline void ksrtp_crypt_heard(struct ksrtp_packet *p)
{
	struct ksrtp_flow *flow = p->flow;

	p->counted = true;
	ksrtp_flow_touch(flow);
	if (unlikely(!test_bit(KSRTP_FLOW_HEARD, &flow->flags)) &&
	    !test_and_set_bit(KSRTP_FLOW_HEARD, &flow->flags))
		ksrtp_event_raise(flow, KSRTP_EVENT_FIRST_PACKET);
}

/** ksrtp_crypt_open_secure - ksrtp_crypt_open() with keys */
enum ksrtp_verdict ksrtp_crypt_open_secure(struct ksrtp_packet *p,
					   const struct ksrtp_keyring *ring);
/** ksrtp_crypt_seal_secure - ksrtp_crypt_seal() with a key */
enum ksrtp_verdict ksrtp_crypt_seal_secure(struct ksrtp_packet *p);

static inline void ksrtp_crypt_open_clear(struct ksrtp_packet *p)
{
	struct ksrtp_flow *flow = p->flow;
	struct ksrtp_media_heard *h = rcu_dereference(flow->heard);

	ksrtp_stats_clear(flow, &flow->clear[0], p->arrived);
	if (likely(!p->rtcp && h))
		/* Of another CPU, as is said there. */
		(void)data_race(ksrtp_media_heard(h, &p->head, p->arrived));
	ksrtp_crypt_heard(p);
}

/**
 * ksrtp_crypt_open - unprotect a packet with the rx keys of p->flow, and count it there
 * @p: parsed and admitted; its skb is linear and private
 * @ring: the keys, NULL: it arrives in clear by agreement
 *
 * Shortens p->len and the skb. Return: OK, or why it is not let in.
 */
static inline enum ksrtp_verdict ksrtp_crypt_open(struct ksrtp_packet *p,
						  const struct ksrtp_keyring *ring)
{
	enum ksrtp_verdict verdict = KSRTP_VERDICT_OK;

	if (ring)
		verdict = ksrtp_crypt_open_secure(p, ring);
	else
		ksrtp_crypt_open_clear(p);
	if (unlikely(p->rtcp) && verdict == KSRTP_VERDICT_OK) {
		ksrtp_media_reported(p);
		if (READ_ONCE(p->flow->aliases))
			ksrtp_alias_undo(p);
	}
	return verdict;
}

/**
 * ksrtp_crypt_seal - protect a packet with p->key, the tx key of p->peer, and count it there
 * @p: with tailroom for what it grows; without a key it leaves in clear by agreement
 *
 * Lengthens p->len and the skb. Return: OK, or why it may not be sent.
 */
static inline enum ksrtp_verdict ksrtp_crypt_seal(struct ksrtp_packet *p)
{
	enum ksrtp_verdict verdict = KSRTP_VERDICT_OK;

	if (unlikely(p->rtcp))
		ksrtp_media_report(p);
	if (p->key)
		verdict = ksrtp_crypt_seal_secure(p);
	else
		ksrtp_stats_clear(p->peer, &p->peer->clear[1], p->len);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	ksrtp_flow_touch(p->peer);
	this_cpu_inc(p->kn->counts->tx_packets);
	this_cpu_add(p->kn->counts->tx_bytes, p->len);
	return KSRTP_VERDICT_OK;
}

#endif
