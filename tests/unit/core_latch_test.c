// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules of source addresses (<ksrtp/latch.h>), as a table of packets and what becomes of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <ksrtp/latch.h>

#define A	10	/* the address in SDP */
#define B	20	/* where the signalling came from */
#define C	30	/* a stranger */

static struct ksrtp_endpoint at(u8 host, u16 port)
{
	struct ksrtp_endpoint e = {
		.addr = { [10] = 0xff, [11] = 0xff, [15] = host }, .port = port
	};

	if (!host)
		memset(e.addr, 0, sizeof(e.addr));
	return e;
}

struct packet {
	u8 host;
	u16 port;
	u32 ssrc;
	u64 now_ms;
	enum ksrtp_verdict verdict;
	bool moved;
};

#define OK KSRTP_VERDICT_OK
#define NO KSRTP_VERDICT_SOURCE

static void play_natted(enum ksrtp_source policy, u8 natted, const struct packet *p, size_t n)
{
	struct ksrtp_endpoint expected = at(A, 4000), nat = at(natted, 0), from;
	struct ksrtp_latch l;
	bool moved;
	size_t i;

	ksrtp_latch_set(&l, policy, &expected, &nat, 1000);
	for (i = 0; i < n; i++) {
		from = at(p[i].host, p[i].port);
		assert_int_equal(ksrtp_latch_clear(&l, &from, p[i].ssrc, p[i].now_ms, &moved),
				 p[i].verdict);
		assert_int_equal(moved, p[i].moved);
		if (p[i].verdict == OK)
			assert_memory_equal(&l.present, &from, sizeof(from.addr));
	}
}

#define PLAY(policy, ...) do {							\
	const struct packet packets[] = { __VA_ARGS__ };			\
	play_natted(policy, B, packets, ARRAY_SIZE(packets));			\
} while (0)

static void strict_is_strict(void **state)
{
	PLAY(KSRTP_SOURCE_STRICT, { A, 4000, 1, 1000, OK, false }, { A, 4001, 1, 1000, NO, false },
	     { B, 4000, 1, 1000, NO, false }, { B, 4000, 1, 1001, NO, false },
	     { B, 4000, 1, 1002, NO, false }, { B, 4000, 1, 1003, NO, false });
}

static void any_follows(void **state)
{
	PLAY(KSRTP_SOURCE_ANY, { C, 1, 1, 1000, OK, true }, { C, 1, 2, 90000, OK, false },
	     { B, 1, 1, 90001, OK, true }, { A, 4000, 1, 90002, OK, true });
}

static void three_in_a_row_latch(void **state)
{
	PLAY(KSRTP_SOURCE_LATCH, { B, 777, 5, 1000, NO, false }, { B, 777, 5, 1020, NO, false },
	     { B, 777, 5, 1040, OK, true }, { B, 777, 6, 99999, OK, false });
	PLAY(KSRTP_SOURCE_LATCH, { A, 777, 5, 1000, NO, false }, { A, 777, 5, 1020, NO, false },
	     { A, 777, 5, 1040, OK, true });
}

static void a_row_is_broken(void **state)
{
	/* another SSRC */
	PLAY(KSRTP_SOURCE_LATCH, { B, 777, 5, 1000, NO, false }, { B, 777, 5, 1020, NO, false },
	     { B, 777, 6, 1040, NO, false }, { B, 777, 6, 1060, NO, false },
	     { B, 777, 6, 1080, OK, true });
	/* another port */
	PLAY(KSRTP_SOURCE_LATCH, { B, 777, 5, 1000, NO, false }, { B, 778, 5, 1020, NO, false },
	     { B, 777, 5, 1040, NO, false }, { B, 778, 5, 1060, NO, false });
}

static void a_stranger_never_latches(void **state)
{
	PLAY(KSRTP_SOURCE_LATCH, { C, 777, 5, 1000, NO, false }, { C, 777, 5, 1001, NO, false },
	     { C, 777, 5, 1002, NO, false }, { C, 777, 5, 1003, NO, false },
	     { B, 777, 5, 1004, NO, false }, { C, 777, 5, 1005, NO, false },
	     { B, 777, 5, 1006, NO, false }, { B, 777, 5, 1007, OK, true });
}

static void the_window_closes(void **state)
{
	PLAY(KSRTP_SOURCE_LATCH, { B, 777, 5, 5998, NO, false }, { B, 777, 5, 6000, NO, false },
	     { B, 777, 5, 6001, NO, false }, { B, 777, 5, 6002, NO, false },
	     { B, 777, 5, 6003, NO, false }, { A, 4000, 5, 6004, OK, false });
}

static void once_is_enough(void **state)
{
	/* latched to B: neither A's other ports nor B's come through, nor does the old address */
	PLAY(KSRTP_SOURCE_LATCH, { B, 777, 5, 1000, NO, false }, { B, 777, 5, 1001, NO, false },
	     { B, 777, 5, 1002, OK, true }, { B, 778, 5, 1003, NO, false },
	     { B, 778, 5, 1004, NO, false }, { B, 778, 5, 1005, NO, false },
	     { A, 4000, 5, 1006, NO, false }, { A, 4000, 5, 1007, NO, false },
	     { A, 4000, 5, 1008, NO, false });
	/* the signalled source was heard: that is latched too */
	PLAY(KSRTP_SOURCE_LATCH, { A, 4000, 5, 1000, OK, false }, { B, 777, 5, 1001, NO, false },
	     { B, 777, 5, 1002, NO, false }, { B, 777, 5, 1003, NO, false });
}

static void unknown_addresses_are_nobodys(void **state)
{
	const struct packet packets[] = {
		{ 0, 0, 5, 1000, NO, false }, { 0, 0, 5, 1001, NO, false },
		{ 0, 0, 5, 1002, NO, false }, { 0, 0, 5, 1003, NO, false },
	};

	struct ksrtp_endpoint none = at(0, 0);
	struct ksrtp_latch l;
	bool moved;

	play_natted(KSRTP_SOURCE_LATCH, 0, packets, ARRAY_SIZE(packets));
	ksrtp_latch_set(&l, KSRTP_SOURCE_STRICT, &none, &none, 1000);
	assert_int_equal(ksrtp_latch_clear(&l, &none, 1, 1000, &moved), NO);
	assert_int_equal(ksrtp_latch_admit(&l, &none), NO);
}

static void new_sdp_opens_again(void **state)
{
	struct ksrtp_endpoint expected = at(A, 4000), nat = at(B, 0), from = at(B, 777);
	struct ksrtp_latch l;
	bool moved;
	int i;

	ksrtp_latch_set(&l, KSRTP_SOURCE_LATCH, &expected, &nat, 0);
	for (i = 0; i < 3; i++)
		ksrtp_latch_clear(&l, &from, 1, 0, &moved);
	assert_true(moved);
	ksrtp_latch_set(&l, KSRTP_SOURCE_LATCH, &expected, &nat, 100000);
	assert_false(l.latched);
	assert_int_equal(ksrtp_latch_clear(&l, &from, 1, 100001, &moved), NO);
	assert_int_equal(ksrtp_latch_clear(&l, &from, 1, 100002, &moved), NO);
	assert_int_equal(ksrtp_latch_clear(&l, &from, 1, 100003, &moved), OK);
}

static void authentic_packets_move(void **state)
{
	struct ksrtp_endpoint expected = at(A, 4000), nat = at(0, 0), from = at(C, 9);
	struct ksrtp_latch l, before;

	ksrtp_latch_set(&l, KSRTP_SOURCE_LATCH, &expected, &nat, 0);
	before = l;
	assert_int_equal(ksrtp_latch_admit(&l, &from), OK);
	assert_memory_equal(&l, &before, sizeof(l));
	/* an older packet, delayed on the old path, does not turn the stream back */
	assert_false(ksrtp_latch_authentic(&l, &from, false));
	assert_memory_equal(&l, &before, sizeof(l));
	assert_true(ksrtp_latch_authentic(&l, &from, true));
	assert_false(ksrtp_latch_authentic(&l, &from, true));
	assert_int_equal(l.present.port, 9);
	assert_true(ksrtp_latch_authentic(&l, &expected, true));

	ksrtp_latch_set(&l, KSRTP_SOURCE_STRICT, &expected, &nat, 0);
	assert_int_equal(ksrtp_latch_admit(&l, &from), NO);
	assert_int_equal(ksrtp_latch_admit(&l, &expected), OK);
	assert_false(ksrtp_latch_authentic(&l, &from, true));
	ksrtp_latch_set(&l, KSRTP_SOURCE_ANY, &expected, &nat, 0);
	assert_int_equal(ksrtp_latch_admit(&l, &from), OK);
	assert_true(ksrtp_latch_authentic(&l, &from, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strict_is_strict),
		cmocka_unit_test(any_follows),
		cmocka_unit_test(three_in_a_row_latch),
		cmocka_unit_test(a_row_is_broken),
		cmocka_unit_test(a_stranger_never_latches),
		cmocka_unit_test(the_window_closes),
		cmocka_unit_test(once_is_enough),
		cmocka_unit_test(unknown_addresses_are_nobodys),
		cmocka_unit_test(new_sdp_opens_again),
		cmocka_unit_test(authentic_packets_move),
	};

	return cmocka_run_group_tests_name("source addresses", tests, NULL, NULL);
}
