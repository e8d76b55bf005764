// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whom to ban (tools/lib/offence.h): thresholds, who is allowed, and that nothing grows.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tools/lib/offence.h"

static struct ksrtp_endpoint at4(u8 a, u8 b, u8 c, u8 d)
{
	return (struct ksrtp_endpoint){
		.addr = { [10] = 0xff, [11] = 0xff, a, b, c, d }, .port = 4000
	};
}

static void one_offence_is_not_enough(void **state)
{
	struct ksrtp_offence_rules rules = { .threshold = 3, .within = 60 };
	struct ksrtp_offence_memory *m = calloc(1, sizeof(*m));
	struct ksrtp_endpoint a = at4(192, 0, 2, 1), b = at4(192, 0, 2, 2);

	assert_false(ksrtp_offence_count(&rules, m, &a, 1000));
	assert_false(ksrtp_offence_count(&rules, m, &b, 1001));
	assert_false(ksrtp_offence_count(&rules, m, &a, 1002));
	assert_true(ksrtp_offence_count(&rules, m, &a, 1060));
	/* and begins again */
	assert_false(ksrtp_offence_count(&rules, m, &a, 1061));
	/* too far apart */
	assert_false(ksrtp_offence_count(&rules, m, &b, 1050));
	assert_false(ksrtp_offence_count(&rules, m, &b, 1062));
	assert_false(ksrtp_offence_count(&rules, m, &b, 1063));
	assert_true(ksrtp_offence_count(&rules, m, &b, 1064));
	free(m);
}

static void who_does_well_begins_anew(void **state)
{
	struct ksrtp_offence_rules rules = { .threshold = 2, .within = 60 };
	struct ksrtp_offence_memory *m = calloc(1, sizeof(*m));
	struct ksrtp_endpoint a = at4(192, 0, 2, 1), b = at4(192, 0, 2, 2);

	assert_false(ksrtp_offence_count(&rules, m, &a, 1000));
	assert_false(ksrtp_offence_count(&rules, m, &b, 1000));
	ksrtp_offence_forget(m, &a);
	assert_false(ksrtp_offence_count(&rules, m, &a, 1001));
	assert_true(ksrtp_offence_count(&rules, m, &b, 1001));
	free(m);
}

static void a_full_memory_forgets_who_offended_least_lately(void **state)
{
	struct ksrtp_offence_rules rules = { .threshold = 2, .within = 100000 };
	struct ksrtp_offence_memory *m = calloc(1, sizeof(*m));
	struct ksrtp_endpoint who;
	unsigned int i;

	for (i = 0; i < KSRTP_OFFENCE_MEMORY + 10; i++) {
		who = at4(10, 0, (u8)(i >> 8), (u8)i);
		assert_false(ksrtp_offence_count(&rules, m, &who, 1 + i));
	}
	assert_int_equal(m->n, KSRTP_OFFENCE_MEMORY);
	who = at4(10, 0, 0, 11);
	assert_true(ksrtp_offence_count(&rules, m, &who, 5000));
	who = at4(10, 0, 0, 9);
	assert_false(ksrtp_offence_count(&rules, m, &who, 5000));
	free(m);
}

static bool suspect(const char *allow, struct ksrtp_endpoint who, u32 count, u32 share)
{
	struct ksrtp_nl_event e = { .source = who, .count = count, .share = share };
	struct ksrtp_offence_rules rules = { .threshold = 3 };

	assert_int_equal(ksrtp_offence_allow(&rules, allow), 0);
	return ksrtp_offence_suspect(&rules, &e);
}

static void only_whom_most_came_from_is_suspect(void **state)
{
	assert_true(suspect("", at4(192, 0, 2, 1), 100, 100));
	assert_true(suspect("", at4(192, 0, 2, 1), 100, 50));
	assert_false(suspect("", at4(192, 0, 2, 1), 100, 49));
	assert_false(suspect("", at4(192, 0, 2, 1), 101, 50));
	assert_false(suspect("", (struct ksrtp_endpoint){ .port = 0 }, 100, 100));
}

static void who_is_allowed_is_never_suspect(void **state)
{
	struct ksrtp_endpoint six = { .addr = { 0x20, 0x01, 0x0d, 0xb8, 0, 1 }, .port = 1 };

	assert_false(suspect("192.0.2.1", at4(192, 0, 2, 1), 9, 9));
	assert_true(suspect("192.0.2.1", at4(192, 0, 2, 2), 9, 9));
	assert_false(suspect("203.0.113.0/24,192.0.2.0/25", at4(192, 0, 2, 127), 9, 9));
	assert_true(suspect("203.0.113.0/24,192.0.2.0/25", at4(192, 0, 2, 128), 9, 9));
	assert_false(suspect("0.0.0.0/0", at4(8, 8, 8, 8), 9, 9));
	assert_true(suspect("0.0.0.0/0", six, 9, 9));
	assert_false(suspect("2001:db8::/32", six, 9, 9));
	assert_false(suspect("2001:db8:1::/48", six, 9, 9));
	assert_true(suspect("2001:db8:2::/48", six, 9, 9));
	assert_false(suspect("2001:db8:0::/47", six, 9, 9));
}

static bool allowed(const char *allow, const char *who, unsigned int bits)
{
	struct ksrtp_offence_rules rules = { .threshold = 3 };
	struct ksrtp_endpoint e = { .port = 0 };

	assert_int_equal(ksrtp_offence_allow(&rules, allow), 0);
	assert_int_equal(inet_pton(AF_INET6, who, e.addr), 1);
	return ksrtp_offence_allowed(&rules, &e, bits);
}

static void a_prefix_with_one_who_is_allowed_is_never_banned(void **state)
{
	assert_true(allowed("2001:db8::5", "2001:db8::", 64));
	assert_true(allowed("2001:db8:0:0:8::/80", "2001:db8::", 64));
	assert_true(allowed("2001:db8::/32", "2001:db8:7:7::", 64));
	assert_false(allowed("2001:db8:0:1::5", "2001:db8::", 64));
	assert_false(allowed("2001:db8::5", "2001:db8::", 128));
	assert_false(allowed("192.0.2.5", "::ffff:192.0.2.6", 128));
}

static void prefixes_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = { "x", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "::/129",
					   "1.2.3", "1.2.3.4/8x", ",1.2.3.4",
					   "1.2.3.4/ 8" };
	struct ksrtp_offence_rules rules = { .threshold = 3 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (!ksrtp_offence_allow(&rules, bad[i]))
			fail_msg("%s was taken", bad[i]);
	rules.allowed = 0;
	for (i = 0; i < KSRTP_OFFENCE_ALLOW; i++)
		assert_int_equal(ksrtp_offence_allow(&rules, "::1"), 0);
	assert_int_equal(ksrtp_offence_allow(&rules, "::1"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_offence_is_not_enough),
		cmocka_unit_test(who_does_well_begins_anew),
		cmocka_unit_test(a_full_memory_forgets_who_offended_least_lately),
		cmocka_unit_test(only_whom_most_came_from_is_suspect),
		cmocka_unit_test(who_is_allowed_is_never_suspect),
		cmocka_unit_test(a_prefix_with_one_who_is_allowed_is_never_banned),
		cmocka_unit_test(prefixes_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
