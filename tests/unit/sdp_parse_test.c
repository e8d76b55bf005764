// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading session descriptions: lines, m-lines, addresses, caps. RFC 8866, 3605, 5761, 3264.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sdp/crypto.h"
#include "daemon/sdp/edit.h"
#include "daemon/sdp/parse.h"

#define HEAD "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\n"

static struct ksrtp_sdp parsed(const char *text)
{
	struct ksrtp_sdp sdp;

	assert_int_equal(ksrtp_sdp_parse(&sdp, ksrtp_slice_str(text)), 0);
	return sdp;
}

static void check_slice(struct slice s, const char *want)
{
	assert_int_equal(s.n, strlen(want));
	assert_memory_equal(s.p, want, s.n);
}

static void lines_and_media(void **state)
{
	struct ksrtp_sdp sdp = parsed(HEAD "a=group:LS 1 2\r\nm=audio 4000/2 RTP/AVP 0 8 101\r\n"
				      "a=rtpmap:0 PCMU/8000\r\na=ptime:20 \r\n"
				      "m=video 0 RTP/SAVPF 96\r\n");

	assert_int_equal(sdp.n_media, 2);
	assert_int_equal(sdp.session_end, 4);
	check_slice(sdp.media[0].kind, "audio");
	check_slice(sdp.media[0].port_text, "4000/2");
	check_slice(sdp.media[0].formats, "0 8 101");
	assert_int_equal(sdp.media[0].port, 4000);
	assert_int_equal(sdp.media[0].proto, KSRTP_SDP_RTP);
	assert_false(sdp.media[0].feedback);
	assert_int_equal(sdp.media[1].port, 0);
	assert_int_equal(sdp.media[1].proto, KSRTP_SDP_SAVP);
	assert_true(sdp.media[1].feedback);
	check_slice(ksrtp_sdp_attr(&sdp, 0, "rtpmap", NULL)->arg, "0 PCMU/8000");
	assert_null(ksrtp_sdp_attr(&sdp, 1, "rtpmap", NULL));
	assert_null(ksrtp_sdp_attr(&sdp, 0, "group", NULL));
	check_slice(ksrtp_sdp_attr(&sdp, KSRTP_SDP_SESSION, "group", NULL)->arg, "LS 1 2");
	assert_null(ksrtp_sdp_attr(&sdp, KSRTP_SDP_SESSION, "ptime", NULL));
	ksrtp_sdp_free(&sdp);
}

static void transports(void **state)
{
	static const struct {
		const char *text;
		enum ksrtp_sdp_proto proto;
		bool feedback;
	} row[] = {
		{ "RTP/AVP", KSRTP_SDP_RTP, false },
		{ "rtp/avpf", KSRTP_SDP_RTP, true },
		{ "RTP/SAVP", KSRTP_SDP_SAVP, false },
		{ "RTP/SAVPF", KSRTP_SDP_SAVP, true },
		{ "UDP/TLS/RTP/SAVP", KSRTP_SDP_DTLS, false },
		{ "UDP/TLS/RTP/SAVPF", KSRTP_SDP_DTLS, true },
		{ "udptl", KSRTP_SDP_OTHER_UDP, false },
		{ "UDPTL", KSRTP_SDP_OTHER_UDP, false },
		{ "UDP/DTLS/SCTP", KSRTP_SDP_OTHER_UDP, false },
		{ "TCP/RTP/AVP", KSRTP_SDP_OTHER, false },
		{ "TCP/MSRP", KSRTP_SDP_OTHER, false },
		{ "RTP/AVPX", KSRTP_SDP_OTHER, false },
	};
	char text[200];
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct ksrtp_sdp sdp;

		snprintf(text, sizeof(text), HEAD "m=audio 9 %s 0\r\n", row[i].text);
		sdp = parsed(text);
		assert_int_equal(sdp.media[0].proto, row[i].proto);
		assert_int_equal(sdp.media[0].feedback, row[i].feedback);
		ksrtp_sdp_free(&sdp);
	}
}

static void addresses(void **state)
{
	struct ksrtp_sdp sdp = parsed(HEAD "c=IN IP4 10.0.0.1\r\n"
				      "m=audio 4000 RTP/AVP 0\r\n"
				      "m=audio 4002 RTP/AVP 0\r\nc=IN IP6 2001:db8::1/3\r\n"
				      "a=rtcp:5000\r\n"
				      "m=audio 4004 RTP/AVP 0\r\na=rtcp:53020 IN IP6 ::2\r\n"
				      "m=audio 65535 RTP/AVP 0\r\nc=ATM NSAP x\r\n"
				      "m=audio 1 RTP/AVP 0\r\na=rtcp:x\r\nc=IN IP4\r\n");
	struct ksrtp_sdp_where w;

	assert_int_equal(ksrtp_sdp_rtp(&sdp, 0, &w), 0);
	check_slice(w.address, "10.0.0.1");
	assert_int_equal(w.family, 4);
	assert_int_equal(w.port, 4000);
	assert_int_equal(ksrtp_sdp_rtcp(&sdp, 0, &w), 0);
	assert_int_equal(w.port, 4001);
	assert_int_equal(ksrtp_sdp_rtp(&sdp, 1, &w), 0);
	check_slice(w.address, "2001:db8::1");
	assert_int_equal(w.family, 6);
	assert_int_equal(ksrtp_sdp_rtcp(&sdp, 1, &w), 0);
	check_slice(w.address, "2001:db8::1");
	assert_int_equal(w.port, 5000);
	assert_int_equal(ksrtp_sdp_rtcp(&sdp, 2, &w), 0);
	check_slice(w.address, "::2");
	assert_int_equal(w.port, 53020);
	assert_int_equal(ksrtp_sdp_rtp(&sdp, 3, &w), 0);
	assert_int_equal(w.family, 0);
	assert_int_equal(ksrtp_sdp_rtcp(&sdp, 3, &w), 0);
	assert_int_equal(w.port, 0);
	assert_int_equal(ksrtp_sdp_rtp(&sdp, 4, &w), -EBADMSG);
	ksrtp_sdp_free(&sdp);
}

static void directions(void **state)
{
	struct ksrtp_sdp sdp = parsed(HEAD "a=recvonly\r\nm=audio 1 RTP/AVP 0\r\n"
				      "m=audio 1 RTP/AVP 0\r\na=sendonly\r\n"
				      "m=audio 1 RTP/AVP 0\r\na=inactive\r\n"
				      "m=audio 1 RTP/AVP 0\r\na=sendrecv\r\n");
	struct ksrtp_sdp bare = parsed(HEAD "m=audio 1 RTP/AVP 0\r\n");

	assert_int_equal(ksrtp_sdp_direction(&sdp, 0), KSRTP_SDP_RECVONLY);
	assert_int_equal(ksrtp_sdp_direction(&sdp, 1), KSRTP_SDP_SENDONLY);
	assert_int_equal(ksrtp_sdp_direction(&sdp, 2), KSRTP_SDP_INACTIVE);
	assert_int_equal(ksrtp_sdp_direction(&sdp, 3), KSRTP_SDP_SENDRECV);
	assert_int_equal(ksrtp_sdp_direction(&bare, 0), KSRTP_SDP_SENDRECV);
	ksrtp_sdp_free(&sdp);
	ksrtp_sdp_free(&bare);
}

static void caps(void **state)
{
	char *text = malloc(80000);
	struct ksrtp_sdp sdp;
	unsigned int i;
	size_t n;

	assert_non_null(text);
	n = (size_t)sprintf(text, "%s", HEAD);
	for (i = 0; i < KSRTP_SDP_MEDIA_MAX; i++)
		n += (size_t)sprintf(text + n, "m=audio 1 RTP/AVP 0\r\n");
	sdp = parsed(text);
	assert_int_equal(sdp.n_media, KSRTP_SDP_MEDIA_MAX);
	ksrtp_sdp_free(&sdp);
	sprintf(text + n, "m=audio 1 RTP/AVP 0\r\n");
	assert_int_equal(ksrtp_sdp_parse(&sdp, ksrtp_slice_str(text)), -E2BIG);
	n = (size_t)sprintf(text, "%s", HEAD);
	for (i = 0; i < KSRTP_SDP_LINES_MAX; i++)
		n += (size_t)sprintf(text + n, "a=x\n");
	assert_int_equal(ksrtp_sdp_parse(&sdp, ksrtp_slice_str(text)), -E2BIG);
	n = (size_t)sprintf(text, "%sa=x:", HEAD);
	memset(text + n, 'y', KSRTP_SDP_BYTES_MAX - n);
	assert_int_equal(ksrtp_sdp_parse(&sdp, ksrtp_slice_of(text, KSRTP_SDP_BYTES_MAX)), 0);
	ksrtp_sdp_free(&sdp);
	text[KSRTP_SDP_BYTES_MAX] = 'y';
	assert_int_equal(ksrtp_sdp_parse(&sdp, ksrtp_slice_of(text, KSRTP_SDP_BYTES_MAX + 1)),
			 -E2BIG);
	free(text);
}

static void what_is_no_description(void **state)
{
	static const char nul[] = "v=0\r\no=x\r\na=\0\r\n";
	static const char *const text[] = {
		"", "\r\n", "o=x\r\nv=0\r\n", "v=0\r\n", "v=0\r\no=\r\n",
		"v=0\r\nm=audio 1 RTP/AVP 0\r\no=x\r\n", HEAD "m=\r\n", HEAD "m=audio 1\r\n",
		HEAD "m=audio -1 RTP/AVP 0\r\n", HEAD "m=audio 65536 RTP/AVP 0\r\n",
		HEAD "m=audio /1 RTP/AVP 0\r\n",
	};
	struct ksrtp_sdp sdp;
	size_t i;

	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		assert_int_equal(ksrtp_sdp_parse(&sdp, ksrtp_slice_str(text[i])), -EBADMSG);
	assert_int_equal(ksrtp_sdp_parse(&sdp, ksrtp_slice_of(nul, sizeof(nul) - 1)), -EBADMSG);
}

/* No edit, no change: odd lines, line ends and all. */
static void unedited_is_byte_for_byte(void **state)
{
	static const char text[] = "v=0\no=- 1 1 IN IP4 h\r\n?\n\nhello\r\r\na\n=\n"
				   "m=audio 1 RTP/AVP\na=x:\x80\xff\nz=";
	struct ksrtp_sdp sdp = parsed(text);
	struct ksrtp_sdp_edit edit;
	struct ksrtp_buf out;

	ksrtp_buf_init(&out, 1000);
	ksrtp_sdp_edit_init(&edit, &sdp);
	assert_int_equal(ksrtp_splice_apply(&edit.splice, &out), 0);
	check_slice(ksrtp_buf_view(&out), text);
	ksrtp_sdp_edit_destroy(&edit);
	ksrtp_buf_free(&out);
	ksrtp_sdp_free(&sdp);
}

/* The lines in between two edits stay too. */
static void edits_touch_their_lines_alone(void **state)
{
	struct ksrtp_sdp sdp = parsed("v=0\no=bob 7 9 IN IP4 h\ns= a  b \n"
				      "c=IN IP4 10.0.0.1/127\nt=0 0\na=ice-lite\na=x\n"
				      "m=audio 4000 RTP/AVP 0\nc=IN IP6 0:0::0\n"
				      "b=AS:1\na=crypto:1 x\na=y\nm=audio 1 TCP/X *");
	struct ksrtp_sdp_edit edit;
	struct ksrtp_buf out;

	ksrtp_buf_init(&out, 1000);
	ksrtp_sdp_edit_init(&edit, &sdp);
	ksrtp_sdp_edit_origin(&edit, 5, 1, "192.0.2.1");
	ksrtp_sdp_edit_connection(&edit, KSRTP_SDP_SESSION, "2001:db8::1");
	ksrtp_sdp_edit_strip(&edit, KSRTP_SDP_SESSION);
	ksrtp_sdp_edit_connection(&edit, 0, "192.0.2.1");
	ksrtp_sdp_edit_media(&edit, 0, 30000, "RTP/SAVP");
	ksrtp_sdp_edit_strip(&edit, 0);
	ksrtp_sdp_edit_add(&edit, 0, "one");
	ksrtp_sdp_edit_add(&edit, 0, "two");
	ksrtp_sdp_edit_pin(&edit, 1);
	ksrtp_sdp_edit_origin(&edit, 5, 2, "192.0.2.1");
	assert_int_equal(ksrtp_splice_apply(&edit.splice, &out), 0);
	check_slice(ksrtp_buf_view(&out),
		    "v=0\no=- 5 2 IN IP4 192.0.2.1\ns= a  b \nc=IN IP6 2001:db8::1\nt=0 0\na=x\n"
		    "m=audio 30000 RTP/SAVP 0\nc=IN IP4 0.0.0.0\nb=AS:1\na=one\na=two\na=y\n"
		    "m=audio 1 TCP/X *\nc=IN IP4 10.0.0.1/127");
	ksrtp_sdp_edit_destroy(&edit);
	ksrtp_buf_free(&out);
	ksrtp_sdp_free(&sdp);
}

static void crypto_lines_sorted_out(void **state)
{
	static const char key[] = "inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd";
	struct ksrtp_sdp_crypto crypto;
	struct ksrtp_sdp sdp;
	char text[8000];
	unsigned int i;
	int n;

	n = sprintf(text, HEAD "m=audio 1 RTP/SAVP 0\r\na=crypto\r\na=crypto:7 bad\r\n"
		    "a=crypto:7 AES_CM_128_HMAC_SHA1_80 %s\r\n", key);
	for (i = 1; i <= 20; i++)
		n += sprintf(text + n, "a=crypto:%u AES_CM_128_HMAC_SHA1_80 %s\r\n", 100 + i, key);
	sdp = parsed(text);
	assert_int_equal(ksrtp_sdp_crypto_parse(&crypto, &sdp, 0), 0);
	assert_int_equal(crypto.seen, 23);
	assert_int_equal(crypto.wrong, KSRTP_SDES_TAG);
	/* Of 16 looked at two are malformed, and the third shares a tag with one of them. */
	assert_int_equal(crypto.n, 13);
	assert_int_equal(crypto.line[0].tag, 101);
	ksrtp_sdp_crypto_free(&crypto);
	assert_int_equal(ksrtp_sdp_crypto_parse(&crypto, &sdp, 0), 0);
	ksrtp_sdp_crypto_free(&crypto);
	ksrtp_sdp_free(&sdp);
}

int main(void)
{
	static const struct CMUnitTest test[] = {
		cmocka_unit_test(lines_and_media),
		cmocka_unit_test(transports),
		cmocka_unit_test(addresses),
		cmocka_unit_test(directions),
		cmocka_unit_test(caps),
		cmocka_unit_test(what_is_no_description),
		cmocka_unit_test(unedited_is_byte_for_byte),
		cmocka_unit_test(edits_touch_their_lines_alone),
		cmocka_unit_test(crypto_lines_sorted_out),
	};

	return cmocka_run_group_tests_name("sdp", test, NULL, NULL);
}
