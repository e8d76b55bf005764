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
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/call/call.h"
#include "daemon/call/early.h"
#include "daemon/call/side.h"
#include "daemon/sip/part.h"

#define LOOK_MS		30000			/* between two looks at a call's counters */
#define IDLE_MS		(15 * 60 * 1000)	/* so long without a packet: media is over */
#define BLIND_MS	(24 * 3600 * 1000)	/* ... where no packet passes us at all */
#define GRACE_MS	32000			/* 64*T1 after the session timer */

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
	err = ksrtp_hash_init(&edge->call_ids);
	if (err)
		ksrtp_early_fini(edge);
	return err;
}

void ksrtp_call_fini(struct ksrtp_edge *edge)
{
	struct ksrtp_list *node, *tmp;

	ksrtp_list_each(node, tmp, &edge->calls)
		ksrtp_call_destroy(edge, ksrtp_container(node, struct ksrtp_call, node),
				   "the daemon ends");
	ksrtp_hash_fini(&edge->call_ids);
	ksrtp_early_fini(edge);
}

/* It rings no more. */
static void end_early(struct ksrtp_edge *edge, struct ksrtp_call *call)
{
	if (call->early)
		ksrtp_early_give(edge, &call->end[0].hop.remote, KSRTP_EARLY_CALL);
	call->early = false;
}

/* How keys travel by a hop, and by the hops below it that a request names. */
static enum ksrtp_grade_path key_path(struct ksrtp_edge *edge, const struct ksrtp_hop *hop,
				      const struct ksrtp_msg *req)
{
	static const enum ksrtp_grade_path path[] = {
		[KSRTP_PEER_CLEAR] = KSRTP_GRADE_EXPOSED,
		[KSRTP_PEER_UNAUTHENTICATED] = KSRTP_GRADE_TLS,
		[KSRTP_PEER_TOFU] = KSRTP_GRADE_TOFU,
		[KSRTP_PEER_DOMAIN] = KSRTP_GRADE_RFC5922,
	};
	struct ksrtp_net_peer peer;
	struct ksrtp_cursor vias;
	struct ksrtp_via via;
	struct slice value;

	if (req) {
		vias = ksrtp_msg_walk(req, KSRTP_HDR_VIA);
		while (ksrtp_msg_next(&vias, &value))
			if (ksrtp_hdr_via(value, &via) || !ksrtp_slice_is(via.transport, "TLS"))
				return KSRTP_GRADE_EXPOSED;
	}
	return ksrtp_net_peer(edge->net, hop, &peer) ? KSRTP_GRADE_EXPOSED : path[peer.identity];
}

static void free_call(struct ksrtp_call *call)
{
	free(call->call_id);
	free(call->end[0].tag);
	free(call->end[1].tag);
	free(call);
}

int ksrtp_call_create(struct ksrtp_edge *edge, const struct ksrtp_msg *msg,
		      const struct ksrtp_hop *hop, enum ksrtp_side side, struct ksrtp_call **call)
{
	struct ksrtp_call *c;
	int err;

	if (edge->n_calls >= KSRTP_EDGE_CALLS)
		return -ENOSPC;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->call_id = ksrtp_slice_dup(msg->call_id);
	c->end[0].tag = ksrtp_slice_dup(msg->from.tag.p ? msg->from.tag : SLICE(""));
	err = c->call_id && c->end[0].tag ? 0 : -ENOMEM;
	if (!err && side == KSRTP_SIDE_PHONES)
		err = ksrtp_early_take(edge, &hop->remote, KSRTP_EARLY_CALL);
	if (err) {
		free_call(c);
		return err;
	}
	c->early = side == KSRTP_SIDE_PHONES;
	c->number = ++edge->last_call;
	c->since = c->looked = c->moved = ksrtp_edge_now(edge);
	c->end[0].side = side;
	c->end[0].hop = *hop;
	c->end[0].path = key_path(edge, hop, msg);
	ksrtp_hash_insert(&edge->call_ids, &c->by_id,
			  ksrtp_hash_bytes(&edge->call_ids, msg->call_id.p, msg->call_id.n));
	ksrtp_list_add(&edge->calls, &c->node);
	edge->n_calls++;
	*call = c;
	return 0;
}

static bool has_tag(const struct ksrtp_call *call, unsigned int end, struct slice tag)
{
	return call->end[end].tag && ksrtp_slice_equal(ksrtp_slice_str(call->end[end].tag), tag);
}

struct ksrtp_call *ksrtp_call_find(const struct ksrtp_edge *edge, const struct ksrtp_msg *msg,
				   enum ksrtp_side side, unsigned int *sender)
{
	struct slice id = msg->call_id;
	struct ksrtp_hash_node *node;
	struct ksrtp_call *c;
	unsigned int i;

	node = ksrtp_hash_first(&edge->call_ids, ksrtp_hash_bytes(&edge->call_ids, id.p, id.n));
	for (c = from_id(node); c; c = from_id(ksrtp_hash_next(&c->by_id))) {
		if (!ksrtp_slice_equal(ksrtp_slice_str(c->call_id), id))
			continue;
		for (i = 0; i < 2; i++) {
			if (c->end[i].side != side || !has_tag(c, i, msg->from.tag))
				continue;
			/* an early dialog of another branch may have another tag */
			if (!has_tag(c, 1 - i, msg->to.tag) && (i || c->answered))
				continue;
			*sender = i;
			return c;
		}
	}
	return NULL;
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

/* What is offered, from the first rung on, where a side prefers SRTP. */
static const enum ksrtp_offer_srtp ladder[] = {
	KSRTP_OFFER_OSRTP, KSRTP_OFFER_SAVP, KSRTP_OFFER_PLAIN,
};

static enum ksrtp_config_srtp wish_of(const struct ksrtp_edge *edge, enum ksrtp_side side)
{
	return side == KSRTP_SIDE_CORE ? edge->config->core.srtp : edge->config->phones.srtp;
}

static enum ksrtp_offer_srtp srtp_policy(const struct ksrtp_edge *edge, enum ksrtp_side side,
					 unsigned int rung)
{
	switch (wish_of(edge, side)) {
	case KSRTP_SRTP_PREFER:
		break;
	case KSRTP_SRTP_REQUIRE:
		return KSRTP_OFFER_REQUIRE;
	case KSRTP_SRTP_PLAIN:
		return KSRTP_OFFER_PLAIN;
	}
	return ladder[rung];
}

static void policy_of(const struct ksrtp_edge *edge, const struct ksrtp_call *call,
		      unsigned int end, struct ksrtp_offer_policy *policy)
{
	enum ksrtp_side side = call->end[end].side;
	const struct ksrtp_config_sdes *sdes = side == KSRTP_SIDE_CORE ? &edge->config->core.sdes :
									 &edge->config->phones.sdes;

	memset(policy, 0, sizeof(*policy));
	policy->srtp = srtp_policy(edge, side, end ? call->rung : 0);
	policy->source = KSRTP_SOURCE_LATCH;
	memcpy(policy->suites, sdes->suite, sizeof(policy->suites));
}

static int make_offer(struct ksrtp_edge *edge, struct ksrtp_call *call)
{
	struct ksrtp_offer_policy policy[2];
	unsigned int i;
	int err;

	for (i = 0; i < 2; i++) {
		policy_of(edge, call, i, &policy[i]);
		err = local_address(edge, &call->end[i].hop, &policy[i].local);
		if (err)
			return err;
	}
	return ksrtp_offer_create(&call->offer, edge->media, call->call_id, policy);
}

void ksrtp_call_aim(struct ksrtp_edge *edge, struct ksrtp_call *call, const struct ksrtp_hop *hop,
		    enum ksrtp_side side)
{
	struct ksrtp_call_end *callee = &call->end[1];

	/* each target has ports and keys of its own: one must not hear what another is told */
	if (call->offer && !ksrtp_hop_equal(&callee->hop, hop)) {
		ksrtp_offer_destroy(call->offer);
		call->offer = NULL;
	}
	callee->side = side;
	callee->hop = *hop;
	callee->path = key_path(edge, hop, NULL);
}

bool ksrtp_call_climb(struct ksrtp_edge *edge, struct ksrtp_call *call, uint16_t status)
{
	if ((status != 488 && status != 415 && status != 606) || call->answered || !call->offer ||
	    wish_of(edge, call->end[1].side) != KSRTP_SRTP_PREFER ||
	    call->rung + 1 >= sizeof(ladder) / sizeof(*ladder))
		return false;
	/* ports and keys of its own: late packets of the first attempt must not be taken for it */
	ksrtp_offer_destroy(call->offer);
	call->offer = NULL;
	call->rung++;
	return true;
}

/* Signed or encrypted: not ours to edit; whatever it agrees on passes beside us. */
static int pass_sealed(struct ksrtp_edge *edge, struct ksrtp_call *call,
		       struct ksrtp_call_pass *pass)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (wish_of(edge, call->end[i].side) == KSRTP_SRTP_REQUIRE) {
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
	if (call->end[pass->sender].side == KSRTP_SIDE_PHONES)
		m.natted = pass->from->remote;
	ksrtp_buf_init(&out, KSRTP_MSG_MAX);
	err = ksrtp_offer_pass(call->offer, &m, &out, &pass->why);
	if (!err)
		err = out.err;
	if (!err)
		err = ksrtp_part_patch(list, msg, &part, ksrtp_buf_view(&out));
	if (out.p)
		ksrtp_wipe(out.p, out.n);
	ksrtp_buf_free(&out);
	return err;
}

static void learn_tag(struct ksrtp_call *call, struct slice tag, bool final)
{
	char *copy;

	if (!tag.p || (call->end[1].tag && !final) || has_tag(call, 1, tag))
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
		call->deadline = ksrtp_edge_now(edge) + seconds * 1000ull + GRACE_MS;
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
			end_early(edge, call);
		}
		start_timer(edge, call, msg);
	}
	return !call->answered && msg->method_id == KSRTP_INVITE;
}

bool ksrtp_call_failed(struct ksrtp_call *call, unsigned int sender, const struct ksrtp_msg *req)
{
	if (call->offer)
		ksrtp_offer_end(call->offer, sender, req->cseq.number, false);
	return req->method_id == KSRTP_BYE || (req->method_id == KSRTP_INVITE && !call->answered);
}

void ksrtp_call_total(const struct ksrtp_call *call, unsigned int end,
		      struct ksrtp_call_total *total)
{
	struct ksrtp_media_stats stats;
	struct ksrtp_offer_line line;
	struct ksrtp_grade grade;
	unsigned int i, n = call->offer ? ksrtp_offer_lines(call->offer) : 0;
	bool any = false;

	memset(total, 0, sizeof(*total));
	total->grade = ksrtp_grade_best();
	for (i = 0; i < n; i++) {
		ksrtp_offer_line(call->offer, i, &line);
		if (!line.active)
			continue;
		memset(&stats, 0, sizeof(stats));
		if (line.side[end].flow)
			ksrtp_media_flow_stats(line.side[end].flow, &stats);
		grade.promised = line.side[end].promised;
		grade.proved = ksrtp_grade_prove(grade.promised, &stats);
		grade.path = call->end[end].path;
		total->grade = ksrtp_grade_min(total->grade, grade);
		if (!total->suite)
			total->suite = line.side[end].suite;
		total->rx_packets += stats.rx_packets;
		total->rx_secure += stats.rx_secure;
		total->tx_packets += stats.tx_packets;
		total->tx_secure += stats.tx_secure;
		any = true;
	}
	if (!any)
		total->grade = (struct ksrtp_grade){ KSRTP_GRADE_NONE, KSRTP_GRADE_NONE,
						     call->end[end].path };
	if (call->sealed)
		total->grade.promised = total->grade.proved = KSRTP_GRADE_OPAQUE;
}

void ksrtp_call_destroy(struct ksrtp_edge *edge, struct ksrtp_call *call, const char *why)
{
	struct ksrtp_call_total total[2];
	char text[2][KSRTP_GRADE_TEXT];
	unsigned int i;

	if (call->over)
		return;
	for (i = 0; i < 2; i++) {
		ksrtp_call_total(call, i, &total[i]);
		ksrtp_grade_text(&total[i].grade, text[i], sizeof(text[i]));
	}
	if (call->answered)
		ksrtp_log_write(edge->loop->log, KSRTP_LOG_INFO,
				"call %" PRIu64 " ended after %" PRIu64 " s, %s; %s %s, %" PRIu64
				" packets in; %s %s, %" PRIu64 " packets in", call->number,
				(ksrtp_edge_now(edge) - call->since) / 1000, why,
				ksrtp_side_word(call->end[0].side), text[0], total[0].rx_packets,
				ksrtp_side_word(call->end[1].side), text[1], total[1].rx_packets);
	end_early(edge, call);
	ksrtp_hash_remove(&edge->call_ids, &call->by_id);
	ksrtp_list_del(&call->node);
	edge->n_calls--;
	ksrtp_offer_destroy(call->offer);
	call->offer = NULL;
	call->over = true;
	if (!call->users)
		free_call(call);
}

struct ksrtp_call *ksrtp_call_get(struct ksrtp_call *call)
{
	call->users++;
	return call;
}

void ksrtp_call_put(struct ksrtp_call *call)
{
	if (call && !--call->users && call->over)
		free_call(call);
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

/* Is anything said? Only flows that count packets can tell. */
static bool idle(struct ksrtp_call *call, uint64_t now)
{
	struct ksrtp_call_total total[2];
	uint64_t packets;

	if (now - call->looked < LOOK_MS)
		return false;
	call->looked = now;
	ksrtp_call_total(call, 0, &total[0]);
	ksrtp_call_total(call, 1, &total[1]);
	packets = total[0].tx_packets + total[1].tx_packets;
	if (packets != call->packets)
		call->moved = now;
	call->packets = packets;
	return now - call->moved >= (relayed(call) ? IDLE_MS : BLIND_MS);
}

void ksrtp_call_sweep(struct ksrtp_edge *edge)
{
	uint64_t now = ksrtp_edge_now(edge);
	struct ksrtp_list *node, *tmp;
	struct ksrtp_call *c;

	ksrtp_list_each(node, tmp, &edge->calls) {
		c = ksrtp_container(node, struct ksrtp_call, node);
		if (!c->answered)
			continue;
		if (c->deadline && c->deadline <= now)
			ksrtp_call_destroy(edge, c, "session timer ran out");
		else if (idle(c, now))
			ksrtp_call_destroy(edge, c, "no media");
	}
}
