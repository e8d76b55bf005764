// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Offers × policies → the exact description that goes out, and the answers back: RFC 3264, 4568,
 * 5761, 8643. Side 0 offers, side 1 answers; each row says what stands below the session level.
 */
#include "tests/unit/offer_fake.h"

#define KEY_A	"inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
#define KEY_B	"inline:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e"
#define GCM_A	"inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw"
#define CM80	"AES_CM_128_HMAC_SHA1_80 "
#define CM32	"AES_CM_128_HMAC_SHA1_32 "
#define GCM	"AEAD_AES_128_GCM "

/* Our crypto lines in a first offer whose keys begin with that draw. */
#define OURS(a, b, c) \
	"a=crypto:1 " CM80 "inline:{cm " #a "}\n" \
	"a=crypto:2 " GCM "inline:{gcm " #b "}\n" \
	"a=crypto:3 " CM32 "inline:{cm " #c "}\n"

#define PLAIN_IN	"m=audio 4000 RTP/AVP 0 8\na=sendrecv\n"
#define SAVP_IN		"m=audio 4000 RTP/SAVP 0 8\na=crypto:1 " CM80 KEY_A "\n"
#define OSRTP_IN	"m=audio 4000 RTP/AVP 0 8\na=crypto:1 " CM80 KEY_A "\n"
#define PLAIN_OUT	"m=audio 30002 RTP/AVP 0 8\na=sendrecv\n"
#define PLAIN_ANSWER	"m=audio 5000 RTP/AVP 0\n"

enum { PLAIN = KSRTP_OFFER_PLAIN, OSRTP = KSRTP_OFFER_OSRTP, SAVP = KSRTP_OFFER_SAVP,
       REQUIRE = KSRTP_OFFER_REQUIRE };

/**
 * struct row - one exchange
 * @srtp: policies of both sides
 * @offer: what side 0 sends; @offered: what side 1 gets; @offer_err: instead of it
 * @answer: what side 1 sends; @answered: what side 0 gets; @answer_err: instead of it
 * @promised: of both sides after it; not looked at when an error was expected
 */
struct row {
	const char *says;
	int srtp[2];
	const char *offer, *offered;
	int offer_err;
	const char *answer, *answered;
	int answer_err;
	enum ksrtp_grade_media promised[2];
};

#define CLEAR	KSRTP_GRADE_CLEAR
#define SDES	KSRTP_GRADE_SDES
#define NONE	KSRTP_GRADE_NONE

static const struct row rows[] = {
	/* ---- each kind of offer under each policy of the far side ---- */
	{ .says = "clear to a plain side", .srtp = { PLAIN, PLAIN },
	  .offer = PLAIN_IN, .offered = PLAIN_OUT,
	  .answer = PLAIN_ANSWER, .answered = "m=audio 30000 RTP/AVP 0\n",
	  .promised = { CLEAR, CLEAR } },
	{ .says = "SAVP to a plain side", .srtp = { OSRTP, PLAIN },
	  .offer = SAVP_IN, .offered = "m=audio 30002 RTP/AVP 0 8\n",
	  .answer = PLAIN_ANSWER,
	  .answered = "m=audio 30000 RTP/SAVP 0\na=crypto:1 " CM80 "inline:{cm 3}\n",
	  .promised = { SDES, CLEAR } },
	{ .says = "SAVP to an OSRTP side that can", .srtp = { OSRTP, OSRTP },
	  .offer = SAVP_IN,
	  .offered = "m=audio 30002 RTP/AVP 0 8\n" OURS(5, 7, 9),
	  .answer = "m=audio 5000 RTP/AVP 0\na=crypto:2 " GCM GCM_A "\n",
	  .answered = "m=audio 30000 RTP/SAVP 0\na=crypto:1 " CM80 "inline:{cm 3}\n",
	  .promised = { SDES, SDES } },
	{ .says = "clear to an OSRTP side that can", .srtp = { OSRTP, OSRTP },
	  .offer = PLAIN_IN,
	  .offered = "m=audio 30002 RTP/AVP 0 8\n" OURS(3, 5, 7) "a=sendrecv\n",
	  .answer = "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\n",
	  .answered = "m=audio 30000 RTP/AVP 0\n", .promised = { CLEAR, SDES } },
	{ .says = "clear to an OSRTP side that cannot", .srtp = { OSRTP, OSRTP },
	  .offer = PLAIN_IN,
	  .offered = "m=audio 30002 RTP/AVP 0 8\n" OURS(3, 5, 7) "a=sendrecv\n",
	  .answer = PLAIN_ANSWER, .answered = "m=audio 30000 RTP/AVP 0\n",
	  .promised = { CLEAR, CLEAR } },
	{ .says = "OSRTP to a plain side", .srtp = { OSRTP, PLAIN },
	  .offer = OSRTP_IN, .offered = "m=audio 30002 RTP/AVP 0 8\n",
	  .answer = PLAIN_ANSWER,
	  .answered = "m=audio 30000 RTP/AVP 0\na=crypto:1 " CM80 "inline:{cm 3}\n",
	  .promised = { SDES, CLEAR } },
	{ .says = "OSRTP from a plain side is answered without crypto", .srtp = { PLAIN, PLAIN },
	  .offer = OSRTP_IN, .offered = "m=audio 30002 RTP/AVP 0 8\n",
	  .answer = PLAIN_ANSWER, .answered = "m=audio 30000 RTP/AVP 0\n",
	  .promised = { CLEAR, CLEAR } },
	{ .says = "SAVP from a plain side is taken all the same", .srtp = { PLAIN, PLAIN },
	  .offer = SAVP_IN, .offered = "m=audio 30002 RTP/AVP 0 8\n",
	  .answer = PLAIN_ANSWER,
	  .answered = "m=audio 30000 RTP/SAVP 0\na=crypto:1 " CM80 "inline:{cm 3}\n",
	  .promised = { SDES, CLEAR } },
	{ .says = "clear to a SAVP side that can", .srtp = { PLAIN, SAVP },
	  .offer = PLAIN_IN,
	  .offered = "m=audio 30002 RTP/SAVP 0 8\n" OURS(3, 5, 7) "a=sendrecv\n",
	  .answer = "m=audio 5000 RTP/SAVP 0\na=crypto:3 " CM32 KEY_B "\n",
	  .answered = "m=audio 30000 RTP/AVP 0\n", .promised = { CLEAR, SDES } },
	{ .says = "clear to a SAVP side that answers clear", .srtp = { PLAIN, SAVP },
	  .offer = PLAIN_IN,
	  .offered = "m=audio 30002 RTP/SAVP 0 8\n" OURS(3, 5, 7) "a=sendrecv\n",
	  .answer = PLAIN_ANSWER, .answered = "m=audio 30000 RTP/AVP 0\n",
	  .promised = { CLEAR, CLEAR } },
	{ .says = "SAVP that is required and accepted", .srtp = { REQUIRE, REQUIRE },
	  .offer = SAVP_IN,
	  .offered = "m=audio 30002 RTP/SAVP 0 8\n" OURS(5, 7, 9),
	  .answer = "m=audio 5000 RTP/SAVP 0\na=crypto:1 " CM80 KEY_B "\n",
	  .answered = "m=audio 30000 RTP/SAVP 0\na=crypto:1 " CM80 "inline:{cm 3}\n",
	  .promised = { SDES, SDES } },
	{ .says = "SAVP that is required and answered clear", .srtp = { PLAIN, REQUIRE },
	  .offer = PLAIN_IN,
	  .offered = "m=audio 30002 RTP/SAVP 0 8\n" OURS(3, 5, 7) "a=sendrecv\n",
	  .answer = PLAIN_ANSWER, .answer_err = -EPERM },
	{ .says = "a clear offer where SRTP is required", .srtp = { REQUIRE, PLAIN },
	  .offer = PLAIN_IN, .offer_err = -EPROTONOSUPPORT },
	{ .says = "an OSRTP offer where SRTP is required", .srtp = { REQUIRE, PLAIN },
	  .offer = OSRTP_IN, .offered = "m=audio 30002 RTP/AVP 0 8\n",
	  .answer = PLAIN_ANSWER,
	  .answered = "m=audio 30000 RTP/AVP 0\na=crypto:1 " CM80 "inline:{cm 3}\n",
	  .promised = { SDES, CLEAR } },
	{ .says = "fax beside the SRTP that is required of the answerer",
	  .srtp = { OSRTP, REQUIRE },
	  .offer = "m=image 4002 udptl t38\n" SAVP_IN,
	  .offered = "m=image 0 udptl t38\nm=audio 30002 RTP/SAVP 0 8\n" OURS(5, 7, 9),
	  .answer = "m=image 0 udptl t38\nm=audio 5000 RTP/SAVP 0\na=crypto:1 " CM80 KEY_B "\n",
	  .answered = "m=image 0 udptl t38\nm=audio 30000 RTP/SAVP 0\n"
		      "a=crypto:1 " CM80 "inline:{cm 3}\n",
	  .promised = { NONE, NONE } },
	{ .says = "fax alone where SRTP is required of the offerer", .srtp = { REQUIRE, PLAIN },
	  .offer = "m=image 4002 udptl t38\n", .offer_err = -EPROTONOSUPPORT },
	{ .says = "the feedback profiles keep their F", .srtp = { OSRTP, SAVP },
	  .offer = "m=video 4000 RTP/AVPF 96\na=rtcp-fb:96 nack\n",
	  .offered = "m=video 30002 RTP/SAVPF 96\n" OURS(3, 5, 7) "a=rtcp-fb:96 nack\n",
	  .answer = "m=video 5000 RTP/SAVPF 96\na=crypto:1 " CM80 KEY_B "\n",
	  .answered = "m=video 30000 RTP/AVPF 96\n", .promised = { CLEAR, SDES } },

	/* ---- which of the offered lines ---- */
	{ .says = "the first line we know is accepted, with its tag", .srtp = { OSRTP, PLAIN },
	  .offer = "m=audio 4000 RTP/SAVP 0\n"
		   "a=crypto:1 AES_XYZ inline:AAAA\n"
		   "a=crypto:02 " CM80 KEY_A " UNENCRYPTED_SRTP\n"
		   "a=crypto:3 " CM80 KEY_A " NEW=1\n"
		   "a=crypto:4 " CM80 "inline:AAAA\n"
		   "a=crypto:5 " CM80 KEY_A "|2^49\n"
		   "a=crypto:6 " CM80 "inline:!!!!\n"
		   "a=crypto:0077 " CM32 KEY_A " -OLD=2\n"
		   "a=crypto:8 " CM80 KEY_B "\n",
	  .offered = "m=audio 30002 RTP/AVP 0\n",
	  .answer = PLAIN_ANSWER,
	  .answered = "m=audio 30000 RTP/SAVP 0\na=crypto:0077 " CM32 "inline:{cm 3}\n",
	  .promised = { SDES, CLEAR } },
	{ .says = "a tag that stands there twice is not accepted", .srtp = { OSRTP, PLAIN },
	  .offer = "m=audio 4000 RTP/SAVP 0\n"
		   "a=crypto:1 " CM80 KEY_A "\na=crypto:01 " CM32 KEY_B "\n"
		   "a=crypto:2 " CM80 KEY_B "\n",
	  .offered = "m=audio 30002 RTP/AVP 0\n",
	  .answer = PLAIN_ANSWER,
	  .answered = "m=audio 30000 RTP/SAVP 0\na=crypto:2 " CM80 "inline:{cm 3}\n",
	  .promised = { SDES, CLEAR } },
	{ .says = "an unpadded GCM key is read, ours is written padded", .srtp = { OSRTP, PLAIN },
	  .offer = "m=audio 4000 RTP/SAVP 0\na=crypto:1 " GCM GCM_A "\n",
	  .offered = "m=audio 30002 RTP/AVP 0\n",
	  .answer = PLAIN_ANSWER,
	  .answered = "m=audio 30000 RTP/SAVP 0\na=crypto:1 " GCM "inline:{gcm 3}\n",
	  .promised = { SDES, CLEAR } },
	{ .says = "SAVP without a line that can be accepted", .srtp = { OSRTP, PLAIN },
	  .offer = "m=audio 4000 RTP/SAVP 0\na=crypto:1 " CM80 KEY_A "|0\n",
	  .offer_err = -EPROTONOSUPPORT },
	{ .says = "SAVP without any line", .srtp = { PLAIN, PLAIN },
	  .offer = "m=audio 4000 RTP/SAVP 0\n", .offer_err = -EPROTONOSUPPORT },
	{ .says = "OSRTP without a line that can be accepted is clear", .srtp = { OSRTP, PLAIN },
	  .offer = "m=audio 4000 RTP/AVP 0\na=crypto:1 " CM80 "inline:AAAA\n",
	  .offered = "m=audio 30002 RTP/AVP 0\n",
	  .answer = PLAIN_ANSWER, .answered = "m=audio 30000 RTP/AVP 0\n",
	  .promised = { CLEAR, CLEAR } },

	/* ---- answers that do not fit ---- */
	{ .says = "crypto that was not offered stays out of the answer", .srtp = { OSRTP, PLAIN },
	  .offer = PLAIN_IN, .offered = PLAIN_OUT,
	  .answer = "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM80 KEY_B "\n",
	  .answered = "m=audio 30000 RTP/AVP 0\n", .promised = { CLEAR, CLEAR } },
	{ .says = "a secure profile that was not offered", .srtp = { OSRTP, PLAIN },
	  .offer = PLAIN_IN, .offered = PLAIN_OUT,
	  .answer = "m=audio 5000 RTP/SAVP 0\na=crypto:1 " CM80 KEY_B "\n",
	  .answer_err = -EBADMSG },
	{ .says = "an answer with a tag that was not offered", .srtp = { PLAIN, OSRTP },
	  .offer = PLAIN_IN,
	  .offered = "m=audio 30002 RTP/AVP 0 8\n" OURS(3, 5, 7) "a=sendrecv\n",
	  .answer = "m=audio 5000 RTP/AVP 0\na=crypto:4 " CM80 KEY_B "\n",
	  .answer_err = -EBADMSG },
	{ .says = "an answer with another suite under our tag", .srtp = { PLAIN, OSRTP },
	  .offer = PLAIN_IN,
	  .offered = "m=audio 30002 RTP/AVP 0 8\n" OURS(3, 5, 7) "a=sendrecv\n",
	  .answer = "m=audio 5000 RTP/AVP 0\na=crypto:1 " CM32 KEY_B "\n",
	  .answer_err = -EBADMSG },
	{ .says = "an answer with two lines", .srtp = { PLAIN, SAVP },
	  .offer = PLAIN_IN,
	  .offered = "m=audio 30002 RTP/SAVP 0 8\n" OURS(3, 5, 7) "a=sendrecv\n",
	  .answer = "m=audio 5000 RTP/SAVP 0\na=crypto:1 " CM80 KEY_B "\n"
		    "a=crypto:3 " CM32 KEY_B "\n",
	  .answer_err = -EBADMSG },
	{ .says = "an answer with a key of the wrong length", .srtp = { PLAIN, REQUIRE },
	  .offer = PLAIN_IN,
	  .offered = "m=audio 30002 RTP/SAVP 0 8\n" OURS(3, 5, 7) "a=sendrecv\n",
	  .answer = "m=audio 5000 RTP/SAVP 0\na=crypto:1 " CM80 "inline:AAAA\n",
	  .answer_err = -EPERM },
	{ .says = "an answer that gives our own key back", .srtp = { PLAIN, SAVP },
	  .offer = PLAIN_IN,
	  .offered = "m=audio 30002 RTP/SAVP 0 8\n" OURS(3, 5, 7) "a=sendrecv\n",
	  .answer = "m=audio 5000 RTP/SAVP 0\na=crypto:1 " CM80 "inline:{cm 3}\n",
	  .answer_err = -EBADMSG },
	{ .says = "an answer with fewer m-lines", .srtp = { PLAIN, PLAIN },
	  .offer = PLAIN_IN "m=video 4002 RTP/AVP 96\n",
	  .offered = PLAIN_OUT "m=video 30006 RTP/AVP 96\n",
	  .answer = PLAIN_ANSWER, .answer_err = -EBADMSG },

	/* ---- number and order of m-lines ---- */
	{ .says = "twin m-lines keep number and order", .srtp = { OSRTP, PLAIN },
	  .offer = SAVP_IN "m=audio 4002 RTP/AVP 0 8\n",
	  .offered = "m=audio 30002 RTP/AVP 0 8\nm=audio 30006 RTP/AVP 0 8\n",
	  .answer = "m=audio 5000 RTP/AVP 0\nm=audio 0 RTP/AVP 0\n",
	  .answered = "m=audio 30000 RTP/SAVP 0\na=crypto:1 " CM80 "inline:{cm 3}\n"
		      "m=audio 0 RTP/AVP 0\n",
	  .promised = { SDES, CLEAR } },
	{ .says = "a line refused here is offered with port 0", .srtp = { OSRTP, PLAIN },
	  .offer = "m=audio 4000 UDP/TLS/RTP/SAVPF 0\na=setup:actpass\n"
		   "a=fingerprint:sha-256 00\nm=audio 4002 RTP/AVP 0\n",
	  .offered = "m=audio 0 RTP/AVPF 0\nm=audio 30002 RTP/AVP 0\n",
	  .answer = "m=audio 0 RTP/AVPF 0\nm=audio 5000 RTP/AVP 0\n",
	  .answered = "m=audio 0 UDP/TLS/RTP/SAVPF 0\nm=audio 30000 RTP/AVP 0\n",
	  .promised = { NONE, NONE } },
	{ .says = "DTLS alone is refused", .srtp = { OSRTP, PLAIN },
	  .offer = "m=audio 4000 UDP/TLS/RTP/SAVP 0\na=fingerprint:sha-256 00\n",
	  .offer_err = -EPROTONOSUPPORT },
	{ .says = "a line that the offerer closed stays closed", .srtp = { OSRTP, PLAIN },
	  .offer = "m=audio 0 RTP/SAVP 0\n" PLAIN_IN,
	  .offered = "m=audio 0 RTP/AVP 0\nm=audio 30002 RTP/AVP 0 8\na=sendrecv\n",
	  .answer = "m=audio 4444 RTP/AVP 0\n" PLAIN_ANSWER,
	  .answered = "m=audio 0 RTP/SAVP 0\nm=audio 30000 RTP/AVP 0\n",
	  .promised = { NONE, NONE } },
	{ .says = "an answer that rejects all goes through", .srtp = { OSRTP, OSRTP },
	  .offer = SAVP_IN, .offered = "m=audio 30002 RTP/AVP 0 8\n" OURS(5, 7, 9),
	  .answer = "m=audio 0 RTP/AVP 0\n", .answered = "m=audio 0 RTP/SAVP 0\n",
	  .promised = { NONE, NONE } },
	{ .says = "T.38 and MSRP keep their own address", .srtp = { OSRTP, PLAIN },
	  .offer = PLAIN_IN "m=image 4002 udptl t38\n"
		   "m=message 2855 TCP/MSRP *\nc=IN IP4 10.9.9.9\n",
	  .offered = PLAIN_OUT "m=image 4002 udptl t38\nc=IN IP4 10.0.0.1\n"
		     "m=message 2855 TCP/MSRP *\nc=IN IP4 10.9.9.9\n",
	  .answer = PLAIN_ANSWER "m=image 6002 udptl t38\nm=message 0 TCP/MSRP *\n",
	  .answered = "m=audio 30000 RTP/AVP 0\nm=image 6002 udptl t38\nc=IN IP4 10.0.0.1\n"
		      "m=message 0 TCP/MSRP *\n",
	  .promised = { CLEAR, CLEAR } },

	/* ---- RTCP ---- */
	{ .says = "rtcp-mux on both sides", .srtp = { PLAIN, PLAIN },
	  .offer = "m=audio 4000 RTP/AVP 0\na=rtcp-mux\n",
	  .offered = "m=audio 30002 RTP/AVP 0\na=rtcp-mux\n",
	  .answer = "m=audio 5000 RTP/AVP 0\na=rtcp-mux\n",
	  .answered = "m=audio 30000 RTP/AVP 0\na=rtcp-mux\n", .promised = { CLEAR, CLEAR } },
	{ .says = "rtcp-mux on the offerer's side alone", .srtp = { PLAIN, PLAIN },
	  .offer = "m=audio 4000 RTP/AVP 0\na=rtcp-mux\na=ptime:20\n",
	  .offered = "m=audio 30002 RTP/AVP 0\na=rtcp-mux\na=ptime:20\n",
	  .answer = "m=audio 5000 RTP/AVP 0\na=rtcp:5009\na=ptime:20\n",
	  .answered = "m=audio 30000 RTP/AVP 0\na=rtcp-mux\na=ptime:20\n",
	  .promised = { CLEAR, CLEAR } },
	{ .says = "rtcp-mux that was not offered", .srtp = { PLAIN, PLAIN },
	  .offer = "m=audio 4000 RTP/AVP 0\na=rtcp:4007 IN IP4 10.0.0.9\n",
	  .offered = "m=audio 30002 RTP/AVP 0\n",
	  .answer = "m=audio 5000 RTP/AVP 0\na=rtcp-mux\n",
	  .answered = "m=audio 30000 RTP/AVP 0\n", .promised = { CLEAR, CLEAR } },

	/* ---- what is dropped and what is not ---- */
	{ .says = "ICE, DTLS and keys of the peer stay behind", .srtp = { PLAIN, PLAIN },
	  .offer = "m=audio 4000/2 RTP/AVP 0\ni=title\nb=AS:64\na=ice-ufrag:x\na=ice-pwd:y\n"
		   "a=candidate:1 1 UDP 1 10.0.0.1 4000 typ host\na=setup:actpass\n"
		   "a=fingerprint:sha-256 00\na=tls-id:z\na=mid:0\na=x-unknown:1\n"
		   "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\n"
		   "a=extmap:2 urn:ietf:params:rtp-hdrext:encrypt urn:x\na=key-mgmt:mikey AA\n"
		   "a=inactive\n?\n\n",
	  .offered = "m=audio 30002 RTP/AVP 0\ni=title\nb=AS:64\na=mid:0\na=x-unknown:1\n"
		     "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\na=inactive\n?\n\n",
	  .answer = PLAIN_ANSWER, .answered = "m=audio 30000 RTP/AVP 0\n",
	  .promised = { CLEAR, CLEAR } },
	{ .says = "hold by direction and by address goes through", .srtp = { OSRTP, PLAIN },
	  .offer = SAVP_IN "c=IN IP4 0.0.0.0\na=sendonly\n",
	  .offered = "m=audio 30002 RTP/AVP 0 8\nc=IN IP4 0.0.0.0\na=sendonly\n",
	  .answer = "m=audio 5000 RTP/AVP 0\na=recvonly\n",
	  .answered = "m=audio 30000 RTP/SAVP 0\na=crypto:1 " CM80 "inline:{cm 3}\na=recvonly\n",
	  .promised = { SDES, CLEAR } },
};

#define SESSION_IN	"v=0\no=alice 77 88 IN IP4 10.0.0.1\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\n"
#define OFFER_HEAD	"v=0\no=- {id 2} 1 IN IP4 198.51.100.1\ns=-\n" \
			"c=IN IP4 198.51.100.1\nt=0 0\n"
#define ANSWER_HEAD	"v=0\no=- {id 1} 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"

static void check_text(const struct ksrtp_buf *out, const char *head, const char *want)
{
	static char expected[8192], together[8192];

	snprintf(together, sizeof(together), "%s%s", head, want);
	fake_expand(together, expected, sizeof(expected));
	assert_int_equal(ksrtp_buf_put((struct ksrtp_buf *)(uintptr_t)out, "", 1), 0);
	assert_string_equal(out->p, expected);
}

static int pass(struct ksrtp_offer *offer, unsigned int side, const char *media,
		struct ksrtp_buf *out)
{
	static char text[8192], together[8192];
	struct ksrtp_offer_message msg = { .side = side, .cseq = 1 };
	const char *why;
	int err;

	snprintf(together, sizeof(together), SESSION_IN "%s", media);
	msg.carrier = side ? KSRTP_OFFER_RESPONSE : KSRTP_OFFER_REQUEST;
	msg.sdp = ksrtp_slice_str(fake_expand(together, text, sizeof(text)));
	err = ksrtp_offer_pass(offer, &msg, out, &why);
	if (err)
		assert_non_null(why);
	return err;
}

static void check_promised(const struct ksrtp_offer *offer, const struct row *row)
{
	struct ksrtp_offer_line line;
	unsigned int side;

	ksrtp_offer_line(offer, 0, &line);
	for (side = 0; side < 2; side++) {
		assert_int_equal(line.side[side].promised, row->promised[side]);
		assert_int_equal(line.side[side].suite != NULL, row->promised[side] == SDES);
	}
}

static void run_row(struct ksrtp_offer *offer, const struct row *row, struct ksrtp_buf *out)
{
	int err = pass(offer, 0, row->offer, out);

	assert_int_equal(err, row->offer_err);
	if (err) {
		assert_int_equal(out->n, 0);
		assert_int_equal(fake_alive(), 0);
		return;
	}
	check_text(out, OFFER_HEAD,
		   row->offered);
	ksrtp_buf_reset(out);
	err = pass(offer, 1, row->answer, out);
	assert_int_equal(err, row->answer_err);
	if (err) {
		assert_int_equal(out->n, 0);
		assert_int_equal(fake.flow[0].changes + fake.flow[1].changes, 0);
		return;
	}
	check_text(out, ANSWER_HEAD,
		   row->answered);
	assert_int_equal(ksrtp_offer_end(offer, 0, 1, true), 0);
	check_promised(offer, row);
}

static void exchange(void **state)
{
	const struct row *row = *state;
	struct ksrtp_offer_policy policy[2] = { 0 };
	struct ksrtp_offer *offer;
	struct ksrtp_buf out;
	unsigned int i;

	fake_reset();
	ksrtp_buf_init(&out, 65536);
	for (i = 0; i < 2; i++) {
		policy[i].srtp = (enum ksrtp_offer_srtp)row->srtp[i];
		assert_int_equal(ksrtp_addr_parse(&policy[i].local,
						  i ? "198.51.100.1" : "192.0.2.1", i ? 12 : 9), 0);
	}
	assert_int_equal(ksrtp_offer_create(&offer, NULL, "call", policy), 0);
	run_row(offer, row, &out);
	ksrtp_offer_destroy(offer);
	ksrtp_buf_free(&out);
	assert_int_equal(fake_alive(), 0);
	assert_int_equal(fake.sessions, 0);
	assert_false(fake.reused);
}

int main(void)
{
	struct CMUnitTest test[ARRAY_SIZE(rows)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		test[i] = (struct CMUnitTest){ .name = rows[i].says, .test_func = exchange,
					       .initial_state = (void *)&rows[i] };
	return cmocka_run_group_tests_name("offer table", test, NULL, NULL);
}
