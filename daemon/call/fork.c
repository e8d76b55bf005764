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
	if (status >= 600)
		return 0;
	if (status < 400)
		return 1;
	return status == 408 || status == 430 || status == 480 || status == 487 || status >= 500 ?
	       3 : 2;
}

void ksrtp_fork_keep(struct ksrtp_proxy *b, uint16_t status, struct slice response)
{
	struct ksrtp_proxy *p = b->parent;

	if (b->settled || (p->best && rank(p->best) <= rank(status)))
		return;
	free(p->response);
	p->response = response.n ? ksrtp_slice_dup(response) : NULL;
	p->n_response = p->response ? response.n : 0;
	p->best = status;
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
