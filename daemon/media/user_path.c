// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The packet path of the user back end between receiving and sending, a batch at a time: classify,
 * admit the source, unprotect, commit, find the way out, protect. Called by user_worker.c under the
 * worker's lock; allocates nothing but a stream at its first packet.
 *
 * Crypto runs over the whole batch, what comes before and after it in order of arrival. So a packet
 * may be looked up before the commit of an earlier one of its stream; where that made the estimate
 * wrong (the first packets of a stream around 65535) its tag fails and the trials are made anew,
 * one by one, with the streams as they are by then.
 *
 * RFC 3711, RFC 5761 section 4 (RTP and RTCP on one port), RFC 7983 (what else may come).
 */
#include "daemon/media/user.h"

#include "daemon/media/endpoint.h"

/* What protect and unprotect skip. */
#define SKIP KSRTP_VERDICT_HELD

static struct ksrtp_latch *latch_of(const struct ksrtp_user_packet *p)
{
	return &p->flow->latch[p->in->rtcp];
}

static bool raw(const struct ksrtp_user_packet *p)
{
	return p->flow->base.kind == KSRTP_MEDIA_RAW;
}

/*
 * By the first bytes alone; on a raw flow any will do. Else what is neither RTP nor RTCP is
 * nobody's yet and does not count, unless it has no name at all and comes to a flow that must be
 * protected.
 */
static enum ksrtp_verdict classify(struct ksrtp_user_packet *p)
{
	enum ksrtp_kind kind = ksrtp_kind_of(p->data, p->len);

	if (raw(p))
		return p->in->rtcp ? KSRTP_VERDICT_NOT_RTP : KSRTP_VERDICT_OK;
	p->rtcp = kind == KSRTP_KIND_RTCP;
	if (p->rtcp && (p->in->rtcp || p->flow->mux))
		return ksrtp_rtcp_parse(p->data, p->len, &p->head);
	if (kind == KSRTP_KIND_RTP && !p->in->rtcp)
		return ksrtp_rtp_parse(p->data, p->len, &p->head);
	p->stranger = kind != KSRTP_KIND_RTP && kind != KSRTP_KIND_RTCP &&
		      (kind != KSRTP_KIND_UNKNOWN || !p->flow->secure_rx);
	return KSRTP_VERDICT_NOT_RTP;
}

/* Do packets prove who sent them? Where they do not the source rule is all there is. */
static bool authentic(const struct ksrtp_user_packet *p)
{
	return p->flow->rx_keys.n &&
	       ksrtp_keys_authentic(&p->flow->rx_keys.key[0]->keys, p->rtcp);
}

/*
 * A port of ours is a source only where the SDP says so, which media.c has followed to its end;
 * nothing latches to one, so no packet can go round for ever.
 */
static enum ksrtp_verdict admit(const struct ksrtp_user_batch *batch,
				const struct ksrtp_user_packet *p)
{
	const struct ksrtp_latch *latch = latch_of(p);

	if (!p->flow->rx_keys.n && p->flow->secure_rx)
		return KSRTP_VERDICT_CLEAR;
	if (!p->from.port || (ksrtp_ports_own(batch->media->ports, &p->from) &&
			      !ksrtp_endpoint_equal(&latch->present, &p->from)))
		return KSRTP_VERDICT_SOURCE;
	return authentic(p) ? ksrtp_latch_admit(latch, &p->from) : KSRTP_VERDICT_OK;
}

static void fill_op(struct ksrtp_op *op, const struct ksrtp_user_packet *p,
		    const struct ksrtp_user_key *key, u64 index)
{
	*op = (struct ksrtp_op){
		.keys = &key->keys, .data = p->data, .len = p->len, .room = KSRTP_USER_PACKET,
		.head = p->head.head, .index = index, .rtcp = p->rtcp,
		.verdict = KSRTP_VERDICT_OK
	};
}

/* Everything before the crypto. Changes nothing but the batch. */
static void begin(struct ksrtp_user_batch *batch, unsigned int i)
{
	struct ksrtp_user_trial trial[KSRTP_USER_TRIALS];
	struct ksrtp_user_packet *p = &batch->packet[i];
	unsigned int n;

	batch->op[i].verdict = SKIP;
	if (p->verdict == KSRTP_VERDICT_OK)
		p->verdict = classify(p);
	if (p->verdict == KSRTP_VERDICT_OK)
		p->verdict = admit(batch, p);
	if (p->verdict != KSRTP_VERDICT_OK || !p->flow->rx_keys.n)
		return;
	p->otherwise = ksrtp_user_stream_trials(p->flow, p, trial, &n);
	if (!n) {
		p->verdict = p->otherwise;
		return;
	}
	p->trial = trial[0];
	fill_op(&batch->op[i], p, trial[0].key, trial[0].index);
}

static void unprotect(const struct ksrtp_user_batch *batch, struct ksrtp_op *op, unsigned int n)
{
	if (batch->libsrtp2)
		ksrtp_user_srtp_unprotect(op, n);
	else
		ksrtp_unprotect(ksrtp_prim_best(), op, n);
}

static void protect(const struct ksrtp_user_batch *batch, struct ksrtp_op *op, unsigned int n)
{
	if (batch->libsrtp2)
		ksrtp_user_srtp_protect(op, n);
	else
		ksrtp_protect(ksrtp_prim_best(), op, n);
}

/* The first trial did not open it: all the others, as things stand now. */
static enum ksrtp_verdict try_others(struct ksrtp_user_batch *batch, unsigned int i)
{
	struct ksrtp_user_trial trial[KSRTP_USER_TRIALS], first = batch->packet[i].trial;
	struct ksrtp_user_packet *p = &batch->packet[i];
	struct ksrtp_op *op = &batch->op[i];
	unsigned int t, n;

	p->otherwise = ksrtp_user_stream_trials(p->flow, p, trial, &n);
	for (t = 0; t < n; t++) {
		if (trial[t].key == first.key && trial[t].index == first.index)
			continue;
		fill_op(op, p, trial[t].key, trial[t].index);
		unprotect(batch, op, 1);
		if (op->verdict == KSRTP_VERDICT_OK) {
			p->trial = trial[t];
			return KSRTP_VERDICT_OK;
		}
	}
	return p->otherwise;
}

static enum ksrtp_verdict commit_secure(struct ksrtp_user_batch *batch, unsigned int i)
{
	struct ksrtp_user_packet *p = &batch->packet[i];
	enum ksrtp_verdict verdict = batch->op[i].verdict;
	const struct ksrtp_keys *keys;
	bool newest, secure, moved;

	/* Authentic, but not (un)encrypted as it has to be: no other key would say otherwise. */
	if (verdict == KSRTP_VERDICT_CLEAR || verdict == KSRTP_VERDICT_E_BIT)
		return verdict;
	if (verdict != KSRTP_VERDICT_OK)
		verdict = try_others(batch, i);
	keys = &p->trial.key->keys;
	secure = ksrtp_keys_secure(keys, p->rtcp);
	if (verdict == KSRTP_VERDICT_OK && !secure && p->flow->secure_rx)
		verdict = KSRTP_VERDICT_CLEAR;
	if (verdict == KSRTP_VERDICT_OK && !authentic(p))
		verdict = ksrtp_latch_clear(latch_of(p), &p->from, p->head.ssrc, batch->now_ms,
					    &moved);
	if (verdict == KSRTP_VERDICT_OK)
		verdict = ksrtp_user_stream_commit(p->flow, p, &p->trial, batch->now_us,
						   &newest);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	p->len = batch->op[i].len;
	p->flow->stats.rx_secure += secure;
	if (ksrtp_keys_authentic(keys, p->rtcp))
		ksrtp_latch_authentic(latch_of(p), &p->from, newest);
	return KSRTP_VERDICT_OK;
}

static enum ksrtp_verdict commit_clear(struct ksrtp_user_batch *batch, unsigned int i)
{
	struct ksrtp_user_packet *p = &batch->packet[i];
	enum ksrtp_verdict verdict;
	bool moved;

	verdict = ksrtp_latch_clear(latch_of(p), &p->from, p->head.ssrc, batch->now_ms, &moved);
	if (verdict == KSRTP_VERDICT_OK && !p->rtcp && !raw(p))
		ksrtp_user_quality_hear(p, batch->now_us);
	return verdict;
}

/* Where the peer flow sends it, and under which index. */
static enum ksrtp_verdict forward(struct ksrtp_user_batch *batch, unsigned int i)
{
	struct ksrtp_user_packet *p = &batch->packet[i];
	struct ksrtp_user_flow *peer = p->flow->peer;
	enum ksrtp_verdict verdict;
	unsigned int side;
	u64 index;

	if (!peer)
		return KSRTP_VERDICT_ROUTE;
	side = p->rtcp && !peer->mux;
	p->out = &peer->port[side];
	p->to = peer->latch[side].present;
	p->lessened = !peer->tx_keys.n ||
		      !ksrtp_keys_secure(&peer->tx_keys.key[0]->keys, p->rtcp);
	if (p->lessened && peer->secure_tx)
		return KSRTP_VERDICT_CLEAR;
	if (!p->to.port)
		return KSRTP_VERDICT_ROUTE;
	if (p->rtcp)
		ksrtp_user_quality_report(p, batch->now_us);
	if (!peer->tx_keys.n)
		return KSRTP_VERDICT_OK;
	verdict = ksrtp_user_stream_send(peer, peer->tx_keys.key[0], p, &index);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	p->secured = true;
	fill_op(&batch->op[i], p, peer->tx_keys.key[0], index);
	return KSRTP_VERDICT_OK;
}

/* Between the two crypto passes, in order of arrival. */
static void turn(struct ksrtp_user_batch *batch, unsigned int i)
{
	struct ksrtp_user_packet *p = &batch->packet[i];

	if (p->verdict == KSRTP_VERDICT_OK)
		p->verdict = p->flow->rx_keys.n ? commit_secure(batch, i) : commit_clear(batch, i);
	if (p->verdict == KSRTP_VERDICT_OK && p->rtcp)
		ksrtp_user_quality_reported(p, batch->now_us);
	batch->op[i].verdict = SKIP;
	if (p->verdict == KSRTP_VERDICT_OK)
		p->verdict = forward(batch, i);
}

void ksrtp_user_path_run(struct ksrtp_user_batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->n; i++)
		begin(batch, i);
	unprotect(batch, batch->op, batch->n);
	for (i = 0; i < batch->n; i++)
		turn(batch, i);
	protect(batch, batch->op, batch->n);
	for (i = 0; i < batch->n; i++) {
		struct ksrtp_user_packet *p = &batch->packet[i];

		if (!p->secured)
			continue;
		p->verdict = batch->op[i].verdict;
		p->len = batch->op[i].len;
	}
}
