// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What one source may hold. Called by call.c for calls and by proxy.c for requests from phones, on
 * the loop's thread. Without it one stranger could hold the whole port range with INVITEs that the
 * core has not challenged yet, and all transactions with requests that it does not answer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/call/early.h"

#define CALLS_MAX 128
#define SOURCE (KSRTP_ADDR_SOURCE + 1)	/* an address, and whether it is sure */

struct early {
	struct ksrtp_hash_node node;
	uint8_t source[SOURCE];
	unsigned int held[KSRTP_EARLY_KINDS];
};

int ksrtp_early_init(struct ksrtp_edge *edge)
{
	return ksrtp_hash_init(&edge->early);
}

void ksrtp_early_fini(struct ksrtp_edge *edge)
{
	ksrtp_hash_fini(&edge->early);
}

static unsigned int most(const struct ksrtp_edge *edge, enum ksrtp_early kind)
{
	return kind == KSRTP_EARLY_CALL ? CALLS_MAX : edge->config->limits.transactions;
}

static void source_of(const struct ksrtp_hop *hop, uint8_t source[SOURCE])
{
	ksrtp_addr_source(&hop->remote, source);
	source[SOURCE - 1] = hop->transport != KSRTP_TRANSPORT_UDP;
}

static struct early *find(const struct ksrtp_edge *edge, const uint8_t *source, uint64_t hash)
{
	struct ksrtp_hash_node *node = ksrtp_hash_first(&edge->early, hash);
	struct early *e;

	for (; node; node = ksrtp_hash_next(node)) {
		e = ksrtp_container(node, struct early, node);
		if (!memcmp(e->source, source, sizeof(e->source)))
			return e;
	}
	return NULL;
}

int ksrtp_early_take(struct ksrtp_edge *edge, const struct ksrtp_hop *from, enum ksrtp_early kind)
{
	uint8_t source[SOURCE];
	struct early *e;
	uint64_t hash;

	source_of(from, source);
	hash = ksrtp_hash_bytes(&edge->early, source, sizeof(source));
	e = find(edge, source, hash);
	if (!e) {
		e = calloc(1, sizeof(*e));
		if (!e)
			return -ENOMEM;
		memcpy(e->source, source, sizeof(source));
		ksrtp_hash_insert(&edge->early, &e->node, hash);
	}
	if (e->held[kind] >= most(edge, kind))
		return -ENOSPC;
	e->held[kind]++;
	return 0;
}

void ksrtp_early_give(struct ksrtp_edge *edge, const struct ksrtp_hop *from, enum ksrtp_early kind)
{
	uint8_t source[SOURCE];
	struct early *e;
	unsigned int i;

	source_of(from, source);
	e = find(edge, source, ksrtp_hash_bytes(&edge->early, source, sizeof(source)));
	e->held[kind]--;
	for (i = 0; i < KSRTP_EARLY_KINDS; i++)
		if (e->held[i])
			return;
	ksrtp_hash_remove(&edge->early, &e->node);
	free(e);
}
