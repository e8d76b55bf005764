// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TLS peers whose certificate DNSSEC speaks for: RFC 6698, 7671 and 7673, by OpenSSL's matching.
 *
 * Called by tls.c; loop thread only.
 */
#include "daemon/net/dane.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "daemon/net/tls.h"

#define DANE_EE	3

bool ksrtp_dane_expect(SSL *ssl, const struct ksrtp_target *target)
{
	size_t i;

	if (SSL_dane_enable(ssl, target->host) <= 0)
		return false;
	/* OpenSSL would take wildcards, and does not know the URI identities of SIP. */
	X509_VERIFY_PARAM_set1_host(SSL_get0_param(ssl), NULL, 0);
	for (i = 0; i < target->tlsa.n; i++) {
		const struct ksrtp_tlsa *t = &target->tlsa.tlsa[i];

		if (SSL_dane_tlsa_add(ssl, t->usage, t->selector, t->matching, t->data, t->n) < 0)
			return false;
	}
	ERR_clear_error();
	return true;
}

bool ksrtp_dane_holds(SSL *ssl, const struct ksrtp_target *target)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	uint8_t usage;

	/* Nor does it name one where the chain was found wrong. */
	if (SSL_get0_dane_tlsa(ssl, &usage, NULL, NULL, NULL, NULL) < 0)
		return false;
	return usage == DANE_EE || ksrtp_tls_identity(cert, target->host) ||
	       ksrtp_tls_identity(cert, target->name);
}
