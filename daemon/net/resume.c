// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TLS resumption. As a server: tickets, sealed by keys of this process that change every hour
 * (RFC 5077 section 4), for OpenSSL's own would live as long as we do. As a client: one session a
 * peer, taken out when it is offered.
 *
 * Called by OpenSSL in the loop's thread, set up by tls.c. One object belongs to one SSL_CTX and is
 * new with each reload: what was verified against older trust anchors is not resumed.
 */
#include "daemon/net/resume.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "daemon/base/random.h"

#define KEYS		3	/* one that seals, two that still open */
#define SESSIONS	256

struct key {
	unsigned char name[16];
	unsigned char aes[32];
	unsigned char hmac[32];
	time_t born;		/* 0: none */
};

struct session {
	char *peer;
	SSL_SESSION *session;
};

struct ksrtp_resume {
	struct key key[KEYS];		/* newest first */
	struct session *kept;		/* client: SESSIONS, a ring, the oldest goes */
	unsigned int next;
};

/* Of SSL_CTX: its struct ksrtp_resume. Of SSL: the peer's name, owned. */
static int ctx_index = -1, ssl_index = -1;

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec + 1;	/* never 0 */
}

/* ---- life */

static void free_name(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	(void)parent;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	free(ptr);
}

static void forget(struct session *s)
{
	free(s->peer);
	SSL_SESSION_free(s->session);
	*s = (struct session){ 0 };
}

/* With its SSL_CTX, which the last connection keeps alive. */
static void free_resume(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	struct ksrtp_resume *resume = ptr;
	unsigned int i;

	(void)parent;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	if (!resume)
		return;
	for (i = 0; resume->kept && i < SESSIONS; i++)
		forget(&resume->kept[i]);
	free(resume->kept);
	OPENSSL_cleanse(resume->key, sizeof(resume->key));
	free(resume);
}

static struct ksrtp_resume *create(SSL_CTX *ctx)
{
	struct ksrtp_resume *resume;

	if (ctx_index < 0)
		ctx_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_resume);
	if (ssl_index < 0)
		ssl_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_name);
	if (ctx_index < 0 || ssl_index < 0)
		return NULL;
	resume = calloc(1, sizeof(*resume));
	if (resume && SSL_CTX_set_ex_data(ctx, ctx_index, resume) == 1)
		return resume;
	free(resume);
	return NULL;
}

static struct ksrtp_resume *resume_of(const SSL *ssl)
{
	return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), ctx_index);
}

/* ---- the server's tickets */

static int rotate(struct ksrtp_resume *resume)
{
	struct key fresh;
	int err = ksrtp_random_bytes(&fresh, offsetof(struct key, born));

	if (err)
		return err;
	fresh.born = now();
	memmove(resume->key + 1, resume->key, (KEYS - 1) * sizeof(*resume->key));
	resume->key[0] = fresh;
	OPENSSL_cleanse(&fresh, sizeof(fresh));
	return 0;
}

int ksrtp_resume_rotate(SSL_CTX *ctx)
{
	return rotate(SSL_CTX_get_ex_data(ctx, ctx_index));
}

static const struct key *find_key(const struct ksrtp_resume *resume, const unsigned char *name)
{
	unsigned int i;

	for (i = 0; i < KEYS; i++)
		if (resume->key[i].born &&
		    now() - resume->key[i].born <= 2 * KSRTP_RESUME_SECONDS &&
		    !memcmp(resume->key[i].name, name, sizeof(resume->key[i].name)))
			return &resume->key[i];
	return NULL;
}

static bool set_mac(EVP_MAC_CTX *mac, const struct key *key)
{
	unsigned char bytes[sizeof(key->hmac)];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, bytes, sizeof(bytes)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){ "SHA256" }, 0),
		OSSL_PARAM_construct_end(),
	};
	bool ok;

	memcpy(bytes, key->hmac, sizeof(bytes));
	ok = EVP_MAC_CTX_set_params(mac, params) == 1;
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return ok;
}

/* Return, as OpenSSL wants it: < 0 error, 0 no ticket, 1 fine, 2 fine but give a new one */
static int on_ticket(SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher,
		     EVP_MAC_CTX *mac, int seal)
{
	struct ksrtp_resume *resume = resume_of(ssl);
	const struct key *key;

	if (seal) {
		if (now() - resume->key[0].born >= KSRTP_RESUME_SECONDS &&
		    rotate(resume))
			return -1;
		key = &resume->key[0];
		memcpy(name, key->name, sizeof(key->name));
		if (ksrtp_random_bytes(iv, 16) ||
		    EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->aes, iv) != 1)
			return -1;
		return set_mac(mac, key) ? 1 : -1;
	}
	key = find_key(resume, name);
	if (!key)
		return 0;
	if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->aes, iv) != 1 ||
	    !set_mac(mac, key))
		return -1;
	/* With TLS 1.3 a client uses a ticket once and wants the next one. */
	return key == &resume->key[0] && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
}

/* The name in a ClientHello that OpenSSL has not come to yet: RFC 6066 section 3, one entry. */
static bool hello_names(SSL *ssl, const char *name)
{
	const unsigned char *p;
	size_t n = strlen(name), size;

	return SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &p, &size) == 1 &&
	       size == n + 5 && p[2] == TLSEXT_NAMETYPE_host_name &&
	       (size_t)(p[3] << 8 | p[4]) == n && !strncasecmp((const char *)p + 5, name, n);
}

/* RFC 6066 section 3: what was agreed on for one name is not resumed for another. */
static SSL_TICKET_RETURN on_opened(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
				   size_t n, SSL_TICKET_STATUS status, void *arg)
{
	const char *host;

	(void)name;
	(void)n;
	(void)arg;
	switch (status) {
	case SSL_TICKET_SUCCESS:
	case SSL_TICKET_SUCCESS_RENEW:
		host = SSL_SESSION_get0_hostname(session);
		if (host && !hello_names(ssl, host))
			return SSL_TICKET_RETURN_IGNORE_RENEW;
		return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE :
						      SSL_TICKET_RETURN_USE_RENEW;
	default:
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	}
}

bool ksrtp_resume_serve(SSL_CTX *ctx)
{
	struct ksrtp_resume *resume = create(ctx);

	/* No session is kept here; one ticket is enough, for a client resumes one connection. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(ctx, KSRTP_RESUME_SECONDS);
	return resume && !rotate(resume) && SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
	       SSL_CTX_set_session_ticket_cb(ctx, NULL, on_opened, NULL) == 1 &&
	       SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) == 1;
}

/* ---- the client's sessions */

static struct session *find_session(struct ksrtp_resume *resume, const char *peer)
{
	unsigned int i;

	for (i = 0; i < SESSIONS; i++)
		if (resume->kept[i].peer && !strcmp(resume->kept[i].peer, peer))
			return &resume->kept[i];
	return NULL;
}

/*
 * A copy is kept: OpenSSL declares a session bad when its connection ends without close_notify,
 * which TLS 1.2 and later do not ask for (RFC 5246 section 7.2.1).
 */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
	struct ksrtp_resume *resume = resume_of(ssl);
	const char *peer = SSL_get_ex_data(ssl, ssl_index);
	struct session *s;

	if (!peer)
		return 0;
	s = find_session(resume, peer);
	if (!s)
		s = &resume->kept[resume->next++ % SESSIONS];
	forget(s);
	s->peer = strdup(peer);
	s->session = s->peer ? SSL_SESSION_dup(session) : NULL;
	if (!s->session)
		forget(s);
	return 0;
}

bool ksrtp_resume_remember(SSL_CTX *ctx)
{
	struct ksrtp_resume *resume = create(ctx);

	if (!resume)
		return false;
	resume->kept = calloc(SESSIONS, sizeof(*resume->kept));
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, on_session);
	return resume->kept;
}

/* However long the server would like it to live: what was verified must be verified again. */
static bool fresh(const SSL_SESSION *session)
{
	long age = (long)time(NULL) - SSL_SESSION_get_time(session);

	return age >= 0 && age <= KSRTP_RESUME_SECONDS && SSL_SESSION_is_resumable(session);
}

bool ksrtp_resume_try(SSL *ssl, const char *peer)
{
	struct session *s = find_session(resume_of(ssl), peer);
	char *name = strdup(peer);

	if (!name || SSL_set_ex_data(ssl, ssl_index, name) != 1) {
		free(name);
		return false;
	}
	if (!s)
		return true;
	/* One that OpenSSL will not take only means a full handshake. */
	if (fresh(s->session))
		SSL_set_session(ssl, s->session);
	ERR_clear_error();
	forget(s);
	return true;
}
