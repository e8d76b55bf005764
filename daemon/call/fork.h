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
 * ksrtp_fork_keep - a contact's final response is no 2xx
 * @proxy: its branch, or the proxy itself where contacts are tried in turn
 * @response: as it would go back; absent: there is none, @status is what it comes to
 *
 * The best of all is what the caller gets in the end (RFC 3261 section 16.7 step 6): 6xx before
 * all, else of the lowest class; of 4xx first what says how to ask again, last that somebody was
 * not there. Of two alike the later one.
 */
void ksrtp_fork_keep(struct ksrtp_proxy *proxy, uint16_t status, struct slice response);

/** ksrtp_fork_better - is what was kept better than that status? */
bool ksrtp_fork_better(const struct ksrtp_proxy *proxy, uint16_t status);

/**
 * ksrtp_fork_best - the best of the responses that were kept, into @out; nothing: there is none
 *
 * One that asks for credentials has the challenges of all others that do, too (step 7): the caller
 * has one attempt for all contacts.
 */
void ksrtp_fork_best(const struct ksrtp_proxy *proxy, struct ksrtp_buf *out);

/** ksrtp_fork_cancel - all branches but @but (NULL: all) that have no final response yet */
void ksrtp_fork_cancel(struct ksrtp_proxy *proxy, const struct ksrtp_proxy *but);

/** ksrtp_fork_settle - a branch has its final response. Return: whether it was the last of all */
bool ksrtp_fork_settle(struct ksrtp_proxy *branch);

#endif
