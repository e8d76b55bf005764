// SPDX-License-Identifier: GPL-2.0-or-later
/* The session description in a body or in a multipart (RFC 5621), and challenges on their way. */
#include "tests/unit/sip_assert.h"

#include <errno.h>

#include "daemon/sip/part.h"
#include "daemon/sip/patch.h"

static struct ksrtp_msg parse(struct ksrtp_buf *text, const char *headers, const char *body)
{
	struct ksrtp_msg msg;

	ksrtp_buf_reset(text);
	ksrtp_buf_printf(text,
			 "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a\r\nf: <sip:a@b>\r\nt: <sip:c@d>\r\n"
			 "i: x\r\nCSeq: 1 INVITE\r\n%sl: %zu\r\n\r\n%s",
			 headers, strlen(body), body);
	assert_int_equal(ksrtp_msg_parse(ksrtp_buf_view(text), &msg), 0);
	return msg;
}

#define MIXED "c: multipart/mixed;boundary=\"b 1\"\r\n"
#define SDP "Content-Type: application/sdp\r\n\r\nv=0\r\n"

static void the_description_is_found(void **state)
{
	static const struct {
		const char *headers, *body, *sdp;
		int err;
	} cases[] = {
		{"c: application/sdp\r\n", "v=0\r\n", "v=0\r\n", 0},
		{"c: APPLICATION/SDP;x=y\r\n", "v=0\r\n", "v=0\r\n", 0},
		{"c: application/sdp\r\n", "", NULL, -ENOENT},
		{"", "v=0\r\n", NULL, -ENOENT},
		{"c: text/plain\r\n", "v=0\r\n", NULL, -ENOENT},
		{"c: application/sdp\r\nContent-Disposition: early-session\r\n", "v=0\r\n", NULL,
		 -ENOENT},
		{"c: application/sdp\r\nContent-Disposition: session;handling=optional\r\n",
		 "v=0\r\n", "v=0\r\n", 0},
		{"c: application/sdp\r\ne: gzip\r\n", "v=0\r\n", NULL, -EPERM},
		{"c: application/pkcs7-mime; smime-type=enveloped-data\r\n", "x", NULL, -EPERM},
		{"c: multipart/signed;boundary=b\r\n", "--b\r\n" SDP "\r\n--b--", NULL, -EPERM},
		{MIXED, "--b 1\r\n" SDP "\r\n--b 1--", "v=0\r\n", 0},
		{MIXED, "\r\n--b 1 \r\n" SDP "\r\n--b 1--\r\nepilogue", "v=0\r\n", 0},
		{MIXED, "preamble\r\n--b 1\r\n\r\nplain\r\n--b 1\r\n" SDP "s=x\r\n--b 1--\r\n",
		 "v=0\r\ns=x", 0},
		{MIXED, "--b 1\r\n" SDP "\r\n--b 1x\r\n\r\n--b 1--\r\n",
		 "v=0\r\n\r\n--b 1x\r\n", 0},
		{MIXED, "--b 1\r\nc: text/plain\r\n\r\nx\r\n--b 1--\r\n", NULL, -ENOENT},
		{MIXED, "--b 1\r\nContent-Disposition: early-session\r\n" SDP "\r\n--b 1\r\n" SDP
		 "\r\n--b 1--", "v=0\r\n", 0},
		{MIXED, "--b 1\r\nContent-Transfer-Encoding: base64\r\n" SDP "\r\n--b 1--", NULL,
		 -EPERM},
		{MIXED, "--b 1\r\nContent-Transfer-Encoding: binary\r\n" SDP "\r\n--b 1--",
		 "v=0\r\n", 0},
		{MIXED, "--b 1\r\nc: multipart/alternative;boundary=i\r\n\r\n--i\r\n" SDP
		 "\r\n--i--\r\n--b 1--", "v=0\r\n", 0},
		{MIXED, "--b 1\r\nc: multipart/signed;boundary=i\r\n\r\n--i\r\n" SDP
		 "\r\n--i--\r\n--b 1--", NULL, -EPERM},
		/* malformed, or more than one answer to "which one?" */
		{MIXED, "--b 1\r\n" SDP "\r\n--b 1\r\n" SDP "\r\n--b 1--", NULL, -EBADMSG},
		{MIXED, "--b 1\r\nc: text/plain\r\n" SDP "\r\n--b 1--", NULL, -EBADMSG},
		{MIXED, "--b 1\r\n" SDP, NULL, -EBADMSG},
		{MIXED, "--b 1\r\n" SDP "\r\n--b 1", NULL, -EBADMSG},
		{MIXED, "--b 1\r\n--b 1--\r\n", NULL, -EBADMSG},
		{MIXED, "--b 1\r\nc: application/sdp\r\n--b 1--\r\n", NULL, -EBADMSG},
		{MIXED, "no delimiter", NULL, -EBADMSG},
		{"c: multipart/mixed\r\n", "--b\r\n" SDP "\r\n--b--", NULL, -EBADMSG},
		{"c: multipart/mixed;boundary=\"\"\r\n", "--\r\n" SDP "\r\n----", NULL, -EBADMSG},
	};
	struct ksrtp_part part;
	struct ksrtp_buf text;

	ksrtp_buf_init(&text, 8192);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ksrtp_msg msg = parse(&text, cases[i].headers, cases[i].body);
		int err = ksrtp_part_find(&msg, &part);

		if (err != cases[i].err)
			fail_msg("case %zu: %d", i, err);
		if (!err)
			assert_slice(part.body, cases[i].sdp);
	}
	ksrtp_buf_free(&text);
}

static void multiparts_have_limits(void **state)
{
	struct ksrtp_buf body, text;
	struct ksrtp_part part;
	struct ksrtp_msg msg;

	ksrtp_buf_init(&body, 8192);
	ksrtp_buf_init(&text, 16384);
	for (size_t n = KSRTP_PART_COUNT; n <= KSRTP_PART_COUNT + 1; n++) {
		ksrtp_buf_reset(&body);
		for (size_t i = 0; i < n; i++)
			ksrtp_buf_str(&body, "--b 1\r\n\r\nx\r\n");
		ksrtp_buf_put(&body, "--b 1--", 8);
		msg = parse(&text, MIXED, body.p);
		assert_int_equal(ksrtp_part_find(&msg, &part),
				 n > KSRTP_PART_COUNT ? -EBADMSG : -ENOENT);
	}
	for (unsigned int depth = KSRTP_PART_DEPTH; depth <= KSRTP_PART_DEPTH + 1; depth++) {
		ksrtp_buf_reset(&body);
		for (unsigned int i = 1; i < depth; i++)
			ksrtp_buf_printf(&body, "--b%u\r\nc: multipart/mixed;boundary=b%u\r\n\r\n",
					 i, i + 1);
		ksrtp_buf_printf(&body, "--b%u\r\n" SDP, depth);
		for (unsigned int i = depth; i; i--)
			ksrtp_buf_printf(&body, "\r\n--b%u--", i);
		ksrtp_buf_put(&body, "", 1);
		msg = parse(&text, "c: multipart/mixed;boundary=b1\r\n", body.p);
		assert_int_equal(ksrtp_part_find(&msg, &part),
				 depth > KSRTP_PART_DEPTH ? -EBADMSG : 0);
	}
	ksrtp_buf_free(&body);
	ksrtp_buf_free(&text);
}

static void other_parts_stay_as_they_are(void **state)
{
#define ISUP "pre\r\n--b 1\r\nc: application/isup\r\n\r\n\t--b 2\r\n"
	static const char before[] = ISUP "--b 1\r\nContent-Length: 5\r\n" SDP
				     "\r\n--b 1--\r\nepilogue";
	static const char after[] = ISUP "--b 1\r\nContent-Length: 11\r\n"
				    "Content-Type: application/sdp\r\n\r\nv=0\r\ns=new\n"
				    "\r\n--b 1--\r\nepilogue";
	struct ksrtp_splice list;
	struct ksrtp_buf text, out;
	struct ksrtp_part part;
	struct ksrtp_msg msg, again;

	ksrtp_buf_init(&text, 8192);
	ksrtp_buf_init(&out, 8192);
	msg = parse(&text, MIXED, before);
	assert_int_equal(ksrtp_part_find(&msg, &part), 0);
	assert_slice(part.length, "5");
	ksrtp_splice_init(&list, msg.raw);
	assert_int_equal(ksrtp_part_patch(&list, &msg, &part, SLICE("v=0\r\ns=new\n")), 0);
	assert_int_equal(ksrtp_splice_apply(&list, &out), 0);
	ksrtp_splice_destroy(&list);
	assert_int_equal(ksrtp_msg_parse(ksrtp_buf_view(&out), &again), 0);
	assert_slice(again.body, after);
	assert_slice(ksrtp_msg_find(&again, KSRTP_HDR_CONTENT_TYPE)->line, MIXED);

	/* A body of its own is replaced like any other. */
	ksrtp_buf_reset(&out);
	msg = parse(&text, "c: application/sdp\r\n", "v=0\r\n");
	assert_int_equal(ksrtp_part_find(&msg, &part), 0);
	ksrtp_splice_init(&list, msg.raw);
	assert_int_equal(ksrtp_part_patch(&list, &msg, &part, SLICE("v=1")), 0);
	assert_int_equal(ksrtp_splice_apply(&list, &out), 0);
	ksrtp_splice_destroy(&list);
	assert_int_equal(ksrtp_msg_parse(ksrtp_buf_view(&out), &again), 0);
	assert_slice(again.body, "v=1");
	ksrtp_buf_free(&text);
	ksrtp_buf_free(&out);
}

static void auth_int_goes_where_auth_is_offered_too(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{"qop=\"auth,auth-int\"", "qop=\"auth\""},
		{"qop=\"auth-int , auth\",x=y", "qop=\"auth\",x=y"},
		{"qop=\"auth-int\"", "qop=\"auth-int\""},
		{"qop=\"auth\"", "qop=\"auth\""},
		{"opaque=\"\"", "opaque=\"\""},
	};
	struct ksrtp_buf text, out, expected;
	struct ksrtp_splice list;
	struct ksrtp_msg msg;
	char line[256];

	ksrtp_buf_init(&text, 8192);
	ksrtp_buf_init(&out, 8192);
	ksrtp_buf_init(&expected, 8192);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static const char form[] = "WWW-Authenticate:  Digest realm=\"a\", %s\r\n";

		snprintf(line, sizeof(line), form, cases[i].after);
		parse(&expected, line, "");
		snprintf(line, sizeof(line), form, cases[i].before);
		msg = parse(&text, line, "");
		ksrtp_splice_init(&list, msg.raw);
		assert_int_equal(ksrtp_patch_auth_int(&list, &msg), 0);
		assert_int_equal(ksrtp_splice_apply(&list, &out), 0);
		ksrtp_splice_destroy(&list);
		assert_int_equal(ksrtp_buf_put(&expected, "", 1), 0);
		assert_buf(&out, expected.p);
	}
	ksrtp_buf_free(&text);
	ksrtp_buf_free(&out);
	ksrtp_buf_free(&expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_description_is_found),
		cmocka_unit_test(multiparts_have_limits),
		cmocka_unit_test(other_parts_stay_as_they_are),
		cmocka_unit_test(auth_int_goes_where_auth_is_offered_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
