// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The crypto attribute: what RFC 4568 lets a line say, what it forbids, and that a written line
 * reads back as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "tools/lib/sdes.h"

#define CM80	"AES_CM_128_HMAC_SHA1_80 "
#define GCM	"AEAD_AES_128_GCM "
#define KEY30	"inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"	/* 00 01 .. 1d */
#define OTHER30	"inline:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e"
#define KEY28	"inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw"	/* 00 01 .. 1b, no padding */

static void check_counting_key(const struct ksrtp_master *master)
{
	unsigned int i;

	for (i = 0; i < master->suite->key_len; i++)
		assert_int_equal(master->key[i], i);
	for (i = 0; i < master->suite->salt_len; i++)
		assert_int_equal(master->salt[i], master->suite->key_len + i);
}

static enum ksrtp_sdes_result parse(struct ksrtp_sdes *sdes, const char *line)
{
	return ksrtp_sdes_parse(sdes, line, strlen(line));
}

static void plain_line(void **state)
{
	struct ksrtp_sdes s;

	assert_int_equal(parse(&s, "1 " CM80 KEY30), KSRTP_SDES_OK);
	assert_string_equal(s.suite->name, "AES_CM_128_HMAC_SHA1_80");
	assert_int_equal(s.tag, 1);
	assert_int_equal(s.n_keys, 1);
	assert_int_equal(s.keys[0].mki_len, 0);
	assert_int_equal(s.keys[0].rtp_limit, 0);
	check_counting_key(&s.keys[0]);
	assert_int_equal(ksrtp_sdes_usable(&s), KSRTP_SDES_OK);
	assert_int_equal(parse(&s, " 1\t " CM80 "  " KEY30 " \t"), KSRTP_SDES_OK);
}

static void padding_is_optional(void **state)
{
	static const char *const end[] = { "", "=", "==" };
	char line[200];
	struct ksrtp_sdes s;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		snprintf(line, sizeof(line), "2 %s%s%s", GCM, KEY28, end[i]);
		assert_int_equal(parse(&s, line), KSRTP_SDES_OK);
		check_counting_key(&s.keys[0]);
	}
}

static void all_fields(void **state)
{
	static const char line[] = "000000042 " CM80 KEY30 "|2^20|4294967297:5;" OTHER30
		"|1048575|7:5 KDR=24 UNENCRYPTED_SRTCP UNENCRYPTED_SRTP UNAUTHENTICATED_SRTP "
		"FEC_ORDER=SRTP_FEC WSH=1024 -x=y -KDR=99";
	static const u8 mki[] = { 1, 0, 0, 0, 1 };
	struct ksrtp_sdes s;

	assert_int_equal(parse(&s, line), KSRTP_SDES_OK);
	assert_int_equal(s.tag, 42);
	assert_int_equal(s.n_keys, 2);
	assert_int_equal(s.keys[0].rtp_limit, 1 << 20);
	assert_int_equal(s.keys[0].rtcp_limit, 1 << 20);
	assert_int_equal(s.keys[0].mki_len, 5);
	assert_memory_equal(s.keys[0].mki, mki, 5);
	assert_int_equal(s.keys[1].rtp_limit, 1048575);
	assert_int_equal(s.kdr, 24);
	assert_int_equal(s.wsh, 1024);
	assert_int_equal(s.fec_order, KSRTP_SDES_SRTP_FEC);
	assert_true(s.unencrypted_srtp && s.unencrypted_srtcp && s.unauthenticated_srtp);
	assert_int_equal(ksrtp_sdes_usable(&s), KSRTP_SDES_SESSION);
}

static void lifetimes_count_each_protocol(void **state)
{
	struct ksrtp_sdes s;

	assert_int_equal(parse(&s, "1 " CM80 KEY30 "|2^48"), KSRTP_SDES_OK);
	assert_true(s.keys[0].rtp_limit == KSRTP_RTP_LIMIT);
	assert_true(s.keys[0].rtcp_limit == KSRTP_RTCP_LIMIT);
	assert_int_equal(parse(&s, "1 " CM80 KEY30 "|281474976710656"), KSRTP_SDES_OK);
	assert_true(s.keys[0].rtp_limit == KSRTP_RTP_LIMIT);
	assert_int_equal(parse(&s, "1 " CM80 KEY30 "|2^0"), KSRTP_SDES_OK);
	assert_int_equal(s.keys[0].rtp_limit, 1);
}

static void key_lines_have_no_tag(void **state)
{
	static const char line[] = CM80 KEY30 "|2^31|1:4";
	struct ksrtp_sdes s;

	assert_int_equal(ksrtp_sdes_parse_key(&s, line, strlen(line)), KSRTP_SDES_OK);
	assert_int_equal(s.tag_digits, 0);
	assert_int_equal(s.keys[0].mki_len, 4);
	assert_int_equal(s.keys[0].mki[3], 1);
	assert_int_equal(parse(&s, line), KSRTP_SDES_TAG);
}

struct refusal {
	const char *says;
	enum ksrtp_sdes_result result;
	const char *line;
};

static const struct refusal refusals[] = {
	{ "no tag", KSRTP_SDES_TAG, CM80 KEY30 },
	{ "ten digits of tag", KSRTP_SDES_TAG, "1234567890 " CM80 KEY30 },
	{ "a signed tag", KSRTP_SDES_TAG, "-1 " CM80 KEY30 },
	{ "an empty line", KSRTP_SDES_TAG, "" },
	{ "no key", KSRTP_SDES_SYNTAX, "1 " CM80 },
	{ "no suite", KSRTP_SDES_SYNTAX, "1" },
	{ "an unknown suite", KSRTP_SDES_SUITE, "1 F8_128_HMAC_SHA1_80 " KEY30 },
	{ "a suite in lower case", KSRTP_SDES_SUITE, "1 aes_cm_128_hmac_sha1_80 " KEY30 },
	{ "another key method", KSRTP_SDES_METHOD, "1 " CM80 "uri:AAECAw" },
	{ "an inlined method", KSRTP_SDES_METHOD, "1 " CM80 "inlined:AAECAw" },
	{ "no method", KSRTP_SDES_SYNTAX, "1 " CM80 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd" },
	{ "a byte outside base64", KSRTP_SDES_BASE64,
	  "1 " CM80 "inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGx*d" },
	{ "padding inside", KSRTP_SDES_BASE64,
	  "1 " CM80 "inline:AAECAwQFBgcICQoLDA0=DxAREhMUFRYXGBkaGxwd" },
	{ "three pads", KSRTP_SDES_BASE64, "1 " GCM KEY28 "===" },
	{ "a quarter byte", KSRTP_SDES_BASE64, "1 " CM80 KEY30 "A" },
	{ "a key a byte short", KSRTP_SDES_KEY_LENGTH,
	  "1 " CM80 "inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxw=" },
	{ "a key three bytes long", KSRTP_SDES_KEY_LENGTH, "1 " CM80 KEY30 "AAAA" },
	{ "a key of another suite", KSRTP_SDES_KEY_LENGTH, "1 " GCM KEY30 },
	{ "an empty key", KSRTP_SDES_KEY_LENGTH, "1 " CM80 "inline:" },
	{ "lifetime 0", KSRTP_SDES_LIFETIME, "1 " CM80 KEY30 "|0" },
	{ "a lifetime with a leading zero", KSRTP_SDES_LIFETIME, "1 " CM80 KEY30 "|010" },
	{ "a power with a leading zero", KSRTP_SDES_LIFETIME, "1 " CM80 KEY30 "|2^08" },
	{ "a lifetime above the suite's", KSRTP_SDES_LIFETIME, "1 " CM80 KEY30 "|281474976710657" },
	{ "a power above the suite's", KSRTP_SDES_LIFETIME, "1 " CM80 KEY30 "|2^49" },
	{ "a lifetime above 64 bits", KSRTP_SDES_LIFETIME,
	  "1 " CM80 KEY30 "|99999999999999999999999" },
	{ "an empty lifetime", KSRTP_SDES_LIFETIME, "1 " CM80 KEY30 "|" },
	{ "an empty power", KSRTP_SDES_LIFETIME, "1 " CM80 KEY30 "|2^" },
	{ "a power of three", KSRTP_SDES_LIFETIME, "1 " CM80 KEY30 "|3^20" },
	{ "MKI length 0", KSRTP_SDES_MKI, "1 " CM80 KEY30 "|1:0" },
	{ "MKI length 129", KSRTP_SDES_MKI, "1 " CM80 KEY30 "|1:129" },
	{ "MKI length of four digits", KSRTP_SDES_MKI, "1 " CM80 KEY30 "|1:0004" },
	{ "an MKI that does not fit", KSRTP_SDES_MKI, "1 " CM80 KEY30 "|256:1" },
	{ "an MKI without value", KSRTP_SDES_MKI, "1 " CM80 KEY30 "|:4" },
	{ "an MKI of letters", KSRTP_SDES_MKI, "1 " CM80 KEY30 "|2^20|a:4" },
	{ "a fourth field", KSRTP_SDES_SYNTAX, "1 " CM80 KEY30 "|2^20|1:4|" },
	{ "two keys, one without MKI", KSRTP_SDES_MKI_MIXED,
	  "1 " CM80 KEY30 "|1:4;" OTHER30 },
	{ "two keys without MKI", KSRTP_SDES_MKI_MIXED, "1 " CM80 KEY30 ";" OTHER30 },
	{ "MKIs of two lengths", KSRTP_SDES_MKI_MIXED, "1 " CM80 KEY30 "|1:4;" OTHER30 "|2:2" },
	{ "one MKI twice", KSRTP_SDES_REPEATED, "1 " CM80 KEY30 "|1:4;" OTHER30 "|1:4" },
	{ "one key twice", KSRTP_SDES_REPEATED, "1 " CM80 KEY30 "|1:4;" KEY30 "|2:4" },
	{ "five keys", KSRTP_SDES_KEYS, "1 " CM80 KEY30 "|1:4;" KEY30 "|2:4;" KEY30 "|3:4;" KEY30
	  "|4:4;" KEY30 "|5:4" },
	{ "a key missing behind the semicolon", KSRTP_SDES_SYNTAX, "1 " CM80 KEY30 "|1:4;" },
	{ "an unknown mandatory parameter", KSRTP_SDES_PARAMETER, "1 " CM80 KEY30 " NEW=1" },
	{ "a parameter named by a dash alone", KSRTP_SDES_PARAMETER, "1 " CM80 KEY30 " -" },
	{ "a parameter of two dashes", KSRTP_SDES_PARAMETER, "1 " CM80 KEY30 " --x" },
	{ "KDR 0", KSRTP_SDES_PARAMETER, "1 " CM80 KEY30 " KDR=0" },
	{ "KDR 25", KSRTP_SDES_PARAMETER, "1 " CM80 KEY30 " KDR=25" },
	{ "KDR with a leading zero", KSRTP_SDES_PARAMETER, "1 " CM80 KEY30 " KDR=01" },
	{ "KDR twice", KSRTP_SDES_PARAMETER, "1 " CM80 KEY30 " KDR=1 KDR=1" },
	{ "a window below 64", KSRTP_SDES_PARAMETER, "1 " CM80 KEY30 " WSH=63" },
	{ "UNENCRYPTED_SRTP twice", KSRTP_SDES_PARAMETER,
	  "1 " CM80 KEY30 " UNENCRYPTED_SRTP UNENCRYPTED_SRTP" },
	{ "UNENCRYPTED_SRTP with a tail", KSRTP_SDES_PARAMETER,
	  "1 " CM80 KEY30 " UNENCRYPTED_SRTPX" },
	{ "FEC_ORDER of no kind", KSRTP_SDES_PARAMETER, "1 " CM80 KEY30 " FEC_ORDER=X" },
	{ "FEC_KEY with a bad key", KSRTP_SDES_PARAMETER,
	  "1 " CM80 KEY30 " FEC_KEY=inline:AAECAw==" },
};

static void refused(void **state)
{
	const struct refusal *r = *state;
	static const struct ksrtp_sdes zero;
	struct ksrtp_sdes s;

	assert_int_equal(parse(&s, r->line), r->result);
	assert_true(strlen(ksrtp_sdes_message(r->result)) > 0);
	/* No key stays behind a refusal. */
	assert_memory_equal(s.keys, zero.keys, sizeof(s.keys));
}

static void fec_key_makes_a_line_unusable(void **state)
{
	struct ksrtp_sdes s;

	assert_int_equal(parse(&s, "1 " CM80 KEY30 " FEC_KEY=" OTHER30), KSRTP_SDES_OK);
	assert_true(s.fec_key);
	assert_int_equal(ksrtp_sdes_usable(&s), KSRTP_SDES_SESSION);
	assert_int_equal(parse(&s, "1 " CM80 KEY30 " FEC_ORDER=FEC_SRTP WSH=64"), KSRTP_SDES_OK);
	assert_int_equal(ksrtp_sdes_usable(&s), KSRTP_SDES_OK);
}

/* Written padded, and as it was read: tags keep their digits, powers stay powers. */
static void written_as_read(void **state)
{
	static const char *const line[] = {
		"1 " CM80 KEY30,
		"007 AES_CM_128_HMAC_SHA1_32 " KEY30 "|2^20",
		"999999999 " GCM KEY28 "==|1000|1:4",
		"3 " CM80 KEY30 "|2^48|0:1;" OTHER30 "|255:1 KDR=3 UNENCRYPTED_SRTCP WSH=128",
		"4 " CM80 KEY30 "|340282366920938463463374607431768211455:16",
		"5 " CM80 KEY30 "|1:128 UNENCRYPTED_SRTP UNAUTHENTICATED_SRTP FEC_ORDER=FEC_SRTP",
	};
	char text[KSRTP_SDES_LINE_MAX];
	struct ksrtp_sdes s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(line); i++) {
		assert_int_equal(parse(&s, line[i]), KSRTP_SDES_OK);
		assert_int_equal(ksrtp_sdes_write(&s, text, sizeof(text)), strlen(line[i]));
		assert_string_equal(text, line[i]);
		assert_int_equal(ksrtp_sdes_write(&s, text, strlen(line[i])), -ENOSPC);
		assert_int_equal(text[0], 0);
		assert_int_equal(ksrtp_sdes_write(&s, text, strlen(line[i]) + 1), strlen(line[i]));
	}
}

static void longest_line_fits(void **state)
{
	struct ksrtp_sdes s = { .tag = 999999999, .tag_digits = 9, .n_keys = 4, .kdr = 24,
				.wsh = 0xffffffff, .fec_order = KSRTP_SDES_FEC_SRTP,
				.unencrypted_srtp = true, .unencrypted_srtcp = true,
				.unauthenticated_srtp = true };
	struct ksrtp_sdes again;
	char text[KSRTP_SDES_LINE_MAX];
	unsigned int i;
	int n;

	s.suite = ksrtp_suite_find("AES_CM_128_HMAC_SHA1_80", 23);
	for (i = 0; i < 4; i++) {
		s.keys[i].suite = s.suite;
		memset(s.keys[i].key, (int)(0xf0 + i), s.suite->key_len);
		s.keys[i].mki_len = KSRTP_MKI_MAX;
		memset(s.keys[i].mki, (int)(0xff - i), KSRTP_MKI_MAX);
		s.keys[i].rtp_limit = KSRTP_RTP_LIMIT - 1;
		s.keys[i].rtcp_limit = KSRTP_RTCP_LIMIT;
		s.keys[i].kdr = 24;
		s.keys[i].parameters = KSRTP_UNENCRYPTED_SRTP | KSRTP_UNENCRYPTED_SRTCP |
				       KSRTP_UNAUTHENTICATED_SRTP;
	}
	n = ksrtp_sdes_write(&s, text, sizeof(text));
	assert_true(n > 0);
	assert_int_equal(ksrtp_sdes_parse(&again, text, (size_t)n), KSRTP_SDES_OK);
	assert_memory_equal(&again.keys, &s.keys, sizeof(s.keys));
	ksrtp_sdes_wipe(&again);
	assert_int_equal(again.n_keys, 0);
}

static void nul_is_refused(void **state)
{
	static const char line[] = "1 " CM80 KEY30 "\0|2^20";
	struct ksrtp_sdes s;

	assert_int_equal(ksrtp_sdes_parse(&s, line, sizeof(line) - 1), KSRTP_SDES_SYNTAX);
}

int main(void)
{
	struct CMUnitTest test[ARRAY_SIZE(refusals) + 9] = {
		cmocka_unit_test(plain_line),
		cmocka_unit_test(padding_is_optional),
		cmocka_unit_test(all_fields),
		cmocka_unit_test(lifetimes_count_each_protocol),
		cmocka_unit_test(key_lines_have_no_tag),
		cmocka_unit_test(fec_key_makes_a_line_unusable),
		cmocka_unit_test(written_as_read),
		cmocka_unit_test(longest_line_fits),
		cmocka_unit_test(nul_is_refused),
	};
	static char name[ARRAY_SIZE(refusals)][80];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		snprintf(name[i], sizeof(name[i]), "refused: %s", refusals[i].says);
		test[9 + i] = (struct CMUnitTest){ .name = name[i], .test_func = refused,
						   .initial_state = (void *)&refusals[i] };
	}
	return cmocka_run_group_tests_name("sdes", test, NULL, NULL);
}
