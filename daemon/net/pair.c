// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Our certificates with their keys. A domain may have one for each kind of key: OpenSSL keeps them
 * side by side and takes the one whose signature the client understands.
 *
 * Called by tls.c at load, and from its callbacks during handshakes; immutable once loaded.
 */
#include "daemon/net/pair.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "daemon/net/tls.h"

#define CHAIN_MAX	10	/* certificates behind ours in one file */

struct pair {
	X509 *cert;
	EVP_PKEY *key;
	STACK_OF(X509) *chain;
};

struct ksrtp_pairs {
	size_t n;
	struct pair pair[];
};

/* ---- reading */

/* A key with a pass phrase must fail here and not ask on the terminal. */
static int no_password(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

/* What follows our certificate, up to the end of the file or to something else. */
static bool read_chain(BIO *bio, struct pair *p)
{
	X509 *cert;

	p->chain = sk_X509_new_null();
	if (!p->chain)
		return false;
	while (sk_X509_num(p->chain) < CHAIN_MAX &&
	       (cert = PEM_read_bio_X509(bio, NULL, no_password, NULL))) {
		if (!sk_X509_push(p->chain, cert)) {
			X509_free(cert);
			return false;
		}
	}
	ERR_clear_error();
	return true;
}

static bool read_certificate(const char *path, struct pair *p)
{
	BIO *bio = BIO_new_file(path, "r");
	bool ok;

	if (!bio)
		return false;
	p->cert = PEM_read_bio_X509_AUX(bio, NULL, no_password, NULL);
	ok = p->cert && read_chain(bio, p);
	BIO_free(bio);
	return ok;
}

static bool read_key(const char *path, struct pair *p)
{
	BIO *bio = BIO_new_file(path, "r");

	if (!bio)
		return false;
	p->key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	return p->key;
}

int ksrtp_pairs_load(struct ksrtp_pairs **out, const struct ksrtp_pair_file *file, size_t n,
		     size_t *failed)
{
	struct ksrtp_pairs *pairs;
	size_t i;

	*failed = 0;
	if (!n || n > KSRTP_PAIRS_MAX)
		return -EINVAL;
	pairs = calloc(1, sizeof(*pairs) + n * sizeof(*pairs->pair));
	if (!pairs)
		return -ENOMEM;
	pairs->n = n;
	for (i = 0; i < n; i++) {
		struct pair *p = &pairs->pair[i];

		if (!read_certificate(file[i].certificate, p) ||
		    !read_key(file[i].key ? file[i].key : file[i].certificate, p) ||
		    X509_check_private_key(p->cert, p->key) != 1) {
			*failed = i;
			ksrtp_pairs_free(pairs);
			return -EINVAL;
		}
	}
	*out = pairs;
	return 0;
}

void ksrtp_pairs_free(struct ksrtp_pairs *pairs)
{
	size_t i;

	for (i = 0; pairs && i < pairs->n; i++) {
		X509_free(pairs->pair[i].cert);
		EVP_PKEY_free(pairs->pair[i].key);
		sk_X509_pop_free(pairs->pair[i].chain, X509_free);
	}
	free(pairs);
}

/* ---- asking */

X509 *ksrtp_pairs_default(const struct ksrtp_pairs *pairs)
{
	return pairs->pair[0].cert;
}

time_t ksrtp_pairs_expiry(const struct ksrtp_pairs *pairs)
{
	const ASN1_TIME *first = NULL;
	struct tm tm;
	size_t i;

	for (i = 0; i < pairs->n; i++) {
		const ASN1_TIME *t = X509_get0_notAfter(pairs->pair[i].cert);

		if (!first || ASN1_TIME_compare(t, first) < 0)
			first = t;
	}
	return ASN1_TIME_to_tm(first, &tm) == 1 ? timegm(&tm) : 0;
}

bool ksrtp_pairs_speak(const struct ksrtp_pairs *pairs, const char *domain)
{
	size_t i;

	for (i = 0; i < pairs->n; i++)
		if (ksrtp_tls_identity(pairs->pair[i].cert, domain))
			return true;
	return false;
}

/* ---- choosing */

/* Is pair @i the first of its kind of key among those that speak for @domain? */
static bool first_of_kind(const struct ksrtp_pairs *pairs, size_t i, const char *domain)
{
	int kind = EVP_PKEY_get_base_id(pairs->pair[i].key);
	size_t k;

	if (!ksrtp_tls_identity(pairs->pair[i].cert, domain))
		return false;
	for (k = 0; k < i; k++)
		if (EVP_PKEY_get_base_id(pairs->pair[k].key) == kind &&
		    ksrtp_tls_identity(pairs->pair[k].cert, domain))
			return false;
	return true;
}

bool ksrtp_pairs_use(const struct ksrtp_pairs *pairs, SSL_CTX *ctx)
{
	const struct pair *p = &pairs->pair[0];
	int kind = EVP_PKEY_get_base_id(p->key);
	char domain[KSRTP_NAME_MAX];
	size_t i;

	ksrtp_tls_first_domain(p->cert, domain, sizeof(domain));
	for (i = 1; *domain && i < pairs->n; i++) {
		const struct pair *other = &pairs->pair[i];

		if (EVP_PKEY_get_base_id(other->key) != kind && first_of_kind(pairs, i, domain) &&
		    SSL_CTX_use_cert_and_key(ctx, other->cert, other->key, other->chain, 1) != 1)
			return false;
	}
	/* Last, so that it is also the one that "the certificate in use" means. */
	return SSL_CTX_use_cert_and_key(ctx, p->cert, p->key, p->chain, 1) == 1;
}

bool ksrtp_pairs_choose(const struct ksrtp_pairs *pairs, SSL *ssl, const char *domain)
{
	bool cleared = false;
	size_t i;

	if (ksrtp_tls_identity(pairs->pair[0].cert, domain))
		return true;
	for (i = 0; i < pairs->n; i++) {
		const struct pair *p = &pairs->pair[i];

		if (!first_of_kind(pairs, i, domain))
			continue;
		if (!cleared)
			SSL_certs_clear(ssl);
		cleared = true;
		if (SSL_use_cert_and_key(ssl, p->cert, p->key, p->chain, 1) != 1)
			return false;
	}
	return true;
}
