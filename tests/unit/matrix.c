// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One row of the product: each packet is protected by the core, by the twin and, where it has the
 * feature, by libsrtp2, byte for byte alike, and opened by all three; then one bit of it is turned,
 * and core and twin say the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/matrix.h"
#include "tests/unit/oracle.h"
#include "tests/unit/twin.h"

#define SSRC 0xcafebabe

struct bench {
	struct ksrtp_master master;
	struct ksrtp_keys keys;
	struct ksrtp_annex *annex;
	struct oracle oracle;
	bool peer;	/* libsrtp2 takes part */
	u32 state;
};

static void bench_create(struct bench *b, const struct matrix *row)
{
	size_t more;
	int id;

	memset(b, 0, sizeof(*b));
	b->state = row->suite->key_len * 1000u + row->suite->rtp_tag * 10u + row->mki_len +
		   row->csrcs * 77u;
	noise_master(&b->state, &b->master, row->suite, row->mki_len);
	b->master.kdr = row->kdr;
	b->master.parameters = row->parameters;
	for (id = 1; row->encrypted && id < 256; id += 2)
		ksrtp_master_encrypt(&b->master, (u8)id);
	assert_null(ksrtp_master_refusal(&b->master));
	more = ksrtp_annex_size(&b->master);
	b->annex = more ? aligned_alloc(16, more) : NULL;
	if (more)
		memset(b->annex, 0, more);
	ksrtp_keys_derive(&b->keys, &b->master, b->annex);
	b->peer = !row->kdr && row->suite->key_len != 24;
	if (b->peer)
		oracle_create(&b->oracle, &b->master);
}

static void bench_destroy(struct bench *b)
{
	ksrtp_keys_wipe(&b->keys);
	free(b->annex);
	if (b->peer)
		oracle_destroy(&b->oracle);
}

/* Elements of one or two byte headers that fill the extension, with padding here and there. */
static void fill_extension(struct bench *b, u8 *ext, bool two)
{
	u32 len = 4u * ksrtp_get16(ext + 2), i = 0, n;
	u8 *body = ext + 4;

	ksrtp_put16(ext, two ? 0x1000 | (noise(&b->state) & 15) : 0xbede);
	memset(body, 0, len);
	while (i + 3 < len) {
		/* libsrtp2's keystream stands still over padding between elements. */
		if (!b->peer && noise(&b->state) % 4 == 0)
			i++;
		n = 1 + noise(&b->state) % (two ? 40 : 16);
		if (i + 2 + n > len)
			n = len - i - 2;
		if (!n)
			break;
		if (two) {
			body[i++] = (u8)(1 + noise(&b->state) % 255);
			body[i++] = (u8)n;
		} else {
			body[i++] = (u8)((1 + noise(&b->state) % 14) << 4 | (n - 1));
		}
		noise_fill(&b->state, body + i, n);
		i += n;
	}
}

/* A packet as it was, and as all three sent it. */
struct sent {
	u64 index;
	bool rtcp;
	const u8 *clear;
	u32 clear_len;
	u8 data[PACKET_MAX];
	u32 len;
};

static void open_all(struct bench *b, const struct sent *sent)
{
	const u8 *clear = sent->clear;
	u32 len = sent->clear_len, sent_len = sent->len;
	u64 index = sent->index;
	bool rtcp = sent->rtcp;
	u8 data[PACKET_MAX] __aligned(8);
	u32 n = sent_len;

	memcpy(data, sent->data, sent_len);
	assert_int_equal(core_unprotect(&b->keys, data, &n, rtcp, index), KSRTP_VERDICT_OK);
	assert_int_equal(n, len);
	assert_memory_equal(data, clear, len);
	n = sent_len;
	memcpy(data, sent->data, sent_len);
	assert_int_equal(twin_unprotect(&b->master, index, rtcp, data, &n), KSRTP_VERDICT_OK);
	assert_int_equal(n, len);
	assert_memory_equal(data, clear, len);
	/* libsrtp2 looks for an SRTCP packet's MKI before a tag of SRTP's length. */
	if (!b->peer || (rtcp && b->keys.mki_len && b->keys.rtp_tag != b->keys.suite->rtcp_tag))
		return;
	n = sent_len;
	memcpy(data, sent->data, sent_len);
	assert_int_equal(oracle_unprotect(&b->oracle, data, &n, rtcp), 0);
	assert_int_equal(n, len);
	assert_memory_equal(data, clear, len);
}

/* Any bit but those that say how long the head is. */
static void forge(struct bench *b, const struct sent *packet)
{
	const u8 *sent = packet->data;
	u32 len = packet->len;
	u64 index = packet->index;
	bool rtcp = packet->rtcp;
	u32 at = rtcp || noise(&b->state) % 2 ? len - 1 - noise(&b->state) % (len - 12) : 4;
	u8 ours[PACKET_MAX], twins[PACKET_MAX];
	u32 our_len = len, twin_len = len;
	enum ksrtp_verdict verdict;

	if (!rtcp && at < 12 + 4u * (sent[0] & 15) + (sent[0] & 0x10 ? 4 : 0))
		at = 4;
	memcpy(ours, sent, len);
	ours[at] ^= (u8)(1 << noise(&b->state) % 8);
	memcpy(twins, ours, len);
	verdict = core_unprotect(&b->keys, ours, &our_len, rtcp, index);
	assert_int_equal(verdict, twin_unprotect(&b->master, index, rtcp, twins, &twin_len));
	if (ksrtp_keys_authentic(&b->keys, rtcp))
		assert_int_not_equal(verdict, KSRTP_VERDICT_OK);
	assert_int_equal(our_len, twin_len);
	assert_memory_equal(ours, twins, our_len);
}

static void compare(struct bench *b, u64 index, bool rtcp, const u8 *clear, u32 len)
{
	struct sent sent = { .index = index, .rtcp = rtcp, .clear = clear, .clear_len = len };
	u8 *ours = sent.data, twins[PACKET_MAX], theirs[PACKET_MAX] __aligned(8);
	u32 our_len = len, their_len = len;

	memcpy(ours, clear, len);
	memcpy(twins, clear, len);
	memcpy(theirs, clear, len);
	assert_int_equal(core_protect(&b->keys, ours, &our_len, rtcp, index), KSRTP_VERDICT_OK);
	assert_int_equal(our_len, len + ksrtp_growth(&b->keys, rtcp));
	assert_int_equal(twin_protect(&b->master, index, rtcp, twins, len), our_len);
	assert_memory_equal(ours, twins, our_len);
	if (b->peer) {
		assert_int_equal(oracle_protect(&b->oracle, theirs, &their_len, rtcp), 0);
		assert_int_equal(our_len, their_len);
		assert_memory_equal(ours, theirs, our_len);
	}
	sent.len = our_len;
	open_all(b, &sent);
	forge(b, &sent);
}

unsigned int matrix_rtp(const struct matrix *row)
{
	struct shape shape = {
		.ssrc = SSRC, .csrcs = row->csrcs, .extension = row->extension,
	};
	u64 index = 65536 - 750 / row->step;
	u8 clear[PACKET_MAX];
	unsigned int n = 0;
	struct bench b;
	u32 len;

	bench_create(&b, row);
	for (shape.payload = 0; shape.payload < 1500; shape.payload += row->step, index++, n++) {
		shape.seq = (u16)index;
		len = rtp_make(&b.state, clear, &shape);
		if (row->encrypted && row->extension >= 0)
			fill_extension(&b, clear + 12 + 4 * row->csrcs, n % 2);
		compare(&b, index, false, clear, len);
	}
	assert_true(index > 65536);
	bench_destroy(&b);
	return n;
}

unsigned int matrix_rtcp(const struct matrix *row)
{
	u8 clear[PACKET_MAX];
	unsigned int n = 0;
	struct bench b;
	u64 index = 1;	/* libsrtp2 counts before it sends */
	u32 len, payload;

	bench_create(&b, row);
	for (payload = 0; payload < 1500; payload += row->step, index++, n++) {
		len = rtcp_make(&b.state, clear, SSRC, payload);
		compare(&b, index, true, clear, len);
	}
	bench_destroy(&b);
	return n;
}
