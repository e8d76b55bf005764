// SPDX-License-Identifier: GPL-2.0-or-later
/* Edits as splices, byte for byte, and the messages built from others. */
#include "tests/unit/sip_assert.h"

#include <errno.h>

#include "daemon/sip/build.h"
#include "daemon/sip/patch.h"

static const char request[] =
	"INVITE sip:bob@biloxi.com SIP/2.0\r\n"
	"v:SIP/2.0/UDP pc33.atlanta.com:5066;rport;branch=z9hG4bK776asdhds,\r\n"
	"\tSIP/2.0/UDP inner.example;branch=z9hG4bK1\r\n"
	"Via:   SIP/2.0/TCP innermost.example\r\n"
	"mAx-FoRwArDs :  70  \r\n"
	"Route: <sip:p1.example;lr>,<sip:p2.example;lr>  , \"A, B\" <sip:p3.example;lr>\r\n"
	"Route: <sip:p4.example;lr>\r\n"
	"To: Bob <sip:bob@biloxi.com>\r\n"
	"From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
	"Call-ID: a84b4c76e66710@pc33.atlanta.com\r\n"
	"CSeq: 314159 INVITE\r\n"
	"m: \"Alice\" <sip:alice@pc33.atlanta.com>;+sip.instance=\"<urn:x>\" , sip:a@b;q=0.1\r\n"
	"X-Odd : \t  kept\r\n"
	"   as it is\r\n"
	"c: application/sdp\r\n"
	"l:   5\r\n"
	"\r\n"
	"v=0\r\n";

struct edit {
	struct ksrtp_msg msg;
	struct ksrtp_splice list;
	struct ksrtp_buf out;
};

static int setup(void **state)
{
	struct edit *edit = malloc(sizeof(*edit));

	assert_non_null(edit);
	assert_int_equal(ksrtp_msg_parse(ksrtp_slice_str(request), &edit->msg), 0);
	ksrtp_splice_init(&edit->list, edit->msg.raw);
	ksrtp_buf_init(&edit->out, KSRTP_MSG_MAX);
	*state = edit;
	return 0;
}

static int teardown(void **state)
{
	struct edit *edit = *state;

	ksrtp_splice_destroy(&edit->list);
	ksrtp_buf_free(&edit->out);
	free(edit);
	return 0;
}

/* The result is the request with @old once replaced by @new, and every other byte as it was. */
static void expect(struct edit *edit, const char *old, const char *new)
{
	const char *at = strstr(request, old);
	char expected[4096];

	assert_non_null(at);
	assert_int_equal(ksrtp_splice_apply(&edit->list, &edit->out), 0);
	snprintf(expected, sizeof(expected), "%.*s%s%s", (int)(at - request), request, new,
		 at + strlen(old));
	assert_buf(&edit->out, expected);
	ksrtp_splice_destroy(&edit->list);
}

static void nothing_edited_nothing_changed(void **state)
{
	expect(*state, "", "");
}

static void vias_are_pushed_and_popped(void **state)
{
	struct edit *edit = *state;

	ksrtp_patch_via_push(&edit->list, &edit->msg, SLICE("SIP/2.0/TLS us;branch=z9hG4bKx"));
	expect(edit, "v:SIP", "Via: SIP/2.0/TLS us;branch=z9hG4bKx\r\nv:SIP");
	ksrtp_patch_via_pop(&edit->list, &edit->msg);
	expect(edit,
	       "SIP/2.0/UDP pc33.atlanta.com:5066;rport;branch=z9hG4bK776asdhds,\r\n\tSIP/2.0/UDP",
	       "SIP/2.0/UDP");
	ksrtp_patch_pop(&edit->list, &edit->msg, KSRTP_HDR_VIA, 2);
	expect(edit,
	       "v:SIP/2.0/UDP pc33.atlanta.com:5066;rport;branch=z9hG4bK776asdhds,\r\n"
	       "\tSIP/2.0/UDP inner.example;branch=z9hG4bK1\r\n", "");
}

static void received_and_rport_are_filled_in(void **state)
{
	struct edit *edit = *state;

	assert_true(ksrtp_patch_via_source_due(&edit->msg, SLICE("192.0.2.1"), 9988));
	ksrtp_patch_via_source(&edit->list, &edit->msg, SLICE("192.0.2.1"), 9988);
	expect(edit, ";rport;branch=z9hG4bK776asdhds",
	       ";rport=9988;branch=z9hG4bK776asdhds;received=192.0.2.1");
}

/* RFC 3581 4: with rport, received is there even where sent-by is the source; forgeries go. */
static void sources_are_noted_as_the_rfcs_say(void **state)
{
	static const struct {
		const char *via, *result;
	} cases[] = {
		{"192.0.2.1:5060", "192.0.2.1:5060"},
		{"192.0.2.1:5060;rport", "192.0.2.1:5060;rport=7;received=192.0.2.1"},
		{"host.example", "host.example;received=192.0.2.1"},
		{"host.example;received=10.0.0.1;x", "host.example;received=192.0.2.1;x"},
		{"192.0.2.1;received=10.0.0.1", "192.0.2.1;received=192.0.2.1"},
		{"host.example;rport=99;received=10.0.0.1",
		 "host.example;rport=7;received=192.0.2.1"},
		{"h;rport=7;received=192.0.2.1", "h;rport=7;received=192.0.2.1"},
	};
	struct edit *edit = *state;
	char text[512], expected[512];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static const char form[] = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP %s\r\n"
					   "f: <sip:a@b>\r\nt: <sip:c@d>\r\ni: x\r\n"
					   "CSeq: 1 OPTIONS\r\n\r\n";

		snprintf(text, sizeof(text), form, cases[i].via);
		snprintf(expected, sizeof(expected), form, cases[i].result);
		assert_int_equal(ksrtp_msg_parse(ksrtp_slice_str(text), &edit->msg), 0);
		ksrtp_splice_init(&edit->list, edit->msg.raw);
		assert_int_equal(ksrtp_patch_via_source_due(&edit->msg, SLICE("192.0.2.1"), 7),
				 strcmp(cases[i].via, cases[i].result) != 0);
		ksrtp_patch_via_source(&edit->list, &edit->msg, SLICE("192.0.2.1"), 7);
		assert_int_equal(ksrtp_splice_apply(&edit->list, &edit->out), 0);
		assert_buf(&edit->out, expected);
		ksrtp_splice_destroy(&edit->list);
	}
}

static void headers_go_above_the_first_of_their_kind(void **state)
{
	struct edit *edit = *state;

	ksrtp_patch_above(&edit->list, &edit->msg, KSRTP_HDR_ROUTE, SLICE("<sip:new>"));
	expect(edit, "Route: <sip:p1", "Route: <sip:new>\r\nRoute: <sip:p1");
	ksrtp_patch_above(&edit->list, &edit->msg, KSRTP_HDR_RECORD_ROUTE, SLICE("<sip:out>"));
	ksrtp_patch_above(&edit->list, &edit->msg, KSRTP_HDR_RECORD_ROUTE, SLICE("<sip:in>"));
	expect(edit, "mAx-", "Record-Route: <sip:out>\r\nRecord-Route: <sip:in>\r\nmAx-");
	ksrtp_patch_append(&edit->list, &edit->msg, "X-New", SLICE("1"));
	expect(edit, "l:   5\r\n", "l:   5\r\nX-New: 1\r\n");
}

static void headers_are_set_and_removed(void **state)
{
	struct edit *edit = *state;

	ksrtp_patch_max_forwards(&edit->list, &edit->msg, 69);
	expect(edit, "mAx-FoRwArDs :  70  ", "mAx-FoRwArDs :  69  ");
	ksrtp_patch_set(&edit->list, &edit->msg, KSRTP_HDR_EXPIRES, SLICE("60"));
	expect(edit, "l:   5\r\n", "l:   5\r\nExpires: 60\r\n");
	ksrtp_patch_remove(&edit->list, &edit->msg, KSRTP_HDR_CONTENT_TYPE);
	expect(edit, "c: application/sdp\r\n", "");
	ksrtp_patch_remove(&edit->list, &edit->msg, KSRTP_HDR_P_ASSERTED_IDENTITY);
	expect(edit, "", "");
}

static bool is_not_p3(void *ctx, size_t number, struct slice value)
{
	struct ksrtp_nameaddr addr;

	++*(size_t *)ctx;
	assert_int_equal(ksrtp_hdr_addr(value, &addr), 0);
	return !ksrtp_slice_is(addr.uri.host, "p3.example");
}

static void values_are_removed_from_lists(void **state)
{
	struct edit *edit = *state;
	size_t seen = 0;

	ksrtp_patch_pop(&edit->list, &edit->msg, KSRTP_HDR_ROUTE, 1);
	expect(edit, "<sip:p1.example;lr>,<sip:p2.example;lr>  , ", "<sip:p2.example;lr>, ");
	ksrtp_patch_pop(&edit->list, &edit->msg, KSRTP_HDR_ROUTE, 3);
	expect(edit,
	       "Route: <sip:p1.example;lr>,<sip:p2.example;lr>  , \"A, B\" <sip:p3.example;lr>\r\n",
	       "");
	ksrtp_patch_filter(&edit->list, &edit->msg, KSRTP_HDR_ROUTE, is_not_p3, &seen);
	assert_int_equal(seen, 4);
	expect(edit, ",<sip:p2.example;lr>  , \"A, B\" <sip:p3.example;lr>",
	       ", <sip:p2.example;lr>");
}

static void uris_are_replaced(void **state)
{
	struct edit *edit = *state;
	struct ksrtp_cursor cursor = ksrtp_msg_walk(&edit->msg, KSRTP_HDR_CONTACT);
	struct ksrtp_contact contact;
	struct slice value;

	ksrtp_patch_request_uri(&edit->list, &edit->msg, SLICE("sips:x"));
	expect(edit, "sip:bob@biloxi.com", "sips:x");
	assert_true(ksrtp_msg_next(&cursor, &value));
	assert_int_equal(ksrtp_hdr_contact(value, &contact), 0);
	ksrtp_patch_uri(&edit->list, &contact.addr, SLICE("sip:TOKEN@edge"));
	expect(edit, "<sip:alice@pc33.atlanta.com>", "<sip:TOKEN@edge>");
	assert_true(ksrtp_msg_next(&cursor, &value));
	assert_int_equal(ksrtp_hdr_contact(value, &contact), 0);
	ksrtp_patch_uri(&edit->list, &contact.addr, SLICE("sip:TOKEN@edge;ob"));
	expect(edit, "sip:a@b;q=0.1", "<sip:TOKEN@edge;ob>;q=0.1");
}

static void bodies_are_replaced_with_their_length(void **state)
{
	struct edit *edit = *state;

	ksrtp_patch_body(&edit->list, &edit->msg, SLICE("longer body"), ksrtp_slice_of(NULL, 0));
	expect(edit, "l:   5\r\n\r\nv=0\r\n", "l:   11\r\n\r\nlonger body");
	ksrtp_patch_body(&edit->list, &edit->msg, SLICE("x"), SLICE("text/plain"));
	expect(edit, "c: application/sdp\r\nl:   5\r\n\r\nv=0\r\n",
	       "c: text/plain\r\nl:   1\r\n\r\nx");
	ksrtp_patch_body(&edit->list, &edit->msg, SLICE(""), ksrtp_slice_of(NULL, 0));
	expect(edit, "c: application/sdp\r\nl:   5\r\n\r\nv=0\r\n", "l:   0\r\n\r\n");
}

static void a_body_gets_the_length_it_lacked(void **state)
{
	static const char text[] = "SIP/2.0 200 OK\r\nv: SIP/2.0/UDP a\r\nf: <sip:a@b>\r\n"
				   "t: <sip:c@d>\r\ni: x\r\nCSeq: 1 OPTIONS\r\n\r\nold";
	struct edit *edit = *state;

	assert_int_equal(ksrtp_msg_parse(ksrtp_slice_str(text), &edit->msg), 0);
	ksrtp_splice_init(&edit->list, edit->msg.raw);
	ksrtp_patch_body(&edit->list, &edit->msg, SLICE("new!"), SLICE("application/sdp"));
	assert_int_equal(ksrtp_splice_apply(&edit->list, &edit->out), 0);
	assert_buf(&edit->out,
		   "SIP/2.0 200 OK\r\nv: SIP/2.0/UDP a\r\nf: <sip:a@b>\r\nt: <sip:c@d>\r\ni: x\r\n"
		   "CSeq: 1 OPTIONS\r\nContent-Type: application/sdp\r\nContent-Length: 4\r\n\r\n"
		   "new!");
}

static void a_forwarded_request_has_all_edits_at_once(void **state)
{
	struct edit *edit = *state;
	struct ksrtp_msg again;

	ksrtp_patch_request_uri(&edit->list, &edit->msg, SLICE("sip:bob@192.0.2.4"));
	ksrtp_patch_via_push(&edit->list, &edit->msg, SLICE("SIP/2.0/TLS us;branch=z9hG4bKx"));
	ksrtp_patch_above(&edit->list, &edit->msg, KSRTP_HDR_RECORD_ROUTE, SLICE("<sip:us;lr>"));
	ksrtp_patch_max_forwards(&edit->list, &edit->msg, 69);
	ksrtp_patch_pop(&edit->list, &edit->msg, KSRTP_HDR_ROUTE, 2);
	ksrtp_patch_body(&edit->list, &edit->msg, SLICE("v=0\r\ns=x\r\n"), ksrtp_slice_of(NULL, 0));
	assert_int_equal(ksrtp_splice_apply(&edit->list, &edit->out), 0);
	assert_int_equal(ksrtp_msg_parse(ksrtp_buf_view(&edit->out), &again), 0);
	assert_slice(again.uri.text, "sip:bob@192.0.2.4");
	assert_int_equal(ksrtp_msg_count(&again, KSRTP_HDR_VIA), 4);
	assert_slice(again.via.host, "us");
	assert_int_equal(ksrtp_msg_count(&again, KSRTP_HDR_ROUTE), 2);
	assert_slice(again.body, "v=0\r\ns=x\r\n");
	assert_slice(ksrtp_msg_find_name(&again, "X-Odd")->line,
		     "X-Odd : \t  kept\r\n   as it is\r\n");
}

static const char *text_of(struct ksrtp_buf *buf)
{
	assert_int_equal(ksrtp_buf_put(buf, "", 1), 0);
	return buf->p;
}

static void responses_copy_what_they_must(void **state)
{
	struct edit *edit = *state;
	struct ksrtp_reply reply = {.status = 100, .to_tag = SLICE("ours")};

	assert_int_equal(ksrtp_build_response(&edit->msg, &reply, &edit->out), 0);
	assert_buf(&edit->out,
		   "SIP/2.0 100 Trying\r\n"
		   "v:SIP/2.0/UDP pc33.atlanta.com:5066;rport;branch=z9hG4bK776asdhds,\r\n"
		   "\tSIP/2.0/UDP inner.example;branch=z9hG4bK1\r\n"
		   "Via:   SIP/2.0/TCP innermost.example\r\n"
		   "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
		   "To: Bob <sip:bob@biloxi.com>\r\n"
		   "Call-ID: a84b4c76e66710@pc33.atlanta.com\r\n"
		   "CSeq: 314159 INVITE\r\n"
		   "Content-Length: 0\r\n\r\n");
	reply = (struct ksrtp_reply){.status = 488,
				     .reason = "No Crypto",
				     .to_tag = SLICE("ours"),
				     .headers = SLICE("Warning: 399 x \"y\"\r\n"),
				     .type = SLICE("text/plain"),
				     .body = SLICE("why")};
	assert_int_equal(ksrtp_build_response(&edit->msg, &reply, &edit->out), 0);
	assert_non_null(strstr(text_of(&edit->out), "SIP/2.0 488 No Crypto\r\n"));
	assert_non_null(strstr(text_of(&edit->out), "To: Bob <sip:bob@biloxi.com>;tag=ours\r\n"));
	assert_non_null(strstr(text_of(&edit->out),
			       "\r\nWarning: 399 x \"y\"\r\nContent-Type: text/plain\r\n"
			       "Content-Length: 3\r\n\r\nwhy"));
}

static void an_ack_and_a_cancel_belong_to_their_invite(void **state)
{
	static const char busy[] = "SIP/2.0 486 Busy Here\r\n"
				   "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds\r\n"
				   "f: <sip:a@b>\r\nt: Bob <sip:bob@biloxi.com>;tag=a6c85cf\r\n"
				   "i: x\r\nCSeq: 314159 INVITE\r\n\r\n";
	struct edit *edit = *state;
	struct ksrtp_msg res;

	assert_int_equal(ksrtp_msg_parse(ksrtp_slice_str(busy), &res), 0);
	assert_int_equal(ksrtp_build_ack(&edit->msg, &res, &edit->out), 0);
	assert_buf(&edit->out,
		   "ACK sip:bob@biloxi.com SIP/2.0\r\n"
		   "Via: SIP/2.0/UDP pc33.atlanta.com:5066;rport;branch=z9hG4bK776asdhds\r\n"
		   "Route: <sip:p1.example;lr>,<sip:p2.example;lr>  , \"A, B\" "
		   "<sip:p3.example;lr>\r\n"
		   "Route: <sip:p4.example;lr>\r\n"
		   "Max-Forwards: 70\r\n"
		   "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
		   "t: Bob <sip:bob@biloxi.com>;tag=a6c85cf\r\n"
		   "Call-ID: a84b4c76e66710@pc33.atlanta.com\r\n"
		   "CSeq: 314159 ACK\r\n"
		   "Content-Length: 0\r\n\r\n");
	assert_int_equal(ksrtp_build_cancel(&edit->msg, SLICE("Reason: SIP;cause=200\r\n"),
					    &edit->out), 0);
	assert_non_null(strstr(text_of(&edit->out), "CANCEL sip:bob@biloxi.com SIP/2.0\r\n"));
	assert_non_null(strstr(text_of(&edit->out), "\r\nTo: Bob <sip:bob@biloxi.com>\r\n"));
	assert_non_null(strstr(text_of(&edit->out),
			       "\r\nCSeq: 314159 CANCEL\r\nReason: SIP;cause=200\r\n"));
	assert_int_equal(ksrtp_build_ack(&res, &res, &edit->out), -EINVAL);
}

#define EDIT_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EDIT_TEST(nothing_edited_nothing_changed),
		EDIT_TEST(vias_are_pushed_and_popped),
		EDIT_TEST(received_and_rport_are_filled_in),
		EDIT_TEST(sources_are_noted_as_the_rfcs_say),
		EDIT_TEST(headers_go_above_the_first_of_their_kind),
		EDIT_TEST(headers_are_set_and_removed),
		EDIT_TEST(values_are_removed_from_lists),
		EDIT_TEST(uris_are_replaced),
		EDIT_TEST(bodies_are_replaced_with_their_length),
		EDIT_TEST(a_body_gets_the_length_it_lacked),
		EDIT_TEST(a_forwarded_request_has_all_edits_at_once),
		EDIT_TEST(responses_copy_what_they_must),
		EDIT_TEST(an_ack_and_a_cancel_belong_to_their_invite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
