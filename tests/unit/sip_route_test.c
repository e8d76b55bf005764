// SPDX-License-Identifier: GPL-2.0-or-later
/* Loose and strict routing, double Record-Route, loops (RFC 3261 16.4, 16.6, 16.12.1; RFC 5658). */
#include "tests/unit/sip_assert.h"

#include <errno.h>

#include "daemon/sip/patch.h"
#include "daemon/sip/route.h"

static const uint64_t key[2] = {1, 2};

static bool is_edge(void *ctx, const struct ksrtp_uri *uri)
{
	return ksrtp_slice_is(uri->host, "edge");
}

static bool is_edge_via(void *ctx, const struct ksrtp_via *via)
{
	return ksrtp_slice_is(via->host, "edge");
}

static struct ksrtp_msg request(struct ksrtp_buf *text, const char *uri, const char *headers)
{
	struct ksrtp_msg msg;

	ksrtp_buf_reset(text);
	ksrtp_buf_printf(text,
			 "BYE %s SIP/2.0\r\n%sVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"
			 "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\n"
			 "CSeq: 1 BYE\r\n\r\n",
			 uri, headers);
	assert_int_equal(ksrtp_msg_parse(ksrtp_buf_view(text), &msg), 0);
	return msg;
}

static void routes_decide_where_a_request_goes(void **state)
{
	static const struct {
		const char *uri, *routes; /* as it comes */
		const char *next, *arrival, *departure;
		const char *uri_after, *routes_after; /* as it leaves */
	} cases[] = {
		{"sip:bob@far", "", "sip:bob@far", NULL, NULL, "sip:bob@far", ""},
		{"sip:bob@far", "Route: <sip:p1;lr>, <sip:p2;lr>\r\n", "sip:p1;lr", NULL, NULL,
		 "sip:bob@far", "Route: <sip:p1;lr>, <sip:p2;lr>\r\n"},
		{"sip:bob@far", "Route: <sip:T1@edge;lr>\r\n", "sip:bob@far", "T1", "T1",
		 "sip:bob@far", ""},
		{"sip:bob@far", "Route: <sip:T1@edge;lr>,<sip:p2;lr>\r\n", "sip:p2;lr", "T1", "T1",
		 "sip:bob@far", "Route: <sip:p2;lr>\r\n"},
		/* A pair is taken together, in whatever lines it stands … */
		{"sip:bob@far",
		 "Route: <sip:T1@edge;lr;r2=on>\r\nRoute: <sip:T2@edge;lr;r2=on>\r\n",
		 "sip:bob@far", "T1", "T2", "sip:bob@far", ""},
		/* … a second pass of ours is not, nor half of another pair, nor a third value. */
		{"sip:bob@far", "Route: <sip:T1@edge;lr>, <sip:T2@edge;lr>\r\n", "sip:T2@edge;lr",
		 "T1", "T1", "sip:bob@far", "Route: <sip:T2@edge;lr>\r\n"},
		{"sip:bob@far", "Route: <sip:T1@edge;lr>, <sip:T2@edge;lr;r2=on>\r\n",
		 "sip:T2@edge;lr;r2=on", "T1", "T1", "sip:bob@far",
		 "Route: <sip:T2@edge;lr;r2=on>\r\n"},
		{"sip:bob@far",
		 "Route: <sip:T1@edge;lr;r2=on>, <sip:T2@edge;lr;r2=on>, "
		 "<sip:T3@edge;lr;r2=on>\r\n",
		 "sip:T3@edge;lr;r2=on", "T1", "T2", "sip:bob@far",
		 "Route: <sip:T3@edge;lr;r2=on>\r\n"},
		/* From a strict router (RFC 3261 16.4): its target comes last. */
		{"sip:T1@edge;lr", "Route: <sip:p2;lr>, <sip:bob@far>\r\n", "sip:p2;lr", "T1", "T1",
		 "sip:bob@far", "Route: <sip:p2;lr>\r\n"},
		{"sip:T1@edge;lr;r2=on", "Route: <sip:T2@edge;lr;r2=on>, <sip:bob@far>\r\n",
		 "sip:bob@far", "T1", "T2", "sip:bob@far", ""},
		/* To a strict router (16.6 step 6). */
		{"sip:bob@far", "Route: <sip:T1@edge;lr>, <sip:p2>, <sip:p3;lr>\r\n", "sip:p2",
		 "T1", "T1", "sip:p2", "Route: <sip:p3;lr>\r\nRoute: <sip:bob@far>\r\n"},
		{"sip:bob@far", "Route: <sip:p2>\r\n", "sip:p2", NULL, NULL, "sip:p2",
		 "Route: <sip:bob@far>\r\n"},
		/* Our name as a target is not a route. */
		{"sip:bob@edge;lr", "", "sip:bob@edge;lr", NULL, NULL, "sip:bob@edge;lr", ""},
	};
	struct ksrtp_splice list;
	struct ksrtp_buf text, out, expected;

	ksrtp_buf_init(&text, 4096);
	ksrtp_buf_init(&out, 4096);
	ksrtp_buf_init(&expected, 4096);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ksrtp_msg msg = request(&text, cases[i].uri, cases[i].routes);
		struct ksrtp_route route;

		assert_int_equal(ksrtp_route_find(&msg, is_edge, NULL, &route), 0);
		assert_slice(route.next.text, cases[i].next);
		assert_slice(route.arrival.user, cases[i].arrival);
		assert_slice(route.departure.user, cases[i].departure);
		ksrtp_splice_init(&list, msg.raw);
		assert_int_equal(ksrtp_route_patch(&list, &msg, &route), 0);
		assert_int_equal(ksrtp_splice_apply(&list, &out), 0);
		ksrtp_splice_destroy(&list);
		request(&expected, cases[i].uri_after, cases[i].routes_after);
		assert_int_equal(ksrtp_buf_put(&expected, "", 1), 0);
		assert_buf(&out, expected.p);
	}
	ksrtp_buf_free(&text);
	ksrtp_buf_free(&out);
	ksrtp_buf_free(&expected);
}

static void broken_routes_are_refused(void **state)
{
	struct ksrtp_route route;
	struct ksrtp_buf text;
	struct ksrtp_msg msg;

	ksrtp_buf_init(&text, 4096);
	msg = request(&text, "sip:bob@far", "Route: <sip:p1;lr>, <nonsense\r\n");
	assert_int_equal(ksrtp_route_find(&msg, is_edge, NULL, &route), -EBADMSG);
	ksrtp_buf_free(&text);
}

static void record_routes_are_written(void **state)
{
	const struct ksrtp_route_self in = {.user = SLICE("T-1_x"),
					    .host = SLICE("2001:db8::1"),
					    .port = 5061,
					    .transport = SLICE("tls")};
	const struct ksrtp_route_self out = {.sips = true, .host = SLICE("10.0.0.1"),
					     .params = SLICE("ob;x=y")};
	struct ksrtp_splice list;
	struct ksrtp_buf text, result;
	struct ksrtp_msg msg, again;
	struct ksrtp_cursor cursor;
	struct slice value;

	ksrtp_buf_init(&text, 4096);
	ksrtp_buf_init(&result, 4096);
	assert_int_equal(ksrtp_route_write(&in, &result), 0);
	assert_buf(&result, "<sip:T-1_x@[2001:db8::1]:5061;transport=tls;lr>");

	msg = request(&text, "sip:bob@far", "Record-Route: <sip:below;lr>\r\n");
	ksrtp_splice_init(&list, msg.raw);
	assert_int_equal(ksrtp_route_record(&list, &msg, &in, &out), 0);
	assert_int_equal(ksrtp_splice_apply(&list, &result), 0);
	ksrtp_splice_destroy(&list);
	assert_int_equal(ksrtp_msg_parse(ksrtp_buf_view(&result), &again), 0);
	cursor = ksrtp_msg_walk(&again, KSRTP_HDR_RECORD_ROUTE);
	assert_true(ksrtp_msg_next(&cursor, &value));
	assert_slice(value, "<sips:10.0.0.1;lr;r2=on;ob;x=y>");
	assert_true(ksrtp_msg_next(&cursor, &value));
	assert_slice(value, "<sip:T-1_x@[2001:db8::1]:5061;transport=tls;lr;r2=on>");
	assert_true(ksrtp_msg_next(&cursor, &value));
	assert_slice(value, "<sip:below;lr>");
	ksrtp_buf_reset(&result);

	ksrtp_splice_init(&list, msg.raw);
	assert_int_equal(ksrtp_route_record(&list, &msg, &in, NULL), 0);
	assert_int_equal(ksrtp_splice_apply(&list, &result), 0);
	ksrtp_splice_destroy(&list);
	assert_int_equal(ksrtp_msg_parse(ksrtp_buf_view(&result), &again), 0);
	assert_slice(ksrtp_msg_value(&again, KSRTP_HDR_RECORD_ROUTE),
		     "<sip:T-1_x@[2001:db8::1]:5061;transport=tls;lr>");
	ksrtp_buf_free(&text);
	ksrtp_buf_free(&result);
}

/* What comes back as it left is a loop; with another target, route or sender it is none. */
static void loops_are_told_from_spirals(void **state)
{
	char branch[KSRTP_ROUTE_BRANCH], via[128];
	static const uint64_t other_key[2] = {1, 3};
	struct ksrtp_buf text;
	struct ksrtp_msg msg;

	ksrtp_buf_init(&text, 4096);
	msg = request(&text, "sip:bob@far", "Route: <sip:p1;lr>\r\n");
	assert_false(ksrtp_route_loops(&msg, key, is_edge_via, NULL));
	ksrtp_route_branch(&msg, 0xfeed, key, branch);
	assert_int_equal(strncmp(branch, "z9hG4bK000000000000feed.", 24), 0);

	snprintf(via, sizeof(via), "Via: SIP/2.0/TLS p1\r\nVia: SIP/2.0/TLS edge;branch=%s\r\n"
		 "Route: <sip:p1;lr>\r\n", branch);
	msg = request(&text, "sip:bob@far", via);
	assert_true(ksrtp_route_loops(&msg, key, is_edge_via, NULL));
	assert_false(ksrtp_route_loops(&msg, other_key, is_edge_via, NULL));
	msg = request(&text, "sip:bob@elsewhere", via);
	assert_false(ksrtp_route_loops(&msg, key, is_edge_via, NULL));
	snprintf(via, sizeof(via), "Via: SIP/2.0/TLS edge;branch=%s\r\nRoute: <sip:p2;lr>\r\n",
		 branch);
	msg = request(&text, "sip:bob@far", via);
	assert_false(ksrtp_route_loops(&msg, key, is_edge_via, NULL));
	snprintf(via, sizeof(via), "Via: SIP/2.0/TLS edge2;branch=%s\r\nRoute: <sip:p1;lr>\r\n",
		 branch);
	msg = request(&text, "sip:bob@far", via);
	assert_false(ksrtp_route_loops(&msg, key, is_edge_via, NULL));
	ksrtp_buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_decide_where_a_request_goes),
		cmocka_unit_test(broken_routes_are_refused),
		cmocka_unit_test(record_routes_are_written),
		cmocka_unit_test(loops_are_told_from_spirals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
