// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transports over real sockets on loopback: framing, keep-alive, caps, limits, connecting.
 */
#include "tests/unit/net_bed.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void put(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void a_datagram_is_a_message_and_the_answer_leaves_from_where_it_came(void **state)
{
	struct ksrtp_addr at, from;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char buf[64] = "";
	struct bed bed;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	net_open(&bed, NULL);
	bed.echo = true;
	at = net_listen(&bed, KSRTP_TRANSPORT_UDP);
	assert_int_equal(sendto(fd, "\r\n\r\n", 4, 0, ksrtp_addr_sa(&at), ksrtp_addr_len(&at)), 4);
	assert_int_equal(sendto(fd, "M0005hello", 10, 0, ksrtp_addr_sa(&at), ksrtp_addr_len(&at)),
			 10);
	net_until(&bed, bed.messages);
	assert_string_equal(bed.last, "M0005hello");
	assert_int_equal(bed.hop.transport, KSRTP_TRANSPORT_UDP);
	assert_true(ksrtp_addr_equal(&bed.hop.local, &at));
	assert_int_equal(bed.hop.conn, 0);
	assert_int_equal(recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&ss, &len), 10);
	ksrtp_addr_from(&from, (struct sockaddr *)&ss, len);
	assert_true(ksrtp_addr_equal(&from, &at));
	assert_int_equal(bed.messages, 1);
	close(fd);
	net_close(&bed);
}

static void udp_anywhere_opens_a_socket_for_each_address(void **state)
{
	struct ksrtp_addr any, lo;
	struct bed bed;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t n = sizeof(in);

	/* A port that was free a moment ago. */
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	getsockname(fd, (struct sockaddr *)&in, &n);
	close(fd);
	net_open(&bed, NULL);
	ksrtp_addr_from(&any, (struct sockaddr *)&in, n);
	assert_int_equal(ksrtp_addr_classify(&any), KSRTP_ADDR_ANY);
	assert_int_equal(ksrtp_net_listen(bed.net, KSRTP_TRANSPORT_UDP, &any, NULL), 0);
	ksrtp_addr_parse(&lo, "127.0.0.1", 9);
	ksrtp_addr_set_port(&lo, ntohs(in.sin_port));
	assert_true(ksrtp_net_listens(bed.net, KSRTP_TRANSPORT_UDP, &lo));
	assert_false(ksrtp_net_listens(bed.net, KSRTP_TRANSPORT_UDP, &any));
	net_close(&bed);
}

static void messages_come_whole_byte_by_byte_and_pipelined(void **state)
{
	static const char one[] = "M0005hello";
	struct ksrtp_addr at;
	struct bed bed;
	unsigned i;
	int fd;

	net_open(&bed, NULL);
	at = net_listen(&bed, KSRTP_TRANSPORT_TCP);
	fd = net_dial(&at);
	for (i = 0; i < sizeof(one) - 1; i++) {
		assert_int_equal(send(fd, &one[i], 1, 0), 1);
		assert_int_equal(bed.messages, 0);
		uv_run(&bed.loop.uv, UV_RUN_ONCE);
	}
	net_until(&bed, bed.messages == 1);
	assert_string_equal(bed.last, one);
	put(fd, "M0001aM0002bb\r\nM0003cccM00");
	net_until(&bed, bed.messages == 4);
	assert_string_equal(bed.last, "M0003ccc");
	put(fd, "04dddd");
	net_until(&bed, bed.messages == 5);
	assert_memory_equal(bed.all, "M0005helloM0001aM0002bbM0003cccM0004dddd", bed.all_n);
	close(fd);
	net_until(&bed, bed.closed == 1);
	assert_int_equal(bed.closed_error, 0);
	assert_int_equal(ksrtp_net_send(bed.net, &bed.hop, "x", 1), -ENOTCONN);
	net_close(&bed);
}

static void a_large_message_grows_the_buffer_and_a_larger_one_ends_the_stream(void **state)
{
	static char big[5 + 9999];
	struct ksrtp_addr at;
	struct bed bed;
	char buf[64];
	size_t n = 0;
	int fd;

	memset(big, 'x', sizeof(big));
	memcpy(big, "M9999", 5);
	net_open(&bed, NULL);
	at = net_listen(&bed, KSRTP_TRANSPORT_TCP);
	fd = net_dial(&at);
	assert_int_equal(send(fd, big, sizeof(big), 0), sizeof(big));
	net_until(&bed, bed.messages == 1);
	put(fd, "nonsense");
	net_until(&bed, bed.broken == 1);
	/* The answer of broken() leaves before the end of the stream. */
	net_until(&bed, !net_read(fd, buf, sizeof(buf), &n));
	assert_string_equal(buf, "M0003400");
	close(fd);
	net_until(&bed, bed.closed == 1);
	net_close(&bed);
}

static void a_double_crlf_is_answered_and_a_single_one_is_not(void **state)
{
	struct ksrtp_addr at;
	struct bed bed;
	char buf[64];
	size_t n = 0;
	int fd;

	net_open(&bed, NULL);
	at = net_listen(&bed, KSRTP_TRANSPORT_TCP);
	fd = net_dial(&at);
	put(fd, "\r\nM0001a");
	net_until(&bed, bed.messages == 1);
	put(fd, "\r\n");
	net_turns(&bed);
	assert_true(net_read(fd, buf, sizeof(buf), &n));
	assert_int_equal(n, 0);
	put(fd, "\r");
	net_turns(&bed);
	put(fd, "\n");
	net_until(&bed, net_read(fd, buf, sizeof(buf), &n) && n);
	assert_string_equal(buf, "\r\n");
	put(fd, "\r\n\r\n\r\n\r\nM0001b");
	net_until(&bed, bed.messages == 2);
	net_until(&bed, net_read(fd, buf, sizeof(buf), &n) && n >= 6);
	assert_string_equal(buf, "\r\n\r\n\r\n");
	close(fd);
	net_close(&bed);
}

static void connections_are_capped_in_all_and_for_a_source(void **state)
{
	const struct ksrtp_net_limits limits = { .per_source = 2, .connections = 3 };
	struct ksrtp_addr at;
	struct bed bed;
	char buf[8];
	size_t n = 0;
	int fd[3], i;

	net_open(&bed, &limits);
	at = net_listen(&bed, KSRTP_TRANSPORT_TCP);
	for (i = 0; i < 3; i++)
		fd[i] = net_dial(&at);
	net_until(&bed, !net_read(fd[2], buf, sizeof(buf), &n));
	for (i = 0; i < 2; i++) {
		put(fd[i], "M0001a");
		net_until(&bed, bed.messages == (unsigned)i + 1);
	}
	/* A place that becomes free can be taken again. */
	close(fd[0]);
	net_until(&bed, bed.closed == 1);
	close(fd[2]);
	fd[2] = net_dial(&at);
	put(fd[2], "M0001a");
	net_until(&bed, bed.messages == 3);
	close(fd[1]);
	close(fd[2]);
	net_close(&bed);
}

/* A peer that takes connections and says nothing: its kernel does. */
static int silent_peer(struct ksrtp_addr *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);

	assert_int_equal(ksrtp_addr_parse(at, "127.0.0.1:0", 11), 0);
	assert_int_equal(bind(fd, ksrtp_addr_sa(at), ksrtp_addr_len(at)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &n), 0);
	ksrtp_addr_from(at, (struct sockaddr *)&ss, n);
	return fd;
}

static int connect_error(struct bed *bed, const struct ksrtp_target *target)
{
	unsigned int before = bed->connects;

	net_connect(bed, target);
	net_until(bed, bed->connects > before);
	return bed->connect_error;
}

/* Who asks and goes chooses where we connect to: it is his own place that this takes. */
static void connections_for_responses_count_among_those_of_their_address(void **state)
{
	const struct ksrtp_net_limits limits = { .per_source = 3, .answering = 2 };
	struct ksrtp_target target = { .transport = KSRTP_TRANSPORT_TCP, .answers = true };
	struct ksrtp_addr at;
	struct bed bed;
	char buf[8];
	size_t n = 0;
	int fd[5], i;

	net_open(&bed, &limits);
	at = net_listen(&bed, KSRTP_TRANSPORT_TCP);
	for (i = 0; i < 3; i++) {
		fd[i] = silent_peer(&target.addr);
		assert_int_equal(connect_error(&bed, &target), i < 2 ? 0 : -EMFILE);
	}
	target.answers = false;
	assert_int_equal(connect_error(&bed, &target), 0);
	fd[3] = net_dial(&at);
	put(fd[3], "M0001a");
	net_until(&bed, bed.messages == 1);
	fd[4] = net_dial(&at);
	net_until(&bed, !net_read(fd[4], buf, sizeof(buf), &n));
	for (i = 0; i < 5; i++)
		close(fd[i]);
	net_close(&bed);
}

static void a_connection_for_responses_carries_nothing_else_and_ends_in_silence(void **state)
{
	const struct ksrtp_net_limits limits = { .first = 400 };
	struct ksrtp_target target = { .transport = KSRTP_TRANSPORT_TCP };
	struct ksrtp_hop asked, answering;
	struct bed bed;
	int fd[2];

	net_open(&bed, &limits);
	fd[0] = silent_peer(&target.addr);
	assert_int_equal(connect_error(&bed, &target), 0);
	asked = bed.connected;
	target.answers = true;
	assert_int_equal(connect_error(&bed, &target), 0);
	assert_true(ksrtp_hop_equal(&bed.connected, &asked));
	fd[1] = silent_peer(&target.addr);
	assert_int_equal(connect_error(&bed, &target), 0);
	answering = bed.connected;
	target.answers = false;
	assert_int_equal(connect_error(&bed, &target), 0);
	assert_false(ksrtp_hop_equal(&bed.connected, &answering));
	net_until(&bed, bed.closed);
	assert_int_equal(bed.closed_error, -ETIMEDOUT);
	assert_false(ksrtp_net_alive(bed.net, &answering));
	assert_true(ksrtp_net_alive(bed.net, &asked));
	assert_true(ksrtp_net_alive(bed.net, &bed.connected));
	close(fd[0]);
	close(fd[1]);
	net_close(&bed);
}

static void slow_and_silent_senders_are_cut_off(void **state)
{
	const struct ksrtp_net_limits limits = { .message = 200, .first = 400 };
	struct ksrtp_addr at;
	struct bed bed;
	char buf[8];
	size_t n = 0;
	int slow, silent;

	net_open(&bed, &limits);
	at = net_listen(&bed, KSRTP_TRANSPORT_TCP);
	slow = net_dial(&at);
	put(slow, "M0001aM00");
	net_until(&bed, bed.closed == 1);
	assert_int_equal(bed.messages, 1);
	assert_int_equal(bed.closed_error, -ETIMEDOUT);
	silent = net_dial(&at);
	net_until(&bed, !net_read(silent, buf, sizeof(buf), &n));
	assert_int_equal(bed.closed, 1);	/* nobody ever heard of it */
	close(slow);
	close(silent);
	net_close(&bed);
}

static void a_peer_that_does_not_read_fills_its_queue_only(void **state)
{
	const struct ksrtp_net_limits limits = { .queue = 100000, .stalled = 300 };
	static char big[50000];
	struct ksrtp_addr at;
	struct bed bed;
	int fd, err = 0;
	unsigned i;

	net_open(&bed, &limits);
	at = net_listen(&bed, KSRTP_TRANSPORT_TCP);
	fd = net_dial(&at);
	put(fd, "M0001a");
	net_until(&bed, bed.messages == 1);
	for (i = 0; i < 1000 && !err; i++)
		err = ksrtp_net_send(bed.net, &bed.hop, big, sizeof(big));
	assert_int_equal(err, -ENOBUFS);
	assert_true(ksrtp_net_alive(bed.net, &bed.hop));
	net_until(&bed, bed.closed == 1);
	assert_int_equal(bed.closed_error, -ETIMEDOUT);
	close(fd);
	net_close(&bed);
}

static void what_was_queued_leaves_before_the_close(void **state)
{
	/* More than the kernel holds for a reader that does not read. */
	static char big[12 << 20], got[sizeof(big) + 1];
	const struct ksrtp_net_limits limits = { .queue = sizeof(big) };
	struct ksrtp_addr at;
	struct bed bed;
	size_t n = 0;
	int fd;

	memset(big, 'q', sizeof(big));
	net_open(&bed, &limits);
	at = net_listen(&bed, KSRTP_TRANSPORT_TCP);
	fd = net_dial(&at);
	put(fd, "M0001a");
	net_until(&bed, bed.messages == 1);
	assert_int_equal(ksrtp_net_send(bed.net, &bed.hop, big, sizeof(big)), 0);
	ksrtp_net_close(bed.net, &bed.hop);
	assert_int_equal(ksrtp_net_send(bed.net, &bed.hop, "x", 1), -ENOTCONN);
	net_turns(&bed);
	net_until(&bed, n == sizeof(big) || !net_read(fd, got, sizeof(got), &n));
	assert_int_equal(n, sizeof(big));
	assert_memory_equal(got, big, n);
	close(fd);
	net_until(&bed, bed.closed == 1);
	net_close(&bed);
}

static void a_connection_to_the_same_target_is_used_again(void **state)
{
	struct ksrtp_target target = { .transport = KSRTP_TRANSPORT_TCP };
	struct ksrtp_hop first;
	struct bed bed;

	net_open(&bed, NULL);
	target.addr = net_listen(&bed, KSRTP_TRANSPORT_TCP);
	net_connect(&bed, &target);
	net_connect(&bed, &target);
	net_until(&bed, bed.connects == 2);
	first = bed.connected;
	assert_int_equal(bed.connect_error, 0);
	assert_true(ksrtp_addr_equal(&first.remote, &target.addr));
	net_connect(&bed, &target);
	net_until(&bed, bed.connects == 3);
	assert_true(ksrtp_hop_equal(&first, &bed.connected));
	assert_int_equal(ksrtp_net_send(bed.net, &first, "M0002hi", 7), 0);
	net_until(&bed, bed.messages == 1);
	/* Once it is closed the next one is another. */
	ksrtp_net_close(bed.net, &first);
	net_until(&bed, bed.closed == 2);
	net_connect(&bed, &target);
	net_until(&bed, bed.connects == 4);
	assert_int_equal(bed.connect_error, 0);
	assert_int_not_equal(first.conn, bed.connected.conn);
	net_close(&bed);
}

static void connecting_fails_with_a_reason_or_is_cancelled(void **state)
{
	struct ksrtp_target target = { .transport = KSRTP_TRANSPORT_TCP };
	struct bed bed;
	int fd;

	net_open(&bed, NULL);
	ksrtp_addr_parse(&target.addr, "127.0.0.1:1", 11);
	net_connect(&bed, &target);
	net_until(&bed, bed.connects == 1);
	assert_int_equal(bed.connect_error, -ECONNREFUSED);
	target.transport = KSRTP_TRANSPORT_TLS;
	net_connect(&bed, &target);
	net_until(&bed, bed.connects == 2);
	assert_int_equal(bed.connect_error, -EPROTONOSUPPORT);
	ksrtp_net_cancel(net_connect(&bed, &target));
	net_turns(&bed);
	assert_int_equal(bed.connects, 2);
	/* UDP: without a socket nothing leads there, with one the hop is whole. */
	target.transport = KSRTP_TRANSPORT_UDP;
	net_connect(&bed, &target);
	net_until(&bed, bed.connects == 3);
	assert_int_equal(bed.connect_error, -ENETUNREACH);
	net_listen(&bed, KSRTP_TRANSPORT_UDP);
	net_connect(&bed, &target);
	net_until(&bed, bed.connects == 4);
	assert_int_equal(bed.connect_error, 0);
	assert_int_equal(bed.connected.conn, 0);
	fd = bed.connected.local.family;
	assert_int_equal(fd, AF_INET);
	net_close(&bed);
}

static void a_taken_port_is_said(void **state)
{
	struct ksrtp_addr at;
	struct bed bed;

	net_open(&bed, NULL);
	at = net_listen(&bed, KSRTP_TRANSPORT_TCP);
	assert_int_equal(ksrtp_net_listen(bed.net, KSRTP_TRANSPORT_TCP, &at, NULL), -EADDRINUSE);
	at = net_listen(&bed, KSRTP_TRANSPORT_UDP);
	assert_int_equal(ksrtp_net_listen(bed.net, KSRTP_TRANSPORT_UDP, &at, NULL), -EADDRINUSE);
	assert_int_equal(ksrtp_net_listen(bed.net, KSRTP_TRANSPORT_TLS, &at, NULL),
			 -EPROTONOSUPPORT);
	net_close(&bed);
}

static void via_names_the_port_we_listen_on(void **state)
{
	struct ksrtp_target target = { .transport = KSRTP_TRANSPORT_TCP };
	struct ksrtp_addr via;
	struct bed bed;

	net_open(&bed, NULL);
	target.addr = net_listen(&bed, KSRTP_TRANSPORT_TCP);
	net_connect(&bed, &target);
	net_until(&bed, bed.connects == 1);
	ksrtp_net_via(bed.net, &bed.connected, &via);
	assert_int_not_equal(ksrtp_addr_port(&bed.connected.local), ksrtp_addr_port(&via));
	assert_true(ksrtp_addr_equal(&via, &target.addr));
	net_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_is_a_message_and_the_answer_leaves_from_where_it_came),
		cmocka_unit_test(udp_anywhere_opens_a_socket_for_each_address),
		cmocka_unit_test(messages_come_whole_byte_by_byte_and_pipelined),
		cmocka_unit_test(a_large_message_grows_the_buffer_and_a_larger_one_ends_the_stream),
		cmocka_unit_test(a_double_crlf_is_answered_and_a_single_one_is_not),
		cmocka_unit_test(connections_are_capped_in_all_and_for_a_source),
		cmocka_unit_test(connections_for_responses_count_among_those_of_their_address),
		cmocka_unit_test(
			a_connection_for_responses_carries_nothing_else_and_ends_in_silence),
		cmocka_unit_test(slow_and_silent_senders_are_cut_off),
		cmocka_unit_test(a_peer_that_does_not_read_fills_its_queue_only),
		cmocka_unit_test(what_was_queued_leaves_before_the_close),
		cmocka_unit_test(a_connection_to_the_same_target_is_used_again),
		cmocka_unit_test(connecting_fails_with_a_reason_or_is_cancelled),
		cmocka_unit_test(a_taken_port_is_said),
		cmocka_unit_test(via_names_the_port_we_listen_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
