// SPDX-License-Identifier: GPL-2.0-or-later
/* Buckets of tokens by source: what one may do in a time, and what is remembered of strangers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/net/rate.h"

static struct ksrtp_addr addr(const char *text)
{
	struct ksrtp_addr a;

	assert_int_equal(ksrtp_addr_parse(&a, text, strlen(text)), 0);
	return a;
}

static unsigned taken(struct ksrtp_rate *rate, const char *text, uint64_t now)
{
	struct ksrtp_addr a = addr(text);
	unsigned n = 0;

	while (ksrtp_rate_take(rate, &a, now))
		n++;
	return n;
}

static void a_bucket_holds_ten_seconds_and_fills_again(void **state)
{
	struct ksrtp_rate *rate;

	(void)state;
	assert_int_equal(ksrtp_rate_create(&rate, 5), 0);
	assert_int_equal(taken(rate, "192.0.2.1", 1000), 50);
	assert_int_equal(taken(rate, "192.0.2.1", 1000), 0);
	assert_int_equal(taken(rate, "192.0.2.1", 1199), 0);
	assert_int_equal(taken(rate, "192.0.2.1", 1200), 1);
	assert_int_equal(taken(rate, "192.0.2.1", 2200), 5);
	assert_int_equal(taken(rate, "192.0.2.1", 1000000), 50);
	ksrtp_rate_destroy(rate);
}

static void a_source_is_an_ipv4_address_or_an_ipv6_64(void **state)
{
	static const char *const same[][2] = {
		{ "192.0.2.1:5060", "192.0.2.1:9" },
		{ "[2001:db8::1]:5060", "2001:db8::ffff:0:0:9" },
	};
	static const char *const other[][2] = {
		{ "192.0.2.1", "192.0.2.2" },
		{ "2001:db8::1", "2001:db8:0:1::1" },
		{ "192.0.2.1", "c000:201::" },
	};
	struct ksrtp_rate *rate;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(ksrtp_rate_create(&rate, 1), 0);
		assert_int_equal(taken(rate, same[i][0], 0), 10);
		assert_int_equal(taken(rate, same[i][1], 0), 0);
		ksrtp_rate_destroy(rate);
	}
	for (i = 0; i < 3; i++) {
		assert_int_equal(ksrtp_rate_create(&rate, 1), 0);
		assert_int_equal(taken(rate, other[i][0], 0), 10);
		assert_int_equal(taken(rate, other[i][1], 0), 10);
		ksrtp_rate_destroy(rate);
	}
}

/* Who uses a bucket is remembered before those who came once. */
static void of_a_full_table_the_oldest_is_forgotten(void **state)
{
	uint8_t bytes[4] = { 10 };
	struct ksrtp_rate *rate;
	struct ksrtp_addr a;
	unsigned i;

	(void)state;
	assert_int_equal(ksrtp_rate_create(&rate, 1), 0);
	assert_int_equal(taken(rate, "192.0.2.1", 0), 10);
	assert_int_equal(taken(rate, "192.0.2.2", 0), 10);
	for (i = 0; i < 3 * KSRTP_RATE_SOURCES; i++) {
		bytes[1] = (uint8_t)(i >> 16);
		bytes[2] = (uint8_t)(i >> 8);
		bytes[3] = (uint8_t)i;
		assert_int_equal(ksrtp_addr_make(&a, bytes, 4, 0), 0);
		assert_true(ksrtp_rate_take(rate, &a, 0));
		assert_int_equal(taken(rate, "192.0.2.1", 0), 0);
	}
	assert_int_equal(taken(rate, "192.0.2.2", 0), 10);
	ksrtp_rate_destroy(rate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_holds_ten_seconds_and_fills_again),
		cmocka_unit_test(a_source_is_an_ipv4_address_or_an_ipv6_64),
		cmocka_unit_test(of_a_full_table_the_oldest_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
