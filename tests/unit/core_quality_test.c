// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loss, reordering and jitter of one SSRC (<ksrtp/quality.h>) against figures worked out by hand,
 * and random histories against a slow twin that keeps a list of all numbers and floating point.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ksrtp/quality.h>

#define FRAME_US	20000
#define START		0xffffffffff00ull	/* the clock may be anywhere */

static struct ksrtp_head head(u16 seq, u32 timestamp, u8 type)
{
	return (struct ksrtp_head){ .seq = seq, .timestamp = timestamp, .type = type };
}

static void clear(struct ksrtp_quality *q, const u16 *seq, size_t n)
{
	struct ksrtp_head h;
	size_t i;

	for (i = 0; i < n; i++) {
		h = head(seq[i], 160u * seq[i], 0);
		ksrtp_quality_clear(q, &h, START + FRAME_US * i);
	}
}

/* A history of sequence numbers in clear, and what it comes to. */
#define NUMBERS(want_expected, want_lost, want_reordered, want_duplicates, ...) do {	\
	const u16 seq[] = { __VA_ARGS__ };						\
	struct ksrtp_quality q = { 0 };							\
	clear(&q, seq, ARRAY_SIZE(seq));						\
	assert_int_equal(q.expected, want_expected);					\
	assert_int_equal(ksrtp_quality_lost(&q), want_lost);				\
	assert_int_equal(q.reordered, want_reordered);					\
	assert_int_equal(q.duplicates, want_duplicates);				\
} while (0)

static void the_state_of_a_stream_has_64_bytes(void **state)
{
	assert_int_equal(sizeof(struct ksrtp_quality), 64);
	assert_true(sizeof(struct ksrtp_report) <= 64);
}

static void numbers_by_hand(void **state)
{
	NUMBERS(1, 0, 0, 0, 7);
	NUMBERS(5, 0, 0, 0, 1, 2, 3, 4, 5);
	NUMBERS(5, 1, 0, 0, 1, 2, 4, 5);
	NUMBERS(5, 0, 1, 0, 1, 2, 4, 3, 5);
	NUMBERS(5, 0, 0, 1, 1, 2, 2, 3, 4, 5);
	/* a duplicate makes up for nothing */
	NUMBERS(5, 1, 0, 1, 1, 2, 2, 4, 5);
	NUMBERS(5, 0, 1, 2, 1, 2, 4, 3, 3, 3, 5);
	NUMBERS(5, 0, 0, 2, 1, 2, 3, 4, 5, 3, 1);
	/* 63 back is as far as it sees; what is behind is taken for late */
	NUMBERS(64, 62, 0, 1, 1, 64, 1);
	NUMBERS(65, 62, 1, 0, 1, 65, 1);
	/* across 65535 to 0 */
	NUMBERS(4, 0, 0, 0, 65534, 65535, 0, 1);
	NUMBERS(4, 0, 1, 1, 65534, 0, 65535, 65535, 1);
	/* RFC 3550 A.3: what comes before the first makes the loss negative */
	NUMBERS(1, -1, 1, 0, 10, 9);
	NUMBERS(1, -1, 1, 0, 0, 65535);
	/* a step of up to 3000 is loss, a longer one is a jump that the next has to confirm */
	NUMBERS(3000, 2998, 0, 0, 1, 3000);
	NUMBERS(2, 0, 0, 0, 1, 4001, 2);
	NUMBERS(3, 0, 0, 0, 1, 4001, 4002, 4003);
	NUMBERS(2, 0, 0, 0, 1, 4001, 5001, 2);
	/* a step back of up to 100 is late, a longer one a jump */
	NUMBERS(1, -1, 1, 0, 1000, 900);
	NUMBERS(1, 0, 0, 0, 1000, 899);
	NUMBERS(1, -1, 1, 0, 1000, 899, 900);
	NUMBERS(2, 0, 0, 0, 1000, 800, 801);
}

static void secure_numbers_are_believed(void **state)
{
	struct ksrtp_head h = head(1, 0, 0);
	struct ksrtp_quality q = { 0 };

	ksrtp_quality_secure(&q, 0x50001, &h, START);
	ksrtp_quality_secure(&q, 0x50001 + 30000, &h, START);
	assert_int_equal(q.expected, 30001);
	assert_int_equal(ksrtp_quality_lost(&q), 29999);
	/* a new key, and the sender begins at 0: not a step back of so many */
	ksrtp_quality_restart(&q);
	ksrtp_quality_secure(&q, 3, &h, START);
	ksrtp_quality_secure(&q, 4, &h, START);
	assert_int_equal(q.expected, 30003);
	assert_int_equal(ksrtp_quality_lost(&q), 29999);
	assert_int_equal(q.reordered, 0);
}

/* Packets of 20 ms at 8 kHz; every second one is @late. */
static u32 jitter_of(unsigned int packets, u32 late)
{
	struct ksrtp_quality q = { 0 };
	unsigned int i;

	for (i = 0; i < packets; i++) {
		struct ksrtp_head h = head((u16)i, 160 * i, 0);

		ksrtp_quality_secure(&q, i, &h, START + FRAME_US * i + (i & 1 ? late : 0));
	}
	assert_int_equal(ksrtp_quality_clock(&q), 8000);
	return ksrtp_quality_jitter(&q);
}

static void jitter_by_hand(void **state)
{
	assert_int_equal(jitter_of(100, 0), 0);
	/* J = 16000 / 16; then J += (16000 - J) / 16 */
	assert_int_equal(jitter_of(2, 16000), 1000);
	assert_int_equal(jitter_of(3, 16000), 1937);
	/* a difference of 2 ms each time: it comes to that, as A.8 rounds */
	assert_in_range(jitter_of(1000, 2000), 1999, 2000);
}

static void a_clock_that_was_set_is_no_jitter(void **state)
{
	struct ksrtp_quality q = { 0 };
	struct ksrtp_head h = head(1, 1000, 0);

	ksrtp_quality_secure(&q, 1, &h, START);
	h = head(2, 0x80000000, 0);
	ksrtp_quality_secure(&q, 2, &h, START + FRAME_US);
	assert_int_equal(ksrtp_quality_jitter(&q), 0);
	h = head(3, 0x80000000 + 160, 0);
	ksrtp_quality_secure(&q, 3, &h, START + 2 * FRAME_US);
	assert_int_equal(ksrtp_quality_jitter(&q), 0);
}

/* @seconds of packets of 20 ms, each off by up to @wobble_us either way. */
static u32 clock_of(u8 type, u32 hz, unsigned int seconds, u32 wobble_us)
{
	struct ksrtp_quality q = { 0 };
	unsigned int i;

	for (i = 0; i < 50 * seconds + 2; i++) {
		u64 now = START + FRAME_US * i + (u64)(i * 7919 % (2 * wobble_us + 1)) - wobble_us;
		struct ksrtp_head h = head((u16)i, hz / 50 * i, type);

		ksrtp_quality_secure(&q, i, &h, now);
	}
	return ksrtp_quality_clock(&q);
}

static void unknown_clocks_are_measured_or_stay_unknown(void **state)
{
	static const u32 usual[] = { 8000, 16000, 22050, 24000, 32000, 44100, 48000, 90000 };
	static const u32 odd[] = { 1000, 7000, 9000, 14000, 19000, 28000, 37000, 60000, 120000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(usual); i++) {
		assert_int_equal(clock_of(96, usual[i], 3, 0), usual[i]);
		assert_int_equal(clock_of(127, usual[i], 3, 9000), usual[i]);
		/* one look is not enough */
		assert_int_equal(clock_of(96, usual[i], 1, 0), 0);
	}
	for (i = 0; i < ARRAY_SIZE(odd); i++)
		assert_int_equal(clock_of(96, odd[i], 20, 9000), 0);
	assert_int_equal(clock_of(0, 48000, 1, 0), 8000);
	assert_int_equal(clock_of(34, 8000, 1, 0), 90000);
}

/* A sender whose timestamps stand still while it is silent is not taken for a slower clock. */
static void pauses_do_not_slow_a_clock(void **state)
{
	struct ksrtp_quality q = { 0 };
	unsigned int i;

	for (i = 0; i < 600; i++) {
		struct ksrtp_head h = head((u16)i, 960 * i, 96);

		/* of each second two thirds are silent */
		ksrtp_quality_secure(&q, i, &h, START + FRAME_US * i + i / 16 * 680000ull);
		assert_int_equal(ksrtp_quality_clock(&q), 0);
	}
}

static void events_of_another_type_do_not_count(void **state)
{
	struct ksrtp_quality q = { 0 };
	unsigned int i;
	u16 seq = 0;

	for (i = 0; i < 200; i++) {
		bool event = i >= 100 && i < 140;
		/* an event's timestamp is that of its beginning */
		struct ksrtp_head h = head(seq++, event ? 16000 : 160 * i, event ? 101 : 0);

		ksrtp_quality_clear(&q, &h, START + FRAME_US * i);
	}
	assert_int_equal(ksrtp_quality_jitter(&q), 0);
	assert_int_equal(q.type, 0);
	assert_int_equal(q.expected, 200);
	assert_int_equal(ksrtp_quality_lost(&q), 0);
	for (i = 0; i < 200; i++) {
		struct ksrtp_head h = head(seq++, 320 * i, 6);

		ksrtp_quality_clear(&q, &h, START + FRAME_US * (200 + i));
	}
	assert_int_equal(q.type, 6);
	assert_int_equal(ksrtp_quality_clock(&q), 16000);
	assert_int_equal(ksrtp_quality_jitter(&q), 0);
}

/* ---- the slow twin ---- */

#define LONG	3000

struct twin {
	u64 came[2 * LONG];
	unsigned int n;
	u32 duplicates, reordered;
	u64 first, highest;
	double jitter, transit;
};

static void twin_add(struct twin *t, u64 index, double timestamp_us, double now_us)
{
	double transit = now_us - timestamp_us, d = transit - t->transit;
	unsigned int i;

	for (i = 0; i < t->n; i++)
		if (t->came[i] == index) {
			t->duplicates++;
			return;
		}
	if (!t->n)
		t->first = t->highest = index;
	else
		t->jitter += ((d < 0 ? -d : d) - t->jitter) / 16;
	t->reordered += index < t->highest;
	if (index > t->highest)
		t->highest = index;
	t->transit = transit;
	t->came[t->n++] = index;
}

static void twin_agrees(const struct twin *t, const struct ksrtp_quality *q)
{
	u64 expected = t->highest - t->first + 1;

	assert_int_equal(q->expected, expected);
	assert_int_equal(ksrtp_quality_lost(q), (s32)(expected - t->n));
	assert_int_equal(q->reordered, t->reordered);
	assert_int_equal(q->duplicates, t->duplicates);
	/* what A.8 loses by rounding, and a tick cut off */
	assert_true(t->jitter - ksrtp_quality_jitter(q) < 3);
	assert_true(ksrtp_quality_jitter(q) - t->jitter < 3);
}

/* Loss, duplicates and swaps of neighbours at random, across roll-overs. */
static void history(unsigned int seed, bool secure)
{
	u64 start = 0x10000 + (u64)(seed * 7919 % 65536), now = START;
	struct twin *t = calloc(1, sizeof(*t));
	struct ksrtp_quality q = { 0 };
	unsigned int i, copies;

	srand(seed);
	for (i = 0; i < LONG; i++) {
		u64 n = i ^ (rand() % 8 == 0), index = start + n;
		struct ksrtp_head h = head((u16)index, (u32)(160 * n), 0);

		now += (u64)(rand() % 40000);
		for (copies = rand() % 10 ? 1 + !(rand() % 10) : 0; copies; copies--) {
			twin_add(t, index, 20000.0 * (double)n, (double)(now - START));
			if (secure)
				ksrtp_quality_secure(&q, index, &h, now);
			else
				ksrtp_quality_clear(&q, &h, now);
		}
	}
	twin_agrees(t, &q);
	free(t);
}

static void random_histories_as_the_twin(void **state)
{
	unsigned int seed;

	for (seed = 1; seed <= 40; seed++) {
		history(seed, false);
		history(seed, true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_state_of_a_stream_has_64_bytes),
		cmocka_unit_test(numbers_by_hand),
		cmocka_unit_test(secure_numbers_are_believed),
		cmocka_unit_test(jitter_by_hand),
		cmocka_unit_test(a_clock_that_was_set_is_no_jitter),
		cmocka_unit_test(unknown_clocks_are_measured_or_stay_unknown),
		cmocka_unit_test(pauses_do_not_slow_a_clock),
		cmocka_unit_test(events_of_another_type_do_not_count),
		cmocka_unit_test(random_histories_as_the_twin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
