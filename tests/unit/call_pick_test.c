// SPDX-License-Identifier: GPL-2.0-or-later
/* In which order the servers of a core are tried: what is up, priority, then share of weights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <ksrtp/port.h>

#include "daemon/call/pick.h"

#define ROUNDS	100000
#define SERVERS	6

static struct ksrtp_pick server(size_t number, bool down, unsigned int priority,
				unsigned int weight)
{
	return (struct ksrtp_pick){ down, priority, weight, number };
}

/* How often each is at each place. */
static void count(const struct ksrtp_pick *list, size_t n, size_t at[SERVERS][SERVERS])
{
	struct ksrtp_pick copy[SERVERS];
	uint64_t seed;
	size_t i;

	memset(at, 0, sizeof(size_t[SERVERS][SERVERS]));
	for (seed = 0; seed < ROUNDS; seed++) {
		memcpy(copy, list, n * sizeof(*copy));
		ksrtp_pick_order(copy, n, seed);
		for (i = 0; i < n; i++)
			at[copy[i].number][i]++;
	}
}

/*
 * Six standard deviations of so many fair draws: what is a fault is far beyond them, and the seeds
 * are the same on every run.
 */
static void assert_share(size_t got, double share)
{
	double mean = ROUNDS * share, off = (double)got - mean;

	if (off * off > 36 * ROUNDS * share * (1 - share))
		fail_msg("%zu of %u, not about %.0f", got, ROUNDS, mean);
}

static void what_is_up_comes_first_then_priority(void **state)
{
	const struct ksrtp_pick list[] = {
		server(0, true, 1, 9), server(1, false, 3, 9), server(2, false, 2, 1),
		server(3, true, 0, 0), server(4, false, 2, 0),
	};
	size_t at[SERVERS][SERVERS];

	count(list, ARRAY_SIZE(list), at);
	assert_int_equal(at[1][2], ROUNDS);
	assert_int_equal(at[3][3], ROUNDS);
	assert_int_equal(at[0][4], ROUNDS);
	assert_int_equal(at[2][0] + at[4][0], ROUNDS);
	assert_int_equal(at[2][1] + at[4][1], ROUNDS);
}

static void weights_are_shares_of_first_places(void **state)
{
	const struct ksrtp_pick list[] = {
		server(0, false, 1, 6000), server(1, false, 1, 3000), server(2, false, 1, 1000),
		server(3, false, 1, 0),
	};
	size_t at[SERVERS][SERVERS], i, k, sum;

	count(list, ARRAY_SIZE(list), at);
	/* a number from 0 to the sum of weights; the weight of 0 has the 0 */
	assert_share(at[0][0], 6000.0 / 10001);
	assert_share(at[1][0], 3000.0 / 10001);
	assert_share(at[2][0], 1000.0 / 10001);
	assert_share(at[3][0], 1.0 / 10001);
	/* what comes second is a share of what the first left */
	assert_share(at[2][1], .6 * 1000 / 4001 + .3 * 1000 / 7001 + .0001 * 1000 / 10001);
	for (i = 0; i < ARRAY_SIZE(list); i++) {
		for (sum = 0, k = 0; k < ARRAY_SIZE(list); k++)
			sum += at[i][k];
		assert_int_equal(sum, ROUNDS);
	}
}

static void small_weights_are_shares_too(void **state)
{
	const struct ksrtp_pick list[] = {
		server(0, false, 1, 6), server(1, false, 1, 3), server(2, false, 1, 1),
	};
	size_t at[SERVERS][SERVERS];

	count(list, ARRAY_SIZE(list), at);
	assert_share(at[0][0], .6);
	assert_share(at[1][0], .3);
	assert_share(at[2][0], .1);
	assert_share(at[2][1], .6 * .25 + .3 / 7);
}

static void weights_of_nothing_keep_the_order(void **state)
{
	const struct ksrtp_pick list[] = {
		server(0, false, 1, 0), server(1, false, 1, 0), server(2, false, 1, 0),
	};
	size_t at[SERVERS][SERVERS];

	count(list, ARRAY_SIZE(list), at);
	assert_int_equal(at[0][0], ROUNDS);
	assert_int_equal(at[2][2], ROUNDS);
}

static void the_same_seed_gives_the_same_order(void **state)
{
	struct ksrtp_pick a[SERVERS], b[SERVERS];
	uint64_t seed;
	size_t i;

	for (seed = 0; seed < 1000; seed++) {
		for (i = 0; i < SERVERS; i++)
			a[i] = b[i] = server(i, false, 1, 65535);
		ksrtp_pick_order(a, SERVERS, seed);
		ksrtp_pick_order(b, SERVERS, seed);
		for (i = 0; i < SERVERS; i++)
			assert_int_equal(a[i].number, b[i].number);
	}
	ksrtp_pick_order(a, 1, 1);
	ksrtp_pick_order(a, 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_up_comes_first_then_priority),
		cmocka_unit_test(weights_are_shares_of_first_places),
		cmocka_unit_test(small_weights_are_shares_too),
		cmocka_unit_test(weights_of_nothing_keep_the_order),
		cmocka_unit_test(the_same_seed_gives_the_same_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
