// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ground of daemon/net: addresses, transports' names, this host's addresses, hash tables,
 * randomness, the log.
 */
#include "tests/unit/net_bed.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "daemon/base/hash.h"
#include "daemon/base/list.h"
#include "daemon/base/random.h"
#include "daemon/net/owner.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct ksrtp_addr addr(const char *text)
{
	struct ksrtp_addr a;

	if (ksrtp_addr_parse(&a, text, strlen(text)))
		fail_msg("%s is no address", text);
	return a;
}

static void addresses_are_read_and_written(void **state)
{
	static const char *const row[][2] = {
		{ "192.0.2.1", "192.0.2.1:0" },
		{ "192.0.2.1:5060", "192.0.2.1:5060" },
		{ "::1", "[::1]:0" },
		{ "[::1]", "[::1]:0" },
		{ "[2001:DB8:0::1]:65535", "[2001:db8::1]:65535" },
	};
	static const char *const bad[] = {
		"", "1.2.3", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:5x", "1.2.3.4:-1", "[::1",
		"[::1]x",
		"[::1]:", "[1.2.3.4]", "host", "::1%nonesuch", "1.2.3.4:000001", ":::", "[]:5",
		"2001:db8::1%lo", "1.2.3.4 ", "0x1.2.3.4",
	};
	char text[KSRTP_ADDR_TEXT];
	struct ksrtp_addr a, none = { 0 };
	size_t i;

	for (i = 0; i < COUNT(row); i++) {
		a = addr(row[i][0]);
		assert_string_equal(ksrtp_addr_format(&a, text, sizeof(text)), row[i][1]);
	}
	for (i = 0; i < COUNT(bad); i++) {
		if (ksrtp_addr_parse(&a, bad[i], strlen(bad[i])) != -EINVAL)
			fail_msg("%s is taken for an address", bad[i]);
		assert_true(ksrtp_addr_equal(&a, &none));
	}
	assert_int_equal(ksrtp_addr_parse(&a, "1.2.3.4\0", 8), -EINVAL);
	/* Only as many bytes as were said. */
	assert_int_equal(ksrtp_addr_parse(&a, "1.2.3.45", 7), 0);
	assert_string_equal(ksrtp_addr_ip(&a, text, sizeof(text)), "1.2.3.4");
}

static void a_mapped_address_is_the_ipv4_one(void **state)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(7),
				    .sin6_flowinfo = 99, .sin6_scope_id = 3 };
	struct ksrtp_addr a, b = addr("192.0.2.1:7");

	memcpy(&in6.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
	assert_int_equal(ksrtp_addr_from(&a, (struct sockaddr *)&in6, sizeof(in6)), 0);
	assert_true(ksrtp_addr_equal(&a, &b));
	/* Flow label and a scope without meaning do not make two addresses of one. */
	memcpy(&in6.sin6_addr, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	assert_int_equal(ksrtp_addr_from(&a, (struct sockaddr *)&in6, sizeof(in6)), 0);
	b = addr("[2001:db8::1]:7");
	assert_true(ksrtp_addr_equal(&a, &b));
	b = addr("[2001:db8::1]:8");
	assert_false(ksrtp_addr_equal(&a, &b));
	assert_true(ksrtp_addr_same_ip(&a, &b));
	assert_int_equal(ksrtp_addr_from(&a, (struct sockaddr *)&in6, 4), -EAFNOSUPPORT);
}

static void addresses_are_classified(void **state)
{
	static const struct {
		const char *text;
		enum ksrtp_addr_kind kind;
	} row[] = {
		{ "0.0.0.0", KSRTP_ADDR_ANY }, { "::", KSRTP_ADDR_ANY },
		{ "127.9.9.9", KSRTP_ADDR_LOOPBACK }, { "::1", KSRTP_ADDR_LOOPBACK },
		{ "169.254.0.1", KSRTP_ADDR_LINK }, { "fe80::1", KSRTP_ADDR_LINK },
		{ "224.0.0.1", KSRTP_ADDR_MULTICAST }, { "239.255.255.255", KSRTP_ADDR_MULTICAST },
		{ "ff02::1", KSRTP_ADDR_MULTICAST }, { "255.255.255.255", KSRTP_ADDR_BROADCAST },
		{ "8.8.8.8", KSRTP_ADDR_UNICAST }, { "2001:db8::1", KSRTP_ADDR_UNICAST },
	};
	struct ksrtp_addr a = { 0 };
	size_t i;

	assert_int_equal(ksrtp_addr_classify(&a), KSRTP_ADDR_NONE);
	for (i = 0; i < COUNT(row); i++) {
		a = addr(row[i].text);
		assert_int_equal(ksrtp_addr_classify(&a), row[i].kind);
	}
}

static void prefixes_match_to_the_bit(void **state)
{
	static const struct {
		const char *addr, *net;
		unsigned bits;
		bool in;
	} row[] = {
		{ "192.0.2.200", "192.0.2.0", 24, true }, { "192.0.3.0", "192.0.2.0", 24, false },
		{ "192.0.3.0", "192.0.2.0", 23, true }, { "192.0.2.1", "192.0.2.1", 32, true },
		{ "192.0.2.0", "192.0.2.1", 32, false }, { "1.1.1.1", "9.9.9.9", 0, true },
		{ "2001:db8::1", "2001:db8::", 32, true },
		{ "2001:db9::1", "2001:db8::", 32, false },
		{ "2001:db9::1", "2001:db8::", 31, true }, { "1.1.1.1", "::", 0, false },
		{ "1.1.1.1", "1.1.1.1", 33, false },
	};
	struct ksrtp_addr a, net;
	size_t i;

	for (i = 0; i < COUNT(row); i++) {
		a = addr(row[i].addr);
		net = addr(row[i].net);
		assert_int_equal(ksrtp_addr_in_prefix(&a, &net, row[i].bits), row[i].in);
	}
}

static void transports_have_names(void **state)
{
	assert_int_equal(ksrtp_transport_parse("TLS", 3), KSRTP_TRANSPORT_TLS);
	assert_int_equal(ksrtp_transport_parse("udp", 3), KSRTP_TRANSPORT_UDP);
	assert_int_equal(ksrtp_transport_parse("tcpx", 3), KSRTP_TRANSPORT_TCP);
	assert_int_equal(ksrtp_transport_parse("sctp", 4), KSRTP_TRANSPORT_NONE);
	assert_int_equal(ksrtp_transport_parse("", 0), KSRTP_TRANSPORT_NONE);
	assert_string_equal(ksrtp_transport_name(KSRTP_TRANSPORT_TLS), "TLS");
	assert_string_equal(ksrtp_transport_param(KSRTP_TRANSPORT_TCP), "tcp");
}

static void the_host_knows_its_addresses_and_routes(void **state)
{
	struct ksrtp_addr lo = addr("127.0.0.1:5060"), other = addr("192.0.2.254"), source, all[64];
	struct ksrtp_addr lo6 = addr("::1"), second = addr("127.0.0.2");
	struct bed bed;
	size_t i, n;

	net_open(&bed, NULL);
	n = ksrtp_host_list(bed.host, all, COUNT(all));
	assert_true(n >= 1);
	assert_true(ksrtp_host_owns(bed.host, &lo));
	assert_false(ksrtp_host_owns(bed.host, &other));
	assert_int_equal(ksrtp_host_source(bed.host, &lo, &source), 0);
	ksrtp_addr_set_port(&lo, 0);
	assert_true(ksrtp_addr_equal(&source, &lo));
	/* one question's answer is not the next one's */
	assert_int_equal(ksrtp_host_source(bed.host, &lo6, &source), 0);
	assert_true(ksrtp_addr_equal(&source, &lo6));
	assert_int_equal(ksrtp_host_source(bed.host, &second, &source), 0);
	assert_true(ksrtp_addr_same_ip(&source, &lo));
	for (i = 0; i < n; i++) {
		if (ksrtp_addr_classify(&all[i]) != KSRTP_ADDR_UNICAST)
			continue;
		assert_int_equal(ksrtp_host_source(bed.host, &all[i], &source), 0);
		assert_true(ksrtp_addr_same_ip(&source, &all[i]));
	}
	net_close(&bed);
}

static void the_owner_of_a_port_is_named(void **state)
{
	struct ksrtp_addr at;
	char owner[128], want[64];
	struct bed bed;

	net_open(&bed, NULL);
	snprintf(want, sizeof(want), "(pid %d)", (int)getpid());
	at = net_listen(&bed, KSRTP_TRANSPORT_TCP);
	assert_non_null(strstr(ksrtp_owner_find(KSRTP_TRANSPORT_TLS, &at, owner, sizeof(owner)),
			       want));
	at = net_listen(&bed, KSRTP_TRANSPORT_UDP);
	assert_non_null(strstr(ksrtp_owner_find(KSRTP_TRANSPORT_UDP, &at, owner, sizeof(owner)),
			       want));
	ksrtp_addr_set_port(&at, 1);
	assert_string_equal(ksrtp_owner_find(KSRTP_TRANSPORT_UDP, &at, owner, sizeof(owner)), "");
	net_close(&bed);
}

struct item {
	struct ksrtp_hash_node node;
	unsigned number;
};

static void a_hash_table_keeps_what_was_put_in(void **state)
{
	enum { N = 1000 };
	static struct item items[N];
	struct ksrtp_hash_node *node = NULL;
	struct ksrtp_hash h, h2;
	size_t pos = 0, seen = 0;
	unsigned i;

	assert_int_equal(ksrtp_hash_init(&h), 0);
	assert_int_equal(ksrtp_hash_init(&h2), 0);
	assert_int_not_equal(ksrtp_hash_bytes(&h, "abc", 3), ksrtp_hash_bytes(&h2, "abc", 3));
	for (i = 0; i < N; i++) {
		items[i].number = i;
		/* Every second one collides with its neighbour. */
		ksrtp_hash_insert(&h, &items[i].node,
				  ksrtp_hash_bytes(&h, &(unsigned){ i / 2 }, 4));
	}
	while ((node = ksrtp_hash_walk(&h, &pos, node)))
		seen++;
	assert_int_equal(seen, N);
	for (i = 0; i < N; i += 2)
		ksrtp_hash_remove(&h, &items[i].node);
	assert_int_equal(h.count, N / 2);
	for (i = 0; i < N; i += 2) {
		node = ksrtp_hash_first(&h, ksrtp_hash_bytes(&h, &(unsigned){ i / 2 }, 4));
		assert_non_null(node);
		assert_int_equal(ksrtp_container(node, struct item, node)->number, i + 1);
		assert_null(ksrtp_hash_next(node));
	}
	ksrtp_hash_fini(&h);
	ksrtp_hash_fini(&h2);
}

static void random_text_is_of_its_alphabet(void **state)
{
	char a[33], b[33];

	assert_int_equal(ksrtp_random_text(a, sizeof(a)), 0);
	assert_int_equal(ksrtp_random_text(b, sizeof(b)), 0);
	assert_int_equal(strlen(a), 32);
	assert_int_equal(strspn(a, "abcdefghijklmnopqrstuvwxyz234567"), 32);
	assert_string_not_equal(a, b);
}

static void log_lines_are_clean_and_limited(void **state)
{
	struct ksrtp_log *log;
	char buf[8192] = "";
	int fd[2], i, lines = 0;
	ssize_t n;

	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	assert_int_equal(ksrtp_log_create(&log, fd[1], true), 0);
	ksrtp_log_write(log, KSRTP_LOG_DEBUG, "not seen");
	ksrtp_log_write(log, KSRTP_LOG_NOTICE, "a\nb\x1b[31m%s", "c");
	ksrtp_log_write(NULL, KSRTP_LOG_ERROR, "nowhere");
	n = read(fd[0], buf, sizeof(buf) - 1);
	assert_true(n > 0);
	buf[n] = 0;
	assert_string_equal(buf, "<5>a?b?[31mc\n");
	for (i = 0; i < 100; i++)
		ksrtp_log_limited(log, KSRTP_LOG_INFO, "one", "line %d", i);
	ksrtp_log_limited(log, KSRTP_LOG_INFO, "two", "another place");
	n = read(fd[0], buf, sizeof(buf) - 1);
	assert_true(n > 0);
	buf[n] = 0;
	for (i = 0; i < n; i++)
		lines += buf[i] == '\n';
	assert_int_equal(lines, 6);
	assert_non_null(strstr(buf, "another place"));
	ksrtp_log_destroy(log);
	close(fd[0]);
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_and_written),
		cmocka_unit_test(a_mapped_address_is_the_ipv4_one),
		cmocka_unit_test(addresses_are_classified),
		cmocka_unit_test(prefixes_match_to_the_bit),
		cmocka_unit_test(transports_have_names),
		cmocka_unit_test(the_host_knows_its_addresses_and_routes),
		cmocka_unit_test(the_owner_of_a_port_is_named),
		cmocka_unit_test(a_hash_table_keeps_what_was_put_in),
		cmocka_unit_test(random_text_is_of_its_alphabet),
		cmocka_unit_test(log_lines_are_clean_and_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
