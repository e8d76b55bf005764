/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_SIP_STRANS_H
#define DAEMON_SIP_STRANS_H

#include "daemon/sip/trans.h"

/**
 * struct ksrtp_strans_user - the callbacks of a server transaction's owner; none may be NULL
 * @cancelled: a CANCEL arrived for this INVITE, which has no final response yet; the layer has
 *             answered the CANCEL. @msg is the CANCEL, valid during the call.
 * @failed: no ACK came for a non-2xx final response: -ETIMEDOUT (timer H); or a response could not
 *          be sent: errno of send. ended() follows only where the transaction cannot go on.
 * @ended: the handle is void after this; called exactly once
 */
struct ksrtp_strans_user {
	void (*cancelled)(void *ctx, struct ksrtp_strans *st, const struct ksrtp_msg *msg);
	void (*failed)(void *ctx, struct ksrtp_strans *st, int err);
	void (*ended)(void *ctx, struct ksrtp_strans *st);
};

/**
 * struct ksrtp_strans_args - a server transaction to be
 * @msg: the request, for which ksrtp_trans_input() said KSRTP_TRANS_NEW; not an ACK. Needed only
 *       during the call: keep the bytes yourself where you need them later.
 * @hop: where responses go; copied
 * @hop_len: at most KSRTP_TRANS_HOP
 * @reliable: the hop is TCP or TLS
 * @user: callbacks
 * @ctx: their first argument
 */
struct ksrtp_strans_args {
	const struct ksrtp_msg *msg;
	const void *hop;
	size_t hop_len;
	bool reliable;
	const struct ksrtp_strans_user *user;
	void *ctx;
};

/**
 * ksrtp_strans_create() - a server transaction for a new request
 * @st: filled; owned by the layer, see ended()
 *
 * An INVITE is answered with 100 Trying at once (RFC 3261 17.2.1).
 * Return: 0, -EINVAL (a response, an ACK), -EEXIST (it is there), -ENOSPC (cap: answer 503
 *         without state), -ENOMEM
 */
int ksrtp_strans_create(struct ksrtp_trans *layer, const struct ksrtp_strans_args *args,
			struct ksrtp_strans **st);

/**
 * ksrtp_strans_reply() - send a response
 * @bytes: a whole response (forwarded with our Via popped, or built); copied
 *
 * Provisional ones and the 2xx of an INVITE may be given again and again; after another final
 * response everything is refused. No response but the 2xx of an INVITE may follow a 2xx.
 * Return: 0 (also when send failed: failed() is called from the next ksrtp_trans_run()),
 *         -EALREADY (after a final response), -EINVAL (not a SIP response), -ENOSPC (longer than
 *         KSRTP_MSG_MAX), -ENOMEM
 */
int ksrtp_strans_reply(struct ksrtp_strans *st, struct slice bytes);

/** ksrtp_strans_final() - the status of the final response given so far, 0 for none */
uint16_t ksrtp_strans_final(const struct ksrtp_strans *st);

/**
 * ksrtp_strans_rehop() - from now on responses go to another hop (RFC 3261 18.2.2)
 *
 * The last response given, if any, is sent there at once.
 * Return: 0 or -EINVAL
 */
int ksrtp_strans_rehop(struct ksrtp_strans *st, const void *hop, size_t hop_len, bool reliable);

/**
 * ksrtp_strans_detach() - the owner goes away: no more callbacks; the handle is void at once
 *
 * A transaction without a final response ends without one.
 */
void ksrtp_strans_detach(struct ksrtp_strans *st);

#endif
