// SPDX-License-Identifier: GPL-2.0-or-later
/* SIP messages and header values: well-formed, odd but valid, malformed (RFC 3261, 4475). */
#include "tests/unit/sip_assert.h"

#include <errno.h>

#include "daemon/sip/build.h"
#include "daemon/sip/msg.h"

/* The INVITE of RFC 3261 24.2, as the first proxy receives it. */
static const char invite[] =
	"INVITE sip:bob@biloxi.com SIP/2.0\r\n"
	"Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8\r\n"
	"Max-Forwards: 70\r\n"
	"To: Bob <sip:bob@biloxi.com>\r\n"
	"From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
	"Call-ID: a84b4c76e66710\r\n"
	"CSeq: 314159 INVITE\r\n"
	"Contact: <sip:alice@pc33.atlanta.com>\r\n"
	"Content-Type: application/sdp\r\n"
	"Content-Length: 5\r\n"
	"\r\n"
	"v=0\r\n";

/* Odd in every way that is allowed, after the ideas of RFC 4475 3.1.1. */
static const char odd[] =
	"\r\n"
	"!interesting-Method0123456789_*+`.%indeed'~ "
	"sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d"
	"@example.com SIP/2.0\r\n"
	"TO :\r\n"
	" sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\n"
	"from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n"
	"  ;\r\n"
	"  tag = 98asjd8\r\n"
	"MaX-fOrWaRdS: 0068\r\n"
	"Call-ID: wsinv.ndaksdj@192.0.2.1\r\n"
	"cseq: 0009\r\n"
	"  !interesting-Method0123456789_*+`.%indeed'~\r\n"
	"Via  : SIP  /   2.0\r\n"
	" /UDP\r\n"
	"    192.0.2.2 : 5070;branch=390skdjuw;note=\"a,b;c\"\r\n"
	"s :\r\n"
	"NewFangledHeader:   newfangled value\r\n"
	" continued newfangled value\r\n"
	"UnknownHeaderWithUnusualValue: ;;,,;;,;\r\n"
	"Route:\r\n"
	" <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\r\n"
	"v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n"
	"  branch  =   z9hG4bK9ikj8  ,\r\n"
	" SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n"
	" z9hG4bK30239\r\n"
	"m:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com>; newparam =\r\n"
	"      newvalue ;\r\n"
	"  secondparam ; q = 0.33\r\n"
	"l: 0\r\n"
	"\r\n";

static void the_rfc_invite_is_indexed(void **state)
{
	struct ksrtp_msg msg;

	assert_int_equal(ksrtp_msg_parse(ksrtp_slice_str(invite), &msg), 0);
	assert_true(msg.request);
	assert_int_equal(msg.method_id, KSRTP_INVITE);
	assert_slice(msg.uri.text, "sip:bob@biloxi.com");
	assert_slice(msg.uri.user, "bob");
	assert_slice(msg.via.transport, "UDP");
	assert_slice(msg.via.host, "pc33.atlanta.com");
	assert_slice(msg.via.branch, "z9hG4bKnashds8");
	assert_slice(msg.from.display, "Alice");
	assert_slice(msg.from.tag, "1928301774");
	assert_slice(msg.from.uri.host, "atlanta.com");
	assert_null(msg.to.tag.p);
	assert_slice(msg.call_id, "a84b4c76e66710");
	assert_int_equal(msg.cseq.number, 314159);
	assert_int_equal(msg.n, 9);
	assert_slice(msg.body, "v=0\r\n");
	assert_int_equal(msg.head.n + msg.body.n, sizeof(invite) - 1);
	assert_slice(ksrtp_msg_find(&msg, KSRTP_HDR_MAX_FORWARDS)->line, "Max-Forwards: 70\r\n");
	assert_null(ksrtp_msg_find(&msg, KSRTP_HDR_ROUTE));
	assert_null(ksrtp_msg_value(&msg, KSRTP_HDR_ROUTE).p);
}

static void folded_compact_and_spaced_headers_are_read(void **state)
{
	struct ksrtp_cursor cursor;
	struct ksrtp_contact contact;
	struct ksrtp_msg msg;
	struct ksrtp_via via;
	struct slice value;
	uint32_t number;

	assert_int_equal(ksrtp_msg_parse(ksrtp_slice_str(odd), &msg), 0);
	assert_int_equal(msg.method_id, KSRTP_METHOD_OTHER);
	assert_slice(msg.uri.host, "example.com");
	assert_slice(msg.to.tag, "1918181833n");
	assert_slice(msg.to.uri.text, "sip:vivekg@chair-dnrc.example.com");
	assert_slice(msg.from.display, "\"J Rosenberg \\\\\\\"\"");
	assert_slice(msg.from.tag, "98asjd8");
	assert_int_equal(ksrtp_msg_number(&msg, KSRTP_HDR_MAX_FORWARDS, &number), 0);
	assert_int_equal(number, 68);
	assert_int_equal(msg.cseq.number, 9);
	assert_slice(msg.via.host, "192.0.2.2");
	assert_int_equal(msg.via.port, 5070);
	assert_slice(msg.via.branch, "390skdjuw");

	assert_int_equal(ksrtp_msg_count(&msg, KSRTP_HDR_VIA), 3);
	cursor = ksrtp_msg_walk(&msg, KSRTP_HDR_VIA);
	assert_true(ksrtp_msg_next(&cursor, &value));
	assert_true(ksrtp_msg_next(&cursor, &value));
	assert_int_equal(ksrtp_hdr_via(value, &via), 0);
	assert_slice(via.transport, "TCP");
	assert_slice(via.host, "spindle.example.com");
	assert_slice(via.branch, "z9hG4bK9ikj8");
	assert_true(ksrtp_msg_next(&cursor, &value));
	assert_int_equal(ksrtp_hdr_via(value, &via), 0);
	assert_slice(via.branch, "z9hG4bK30239");
	assert_false(ksrtp_msg_next(&cursor, &value));

	assert_int_equal(ksrtp_hdr_contact(ksrtp_msg_value(&msg, KSRTP_HDR_CONTACT), &contact), 0);
	assert_slice(contact.addr.display, "\"Quoted string \\\"\\\"\"");
	assert_int_equal(contact.q, 330);
	assert_slice(ksrtp_msg_find_name(&msg, "newfangledheader")->value,
		     "newfangled value\r\n continued newfangled value");
}

static void responses_are_read(void **state)
{
	static const char ok[] = "SIP/2.0 200 \r\n"
				 "v: SIP/2.0/TLS [2001:db8::1]:5061;branch=z9hG4bK1;rport=1234;"
				 "received=[2001:db8::2]\r\n"
				 "f: <sip:a@b>;tag=1\r\n"
				 "t: <sip:c@d>;tag=2\r\n"
				 "i: x\r\n"
				 "CSeq: 1 REGISTER\r\n"
				 "\r\n";
	struct ksrtp_msg msg;

	assert_int_equal(ksrtp_msg_parse(ksrtp_slice_str(ok), &msg), 0);
	assert_false(msg.request);
	assert_int_equal(msg.status, 200);
	assert_slice(msg.reason, "");
	assert_int_equal(msg.method_id, KSRTP_REGISTER);
	assert_slice(msg.via.host, "2001:db8::1");
	assert_true(msg.via.ipv6);
	assert_int_equal(msg.via.rport, 1234);
	assert_slice(msg.via.received, "2001:db8::2");
	assert_false(msg.answerable);
}

/* Values of RFC 4475's kind that are odd but mean something. */
static void odd_values_are_taken_for_what_they_mean(void **state)
{
	static const struct {
		const char *value, *display, *user, *host;
	} cases[] = {
		{"caller<sip:caller@example.com>;tag=323", "caller", "caller", "example.com"},
		{"Bell, Alexander <sip:a.g.bell@bell-tel.com>", "Bell, Alexander", "a.g.bell",
		 "bell-tel.com"},
		{"<sip:null-%00-null@example.com>", NULL, "null-%00-null", "example.com"},
		{"\"\\\"<sip:x@y>\" <sip:a@b>", "\"\\\"<sip:x@y>\"", "a", "b"},
		{"<sip:user;par=u%40example.net@example.com>", NULL, "user;par=u%40example.net",
		 "example.com"},
		{"sip:a@b;tag=<sip:c@d>", NULL, "a", "b"},
		{"<sip:*97#@b>", NULL, "*97#", "b"},
	};
	static const char utf8[] = "SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe\r\n"
				   "v: SIP/2.0/UDP a\r\nf: <sip:a@b>\r\nt: <sip:c@d>\r\n"
				   "i: x\r\nCSeq: 1 X\r\n\r\n";
	struct ksrtp_nameaddr addr;
	struct ksrtp_msg msg;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(ksrtp_hdr_addr(ksrtp_slice_str(cases[i].value), &addr), 0);
		assert_slice(addr.display, cases[i].display);
		assert_slice(addr.uri.user, cases[i].user);
		assert_slice(addr.uri.host, cases[i].host);
	}
	assert_int_equal(ksrtp_hdr_addr(SLICE("\"Watson\" < sip:t.watson@a >"), &addr), -EINVAL);
	assert_int_equal(ksrtp_msg_parse(ksrtp_slice_str(utf8), &msg), 0);
	assert_slice(msg.reason, "= 2**3 * 5**2 \xd0\xbd\xd0\xbe");
}

/* A whole request around one header line or start line under test. */
static struct ksrtp_msg parse_around(struct ksrtp_buf *text, const char *start, const char *line)
{
	struct ksrtp_msg msg;

	ksrtp_buf_reset(text);
	ksrtp_buf_printf(text,
			 "%s\r\nVia: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\n"
			 "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\n"
			 "CSeq: 1 INVITE\r\n%s\r\n",
			 start, line);
	ksrtp_msg_parse(ksrtp_buf_view(text), &msg);
	return msg;
}

static void malformed_messages_get_a_reason(void **state)
{
	static const struct {
		const char *start, *line;
		int status;
		const char *fault;
	} cases[] = {
		{"INVITE sip:a@b SIP/2.0", "", 0, NULL},
		{"INVITE sip:a@b SIP/2.0", "X: y\r\n", 0, NULL},
		{"INVITE sip:a@b SIP/2.0", "Max-Forwards: 255\r\n", 0, NULL},
		{"INVITE sip:a@b SIP/7.0", "", 505, "Version Not Supported"},
		{"INVITE sip:a@b HTTP/1.1", "", 400, "Malformed Request Line"},
		{"INVITE sip:a@b", "", 400, "Malformed Request Line"},
		{"INVITE  sip:a@b SIP/2.0", "", 400, "Malformed Request Line"},
		{"INVITE sip:a@b  SIP/2.0", "", 400, "Malformed Request Line"},
		{"INVITE sip:a@b SIP/2.0 ", "", 400, "Malformed Request Line"},
		{"INVITE <sip:a@b> SIP/2.0", "", 400, "Malformed Request-URI"},
		{"INVITE sip:a@b?c=d SIP/2.0", "", 400, "Headers in Request-URI"},
		{"INVITE sip:a@b SIP/7.0", "Via: SIP/7.0/UDP a\r\n", 505, "Version Not Supported"},
		{"INVITE sip:a@b SIP/2.0", "Via: SIP/2.0/UDP c;;,\r\n", 0, NULL},
		{"INVITE sip:a@b SIP/2.0", "Via: SIP/2.0/UDP c;;,;\r\n", 400,
		 "Malformed or Missing Via"},
		{"INV{TE sip:a@b SIP/2.0", "", 400, "Malformed Method"},
		{"BYE sip:a@b SIP/2.0", "", 400, "CSeq Method Differs"},
		{"invite sip:a@b SIP/2.0", "", 400, "CSeq Method Differs"},
		{"INVITE sip:a@b SIP/2.0", "Max-Forwards: 256\r\n", 400, "Malformed Max-Forwards"},
		{"INVITE sip:a@b SIP/2.0", "Max-Forwards: -1\r\n", 400, "Malformed Max-Forwards"},
		{"INVITE sip:a@b SIP/2.0", "Max-Forwards:\r\n", 400, "Malformed Max-Forwards"},
		{"INVITE sip:a@b SIP/2.0", "CSeq: 1 INVITE\r\n", 400, "Header Given Twice"},
		{"INVITE sip:a@b SIP/2.0", "f: <sip:e@f>\r\n", 400, "Header Given Twice"},
		{"INVITE sip:a@b SIP/2.0", "i: x\r\n", 400, "Header Given Twice"},
		{"INVITE sip:a@b SIP/2.0", "l: 0\r\nContent-Length: 0\r\n", 400,
		 "Header Given Twice"},
		{"INVITE sip:a@b SIP/2.0", "Content-Length: 1\r\n", 400,
		 "Content-Length Does Not Fit"},
		{"INVITE sip:a@b SIP/2.0", "Content-Length: -999\r\n", 400,
		 "Content-Length Does Not Fit"},
		{"INVITE sip:a@b SIP/2.0", "Content-Length: 99999999999999999999\r\n", 400,
		 "Content-Length Does Not Fit"},
		{"INVITE sip:a@b SIP/2.0", "no colon here\r\n", 400, "Malformed Header"},
		{"INVITE sip:a@b SIP/2.0", ": no name\r\n", 400, "Malformed Header"},
		{"INVITE sip:a@b SIP/2.0", "b@d: name\r\n", 400, "Malformed Header"},
	};
	struct ksrtp_buf text;

	ksrtp_buf_init(&text, 4096);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ksrtp_msg msg = parse_around(&text, cases[i].start, cases[i].line);

		if (msg.fault_status != cases[i].status || !msg.fault != !cases[i].fault ||
		    (msg.fault && strcmp(msg.fault, cases[i].fault)))
			fail_msg("%s / %s: %d %s", cases[i].start, cases[i].line, msg.fault_status,
				 msg.fault ? msg.fault : "accepted");
		assert_true(msg.answerable);
	}
	ksrtp_buf_free(&text);
}

static void malformed_messages_are_answered_or_met_with_silence(void **state)
{
	static const struct {
		const char *text;
		const char *fault;
		bool answerable;
	} cases[] = {
		{"", "Malformed Start Line", false},
		{"\r\n\r\n", "Malformed Start Line", false},
		{"INVITE sip:a@b SIP/2.0", "Malformed Start Line", false},
		{"INVITE sip:a@b SIP/2.0\r\n\r\n", "Malformed or Missing Via", false},
		{"ACK sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP a\r\nf: <sip:a@b>\r\nt: <sip:a@b>\r\n"
		 "i: 1\r\nCSeq: 1 ACK\r\nl: 9\r\n\r\n", "Content-Length Does Not Fit", false},
		{"OPTIONS sip:a@b SIP/2.0\r\nv: SIP/UDP a\r\nf: <sip:a@b>\r\n"
		 "t: <sip:a@b>\r\ni: 1\r\nCSeq: 1 OPTIONS\r\n\r\n", "Malformed or Missing Via",
		 false},
		{"OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP a\r\nf: \"Bell <sip:a@b>\r\n"
		 "t: <sip:a@b>\r\ni: 1\r\nCSeq: 1 OPTIONS\r\n\r\n", "Malformed or Missing From",
		 true},
		{"OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP a\r\nf: <sip:a@b>\r\n"
		 "t: <sip:a@b\r\ni: 1\r\nCSeq: 1 OPTIONS\r\n\r\n", "Malformed or Missing To", true},
		{"OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP a\r\nf: <sip:a@b>\r\n"
		 "t: <sip:a@b>\r\ni: 1 2\r\nCSeq: 1 OPTIONS\r\n\r\n",
		 "Malformed or Missing Call-ID", true},
		{"OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP a\r\nf: <sip:a@b>\r\n"
		 "t: <sip:a@b>\r\ni: 1\r\nCSeq: 2147483648 OPTIONS\r\n\r\n",
		 "Malformed or Missing CSeq", true},
		{"OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP a\r\nf: <sip:a@b>\r\n"
		 "t: <sip:a@b>\r\nCSeq: 1 OPTIONS\r\n\r\n", "Malformed or Missing Call-ID", true},
		{"OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP a\r\n\r\n",
		 "Malformed or Missing From", true},
		{"OPTIONS sip:a@b SIP/2.0\nv: SIP/2.0/UDP a\n\n", "Malformed Start Line", false},
		{"OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP a\r\nf: <sip:a@b>\nt: <sip:a@b>\r\n"
		 "i: 1\r\nCSeq: 1 OPTIONS\r\n\r\n", "Malformed Line End", false},
		{"OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP a\r\nf: <sip:a@b>\rt: <sip:a@b>\r\n"
		 "i: 1\r\nCSeq: 1 OPTIONS\r\n\r\n", "Malformed Line End", false},
		{"SIP/2.0 99 Odd\r\nv: SIP/2.0/UDP a\r\nf: <sip:a@b>\r\n"
		 "t: <sip:a@b>\r\ni: 1\r\nCSeq: 1 OPTIONS\r\n\r\n", "Malformed Status Line", false},
		{"SIP/2.0 4294967301 Odd\r\nv: SIP/2.0/UDP a\r\nf: <sip:a@b>\r\n"
		 "t: <sip:a@b>\r\ni: 1\r\nCSeq: 1 OPTIONS\r\n\r\n", "Malformed Status Line", false},
	};
	const struct ksrtp_reply reply = {.status = 400};
	struct ksrtp_buf out;
	struct ksrtp_msg msg;

	ksrtp_buf_init(&out, 4096);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int err = ksrtp_msg_parse(ksrtp_slice_str(cases[i].text), &msg);

		if (err != -EBADMSG || strcmp(msg.fault, cases[i].fault) ||
		    msg.answerable != cases[i].answerable)
			fail_msg("%zu: %d %s %d", i, err, msg.fault, msg.answerable);
		assert_int_equal(ksrtp_build_response(&msg, &reply, &out),
				 msg.answerable ? 0 : -EINVAL);
		ksrtp_buf_reset(&out);
	}
	ksrtp_buf_free(&out);
}

static void a_bare_nul_or_too_many_headers_end_the_message(void **state)
{
	static const char nul[] = "OPTIONS sip:a@b SIP/2.0\r\nX: a\0b\r\n\r\n";
	static const char bare[] = "OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP a\r\nf: <sip:a@b>\r\n"
				   "t: \"\" \\\0 <sip:a@b>\r\ni: 1\r\nCSeq: 1 OPTIONS\r\n\r\n";
	static const char pair[] = "OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP a\r\nf: <sip:a@b>\r\n"
				   "t: \"\\\0\" <sip:a@b>\r\ni: 1\r\nCSeq: 1 OPTIONS\r\n\r\n";
	const struct ksrtp_reply reply = {.status = 400, .to_tag = SLICE("tag")};
	struct ksrtp_buf text;
	struct ksrtp_msg msg;

	assert_int_equal(ksrtp_msg_parse(ksrtp_slice_of(nul, sizeof(nul) - 1), &msg), -EBADMSG);
	assert_string_equal(msg.fault, "Malformed Line End");
	assert_int_equal(ksrtp_msg_parse(ksrtp_slice_of(bare, sizeof(bare) - 1), &msg), -EBADMSG);
	assert_string_equal(msg.fault, "Malformed Header");

	ksrtp_buf_init(&text, KSRTP_MSG_MAX * 2);
	assert_int_equal(ksrtp_msg_parse(ksrtp_slice_of(pair, sizeof(pair) - 1), &msg), 0);
	assert_int_equal(ksrtp_build_response(&msg, &reply, &text), 0);
	assert_non_null(memmem(text.p, text.n, "To: \"\\\0\" <sip:a@b>;tag=tag\r\n", 28));
	msg = parse_around(&text, "INVITE sip:a@b SIP/2.0", "");
	for (int fits = 1; fits >= 0; fits--) {
		ksrtp_buf_reset(&text);
		ksrtp_buf_str(&text, "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n"
				     "f: <sip:a@b>\r\nt: <sip:c@d>\r\ni: x\r\nCSeq: 1 INVITE\r\n");
		for (size_t i = 5; i < KSRTP_MSG_HEADERS + (fits ? 0 : 1); i++)
			ksrtp_buf_str(&text, "Via: SIP/2.0/UDP b\r\n");
		ksrtp_buf_str(&text, "\r\n");
		assert_int_equal(ksrtp_msg_parse(ksrtp_buf_view(&text), &msg),
				 fits ? 0 : -EBADMSG);
		assert_int_equal(msg.answerable, fits);
	}
	ksrtp_buf_reset(&text);
	ksrtp_buf_str(&text, invite);
	while (text.n <= KSRTP_MSG_MAX)
		ksrtp_buf_str(&text, "more body\r\n");
	assert_int_equal(ksrtp_msg_parse(ksrtp_buf_view(&text), &msg), -EBADMSG);
	ksrtp_buf_free(&text);
}

static void datagrams_end_where_content_length_says(void **state)
{
	struct ksrtp_buf text;
	struct ksrtp_msg msg;

	ksrtp_buf_init(&text, 4096);
	ksrtp_buf_str(&text, invite);
	ksrtp_buf_str(&text, "noise behind it");
	assert_int_equal(ksrtp_msg_parse(ksrtp_buf_view(&text), &msg), 0);
	assert_slice(msg.body, "v=0\r\n");
	assert_int_equal(msg.raw.n, sizeof(invite) - 1);
	ksrtp_buf_free(&text);
}

static void streams_are_cut_at_every_byte(void **state)
{
	struct ksrtp_frame frame = {0};
	struct slice in;

	for (size_t n = 0; n < sizeof(invite) - 1; n++)
		assert_int_equal(ksrtp_msg_frame(ksrtp_slice_of(invite, n), false, &frame),
				 KSRTP_FRAME_MORE);
	assert_int_equal(ksrtp_msg_frame(ksrtp_slice_str(invite), false, &frame),
			 KSRTP_FRAME_MESSAGE);
	assert_int_equal(frame.used, sizeof(invite) - 1);

	in = SLICE("\r\n\r\nOPTIONS");
	frame = (struct ksrtp_frame){0};
	assert_int_equal(ksrtp_msg_frame(ksrtp_slice_head(in, 1), false, &frame), KSRTP_FRAME_MORE);
	assert_int_equal(ksrtp_msg_frame(ksrtp_slice_head(in, 2), false, &frame), KSRTP_FRAME_MORE);
	assert_int_equal(ksrtp_msg_frame(ksrtp_slice_head(in, 3), false, &frame), KSRTP_FRAME_MORE);
	assert_int_equal(ksrtp_msg_frame(ksrtp_slice_head(in, 2), true, &frame), KSRTP_FRAME_PONG);
	assert_int_equal(frame.used, 2);
	frame = (struct ksrtp_frame){0};
	assert_int_equal(ksrtp_msg_frame(in, false, &frame), KSRTP_FRAME_PING);
	assert_int_equal(frame.used, 4);
	frame = (struct ksrtp_frame){0};
	assert_int_equal(ksrtp_msg_frame(ksrtp_slice_from(in, 2), false, &frame),
			 KSRTP_FRAME_PONG);
	assert_int_equal(frame.used, 2);
}

static void streams_out_of_step_are_found(void **state)
{
	static const struct {
		const char *text;
		const char *fault;
	} cases[] = {
		{"OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/TCP a\r\n\r\n", "Missing Content-Length"},
		{"OPTIONS sip:a@b SIP/2.0\r\nl: 5\r\nContent-Length: 5\r\n\r\n",
		 "Header Given Twice"},
		{"OPTIONS sip:a@b SIP/2.0\r\nl: five\r\n\r\n", "Malformed Content-Length"},
		{"OPTIONS sip:a@b SIP/2.0\r\nl: -5\r\n\r\n", "Malformed Content-Length"},
		{"OPTIONS sip:a@b SIP/2.0\r\nl: 65536\r\n\r\n", "Message Too Large"},
		{"OPTIONS sip:a@b SIP/2.0\r\nl: 18446744073709551617\r\n\r\n", "Message Too Large"},
		{"OPTIONS sip:a@b SIP/2.0\r\nX: a\nl: 5\r\n\r\n", "Malformed Line End"},
	};
	struct ksrtp_frame frame;
	struct ksrtp_buf text;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		frame = (struct ksrtp_frame){0};
		assert_int_equal(ksrtp_msg_frame(ksrtp_slice_str(cases[i].text), false, &frame),
				 KSRTP_FRAME_BAD);
		assert_string_equal(frame.fault, cases[i].fault);
		assert_int_equal(frame.used, strlen(cases[i].text));
	}
	frame = (struct ksrtp_frame){0};
	ksrtp_buf_init(&text, KSRTP_MSG_MAX);
	while (text.n < KSRTP_MSG_MAX)
		ksrtp_buf_put(&text, "x", 1);
	assert_int_equal(ksrtp_msg_frame(ksrtp_slice_head(ksrtp_buf_view(&text), text.n - 1), false,
					 &frame), KSRTP_FRAME_MORE);
	assert_int_equal(ksrtp_msg_frame(ksrtp_buf_view(&text), false, &frame), KSRTP_FRAME_BAD);
	assert_int_equal(frame.used, 0);
	ksrtp_buf_free(&text);
}

static void header_names_have_ids(void **state)
{
	for (unsigned int id = 0; id < KSRTP_HDR_COUNT; id++)
		assert_int_equal(ksrtp_hdr_id(ksrtp_slice_str(ksrtp_hdr_name(id))), id);
	assert_int_equal(ksrtp_hdr_id(SLICE("v")), KSRTP_HDR_VIA);
	assert_int_equal(ksrtp_hdr_id(SLICE("L")), KSRTP_HDR_CONTENT_LENGTH);
	assert_int_equal(ksrtp_hdr_id(SLICE("CALL-id")), KSRTP_HDR_CALL_ID);
	assert_int_equal(ksrtp_hdr_id(SLICE("X-Via")), KSRTP_HDR_OTHER);
	assert_null(ksrtp_hdr_name(KSRTP_HDR_OTHER));
}

static void contacts_are_read(void **state)
{
	struct ksrtp_contact contact;
	struct slice list = SLICE("\"Mr. Watson, <come>\" <sip:watson@a.com;lr,x> ;q=0.7; "
				  "expires=3600, <sip:b@c>;+sip.instance=\"<urn:uuid:0;1,2>\";"
				  "reg-id=1;ob, sip:d@e;q=1.5;expires=soon");
	struct slice item;

	assert_true(ksrtp_lex_item(&list, &item));
	assert_int_equal(ksrtp_hdr_contact(item, &contact), 0);
	assert_slice(contact.addr.display, "\"Mr. Watson, <come>\"");
	assert_slice(contact.addr.target, "<sip:watson@a.com;lr,x>");
	assert_slice(contact.addr.uri.params, "lr,x");
	assert_int_equal(contact.q, 700);
	assert_int_equal(contact.expires, 3600);
	assert_int_equal(contact.reg_id, KSRTP_HDR_NO_NUMBER);

	assert_true(ksrtp_lex_item(&list, &item));
	assert_int_equal(ksrtp_hdr_contact(item, &contact), 0);
	assert_slice(contact.instance, "<urn:uuid:0;1,2>");
	assert_int_equal(contact.reg_id, 1);
	assert_int_equal(contact.expires, KSRTP_HDR_NO_NUMBER);

	assert_true(ksrtp_lex_item(&list, &item));
	assert_int_equal(ksrtp_hdr_contact(item, &contact), 0);
	assert_slice(contact.addr.uri.text, "sip:d@e");
	assert_null(contact.addr.uri.params.p);
	assert_int_equal(contact.q, 1000);
	assert_int_equal(contact.expires, 3600);
	assert_false(ksrtp_lex_item(&list, &item));

	/* An escaped quote does not end a quoted string; a bracket in a parameter opens nothing. */
	list = SLICE("\"a \\\", b\" <sip:c@d>, sip:e@f;x=<y>");
	assert_true(ksrtp_lex_item(&list, &item));
	assert_int_equal(ksrtp_hdr_contact(item, &contact), 0);
	assert_slice(contact.addr.display, "\"a \\\", b\"");
	assert_true(ksrtp_lex_item(&list, &item));
	assert_int_equal(ksrtp_hdr_contact(item, &contact), 0);
	assert_slice(contact.addr.uri.text, "sip:e@f");
	assert_slice(contact.addr.params, ";x=<y>");

	assert_int_equal(ksrtp_hdr_contact(SLICE(" * "), &contact), 0);
	assert_true(contact.star);
	assert_int_equal(ksrtp_hdr_contact(SLICE("<sip:a@b"), &contact), -EINVAL);
	assert_int_equal(ksrtp_hdr_contact(SLICE("<sip:a@b> x"), &contact), -EINVAL);
	assert_int_equal(ksrtp_hdr_contact(SLICE("\"x <sip:a@b>"), &contact), -EINVAL);
}

static void credentials_are_read(void **state)
{
	struct ksrtp_auth auth;
	struct slice value = SLICE(
		"Digest username=\"Mufasa, \\\"x\\\"\",\r\n realm=\"a\",nonce=\"n\", "
		"uri=\"sip:b\" ,qop=auth-int, nc=00000001,response=\"r\", opaque=\"\",x=y");

	assert_int_equal(ksrtp_hdr_auth(value, &auth), 0);
	assert_slice(auth.scheme, "Digest");
	assert_slice(auth.username, "Mufasa, \\\"x\\\"");
	assert_slice(auth.uri, "sip:b");
	assert_slice(auth.qop, "auth-int");
	assert_slice(auth.qop_text, "qop=auth-int");
	assert_slice(auth.nc, "00000001");
	assert_slice(auth.opaque, "");
	assert_null(auth.cnonce.p);
	assert_int_equal(ksrtp_hdr_auth(SLICE("Bearer abc"), &auth), 0);
	assert_slice(auth.scheme, "Bearer");
	assert_int_equal(ksrtp_hdr_auth(SLICE("Digest realm=\"a\", realm=\"b\""), &auth), -EINVAL);
	assert_int_equal(ksrtp_hdr_auth(SLICE(""), &auth), -EINVAL);
}

static void small_headers_are_read(void **state)
{
	struct ksrtp_media_type type;
	struct ksrtp_buf text;
	struct ksrtp_msg msg;
	uint32_t number;

	assert_int_equal(ksrtp_hdr_number(SLICE(" 120 (maintenance);duration=60"), &number), 0);
	assert_int_equal(number, 120);
	assert_int_equal(ksrtp_hdr_number(SLICE("99999999999999999999"), &number), 0);
	assert_int_equal(number, UINT32_MAX - 1);
	assert_int_equal(ksrtp_hdr_number(SLICE("4294967295"), &number), 0);
	assert_int_equal(number, UINT32_MAX - 1);
	assert_int_equal(ksrtp_hdr_number(SLICE("1x"), &number), -EINVAL);
	assert_int_equal(ksrtp_hdr_media_type(SLICE("multipart/mixed; boundary=\"a;b\""), &type),
			 0);
	assert_slice(type.type, "multipart");
	assert_slice(type.subtype, "mixed");
	assert_slice(type.params, "; boundary=\"a;b\"");
	assert_int_equal(ksrtp_hdr_media_type(SLICE("application"), &type), -EINVAL);

	ksrtp_buf_init(&text, 4096);
	msg = parse_around(&text, "INVITE sip:a@b SIP/2.0",
			   "Require: 100rel, timer\r\nk: path\r\nRequire: \r\nRequire: x\r\n");
	assert_true(ksrtp_msg_has_option(&msg, KSRTP_HDR_REQUIRE, "Timer"));
	assert_true(ksrtp_msg_has_option(&msg, KSRTP_HDR_REQUIRE, "x"));
	assert_false(ksrtp_msg_has_option(&msg, KSRTP_HDR_REQUIRE, "path"));
	assert_true(ksrtp_msg_has_option(&msg, KSRTP_HDR_SUPPORTED, "path"));
	assert_int_equal(ksrtp_msg_count(&msg, KSRTP_HDR_REQUIRE), 3);
	ksrtp_buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfc_invite_is_indexed),
		cmocka_unit_test(folded_compact_and_spaced_headers_are_read),
		cmocka_unit_test(responses_are_read),
		cmocka_unit_test(odd_values_are_taken_for_what_they_mean),
		cmocka_unit_test(malformed_messages_get_a_reason),
		cmocka_unit_test(malformed_messages_are_answered_or_met_with_silence),
		cmocka_unit_test(a_bare_nul_or_too_many_headers_end_the_message),
		cmocka_unit_test(datagrams_end_where_content_length_says),
		cmocka_unit_test(streams_are_cut_at_every_byte),
		cmocka_unit_test(streams_out_of_step_are_found),
		cmocka_unit_test(header_names_have_ids),
		cmocka_unit_test(contacts_are_read),
		cmocka_unit_test(credentials_are_read),
		cmocka_unit_test(small_headers_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
