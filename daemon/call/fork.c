// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several contacts of a user that ring at once. Called by proxy.c on the loop's thread.
 */
#include "daemon/call/fork.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/call/binding.h"
#include "daemon/call/side.h"

static struct ksrtp_proxy *branch_of(struct ksrtp_list *node)
{
	return ksrtp_container(node, struct ksrtp_proxy, branch);
}

/* What it shares with @p lies there: @p outlives it. */
static struct ksrtp_proxy *create(struct ksrtp_proxy *p, const char *uri)
{
	struct ksrtp_proxy *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->uri = ksrtp_slice_dup(ksrtp_slice_str(uri));
	if (!b->uri) {
		free(b);
		return NULL;
	}
	b->edge = p->edge;
	b->in = p->in;
	b->msg = p->msg;
	b->route = p->route;
	b->out = p->out;
	b->parent = p;
	ksrtp_list_init(&b->branches);
	ksrtp_buf_init(&b->challenges, 0);
	ksrtp_list_add(&p->branches, &b->branch);
	ksrtp_list_add(&p->edge->proxies, &b->node);
	p->edge->held += sizeof(*b);
	p->pending++;
	return b;
}

/* One more contact, if it is still there. */
static void add(struct ksrtp_proxy *p, uint64_t id)
{
	const struct ksrtp_binding *binding = ksrtp_binding_find(p->edge, id);
	struct ksrtp_call *call;
	struct ksrtp_proxy *b;

	if (!binding || !binding->confirmed || !ksrtp_net_alive(p->edge->net, &binding->hop) ||
	    ksrtp_call_create(p->edge, &p->msg, &p->in.hop, p->in.side, &call))
		return;
	b = create(p, binding->uri);
	if (!b) {
		ksrtp_call_destroy(p->edge, call, "no memory");
		return;
	}
	b->call = ksrtp_call_get(call);
	b->out.side = ksrtp_side_phones(p->edge, &binding->hop);
	b->out.binding = binding->id;
	b->out.hop = binding->hop;
}

int ksrtp_fork_create(struct ksrtp_proxy *p)
{
	struct ksrtp_proxy *first = create(p, p->uri);

	if (!first)
		return -ENOMEM;
	first->call = p->call;
	p->call = NULL;
	for (; p->other < p->n_equal; p->other++)
		add(p, p->others[p->other]);
	return 0;
}

/* Lower is better (RFC 3261 section 16.7 step 6). */
static unsigned int rank(uint16_t status)
{
	switch (status) {
	case 401:
	case 407:
	case 415:
	case 420:
	case 484:
		return 2;
	case 408:
	case 430:
	case 480:
	case 487:
		return 4;
	}
	return status >= 600 ? 0 : status < 400 ? 1 : status < 500 ? 3 : 5;
}

/* What it asks for is asked for beside the best one. */
static void add_challenges(struct ksrtp_proxy *p, uint16_t status, struct slice response)
{
	struct ksrtp_msg msg;
	size_t i;

	if ((status != 401 && status != 407) || ksrtp_msg_parse(response, &msg))
		return;
	for (i = 0; i < msg.n; i++)
		if (msg.headers[i].id == KSRTP_HDR_WWW_AUTHENTICATE ||
		    msg.headers[i].id == KSRTP_HDR_PROXY_AUTHENTICATE)
			ksrtp_buf_slice(&p->challenges, msg.headers[i].line);
}

bool ksrtp_fork_better(const struct ksrtp_proxy *p, uint16_t status)
{
	return p->best && rank(p->best) < rank(status);
}

void ksrtp_fork_keep(struct ksrtp_proxy *b, uint16_t status, struct slice response)
{
	struct ksrtp_proxy *p = b->parent ? b->parent : b;

	if (b->settled)
		return;
	if (ksrtp_fork_better(p, status)) {
		add_challenges(p, status, response);
		return;
	}
	add_challenges(p, p->best, ksrtp_slice_of(p->response, p->n_response));
	free(p->response);
	p->response = response.n ? ksrtp_slice_dup(response) : NULL;
	p->n_response = p->response ? response.n : 0;
	p->best = status;
}

void ksrtp_fork_best(const struct ksrtp_proxy *p, struct ksrtp_buf *out)
{
	struct slice response = ksrtp_slice_of(p->response, p->n_response);
	struct ksrtp_msg msg;
	size_t head;

	if (!response.n || !p->challenges.n || p->challenges.err ||
	    (p->best != 401 && p->best != 407) || ksrtp_msg_parse(response, &msg)) {
		ksrtp_buf_slice(out, response);
		return;
	}
	head = msg.head.n - 2;
	ksrtp_buf_slice(out, ksrtp_slice_head(response, head));
	ksrtp_buf_slice(out, ksrtp_buf_view(&p->challenges));
	ksrtp_buf_slice(out, ksrtp_slice_from(response, head));
}

void ksrtp_fork_cancel(struct ksrtp_proxy *p, const struct ksrtp_proxy *but)
{
	struct slice why = p->cancelled ? (struct slice){ 0 } :
			   SLICE("Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n");
	struct ksrtp_list *node, *tmp;

	ksrtp_list_each(node, tmp, &p->branches)
		if (branch_of(node) != but && !branch_of(node)->settled && branch_of(node)->ct)
			ksrtp_ctrans_cancel(branch_of(node)->ct, why);
}

bool ksrtp_fork_settle(struct ksrtp_proxy *b)
{
	if (b->settled)
		return false;
	b->settled = true;
	return !--b->parent->pending;
}
