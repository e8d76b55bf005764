// SPDX-License-Identifier: GPL-2.0-or-later
/* Slices, buffers and splices: what SIP and SDP are read from and written with. */
#include "tests/unit/sip_assert.h"

#include <errno.h>

#include "daemon/base/splice.h"

static void slices_compare_trim_and_cut(void **state)
{
	struct slice rest = SLICE("a,,b");
	uint32_t n;
	uint64_t big;

	assert_true(ksrtp_slice_is(SLICE("InViTe"), "invite"));
	assert_false(ksrtp_slice_is(SLICE("invit"), "invite"));
	assert_false(ksrtp_slice_equal(SLICE("a"), SLICE("A")));
	assert_true(ksrtp_slice_equal(ksrtp_slice_of(NULL, 0), SLICE("")));
	assert_slice(ksrtp_slice_trim(SLICE(" \t\r\n x y \r\n ")), "x y");
	assert_slice(ksrtp_slice_trim(SLICE("  ")), "");
	assert_slice(ksrtp_slice_cut(&rest, ','), "a");
	assert_slice(ksrtp_slice_cut(&rest, ','), "");
	assert_slice(ksrtp_slice_cut(&rest, ','), "b");
	assert_null(rest.p);
	assert_slice(ksrtp_slice_from(SLICE("abc"), 9), "");
	assert_int_equal(ksrtp_slice_find(SLICE("abc"), 'c'), 2);
	assert_int_equal(ksrtp_slice_find(SLICE("abc"), 'x'), 3);
	assert_int_equal(ksrtp_slice_u32(SLICE("4294967295"), &n), 0);
	assert_int_equal(n, UINT32_MAX);
	assert_int_equal(ksrtp_slice_u32(SLICE("4294967296"), &n), -ERANGE);
	assert_int_equal(ksrtp_slice_u64(SLICE("18446744073709551616"), &big), -ERANGE);
	assert_int_equal(ksrtp_slice_u32(SLICE(""), &n), -EINVAL);
	assert_int_equal(ksrtp_slice_u32(SLICE("+1"), &n), -EINVAL);
}

static void slices_copy_within_bounds(void **state)
{
	char room[4];

	assert_int_equal(ksrtp_slice_copy(SLICE("abc"), room, sizeof(room)), 0);
	assert_string_equal(room, "abc");
	assert_int_equal(ksrtp_slice_copy(SLICE("abcd"), room, sizeof(room)), -ENOSPC);
	assert_int_equal(ksrtp_slice_copy(SLICE("a\0b"), room, sizeof(room)), -EINVAL);
}

/* Known answers of the SipHash reference: key 00…0f, messages of counting bytes. */
static void slice_hash_matches_its_specification(void **state)
{
	static const uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
	char text[16];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)i;
	assert_true(ksrtp_slice_hash(ksrtp_slice_of(text, 0), key) == 0x726fdb47dd0e0e31);
	assert_true(ksrtp_slice_hash(ksrtp_slice_of(text, 15), key) == 0xa129ca6149be45e5);
}

static void buffers_stop_at_their_cap_and_remember(void **state)
{
	struct ksrtp_buf buf;
	char *to;

	ksrtp_buf_init(&buf, 600);
	assert_int_equal(ksrtp_buf_printf(&buf, "%0300d", 7), 0);
	to = ksrtp_buf_room(&buf, 300);
	assert_non_null(to);
	memset(to, 'x', 300);
	ksrtp_buf_added(&buf, 300);
	assert_int_equal(buf.n, 600);
	assert_int_equal(ksrtp_buf_str(&buf, "y"), -ENOSPC);
	assert_int_equal(ksrtp_buf_str(&buf, ""), -ENOSPC);
	assert_int_equal(buf.n, 600);
	ksrtp_buf_consume(&buf, 299);
	assert_int_equal(buf.n, 301);
	assert_int_equal(buf.p[0], '7');
	ksrtp_buf_consume(&buf, 1000);
	assert_int_equal(buf.n, 0);
	ksrtp_buf_reset(&buf);
	assert_int_equal(ksrtp_buf_str(&buf, "again"), 0);
	ksrtp_buf_free(&buf);
	assert_int_equal(buf.n, 0);
}

static void splices_replace_insert_delete(void **state)
{
	struct ksrtp_splice list;
	struct ksrtp_buf out;
	struct slice src = SLICE("0123456789");

	ksrtp_buf_init(&out, 1000);
	ksrtp_splice_init(&list, src);
	assert_int_equal(ksrtp_splice_apply(&list, &out), 0);
	assert_buf(&out, "0123456789");

	ksrtp_splice_delete(&list, 8, 1);
	ksrtp_splice_replace(&list, 2, 3, SLICE("abcdef"));
	ksrtp_splice_insert(&list, 2, SLICE("<"));
	ksrtp_splice_insert(&list, 2, SLICE(">"));
	ksrtp_splice_insert(&list, 5, SLICE("|"));
	ksrtp_splice_insert(&list, 10, SLICE("end"));
	ksrtp_splice_printf(&list, 0, 1, "%d", 42);
	assert_int_equal(ksrtp_splice_apply(&list, &out), 0);
	assert_int_equal(out.n, ksrtp_splice_size(&list));
	assert_buf(&out, "421<>abcdef|5679end");

	/* The same range again: the later one counts. */
	ksrtp_splice_replace(&list, 2, 3, SLICE("X"));
	assert_int_equal(ksrtp_splice_apply(&list, &out), 0);
	assert_buf(&out, "421<>X|5679end");
	ksrtp_splice_destroy(&list);
	ksrtp_buf_free(&out);
}

static void splices_refuse_overlap_and_remember(void **state)
{
	static const struct {
		size_t off, len;
		int err;
	} cases[] = {
		{3, 1, -EEXIST}, {2, 1, -EEXIST}, {1, 2, -EEXIST}, {0, 10, -EEXIST},
		{3, 0, -EEXIST}, {4, 3, -EEXIST}, {2, 4, -EEXIST}, {11, 0, -ERANGE},
		{10, 1, -ERANGE}, {5, SIZE_MAX, -ERANGE},
		{5, 5, 0}, {0, 2, 0}, {2, 0, 0}, {5, 0, 0},
	};
	struct ksrtp_buf out;

	ksrtp_buf_init(&out, 1000);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ksrtp_splice list;

		ksrtp_splice_init(&list, SLICE("0123456789"));
		assert_int_equal(ksrtp_splice_replace(&list, 2, 3, SLICE("abc")), 0);
		assert_int_equal(
			ksrtp_splice_replace(&list, cases[i].off, cases[i].len, SLICE("?")),
			cases[i].err);
		assert_int_equal(ksrtp_splice_apply(&list, &out), cases[i].err);
		if (cases[i].err)
			assert_int_equal(out.n, 0);
		ksrtp_buf_reset(&out);
		ksrtp_splice_destroy(&list);
	}
	ksrtp_buf_free(&out);
}

static void splices_copy_independently(void **state)
{
	struct ksrtp_splice first, second;
	struct ksrtp_buf out;

	ksrtp_buf_init(&out, 1000);
	ksrtp_splice_init(&first, SLICE("0123456789"));
	ksrtp_splice_replace(&first, 0, 1, SLICE("a"));
	assert_int_equal(ksrtp_splice_copy(&second, &first), 0);
	ksrtp_splice_insert(&second, 5, SLICE("b"));
	ksrtp_splice_destroy(&first);
	assert_int_equal(ksrtp_splice_apply(&second, &out), 0);
	assert_buf(&out, "a1234b56789");
	ksrtp_splice_destroy(&second);
	ksrtp_buf_free(&out);
}

static void splices_are_capped(void **state)
{
	struct ksrtp_splice list;
	int err = 0;
	size_t n = 0;

	ksrtp_splice_init(&list, SLICE("x"));
	while (!err && n < 10 * KSRTP_SPLICE_MAX) {
		err = ksrtp_splice_insert(&list, 0, SLICE("y"));
		n++;
	}
	assert_int_equal(err, -E2BIG);
	assert_int_equal(n, KSRTP_SPLICE_MAX + 1);
	ksrtp_splice_destroy(&list);
}

static void splices_take_only_parts_of_the_source(void **state)
{
	struct slice src = SLICE("0123456789");
	struct ksrtp_splice list;

	ksrtp_splice_init(&list, src);
	assert_int_equal(ksrtp_splice_swap(&list, ksrtp_slice_of(src.p + 8, 2), SLICE("z")), 0);
	assert_int_equal(ksrtp_splice_swap(&list, SLICE("elsewhere"), SLICE("z")), -ERANGE);
	ksrtp_splice_destroy(&list);
	assert_int_equal(ksrtp_splice_swap(&list, ksrtp_slice_of(src.p + 8, 3), SLICE("z")),
			 -ERANGE);
	ksrtp_splice_destroy(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices_compare_trim_and_cut),
		cmocka_unit_test(slices_copy_within_bounds),
		cmocka_unit_test(slice_hash_matches_its_specification),
		cmocka_unit_test(buffers_stop_at_their_cap_and_remember),
		cmocka_unit_test(splices_replace_insert_delete),
		cmocka_unit_test(splices_refuse_overlap_and_remember),
		cmocka_unit_test(splices_copy_independently),
		cmocka_unit_test(splices_are_capped),
		cmocka_unit_test(splices_take_only_parts_of_the_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
