// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TLS for the transports: contexts (RFC 9325), our certificate and its reload, a BIO without
 * buffers of its own, and the grade of a peer after the handshake (RFC 5922).
 *
 * Called by conn.c and main; loop thread only.
 */
#include "daemon/net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "daemon/net/cert.h"
#include "daemon/net/dane.h"
#include "daemon/net/resume.h"
#include "daemon/net/tofu.h"
#include "daemon/net/watch.h"

/* RFC 9325 section 4.2: ephemeral key exchange and AEAD. TLS 1.3 has nothing else. */
#define CIPHERS		"ECDHE+AESGCM:ECDHE+CHACHA20"
#define GROUPS		"X25519:P-256:P-384"

#define DAY		86400L
#define EXPIRY_DAYS	21	/* ACME clients renew earlier; then somebody has to look */

struct ksrtp_tls {
	struct ksrtp_loop *loop;
	struct ksrtp_pair_file pair[KSRTP_PAIRS_MAX + 1];	/* strings are ours */
	size_t n_pair;
	size_t first[KSRTP_TLS_GROUPS + 1];	/* where each group of @pair begins; their end */
	size_t n_group;
	char *ca_file;
	bool ask_clients;
	bool self_signed;
	SSL_CTX *client;		/* of group 0 */
	SSL_CTX *server[KSRTP_TLS_GROUPS];	/* replaced at once; connections hold references */
	BIO_METHOD *method;
	struct ksrtp_tofu *known;
	struct ksrtp_watch *watch;
	uv_timer_t *daily;
	unsigned char digest[32];	/* of the certificate shown by default */
};

/* ---- the BIO: straight to the socket */

static int bio_fd(BIO *bio)
{
	return (int)(intptr_t)BIO_get_data(bio);
}

static int bio_write(BIO *bio, const char *p, int n)
{
	ssize_t ret = send(bio_fd(bio), p, (size_t)n, MSG_NOSIGNAL);

	BIO_clear_retry_flags(bio);
	if (ret < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(bio);
	return (int)ret;
}

static int bio_read(BIO *bio, char *p, int n)
{
	ssize_t ret = recv(bio_fd(bio), p, (size_t)n, 0);

	BIO_clear_retry_flags(bio);
	if (ret < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(bio);
	else if (!ret)
		BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
	return (int)ret;
}

static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	(void)num;
	(void)ptr;
	if (cmd == BIO_CTRL_EOF)
		return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
	return cmd == BIO_CTRL_FLUSH;
}

static BIO_METHOD *make_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ksrtp socket");

	if (m && BIO_meth_set_write(m, bio_write) && BIO_meth_set_read(m, bio_read) &&
	    BIO_meth_set_ctrl(m, bio_ctrl))
		return m;
	BIO_meth_free(m);
	return NULL;
}

/* ---- contexts */

/* Verify, but let the handshake go on: the result is a grade, not a gate. */
static int verify(X509_STORE_CTX *store, void *arg)
{
	(void)arg;
	/* 0 and an error in @store, which OpenSSL keeps as the connection's verify result. */
	if (X509_verify_cert(store) <= 0 && X509_STORE_CTX_get_error(store) == X509_V_OK)
		X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
	return 1;
}

static const char *openssl_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	return reason ? reason : "unknown error";
}

static SSL_CTX *make_ctx(struct ksrtp_tls *tls, const SSL_METHOD *method,
			 const struct ksrtp_pairs *pairs)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (!ctx)
		return NULL;
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
			    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_CLEANSE_PLAINTEXT |
			    SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
			 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_cert_verify_callback(ctx, verify, NULL);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, CIPHERS) != 1 ||
	    SSL_CTX_set1_groups_list(ctx, GROUPS) != 1 ||
	    (tls->ca_file ? SSL_CTX_load_verify_file(ctx, tls->ca_file) :
			    SSL_CTX_set_default_verify_paths(ctx)) != 1 ||
	    !ksrtp_pairs_use(pairs, ctx)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

/* ---- which certificate a client is shown */

static int pairs_index = -1;

static void free_pairs(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	(void)parent;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	ksrtp_pairs_free(ptr);
}

static const struct ksrtp_pairs *pairs_of(SSL_CTX *ctx)
{
	return SSL_CTX_get_ex_data(ctx, pairs_index);
}

/* RFC 6066 section 3: acknowledge a name that is ours, and let any other have the default. */
static int on_name(SSL *ssl, int *alert, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	(void)arg;
	return name && ksrtp_pairs_speak(pairs_of(SSL_get_SSL_CTX(ssl)), name) ?
	       SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

static int on_certificate(SSL *ssl, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)arg;
	return !name || ksrtp_pairs_choose(pairs_of(SSL_get_SSL_CTX(ssl)), ssl, name);
}

/* Takes @pairs over, whatever it returns. */
static SSL_CTX *make_server(struct ksrtp_tls *tls, struct ksrtp_pairs *pairs)
{
	static const unsigned char id[] = "ksrtp";
	SSL_CTX *ctx = make_ctx(tls, TLS_server_method(), pairs);

	if (pairs_index < 0)
		pairs_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_pairs);
	if (!ctx || pairs_index < 0 || SSL_CTX_set_ex_data(ctx, pairs_index, pairs) != 1) {
		ksrtp_pairs_free(pairs);
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_tlsext_servername_callback(ctx, on_name);
	SSL_CTX_set_cert_cb(ctx, on_certificate, NULL);
	/* Without it a client certificate and a resumed session abort the handshake. */
	SSL_CTX_set_session_id_context(ctx, id, sizeof(id) - 1);
	SSL_CTX_set_verify(ctx, tls->ask_clients ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (ksrtp_resume_serve(ctx))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static SSL_CTX *make_client(struct ksrtp_tls *tls, const struct ksrtp_pairs *pairs)
{
	SSL_CTX *ctx = make_ctx(tls, TLS_client_method(), pairs);

	if (!ctx)
		return NULL;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (SSL_CTX_dane_enable(ctx) == 1 && ksrtp_resume_remember(ctx))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

/* ---- loading */

static int refuse(struct ksrtp_tls *tls, const struct ksrtp_pair_file *file)
{
	ksrtp_log_write(tls->loop->log, KSRTP_LOG_ERROR, "certificate %s, key %s: %s%s",
			file->certificate, file->key ? file->key : file->certificate,
			openssl_reason(), tls->client ? "; the old pair stays in use" : "");
	ERR_clear_error();
	return -EINVAL;
}

static void tell_digest(struct ksrtp_tls *tls)
{
	unsigned char digest[32] = { 0 };
	char text[96];

	X509_digest(SSL_CTX_get0_certificate(tls->server[0]), EVP_sha256(), digest, NULL);
	if (!memcmp(digest, tls->digest, sizeof(digest)))
		return;
	memcpy(tls->digest, digest, sizeof(digest));
	ksrtp_log_write(tls->loop->log, KSRTP_LOG_INFO, "certificate %s, SHA-256 %s",
			tls->pair[0].certificate, ksrtp_tls_fingerprint(tls, text, sizeof(text)));
}

time_t ksrtp_tls_expiry(const struct ksrtp_tls *tls)
{
	time_t end = ksrtp_pairs_expiry(pairs_of(tls->server[0])), other;
	size_t i;

	for (i = 1; i < tls->n_group; i++) {
		other = ksrtp_pairs_expiry(pairs_of(tls->server[i]));
		end = other < end ? other : end;
	}
	return end;
}

static void warn_of_expiry(const struct ksrtp_tls *tls)
{
	time_t end = ksrtp_tls_expiry(tls), now = time(NULL);
	struct tm tm;
	char day[16];

	if (end - now > EXPIRY_DAYS * DAY || !gmtime_r(&end, &tm))
		return;
	strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	if (end <= now)
		ksrtp_log_write(tls->loop->log, KSRTP_LOG_ERROR,
				"a certificate of ours expired on %s", day);
	else
		ksrtp_log_write(tls->loop->log, KSRTP_LOG_WARNING,
				"a certificate of ours expires on %s, in %ld days", day,
				(long)(end - now) / DAY);
}

/* The contexts of one group; @client NULL: its server alone. */
static int load_group(struct ksrtp_tls *tls, size_t group, SSL_CTX **server, SSL_CTX **client)
{
	const struct ksrtp_pair_file *file = &tls->pair[tls->first[group]];
	struct ksrtp_pairs *pairs;
	size_t failed;

	if (ksrtp_pairs_load(&pairs, file, tls->first[group + 1] - tls->first[group], &failed))
		return refuse(tls, &file[failed]);
	if (client)
		*client = make_client(tls, pairs);
	*server = make_server(tls, pairs);
	return *server && (!client || *client) ? 0 : refuse(tls, file);
}

static void free_contexts(SSL_CTX *client, SSL_CTX *server[KSRTP_TLS_GROUPS])
{
	size_t i;

	for (i = 0; i < KSRTP_TLS_GROUPS; i++)
		SSL_CTX_free(server[i]);
	SSL_CTX_free(client);
}

int ksrtp_tls_reload(struct ksrtp_tls *tls)
{
	SSL_CTX *server[KSRTP_TLS_GROUPS] = { NULL }, *client = NULL;
	size_t i;
	int err = 0;

	ERR_clear_error();
	for (i = 0; !err && i < tls->n_group; i++)
		err = load_group(tls, i, &server[i], i ? NULL : &client);
	if (err) {
		free_contexts(client, server);
		return err;
	}
	free_contexts(tls->client, tls->server);
	memcpy(tls->server, server, sizeof(server));
	tls->client = client;
	tell_digest(tls);
	warn_of_expiry(tls);
	return 0;
}

static void on_changed(void *ctx)
{
	/* A pair that does not match (yet) is left alone; the second file's event comes. */
	(void)ksrtp_tls_reload(ctx);
}

/* Nobody renews the one we made; its directory changes for other reasons. */
static int start_watching(struct ksrtp_tls *tls)
{
	size_t i;

	tls->watch = ksrtp_watch_create(tls->loop, on_changed, tls);
	if (!tls->watch)
		return -ENOMEM;
	for (i = tls->self_signed; i < tls->n_pair; i++) {
		ksrtp_watch_file(tls->watch, tls->pair[i].certificate);
		if (tls->pair[i].key)
			ksrtp_watch_file(tls->watch, tls->pair[i].key);
	}
	if (tls->ca_file)
		ksrtp_watch_file(tls->watch, tls->ca_file);
	return 0;
}

static void on_day(uv_timer_t *timer)
{
	warn_of_expiry(timer->data);
}

static int start_calendar(struct ksrtp_tls *tls)
{
	tls->daily = malloc(sizeof(*tls->daily));
	if (!tls->daily)
		return -ENOMEM;
	uv_timer_init(&tls->loop->uv, tls->daily);
	uv_unref((uv_handle_t *)tls->daily);
	tls->daily->data = tls;
	uv_timer_start(tls->daily, on_day, DAY * 1000, DAY * 1000);
	return 0;
}

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

/* ---- life */

static int join(char out[PATH_MAX], const char *dir, const char *name)
{
	return (size_t)snprintf(out, PATH_MAX, "%s/%s", dir, name) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int add_pair(struct ksrtp_tls *tls, const struct ksrtp_pair_file *file)
{
	struct ksrtp_pair_file *own = &tls->pair[tls->n_pair];

	if (tls->n_pair == KSRTP_PAIRS_MAX + 1)
		return -ENOSPC;
	own->certificate = strdup(file->certificate);
	own->key = file->key ? strdup(file->key) : NULL;
	tls->n_pair++;
	return own->certificate && !own->key == !file->key ? 0 : -ENOMEM;
}

static int use_self_signed(struct ksrtp_tls *tls, const struct ksrtp_tls_setup *setup)
{
	char path[PATH_MAX];
	int err = join(path, setup->state_dir, "certificate.pem");

	if (err)
		return err;
	err = ksrtp_cert_ensure(path, setup->name);
	if (err < 0) {
		ksrtp_log_write(tls->loop->log, KSRTP_LOG_ERROR, "%s: %s", path, strerror(-err));
		return err;
	}
	if (err)
		ksrtp_log_write(tls->loop->log, KSRTP_LOG_NOTICE,
				"no certificate configured: made a self-signed one, %s", path);
	tls->self_signed = true;
	return add_pair(tls, &(struct ksrtp_pair_file){ .certificate = path });
}

static int add_group(struct ksrtp_tls *tls, const struct ksrtp_pair_file *pair, size_t n)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < n; i++)
		err = add_pair(tls, &pair[i]);
	tls->first[++tls->n_group] = tls->n_pair;
	return err;
}

static int add_groups(struct ksrtp_tls *tls, const struct ksrtp_tls_setup *setup)
{
	size_t i;
	int err = setup->n_pair ? 0 : use_self_signed(tls, setup);

	if (!err)
		err = add_group(tls, setup->pair, setup->n_pair);
	for (i = 0; !err && i < setup->n_group; i++)
		err = tls->n_group < KSRTP_TLS_GROUPS ?
		      add_group(tls, setup->group[i].pair, setup->group[i].n_pair) : -ENOSPC;
	return err;
}

static int fill(struct ksrtp_tls *tls, const struct ksrtp_tls_setup *setup)
{
	char path[PATH_MAX];
	int err;

	tls->loop = setup->loop;
	tls->ask_clients = setup->ask_clients;
	tls->method = make_method();
	if (!tls->method)
		return -ENOMEM;
	if (setup->ca_file && !(tls->ca_file = strdup(setup->ca_file)))
		return -ENOMEM;
	err = add_groups(tls, setup);
	if (err)
		return err;
	err = join(path, setup->state_dir, "known-peers");
	return err ? err : ksrtp_tofu_create(&tls->known, path, tls->loop->log);
}

int ksrtp_tls_create(struct ksrtp_tls **out, const struct ksrtp_tls_setup *setup)
{
	struct ksrtp_tls *tls = calloc(1, sizeof(*tls));
	int err;

	if (!tls)
		return -ENOMEM;
	err = fill(tls, setup);
	if (!err)
		err = ksrtp_tls_reload(tls);
	if (!err)
		err = start_watching(tls);
	if (!err)
		err = start_calendar(tls);
	if (err)
		ksrtp_tls_destroy(tls);
	else
		*out = tls;
	return err;
}

void ksrtp_tls_destroy(struct ksrtp_tls *tls)
{
	size_t i;

	if (!tls)
		return;
	ksrtp_watch_destroy(tls->watch);
	if (tls->daily)
		uv_close((uv_handle_t *)tls->daily, free_handle);
	free_contexts(tls->client, tls->server);
	BIO_meth_free(tls->method);
	ksrtp_tofu_destroy(tls->known);
	for (i = 0; i < tls->n_pair; i++) {
		free((char *)tls->pair[i].certificate);
		free((char *)tls->pair[i].key);
	}
	free(tls->ca_file);
	free(tls);
}

const char *ksrtp_tls_fingerprint(const struct ksrtp_tls *tls, char *out, size_t n)
{
	size_t i;

	*out = 0;
	for (i = 0; i < sizeof(tls->digest) && 3 * i + 3 <= n; i++)
		snprintf(out + 3 * i, n - 3 * i, i + 1 < sizeof(tls->digest) ? "%02X:" : "%02X",
			 tls->digest[i]);
	return out;
}

bool ksrtp_tls_self_signed(const struct ksrtp_tls *tls)
{
	return tls->self_signed;
}

/* ---- one connection */

static bool is_domain(const char *name)
{
	unsigned char ip[16];

	return name && *name && inet_pton(AF_INET, name, ip) != 1 &&
	       inet_pton(AF_INET6, name, ip) != 1;
}

/* A session is good for one name at one address. */
static bool resume(SSL *ssl, const struct ksrtp_target *target)
{
	char where[KSRTP_ADDR_TEXT], peer[KSRTP_NAME_MAX + KSRTP_ADDR_TEXT + 1];

	snprintf(peer, sizeof(peer), "%s %s", target->name,
		 ksrtp_addr_format(&target->addr, where, sizeof(where)));
	return ksrtp_resume_try(ssl, peer);
}

static bool introduce(SSL *ssl, const struct ksrtp_target *target)
{
	if (target->tlsa.n)
		return ksrtp_dane_expect(ssl, target);
	return (!is_domain(target->name) || SSL_set_tlsext_host_name(ssl, target->name) == 1) &&
	       resume(ssl, target);
}

/* NULL without memory, or without @ctx. */
static SSL *over(struct ksrtp_tls *tls, SSL_CTX *ctx, int fd)
{
	SSL *ssl = SSL_new(ctx);
	BIO *bio = BIO_new(tls->method);

	if (ssl && bio) {
		BIO_set_data(bio, (void *)(intptr_t)fd);
		BIO_set_init(bio, 1);
		SSL_set_bio(ssl, bio, bio);
		return ssl;
	}
	BIO_free(bio);
	SSL_free(ssl);
	ERR_clear_error();
	return NULL;
}

SSL *ksrtp_tls_connect(struct ksrtp_tls *tls, int fd, const struct ksrtp_target *target)
{
	SSL *ssl = over(tls, tls->client, fd);

	if (!ssl)
		return NULL;
	SSL_set_connect_state(ssl);
	if (introduce(ssl, target))
		return ssl;
	SSL_free(ssl);
	ERR_clear_error();
	return NULL;
}

SSL *ksrtp_tls_accept(struct ksrtp_tls *tls, int fd, size_t group)
{
	SSL *ssl = over(tls, tls->server[group < tls->n_group ? group : 0], fd);

	if (ssl)
		SSL_set_accept_state(ssl);
	return ssl;
}

bool ksrtp_tls_speaks_for(SSL *ssl, const char *domain)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);

	return cert && SSL_get_verify_result(ssl) == X509_V_OK && ksrtp_tls_identity(cert, domain);
}

static void judge_by_memory(struct ksrtp_tls *tls, X509 *cert, const char *who,
			    struct ksrtp_net_peer *peer)
{
	switch (ksrtp_tofu_check(tls->known, who, cert)) {
	case KSRTP_TOFU_SAME:
		peer->identity = KSRTP_PEER_TOFU;
		snprintf(peer->name, sizeof(peer->name), "%s", who);
		break;
	case KSRTP_TOFU_CHANGED:
		peer->changed = true;
		snprintf(peer->problem, sizeof(peer->problem), "key differs from the one known");
		ksrtp_log_limited(tls->loop->log, KSRTP_LOG_WARNING, "key-changed",
				  "TLS peer %s shows another key than before", who);
		break;
	default:
		break;
	}
}

static void remember(struct ksrtp_tls *tls, X509 *cert, const struct ksrtp_target *target,
		     struct ksrtp_net_peer *peer)
{
	char where[KSRTP_ADDR_TEXT];

	judge_by_memory(tls, cert, is_domain(target->name) ? target->name :
			ksrtp_addr_format(&target->addr, where, sizeof(where)), peer);
}

/* Whom does a certificate with a valid chain speak for? */
static void judge_by_chain(X509 *cert, const struct ksrtp_target *target,
			   struct ksrtp_net_peer *peer)
{
	if (!target)
		ksrtp_tls_first_domain(cert, peer->name, sizeof(peer->name));
	else if (is_domain(target->name) && ksrtp_tls_identity(cert, target->name))
		snprintf(peer->name, sizeof(peer->name), "%s", target->name);
	else
		snprintf(peer->problem, sizeof(peer->problem),
			 "certificate does not speak for the domain");
	if (!*peer->name)
		return;
	peer->identity = KSRTP_PEER_DOMAIN;
	peer->certificate = KSRTP_PROOF_VALID;
}

static void judge_by_dane(SSL *ssl, const struct ksrtp_target *target,
			  struct ksrtp_net_peer *peer)
{
	if (!ksrtp_dane_holds(ssl, target)) {
		snprintf(peer->problem, sizeof(peer->problem),
			 "certificate is not the one that DNS names");
		return;
	}
	peer->identity = KSRTP_PEER_DANE;
	peer->certificate = KSRTP_PROOF_DANE;
	snprintf(peer->name, sizeof(peer->name), "%s", target->name);
}

void ksrtp_tls_judge(struct ksrtp_tls *tls, SSL *ssl, const struct ksrtp_target *target,
		     struct ksrtp_net_peer *peer)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	long chain = SSL_get_verify_result(ssl);

	memset(peer, 0, sizeof(*peer));
	peer->identity = KSRTP_PEER_UNAUTHENTICATED;
	peer->certificate = cert ? ksrtp_proof_of_chain(chain) : KSRTP_PROOF_NONE;
	peer->resumed = SSL_session_reused(ssl);
	snprintf(peer->version, sizeof(peer->version), "%s", SSL_get_version(ssl));
	snprintf(peer->cipher, sizeof(peer->cipher), "%s", SSL_get_cipher_name(ssl));
	if (!cert) {
		snprintf(peer->problem, sizeof(peer->problem), "no certificate shown");
		return;
	}
	if (target && target->tlsa.n) {
		judge_by_dane(ssl, target, peer);
		return;
	}
	if (chain == X509_V_OK)
		judge_by_chain(cert, target, peer);
	else
		snprintf(peer->problem, sizeof(peer->problem), "%s",
			 X509_verify_cert_error_string(chain));
	if (target && peer->identity != KSRTP_PEER_DOMAIN)
		remember(tls, cert, target, peer);
}
