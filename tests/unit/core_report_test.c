// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RTCP reports (<ksrtp/quality.h>): what a compound packet says, which ones say nothing, and the
 * round trip by figures worked out by hand, among them those of RFC 3550 figure 2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ksrtp/quality.h>

#define US(seconds)	((u64)(seconds) * 1000000)

static const u8 sr[28] = {
	0x80, 200, 0, 6, 0x11, 0x22, 0x33, 0x44, 0xb7, 0x05, 0x20, 0x00, 0x20, 0x00, 0, 0,
	0, 0, 0, 160, 0, 0, 0, 1, 0, 0, 0, 160,
};

static const u8 rr[56] = {
	0x82, 201, 0, 13, 0xaa, 0xbb, 0xcc, 0xdd,
	/* about 11223344: 64/256, lost -2, highest, jitter 80, LSR b705:2000, DLSR 5.25 s */
	0x11, 0x22, 0x33, 0x44, 64, 0xff, 0xff, 0xfe, 0, 0, 0, 9, 0, 0, 0, 80,
	0xb7, 0x05, 0x20, 0x00, 0x00, 0x05, 0x40, 0x00,
	/* about 1: all lost */
	0, 0, 0, 1, 255, 0x7f, 0xff, 0xff, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

static const u8 sdes[12] = { 0x81, 202, 0, 2, 0xaa, 0xbb, 0xcc, 0xdd, 1, 1, 'x', 0 };

static size_t put(u8 *to, size_t at, const u8 *part, size_t n)
{
	memcpy(to + at, part, n);
	return at + n;
}

static unsigned int items(const u8 *data, size_t n, struct ksrtp_report_item *item)
{
	/* of the exact size, so that a byte too far is seen */
	u8 *copy = malloc(n ? n : 1);
	struct ksrtp_report_walk w;
	unsigned int count = 0;

	memcpy(copy, data, n);
	if (ksrtp_report_begin(&w, copy, (u32)n))
		while (ksrtp_report_next(&w, &item[count]))
			count++;
	free(copy);
	return count;
}

static void a_compound_packet_says_all_it_says(void **state)
{
	struct ksrtp_report_item item[100];
	u8 data[200];
	size_t n = put(data, 0, sr, sizeof(sr));

	n = put(data, n, rr, sizeof(rr));
	n = put(data, n, sdes, sizeof(sdes));
	assert_int_equal(items(data, n, item), 3);
	assert_int_equal(item[0].kind, KSRTP_REPORT_SENDER);
	assert_int_equal(item[0].ssrc, 0x11223344);
	assert_int_equal(item[0].ntp, 0x20002000);
	assert_int_equal(item[1].kind, KSRTP_REPORT_BLOCK);
	assert_int_equal(item[1].ssrc, 0x11223344);
	assert_int_equal(item[1].fraction, 64);
	assert_int_equal(item[1].lost, -2);
	assert_int_equal(item[1].jitter, 80);
	assert_int_equal(item[1].ntp, 0xb7052000);
	assert_int_equal(item[1].delay, 0x00054000);
	assert_int_equal(item[2].ssrc, 1);
	assert_int_equal(item[2].lost, 0x7fffff);
	/* the blocks of an SR */
	memcpy(data, sr, sizeof(sr));
	n = put(data, sizeof(sr), rr + 8, 48);
	data[0] = 0x82;
	data[3] = 18;
	assert_int_equal(items(data, n, item), 3);
	assert_int_equal(item[0].kind, KSRTP_REPORT_SENDER);
	assert_int_equal(item[1].ssrc, 0x11223344);
	assert_int_equal(item[2].ssrc, 1);
}

static void what_is_malformed_says_nothing(void **state)
{
	struct ksrtp_report_item item[100];
	u8 data[200];
	size_t n, i;

	for (i = 0; i < sizeof(rr); i++)
		assert_int_equal(items(rr, i, item), 0);
	n = put(data, 0, rr, sizeof(rr));
	n = put(data, n, sdes, sizeof(sdes));
	/* one that is bad anywhere takes all with it */
	for (i = sizeof(rr) + 1; i < n; i++)
		assert_int_equal(items(data, i, item), 0);
	data[sizeof(rr)] = 0x41;
	assert_int_equal(items(data, n, item), 0);
	data[sizeof(rr)] = 0x81;
	data[0] = 0x83;	/* more blocks than bytes */
	assert_int_equal(items(data, n, item), 0);
	data[0] = 0xa2;	/* padding before the last */
	assert_int_equal(items(data, n, item), 0);
	data[0] = 0x82;
	assert_int_equal(items(data, n, item), 2);
	/* first neither SR nor RR: reduced size, RFC 5506 */
	assert_int_equal(items(sdes, sizeof(sdes), item), 0);
	assert_int_equal(items(data, 0, item), 0);
}

static void padding_is_no_block(void **state)
{
	struct ksrtp_report_item item[100];
	u8 data[sizeof(rr) + 4];

	memcpy(data, rr, sizeof(rr));
	memset(data + sizeof(rr), 0, 4);
	data[0] |= 0x20;
	data[3]++;
	data[sizeof(data) - 1] = 4;
	assert_int_equal(items(data, sizeof(data), item), 2);
	data[sizeof(data) - 1] = 0;
	assert_int_equal(items(data, sizeof(data), item), 0);
	data[sizeof(data) - 1] = 3;
	assert_int_equal(items(data, sizeof(data), item), 0);
	data[sizeof(data) - 1] = 8;
	assert_int_equal(items(data, sizeof(data), item), 0);
	data[sizeof(data) - 1] = 255;
	assert_int_equal(items(data, sizeof(data), item), 0);
}

static void round_trip(u32 ntp, u32 delay, u64 after, bool measured, u32 rtt)
{
	struct ksrtp_report_item sender = { .kind = KSRTP_REPORT_SENDER, .ntp = 0xb7052000 };
	struct ksrtp_report_item block = {
		.kind = KSRTP_REPORT_BLOCK, .ntp = ntp, .delay = delay
	};
	struct ksrtp_report r = { 0 };

	ksrtp_report_sent(&r, &sender, US(100));
	ksrtp_report_heard(&r, &block, US(100) + after);
	assert_true(r.heard);
	assert_int_equal(r.measured, measured);
	assert_int_equal(r.rtt_us, rtt);
}

static void round_trips_by_hand(void **state)
{
	/* RFC 3550 figure 2: 11.375 s after the report left; the far side held it 5.25 s */
	round_trip(0xb7052000, 0x00054000, 11375000, true, 6125000);
	round_trip(0xb7052000, 0, 20000, true, 20000);
	round_trip(0xb7052000, 65536 / 2, 540000, true, 40000);
	/* a far side that says it held it longer than it can have */
	round_trip(0xb7052000, 0xffffffff, 20000, true, 0);
	/* an answer to nothing, or to a report of long ago */
	round_trip(0, 0, 20000, false, 0);
	round_trip(0xb7052001, 0, 20000, false, 0);
	round_trip(0xb7052000, 0, US(5000), false, 0);
}

static void nothing_was_sent_and_nothing_is_measured(void **state)
{
	struct ksrtp_report_item block = { .kind = KSRTP_REPORT_BLOCK, .lost = 7, .fraction = 3 };
	struct ksrtp_report r = { 0 };

	ksrtp_report_heard(&r, &block, US(5));
	assert_false(r.measured);
	assert_int_equal(r.lost, 7);
	assert_int_equal(r.fraction, 3);
	/* a report without a time, of a sender without a clock, cannot be answered */
	block.kind = KSRTP_REPORT_SENDER;
	ksrtp_report_sent(&r, &block, US(5));
	block.kind = KSRTP_REPORT_BLOCK;
	ksrtp_report_heard(&r, &block, US(6));
	assert_false(r.measured);
}

static void jitter_of_the_far_side_in_microseconds(void **state)
{
	struct ksrtp_report r = { .jitter = 80 };

	assert_int_equal(ksrtp_report_jitter(&r, 8000), 10000);
	r.jitter = 1;
	assert_int_equal(ksrtp_report_jitter(&r, 90000), 11);
	r.jitter = 89999;
	assert_int_equal(ksrtp_report_jitter(&r, 90000), 999988);
	r.jitter = 0xffffffff;
	assert_int_equal(ksrtp_report_jitter(&r, 8000), 3600000000u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_compound_packet_says_all_it_says),
		cmocka_unit_test(what_is_malformed_says_nothing),
		cmocka_unit_test(padding_is_no_block),
		cmocka_unit_test(round_trips_by_hand),
		cmocka_unit_test(nothing_was_sent_and_nothing_is_measured),
		cmocka_unit_test(jitter_of_the_far_side_in_microseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
