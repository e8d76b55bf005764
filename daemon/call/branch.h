/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dialogs that one INVITE to one target brings (RFC 3261 section 12.1): a proxy behind it may
 * ring at several phones, and more than one may answer. Each is a call of its own.
 */
#ifndef KSRTP_CALL_BRANCH_H
#define KSRTP_CALL_BRANCH_H

#include "daemon/call/call.h"

/**
 * ksrtp_branch_join - the call that a response is about; a new one for a new tag
 * @call: one of the branch, held; out: the other is held in its place. It stays where no other can
 *	be had.
 * @msg: a 1xx or 2xx to its INVITE
 *
 * Return: 0, or -ESTALE for a dialog that has ended while others of the branch go on.
 */
int ksrtp_branch_join(struct ksrtp_edge *edge, struct ksrtp_call **call,
		      const struct ksrtp_msg *msg);

/** ksrtp_branch_answered - @call was: none rings, and the others' answers take no media from it */
void ksrtp_branch_answered(struct ksrtp_edge *edge, struct ksrtp_call *call);

/** ksrtp_branch_left - @call has ended: who was answered next has the media */
void ksrtp_branch_left(struct ksrtp_edge *edge, const struct ksrtp_call *call);

/** ksrtp_branch_anew - the INVITE goes out again, elsewhere or otherwise: of all that came so far
 * only @call is left, without media and without a callee
 */
void ksrtp_branch_anew(struct ksrtp_edge *edge, struct ksrtp_call *call);

/** ksrtp_branch_end - the INVITE failed: @call and all that was not answered; @why: for the log */
void ksrtp_branch_end(struct ksrtp_edge *edge, struct ksrtp_call *call, const char *why);

/** ksrtp_branch_over - nothing more will come for the INVITE: who lost ends */
void ksrtp_branch_over(struct ksrtp_edge *edge, struct ksrtp_call *call);

#endif
