// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of calls: whose request it is, when a call begins to count and when it is over. */
#include <errno.h>

#include "daemon/call/call.h"
#include "daemon/call/ladder.h"
#include "tests/unit/net_bed.h"

struct world {
	struct bed bed;
	struct ksrtp_edge edge;
	struct ksrtp_config config;
	struct ksrtp_hop phone, core;
	struct ksrtp_call *call;
};

static struct ksrtp_config_server server = { .host = "pbx.example" };
static struct ksrtp_config_side side[] = {
	{ .name = "phone" },
	{ .name = "core", .core = true, .server = &server, .n_server = 1 },
	{ .name = "trunk", .core = true, .number = 1, .server = &server, .n_server = 1 },
};
#define PHONE	(&side[0])
#define CORE	(&side[1])
#define TRUNK	(&side[2])

static void parse(struct ksrtp_msg *msg, const char *text)
{
	assert_int_equal(ksrtp_msg_parse(ksrtp_slice_str(text), msg), 0);
}

/* A request or response of the one dialog; @first is its start line. */
#define MESSAGE(first, from, to, cseq, more)						\
	first "\r\nVia: SIP/2.0/TLS 192.0.2.7;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=" from	\
	"\r\nTo: <sip:b@x>" to "\r\nCall-ID: one\r\nCSeq: " cseq "\r\nMax-Forwards: 9\r\n" more	\
	"Content-Length: 0\r\n\r\n"

#define INVITE		MESSAGE("INVITE sip:b@x SIP/2.0", "caller", "", "1 INVITE", "")
#define RINGING		MESSAGE("SIP/2.0 180 Ringing", "caller", ";tag=early", "1 INVITE", "")
#define OK(more)	MESSAGE("SIP/2.0 200 OK", "caller", ";tag=callee", "1 INVITE", more)
#define ANSWER(start, cseq) MESSAGE("SIP/2.0 " start, "caller", ";tag=callee", cseq, "")
#define BYE(from, to)	MESSAGE("BYE sip:b@x SIP/2.0", from, ";tag=" to, "2 BYE", "")

static int open_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct ksrtp_msg msg;

	net_open(&w->bed, NULL);
	w->phone.transport = KSRTP_TRANSPORT_TLS;
	w->core.transport = KSRTP_TRANSPORT_UDP;
	assert_int_equal(ksrtp_addr_parse(&w->phone.remote, "192.0.2.7:5061", 14), 0);
	assert_int_equal(ksrtp_addr_parse(&w->core.remote, "192.0.2.9:5060", 14), 0);
	w->edge.loop = &w->bed.loop;
	w->edge.net = w->bed.net;
	w->edge.host = w->bed.host;
	w->config.side = side;
	w->config.n_side = ARRAY_SIZE(side);
	w->edge.config = &w->config;
	assert_int_equal(ksrtp_call_init(&w->edge), 0);
	parse(&msg, INVITE);
	assert_int_equal(ksrtp_call_create(&w->edge, &msg, &w->phone, PHONE, &w->call), 0);
	ksrtp_call_aim(&w->edge, w->call, &w->core, CORE);
	*state = w;
	return 0;
}

static int close_world(void **state)
{
	struct world *w = *state;

	ksrtp_call_fini(&w->edge);
	net_close(&w->bed);
	free(w);
	return 0;
}

static bool respond(struct world *w, const char *text)
{
	struct ksrtp_msg msg;

	parse(&msg, text);
	return ksrtp_call_response(&w->edge, w->call, 0, &msg);
}

static struct ksrtp_call *find(struct world *w, const char *text,
			       const struct ksrtp_config_side *from, unsigned int *sender)
{
	struct ksrtp_msg msg;

	parse(&msg, text);
	return ksrtp_call_find(&w->edge, &msg, from, sender);
}

static void a_request_finds_its_call_by_tags_and_side(void **state)
{
	struct world *w = *state;
	unsigned int sender = 9;

	assert_false(respond(w, RINGING));
	assert_false(respond(w, OK("")));
	assert_ptr_equal(find(w, BYE("caller", "callee"), PHONE, &sender), w->call);
	assert_int_equal(sender, 0);
	assert_ptr_equal(find(w, BYE("callee", "caller"), CORE, &sender), w->call);
	assert_int_equal(sender, 1);
	/* the same dialog on its second pass, another branch, a stranger */
	assert_null(find(w, BYE("caller", "callee"), CORE, &sender));
	/* nor the other core that the same dialog may pass, too */
	assert_null(find(w, BYE("callee", "caller"), TRUNK, &sender));
	assert_null(find(w, BYE("callee", "caller"), PHONE, &sender));
	assert_null(find(w, BYE("caller", "early"), PHONE, &sender));
	assert_null(find(w, BYE("callee", "other"), CORE, &sender));
}

static void an_early_dialog_of_any_branch_is_found_until_one_answers(void **state)
{
	struct world *w = *state;
	unsigned int sender;

	assert_false(respond(w, RINGING));
	assert_ptr_equal(find(w, BYE("caller", "other"), PHONE, &sender), w->call);
	assert_null(find(w, BYE("other", "caller"), CORE, &sender));
}

static void a_call_ends_with_its_refusal_and_with_its_bye_but_no_challenge(void **state)
{
	struct world *w = *state;

	assert_false(respond(w, RINGING));
	assert_true(respond(w, ANSWER("486 Busy", "1 INVITE")));
	assert_false(respond(w, OK("")));
	/* of a re-INVITE now */
	assert_false(respond(w, ANSWER("491 No", "2 INVITE")));
	assert_false(respond(w, ANSWER("407 Who", "3 BYE")));
	assert_true(respond(w, ANSWER("481 What", "4 BYE")));
	assert_true(respond(w, ANSWER("200 OK", "5 BYE")));
	assert_int_equal(w->edge.calls_total, 1);
}

static void the_session_timer_ends_our_state(void **state)
{
	struct world *w = *state;

	assert_false(respond(w, OK("Session-Expires: 90;refresher=uac\r\n")));
	assert_true(w->call->deadline == ksrtp_edge_now(&w->edge) + 90000 + 32000);
	ksrtp_call_sweep(&w->edge);
	assert_int_equal(w->edge.n_calls, 1);
	/* refreshed without one: no timer any more */
	assert_false(respond(w, ANSWER("200 OK", "2 UPDATE")));
	assert_true(w->call->deadline == 0);
	assert_false(respond(w, OK("Session-Expires: 90\r\n")));
	w->call->deadline = ksrtp_edge_now(&w->edge);
	ksrtp_call_sweep(&w->edge);
	assert_int_equal(w->edge.n_calls, 0);
}

static void either_party_refreshes_the_session_timer(void **state)
{
	struct world *w = *state;
	struct ksrtp_msg msg;

	assert_false(respond(w, OK("Session-Expires: 90\r\n")));
	parse(&msg, MESSAGE("SIP/2.0 200 OK", "callee", ";tag=caller", "7 UPDATE",
			    "x: 1800;refresher=uas\r\n"));
	assert_false(ksrtp_call_response(&w->edge, w->call, 1, &msg));
	assert_true(w->call->deadline == ksrtp_edge_now(&w->edge) + 1800000 + 32000);
	/* a day at most is believed */
	assert_false(respond(w, OK("Session-Expires: 4000000000\r\n")));
	assert_true(w->call->deadline == ksrtp_edge_now(&w->edge) + 86400000 + 32000);
}

static void silence_ends_a_call_without_a_session_timer_only(void **state)
{
	struct world *w = *state;

	w->config.media.idle = 900;
	assert_false(respond(w, OK("Session-Expires: 1800\r\n")));
	/* a day: none of its media passes us */
	w->call->moved = ksrtp_edge_now(&w->edge) - 86400000;
	ksrtp_call_sweep(&w->edge);
	assert_int_equal(w->edge.n_calls, 1);
	assert_false(respond(w, ANSWER("200 OK", "2 UPDATE")));
	ksrtp_call_sweep(&w->edge);
	assert_int_equal(w->edge.n_calls, 0);
}

/* Eight turns, a quarter of a second each: nobody's numbers are older than a round. */
static void a_round_of_refreshing_reaches_every_call(void **state)
{
	struct world *w = *state;
	struct ksrtp_call *call[90];
	struct ksrtp_msg msg;
	unsigned int i, turn;
	char text[512];

	for (i = 0; i < ARRAY_SIZE(call); i++) {
		snprintf(text, sizeof(text), "INVITE sip:b@x SIP/2.0\r\nVia: SIP/2.0/TLS 192.0.2.7;"
			 "branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=caller\r\nTo: <sip:b@x>\r\n"
			 "Call-ID: more%u\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n", i);
		parse(&msg, text);
		assert_int_equal(ksrtp_call_create(&w->edge, &msg, &w->phone, PHONE, &call[i]),
				 0);
		call[i]->looked = ksrtp_edge_now(&w->edge) - 1000000;
	}
	for (turn = 0; turn < 24; turn++) {
		ksrtp_call_refresh(&w->edge);
		for (i = 0; i < ARRAY_SIZE(call); i++)
			call[i]->looked -= 250;
	}
	for (i = 0; i < ARRAY_SIZE(call); i++)
		assert_true(ksrtp_edge_now(&w->edge) - call[i]->looked <= 2000 + 8 * 250);
}

static void a_call_that_is_held_outlives_its_end(void **state)
{
	struct world *w = *state;
	struct ksrtp_call *call = ksrtp_call_get(w->call);
	unsigned int sender;

	assert_false(respond(w, OK("")));
	ksrtp_call_destroy(&w->edge, call, "test");
	ksrtp_call_destroy(&w->edge, call, "test");
	assert_true(call->over);
	assert_null(find(w, BYE("caller", "callee"), PHONE, &sender));
	assert_int_equal(w->edge.n_calls, 0);
	ksrtp_call_put(call);
}

static void one_source_rings_so_often_and_no_more(void **state)
{
	struct world *w = *state;
	struct ksrtp_call *call = NULL;
	struct ksrtp_hop other = w->phone;
	struct ksrtp_msg msg;
	int n = 1;

	parse(&msg, INVITE);
	while (!ksrtp_call_create(&w->edge, &msg, &w->phone, PHONE, &call))
		n++;
	assert_int_equal(n, 128);
	assert_int_equal(ksrtp_call_create(&w->edge, &msg, &w->phone, PHONE, &call),
			 -ENOSPC);
	/* another port is the same source, another address is not, nor is the core */
	ksrtp_addr_set_port(&other.remote, 1);
	assert_int_equal(ksrtp_call_create(&w->edge, &msg, &other, PHONE, &call),
			 -ENOSPC);
	assert_int_equal(ksrtp_call_create(&w->edge, &msg, &w->core, PHONE, &call), 0);
	assert_int_equal(ksrtp_call_create(&w->edge, &msg, &w->phone, CORE, &call), 0);
	/* an answer makes room */
	assert_false(respond(w, OK("")));
	assert_int_equal(ksrtp_call_create(&w->edge, &msg, &w->phone, PHONE, &call), 0);
}

static void without_an_offer_there_is_nothing_to_climb(void **state)
{
	struct world *w = *state;

	assert_false(ksrtp_call_climb(&w->edge, w->call, 488));
}

static void what_a_peer_took_is_remembered_for_an_hour(void **state)
{
	struct world *w = *state;
	struct ksrtp_flow core = { .hop = w->core }, phone = { .hop = w->phone, .binding = 7 };
	struct ksrtp_flow moved = { .hop = w->core, .binding = 7 };

	ksrtp_ladder_took(&w->edge, &core, 0);
	assert_int_equal(w->edge.n_rungs, 0);
	ksrtp_ladder_took(&w->edge, &core, 1);
	ksrtp_ladder_took(&w->edge, &phone, 2);
	assert_int_equal(ksrtp_ladder_begin(&w->edge, &core), 1);
	/* a binding is the same phone at another address, a port is another peer */
	assert_int_equal(ksrtp_ladder_begin(&w->edge, &moved), 2);
	ksrtp_addr_set_port(&core.hop.remote, 1);
	assert_int_equal(ksrtp_ladder_begin(&w->edge, &core), 0);
	ksrtp_ladder_forget(&w->edge, &moved);
	assert_int_equal(ksrtp_ladder_begin(&w->edge, &phone), 0);
	assert_int_equal(w->edge.n_rungs, 1);
	/* it lasts from when it was learnt */
	core.hop = w->core;
	w->bed.loop.uv.time += KSRTP_LADDER_MS - 1;
	ksrtp_ladder_took(&w->edge, &core, 1);
	assert_int_equal(ksrtp_ladder_begin(&w->edge, &core), 1);
	w->bed.loop.uv.time++;
	assert_int_equal(ksrtp_ladder_begin(&w->edge, &core), 0);
}

static void no_more_peers_are_remembered_than_the_cap(void **state)
{
	struct world *w = *state;
	struct ksrtp_flow phone = { .hop = w->phone };

	while (phone.binding++ < KSRTP_LADDER_PEERS + 9)
		ksrtp_ladder_took(&w->edge, &phone, 2);
	assert_int_equal(w->edge.n_rungs, KSRTP_LADDER_PEERS);
	phone.binding = 9;
	assert_int_equal(ksrtp_ladder_begin(&w->edge, &phone), 0);
	phone.binding = 10;
	assert_int_equal(ksrtp_ladder_begin(&w->edge, &phone), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_request_finds_its_call_by_tags_and_side,
						open_world, close_world),
		cmocka_unit_test_setup_teardown(
			an_early_dialog_of_any_branch_is_found_until_one_answers, open_world,
			close_world),
		cmocka_unit_test_setup_teardown(
			a_call_ends_with_its_refusal_and_with_its_bye_but_no_challenge, open_world,
			close_world),
		cmocka_unit_test_setup_teardown(the_session_timer_ends_our_state, open_world,
						close_world),
		cmocka_unit_test_setup_teardown(either_party_refreshes_the_session_timer,
						open_world, close_world),
		cmocka_unit_test_setup_teardown(
			silence_ends_a_call_without_a_session_timer_only, open_world, close_world),
		cmocka_unit_test_setup_teardown(a_round_of_refreshing_reaches_every_call,
						open_world, close_world),
		cmocka_unit_test_setup_teardown(a_call_that_is_held_outlives_its_end, open_world,
						close_world),
		cmocka_unit_test_setup_teardown(one_source_rings_so_often_and_no_more, open_world,
						close_world),
		cmocka_unit_test_setup_teardown(what_a_peer_took_is_remembered_for_an_hour,
						open_world, close_world),
		cmocka_unit_test_setup_teardown(no_more_peers_are_remembered_than_the_cap,
						open_world, close_world),
		cmocka_unit_test_setup_teardown(without_an_offer_there_is_nothing_to_climb,
						open_world, close_world),
	};

	return cmocka_run_group_tests_name("call_table", tests, NULL, NULL);
}
