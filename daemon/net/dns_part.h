/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of dns: a request on its way through NAPTR, SRV, addresses and TLSA.
 */
#ifndef KSRTP_NET_DNS_PART_H
#define KSRTP_NET_DNS_PART_H

#include "daemon/base/list.h"
#include "daemon/net/dns.h"
#include "daemon/net/resolver.h"
#include "daemon/net/rr.h"

#define ENTRIES		12	/* servers looked at in one request */
#define ADDRS		6	/* addresses of one server */
#define QUESTIONS	(2 * ENTRIES)
#define FAILED		256	/* speculative targets remembered as dead */

/* A server: a host and port to be spoken to over one transport. */
struct ksrtp_dns_entry {
	enum ksrtp_transport transport;
	unsigned rank;			/* by NAPTR, then as the SRV records were ordered */
	uint16_t port;
	char host[KSRTP_NAME_MAX];
	struct ksrtp_addr addr[ADDRS];
	size_t n_addr;
	bool secure;			/* every answer that led here was proved by DNSSEC */
	bool tlsa_known;		/* asked and answered */
	struct ksrtp_tlsa_set tlsa;	/* of its TLS port; n 0: none */
};

struct ksrtp_dns_question {
	struct ksrtp_dns_req *req;	/* NULL: this slot is free */
	int id;				/* the resolver's */
	int type;
	size_t entry;			/* for addresses: whose */
	enum ksrtp_transport transport;	/* for SRV */
	unsigned rank;
	bool secure;			/* were the answers that led to it proved? */
};

struct ksrtp_dns_req {
	struct ksrtp_list node;		/* dns->pending, or dns->due */
	struct ksrtp_dns *dns;
	struct ksrtp_dns_query query;
	char host[KSRTP_NAME_MAX];
	ksrtp_dns_fn cb;
	void *ctx;
	uint64_t since;
	bool doubtful;			/* an answer is missing that could have told more */
	bool bogus;			/* an answer is forged or kept from us: none will do */
	bool secure;			/* the answers up to now were proved by DNSSEC */
	struct ksrtp_dns_question question[QUESTIONS];
	unsigned open;			/* questions without an answer */
	void (*next)(struct ksrtp_dns_req *req);	/* when open falls to 0 */
	struct ksrtp_dns_entry entry[ENTRIES];
	size_t n_entry;
	struct ksrtp_naptr naptr[ENTRIES];
	size_t n_naptr;
};

struct ksrtp_dns_dead {
	struct ksrtp_addr addr;
	uint64_t until;
};

struct ksrtp_dns {
	struct ksrtp_loop *loop;
	struct ksrtp_resolver *resolver;
	bool dane;			/* there is an anchor: answers may be proved */
	uv_timer_t *sweep;		/* runs while requests are pending */
	uv_idle_t *later;		/* runs while some are due */
	struct ksrtp_list pending, due;
	unsigned n_requests;
	bool (*own)(void *ctx, const struct ksrtp_target *t);
	void *own_ctx;
	void (*changed)(void *ctx);
	void *changed_ctx;
	struct ksrtp_dns_dead failed[FAILED];
	unsigned next_failed;
};

/* The targets of a request that has ended, in the order to try them. */
struct ksrtp_dns_found {
	struct ksrtp_target target[KSRTP_DNS_TARGETS];
	size_t n;
	bool forbidden;			/* by policy or TLSA records: clear ones were left out */
	bool barred;			/* as were some whose TLSA records could not be had */
};

static inline bool ksrtp_dns_tls_allowed(const struct ksrtp_dns_query *q)
{
	return !q->clear_only || q->secure;
}

static inline bool ksrtp_dns_clear_allowed(const struct ksrtp_dns_query *q)
{
	return !q->secure && (q->clear || q->clear_only);
}

/* dns.c: all questions of @req are answered, or given up: its callback is called, it is gone */
void ksrtp_dns_finish(struct ksrtp_dns_req *req);

/* locate.c: begin to ask; without a question (req->open is 0) nothing will come of it */
void ksrtp_dns_locate(struct ksrtp_dns_req *req);

/* locate.c: "1.2.3.4", "::1", "[::1]" need no question. Return: was it one? */
bool ksrtp_dns_literal(struct ksrtp_dns_req *req);

/* found.c */
void ksrtp_dns_collect(struct ksrtp_dns_req *req, struct ksrtp_dns_found *found);

#endif
