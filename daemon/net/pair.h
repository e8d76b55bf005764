/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of daemon/net: our certificates with their keys, and which of them a client is shown.
 */
#ifndef KSRTP_NET_PAIR_H
#define KSRTP_NET_PAIR_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define KSRTP_PAIRS_MAX	64

/** struct ksrtp_pair_file - where one lies; @key NULL: in the certificate's file */
struct ksrtp_pair_file {
	const char *certificate;	/* PEM: the certificate, then its chain */
	const char *key;		/* PEM, without a pass phrase */
};

struct ksrtp_pairs;

/**
 * ksrtp_pairs_load - read all of them, or none
 * @file: 1 to KSRTP_PAIRS_MAX; the first one is shown to clients that name no domain of ours
 * @failed: out: index in @file of the one that is wrong; OpenSSL's error queue says why
 *
 * Return: 0, -EINVAL (cannot be read, or certificate and key do not match), -ENOMEM.
 */
int ksrtp_pairs_load(struct ksrtp_pairs **pairs, const struct ksrtp_pair_file *file, size_t n,
		     size_t *failed);
void ksrtp_pairs_free(struct ksrtp_pairs *pairs);

/** ksrtp_pairs_default - the first one's certificate; lives as long as @pairs */
X509 *ksrtp_pairs_default(const struct ksrtp_pairs *pairs);

/** ksrtp_pairs_expiry - when the first of all the certificates expires */
time_t ksrtp_pairs_expiry(const struct ksrtp_pairs *pairs);

/**
 * ksrtp_pairs_use - give @ctx the default pair and, for each other kind of key (RSA beside ECDSA),
 *	the first pair that speaks for the same domain
 *
 * Return: false without memory.
 */
bool ksrtp_pairs_use(const struct ksrtp_pairs *pairs, SSL_CTX *ctx);

/**
 * ksrtp_pairs_choose - give @ssl the pairs that speak for @domain, one for each kind of key
 *
 * During a server's handshake, before the certificate is chosen (RFC 6066 section 3). When none
 * does, @ssl keeps what ksrtp_pairs_use() gave its context.
 * Return: false without memory.
 */
bool ksrtp_pairs_choose(const struct ksrtp_pairs *pairs, SSL *ssl, const char *domain);

/** ksrtp_pairs_speak - is there one for @domain? */
bool ksrtp_pairs_speak(const struct ksrtp_pairs *pairs, const char *domain);

#endif
