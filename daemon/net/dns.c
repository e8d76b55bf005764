// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests to libunbound's resolver thread: their life, from the call layer's question to its
 * callback. What is asked stands in locate.c, what becomes of the answers in found.c.
 *
 * Called by the call layer; callbacks and all else run on the loop's thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ksrtp/port.h>

#include "daemon/net/dns_part.h"

#define LIMIT_MS	8000	/* for a whole request */
#define SWEEP_MS	250
#define REQUESTS_MAX	1024

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

void ksrtp_dns_finish(struct ksrtp_dns_req *req)
{
	struct ksrtp_dns_found found;
	int err = 0;

	ksrtp_dns_collect(req, &found);
	if (!found.n)
		err = found.barred || req->bogus ? -EAGAIN : found.forbidden ? -EACCES :
		      req->doubtful ? -EAGAIN : -ENOENT;
	req->cb(req->ctx, err, found.target, found.n);
	release(req);
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
		ksrtp_dns_finish(req);
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
	ksrtp_dns_finish(req);
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
	dns->dane = setup->anchor != NULL;
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

static void later(struct ksrtp_dns_req *req)
{
	ksrtp_list_add(&req->dns->due, &req->node);
	uv_idle_start(req->dns->later, on_later);
}

static void start(struct ksrtp_dns_req *req)
{
	struct ksrtp_dns *dns = req->dns;

	ksrtp_dns_locate(req);
	/* Where no question can be asked at all, the end is left to the idle handle. */
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
		req->doubtful = req->bogus = false;
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
	if (!*req->host || ksrtp_dns_literal(req))
		later(req);
	else
		start(req);
	return req;
}

void ksrtp_dns_cancel(struct ksrtp_dns_req *req)
{
	release(req);
}
