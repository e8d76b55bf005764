// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The offer/answer state over time: what the media is told and when, retransmissions, re-offers,
 * re-keys, rollback, late offers, early dialogs. RFC 3264, 6337, 4568.
 */
#include "tests/unit/offer_fake.h"

#define KEY_A	"inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
#define KEY_B	"inline:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e"
#define KEY_C	"inline:AgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
#define CM80	"AES_CM_128_HMAC_SHA1_80 "
#define CM32	"AES_CM_128_HMAC_SHA1_32 "
#define SESSION	"v=0\no=- 1 1 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\n"
#define PHONE(key) "m=audio 4000 RTP/SAVP 0\na=crypto:1 " CM80 key "\n"
#define PBX	"m=audio 5000 RTP/AVP 0\n"

#define REQUEST		KSRTP_OFFER_REQUEST
#define RESPONSE	KSRTP_OFFER_RESPONSE
#define ACK		KSRTP_OFFER_ACK
#define PRACK		KSRTP_OFFER_PRACK

/* A dialog under test; side 0 is flow 0, side 1 is flow 1. */
struct dialog {
	struct ksrtp_offer *offer;
	struct ksrtp_buf out;
	struct ksrtp_addr natted;
};

static struct dialog *open_dialog(enum ksrtp_offer_srtp srtp0, enum ksrtp_offer_srtp srtp1,
				  const char *local0, const char *local1)
{
	struct ksrtp_offer_policy policy[2] = { { .srtp = srtp0, .source = KSRTP_SOURCE_LATCH },
						{ .srtp = srtp1, .source = KSRTP_SOURCE_STRICT } };
	struct dialog *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	fake_reset();
	ksrtp_buf_init(&d->out, 65536);
	assert_int_equal(ksrtp_addr_parse(&policy[0].local, local0, strlen(local0)), 0);
	assert_int_equal(ksrtp_addr_parse(&policy[1].local, local1, strlen(local1)), 0);
	assert_int_equal(ksrtp_offer_create(&d->offer, NULL, "call", policy), 0);
	return d;
}

static struct dialog *open_usual(enum ksrtp_offer_srtp srtp1)
{
	return open_dialog(KSRTP_OFFER_OSRTP, srtp1, "192.0.2.1", "198.51.100.1");
}

/* Ends the dialog; nothing may be left, and no key may have been sent with twice. */
static void close_dialog(struct dialog *d)
{
	ksrtp_offer_destroy(d->offer);
	ksrtp_buf_free(&d->out);
	free(d);
	assert_int_equal(fake_alive(), 0);
	assert_int_equal(fake.sessions, 0);
	assert_false(fake.reused);
}

/* Passes SESSION and @media; the result is in d->out, as a string. */
static int pass(struct dialog *d, unsigned int side, enum ksrtp_offer_carrier carrier, u32 cseq,
		const char *media)
{
	static char together[8192], text[8192];
	struct ksrtp_offer_message msg = { .side = side, .carrier = carrier, .cseq = cseq,
					   .natted = d->natted };
	int err;

	snprintf(together, sizeof(together), "%s%s", media[0] == 'v' ? "" : SESSION, media);
	msg.sdp = ksrtp_slice_str(fake_expand(together, text, sizeof(text)));
	ksrtp_buf_reset(&d->out);
	err = ksrtp_offer_pass(d->offer, &msg, &d->out, NULL);
	assert_int_equal(ksrtp_buf_put(&d->out, "", 1), 0);
	return err;
}

static void pass_ok(struct dialog *d, unsigned int side, enum ksrtp_offer_carrier carrier,
		    u32 cseq, const char *media)
{
	assert_int_equal(pass(d, side, carrier, cseq, media), 0);
}

static void end(struct dialog *d, unsigned int side, u32 cseq, bool success)
{
	assert_int_equal(ksrtp_offer_end(d->offer, side, cseq, success), 0);
}

/* Offer, answer, 2xx. */
static void call(struct dialog *d, const char *offer, const char *answer)
{
	pass_ok(d, 0, REQUEST, 1, offer);
	pass_ok(d, 1, RESPONSE, 1, answer);
	end(d, 0, 1, true);
}

static unsigned int version(const struct dialog *d)
{
	unsigned long long id;
	unsigned int v;

	assert_int_equal(sscanf(strstr(d->out.p, "o=- "), "o=- %llu %u", &id, &v), 2);
	return v;
}

static void check_remote(unsigned int flow, const char *rtp, const char *rtcp)
{
	const struct ksrtp_media_remote *r = &fake.flow[flow].remote;
	char text[KSRTP_ADDR_TEXT];

	if (!rtp)
		assert_int_equal(r->rtp.family, 0);
	else
		assert_string_equal(ksrtp_addr_format(&r->rtp, text, sizeof(text)), rtp);
	if (!rtcp)
		assert_int_equal(r->rtcp.family, 0);
	else
		assert_string_equal(ksrtp_addr_format(&r->rtcp, text, sizeof(text)), rtcp);
}

static void check_key(unsigned int flow, enum ksrtp_media_direction direction, unsigned int first)
{
	const struct ksrtp_master *master = fake_key(&fake.flow[flow], direction);
	unsigned int i, draw = direction == KSRTP_MEDIA_TX;

	for (i = 0; i < master->suite->key_len; i++)
		assert_int_equal(master->key[i], draw ? first : first + i);
}

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

/* ---- over time ---- */

static void retransmissions_are_identical(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	char *first, *answer;

	pass_ok(d, 0, REQUEST, 1, PHONE(KEY_A));
	first = strdup(d->out.p);
	pass_ok(d, 0, REQUEST, 1, PHONE(KEY_A));
	assert_string_equal(d->out.p, first);
	assert_int_equal(fake_alive(), 2);
	pass_ok(d, 1, RESPONSE, 1, PBX);
	answer = strdup(d->out.p);
	pass_ok(d, 1, RESPONSE, 1, PBX);
	assert_string_equal(d->out.p, answer);
	end(d, 0, 1, true);
	pass_ok(d, 1, RESPONSE, 1, PBX);
	assert_string_equal(d->out.p, answer);
	free(first);
	free(answer);
	close_dialog(d);
}

static void same_offer_again_changes_nothing(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	const char *answer = "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\n";
	unsigned int changes, draws;

	call(d, PHONE(KEY_A), answer);
	changes = fake.flow[0].changes + fake.flow[1].changes;
	draws = fake.draws;
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A));
	assert_int_equal(version(d), 1);
	pass_ok(d, 1, RESPONSE, 2, answer);
	assert_int_equal(version(d), 1);
	end(d, 0, 2, true);
	assert_int_equal(fake.flow[0].changes + fake.flow[1].changes, changes);
	assert_int_equal(fake.draws, draws);
	close_dialog(d);
}

static void hold_raises_the_version_and_keeps_the_keys(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	const char *answer = "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\na=recvonly\n";
	unsigned int draws;

	call(d, PHONE(KEY_A), "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\n");
	draws = fake.draws;
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A) "c=IN IP4 0.0.0.0\na=sendonly\n");
	assert_int_equal(version(d), 2);
	check_remote(0, "10.0.0.1:4000", "10.0.0.1:4001");
	pass_ok(d, 1, RESPONSE, 2, answer);
	assert_int_equal(version(d), 2);
	check_remote(0, "10.0.0.1:4000", "10.0.0.1:4001");
	end(d, 0, 2, true);
	check_remote(0, NULL, NULL);
	assert_int_equal(fake.draws, draws);
	check_key(0, KSRTP_MEDIA_TX, 3);
	pass_ok(d, 0, REQUEST, 3, PHONE(KEY_A));
	assert_int_equal(version(d), 3);
	close_dialog(d);
}

static void rekey_keeps_the_old_key_for_packets_under_way(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, PHONE(KEY_A), PBX);
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_B));
	assert_int_equal(version(d), 1); /* the far side sees nothing of it */
	pass_ok(d, 1, RESPONSE, 2, PBX);
	assert_int_equal(version(d), 2);
	check_key(0, KSRTP_MEDIA_TX, 3);
	end(d, 0, 2, true);
	assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_RX), 2);
	check_key(0, KSRTP_MEDIA_TX, 5);
	pass_ok(d, 0, REQUEST, 3, PHONE(KEY_C));
	pass_ok(d, 1, RESPONSE, 3, PBX);
	end(d, 0, 3, true);
	assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_RX), 2);
	check_key(0, KSRTP_MEDIA_TX, 7);
	close_dialog(d);
}

static void failed_reoffer_changes_nothing(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	unsigned int changes;

	call(d, PHONE(KEY_A), PBX);
	changes = fake.flow[0].changes + fake.flow[1].changes;
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_B) "m=video 4010 RTP/AVP 96\n");
	assert_int_equal(fake_alive(), 4);
	pass_ok(d, 1, RESPONSE, 2, PBX "m=video 5010 RTP/AVP 96\n"); /* a 183 */
	end(d, 0, 2, false);
	assert_int_equal(fake_alive(), 2);
	assert_int_equal(fake.flow[0].changes + fake.flow[1].changes, changes);
	assert_int_equal(ksrtp_offer_lines(d->offer), 1);
	pass_ok(d, 0, REQUEST, 3, PHONE(KEY_A));
	pass_ok(d, 1, RESPONSE, 3, PBX);
	end(d, 0, 3, true);
	check_key(0, KSRTP_MEDIA_TX, 3);
	close_dialog(d);
}

static void failed_call_frees_its_ports(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);

	pass_ok(d, 0, REQUEST, 1, PHONE(KEY_A));
	end(d, 0, 1, false);
	assert_int_equal(fake_alive(), 0);
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A));
	assert_int_equal(fake_alive(), 2);
	close_dialog(d);
}

static void reoffer_from_the_other_side(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, PHONE(KEY_A), PBX);
	pass_ok(d, 1, REQUEST, 1, "m=audio 5000 RTP/AVP 0 8\na=sendonly\n");
	/* The phone gets the profile it spoke and its suite first, under the key it has. */
	assert_non_null(strstr(d->out.p, "m=audio 30000 RTP/SAVP 0 8\r\n"
					 "a=crypto:1 " CM80 "inline:"));
	assert_non_null(strstr(d->out.p, fake_b64(3, 16, 14)));
	pass_ok(d, 0, RESPONSE, 1, PHONE(KEY_A));
	assert_null(strstr(d->out.p, "crypto"));
	end(d, 1, 1, true);
	check_key(0, KSRTP_MEDIA_TX, 3);
	assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_RX), 1);
	close_dialog(d);
}

static void late_offer_is_answered_in_ack(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);
	char *offer;

	pass_ok(d, 1, RESPONSE, 7, PBX);
	assert_non_null(strstr(d->out.p, "m=audio 30000 RTP/AVP 0\r\na=crypto:1 "));
	offer = strdup(d->out.p);
	end(d, 0, 7, true);
	assert_int_equal(fake.flow[0].changes, 0);
	pass_ok(d, 1, RESPONSE, 7, PBX);
	assert_string_equal(d->out.p, offer);
	pass_ok(d, 0, ACK, 7, "m=audio 4000 RTP/AVP 0\na=crypto:1 " CM80 KEY_A "\n");
	assert_null(strstr(d->out.p, "crypto"));
	check_key(0, KSRTP_MEDIA_RX, 0);
	check_key(0, KSRTP_MEDIA_TX, 3);
	assert_ptr_equal(fake.flow[0].peer, &fake.flow[1]);
	free(offer);
	close_dialog(d);
}

static void late_offer_is_answered_in_prack(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	pass_ok(d, 1, RESPONSE, 7, PBX);
	pass_ok(d, 0, PRACK, 8, "m=audio 4000 RTP/AVP 0\na=crypto:1 " CM80 KEY_A "\n");
	check_key(0, KSRTP_MEDIA_TX, 3);
	end(d, 0, 8, true);
	end(d, 0, 7, true);
	close_dialog(d);
}

static void unanswered_late_offer_blocks_nothing(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	pass_ok(d, 1, RESPONSE, 7, PBX);
	assert_int_equal(pass(d, 1, REQUEST, 3, PBX "a=x\n"), -EBUSY);
	end(d, 0, 7, true);
	pass_ok(d, 1, REQUEST, 4, PBX "a=x\n");
	close_dialog(d);
}

static void ack_carries_no_offer(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, PHONE(KEY_A), PBX);
	assert_int_equal(pass(d, 0, ACK, 1, PHONE(KEY_A)), -EBADMSG);
	assert_int_equal(fake_alive(), 2);
	close_dialog(d);
}

static void glare_is_one_offer_a_direction(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, PHONE(KEY_A), PBX);
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A) "a=sendonly\n");
	pass_ok(d, 1, REQUEST, 1, PBX "a=sendonly\n");
	assert_int_equal(pass(d, 0, REQUEST, 3, PHONE(KEY_A) "a=inactive\n"), -EBUSY);
	end(d, 0, 2, false);
	end(d, 1, 1, false);
	pass_ok(d, 1, REQUEST, 2, PBX "a=inactive\n");
	pass_ok(d, 0, RESPONSE, 2, PHONE(KEY_A) "a=inactive\n");
	end(d, 1, 2, true);
	check_key(0, KSRTP_MEDIA_TX, 3);
	close_dialog(d);
}

/* Two phones ring behind one branch: whose answer came last has the media, the 2xx decides. */
static void early_dialogs_in_turn(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	const char *one = "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\n";
	const char *two = "m=audio 6000 RTP/AVP 0\na=crypto:1 " CM80 KEY_C "\n";
	char *first;

	pass_ok(d, 0, REQUEST, 1, PHONE(KEY_A));
	pass_ok(d, 1, RESPONSE, 1, one);
	first = strdup(d->out.p);
	check_remote(1, "10.0.0.1:5000", "10.0.0.1:5001");
	pass_ok(d, 1, RESPONSE, 1, two);
	check_remote(1, "10.0.0.1:6000", "10.0.0.1:6001");
	pass_ok(d, 1, RESPONSE, 1, one);
	assert_string_equal(d->out.p, first);
	check_remote(1, "10.0.0.1:5000", "10.0.0.1:5001");
	end(d, 0, 1, true);
	check_key(1, KSRTP_MEDIA_TX, 5);
	free(first);
	close_dialog(d);
}

static void early_reject_does_not_bind(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	pass_ok(d, 0, REQUEST, 1, PHONE(KEY_A));
	pass_ok(d, 1, RESPONSE, 1, "m=audio 0 RTP/AVP 0\n");
	pass_ok(d, 1, RESPONSE, 1, PBX);
	end(d, 0, 1, true);
	check_key(0, KSRTP_MEDIA_TX, 3);
	assert_int_equal(fake_alive(), 2);
	close_dialog(d);
}

static void answer_repeated_behind_an_update(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);
	char *last;

	pass_ok(d, 0, REQUEST, 1, PHONE(KEY_A));
	pass_ok(d, 1, RESPONSE, 1, PBX);
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A) "a=sendonly\n"); /* an UPDATE */
	pass_ok(d, 1, RESPONSE, 2, PBX "a=recvonly\n");
	end(d, 0, 2, true);
	last = strdup(d->out.p);
	pass_ok(d, 1, RESPONSE, 1, PBX "a=x-other\n"); /* the 200 to the INVITE */
	assert_string_equal(d->out.p, last);
	end(d, 0, 1, true);
	pass_ok(d, 1, REQUEST, 9, PBX "a=sendrecv\n");
	free(last);
	close_dialog(d);
}

/* ---- keys that were sent with never come back ---- */

static void clear_and_back_draws_new_keys(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	const char *secure = "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\n";
	u32 cseq;

	call(d, PHONE(KEY_A), secure);
	for (cseq = 2; cseq < 6; cseq++) {
		pass_ok(d, 0, REQUEST, cseq, cseq % 2 ? PHONE(KEY_A) : "m=audio 4000 RTP/AVP 0\n");
		pass_ok(d, 1, RESPONSE, cseq, cseq % 2 ? secure : PBX);
		end(d, 0, cseq, true);
		assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_TX), cseq % 2);
		assert_int_equal(fake_keys(&fake.flow[0], KSRTP_MEDIA_RX), cseq % 2);
		assert_int_equal(fake_keys(&fake.flow[1], KSRTP_MEDIA_TX), cseq % 2);
		assert_int_equal(fake.flow[1].remote.secure_tx, cseq % 2);
		assert_int_equal(fake.flow[1].remote.secure_rx, cseq % 2);
	}
	close_dialog(d);
}

static void suites_to_and_fro_draw_new_keys(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_OSRTP);
	const char *one = "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\n";
	const char *three = "m=audio 5000 RTP/AVP 0\na=crypto:3 " CM32 KEY_B "\n";
	u32 cseq;

	call(d, PHONE(KEY_A), one);
	for (cseq = 2; cseq < 7; cseq++) {
		pass_ok(d, 0, REQUEST, cseq, PHONE(KEY_A));
		pass_ok(d, 1, RESPONSE, cseq, cseq % 2 ? one : three);
		end(d, 0, cseq, true);
		assert_int_equal(fake_keys(&fake.flow[1], KSRTP_MEDIA_TX), 1);
	}
	close_dialog(d);
}

static void closed_line_opens_with_new_port_and_keys(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_PLAIN);

	call(d, PHONE(KEY_A), PBX);
	pass_ok(d, 0, REQUEST, 2, "m=image 4002 udptl t38\n");
	pass_ok(d, 1, RESPONSE, 2, "m=image 5002 udptl t38\n");
	end(d, 0, 2, true);
	assert_int_equal(fake_alive(), 0);
	pass_ok(d, 0, REQUEST, 3, PHONE(KEY_A));
	assert_non_null(strstr(d->out.p, "m=audio 30006 "));
	pass_ok(d, 1, RESPONSE, 3, PBX);
	end(d, 0, 3, true);
	assert_int_equal(fake_alive(), 2);
	close_dialog(d);
}

static void required_side_never_becomes_clear(void **state)
{
	struct dialog *d = open_usual(KSRTP_OFFER_REQUIRE);
	const char *secure = "m=audio 5000 RTP/SAVP 0\na=crypto:1 " CM80 KEY_B "\n";

	call(d, PHONE(KEY_A), secure);
	assert_int_equal(pass(d, 1, REQUEST, 1, PBX), -EPROTONOSUPPORT);
	pass_ok(d, 0, REQUEST, 2, PHONE(KEY_A));
	assert_int_equal(pass(d, 1, RESPONSE, 2, PBX), -EPERM);
	end(d, 0, 2, false);
	assert_true(fake.flow[1].remote.secure_tx && fake.flow[1].remote.secure_rx);
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
		cmocka_unit_test(retransmissions_are_identical),
		cmocka_unit_test(same_offer_again_changes_nothing),
		cmocka_unit_test(hold_raises_the_version_and_keeps_the_keys),
		cmocka_unit_test(rekey_keeps_the_old_key_for_packets_under_way),
		cmocka_unit_test(failed_reoffer_changes_nothing),
		cmocka_unit_test(failed_call_frees_its_ports),
		cmocka_unit_test(reoffer_from_the_other_side),
		cmocka_unit_test(late_offer_is_answered_in_ack),
		cmocka_unit_test(late_offer_is_answered_in_prack),
		cmocka_unit_test(unanswered_late_offer_blocks_nothing),
		cmocka_unit_test(ack_carries_no_offer),
		cmocka_unit_test(glare_is_one_offer_a_direction),
		cmocka_unit_test(early_dialogs_in_turn),
		cmocka_unit_test(early_reject_does_not_bind),
		cmocka_unit_test(answer_repeated_behind_an_update),
		cmocka_unit_test(clear_and_back_draws_new_keys),
		cmocka_unit_test(suites_to_and_fro_draw_new_keys),
		cmocka_unit_test(closed_line_opens_with_new_port_and_keys),
		cmocka_unit_test(required_side_never_becomes_clear),
		cmocka_unit_test(no_port_leaves_nothing),
		cmocka_unit_test(bodies_that_are_no_description),
		cmocka_unit_test(policies_need_an_address),
	};

	return cmocka_run_group_tests_name("offer", test, NULL, NULL);
}
