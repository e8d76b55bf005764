// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unprotect and protect one packet, whichever way it came and goes: keys, streams, lifetimes and
 * counters around the core (RFC 3711 section 3.3, RFC 4568 section 6.1). Called by the packet paths
 * with bottom halves off, under RCU. No lock is held across crypto and nothing is remembered of a
 * packet that did not authenticate.
 */
#include <linux/udp.h>

#include "kmod/admit.h"
#include "kmod/alias.h"
#include "kmod/crypt.h"
#include "kmod/event.h"
#include "kmod/flow.h"
#include "kmod/simd.h"

/* ---- in ---- */

/**
 * struct opened - how a packet was opened
 * @key: by which key
 * @index: SRTP or SRTCP index
 * @anew: under a key that is new to its stream, with an index that begins at ROC 0
 */
struct opened {
	struct ksrtp_key *key;
	u64 index;
	bool anew;
};

static enum ksrtp_verdict attempt(struct ksrtp_packet *p, const struct ksrtp_stream *stream,
				  struct opened *o)
{
	struct ksrtp_op op = {
		.keys = &o->key->keys, .data = ksrtp_hook_payload(p), .len = p->len, .room = p->len,
		.head = p->head.head, .rtcp = p->rtcp,
	};
	const struct ksrtp_prim *prim;
	enum ksrtp_verdict verdict;
	bool encrypted;
	u32 index;

	if (p->rtcp) {
		verdict = ksrtp_rtcp_index(op.keys, op.data, op.len, &index, &encrypted);
		if (verdict != KSRTP_VERDICT_OK)
			return verdict;
		o->index = index;
		verdict = ksrtp_stream_rtcp_rx_begin(stream, index);
	} else if (ksrtp_keys_authentic(op.keys, false)) {
		verdict = ksrtp_stream_rx_begin(stream, p->head.seq, &o->index);
	} else {
		verdict = ksrtp_stream_rx_guess(stream, p->head.seq, &o->index);
	}
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	op.index = o->index;
	prim = ksrtp_simd_begin();
	ksrtp_unprotect(prim, &op, 1);
	ksrtp_simd_end(prim);
	if (op.verdict == KSRTP_VERDICT_OK)
		p->len = op.len;
	return op.verdict;
}

static enum ksrtp_verdict try_key(struct ksrtp_packet *p, const struct ksrtp_ssrc *s,
				  struct opened *o)
{
	static const struct ksrtp_stream fresh;
	enum ksrtp_verdict verdict;

	if (s && o->key->generation < READ_ONCE(s->floor[p->rtcp]))
		return KSRTP_VERDICT_OLD;
	if (ksrtp_keyring_spent(o->key, p->rtcp))
		return KSRTP_VERDICT_SPENT;
	o->anew = false;
	verdict = attempt(p, s ? &s->stream : &fresh, o);
	/* ROC survives a re-key (RFC 3711 section 3.3.1), but not everybody knows. */
	if (verdict != KSRTP_VERDICT_OK && verdict != KSRTP_VERDICT_CLEAR &&
	    verdict != KSRTP_VERDICT_E_BIT && s &&
	    o->key->generation > READ_ONCE(s->key[p->rtcp])) {
		enum ksrtp_verdict again = attempt(p, &fresh, o);

		o->anew = true;
		if (again == KSRTP_VERDICT_OK)
			return again;
	}
	return verdict;
}

/*
 * With an MKI exactly one key is tried, else at most four: first the one that the stream used
 * last.
 */
static enum ksrtp_verdict try_keys(struct ksrtp_packet *p, const struct ksrtp_keyring *ring,
				   const struct ksrtp_ssrc *s, struct opened *o)
{
	enum ksrtp_verdict verdict = KSRTP_VERDICT_MKI, last;
	u32 usual = s ? READ_ONCE(s->key[p->rtcp]) : 0;
	unsigned int i, pass;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < ring->count; i++) {
			o->key = ring->key[i];
			if ((o->key->generation == usual) == (pass == 1))
				continue;
			/* Without tag and MKI nothing tells two keys apart: it is the newest. */
			if (i && !ksrtp_keys_authentic(&o->key->keys, p->rtcp) &&
			    !o->key->keys.mki_len)
				continue;
			if (!ksrtp_keys_match(&o->key->keys, ksrtp_hook_payload(p), p->len,
					      p->rtcp))
				continue;
			last = try_key(p, s, o);
			if (last == KSRTP_VERDICT_OK || o->key->keys.mki_len)
				return last;
			/* If none opens it, what the likeliest key says about it stands. */
			if (verdict == KSRTP_VERDICT_MKI)
				verdict = last;
		}
	return verdict;
}

/*
 * Under a newer key the sender counts from 0: nothing was seen yet, older keys are done with. SRTP
 * and SRTCP do so each for itself.
 */
static void begin_again(struct ksrtp_ssrc *s, bool rtcp, u32 generation)
{
	if (rtcp) {
		memset(&s->stream.rtcp_seen, 0, sizeof(s->stream.rtcp_seen));
		WRITE_ONCE(s->stream.rtcp_next, 0);
	} else {
		memset(&s->stream.seen, 0, sizeof(s->stream.seen));
		WRITE_ONCE(s->stream.next, 0);
		ksrtp_quality_restart(&s->quality);
	}
	WRITE_ONCE(s->floor[rtcp], generation);
}

/* The stream's lock is held. */
static enum ksrtp_verdict commit_locked(const struct ksrtp_packet *p, struct ksrtp_ssrc *s,
					const struct opened *o, bool *newest)
{
	u32 generation = o->key->generation;
	enum ksrtp_verdict verdict = KSRTP_VERDICT_OK;

	if (generation < s->floor[p->rtcp])
		return KSRTP_VERDICT_OLD;
	if (o->anew && generation > s->key[p->rtcp])
		begin_again(s, p->rtcp, generation);
	if (p->rtcp)
		verdict = ksrtp_stream_rtcp_rx_commit(&s->stream, (u32)o->index, newest);
	else if (ksrtp_keys_authentic(&o->key->keys, false))
		verdict = ksrtp_stream_rx_commit(&s->stream, o->index, newest);
	else
		ksrtp_stream_rx_follow(&s->stream, o->index);
	if (verdict == KSRTP_VERDICT_OK && generation > s->key[p->rtcp])
		WRITE_ONCE(s->key[p->rtcp], generation);
	return verdict;
}

static enum ksrtp_verdict commit(struct ksrtp_packet *p, struct ksrtp_ssrc *s,
				 const struct opened *o, bool *newest)
{
	enum ksrtp_charge charge = KSRTP_CHARGE_OK;
	enum ksrtp_verdict verdict;

	spin_lock(&s->lock);
	verdict = commit_locked(p, s, o, newest);
	if (verdict == KSRTP_VERDICT_OK)
		charge = ksrtp_keyring_charge(o->key, &s->lease[p->rtcp], p->rtcp);
	if (charge == KSRTP_CHARGE_SPENT)
		verdict = KSRTP_VERDICT_SPENT;
	if (verdict == KSRTP_VERDICT_OK) {
		s->seen[p->rtcp].packets++;
		s->seen[p->rtcp].bytes += p->arrived;
		s->last = (u32)jiffies;
		if (!p->rtcp)
			ksrtp_quality_secure(&s->quality, o->index, &p->head, ksrtp_media_now());
	}
	spin_unlock(&s->lock);
	if (unlikely(charge == KSRTP_CHARGE_SOFT))
		ksrtp_event_raise(p->flow, KSRTP_EVENT_KEY_SOFT_LIMIT);
	return verdict;
}

enum ksrtp_verdict ksrtp_crypt_open_secure(struct ksrtp_packet *p,
					   const struct ksrtp_keyring *ring)
{
	struct ksrtp_ssrc *s = ksrtp_ssrc_find(&p->flow->rx, p->head.ssrc);
	enum ksrtp_verdict verdict;
	bool newest = false, secure;
	struct opened o;

	verdict = try_keys(p, ring, s, &o);
	if (unlikely(verdict == KSRTP_VERDICT_TAG) && s && !p->rtcp)
		p->probe = ksrtp_attack_far(READ_ONCE(s->stream.next), p->head.seq);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	secure = ksrtp_keys_secure(&o.key->keys, p->rtcp);
	if (!secure && p->flow->secure[0])
		return KSRTP_VERDICT_CLEAR;
	if (unlikely(!s)) {
		s = ksrtp_ssrc_add(p->flow, &p->flow->rx, p->head.ssrc, &verdict);
		if (!s)
			return verdict;
		ksrtp_event_raise(p->flow, KSRTP_EVENT_NEW_SSRC);
	}
	verdict = commit(p, s, &o, &newest);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	skb_trim(p->skb, p->udp + sizeof(struct udphdr) + p->len);
	ksrtp_crypt_heard(p);
	if (likely(secure))
		this_cpu_inc(p->kn->counts->rx_secure);
	else
		atomic64_inc(&p->flow->lessened[0]);
	if (ksrtp_keys_authentic(&o.key->keys, p->rtcp))
		ksrtp_admit_authentic(p, newest);
	return KSRTP_VERDICT_OK;
}

/* ---- out ---- */

static enum ksrtp_verdict reserve(struct ksrtp_packet *p, struct ksrtp_ssrc *s, u64 *index)
{
	u32 len = p->len + ksrtp_growth(&p->key->keys, p->rtcp);
	enum ksrtp_charge charge = KSRTP_CHARGE_OK;
	enum ksrtp_verdict verdict;

	spin_lock(&s->lock);
	verdict = p->rtcp ? ksrtp_stream_rtcp_tx_begin(&s->stream, index) :
			    ksrtp_stream_tx_begin(&s->stream, p->head.seq, index);
	if (verdict == KSRTP_VERDICT_OK)
		charge = ksrtp_keyring_charge(p->key, &s->lease[p->rtcp], p->rtcp);
	if (charge == KSRTP_CHARGE_SPENT)
		verdict = KSRTP_VERDICT_SPENT;
	if (verdict == KSRTP_VERDICT_OK) {
		s->key[p->rtcp] = p->key->generation;
		s->seen[p->rtcp].packets++;
		s->seen[p->rtcp].bytes += len;
		s->last = (u32)jiffies;
	}
	spin_unlock(&s->lock);
	if (unlikely(charge == KSRTP_CHARGE_SOFT))
		ksrtp_event_raise(p->peer, KSRTP_EVENT_KEY_SOFT_LIMIT);
	if (unlikely(verdict == KSRTP_VERDICT_SPENT))
		ksrtp_event_raise(p->peer, KSRTP_EVENT_KEY_SPENT);
	return verdict;
}

/* Under the SSRC that its source has here, which is a fresh one once it has begun anew. */
static enum ksrtp_verdict reserve_as(struct ksrtp_packet *p, struct ksrtp_ssrc *source, u64 *index)
{
	struct ksrtp_ssrc *s = ksrtp_alias_follow(p, source);
	enum ksrtp_verdict verdict = reserve(p, s, index);

	if (likely(verdict == KSRTP_VERDICT_OK && !READ_ONCE(source->restart.run)))
		return verdict;
	s = ksrtp_alias_renew(p, source, s, &verdict);
	return s ? reserve(p, s, index) : verdict;
}

enum ksrtp_verdict ksrtp_crypt_seal_secure(struct ksrtp_packet *p)
{
	struct ksrtp_ssrc *s = ksrtp_ssrc_find(&p->peer->tx, p->head.ssrc);
	struct ksrtp_op op = {
		.keys = &p->key->keys, .data = ksrtp_hook_payload(p), .len = p->len,
		.room = p->len + (u32)skb_tailroom(p->skb), .head = p->head.head, .rtcp = p->rtcp,
	};
	bool secure = ksrtp_keys_secure(op.keys, p->rtcp);
	const struct ksrtp_prim *prim;
	enum ksrtp_verdict verdict;

	if (!secure && p->peer->secure[1])
		return KSRTP_VERDICT_CLEAR;
	if (unlikely(!s)) {
		s = ksrtp_ssrc_add(p->peer, &p->peer->tx, p->head.ssrc, &verdict);
		if (!s)
			return verdict;
	}
	verdict = reserve_as(p, s, &op.index);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	prim = ksrtp_simd_begin();
	ksrtp_protect(prim, &op, 1);
	ksrtp_simd_end(prim);
	if (op.verdict != KSRTP_VERDICT_OK)
		return op.verdict;
	skb_put(p->skb, op.len - p->len);
	p->len = op.len;
	if (likely(secure))
		this_cpu_inc(p->kn->counts->tx_secure);
	else
		atomic64_inc(&p->peer->lessened[1]);
	return KSRTP_VERDICT_OK;
}
