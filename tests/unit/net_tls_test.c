// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TLS: handshakes over real sockets, who the peer is (RFC 5922, known keys), certificate reload.
 */
#include "tests/unit/net_bed.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static SSL_CTX *client_ctx(const char *pem)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (pem) {
		assert_int_equal(SSL_CTX_use_certificate_chain_file(ctx, pem), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey_file(ctx, pem, SSL_FILETYPE_PEM), 1);
	}
	return ctx;
}

/* SHA-256 of the certificate the server showed, as ksrtp_tls_fingerprint() writes it. */
static void shown(SSL *ssl, char out[96])
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	unsigned char digest[32];
	size_t i;

	assert_non_null(cert);
	X509_digest(cert, EVP_sha256(), digest, NULL);
	for (i = 0; i < 32; i++)
		snprintf(out + 3 * i, 4, i < 31 ? "%02X:" : "%02X", digest[i]);
}

static void tls_works_from_the_first_start_with_a_certificate_of_our_own(void **state)
{
	const struct ksrtp_tls_setup setup = { .name = "example.org" };
	char path[128], seen[96], own[96], buf[64];
	struct ksrtp_net_peer peer;
	struct ksrtp_addr at;
	SSL_CTX *ctx = client_ctx(NULL);
	struct stat st;
	struct bed bed;
	size_t n = 0;
	SSL *ssl;
	int fd;

	net_open_tls(&bed, &setup);
	bed.echo = true;
	assert_true(ksrtp_tls_self_signed(bed.tls));
	snprintf(path, sizeof(path), "%s/certificate.pem", bed.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	at = net_listen(&bed, KSRTP_TRANSPORT_TLS);
	fd = net_dial(&at);
	ssl = net_tls_dial(&bed, fd, ctx);
	assert_non_null(ssl);
	shown(ssl, seen);
	assert_string_equal(seen, ksrtp_tls_fingerprint(bed.tls, own, sizeof(own)));
	assert_true(ksrtp_tls_identity(SSL_get0_peer_certificate(ssl), "Example.ORG"));
	assert_int_equal(SSL_write(ssl, "M0005he", 7), 7);
	assert_int_equal(SSL_write(ssl, "lloM0001a", 9), 9);
	net_until(&bed, net_tls_read(ssl, buf, sizeof(buf), &n) && n == 16);
	assert_string_equal(buf, "M0005helloM0001a");
	assert_int_equal(ksrtp_net_peer(bed.net, &bed.hop, &peer), 0);
	assert_int_equal(peer.identity, KSRTP_PEER_UNAUTHENTICATED);
	assert_string_equal(peer.version, "TLSv1.3");
	assert_true(peer.inbound);
	/* An end without close_notify is an end. */
	close(fd);
	net_until(&bed, bed.closed == 1);
	assert_int_equal(bed.closed_error, 0);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	net_close(&bed);
}

static void the_certificate_of_our_own_is_kept_over_restarts(void **state)
{
	char dir[] = "/tmp/ksrtp-net-XXXXXX", first[96], second[96];
	struct ksrtp_tls_setup setup = { .name = "example.org" };
	struct ksrtp_loop loop;
	struct ksrtp_tls *tls;
	struct bed bed;

	assert_non_null(mkdtemp(dir));
	setup.state_dir = dir;
	setup.loop = &loop;
	assert_int_equal(ksrtp_loop_init(&loop, NULL), 0);
	assert_int_equal(ksrtp_tls_create(&tls, &setup), 0);
	ksrtp_tls_fingerprint(tls, first, sizeof(first));
	ksrtp_tls_destroy(tls);
	assert_int_equal(ksrtp_loop_fini(&loop), 0);
	net_open_tls(&bed, &setup);
	assert_string_equal(first, ksrtp_tls_fingerprint(bed.tls, second, sizeof(second)));
	net_close(&bed);
}

static void old_versions_and_weak_ciphers_are_refused(void **state)
{
	const struct ksrtp_tls_setup setup = { .name = "example.org" };
	static const char *const weak[] = { "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA",
					    "ECDHE-ECDSA-AES256-SHA384" };
	struct ksrtp_addr at;
	SSL_CTX *ctx;
	struct bed bed;
	size_t i;
	int fd;

	net_open_tls(&bed, &setup);
	at = net_listen(&bed, KSRTP_TRANSPORT_TLS);
	for (i = 0; i <= COUNT(weak); i++) {
		ctx = client_ctx(NULL);
		SSL_CTX_set_security_level(ctx, 0);
		if (i == COUNT(weak)) {
			SSL_CTX_set_min_proto_version(ctx, TLS1_1_VERSION);
			SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
		} else {
			SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
			assert_int_equal(SSL_CTX_set_cipher_list(ctx, weak[i]), 1);
		}
		fd = net_dial(&at);
		assert_null(net_tls_dial(&bed, fd, ctx));
		close(fd);
		SSL_CTX_free(ctx);
	}
	/* The same client with what RFC 9325 asks for gets in. */
	ctx = client_ctx(NULL);
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	fd = net_dial(&at);
	SSL *ssl = net_tls_dial(&bed, fd, ctx);

	assert_non_null(ssl);
	SSL_free(ssl);
	close(fd);
	SSL_CTX_free(ctx);
	net_close(&bed);
}

static void an_idle_handshake_is_cut_off(void **state)
{
	struct ksrtp_net_setup setup = { .limits = { .handshake = 300 } };
	const struct ksrtp_tls_setup tls = { .name = "example.org" };
	struct ksrtp_addr at;
	struct bed bed;
	char buf[8];
	size_t n = 0;
	int fd;

	net_open_tls(&bed, &tls);
	ksrtp_net_destroy(bed.net);
	setup.loop = &bed.loop;
	setup.host = bed.host;
	setup.tls = bed.tls;
	assert_int_equal(ksrtp_net_create(&bed.net, &setup), 0);
	at = net_listen(&bed, KSRTP_TRANSPORT_TLS);
	fd = net_dial(&at);
	assert_int_equal(send(fd, "\x16\x03", 2, 0), 2);
	net_until(&bed, !net_read(fd, buf, sizeof(buf), &n));
	close(fd);
	net_close(&bed);
}

static void a_new_certificate_is_taken_while_old_connections_stand(void **state)
{
	char dir[] = "/tmp/ksrtp-net-XXXXXX", pem[64], seen[96], first[96], buf[64];
	struct ksrtp_pair_file own = { .certificate = pem };
	struct ksrtp_tls_setup setup = { .state_dir = dir, .pair = &own, .n_pair = 1 };
	SSL_CTX *ctx = client_ctx(NULL);
	struct ksrtp_addr at;
	struct bed bed;
	SSL *old, *now;
	size_t n = 0;
	int fd_old, fd_new;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	snprintf(pem, sizeof(pem), "%s/own.pem", dir);
	net_cert_file(NULL, pem, "DNS:example.org", "first");
	net_open_tls(&bed, &setup);
	bed.echo = true;
	at = net_listen(&bed, KSRTP_TRANSPORT_TLS);
	fd_old = net_dial(&at);
	old = net_tls_dial(&bed, fd_old, ctx);
	ksrtp_tls_fingerprint(bed.tls, first, sizeof(first));
	/* Rubbish, as of a half-written file, changes nothing. */
	f = fopen(pem, "w");
	fputs("-----BEGIN CERTIFICATE-----\n", f);
	fclose(f);
	assert_int_equal(ksrtp_tls_reload(bed.tls), -EINVAL);
	assert_string_equal(first, ksrtp_tls_fingerprint(bed.tls, seen, sizeof(seen)));
	/* A whole one is noticed by itself. */
	net_cert_file(NULL, pem, "DNS:example.org", "second");
	net_until(&bed, strcmp(first, ksrtp_tls_fingerprint(bed.tls, seen, sizeof(seen))));
	fd_new = net_dial(&at);
	now = net_tls_dial(&bed, fd_new, ctx);
	assert_non_null(now);
	shown(now, seen);
	assert_string_equal(seen, ksrtp_tls_fingerprint(bed.tls, first, sizeof(first)));
	/* The old connection goes on. */
	assert_int_equal(SSL_write(old, "M0001a", 6), 6);
	net_until(&bed, net_tls_read(old, buf, sizeof(buf), &n) && n == 6);
	SSL_free(old);
	SSL_free(now);
	close(fd_old);
	close(fd_new);
	SSL_CTX_free(ctx);
	net_close(&bed);
}

static void a_certificate_speaks_for_domains_as_rfc_5922_says(void **state)
{
	static const struct {
		const char *san, *cn, *domain;
		bool speaks;
	} row[] = {
		{ "URI:sip:example.org", "x", "example.org", true },
		{ "URI:SIP:Example.ORG", "x", "example.org", true },
		{ "URI:sip:example.org", "x", "EXAMPLE.org.", true },
		{ "URI:sip:user@example.org", "x", "example.org", false },
		{ "URI:sips:example.org", "x", "example.org", false },
		{ "URI:https://example.org", "x", "example.org", false },
		{ "URI:sip:example.org.evil.net", "x", "example.org", false },
		{ "DNS:example.org", "x", "example.org", true },
		{ "DNS:example.org", "x", "sub.example.org", false },
		{ "DNS:*.example.org", "x", "sub.example.org", false },
		{ "DNS:*.example.org", "x", "*.example.org", true },
		{ "URI:sip:a.org,DNS:example.org", "x", "example.org", true },
		{ "URI:sip:a.org,DNS:b.org", "example.org", "example.org", false },
		{ "DNS:b.org", "example.org", "example.org", false },
		{ "IP:192.0.2.1", "example.org", "example.org", false },
		{ NULL, "example.org", "example.org", true },
		{ NULL, "*.example.org", "sub.example.org", false },
		{ NULL, "example.org", "", false },
		{ "email:sip@example.org", "x", "example.org", false },
	};
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert;
	size_t i;

	for (i = 0; i < COUNT(row); i++) {
		cert = net_cert(NULL, key, row[i].san, row[i].cn);
		if (ksrtp_tls_identity(cert, row[i].domain) != row[i].speaks)
			fail_msg("%s, CN %s, for \"%s\"", row[i].san ? row[i].san : "no SAN",
				 row[i].cn, row[i].domain);
		X509_free(cert);
	}
	EVP_PKEY_free(key);
}

struct outbound {
	struct bed server, client;
	struct ksrtp_target target;
};

/* A server with a certificate for sip.example, and a client that trusts its CA. */
static void open_outbound(struct outbound *o, bool trusted)
{
	char server[] = "/tmp/ksrtp-net-XXXXXX", client[] = "/tmp/ksrtp-net-XXXXXX";
	char pem[64], anchors[64];
	struct ksrtp_pair_file own = { .certificate = pem };
	struct ksrtp_tls_setup setup = { .state_dir = server, .pair = &own, .n_pair = 1 };
	struct net_ca ca;

	memset(o, 0, sizeof(*o));
	assert_non_null(mkdtemp(server));
	assert_non_null(mkdtemp(client));
	snprintf(pem, sizeof(pem), "%s/own.pem", server);
	snprintf(anchors, sizeof(anchors), "%s/ca.pem", client);
	net_ca_make(&ca, anchors);
	net_cert_file(&ca, pem, "URI:sip:sip.example", "x");
	net_open_tls(&o->server, &setup);
	setup = (struct ksrtp_tls_setup){ .state_dir = client, .name = "client.example",
					  .ca_file = trusted ? anchors : NULL };
	net_open_tls(&o->client, &setup);
	o->target.transport = KSRTP_TRANSPORT_TLS;
	o->target.addr = net_listen(&o->server, KSRTP_TRANSPORT_TLS);
	net_ca_free(&ca);
}

static void close_outbound(struct outbound *o)
{
	net_close(&o->client);
	net_close(&o->server);
}

static struct ksrtp_net_peer connect_as(struct outbound *o, const char *name)
{
	unsigned before = o->client.connects;
	struct ksrtp_net_peer peer;

	snprintf(o->target.name, sizeof(o->target.name), "%s", name);
	net_connect(&o->client, &o->target);
	net_until(&o->client, (uv_run(&o->server.loop.uv, UV_RUN_NOWAIT),
			       o->client.connects > before));
	assert_int_equal(o->client.connect_error, 0);
	assert_int_equal(ksrtp_net_peer(o->client.net, &o->client.connected, &peer), 0);
	assert_false(peer.inbound);
	return peer;
}

static void an_outbound_peer_is_graded_by_the_domain_asked_for(void **state)
{
	struct ksrtp_net_peer peer;
	struct ksrtp_hop first;
	struct outbound o;

	open_outbound(&o, true);
	peer = connect_as(&o, "sip.example");
	assert_int_equal(peer.identity, KSRTP_PEER_DOMAIN);
	assert_string_equal(peer.name, "sip.example");
	first = o.client.connected;
	assert_true(ksrtp_net_peer_is(o.client.net, &first, "SIP.example"));
	assert_false(ksrtp_net_peer_is(o.client.net, &first, "other.example"));
	/* The same address under another name is another connection, and a lower grade. */
	peer = connect_as(&o, "other.example");
	assert_int_equal(peer.identity, KSRTP_PEER_UNAUTHENTICATED);
	assert_string_equal(peer.problem, "certificate does not speak for the domain");
	assert_false(ksrtp_hop_equal(&first, &o.client.connected));
	connect_as(&o, "sip.example");
	assert_true(ksrtp_hop_equal(&first, &o.client.connected));
	close_outbound(&o);
}

static void a_key_seen_before_is_known_and_another_one_is_not(void **state)
{
	struct ksrtp_net_peer peer;
	struct outbound o;
	char pem[128];

	open_outbound(&o, false);
	peer = connect_as(&o, "sip.example");
	assert_int_equal(peer.identity, KSRTP_PEER_UNAUTHENTICATED);
	assert_true(*peer.problem);
	ksrtp_net_close(o.client.net, &o.client.connected);
	peer = connect_as(&o, "sip.example");
	assert_int_equal(peer.identity, KSRTP_PEER_TOFU);
	ksrtp_net_close(o.client.net, &o.client.connected);
	snprintf(pem, sizeof(pem), "%s/own.pem", o.server.dir);
	net_cert_file(NULL, pem, "URI:sip:sip.example", "x");
	assert_int_equal(ksrtp_tls_reload(o.server.tls), 0);
	peer = connect_as(&o, "sip.example");
	assert_int_equal(peer.identity, KSRTP_PEER_UNAUTHENTICATED);
	assert_string_equal(peer.problem, "key differs from the one known");
	close_outbound(&o);
}

static void an_inbound_peer_with_a_certificate_is_graded_too(void **state)
{
	char dir[] = "/tmp/ksrtp-net-XXXXXX", anchors[64], good[64], bad[64];
	struct ksrtp_tls_setup setup = { .state_dir = dir, .ca_file = anchors,
					 .name = "example.org", .ask_clients = true };
	const char *file[] = { good, bad, NULL };
	struct ksrtp_net_peer peer;
	struct ksrtp_addr at;
	struct net_ca ca;
	struct bed bed;
	size_t i;

	assert_non_null(mkdtemp(dir));
	snprintf(anchors, sizeof(anchors), "%s/ca.pem", dir);
	snprintf(good, sizeof(good), "%s/good.pem", dir);
	snprintf(bad, sizeof(bad), "%s/bad.pem", dir);
	net_ca_make(&ca, anchors);
	net_cert_file(&ca, good, "URI:sip:bob@trunk.example,URI:sip:trunk.example", "x");
	net_cert_file(NULL, bad, "URI:sip:trunk.example", "x");
	net_open_tls(&bed, &setup);
	at = net_listen(&bed, KSRTP_TRANSPORT_TLS);
	for (i = 0; i < COUNT(file); i++) {
		SSL_CTX *ctx = client_ctx(file[i]);
		int fd = net_dial(&at);
		SSL *ssl = net_tls_dial(&bed, fd, ctx);

		assert_non_null(ssl);
		assert_int_equal(SSL_write(ssl, "M0001a", 6), 6);
		net_until(&bed, bed.messages == i + 1);
		assert_int_equal(ksrtp_net_peer(bed.net, &bed.hop, &peer), 0);
		assert_int_equal(peer.identity, i ? KSRTP_PEER_UNAUTHENTICATED : KSRTP_PEER_DOMAIN);
		assert_string_equal(peer.name, i ? "" : "trunk.example");
		assert_int_equal(ksrtp_net_peer_is(bed.net, &bed.hop, "trunk.example"), !i);
		SSL_free(ssl);
		close(fd);
		SSL_CTX_free(ctx);
	}
	net_ca_free(&ca);
	net_close(&bed);
}

static void a_server_that_speaks_no_tls_is_an_error(void **state)
{
	struct ksrtp_target target = { .transport = KSRTP_TRANSPORT_TLS };
	const struct ksrtp_tls_setup setup = { .name = "example.org" };
	struct bed bed;

	net_open_tls(&bed, &setup);
	target.addr = net_listen(&bed, KSRTP_TRANSPORT_TCP);
	net_connect(&bed, &target);
	net_until(&bed, bed.connects == 1);
	assert_int_not_equal(bed.connect_error, 0);
	net_close(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls_works_from_the_first_start_with_a_certificate_of_our_own),
		cmocka_unit_test(the_certificate_of_our_own_is_kept_over_restarts),
		cmocka_unit_test(old_versions_and_weak_ciphers_are_refused),
		cmocka_unit_test(an_idle_handshake_is_cut_off),
		cmocka_unit_test(a_new_certificate_is_taken_while_old_connections_stand),
		cmocka_unit_test(a_certificate_speaks_for_domains_as_rfc_5922_says),
		cmocka_unit_test(an_outbound_peer_is_graded_by_the_domain_asked_for),
		cmocka_unit_test(a_key_seen_before_is_known_and_another_one_is_not),
		cmocka_unit_test(an_inbound_peer_with_a_certificate_is_graded_too),
		cmocka_unit_test(a_server_that_speaks_no_tls_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
