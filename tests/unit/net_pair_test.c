// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TLS with several certificates, resumption, and who a peer must be: real handshakes on loopback.
 */
#include "tests/unit/net_bed.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <unistd.h>

#include "daemon/net/resume.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PATH 96

/* A self-signed certificate with its key, and for how many days, in one file. */
static void write_pair(const char *path, const char *san, bool rsa, long days)
{
	EVP_PKEY *key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	X509 *cert = net_cert(NULL, key, san, "x");
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	X509_gmtime_adj(X509_getm_notAfter(cert), days * 86400);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	PEM_write_X509(f, cert);
	fclose(f);
	X509_free(cert);
	EVP_PKEY_free(key);
}

struct server {
	struct bed bed;
	struct ksrtp_addr at;
	char file[4][PATH];
};

/* One with a certificate for each row of @san; "R" in front asks for an RSA key. */
static void open_server(struct server *s, const char *const *san, size_t n, long days)
{
	char dir[] = "/tmp/ksrtp-net-XXXXXX";
	struct ksrtp_pair_file pair[4] = { 0 };
	struct ksrtp_tls_setup setup = { .state_dir = dir, .pair = pair, .n_pair = n };
	size_t i;

	memset(s, 0, sizeof(*s));
	assert_non_null(mkdtemp(dir));
	for (i = 0; i < n; i++) {
		snprintf(s->file[i], PATH, "%s/%zu.pem", dir, i);
		write_pair(s->file[i], san[i] + (*san[i] == 'R'), *san[i] == 'R', days);
		pair[i].certificate = s->file[i];
	}
	net_open_tls(&s->bed, &setup);
	s->bed.echo = true;
	s->at = net_listen(&s->bed, KSRTP_TRANSPORT_TLS);
}

/* A handshake as @name; @sigalgs NULL: all. Return: the connection, whose socket is *fd. */
static SSL *dial(struct server *s, SSL_CTX *ctx, const char *name, const char *sigalgs, int *fd)
{
	SSL *ssl;
	int ret = 0;

	*fd = net_dial(&s->at);
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, *fd);
	SSL_set_connect_state(ssl);
	assert_int_equal(fcntl(*fd, F_SETFL, O_NONBLOCK), 0);
	if (name)
		assert_int_equal(SSL_set_tlsext_host_name(ssl, name), 1);
	if (sigalgs)
		assert_int_equal(SSL_set1_sigalgs_list(ssl, sigalgs), 1);
	net_until(&s->bed, (ret = SSL_do_handshake(ssl)) == 1 ||
		  SSL_get_error(ssl, ret) != SSL_ERROR_WANT_READ);
	assert_int_equal(ret, 1);
	return ssl;
}

static void a_client_is_shown_the_certificate_of_the_name_it_asks_for(void **state)
{
	static const char *const san[] = { "DNS:one.example", "RDNS:two.example",
					   "DNS:two.example,URI:sip:three.example" };
	static const char ec[] = "ECDSA+SHA256", rsa[] = "RSA-PSS+SHA256";
	static const struct {
		const char *name, *sigalgs;
		size_t shown;
	} row[] = {
		{ NULL, NULL, 0 },
		{ "one.example", NULL, 0 },
		{ "elsewhere.example", NULL, 0 },
		{ "ONE.example", NULL, 0 },
		{ "two.example", ec, 2 },
		{ "two.example", rsa, 1 },
		{ "three.example", NULL, 2 },
	};
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct server s;
	size_t i;
	int max;

	open_server(&s, san, COUNT(san), 90);
	for (max = TLS1_2_VERSION; max <= TLS1_3_VERSION; max++) {
		SSL_CTX_set_max_proto_version(ctx, max);
		for (i = 0; i < COUNT(row); i++) {
			int fd;
			SSL *ssl = dial(&s, ctx, row[i].name, row[i].sigalgs, &fd);
			FILE *f = fopen(s.file[row[i].shown], "r");
			X509 *own = PEM_read_X509(f, NULL, NULL, NULL);

			if (X509_cmp(own, SSL_get0_peer_certificate(ssl)))
				fail_msg("row %zu: another certificate was shown", i);
			fclose(f);
			X509_free(own);
			SSL_free(ssl);
			close(fd);
		}
	}
	SSL_CTX_free(ctx);
	net_close(&s.bed);
}

static void an_rsa_and_an_ecdsa_certificate_of_one_domain_stand_side_by_side(void **state)
{
	static const char *const san[] = { "DNS:one.example", "DNS:two.example",
					   "RDNS:one.example" };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct server s;
	size_t i;

	open_server(&s, san, COUNT(san), 90);
	for (i = 0; i < 2; i++) {
		int fd;
		SSL *ssl = dial(&s, ctx, i ? "one.example" : NULL, "RSA-PSS+SHA256", &fd);
		EVP_PKEY *key = X509_get0_pubkey(SSL_get0_peer_certificate(ssl));

		assert_int_equal(EVP_PKEY_get_base_id(key), EVP_PKEY_RSA);
		assert_true(ksrtp_tls_identity(SSL_get0_peer_certificate(ssl), "one.example"));
		SSL_free(ssl);
		close(fd);
	}
	SSL_CTX_free(ctx);
	net_close(&s.bed);
}

static void a_key_that_does_not_belong_to_its_certificate_is_refused(void **state)
{
	static const char *const san[] = { "DNS:one.example", "DNS:two.example" };
	struct ksrtp_pair_file pair[2];
	struct ksrtp_pairs *pairs;
	struct server s;
	size_t failed;

	open_server(&s, san, COUNT(san), 90);
	pair[0] = (struct ksrtp_pair_file){ .certificate = s.file[0] };
	pair[1] = (struct ksrtp_pair_file){ .certificate = s.file[1], .key = s.file[0] };
	assert_int_equal(ksrtp_pairs_load(&pairs, pair, 2, &failed), -EINVAL);
	assert_int_equal(failed, 1);
	pair[1].key = "/nonexistent";
	assert_int_equal(ksrtp_pairs_load(&pairs, pair, 2, &failed), -EINVAL);
	pair[1].key = NULL;
	assert_int_equal(ksrtp_pairs_load(&pairs, pair, 2, &failed), 0);
	ksrtp_pairs_free(pairs);
	ERR_clear_error();
	net_close(&s.bed);
}

static void the_first_certificate_to_expire_is_known(void **state)
{
	static const char *const san[] = { "DNS:one.example", "DNS:two.example" };
	time_t now = time(NULL), end;
	struct server s;

	open_server(&s, san, COUNT(san), 90);
	end = ksrtp_tls_expiry(s.bed.tls);
	assert_in_range(end, now + 89 * 86400, now + 91 * 86400);
	write_pair(s.file[1], san[1], false, 5);
	assert_int_equal(ksrtp_tls_reload(s.bed.tls), 0);
	end = ksrtp_tls_expiry(s.bed.tls);
	assert_in_range(end, now + 4 * 86400, now + 6 * 86400);
	net_close(&s.bed);
}

/* Wait for what the server sends after the handshake: its ticket. */
static SSL_SESSION *session_of(struct server *s, SSL *ssl)
{
	char buf[16];
	size_t n = 0;

	assert_int_equal(SSL_write(ssl, "M0001a", 6), 6);
	net_until(&s->bed, net_tls_read(ssl, buf, sizeof(buf), &n) && n == 6);
	return SSL_SESSION_dup(SSL_get_session(ssl));
}

static bool resumes(struct server *s, SSL_CTX *ctx, SSL_SESSION *session, const char *name)
{
	int fd = net_dial(&s->at), ret = 0;
	SSL *ssl = SSL_new(ctx);
	bool reused;

	SSL_set_fd(ssl, fd);
	SSL_set_connect_state(ssl);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(SSL_set_tlsext_host_name(ssl, name), 1);
	/* A copy: this connection will end without close_notify, which spoils its session. */
	session = SSL_SESSION_dup(session);
	assert_int_equal(SSL_set_session(ssl, session), 1);
	SSL_SESSION_free(session);
	net_until(&s->bed, (ret = SSL_do_handshake(ssl)) == 1 ||
		  SSL_get_error(ssl, ret) != SSL_ERROR_WANT_READ);
	assert_int_equal(ret, 1);
	reused = SSL_session_reused(ssl);
	SSL_free(ssl);
	close(fd);
	return reused;
}

static void a_session_is_resumed_until_its_ticket_key_is_gone(void **state)
{
	static const char *const san[] = { "DNS:one.example", "DNS:two.example" };
	struct server s;
	int max;

	open_server(&s, san, COUNT(san), 90);
	for (max = TLS1_2_VERSION; max <= TLS1_3_VERSION; max++) {
		SSL_CTX *ctx = SSL_CTX_new(TLS_client_method()), *server;
		SSL_SESSION *session;
		SSL *ssl;
		int fd;

		SSL_CTX_set_max_proto_version(ctx, max);
		ssl = dial(&s, ctx, "one.example", NULL, &fd);
		session = session_of(&s, ssl);
		assert_true(SSL_SESSION_has_ticket(session));
		assert_true(resumes(&s, ctx, session, "one.example"));
		/* What was agreed on for one name is not taken for another. */
		assert_false(resumes(&s, ctx, session, "two.example"));
		SSL_free(ssl);
		close(fd);
		/* The key of the hour before still opens, that of three hours ago does not. */
		ssl = ksrtp_tls_accept(s.bed.tls, -1, 0);
		server = SSL_get_SSL_CTX(ssl);
		assert_int_equal(ksrtp_resume_rotate(server), 0);
		assert_true(resumes(&s, ctx, session, "one.example"));
		assert_int_equal(ksrtp_resume_rotate(server), 0);
		assert_int_equal(ksrtp_resume_rotate(server), 0);
		assert_false(resumes(&s, ctx, session, "one.example"));
		SSL_free(ssl);
		SSL_SESSION_free(session);
		/* Nor after a reload: it may have changed whom we trust. */
		ssl = dial(&s, ctx, "one.example", NULL, &fd);
		session = session_of(&s, ssl);
		assert_int_equal(ksrtp_tls_reload(s.bed.tls), 0);
		assert_false(resumes(&s, ctx, session, "one.example"));
		SSL_SESSION_free(session);
		SSL_free(ssl);
		close(fd);
		SSL_CTX_free(ctx);
	}
	net_close(&s.bed);
}

/* ---- as a client */

struct pair_of_beds {
	struct bed server, client;
	struct ksrtp_target target;
};

/* A server whose certificate @san is issued by a CA; the client trusts that CA if @trusted. */
static void open_both(struct pair_of_beds *b, const char *san, bool trusted)
{
	char server[] = "/tmp/ksrtp-net-XXXXXX", client[] = "/tmp/ksrtp-net-XXXXXX";
	char pem[64], anchors[64];
	struct ksrtp_pair_file own = { .certificate = pem };
	struct ksrtp_tls_setup setup = { .state_dir = server, .pair = &own, .n_pair = 1 };
	struct net_ca ca;

	memset(b, 0, sizeof(*b));
	assert_non_null(mkdtemp(server));
	assert_non_null(mkdtemp(client));
	snprintf(pem, sizeof(pem), "%s/own.pem", server);
	snprintf(anchors, sizeof(anchors), "%s/ca.pem", client);
	net_ca_make(&ca, anchors);
	net_cert_file(&ca, pem, san, "sip.example");
	net_open_tls(&b->server, &setup);
	b->server.echo = true;
	setup = (struct ksrtp_tls_setup){ .state_dir = client, .name = "client.example",
					  .ca_file = trusted ? anchors : NULL };
	net_open_tls(&b->client, &setup);
	b->target.transport = KSRTP_TRANSPORT_TLS;
	b->target.addr = net_listen(&b->server, KSRTP_TRANSPORT_TLS);
	snprintf(b->target.name, sizeof(b->target.name), "sip.example");
	net_ca_free(&ca);
}

static int connect_now(struct pair_of_beds *b)
{
	unsigned before = b->client.connects;

	net_connect(&b->client, &b->target);
	net_until(&b->client, (uv_run(&b->server.loop.uv, UV_RUN_NOWAIT),
			       b->client.connects > before));
	return b->client.connect_error;
}

static void close_both(struct pair_of_beds *b)
{
	net_close(&b->client);
	net_close(&b->server);
}

static void a_peer_that_must_show_its_domain_is_not_used_without(void **state)
{
	static const struct {
		const char *san;
		bool trusted;
		int error;
	} row[] = {
		{ "URI:sip:sip.example", true, 0 },
		{ "DNS:sip.example", true, 0 },
		{ NULL, true, 0 },	/* the CN stands alone */
		{ "URI:sip:sip.example", false, -EKEYREJECTED },
		{ "DNS:*.example", true, -EKEYREJECTED },
		{ "DNS:other.example", true, -EKEYREJECTED },
		{ "URI:sip:joe@sip.example", true, -EKEYREJECTED },
	};
	struct pair_of_beds b;
	size_t i;

	for (i = 0; i < COUNT(row); i++) {
		open_both(&b, row[i].san, row[i].trusted);
		b.target.identity = KSRTP_TARGET_DOMAIN;
		if (connect_now(&b) != row[i].error)
			fail_msg("row %zu: %s", i, strerror(-b.client.connect_error));
		/* Who asks for less gets a connection of its own. */
		b.target.identity = KSRTP_TARGET_ANY;
		assert_int_equal(connect_now(&b), 0);
		close_both(&b);
	}
}

static void a_peer_whose_key_changed_is_not_used_where_it_must_be_known(void **state)
{
	struct pair_of_beds b;
	char pem[128];

	open_both(&b, "DNS:sip.example", false);
	b.target.identity = KSRTP_TARGET_KNOWN;
	assert_int_equal(connect_now(&b), 0);
	ksrtp_net_close(b.client.net, &b.client.connected);
	snprintf(pem, sizeof(pem), "%s/own.pem", b.server.dir);
	net_cert_file(NULL, pem, "DNS:sip.example", "x");
	assert_int_equal(ksrtp_tls_reload(b.server.tls), 0);
	assert_int_equal(connect_now(&b), -EKEYREJECTED);
	b.target.identity = KSRTP_TARGET_ANY;
	assert_int_equal(connect_now(&b), 0);
	close_both(&b);
}

/* One message there and back, so that the ticket that came with it was read. */
static void exchange(struct pair_of_beds *b)
{
	unsigned before = b->client.messages;

	assert_int_equal(ksrtp_net_send(b->client.net, &b->client.connected, "M0001a", 6), 0);
	net_until(&b->client, (uv_run(&b->server.loop.uv, UV_RUN_NOWAIT),
			       b->client.messages > before));
}

static void a_second_connection_resumes_and_is_graded_like_the_first(void **state)
{
	struct ksrtp_net_peer peer;
	struct pair_of_beds b;
	unsigned i;

	open_both(&b, "URI:sip:sip.example", true);
	b.target.identity = KSRTP_TARGET_DOMAIN;
	for (i = 0; i < 3; i++) {
		assert_int_equal(connect_now(&b), 0);
		assert_int_equal(ksrtp_net_peer(b.client.net, &b.client.connected, &peer), 0);
		assert_int_equal(peer.identity, KSRTP_PEER_DOMAIN);
		assert_string_equal(peer.name, "sip.example");
		assert_int_equal(peer.resumed, i > 0);
		exchange(&b);
		ksrtp_net_close(b.client.net, &b.client.connected);
		net_until(&b.client, (uv_run(&b.server.loop.uv, UV_RUN_NOWAIT),
				      b.client.closed == i + 1));
	}
	/* Never for another name at the same address. */
	snprintf(b.target.name, sizeof(b.target.name), "other.example");
	assert_int_equal(connect_now(&b), -EKEYREJECTED);
	close_both(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_is_shown_the_certificate_of_the_name_it_asks_for),
		cmocka_unit_test(an_rsa_and_an_ecdsa_certificate_of_one_domain_stand_side_by_side),
		cmocka_unit_test(a_key_that_does_not_belong_to_its_certificate_is_refused),
		cmocka_unit_test(the_first_certificate_to_expire_is_known),
		cmocka_unit_test(a_session_is_resumed_until_its_ticket_key_is_gone),
		cmocka_unit_test(a_peer_that_must_show_its_domain_is_not_used_without),
		cmocka_unit_test(a_peer_whose_key_changed_is_not_used_where_it_must_be_known),
		cmocka_unit_test(a_second_connection_resumes_and_is_graded_like_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
