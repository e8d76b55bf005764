// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Client transactions. Called by the proxy core (create, cancel, detach) and by trans.c (responses,
 * timers) in the signalling thread; no lock. RFC 3261 9.1, 16.6 step 11 (timer C), 17.1.1, 17.1.2;
 * RFC 6026 7.2 and 8.4 (the Accepted state, timer M).
 */
#include "daemon/sip/ctrans.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sip/build.h"
#include "daemon/sip/trans_priv.h"

enum state {
	CALLING, /* "Trying" of a non-INVITE transaction */
	PROCEEDING,
	ACCEPTED,
	COMPLETED,
};

struct ksrtp_ctrans {
	struct trans_base base;
	enum state state;
	bool invite;
	bool cancel_wanted;
	bool cancel_sent;
	int err; /* to be reported by the deadline timer */
	uint32_t interval;
	const struct ksrtp_ctrans_user *user; /* NULL: nobody */
	void *ctx;
	struct ksrtp_buf request;
	struct ksrtp_buf ack;
	struct ksrtp_buf cancel_headers;
};

static struct ksrtp_ctrans *of_base(struct trans_base *base)
{
	return ksrtp_container(base, struct ksrtp_ctrans, base);
}

/* An error is reported from ksrtp_trans_run(), never from below a caller. */
static void fail_soon(struct ksrtp_ctrans *ct, int err)
{
	ct->err = err;
	trans_disarm(ct->base.layer, &ct->base.retransmit);
	trans_arm(ct->base.layer, &ct->base.deadline, 0);
}

static void fire_retransmit(struct trans_timer *timer)
{
	struct ksrtp_ctrans *ct = ksrtp_container(timer, struct ksrtp_ctrans, base.retransmit);
	int err;

	/* A doubles without a bound, E up to T2; in Proceeding E is T2. */
	ct->interval *= 2;
	if (!ct->invite && (ct->interval > KSRTP_TRANS_T2 || ct->state == PROCEEDING))
		ct->interval = KSRTP_TRANS_T2;
	trans_arm(ct->base.layer, &ct->base.retransmit, ct->interval);
	err = trans_send(&ct->base, ksrtp_buf_view(&ct->request));
	if (err)
		fail_soon(ct, err);
}

static void fire_deadline(struct trans_timer *timer)
{
	struct ksrtp_ctrans *ct = ksrtp_container(timer, struct ksrtp_ctrans, base.deadline);
	bool waiting = ct->state == CALLING || ct->state == PROCEEDING;

	/* Timer C: ask for an end first, and give the other side time to answer. */
	if (ct->invite && ct->state == PROCEEDING && !ct->err && !ct->cancel_sent) {
		if (!ksrtp_ctrans_cancel(ct, ksrtp_slice_of(NULL, 0)))
			return;
	}
	if (waiting && ct->user)
		ct->user->failed(ct->ctx, ct, ct->err ? ct->err : -ETIMEDOUT);
	ctrans_finish(&ct->base);
}

void ctrans_finish(struct trans_base *base)
{
	struct ksrtp_ctrans *ct = of_base(base);

	ksrtp_hash_remove(&base->layer->clients, &base->node);
	if (ct->user)
		ct->user->ended(ct->ctx, ct);
	trans_base_fini(base);
	ksrtp_buf_free(&ct->request);
	ksrtp_buf_free(&ct->ack);
	ksrtp_buf_free(&ct->cancel_headers);
	free(ct);
}

/* As ksrtp_ctrans_create(), without the cap: a CANCEL must go out, and there is one per INVITE. */
static int create(struct ksrtp_trans *layer, const struct ksrtp_ctrans_args *args,
		  struct ksrtp_ctrans **out)
{
	struct ksrtp_ctrans *ct = calloc(1, sizeof(*ct));
	struct ksrtp_msg msg;
	struct ksrtp_buf key;
	int err;

	if (!ct)
		return -ENOMEM;
	ksrtp_buf_init(&key, KSRTP_MSG_MAX * 2);
	ksrtp_buf_init(&ct->request, KSRTP_MSG_MAX);
	ksrtp_buf_init(&ct->ack, KSRTP_MSG_MAX);
	ksrtp_buf_init(&ct->cancel_headers, KSRTP_MSG_MAX);
	err = -EINVAL;
	if (ksrtp_msg_parse(args->bytes, &msg) || !msg.request || msg.method_id == KSRTP_ACK ||
	    !msg.via.branch.n)
		goto free_ct;
	ct->invite = msg.method_id == KSRTP_INVITE;
	ct->user = args->user;
	ct->ctx = args->ctx;
	ct->base.reliable = args->reliable;
	ct->base.retransmit.fire = fire_retransmit;
	ct->base.deadline.fire = fire_deadline;
	err = ksrtp_buf_slice(&ct->request, msg.raw);
	if (err)
		goto free_ct;
	err = trans_base_init(&ct->base, layer, args->hop, args->hop_len);
	if (err)
		goto free_ct;
	trans_client_key(&msg, &key);
	err = trans_insert(&layer->clients, &ct->base, &key);
	if (err)
		goto fini_base;
	ksrtp_buf_free(&key);
	*out = ct;

	ct->interval = KSRTP_TRANS_T1;
	if (!args->reliable)
		trans_arm(layer, &ct->base.retransmit, ct->interval);
	trans_arm(layer, &ct->base.deadline, KSRTP_TRANS_64T1);
	err = trans_send(&ct->base, ksrtp_buf_view(&ct->request));
	if (err)
		fail_soon(ct, err);
	return 0;

fini_base:
	trans_base_fini(&ct->base);
free_ct:
	ksrtp_buf_free(&key);
	ksrtp_buf_free(&ct->request);
	free(ct);
	return err;
}

int ksrtp_ctrans_create(struct ksrtp_trans *layer, const struct ksrtp_ctrans_args *args,
			struct ksrtp_ctrans **ct)
{
	if (layer->clients.count >= layer->limits.clients) {
		layer->refused++;
		return -ENOSPC;
	}
	return create(layer, args, ct);
}

static int send_cancel(struct ksrtp_ctrans *ct)
{
	struct ksrtp_ctrans *cancel;
	struct ksrtp_ctrans_args args = {.hop = ct->base.hop,
					 .hop_len = ct->base.hop_len,
					 .reliable = ct->base.reliable};
	struct ksrtp_msg req;
	struct ksrtp_buf out;
	int err;

	ksrtp_buf_init(&out, KSRTP_MSG_MAX);
	err = ksrtp_msg_parse(ksrtp_buf_view(&ct->request), &req);
	if (!err)
		err = ksrtp_build_cancel(&req, ksrtp_buf_view(&ct->cancel_headers), &out);
	args.bytes = ksrtp_buf_view(&out);
	if (!err)
		err = create(ct->base.layer, &args, &cancel);
	ksrtp_buf_free(&out);
	if (err)
		return err;
	ct->cancel_sent = true;
	trans_arm(ct->base.layer, &ct->base.deadline, KSRTP_TRANS_64T1);
	return 0;
}

int ksrtp_ctrans_cancel(struct ksrtp_ctrans *ct, struct slice headers)
{
	if (!ct->invite)
		return -EINVAL;
	if ((ct->state != CALLING && ct->state != PROCEEDING) || ct->cancel_wanted || ct->err)
		return -EALREADY;
	if (ksrtp_buf_slice(&ct->cancel_headers, headers))
		return ct->cancel_headers.err;
	ct->cancel_wanted = true;
	/* Before a provisional response the CANCEL might overtake its INVITE (RFC 3261 9.1). */
	return ct->state == PROCEEDING ? send_cancel(ct) : 0;
}

void ksrtp_ctrans_detach(struct ksrtp_ctrans *ct)
{
	ct->user = NULL;
}

struct slice ksrtp_ctrans_request(const struct ksrtp_ctrans *ct)
{
	return ksrtp_buf_view(&ct->request);
}

void ctrans_break(struct trans_base *base)
{
	struct ksrtp_ctrans *ct = of_base(base);

	if ((ct->state == CALLING || ct->state == PROCEEDING) && !ct->err)
		fail_soon(ct, -EPIPE);
}

static void pass(struct ksrtp_ctrans *ct, const struct ksrtp_msg *msg)
{
	if (ct->user)
		ct->user->response(ct->ctx, ct, msg);
}

static void end_after(struct ksrtp_ctrans *ct, enum state state, uint64_t after_ms)
{
	ct->state = state;
	trans_disarm(ct->base.layer, &ct->base.retransmit);
	trans_arm(ct->base.layer, &ct->base.deadline, after_ms);
}

static void input_provisional(struct ksrtp_ctrans *ct, const struct ksrtp_msg *msg)
{
	bool first = ct->state == CALLING;

	ct->state = PROCEEDING;
	if (ct->invite) {
		trans_disarm(ct->base.layer, &ct->base.retransmit);
		if (!ct->cancel_sent && (first || msg->status > 100))
			trans_arm(ct->base.layer, &ct->base.deadline, KSRTP_TRANS_TIMER_C);
		if (ct->cancel_wanted && !ct->cancel_sent)
			send_cancel(ct);
	}
	pass(ct, msg);
}

static void input_failure(struct ksrtp_ctrans *ct, const struct ksrtp_msg *msg)
{
	bool again = ct->state == COMPLETED;
	struct ksrtp_msg req;

	if (!again) {
		end_after(ct, COMPLETED, ct->base.reliable ? 0 : KSRTP_TRANS_64T1);
		if (!ksrtp_msg_parse(ksrtp_buf_view(&ct->request), &req))
			ksrtp_build_ack(&req, msg, &ct->ack);
	}
	/* A lost ACK is asked for again; an error here would find nobody to act on it. */
	if (ct->ack.n && !ct->ack.err)
		trans_send(&ct->base, ksrtp_buf_view(&ct->ack));
	if (!again)
		pass(ct, msg);
}

void ctrans_input(struct trans_base *base, const struct ksrtp_msg *msg)
{
	struct ksrtp_ctrans *ct = of_base(base);
	bool waiting = ct->state == CALLING || ct->state == PROCEEDING;

	if (ct->err)
		return; /* given up, and its owner is about to hear so */
	if (msg->status < 200) {
		if (waiting)
			input_provisional(ct, msg);
	} else if (!ct->invite) {
		if (!waiting)
			return;
		end_after(ct, COMPLETED, ct->base.reliable ? 0 : KSRTP_TRANS_T4);
		pass(ct, msg);
	} else if (msg->status < 300) {
		if (waiting)
			end_after(ct, ACCEPTED, KSRTP_TRANS_64T1);
		if (ct->state == ACCEPTED)
			pass(ct, msg);
	} else if (waiting || ct->state == COMPLETED) {
		input_failure(ct, msg);
	}
}
