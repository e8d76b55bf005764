// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The core byte for byte beside libsrtp2: what one protects the other must have protected alike,
 * and unprotects. Not AES-192, whose keys libsrtp2 derives otherwise than RFC 6188 section 7.4.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/oracle.h"

#define SSRC 0xcafebabe

static const u8 mki_lens[] = { 0, 1, 4, 128 };

struct pair {
	struct oracle oracle;
	struct ksrtp_keys keys;
	struct ksrtp_stream tx, rx;
	u32 state;
};

static void pair_create(struct pair *p, const struct ksrtp_suite *suite, u8 mki_len)
{
	struct ksrtp_master master;

	memset(p, 0, sizeof(*p));
	p->state = suite->key_len * 1000u + suite->rtp_tag * 10u + mki_len;
	noise_master(&p->state, &master, suite, mki_len);
	oracle_create(&p->oracle, &master);
	ksrtp_keys_derive(&p->keys, &master, NULL);
}

static void pair_destroy(struct pair *p)
{
	oracle_destroy(&p->oracle);
	ksrtp_keys_wipe(&p->keys);
}

static void both_rtp(struct pair *p, const struct shape *shape)
{
	u8 clear[PACKET_MAX], ours[PACKET_MAX], theirs[PACKET_MAX] __aligned(8);
	u32 len = rtp_make(&p->state, clear, shape), our_len = len, their_len = len;
	bool newest;
	u64 index;

	memcpy(ours, clear, len);
	memcpy(theirs, clear, len);
	assert_int_equal(ksrtp_stream_tx_begin(&p->tx, shape->seq, &index), KSRTP_VERDICT_OK);
	assert_int_equal(core_protect(&p->keys, ours, &our_len, false, index), KSRTP_VERDICT_OK);
	assert_int_equal(oracle_protect(&p->oracle, theirs, &their_len, false), 0);
	assert_int_equal(our_len, their_len);
	assert_memory_equal(ours, theirs, our_len);
	assert_int_equal(our_len, len + ksrtp_growth(&p->keys, false));

	assert_int_equal(oracle_unprotect(&p->oracle, theirs, &their_len, false), 0);
	assert_int_equal(ksrtp_stream_rx_begin(&p->rx, shape->seq, &index), KSRTP_VERDICT_OK);
	assert_int_equal(core_unprotect(&p->keys, ours, &our_len, false, index), KSRTP_VERDICT_OK);
	assert_int_equal(ksrtp_stream_rx_commit(&p->rx, index, &newest), KSRTP_VERDICT_OK);
	assert_true(newest);
	assert_int_equal(our_len, len);
	assert_memory_equal(ours, clear, len);
}

static void both_rtcp(struct pair *p, u32 payload)
{
	u8 clear[PACKET_MAX], ours[PACKET_MAX], theirs[PACKET_MAX] __aligned(8);
	u32 len = rtcp_make(&p->state, clear, SSRC, payload), our_len = len, their_len = len, wire;
	bool newest, encrypted;
	u64 index;

	/* libsrtp2 counts before it sends: its first index is 1. RFC 3711 section 3.2.1: 0. */
	if (!p->tx.rtcp_next)
		assert_int_equal(ksrtp_stream_rtcp_tx_begin(&p->tx, &index), KSRTP_VERDICT_OK);
	memcpy(ours, clear, len);
	memcpy(theirs, clear, len);
	assert_int_equal(ksrtp_stream_rtcp_tx_begin(&p->tx, &index), KSRTP_VERDICT_OK);
	assert_int_equal(core_protect(&p->keys, ours, &our_len, true, index), KSRTP_VERDICT_OK);
	assert_int_equal(oracle_protect(&p->oracle, theirs, &their_len, true), 0);
	assert_int_equal(our_len, their_len);
	assert_memory_equal(ours, theirs, our_len);
	assert_int_equal(our_len, len + ksrtp_growth(&p->keys, true));

	/* libsrtp2 looks for an SRTCP packet's MKI before a tag of SRTP's length. */
	if (!p->keys.mki_len || p->keys.suite->rtp_tag == p->keys.suite->rtcp_tag)
		assert_int_equal(oracle_unprotect(&p->oracle, theirs, &their_len, true), 0);
	assert_int_equal(ksrtp_rtcp_index(&p->keys, ours, our_len, &wire, &encrypted),
			 KSRTP_VERDICT_OK);
	assert_true(encrypted);
	assert_int_equal(wire, index);
	assert_int_equal(ksrtp_stream_rtcp_rx_begin(&p->rx, wire), KSRTP_VERDICT_OK);
	assert_int_equal(core_unprotect(&p->keys, ours, &our_len, true, wire), KSRTP_VERDICT_OK);
	assert_int_equal(ksrtp_stream_rtcp_rx_commit(&p->rx, wire, &newest), KSRTP_VERDICT_OK);
	assert_int_equal(our_len, len);
	assert_memory_equal(ours, clear, len);
}

/* Every payload size, with CSRCs and extensions in turn, across a roll-over of SEQ. */
static void rtp_suite(const struct ksrtp_suite *suite)
{
	struct shape shape = { .ssrc = SSRC };
	struct pair p;
	size_t m;

	for (m = 0; m < ARRAY_SIZE(mki_lens); m++) {
		u32 step = m ? 7 : 1;

		pair_create(&p, suite, mki_lens[m]);
		shape.seq = (u16)(65536 - 750 / step);
		for (shape.payload = 0; shape.payload < 1500; shape.payload += step) {
			shape.csrcs = shape.seq % 16;
			shape.extension = shape.seq / 16 % 5 - 1;
			both_rtp(&p, &shape);
			shape.seq++;
		}
		assert_int_equal(p.rx.next >> 16, 1);
		pair_destroy(&p);
	}
}

static void rtcp_suite(const struct ksrtp_suite *suite)
{
	struct pair p;
	size_t m;
	u32 n;

	for (m = 0; m < ARRAY_SIZE(mki_lens); m++) {
		pair_create(&p, suite, mki_lens[m]);
		for (n = 0; n < 1200; n += 4 * (1 + 3 * (m > 0)))
			both_rtcp(&p, n);
		pair_destroy(&p);
	}
}

static const struct ksrtp_suite *named(const char *name)
{
	const struct ksrtp_suite *suite = ksrtp_suite_find(name, strlen(name));

	assert_non_null(suite);
	return suite;
}

/* Twice over: with the portable primitives, and with the best this CPU has. */
static void run_suite(const char *name)
{
	struct ksrtp_cpu cpu = cpu_features();

	assert_int_equal(ksrtp_core_init(NULL, NULL), 0);
	rtp_suite(named(name));
	rtcp_suite(named(name));
	assert_int_equal(ksrtp_core_init(&cpu, NULL), 0);
	rtp_suite(named(name));
	rtcp_suite(named(name));
}

#define SUITE(fn, name) static void fn(void **state) { run_suite(name); }

SUITE(libsrtp_aes_cm_128_80, "AES_CM_128_HMAC_SHA1_80")
SUITE(libsrtp_aes_cm_128_32, "AES_CM_128_HMAC_SHA1_32")
SUITE(libsrtp_aes_256_cm_80, "AES_256_CM_HMAC_SHA1_80")
SUITE(libsrtp_aes_256_cm_32, "AES_256_CM_HMAC_SHA1_32")
SUITE(libsrtp_aead_aes_128_gcm, "AEAD_AES_128_GCM")
SUITE(libsrtp_aead_aes_256_gcm, "AEAD_AES_256_GCM")

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libsrtp_aes_cm_128_80),
		cmocka_unit_test(libsrtp_aes_cm_128_32),
		cmocka_unit_test(libsrtp_aes_256_cm_80),
		cmocka_unit_test(libsrtp_aes_256_cm_32),
		cmocka_unit_test(libsrtp_aead_aes_128_gcm),
		cmocka_unit_test(libsrtp_aead_aes_256_gcm),
	};

	return cmocka_run_group_tests_name("the core beside libsrtp2", tests, NULL, NULL);
}
