/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dialog under test over the recording back end, for the tests of the offer/answer state.
 */
#ifndef TESTS_UNIT_OFFER_DIALOG_H
#define TESTS_UNIT_OFFER_DIALOG_H

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

static inline struct dialog *open_dialog(enum ksrtp_offer_srtp srtp0, enum ksrtp_offer_srtp srtp1,
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

static inline struct dialog *open_usual(enum ksrtp_offer_srtp srtp1)
{
	return open_dialog(KSRTP_OFFER_OSRTP, srtp1, "192.0.2.1", "198.51.100.1");
}

static inline void hang_up(struct dialog *d)
{
	ksrtp_offer_destroy(d->offer);
	ksrtp_buf_free(&d->out);
	free(d);
}

/* Ends the last dialog; nothing may be left, and no key may have been sent with twice. */
static inline void close_dialog(struct dialog *d)
{
	hang_up(d);
	assert_int_equal(fake_alive(), 0);
	assert_int_equal(fake.sessions, 0);
	assert_false(fake.reused);
}

/* Passes SESSION and @media; the result is in d->out, as a string. */
static inline int pass(struct dialog *d, unsigned int side, enum ksrtp_offer_carrier carrier,
		       u32 cseq, const char *media)
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

static inline void pass_ok(struct dialog *d, unsigned int side, enum ksrtp_offer_carrier carrier,
		    u32 cseq, const char *media)
{
	assert_int_equal(pass(d, side, carrier, cseq, media), 0);
}

static inline void end(struct dialog *d, unsigned int side, u32 cseq, bool success)
{
	assert_int_equal(ksrtp_offer_end(d->offer, side, cseq, success), 0);
}

/* Offer, answer, 2xx. */
static inline void call(struct dialog *d, const char *offer, const char *answer)
{
	pass_ok(d, 0, REQUEST, 1, offer);
	pass_ok(d, 1, RESPONSE, 1, answer);
	end(d, 0, 1, true);
}

static inline unsigned int version(const struct dialog *d)
{
	unsigned long long id;
	unsigned int v;

	assert_int_equal(sscanf(strstr(d->out.p, "o=- "), "o=- %llu %u", &id, &v), 2);
	return v;
}

static inline void check_remote(unsigned int flow, const char *rtp, const char *rtcp)
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

static inline void check_key(unsigned int flow, enum ksrtp_media_direction direction,
			     unsigned int first)
{
	const struct ksrtp_master *master = fake_key(&fake.flow[flow], direction);
	unsigned int i, draw = direction == KSRTP_MEDIA_TX;

	for (i = 0; i < master->suite->key_len; i++)
		assert_int_equal(master->key[i], draw ? first : first + i);
}

#endif
