/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of daemon/net: TLS peers whose certificate DNSSEC speaks for (RFC 6698, 7671, 7673).
 */
#ifndef KSRTP_NET_DANE_H
#define KSRTP_NET_DANE_H

#include <openssl/ssl.h>

#include "daemon/net/target.h"

/**
 * ksrtp_dane_expect - have the handshake of @ssl compare the certificate with @target's records
 *
 * The SNI becomes the server's name (RFC 7671 section 6). Records that OpenSSL has no use for
 * are passed over, but with none left the peer will not do: somebody meant it to be proved.
 *
 * Return: false without memory.
 */
bool ksrtp_dane_expect(SSL *ssl, const struct ksrtp_target *target);

/**
 * ksrtp_dane_holds - after the handshake: did one record match?
 *
 * With usage DANE-EE that is all; with the others the certificate must speak for the server or
 * the domain that was asked for, too (RFC 7673 section 4.1).
 */
bool ksrtp_dane_holds(SSL *ssl, const struct ksrtp_target *target);

#endif
