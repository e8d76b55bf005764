/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS contexts (RFC 9325), our certificate, and who the peer is (RFC 5922).
 */
#ifndef KSRTP_NET_TLS_H
#define KSRTP_NET_TLS_H

#include <openssl/ssl.h>

#include "daemon/net/loop.h"
#include "daemon/net/net.h"
#include "daemon/net/pair.h"

struct ksrtp_tls;

#define KSRTP_TLS_GROUPS	17	/* of certificates: those for all, and those of 16 sides */

/** struct ksrtp_tls_group - what is shown to some, in place of what is for all */
struct ksrtp_tls_group {
	const struct ksrtp_pair_file *pair;
	size_t n_pair;			/* 1 or more */
};

struct ksrtp_tls_setup {
	struct ksrtp_loop *loop;
	const struct ksrtp_pair_file *pair;	/* ours; copied */
	size_t n_pair;			/* 0: a self-signed one below state_dir */
	const struct ksrtp_tls_group *group;	/* numbered from 1; copied */
	size_t n_group;
	const char *state_dir;		/* for the self-signed one and the keys known from before */
	const char *name;		/* domain for the self-signed certificate; may be NULL */
	const char *ca_file;		/* trust anchors; NULL: the system's */
	bool ask_clients;		/* ask inbound peers for a certificate */
};

/**
 * ksrtp_tls_create - load or make the certificate and watch its directory
 *
 * Return: 0 or a negative errno; the reason is in the log.
 */
int ksrtp_tls_create(struct ksrtp_tls **tls, const struct ksrtp_tls_setup *setup);
void ksrtp_tls_destroy(struct ksrtp_tls *tls);

/**
 * ksrtp_tls_reload - read the certificate again
 *
 * Done by itself when the files change. Connections that stand keep what they have; when key
 * and certificate do not (yet) match, the old pair stays.
 *
 * Return: 0 or a negative errno.
 */
int ksrtp_tls_reload(struct ksrtp_tls *tls);

/** ksrtp_tls_expiry - when the first of our certificates expires */
time_t ksrtp_tls_expiry(const struct ksrtp_tls *tls);

/**
 * SHA-256 of the certificate that is shown by default, as "AB:CD:…" (96 bytes are enough).
 *
 * Return: @out.
 */
const char *ksrtp_tls_fingerprint(const struct ksrtp_tls *tls, char *out, size_t n);

/** Was the certificate made by us? */
bool ksrtp_tls_self_signed(const struct ksrtp_tls *tls);

/**
 * ksrtp_tls_connect - an SSL object for an outbound connection over @fd, which stays the caller's
 *
 * A session is resumed if the peer gave one lately, unless DNSSEC is to speak for it anew.
 *
 * Return: NULL without memory. Free with SSL_free().
 */
SSL *ksrtp_tls_connect(struct ksrtp_tls *tls, int fd, const struct ksrtp_target *target);

/**
 * ksrtp_tls_accept - the same for an inbound one
 * @group: of certificates; 0 for those that are for all
 */
SSL *ksrtp_tls_accept(struct ksrtp_tls *tls, int fd, size_t group);

/**
 * ksrtp_tls_judge - grade the peer after the handshake
 * @target: as for ksrtp_tls_connect(); NULL for an inbound connection
 *
 * An unauthenticated key is remembered under the domain asked for, else under the address.
 */
void ksrtp_tls_judge(struct ksrtp_tls *tls, SSL *ssl, const struct ksrtp_target *target,
		     struct ksrtp_net_peer *peer);

/**
 * ksrtp_tls_identity - does @cert speak for the SIP domain @domain? RFC 5922 section 7.1, 7.2
 *
 * URI identities "sip:domain" and DNS names of the subject alternative name, the CN only when
 * there is no such extension; compared without regard to case, no wildcards.
 */
bool ksrtp_tls_identity(X509 *cert, const char *domain);

/** The first domain that @cert speaks for; "" where there is none, or it does not fit in @room. */
void ksrtp_tls_first_domain(X509 *cert, char *out, size_t room);

/** Did the peer show a certificate with a valid chain that speaks for @domain? */
bool ksrtp_tls_speaks_for(SSL *ssl, const char *domain);

#endif
