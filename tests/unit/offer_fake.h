/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A media back end and randomness for the tests of daemon/call/offer.c: ports from 30000 on,
 * "random" bytes that count, and a record of what each flow was told. It defines the functions of
 * daemon/media/media.h and daemon/base/random.h themselves, so each test program includes it once;
 * in a library it would slip into the tests of others.
 */
#ifndef TESTS_UNIT_OFFER_FAKE_H
#define TESTS_UNIT_OFFER_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/random.h"
#include "daemon/call/offer.h"

#ifndef FAKE_FLOWS
#define FAKE_FLOWS	16
#endif
#define FAKE_KEYS	8

struct fake_key {
	u32 id;
	enum ksrtp_media_direction direction;
	struct ksrtp_master master;
};

/* One flow; flows are never used twice, so that a test can look at a dead one. */
struct ksrtp_media_flow {
	bool alive;
	enum ksrtp_media_kind kind;
	struct ksrtp_addr local;
	struct ksrtp_media_flow *peer;
	struct ksrtp_media_remote remote;
	struct fake_key key[FAKE_KEYS]; /* id 0: free */
	unsigned int heard;             /* packets */
	unsigned int changes;           /* calls that changed keys, remote or peer */
};

/**
 * struct fake - what the back end holds
 * @n: flows ever made
 * @sessions: alive
 * @ports: flows that may still be made, then -EADDRINUSE
 * @draws: calls for randomness so far; the bytes of draw n are all n, above 255 not all
 * @leaving: a process ends: what it destroys stays with the back end
 * @lost: flows cannot be adopted
 * @mki_once: an MKI stands for one receiving key of a flow, as in the module
 * @pair_error: what a pair that was none before fails with, 0: it does not
 * @reused: a sending key was given to a back end a second time
 */
struct fake {
	struct ksrtp_media_flow flow[FAKE_FLOWS];
	unsigned int n;
	unsigned int sessions;
	unsigned int ports;
	u32 draws;
	bool reused;
	bool leaving, lost, mki_once;
	int pair_error;
	struct ksrtp_master sent_with[4096];
	unsigned int n_sent_with;
};

static struct fake fake;

struct ksrtp_media_session {
	unsigned int users;
	char label[64];
};

/* Nothing made, ports for all. */
static inline void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.ports = FAKE_FLOWS;
}

int ksrtp_random_bytes(void *p, size_t n)
{
	fake.draws++;
	memset(p, (int)(fake.draws & 0xff), n);
	if (fake.draws > 0xff)
		memcpy(p, &fake.draws, sizeof(fake.draws));
	return 0;
}

int ksrtp_media_session_create(struct ksrtp_media *media, const char *label,
			       struct ksrtp_media_session **session)
{
	*session = calloc(1, sizeof(**session));
	assert_non_null(*session);
	(*session)->users = 1;
	snprintf((*session)->label, sizeof((*session)->label), "%s", label);
	fake.sessions++;
	return 0;
}

struct ksrtp_media_session *ksrtp_media_session_get(struct ksrtp_media_session *session)
{
	session->users++;
	return session;
}

bool ksrtp_media_session_shared(const struct ksrtp_media_session *session)
{
	return session->users > 1;
}

void ksrtp_media_session_destroy(struct ksrtp_media_session *session)
{
	if (--session->users)
		return;
	fake.sessions--;
	free(session);
}

int ksrtp_media_flow_create(struct ksrtp_media_session *session, const struct ksrtp_addr *local,
			    enum ksrtp_media_kind kind, struct ksrtp_media_flow **flow)
{
	if (!fake.ports)
		return -EADDRINUSE;
	assert_true(fake.n < FAKE_FLOWS);
	fake.ports--;
	*flow = &fake.flow[fake.n];
	(*flow)->alive = true;
	(*flow)->kind = kind;
	(*flow)->heard = 7;
	(*flow)->local = *local;
	ksrtp_addr_set_port(&(*flow)->local, (uint16_t)(30000 + 2 * fake.n++));
	return 0;
}

void ksrtp_media_flow_destroy(struct ksrtp_media_flow *flow)
{
	assert_true(flow->alive);
	if (fake.leaving)
		return;
	flow->alive = false;
	if (flow->peer)
		flow->peer->peer = NULL;
	flow->peer = NULL;
}

const struct ksrtp_addr *ksrtp_media_flow_local(const struct ksrtp_media_flow *flow)
{
	return &flow->local;
}

int ksrtp_media_flow_pair(struct ksrtp_media_flow *a, struct ksrtp_media_flow *b)
{
	assert_true(a->alive && b->alive && a->kind == b->kind);
	if (a->peer == b)
		return 0;
	if (a->peer)
		a->peer->peer = NULL;
	if (b->peer)
		b->peer->peer = NULL;
	a->peer = b->peer = NULL;
	if (fake.pair_error)
		return fake.pair_error;
	a->peer = b;
	b->peer = a;
	a->changes++;
	b->changes++;
	return 0;
}

int ksrtp_media_flow_remote(struct ksrtp_media_flow *flow, const struct ksrtp_media_remote *remote)
{
	assert_true(flow->alive);
	flow->remote = *remote;
	flow->changes++;
	return 0;
}

/* Each flow has heard seven packets, unless a test says otherwise, and sent none. */
int ksrtp_media_flow_stats(struct ksrtp_media_flow *flow, struct ksrtp_media_stats *stats)
{
	assert_true(flow->alive);
	memset(stats, 0, sizeof(*stats));
	stats->rx_packets = stats->verdict[KSRTP_VERDICT_OK] = flow->heard;
	return 0;
}

/* Names are numbers of flows from 1 on, the session's is 1; nothing of it outlives a process. */
u32 ksrtp_media_session_name(const struct ksrtp_media_session *session)
{
	return 1;
}

void ksrtp_media_flow_name(const struct ksrtp_media_flow *flow, struct ksrtp_media_name *name)
{
	*name = (struct ksrtp_media_name){ (u32)(flow - fake.flow) + 1, flow->local };
}

int ksrtp_media_session_adopt(struct ksrtp_media *media, u32 name,
			      struct ksrtp_media_session **session)
{
	return name == 1 ? ksrtp_media_session_create(media, "adopted", session) : -ENOENT;
}

int ksrtp_media_flow_adopt(struct ksrtp_media_session *session, const struct ksrtp_media_name *name,
			   const struct ksrtp_media_remote *remote, struct ksrtp_media_flow **flow,
			   struct ksrtp_media_keys *keys)
{
	unsigned int i, n = 0;

	if (fake.lost || !name->id || name->id > fake.n || !fake.flow[name->id - 1].alive)
		return -ENOENT;
	*flow = &fake.flow[name->id - 1];
	assert_memory_equal(&(*flow)->remote, remote, sizeof(*remote));
	memset(keys, 0, sizeof(*keys));
	for (i = 0; i < FAKE_KEYS; i++) {
		if (!(*flow)->key[i].id)
			continue;
		keys->key[n].id = (*flow)->key[i].id;
		keys->key[n++].direction = (*flow)->key[i].direction;
	}
	return 0;
}

static inline unsigned int fake_keys(const struct ksrtp_media_flow *flow,
				     enum ksrtp_media_direction direction)
{
	unsigned int i, n = 0;

	for (i = 0; i < FAKE_KEYS; i++)
		n += flow->key[i].id && flow->key[i].direction == direction;
	return n;
}

/* A sending key that comes back has lost its state: that would repeat keystream. */
static inline void check_fresh(const struct ksrtp_master *master)
{
	unsigned int i;

	for (i = 0; i < fake.n_sent_with; i++)
		if (!memcmp(fake.sent_with[i].key, master->key, sizeof(master->key)))
			fake.reused = true;
	assert_true(fake.n_sent_with < ARRAY_SIZE(fake.sent_with));
	fake.sent_with[fake.n_sent_with++] = *master;
}

int ksrtp_media_key_add(struct ksrtp_media_flow *flow, enum ksrtp_media_direction direction, u32 id,
			const struct ksrtp_master *master)
{
	struct fake_key *place = NULL;
	unsigned int i;

	assert_true(flow->alive && id && flow->kind == KSRTP_MEDIA_RTP);
	if (direction == KSRTP_MEDIA_RX)
		assert_true(fake_keys(flow, direction) < 4);
	for (i = 0; i < FAKE_KEYS; i++) {
		assert_int_not_equal(flow->key[i].id, id);
		if (fake.mki_once && flow->key[i].id && flow->key[i].direction == direction &&
		    master->mki_len && master->mki_len == flow->key[i].master.mki_len)
			return -EEXIST;
		if (!flow->key[i].id && !place)
			place = &flow->key[i];
	}
	assert_non_null(place);
	if (direction == KSRTP_MEDIA_TX)
		check_fresh(master);
	*place = (struct fake_key){ id, direction, *master };
	flow->changes++;
	return 0;
}

int ksrtp_media_key_remove(struct ksrtp_media_flow *flow, u32 id)
{
	unsigned int i;

	for (i = 0; i < FAKE_KEYS; i++) {
		if (flow->key[i].id != id)
			continue;
		memset(&flow->key[i], 0, sizeof(flow->key[i]));
		flow->changes++;
		return 0;
	}
	fail_msg("key %u is not there", id);
	return -ENOENT;
}

/* The only key of a flow and direction. */
static inline const struct ksrtp_master *fake_key(const struct ksrtp_media_flow *flow,
				    enum ksrtp_media_direction direction)
{
	unsigned int i;

	assert_int_equal(fake_keys(flow, direction), 1);
	for (i = 0; i < FAKE_KEYS; i++)
		if (flow->key[i].id && flow->key[i].direction == direction)
			return &flow->key[i].master;
	return NULL;
}

static inline unsigned int fake_alive(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < fake.n; i++)
		n += fake.flow[i].alive;
	return n;
}

/* Base64, in one of 8 buffers. */
static inline const char *fake_base64(const u8 *bytes, unsigned int n)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static char text[8][96];
	static unsigned int turn;
	char *to = text[turn++ % 8];
	unsigned int i, bits = 0, len = 0;
	u32 acc = 0;

	assert_true(n <= 64);
	for (i = 0; i < n; i++) {
		acc = acc << 8 | bytes[i];
		for (bits += 8; bits >= 6; bits -= 6)
			to[len++] = digit[acc >> (bits - 6) & 63];
	}
	if (bits)
		to[len++] = digit[acc << (6 - bits) & 63];
	while (len % 4)
		to[len++] = '=';
	to[len] = '\0';
	return to;
}

/* Base64 of @key bytes of draw @n and @salt bytes of draw @n + 1. */
static inline const char *fake_b64(unsigned int n, unsigned int key, unsigned int salt)
{
	u8 bytes[64];

	assert_true(key + salt <= sizeof(bytes));
	memset(bytes, (int)n, key);
	memset(bytes + key, (int)n + 1, salt);
	return fake_base64(bytes, key + salt);
}

/* Base64 of @n bytes that count from @first. */
static inline const char *fake_count_b64(unsigned int n, unsigned int first)
{
	u8 bytes[64];
	unsigned int i;

	assert_true(n <= sizeof(bytes));
	for (i = 0; i < n; i++)
		bytes[i] = (u8)(first + i);
	return fake_base64(bytes, n);
}

/* {cm N}, {gcm N}: the key of that draw; {id N}: the o= id of that draw; "\n": "\r\n". */
static inline char *fake_expand(const char *text, char *to, size_t room)
{
	size_t n = 0;

	while (*text) {
		unsigned int draw;
		int used = 0;

		assert_true(n + 128 < room);
		if (sscanf(text, "{cm %u}%n", &draw, &used) == 1 && used)
			n += (size_t)sprintf(to + n, "%s", fake_b64(draw, 16, 14));
		else if (sscanf(text, "{gcm %u}%n", &draw, &used) == 1 && used)
			n += (size_t)sprintf(to + n, "%s", fake_b64(draw, 16, 12));
		else if (sscanf(text, "{id %u}%n", &draw, &used) == 1 && used)
			n += (size_t)sprintf(to + n, "%llu", draw * 0x010101010101ull);
		else if (*text == '\n')
			n += (size_t)sprintf(to + n, "\r\n");
		else
			to[n++] = *text;
		text += used ? used : 1;
	}
	to[n] = '\0';
	return to;
}

#endif
