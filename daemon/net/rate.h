/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much a source may do in a time: a bucket of tokens for each IPv4 address and IPv6 /64. No
 * I/O, no clock; one table belongs to one thread. What strangers can make of it is capped: of a
 * full table the source that came longest ago is forgotten, and with it what it had used up.
 */
#ifndef KSRTP_NET_RATE_H
#define KSRTP_NET_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/net/addr.h"

#define KSRTP_RATE_SOURCES	16384	/* that are remembered, 88 bytes each */
#define KSRTP_RATE_SECONDS	10	/* what a full bucket is worth */

struct ksrtp_rate;

/**
 * ksrtp_rate_create - no source has used anything yet
 * @a_second: what comes back to each source's bucket; it holds KSRTP_RATE_SECONDS times that. > 0
 *
 * Return: 0 or -ENOMEM.
 */
int ksrtp_rate_create(struct ksrtp_rate **rate, unsigned a_second);
/** NULL is fine. */
void ksrtp_rate_destroy(struct ksrtp_rate *rate);

/**
 * ksrtp_rate_take - may @from do one more?
 * @now: milliseconds of a monotonic clock
 *
 * Without memory everybody may: it is a matter of load, not of rights.
 */
bool ksrtp_rate_take(struct ksrtp_rate *rate, const struct ksrtp_addr *from, uint64_t now);

#endif
