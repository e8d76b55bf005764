// SPDX-License-Identifier: GPL-2.0-or-later
/* Server transactions: timers G to J and L, CANCEL, caps (RFC 3261 17.2, RFC 6026 7.1). */
#include "tests/unit/sip_end.h"

static void an_invite_is_answered_100_and_its_copies_too(void **state)
{
	struct end *end = *state;

	assert_int_equal(give_request(end, "INVITE", "z9hG4bK1"), KSRTP_TRANS_NEW);
	assert_int_equal(start_server(end, "INVITE", "z9hG4bK1", false), 0);
	assert_true(sent_starts(end, 0, "SIP/2.0 100 Trying\r\n"));
	assert_int_equal(give_request(end, "INVITE", "z9hG4bK1"), KSRTP_TRANS_DONE);
	assert_int_equal(reply(end, 180), 0);
	assert_int_equal(give_request(end, "INVITE", "z9hG4bK1"), KSRTP_TRANS_DONE);
	assert_int_equal(end->n, 4);
	assert_true(sent_starts(end, 1, "SIP/2.0 100 "));
	assert_true(sent_starts(end, 3, "SIP/2.0 180 "));
	assert_int_equal(start_server(end, "INVITE", "z9hG4bK1", false), -EEXIST);
	assert_int_equal(ksrtp_strans_final(end->st), 0);
}

static void a_failure_repeats_by_timer_g_until_timer_h(void **state)
{
	struct end *end = *state;

	assert_int_equal(start_server(end, "INVITE", "z9hG4bK1", false), 0);
	assert_int_equal(reply(end, 486), 0);
	assert_int_equal(ksrtp_strans_final(end->st), 486);
	assert_int_equal(reply(end, 200), -EALREADY);
	assert_int_equal(reply(end, 183), -EALREADY);
	pass(end, 31999);
	assert_sent_at(end, "0 0 500 1500 3500 7500 11500 15500 19500 23500 27500 31500 ");
	assert_string_equal(end->told, "");
	pass(end, 32000);
	assert_string_equal(end->told, "failed(timeout) ended ");
}

static void an_ack_ends_the_repetition_and_timer_i_the_rest(void **state)
{
	struct end *end = *state;

	assert_int_equal(start_server(end, "INVITE", "z9hG4bK1", false), 0);
	assert_int_equal(reply(end, 486), 0);
	pass(end, 600);
	assert_int_equal(give_request(end, "INVITE", "z9hG4bK1"), KSRTP_TRANS_DONE);
	assert_int_equal(give_request(end, "ACK", "z9hG4bK1"), KSRTP_TRANS_DONE);
	assert_int_equal(give_request(end, "ACK", "z9hG4bK1"), KSRTP_TRANS_DONE);
	assert_int_equal(give_request(end, "INVITE", "z9hG4bK1"), KSRTP_TRANS_DONE);
	pass(end, 5599);
	assert_sent_at(end, "0 0 500 600 ");
	assert_string_equal(end->told, "");
	pass(end, 5600);
	assert_string_equal(end->told, "ended ");
}

static void a_reliable_failure_is_sent_once_and_ends_at_its_ack(void **state)
{
	struct end *end = *state;

	assert_int_equal(start_server(end, "INVITE", "z9hG4bK1", true), 0);
	assert_int_equal(reply(end, 486), 0);
	pass(end, 5000);
	assert_sent_at(end, "0 0 ");
	assert_int_equal(give_request(end, "ACK", "z9hG4bK1"), KSRTP_TRANS_DONE);
	pass(end, 5000);
	assert_string_equal(end->told, "ended ");
}

/* RFC 6026 7.1: copies of the INVITE are absorbed, each 2xx goes out, the ACK goes on. */
static void an_accepted_invite_stays_for_timer_l(void **state)
{
	struct end *end = *state;

	assert_int_equal(start_server(end, "INVITE", "z9hG4bK1", false), 0);
	assert_int_equal(reply(end, 200), 0);
	assert_int_equal(give_request(end, "INVITE", "z9hG4bK1"), KSRTP_TRANS_DONE);
	pass(end, 500);
	assert_int_equal(reply(end, 200), 0);
	assert_int_equal(reply(end, 486), -EALREADY);
	assert_int_equal(give_request(end, "ACK", "z9hG4bK1"), KSRTP_TRANS_NEW);
	assert_int_equal(give_request(end, "ACK", "z9hG4bK2"), KSRTP_TRANS_NEW);
	pass(end, 31999);
	assert_sent_at(end, "0 0 500 ");
	assert_string_equal(end->told, "");
	pass(end, 32000);
	assert_string_equal(end->told, "ended ");
}

static void a_request_is_answered_again_until_timer_j(void **state)
{
	struct end *end = *state;

	assert_int_equal(start_server(end, "OPTIONS", "z9hG4bK1", false), 0);
	assert_int_equal(end->n, 0);
	assert_int_equal(give_request(end, "OPTIONS", "z9hG4bK1"), KSRTP_TRANS_DONE);
	assert_int_equal(end->n, 0);
	assert_int_equal(reply(end, 200), 0);
	assert_int_equal(reply(end, 200), -EALREADY);
	pass(end, 31999);
	assert_int_equal(give_request(end, "OPTIONS", "z9hG4bK1"), KSRTP_TRANS_DONE);
	assert_sent_at(end, "0 31999 ");
	pass(end, 32000);
	assert_string_equal(end->told, "ended ");
	assert_int_equal(give_request(end, "OPTIONS", "z9hG4bK1"), KSRTP_TRANS_NEW);

	assert_int_equal(start_server(&end[1], "OPTIONS", "z9hG4bK1", true), 0);
	assert_int_equal(reply(&end[1], 200), 0);
	pass(&end[1], 32000);
	assert_string_equal(end[1].told, "ended ");
}

static void an_unanswered_request_does_not_stay_for_ever(void **state)
{
	struct end *end = *state;

	assert_int_equal(start_server(end, "OPTIONS", "z9hG4bK1", true), 0);
	pass(end, 37000);
	assert_string_equal(end->told, "failed(timeout) ended ");
}

static void a_cancel_is_answered_and_passed_on(void **state)
{
	struct end *end = *state;
	const char *tag;

	assert_int_equal(give_request(end, "CANCEL", "z9hG4bK1"), KSRTP_TRANS_NEW);
	assert_int_equal(start_server(end, "INVITE", "z9hG4bK1", false), 0);
	assert_int_equal(give_request(end, "CANCEL", "z9hG4bK2"), KSRTP_TRANS_NEW);
	assert_int_equal(give_request(end, "CANCEL", "z9hG4bK1"), KSRTP_TRANS_DONE);
	assert_string_equal(end->told, "cancelled ");
	assert_true(sent_starts(end, 1, "SIP/2.0 200 OK\r\n"));
	tag = strstr(end->sent[1].bytes, "To: <sip:bob@far>;tag=");
	assert_non_null(tag);
	assert_non_null(strstr(end->sent[1].bytes, "\r\nCSeq: 7 CANCEL\r\n"));
	/* A copy of the CANCEL gets a copy of the answer and does nothing else. */
	assert_int_equal(give_request(end, "CANCEL", "z9hG4bK1"), KSRTP_TRANS_DONE);
	assert_string_equal(end->told, "cancelled ");
	assert_string_equal(end->sent[2].bytes, end->sent[1].bytes);
	assert_int_equal(reply(end, 487), 0);
	assert_int_equal(give_request(end, "ACK", "z9hG4bK1"), KSRTP_TRANS_DONE);
	pass(end, 40000);
	assert_string_equal(end->told, "cancelled ended ");
	assert_int_equal(ksrtp_trans_stats(end->layer).servers, 0);
}

static void a_cancel_too_late_changes_nothing(void **state)
{
	struct end *end = *state;

	assert_int_equal(start_server(end, "INVITE", "z9hG4bK1", false), 0);
	assert_int_equal(reply(end, 200), 0);
	assert_int_equal(give_request(end, "CANCEL", "z9hG4bK1"), KSRTP_TRANS_DONE);
	assert_true(sent_starts(end, 2, "SIP/2.0 200 OK\r\n"));
	assert_string_equal(end->told, "");
}

static void server_transactions_are_capped(void **state)
{
	struct end *end = *state;
	char branch[] = "z9hG4bK0";

	for (; branch[7] < '4'; branch[7]++)
		assert_int_equal(start_server(end, "INVITE", branch, false), 0);
	assert_int_equal(start_server(end, "INVITE", branch, false), -ENOSPC);
	assert_int_equal(ksrtp_trans_stats(end->layer).servers, 4);
	assert_int_equal(ksrtp_trans_stats(end->layer).refused, 1);
	/* At the cap a CANCEL is answered all the same. */
	assert_int_equal(give_request(end, "CANCEL", "z9hG4bK3"), KSRTP_TRANS_DONE);
	assert_true(sent_starts(end, 4, "SIP/2.0 200 OK\r\n"));
	assert_string_equal(end->told, "cancelled ");
	assert_int_equal(ksrtp_trans_stats(end->layer).servers, 4);
}

/* Strangers with large messages are stopped by bytes, before the number is reached. */
static void server_transactions_are_capped_by_bytes_too(void **state)
{
	struct end *end = *state;
	char branch[20000];

	memset(branch, 'x', sizeof(branch));
	memcpy(branch, "z9hG4bK1", 8);
	branch[sizeof(branch) - 1] = '\0';
	assert_int_equal(start_server(end, "OPTIONS", branch, false), 0);
	assert_int_equal(start_server(end, "OPTIONS", "z9hG4bK2", false), -ENOSPC);
	assert_int_equal(reply(end, 200), 0);
	pass(end, 32000);
	assert_int_equal(start_server(end, "INVITE", "z9hG4bK2", false), 0);
	assert_int_equal(start_server(end, "INVITE", "z9hG4bK3", false), 0);
	/* The 100 that is kept repeats the long Via. */
	branch[10000] = '\0';
	assert_int_equal(start_server(end, "INVITE", branch, false), 0);
	assert_int_equal(start_server(end, "INVITE", "z9hG4bK4", false), -ENOSPC);
	assert_int_equal(reply(end, 486), 0);
	assert_int_equal(start_server(end, "INVITE", "z9hG4bK4", false), 0);
}

static void requests_without_the_cookie_are_matched_by_the_old_rules(void **state)
{
	struct end *end = *state;

	assert_int_equal(start_server(end, "INVITE", "1", false), 0);
	assert_int_equal(give_request(end, "INVITE", "1"), KSRTP_TRANS_DONE);
	assert_int_equal(give_request(end, "INVITE", "2"), KSRTP_TRANS_NEW);
	assert_int_equal(give_request(end, "CANCEL", "1"), KSRTP_TRANS_DONE);
	assert_int_equal(reply(end, 487), 0);
	assert_int_equal(give_request(end, "ACK", "1"), KSRTP_TRANS_DONE);
	pass(end, 40000);
	assert_string_equal(end->told, "cancelled ended ");
}

static void a_response_that_cannot_be_sent_may_take_another_hop(void **state)
{
	struct end *end = *state;

	assert_int_equal(start_server(end, "INVITE", "z9hG4bK1", true), 0);
	end->send_err = -EPIPE;
	assert_int_equal(reply(end, 486), 0);
	pass(end, 0);
	assert_string_equal(end->told, "failed(send) ");
	end->send_err = 0;
	assert_int_equal(ksrtp_strans_rehop(end->st, "hop", 4, true), 0);
	assert_true(sent_starts(end, 1, "SIP/2.0 486 "));
	assert_int_equal(give_request(end, "ACK", "z9hG4bK1"), KSRTP_TRANS_DONE);
	pass(end, 0);
	assert_string_equal(end->told, "failed(send) ended ");
}

static void detached_servers_end_alone(void **state)
{
	struct end *end = *state;

	assert_int_equal(start_server(end, "INVITE", "z9hG4bK1", false), 0);
	ksrtp_strans_detach(end->st);
	pass(end, 0);
	assert_int_equal(ksrtp_trans_stats(end->layer).servers, 0);
	assert_int_equal(start_server(end, "INVITE", "z9hG4bK2", false), 0);
	assert_int_equal(reply(end, 486), 0);
	ksrtp_strans_detach(end->st);
	assert_int_equal(give_request(end, "ACK", "z9hG4bK2"), KSRTP_TRANS_DONE);
	pass(end, 40000);
	assert_int_equal(ksrtp_trans_stats(end->layer).servers, 0);
	assert_string_equal(end->told, "");
}

static void tags_are_stable_and_apart(void **state)
{
	char first[KSRTP_TRANS_TAG], second[KSRTP_TRANS_TAG];
	struct end *end = *state;
	struct ksrtp_buf text;
	struct ksrtp_msg msg;

	ksrtp_buf_init(&text, 4096);
	make_request(&text, "INVITE", "z9hG4bK1");
	assert_int_equal(ksrtp_msg_parse(ksrtp_buf_view(&text), &msg), 0);
	ksrtp_trans_tag(end->layer, &msg, first);
	ksrtp_trans_tag(end->layer, &msg, second);
	assert_string_equal(first, second);
	assert_int_equal(strlen(first), KSRTP_TRANS_TAG - 1);
	ksrtp_buf_reset(&text);
	make_request(&text, "INVITE", "z9hG4bK2");
	assert_int_equal(ksrtp_msg_parse(ksrtp_buf_view(&text), &msg), 0);
	ksrtp_trans_tag(end->layer, &msg, second);
	assert_string_not_equal(first, second);
	ksrtp_buf_free(&text);
}

static void the_layer_ends_with_transactions_alive(void **state)
{
	struct end *end = *state;

	start_client(end, "INVITE", false);
	assert_int_equal(start_server(end, "INVITE", "z9hG4bK1", false), 0);
	assert_true(end->due > 0);
	ksrtp_trans_destroy(end->layer);
	end->layer = NULL;
	assert_string_equal(end->told, "ended ended ");
}

static uint32_t random_state;

static bool lost(unsigned int percent)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 16) % 100 < percent;
}

/* Deliver what @from sent since @done, or lose it. */
static void deliver(struct end *from, struct end *to, size_t *done, unsigned int percent)
{
	struct ksrtp_msg msg;

	for (; *done < from->n; ++*done) {
		struct packet *packet = &from->sent[*done];

		if (lost(percent))
			continue;
		assert_int_equal(ksrtp_msg_parse(ksrtp_slice_of(packet->bytes, packet->n), &msg),
				 0);
		if (ksrtp_trans_input(to->layer, &msg, "hop", 4) == KSRTP_TRANS_NEW && !to->st) {
			const struct ksrtp_strans_args args = {.msg = &msg, .hop = "hop",
							       .hop_len = 4, .user = &st_user,
							       .ctx = to};
			const struct ksrtp_reply busy = {.status = 486, .to_tag = SLICE("t")};
			struct ksrtp_buf out;

			if (msg.method_id == KSRTP_ACK)
				continue;
			ksrtp_buf_init(&out, 4096);
			assert_int_equal(ksrtp_strans_create(to->layer, &args, &to->st), 0);
			assert_int_equal(ksrtp_build_response(&msg, &busy, &out), 0);
			assert_int_equal(ksrtp_strans_reply(to->st, ksrtp_buf_view(&out)), 0);
			ksrtp_buf_free(&out);
		}
	}
}

static void both_ends_agree_over_a_lossy_wire(void **state)
{
	static const char *const methods[] = {"INVITE", "OPTIONS"};

	for (unsigned int run = 0; run < 200; run++) {
		size_t there = 0, back = 0;
		struct end *end;
		void *fresh;

		setup_ends(&fresh);
		end = fresh;
		random_state = run;
		start_client(&end[0], methods[run % 2], false);
		while (ksrtp_trans_next(end[0].layer) != UINT64_MAX ||
		       ksrtp_trans_next(end[1].layer) != UINT64_MAX) {
			uint64_t next = ksrtp_trans_next(end[0].layer);

			if (ksrtp_trans_next(end[1].layer) < next)
				next = ksrtp_trans_next(end[1].layer);
			deliver(&end[0], &end[1], &there, 30);
			deliver(&end[1], &end[0], &back, 30);
			if (there < end[0].n || back < end[1].n)
				continue;
			clock_ms = next > clock_ms ? next : clock_ms;
			ksrtp_trans_run(end[0].layer);
			ksrtp_trans_run(end[1].layer);
		}
		/* At 30 % loss eleven copies get through: one final response, nothing left. */
		assert_non_null(strstr(end[0].told, "486 ended "));
		assert_null(strstr(strstr(end[0].told, "486") + 1, "486"));
		assert_null(strstr(end[0].told, "failed"));
		assert_null(end[0].ct);
		assert_null(end[1].st);
		assert_int_equal(ksrtp_trans_stats(end[1].layer).servers, 0);
		teardown_ends(&fresh);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		END_TEST(an_invite_is_answered_100_and_its_copies_too),
		END_TEST(a_failure_repeats_by_timer_g_until_timer_h),
		END_TEST(an_ack_ends_the_repetition_and_timer_i_the_rest),
		END_TEST(a_reliable_failure_is_sent_once_and_ends_at_its_ack),
		END_TEST(an_accepted_invite_stays_for_timer_l),
		END_TEST(a_request_is_answered_again_until_timer_j),
		END_TEST(an_unanswered_request_does_not_stay_for_ever),
		END_TEST(a_cancel_is_answered_and_passed_on),
		END_TEST(a_cancel_too_late_changes_nothing),
		END_TEST(server_transactions_are_capped),
		END_TEST(server_transactions_are_capped_by_bytes_too),
		END_TEST(requests_without_the_cookie_are_matched_by_the_old_rules),
		END_TEST(a_response_that_cannot_be_sent_may_take_another_hop),
		END_TEST(detached_servers_end_alone),
		END_TEST(tags_are_stable_and_apart),
		END_TEST(the_layer_ends_with_transactions_alive),
		cmocka_unit_test(both_ends_agree_over_a_lossy_wire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
