// SPDX-License-Identifier: GPL-2.0-or-later
/* Coverage: classes of grades, sums by side and peer, the cap on peers, and ways of keys. */
#include <stdio.h>

#include "daemon/call/coverage.h"
#include "daemon/call/keypath.h"
#include "tests/unit/net_bed.h"

static struct ksrtp_call_total total(enum ksrtp_grade_media proved, enum ksrtp_grade_path path,
				     uint64_t packets, uint64_t secure)
{
	struct ksrtp_call_total t = {
		.grade = { .promised = KSRTP_GRADE_SDES, .proved = proved, .path = path },
		.rx_packets = packets, .rx_secure = secure,
		.tx_packets = packets, .tx_secure = secure,
	};

	t.verdict[KSRTP_VERDICT_OK] = packets;
	return t;
}

static void a_grade_is_never_more_than_its_parts(void **state)
{
	static const struct {
		enum ksrtp_grade_media proved;
		enum ksrtp_grade_path path;
		const char *word;
	} row[] = {
		{ KSRTP_GRADE_CLEAR, KSRTP_GRADE_DANE, "clear" },
		{ KSRTP_GRADE_OPAQUE, KSRTP_GRADE_DANE, "opaque" },
		{ KSRTP_GRADE_NONE, KSRTP_GRADE_DANE, "unproved" },
		{ KSRTP_GRADE_SDES, KSRTP_GRADE_EXPOSED, "exposed" },
		{ KSRTP_GRADE_SDES, KSRTP_GRADE_TLS, "protected" },
		{ KSRTP_GRADE_DTLS, KSRTP_GRADE_TOFU, "protected" },
		{ KSRTP_GRADE_SDES, KSRTP_GRADE_RFC5922, "authenticated" },
		{ KSRTP_GRADE_DTLS, KSRTP_GRADE_DANE, "authenticated" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(row); i++) {
		struct ksrtp_grade grade = { KSRTP_GRADE_DTLS, row[i].proved, row[i].path };

		assert_string_equal(ksrtp_coverage_word(ksrtp_coverage_class_of(&grade)),
				    row[i].word);
	}
}

static struct ksrtp_coverage_peer *peer(const struct ksrtp_coverage *c, const char *name)
{
	struct ksrtp_list *node, *tmp;

	ksrtp_list_each(node, tmp, &c->peers) {
		struct ksrtp_coverage_peer *p = ksrtp_container(node, struct ksrtp_coverage_peer,
								node);
		if (!strcmp(p->name, name))
			return p;
	}
	return NULL;
}

static const struct ksrtp_config_side phones = { .name = "phone" };
static const struct ksrtp_config_side cores[] = {
	{ .name = "core", .core = true },
	{ .name = "trunk", .core = true, .number = 1 },
};

static void set_ends(struct ksrtp_call *call, const char *phone, char *core)
{
	call->end[0].side = &phones;
	call->end[1].side = &cores[0];
	call->end[1].name = core;
	assert_int_equal(ksrtp_addr_parse(&call->end[0].hop.remote, phone, strlen(phone)), 0);
}

static void a_call_counts_once_and_as_its_worst_leg(void **state)
{
	struct ksrtp_call_total t[2] = {
		total(KSRTP_GRADE_SDES, KSRTP_GRADE_TLS, 10, 10),
		total(KSRTP_GRADE_CLEAR, KSRTP_GRADE_EXPOSED, 10, 0),
	};
	struct ksrtp_call call = { .answered = true };
	struct ksrtp_coverage c, sum;

	assert_int_equal(ksrtp_coverage_init(&c), 0);
	assert_int_equal(ksrtp_coverage_init(&sum), 0);
	set_ends(&call, "192.0.2.7:5061", "pbx.example");
	ksrtp_coverage_add(&c, &call, t);
	/* never answered: only what was heard of it counts */
	call.answered = false;
	ksrtp_coverage_add(&c, &call, t);
	t[0].rx_packets = t[0].tx_packets = t[0].verdict[0] = t[0].rx_secure = t[0].tx_secure = 0;
	set_ends(&call, "192.0.2.8:5061", "pbx.example");
	ksrtp_coverage_add(&c, &call, t);
	ksrtp_coverage_merge(&sum, &c);
	ksrtp_coverage_merge(&sum, &c);
	assert_int_equal(sum.all.calls[KSRTP_COVERAGE_CLEAR], 2);
	assert_int_equal(sum.all.calls[KSRTP_COVERAGE_PROTECTED], 0);
	assert_int_equal(ksrtp_coverage_of_side(&sum, &phones)->calls[KSRTP_COVERAGE_PROTECTED], 2);
	assert_int_equal(ksrtp_coverage_of_side(&sum, &cores[0])->calls[KSRTP_COVERAGE_CLEAR], 2);
	assert_int_equal(ksrtp_coverage_of_side(&sum, &cores[1])->calls[KSRTP_COVERAGE_CLEAR], 0);
	assert_int_equal(ksrtp_coverage_of_side(&sum, &phones)->packets, 2 * 40);
	assert_int_equal(ksrtp_coverage_of_side(&sum, &phones)->secure, 2 * 40);
	assert_int_equal(sum.all.packets, 2 * 100);
	assert_int_equal(peer(&sum, "pbx.example")->row.packets, 2 * 60);
	assert_int_equal(peer(&sum, "192.0.2.7")->row.secure, 2 * 40);
	assert_null(peer(&sum, "192.0.2.8"));
	ksrtp_coverage_fini(&c);
	ksrtp_coverage_fini(&sum);
}

static void strangers_make_a_bounded_number_of_rows(void **state)
{
	struct ksrtp_call_total t[2] = {
		total(KSRTP_GRADE_SDES, KSRTP_GRADE_TLS, 1, 1),
		total(KSRTP_GRADE_SDES, KSRTP_GRADE_TLS, 1, 1),
	};
	struct ksrtp_call call = { .answered = true };
	struct ksrtp_coverage c;
	char text[32];
	int i;

	assert_int_equal(ksrtp_coverage_init(&c), 0);
	for (i = 0; i < KSRTP_COVERAGE_PEERS + 100; i++) {
		snprintf(text, sizeof(text), "10.0.%d.%d:5060", i / 256, i % 256);
		set_ends(&call, text, "pbx.example");
		ksrtp_coverage_add(&c, &call, t);
	}
	assert_int_equal(c.names.count, KSRTP_COVERAGE_PEERS);
	assert_int_equal(c.others.calls[KSRTP_COVERAGE_PROTECTED], 101);
	assert_int_equal(peer(&c, "pbx.example")->row.calls[KSRTP_COVERAGE_PROTECTED], i);
	ksrtp_coverage_fini(&c);
}

#define REQUEST(vias)									\
	"INVITE sip:b@x SIP/2.0\r\n" vias "From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\n"	\
	"Call-ID: one\r\nCSeq: 1 INVITE\r\nMax-Forwards: 9\r\nContent-Length: 0\r\n\r\n"
#define RESPONSE(routes)								\
	"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n" routes		\
	"From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>;tag=2\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\n" \
	"Content-Length: 0\r\n\r\n"

/* Hops of clear transports cannot hide behind a TLS one; our own hop here is always clear. */
static void hops_below_are_seen(void **state)
{
	static const struct {
		const char *text;
		bool tls;
	} row[] = {
		{ REQUEST("Via: SIP/2.0/TLS h;branch=z9hG4bK1\r\n"), true },
		{ REQUEST("Via: SIP/2.0/TLS h;branch=z9hG4bK1, SIP/2.0/TLS g;branch=z9hG4bK2\r\n"),
		  true },
		{ REQUEST("Via: SIP/2.0/TLS h;branch=z9hG4bK1\r\n"
			  "v: SIP/2.0/UDP g;branch=z9hG4bK2\r\n"), false },
		{ REQUEST("Via: SIP/2.0/TLS h;branch=z9hG4bK1, SIP/2.0/WS g;branch=z9hG4bK2\r\n"),
		  false },
		{ RESPONSE(""), true },
		{ RESPONSE("Record-Route: <sip:p;transport=tls;lr>, <sips:q;lr>\r\n"), true },
		{ RESPONSE("Record-Route: <sip:p;transport=TLS;lr>, <sip:q;lr>\r\n"), false },
		{ RESPONSE("Record-Route: <sip:p;transport=tcp;lr>\r\n"), false },
	};
	static const uint8_t address[4] = { 127, 0, 0, 1 };
	struct ksrtp_hop hop = { .transport = KSRTP_TRANSPORT_UDP };
	struct ksrtp_edge edge = { 0 };
	struct ksrtp_msg msg;
	struct bed bed;
	size_t i;

	net_open(&bed, NULL);
	edge.net = bed.net;
	edge.loop = &bed.loop;
	assert_int_equal(ksrtp_addr_make(&hop.remote, address, 4, 5060), 0);
	for (i = 0; i < ARRAY_SIZE(row); i++) {
		assert_int_equal(ksrtp_msg_parse(ksrtp_slice_str(row[i].text), &msg), 0);
		assert_int_equal(ksrtp_keypath_below(&edge, &msg), row[i].tls);
		assert_int_equal(ksrtp_keypath_of(&edge, &hop, &msg), KSRTP_GRADE_EXPOSED);
	}
	net_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_grade_is_never_more_than_its_parts),
		cmocka_unit_test(a_call_counts_once_and_as_its_worst_leg),
		cmocka_unit_test(strangers_make_a_bounded_number_of_rows),
		cmocka_unit_test(hops_below_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
