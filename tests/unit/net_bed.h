/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A loop with transports on loopback, and the other end of them: for the tests of daemon/net.
 */
#ifndef TESTS_UNIT_NET_BED_H
#define TESTS_UNIT_NET_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ssl.h>

#include "daemon/net/dns.h"
#include "daemon/net/host.h"
#include "daemon/net/loop.h"
#include "daemon/net/net.h"
#include "daemon/net/tls.h"

struct bed {
	struct ksrtp_loop loop;
	struct ksrtp_host *host;
	struct ksrtp_tls *tls;
	struct ksrtp_net *net;
	uv_timer_t tick;		/* so that a turn of the loop ends */
	char dir[64];			/* for state and certificates, removed at the end */

	/* what the callbacks saw */
	unsigned messages, closed, broken, connects;
	char last[256];			/* of the last message, cut */
	char all[4096];			/* all messages in a row */
	size_t all_n;
	struct ksrtp_hop hop;		/* of the last message */
	int closed_error;
	int connect_error;
	struct ksrtp_hop connected;
	bool echo;			/* send each message back */
};

/* Messages of these tests: "Mnnnn" and nnnn bytes. */
ssize_t net_frame(const char *data, size_t n, size_t *scanned);

void net_open(struct bed *bed, const struct ksrtp_net_limits *limits);
void net_open_tls(struct bed *bed, const struct ksrtp_tls_setup *setup);
void net_close(struct bed *bed);
struct ksrtp_addr net_listen(struct bed *bed, enum ksrtp_transport transport);
struct ksrtp_net_req *net_connect(struct bed *bed, const struct ksrtp_target *target);

/* Turn the loop until @cond is true; fails the test after ten seconds. */
#define net_until(bed, cond)						\
	do {								\
		uint64_t net_end = uv_hrtime() + 10000000000ull;	\
		while (!(cond)) {					\
			uv_run(&(bed)->loop.uv, UV_RUN_ONCE);		\
			if (uv_hrtime() > net_end)			\
				fail_msg("never came true: %s", #cond);	\
		}							\
	} while (0)

/* Some turns, to see that nothing happens. */
void net_turns(struct bed *bed);

/* A client's socket connected to @to; non-blocking. */
int net_dial(const struct ksrtp_addr *to);
/* What can be read now, added to @buf. Return: false at the stream's end. */
bool net_read(int fd, char *buf, size_t size, size_t *n);

/* Client side TLS over @fd, driven together with the loop. Return: NULL when it was refused. */
SSL *net_tls_dial(struct bed *bed, int fd, SSL_CTX *ctx);
bool net_tls_read(SSL *ssl, char *buf, size_t size, size_t *n);

/* ---- certificates */

struct net_ca {
	EVP_PKEY *key;
	X509 *cert;
};

void net_ca_make(struct net_ca *ca, const char *file);
void net_ca_free(struct net_ca *ca);
/* A certificate with this SAN (libcrypto's notation, or NULL) and CN. @ca NULL: self-signed */
X509 *net_cert(const struct net_ca *ca, EVP_PKEY *key, const char *san, const char *cn);
/* Key and certificate into one new PEM file. */
void net_cert_file(const struct net_ca *ca, const char *path, const char *san, const char *cn);

#endif
