// SPDX-License-Identifier: GPL-2.0-or-later
/* Digest (RFC 7616, 8760) and the tokens that carry a MAC. */
#include "tests/unit/sip_assert.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>

#include "daemon/sip/base64url.h"
#include "daemon/sip/digest.h"
#include "daemon/sip/token.h"

static const uint8_t key[32] = {1, 2, 3};
static const uint8_t other_key[32] = {1, 2, 4};

/* RFC 7616 3.9.1: the same exchange with both algorithms. */
static void the_rfc_examples_come_out(void **state)
{
	static const struct {
		enum ksrtp_digest_alg alg;
		const char *response;
	} cases[] = {
		{KSRTP_DIGEST_MD5, "8ca523f5e9506fed4657c9700eebdbec"},
		{KSRTP_DIGEST_SHA256,
		 "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
	};
	struct ksrtp_auth auth = {
		.nonce = SLICE("7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"),
		.uri = SLICE("/dir/index.html"),
		.qop = SLICE("auth"),
		.nc = SLICE("00000001"),
		.cnonce = SLICE("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"),
	};
	char ha1[KSRTP_DIGEST_HEX], hex[KSRTP_DIGEST_HEX];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(ksrtp_digest_ha1(cases[i].alg, SLICE("Mufasa"),
						  SLICE("http-auth@example.org"),
						  SLICE("Circle of Life"), ha1), 0);
		assert_int_equal(ksrtp_digest_response(cases[i].alg, &auth, SLICE("GET"), ha1, hex),
				 0);
		assert_string_equal(hex, cases[i].response);
		auth.response = ksrtp_slice_str(cases[i].response);
		assert_int_equal(ksrtp_digest_verify(cases[i].alg, &auth, SLICE("GET"), ha1), 0);
		assert_int_equal(ksrtp_digest_verify(cases[i].alg, &auth, SLICE("PUT"), ha1),
				 -EACCES);
		hex[0] = (char)(hex[0] + 1);
		auth.response = ksrtp_slice_str(hex);
		assert_int_equal(ksrtp_digest_verify(cases[i].alg, &auth, SLICE("GET"), ha1),
				 -EACCES);
	}
}

/* The example of RFC 2617 3.5, of which RFC 7616 changed the values. */
static void the_older_example_comes_out(void **state)
{
	const struct ksrtp_auth auth = {
		.nonce = SLICE("dcd98b7102dd2f0e8b11d0f600bfb0c093"),
		.uri = SLICE("/dir/index.html"),
		.qop = SLICE("auth"),
		.nc = SLICE("00000001"),
		.cnonce = SLICE("0a4f113b"),
		.response = SLICE("6629FAE49393A05397450978507C4EF1"),
	};
	char ha1[KSRTP_DIGEST_HEX];

	assert_int_equal(ksrtp_digest_ha1(KSRTP_DIGEST_MD5, SLICE("Mufasa"),
					  SLICE("testrealm@host.com"), SLICE("Circle Of Life"),
					  ha1), 0);
	assert_string_equal(ha1, "939e7578ed9e3c518a452acee763bce9");
	assert_int_equal(ksrtp_digest_verify(KSRTP_DIGEST_MD5, &auth, SLICE("GET"), ha1), 0);
}

static void incomplete_credentials_are_refused(void **state)
{
	const struct ksrtp_auth good = {
		.nonce = SLICE("n"), .uri = SLICE("sip:a"), .qop = SLICE("auth"),
		.nc = SLICE("00000001"), .cnonce = SLICE("c"),
		.response = SLICE("00000000000000000000000000000000"),
	};
	struct ksrtp_auth auth = good;

	assert_int_equal(ksrtp_digest_verify(KSRTP_DIGEST_MD5, &auth, SLICE("INVITE"), "x"),
			 -EACCES);
	auth.qop = ksrtp_slice_of(NULL, 0);
	assert_int_equal(ksrtp_digest_verify(KSRTP_DIGEST_MD5, &auth, SLICE("INVITE"), "x"),
			 -EINVAL);
	auth = good;
	auth.qop = SLICE("auth-int");
	assert_int_equal(ksrtp_digest_verify(KSRTP_DIGEST_MD5, &auth, SLICE("INVITE"), "x"),
			 -EINVAL);
	auth = good;
	auth.nc = ksrtp_slice_of(NULL, 0);
	assert_int_equal(ksrtp_digest_verify(KSRTP_DIGEST_MD5, &auth, SLICE("INVITE"), "x"),
			 -EINVAL);
	auth = good;
	auth.response.n--;
	assert_int_equal(ksrtp_digest_verify(KSRTP_DIGEST_MD5, &auth, SLICE("INVITE"), "x"),
			 -EINVAL);
	auth = good;
	assert_int_equal(ksrtp_digest_verify(KSRTP_DIGEST_SHA256, &auth, SLICE("INVITE"), "x"),
			 -EINVAL);
}

static void algorithms_have_names(void **state)
{
	enum ksrtp_digest_alg alg;

	assert_int_equal(ksrtp_digest_alg(ksrtp_slice_of(NULL, 0), &alg), 0);
	assert_int_equal(alg, KSRTP_DIGEST_MD5);
	assert_int_equal(ksrtp_digest_alg(SLICE("sha-256"), &alg), 0);
	assert_int_equal(alg, KSRTP_DIGEST_SHA256);
	assert_int_equal(ksrtp_digest_alg(SLICE("MD5-sess"), &alg), -ENOENT);
	assert_int_equal(ksrtp_digest_alg(SLICE(""), &alg), -ENOENT);
}

static void nonces_are_ours_and_fresh_or_not(void **state)
{
	struct ksrtp_digest_check check = {
		.key = key, .bind = SLICE("realm"), .now = 1000, .life = 60};
	char nonce[KSRTP_DIGEST_NONCE], second[KSRTP_DIGEST_NONCE];

	assert_int_equal(ksrtp_digest_nonce(key, 1000, 1, SLICE("realm"), nonce), 0);
	assert_int_equal(ksrtp_digest_nonce(key, 1000, 2, SLICE("realm"), second), 0);
	assert_string_not_equal(nonce, second);
	assert_int_equal(ksrtp_digest_nonce_check(&check, ksrtp_slice_str(nonce)), 0);
	check.now = 1060;
	assert_int_equal(ksrtp_digest_nonce_check(&check, ksrtp_slice_str(nonce)), 0);
	check.now = 1061;
	assert_int_equal(ksrtp_digest_nonce_check(&check, ksrtp_slice_str(nonce)), -ESTALE);
	check.now = 999;
	assert_int_equal(ksrtp_digest_nonce_check(&check, ksrtp_slice_str(nonce)), -ESTALE);
	check.now = 1000;
	check.bind = SLICE("realn");
	assert_int_equal(ksrtp_digest_nonce_check(&check, ksrtp_slice_str(nonce)), -EBADMSG);
	check.bind = SLICE("realm");
	check.key = other_key;
	assert_int_equal(ksrtp_digest_nonce_check(&check, ksrtp_slice_str(nonce)), -EBADMSG);
	check.key = key;
	for (size_t i = 0; nonce[i]; i++) {
		char was = nonce[i];

		nonce[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(ksrtp_digest_nonce_check(&check, ksrtp_slice_str(nonce)),
				 -EBADMSG);
		nonce[i] = was;
	}
	assert_int_equal(ksrtp_digest_nonce_check(&check, SLICE("")), -EBADMSG);
}

static void challenges_are_written(void **state)
{
	const struct ksrtp_digest_challenge challenge = {
		.realm = SLICE("a \"b\""), .nonce = SLICE("n"), .stale = true};
	struct ksrtp_auth auth;
	struct ksrtp_buf out;

	ksrtp_buf_init(&out, 1000);
	assert_int_equal(ksrtp_digest_write(&challenge, &out), 0);
	assert_int_equal(ksrtp_hdr_auth(ksrtp_buf_view(&out), &auth), 0);
	assert_slice(auth.realm, "a \\\"b\\\"");
	assert_slice(auth.stale, "true");
	assert_slice(auth.algorithm, "MD5");
	assert_buf(&out, "Digest realm=\"a \\\"b\\\"\", nonce=\"n\", stale=true, algorithm=MD5, "
			 "qop=\"auth\"");
	ksrtp_buf_free(&out);
}

static void a_nonce_count_is_used_once(void **state)
{
	struct ksrtp_digest_count count = {0};
	uint32_t nc;

	assert_false(ksrtp_digest_count(&count, 0));
	assert_true(ksrtp_digest_count(&count, 1));
	assert_false(ksrtp_digest_count(&count, 1));
	assert_true(ksrtp_digest_count(&count, 3));
	assert_true(ksrtp_digest_count(&count, 2));
	assert_false(ksrtp_digest_count(&count, 2));
	assert_true(ksrtp_digest_count(&count, 66));
	assert_false(ksrtp_digest_count(&count, 3));
	assert_true(ksrtp_digest_count(&count, 4));
	assert_false(ksrtp_digest_count(&count, 1));
	assert_true(ksrtp_digest_count(&count, 100));
	assert_true(ksrtp_digest_count(&count, 37));
	assert_false(ksrtp_digest_count(&count, 36)); /* 64 behind: beyond memory */
	assert_true(ksrtp_digest_count(&count, UINT32_MAX));
	assert_false(ksrtp_digest_count(&count, UINT32_MAX));
	assert_int_equal(ksrtp_digest_nc(SLICE("0000001F"), &nc), 0);
	assert_int_equal(nc, 31);
	assert_int_equal(ksrtp_digest_nc(SLICE("1"), &nc), -EINVAL);
	assert_int_equal(ksrtp_digest_nc(SLICE("0000000g"), &nc), -EINVAL);
}

static void tokens_open_as_they_were_sealed(void **state)
{
	uint8_t payload[KSRTP_TOKEN_PAYLOAD], back[KSRTP_TOKEN_PAYLOAD];
	char text[KSRTP_TOKEN_TEXT];
	size_t n;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 37);
	for (size_t len = 0; len <= sizeof(payload); len++) {
		const struct slice s = ksrtp_slice_of((const char *)payload, len);

		assert_int_equal(ksrtp_token_seal(key, 7, s, text), 0);
		for (size_t i = 0; text[i]; i++)
			assert_true(isalnum((unsigned char)text[i]) || strchr("-_", text[i]));
		assert_int_equal(ksrtp_token_open(key, 7, ksrtp_slice_str(text), back, &n), 0);
		assert_int_equal(n, len);
		assert_memory_equal(back, payload, len);
	}
	assert_int_equal(ksrtp_token_seal(key, 7, ksrtp_slice_of((const char *)payload, 65), text),
			 -EINVAL);
}

static void seal_by_hand(uint8_t version, uint8_t purpose, char text[KSRTP_TOKEN_TEXT])
{
	uint8_t raw[2 + 32] = {version, purpose};
	size_t n;

	assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, sizeof(key), raw, 2,
				  raw + 2, 32, &n));
	ksrtp_base64url_write(raw, 2 + 16, text);
}

static void forged_tokens_do_not_open(void **state)
{
	uint8_t back[KSRTP_TOKEN_PAYLOAD];
	char text[KSRTP_TOKEN_TEXT + 8];
	size_t n, len;

	assert_int_equal(ksrtp_token_seal(key, 7, SLICE("flow 17!"), text), 0);
	len = strlen(text);
	assert_int_equal(ksrtp_token_open(other_key, 7, ksrtp_slice_str(text), back, &n), -EBADMSG);
	assert_int_equal(ksrtp_token_open(key, 8, ksrtp_slice_str(text), back, &n), -EBADMSG);
	/* Every other character in every place, those that only change stray bits included. */
	for (size_t i = 0; i < len; i++) {
		char was = text[i];

		for (int c = '!'; c < 127; c++) {
			if (c == was)
				continue;
			text[i] = (char)c;
			assert_int_equal(ksrtp_token_open(key, 7, ksrtp_slice_str(text), back, &n),
					 -EBADMSG);
		}
		text[i] = was;
	}
	for (size_t i = 0; i < len; i++)
		assert_int_equal(ksrtp_token_open(key, 7, ksrtp_slice_of(text, i), back, &n),
				 -EBADMSG);
	/* The right key and MAC, but of a version to come. */
	seal_by_hand(2, 7, text);
	assert_int_equal(ksrtp_token_open(key, 7, ksrtp_slice_str(text), back, &n), -EBADMSG);
	seal_by_hand(1, 7, text);
	assert_int_equal(ksrtp_token_open(key, 7, ksrtp_slice_str(text), back, &n), 0);
	strcat(text, "A");
	assert_int_equal(ksrtp_token_open(key, 7, ksrtp_slice_str(text), back, &n), -EBADMSG);
	memset(text, 'A', sizeof(text));
	assert_int_equal(ksrtp_token_open(key, 7, ksrtp_slice_of(text, sizeof(text)), back, &n),
			 -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfc_examples_come_out),
		cmocka_unit_test(the_older_example_comes_out),
		cmocka_unit_test(incomplete_credentials_are_refused),
		cmocka_unit_test(algorithms_have_names),
		cmocka_unit_test(nonces_are_ours_and_fresh_or_not),
		cmocka_unit_test(challenges_are_written),
		cmocka_unit_test(a_nonce_count_is_used_once),
		cmocka_unit_test(tokens_open_as_they_were_sealed),
		cmocka_unit_test(forged_tokens_do_not_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
