// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of calls. Called by proxy.c for each INVITE dialog that passes, by report.c, and by the
 * edge's sweep; on the loop's thread.
 *
 * A call is found by Call-ID, both tags and the side a request comes from: the same dialog may pass
 * twice, from a phone to the core and back to another phone. We end nothing but our own state: no
 * BYE is ours to send (RFC 7092; RFC 4028 section 10 for the session timer).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/call/branch.h"
#include "daemon/call/call.h"
#include "daemon/call/coverage.h"
#include "daemon/call/early.h"
#include "daemon/call/keep.h"
#include "daemon/call/ladder.h"
#include "daemon/call/ledger.h"
#include "daemon/call/keypath.h"
#include "daemon/call/server.h"
#include "daemon/call/side.h"
#include "daemon/sip/part.h"

#define LOOK_MS		30000			/* between two looks at a call's counters */
#define FRESH_MS	2000			/* ... while somebody wants fresh ones */
#define FRESH_PART	8			/* of all calls, so many turns for one round */
#define BLIND_MS	(24 * 3600 * 1000)	/* idle, where no packet passes us at all */
#define GRACE_MS	32000			/* 64*T1 after the session timer */
#define SESSION_MAX	86400			/* seconds of its interval that are believed */

static struct ksrtp_call *from_id(struct ksrtp_hash_node *node)
{
	return node ? ksrtp_container(node, struct ksrtp_call, by_id) : NULL;
}

int ksrtp_call_init(struct ksrtp_edge *edge)
{
	int err = ksrtp_early_init(edge);

	if (err)
		return err;
	ksrtp_list_init(&edge->calls);
	err = -ENOMEM;
	edge->coverage = malloc(sizeof(*edge->coverage));
	if (!edge->coverage)
		goto free_early;
	err = ksrtp_coverage_init(edge->coverage);
	if (err)
		goto free_coverage;
	err = ksrtp_hash_init(&edge->call_ids);
	if (err)
		goto fini_coverage;
	err = ksrtp_ladder_init(edge);
	if (!err)
		return 0;
	ksrtp_hash_fini(&edge->call_ids);
fini_coverage:
	ksrtp_coverage_fini(edge->coverage);
free_coverage:
	free(edge->coverage);
free_early:
	ksrtp_early_fini(edge);
	return err;
}

void ksrtp_call_fini(struct ksrtp_edge *edge)
{
	struct ksrtp_list *node, *tmp;

	ksrtp_list_each(node, tmp, &edge->calls)
		ksrtp_call_destroy(edge, ksrtp_container(node, struct ksrtp_call, node),
				   "the daemon ends");
	ksrtp_ladder_fini(edge);
	ksrtp_hash_fini(&edge->call_ids);
	ksrtp_coverage_fini(edge->coverage);
	free(edge->coverage);
	ksrtp_early_fini(edge);
}

void ksrtp_call_end_early(struct ksrtp_edge *edge, struct ksrtp_call *call)
{
	if (call->early)
		ksrtp_early_give(edge, &call->end[0].hop, KSRTP_EARLY_CALL);
	call->early = false;
}

void ksrtp_call_free(struct ksrtp_call *call)
{
	free(call->call_id);
	free(call->end[0].tag);
	free(call->end[1].tag);
	free(call->end[0].name);
	free(call->end[1].name);
	free(call);
}

/* Who is it, if the peer proved it or the configuration says so? Else its address must do. */
static void learn_name(struct ksrtp_edge *edge, struct ksrtp_call_end *end)
{
	struct ksrtp_net_peer peer;

	if (ksrtp_net_peer(edge->net, &end->hop, &peer))
		memset(&peer, 0, sizeof(peer));
	end->certificate = peer.certificate;
	free(end->name);
	end->name = NULL;
	if (end->side->core)
		end->name = strdup(ksrtp_server_name(edge, end->side, &end->hop));
	else if (peer.identity >= KSRTP_PEER_DOMAIN && *peer.name)
		end->name = strdup(peer.name);
}

struct ksrtp_call *ksrtp_call_blank(const struct ksrtp_edge *edge)
{
	struct ksrtp_call *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->since = c->looked = c->moved = ksrtp_edge_now(edge);
	c->last[0].grade.proved = c->last[1].grade.proved = KSRTP_GRADE_NONE;
	return c;
}

void ksrtp_call_insert(struct ksrtp_edge *edge, struct ksrtp_call *call)
{
	ksrtp_hash_insert(&edge->call_ids, &call->by_id,
			  ksrtp_hash_bytes(&edge->call_ids, call->call_id, strlen(call->call_id)));
	ksrtp_list_add(&edge->calls, &call->node);
	edge->n_calls++;
}

int ksrtp_call_create(struct ksrtp_edge *edge, const struct ksrtp_msg *msg,
		      const struct ksrtp_hop *hop, const struct ksrtp_config_side *side,
		      struct ksrtp_call **call)
{
	struct ksrtp_call *c;
	int err;

	if (edge->n_calls >= KSRTP_EDGE_CALLS)
		return -ENOSPC;
	c = ksrtp_call_blank(edge);
	if (!c)
		return -ENOMEM;
	c->call_id = ksrtp_slice_dup(msg->call_id);
	c->end[0].tag = ksrtp_slice_dup(msg->from.tag.p ? msg->from.tag : SLICE(""));
	err = c->call_id && c->end[0].tag ? 0 : -ENOMEM;
	if (!err && !side->core)
		err = ksrtp_early_take(edge, hop, KSRTP_EARLY_CALL);
	if (err) {
		ksrtp_call_free(c);
		return err;
	}
	c->early = !side->core;
	c->number = c->branch = ++edge->last_call;
	c->end[0].side = side;
	c->end[1].side = ksrtp_config_phones(edge->config);	/* until it is aimed */
	c->end[0].hop = *hop;
	c->end[0].path = ksrtp_keypath_of(edge, hop, msg);
	learn_name(edge, &c->end[0]);
	ksrtp_call_insert(edge, c);
	*call = c;
	return 0;
}

bool ksrtp_call_has_tag(const struct ksrtp_call *call, unsigned int end, struct slice tag)
{
	return call->end[end].tag && ksrtp_slice_equal(ksrtp_slice_str(call->end[end].tag), tag);
}

static struct ksrtp_call *with_id(struct ksrtp_hash_node *node, struct slice id)
{
	struct ksrtp_call *c = from_id(node);

	while (c && !ksrtp_slice_equal(ksrtp_slice_str(c->call_id), id))
		c = from_id(ksrtp_hash_next(&c->by_id));
	return c;
}

struct ksrtp_call *ksrtp_call_first(const struct ksrtp_edge *edge, struct slice id)
{
	return with_id(ksrtp_hash_first(&edge->call_ids,
					ksrtp_hash_bytes(&edge->call_ids, id.p, id.n)), id);
}

struct ksrtp_call *ksrtp_call_next(struct ksrtp_call *call)
{
	return with_id(ksrtp_hash_next(&call->by_id), ksrtp_slice_str(call->call_id));
}

/* Did an end of @c on @side send it? Return: 0 or 1, -1 for neither. */
static int sent_by(const struct ksrtp_call *c, const struct ksrtp_msg *msg,
		   const struct ksrtp_config_side *side)
{
	int i;

	for (i = 0; i < 2; i++)
		if (ksrtp_side_same(c->end[i].side, side) &&
		    ksrtp_call_has_tag(c, (unsigned int)i, msg->from.tag))
			return i;
	return -1;
}

struct ksrtp_call *ksrtp_call_find(const struct ksrtp_edge *edge, const struct ksrtp_msg *msg,
				   const struct ksrtp_config_side *side, unsigned int *sender)
{
	struct ksrtp_call *c, *early = NULL;
	int i;

	for (c = ksrtp_call_first(edge, msg->call_id); c; c = ksrtp_call_next(c)) {
		i = sent_by(c, msg, side);
		if (i >= 0 && ksrtp_call_has_tag(c, (unsigned int)(1 - i), msg->to.tag)) {
			*sender = (unsigned int)i;
			return c;
		}
		/* an early dialog of a fork below may have another tag */
		if (!i && !c->answered)
			early = c;
	}
	*sender = 0;
	return early;
}

/* Our address for media towards a hop, port 0. */
static int local_address(struct ksrtp_edge *edge, const struct ksrtp_hop *hop,
			 struct ksrtp_addr *local)
{
	const struct ksrtp_config *config = edge->config;
	const struct ksrtp_addr *fit = NULL;
	size_t i;

	for (i = 0; i < config->media.n_relay; i++) {
		if (config->media.relay[i].family != hop->remote.family)
			continue;
		if (!fit || ksrtp_addr_same_ip(&config->media.relay[i], &hop->local))
			fit = &config->media.relay[i];
	}
	if (fit)
		*local = *fit;
	else if (ksrtp_host_source(edge->host, &hop->remote, local))
		*local = hop->local;
	ksrtp_addr_set_port(local, 0);
	return local->family ? 0 : -EINVAL;
}

static enum ksrtp_offer_srtp srtp_policy(enum ksrtp_config_srtp wish, unsigned int rung)
{
	switch (wish) {
	case KSRTP_SRTP_PREFER:
		break;
	case KSRTP_SRTP_REQUIRE:
		return KSRTP_OFFER_REQUIRE;
	case KSRTP_SRTP_PLAIN:
		return KSRTP_OFFER_PLAIN;
	}
	return ksrtp_ladder_offer(rung);
}

void ksrtp_call_policy(const struct ksrtp_call *call, unsigned int end,
		       struct ksrtp_offer_policy *policy)
{
	const struct ksrtp_config_side *side = call->end[end].side;

	memset(policy, 0, sizeof(*policy));
	policy->srtp = srtp_policy(side->srtp, end ? call->rung : 0);
	policy->source = KSRTP_SOURCE_LATCH;
	memcpy(policy->suites, side->sdes.suite, sizeof(policy->suites));
	policy->parameters = side->sdes.parameters;
}

static int make_offer(struct ksrtp_edge *edge, struct ksrtp_call *call)
{
	struct ksrtp_offer_policy policy[2];
	unsigned int i;
	int err;

	for (i = 0; i < 2; i++) {
		ksrtp_call_policy(call, i, &policy[i]);
		err = local_address(edge, &call->end[i].hop, &policy[i].local);
		if (err)
			return err;
	}
	return ksrtp_offer_create(&call->offer, edge->media, call->call_id, policy);
}

void ksrtp_call_aim(struct ksrtp_edge *edge, struct ksrtp_call *call, const struct ksrtp_hop *hop,
		    const struct ksrtp_config_side *side)
{
	struct ksrtp_call_end *callee = &call->end[1];

	/* each target has ports and keys of its own: one must not hear what another is told */
	if (call->offer && !ksrtp_hop_equal(&callee->hop, hop))
		ksrtp_branch_anew(edge, call);
	callee->side = side;
	callee->hop = *hop;
	callee->path = ksrtp_keypath_of(edge, hop, NULL);
	learn_name(edge, callee);
}

bool ksrtp_call_refuses_offer(uint16_t status)
{
	return status == 488 || status == 415 || status == 606;
}

bool ksrtp_call_climb(struct ksrtp_edge *edge, struct ksrtp_call *call, uint16_t status)
{
	if (!ksrtp_call_refuses_offer(status) || call->answered || !call->offer ||
	    call->end[1].side->srtp != KSRTP_SRTP_PREFER ||
	    call->rung + 1 >= KSRTP_LADDER_RUNGS)
		return false;
	/* ports and keys of its own: late packets of the first attempt must not be taken for it */
	ksrtp_branch_anew(edge, call);
	call->rung++;
	return true;
}

/* Keys came by this message: a call is as good as the worst way they took. */
static void note_path(struct ksrtp_edge *edge, struct ksrtp_call *call,
		      const struct ksrtp_call_pass *pass)
{
	struct ksrtp_call_end *end = &call->end[pass->sender];
	enum ksrtp_grade_path path = ksrtp_keypath_of(edge, pass->from, pass->msg);

	if (path < end->path)
		end->path = path;
}

/* Signed or encrypted: not ours to edit; whatever it agrees on passes beside us. */
static int pass_sealed(struct ksrtp_edge *edge, struct ksrtp_call *call,
		       struct ksrtp_call_pass *pass)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (call->end[i].side->srtp == KSRTP_SRTP_REQUIRE) {
			pass->why = "a sealed description cannot be seen to be encrypted";
			return -EPERM;
		}
	call->sealed = true;
	return 0;
}

int ksrtp_call_body(struct ksrtp_edge *edge, struct ksrtp_call *call, struct ksrtp_call_pass *pass,
		    struct ksrtp_splice *list)
{
	const struct ksrtp_msg *msg = pass->msg;
	struct ksrtp_offer_message m = {
		.side = pass->sender,
		.carrier = pass->carrier,
		.cseq = msg->cseq.number,
	};
	struct ksrtp_part part;
	struct ksrtp_buf out;
	int err = ksrtp_part_find(msg, &part);

	if (err == -ENOENT)
		return 0;
	if (err == -EPERM)
		return pass_sealed(edge, call, pass);
	if (err)
		return err;
	if (call->over)
		return -ESTALE;
	m.sdp = part.body;
	if (!call->offer) {
		err = make_offer(edge, call);
		if (err)
			return err;
	}
	if (!call->end[pass->sender].side->core)
		m.natted = pass->from->remote;
	ksrtp_buf_init(&out, KSRTP_MSG_MAX);
	err = ksrtp_offer_pass(call->offer, &m, &out, &pass->why);
	if (!err)
		err = out.err;
	if (!err)
		err = ksrtp_part_patch(list, msg, &part, ksrtp_buf_view(&out));
	if (!err)
		note_path(edge, call, pass);
	/* an answer here is the last word: no response follows that would tell of it */
	if (!err && pass->carrier == KSRTP_OFFER_ACK)
		ksrtp_keep_call(edge, call);
	if (out.p)
		ksrtp_wipe(out.p, out.n);
	ksrtp_buf_free(&out);
	return err;
}

static void learn_tag(struct ksrtp_call *call, struct slice tag, bool final)
{
	char *copy;

	if (!tag.p || (call->end[1].tag && !final) || ksrtp_call_has_tag(call, 1, tag))
		return;
	copy = ksrtp_slice_dup(tag);
	if (!copy)
		return;
	free(call->end[1].tag);
	call->end[1].tag = copy;
}

static void start_timer(struct ksrtp_edge *edge, struct ksrtp_call *call,
			const struct ksrtp_msg *msg)
{
	uint32_t seconds;

	if (ksrtp_msg_number(msg, KSRTP_HDR_SESSION_EXPIRES, &seconds) || !seconds)
		call->deadline = 0;
	else
		call->deadline = ksrtp_edge_now(edge) + GRACE_MS +
				 1000ull * (seconds < SESSION_MAX ? seconds : SESSION_MAX);
}

bool ksrtp_call_response(struct ksrtp_edge *edge, struct ksrtp_call *call, unsigned int sender,
			 const struct ksrtp_msg *msg)
{
	bool success = msg->status < 300;

	if (msg->method_id == KSRTP_INVITE && !call->answered)
		learn_tag(call, msg->to.tag, msg->status >= 200 && success);
	if (msg->status < 200)
		return false;
	if (call->offer)
		ksrtp_offer_end(call->offer, sender, msg->cseq.number, success);
	if (msg->method_id == KSRTP_BYE)
		return success || msg->status == 408 || msg->status == 481;
	if (msg->method_id != KSRTP_INVITE && msg->method_id != KSRTP_UPDATE)
		return false;
	if (success) {
		if (msg->method_id == KSRTP_INVITE && !call->answered) {
			call->answered = true;
			edge->calls_total++;
			ksrtp_branch_answered(edge, call);
		}
		start_timer(edge, call, msg);
		ksrtp_keep_call(edge, call);
	}
	return !call->answered && msg->method_id == KSRTP_INVITE;
}

bool ksrtp_call_failed(struct ksrtp_call *call, unsigned int sender, const struct ksrtp_msg *req)
{
	if (call->offer)
		ksrtp_offer_end(call->offer, sender, req->cseq.number, false);
	return req->method_id == KSRTP_BYE || (req->method_id == KSRTP_INVITE && !call->answered);
}

void ksrtp_call_destroy(struct ksrtp_edge *edge, struct ksrtp_call *call, const char *why)
{
	struct ksrtp_call_total total[2];

	if (call->over)
		return;
	ksrtp_call_total(call, 0, &total[0]);
	ksrtp_call_total(call, 1, &total[1]);
	ksrtp_coverage_add(edge->coverage, call, total);
	if (!edge->leaving)
		ksrtp_ledger_put(edge->ledger, call, total, why);
	ksrtp_keep_end(edge, call);
	if (call->answered && !edge->leaving)
		ksrtp_call_log(edge, call, total, why);
	ksrtp_call_end_early(edge, call);
	ksrtp_hash_remove(&edge->call_ids, &call->by_id);
	ksrtp_list_del(&call->node);
	edge->n_calls--;
	ksrtp_offer_destroy(call->offer);
	call->offer = NULL;
	call->over = true;
	ksrtp_branch_left(edge, call);
	if (!call->users)
		ksrtp_call_free(call);
	if (edge->draining && !edge->n_calls)
		ksrtp_log_write(edge->loop->log, KSRTP_LOG_NOTICE, "drained: the last call ended");
}

struct ksrtp_call *ksrtp_call_get(struct ksrtp_call *call)
{
	call->users++;
	return call;
}

void ksrtp_call_put(struct ksrtp_call *call)
{
	if (call && !--call->users && call->over)
		ksrtp_call_free(call);
}

/* Does any of its media pass us? */
static bool relayed(const struct ksrtp_call *call)
{
	unsigned int i, n = call->offer ? ksrtp_offer_lines(call->offer) : 0;
	struct ksrtp_offer_line line;

	for (i = 0; i < n; i++) {
		ksrtp_offer_line(call->offer, i, &line);
		if (line.active && line.side[0].flow)
			return true;
	}
	return false;
}

/* While dialogs share ports, the media of one keeps them all: they may have it yet. */
static uint64_t passed_in_any(const struct ksrtp_call *call)
{
	unsigned int i, k, n = call->offer && ksrtp_offer_shared(call->offer) ?
			       ksrtp_offer_lines(call->offer) : 0;
	struct ksrtp_media_stats stats;
	struct ksrtp_offer_line line;
	uint64_t packets = 0;

	for (i = 0; i < n; i++) {
		ksrtp_offer_line(call->offer, i, &line);
		for (k = 0; k < 2; k++)
			if (line.side[k].flow &&
			    !ksrtp_media_flow_stats(line.side[k].flow, &stats))
				packets += stats.tx_packets;
	}
	return packets;
}

static void look(struct ksrtp_call *call, uint64_t now)
{
	struct ksrtp_call_total *total = call->last;
	uint64_t packets;

	call->looked = now;
	ksrtp_call_total(call, 0, &total[0]);
	ksrtp_call_total(call, 1, &total[1]);
	packets = total[0].tx_packets + total[1].tx_packets + passed_in_any(call);
	if (packets != call->packets)
		call->moved = now;
	call->packets = packets;
}

/* Is anything said? Only flows that count packets can tell. */
static bool idle(const struct ksrtp_edge *edge, struct ksrtp_call *call, uint64_t now)
{
	uint64_t most = edge->config->media.idle * 1000ull;

	if (now - call->looked >= (most < LOOK_MS ? most : LOOK_MS))
		look(call, now);
	if (!relayed(call) && most < BLIND_MS)
		most = BLIND_MS;
	return now - call->moved >= most;
}

void ksrtp_call_refresh(struct ksrtp_edge *edge)
{
	uint64_t now = ksrtp_edge_now(edge);
	size_t left = edge->n_calls / FRESH_PART + 1;
	struct ksrtp_list *node, *tmp;
	struct ksrtp_call *c;

	ksrtp_list_each(node, tmp, &edge->calls) {
		c = ksrtp_container(node, struct ksrtp_call, node);
		if (now - c->looked < FRESH_MS)
			continue;
		if (!left--)
			return;
		look(c, now);
	}
}

void ksrtp_call_sweep(struct ksrtp_edge *edge)
{
	uint64_t now = ksrtp_edge_now(edge);
	struct ksrtp_list *node, *tmp;
	struct ksrtp_call *c;
	bool silent;

	ksrtp_list_each(node, tmp, &edge->calls) {
		c = ksrtp_container(node, struct ksrtp_call, node);
		if (!c->answered)
			continue;
		silent = idle(edge, c, now);
		/* with a timer both parties say from time to time that the call lives */
		if (c->deadline && c->deadline <= now)
			ksrtp_call_destroy(edge, c, "session timer ran out");
		else if (!c->deadline && silent)
			ksrtp_call_destroy(edge, c, "no media");
	}
}
