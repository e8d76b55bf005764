// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The index estimate against RFC 3711 appendix A on all 2^32 pairs (s_l, SEQ), at the first ROC,
 * one in the middle and the last. Run by make check-long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/oracle.h"

static void all_pairs(u64 roc)
{
	u64 highest, last;
	u32 seq;

	for (last = 0; last < 65536; last++) {
		highest = roc << 16 | last;
		for (seq = 0; seq < 65536; seq++)
			if (ksrtp_index_estimate(highest + 1, (u16)seq) !=
			    appendix_a(highest, (u16)seq))
				fail_msg("highest %llx seq %x", (unsigned long long)highest, seq);
	}
}

static void roc_first(void **state)
{
	all_pairs(0);
}

static void roc_middle(void **state)
{
	all_pairs(0x12345678);
}

static void roc_last(void **state)
{
	all_pairs(0xffffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roc_first),
		cmocka_unit_test(roc_middle),
		cmocka_unit_test(roc_last),
	};

	return cmocka_run_group_tests_name("index estimate, all pairs", tests, NULL, NULL);
}
