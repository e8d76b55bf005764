// SPDX-License-Identifier: GPL-2.0-or-later
/* Client transactions: timers A to F, K and M, CANCEL and timer C (RFC 3261 17.1, RFC 6026 7.2). */
#include "tests/unit/sip_end.h"

static void an_invite_repeats_by_timer_a_and_fails_by_timer_b(void **state)
{
	struct end *end = *state;

	start_client(end, "INVITE", false);
	pass(end, 31999);
	assert_sent_at(end, "0 500 1500 3500 7500 15500 31500 ");
	assert_string_equal(end->told, "");
	pass(end, 32000);
	assert_string_equal(end->told, "failed(timeout) ended ");
	assert_int_equal(ksrtp_trans_next(end->layer), UINT64_MAX);
}

static void a_request_repeats_by_timer_e_and_fails_by_timer_f(void **state)
{
	struct end *end = *state;

	start_client(end, "OPTIONS", false);
	pass(end, 32000);
	assert_sent_at(end, "0 500 1500 3500 7500 11500 15500 19500 23500 27500 31500 ");
	assert_string_equal(end->told, "failed(timeout) ended ");
}

static void nothing_repeats_on_a_reliable_hop(void **state)
{
	struct end *end = *state;

	start_client(end, "INVITE", true);
	start_client(&end[1], "OPTIONS", true);
	pass(end, 40000);
	pass(&end[1], 40000);
	assert_sent_at(end, "0 ");
	assert_sent_at(&end[1], "0 ");
	assert_string_equal(end->told, "failed(timeout) ended ");
	assert_string_equal(end[1].told, "failed(timeout) ended ");
}

static void a_provisional_response_slows_timer_e(void **state)
{
	struct end *end = *state;

	start_client(end, "OPTIONS", false);
	pass(end, 600);
	assert_int_equal(give_response(end, 100, "OPTIONS"), KSRTP_TRANS_DONE);
	pass(end, 32000);
	assert_sent_at(end, "0 500 1500 5500 9500 13500 17500 21500 25500 29500 ");
	assert_string_equal(end->told, "100 failed(timeout) ended ");
}

static void a_final_response_is_absorbed_for_timer_k(void **state)
{
	struct end *end = *state;

	start_client(end, "OPTIONS", false);
	give_response(end, 200, "OPTIONS");
	assert_int_equal(give_response(end, 200, "OPTIONS"), KSRTP_TRANS_DONE);
	assert_int_equal(give_response(end, 404, "OPTIONS"), KSRTP_TRANS_DONE);
	pass(end, 4999);
	assert_string_equal(end->told, "200 ");
	pass(end, 5000);
	assert_string_equal(end->told, "200 ended ");
	assert_sent_at(end, "0 ");
	assert_int_equal(give_response(end, 200, "OPTIONS"), KSRTP_TRANS_STRAY);
}

static void a_reliable_transaction_ends_at_its_final_response(void **state)
{
	struct end *end = *state;

	start_client(end, "OPTIONS", true);
	give_response(end, 200, "OPTIONS");
	pass(end, 0);
	assert_string_equal(end->told, "200 ended ");
}

static void a_refused_invite_is_acknowledged_for_timer_d(void **state)
{
	struct end *end = *state;

	start_client(end, "INVITE", false);
	give_response(end, 180, "INVITE");
	pass(end, 1000);
	give_response(end, 486, "INVITE");
	pass(end, 2000);
	give_response(end, 486, "INVITE");
	give_response(end, 180, "INVITE");
	give_response(end, 200, "INVITE");
	assert_sent_at(end, "0 1000 2000 ");
	assert_true(sent_starts(end, 1, "ACK sip:bob@far SIP/2.0\r\n"
				"Via: SIP/2.0/UDP us:5060;branch=z9hG4bKours\r\nMax-F"));
	assert_string_equal(end->sent[1].bytes, end->sent[2].bytes);
	assert_non_null(strstr(end->sent[1].bytes, "\r\nTo: <sip:bob@far>;tag=486\r\n"));
	assert_non_null(strstr(end->sent[1].bytes, "\r\nCSeq: 7 ACK\r\n"));
	pass(end, 32999);
	assert_string_equal(end->told, "180 486 ");
	pass(end, 33000);
	assert_string_equal(end->told, "180 486 ended ");
}

/* RFC 6026 7.2: every 2xx goes up, for 64*T1; no ACK comes from the transaction. */
static void an_accepted_invite_passes_every_2xx_for_timer_m(void **state)
{
	struct end *end = *state;

	start_client(end, "INVITE", false);
	give_response(end, 200, "INVITE");
	pass(end, 500);
	give_response(end, 200, "INVITE");
	give_response(end, 183, "INVITE");
	give_response(end, 500, "INVITE");
	give_response(end, 202, "INVITE");
	pass(end, 31999);
	assert_string_equal(end->told, "200 200 202 ");
	pass(end, 32000);
	assert_string_equal(end->told, "200 200 202 ended ");
	assert_sent_at(end, "0 ");
	assert_int_equal(give_response(end, 200, "INVITE"), KSRTP_TRANS_STRAY);
}

/* Timers of many transactions fire in the order of time, whatever the order they came in. */
static void timers_fire_in_their_order(void **state)
{
	static const struct ksrtp_trans_limits limits = {.servers = 1, .clients = 500};
	static const uint64_t key[2] = {1, 2};
	struct ksrtp_ctrans_args args = {.hop = "hop", .hop_len = 4, .user = &ct_user};
	struct end *end = *state;
	struct ksrtp_ctrans *ct;
	struct ksrtp_buf text;

	ksrtp_trans_destroy(end->layer);
	assert_int_equal(ksrtp_trans_create(&end_ops, end, &limits, key, &end->layer), 0);
	args.ctx = &end[1];
	ksrtp_buf_init(&text, 4096);
	for (unsigned int i = 0; i < 100; i++) {
		char branch[32];

		snprintf(branch, sizeof(branch), "z9hG4bK%u", i);
		clock_ms = START + i * 37 % 100;
		ksrtp_buf_reset(&text);
		make_request(&text, i % 2 ? "INVITE" : "OPTIONS", branch);
		args.bytes = ksrtp_buf_view(&text);
		assert_int_equal(ksrtp_ctrans_create(end->layer, &args, &ct), 0);
	}
	ksrtp_buf_free(&text);
	while (ksrtp_trans_next(end->layer) != UINT64_MAX) {
		assert_true(ksrtp_trans_next(end->layer) >= clock_ms || clock_ms < START + 100);
		clock_ms = ksrtp_trans_next(end->layer);
		ksrtp_trans_run(end->layer);
	}
	/* 50 INVITEs of 7 and 50 OPTIONS of 11 copies, none before its time. */
	assert_int_equal(end->n, 50 * 7 + 50 * 11);
	for (size_t i = 101; i < end->n; i++)
		assert_true(end->sent[i].at >= end->sent[i - 1].at);
}

static void a_hundred_does_not_prolong_timer_c(void **state)
{
	struct end *end = *state;

	start_client(end, "INVITE", true);
	give_response(end, 100, "INVITE");
	pass(end, 100000);
	give_response(end, 100, "INVITE");
	pass(end, 184999);
	assert_int_equal(end->n, 1);
	pass(end, 185000);
	assert_true(sent_starts(end, 1, "CANCEL "));
}

static void a_ringing_invite_is_cancelled_by_timer_c(void **state)
{
	struct end *end = *state;

	start_client(end, "INVITE", true);
	give_response(end, 100, "INVITE");
	pass(end, 100000);
	give_response(end, 100, "INVITE");
	pass(end, 110000);
	give_response(end, 180, "INVITE");
	pass(end, 294999);
	assert_int_equal(end->n, 1);
	pass(end, 295000);
	assert_int_equal(end->n, 2);
	assert_true(sent_starts(end, 1, "CANCEL sip:bob@far SIP/2.0\r\n"
				"Via: SIP/2.0/UDP us:5060;branch=z9hG4bKours\r\nMax-F"));
	give_response(end, 200, "CANCEL");
	pass(end, 326999);
	assert_string_equal(end->told, "100 100 180 ");
	pass(end, 327000);
	assert_string_equal(end->told, "100 100 180 failed(timeout) ended ");
	assert_int_equal(ksrtp_trans_stats(end->layer).clients, 0);
}

static void a_cancel_waits_for_a_provisional_response(void **state)
{
	struct end *end = *state;

	start_client(end, "INVITE", false);
	assert_int_equal(ksrtp_ctrans_cancel(end->ct, SLICE("Reason: SIP;cause=200\r\n")), 0);
	assert_int_equal(ksrtp_ctrans_cancel(end->ct, SLICE("")), -EALREADY);
	pass(end, 100);
	assert_int_equal(end->n, 1);
	give_response(end, 180, "INVITE");
	assert_int_equal(end->n, 2);
	assert_true(sent_starts(end, 1, "CANCEL "));
	assert_non_null(strstr(end->sent[1].bytes, "\r\nReason: SIP;cause=200\r\n"));
	pass(end, 700);
	assert_sent_at(end, "0 100 600 "); /* the CANCEL repeats */
	give_response(end, 200, "CANCEL");
	give_response(end, 487, "INVITE");
	assert_true(sent_starts(end, 3, "ACK "));
	assert_string_equal(end->told, "180 487 ");
	assert_int_equal(ksrtp_ctrans_cancel(end->ct, SLICE("")), -EALREADY);
	pass(end, 40000);
	assert_string_equal(end->told, "180 487 ended ");
}

static void only_an_invite_is_cancelled(void **state)
{
	struct end *end = *state;

	start_client(end, "OPTIONS", false);
	assert_int_equal(ksrtp_ctrans_cancel(end->ct, SLICE("")), -EINVAL);
}

static bool is_hop(void *ctx, const void *hop, size_t hop_len)
{
	return hop_len == 4 && !memcmp(hop, ctx, 4);
}

static void broken_hops_fail_what_waits_on_them(void **state)
{
	struct end *end = *state;

	start_client(end, "INVITE", true);
	ksrtp_trans_broken(end->layer, is_hop, "HOP");
	pass(end, 0);
	assert_string_equal(end->told, "");
	ksrtp_trans_broken(end->layer, is_hop, "hop");
	assert_string_equal(end->told, ""); /* not from within the call */
	pass(end, 0);
	assert_string_equal(end->told, "failed(broken) ended ");

	end[1].send_err = -ECONNREFUSED;
	start_client(&end[1], "OPTIONS", false);
	assert_string_equal(end[1].told, "");
	pass(&end[1], 0);
	assert_string_equal(end[1].told, "failed(send) ended ");
}

static void strange_responses_match_nothing(void **state)
{
	struct end *end = *state;

	start_client(end, "INVITE", false);
	assert_int_equal(give_response(end, 200, "BYE"), KSRTP_TRANS_STRAY);
	assert_int_equal(give_text(end, SLICE("SIP/2.0 200 X\r\n"
					      "Via: SIP/2.0/UDP us:5060;branch=z9hG4bKtheirs\r\n"
					      "f: <sip:a@b>\r\nt: <sip:a@b>\r\ni: x\r\n"
					      "CSeq: 7 INVITE\r\n\r\n")), KSRTP_TRANS_STRAY);
	assert_string_equal(end->told, "");
}

static void a_detached_client_acknowledges_still(void **state)
{
	struct end *end = *state;

	start_client(end, "INVITE", false);
	ksrtp_ctrans_detach(end->ct);
	give_response(end, 486, "INVITE");
	assert_true(sent_starts(end, 1, "ACK "));
	pass(end, 40000);
	assert_string_equal(end->told, "");
	assert_int_equal(ksrtp_trans_stats(end->layer).clients, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		END_TEST(an_invite_repeats_by_timer_a_and_fails_by_timer_b),
		END_TEST(a_request_repeats_by_timer_e_and_fails_by_timer_f),
		END_TEST(nothing_repeats_on_a_reliable_hop),
		END_TEST(a_provisional_response_slows_timer_e),
		END_TEST(a_final_response_is_absorbed_for_timer_k),
		END_TEST(a_reliable_transaction_ends_at_its_final_response),
		END_TEST(a_refused_invite_is_acknowledged_for_timer_d),
		END_TEST(an_accepted_invite_passes_every_2xx_for_timer_m),
		END_TEST(timers_fire_in_their_order),
		END_TEST(a_hundred_does_not_prolong_timer_c),
		END_TEST(a_ringing_invite_is_cancelled_by_timer_c),
		END_TEST(a_cancel_waits_for_a_provisional_response),
		END_TEST(only_an_invite_is_cancelled),
		END_TEST(broken_hops_fail_what_waits_on_them),
		END_TEST(strange_responses_match_nothing),
		END_TEST(a_detached_client_acknowledges_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
