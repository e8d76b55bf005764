// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What DNS gave becomes targets in the order to try them: TLS first, then port 5061 of servers
 * that announced none, then clear ones. Servers with TLSA records get nothing but TLS (RFC 7673).
 *
 * Part of dns; loop thread only.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/net/dns_part.h"

#define FAILED_MS	(10 * 60 * 1000)

static bool failed_of_late(const struct ksrtp_dns *dns, const struct ksrtp_addr *addr)
{
	size_t i;

	for (i = 0; i < FAILED; i++)
		if (ksrtp_addr_equal(&dns->failed[i].addr, addr) &&
		    ksrtp_loop_now(dns->loop) < dns->failed[i].until)
			return true;
	return false;
}

static void add_target(const struct ksrtp_dns *dns, struct ksrtp_dns_found *found,
		       const struct ksrtp_target *t)
{
	size_t i;

	if (found->n == KSRTP_DNS_TARGETS || (dns->own && dns->own(dns->own_ctx, t)))
		return;
	for (i = 0; i < found->n; i++)
		if (found->target[i].transport == t->transport &&
		    ksrtp_addr_equal(&found->target[i].addr, &t->addr))
			return;
	found->target[found->n++] = *t;
}

/* What is proved to lead there, but may have TLSA records that somebody keeps from us. */
static bool barred(const struct ksrtp_dns_entry *e)
{
	return e->secure && !e->tlsa_known;
}

static struct ksrtp_target tls_target(const struct ksrtp_dns_req *req,
				      const struct ksrtp_dns_entry *e)
{
	struct ksrtp_target t = { .transport = KSRTP_TRANSPORT_TLS, .tlsa = e->tlsa };

	memcpy(t.name, req->host, sizeof(t.name));
	if (e->tlsa.n)
		memcpy(t.host, e->host, sizeof(t.host));
	return t;
}

static void add_tls(const struct ksrtp_dns_req *req, struct ksrtp_dns_found *found,
		    const struct ksrtp_dns_entry *e)
{
	struct ksrtp_target t = tls_target(req, e);
	size_t i;

	for (i = 0; i < e->n_addr; i++) {
		t.addr = e->addr[i];
		ksrtp_addr_set_port(&t.addr, e->port);
		add_target(req->dns, found, &t);
	}
}

/* TLS at port 5061 of a server that announced nothing but clear transports. */
static void add_speculative(const struct ksrtp_dns_req *req, struct ksrtp_dns_found *found,
			    const struct ksrtp_dns_entry *e)
{
	struct ksrtp_target t = tls_target(req, e);
	size_t i;

	if (e->port != 5060 || !ksrtp_dns_tls_allowed(&req->query))
		return;
	/* Where there is nothing to fall back to it is neither short nor skipped. */
	t.speculative = ksrtp_dns_clear_allowed(&req->query) && !e->tlsa.n;
	for (i = 0; i < e->n_addr; i++) {
		t.addr = e->addr[i];
		ksrtp_addr_set_port(&t.addr, 5061);
		if (!t.speculative || !failed_of_late(req->dns, &t.addr))
			add_target(req->dns, found, &t);
	}
}

static void add_clear(const struct ksrtp_dns_req *req, struct ksrtp_dns_found *found,
		      const struct ksrtp_dns_entry *e)
{
	struct ksrtp_target t = { .transport = e->transport };
	size_t i;

	if (!ksrtp_dns_clear_allowed(&req->query) || e->tlsa.n) {
		found->forbidden |= e->n_addr > 0;
		return;
	}
	memcpy(t.name, req->host, sizeof(t.name));
	for (i = 0; i < e->n_addr; i++) {
		t.addr = e->addr[i];
		ksrtp_addr_set_port(&t.addr, e->port);
		add_target(req->dns, found, &t);
	}
}

static int by_rank(const void *x, const void *y)
{
	const struct ksrtp_dns_entry *a = x, *b = y;

	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

enum { TLS, SPECULATIVE, CLEAR, ROUNDS };

static void add_round(const struct ksrtp_dns_req *req, struct ksrtp_dns_found *found, int round)
{
	static void (*const add[])(const struct ksrtp_dns_req *req, struct ksrtp_dns_found *found,
				   const struct ksrtp_dns_entry *e) = {
		[TLS] = add_tls,
		[SPECULATIVE] = add_speculative,
		[CLEAR] = add_clear,
	};
	size_t i;

	for (i = 0; i < req->n_entry; i++) {
		const struct ksrtp_dns_entry *e = &req->entry[i];

		if ((round == TLS) != (e->transport == KSRTP_TRANSPORT_TLS))
			continue;
		if (barred(e))
			found->barred |= e->n_addr > 0;
		else
			add[round](req, found, e);
	}
}

void ksrtp_dns_collect(struct ksrtp_dns_req *req, struct ksrtp_dns_found *found)
{
	unsigned char ip[16];
	int round;

	memset(found, 0, sizeof(*found));
	qsort(req->entry, req->n_entry, sizeof(*req->entry), by_rank);
	/* A literal address is no domain that a certificate could be asked to speak for. */
	if (inet_pton(AF_INET, req->host, ip) == 1 || inet_pton(AF_INET6, req->host, ip) == 1)
		memset(req->host, 0, sizeof(req->host));
	for (round = TLS; !req->bogus && round < ROUNDS; round++)
		add_round(req, found, round);
}

void ksrtp_dns_failed(struct ksrtp_dns *dns, const struct ksrtp_target *target)
{
	struct ksrtp_dns_dead *f;

	if (!target->speculative || failed_of_late(dns, &target->addr))
		return;
	f = &dns->failed[dns->next_failed++ % FAILED];
	f->addr = target->addr;
	f->until = ksrtp_loop_now(dns->loop) + FAILED_MS;
}
