/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of daemon/net: tells when files may have been replaced. What is watched are their
 * directories, for whoever renews a file puts a new one in its place.
 */
#ifndef KSRTP_NET_WATCH_H
#define KSRTP_NET_WATCH_H

#include "daemon/net/loop.h"

struct ksrtp_watch;

/**
 * ksrtp_watch_create - watches nothing yet
 * @changed: called once things have been quiet for 200 ms, for key and certificate are written one
 *	after the other
 *
 * Return: NULL without memory.
 */
struct ksrtp_watch *ksrtp_watch_create(struct ksrtp_loop *loop, void (*changed)(void *ctx),
				       void *ctx);
void ksrtp_watch_destroy(struct ksrtp_watch *watch);

/** ksrtp_watch_file - watch the directory of @path too; what cannot be watched is logged */
void ksrtp_watch_file(struct ksrtp_watch *watch, const char *path);

#endif
