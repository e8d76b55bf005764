// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What peers took, by binding or address, for an hour. Called by proxy.c for initial INVITEs and by
 * call.c, on the loop's thread. Only a peer that we called, that refused the first kind of offer
 * and took another has an entry: strangers who call make none.
 */
#include "daemon/call/ladder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX	(1 + 16 + 2)

struct rung {
	struct ksrtp_hash_node by_key;
	struct ksrtp_list node;
	uint8_t key[KEY_MAX];
	size_t n_key;
	unsigned int rung;
	uint64_t until;
};

int ksrtp_ladder_init(struct ksrtp_edge *edge)
{
	ksrtp_list_init(&edge->rungs);
	edge->n_rungs = 0;
	return ksrtp_hash_init(&edge->rung_keys);
}

static void drop(struct ksrtp_edge *edge, struct rung *r)
{
	ksrtp_hash_remove(&edge->rung_keys, &r->by_key);
	ksrtp_list_del(&r->node);
	edge->n_rungs--;
	free(r);
}

void ksrtp_ladder_fini(struct ksrtp_edge *edge)
{
	struct ksrtp_list *node, *tmp;

	ksrtp_list_each(node, tmp, &edge->rungs)
		drop(edge, ksrtp_container(node, struct rung, node));
	ksrtp_hash_fini(&edge->rung_keys);
}

enum ksrtp_offer_srtp ksrtp_ladder_offer(unsigned int rung)
{
	static const enum ksrtp_offer_srtp offer[KSRTP_LADDER_RUNGS] = {
		KSRTP_OFFER_OSRTP, KSRTP_OFFER_SAVP, KSRTP_OFFER_PLAIN,
	};

	return offer[rung];
}

static size_t key_of(const struct ksrtp_flow *to, uint8_t key[KEY_MAX])
{
	const uint8_t *bytes;
	uint16_t port = ksrtp_addr_port(&to->hop.remote);
	size_t n;

	key[0] = to->binding != 0;
	if (to->binding) {
		memcpy(key + 1, &to->binding, sizeof(to->binding));
		return 1 + sizeof(to->binding);
	}
	bytes = ksrtp_addr_bytes(&to->hop.remote, &n);
	memcpy(key + 1, bytes, n);
	memcpy(key + 1 + n, &port, sizeof(port));
	return 1 + n + sizeof(port);
}

static struct rung *find(const struct ksrtp_edge *edge, const uint8_t *key, size_t n)
{
	struct ksrtp_hash_node *node;
	struct rung *r;

	node = ksrtp_hash_first(&edge->rung_keys, ksrtp_hash_bytes(&edge->rung_keys, key, n));
	for (; node; node = ksrtp_hash_next(node)) {
		r = ksrtp_container(node, struct rung, by_key);
		if (r->n_key == n && !memcmp(r->key, key, n))
			return r;
	}
	return NULL;
}

unsigned int ksrtp_ladder_begin(const struct ksrtp_edge *edge, const struct ksrtp_flow *to)
{
	uint8_t key[KEY_MAX];
	const struct rung *r = find(edge, key, key_of(to, key));

	return r && ksrtp_edge_now(edge) < r->until ? r->rung : 0;
}

void ksrtp_ladder_forget(struct ksrtp_edge *edge, const struct ksrtp_flow *to)
{
	uint8_t key[KEY_MAX];
	struct rung *r = find(edge, key, key_of(to, key));

	if (r)
		drop(edge, r);
}

static void tell(const struct ksrtp_edge *edge, const struct ksrtp_flow *to, unsigned int rung)
{
	static const char *const word[KSRTP_LADDER_RUNGS] = {
		"RTP/AVP with keys", "RTP/SAVP", "RTP without keys",
	};
	char text[KSRTP_ADDR_TEXT];

	ksrtp_log_limited(edge->loop->log, KSRTP_LOG_NOTICE, "ladder",
			  "%s takes calls with %s: offered to it for an hour",
			  ksrtp_addr_format(&to->hop.remote, text, sizeof(text)), word[rung]);
}

void ksrtp_ladder_took(struct ksrtp_edge *edge, const struct ksrtp_flow *to, unsigned int rung)
{
	uint8_t key[KEY_MAX];
	size_t n = key_of(to, key);
	struct rung *r = find(edge, key, n);

	if (r && r->rung == rung && ksrtp_edge_now(edge) < r->until)
		return;
	if (r)
		drop(edge, r);
	if (!rung)
		return;
	if (edge->n_rungs == KSRTP_LADDER_PEERS)
		drop(edge, ksrtp_container(edge->rungs.next, struct rung, node));
	r = calloc(1, sizeof(*r));
	if (!r)
		return;
	memcpy(r->key, key, n);
	r->n_key = n;
	r->rung = rung;
	r->until = ksrtp_edge_now(edge) + KSRTP_LADDER_MS;
	ksrtp_hash_insert(&edge->rung_keys, &r->by_key, ksrtp_hash_bytes(&edge->rung_keys, key, n));
	ksrtp_list_add(&edge->rungs, &r->node);
	edge->n_rungs++;
	tell(edge, to, rung);
}
