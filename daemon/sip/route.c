// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a request goes by its routes, our own Record-Routes, and loops. Called by the proxy core
 * for each request; pure functions. RFC 3261 16.3, 16.4, 16.6; RFC 5658 (double Record-Route), RFC
 * 5393.
 */
#include "daemon/sip/route.h"

#include <errno.h>
#include <stdio.h>

#include "daemon/sip/patch.h"

/* The last Route value and how many there are; -EBADMSG where one is malformed. */
static int last_route(const struct ksrtp_msg *msg, struct ksrtp_uri *uri, size_t *count)
{
	struct ksrtp_cursor cursor = ksrtp_msg_walk(msg, KSRTP_HDR_ROUTE);
	struct ksrtp_nameaddr addr;
	struct slice value;

	for (*count = 0; ksrtp_msg_next(&cursor, &value); ++*count) {
		if (ksrtp_hdr_addr(value, &addr))
			return -EBADMSG;
		*uri = addr.uri;
	}
	return 0;
}

static bool is_loose(const struct ksrtp_uri *uri)
{
	return ksrtp_uri_param(uri, "lr", NULL);
}

int ksrtp_route_find(const struct ksrtp_msg *msg, ksrtp_route_ours *ours, void *ctx,
		     struct ksrtp_route *route)
{
	struct ksrtp_cursor cursor = ksrtp_msg_walk(msg, KSRTP_HDR_ROUTE);
	struct ksrtp_uri last = {0};
	struct ksrtp_nameaddr addr;
	struct slice value;
	size_t count;
	bool pair = false;

	*route = (struct ksrtp_route){.request_uri = msg->uri};
	if (last_route(msg, &last, &count))
		return -EBADMSG;
	if (count && is_loose(&msg->uri) && ours(ctx, &msg->uri)) {
		route->strict_in = true;
		route->arrival = msg->uri;
		route->departure = msg->uri;
		pair = ksrtp_uri_param(&msg->uri, KSRTP_ROUTE_PAIR, NULL);
		route->request_uri = last;
		count--;
	}
	for (size_t i = 0; i < count && ksrtp_msg_next(&cursor, &value); i++) {
		bool first = !route->arrival.text.p;

		if (ksrtp_hdr_addr(value, &addr))
			return -EBADMSG;
		/* Only a pair is taken together: a second pass of ours is a pass of its own. */
		if ((first || (pair && ksrtp_uri_param(&addr.uri, KSRTP_ROUTE_PAIR, NULL))) &&
		    ours(ctx, &addr.uri)) {
			pair = first && ksrtp_uri_param(&addr.uri, KSRTP_ROUTE_PAIR, NULL);
			if (first)
				route->arrival = addr.uri;
			route->departure = addr.uri;
			route->popped++;
			continue;
		}
		route->by_route = true;
		route->strict_out = !is_loose(&addr.uri);
		route->next = addr.uri;
		return 0;
	}
	route->next = route->request_uri;
	return 0;
}

struct window {
	size_t from;
	size_t to;
};

static bool in_window(void *ctx, size_t number, struct slice value)
{
	const struct window *window = ctx;

	return number >= window->from && number < window->to;
}

int ksrtp_route_patch(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
		      const struct ksrtp_route *route)
{
	size_t count = ksrtp_msg_count(msg, KSRTP_HDR_ROUTE);
	struct window window = {.from = route->popped, .to = count};
	const struct ksrtp_hdr *last = NULL;

	if (route->strict_in)
		window.to--;
	if (route->strict_out)
		window.from++;
	if (window.from || window.to < count)
		ksrtp_patch_filter(list, msg, KSRTP_HDR_ROUTE, in_window, &window);
	if (route->strict_out) {
		for (size_t i = 0; i < msg->n; i++)
			if (msg->headers[i].id == KSRTP_HDR_ROUTE)
				last = &msg->headers[i];
		/* Behind the last Route line, which the filter may have changed or removed. */
		if (last)
			ksrtp_splice_printf(list, ksrtp_splice_at(list, last->line) + last->line.n,
					    0, "Route: <%.*s>\r\n",
					    PRSLICE(route->request_uri.text));
		return ksrtp_patch_request_uri(list, msg, route->next.text);
	}
	if (route->strict_in)
		return ksrtp_patch_request_uri(list, msg, route->request_uri.text);
	return list->err;
}

static int write_self(const struct ksrtp_route_self *self, bool pair, struct ksrtp_buf *out)
{
	bool ipv6 = ksrtp_slice_find(self->host, ':') < self->host.n;

	ksrtp_buf_str(out, self->sips ? "<sips:" : "<sip:");
	if (self->user.n)
		ksrtp_buf_printf(out, "%.*s@", PRSLICE(self->user));
	ksrtp_buf_printf(out, ipv6 ? "[%.*s]" : "%.*s", PRSLICE(self->host));
	if (self->port)
		ksrtp_buf_printf(out, ":%u", self->port);
	if (self->transport.n)
		ksrtp_buf_printf(out, ";transport=%.*s", PRSLICE(self->transport));
	ksrtp_buf_str(out, ";lr");
	if (pair)
		ksrtp_buf_str(out, ";" KSRTP_ROUTE_PAIR "=on");
	if (self->params.n)
		ksrtp_buf_printf(out, ";%.*s", PRSLICE(self->params));
	return ksrtp_buf_str(out, ">");
}

int ksrtp_route_write(const struct ksrtp_route_self *self, struct ksrtp_buf *out)
{
	return write_self(self, false, out);
}

int ksrtp_route_record(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
		       const struct ksrtp_route_self *in, const struct ksrtp_route_self *out)
{
	const struct ksrtp_route_self *const selves[] = {out, in};
	struct ksrtp_buf value;

	ksrtp_buf_init(&value, KSRTP_MSG_MAX);
	for (size_t i = 0; i < 2; i++) {
		if (!selves[i])
			continue;
		ksrtp_buf_reset(&value);
		if (write_self(selves[i], out != NULL, &value))
			list->err = list->err ? list->err : value.err;
		ksrtp_patch_above(list, msg, KSRTP_HDR_RECORD_ROUTE, ksrtp_buf_view(&value));
	}
	ksrtp_buf_free(&value);
	return list->err;
}

/*
 * What decides the way of a request: if all of it is as it was when the request passed before, it
 * will pass again. Neither the method (a CANCEL has the branch of its INVITE) nor the Vias.
 */
static uint64_t loop_print(const struct ksrtp_msg *req, const uint64_t key[2])
{
	static const enum ksrtp_hdr_id ids[] = {KSRTP_HDR_ROUTE, KSRTP_HDR_PROXY_REQUIRE,
						KSRTP_HDR_PROXY_AUTHORIZATION};
	const struct slice parts[] = {req->uri.text, req->from.tag, req->to.tag, req->call_id};
	uint64_t sums[2] = {req->cseq.number, 0};
	struct slice sums_text = ksrtp_slice_of((const char *)sums, sizeof(sums));

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		sums[1] = ksrtp_slice_hash(parts[i], key);
		sums[0] = ksrtp_slice_hash(sums_text, key);
	}
	for (size_t i = 0; i < req->n; i++) {
		for (size_t k = 0; k < sizeof(ids) / sizeof(ids[0]); k++) {
			if (req->headers[i].id != ids[k])
				continue;
			sums[1] = ksrtp_slice_hash(req->headers[i].value, key) + k;
			sums[0] = ksrtp_slice_hash(sums_text, key);
		}
	}
	return sums[0];
}

void ksrtp_route_branch(const struct ksrtp_msg *req, uint64_t unique, const uint64_t key[2],
			char branch[KSRTP_ROUTE_BRANCH])
{
	snprintf(branch, KSRTP_ROUTE_BRANCH, "z9hG4bK%016llx.%016llx", (unsigned long long)unique,
		 (unsigned long long)loop_print(req, key));
}

bool ksrtp_route_loops(const struct ksrtp_msg *req, const uint64_t key[2],
		       bool (*ours)(void *ctx, const struct ksrtp_via *via), void *ctx)
{
	struct ksrtp_cursor cursor = ksrtp_msg_walk(req, KSRTP_HDR_VIA);
	char branch[KSRTP_ROUTE_BRANCH];
	struct slice print, value;
	struct ksrtp_via via;

	ksrtp_route_branch(req, 0, key, branch);
	print = ksrtp_slice_from(ksrtp_slice_str(branch), sizeof("z9hG4bK") - 1 + 16);
	while (ksrtp_msg_next(&cursor, &value)) {
		if (ksrtp_hdr_via(value, &via) || via.branch.n < print.n || !ours(ctx, &via))
			continue;
		if (ksrtp_slice_equal(ksrtp_slice_from(via.branch, via.branch.n - print.n), print))
			return true;
	}
	return false;
}
