/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The core's struct ksrtp_endpoint (16 bytes and a port) and the daemon's struct ksrtp_addr.
 */
#ifndef KSRTP_MEDIA_ENDPOINT_H
#define KSRTP_MEDIA_ENDPOINT_H

#include <ksrtp/latch.h>

#include "daemon/net/addr.h"

/** ksrtp_endpoint_from - of an address; all zero for "no address" */
void ksrtp_endpoint_from(struct ksrtp_endpoint *e, const struct ksrtp_addr *a);
/** ksrtp_endpoint_to - back again; "no address" for all zero */
void ksrtp_endpoint_to(const struct ksrtp_endpoint *e, struct ksrtp_addr *a);
/** ksrtp_endpoint_equal - same address and port */
bool ksrtp_endpoint_equal(const struct ksrtp_endpoint *a, const struct ksrtp_endpoint *b);

#endif
