/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of daemon/net: TLS resumption (RFC 5077, RFC 8446 section 2.2), both ends of it.
 */
#ifndef KSRTP_NET_RESUME_H
#define KSRTP_NET_RESUME_H

#include <openssl/ssl.h>
#include <stdbool.h>

/* How long a session may be resumed; a ticket's key lives for twice that at most. */
#define KSRTP_RESUME_SECONDS	3600

/**
 * ksrtp_resume_serve - have a server's @ctx give tickets, under keys that change every hour
 *
 * Nothing is kept for a client. Who steals a ticket key can read no session of TLS 1.3, and of
 * TLS 1.2 those of two hours. The keys are wiped with @ctx.
 * Return: false without memory or randomness.
 */
bool ksrtp_resume_serve(SSL_CTX *ctx);

/** ksrtp_resume_rotate - a new ticket key now; the two before it still open tickets */
int ksrtp_resume_rotate(SSL_CTX *ctx);

/**
 * ksrtp_resume_remember - have a client's @ctx keep its peers' sessions, at most 256
 *
 * Return: false without memory.
 */
bool ksrtp_resume_remember(SSL_CTX *ctx);

/**
 * ksrtp_resume_try - before the handshake of a client's connection
 * @peer: "name host:port": what a session is kept under, so that one is only ever offered to the
 *	address it came from, for the name it was verified for
 *
 * A session is offered once (RFC 8446 appendix C.4). Return: false without memory.
 */
bool ksrtp_resume_try(SSL *ssl, const char *peer);

#endif
