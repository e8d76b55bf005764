// SPDX-License-Identifier: GPL-2.0-or-later
/* Two transaction layers in virtual time, for the tests of client and server transactions. */
#include "tests/unit/sip_end.h"

uint64_t clock_ms;

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

const struct ksrtp_trans_ops end_ops = {.send = end_send, .now = end_now, .due = end_due};

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

const struct ksrtp_ctrans_user ct_user = {ct_response, ct_failed, ct_ended};
const struct ksrtp_strans_user st_user = {st_cancelled, st_failed, st_ended};

int setup_ends(void **state)
{
	static const struct ksrtp_trans_limits limits = {.servers = 4, .clients = 4};
	static const uint64_t key[2] = {1, 2};
	struct end *end = calloc(2, sizeof(*end));

	assert_non_null(end);
	clock_ms = START;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			ksrtp_trans_create(&end_ops, &end[i], &limits, key, &end[i].layer), 0);
	*state = end;
	return 0;
}

int teardown_ends(void **state)
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

void pass(struct end *end, uint64_t ms)
{
	uint64_t until = START + ms;

	while (ksrtp_trans_next(end->layer) <= until) {
		if (ksrtp_trans_next(end->layer) > clock_ms)
			clock_ms = ksrtp_trans_next(end->layer);
		ksrtp_trans_run(end->layer);
	}
	clock_ms = until;
}

void assert_sent_at(const struct end *end, const char *expected)
{
	char moments[512] = "";

	for (size_t i = 0; i < end->n; i++)
		snprintf(moments + strlen(moments), sizeof(moments) - strlen(moments), "%llu ",
			 (unsigned long long)(end->sent[i].at - START));
	assert_string_equal(moments, expected);
}

bool sent_starts(const struct end *end, size_t i, const char *prefix)
{
	return i < end->n && !strncmp(end->sent[i].bytes, prefix, strlen(prefix));
}

void make_request(struct ksrtp_buf *out, const char *method, const char *branch)
{
	ksrtp_buf_printf(out,
			 "%s sip:bob@far SIP/2.0\r\nVia: SIP/2.0/UDP us:5060;branch=%s\r\n"
			 "Via: SIP/2.0/UDP below;branch=z9hG4bKbelow\r\nMax-Forwards: 69\r\n"
			 "From: <sip:a@b>;tag=1\r\nTo: <sip:bob@far>\r\nCall-ID: x\r\n"
			 "CSeq: 7 %s\r\nContent-Length: 0\r\n\r\n",
			 method, branch, method);
}

void start_client(struct end *end, const char *method, bool reliable)
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

enum ksrtp_trans_what give_text(struct end *end, struct slice text)
{
	struct ksrtp_msg msg;

	assert_int_equal(ksrtp_msg_parse(text, &msg), 0);
	return ksrtp_trans_input(end->layer, &msg, "hop", 4);
}

enum ksrtp_trans_what give_response(struct end *end, unsigned int status, const char *method)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "SIP/2.0 %u X\r\nVia: SIP/2.0/UDP us:5060;branch=z9hG4bKours\r\n"
		 "f: <sip:a@b>;tag=1\r\nTo: <sip:bob@far>;tag=%u\r\ni: x\r\nCSeq: 7 %s\r\n\r\n",
		 status, status, method);
	return give_text(end, ksrtp_slice_str(text));
}

enum ksrtp_trans_what give_request(struct end *end, const char *method, const char *branch)
{
	enum ksrtp_trans_what what;
	struct ksrtp_buf text;

	ksrtp_buf_init(&text, 4096);
	make_request(&text, method, branch);
	what = give_text(end, ksrtp_buf_view(&text));
	ksrtp_buf_free(&text);
	return what;
}

int start_server(struct end *end, const char *method, const char *branch, bool reliable)
{
	struct ksrtp_strans_args args = {
		.hop = "hop", .hop_len = 4, .reliable = reliable, .user = &st_user, .ctx = end};
	struct ksrtp_strans *st;
	struct ksrtp_buf text;
	struct ksrtp_msg msg;
	int err;

	ksrtp_buf_init(&text, KSRTP_MSG_MAX);
	make_request(&text, method, branch);
	assert_int_equal(ksrtp_msg_parse(ksrtp_buf_view(&text), &msg), 0);
	args.msg = &msg;
	err = ksrtp_strans_create(end->layer, &args, &st);
	if (!err)
		end->st = st;
	ksrtp_buf_free(&text);
	return err;
}

int reply(struct end *end, unsigned int status)
{
	char text[256];

	snprintf(text, sizeof(text), "SIP/2.0 %u X\r\nVia: SIP/2.0/UDP us\r\n\r\n", status);
	return ksrtp_strans_reply(end->st, ksrtp_slice_str(text));
}
