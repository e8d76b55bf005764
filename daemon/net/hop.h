/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a message came from or goes to: a value to copy, store and compare with memcmp().
 */
#ifndef KSRTP_NET_HOP_H
#define KSRTP_NET_HOP_H

#include <string.h>

#include "daemon/net/addr.h"

enum ksrtp_transport {
	KSRTP_TRANSPORT_NONE,
	KSRTP_TRANSPORT_UDP,
	KSRTP_TRANSPORT_TCP,
	KSRTP_TRANSPORT_TLS,
};

struct ksrtp_hop {
	uint64_t conn;			/* connection, 0 for UDP; never used twice */
	enum ksrtp_transport transport;
	struct ksrtp_addr local;	/* our end */
	struct ksrtp_addr remote;
	uint32_t zero;			/* fills up: no padding, memcmp() is allowed */
};

_Static_assert(sizeof(struct ksrtp_hop) == 72, "no padding in a hop");

static inline bool ksrtp_hop_equal(const struct ksrtp_hop *a, const struct ksrtp_hop *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/** "UDP", "TCP", "TLS": as in Via. */
const char *ksrtp_transport_name(enum ksrtp_transport t);

/** "udp", "tcp", "tls": as in ;transport=. */
const char *ksrtp_transport_param(enum ksrtp_transport t);

/** From "udp", "TCP", …, @n bytes. Return: KSRTP_TRANSPORT_NONE when unknown. */
enum ksrtp_transport ksrtp_transport_parse(const char *text, size_t n);

/** 5061 for TLS, else 5060. */
static inline uint16_t ksrtp_transport_port(enum ksrtp_transport t)
{
	return t == KSRTP_TRANSPORT_TLS ? 5061 : 5060;
}

#endif
