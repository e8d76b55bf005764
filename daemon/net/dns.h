/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locating SIP servers (RFC 3263), with TLS preferred whatever the URI's scheme.
 */
#ifndef KSRTP_NET_DNS_H
#define KSRTP_NET_DNS_H

#include "daemon/net/loop.h"
#include "daemon/net/target.h"

struct ksrtp_dns;
struct ksrtp_dns_req;

struct ksrtp_dns_setup {
	struct ksrtp_loop *loop;
	const char *resolv_conf;	/* NULL: /etc/resolv.conf */
	const char *hosts;		/* NULL: /etc/hosts */
	const char *forward;		/* NULL, or "127.0.0.1@5353": the only server to ask */
	const char *anchor;		/* DNSSEC's trust anchors (a zone file); NULL: no DANE */
	const char *const *private_zone;	/* that are not signed, whatever the anchors say */
	size_t n_private_zone;
};

/** Return: 0, -ENOENT or -EACCES (the anchors cannot be read), -ENOMEM, -EIO. */
int ksrtp_dns_create(struct ksrtp_dns **dns, const struct ksrtp_dns_setup *setup);

/**
 * ksrtp_dns_filter - leave out the targets for which @own says true
 *
 * For our own listeners: beside a PBX on the same host, port 5061 may be ours.
 */
void ksrtp_dns_filter(struct ksrtp_dns *dns, bool (*own)(void *ctx, const struct ksrtp_target *t),
		      void *ctx);

/**
 * ksrtp_dns_watch - call @changed when what names stand for may be another: resolv.conf or hosts
 * changed. What was pending then is asked anew by itself.
 */
void ksrtp_dns_watch(struct ksrtp_dns *dns, void (*changed)(void *ctx), void *ctx);

/** Pending requests are dropped without a callback. */
void ksrtp_dns_destroy(struct ksrtp_dns *dns);

struct ksrtp_dns_query {
	const char *host;		/* name, or literal address (brackets allowed) */
	uint16_t port;			/* the URI's, 0 for none */
	enum ksrtp_transport transport;	/* the URI's ;transport=, NONE when not said */
	bool secure;			/* sips: TLS only, whatever else is said */
	bool clear;			/* policy: TCP and UDP are allowed after TLS */
	bool clear_only;		/* configuration: do not try TLS (a core that has none) */
};

#define KSRTP_DNS_TARGETS	16

/**
 * The targets in the order to try them; valid during the callback. @error with n == 0:
 * -ENOENT (the name does not exist or has no address), -EAGAIN (no answer from DNS, or one that
 * is forged), -EACCES (only clear transports were found and policy forbids them).
 */
typedef void (*ksrtp_dns_fn)(void *ctx, int error, const struct ksrtp_target *targets, size_t n);

/**
 * ksrtp_dns_targets - find where to send a request
 *
 * NAPTR, SRV, then A and AAAA (RFC 3263 section 4); TLS targets come first, and port 5061 is
 * put before a clear target at port 5060 as a speculative one, unless it failed of late. Another
 * port that was said names one server, and its neighbour need not be the same. With an anchor
 * a server whose TLSA records DNSSEC proves is used by TLS only, with those records (RFC 7673).
 * @cb is called once, never from inside this call.
 *
 * Return: the request, or NULL without memory.
 */
struct ksrtp_dns_req *ksrtp_dns_targets(struct ksrtp_dns *dns, const struct ksrtp_dns_query *query,
					ksrtp_dns_fn cb, void *ctx);

/** Forget a request whose callback has not been called yet. */
void ksrtp_dns_cancel(struct ksrtp_dns_req *req);

/**
 * ksrtp_dns_failed - a speculative target did not answer with TLS
 *
 * It is left out for the next ten minutes.
 */
void ksrtp_dns_failed(struct ksrtp_dns *dns, const struct ksrtp_target *target);

#endif
