// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses as the core and the kernel's interface hold them. Called by both back ends; no state.
 */
#include "daemon/media/endpoint.h"

#include <string.h>

static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

void ksrtp_endpoint_from(struct ksrtp_endpoint *e, const struct ksrtp_addr *a)
{
	size_t n;
	const uint8_t *bytes = ksrtp_addr_bytes(a, &n);

	memset(e, 0, sizeof(*e));
	if (!n)
		return;
	if (n == 4) {
		memcpy(e->addr, mapped, 12);
		memcpy(e->addr + 12, bytes, 4);
	} else {
		memcpy(e->addr, bytes, 16);
	}
	e->port = ksrtp_addr_port(a);
}

void ksrtp_endpoint_to(const struct ksrtp_endpoint *e, struct ksrtp_addr *a)
{
	static const struct ksrtp_endpoint none;

	if (ksrtp_endpoint_equal(e, &none))
		memset(a, 0, sizeof(*a));
	else if (!memcmp(e->addr, mapped, 12))
		ksrtp_addr_make(a, e->addr + 12, 4, e->port);
	else
		ksrtp_addr_make(a, e->addr, 16, e->port);
}

bool ksrtp_endpoint_equal(const struct ksrtp_endpoint *a, const struct ksrtp_endpoint *b)
{
	return a->port == b->port && !memcmp(a->addr, b->addr, sizeof(a->addr));
}
