// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many calls a source may have ringing. Called by call.c for calls from phones, on the loop's
 * thread. Without it one stranger could hold the whole port range with INVITEs that the core has
 * not challenged yet.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/call/early.h"

#define EARLY_MAX	128	/* of one source */

struct early {
	struct ksrtp_hash_node node;
	uint8_t prefix[8];
	size_t n_prefix;
	unsigned int calls;
};

int ksrtp_early_init(struct ksrtp_edge *edge)
{
	return ksrtp_hash_init(&edge->early);
}

void ksrtp_early_fini(struct ksrtp_edge *edge)
{
	ksrtp_hash_fini(&edge->early);
}

/* IPv4: the address; IPv6: what one subscriber has at least. */
static const uint8_t *prefix_of(const struct ksrtp_addr *from, size_t *n)
{
	const uint8_t *bytes = ksrtp_addr_bytes(from, n);

	if (*n > 8)
		*n = 8;
	return bytes;
}

static struct early *find(const struct ksrtp_edge *edge, const uint8_t *prefix, size_t n)
{
	struct ksrtp_hash_node *node;
	struct early *e;

	node = ksrtp_hash_first(&edge->early, ksrtp_hash_bytes(&edge->early, prefix, n));
	for (; node; node = ksrtp_hash_next(node)) {
		e = ksrtp_container(node, struct early, node);
		if (e->n_prefix == n && !memcmp(e->prefix, prefix, n))
			return e;
	}
	return NULL;
}

int ksrtp_early_take(struct ksrtp_edge *edge, const struct ksrtp_addr *from)
{
	const uint8_t *prefix;
	struct early *e;
	size_t n;

	prefix = prefix_of(from, &n);
	e = find(edge, prefix, n);
	if (!e) {
		e = calloc(1, sizeof(*e));
		if (!e)
			return -ENOMEM;
		memcpy(e->prefix, prefix, n);
		e->n_prefix = n;
		ksrtp_hash_insert(&edge->early, &e->node,
				  ksrtp_hash_bytes(&edge->early, prefix, n));
	}
	if (e->calls >= EARLY_MAX)
		return -ENOSPC;
	e->calls++;
	return 0;
}

void ksrtp_early_give(struct ksrtp_edge *edge, const struct ksrtp_addr *from)
{
	const uint8_t *prefix;
	struct early *e;
	size_t n;

	prefix = prefix_of(from, &n);
	e = find(edge, prefix, n);
	if (--e->calls)
		return;
	ksrtp_hash_remove(&edge->early, &e->node);
	free(e);
}
