// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What client and server transactions share: tables, timers, matching. Called by the proxy core
 * from the signalling thread; no lock, one layer belongs to one thread. Callbacks that end a
 * transaction come from ksrtp_trans_run() only, so that no function pulls the ground from under its
 * caller. RFC 3261 17.1.3 and 17.2.3, RFC 6026.
 */
#include "daemon/sip/trans.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sip/trans_priv.h"

#define TIMERS 2 /* of one transaction */
#define COOKIE SLICE("z9hG4bK")

int ksrtp_trans_create(const struct ksrtp_trans_ops *ops, void *ctx,
		       const struct ksrtp_trans_limits *limits, const uint64_t key[2],
		       struct ksrtp_trans **out)
{
	struct ksrtp_trans *layer = calloc(1, sizeof(*layer));
	int err;

	if (!layer)
		return -ENOMEM;
	layer->ops = ops;
	layer->ctx = ctx;
	layer->limits = *limits;
	memcpy(layer->key, key, sizeof(layer->key));
	err = ksrtp_hash_init(&layer->servers);
	if (err)
		goto free_layer;
	err = ksrtp_hash_init(&layer->clients);
	if (err)
		goto fini_servers;
	*out = layer;
	return 0;

fini_servers:
	ksrtp_hash_fini(&layer->servers);
free_layer:
	free(layer);
	return err;
}

static void finish_all(struct ksrtp_hash *table, void (*finish)(struct trans_base *base))
{
	struct ksrtp_hash_node *node;

	for (;;) {
		size_t pos = 0;

		node = ksrtp_hash_walk(table, &pos, NULL);
		if (!node)
			return;
		finish(ksrtp_container(node, struct trans_base, node));
	}
}

void ksrtp_trans_destroy(struct ksrtp_trans *layer)
{
	if (!layer)
		return;
	finish_all(&layer->clients, ctrans_finish);
	finish_all(&layer->servers, strans_finish);
	ksrtp_hash_fini(&layer->clients);
	ksrtp_hash_fini(&layer->servers);
	free(layer->heap);
	free(layer);
}

/* ---- the heap of timers */

static void put_slot(struct ksrtp_trans *layer, size_t i, struct trans_timer *timer)
{
	layer->heap[i] = timer;
	timer->slot = i + 1;
}

static void sift(struct ksrtp_trans *layer, size_t i, struct trans_timer *timer)
{
	while (i && layer->heap[(i - 1) / 2]->at > timer->at) {
		put_slot(layer, i, layer->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= layer->armed)
			break;
		if (child + 1 < layer->armed &&
		    layer->heap[child + 1]->at < layer->heap[child]->at)
			child++;
		if (layer->heap[child]->at >= timer->at)
			break;
		put_slot(layer, i, layer->heap[child]);
		i = child;
	}
	put_slot(layer, i, timer);
}

void trans_disarm(struct ksrtp_trans *layer, struct trans_timer *timer)
{
	size_t i = timer->slot;
	struct trans_timer *last;

	if (!i)
		return;
	timer->slot = 0;
	last = layer->heap[--layer->armed];
	if (last != timer)
		sift(layer, i - 1, last);
}

void trans_arm(struct ksrtp_trans *layer, struct trans_timer *timer, uint64_t after_ms)
{
	trans_disarm(layer, timer);
	timer->at = layer->ops->now(layer->ctx) + after_ms;
	sift(layer, layer->armed++, timer);
	if (layer->heap[0] == timer && !layer->running && layer->ops->due)
		layer->ops->due(layer->ctx);
}

uint64_t ksrtp_trans_next(const struct ksrtp_trans *layer)
{
	return layer->armed ? layer->heap[0]->at : UINT64_MAX;
}

void ksrtp_trans_run(struct ksrtp_trans *layer)
{
	if (layer->running)
		return;
	layer->running = true;
	while (layer->armed && layer->heap[0]->at <= layer->ops->now(layer->ctx)) {
		struct trans_timer *timer = layer->heap[0];

		trans_disarm(layer, timer);
		timer->fire(timer);
	}
	layer->running = false;
	if (layer->armed && layer->ops->due)
		layer->ops->due(layer->ctx);
}

/* ---- the common part */

int trans_base_init(struct trans_base *base, struct ksrtp_trans *layer, const void *hop,
		    size_t hop_len)
{
	size_t room = layer->room ? layer->room : 64;
	struct trans_timer **grown;

	if (hop_len > KSRTP_TRANS_HOP)
		return -EINVAL;
	while (room < layer->reserved + TIMERS)
		room *= 2;
	if (room > layer->room) {
		grown = realloc(layer->heap, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		layer->heap = grown;
		layer->room = room;
	}
	layer->reserved += TIMERS;
	base->layer = layer;
	base->hop_len = hop_len;
	if (hop_len)
		memcpy(base->hop, hop, hop_len);
	return 0;
}

void trans_base_fini(struct trans_base *base)
{
	trans_disarm(base->layer, &base->retransmit);
	trans_disarm(base->layer, &base->deadline);
	base->layer->reserved -= TIMERS;
	free(base->key);
}

int trans_send(struct trans_base *base, struct slice bytes)
{
	return base->layer->ops->send(base->layer->ctx, base->hop, base->hop_len, bytes);
}

/* ---- matching */

int trans_client_key(const struct ksrtp_msg *msg, struct ksrtp_buf *key)
{
	return ksrtp_buf_printf(key, "%.*s %.*s", PRSLICE(msg->cseq.method),
				PRSLICE(msg->via.branch));
}

int trans_server_key(const struct ksrtp_msg *msg, const char *method, struct ksrtp_buf *key)
{
	const struct ksrtp_via *via = &msg->via;

	if (!method && msg->method_id == KSRTP_ACK)
		method = "INVITE";
	ksrtp_buf_slice(key, method ? ksrtp_slice_str(method) : msg->method);
	/* The cookie alone names no transaction. */
	if (ksrtp_slice_starts_nocase(via->branch, COOKIE) && via->branch.n > COOKIE.n)
		return ksrtp_buf_printf(key, " %.*s %.*s %u", PRSLICE(via->branch),
					PRSLICE(via->host), via->port);
	/* The To tag stays out: the ACK has one, its INVITE has none. */
	return ksrtp_buf_printf(key, "\n%.*s\n%.*s\n%.*s\n%u\n%.*s", PRSLICE(msg->uri.text),
				PRSLICE(msg->from.tag), PRSLICE(msg->call_id), msg->cseq.number,
				PRSLICE(via->text));
}

struct trans_base *trans_find(const struct ksrtp_hash *table, struct slice key)
{
	struct ksrtp_hash_node *node =
		ksrtp_hash_first(table, ksrtp_hash_bytes(table, key.p, key.n));

	for (; node; node = ksrtp_hash_next(node)) {
		struct trans_base *base = ksrtp_container(node, struct trans_base, node);

		if (ksrtp_slice_equal(ksrtp_slice_of(base->key, base->key_len), key))
			return base;
	}
	return NULL;
}

int trans_insert(struct ksrtp_hash *table, struct trans_base *base, const struct ksrtp_buf *key)
{
	struct slice text = ksrtp_buf_view(key);

	if (key->err)
		return key->err;
	if (trans_find(table, text))
		return -EEXIST;
	base->key = ksrtp_slice_dup(text);
	if (!base->key)
		return -ENOMEM;
	base->key_len = text.n;
	ksrtp_hash_insert(table, &base->node, ksrtp_hash_bytes(table, text.p, text.n));
	return 0;
}

static enum ksrtp_trans_what input_response(struct ksrtp_trans *layer, const struct ksrtp_msg *msg,
					    struct ksrtp_buf *key)
{
	struct trans_base *base;

	if (trans_client_key(msg, key))
		return KSRTP_TRANS_STRAY;
	base = trans_find(&layer->clients, ksrtp_buf_view(key));
	if (!base)
		return KSRTP_TRANS_STRAY;
	ctrans_input(base, msg);
	return KSRTP_TRANS_DONE;
}

enum ksrtp_trans_what ksrtp_trans_input(struct ksrtp_trans *layer, const struct ksrtp_msg *msg,
					const void *hop, size_t hop_len)
{
	enum ksrtp_trans_what what = KSRTP_TRANS_NEW;
	struct trans_base *base = NULL;
	struct ksrtp_buf key;

	ksrtp_buf_init(&key, KSRTP_MSG_MAX * 2);
	if (!msg->request) {
		what = input_response(layer, msg, &key);
		goto out;
	}
	if (!trans_server_key(msg, NULL, &key))
		base = trans_find(&layer->servers, ksrtp_buf_view(&key));
	if (base) {
		what = strans_input(base, msg);
	} else if (msg->method_id == KSRTP_CANCEL) {
		ksrtp_buf_reset(&key);
		if (!trans_server_key(msg, "INVITE", &key))
			base = trans_find(&layer->servers, ksrtp_buf_view(&key));
		if (base) {
			strans_cancel(base, msg, hop, hop_len);
			what = KSRTP_TRANS_DONE;
		}
	}
out:
	ksrtp_buf_free(&key);
	return what;
}

void ksrtp_trans_broken(struct ksrtp_trans *layer,
			bool (*same)(void *ctx, const void *hop, size_t hop_len), void *ctx)
{
	struct ksrtp_hash_node *node = NULL;
	size_t pos = 0;

	while ((node = ksrtp_hash_walk(&layer->clients, &pos, node))) {
		struct trans_base *base = ksrtp_container(node, struct trans_base, node);

		if (same(ctx, base->hop, base->hop_len))
			ctrans_break(base);
	}
}

struct ksrtp_trans_stats ksrtp_trans_stats(const struct ksrtp_trans *layer)
{
	return (struct ksrtp_trans_stats){.servers = layer->servers.count,
					  .clients = layer->clients.count,
					  .refused = layer->refused};
}

void ksrtp_trans_tag(const struct ksrtp_trans *layer, const struct ksrtp_msg *req,
		     char tag[KSRTP_TRANS_TAG])
{
	const struct slice parts[] = {req->call_id, req->from.tag, req->via.branch};
	uint64_t sums[4] = {req->cseq.number};

	/* Hash of hashes: parts cannot be shifted into each other. */
	for (size_t i = 0; i < 3; i++)
		sums[i + 1] = ksrtp_slice_hash(parts[i], layer->key);
	snprintf(tag, KSRTP_TRANS_TAG, "%016llx",
		 (unsigned long long)ksrtp_slice_hash(
			 ksrtp_slice_of((const char *)sums, sizeof(sums)), layer->key));
}
