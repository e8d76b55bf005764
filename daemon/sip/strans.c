// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Server transactions. Called by the proxy core (create, reply, detach) and by trans.c (requests,
 * timers) in the signalling thread; no lock. Strangers create them, hence the cap. RFC 3261 9.2,
 * 17.2.1, 17.2.2; RFC 6026 7.1 (the Accepted state, timer L).
 */
#include "daemon/sip/strans.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sip/build.h"
#include "daemon/sip/trans_priv.h"

/* A non-INVITE that nobody answers: its sender has given up at 64*T1 (RFC 4320 4.2). */
#define UNANSWERED (KSRTP_TRANS_64T1 + KSRTP_TRANS_T4)

enum state {
	PROCEEDING, /* also "Trying", as long as nothing was sent */
	ACCEPTED,
	COMPLETED,
	CONFIRMED,
};

struct ksrtp_strans {
	struct trans_base base;
	enum state state;
	bool invite;
	bool abandoned; /* detached without a final response */
	uint16_t final;
	int err; /* of send, to be reported by the retransmit timer */
	uint32_t interval;
	const struct ksrtp_strans_user *user; /* NULL: nobody */
	void *ctx;
	struct ksrtp_buf last; /* the response that answers retransmissions */
};

static struct ksrtp_strans *of_base(struct trans_base *base)
{
	return ksrtp_container(base, struct ksrtp_strans, base);
}

static void transmit(struct ksrtp_strans *st, struct slice bytes)
{
	st->err = trans_send(&st->base, bytes);
	if (st->err)
		trans_arm(st->base.layer, &st->base.retransmit, 0);
}

static bool repeats(const struct ksrtp_strans *st)
{
	return st->invite && st->state == COMPLETED && !st->base.reliable;
}

static void fire_retransmit(struct trans_timer *timer)
{
	struct ksrtp_strans *st = ksrtp_container(timer, struct ksrtp_strans, base.retransmit);
	int err = st->err;

	if (repeats(st)) {
		trans_arm(st->base.layer, timer, st->interval);
		st->interval *= 2;
		if (st->interval > KSRTP_TRANS_T2)
			st->interval = KSRTP_TRANS_T2;
	}
	if (err) {
		st->err = 0;
		if (st->user)
			st->user->failed(st->ctx, st, err);
		return;
	}
	transmit(st, ksrtp_buf_view(&st->last));
}

static void fire_deadline(struct trans_timer *timer)
{
	struct ksrtp_strans *st = ksrtp_container(timer, struct ksrtp_strans, base.deadline);
	bool unanswered = st->state == PROCEEDING && !st->abandoned;

	if (st->user && (unanswered || (st->invite && st->state == COMPLETED)))
		st->user->failed(st->ctx, st, -ETIMEDOUT);
	strans_finish(&st->base);
}

void strans_finish(struct trans_base *base)
{
	struct ksrtp_strans *st = of_base(base);

	ksrtp_hash_remove(&base->layer->servers, &base->node);
	base->layer->kept -= base->key_len + st->last.n;
	if (st->user)
		st->user->ended(st->ctx, st);
	trans_base_fini(base);
	ksrtp_buf_free(&st->last);
	free(st);
}

static int keep_last(struct ksrtp_strans *st, struct slice bytes)
{
	st->base.layer->kept -= st->last.n;
	ksrtp_buf_reset(&st->last);
	ksrtp_buf_slice(&st->last, bytes);
	st->base.layer->kept += st->last.n;
	return st->last.err;
}

static void send_trying(struct ksrtp_strans *st, const struct ksrtp_msg *msg)
{
	const struct ksrtp_reply trying = {.status = 100};
	struct ksrtp_buf out;

	ksrtp_buf_init(&out, KSRTP_MSG_MAX);
	if (!ksrtp_build_response(msg, &trying, &out) && !keep_last(st, ksrtp_buf_view(&out)))
		transmit(st, ksrtp_buf_view(&st->last));
	ksrtp_buf_free(&out);
}

int ksrtp_strans_create(struct ksrtp_trans *layer, const struct ksrtp_strans_args *args,
			struct ksrtp_strans **out)
{
	const struct ksrtp_msg *msg = args->msg;
	struct ksrtp_strans *st;
	struct ksrtp_buf key;
	int err;

	if (!msg->request || msg->method_id == KSRTP_ACK)
		return -EINVAL;
	/* Large messages count for more: 64 KiB a piece would be more than the cap means. */
	if (layer->servers.count >= layer->limits.servers ||
	    layer->kept / KSRTP_TRANS_KEPT >= layer->limits.servers) {
		layer->refused++;
		return -ENOSPC;
	}
	st = calloc(1, sizeof(*st));
	if (!st)
		return -ENOMEM;
	ksrtp_buf_init(&key, KSRTP_MSG_MAX * 2);
	ksrtp_buf_init(&st->last, KSRTP_MSG_MAX);
	st->invite = msg->method_id == KSRTP_INVITE;
	st->user = args->user;
	st->ctx = args->ctx;
	st->base.reliable = args->reliable;
	st->base.retransmit.fire = fire_retransmit;
	st->base.deadline.fire = fire_deadline;
	err = trans_base_init(&st->base, layer, args->hop, args->hop_len);
	if (err)
		goto free_st;
	trans_server_key(msg, NULL, &key);
	err = trans_insert(&layer->servers, &st->base, &key);
	if (err)
		goto fini_base;
	ksrtp_buf_free(&key);
	layer->kept += st->base.key_len;
	*out = st;

	if (st->invite)
		send_trying(st, msg);
	else
		trans_arm(layer, &st->base.deadline, UNANSWERED);
	return 0;

fini_base:
	trans_base_fini(&st->base);
free_st:
	ksrtp_buf_free(&key);
	free(st);
	return err;
}

/* The status of a response, 0 when it is none. */
static uint16_t status_of(struct slice bytes)
{
	uint32_t status;

	if (!ksrtp_slice_starts_nocase(bytes, SLICE("SIP/2.0 ")) || bytes.n < 11 ||
	    ksrtp_slice_u32(ksrtp_slice_of(bytes.p + 8, 3), &status) || status < 100 ||
	    status > 699)
		return 0;
	return (uint16_t)status;
}

static void set_final(struct ksrtp_strans *st, uint16_t status)
{
	struct ksrtp_trans *layer = st->base.layer;
	bool reliable = st->base.reliable;

	st->final = status;
	if (st->invite && status < 300) {
		st->state = ACCEPTED;
		trans_arm(layer, &st->base.deadline, KSRTP_TRANS_64T1);
		return;
	}
	st->state = COMPLETED;
	if (!st->invite) {
		trans_arm(layer, &st->base.deadline, reliable ? 0 : KSRTP_TRANS_64T1);
		return;
	}
	st->interval = KSRTP_TRANS_T1;
	if (!reliable) {
		trans_arm(layer, &st->base.retransmit, st->interval);
		st->interval *= 2;
	}
	trans_arm(layer, &st->base.deadline, KSRTP_TRANS_64T1);
}

int ksrtp_strans_reply(struct ksrtp_strans *st, struct slice bytes)
{
	uint16_t status = status_of(bytes);
	bool again = st->state == ACCEPTED && status >= 200 && status < 300;
	int err;

	if (!status)
		return -EINVAL;
	if (st->state != PROCEEDING && !again)
		return -EALREADY;
	err = keep_last(st, bytes);
	if (err)
		return err;
	if (status >= 200 && !again)
		set_final(st, status);
	transmit(st, ksrtp_buf_view(&st->last));
	return 0;
}

uint16_t ksrtp_strans_final(const struct ksrtp_strans *st)
{
	return st->final;
}

int ksrtp_strans_rehop(struct ksrtp_strans *st, const void *hop, size_t hop_len, bool reliable)
{
	if (hop_len > KSRTP_TRANS_HOP)
		return -EINVAL;
	st->base.hop_len = hop_len;
	if (hop_len)
		memcpy(st->base.hop, hop, hop_len);
	st->base.reliable = reliable;
	if (st->last.n && st->state != CONFIRMED)
		transmit(st, ksrtp_buf_view(&st->last));
	return 0;
}

void ksrtp_strans_detach(struct ksrtp_strans *st)
{
	st->user = NULL;
	if (st->state != PROCEEDING)
		return;
	st->abandoned = true;
	trans_arm(st->base.layer, &st->base.deadline, 0);
}

static void input_ack(struct ksrtp_strans *st)
{
	if (st->state != COMPLETED)
		return;
	st->state = CONFIRMED;
	trans_disarm(st->base.layer, &st->base.retransmit);
	trans_arm(st->base.layer, &st->base.deadline, st->base.reliable ? 0 : KSRTP_TRANS_T4);
}

enum ksrtp_trans_what strans_input(struct trans_base *base, const struct ksrtp_msg *msg)
{
	struct ksrtp_strans *st = of_base(base);

	if (msg->method_id == KSRTP_ACK) {
		/* Of a 2xx it belongs to the dialog, though some senders keep the branch. */
		if (st->state == ACCEPTED)
			return KSRTP_TRANS_NEW;
		input_ack(st);
	} else if (st->last.n && (st->state == PROCEEDING || st->state == COMPLETED)) {
		transmit(st, ksrtp_buf_view(&st->last));
	}
	return KSRTP_TRANS_DONE;
}

void strans_cancel(struct trans_base *base, const struct ksrtp_msg *msg, const void *hop,
		   size_t hop_len)
{
	struct ksrtp_strans *st = of_base(base);
	struct ksrtp_trans *layer = base->layer;
	const struct ksrtp_strans_args args = {
		.msg = msg, .hop = hop, .hop_len = hop_len, .reliable = base->reliable};
	struct ksrtp_strans *cancel;
	struct ksrtp_reply ok = {.status = 200};
	char tag[KSRTP_TRANS_TAG];
	struct ksrtp_buf out;

	ksrtp_trans_tag(layer, msg, tag);
	ok.to_tag = ksrtp_slice_str(tag);
	ksrtp_buf_init(&out, KSRTP_MSG_MAX);
	if (!ksrtp_build_response(msg, &ok, &out)) {
		/* At the cap it is answered without state: the next one is answered anew. */
		if (!ksrtp_strans_create(layer, &args, &cancel))
			ksrtp_strans_reply(cancel, ksrtp_buf_view(&out));
		else
			layer->ops->send(layer->ctx, hop, hop_len, ksrtp_buf_view(&out));
	}
	ksrtp_buf_free(&out);
	if (st->state == PROCEEDING && st->user)
		st->user->cancelled(st->ctx, st, msg);
}
