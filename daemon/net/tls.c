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
#include "daemon/net/tofu.h"

/* RFC 9325 section 4.2: ephemeral key exchange and AEAD. TLS 1.3 has nothing else. */
#define CIPHERS		"ECDHE+AESGCM:ECDHE+CHACHA20"
#define GROUPS		"X25519:P-256:P-384"

/* Editors and ACME clients write key and certificate one after the other. */
#define SETTLE_MS	200

struct ksrtp_tls {
	struct ksrtp_loop *loop;
	char *certificate;
	char *key;
	char *ca_file;
	bool ask_clients;
	bool self_signed;
	SSL_CTX *server, *client;	/* replaced as a pair; connections hold references */
	BIO_METHOD *method;
	struct ksrtp_tofu *known;
	uv_fs_event_t *watch[2];	/* directories of certificate and key */
	uv_timer_t *settle;
	unsigned char digest[32];	/* of the certificate in use */
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

/* A key with a pass phrase must fail here and not ask on the terminal. */
static int no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

static const char *openssl_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	return reason ? reason : "unknown error";
}

static int load_pair(struct ksrtp_tls *tls, SSL_CTX *ctx)
{
	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	return SSL_CTX_use_certificate_chain_file(ctx, tls->certificate) == 1 &&
	       SSL_CTX_use_PrivateKey_file(ctx, tls->key, SSL_FILETYPE_PEM) == 1 &&
	       SSL_CTX_check_private_key(ctx) == 1;
}

static SSL_CTX *make_ctx(struct ksrtp_tls *tls, const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (!ctx)
		return NULL;
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
			    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET |
			    SSL_OP_CLEANSE_PLAINTEXT |
			    SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
			 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* No resumption: OpenSSL's ticket key lives as long as we do and guards all of them. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_cert_verify_callback(ctx, verify, NULL);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, CIPHERS) != 1 ||
	    SSL_CTX_set1_groups_list(ctx, GROUPS) != 1 ||
	    (tls->ca_file ? SSL_CTX_load_verify_file(ctx, tls->ca_file) :
			    SSL_CTX_set_default_verify_paths(ctx)) != 1 ||
	    !load_pair(tls, ctx)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static SSL_CTX *make_server(struct ksrtp_tls *tls)
{
	static const unsigned char id[] = "ksrtp";
	SSL_CTX *ctx = make_ctx(tls, TLS_server_method());

	if (!ctx)
		return NULL;
	/* Without it a client certificate and a resumed session abort the handshake. */
	SSL_CTX_set_session_id_context(ctx, id, sizeof(id) - 1);
	SSL_CTX_set_verify(ctx, tls->ask_clients ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	return ctx;
}

static SSL_CTX *make_client(struct ksrtp_tls *tls)
{
	SSL_CTX *ctx = make_ctx(tls, TLS_client_method());

	if (ctx)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	return ctx;
}

int ksrtp_tls_reload(struct ksrtp_tls *tls)
{
	unsigned char digest[32] = { 0 };
	SSL_CTX *server, *client;
	char text[96];

	ERR_clear_error();
	server = make_server(tls);
	client = server ? make_client(tls) : NULL;
	if (!client) {
		ksrtp_log_write(tls->loop->log, KSRTP_LOG_ERROR, "certificate %s, key %s: %s%s",
				tls->certificate, tls->key, openssl_reason(),
				tls->server ? "; the old pair stays in use" : "");
		SSL_CTX_free(server);
		ERR_clear_error();
		return -EINVAL;
	}
	SSL_CTX_free(tls->server);
	SSL_CTX_free(tls->client);
	tls->server = server;
	tls->client = client;
	X509_digest(SSL_CTX_get0_certificate(server), EVP_sha256(), digest, NULL);
	if (memcmp(digest, tls->digest, sizeof(digest))) {
		memcpy(tls->digest, digest, sizeof(digest));
		ksrtp_log_write(tls->loop->log, KSRTP_LOG_INFO, "certificate %s, SHA-256 %s",
				tls->certificate, ksrtp_tls_fingerprint(tls, text, sizeof(text)));
	}
	return 0;
}

/* ---- watching the directories */

static void on_settled(uv_timer_t *timer)
{
	/* A pair that does not match (yet) is left alone; the second file's event comes. */
	(void)ksrtp_tls_reload(timer->data);
}

static void on_directory(uv_fs_event_t *event, const char *name, int events, int status)
{
	struct ksrtp_tls *tls = event->data;

	(void)name;
	(void)events;
	if (!status)
		uv_timer_start(tls->settle, on_settled, SETTLE_MS, 0);
}

static void directory_of(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		snprintf(out, PATH_MAX, ".");
	else
		snprintf(out, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

static uv_fs_event_t *watch_directory(struct ksrtp_tls *tls, const char *dir)
{
	uv_fs_event_t *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return NULL;
	uv_fs_event_init(&tls->loop->uv, w);
	w->data = tls;
	uv_unref((uv_handle_t *)w);
	err = uv_fs_event_start(w, on_directory, dir, 0);
	if (!err)
		return w;
	/* Serving goes on; a new certificate then needs SIGHUP. */
	ksrtp_log_write(tls->loop->log, KSRTP_LOG_WARNING, "%s cannot be watched: %s", dir,
			uv_strerror(err));
	uv_close((uv_handle_t *)w, free_handle);
	return NULL;
}

static int start_watching(struct ksrtp_tls *tls)
{
	char cert_dir[PATH_MAX], key_dir[PATH_MAX];

	tls->settle = calloc(1, sizeof(*tls->settle));
	if (!tls->settle)
		return -ENOMEM;
	uv_timer_init(&tls->loop->uv, tls->settle);
	uv_unref((uv_handle_t *)tls->settle);
	tls->settle->data = tls;
	/* Nobody renews the one we made; its directory changes for other reasons. */
	if (tls->self_signed)
		return 0;
	directory_of(tls->certificate, cert_dir);
	directory_of(tls->key, key_dir);
	tls->watch[0] = watch_directory(tls, cert_dir);
	if (strcmp(cert_dir, key_dir))
		tls->watch[1] = watch_directory(tls, key_dir);
	return 0;
}

/* ---- life */

static int join(char out[PATH_MAX], const char *dir, const char *name)
{
	return (size_t)snprintf(out, PATH_MAX, "%s/%s", dir, name) < PATH_MAX ? 0 : -ENAMETOOLONG;
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
	tls->certificate = strdup(path);
	return tls->certificate ? 0 : -ENOMEM;
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
	if (setup->certificate)
		tls->certificate = strdup(setup->certificate);
	else if ((err = use_self_signed(tls, setup)))
		return err;
	if (tls->certificate)
		tls->key = strdup(setup->certificate && setup->key ? setup->key : tls->certificate);
	if (!tls->key)
		return -ENOMEM;
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
	for (i = 0; i < 2; i++)
		if (tls->watch[i])
			uv_close((uv_handle_t *)tls->watch[i], free_handle);
	if (tls->settle)
		uv_close((uv_handle_t *)tls->settle, free_handle);
	SSL_CTX_free(tls->server);
	SSL_CTX_free(tls->client);
	BIO_meth_free(tls->method);
	ksrtp_tofu_destroy(tls->known);
	free(tls->certificate);
	free(tls->key);
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

SSL *ksrtp_tls_new(struct ksrtp_tls *tls, int fd, const char *name)
{
	SSL *ssl = SSL_new(name ? tls->client : tls->server);
	BIO *bio = BIO_new(tls->method);

	if (!ssl || !bio)
		goto fail;
	BIO_set_data(bio, (void *)(intptr_t)fd);
	BIO_set_init(bio, 1);
	if (name)
		SSL_set_connect_state(ssl);
	else
		SSL_set_accept_state(ssl);
	if (is_domain(name) && SSL_set_tlsext_host_name(ssl, name) != 1)
		goto fail;
	SSL_set_bio(ssl, bio, bio);
	return ssl;

fail:
	BIO_free(bio);
	SSL_free(ssl);
	ERR_clear_error();
	return NULL;
}

bool ksrtp_tls_speaks_for(SSL *ssl, const char *domain)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);

	return cert && SSL_get_verify_result(ssl) == X509_V_OK && ksrtp_tls_identity(cert, domain);
}

/* For an inbound peer with a valid chain: the first domain its certificate names. */
static void first_domain(X509 *cert, char *out, size_t room)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int i;

	*out = 0;
	for (i = 0; names && i < sk_GENERAL_NAME_num(names) && !*out; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const char *p;
		int n, skip;

		if (name->type != GEN_URI && name->type != GEN_DNS)
			continue;
		p = (const char *)ASN1_STRING_get0_data(name->d.ia5);
		n = ASN1_STRING_length(name->d.ia5);
		skip = name->type == GEN_URI ? 4 : 0;
		if (n <= skip || (size_t)(n - skip) >= room || memchr(p, 0, (size_t)n))
			continue;
		snprintf(out, room, "%.*s", n - skip, p + skip);
		/* The test that a name asked for undergoes: no user URIs, no other schemes. */
		if (!ksrtp_tls_identity(cert, out))
			*out = 0;
	}
	GENERAL_NAMES_free(names);
	ERR_clear_error();
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
		snprintf(peer->problem, sizeof(peer->problem), "key differs from the one known");
		ksrtp_log_limited(tls->loop->log, KSRTP_LOG_WARNING, "key-changed",
				  "TLS peer %s shows another key than before", who);
		break;
	default:
		break;
	}
}

void ksrtp_tls_judge(struct ksrtp_tls *tls, SSL *ssl, const char *name, const char *where,
		     struct ksrtp_net_peer *peer)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	long chain = SSL_get_verify_result(ssl);

	memset(peer, 0, sizeof(*peer));
	peer->identity = KSRTP_PEER_UNAUTHENTICATED;
	snprintf(peer->version, sizeof(peer->version), "%s", SSL_get_version(ssl));
	snprintf(peer->cipher, sizeof(peer->cipher), "%s", SSL_get_cipher_name(ssl));
	if (!cert) {
		snprintf(peer->problem, sizeof(peer->problem), "no certificate shown");
		return;
	}
	if (chain != X509_V_OK)
		snprintf(peer->problem, sizeof(peer->problem), "%s",
			 X509_verify_cert_error_string(chain));
	else if (!name)
		first_domain(cert, peer->name, sizeof(peer->name));
	else if (is_domain(name) && ksrtp_tls_identity(cert, name))
		snprintf(peer->name, sizeof(peer->name), "%s", name);
	else
		snprintf(peer->problem, sizeof(peer->problem),
			 "certificate does not speak for the domain");
	if (*peer->name)
		peer->identity = KSRTP_PEER_DOMAIN;
	else if (name)
		judge_by_memory(tls, cert, is_domain(name) ? name : where, peer);
}
