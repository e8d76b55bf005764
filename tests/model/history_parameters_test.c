// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random histories of SRTP and SRTCP side by side under every suite with MKIs of 1, 4 and 128
 * bytes, key derivation rates, session parameters and encrypted header extensions: loss,
 * reordering, duplicates, forgery, roll-over, new keys beside old ones and senders that hold other
 * session parameters than was agreed. The core and a textbook receiver - the twin, and a list of
 * every index ever seen - give the same verdict on each packet and the same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/oracle.h"
#include "tests/unit/twin.h"

#define SSRC	0x0badcafe
#define POOL	200	/* packets on their way, more than a replay list holds */
#define STEPS	1500
#define KEYS	2	/* a receiver holds the newest and the one before */

struct generation {
	struct ksrtp_master master;
	struct ksrtp_keys keys;
	struct ksrtp_annex *annex;
};

/* What the textbook remembers of SRTP or of SRTCP. */
struct list {
	u64 seen[STEPS];
	size_t n;
	u64 highest;
	bool any;
};

struct sent {
	u8 data[512];
	u32 len;
	bool rtcp;
};

struct history {
	struct generation key[KEYS];	/* newest first */
	unsigned int keys;
	struct ksrtp_stream tx, rx;
	struct list list[2];
	struct sent pool[POOL];
	size_t sent;
	u64 next;
	u32 state;
	struct ksrtp_master like;	/* what all keys have in common */
};

static unsigned int counts[KSRTP_VERDICT_COUNT];

/* ---- keys */

static void forget(struct generation *g)
{
	ksrtp_keys_wipe(&g->keys);
	free(g->annex);
}

static void new_key(struct history *h)
{
	struct generation *g = &h->key[0];
	size_t more;

	if (h->keys == KEYS)
		forget(&h->key[KEYS - 1]);
	else
		h->keys++;
	memmove(g + 1, g, (KEYS - 1) * sizeof(*g));
	memset(g, 0, sizeof(*g));
	noise_master(&h->state, &g->master, h->like.suite, h->like.mki_len);
	if (h->keys > 1 && g->master.mki_len)	/* no MKI names two keys */
		g->master.mki[0] = g[1].master.mki[0] + 1;
	g->master.kdr = h->like.kdr;
	g->master.parameters = h->like.parameters;
	memcpy(g->master.encrypted, h->like.encrypted, sizeof(h->like.encrypted));
	assert_null(ksrtp_master_refusal(&g->master));
	more = ksrtp_annex_size(&g->master);
	if (more) {
		g->annex = aligned_alloc(16, more);
		assert_non_null(g->annex);
		memset(g->annex, 0, more);
	}
	ksrtp_keys_derive(&g->keys, &g->master, g->annex);
}

/* ---- the sender */

/* A peer that agreed on something else about SRTCP's encryption, and has the key. */
static void send_otherwise(struct history *h, struct sent *s, u64 index)
{
	struct ksrtp_master other = h->key[0].master;

	other.parameters ^= KSRTP_UNENCRYPTED_SRTCP;
	s->len = twin_protect(&other, index, true, s->data, s->len);
}

static void send_packet(struct history *h)
{
	struct sent *s = &h->pool[h->sent++ % POOL];
	struct generation *g = &h->key[0];
	struct shape shape = {
		.ssrc = SSRC, .seq = (u16)h->next, .payload = 4 + noise(&h->state) % 60,
		.csrcs = noise(&h->state) % 3, .extension = (int)(noise(&h->state) % 6) - 1,
	};
	u8 twins[sizeof(s->data)];
	u64 index;

	s->rtcp = noise(&h->state) % 3 == 0;
	if (s->rtcp) {
		s->len = rtcp_make(&h->state, s->data, SSRC, 4 * (noise(&h->state) % 12));
		assert_int_equal(ksrtp_stream_rtcp_tx_begin(&h->tx, &index), KSRTP_VERDICT_OK);
		if (noise(&h->state) % 16 == 0) {
			send_otherwise(h, s, index);
			return;
		}
	} else {
		s->len = rtp_make(&h->state, s->data, &shape);
		if (shape.extension >= 0 && noise(&h->state) % 2)
			ksrtp_put16(s->data + 12 + 4 * shape.csrcs,
				    noise(&h->state) % 2 ? 0xbede : 0x1000);
		assert_int_equal(ksrtp_stream_tx_begin(&h->tx, shape.seq, &index),
				 KSRTP_VERDICT_OK);
		assert_int_equal(index, h->next);
		/* mostly in order; sometimes a gap */
		h->next += noise(&h->state) % 4 ? 1 : 1 + noise(&h->state) % 100;
	}
	memcpy(twins, s->data, s->len);
	assert_int_equal(twin_protect(&g->master, index, s->rtcp, twins, s->len),
			 s->len + ksrtp_growth(&g->keys, s->rtcp));
	assert_int_equal(core_protect(&g->keys, s->data, &s->len, s->rtcp, index),
			 KSRTP_VERDICT_OK);
	assert_memory_equal(s->data, twins, s->len);
}

/* ---- the core as a receiver: with an MKI the key that has it, else the newest */

static enum ksrtp_verdict core_open(struct history *h, const struct generation *g,
				    struct sent *s)
{
	bool authentic = ksrtp_keys_authentic(&g->keys, s->rtcp), encrypted;
	enum ksrtp_verdict verdict;
	struct ksrtp_head head = { 0 };
	u64 index = 0;
	u32 word;

	if (s->rtcp) {
		verdict = ksrtp_rtcp_index(&g->keys, s->data, s->len, &word, &encrypted);
		assert_int_equal(verdict, KSRTP_VERDICT_OK);
		index = word;
		verdict = ksrtp_stream_rtcp_rx_begin(&h->rx, word);
	} else {
		assert_int_equal(ksrtp_rtp_parse(s->data, s->len, &head), KSRTP_VERDICT_OK);
		verdict = authentic ? ksrtp_stream_rx_begin(&h->rx, head.seq, &index) :
				      ksrtp_stream_rx_guess(&h->rx, head.seq, &index);
	}
	if (verdict == KSRTP_VERDICT_OK)
		verdict = core_unprotect(&g->keys, s->data, &s->len, s->rtcp, index);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	if (s->rtcp)
		return ksrtp_stream_rtcp_rx_commit(&h->rx, (u32)index, NULL);
	if (authentic)
		return ksrtp_stream_rx_commit(&h->rx, index, NULL);
	ksrtp_stream_rx_follow(&h->rx, index);
	return KSRTP_VERDICT_OK;
}

static enum ksrtp_verdict core_receive(struct history *h, struct sent *s)
{
	unsigned int i, n = h->like.mki_len ? h->keys : 1;

	for (i = 0; i < n; i++)
		if (ksrtp_keys_match(&h->key[i].keys, s->data, s->len, s->rtcp))
			return core_open(h, &h->key[i], s);
	return KSRTP_VERDICT_MKI;
}

/* ---- the textbook as a receiver */

static const u8 *book_mki(const struct ksrtp_master *m, const struct sent *s)
{
	u32 tag = s->rtcp ? m->suite->rtcp_tag :
			    m->parameters & KSRTP_UNAUTHENTICATED_SRTP ? 0 : m->suite->rtp_tag;

	/* RFC 7714 section 5.2 has it last, RFC 3711 figures 1 and 2 before the tag. */
	return s->data + s->len - m->mki_len - (m->suite->auth_len ? tag : 0);
}

static enum ksrtp_verdict book_index(const struct list *list, bool replays, u64 index)
{
	size_t i;

	if (index == ~0ull)
		return KSRTP_VERDICT_OLD;
	if (!replays)
		return KSRTP_VERDICT_OK;
	if (list->any && index + KSRTP_REPLAY_SIZE <= list->highest)
		return KSRTP_VERDICT_OLD;
	for (i = 0; i < list->n; i++)
		if (list->seen[i] == index)
			return KSRTP_VERDICT_REPLAYED;
	return KSRTP_VERDICT_OK;
}

static enum ksrtp_verdict book_open(struct history *h, const struct ksrtp_master *m,
				    struct sent *s)
{
	bool replays = s->rtcp || !(m->parameters & KSRTP_UNAUTHENTICATED_SRTP);
	struct list *list = &h->list[s->rtcp];
	enum ksrtp_verdict verdict;
	u64 index;

	if (s->rtcp) {
		const u8 *word = book_mki(m, s) - 4;

		index = ((u32)word[0] << 24 | word[1] << 16 | word[2] << 8 | word[3]) & ~(1u << 31);
	} else {
		u16 seq = (u16)(s->data[2] << 8 | s->data[3]);

		index = list->any ? appendix_a(list->highest, seq) : seq;
	}
	verdict = book_index(list, replays, index);
	if (verdict == KSRTP_VERDICT_OK)
		verdict = twin_unprotect(m, index, s->rtcp, s->data, &s->len);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	if (replays)
		list->seen[list->n++] = index;
	if (!list->any || index > list->highest)
		list->highest = index;
	list->any = true;
	return KSRTP_VERDICT_OK;
}

static enum ksrtp_verdict book_receive(struct history *h, struct sent *s)
{
	const struct ksrtp_master *m;
	unsigned int i;

	if (!h->like.mki_len)
		return book_open(h, &h->key[0].master, s);
	for (i = 0; i < h->keys; i++) {
		m = &h->key[i].master;
		if (!memcmp(book_mki(m, s), m->mki, m->mki_len))
			return book_open(h, m, s);
	}
	return KSRTP_VERDICT_MKI;
}

/* ---- the history */

/* One packet arrives: a recent one or one long past, once or again, as it was or forged. */
static void receive_packet(struct history *h)
{
	size_t age = noise(&h->state) % 8 ? noise(&h->state) % 3 : noise(&h->state) % POOL;
	struct ksrtp_stream before = h->rx;
	enum ksrtp_verdict verdict;
	struct sent ours, twins;

	if (age >= h->sent)
		age = 0;
	ours = h->pool[(h->sent - 1 - age) % POOL];
	if (noise(&h->state) % 6 == 0)	/* anything but what says how long the head is */
		ours.data[!ours.rtcp && noise(&h->state) % 4 == 0 ? 4 :
			  ours.len - 1 - noise(&h->state) % 4] ^= (u8)(1 << noise(&h->state) % 8);
	twins = ours;
	verdict = core_receive(h, &ours);
	counts[verdict]++;
	assert_int_equal(verdict, book_receive(h, &twins));
	assert_int_equal(ours.len, twins.len);
	assert_memory_equal(ours.data, twins.data, ours.len);
	if (verdict != KSRTP_VERDICT_OK)
		assert_memory_equal(&before, &h->rx, sizeof(before));
}

static void run(const struct ksrtp_master *like, u32 seed)
{
	struct history *h = calloc(1, sizeof(*h));
	unsigned int step;

	assert_non_null(h);
	h->like = *like;
	h->state = seed;
	h->next = 65536 - 1000 + noise(&h->state) % 900;
	for (step = 0; step < STEPS; step++) {
		if (step % 300 == 0)
			new_key(h);
		if (noise(&h->state) % 2 || !h->sent)
			send_packet(h);
		else
			receive_packet(h);
	}
	assert_true(h->rx.next >> 16 > 0);
	assert_true(h->list[0].highest == h->rx.next - 1);
	while (h->keys--)
		forget(&h->key[h->keys]);
	free(h);
}

/* Every suite with every MKI length. */
static void every_suite(struct ksrtp_master like)
{
	static const u8 mki_lens[] = { 0, 1, 4, 128 };
	unsigned int n, m;

	memset(counts, 0, sizeof(counts));
	for (n = 0; (like.suite = ksrtp_suite_nth(n)); n++)
		for (m = 0; m < ARRAY_SIZE(mki_lens); m++) {
			if (like.parameters && like.suite->cipher == KSRTP_CIPHER_AES_GCM)
				continue;
			like.mki_len = mki_lens[m];
			run(&like, n * 977 + m * 31 + like.kdr + like.parameters * 7u);
		}
	assert_true(counts[KSRTP_VERDICT_OK] > 5000);
	assert_true(counts[KSRTP_VERDICT_TAG] > 400);
	assert_true(counts[KSRTP_VERDICT_REPLAYED] > 1000);
	assert_true(counts[KSRTP_VERDICT_MKI] > 25);
	assert_true(counts[KSRTP_VERDICT_CLEAR] + counts[KSRTP_VERDICT_E_BIT] > 200);
	/* Nothing is too old where there is no replay list. */
	assert_true(like.parameters & KSRTP_UNAUTHENTICATED_SRTP ||
		    counts[KSRTP_VERDICT_OLD] > 500);
}

static void srtp_and_srtcp_with_and_without_mki(void **state)
{
	every_suite((struct ksrtp_master){ 0 });
}

static void key_derivation_rates(void **state)
{
	every_suite((struct ksrtp_master){ .kdr = 1 });
	every_suite((struct ksrtp_master){ .kdr = 6 });
	every_suite((struct ksrtp_master){ .kdr = 16 });
}

static void session_parameters(void **state)
{
	u8 parameters;

	for (parameters = 1; parameters < 8; parameters++)
		every_suite((struct ksrtp_master){ .parameters = parameters });
}

static void encrypted_header_extensions(void **state)
{
	struct ksrtp_master like = { 0 };
	int id;

	for (id = 1; id < 256; id += 2)
		ksrtp_master_encrypt(&like, (u8)id);
	every_suite(like);
	like.kdr = 4;
	every_suite(like);
	like.parameters = KSRTP_UNAUTHENTICATED_SRTP | KSRTP_UNENCRYPTED_SRTCP;
	every_suite(like);
}

static int setup(void **state)
{
	struct ksrtp_cpu cpu = cpu_features();

	return ksrtp_core_init(&cpu, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(srtp_and_srtcp_with_and_without_mki),
		cmocka_unit_test(key_derivation_rates),
		cmocka_unit_test(session_parameters),
		cmocka_unit_test(encrypted_header_extensions),
	};

	return cmocka_run_group_tests_name("histories under every parameter", tests, setup, NULL);
}
