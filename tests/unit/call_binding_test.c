// SPDX-License-Identifier: GPL-2.0-or-later
/* What brings a request back to a phone: flow tokens, bindings; and what phones may not assert. */
#include <errno.h>

#include "daemon/call/binding.h"
#include "daemon/call/flow.h"
#include "daemon/call/trust.h"
#include "tests/unit/net_bed.h"

struct world {
	struct bed bed;
	struct ksrtp_edge edge;
	struct ksrtp_config config;
	struct ksrtp_hop alive, dead;
};

static struct ksrtp_config_side side[] = {
	{ .name = "phone" },
	{ .name = "core", .core = true },
	{ .name = "trunk", .core = true, .number = 1 },
};

static void make_hop(struct ksrtp_hop *hop, const struct ksrtp_addr *local, const char *remote)
{
	memset(hop, 0, sizeof(*hop));
	hop->transport = KSRTP_TRANSPORT_UDP;
	hop->local = *local;
	assert_int_equal(ksrtp_addr_parse(&hop->remote, remote, strlen(remote)), 0);
}

static int open_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct ksrtp_addr local;

	net_open(&w->bed, NULL);
	local = net_listen(&w->bed, KSRTP_TRANSPORT_UDP);
	make_hop(&w->alive, &local, "192.0.2.7:5060");
	w->dead = w->alive;
	w->dead.transport = KSRTP_TRANSPORT_TLS;
	w->dead.conn = 4711;
	w->edge.loop = &w->bed.loop;
	w->edge.net = w->bed.net;
	w->edge.host = w->bed.host;
	w->config.side = side;
	w->config.n_side = ARRAY_SIZE(side);
	w->edge.config = &w->config;
	w->edge.epoch = 1;
	assert_int_equal(ksrtp_binding_init(&w->edge), 0);
	*state = w;
	return 0;
}

static int close_world(void **state)
{
	struct world *w = *state;

	ksrtp_binding_fini(&w->edge);
	net_close(&w->bed);
	free(w);
	return 0;
}

static void a_token_gives_its_flow_back(void **state)
{
	static const char *const remotes[] = { "192.0.2.7:5061", "[2001:db8::7]:5061" };
	struct world *w = *state;
	struct ksrtp_flow flow, got;
	char token[KSRTP_TOKEN_TEXT];
	struct ksrtp_addr local;
	size_t i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(ksrtp_addr_parse(&local, i ? "[::1]:5061" : "127.0.0.1:5061",
						  i ? 10 : 14), 0);
		memset(&flow, 0, sizeof(flow));
		make_hop(&flow.hop, &local, remotes[i]);
		flow.hop.transport = KSRTP_TRANSPORT_TLS;
		flow.hop.conn = 0x1122334455667788;
		flow.side = &side[2 * i];
		flow.binding = 0xfedcba9876543210;
		assert_int_equal(ksrtp_flow_seal(&w->edge, &flow, token), 0);
		assert_int_equal(ksrtp_flow_open(&w->edge, ksrtp_slice_str(token), &got), 0);
		assert_memory_equal(&flow.hop, &got.hop, sizeof(flow.hop));
		assert_ptr_equal(flow.side, got.side);
		assert_true(flow.binding == got.binding);
		assert_false(ksrtp_flow_alive(&w->edge, &got));
	}
}

static void a_token_names_its_side_whatever_its_place_in_the_file(void **state)
{
	struct world *w = *state;
	struct ksrtp_config_side moved[] = {
		{ .name = "phone" },
		{ .name = "first", .core = true },
		{ .name = "trunk", .core = true, .number = 1 },
		{ .name = "core", .core = true, .number = 2 },
	};
	struct ksrtp_flow flow = { .side = &side[1], .hop = w->alive }, got;
	char token[KSRTP_TOKEN_TEXT];

	assert_int_equal(ksrtp_flow_seal(&w->edge, &flow, token), 0);
	w->config.side = moved;
	w->config.n_side = 4;
	assert_int_equal(ksrtp_flow_open(&w->edge, ksrtp_slice_str(token), &got), 0);
	assert_ptr_equal(got.side, &moved[3]);
	w->config.side = side;
	w->config.n_side = 3;
}

/* UDP from 127.0.0.1:5060 to 192.0.2.7:5060, of the second core, for binding 7. */
static void a_token_of_an_older_version_is_read(void **state)
{
	static const char old[] = "\x15\0\0\0\1\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\0"
				  "\x7f\0\0\1\x13\xc4\xc0\0\2\7\x13\xc4";
	struct world *w = *state;
	char token[KSRTP_TOKEN_TEXT], text[KSRTP_ADDR_TEXT];
	struct ksrtp_flow got;

	assert_int_equal(ksrtp_token_seal(w->edge.secret, 1, ksrtp_slice_of(old, sizeof(old) - 1),
					  token), 0);
	assert_int_equal(ksrtp_flow_open(&w->edge, ksrtp_slice_str(token), &got), 0);
	assert_ptr_equal(got.side, &side[2]);
	assert_true(got.binding == 7);
	assert_int_equal(got.hop.transport, KSRTP_TRANSPORT_UDP);
	assert_string_equal(ksrtp_addr_format(&got.hop.remote, text, sizeof(text)),
			    "192.0.2.7:5060");
	/* cut, or of a place that nobody has */
	assert_int_equal(ksrtp_token_seal(w->edge.secret, 1, ksrtp_slice_of(old, sizeof(old) - 2),
					  token), 0);
	assert_int_equal(ksrtp_flow_open(&w->edge, ksrtp_slice_str(token), &got), -EBADMSG);
	w->config.n_side--;
	assert_int_equal(ksrtp_token_seal(w->edge.secret, 1, ksrtp_slice_of(old, sizeof(old) - 1),
					  token), 0);
	assert_int_equal(ksrtp_flow_open(&w->edge, ksrtp_slice_str(token), &got), -EBADMSG);
	w->config.n_side++;
}

static void a_token_of_a_side_that_is_configured_no_more_is_refused(void **state)
{
	struct world *w = *state;
	struct ksrtp_flow flow = { .side = &side[2], .hop = w->alive }, got;
	char token[KSRTP_TOKEN_TEXT];

	assert_int_equal(ksrtp_flow_seal(&w->edge, &flow, token), 0);
	w->config.n_side--;
	assert_int_equal(ksrtp_flow_open(&w->edge, ksrtp_slice_str(token), &got), -EBADMSG);
	w->config.n_side++;
}

static void a_token_with_any_byte_changed_is_refused(void **state)
{
	struct world *w = *state;
	struct ksrtp_flow flow = { .side = side, .binding = 1, .hop = w->alive }, got;
	char token[KSRTP_TOKEN_TEXT], kept;
	size_t i;

	assert_int_equal(ksrtp_flow_seal(&w->edge, &flow, token), 0);
	for (i = 0; token[i]; i++) {
		kept = token[i];
		token[i] = kept == 'A' ? 'B' : 'A';
		assert_int_equal(ksrtp_flow_open(&w->edge, ksrtp_slice_str(token), &got), -EBADMSG);
		token[i] = kept;
	}
	w->edge.secret[0] ^= 1;
	assert_int_equal(ksrtp_flow_open(&w->edge, ksrtp_slice_str(token), &got), -EBADMSG);
}

static void a_connection_of_an_earlier_process_is_dead(void **state)
{
	struct world *w = *state;
	struct ksrtp_flow flow = { .side = side, .hop = w->dead }, got;
	char token[KSRTP_TOKEN_TEXT];

	assert_int_equal(ksrtp_flow_seal(&w->edge, &flow, token), 0);
	w->edge.epoch = 2;
	assert_int_equal(ksrtp_flow_open(&w->edge, ksrtp_slice_str(token), &got), 0);
	assert_true(got.hop.conn == 0);
	assert_false(ksrtp_flow_alive(&w->edge, &got));
	/* a datagram finds its way without a connection */
	flow.hop = w->alive;
	assert_int_equal(ksrtp_flow_seal(&w->edge, &flow, token), 0);
	w->edge.epoch = 3;
	assert_int_equal(ksrtp_flow_open(&w->edge, ksrtp_slice_str(token), &got), 0);
	assert_true(ksrtp_flow_alive(&w->edge, &got));
}

static struct ksrtp_binding *get(struct world *w, const char *contact, const struct ksrtp_hop *hop)
{
	struct ksrtp_contact c;
	struct ksrtp_binding_who who = { .aor = SLICE("sip:a@x"), .contact = &c, .hop = hop };

	assert_int_equal(ksrtp_hdr_contact(ksrtp_slice_str(contact), &c), 0);
	return ksrtp_binding_get(&w->edge, &who);
}

static void a_dead_flow_is_replaced_by_a_newer_one_of_the_same_phone(void **state)
{
	struct world *w = *state;
	const char *phone = "<sip:a@192.0.2.7>;+sip.instance=\"<urn:uuid:1>\";reg-id=1";
	const char *other = "<sip:a@192.0.2.7>;+sip.instance=\"<urn:uuid:2>\";reg-id=1";
	struct ksrtp_binding *old = get(w, phone, &w->dead), *new;
	struct ksrtp_hop third = w->alive;

	assert_ptr_equal(old, get(w, phone, &w->dead));
	assert_int_equal(ksrtp_binding_confirm(&w->edge, old, 60), 0);
	assert_null(ksrtp_binding_hop(&w->edge, old));
	/* somebody else, or nobody a registrar vouches for, is no replacement */
	ksrtp_addr_set_port(&third.remote, 1);
	assert_int_equal(ksrtp_binding_confirm(&w->edge, get(w, other, &third), 60), 0);
	new = get(w, phone, &w->alive);
	assert_ptr_not_equal(old, new);
	assert_null(ksrtp_binding_hop(&w->edge, old));
	assert_int_equal(ksrtp_binding_confirm(&w->edge, new, 60), 0);
	assert_ptr_equal(ksrtp_binding_hop(&w->edge, old), &new->hop);
	/* the old one serves no new request, and is still found by its id */
	assert_false(old->confirmed);
	assert_ptr_equal(ksrtp_binding_find(&w->edge, old->id), old);
}

/* It calls before it registers: that Contact names no instance, the one of the REGISTER does. */
static void a_phone_that_calls_first_and_registers_then_is_known_by_its_instance(void **state)
{
	struct world *w = *state;
	const char *plain = "<sip:a@192.0.2.7>";
	const char *phone = "<sip:a@192.0.2.7>;+sip.instance=\"<urn:uuid:1>\";reg-id=1";
	struct ksrtp_binding *old = get(w, phone, &w->dead), *new;

	assert_int_equal(ksrtp_binding_confirm(&w->edge, old, 60), 0);
	new = get(w, plain, &w->alive);
	assert_ptr_equal(get(w, phone, &w->alive), new);
	assert_int_equal(ksrtp_binding_confirm(&w->edge, new, 60), 0);
	assert_ptr_equal(ksrtp_binding_hop(&w->edge, old), &new->hop);
	/* and a later call does not make it another one */
	assert_ptr_equal(get(w, plain, &w->alive), new);
	assert_ptr_equal(ksrtp_binding_hop(&w->edge, old), &new->hop);
}

static void strangers_push_out_each_other_and_nobody_registered(void **state)
{
	struct world *w = *state;
	struct ksrtp_binding *kept = get(w, "<sip:kept@192.0.2.7>", &w->alive), *first;
	uint64_t kept_id = kept->id, first_id;
	char contact[64];
	int i;

	assert_int_equal(ksrtp_binding_confirm(&w->edge, kept, 60), 0);
	first = get(w, "<sip:first@192.0.2.7>", &w->alive);
	first_id = first->id;
	for (i = 0; i < KSRTP_EDGE_CANDIDATES; i++) {
		struct ksrtp_hop hop = w->alive;

		snprintf(contact, sizeof(contact), "<sip:%d@192.0.2.7>", i);
		/* each under an address-of-record of its own: the walk stays short */
		struct ksrtp_contact c;
		struct ksrtp_binding_who who = {
			.aor = ksrtp_slice_str(contact), .contact = &c, .hop = &hop,
		};
		assert_int_equal(ksrtp_hdr_contact(ksrtp_slice_str(contact), &c), 0);
		assert_non_null(ksrtp_binding_get(&w->edge, &who));
	}
	assert_int_equal(w->edge.n_candidates, KSRTP_EDGE_CANDIDATES);
	assert_null(ksrtp_binding_find(&w->edge, first_id));
	assert_non_null(ksrtp_binding_find(&w->edge, kept_id));
}

static void asserted_identities_of_phones_go_and_nothing_else(void **state)
{
	static const char text[] =
		"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c;branch=z9hG4bK1\r\n"
		"p-asserted-identity: <sip:boss@b>,\r\n <tel:+1>\r\nFrom: <sip:x@y>;tag=1\r\n"
		"To: <sip:a@b>\r\nP-Preferred-Identity: <sip:x@y>\r\nREMOTE-PARTY-ID: <sip:q@b>\r\n"
		"Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nP-Charging-Vector: icid-value=1\r\n"
		"Max-Forwards: 7\r\nContent-Length: 0\r\n\r\n";
	static const char wanted[] =
		"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP c;branch=z9hG4bK1\r\n"
		"From: <sip:x@y>;tag=1\r\n"
		"To: <sip:a@b>\r\nP-Preferred-Identity: <sip:x@y>\r\n"
		"Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
		"Max-Forwards: 7\r\nContent-Length: 0\r\n\r\n";
	struct ksrtp_splice list;
	struct ksrtp_buf out;
	struct ksrtp_msg msg;

	assert_int_equal(ksrtp_msg_parse(ksrtp_slice_str(text), &msg), 0);
	ksrtp_splice_init(&list, msg.raw);
	ksrtp_buf_init(&out, 65536);
	assert_int_equal(ksrtp_trust_strip(&list, &msg), 0);
	assert_int_equal(ksrtp_splice_apply(&list, &out), 0);
	assert_int_equal(out.n, sizeof(wanted) - 1);
	assert_memory_equal(out.p, wanted, out.n);
	ksrtp_splice_destroy(&list);
	ksrtp_buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_token_gives_its_flow_back, open_world,
						close_world),
		cmocka_unit_test_setup_teardown(
			a_token_names_its_side_whatever_its_place_in_the_file, open_world,
			close_world),
		cmocka_unit_test_setup_teardown(
			a_token_of_an_older_version_is_read, open_world,
			close_world),
		cmocka_unit_test_setup_teardown(
			a_token_of_a_side_that_is_configured_no_more_is_refused, open_world,
			close_world),
		cmocka_unit_test_setup_teardown(a_token_with_any_byte_changed_is_refused,
						open_world, close_world),
		cmocka_unit_test_setup_teardown(a_connection_of_an_earlier_process_is_dead,
						open_world, close_world),
		cmocka_unit_test_setup_teardown(
			a_dead_flow_is_replaced_by_a_newer_one_of_the_same_phone, open_world,
			close_world),
		cmocka_unit_test_setup_teardown(
			a_phone_that_calls_first_and_registers_then_is_known_by_its_instance,
			open_world, close_world),
		cmocka_unit_test_setup_teardown(
			strangers_push_out_each_other_and_nobody_registered, open_world,
			close_world),
		cmocka_unit_test(asserted_identities_of_phones_go_and_nothing_else),
	};

	return cmocka_run_group_tests_name("call_binding", tests, NULL, NULL);
}
