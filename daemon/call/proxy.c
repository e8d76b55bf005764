// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A request on its way through us (RFC 3261 section 16, RFC 6026). Called by edge.c for every
 * request that no transaction knows, and by the transaction layer and the transports with what
 * becomes of it; on the loop's thread.
 *
 * Targets are tried one after the other. A proxy object lives until its transactions and its
 * connection attempt have ended.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/call/abuse.h"
#include "daemon/call/admit.h"
#include "daemon/call/back.h"
#include "daemon/call/binding.h"
#include "daemon/call/branch.h"
#include "daemon/call/contact.h"
#include "daemon/call/early.h"
#include "daemon/call/edit.h"
#include "daemon/call/fork.h"
#include "daemon/call/ladder.h"
#include "daemon/call/proxy.h"
#include "daemon/call/registrar.h"
#include "daemon/call/server.h"
#include "daemon/call/side.h"

#define RETRY_MAX	600	/* seconds of Retry-After that are believed */
#define CHALLENGES	16384	/* bytes of those that are put together */

static void attempt(struct ksrtp_proxy *p);
static void send_on(struct ksrtp_proxy *p);
static void settle(struct ksrtp_proxy *branch, uint16_t status);
static bool try_elsewhere(const struct ksrtp_proxy *p, uint16_t status);

static bool reliable(const struct ksrtp_hop *hop)
{
	return hop->transport != KSRTP_TRANSPORT_UDP;
}

/* Whose caller it is: of a branch its parent. */
static struct ksrtp_proxy *root(struct ksrtp_proxy *p)
{
	return p->parent ? p->parent : p;
}

/* The initial INVITE of a call, on its way to the callee. */
static bool initial_invite(const struct ksrtp_proxy *p)
{
	return p->call && p->msg.method_id == KSRTP_INVITE && !p->msg.to.tag.p;
}

void ksrtp_proxy_release(struct ksrtp_proxy *p)
{
	struct ksrtp_proxy *parent = p->parent;

	if (p->st || p->ct || p->connect || p->back || !ksrtp_list_empty(&p->branches))
		return;
	if (initial_invite(p))
		ksrtp_branch_over(p->edge, p->call);
	ksrtp_list_del(&p->node);
	if (parent)
		ksrtp_list_del(&p->branch);
	p->edge->held -= sizeof(*p) + p->n_bytes;
	if (p->counted)
		ksrtp_early_give(p->edge, &p->in.hop, KSRTP_EARLY_REQUEST);
	ksrtp_call_put(p->call);
	if (p->bytes)
		ksrtp_wipe(p->bytes, p->n_bytes);
	free(p->bytes);
	free(p->targets);
	free(p->others);
	free(p->uri);
	free(p->response);
	free(p->peer);
	ksrtp_buf_free(&p->challenges);
	free(p);
	if (parent)
		ksrtp_proxy_release(parent);
}

/* The call ended with this request, if @over says so. */
static void end_call(struct ksrtp_proxy *p, bool over)
{
	if (over && p->msg.method_id == KSRTP_BYE)
		ksrtp_call_destroy(p->edge, p->call, "hung up");
	else if (over)
		ksrtp_branch_end(p->edge, p->call, "not answered");
}

/* The best of what all contacts said. */
static void send_best(struct ksrtp_proxy *p)
{
	struct ksrtp_buf out;

	ksrtp_buf_init(&out, KSRTP_MSG_MAX);
	ksrtp_fork_best(p, &out);
	p->answered = true;
	ksrtp_back_send(p, out.err ? ksrtp_slice_of(p->response, p->n_response) :
				     ksrtp_buf_view(&out));
	ksrtp_buf_free(&out);
}

/* A request that nobody but us has seen: does it come from where that party of the call is? */
static bool from_party(const struct ksrtp_proxy *p)
{
	return ksrtp_addr_same_ip(&p->call->end[p->sender].hop.remote, &p->in.hop.remote);
}

static void send_answer(struct ksrtp_proxy *p, const struct ksrtp_answer *answer)
{
	struct ksrtp_buf out;

	ksrtp_buf_init(&out, KSRTP_MSG_MAX);
	if (!ksrtp_edge_response(p->edge, &p->msg, answer, &out))
		ksrtp_back_send(p, ksrtp_buf_view(&out));
	ksrtp_buf_free(&out);
}

static void refuse(struct ksrtp_proxy *p, uint16_t status, const char *reason,
		   struct slice headers)
{
	struct ksrtp_answer answer = { .status = status, .reason = reason, .headers = headers };

	if (p->answered || p->settled)
		return;
	if (p->parent) {
		ksrtp_fork_keep(p, status, (struct slice){ 0 });
	} else if (p->response && ksrtp_fork_better(p, status)) {
		send_best(p);
	} else {
		p->answered = true;
		p->edge->refused++;
		if (p->msg.method_id == KSRTP_ACK)
			return;
		send_answer(p, &answer);
	}
	if (p->call)
		end_call(p, ksrtp_call_failed(p->call, p->sender, &p->msg) && from_party(p));
	if (p->parent)
		settle(p, status);
}

/* ---- the server side */

static void on_cancelled(void *ctx, struct ksrtp_strans *st, const struct ksrtp_msg *msg)
{
	struct ksrtp_proxy *p = ctx;

	p->cancelled = true;
	if (p->pending) {
		ksrtp_fork_cancel(p, NULL);
		return;
	}
	if (p->ct) {
		ksrtp_ctrans_cancel(p->ct, (struct slice){ 0 });
		return;
	}
	if (p->connect) {
		ksrtp_net_cancel(p->connect);
		p->connect = NULL;
	}
	refuse(p, 487, NULL, (struct slice){ 0 });
}

static void on_server_failed(void *ctx, struct ksrtp_strans *st, int err)
{
	/* who asked is gone; what it asked for goes on until it ends by itself */
}

static void on_server_ended(void *ctx, struct ksrtp_strans *st)
{
	struct ksrtp_proxy *p = ctx;

	p->st = NULL;
	ksrtp_proxy_release(p);
}

static const struct ksrtp_strans_user server_user = {
	.cancelled = on_cancelled,
	.failed = on_server_failed,
	.ended = on_server_ended,
};

void ksrtp_proxy_forget(struct ksrtp_proxy *p)
{
	if (p->st)
		ksrtp_strans_detach(p->st);
	p->st = NULL;
}

/* ---- the client side */

/* Is there anywhere else to go? Then it is tried. */
static bool next_target(struct ksrtp_proxy *p)
{
	const struct ksrtp_binding *b;

	if (p->cancelled || p->answered)
		return false;
	if (p->to_core && p->target + 1 < p->n_targets) {
		p->target++;
		p->heard = false;
		attempt(p);
		return true;
	}
	while (!p->to_core && p->other < p->n_others) {
		b = ksrtp_binding_find(p->edge, p->others[p->other++]);
		if (!b || !b->confirmed || !ksrtp_net_alive(p->edge->net, &b->hop))
			continue;
		free(p->uri);
		p->uri = ksrtp_slice_dup(ksrtp_slice_str(b->uri));
		p->out.binding = b->id;
		p->out.side = ksrtp_side_phones(p->edge, &b->hop);
		p->out.hop = b->hop;
		if (!p->uri)
			return false;
		attempt(p);
		return true;
	}
	return false;
}

/* What answers 503 says so for all its transports: the next one is elsewhere. */
static void skip_host(struct ksrtp_proxy *p)
{
	while (p->to_core && p->target + 1 < p->n_targets &&
	       ksrtp_addr_same_ip(&p->targets[p->target].addr, &p->targets[p->target + 1].addr))
		p->target++;
}

/* Our part of it is over: another target may still answer. */
static void drop_client(struct ksrtp_proxy *p)
{
	if (p->ct)
		ksrtp_ctrans_detach(p->ct);
	p->ct = NULL;
}

/* All branches of a fork failed: contacts that are less preferred, or the best of the answers. */
static void give_up(struct ksrtp_proxy *p)
{
	if (p->answered)
		return;
	if (!p->cancelled && try_elsewhere(p, p->best) && p->other < p->n_others &&
	    !ksrtp_admit_call(p)) {
		if (next_target(p))
			return;
		end_call(p, true);
	}
	if (p->response)
		send_best(p);
	else
		refuse(p, p->best, NULL, (struct slice){ 0 });
}

/* A branch has its final response. The others need not ring after a 2xx or 6xx. */
static void settle(struct ksrtp_proxy *branch, uint16_t status)
{
	struct ksrtp_proxy *p = branch->parent;
	bool last = ksrtp_fork_settle(branch);

	if (last)
		give_up(p);
	else if (status / 100 == 2 || status / 100 == 6)
		ksrtp_fork_cancel(p, branch);
}

/*
 * What the core says of a phone's credentials. By a stream only: of a datagram the source may be
 * forged, and whether the core's nonce went there it alone knows. An old nonce is refused like a
 * wrong password, but then what follows is taken.
 */
static void note_credentials(struct ksrtp_proxy *p, uint16_t status)
{
	if (p->in.side->core || !p->to_core || !reliable(&p->in.hop) ||
	    !(ksrtp_msg_find(&p->msg, KSRTP_HDR_AUTHORIZATION) ||
	      ksrtp_msg_find(&p->msg, KSRTP_HDR_PROXY_AUTHORIZATION)))
		return;
	if (status == 401 || status == 403 || status == 407)
		ksrtp_abuse_offend(p->edge, &p->in.hop.remote);
	else if (status / 100 == 2)
		ksrtp_abuse_forgive(p->edge, &p->in.hop.remote);
}

static void pass_back(struct ksrtp_proxy *p, const struct ksrtp_msg *msg)
{
	struct ksrtp_buf out;
	const char *why = NULL;
	uint16_t status;
	bool over;

	if (initial_invite(p) && msg->status < 300 && ksrtp_branch_join(p->edge, &p->call, msg))
		return;
	ksrtp_buf_init(&out, KSRTP_MSG_MAX);
	status = ksrtp_edit_response(p, msg, &out, &why);
	if (status) {
		/* a provisional response that cannot pass is one less; the final one decides */
		if (msg->status >= 200)
			refuse(p, status, why, (struct slice){ 0 });
		ksrtp_buf_free(&out);
		return;
	}
	if (!p->in.side->core && msg->method_id == KSRTP_REGISTER &&
	    msg->status / 100 == 2)
		ksrtp_contact_registered(p->edge, &p->msg, &p->in.hop, msg);
	note_credentials(p, msg->status);
	over = p->call && ksrtp_call_response(p->edge, p->call, p->sender, msg);
	if (msg->status >= 300)
		ksrtp_fork_keep(p, msg->status, ksrtp_buf_view(&out));
	if (msg->status < 300)
		ksrtp_back_send(root(p), ksrtp_buf_view(&out));
	else if (!p->parent && p->response)
		send_best(p);
	else if (!p->parent)
		refuse(p, p->best, NULL, (struct slice){ 0 });
	root(p)->answered |= msg->status >= 200 && (!p->parent || msg->status < 300);
	if (over)
		end_call(p, true);
	if (p->parent && msg->status >= 200)
		settle(p, msg->status);
	if (out.p)
		ksrtp_wipe(out.p, out.n);
	ksrtp_buf_free(&out);
}

/* Does this final response leave hope that another target of the same user says yes? */
static bool try_elsewhere(const struct ksrtp_proxy *p, uint16_t status)
{
	/* a dialog is known to the server that has it and to no other */
	if (p->to_core)
		return status == 503 && !p->msg.to.tag.p;
	return status == 408 || status == 430 || status == 480 || status == 503;
}

/* What a peer takes is remembered, so that its next call begins there. */
static void remember_rung(struct ksrtp_proxy *p, const struct ksrtp_msg *msg)
{
	if (msg->status / 100 == 2)
		ksrtp_ladder_took(p->edge, &p->out, p->call->rung);
	else if (ksrtp_call_refuses_offer(msg->status))
		ksrtp_ladder_forget(p->edge, &p->out);
}

/* Does its core serve? A 503 says for how long it does not, or nothing (RFC 3261 21.5.4). */
static void note_answer(struct ksrtp_proxy *p, const struct ksrtp_msg *msg)
{
	uint32_t seconds;

	p->heard = true;
	if (!p->to_core)
		return;
	if (msg->status != 503)
		ksrtp_server_answers(p->edge, p->out.side, &p->targets[p->target]);
	else if (!ksrtp_msg_number(msg, KSRTP_HDR_RETRY_AFTER, &seconds))
		ksrtp_server_fails(p->edge, p->out.side, &p->targets[p->target],
				   seconds < RETRY_MAX ? seconds : RETRY_MAX);
}

/* Another contact is tried, but what this one said may stay the best. */
static void keep(struct ksrtp_proxy *p, const struct ksrtp_msg *msg)
{
	const char *why = NULL;
	struct ksrtp_buf out;

	ksrtp_buf_init(&out, KSRTP_MSG_MAX);
	/* a description would be an answer in a call that goes on elsewhere */
	if (!msg->body.n && !ksrtp_edit_response(p, msg, &out, &why))
		ksrtp_fork_keep(p, msg->status, ksrtp_buf_view(&out));
	ksrtp_buf_free(&out);
}

static void on_response(void *ctx, struct ksrtp_ctrans *ct, const struct ksrtp_msg *msg)
{
	struct ksrtp_proxy *p = ctx;

	note_answer(p, msg);
	if (msg->status == 100 || (p->answered && msg->status / 100 != 2) ||
	    (root(p)->answered && msg->status < 200))
		return;
	if (initial_invite(p))
		remember_rung(p, msg);
	if (initial_invite(p) && !root(p)->cancelled && !root(p)->answered &&
	    ksrtp_call_climb(p->edge, p->call, msg->status)) {
		drop_client(p);
		send_on(p);
		ksrtp_proxy_release(p);
		return;
	}
	if (msg->status >= 300 && try_elsewhere(p, msg->status)) {
		if (!p->to_core && p->other < p->n_others)
			keep(p, msg);
		drop_client(p);
		skip_host(p);
		if (next_target(p)) {
			ksrtp_proxy_release(p);
			return;
		}
	}
	pass_back(p, msg);
	ksrtp_proxy_release(p);
}

static void on_client_failed(void *ctx, struct ksrtp_ctrans *ct, int err)
{
	struct ksrtp_proxy *p = ctx;

	/* ended() would come next */
	drop_client(p);
	if (p->to_core && (!p->heard || err != -ETIMEDOUT))
		ksrtp_server_fails(p->edge, p->out.side, &p->targets[p->target],
				   KSRTP_SERVER_HOLD);
	/* who rang for too long is there: to ring elsewhere is not ours to decide */
	if ((p->to_core && p->heard && err == -ETIMEDOUT) || !next_target(p))
		refuse(p, root(p)->cancelled ? 487 : err == -ETIMEDOUT ? 408 : 503, NULL,
		       (struct slice){ 0 });
	ksrtp_proxy_release(p);
}

static void on_client_ended(void *ctx, struct ksrtp_ctrans *ct)
{
	struct ksrtp_proxy *p = ctx;

	p->ct = NULL;
	ksrtp_proxy_release(p);
}

static const struct ksrtp_ctrans_user client_user = {
	.response = on_response,
	.failed = on_client_failed,
	.ended = on_client_ended,
};

/* Send it to p->out.hop. */
static void send_on(struct ksrtp_proxy *p)
{
	struct ksrtp_ctrans_args args = {
		.hop = &p->out.hop,
		.hop_len = sizeof(p->out.hop),
		.reliable = reliable(&p->out.hop),
		.user = &client_user,
		.ctx = p,
	};
	struct ksrtp_buf out;
	const char *why = NULL;
	uint16_t status;
	int err = 0;

	/* a sips request goes by TLS or not at all (RFC 3261 section 26.2.2) */
	if (p->msg.uri.scheme == KSRTP_URI_SIPS && p->out.hop.transport != KSRTP_TRANSPORT_TLS) {
		refuse(p, 480, "TLS Not Available", (struct slice){ 0 });
		return;
	}
	if (p->call && !p->msg.to.tag.p)
		ksrtp_call_aim(p->edge, p->call, &p->out.hop, p->out.side);
	ksrtp_buf_init(&out, KSRTP_MSG_MAX);
	status = ksrtp_edit_request(p, &out, &why);
	if (!status) {
		args.bytes = ksrtp_buf_view(&out);
		if (p->msg.method_id == KSRTP_ACK)
			ksrtp_edge_send(p->edge, &p->out.hop, args.bytes);
		else
			err = ksrtp_ctrans_create(p->edge->trans, &args, &p->ct);
	}
	if (out.p)
		ksrtp_wipe(out.p, out.n);
	ksrtp_buf_free(&out);
	if (err) {
		p->ct = NULL;
		status = err == -ENOSPC ? 503 : 500;
	}
	if (status)
		refuse(p, status, why, (struct slice){ 0 });
}

/* Begin where this peer ended last time. */
static void begin_rung(struct ksrtp_proxy *p)
{
	if (initial_invite(p))
		p->call->rung = ksrtp_ladder_begin(p->edge, &p->out);
}

static void on_connect(void *ctx, int error, const struct ksrtp_hop *hop)
{
	struct ksrtp_proxy *p = ctx;
	const struct ksrtp_target *target = &p->targets[p->target];

	p->connect = NULL;
	if (!error) {
		p->out.hop = *hop;
		begin_rung(p);
		send_on(p);
	} else {
		if (target->speculative)
			ksrtp_dns_failed(p->edge->dns, target);
		ksrtp_server_fails(p->edge, p->out.side, target, KSRTP_SERVER_HOLD);
		ksrtp_server_refresh(p->edge, p->out.side);
		ksrtp_log_limited(p->edge->loop->log, target->speculative ? KSRTP_LOG_INFO :
				  KSRTP_LOG_WARNING, "core", "core %s by %s: %s", p->out.side->name,
				  ksrtp_transport_name(target->transport), strerror(-error));
		if (!next_target(p))
			refuse(p, 503, NULL, (struct slice){ 0 });
	}
	ksrtp_proxy_release(p);
}

/* All contacts that are preferred alike ring at once. */
static void ring_all(struct ksrtp_proxy *p)
{
	struct ksrtp_list *node, *tmp;
	struct ksrtp_proxy *branch;

	if (ksrtp_fork_create(p)) {
		refuse(p, 500, NULL, (struct slice){ 0 });
		return;
	}
	ksrtp_list_each(node, tmp, &p->branches) {
		branch = ksrtp_container(node, struct ksrtp_proxy, branch);
		attempt(branch);
		ksrtp_proxy_release(branch);
	}
}

static void attempt(struct ksrtp_proxy *p)
{
	if (p->other < p->n_equal && initial_invite(p)) {
		ring_all(p);
		return;
	}
	if (!p->to_core) {
		begin_rung(p);
		send_on(p);
		return;
	}
	p->connect = ksrtp_net_connect(p->edge->net, &p->targets[p->target], on_connect, p);
	if (!p->connect)
		refuse(p, 500, NULL, (struct slice){ 0 });
}

/* ---- a new request */

static void start(struct ksrtp_proxy *p)
{
	struct ksrtp_answer ok = { .status = 200 };
	struct ksrtp_buf headers;
	uint16_t status;

	if (p->edge->draining && ksrtp_admit_begins(p)) {
		refuse(p, 503, NULL, SLICE("Retry-After: 60\r\n"));
		return;
	}
	if (ksrtp_admit_registers(p)) {
		ksrtp_registrar_register(p->edge->registrar, p);
		return;
	}
	ksrtp_buf_init(&headers, 2048);
	status = ksrtp_admit_request(p, &headers);
	if (ksrtp_admit_asks_us(p)) {
		p->answered = true;
		ksrtp_edge_answer(p->edge, p->st, &p->in.hop, &p->msg, &ok);
	} else if (status) {
		if (status == 401 || status == 407)
			ksrtp_proxy_forget(p);
		refuse(p, status, NULL, ksrtp_buf_view(&headers));
	} else {
		attempt(p);
	}
	ksrtp_buf_free(&headers);
}

void ksrtp_proxy_request(struct ksrtp_edge *edge, const struct ksrtp_hop *hop,
			 const struct ksrtp_msg *msg)
{
	struct ksrtp_answer busy = { .status = 503, .headers = SLICE("Retry-After: 10\r\n") };
	const struct ksrtp_config_side *side = ksrtp_side_of(edge, hop);
	struct ksrtp_strans_args args = {
		.hop = hop,
		.hop_len = sizeof(*hop),
		.reliable = reliable(hop),
		.user = &server_user,
	};
	struct ksrtp_proxy *p = NULL;

	if (ksrtp_admit_room(edge, hop, msg, side))
		p = calloc(1, sizeof(*p));
	if (p)
		p->bytes = malloc(msg->raw.n);
	if (!p || !p->bytes || ksrtp_back_start(p, edge, hop)) {
		if (p)
			free(p->bytes);
		free(p);
		if (msg->method_id != KSRTP_ACK)
			ksrtp_edge_answer(edge, NULL, hop, msg, &busy);
		return;
	}
	memcpy(p->bytes, msg->raw.p, msg->raw.n);
	p->n_bytes = msg->raw.n;
	edge->held += sizeof(*p) + p->n_bytes;
	ksrtp_msg_parse(ksrtp_slice_of(p->bytes, p->n_bytes), &p->msg);
	p->edge = edge;
	p->in.side = side;
	p->in.hop = *hop;
	ksrtp_list_init(&p->branches);
	ksrtp_buf_init(&p->challenges, CHALLENGES);
	ksrtp_list_add(&edge->proxies, &p->node);
	args.msg = &p->msg;
	args.ctx = p;
	p->counted = !side->core && !ksrtp_early_take(edge, hop, KSRTP_EARLY_REQUEST);
	if (!side->core && !p->counted) {
		refuse(p, 503, NULL, (struct slice){ 0 });
	} else if (msg->method_id != KSRTP_ACK &&
		   ksrtp_strans_create(edge->trans, &args, &p->st)) {
		p->st = NULL;
		ksrtp_edge_answer(edge, NULL, hop, msg, &busy);
	} else {
		start(p);
	}
	ksrtp_proxy_release(p);
}

void ksrtp_proxy_abandon(struct ksrtp_edge *edge)
{
	struct ksrtp_list *node, *tmp;
	struct ksrtp_proxy *p;

	ksrtp_list_each(node, tmp, &edge->proxies) {
		p = ksrtp_container(node, struct ksrtp_proxy, node);
		if (p->st)
			ksrtp_strans_detach(p->st);
		if (p->connect)
			ksrtp_net_cancel(p->connect);
		ksrtp_back_stop(p);
		p->st = NULL;
		p->connect = NULL;
		drop_client(p);
		ksrtp_proxy_release(p);
	}
}
