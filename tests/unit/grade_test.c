// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Grades: what counters prove, the minimum, and that no words say more than was achieved.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "daemon/call/grade.h"

static struct ksrtp_media_stats counted(u64 rx, u64 rx_secure, u64 tx, u64 tx_secure)
{
	struct ksrtp_media_stats stats = { .rx_packets = rx, .rx_secure = rx_secure,
					   .tx_packets = tx, .tx_secure = tx_secure };

	stats.verdict[KSRTP_VERDICT_OK] = rx;
	return stats;
}

static void check_proved(enum ksrtp_grade_media promised, struct ksrtp_media_stats stats,
			 enum ksrtp_grade_media want)
{
	assert_int_equal(ksrtp_grade_prove(promised, &stats), want);
}

static void counters_prove(void **state)
{
	check_proved(KSRTP_GRADE_SDES, counted(0, 0, 0, 0), KSRTP_GRADE_NONE);
	check_proved(KSRTP_GRADE_CLEAR, counted(0, 0, 0, 0), KSRTP_GRADE_NONE);
	check_proved(KSRTP_GRADE_SDES, counted(9, 9, 7, 7), KSRTP_GRADE_SDES);
	check_proved(KSRTP_GRADE_SDES, counted(9, 9, 0, 0), KSRTP_GRADE_SDES);
	check_proved(KSRTP_GRADE_SDES, counted(9, 8, 7, 7), KSRTP_GRADE_CLEAR);
	check_proved(KSRTP_GRADE_SDES, counted(9, 9, 7, 6), KSRTP_GRADE_CLEAR);
	check_proved(KSRTP_GRADE_CLEAR, counted(9, 0, 7, 0), KSRTP_GRADE_CLEAR);
	check_proved(KSRTP_GRADE_DTLS, counted(1, 1, 1, 1), KSRTP_GRADE_DTLS);
	check_proved(KSRTP_GRADE_OPAQUE, counted(5, 0, 5, 0), KSRTP_GRADE_OPAQUE);
}

static void forged_packets_prove_nothing(void **state)
{
	struct ksrtp_media_stats stats = counted(0, 0, 0, 0);

	stats.rx_packets = 1000;
	stats.verdict[KSRTP_VERDICT_TAG] = 600;
	stats.verdict[KSRTP_VERDICT_CLEAR] = 400;
	check_proved(KSRTP_GRADE_SDES, stats, KSRTP_GRADE_NONE);
}

static void minimum_of_each_member(void **state)
{
	struct ksrtp_grade a = { KSRTP_GRADE_SDES, KSRTP_GRADE_CLEAR, KSRTP_GRADE_DANE };
	struct ksrtp_grade b = { KSRTP_GRADE_DTLS, KSRTP_GRADE_NONE, KSRTP_GRADE_TLS };
	struct ksrtp_grade min = ksrtp_grade_min(ksrtp_grade_min(ksrtp_grade_best(), a), b);

	assert_int_equal(min.promised, KSRTP_GRADE_SDES);
	assert_int_equal(min.proved, KSRTP_GRADE_CLEAR);
	assert_int_equal(min.path, KSRTP_GRADE_TLS);
}

static void words(void **state)
{
	static const struct {
		struct ksrtp_grade grade;
		const char *text;
	} row[] = {
		{ { KSRTP_GRADE_CLEAR, KSRTP_GRADE_CLEAR, KSRTP_GRADE_DANE }, "clear" },
		{ { KSRTP_GRADE_CLEAR, KSRTP_GRADE_NONE, KSRTP_GRADE_DANE }, "none seen" },
		{ { KSRTP_GRADE_OPAQUE, KSRTP_GRADE_OPAQUE, KSRTP_GRADE_DANE }, "opaque" },
		{ { KSRTP_GRADE_SDES, KSRTP_GRADE_NONE, KSRTP_GRADE_DANE },
		  "SDES promised, none seen" },
		{ { KSRTP_GRADE_SDES, KSRTP_GRADE_CLEAR, KSRTP_GRADE_DANE },
		  "SDES promised, clear" },
		{ { KSRTP_GRADE_SDES, KSRTP_GRADE_SDES, KSRTP_GRADE_EXPOSED },
		  "SDES, keys exposed" },
		{ { KSRTP_GRADE_SDES, KSRTP_GRADE_SDES, KSRTP_GRADE_TLS },
		  "SDES, keys by TLS unauthenticated" },
		{ { KSRTP_GRADE_SDES, KSRTP_GRADE_SDES, KSRTP_GRADE_TOFU }, "SDES, keys by TOFU" },
		{ { KSRTP_GRADE_DTLS, KSRTP_GRADE_DTLS, KSRTP_GRADE_RFC5922 },
		  "DTLS, keys by RFC 5922" },
		{ { KSRTP_GRADE_DTLS, KSRTP_GRADE_DTLS, KSRTP_GRADE_DANE }, "DTLS, keys by DANE" },
	};
	char text[KSRTP_GRADE_TEXT];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(row); i++)
		assert_string_equal(ksrtp_grade_text(&row[i].grade, text, sizeof(text)),
				    row[i].text);
}

int main(void)
{
	static const struct CMUnitTest test[] = {
		cmocka_unit_test(counters_prove),
		cmocka_unit_test(forged_packets_prove_nothing),
		cmocka_unit_test(minimum_of_each_member),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests_name("grade", test, NULL, NULL);
}
