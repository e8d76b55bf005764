// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The dialogs of one INVITE. Called by proxy.c with its responses and by call.c, on the loop's
 * thread. RFC 3261 sections 12.1 and 13.2.2.4: several may be answered, and the caller ends those
 * it does not want.
 */
#include "daemon/call/branch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/call/keep.h"

/* The next call of a branch from @c on. */
static struct ksrtp_call *of_branch(struct ksrtp_call *c, uint64_t branch)
{
	while (c && c->branch != branch)
		c = ksrtp_call_next(c);
	return c;
}

static struct ksrtp_call *first(const struct ksrtp_edge *edge, const struct ksrtp_call *call)
{
	return of_branch(ksrtp_call_first(edge, ksrtp_slice_str(call->call_id)), call->branch);
}

static struct ksrtp_call *next(struct ksrtp_call *c)
{
	return of_branch(ksrtp_call_next(c), c->branch);
}

static int copy_end(struct ksrtp_call_end *to, const struct ksrtp_call_end *from)
{
	to->side = from->side;
	to->hop = from->hop;
	to->path = from->path;
	to->certificate = from->certificate;
	to->binding = from->binding;
	if (from->name)
		to->name = strdup(from->name);
	return from->name && !to->name ? -ENOMEM : 0;
}

static int fill(struct ksrtp_call *c, const struct ksrtp_call *from, const struct ksrtp_msg *msg)
{
	int err = copy_end(&c->end[0], &from->end[0]);

	if (!err)
		err = copy_end(&c->end[1], &from->end[1]);
	c->call_id = strdup(from->call_id);
	c->end[0].tag = strdup(from->end[0].tag);
	c->end[1].tag = ksrtp_slice_dup(msg->to.tag);
	if (err || !c->call_id || !c->end[0].tag || !c->end[1].tag)
		return -ENOMEM;
	c->branch = from->branch;
	c->since = from->since;
	c->rung = from->rung;
	c->sealed = from->sealed;
	memcpy(c->ended, from->ended, sizeof(c->ended));
	c->n_ended = from->n_ended;
	if (!from->offer)
		return 0;
	err = ksrtp_offer_fork(&c->offer, from->offer, 0, msg->cseq.number);
	/* the offer comes with the answer to the INVITE: each dialog has one of its own */
	return err == -ENOENT ? 0 : err;
}

static struct ksrtp_call *create(struct ksrtp_edge *edge, const struct ksrtp_call *from,
				 const struct ksrtp_msg *msg, bool answered)
{
	struct ksrtp_call *c = edge->n_calls < KSRTP_EDGE_CALLS ? ksrtp_call_blank(edge) : NULL;

	if (!c)
		return NULL;
	if (fill(c, from, msg)) {
		ksrtp_call_free(c);
		return NULL;
	}
	c->number = ++edge->last_call;
	if (answered && c->offer)
		ksrtp_offer_yield(c->offer);
	ksrtp_call_insert(edge, c);
	return c;
}

/* A 2xx that comes once more, of who has hung up while others ring. */
static bool has_ended(const struct ksrtp_edge *edge, const struct ksrtp_call *call,
		      struct slice tag)
{
	const struct ksrtp_call *c = first(edge, call);
	uint64_t hash = ksrtp_slice_hash(tag, edge->key);
	unsigned int i;

	for (i = 0; tag.p && c && i < c->n_ended; i++)
		if (c->ended[i] == hash)
			return true;
	return false;
}

static void note_ended(const struct ksrtp_edge *edge, const struct ksrtp_call *ended,
		       struct ksrtp_call *c)
{
	if (ended->end[1].tag && c->n_ended < KSRTP_BRANCH_DIALOGS)
		c->ended[c->n_ended++] = ksrtp_slice_hash(ksrtp_slice_str(ended->end[1].tag),
							  edge->key);
}

static struct ksrtp_call *dialog(struct ksrtp_edge *edge, struct ksrtp_call *call,
				 const struct ksrtp_msg *msg)
{
	struct ksrtp_call *c, *from = NULL;
	bool answered = false;
	unsigned int n;

	if (!msg->to.tag.p || (!call->over && (!call->end[1].tag ||
					       ksrtp_call_has_tag(call, 1, msg->to.tag))))
		return call;
	c = first(edge, call);
	for (n = c ? c->n_ended : 0; c; c = next(c)) {
		if (ksrtp_call_has_tag(c, 1, msg->to.tag))
			return c;
		answered |= c->answered;
		from = c;
		n++;
	}
	c = from && n < KSRTP_BRANCH_DIALOGS ? create(edge, from, msg, answered) : NULL;
	return c ? c : call;
}

int ksrtp_branch_join(struct ksrtp_edge *edge, struct ksrtp_call **call,
		      const struct ksrtp_msg *msg)
{
	struct ksrtp_call *joined;

	if (has_ended(edge, *call, msg->to.tag))
		return -ESTALE;
	joined = ksrtp_call_get(dialog(edge, *call, msg));
	ksrtp_call_put(*call);
	*call = joined;
	return 0;
}

void ksrtp_branch_answered(struct ksrtp_edge *edge, struct ksrtp_call *call)
{
	struct ksrtp_call *c;

	for (c = first(edge, call); c; c = next(c)) {
		ksrtp_call_end_early(edge, c);
		if (c != call && !c->answered && c->offer)
			ksrtp_offer_yield(c->offer);
	}
}

void ksrtp_branch_left(struct ksrtp_edge *edge, const struct ksrtp_call *call)
{
	struct ksrtp_call *c, *heir = NULL;

	if (edge->leaving)
		return;
	for (c = first(edge, call); c; c = next(c)) {
		note_ended(edge, call, c);
		if (c->answered && (!heir || c->number < heir->number))
			heir = c;
	}
	if (!heir || !heir->offer)
		return;
	if (ksrtp_offer_resume(heir->offer))
		ksrtp_log_limited(edge->loop->log, KSRTP_LOG_WARNING, "branch",
				  "the media of a call that was answered second cannot be had");
	ksrtp_keep_call(edge, heir);
}

/* Ends those of the branch that were not answered, but for @but. */
static void end_unanswered(struct ksrtp_edge *edge, const struct ksrtp_call *call,
			   const struct ksrtp_call *but, const char *why)
{
	struct ksrtp_call *c = first(edge, call), *then;

	for (; c; c = then) {
		then = next(c);
		if (!c->answered && c != but)
			ksrtp_call_destroy(edge, c, why);
	}
}

void ksrtp_branch_anew(struct ksrtp_edge *edge, struct ksrtp_call *call)
{
	end_unanswered(edge, call, call, "another attempt");
	ksrtp_call_forget_media(call);
	call->n_ended = 0;
	free(call->end[1].tag);
	call->end[1].tag = NULL;
}

void ksrtp_branch_end(struct ksrtp_edge *edge, struct ksrtp_call *call, const char *why)
{
	end_unanswered(edge, call, call, why);
	ksrtp_call_destroy(edge, call, why);
}

void ksrtp_branch_over(struct ksrtp_edge *edge, struct ksrtp_call *call)
{
	struct ksrtp_call *c;

	end_unanswered(edge, call, NULL, "another was answered");
	for (c = first(edge, call); c; c = next(c))
		if (c->offer)
			ksrtp_offer_last(c->offer);
}
