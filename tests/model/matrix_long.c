// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The whole product: every suite, payload 0 to 1499, 0 to 15 CSRCs, with and without extension,
 * every MKI length, across a roll-over of SEQ, RTP and RTCP, beside twin and libsrtp2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/matrix.h"
#include "tests/unit/oracle.h"

static const u8 mki_lens[] = { 0, 1, 4, 128 };

static void suite_product(struct matrix row)
{
	unsigned int m, packets = 0;

	for (m = 0; m < ARRAY_SIZE(mki_lens); m++) {
		row.mki_len = mki_lens[m];
		for (row.csrcs = 0; row.csrcs < 16; row.csrcs++)
			for (row.extension = -1; row.extension < 6; row.extension += 6)
				packets += matrix_rtp(&row);
		row.csrcs = 0;
		packets += matrix_rtcp(&row);
	}
	assert_int_equal(packets, 4 * (16 * 2 + 1) * 1500);
}

static void the_whole_product(void **state)
{
	struct ksrtp_cpu cpu = cpu_features();
	struct matrix row = { .step = 1 };
	unsigned int n;

	assert_int_equal(ksrtp_core_init(&cpu, NULL), 0);
	for (n = 0; (row.suite = ksrtp_suite_nth(n)); n++)
		suite_product(row);
}

static void the_whole_product_with_keys_that_change_and_encrypted_extensions(void **state)
{
	struct ksrtp_cpu cpu = cpu_features();
	struct matrix row = { .step = 1, .kdr = 4, .encrypted = true };
	unsigned int n;

	assert_int_equal(ksrtp_core_init(&cpu, NULL), 0);
	for (n = 0; (row.suite = ksrtp_suite_nth(n)); n++)
		suite_product(row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_product),
		cmocka_unit_test(the_whole_product_with_keys_that_change_and_encrypted_extensions),
	};

	return cmocka_run_group_tests_name("the whole product", tests, NULL, NULL);
}
