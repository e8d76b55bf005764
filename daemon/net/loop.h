/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every part of the daemon hangs off instead of globals: one event loop and its log.
 */
#ifndef KSRTP_NET_LOOP_H
#define KSRTP_NET_LOOP_H

#include <uv.h>

#include "daemon/log.h"

struct ksrtp_loop {
	uv_loop_t uv;
	struct ksrtp_log *log;	/* not owned; may be NULL */
};

/**
 * ksrtp_loop_init - start a loop
 *
 * Also makes the process ignore SIGPIPE: a peer that goes away is an error code, not a signal.
 *
 * Return: 0 or a negative errno.
 */
int ksrtp_loop_init(struct ksrtp_loop *loop, struct ksrtp_log *log);

/**
 * ksrtp_loop_fini - let handles that are being closed finish, then end the loop
 *
 * Everything that hangs off the loop has been destroyed before.
 *
 * Return: 0, or -EBUSY when a handle was still open (a bug of its owner; said in the log).
 */
int ksrtp_loop_fini(struct ksrtp_loop *loop);

/** Milliseconds of the loop's monotonic clock, as of this turn. */
static inline uint64_t ksrtp_loop_now(const struct ksrtp_loop *loop)
{
	return uv_now(&loop->uv);
}

#endif
