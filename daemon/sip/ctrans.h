/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_SIP_CTRANS_H
#define DAEMON_SIP_CTRANS_H

#include "daemon/sip/trans.h"

/**
 * struct ksrtp_ctrans_user - the callbacks of a client transaction's owner; none may be NULL
 * @response: a response to be passed on: each provisional one, the final one; of an INVITE each
 *            2xx, retransmitted ones included (RFC 6026 7.2). Retransmitted finals of other kinds
 *            are absorbed. @msg is valid during the call.
 * @failed: no final response came: -ETIMEDOUT (timers B, F, C; treat as 408), -EPIPE or the errno
 *          of send (treat as 503). ended() follows.
 * @ended: the handle is void after this; called exactly once
 */
struct ksrtp_ctrans_user {
	void (*response)(void *ctx, struct ksrtp_ctrans *ct, const struct ksrtp_msg *msg);
	void (*failed)(void *ctx, struct ksrtp_ctrans *ct, int err);
	void (*ended)(void *ctx, struct ksrtp_ctrans *ct);
};

/**
 * struct ksrtp_ctrans_args - a client transaction to be
 * @bytes: the request as it leaves, own Via with a fresh branch on top; copied
 * @hop: where it goes; copied
 * @hop_len: at most KSRTP_TRANS_HOP
 * @reliable: the hop is TCP or TLS: no retransmissions
 * @user: callbacks
 * @ctx: their first argument
 */
struct ksrtp_ctrans_args {
	struct slice bytes;
	const void *hop;
	size_t hop_len;
	bool reliable;
	const struct ksrtp_ctrans_user *user;
	void *ctx;
};

/**
 * ksrtp_ctrans_create() - send a request (not an ACK) and follow it up
 * @ct: filled before anything is sent; owned by the layer, see ended()
 *
 * An immediate failure of send is reported through failed() from the next ksrtp_trans_run(), never
 * from within this call; so is everything else.
 * Return: 0, -EINVAL (not a SIP request, an ACK), -EEXIST (that branch is in use), -ENOSPC (cap),
 *         -ENOMEM
 */
int ksrtp_ctrans_create(struct ksrtp_trans *layer, const struct ksrtp_ctrans_args *args,
			struct ksrtp_ctrans **ct);

/**
 * ksrtp_ctrans_cancel() - cancel a pending INVITE (RFC 3261 9.1)
 * @headers: more header lines for the CANCEL (Reason: …), each with CRLF; may be absent
 *
 * The CANCEL goes out at once if a provisional response came, else with the first one. The INVITE
 * ends by its final response, or with -ETIMEDOUT 64*T1 after the CANCEL. Timer C does the same by
 * itself.
 *
 * Return: 0, -EALREADY (a final response came, or it is cancelled), -EINVAL (not an INVITE),
 *         -ENOMEM
 */
int ksrtp_ctrans_cancel(struct ksrtp_ctrans *ct, struct slice headers);

/** ksrtp_ctrans_detach() - the owner goes away: no more callbacks; the handle is void at once */
void ksrtp_ctrans_detach(struct ksrtp_ctrans *ct);

/** ksrtp_ctrans_request() - the request as it was sent, valid as long as the handle */
struct slice ksrtp_ctrans_request(const struct ksrtp_ctrans *ct);

#endif
