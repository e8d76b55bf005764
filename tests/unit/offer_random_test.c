// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dialogs of random offers, answers, failures and glare, each step legal or not. Whatever comes,
 * what the media was told fits what was promised, no key is sent with twice, a side that requires
 * SRTP is never clear, and nothing is left behind. The sequences are the same in every run.
 */
#define FAKE_FLOWS 2000
#include "tests/unit/offer_fake.h"

#define DIALOGS	100
#define STEPS	100

static u32 seed;

static u32 draw(u32 below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 16) % below;
}

static size_t put_crypto(char *to, unsigned int tag)
{
	static const char *const suite[] = { "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM",
					     "AES_CM_128_HMAC_SHA1_32", "AES_CM_128_HMAC_SHA1_80",
					     "F8_128_HMAC_SHA1_80" };
	unsigned int which = draw(8) ? (tag - 1) % 3 : draw(5);
	unsigned int salt = which == 1 ? 12 : 14;

	return (size_t)sprintf(to, "a=crypto:%u %s inline:%s%s\r\n", draw(9) ? tag : draw(3),
			       suite[which], fake_b64(200 + draw(3), 16, draw(20) ? salt : 9),
			       draw(6) ? "" : "|2^31|1:4");
}

/* An m-line that often makes sense and sometimes does not. */
static size_t put_media(char *to, bool answer)
{
	static const char *const proto[] = { "RTP/AVP", "RTP/SAVP", "RTP/AVP", "RTP/SAVPF",
					     "udptl", "UDP/TLS/RTP/SAVP" };
	size_t n = (size_t)sprintf(to, "m=audio %u %s 0\r\n", draw(8) ? 4000 + draw(3) : 0,
				   proto[draw(8) ? draw(3) : draw(6)]);
	unsigned int i, lines = draw(4);

	if (!draw(5))
		n += (size_t)sprintf(to + n, "c=IN IP4 %s\r\n", draw(2) ? "0.0.0.0" : "10.0.0.7");
	if (answer && lines)
		n += put_crypto(to + n, 1 + draw(3));
	for (i = 1; !answer && i <= lines; i++)
		n += put_crypto(to + n, i);
	if (draw(2))
		n += (size_t)sprintf(to + n, "a=rtcp-mux\r\n");
	if (!draw(4))
		n += (size_t)sprintf(to + n, "a=tcap:1 RTP/SAVP RTP/SAVPF\r\na=acap:1 crypto:%u "
				     "AES_CM_128_HMAC_SHA1_80 inline:%s\r\na=pcfg:1 t=%u a=1\r\n",
				     1 + draw(9), fake_b64(200 + draw(3), 16, 14), draw(4));
	return n;
}

/* A flow that may send says "secure" exactly when it has keys, whatever was agreed on last. */
static void check_flow(const struct ksrtp_media_flow *flow, bool require)
{
	bool secure = flow->remote.secure_tx;

	assert_true(flow->alive);
	assert_int_equal(flow->remote.secure_rx, secure);
	if (!flow->remote.rtp.family)
		return;
	assert_int_equal(fake_keys(flow, KSRTP_MEDIA_TX), secure);
	assert_int_equal(fake_keys(flow, KSRTP_MEDIA_RX) > 0, secure);
	assert_true(secure || !require);
	assert_non_null(flow->peer);
}

/* @first: nothing was agreed on before, so that media and promise are the same */
static void check_state(const struct ksrtp_offer *offer, const struct ksrtp_offer_policy *policy,
			bool first)
{
	struct ksrtp_offer_line line;
	unsigned int i, side;

	for (i = 0; i < ksrtp_offer_lines(offer); i++) {
		ksrtp_offer_line(offer, i, &line);
		for (side = 0; side < 2; side++) {
			const struct ksrtp_media_flow *flow = line.side[side].flow;

			if (!flow)
				continue;
			check_flow(flow, policy[side].srtp == KSRTP_OFFER_REQUIRE);
			if (first && line.active)
				assert_int_equal(flow->remote.secure_tx,
						 line.side[side].promised == KSRTP_GRADE_SDES);
		}
	}
	assert_false(fake.reused);
}

/* A crypto line may only come out in answer to one that went in; what is not RTP is not touched. */
static void check_answer(const struct ksrtp_buf *out, const char *offer)
{
	if (!strstr(offer, "crypto") && !memmem(out->p ? out->p : "", out->n, "udptl", 5))
		assert_null(memmem(out->p ? out->p : "", out->n, "crypto", 6));
}

/* The exchange that a dialog is in; most steps go on with it, some do what they like. */
struct walk {
	unsigned int offerer;
	bool open;
	u32 cseq;
};

static void choose(struct walk *walk, struct ksrtp_offer_message *msg)
{
	if (!draw(6)) {
		msg->side = draw(2);
		msg->carrier = (enum ksrtp_offer_carrier)draw(4);
		msg->cseq = walk->cseq - !draw(4);
		return;
	}
	if (!walk->open) {
		walk->offerer = draw(2);
		walk->cseq++;
	}
	msg->side = walk->open ? !walk->offerer : walk->offerer;
	msg->carrier = walk->open ? KSRTP_OFFER_RESPONSE : KSRTP_OFFER_REQUEST;
	msg->cseq = walk->cseq;
	walk->open = true;
}

static void one_step(struct ksrtp_offer *offer, struct walk *walk)
{
	static char text[8192];
	struct ksrtp_offer_message msg = { 0 };
	unsigned int lines = 1 + !draw(3), i;
	struct ksrtp_buf out;
	size_t n;

	choose(walk, &msg);
	n = (size_t)sprintf(text, "v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP4 10.0.0.1\r\n");
	if (draw(2))
		n += (size_t)sprintf(text + n, "a=group:BUNDLE %s\r\n", draw(3) ? "0 1" : "1 0");
	for (i = 0; i < lines; i++) {
		n += put_media(text + n, msg.carrier == KSRTP_OFFER_RESPONSE);
		n += (size_t)sprintf(text + n, "a=mid:%u\r\n%s", draw(9) ? i : draw(3),
				     draw(2) ? "a=bundle-only\r\n" : "");
	}
	msg.sdp = ksrtp_slice_of(text, n);
	ksrtp_buf_init(&out, 65536);
	if (ksrtp_offer_pass(offer, &msg, &out, NULL))
		assert_int_equal(out.n, 0);
	ksrtp_buf_free(&out);
	if (msg.carrier == KSRTP_OFFER_REQUEST || draw(3))
		return;
	assert_int_equal(ksrtp_offer_end(offer, walk->offerer, walk->cseq, draw(4)), 0);
	walk->open = false;
}

static void random_dialogs(void **state)
{
	unsigned int dialog, step, side;

	for (dialog = 0; dialog < DIALOGS; dialog++) {
		struct ksrtp_offer_policy policy[2] = { 0 };
		struct ksrtp_offer *offer;
		struct walk walk = { .cseq = 1 };

		fake_reset();
		seed = dialog;
		for (side = 0; side < 2; side++) {
			policy[side].srtp = (enum ksrtp_offer_srtp)draw(4);
			ksrtp_addr_parse(&policy[side].local, "192.0.2.1", 9);
		}
		assert_int_equal(ksrtp_offer_create(&offer, NULL, "call", policy), 0);
		for (step = 0; step < STEPS; step++) {
			one_step(offer, &walk);
			check_state(offer, policy, false);
		}
		ksrtp_offer_destroy(offer);
		assert_int_equal(fake_alive(), 0);
		assert_int_equal(fake.sessions, 0);
	}
}

/* A whole exchange of its own: what is answered follows from what was offered. */
static void random_answers(void **state)
{
	static char offer_text[8192], answer_text[8192];
	unsigned int round, done = 0;

	for (round = 0; round < 2000; round++) {
		struct ksrtp_offer_policy policy[2] = { 0 };
		struct ksrtp_offer_message msg = { .cseq = 1 };
		struct ksrtp_offer *offer;
		struct ksrtp_buf out;
		size_t n;

		fake_reset();
		seed = 7000 + round;
		policy[0].srtp = (enum ksrtp_offer_srtp)draw(4);
		policy[1].srtp = (enum ksrtp_offer_srtp)draw(4);
		ksrtp_addr_parse(&policy[0].local, "192.0.2.1", 9);
		ksrtp_addr_parse(&policy[1].local, "192.0.2.1", 9);
		ksrtp_buf_init(&out, 65536);
		assert_int_equal(ksrtp_offer_create(&offer, NULL, "call", policy), 0);
		n = (size_t)sprintf(offer_text, "v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP4 10.0.0.1\r\n");
		msg.sdp = ksrtp_slice_of(offer_text, n + put_media(offer_text + n, false));
		if (!ksrtp_offer_pass(offer, &msg, &out, NULL)) {
			n = (size_t)sprintf(answer_text,
					    "v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP4 10.0.0.1\r\n");
			msg.sdp = ksrtp_slice_of(answer_text, n + put_media(answer_text + n, true));
			msg.side = 1;
			msg.carrier = KSRTP_OFFER_RESPONSE;
			ksrtp_buf_reset(&out);
			done += !ksrtp_offer_pass(offer, &msg, &out, NULL);
			check_answer(&out, offer_text);
			check_state(offer, policy, true);
		}
		ksrtp_buf_free(&out);
		ksrtp_offer_destroy(offer);
		assert_int_equal(fake_alive(), 0);
	}
	assert_true(done > 500);
}

int main(void)
{
	static const struct CMUnitTest test[] = {
		cmocka_unit_test(random_dialogs),
		cmocka_unit_test(random_answers),
	};

	return cmocka_run_group_tests_name("offer random", test, NULL, NULL);
}
