// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses and ports to and from text. No state, no look-ups of names.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/ksrtp/endpoint.h"

static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

static int parse_address(struct ksrtp_endpoint *e, const char *text)
{
	if (inet_pton(AF_INET, text, e->addr + 12) == 1) {
		memcpy(e->addr, mapped, sizeof(mapped));
		return 0;
	}
	return inet_pton(AF_INET6, text, e->addr) == 1 ? 0 : -EINVAL;
}

int ksrtp_endpoint_parse(struct ksrtp_endpoint *e, const char *text, bool port)
{
	char copy[ENDPOINT_TEXT], *host = copy, *colon, *end;
	unsigned long number;

	memset(e, 0, sizeof(*e));
	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	if (!port)
		return parse_address(e, host);
	colon = strrchr(copy, ':');
	if (!colon || !colon[1])
		return -EINVAL;
	*colon = 0;
	number = strtoul(colon + 1, &end, 10);
	if (*end || !number || number > 65535)
		return -EINVAL;
	if (*host == '[' && colon[-1] == ']') {
		colon[-1] = 0;
		host++;
	}
	e->port = (u16)number;
	return parse_address(e, host);
}

const char *ksrtp_endpoint_write(const struct ksrtp_endpoint *e, char out[ENDPOINT_TEXT])
{
	char host[INET6_ADDRSTRLEN];
	bool v4 = !memcmp(e->addr, mapped, sizeof(mapped));

	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? e->addr + 12 : e->addr, host, sizeof(host));
	if (!e->port)
		snprintf(out, ENDPOINT_TEXT, "%s", host);
	else
		snprintf(out, ENDPOINT_TEXT, v4 ? "%s:%u" : "[%s]:%u", host, e->port);
	return out;
}

bool ksrtp_endpoint_known(const struct ksrtp_endpoint *e)
{
	static const u8 zero[16];

	return memcmp(e->addr, zero, sizeof(zero));
}
