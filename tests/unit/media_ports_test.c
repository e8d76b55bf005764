// SPDX-License-Identifier: GPL-2.0-or-later
/* Reservation of media ports: pairs, ranges, rest after release. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/media/endpoint.h"
#include "daemon/media/ports.h"

/* A corner of the range that the bed's phones and the default configuration leave alone. */
#define FIRST	27000

static struct ksrtp_addr local(const char *text)
{
	struct ksrtp_addr a;

	assert_int_equal(ksrtp_addr_parse(&a, text, strlen(text)), 0);
	return a;
}

static int listener(const struct ksrtp_addr *at)
{
	int fd = socket(at->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (!bind(fd, ksrtp_addr_sa(at), ksrtp_addr_len(at)))
		return fd;
	close(fd);
	return -errno;
}

static u16 bound(int fd)
{
	struct sockaddr_in6 name;
	socklen_t n = sizeof(name);
	struct ksrtp_addr a;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &n), 0);
	assert_int_equal(ksrtp_addr_from(&a, (struct sockaddr *)&name, n), 0);
	return ksrtp_addr_port(&a);
}

static void a_pair_is_an_even_port_and_the_one_above_in_the_range(void **state)
{
	static const char *const where[] = { "127.0.0.1", "::1" };
	struct ksrtp_ports_pair pair;
	struct ksrtp_ports *ports;
	unsigned int i;

	assert_int_equal(ksrtp_ports_create(&ports, FIRST + 1, FIRST + 99), 0);
	for (i = 0; i < 40; i++) {
		struct ksrtp_addr at = local(where[i % 2]);
		u16 port;

		assert_int_equal(ksrtp_ports_reserve(ports, &at, 0, &pair), 0);
		port = ksrtp_addr_port(&pair.addr);
		assert_true(ksrtp_addr_same_ip(&pair.addr, &at));
		assert_int_equal(port % 2, 0);
		assert_in_range(port, FIRST + 2, FIRST + 98);
		assert_int_equal(bound(pair.fd[0]), port);
		assert_int_equal(bound(pair.fd[1]), port + 1);
	}
	ksrtp_ports_destroy(ports);
}

static void a_range_without_a_pair_is_refused(void **state)
{
	struct ksrtp_ports *ports;

	assert_int_equal(ksrtp_ports_create(&ports, FIRST + 1, FIRST + 2), -EINVAL);
	assert_int_equal(ksrtp_ports_create(&ports, FIRST, FIRST), -EINVAL);
	assert_int_equal(ksrtp_ports_create(&ports, FIRST + 4, FIRST), -EINVAL);
	assert_int_equal(ksrtp_ports_create(&ports, 0, FIRST), -EINVAL);
	assert_int_equal(ksrtp_ports_create(&ports, 65535, 65535), -EINVAL);
	assert_int_equal(ksrtp_ports_create(&ports, 65534, 65535), 0);
	ksrtp_ports_destroy(ports);
}

static void only_a_unicast_address_of_this_host_will_do(void **state)
{
	struct ksrtp_addr bad[] = { local("0.0.0.0"), local("::"), local("224.0.0.1"),
				    local("255.255.255.255"), { .family = AF_UNSPEC } };
	struct ksrtp_addr foreign = local("192.0.2.1");
	struct ksrtp_ports_pair pair;
	struct ksrtp_ports *ports;
	unsigned int i;

	assert_int_equal(ksrtp_ports_create(&ports, FIRST, FIRST + 99), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(ksrtp_ports_reserve(ports, &bad[i], 0, &pair), -EINVAL);
	assert_int_equal(ksrtp_ports_reserve(ports, &foreign, 0, &pair), -EADDRNOTAVAIL);
	ksrtp_ports_destroy(ports);
}

static void ports_of_others_are_passed_over_and_a_full_range_says_so(void **state)
{
	struct ksrtp_addr at = local("127.0.0.1"), odd = at;
	struct ksrtp_ports_pair pair;
	struct ksrtp_ports *ports;
	unsigned int i;
	int other;

	/* Someone holds one odd port: that pair is not to be had, and its even port stays free. */
	ksrtp_addr_set_port(&odd, FIRST + 5);
	other = listener(&odd);
	assert_true(other >= 0);
	assert_int_equal(ksrtp_ports_create(&ports, FIRST, FIRST + 9), 0);
	for (i = 0; i < 4; i++) {
		assert_int_equal(ksrtp_ports_reserve(ports, &at, 0, &pair), 0);
		assert_int_not_equal(ksrtp_addr_port(&pair.addr), FIRST + 4);
	}
	assert_int_equal(ksrtp_ports_reserve(ports, &at, 0, &pair), -EADDRINUSE);
	close(other);
	assert_int_equal(ksrtp_ports_reserve(ports, &at, 0, &pair), 0);
	assert_int_equal(ksrtp_addr_port(&pair.addr), FIRST + 4);
	/* Another address has the whole range. */
	at = local("127.0.0.2");
	assert_int_equal(ksrtp_ports_reserve(ports, &at, 0, &pair), 0);
	ksrtp_ports_destroy(ports);
}

static void a_released_port_rests_bound_and_silent_and_then_comes_back(void **state)
{
	struct ksrtp_addr at = local("127.0.0.1"), even;
	struct ksrtp_ports_pair pair;
	struct ksrtp_ports *ports;
	int fd, i;
	char c;

	assert_int_equal(ksrtp_ports_create(&ports, FIRST, FIRST + 1), 0);
	assert_int_equal(ksrtp_ports_reserve(ports, &at, 1000, &pair), 0);
	even = pair.addr;
	ksrtp_ports_release(ports, &pair, 2000);
	assert_int_equal(pair.fd[0], -1);
	assert_int_equal(listener(&even), -EADDRINUSE);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, ksrtp_addr_sa(&even), ksrtp_addr_len(&even)), 0);
	for (i = 0; i < 3; i++) /* an ICMP error would be the second one's ECONNREFUSED */
		assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_int_equal(recv(fd, &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close(fd);
	assert_int_equal(ksrtp_ports_reserve(ports, &at, 2000 + KSRTP_PORTS_REST_MS - 1, &pair),
			 -EADDRINUSE);
	assert_int_equal(ksrtp_ports_reserve(ports, &at, 2000 + KSRTP_PORTS_REST_MS, &pair), 0);
	assert_int_equal(recv(pair.fd[0], &c, 1, MSG_DONTWAIT), -1);
	ksrtp_ports_destroy(ports);
	fd = listener(&even);
	assert_true(fd >= 0);
	close(fd);
}

static void many_rest_in_the_order_of_their_release(void **state)
{
	struct ksrtp_addr at = local("127.0.0.1");
	struct ksrtp_ports_pair pair[5];
	struct ksrtp_ports *ports;
	unsigned int i;
	u16 first;

	assert_int_equal(ksrtp_ports_create(&ports, FIRST, FIRST + 9), 0);
	for (i = 0; i < 5; i++)
		assert_int_equal(ksrtp_ports_reserve(ports, &at, 0, &pair[i]), 0);
	first = ksrtp_addr_port(&pair[3].addr);
	ksrtp_ports_release(ports, &pair[3], 100);
	ksrtp_ports_release(ports, &pair[0], 200);
	assert_int_equal(ksrtp_ports_reserve(ports, &at, 100 + KSRTP_PORTS_REST_MS, &pair[3]), 0);
	assert_int_equal(ksrtp_addr_port(&pair[3].addr), first);
	assert_int_equal(ksrtp_ports_reserve(ports, &at, 199 + KSRTP_PORTS_REST_MS, &pair[0]),
			 -EADDRINUSE);
	ksrtp_ports_release(ports, &pair[1], 300);
	assert_int_equal(ksrtp_ports_reserve(ports, &at, 300 + KSRTP_PORTS_REST_MS, &pair[0]), 0);
	assert_int_equal(ksrtp_ports_reserve(ports, &at, 300 + KSRTP_PORTS_REST_MS, &pair[1]), 0);
	ksrtp_ports_destroy(ports);
}

static void it_knows_its_own_ports_and_whose_they_are(void **state)
{
	struct ksrtp_addr at = local("127.0.0.1"), next, other;
	struct ksrtp_ports_pair pair;
	struct ksrtp_ports *ports;
	struct ksrtp_endpoint e;
	int mine;

	assert_int_equal(ksrtp_ports_create(&ports, FIRST, FIRST + 3), 0);
	assert_int_equal(ksrtp_ports_reserve(ports, &at, 0, &pair), 0);
	ksrtp_ports_claim(ports, &pair, &mine);
	next = other = pair.addr;
	ksrtp_addr_set_port(&next, (u16)(ksrtp_addr_port(&pair.addr) + 1));
	ksrtp_addr_set_port(&other, FIRST + (ksrtp_addr_port(&pair.addr) == FIRST ? 2 : 0));
	ksrtp_endpoint_from(&e, &next);
	assert_true(ksrtp_ports_own(ports, &e));
	assert_ptr_equal(ksrtp_ports_owner(ports, &next), &mine);
	ksrtp_endpoint_from(&e, &other);
	assert_false(ksrtp_ports_own(ports, &e));
	assert_null(ksrtp_ports_owner(ports, &other));
	other = local("127.0.0.2:27000");
	ksrtp_endpoint_from(&e, &other);
	assert_false(ksrtp_ports_own(ports, &e));
	e = (struct ksrtp_endpoint){ .port = 9 };
	assert_false(ksrtp_ports_own(ports, &e));
	other = pair.addr;
	ksrtp_ports_release(ports, &pair, 0);
	assert_null(ksrtp_ports_owner(ports, &other));
	ksrtp_ports_destroy(ports);
}

static void a_pair_of_an_earlier_process_is_bound_again_if_it_is_free(void **state)
{
	struct ksrtp_addr at = local("127.0.0.1:27010"), odd = local("127.0.0.1:27011");
	struct ksrtp_ports_pair pair, twice;
	struct ksrtp_ports *ports;
	int other;

	assert_int_equal(ksrtp_ports_create(&ports, FIRST, FIRST + 99), 0);
	other = listener(&odd);
	assert_true(other >= 0);
	assert_int_equal(ksrtp_ports_take(ports, &at, &pair), -EADDRINUSE);
	close(other);
	assert_int_equal(ksrtp_ports_take(ports, &at, &pair), 0);
	assert_int_equal(bound(pair.fd[0]), 27010);
	assert_int_equal(bound(pair.fd[1]), 27011);
	assert_true(ksrtp_addr_equal(&pair.addr, &at));
	assert_int_equal(ksrtp_ports_take(ports, &at, &twice), -EADDRINUSE);
	ksrtp_ports_release(ports, &pair, 0);
	/* it rests */
	assert_int_equal(ksrtp_ports_take(ports, &at, &twice), -EADDRINUSE);
	assert_int_equal(ksrtp_ports_take(ports, &odd, &twice), -EINVAL);
	at = local("127.0.0.1:27100");
	assert_int_equal(ksrtp_ports_take(ports, &at, &twice), -EINVAL);
	at = local("127.0.0.1:26998");
	assert_int_equal(ksrtp_ports_take(ports, &at, &twice), -EINVAL);
	at = local("0.0.0.0:27012");
	assert_int_equal(ksrtp_ports_take(ports, &at, &twice), -EINVAL);
	ksrtp_ports_destroy(ports);
}

/* Last: what is taken from the hard limit does not come back. */
static void what_rests_holds_a_quarter_of_the_files_at_most(void **state)
{
	const struct rlimit few = { 256, 256 };
	struct ksrtp_addr at = local("127.0.0.1");
	struct ksrtp_ports_pair pair[40];
	struct ksrtp_ports *ports;
	unsigned int i;

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(ksrtp_ports_create(&ports, FIRST, FIRST + 79), 0);
	for (i = 0; i < 40; i++)
		assert_int_equal(ksrtp_ports_reserve(ports, &at, 0, &pair[i]), 0);
	for (i = 0; i < 40; i++)
		ksrtp_ports_release(ports, &pair[i], 0);
	for (i = 0; i < 8; i++)
		assert_int_equal(ksrtp_ports_reserve(ports, &at, 1, &pair[i]), 0);
	assert_int_equal(ksrtp_ports_reserve(ports, &at, 1, &pair[8]), -EADDRINUSE);
	ksrtp_ports_destroy(ports);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_is_an_even_port_and_the_one_above_in_the_range),
		cmocka_unit_test(a_range_without_a_pair_is_refused),
		cmocka_unit_test(only_a_unicast_address_of_this_host_will_do),
		cmocka_unit_test(ports_of_others_are_passed_over_and_a_full_range_says_so),
		cmocka_unit_test(a_released_port_rests_bound_and_silent_and_then_comes_back),
		cmocka_unit_test(many_rest_in_the_order_of_their_release),
		cmocka_unit_test(it_knows_its_own_ports_and_whose_they_are),
		cmocka_unit_test(a_pair_of_an_earlier_process_is_bound_again_if_it_is_free),
		cmocka_unit_test(what_rests_holds_a_quarter_of_the_files_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
