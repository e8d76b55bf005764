// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One exchange: what the media is told and when, which addresses it is sent to, and trouble. RFC
 * 3264, 3605, 4568, 5761.
 */
#include "tests/unit/offer_dialog.h"

/* ---- one exchange ---- */

static void media_follows_the_answer(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	assert_int_equal(ksrtp_addr_parse(&d->natted, "203.0.113.7:5061", 16), 0);
	pass_ok(d, 0, REQUEST, 1, PHONE(KEY_A));
	assert_int_equal(fake_alive(), 2);
	assert_int_equal(fake.flow[0].changes + fake.flow[1].changes, 0);
	assert_int_equal(ksrtp_offer_lines(d->offer), 0);
	d->natted = (struct ksrtp_addr){ 0 };
	pass_ok(d, 1, RESPONSE, 1, PBX);
	check_remote(0, "10.0.0.1:4000", "10.0.0.1:4001");
	check_remote(1, "10.0.0.1:5000", "10.0.0.1:5001");
	check_key(0, KSRTP_MEDIA_RX, 0);
	check_key(0, KSRTP_MEDIA_TX, 3);
	assert_int_equal(fake_keys(&fake.flow[1], KSRTP_MEDIA_RX), 0);
	assert_int_equal(fake_keys(&fake.flow[1], KSRTP_MEDIA_TX), 0);
	assert_true(fake.flow[0].remote.secure_rx && fake.flow[0].remote.secure_tx);
	assert_false(fake.flow[1].remote.secure_rx || fake.flow[1].remote.secure_tx);
	assert_int_equal(fake.flow[0].remote.source, KSRTP_SOURCE_LATCH);
	assert_int_equal(fake.flow[1].remote.source, KSRTP_SOURCE_STRICT);
	assert_int_equal(fake.flow[0].remote.natted.family, AF_INET);
	assert_int_equal(fake.flow[1].remote.natted.family, 0);
	assert_ptr_equal(fake.flow[0].peer, &fake.flow[1]);
	assert_int_equal(ksrtp_offer_lines(d->offer), 1);
	close_dialog(d);
}

static void both_legs_encrypted(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);

	call(d, PHONE(KEY_A), "m=audio 5000 RTP/AVP 0\na=crypto:3 " CM32 KEY_B "\na=rtcp-mux\n");
	check_key(0, KSRTP_MEDIA_TX, 3);
	check_key(1, KSRTP_MEDIA_TX, 9);
	check_key(1, KSRTP_MEDIA_RX, 1);
	assert_string_equal(fake_key(&fake.flow[1], KSRTP_MEDIA_TX)->suite->name,
			    "AES_CM_128_HMAC_SHA1_32");
	/* Muxed only where it was offered and accepted. */
	assert_false(fake.flow[1].remote.mux);
	close_dialog(d);
}

static void rtcp_of_each_side(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, "m=audio 4000 RTP/AVP 0\na=rtcp-mux\n",
	     "m=audio 5000 RTP/AVP 0\na=rtcp:5555 IN IP4 10.0.0.7\n");
	assert_true(fake.flow[0].remote.mux);
	assert_false(fake.flow[1].remote.mux);
	check_remote(1, "10.0.0.1:5000", "10.0.0.7:5555");
	close_dialog(d);
}

static void several_keys_with_mki(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, "m=audio 4000 RTP/SAVP 0\na=crypto:1 " CM80 KEY_A "|2^20|1:2;" KEY_B "|2:2\n", PBX);
	assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_RX), 2);
	assert_int_equal(fake_key(&fake.flow[0], KSRTP_MEDIA_TX)->mki_len, 0);
	assert_int_equal(fake.flow[0].key[0].master.mki_len, 2);
	assert_int_equal(fake.flow[0].key[0].master.rtp_limit, 1 << 20);
	close_dialog(d);
}

/* Where a stranger's description must not send us. */
static void addresses_that_are_none(void **state)
{
	static const char *const address[] = {
		"IP4 0.0.0.0", "IP6 ::", "IP4 127.0.0.1", "IP6 ::1", "IP4 224.2.3.4/127",
		"IP4 255.255.255.255", "IP4 host.example", "IP6 ff02::1", "IP6 ::ffff:127.0.0.1",
	};
	char media[200];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(address); i++) {
		struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

		snprintf(media, sizeof(media), "m=audio 4000 RTP/AVP 0\nc=IN %s\n", address[i]);
		call(d, media, PBX);
		check_remote(0, NULL, NULL);
		check_remote(1, "10.0.0.1:5000", "10.0.0.1:5001");
		close_dialog(d);
	}
}

static void no_ipv4_in_disguise(void **state)
{
	struct dialog *d = open_dialog(KSRTP_OFFER_PLAIN, KSRTP_OFFER_PLAIN, "2001:db8::1",
				       "192.0.2.1");

	call(d, "m=audio 4000 RTP/AVP 0\nc=IN IP6 ::ffff:127.0.0.1\n", PBX);
	check_remote(0, NULL, NULL);
	close_dialog(d);
}

static void loopback_talks_to_loopback(void **state)
{
	struct dialog *d = open_dialog(KSRTP_OFFER_PLAIN, KSRTP_OFFER_PLAIN, "127.0.0.1",
				       "192.0.2.1");

	call(d, "m=audio 4000 RTP/AVP 0\nc=IN IP4 127.0.0.9\n", PBX);
	check_remote(0, "127.0.0.9:4000", "127.0.0.9:4001");
	close_dialog(d);
}

static void ipv6_to_ipv4(void **state)
{
	struct dialog *d = open_dialog(KSRTP_OFFER_PLAIN, KSRTP_OFFER_PLAIN, "2001:db8::1",
				       "198.51.100.1");

	pass_ok(d, 0, REQUEST, 1, "v=0\no=- 1 1 IN IP6 2001:db8::9\ns=-\nc=IN IP6 2001:db8::9\n"
		"t=0 0\nm=audio 4000 RTP/AVP 0\n");
	assert_non_null(strstr(d->out.p, " IN IP4 198.51.100.1\r\ns=-\r\n"
					 "c=IN IP4 198.51.100.1\r\n"));
	pass_ok(d, 1, RESPONSE, 1, PBX "c=IN IP4 0.0.0.0\n");
	assert_non_null(strstr(d->out.p, " IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\n"));
	assert_non_null(strstr(d->out.p, "c=IN IP6 ::\r\n"));
	check_remote(0, "[2001:db8::9]:4000", "[2001:db8::9]:4001");
	check_remote(1, NULL, NULL);
	close_dialog(d);
}

static void line_ends_stay(void **state)
{
	static const char text[] = "v=0\no=- 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\n"
				   "m=audio 4000 RTP/AVP 0";
	struct ksrtp_offer_message msg = { .carrier = REQUEST, .cseq = 1, .sdp = SLICE(text) };
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);

	assert_int_equal(ksrtp_offer_pass(d->offer, &msg, &d->out, NULL), 0);
	assert_null(memchr(d->out.p, '\r', d->out.n));
	assert_non_null(memmem(d->out.p, d->out.n, "RTP/AVP 0\na=crypto:1 ", 21));
	close_dialog(d);
}

/* ---- trouble ---- */

static void no_port_leaves_nothing(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	fake.ports = 3;
	assert_int_equal(pass(d, 0, REQUEST, 1, PHONE(KEY_A) "m=video 4 RTP/AVP 96\n"),
			 -EADDRINUSE);
	assert_int_equal(fake_alive(), 0);
	fake.ports = 2;
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A));
	close_dialog(d);
}

static void bodies_that_are_no_description(void **state)
{
	static const char *const body[] = {
		"v=0\n", "v=0\no=\nm=audio 1 RTP/AVP 0\n", "vhello", "v=0\no=x\nm=audio\n",
		"v=0\no=x\nm=audio 70000 RTP/AVP 0\n", "v=0\no=x\nm=audio 1 RTP/AVP 0\n",
		"v=0\no=x\nm=audio x RTP/AVP 0\n", "v=0\no=x\nc=IN\nm=audio 1 RTP/AVP 0\n",
	};
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(body); i++)
		assert_int_equal(pass(d, 0, REQUEST, i + 1, body[i]), -EBADMSG);
	assert_int_equal(fake_alive(), 0);
	close_dialog(d);
}

static void policies_need_an_address(void **state)
{
	struct ksrtp_offer_policy policy[2] = { 0 };
	struct ksrtp_offer *offer;

	fake_reset();
	assert_int_equal(ksrtp_offer_create(&offer, NULL, "call", policy), -EINVAL);
	assert_null(offer);
	ksrtp_offer_destroy(NULL);
}

int main(void)
{
	static const struct CMUnitTest test[] = {
		cmocka_unit_test(media_follows_the_answer),
		cmocka_unit_test(both_legs_encrypted),
		cmocka_unit_test(rtcp_of_each_side),
		cmocka_unit_test(several_keys_with_mki),
		cmocka_unit_test(addresses_that_are_none),
		cmocka_unit_test(no_ipv4_in_disguise),
		cmocka_unit_test(loopback_talks_to_loopback),
		cmocka_unit_test(ipv6_to_ipv4),
		cmocka_unit_test(line_ends_stay),
		cmocka_unit_test(no_port_leaves_nothing),
		cmocka_unit_test(bodies_that_are_no_description),
		cmocka_unit_test(policies_need_an_address),
	};

	return cmocka_run_group_tests_name("offer", test, NULL, NULL);
}
