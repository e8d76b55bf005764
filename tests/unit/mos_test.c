// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The E-model (tools/lib/mos.h) against figures worked out by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tools/lib/mos.h"

static void near(double got, double want)
{
	if (got < want - 0.005 || got > want + 0.005)
		fail_msg("%.4f, not %.4f", got, want);
}

static double rating(double loss, double delay, double jitter, u8 type)
{
	struct ksrtp_mos m = { loss, delay, jitter, type };

	return ksrtp_mos_rating(&m);
}

static void ratings_by_hand(void **state)
{
	/* 93.2 - 0.024 * 20 */
	near(rating(0, 0, 0, 0), 92.72);
	/* 93.2 - 0.024 * (80 + 2 * 10 + 20) - 95 * 1 / 26.1 */
	near(rating(0.01, 80, 10, 0), 86.68);
	/* 93.2 - 0.024 * 320 - 0.11 * (320 - 177.3) - 95 * 5 / 30.1 */
	near(rating(0.05, 300, 0, 8), 54.04);
	/* 93.2 - 0.48 - 11, and - 84 * 2 / 21 */
	near(rating(0, 0, 0, 18), 81.72);
	near(rating(0.02, 0, 0, 18), 73.72);
	near(rating(0, 0, 0, 4), 77.72);
	near(rating(1, 10000, 1000, 0), 0);
}

static void scores_by_hand(void **state)
{
	near(ksrtp_mos_score(0), 1);
	near(ksrtp_mos_score(5), 1);
	near(ksrtp_mos_score(50), 2.575);
	near(ksrtp_mos_score(60), 3.1);
	near(ksrtp_mos_score(80), 4.024);
	near(ksrtp_mos_score(93.2), 4.4093);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratings_by_hand),
		cmocka_unit_test(scores_by_hand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
