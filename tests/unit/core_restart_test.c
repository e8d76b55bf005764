// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sources that begin their sequence anew, and where a compound RTCP packet names an SSRC
 * (<ksrtp/srtp.h>).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <ksrtp/srtp.h>

#define FROM	0xaabbccddu
#define TO	0x11223344u

static void a_source_that_begins_anew_is_known_by_its_fourth_packet(void **state)
{
	struct ksrtp_restart r = { 0 };
	u16 seq;

	for (seq = 65534; seq != 1; seq++)
		assert_false(ksrtp_restart_refused(&r, seq, true));
	assert_true(ksrtp_restart_refused(&r, 1, true));
	assert_int_equal(r.run, 0);
}

static void it_may_lose_packets(void **state)
{
	struct ksrtp_restart r = { 0 };

	assert_false(ksrtp_restart_refused(&r, 10, true));
	assert_false(ksrtp_restart_refused(&r, 10 + KSRTP_RESTART_GAP, true));
	assert_false(ksrtp_restart_refused(&r, 10 + KSRTP_RESTART_GAP + 1, true));
	assert_true(ksrtp_restart_refused(&r, 10 + KSRTP_RESTART_GAP + 9, true));
}

static void late_and_repeated_packets_are_no_beginning(void **state)
{
	struct ksrtp_restart r = { 0 };
	u16 n;

	/* Each among packets that pass. */
	for (n = 0; n < 100; n++) {
		assert_false(ksrtp_restart_refused(&r, (u16)(500 + n), true));
		r.run = 0;
	}
	/* The same one over and over, one from before, one from far away. */
	for (n = 0; n < 100; n++) {
		assert_false(ksrtp_restart_refused(&r, 500, true));
		assert_false(ksrtp_restart_refused(&r, (u16)(499 - n), true));
		assert_false(ksrtp_restart_refused(&r, (u16)(600 + KSRTP_RESTART_GAP + n), true));
	}
}

static void nor_are_copies_of_what_still_comes(void **state)
{
	struct ksrtp_restart r = { 0 };
	u16 n;

	for (n = 0; n < 1000; n++)
		assert_false(ksrtp_restart_refused(&r, n, false));
	assert_true(ksrtp_restart_refused(&r, n, true));
}

/* One part: header, then words; FROM and TO stand in it where the test says. */
struct part {
	const char *what;
	u8 first;
	u8 type;
	u32 words;
	u32 at[8];	/* words, counted from the header, that name an SSRC */
	u32 not_at[4];
};

static const struct part parts[] = {
	{ "SR", 0x82, 200, 18, { 1, 7, 13 }, { 2, 6, 8 } },
	{ "RR", 0x81, 201, 7, { 1, 2 }, { 3, 7 } },
	{ "RR without blocks", 0x80, 201, 1, { 1 }, { 0 } },
	{ "BYE", 0x83, 203, 4, { 1, 2, 3 }, { 4 } },
	{ "APP", 0x80, 204, 3, { 1 }, { 2, 3 } },
	{ "NACK", 0x81, 205, 3, { 1, 2 }, { 3 } },
	{ "TMMBR", 0x83, 205, 6, { 1, 2, 3, 5 }, { 4, 6 } },
	{ "PLI", 0x81, 206, 2, { 1, 2 }, { 0 } },
	{ "FIR", 0x84, 206, 6, { 1, 2, 3, 5 }, { 4, 6 } },
	{ "XR", 0x80, 207, 3, { 1 }, { 2 } },
};

static void put32(u8 *to, u32 v)
{
	to[0] = (u8)(v >> 24);
	to[1] = (u8)(v >> 16);
	to[2] = (u8)(v >> 8);
	to[3] = (u8)v;
}

static u32 write_part(u8 *out, const struct part *p, u32 name)
{
	unsigned int i;

	memset(out, 0, 4 * (p->words + 1));
	out[0] = p->first;
	out[1] = p->type;
	out[3] = (u8)p->words;
	for (i = 0; i < ARRAY_SIZE(p->at) && p->at[i]; i++)
		put32(out + 4 * p->at[i], name);
	for (i = 0; i < ARRAY_SIZE(p->not_at) && p->not_at[i]; i++)
		put32(out + 4 * p->not_at[i], FROM);
	return 4 * (p->words + 1);
}

static void every_place_of_every_packet_is_renamed_and_no_other(void **state)
{
	u8 got[1024], want[1024];
	u32 len = 0, n;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		n = write_part(got, &parts[i], FROM);
		write_part(want, &parts[i], TO);
		ksrtp_rtcp_rename(got, n, FROM, TO);
		assert_memory_equal(got, want, n);
	}
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		write_part(got + len, &parts[i], FROM);
		len += write_part(want + len, &parts[i], TO);
	}
	ksrtp_rtcp_rename(got, len, FROM, TO);
	assert_memory_equal(got, want, len);
}

static void chunks_of_sdes_are_walked(void **state)
{
	static const u8 packet[] = {
		0x83, 202, 0, 10,
		0xaa, 0xbb, 0xcc, 0xdd, 1, 4, 0xaa, 0xbb, 0xcc, 0xdd, 0, 0,
		0xaa, 0xbb, 0xcc, 0xdd, 1, 1, 'x', 0, /* null is the pad */
		0xaa, 0xbb, 0xcc, 0xdd, 1, 6, 'a', 'b', 'c', 'd', 'e', 'f', 0, 0, 0, 0,
		0xaa, 0xbb, 0xcc, 0xdd, /* no chunk */
	};
	u8 got[sizeof(packet)], want[sizeof(packet)];

	memcpy(got, packet, sizeof(packet));
	memcpy(want, packet, sizeof(packet));
	put32(want + 4, TO);
	put32(want + 16, TO);
	put32(want + 24, TO);
	ksrtp_rtcp_rename(got, sizeof(got), FROM, TO);
	assert_memory_equal(got, want, sizeof(got));
}

static void wrong_lengths_end_it(void **state)
{
	u8 got[80], want[80];
	u32 n = write_part(got, &parts[0], FROM), cut;

	assert_true(n <= sizeof(got));
	memcpy(want, got, n);
	for (cut = 0; cut < n; cut++) {
		ksrtp_rtcp_rename(got, cut, FROM, TO);
		assert_memory_equal(got, want, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_that_begins_anew_is_known_by_its_fourth_packet),
		cmocka_unit_test(it_may_lose_packets),
		cmocka_unit_test(late_and_repeated_packets_are_no_beginning),
		cmocka_unit_test(nor_are_copies_of_what_still_comes),
		cmocka_unit_test(every_place_of_every_packet_is_renamed_and_no_other),
		cmocka_unit_test(chunks_of_sdes_are_walked),
		cmocka_unit_test(wrong_lengths_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
