// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Locating SIP servers, RFC 3263 section 4: NAPTR, SRV, addresses; then TLSA, where all that led
 * to a server was proved by DNSSEC (RFC 7673). Each stage is a bundle of parallel questions.
 *
 * Part of dns; answers come from libunbound's resolver thread by way of the loop.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ksrtp/port.h>

#include "daemon/net/dns_part.h"

#define TYPE_A		1
#define TYPE_AAAA	28
#define TYPE_SRV	33
#define TYPE_NAPTR	35
#define TYPE_TLSA	52

static bool allowed(const struct ksrtp_dns_req *req, enum ksrtp_transport t)
{
	const struct ksrtp_dns_query *q = &req->query;

	if (t == KSRTP_TRANSPORT_TLS)
		return ksrtp_dns_tls_allowed(q);
	/* A clear server that may not be used in clear still lends its host to port 5061. */
	return !q->secure && (q->transport == KSRTP_TRANSPORT_NONE || q->transport == t);
}

/* ---- asking */

static void on_answer(void *arg, int err, struct ub_result *answer);

static void ask(struct ksrtp_dns_req *req, const char *name, struct ksrtp_dns_question q)
{
	struct ksrtp_resolver_ask ask = { .name = name, .type = q.type, .fn = on_answer };
	size_t i;

	for (i = 0; i < QUESTIONS; i++)
		if (!req->question[i].req)
			break;
	if (i == QUESTIONS)
		return;
	q.req = req;
	q.secure = req->secure;
	req->question[i] = q;
	ask.arg = &req->question[i];
	if (ksrtp_resolver_ask(req->dns->resolver, &ask, &req->question[i].id)) {
		req->question[i].req = NULL;
		req->doubtful = true;
		return;
	}
	req->open++;
}

static struct ksrtp_dns_entry *new_entry(struct ksrtp_dns_req *req,
					 enum ksrtp_transport transport, const char *host,
					 uint16_t port)
{
	struct ksrtp_dns_entry *e;

	if (req->n_entry == ENTRIES || strlen(host) >= sizeof(e->host))
		return NULL;
	e = &req->entry[req->n_entry];
	memset(e, 0, sizeof(*e));
	memcpy(e->host, host, strlen(host) + 1);
	e->transport = transport;
	e->port = port;
	e->secure = req->secure;
	e->rank = (unsigned)req->n_entry++;
	return e;
}

/* Servers when no SRV record says otherwise: the host itself at the port said, or the default. */
static void entries_from_uri(struct ksrtp_dns_req *req)
{
	const struct ksrtp_dns_query *q = &req->query;

	if (q->secure || q->transport == KSRTP_TRANSPORT_TLS) {
		new_entry(req, KSRTP_TRANSPORT_TLS, req->host, q->port ? q->port : 5061);
		return;
	}
	/* UDP is what a URI that says nothing means (RFC 3263 section 4.1); TCP for large ones. */
	if (q->transport != KSRTP_TRANSPORT_TCP)
		new_entry(req, KSRTP_TRANSPORT_UDP, req->host, q->port ? q->port : 5060);
	if (q->transport != KSRTP_TRANSPORT_UDP)
		new_entry(req, KSRTP_TRANSPORT_TCP, req->host, q->port ? q->port : 5060);
}

/* The port where a server would speak TLS; 0: it is not asked to. */
static uint16_t tls_port(const struct ksrtp_dns_req *req, const struct ksrtp_dns_entry *e)
{
	if (e->transport == KSRTP_TRANSPORT_TLS)
		return e->port;
	return e->port == 5060 && ksrtp_dns_tls_allowed(&req->query) ? 5061 : 0;
}

static bool same_tlsa(const struct ksrtp_dns_req *req, const struct ksrtp_dns_entry *a,
		      const struct ksrtp_dns_entry *b)
{
	return tls_port(req, a) == tls_port(req, b) && !strcasecmp(a->host, b->host);
}

static void ask_tlsa_of(struct ksrtp_dns_req *req, size_t at)
{
	struct ksrtp_dns_entry *e = &req->entry[at];
	char name[KSRTP_NAME_MAX + 16];
	size_t i;

	if (!e->secure || !e->n_addr)
		return;
	if (!tls_port(req, e)) {
		e->tlsa_known = true;
		return;
	}
	for (i = 0; i < at; i++)
		if (req->entry[i].secure && same_tlsa(req, &req->entry[i], e))
			return;		/* the answer serves both */
	snprintf(name, sizeof(name), "_%u._tcp.%s", tls_port(req, e), e->host);
	ask(req, name, (struct ksrtp_dns_question){ .type = TYPE_TLSA, .entry = at });
}

static void ask_tlsa(struct ksrtp_dns_req *req)
{
	size_t i;

	req->next = ksrtp_dns_finish;
	for (i = 0; i < req->n_entry; i++)
		ask_tlsa_of(req, i);
	if (!req->open)
		ksrtp_dns_finish(req);
}

static void ask_addresses(struct ksrtp_dns_req *req)
{
	size_t i, j;

	req->next = ask_tlsa;
	for (i = 0; i < req->n_entry; i++) {
		for (j = 0; j < i; j++)
			if (!strcasecmp(req->entry[i].host, req->entry[j].host))
				break;
		if (j < i)
			continue;	/* the answer serves all entries of that host */
		ask(req, req->entry[i].host,
		    (struct ksrtp_dns_question){ .type = TYPE_A, .entry = i });
		ask(req, req->entry[i].host,
		    (struct ksrtp_dns_question){ .type = TYPE_AAAA, .entry = i });
	}
	if (!req->open)
		ask_tlsa(req);
}

static void after_srv(struct ksrtp_dns_req *req)
{
	if (!req->n_entry)
		entries_from_uri(req);
	ask_addresses(req);
}

static void ask_one_srv(struct ksrtp_dns_req *req, enum ksrtp_transport t)
{
	static const char *const prefix[] = {
		[KSRTP_TRANSPORT_UDP] = "_sip._udp.",
		[KSRTP_TRANSPORT_TCP] = "_sip._tcp.",
		[KSRTP_TRANSPORT_TLS] = "_sips._tcp.",
	};
	char name[KSRTP_NAME_MAX + 16];

	if (!allowed(req, t))
		return;
	snprintf(name, sizeof(name), "%s%s", prefix[t], req->host);
	ask(req, name, (struct ksrtp_dns_question){ .type = TYPE_SRV, .transport = t, .rank = t });
}

static int by_order(const void *x, const void *y)
{
	const struct ksrtp_naptr *a = x, *b = y;

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return a->preference < b->preference ? -1 : a->preference > b->preference;
}

static void ask_srv(struct ksrtp_dns_req *req)
{
	size_t i;

	req->next = after_srv;
	qsort(req->naptr, req->n_naptr, sizeof(*req->naptr), by_order);
	for (i = 0; i < req->n_naptr; i++)
		if (allowed(req, req->naptr[i].transport))
			ask(req, req->naptr[i].replacement,
			    (struct ksrtp_dns_question){ .type = TYPE_SRV, .rank = (unsigned)i,
					       .transport = req->naptr[i].transport });
	if (!req->open) {
		ask_one_srv(req, KSRTP_TRANSPORT_TLS);
		ask_one_srv(req, KSRTP_TRANSPORT_UDP);
		ask_one_srv(req, KSRTP_TRANSPORT_TCP);
	}
	if (!req->open)
		after_srv(req);
}

/* ---- answers */

static void take_naptr(struct ksrtp_dns_req *req, const struct ub_result *answer)
{
	size_t i;

	for (i = 0; answer->data[i] && req->n_naptr < ENTRIES; i++)
		if (!ksrtp_rr_naptr(&req->naptr[req->n_naptr], answer->data[i],
				    (size_t)answer->len[i]))
			req->n_naptr++;
}

static void take_srv(struct ksrtp_dns_req *req, const struct ksrtp_dns_question *q,
		     const struct ub_result *answer)
{
	struct ksrtp_srv srv[ENTRIES];
	size_t i, n = 0;

	for (i = 0; answer->data[i] && n < ENTRIES; i++)
		if (!ksrtp_rr_srv(&srv[n], answer->data[i], (size_t)answer->len[i]) &&
		    *srv[n].host && srv[n].port)
			n++;
	ksrtp_rr_order(srv, n, NULL);
	for (i = 0; i < n; i++) {
		struct ksrtp_dns_entry *e = new_entry(req, q->transport, srv[i].host, srv[i].port);

		/* Answers come in any order; the rank restores the one that was meant. */
		if (e) {
			e->secure = q->secure && answer->secure;
			e->rank = q->rank * ENTRIES + (unsigned)i;
		}
	}
}

static void take_address(struct ksrtp_dns_req *req, const struct ksrtp_dns_question *q,
			 const struct ub_result *answer)
{
	const char *host = req->entry[q->entry].host;
	struct ksrtp_addr a;
	size_t i, j;

	for (i = 0; answer->data[i]; i++) {
		if (ksrtp_addr_make(&a, answer->data[i], (size_t)answer->len[i], 0))
			continue;
		for (j = 0; j < req->n_entry; j++) {
			struct ksrtp_dns_entry *e = &req->entry[j];

			if (e->n_addr == ADDRS || strcasecmp(e->host, host))
				continue;
			e->addr[e->n_addr++] = a;
			e->secure &= answer->secure != 0;
		}
	}
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ksrtp_tlsa));
}

/* As a value to compare: resolvers turn the records of an answer round and round. */
static void put_in_order(struct ksrtp_tlsa_set *set)
{
	memset(&set->tlsa[set->n], 0, sizeof(set->tlsa) - set->n * sizeof(*set->tlsa));
	qsort(set->tlsa, set->n, sizeof(*set->tlsa), by_bytes);
}

static void take_tlsa(struct ksrtp_dns_req *req, const struct ksrtp_dns_question *q,
		      const struct ub_result *answer)
{
	const struct ksrtp_dns_entry *asked = &req->entry[q->entry];
	struct ksrtp_tlsa_set set = { .n = 0 };
	size_t i;

	/* What was not proved counts for nothing, as if it were not there. */
	for (i = 0; answer->secure && answer->havedata && answer->data[i] &&
	     set.n < KSRTP_TLSA_MAX; i++)
		if (!ksrtp_rr_tlsa(&set.tlsa[set.n], answer->data[i], (size_t)answer->len[i]))
			set.n++;
	put_in_order(&set);
	for (i = 0; i < req->n_entry; i++) {
		if (!same_tlsa(req, &req->entry[i], asked))
			continue;
		req->entry[i].tlsa = set;
		req->entry[i].tlsa_known = true;
	}
}

static void take(struct ksrtp_dns_req *req, const struct ksrtp_dns_question *q,
		 const struct ub_result *answer)
{
	switch (q->type) {
	case TYPE_NAPTR:
		req->secure &= answer->secure != 0;
		take_naptr(req, answer);
		break;
	case TYPE_SRV:
		req->secure &= answer->secure != 0;
		take_srv(req, q, answer);
		break;
	case TYPE_TLSA:
		take_tlsa(req, q, answer);
		break;
	default:
		take_address(req, q, answer);
		break;
	}
}

/* NXDOMAIN is an answer; SERVFAIL, REFUSED and silence are not. */
static bool answered(int err, const struct ub_result *answer)
{
	return !err && (answer->havedata || !answer->rcode || answer->nxdomain);
}

/*
 * Without an answer a request goes on with what is asked next. But where names are to be proved,
 * one about NAPTR or SRV that is kept from us may have named other servers, with TLSA records:
 * nobody gets us past them by silence. Who has no answer about TLSA is barred by itself.
 */
static void miss(struct ksrtp_dns_req *req, const struct ksrtp_dns_question *q, bool bogus)
{
	bool named = q->type == TYPE_NAPTR || q->type == TYPE_SRV;

	req->doubtful = true;
	req->bogus |= bogus || (named && req->dns->dane);
}

static void on_answer(void *arg, int err, struct ub_result *answer)
{
	struct ksrtp_dns_question q = *(struct ksrtp_dns_question *)arg;
	struct ksrtp_dns_req *req = q.req;

	((struct ksrtp_dns_question *)arg)->req = NULL;
	req->open--;
	if (answered(err, answer) && !answer->bogus)
		take(req, &q, answer);
	else
		miss(req, &q, !err && answer->bogus);
	ub_resolve_free(answer);
	if (!req->open)
		req->next(req);
}

/* ---- beginning */

bool ksrtp_dns_literal(struct ksrtp_dns_req *req)
{
	struct ksrtp_addr a;
	size_t i;

	if (ksrtp_addr_parse(&a, req->host, strlen(req->host)) || ksrtp_addr_port(&a))
		return false;
	ksrtp_addr_ip(&a, req->host, sizeof(req->host));
	entries_from_uri(req);
	for (i = 0; i < req->n_entry; i++) {
		req->entry[i].addr[0] = a;
		req->entry[i].n_addr = 1;
	}
	return true;
}

/*
 * Nothing here calls back from inside: libunbound answers through its descriptor only.
 */
void ksrtp_dns_locate(struct ksrtp_dns_req *req)
{
	req->secure = req->dns->dane;
	if (!req->query.port) {
		req->next = ask_srv;
		ask(req, req->host, (struct ksrtp_dns_question){ .type = TYPE_NAPTR });
		return;
	}
	entries_from_uri(req);
	req->next = ask_tlsa;
	ask(req, req->host, (struct ksrtp_dns_question){ .type = TYPE_A });
	ask(req, req->host, (struct ksrtp_dns_question){ .type = TYPE_AAAA });
}
