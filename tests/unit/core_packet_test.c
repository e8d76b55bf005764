// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parsing, and what unprotect refuses: whatever it does not accept it leaves as it came.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kmod/core/core.h"
#include "tests/unit/oracle.h"

#define SSRC 0x12345678

static const struct ksrtp_suite *suite_of(const char *name)
{
	return ksrtp_suite_find(name, strlen(name));
}

/* RFC 7983 section 7, RFC 5761 section 4 */
static void kind_of_all_first_bytes(void **state)
{
	u8 data[2] = { 0, 0 };
	u32 b, t;

	for (b = 0; b < 256; b++) {
		enum ksrtp_kind want = b <= 3 ? KSRTP_KIND_STUN :
			b >= 16 && b <= 19 ? KSRTP_KIND_ZRTP :
			b >= 20 && b <= 63 ? KSRTP_KIND_DTLS :
			b >= 64 && b <= 79 ? KSRTP_KIND_TURN :
			b >= 128 && b <= 191 ? KSRTP_KIND_RTP : KSRTP_KIND_UNKNOWN;

		data[0] = (u8)b;
		data[1] = 0;
		assert_int_equal(ksrtp_kind_of(data, 2), want);
		assert_int_equal(ksrtp_kind_of(data, 1), want);
		for (t = 0; t < 256; t++) {
			data[1] = (u8)t;
			if (want == KSRTP_KIND_RTP)
				assert_int_equal(ksrtp_kind_of(data, 2), t >= 192 && t <= 223 ?
						 KSRTP_KIND_RTCP : KSRTP_KIND_RTP);
			else
				assert_int_equal(ksrtp_kind_of(data, 2), want);
		}
	}
	assert_int_equal(ksrtp_kind_of(data, 0), KSRTP_KIND_UNKNOWN);
}

static void rtp_header_bounds(void **state)
{
	struct shape shape = { .ssrc = SSRC, .payload = 20, .seq = 7 };
	u8 data[PACKET_MAX];
	struct ksrtp_head head;
	u32 noise_state = 1, len, cut, want;

	for (shape.csrcs = 0; shape.csrcs < 16; shape.csrcs++)
		for (shape.extension = -1; shape.extension < 4; shape.extension++) {
			len = rtp_make(&noise_state, data, &shape);
			want = len - shape.payload;
			for (cut = 0; cut <= len; cut++)
				assert_int_equal(ksrtp_rtp_parse(data, cut, &head), cut < want ?
						 KSRTP_VERDICT_SHORT : KSRTP_VERDICT_OK);
			assert_int_equal(head.head, want);
			assert_int_equal(head.ssrc, SSRC);
			assert_int_equal(head.seq, 7);
			assert_int_equal(head.timestamp, ksrtp_get32(data + 4));
			assert_int_equal(head.marker, data[1] >> 7);
			data[0] ^= 0x40;
			assert_int_equal(ksrtp_rtp_parse(data, len, &head), KSRTP_VERDICT_NOT_RTP);
		}
	/* the longest extension does not overflow anything */
	memset(data, 0xff, sizeof(data));
	data[0] = 0x9f;
	assert_int_equal(ksrtp_rtp_parse(data, sizeof(data), &head), KSRTP_VERDICT_SHORT);
}

static void rtcp_header_bounds(void **state)
{
	u8 data[8] = { 0x80, 200, 0, 1, 0x12, 0x34, 0x56, 0x78 };
	struct ksrtp_head head;
	u32 i;

	for (i = 0; i < 8; i++)
		assert_int_equal(ksrtp_rtcp_parse(data, i, &head), KSRTP_VERDICT_SHORT);
	assert_int_equal(ksrtp_rtcp_parse(data, 8, &head), KSRTP_VERDICT_OK);
	assert_int_equal(head.ssrc, SSRC);
	assert_int_equal(head.type, 200);
	assert_int_equal(head.head, 8);
	for (i = 0; i < 256; i++) {
		data[1] = (u8)i;
		assert_int_equal(ksrtp_rtcp_parse(data, 8, &head), i >= 192 && i <= 223 ?
				 KSRTP_VERDICT_OK : KSRTP_VERDICT_NOT_RTP);
	}
	data[1] = 200;
	data[0] = 0x40;
	assert_int_equal(ksrtp_rtcp_parse(data, 8, &head), KSRTP_VERDICT_NOT_RTP);
}

struct sealed {
	struct ksrtp_keys keys;
	u8 clear[PACKET_MAX], data[PACKET_MAX];
	u32 clear_len, len;
	bool rtcp;
	u64 index;
};

static void seal(struct sealed *s, const struct ksrtp_suite *suite, u8 mki_len, bool rtcp)
{
	struct shape shape = { .ssrc = SSRC, .payload = 41, .seq = 0x1234, .extension = 1 };
	struct ksrtp_master master;
	u32 noise_state = 99;

	noise_master(&noise_state, &master, suite, mki_len);
	ksrtp_keys_derive(&s->keys, &master, NULL);
	s->rtcp = rtcp;
	s->index = rtcp ? 0x1234567 : 0xfedc00001234ull;
	s->clear_len = rtcp ? rtcp_make(&noise_state, s->clear, SSRC, 44) :
		       rtp_make(&noise_state, s->clear, &shape);
	s->len = s->clear_len;
	memcpy(s->data, s->clear, s->len);
	assert_int_equal(core_protect(&s->keys, s->data, &s->len, rtcp, s->index),
			 KSRTP_VERDICT_OK);
}

/* Unprotects a copy; a refused one must be as it was. */
static enum ksrtp_verdict try(const struct sealed *s, const u8 *data, u32 len, u64 index)
{
	u8 copy[PACKET_MAX];
	u32 copy_len = len;
	enum ksrtp_verdict verdict;

	memcpy(copy, data, len);
	verdict = core_unprotect(&s->keys, copy, &copy_len, s->rtcp, index);
	if (verdict != KSRTP_VERDICT_OK) {
		assert_int_equal(copy_len, len);
		assert_memory_equal(copy, data, len);
	} else {
		assert_int_equal(copy_len, s->clear_len);
		assert_memory_equal(copy, s->clear, copy_len);
	}
	return verdict;
}

static void refuse(const struct ksrtp_suite *suite, u8 mki_len, bool rtcp)
{
	struct sealed s;
	u32 bit, len, least;

	seal(&s, suite, mki_len, rtcp);
	assert_int_equal(try(&s, s.data, s.len, s.index), KSRTP_VERDICT_OK);
	/* another index: the ROC is authenticated though it is not sent */
	assert_int_equal(try(&s, s.data, s.len, s.index ^ 0x10000), KSRTP_VERDICT_TAG);
	/* every bit counts */
	for (bit = 0; bit < 8 * s.len; bit++) {
		enum ksrtp_verdict verdict;

		s.data[bit / 8] ^= (u8)(1 << bit % 8);
		verdict = try(&s, s.data, s.len, s.index);
		assert_true(verdict == KSRTP_VERDICT_TAG || verdict == KSRTP_VERDICT_MKI ||
			    verdict == KSRTP_VERDICT_SHORT);
		s.data[bit / 8] ^= (u8)(1 << bit % 8);
	}
	/* every length but its own */
	least = (rtcp ? 8u : 12u) + ksrtp_growth(&s.keys, rtcp);
	for (len = 0; len < s.len; len++) {
		enum ksrtp_verdict verdict = try(&s, s.data, len, s.index);

		assert_true(verdict != KSRTP_VERDICT_OK);
		if (len < least)
			assert_int_equal(verdict, KSRTP_VERDICT_SHORT);
	}
}

static void forged_packets_change_nothing(void **state)
{
	const struct ksrtp_suite *suite;
	unsigned int n;

	for (n = 0; (suite = ksrtp_suite_nth(n)); n++) {
		refuse(suite, 0, false);
		refuse(suite, 4, false);
		refuse(suite, 0, true);
		refuse(suite, 4, true);
	}
}

/* A stream before and after packets that were refused. */
static void refused_packets_leave_the_stream(void **state)
{
	struct ksrtp_stream rx = { .ssrc = SSRC }, before;
	const struct ksrtp_suite *suite;
	struct sealed s;
	unsigned int n;
	u64 index;

	for (n = 0; (suite = ksrtp_suite_nth(n)); n++) {
		seal(&s, suite, 0, false);
		rx = (struct ksrtp_stream){ .ssrc = SSRC, .next = s.index };
		before = rx;
		/* forged */
		s.data[s.len - 1] ^= 1;
		assert_int_equal(ksrtp_stream_rx_begin(&rx, 0x1234, &index), KSRTP_VERDICT_OK);
		assert_int_equal(index, s.index);
		assert_int_equal(try(&s, s.data, s.len, index), KSRTP_VERDICT_TAG);
		assert_memory_equal(&rx, &before, sizeof(rx));
		s.data[s.len - 1] ^= 1;
		assert_int_equal(try(&s, s.data, s.len, index), KSRTP_VERDICT_OK);
		assert_int_equal(ksrtp_stream_rx_commit(&rx, index, NULL), KSRTP_VERDICT_OK);
		/* replayed, and stale */
		before = rx;
		assert_int_equal(ksrtp_stream_rx_begin(&rx, 0x1234, &index),
				 KSRTP_VERDICT_REPLAYED);
		assert_int_equal(ksrtp_stream_rx_commit(&rx, s.index, NULL),
				 KSRTP_VERDICT_REPLAYED);
		assert_int_equal(ksrtp_stream_rx_begin(&rx, 0x1234 - 200, &index),
				 KSRTP_VERDICT_OLD);
		assert_memory_equal(&rx, &before, sizeof(rx));
	}
}

/* RFC 3711 section 3.4: a peer that does not encrypt, under a suite that does. */
static void srtcp_without_encryption_is_refused(void **state)
{
	const struct ksrtp_prim *prim = ksrtp_prim_portable();
	const struct ksrtp_suite *suite = suite_of("AES_CM_128_HMAC_SHA1_80");
	struct ksrtp_text text = { .len = 0 };
	bool encrypted;
	struct sealed s;
	u8 mac[20];
	u32 index;

	seal(&s, suite, 0, true);
	memcpy(s.data, s.clear, s.clear_len);
	ksrtp_put32(s.data + s.clear_len, (u32)s.index);
	/* by a stranger */
	assert_int_equal(try(&s, s.data, s.len, s.index), KSRTP_VERDICT_TAG);
	/* by the peer itself */
	text.data = s.data;
	text.len = s.clear_len + 4;
	ksrtp_hmac_sign(prim, ksrtp_keys_of(&s.keys, true), &text, mac);
	memcpy(s.data + text.len, mac, 10);
	assert_int_equal(try(&s, s.data, s.len, s.index), KSRTP_VERDICT_CLEAR);
	assert_int_equal(ksrtp_rtcp_index(&s.keys, s.data, s.len, &index, &encrypted),
			 KSRTP_VERDICT_OK);
	assert_false(encrypted);
}

/* RFC 7714 section 9.3: all of the packet is associated data then. */
static void gcm_srtcp_without_encryption_is_refused(void **state)
{
	struct ksrtp_gcm g;
	struct sealed s;

	seal(&s, suite_of("AEAD_AES_128_GCM"), 0, true);
	memcpy(s.data, s.clear, s.clear_len);
	memset(&g, 0, sizeof(g));
	g.half = ksrtp_keys_of(&s.keys, true);
	g.aad = s.data;
	g.aad_len = s.clear_len;
	g.text = s.data;
	g.tail_len = 4;
	ksrtp_put32(g.tail, (u32)s.index);
	ksrtp_gcm_iv(&g, SSRC, s.index);
	ksrtp_gcm_seal(ksrtp_prim_portable(), &g, s.data + s.clear_len);
	ksrtp_put32(s.data + s.clear_len + 16, (u32)s.index);
	assert_int_equal(try(&s, s.data, s.len, s.index), KSRTP_VERDICT_CLEAR);
	s.data[20] ^= 1;
	assert_int_equal(try(&s, s.data, s.len, s.index), KSRTP_VERDICT_TAG);
}

static void another_mki_is_not_tried(void **state)
{
	const struct ksrtp_suite *suite;
	unsigned int n;
	struct sealed s;

	for (n = 0; (suite = ksrtp_suite_nth(n)); n++) {
		seal(&s, suite, 4, n & 1);
		assert_true(ksrtp_keys_match(&s.keys, s.data, s.len, s.rtcp));
		s.keys.data[s.keys.mki_at + 3] ^= 1;
		assert_false(ksrtp_keys_match(&s.keys, s.data, s.len, s.rtcp));
		assert_int_equal(try(&s, s.data, s.len, s.index), KSRTP_VERDICT_MKI);
		assert_false(ksrtp_keys_match(&s.keys, s.data, 3, s.rtcp));
	}
}

static void protect_needs_room(void **state)
{
	struct ksrtp_master master;
	struct ksrtp_keys keys;
	struct ksrtp_op op = { .keys = &keys, .head = 12 };
	u8 data[256], before[256];
	u32 noise_state = 5, growth;

	noise_master(&noise_state, &master, suite_of("AEAD_AES_128_GCM"), 4);
	ksrtp_keys_derive(&keys, &master, NULL);
	growth = ksrtp_growth(&keys, false);
	assert_int_equal(growth, 20);
	assert_true(ksrtp_growth(&keys, true) <= KSRTP_GROWTH_MAX);
	noise_fill(&noise_state, data, sizeof(data));
	memcpy(before, data, sizeof(data));
	op.data = data;
	op.len = 100;
	op.room = 100 + growth - 1;
	ksrtp_protect(ksrtp_prim_portable(), &op, 1);
	assert_int_equal(op.verdict, KSRTP_VERDICT_ROOM);
	op = (struct ksrtp_op){
		.keys = &keys, .data = data, .len = 65536, .room = ~0u, .head = 12
	};
	ksrtp_protect(ksrtp_prim_portable(), &op, 1);
	assert_int_equal(op.verdict, KSRTP_VERDICT_ROOM);
	op.verdict = KSRTP_VERDICT_OK;
	ksrtp_unprotect(ksrtp_prim_portable(), &op, 1);
	assert_int_equal(op.verdict, KSRTP_VERDICT_ROOM);
	op = (struct ksrtp_op){ .keys = &keys, .data = data, .len = 11, .room = 256, .head = 11 };
	ksrtp_protect(ksrtp_prim_portable(), &op, 1);
	assert_int_equal(op.verdict, KSRTP_VERDICT_SHORT);
	op = (struct ksrtp_op){
		.keys = &keys, .data = data, .len = 100, .room = 256, .head = 101
	};
	ksrtp_protect(ksrtp_prim_portable(), &op, 1);
	assert_int_equal(op.verdict, KSRTP_VERDICT_SHORT);
	op = (struct ksrtp_op){ .keys = &keys, .data = data, .len = 100, .room = 256, .head = 8 };
	ksrtp_protect(ksrtp_prim_portable(), &op, 1);
	assert_int_equal(op.verdict, KSRTP_VERDICT_SHORT);
	assert_memory_equal(data, before, sizeof(data));
}

/* What a batch makes of each packet is what the packet alone becomes. */
static void a_batch_is_its_packets(void **state)
{
	static struct sealed s[16];
	static u8 data[16][PACKET_MAX];
	struct ksrtp_op op[16];
	unsigned int i;

	for (i = 0; i < 16; i++) {
		seal(&s[i], ksrtp_suite_nth(i % 8), i % 3, i / 8);
		if (i % 5 == 4)
			s[i].data[30] ^= 1;
		memcpy(data[i], s[i].data, s[i].len);
		op[i] = (struct ksrtp_op){
			.keys = &s[i].keys, .data = data[i], .len = s[i].len, .index = s[i].index,
			.head = s[i].rtcp ? 8 : 20, .rtcp = s[i].rtcp,
			.verdict = i == 3 ? KSRTP_VERDICT_OLD : KSRTP_VERDICT_OK,
		};
	}
	ksrtp_unprotect(ksrtp_prim_best(), op, 16);
	for (i = 0; i < 16; i++) {
		if (i == 3 || i % 5 == 4) {
			assert_int_equal(op[i].verdict,
					 i == 3 ? KSRTP_VERDICT_OLD : KSRTP_VERDICT_TAG);
			assert_memory_equal(data[i], s[i].data, s[i].len);
		} else {
			assert_int_equal(op[i].verdict, KSRTP_VERDICT_OK);
			assert_int_equal(op[i].len, s[i].clear_len);
			assert_memory_equal(data[i], s[i].clear, op[i].len);
		}
	}
	ksrtp_unprotect(ksrtp_prim_best(), op, 0);
}

static void wiping_leaves_nothing(void **state)
{
	const struct ksrtp_suite *suite;
	struct ksrtp_keys zero;
	struct sealed s;
	unsigned int n;

	memset(&zero, 0, sizeof(zero));
	for (n = 0; (suite = ksrtp_suite_nth(n)); n++) {
		seal(&s, suite, 4, false);
		assert_int_equal(s.keys.rtp_limit, KSRTP_RTP_LIMIT);
		assert_int_equal(s.keys.rtcp_limit, KSRTP_RTCP_LIMIT);
		ksrtp_keys_wipe(&s.keys);
		assert_memory_equal(&s.keys, &zero, ksrtp_keys_size(suite, 4));
	}
}

/* Whoever has many keys gives each no more memory than its suite needs; see it under ASan. */
static void keys_touch_no_more_than_their_size(void **state)
{
	const struct ksrtp_suite *suite;
	struct ksrtp_master master;
	unsigned int n, mki, rtcp;
	struct ksrtp_keys *keys;
	struct sealed s;
	u32 noise = 7;

	for (n = 0; (suite = ksrtp_suite_nth(n)); n++)
		for (mki = 0; mki <= KSRTP_MKI_MAX; mki += KSRTP_MKI_MAX) {
			size_t size = ksrtp_keys_size(suite, (u8)mki);

			assert_true(size <= sizeof(*keys));
			keys = malloc(size);
			noise_master(&noise, &master, suite, (u8)mki);
			ksrtp_keys_derive(keys, &master, NULL);
			for (rtcp = 0; rtcp < 2; rtcp++) {
				seal(&s, suite, 0, rtcp);
				memcpy(s.data, s.clear, s.clear_len);
				s.len = s.clear_len;
				assert_int_equal(core_protect(keys, s.data, &s.len, rtcp, s.index),
						 KSRTP_VERDICT_OK);
				assert_int_equal(core_unprotect(keys, s.data, &s.len, rtcp,
								s.index), KSRTP_VERDICT_OK);
				assert_memory_equal(s.data, s.clear, s.clear_len);
			}
			ksrtp_keys_wipe(keys);
			free(keys);
		}
}

static int setup(void **state)
{
	struct ksrtp_cpu cpu = cpu_features();

	return ksrtp_core_init(&cpu, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kind_of_all_first_bytes),
		cmocka_unit_test(rtp_header_bounds),
		cmocka_unit_test(rtcp_header_bounds),
		cmocka_unit_test(forged_packets_change_nothing),
		cmocka_unit_test(refused_packets_leave_the_stream),
		cmocka_unit_test(srtcp_without_encryption_is_refused),
		cmocka_unit_test(gcm_srtcp_without_encryption_is_refused),
		cmocka_unit_test(another_mki_is_not_tried),
		cmocka_unit_test(protect_needs_room),
		cmocka_unit_test(a_batch_is_its_packets),
		cmocka_unit_test(wiping_leaves_nothing),
		cmocka_unit_test(keys_touch_no_more_than_their_size),
	};

	return cmocka_run_group_tests_name("packets", tests, setup, NULL);
}
