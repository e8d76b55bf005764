// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random histories of loss, reordering, duplication, forgery, roll-over and re-keying, seen by the
 * core, by a slow textbook receiver, and, where it has the rule, by libsrtp2. The textbook shares
 * no code with the core: OpenSSL for AES and SHA-1, and a list of every index ever seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "tests/unit/oracle.h"

#define SSRC	0x0badcafe
#define POOL	300	/* packets on their way, the replay list and more */
#define STEPS	6000

/* ---- the textbook, RFC 3711 sections 4.1.1, 4.2, 4.3 and RFC 7714 section 8 */

struct book {
	const struct ksrtp_suite *suite;
	u8 key[32], salt[14], auth[20];
	u64 *seen;
	size_t seen_n;
	u64 highest;
};

static void aes_block(const u8 *key, u32 key_len, const u8 *in, u8 *out)
{
	const EVP_CIPHER *cipher = key_len == 16 ? EVP_aes_128_ecb() :
				   key_len == 24 ? EVP_aes_192_ecb() : EVP_aes_256_ecb();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	assert_int_equal(EVP_EncryptInit_ex(ctx, cipher, NULL, key, NULL), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, in, 16), 1);
	EVP_CIPHER_CTX_free(ctx);
}

/* Keystream from the 128-bit integer @iv on. */
static void keystream(const u8 *key, u32 key_len, const u8 *iv, u8 *data, u32 len)
{
	u8 counter[16], block[16];
	u32 i;
	int j;

	memcpy(counter, iv, 16);
	for (i = 0; i < len; i++) {
		if (i % 16 == 0) {
			aes_block(key, key_len, counter, block);
			for (j = 15; j >= 0 && ++counter[j] == 0; j--)
				;
		}
		data[i] ^= block[i % 16];
	}
}

static void book_derive(struct book *b, const struct ksrtp_master *m, u8 label, u8 *out, u32 len)
{
	u8 iv[16] = { 0 };

	memcpy(iv, m->salt, b->suite->salt_len);
	iv[7] ^= label;
	memset(out, 0, len);
	keystream(m->key, b->suite->key_len, iv, out, len);
}

static void book_key(struct book *b, const struct ksrtp_master *m)
{
	b->suite = m->suite;
	memset(b->salt, 0, sizeof(b->salt));
	book_derive(b, m, 0, b->key, b->suite->key_len);
	book_derive(b, m, 1, b->auth, 20);
	book_derive(b, m, 2, b->salt, b->suite->salt_len);
}

static void book_gcm(const struct book *b, u64 index, u8 *data, u32 head, u32 len)
{
	u8 iv[12] = { 0 }, ssrc[4] = { SSRC >> 24, SSRC >> 16 & 255, SSRC >> 8 & 255, SSRC & 255 };
	const EVP_CIPHER *cipher = b->suite->key_len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int i, n;

	for (i = 0; i < 4; i++)
		iv[2 + i] = ssrc[i];
	for (i = 0; i < 6; i++)
		iv[6 + i] = (u8)(index >> (40 - 8 * i));
	for (i = 0; i < 12; i++)
		iv[i] ^= b->salt[i];
	assert_int_equal(EVP_EncryptInit_ex(ctx, cipher, NULL, b->key, iv), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, data, (int)head), 1);
	data += head;
	len -= head;
	assert_int_equal(EVP_EncryptUpdate(ctx, data, &n, data, (int)len), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, data + len, &n), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, data + len), 1);
	EVP_CIPHER_CTX_free(ctx);
}

/* Protects in place with room behind. Return: the new length */
static u32 book_protect(const struct book *b, u64 index, u8 *data, u32 head, u32 len)
{
	u8 iv[16] = { 0 }, ssrc[4] = { SSRC >> 24, SSRC >> 16 & 255, SSRC >> 8 & 255, SSRC & 255 };
	u8 message[PACKET_MAX], mac[20];
	unsigned int mac_len;
	int i;

	if (b->suite->cipher == KSRTP_CIPHER_AES_GCM) {
		book_gcm(b, index, data, head, len);
		return len + 16;
	}
	memcpy(iv, b->salt, 14);
	for (i = 0; i < 4; i++)
		iv[4 + i] ^= ssrc[i];
	for (i = 0; i < 6; i++)
		iv[8 + i] ^= (u8)(index >> (40 - 8 * i));
	keystream(b->key, b->suite->key_len, iv, data + head, len - head);
	memcpy(message, data, len);
	for (i = 0; i < 4; i++)
		message[len + i] = (u8)(index >> (40 - 8 * i));
	assert_non_null(HMAC(EVP_sha1(), b->auth, 20, message, len + 4, mac, &mac_len));
	memcpy(data + len, mac, b->suite->rtp_tag);
	return len + b->suite->rtp_tag;
}

/* The verdict of section 3.3 on a packet that was really sent, or forged, with this SEQ. */
static enum ksrtp_verdict book_receive(struct book *b, u16 seq, bool forged, u64 sent)
{
	u64 index = b->seen_n ? appendix_a(b->highest, seq) : seq;
	size_t i;

	if (index == ~0ull || (b->seen_n && index + 128 <= b->highest))
		return KSRTP_VERDICT_OLD;
	for (i = 0; i < b->seen_n; i++)
		if (b->seen[i] == index)
			return KSRTP_VERDICT_REPLAYED;
	if (forged || index != sent)
		return KSRTP_VERDICT_TAG;
	b->seen[b->seen_n++] = index;
	if (b->seen_n == 1 || index > b->highest)
		b->highest = index;
	return KSRTP_VERDICT_OK;
}

/* ---- the history */

struct sent {
	u8 data[256], clear[256];
	u32 len, clear_len;
	u64 index;
	unsigned int epoch;
};

struct history {
	struct oracle oracle;
	struct ksrtp_keys keys;
	struct ksrtp_stream tx, rx;
	struct book book;
	struct sent pool[POOL];
	size_t sent;
	u32 state;
	u64 next;
	unsigned int epoch;
	bool peer;	/* libsrtp2 takes part */
	unsigned int count[KSRTP_VERDICT_COUNT];
};

static void history_key(struct history *h, const struct ksrtp_suite *suite)
{
	struct ksrtp_master master;

	noise_master(&h->state, &master, suite, 0);
	ksrtp_keys_derive(&h->keys, &master, NULL);
	book_key(&h->book, &master);
	if (h->peer)
		oracle_create(&h->oracle, &master);
	h->epoch++;
}

/* One more packet: both senders must agree on every byte. */
static void history_send(struct history *h)
{
	struct sent *s = &h->pool[h->sent % POOL];
	struct shape shape = {
		.ssrc = SSRC, .seq = (u16)h->next, .payload = noise(&h->state) % 60,
		.csrcs = noise(&h->state) % 3, .extension = (int)(noise(&h->state) % 3) - 1,
	};
	u8 book[256 + 16];
	u64 index;

	s->clear_len = rtp_make(&h->state, s->clear, &shape);
	memcpy(s->data, s->clear, s->clear_len);
	memcpy(book, s->clear, s->clear_len);
	s->len = s->clear_len;
	assert_int_equal(ksrtp_stream_tx_begin(&h->tx, shape.seq, &index), KSRTP_VERDICT_OK);
	assert_int_equal(index, h->next);
	assert_int_equal(core_protect(&h->keys, s->data, &s->len, false, index), KSRTP_VERDICT_OK);
	assert_int_equal(book_protect(&h->book, index, book, s->clear_len - shape.payload,
				      s->clear_len), s->len);
	assert_memory_equal(s->data, book, s->len);
	s->index = index;
	s->epoch = h->epoch;
	h->sent++;
	/* mostly in order; sometimes a gap */
	h->next += noise(&h->state) % 4 ? 1 : 1 + noise(&h->state) % 200;
}

static enum ksrtp_verdict core_receive(struct history *h, u8 *data, u32 *len)
{
	struct ksrtp_head head = { 0 };
	enum ksrtp_verdict verdict = ksrtp_rtp_parse(data, *len, &head);
	u64 index;

	if (!verdict)
		verdict = ksrtp_stream_rx_begin(&h->rx, head.seq, &index);
	if (!verdict)
		verdict = core_unprotect(&h->keys, data, len, false, index);
	if (!verdict)
		verdict = ksrtp_stream_rx_commit(&h->rx, index, NULL);
	return verdict;
}

static void peer_receive(struct history *h, const struct sent *s, u8 *data,
			 enum ksrtp_verdict verdict)
{
	u32 len = s->len;
	int status = oracle_unprotect(&h->oracle, data, &len, false);

	switch (verdict) {
	case KSRTP_VERDICT_OK:
		assert_int_equal(status, srtp_err_status_ok);
		assert_memory_equal(data, s->clear, s->clear_len);
		break;
	case KSRTP_VERDICT_REPLAYED:
		assert_int_equal(status, srtp_err_status_replay_fail);
		break;
	case KSRTP_VERDICT_OLD:
		assert_int_equal(status, srtp_err_status_replay_old);
		break;
	default:
		assert_int_equal(status, srtp_err_status_auth_fail);
	}
}

/* One packet arrives: a recent one or one long past, once or again, as it was or forged. */
static void history_receive(struct history *h)
{
	size_t age = noise(&h->state) % 8 ? noise(&h->state) % 3 : noise(&h->state) % POOL;
	struct sent *s;
	u8 data[256] __aligned(8), peer[256] __aligned(8), before[256];
	struct ksrtp_stream stream;
	enum ksrtp_verdict verdict;
	bool forged;
	u32 len;

	if (age >= h->sent)
		age = 0;
	s = &h->pool[(h->sent - 1 - age) % POOL];
	forged = noise(&h->state) % 6 == 0;
	memcpy(data, s->data, s->len);
	len = s->len;
	if (forged)	/* anything but version, CSRC count, SEQ, SSRC and the extension's length */
		data[noise(&h->state) % 2 ? 4 : s->len - 1 - noise(&h->state) % 4] ^=
			(u8)(1 << noise(&h->state) % 8);
	memcpy(peer, data, len);
	memcpy(before, data, len);
	memcpy(&stream, &h->rx, sizeof(stream));

	verdict = core_receive(h, data, &len);
	h->count[verdict]++;
	assert_int_equal(verdict, book_receive(&h->book, ksrtp_get16(s->data + 2),
					       forged || s->epoch != h->epoch, s->index));
	if (verdict) {
		assert_int_equal(len, s->len);
		assert_memory_equal(data, before, len);
		assert_memory_equal(&stream, &h->rx, sizeof(stream));
	} else {
		assert_int_equal(len, s->clear_len);
		assert_memory_equal(data, s->clear, len);
	}
	if (h->peer)
		peer_receive(h, s, peer, verdict);
}

static void run(const struct ksrtp_suite *suite, bool rekey)
{
	struct history *h = calloc(1, sizeof(*h));
	unsigned int step;

	assert_non_null(h);
	h->book.seen = calloc(STEPS, sizeof(u64));
	assert_non_null(h->book.seen);
	h->state = suite->key_len * 31u + suite->rtp_tag + rekey;
	/* libsrtp2 cannot change the key of a stream and keep its ROC, and errs with AES-192 */
	h->peer = !rekey && suite->key_len != 24;
	h->next = 20000 + noise(&h->state) % 8192;
	history_key(h, suite);
	for (step = 0; step < STEPS; step++) {
		if (rekey && step % 1000 == 999)
			history_key(h, suite);
		if (noise(&h->state) % 2 || !h->sent)
			history_send(h);
		else
			history_receive(h);
	}
	assert_true(h->rx.next >> 16 > 0);
	assert_true(h->count[KSRTP_VERDICT_OK] > 500);
	assert_true(h->count[KSRTP_VERDICT_TAG] > 100);
	assert_true(h->count[KSRTP_VERDICT_REPLAYED] > 100);
	assert_true(h->count[KSRTP_VERDICT_OLD] > 10);
	if (h->peer)
		oracle_destroy(&h->oracle);
	free(h->book.seen);
	free(h);
}

static void histories(void **state)
{
	const struct ksrtp_suite *suite;
	unsigned int n;

	for (n = 0; (suite = ksrtp_suite_nth(n)); n++)
		run(suite, false);
}

/* RFC 3711 section 3.2.1: a new key keeps ROC and replay list. */
static void histories_with_new_keys(void **state)
{
	const struct ksrtp_suite *suite;
	unsigned int n;

	for (n = 0; (suite = ksrtp_suite_nth(n)); n++)
		run(suite, true);
}

static int setup(void **state)
{
	struct ksrtp_cpu cpu = cpu_features();

	return ksrtp_core_init(&cpu, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(histories),
		cmocka_unit_test(histories_with_new_keys),
	};

	return cmocka_run_group_tests_name("histories", tests, setup, NULL);
}
