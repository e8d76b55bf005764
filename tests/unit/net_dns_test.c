// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Locating servers (RFC 3263): records by their bytes, then whole lookups against a name server
 * that runs in the test's own loop.
 */
#include "tests/unit/net_bed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <strings.h>
#include <unistd.h>

#include "daemon/net/rr.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- records */

static void an_srv_record_is_read_to_the_byte(void **state)
{
	static const char good[] = "\0\1\0\2\x13\xc5\3sip\7example\3org";	/* and the NUL */
	static const char root[] = "\0\0\0\0\0\0";
	static const char space[] = "\0\1\0\2\x13\xc5\3s p";
	char cut[sizeof(good)];
	struct ksrtp_srv srv;
	size_t i;

	assert_int_equal(ksrtp_rr_srv(&srv, good, sizeof(good)), 0);
	assert_int_equal(srv.priority, 1);
	assert_int_equal(srv.weight, 2);
	assert_int_equal(srv.port, 5061);
	assert_string_equal(srv.host, "sip.example.org");
	assert_int_equal(ksrtp_rr_srv(&srv, root, sizeof(root)), 0);
	assert_string_equal(srv.host, "");
	for (i = 0; i < sizeof(good); i++) {
		memcpy(cut, good, i);
		assert_int_equal(ksrtp_rr_srv(&srv, cut, i), -EBADMSG);
	}
	assert_int_equal(ksrtp_rr_srv(&srv, space, sizeof(space)), -EBADMSG);
}

static void a_naptr_record_names_a_transport(void **state)
{
	static const struct {
		const char *service;
		enum ksrtp_transport transport;
	} row[] = {
		{ "SIPS+D2T", KSRTP_TRANSPORT_TLS }, { "SIP+D2T", KSRTP_TRANSPORT_TCP },
		{ "sip+d2u", KSRTP_TRANSPORT_UDP }, { "SIP+D2S", KSRTP_TRANSPORT_NONE },
		{ "SIPS+D2U", KSRTP_TRANSPORT_NONE }, { "", KSRTP_TRANSPORT_NONE },
	};
	struct ksrtp_naptr naptr;
	char rdata[64];
	size_t i, j, n;

	for (i = 0; i < COUNT(row); i++) {
		size_t len = strlen(row[i].service);

		n = 0;
		memcpy(rdata, "\0\12\0\24\1s", 6);
		n = 6;
		rdata[n++] = (char)len;
		memcpy(rdata + n, row[i].service, len);
		n += len;
		memcpy(rdata + n, "\0\4_sip\4_tcp\1x", 14);
		n += 14;
		assert_int_equal(ksrtp_rr_naptr(&naptr, rdata, n),
				 row[i].transport ? 0 : -ENOENT);
		for (j = 0; j < n; j++)
			assert_int_equal(ksrtp_rr_naptr(&naptr, rdata, j), -EBADMSG);
		if (!row[i].transport)
			continue;
		assert_int_equal(naptr.transport, row[i].transport);
		assert_int_equal(naptr.order, 10);
		assert_int_equal(naptr.preference, 20);
		assert_string_equal(naptr.replacement, "_sip._tcp.x");
	}
}

static unsigned draw_value;

static unsigned draw(unsigned max)
{
	return draw_value < max ? draw_value : max;
}

static void srv_records_are_ordered_by_priority_and_drawn_by_weight(void **state)
{
	const struct ksrtp_srv given[] = {
		{ 20, 0, 1, "d" }, { 10, 60, 1, "b" }, { 10, 0, 1, "a" }, { 10, 40, 1, "c" },
	};
	struct ksrtp_srv srv[4];

	memcpy(srv, given, sizeof(srv));
	draw_value = 0;
	ksrtp_rr_order(srv, 4, draw);
	assert_string_equal(srv[0].host, "a");
	assert_string_equal(srv[3].host, "d");
	memcpy(srv, given, sizeof(srv));
	draw_value = 60;
	ksrtp_rr_order(srv, 4, draw);
	assert_string_equal(srv[0].host, "b");
	memcpy(srv, given, sizeof(srv));
	draw_value = 61;
	ksrtp_rr_order(srv, 4, draw);
	assert_string_equal(srv[0].host, "c");
	assert_string_equal(srv[3].host, "d");
}

/* ---- a name server */

struct record {
	const char *name;
	int type;
	const char *rdata;
	size_t n;
};

#define R(name, type, rdata) { name, type, rdata, sizeof(rdata) - 1 }
#define A 1
#define AAAA 28
#define SRV 33
#define NAPTR 35

static const struct record zone[] = {
	/* announces all three, TLS last */
	R("full.test", NAPTR, "\0\1\0\1\1s\7SIP+D2U\0\4_sip\4_udp\4full\4test\0"),
	R("full.test", NAPTR, "\0\2\0\1\1s\7SIP+D2T\0\4_sip\4_tcp\4full\4test\0"),
	R("full.test", NAPTR, "\0\3\0\1\1S\10SIPS+D2T\0\5_sips\4_tcp\4full\4test\0"),
	R("_sip._udp.full.test", SRV, "\0\1\0\0\x13\xc4\2a1\4full\4test\0"),
	R("_sip._tcp.full.test", SRV, "\0\1\0\0\x13\xc4\2a1\4full\4test\0"),
	R("_sips._tcp.full.test", SRV, "\0\2\0\0\x13\xc6\2a2\4full\4test\0"),
	R("_sips._tcp.full.test", SRV, "\0\1\0\0\x13\xc6\2a1\4full\4test\0"),
	R("a1.full.test", A, "\xc0\0\2\1"),
	R("a1.full.test", AAAA, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"),
	R("a2.full.test", A, "\xc0\0\2\2"),
	/* SRV without NAPTR, clear only */
	R("_sip._udp.clear.test", SRV, "\0\1\0\0\x13\xc4\4host\5clear\4test\0"),
	R("host.clear.test", A, "\xc0\0\2\3"),
	/* an address and nothing else */
	R("bare.test", A, "\xc0\0\2\4"),
	/* SRV that says: not offered */
	R("_sip._udp.none.test", SRV, "\0\0\0\0\0\0\0"),
	R("none.test", A, "\xc0\0\2\5"),
	/* wire that makes no sense must not hurt */
	R("_sip._udp.bad.test", SRV, "\0\1\0\0\x13\xc4\3a b\0"),
	R("_sip._tcp.bad.test", SRV, "\0\1"),
	R("bad.test", A, "\xc0\0\2\6"),
};

struct dns_bed {
	struct bed bed;
	struct ksrtp_dns *dns;
	uv_udp_t server;
	char packet[2048];
	bool silent;			/* answers nothing */
	bool broken;			/* answers SERVFAIL */

	unsigned answers;
	int error;
	struct ksrtp_target target[KSRTP_DNS_TARGETS];
	size_t n;
};

/* The name at @p as text; returns the bytes it takes. */
static size_t read_name(const unsigned char *p, char *out)
{
	size_t n = 0, at = 0;

	while (p[n]) {
		if (at)
			out[at++] = '.';
		memcpy(out + at, p + n + 1, p[n]);
		at += p[n];
		n += p[n] + 1u;
	}
	out[at] = 0;
	return n + 1;
}

static size_t put_record(unsigned char *p, int type, const char *rdata, size_t n)
{
	memcpy(p, "\xc0\x0c\0\0\0\1\0\0\0\x3c", 10);
	p[3] = (unsigned char)type;
	p[10] = (unsigned char)(n >> 8);
	p[11] = (unsigned char)n;
	memcpy(p + 12, rdata, n);
	return n + 12;
}

static void on_query(uv_udp_t *udp, ssize_t got, const uv_buf_t *buf, const struct sockaddr *from,
		     unsigned flags)
{
	static const char soa[] = "\1m\0\1h\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1";
	struct dns_bed *b = udp->data;
	unsigned char *p = (unsigned char *)buf->base;
	char name[256];
	size_t n, i, answers = 0;
	bool exists = false;
	uv_buf_t out;
	int type;

	if (got < 17 || !from || b->silent)
		return;
	n = 12 + read_name(p + 12, name);
	type = p[n] << 8 | p[n + 1];
	n += 4;
	for (i = 0; i < COUNT(zone); i++) {
		if (strcasecmp(zone[i].name, name))
			continue;
		exists = true;
		if (zone[i].type != type)
			continue;
		n += put_record(p + n, type, zone[i].rdata, zone[i].n);
		answers++;
	}
	p[2] = 0x85;
	p[3] = (unsigned char)(0x80 | (b->broken ? 2 : exists ? 0 : 3));
	p[6] = 0;
	p[7] = (unsigned char)answers;
	memset(p + 8, 0, 4);
	if (!answers && !b->broken) {
		n += put_record(p + n, 6, soa, sizeof(soa) - 1);
		p[9] = 1;
	}
	out = uv_buf_init((char *)p, (unsigned)n);
	uv_udp_try_send(udp, &out, 1, from);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct dns_bed *b = handle->data;

	*buf = uv_buf_init(b->packet, 512);
}

static void open_dns(struct dns_bed *b)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct ksrtp_dns_setup setup = { 0 };
	char forward[64], hosts[96];
	int n = sizeof(in);
	FILE *f;

	memset(b, 0, sizeof(*b));
	net_open(&b->bed, NULL);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	uv_udp_init(&b->bed.loop.uv, &b->server);
	b->server.data = b;
	assert_int_equal(uv_udp_bind(&b->server, (struct sockaddr *)&in, 0), 0);
	uv_udp_getsockname(&b->server, (struct sockaddr *)&in, &n);
	uv_udp_recv_start(&b->server, on_alloc, on_query);
	snprintf(forward, sizeof(forward), "127.0.0.1@%u", ntohs(in.sin_port));
	snprintf(hosts, sizeof(hosts), "%s/hosts", b->bed.dir);
	f = fopen(hosts, "w");
	fputs("192.0.2.77 fromhosts.test\n", f);
	fclose(f);
	setup.loop = &b->bed.loop;
	setup.forward = forward;
	setup.hosts = hosts;
	assert_int_equal(ksrtp_dns_create(&b->dns, &setup), 0);
}

static void close_dns(struct dns_bed *b)
{
	ksrtp_dns_destroy(b->dns);
	uv_close((uv_handle_t *)&b->server, NULL);
	net_close(&b->bed);
}

static void on_targets(void *ctx, int error, const struct ksrtp_target *targets, size_t n)
{
	struct dns_bed *b = ctx;

	b->answers++;
	b->error = error;
	b->n = n;
	memcpy(b->target, targets, n * sizeof(*targets));
}

/* The targets in one line: "tls 192.0.2.1:5061?" with "?" for speculative. */
static void lookup(struct dns_bed *b, struct ksrtp_dns_query query, const char *expected)
{
	unsigned before = b->answers;
	char text[1024] = "", a[KSRTP_ADDR_TEXT];
	size_t at = 0, i;

	assert_non_null(ksrtp_dns_targets(b->dns, &query, on_targets, b));
	assert_int_equal(b->answers, before);
	net_until(&b->bed, b->answers > before);
	if (b->error)
		snprintf(text, sizeof(text), "%s", strerror(-b->error));
	for (i = 0; i < b->n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s %s%s", i ? ", " : "",
				       ksrtp_transport_param(b->target[i].transport),
				       ksrtp_addr_format(&b->target[i].addr, a, sizeof(a)),
				       b->target[i].speculative ? "?" : "");
	assert_string_equal(text, expected);
}

#define Q(...) ((struct ksrtp_dns_query){ __VA_ARGS__ })

static void a_literal_address_needs_no_name_server(void **state)
{
	struct dns_bed b;

	open_dns(&b);
	b.silent = true;
	lookup(&b, Q(.host = "192.0.2.9", .clear = true),
	       "tls 192.0.2.9:5061?, udp 192.0.2.9:5060, tcp 192.0.2.9:5060");
	assert_string_equal(b.target[0].name, "");
	lookup(&b, Q(.host = "[2001:db8::9]", .port = 5080, .clear = true),
	       "udp [2001:db8::9]:5080, tcp [2001:db8::9]:5080");
	lookup(&b, Q(.host = "192.0.2.9", .port = 5060, .clear = true,
		     .transport = KSRTP_TRANSPORT_TCP), "tls 192.0.2.9:5061?, tcp 192.0.2.9:5060");
	lookup(&b, Q(.host = "192.0.2.9", .clear_only = true, .transport = KSRTP_TRANSPORT_UDP),
	       "udp 192.0.2.9:5060");
	lookup(&b, Q(.host = "192.0.2.9", .port = 5062, .transport = KSRTP_TRANSPORT_TLS),
	       "tls 192.0.2.9:5062");
	lookup(&b, Q(.host = "192.0.2.9", .secure = true, .clear = true), "tls 192.0.2.9:5061");
	close_dns(&b);
}

static void clear_transports_need_permission(void **state)
{
	struct dns_bed b;

	open_dns(&b);
	/* Not announced, but the only way that is left: neither short nor to be skipped. */
	lookup(&b, Q(.host = "192.0.2.9"), "tls 192.0.2.9:5061");
	lookup(&b, Q(.host = "192.0.2.9", .port = 5070), "Permission denied");
	lookup(&b, Q(.host = "bare.test"), "tls 192.0.2.4:5061");
	close_dns(&b);
}

static void naptr_and_srv_lead_to_tls_first(void **state)
{
	struct dns_bed b;

	open_dns(&b);
	lookup(&b, Q(.host = "full.test", .clear = true),
	       "tls 192.0.2.1:5062, tls [2001:db8::1]:5062, tls 192.0.2.2:5062, "
	       "tls 192.0.2.1:5061?, tls [2001:db8::1]:5061?, "
	       "udp 192.0.2.1:5060, udp [2001:db8::1]:5060, "
	       "tcp 192.0.2.1:5060, tcp [2001:db8::1]:5060");
	/* The identity is the domain that was asked for, not where SRV led. */
	assert_string_equal(b.target[0].name, "full.test");
	lookup(&b, Q(.host = "FULL.test.", .secure = true),
	       "tls 192.0.2.1:5062, tls [2001:db8::1]:5062, tls 192.0.2.2:5062");
	assert_string_equal(b.target[0].name, "FULL.test");
	lookup(&b, Q(.host = "full.test", .clear_only = true, .transport = KSRTP_TRANSPORT_TCP),
	       "tcp 192.0.2.1:5060, tcp [2001:db8::1]:5060");
	close_dns(&b);
}

static void without_naptr_srv_is_asked_and_without_srv_the_address(void **state)
{
	struct dns_bed b;

	open_dns(&b);
	lookup(&b, Q(.host = "clear.test", .clear = true),
	       "tls 192.0.2.3:5061?, udp 192.0.2.3:5060");
	lookup(&b, Q(.host = "bare.test", .clear = true),
	       "tls 192.0.2.4:5061?, udp 192.0.2.4:5060, tcp 192.0.2.4:5060");
	lookup(&b, Q(.host = "bare.test", .port = 5060, .clear = true),
	       "tls 192.0.2.4:5061?, udp 192.0.2.4:5060, tcp 192.0.2.4:5060");
	lookup(&b, Q(.host = "none.test", .clear = true, .transport = KSRTP_TRANSPORT_UDP),
	       "tls 192.0.2.5:5061?, udp 192.0.2.5:5060");
	lookup(&b, Q(.host = "bad.test", .clear = true),
	       "tls 192.0.2.6:5061?, udp 192.0.2.6:5060, tcp 192.0.2.6:5060");
	lookup(&b, Q(.host = "fromhosts.test", .port = 5060, .clear = true,
		     .transport = KSRTP_TRANSPORT_UDP),
	       "tls 192.0.2.77:5061?, udp 192.0.2.77:5060");
	close_dns(&b);
}

static void a_failed_speculation_is_left_out_for_a_while(void **state)
{
	struct dns_bed b;

	open_dns(&b);
	lookup(&b, Q(.host = "bare.test", .clear = true, .transport = KSRTP_TRANSPORT_UDP),
	       "tls 192.0.2.4:5061?, udp 192.0.2.4:5060");
	ksrtp_dns_failed(b.dns, &b.target[0]);
	lookup(&b, Q(.host = "bare.test", .clear = true, .transport = KSRTP_TRANSPORT_UDP),
	       "udp 192.0.2.4:5060");
	/* Where nothing else is allowed it is still tried. */
	lookup(&b, Q(.host = "bare.test"), "tls 192.0.2.4:5061");
	close_dns(&b);
}

static bool is_own(void *ctx, const struct ksrtp_target *t)
{
	return t->transport == KSRTP_TRANSPORT_TLS && ksrtp_addr_port(&t->addr) == 5061;
}

static void our_own_listeners_are_no_targets(void **state)
{
	struct dns_bed b;

	open_dns(&b);
	ksrtp_dns_filter(b.dns, is_own, NULL);
	lookup(&b, Q(.host = "192.0.2.9", .clear = true, .transport = KSRTP_TRANSPORT_UDP),
	       "udp 192.0.2.9:5060");
	close_dns(&b);
}

static void what_is_not_there_and_what_is_not_answered_differ(void **state)
{
	char longer[300];
	struct dns_bed b;

	open_dns(&b);
	lookup(&b, Q(.host = "nowhere.test", .clear = true), "No such file or directory");
	lookup(&b, Q(.host = "", .clear = true), "No such file or directory");
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	lookup(&b, Q(.host = longer, .clear = true), "No such file or directory");
	b.broken = true;
	lookup(&b, Q(.host = "other.test", .port = 5060, .clear = true),
	       "Resource temporarily unavailable");
	close_dns(&b);
}

static void a_request_can_be_cancelled(void **state)
{
	struct ksrtp_dns_query query = { .host = "bare.test", .clear = true };
	struct dns_bed b;

	open_dns(&b);
	ksrtp_dns_cancel(ksrtp_dns_targets(b.dns, &query, on_targets, &b));
	query.host = "192.0.2.1";
	ksrtp_dns_cancel(ksrtp_dns_targets(b.dns, &query, on_targets, &b));
	net_turns(&b.bed);
	assert_int_equal(b.answers, 0);
	/* And left behind: the end frees it. */
	query.host = "full.test";
	assert_non_null(ksrtp_dns_targets(b.dns, &query, on_targets, &b));
	close_dns(&b);
}

static void tlsa_records_are_read_and_strange_ones_passed_over(void **state)
{
	unsigned char rdata[3 + 64 + 1], sum[32];
	struct ksrtp_tlsa tlsa;
	size_t n;

	memset(rdata, 0xab, sizeof(rdata));
	memcpy(rdata, "\3\1\1", 3);
	assert_int_equal(ksrtp_rr_tlsa(&tlsa, rdata, 3 + 32), 0);
	assert_int_equal(tlsa.usage, 3);
	assert_int_equal(tlsa.selector, 1);
	assert_int_equal(tlsa.matching, 1);
	assert_int_equal(tlsa.n, 32);
	assert_memory_equal(tlsa.data, rdata + 3, 32);
	for (n = 0; n < sizeof(rdata); n++)
		if (n != 3 + 32)
			assert_int_equal(ksrtp_rr_tlsa(&tlsa, rdata, n), -EBADMSG);
	rdata[2] = 2;
	assert_int_equal(ksrtp_rr_tlsa(&tlsa, rdata, 3 + 64), 0);
	assert_int_equal(tlsa.n, 64);
	/* a whole certificate is kept as its digest */
	rdata[2] = 0;
	assert_int_equal(ksrtp_rr_tlsa(&tlsa, rdata, sizeof(rdata)), 0);
	assert_int_equal(tlsa.matching, 1);
	assert_int_equal(EVP_Digest(rdata + 3, sizeof(rdata) - 3, sum, NULL, EVP_sha256(), NULL),
			 1);
	assert_memory_equal(tlsa.data, sum, 32);
	for (n = 0; n < 3; n++) {
		memcpy(rdata, "\3\1\1", 3);
		rdata[n] = 4;
		assert_int_equal(ksrtp_rr_tlsa(&tlsa, rdata, 3 + 32), -ENOENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tlsa_records_are_read_and_strange_ones_passed_over),
		cmocka_unit_test(an_srv_record_is_read_to_the_byte),
		cmocka_unit_test(a_naptr_record_names_a_transport),
		cmocka_unit_test(srv_records_are_ordered_by_priority_and_drawn_by_weight),
		cmocka_unit_test(a_literal_address_needs_no_name_server),
		cmocka_unit_test(clear_transports_need_permission),
		cmocka_unit_test(naptr_and_srv_lead_to_tls_first),
		cmocka_unit_test(without_naptr_srv_is_asked_and_without_srv_the_address),
		cmocka_unit_test(a_failed_speculation_is_left_out_for_a_while),
		cmocka_unit_test(our_own_listeners_are_no_targets),
		cmocka_unit_test(what_is_not_there_and_what_is_not_answered_differ),
		cmocka_unit_test(a_request_can_be_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
