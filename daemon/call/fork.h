/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several contacts of a user that ring at once (RFC 3261 sections 16.6 and 16.7): a branch is a
 * proxy of its own, with a call of its own, so that each has its own ports and keys.
 */
#ifndef KSRTP_CALL_FORK_H
#define KSRTP_CALL_FORK_H

#include "daemon/call/proxy.h"

/**
 * ksrtp_fork_create - branches for the contact in use and the @proxy->n_equal others beside it
 *
 * They are listed in @proxy->branches, not yet sent; the call of @proxy becomes the first one's.
 * Those for which there is no room are left out.
 *
 * Return: 0 or -ENOMEM when there is none.
 */
int ksrtp_fork_create(struct ksrtp_proxy *proxy);

/**
 * ksrtp_fork_keep - a branch has a final response that is no 2xx
 * @response: as it would go back; absent: there is none, @status is what it comes to
 *
 * The best of all is what the caller gets in the end: 6xx before all, else what says more than
 * that somebody was not there.
 */
void ksrtp_fork_keep(struct ksrtp_proxy *branch, uint16_t status, struct slice response);

/** ksrtp_fork_cancel - all branches but @but (NULL: all) that have no final response yet */
void ksrtp_fork_cancel(struct ksrtp_proxy *proxy, const struct ksrtp_proxy *but);

/** ksrtp_fork_settle - a branch has its final response. Return: whether it was the last of all */
bool ksrtp_fork_settle(struct ksrtp_proxy *branch);

#endif
