/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GET /metrics for Prometheus (text format 0.0.4), in a thread of its own.
 */
#ifndef KSRTP_CTL_METRICS_H
#define KSRTP_CTL_METRICS_H

#include "daemon/base/buf.h"
#include "daemon/net/addr.h"
#include "daemon/net/loop.h"

struct ksrtp_metrics;

/**
 * struct ksrtp_metrics_setup - copied
 * @addr: where to listen
 * @write: appends the whole text; called on the loop's thread every two seconds
 */
struct ksrtp_metrics_setup {
	struct ksrtp_loop *loop;
	const struct ksrtp_addr *addr;
	void (*write)(void *ctx, struct ksrtp_buf *out);
	void *ctx;
};

/**
 * ksrtp_metrics_create - serve what @write says
 *
 * A scrape reads the last text that was written; it never waits for the loop, nor the loop for it.
 *
 * Return: 0, -EADDRINUSE or whatever else keeps it from listening, -ENOMEM.
 */
int ksrtp_metrics_create(struct ksrtp_metrics **metrics, const struct ksrtp_metrics_setup *setup);

/** ksrtp_metrics_destroy - end the thread; NULL is fine */
void ksrtp_metrics_destroy(struct ksrtp_metrics *metrics);

#endif
