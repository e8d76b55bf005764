// SPDX-License-Identifier: GPL-2.0-or-later
/* Transactions in virtual time: every timer of RFC 3261 17 and RFC 6026, caps, CANCEL, loss. */
#include "tests/unit/sip_assert.h"

#include <errno.h>

#include "daemon/sip/build.h"
#include "daemon/sip/ctrans.h"
#include "daemon/sip/strans.h"

#define WIRE 4096 /* messages a wire remembers */

struct packet {
	uint64_t at;
	char *bytes;
	size_t n;
};

/* One end: a layer, what it sent, what its owner was told. */
struct end {
	struct ksrtp_trans *layer;
	struct packet sent[WIRE];
	size_t n;
	int send_err;
	char told[512]; /* "100 180 200 failed(-110) ended " … */
	struct ksrtp_ctrans *ct;
	struct ksrtp_strans *st;
	unsigned int due;
};

static uint64_t clock_ms;

static int end_send(void *ctx, const void *hop, size_t hop_len, struct slice bytes)
{
	struct end *end = ctx;

	assert_int_equal(hop_len, 4);
	assert_memory_equal(hop, "hop", 4);
	if (end->send_err)
		return end->send_err;
	assert_true(end->n < WIRE);
	end->sent[end->n++] =
		(struct packet){clock_ms, ksrtp_slice_dup(bytes), bytes.n};
	return 0;
}

static uint64_t end_now(void *ctx)
{
	return clock_ms;
}

static void end_due(void *ctx)
{
	((struct end *)ctx)->due++;
}

static const struct ksrtp_trans_ops ops = {.send = end_send, .now = end_now, .due = end_due};

static void tell(struct end *end, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void tell(struct end *end, const char *fmt, ...)
{
	size_t at = strlen(end->told);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(end->told + at, sizeof(end->told) - at, fmt, ap);
	va_end(ap);
}

static void ct_response(void *ctx, struct ksrtp_ctrans *ct, const struct ksrtp_msg *msg)
{
	struct end *end = ctx;

	assert_ptr_equal(ct, end->ct);
	tell(end, "%u ", msg->status);
}

static void ct_failed(void *ctx, struct ksrtp_ctrans *ct, int err)
{
	tell(ctx, "failed(%s) ", err == -ETIMEDOUT ? "timeout" : err == -EPIPE ? "broken" : "send");
}

static void ct_ended(void *ctx, struct ksrtp_ctrans *ct)
{
	tell(ctx, "ended ");
	((struct end *)ctx)->ct = NULL;
}

static void st_cancelled(void *ctx, struct ksrtp_strans *st, const struct ksrtp_msg *msg)
{
	assert_int_equal(msg->method_id, KSRTP_CANCEL);
	tell(ctx, "cancelled ");
}

static void st_failed(void *ctx, struct ksrtp_strans *st, int err)
{
	tell(ctx, "failed(%s) ", err == -ETIMEDOUT ? "timeout" : "send");
}

static void st_ended(void *ctx, struct ksrtp_strans *st)
{
	tell(ctx, "ended ");
	((struct end *)ctx)->st = NULL;
}

static const struct ksrtp_ctrans_user ct_user = {ct_response, ct_failed, ct_ended};
static const struct ksrtp_strans_user st_user = {st_cancelled, st_failed, st_ended};

static int setup(void **state)
{
	static const struct ksrtp_trans_limits limits = {.servers = 4, .clients = 4};
	static const uint64_t key[2] = {1, 2};
	struct end *end = calloc(2, sizeof(*end));

	assert_non_null(end);
	clock_ms = 1000000;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(ksrtp_trans_create(&ops, &end[i], &limits, key, &end[i].layer), 0);
	*state = end;
	return 0;
}

static int teardown(void **state)
{
	struct end *end = *state;

	for (size_t i = 0; i < 2; i++) {
		ksrtp_trans_destroy(end[i].layer);
		for (size_t k = 0; k < end[i].n; k++)
			free(end[i].sent[k].bytes);
	}
	free(end);
	return 0;
}

/* Let the time pass to @ms after the start of the test, timer by timer. */
static void pass(struct end *end, uint64_t ms)
{
	uint64_t until = 1000000 + ms;

	while (ksrtp_trans_next(end->layer) <= until) {
		if (ksrtp_trans_next(end->layer) > clock_ms)
			clock_ms = ksrtp_trans_next(end->layer);
		ksrtp_trans_run(end->layer);
	}
	clock_ms = until;
}

/* The moments, in ms from the start, at which something was sent. */
static void assert_sent_at(const struct end *end, const char *expected)
{
	char moments[512] = "";

	for (size_t i = 0; i < end->n; i++)
		snprintf(moments + strlen(moments), sizeof(moments) - strlen(moments), "%llu ",
			 (unsigned long long)(end->sent[i].at - 1000000));
	assert_string_equal(moments, expected);
}

static bool sent_starts(const struct end *end, size_t i, const char *prefix)
{
	return i < end->n && !strncmp(end->sent[i].bytes, prefix, strlen(prefix));
}

static void make_request(struct ksrtp_buf *out, const char *method, const char *branch)
{
	ksrtp_buf_printf(out,
			 "%s sip:bob@far SIP/2.0\r\nVia: SIP/2.0/UDP us:5060;branch=%s\r\n"
			 "Via: SIP/2.0/UDP below;branch=z9hG4bKbelow\r\nMax-Forwards: 69\r\n"
			 "From: <sip:a@b>;tag=1\r\nTo: <sip:bob@far>\r\nCall-ID: x\r\n"
			 "CSeq: 7 %s\r\nContent-Length: 0\r\n\r\n",
			 method, branch, method);
}

static void start_client(struct end *end, const char *method, bool reliable)
{
	struct ksrtp_ctrans_args args = {
		.hop = "hop", .hop_len = 4, .reliable = reliable, .user = &ct_user, .ctx = end};
	struct ksrtp_buf text;

	ksrtp_buf_init(&text, 4096);
	make_request(&text, method, "z9hG4bKours");
	args.bytes = ksrtp_buf_view(&text);
	assert_int_equal(ksrtp_ctrans_create(end->layer, &args, &end->ct), 0);
	if (!end->send_err)
		assert_slice(ksrtp_ctrans_request(end->ct), end->sent[0].bytes);
	ksrtp_buf_free(&text);
}

static enum ksrtp_trans_what give_text(struct end *end, struct slice text)
{
	struct ksrtp_msg msg;

	assert_int_equal(ksrtp_msg_parse(text, &msg), 0);
	return ksrtp_trans_input(end->layer, &msg, "hop", 4);
}

static enum ksrtp_trans_what give_response(struct end *end, unsigned int status, const char *method)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "SIP/2.0 %u X\r\nVia: SIP/2.0/UDP us:5060;branch=z9hG4bKours\r\n"
		 "f: <sip:a@b>;tag=1\r\nTo: <sip:bob@far>;tag=%u\r\ni: x\r\nCSeq: 7 %s\r\n\r\n",
		 status, status, method);
	return give_text(end, ksrtp_slice_str(text));
}

static enum ksrtp_trans_what give_request(struct end *end, const char *method, const char *branch)
{
	enum ksrtp_trans_what what;
	struct ksrtp_buf text;

	ksrtp_buf_init(&text, 4096);
	make_request(&text, method, branch);
	what = give_text(end, ksrtp_buf_view(&text));
	ksrtp_buf_free(&text);
	return what;
}

static int start_server(struct end *end, const char *method, const char *branch, bool reliable)
{
	struct ksrtp_strans_args args = {
		.hop = "hop", .hop_len = 4, .reliable = reliable, .user = &st_user, .ctx = end};
	struct ksrtp_strans *st;
	struct ksrtp_buf text;
	struct ksrtp_msg msg;
	int err;

	ksrtp_buf_init(&text, 4096);
	make_request(&text, method, branch);
	assert_int_equal(ksrtp_msg_parse(ksrtp_buf_view(&text), &msg), 0);
	args.msg = &msg;
	err = ksrtp_strans_create(end->layer, &args, &st);
	if (!err)
		end->st = st;
	ksrtp_buf_free(&text);
	return err;
}

static int reply(struct end *end, unsigned int status)
{
	char text[256];

	snprintf(text, sizeof(text), "SIP/2.0 %u X\r\nVia: SIP/2.0/UDP us\r\n\r\n", status);
	return ksrtp_strans_reply(end->st, ksrtp_slice_str(text));
}

/* ---- client transactions */

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

static void a_ringing_invite_is_cancelled_by_timer_c(void **state)
{
	struct end *end = *state;

	start_client(end, "INVITE", true);
	give_response(end, 100, "INVITE");
	pass(end, 100000);
	give_response(end, 100, "INVITE"); /* a 100 does not prolong it, any other does */
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

/* ---- server transactions */

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

/* ---- both ends over a wire that loses */

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

		setup(&fresh);
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
		teardown(&fresh);
	}
}

#define TRANS_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRANS_TEST(an_invite_repeats_by_timer_a_and_fails_by_timer_b),
		TRANS_TEST(a_request_repeats_by_timer_e_and_fails_by_timer_f),
		TRANS_TEST(nothing_repeats_on_a_reliable_hop),
		TRANS_TEST(a_provisional_response_slows_timer_e),
		TRANS_TEST(a_final_response_is_absorbed_for_timer_k),
		TRANS_TEST(a_reliable_transaction_ends_at_its_final_response),
		TRANS_TEST(a_refused_invite_is_acknowledged_for_timer_d),
		TRANS_TEST(an_accepted_invite_passes_every_2xx_for_timer_m),
		TRANS_TEST(a_ringing_invite_is_cancelled_by_timer_c),
		TRANS_TEST(a_cancel_waits_for_a_provisional_response),
		TRANS_TEST(only_an_invite_is_cancelled),
		TRANS_TEST(broken_hops_fail_what_waits_on_them),
		TRANS_TEST(strange_responses_match_nothing),
		TRANS_TEST(a_detached_client_acknowledges_still),
		TRANS_TEST(an_invite_is_answered_100_and_its_copies_too),
		TRANS_TEST(a_failure_repeats_by_timer_g_until_timer_h),
		TRANS_TEST(an_ack_ends_the_repetition_and_timer_i_the_rest),
		TRANS_TEST(a_reliable_failure_is_sent_once_and_ends_at_its_ack),
		TRANS_TEST(an_accepted_invite_stays_for_timer_l),
		TRANS_TEST(a_request_is_answered_again_until_timer_j),
		TRANS_TEST(an_unanswered_request_does_not_stay_for_ever),
		TRANS_TEST(a_cancel_is_answered_and_passed_on),
		TRANS_TEST(a_cancel_too_late_changes_nothing),
		TRANS_TEST(server_transactions_are_capped),
		TRANS_TEST(requests_without_the_cookie_are_matched_by_the_old_rules),
		TRANS_TEST(a_response_that_cannot_be_sent_may_take_another_hop),
		TRANS_TEST(detached_servers_end_alone),
		TRANS_TEST(tags_are_stable_and_apart),
		TRANS_TEST(the_layer_ends_with_transactions_alive),
		cmocka_unit_test(both_ends_agree_over_a_lossy_wire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
