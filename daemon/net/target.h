/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A place to send a request to, as RFC 3263 finds it: what dns gives and net takes.
 */
#ifndef KSRTP_NET_TARGET_H
#define KSRTP_NET_TARGET_H

#include "daemon/net/hop.h"

#define KSRTP_NAME_MAX	256	/* a DNS name in text, NUL included */

/* Whom a TLS peer must show itself to be, or the connection is no use. */
enum ksrtp_target_identity {
	KSRTP_TARGET_ANY,	/* anybody: who it was is recorded */
	KSRTP_TARGET_KNOWN,	/* not another key than the one that was seen here first */
	KSRTP_TARGET_DOMAIN,	/* the domain asked for, by a valid certificate (RFC 5922) */
};

#define KSRTP_TLSA_MAX	8	/* records of a server that are looked at */

/* A TLSA record (RFC 6698), whole certificates and keys as their SHA-256. */
struct ksrtp_tlsa {
	uint8_t usage, selector, matching;
	uint8_t n;			/* bytes of @data */
	uint8_t data[64];
};

struct ksrtp_tlsa_set {
	uint8_t n;
	struct ksrtp_tlsa tlsa[KSRTP_TLSA_MAX];
};

struct ksrtp_target {
	enum ksrtp_transport transport;
	struct ksrtp_addr addr;
	enum ksrtp_target_identity identity;	/* of a TLS peer */
	bool speculative;		/* TLS tried though nothing announced it: short limit */
	bool answers;			/* for responses only: who asked has us connect */
	/*
	 * The domain that was asked for, before any SRV: the identity a TLS peer must show
	 * (RFC 5922 section 7.3) and the SNI. Empty when a literal address was asked for.
	 */
	char name[KSRTP_NAME_MAX];
	/*
	 * What DNSSEC proves of a TLS peer's certificate (RFC 7673): it must match one record.
	 * And the server that SRV named, for the SNI then; empty without records.
	 */
	struct ksrtp_tlsa_set tlsa;
	char host[KSRTP_NAME_MAX];
};

#endif
