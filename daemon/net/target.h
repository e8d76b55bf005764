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

struct ksrtp_target {
	enum ksrtp_transport transport;
	struct ksrtp_addr addr;
	enum ksrtp_target_identity identity;	/* of a TLS peer */
	bool speculative;		/* TLS tried though nothing announced it: short limit */
	/*
	 * The domain that was asked for, before any SRV: the identity a TLS peer must show
	 * (RFC 5922 section 7.3) and the SNI. Empty when a literal address was asked for.
	 */
	char name[KSRTP_NAME_MAX];
};

#endif
