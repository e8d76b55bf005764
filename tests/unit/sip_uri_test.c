// SPDX-License-Identifier: GPL-2.0-or-later
/* SIP URIs: parse, write, compare (RFC 3261 19.1), address-of-record (10.3). */
#include "tests/unit/sip_assert.h"

#include <errno.h>

#include "daemon/sip/uri.h"

static struct ksrtp_uri parse(const char *text)
{
	struct ksrtp_uri uri;

	assert_int_equal(ksrtp_uri_parse(ksrtp_slice_str(text), &uri), 0);
	return uri;
}

static void uris_come_apart(void **state)
{
	struct ksrtp_uri uri;
	struct slice value;

	uri = parse("sip:alice:secretword@atlanta.com:5070;transport=tcp;lr?subject=x&to=y");
	assert_int_equal(uri.scheme, KSRTP_URI_SIP);
	assert_slice(uri.user, "alice");
	assert_slice(uri.password, "secretword");
	assert_slice(uri.host, "atlanta.com");
	assert_int_equal(uri.port, 5070);
	assert_slice(uri.params, "transport=tcp;lr");
	assert_slice(uri.headers, "subject=x&to=y");
	assert_true(ksrtp_uri_param(&uri, "Transport", &value));
	assert_slice(value, "tcp");
	assert_true(ksrtp_uri_param(&uri, "lr", &value));
	assert_null(value.p);
	assert_false(ksrtp_uri_param(&uri, "ob", NULL));

	uri = parse("SIPS:[2001:db8::9:1]:5061");
	assert_int_equal(uri.scheme, KSRTP_URI_SIPS);
	assert_null(uri.user.p);
	assert_slice(uri.host, "2001:db8::9:1");
	assert_true(uri.ipv6);
	assert_int_equal(uri.port, 5061);
	assert_null(uri.params.p);

	uri = parse("sip:+1-212-555-1212:1234@gateway.com;user=phone");
	assert_slice(uri.user, "+1-212-555-1212");
	uri = parse("sip:alice;day=tuesday@atlanta.com");
	assert_slice(uri.user, "alice;day=tuesday");
	uri = parse("tel:+1-816-555-1212;isub=1411");
	assert_int_equal(uri.scheme, KSRTP_URI_TEL);
	assert_slice(uri.user, "+1-816-555-1212");
	uri = parse("urn:service:sos");
	assert_int_equal(uri.scheme, KSRTP_URI_OTHER);
}

static void broken_uris_are_refused(void **state)
{
	static const char *const broken[] = {
		"", "sip", "sip:", "alice@atlanta.com", "sip:@atlanta.com", "sip:alice@",
		"sip:alice@atlanta.com:0", "sip:alice@atlanta.com:65536", "sip:alice@atlanta.com:",
		"sip:alice@atlanta.com:50 60", "sip:al ice@atlanta.com", "sip:alice@[::1",
		"sip:alice@[::1]x", "sip:alice@[]", "sip:alice@atl<anta.com", "sip:al%4gice@a.com",
		"sip:alice@atlanta.com;x=%4", "sip:a@b@c", "sip:a@b;c@d", "5060:x", "sip:a@b\r\n",
		"sip:alice@::1", "sip:a:b:c@", "sip:a\"b@c", "tel:", "sip:\xc3\xa4@b",
	};
	struct ksrtp_uri uri;

	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		if (ksrtp_uri_parse(ksrtp_slice_str(broken[i]), &uri) != -EINVAL)
			fail_msg("accepted: %s", broken[i]);
		assert_slice(uri.text, broken[i]);
	}
}

static void uris_are_written_as_they_came(void **state)
{
	static const char *const texts[] = {
		"sip:atlanta.com",
		"sips:alice:pw@[2001:db8::1]:5061;transport=tls;lr?a=b",
		"sip:%61lice@atlanta.com;maddr=239.255.255.1;ttl=15",
	};
	struct ksrtp_buf out;

	ksrtp_buf_init(&out, 1000);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct ksrtp_uri uri = parse(texts[i]);

		assert_int_equal(ksrtp_uri_write(&uri, &out), 0);
		assert_buf(&out, texts[i]);
	}
	ksrtp_buf_free(&out);
}

/* The pairs of RFC 3261 19.1.4 and some more. */
static void uris_compare_by_the_rules(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} pairs[] = {
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp",
		 true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
		{"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true},
		{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
		 "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
		{"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
		 "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP",
		 false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
		{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
		{"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
		{"sip:a@b.com", "sips:a@b.com", false},
		{"sip:a@b.com", "sip:b.com", false},
		{"sip:a:x@b.com", "sip:a@b.com", false},
		{"sip:a%3Bb@c.com", "sip:a;b@c.com", false},
		{"sip:a@b.com;user=phone", "sip:a@b.com", false},
		{"tel:+1", "TEL:+1", true},
		{"sip:a@b;x=1;x=2", "sip:a@b;x=1;x=2", true},
		{"sip:a@b;x=1;x=2", "sip:a@b;x=3", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct ksrtp_uri a = parse(pairs[i].a);
		struct ksrtp_uri b = parse(pairs[i].b);

		if (ksrtp_uri_equal(&a, &b) != pairs[i].equal ||
		    ksrtp_uri_equal(&b, &a) != pairs[i].equal)
			fail_msg("%s and %s", pairs[i].a, pairs[i].b);
	}
}

static void one_aor_has_one_text(void **state)
{
	static const char *const texts[] = {
		"sip:%61lice@Example.COM", "sips:alice@example.com:5061;transport=tls?x=y",
		"sip:alice:pw@example.com",
	};
	struct ksrtp_uri uri = parse("tel:+1");
	struct ksrtp_buf out;

	ksrtp_buf_init(&out, 1000);
	assert_int_equal(ksrtp_uri_aor(&uri, &out), -EINVAL);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		uri = parse(texts[i]);
		assert_int_equal(ksrtp_uri_aor(&uri, &out), 0);
		assert_buf(&out, "sip:alice@example.com");
	}
	uri = parse("sip:a%20%3a@[2001:DB8::1]:5060");
	assert_int_equal(ksrtp_uri_aor(&uri, &out), 0);
	assert_buf(&out, "sip:a%20%3A@[2001:db8::1]");
	ksrtp_buf_free(&out);
}

static void user_parts_escape_and_back(void **state)
{
	struct ksrtp_buf text, back;

	ksrtp_buf_init(&text, 1000);
	ksrtp_buf_init(&back, 1000);
	assert_int_equal(ksrtp_uri_escape(SLICE("a b@c:\xff#1"), &text), 0);
	assert_int_equal(ksrtp_uri_unescape(ksrtp_buf_view(&text), &back), 0);
	assert_buf(&text, "a%20b%40c%3A%FF%231");
	assert_buf(&back, "a b@c:\xff#1");
	assert_int_equal(ksrtp_uri_unescape(SLICE("%4"), &back), -EINVAL);
	ksrtp_buf_free(&text);
	ksrtp_buf_free(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uris_come_apart),
		cmocka_unit_test(broken_uris_are_refused),
		cmocka_unit_test(uris_are_written_as_they_came),
		cmocka_unit_test(uris_compare_by_the_rules),
		cmocka_unit_test(one_aor_has_one_text),
		cmocka_unit_test(user_parts_escape_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
