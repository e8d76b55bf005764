// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every suite, session parameter and MKI length on a sample of packet shapes, byte for byte beside
 * the textbook twin and libsrtp2; matrix_long.c walks them all. Once with the portable primitives
 * and once with the best of this CPU.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/matrix.h"
#include "tests/unit/oracle.h"

static const u8 mki_lens[] = { 0, 1, 4, 128 };

static void row_of(const struct matrix *row)
{
	struct ksrtp_cpu cpu = cpu_features();

	assert_int_equal(ksrtp_core_init(NULL, NULL), 0);
	matrix_rtp(row);
	matrix_rtcp(row);
	assert_int_equal(ksrtp_core_init(&cpu, NULL), 0);
	matrix_rtp(row);
	matrix_rtcp(row);
}

static void all_suites(struct matrix row)
{
	unsigned int n, m;

	for (n = 0; (row.suite = ksrtp_suite_nth(n)); n++)
		for (m = 0; m < ARRAY_SIZE(mki_lens); m++) {
			if (row.parameters && row.suite->cipher == KSRTP_CIPHER_AES_GCM)
				continue;
			row.mki_len = mki_lens[m];
			row.csrcs = (u8)((n * 7 + m * 3) % 16);
			row_of(&row);
		}
}

static void every_suite_is_byte_for_byte_the_twins_and_libsrtps(void **state)
{
	all_suites((struct matrix){ .extension = -1, .step = 31 });
	all_suites((struct matrix){ .extension = 3, .step = 29 });
}

/* 2^1 changes keys with every second packet, 2^16 at the roll-over of SEQ. */
static void key_derivation_rates_are_the_twins(void **state)
{
	all_suites((struct matrix){ .extension = 2, .kdr = 1, .step = 97 });
	all_suites((struct matrix){ .extension = -1, .kdr = 3, .step = 97 });
	all_suites((struct matrix){ .extension = -1, .kdr = 16, .step = 211 });
}

static void session_parameters_each_apart(void **state)
{
	u8 parameters;

	for (parameters = 1; parameters < 8; parameters++)
		all_suites((struct matrix){
			.extension = -1, .parameters = parameters, .step = 149
		});
}

static void encrypted_header_extensions(void **state)
{
	int words;

	for (words = 0; words < 18; words += 5)
		all_suites((struct matrix){ .extension = words, .encrypted = true, .step = 149 });
	all_suites((struct matrix){ .extension = 60, .encrypted = true, .kdr = 2, .step = 149 });
	all_suites((struct matrix){
		.extension = 9, .encrypted = true, .step = 149,
		.parameters = KSRTP_UNENCRYPTED_SRTCP | KSRTP_UNAUTHENTICATED_SRTP,
	});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_suite_is_byte_for_byte_the_twins_and_libsrtps),
		cmocka_unit_test(key_derivation_rates_are_the_twins),
		cmocka_unit_test(session_parameters_each_apart),
		cmocka_unit_test(encrypted_header_extensions),
	};

	return cmocka_run_group_tests_name("suites, parameters, shapes", tests, NULL, NULL);
}
