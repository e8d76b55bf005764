// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of the transports, RFC 3261 sections 18 and 25. Called by every layer; no state.
 */
#include "daemon/net/hop.h"

#include <strings.h>

static const struct {
	const char *name, *param;
} names[] = {
	[KSRTP_TRANSPORT_NONE] = { "NONE", "none" },
	[KSRTP_TRANSPORT_UDP] = { "UDP", "udp" },
	[KSRTP_TRANSPORT_TCP] = { "TCP", "tcp" },
	[KSRTP_TRANSPORT_TLS] = { "TLS", "tls" },
};

const char *ksrtp_transport_name(enum ksrtp_transport t)
{
	return names[t].name;
}

const char *ksrtp_transport_param(enum ksrtp_transport t)
{
	return names[t].param;
}

enum ksrtp_transport ksrtp_transport_parse(const char *text, size_t n)
{
	enum ksrtp_transport t;

	for (t = KSRTP_TRANSPORT_UDP; t <= KSRTP_TRANSPORT_TLS; t++)
		if (n == strlen(names[t].param) && !strncasecmp(text, names[t].param, n))
			return t;
	return KSRTP_TRANSPORT_NONE;
}
