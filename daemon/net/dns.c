// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Locating SIP servers, RFC 3263 section 4, by libunbound's resolver thread.
 *
 * Called by the call layer; callbacks and all else run on the loop's thread. A request goes
 * through at most three stages, each a bundle of parallel questions: NAPTR, SRV, addresses.
 */
#include "daemon/net/dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ksrtp/port.h>

#include "daemon/base/list.h"
#include "daemon/net/resolver.h"
#include "daemon/net/rr.h"

#define TYPE_A		1
#define TYPE_AAAA	28
#define TYPE_SRV	33
#define TYPE_NAPTR	35

#define ENTRIES		12	/* servers looked at in one request */
#define ADDRS		6	/* addresses of one server */
#define QUESTIONS	(2 * ENTRIES)
#define LIMIT_MS	8000	/* for a whole request */
#define SWEEP_MS	250
#define FAILED		256	/* speculative targets remembered as dead */
#define FAILED_MS	(10 * 60 * 1000)
#define REQUESTS_MAX	1024

/* A server: a host and port to be spoken to over one transport. */
struct entry {
	enum ksrtp_transport transport;
	bool announced;			/* by SRV, or by the URI itself */
	unsigned rank;			/* by NAPTR, then as the SRV records were ordered */
	uint16_t port;
	char host[KSRTP_NAME_MAX];
	struct ksrtp_addr addr[ADDRS];
	size_t n_addr;
};

struct question {
	struct ksrtp_dns_req *req;	/* NULL: this slot is free */
	int id;				/* the resolver's */
	int type;
	size_t entry;			/* for addresses: whose */
	enum ksrtp_transport transport;	/* for SRV */
	unsigned rank;
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
	struct question question[QUESTIONS];
	unsigned open;			/* questions without an answer */
	void (*next)(struct ksrtp_dns_req *req);	/* when open falls to 0 */
	struct entry entry[ENTRIES];
	size_t n_entry;
	struct ksrtp_naptr naptr[ENTRIES];
	size_t n_naptr;
};

struct failed {
	struct ksrtp_addr addr;
	uint64_t until;
};

struct ksrtp_dns {
	struct ksrtp_loop *loop;
	struct ksrtp_resolver *resolver;
	uv_timer_t *sweep;		/* runs while requests are pending */
	uv_idle_t *later;		/* runs while some are due */
	struct ksrtp_list pending, due;
	unsigned n_requests;
	bool (*own)(void *ctx, const struct ksrtp_target *t);
	void *own_ctx;
	void (*changed)(void *ctx);
	void *changed_ctx;
	struct failed failed[FAILED];
	unsigned next_failed;
};

/* ---- which transports may be used */

static bool tls_allowed(const struct ksrtp_dns_query *q)
{
	return !q->clear_only || q->secure;
}

static bool clear_allowed(const struct ksrtp_dns_query *q)
{
	return !q->secure && (q->clear || q->clear_only);
}

static bool allowed(const struct ksrtp_dns_req *req, enum ksrtp_transport t)
{
	const struct ksrtp_dns_query *q = &req->query;

	if (t == KSRTP_TRANSPORT_TLS)
		return tls_allowed(q);
	/* A clear server that may not be used in clear still lends its host to port 5061. */
	return !q->secure && (q->transport == KSRTP_TRANSPORT_NONE || q->transport == t);
}

/* ---- the end of a request */

static void forget_questions(struct ksrtp_dns_req *req)
{
	size_t i;

	for (i = 0; i < QUESTIONS; i++) {
		if (!req->question[i].req)
			continue;
		ksrtp_resolver_cancel(req->dns->resolver, req->question[i].id);
		req->question[i].req = NULL;
	}
	req->open = 0;
}

static void release(struct ksrtp_dns_req *req)
{
	forget_questions(req);
	ksrtp_list_del(&req->node);
	req->dns->n_requests--;
	free(req);
}

static bool failed_of_late(const struct ksrtp_dns *dns, const struct ksrtp_addr *addr)
{
	size_t i;

	for (i = 0; i < FAILED; i++)
		if (ksrtp_addr_equal(&dns->failed[i].addr, addr) &&
		    ksrtp_loop_now(dns->loop) < dns->failed[i].until)
			return true;
	return false;
}

struct result {
	struct ksrtp_target target[KSRTP_DNS_TARGETS];
	size_t n;
	bool forbidden;
};

static void add_target(struct ksrtp_dns_req *req, struct result *result,
		       const struct ksrtp_target *t)
{
	struct ksrtp_dns *dns = req->dns;
	size_t i;

	if (result->n == KSRTP_DNS_TARGETS || (dns->own && dns->own(dns->own_ctx, t)))
		return;
	for (i = 0; i < result->n; i++)
		if (result->target[i].transport == t->transport &&
		    ksrtp_addr_equal(&result->target[i].addr, &t->addr))
			return;
	result->target[result->n++] = *t;
}

/* TLS at port 5061 of a server that announced nothing but clear transports. */
static void add_speculative(struct ksrtp_dns_req *req, struct result *result,
			    const struct entry *e)
{
	struct ksrtp_target t = { .transport = KSRTP_TRANSPORT_TLS };
	size_t i;

	if (e->transport == KSRTP_TRANSPORT_TLS || e->port != 5060 || !tls_allowed(&req->query))
		return;
	memcpy(t.name, req->host, sizeof(t.name));
	/* When policy forbids clear there is nothing to fall back to: neither short nor skipped. */
	t.speculative = clear_allowed(&req->query);
	for (i = 0; i < e->n_addr; i++) {
		t.addr = e->addr[i];
		ksrtp_addr_set_port(&t.addr, 5061);
		if (!t.speculative || !failed_of_late(req->dns, &t.addr))
			add_target(req, result, &t);
	}
}

static void add_entry(struct ksrtp_dns_req *req, struct result *result, const struct entry *e)
{
	struct ksrtp_target t = { .transport = e->transport };
	size_t i;

	if (e->transport != KSRTP_TRANSPORT_TLS && !clear_allowed(&req->query)) {
		result->forbidden |= e->n_addr > 0;
		return;
	}
	memcpy(t.name, req->host, sizeof(t.name));
	for (i = 0; i < e->n_addr; i++) {
		t.addr = e->addr[i];
		ksrtp_addr_set_port(&t.addr, e->port);
		add_target(req, result, &t);
	}
}

static int by_rank(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

static void finish(struct ksrtp_dns_req *req)
{
	struct result result = { .n = 0 };
	unsigned char ip[16];
	int err = 0;
	size_t i;

	qsort(req->entry, req->n_entry, sizeof(*req->entry), by_rank);
	/* A literal address is no domain that a certificate could be asked to speak for. */
	if (inet_pton(AF_INET, req->host, ip) == 1 || inet_pton(AF_INET6, req->host, ip) == 1)
		memset(req->host, 0, sizeof(req->host));
	for (i = 0; i < req->n_entry; i++)
		if (req->entry[i].transport == KSRTP_TRANSPORT_TLS)
			add_entry(req, &result, &req->entry[i]);
	for (i = 0; i < req->n_entry; i++)
		add_speculative(req, &result, &req->entry[i]);
	for (i = 0; i < req->n_entry; i++)
		if (req->entry[i].transport != KSRTP_TRANSPORT_TLS)
			add_entry(req, &result, &req->entry[i]);
	if (!result.n)
		err = result.forbidden ? -EACCES : req->doubtful ? -EAGAIN : -ENOENT;
	req->cb(req->ctx, err, result.target, result.n);
	release(req);
}

/* ---- asking */

static void on_answer(void *arg, int err, struct ub_result *answer);

static void ask(struct ksrtp_dns_req *req, const char *name, struct question q)
{
	struct ksrtp_resolver_ask ask = { .name = name, .type = q.type, .fn = on_answer };
	size_t i;

	for (i = 0; i < QUESTIONS; i++)
		if (!req->question[i].req)
			break;
	if (i == QUESTIONS)
		return;
	q.req = req;
	req->question[i] = q;
	ask.arg = &req->question[i];
	if (ksrtp_resolver_ask(req->dns->resolver, &ask, &req->question[i].id)) {
		req->question[i].req = NULL;
		req->doubtful = true;
		return;
	}
	req->open++;
}

static struct entry *new_entry(struct ksrtp_dns_req *req, enum ksrtp_transport transport,
			       const char *host, uint16_t port)
{
	struct entry *e;

	if (req->n_entry == ENTRIES || strlen(host) >= sizeof(e->host))
		return NULL;
	e = &req->entry[req->n_entry];
	memset(e, 0, sizeof(*e));
	memcpy(e->host, host, strlen(host) + 1);
	e->transport = transport;
	e->port = port;
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

static void ask_addresses(struct ksrtp_dns_req *req)
{
	size_t i, j;

	req->next = finish;
	for (i = 0; i < req->n_entry; i++) {
		for (j = 0; j < i; j++)
			if (!strcasecmp(req->entry[i].host, req->entry[j].host))
				break;
		if (j < i)
			continue;	/* the answer serves all entries of that host */
		ask(req, req->entry[i].host, (struct question){ .type = TYPE_A, .entry = i });
		ask(req, req->entry[i].host, (struct question){ .type = TYPE_AAAA, .entry = i });
	}
	if (!req->open)
		finish(req);
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
	ask(req, name, (struct question){ .type = TYPE_SRV, .transport = t, .rank = t });
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
			    (struct question){ .type = TYPE_SRV, .rank = (unsigned)i,
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

static void take_srv(struct ksrtp_dns_req *req, const struct question *q,
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
		struct entry *e = new_entry(req, q->transport, srv[i].host, srv[i].port);

		/* Answers come in any order; the rank restores the one that was meant. */
		if (e) {
			e->announced = true;
			e->rank = q->rank * ENTRIES + (unsigned)i;
		}
	}
}

static void take_address(struct ksrtp_dns_req *req, const struct question *q,
			 const struct ub_result *answer)
{
	const char *host = req->entry[q->entry].host;
	struct ksrtp_addr a;
	size_t i, j;

	for (i = 0; answer->data[i]; i++) {
		if (ksrtp_addr_make(&a, answer->data[i], (size_t)answer->len[i], 0))
			continue;
		for (j = 0; j < req->n_entry; j++) {
			struct entry *e = &req->entry[j];

			if (e->n_addr < ADDRS && !strcasecmp(e->host, host))
				e->addr[e->n_addr++] = a;
		}
	}
}

static void on_answer(void *arg, int err, struct ub_result *answer)
{
	struct question q = *(struct question *)arg;
	struct ksrtp_dns_req *req = q.req;

	((struct question *)arg)->req = NULL;
	req->open--;
	/* NXDOMAIN is an answer; SERVFAIL, REFUSED and silence are not. */
	if (err || (!answer->havedata && answer->rcode && !answer->nxdomain))
		req->doubtful = true;
	if (!err && answer->havedata && q.type == TYPE_NAPTR)
		take_naptr(req, answer);
	else if (!err && answer->havedata && q.type == TYPE_SRV)
		take_srv(req, &q, answer);
	else if (!err && answer->havedata)
		take_address(req, &q, answer);
	ub_resolve_free(answer);
	if (!req->open)
		req->next(req);
}

/* ---- driving */

static void on_sweep(uv_timer_t *timer)
{
	struct ksrtp_dns *dns = timer->data;
	uint64_t now = ksrtp_loop_now(dns->loop);

	/* Oldest first; a callback may take any request out, so begin anew after each. */
	while (!ksrtp_list_empty(&dns->pending)) {
		struct ksrtp_dns_req *req =
			ksrtp_container(dns->pending.next, struct ksrtp_dns_req, node);

		if (now < req->since + LIMIT_MS)
			return;
		req->doubtful = true;
		forget_questions(req);
		finish(req);
	}
	uv_timer_stop(timer);
}

static void on_later(uv_idle_t *idle)
{
	struct ksrtp_dns *dns = idle->data;
	struct ksrtp_dns_req *req;

	if (ksrtp_list_empty(&dns->due)) {
		uv_idle_stop(idle);
		return;
	}
	/* One a turn: a callback that asks again and again does not stop the loop. */
	req = ksrtp_container(dns->due.next, struct ksrtp_dns_req, node);
	finish(req);
}

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

static void on_changed(void *ctx);

int ksrtp_dns_create(struct ksrtp_dns **out, const struct ksrtp_dns_setup *setup)
{
	struct ksrtp_dns *dns = calloc(1, sizeof(*dns));
	int err;

	if (!dns)
		return -ENOMEM;
	dns->loop = setup->loop;
	ksrtp_list_init(&dns->pending);
	ksrtp_list_init(&dns->due);
	err = ksrtp_resolver_create(&dns->resolver, setup, on_changed, dns);
	if (err)
		goto free_dns;
	err = -ENOMEM;
	dns->sweep = calloc(1, sizeof(*dns->sweep));
	dns->later = calloc(1, sizeof(*dns->later));
	if (!dns->sweep || !dns->later)
		goto free_handles;
	uv_timer_init(&dns->loop->uv, dns->sweep);
	uv_idle_init(&dns->loop->uv, dns->later);
	dns->sweep->data = dns;
	dns->later->data = dns;
	*out = dns;
	return 0;

free_handles:
	free(dns->later);
	free(dns->sweep);
	ksrtp_resolver_destroy(dns->resolver);
free_dns:
	free(dns);
	return err;
}

void ksrtp_dns_destroy(struct ksrtp_dns *dns)
{
	if (!dns)
		return;
	while (!ksrtp_list_empty(&dns->pending))
		release(ksrtp_container(dns->pending.next, struct ksrtp_dns_req, node));
	while (!ksrtp_list_empty(&dns->due))
		release(ksrtp_container(dns->due.next, struct ksrtp_dns_req, node));
	uv_close((uv_handle_t *)dns->sweep, free_handle);
	uv_close((uv_handle_t *)dns->later, free_handle);
	ksrtp_resolver_destroy(dns->resolver);
	free(dns);
}

void ksrtp_dns_filter(struct ksrtp_dns *dns, bool (*own)(void *ctx, const struct ksrtp_target *t),
		      void *ctx)
{
	dns->own = own;
	dns->own_ctx = ctx;
}

void ksrtp_dns_watch(struct ksrtp_dns *dns, void (*changed)(void *ctx), void *ctx)
{
	dns->changed = changed;
	dns->changed_ctx = ctx;
}

/* ---- starting */

/* The address in "1.2.3.4", "::1", "[::1]"? Then there is nothing to ask. */
static bool take_literal(struct ksrtp_dns_req *req)
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

static void later(struct ksrtp_dns_req *req)
{
	ksrtp_list_add(&req->dns->due, &req->node);
	uv_idle_start(req->dns->later, on_later);
}

static void start(struct ksrtp_dns_req *req)
{
	const struct ksrtp_dns_query *q = &req->query;
	struct ksrtp_dns *dns = req->dns;

	/*
	 * Nothing below calls back from inside: libunbound answers through its descriptor only.
	 * Where no question can be asked at all, the end is left to the idle handle.
	 */
	if (q->port) {
		entries_from_uri(req);
		req->next = finish;
		ask(req, req->host, (struct question){ .type = TYPE_A });
		ask(req, req->host, (struct question){ .type = TYPE_AAAA });
	} else {
		req->next = ask_srv;
		ask(req, req->host, (struct question){ .type = TYPE_NAPTR });
	}
	if (!req->open) {
		later(req);
		return;
	}
	ksrtp_list_add(&dns->pending, &req->node);
	if (!uv_is_active((uv_handle_t *)dns->sweep))
		uv_timer_start(dns->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

/* Another resolver serves: what is pending is asked again, from its beginning. */
static void on_changed(void *ctx)
{
	struct ksrtp_dns *dns = ctx;
	struct ksrtp_list *node, *tmp, asked;
	struct ksrtp_dns_req *req;

	ksrtp_list_init(&asked);
	ksrtp_list_each(node, tmp, &dns->pending) {
		req = ksrtp_container(node, struct ksrtp_dns_req, node);
		memset(req->question, 0, sizeof(req->question));
		req->open = 0;
		req->n_entry = req->n_naptr = 0;
		req->doubtful = false;
		req->since = ksrtp_loop_now(dns->loop);
		ksrtp_list_del(&req->node);
		ksrtp_list_add(&asked, &req->node);
	}
	ksrtp_list_each(node, tmp, &asked) {
		ksrtp_list_del(node);
		start(ksrtp_container(node, struct ksrtp_dns_req, node));
	}
	if (dns->changed)
		dns->changed(dns->changed_ctx);
}

struct ksrtp_dns_req *ksrtp_dns_targets(struct ksrtp_dns *dns, const struct ksrtp_dns_query *query,
					ksrtp_dns_fn cb, void *ctx)
{
	struct ksrtp_dns_req *req;
	size_t n = strlen(query->host);

	if (dns->n_requests >= REQUESTS_MAX)
		return NULL;
	req = calloc(1, sizeof(*req));
	if (!req)
		return NULL;
	req->dns = dns;
	req->query = *query;
	req->query.host = req->host;
	req->cb = cb;
	req->ctx = ctx;
	req->since = ksrtp_loop_now(dns->loop);
	dns->n_requests++;
	ksrtp_list_init(&req->node);
	if (n < sizeof(req->host))
		memcpy(req->host, query->host, n + 1);
	/* The root's dot is not part of the name that goes into SNI. */
	if (n && n < sizeof(req->host) && req->host[n - 1] == '.')
		req->host[n - 1] = 0;
	/* A name that is too long exists nowhere: it ends without servers. */
	if (!*req->host || take_literal(req))
		later(req);
	else
		start(req);
	return req;
}

void ksrtp_dns_cancel(struct ksrtp_dns_req *req)
{
	release(req);
}

void ksrtp_dns_failed(struct ksrtp_dns *dns, const struct ksrtp_target *target)
{
	struct failed *f;

	if (!target->speculative || failed_of_late(dns, &target->addr))
		return;
	f = &dns->failed[dns->next_failed++ % FAILED];
	f->addr = target->addr;
	f->until = ksrtp_loop_now(dns->loop) + FAILED_MS;
}
