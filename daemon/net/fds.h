/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets over a restart, in the service manager's file-descriptor store (sd_notify(3), FDSTORE=1).
 * While no process of ours runs, what comes waits in them, and nobody else gets their ports.
 *
 * A socket is known by its kind and the address it is bound to. Without a service manager nothing
 * is kept, and nothing is found. Loop thread only; NULL as @fds is fine everywhere.
 */
#ifndef KSRTP_NET_FDS_H
#define KSRTP_NET_FDS_H

#include "daemon/net/addr.h"

struct ksrtp_fds;

/**
 * ksrtp_fds_create - take over what the service manager hands down (sd_listen_fds(3))
 *
 * Descriptors that are no bound IP sockets are closed. Return: 0, -ENOMEM, no randomness.
 */
int ksrtp_fds_create(struct ksrtp_fds **fds);
/** ksrtp_fds_destroy - what nobody took is closed, and not told of */
void ksrtp_fds_destroy(struct ksrtp_fds *fds);

/**
 * ksrtp_fds_take - the socket of an earlier process
 * @type: SOCK_DGRAM, or SOCK_STREAM for one that listens
 *
 * Return: the descriptor, from now on the caller's, or -1. It never blocks, and stays in the store.
 */
int ksrtp_fds_take(struct ksrtp_fds *fds, int type, const struct ksrtp_addr *addr);

/** ksrtp_fds_keep - store a socket; the descriptor stays the caller's */
void ksrtp_fds_keep(struct ksrtp_fds *fds, int type, const struct ksrtp_addr *addr, int fd);
/** ksrtp_fds_drop - keep it no more */
void ksrtp_fds_drop(struct ksrtp_fds *fds, int type, const struct ksrtp_addr *addr);

#define KSRTP_FDS_MEDIA	1024	/* media sockets that are kept at most */

/**
 * ksrtp_fds_keep_media - store media sockets, when this process leaves its calls to another
 *
 * Not before: the manager compares each with all it has, which would be too much at the rate of
 * calls. A call whose sockets were not kept goes on, too.
 */
void ksrtp_fds_keep_media(struct ksrtp_fds *fds, const int *fd, unsigned int n);

/** ksrtp_fds_settle - all is open: close what nobody took, keep no media */
void ksrtp_fds_settle(struct ksrtp_fds *fds);

#endif
