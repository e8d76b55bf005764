// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What one SRTP packet costs natively: the core with its portable and with its best primitives,
 * beside libsrtp2 in the same run. Prints the fewest cycles a packet of many rounds: 160 bytes of
 * payload, everything that a packet's way through the library takes (parse, index, replay list,
 * crypto), for one stream, and for 1,000 streams visited once each in a scattered order.
 */
#include <stdio.h>
#include <stdlib.h>

#include <srtp2/crypto_types.h>
#include <srtp2/srtp.h>

#include <ksrtp/srtp.h>

#include "daemon/media/cpu.h"

#define STREAMS	1000
#define ROUNDS	100
#define PAYLOAD	160
#define PACKET	(12 + PAYLOAD)
#define ROOM	320
#define BATCH	16

struct stream {
	struct ksrtp_keys *keys;
	struct ksrtp_stream tx, rx;
	srtp_t their_tx, their_rx;
	u8 *packet;
	u32 len;
};

/* One thing to measure: @run handles @n packets, those of @order[0..n-1]. */
struct subject {
	const char *name;
	void (*protect)(struct stream **order, unsigned int n);
	void (*unprotect)(struct stream **order, unsigned int n);
	bool best;
};

static struct stream streams[STREAMS];
static const struct ksrtp_prim *prim;
static u16 seq;

static void die(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static inline u64 cycles(void)
{
	u64 t;

	__asm__ volatile("lfence" : : : "memory");
	t = __builtin_ia32_rdtsc();
	__asm__ volatile("lfence" : : : "memory");
	return t;
}

static void op_fill(struct ksrtp_op *op, struct stream *s, const struct ksrtp_head *head)
{
	op->keys = s->keys;
	op->data = s->packet;
	op->len = s->len;
	op->room = ROOM;
	op->head = head->head;
	op->rtcp = false;
}

static void core_protect(struct stream **order, unsigned int n)
{
	struct ksrtp_op op[BATCH];
	struct ksrtp_head head = { 0 };
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct stream *s = order[i];

		op[i].verdict = ksrtp_rtp_parse(s->packet, s->len, &head);
		op_fill(&op[i], s, &head);
		if (!op[i].verdict)
			op[i].verdict = ksrtp_stream_tx_begin(&s->tx, head.seq, &op[i].index);
	}
	ksrtp_protect(prim, op, n);
	for (i = 0; i < n; i++) {
		if (op[i].verdict)
			die("core: protect failed");
		order[i]->len = op[i].len;
	}
}

static void core_unprotect(struct stream **order, unsigned int n)
{
	struct ksrtp_op op[BATCH];
	struct ksrtp_head head = { 0 };
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct stream *s = order[i];

		op[i].verdict = ksrtp_rtp_parse(s->packet, s->len, &head);
		op_fill(&op[i], s, &head);
		if (!op[i].verdict)
			op[i].verdict = ksrtp_stream_rx_begin(&s->rx, head.seq, &op[i].index);
	}
	ksrtp_unprotect(prim, op, n);
	for (i = 0; i < n; i++) {
		if (op[i].verdict || ksrtp_stream_rx_commit(&order[i]->rx, op[i].index, NULL))
			die("core: unprotect failed");
		order[i]->len = op[i].len;
	}
}

static void one_protect(struct stream **order, unsigned int n)
{
	while (n--)
		core_protect(order++, 1);
}

static void one_unprotect(struct stream **order, unsigned int n)
{
	while (n--)
		core_unprotect(order++, 1);
}

static void their_protect(struct stream **order, unsigned int n)
{
	for (; n--; order++) {
		int len = (int)(*order)->len;

		if (srtp_protect((*order)->their_tx, (*order)->packet, &len))
			die("libsrtp2: protect failed");
		(*order)->len = (u32)len;
	}
}

static void their_unprotect(struct stream **order, unsigned int n)
{
	for (; n--; order++) {
		int len = (int)(*order)->len;

		if (srtp_unprotect((*order)->their_rx, (*order)->packet, &len))
			die("libsrtp2: unprotect failed");
		(*order)->len = (u32)len;
	}
}

static const struct subject subjects[] = {
	{ "libsrtp2", their_protect, their_unprotect, false },
	{ "core, portable", one_protect, one_unprotect, false },
	{ "core, best", one_protect, one_unprotect, true },
	{ "core, best, batches of 16", core_protect, core_unprotect, true },
};

static void packet_make(struct stream *s)
{
	memset(s->packet, 0x55, PACKET);
	s->packet[0] = 0x80;
	s->packet[1] = 0;
	ksrtp_put16(s->packet + 2, seq);
	ksrtp_put32(s->packet + 8, 0x10000000 + (u32)(s - streams));
	s->len = PACKET;
}

static u64 timed(void (*run)(struct stream **, unsigned int), struct stream **order,
		 unsigned int n, unsigned int batch)
{
	u64 start = cycles();
	unsigned int i;

	for (i = 0; i < n; i += batch)
		run(order + i, n - i < batch ? n - i : batch);
	return cycles() - start;
}

/* Fewest cycles a packet to protect, and to unprotect what was protected. */
static void measure(const struct subject *subject, struct stream **order, unsigned int n, u64 *best)
{
	unsigned int batch = subject->protect == core_protect ? BATCH : n, round, i, repeat;
	u64 sum[2], overhead = ~0ull, t;

	prim = subject->best ? ksrtp_prim_best() : ksrtp_prim_portable();
	for (i = 0; i < 100; i++) {
		t = cycles();
		t = cycles() - t;
		overhead = t < overhead ? t : overhead;
	}
	best[0] = best[1] = ~0ull;
	repeat = n == 1 ? 32 : 1;
	for (round = 0; round < ROUNDS; round++) {
		sum[0] = sum[1] = 0;
		for (i = 0; i < repeat; i++) {
			unsigned int j;

			seq++;
			for (j = 0; j < n; j++)
				packet_make(order[j]);
			sum[0] += timed(subject->protect, order, n, batch) - overhead;
			sum[1] += timed(subject->unprotect, order, n, batch) - overhead;
		}
		for (i = 0; i < 2; i++)
			if (sum[i] / (repeat * n) < best[i])
				best[i] = sum[i] / (repeat * n);
	}
}

static void their_policy(srtp_policy_t *policy, const struct ksrtp_suite *suite, u8 *key)
{
	memset(policy, 0, sizeof(*policy));
	if (suite->cipher == KSRTP_CIPHER_AES_GCM) {
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtcp);
	} else {
		srtp_crypto_policy_set_rtp_default(&policy->rtp);
		srtp_crypto_policy_set_rtcp_default(&policy->rtcp);
	}
	policy->key = key;
	policy->window_size = KSRTP_REPLAY_SIZE;
}

static void *allocate(size_t size)
{
	void *p = aligned_alloc(64, (size + 63) / 64 * 64);

	if (!p)
		die("out of memory");
	memset(p, 0, size);
	return p;
}

/* No more than needed: libsrtp2's cost grows with its live contexts. */
static void streams_create(const struct ksrtp_suite *suite, unsigned int n)
{
	struct ksrtp_master master = { .suite = suite };
	u8 key[KSRTP_KEY_MAX + KSRTP_SALT_MAX];
	srtp_policy_t policy;
	unsigned int i;

	seq = 0;
	for (i = 0; i < n; i++) {
		struct stream *s = &streams[i];

		memset(key, (int)(i * 37 + 11), sizeof(key));
		memcpy(master.key, key, suite->key_len);
		memcpy(master.salt, key, suite->salt_len);
		memset(s, 0, sizeof(*s));
		s->packet = allocate(ROOM);
		s->keys = allocate(sizeof(*s->keys));
		ksrtp_keys_derive(s->keys, &master, NULL);
		their_policy(&policy, suite, key);
		policy.ssrc.type = ssrc_any_outbound;
		if (srtp_create(&s->their_tx, &policy))
			die("libsrtp2: create failed");
		policy.ssrc.type = ssrc_any_inbound;
		if (srtp_create(&s->their_rx, &policy))
			die("libsrtp2: create failed");
	}
}

static void streams_destroy(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		srtp_dealloc(streams[i].their_tx);
		srtp_dealloc(streams[i].their_rx);
		free(streams[i].packet);
		free(streams[i].keys);
	}
}

static void table(const char *suite, struct stream **order)
{
	static const unsigned int counts[] = { 1, STREAMS };
	u64 best[ARRAY_SIZE(subjects)][2][2];
	struct stream *first = streams;
	size_t i, c;

	for (c = 0; c < ARRAY_SIZE(counts); c++) {
		streams_create(ksrtp_suite_find(suite, strlen(suite)), counts[c]);
		for (i = 0; i < ARRAY_SIZE(subjects); i++)
			measure(&subjects[i], c ? order : &first, counts[c], best[i][c]);
		streams_destroy(counts[c]);
	}
	printf("\n%-28s %10s %10s %10s %10s\n", suite, "protect", "unprotect",
	       "protect", "unprotect");
	printf("%-28s %21s %21s\n", "cycles a packet, 160 bytes", "1 stream", "1000 scattered");
	for (i = 0; i < ARRAY_SIZE(subjects); i++)
		printf("%-28s %10llu %10llu %10llu %10llu\n", subjects[i].name,
		       (unsigned long long)best[i][0][0], (unsigned long long)best[i][0][1],
		       (unsigned long long)best[i][1][0], (unsigned long long)best[i][1][1]);
}

int main(void)
{
	static struct stream *order[STREAMS];
	struct ksrtp_cpu cpu;
	u32 x = 1;
	const char *failed;
	unsigned int i;

	ksrtp_cpu_find(&cpu);
	if (ksrtp_core_init(&cpu, &failed) || srtp_init())
		die("a self-test failed");
	for (i = 0; i < STREAMS; i++)
		order[i] = &streams[i];
	for (i = STREAMS - 1; i; i--) {
		struct stream *swap = order[i];

		x = x * 1103515245 + 12345;
		order[i] = order[(x >> 16) % (i + 1)];
		order[(x >> 16) % (i + 1)] = swap;
	}
	printf("best here: %s; peer: %s\n", ksrtp_prim_name(ksrtp_prim_best()),
	       srtp_get_version_string());
	table("AES_CM_128_HMAC_SHA1_80", order);
	table("AEAD_AES_128_GCM", order);
	srtp_shutdown();
	return 0;
}
