// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The edge: takes messages from the transports, feeds the transaction layer, and hands new requests
 * to proxy.c. Created by the daemon's main; everything runs on the loop's thread. RFC 3261
 * sections 8.2.6, 16.3, 18; RFC 3581.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/file.h"
#include "daemon/base/random.h"
#include "daemon/call/abuse.h"
#include "daemon/call/binding.h"
#include "daemon/call/call.h"
#include "daemon/call/keep.h"
#include "daemon/call/ledger.h"
#include "daemon/call/proxy.h"
#include "daemon/call/registrar.h"
#include "daemon/call/report.h"
#include "daemon/call/server.h"
#include "daemon/call/side.h"
#include "daemon/call/trace.h"
#include "daemon/call/store.h"
#include "daemon/sip/build.h"
#include "daemon/sip/lex.h"
#include "daemon/sip/patch.h"

#define SWEEP_MS	5000
#define REFRESH_MS	250

/* ---- what others here need */

static bool names_us(const struct ksrtp_edge *edge, struct slice host)
{
	size_t i;

	for (i = 0; i < edge->config->n_domain; i++)
		if (ksrtp_slice_is(host, edge->config->domain[i]))
			return true;
	return false;
}

bool ksrtp_edge_is_domain(struct ksrtp_edge *edge, const struct ksrtp_uri *uri)
{
	struct ksrtp_addr addr;

	if (uri->scheme != KSRTP_URI_SIP && uri->scheme != KSRTP_URI_SIPS)
		return false;
	if (names_us(edge, uri->host))
		return true;
	return !ksrtp_addr_parse(&addr, uri->host.p, uri->host.n) &&
	       ksrtp_host_owns(edge->host, &addr);
}

bool ksrtp_edge_is_self(struct ksrtp_edge *edge, const struct ksrtp_uri *uri)
{
	static const enum ksrtp_transport each[] = {
		KSRTP_TRANSPORT_UDP, KSRTP_TRANSPORT_TCP, KSRTP_TRANSPORT_TLS,
	};
	struct ksrtp_addr addr;
	size_t i;

	if (!ksrtp_edge_is_domain(edge, uri))
		return false;
	if (!uri->port || ksrtp_addr_parse(&addr, uri->host.p, uri->host.n))
		return true;
	ksrtp_addr_set_port(&addr, uri->port);
	for (i = 0; i < sizeof(each) / sizeof(*each); i++)
		if (ksrtp_net_listens(edge->net, each[i], &addr))
			return true;
	return false;
}

int ksrtp_edge_send(struct ksrtp_edge *edge, const struct ksrtp_hop *hop, struct slice message)
{
	ksrtp_trace_note(edge, hop, false, message);
	return ksrtp_net_send(edge->net, hop, message.p, message.n);
}

int ksrtp_edge_response(struct ksrtp_edge *edge, const struct ksrtp_msg *msg,
			const struct ksrtp_answer *answer, struct ksrtp_buf *out)
{
	struct ksrtp_reply reply = {
		.status = answer->status,
		.reason = answer->reason,
		.headers = answer->headers,
	};
	char tag[KSRTP_TRANS_TAG];

	ksrtp_trans_tag(edge->trans, msg, tag);
	reply.to_tag = ksrtp_slice_str(tag);
	return ksrtp_build_response(msg, &reply, out);
}

void ksrtp_edge_answer(struct ksrtp_edge *edge, struct ksrtp_strans *st,
		       const struct ksrtp_hop *hop, const struct ksrtp_msg *msg,
		       const struct ksrtp_answer *answer)
{
	struct ksrtp_buf out;

	ksrtp_buf_init(&out, KSRTP_MSG_MAX);
	if (!ksrtp_edge_response(edge, msg, answer, &out)) {
		if (st)
			ksrtp_strans_reply(st, ksrtp_buf_view(&out));
		else
			ksrtp_edge_send(edge, hop, ksrtp_buf_view(&out));
	}
	ksrtp_buf_free(&out);
}

/* ---- messages */

static void take_request(struct ksrtp_edge *edge, const struct ksrtp_hop *hop,
			 const struct ksrtp_msg *msg)
{
	struct ksrtp_answer unknown = { .status = 481 };

	edge->requests++;
	if (ksrtp_lex_find_param(msg->via.params, "alias", NULL))
		ksrtp_net_alias(edge->net, hop, msg->via.port ? msg->via.port :
				ksrtp_transport_port(KSRTP_TRANSPORT_TLS));
	if (ksrtp_trans_input(edge->trans, msg, hop, sizeof(*hop)) != KSRTP_TRANS_NEW)
		return;
	if (msg->method_id == KSRTP_CANCEL)
		ksrtp_edge_answer(edge, NULL, hop, msg, &unknown);
	else
		ksrtp_proxy_request(edge, hop, msg);
}

/* With received and rport filled in, so that all answers and copies have them. */
static void note_source(struct ksrtp_edge *edge, const struct ksrtp_hop *hop,
			const struct ksrtp_msg *msg)
{
	uint16_t port = ksrtp_addr_port(&hop->remote);
	char host[KSRTP_ADDR_TEXT];
	struct ksrtp_splice list;
	struct ksrtp_msg noted;
	struct ksrtp_buf out;

	ksrtp_addr_ip(&hop->remote, host, sizeof(host));
	if (!ksrtp_patch_via_source_due(msg, ksrtp_slice_str(host), port)) {
		take_request(edge, hop, msg);
		return;
	}
	ksrtp_splice_init(&list, msg->raw);
	ksrtp_buf_init(&out, KSRTP_MSG_MAX);
	ksrtp_patch_via_source(&list, msg, ksrtp_slice_str(host), port);
	if (!ksrtp_splice_apply(&list, &out) && !ksrtp_msg_parse(ksrtp_buf_view(&out), &noted))
		take_request(edge, hop, &noted);
	ksrtp_splice_destroy(&list);
	ksrtp_buf_free(&out);
}

static void on_message(void *ctx, const struct ksrtp_hop *hop, const char *data, size_t n)
{
	struct ksrtp_edge *edge = ctx;
	struct slice raw = ksrtp_slice_of(data, n);
	struct ksrtp_answer bad;
	struct ksrtp_msg msg;

	ksrtp_trace_note(edge, hop, true, raw);
	if (ksrtp_msg_parse(raw, &msg)) {
		edge->malformed++;
		bad = (struct ksrtp_answer){ .status = msg.fault_status, .reason = msg.fault };
		if (msg.answerable)
			ksrtp_edge_answer(edge, NULL, hop, &msg, &bad);
		return;
	}
	if (msg.request)
		note_source(edge, hop, &msg);
	else
		ksrtp_trans_input(edge->trans, &msg, hop, sizeof(*hop));
}

static bool same_connection(void *ctx, const void *hop, size_t hop_len)
{
	const struct ksrtp_hop *closed = ctx;
	struct ksrtp_hop other;

	if (hop_len != sizeof(other))
		return false;
	memcpy(&other, hop, sizeof(other));
	return other.conn && other.conn == closed->conn;
}

static void on_closed(void *ctx, const struct ksrtp_hop *hop, int error)
{
	struct ksrtp_edge *edge = ctx;
	struct ksrtp_hop closed = *hop;

	ksrtp_trans_broken(edge->trans, same_connection, &closed);
}

static ssize_t on_frame(const char *data, size_t n, size_t *scanned)
{
	struct ksrtp_frame frame = { .scanned = *scanned };

	switch (ksrtp_msg_frame(ksrtp_slice_of(data, n), false, &frame)) {
	case KSRTP_FRAME_MORE:
		*scanned = frame.scanned;
		return (ssize_t)frame.total; /* the head may be there and its body not */
	case KSRTP_FRAME_MESSAGE:
	case KSRTP_FRAME_PING:
	case KSRTP_FRAME_PONG:
		return (ssize_t)frame.used;
	case KSRTP_FRAME_BAD:
		break;
	}
	return -EBADMSG;
}

/* What can be answered gets its 400 before the connection closes. */
static void on_broken(void *ctx, const struct ksrtp_hop *hop, const char *data, size_t n)
{
	struct ksrtp_frame frame = { 0 };
	struct ksrtp_edge *edge = ctx;
	struct ksrtp_answer bad = { .status = 400 };
	struct ksrtp_msg msg;

	edge->malformed++;
	if (ksrtp_msg_frame(ksrtp_slice_of(data, n), false, &frame) != KSRTP_FRAME_BAD ||
	    !frame.used)
		return;
	/* As a datagram it may even be good. */
	ksrtp_msg_parse(ksrtp_slice_of(data, frame.used), &msg);
	if (!msg.answerable)
		return;
	bad.reason = frame.fault;
	ksrtp_edge_answer(edge, NULL, hop, &msg, &bad);
}

static size_t on_certificates(void *ctx, const struct ksrtp_hop *hop)
{
	return ksrtp_side_of(ctx, hop)->certificates;
}

static const struct ksrtp_net_ops net_ops = {
	.message = on_message,
	.closed = on_closed,
	.frame = on_frame,
	.broken = on_broken,
	.certificates = on_certificates,
};

/* ---- the transaction layer's world */

static int trans_send(void *ctx, const void *hop, size_t hop_len, struct slice bytes)
{
	struct ksrtp_edge *edge = ctx;
	struct ksrtp_hop to;

	if (hop_len != sizeof(to))
		return -EINVAL;
	memcpy(&to, hop, sizeof(to));
	return ksrtp_edge_send(edge, &to, bytes);
}

static uint64_t trans_now(void *ctx)
{
	return ksrtp_edge_now(ctx);
}

static void on_due(uv_timer_t *timer);

static void trans_due(void *ctx)
{
	struct ksrtp_edge *edge = ctx;
	uint64_t now, next;

	/* none yet, or no more: the layer is being created or destroyed */
	if (!edge->trans || !edge->due)
		return;
	now = ksrtp_edge_now(edge);
	next = ksrtp_trans_next(edge->trans);
	if (next == UINT64_MAX)
		uv_timer_stop(edge->due);
	else
		uv_timer_start(edge->due, on_due, next > now ? next - now : 0, 0);
}

static void on_due(uv_timer_t *timer)
{
	struct ksrtp_edge *edge = timer->data;

	ksrtp_trans_run(edge->trans);
	trans_due(edge);
}

static const struct ksrtp_trans_ops trans_ops = {
	.send = trans_send,
	.now = trans_now,
	.due = trans_due,
};

static void on_sweep(uv_timer_t *timer)
{
	struct ksrtp_edge *edge = timer->data;

	ksrtp_call_sweep(edge);
	ksrtp_binding_sweep(edge);
}

static void on_refresh(uv_timer_t *timer)
{
	ksrtp_call_refresh(timer->data);
}

/* ---- the token key */

static int token_key(struct ksrtp_edge *edge)
{
	const char *dir = edge->config->state_dir;
	char path[4096];
	int err;

	if (snprintf(path, sizeof(path), "%s/token.key", dir ? dir : ".") >= (int)sizeof(path))
		return -ENAMETOOLONG;
	err = ksrtp_file_secret(path, edge->secret, sizeof(edge->secret));
	if (err > 0)
		ksrtp_log_write(edge->loop->log, KSRTP_LOG_WARNING,
				"%s: %s; phones must register again after a restart", path,
				strerror(errno));
	return err < 0 ? err : 0;
}

/* ---- life */

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

static uv_timer_t *make_timer(struct ksrtp_edge *edge)
{
	uv_timer_t *timer = malloc(sizeof(*timer));

	if (!timer)
		return NULL;
	uv_timer_init(&edge->loop->uv, timer);
	timer->data = edge;
	return timer;
}

static void close_timer(uv_timer_t **timer)
{
	if (*timer)
		uv_close((uv_handle_t *)*timer, free_timer);
	*timer = NULL;
}

/* Without it everything works but for phones that do not register again soon enough. */
static void start_store(struct ksrtp_edge *edge)
{
	const char *dir = edge->config->state_dir;
	char path[4096];

	if (dir && snprintf(path, sizeof(path), "%s/bindings.db", dir) < (int)sizeof(path))
		(void)ksrtp_store_open(&edge->store, edge, path);
}

/* Without it calls go on as well; why it is not to be had stands in the log. */
static void start_ledger(struct ksrtp_edge *edge)
{
	if (edge->config->ledger && edge->config->state_dir)
		(void)ksrtp_ledger_open(&edge->ledger, edge->loop, edge->config->state_dir);
}

static int start_refresh(struct ksrtp_edge *edge)
{
	if (!edge->config->metrics_on)
		return 0;
	edge->refresh = make_timer(edge);
	if (!edge->refresh)
		return -ENOMEM;
	return uv_timer_start(edge->refresh, on_refresh, REFRESH_MS, REFRESH_MS);
}

static int start(struct ksrtp_edge *edge)
{
	static const struct ksrtp_trans_limits limits = {
		.servers = KSRTP_EDGE_SERVERS, .clients = KSRTP_EDGE_CLIENTS,
	};
	int err;

	edge->due = make_timer(edge);
	edge->sweep = make_timer(edge);
	if (!edge->due || !edge->sweep)
		return -ENOMEM;
	err = token_key(edge);
	if (!err)
		err = ksrtp_random_bytes(edge->key, sizeof(edge->key));
	if (!err)
		err = ksrtp_random_bytes(&edge->epoch, sizeof(edge->epoch));
	if (!err)
		err = ksrtp_trans_create(&trans_ops, edge, &limits, edge->key, &edge->trans);
	if (!err && ksrtp_config_has_registrar(edge->config))
		err = ksrtp_registrar_create(&edge->registrar, edge);
	if (!err)
		err = ksrtp_abuse_create(edge);
	if (!err)
		start_store(edge);
	if (!err)
		start_ledger(edge);
	if (!err)
		ksrtp_keep_start(edge);
	if (!err)
		err = ksrtp_server_start(edge);
	if (!err && edge->ctl)
		err = ksrtp_report_start(edge);
	if (!err)
		uv_timer_start(edge->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	return err ? err : start_refresh(edge);
}

int ksrtp_edge_create(struct ksrtp_edge **edge, const struct ksrtp_edge_setup *setup)
{
	struct ksrtp_edge *e = calloc(1, sizeof(*e));
	int err;

	if (!e)
		return -ENOMEM;
	e->loop = setup->loop;
	e->config = setup->config;
	e->net = setup->net;
	e->host = setup->host;
	e->dns = setup->dns;
	e->media = setup->media;
	e->ctl = setup->ctl;
	e->backend = setup->backend;
	e->started = ksrtp_edge_now(e);
	ksrtp_list_init(&e->proxies);
	err = ksrtp_binding_init(e);
	if (err)
		goto free_edge;
	err = ksrtp_call_init(e);
	if (err)
		goto free_bindings;
	err = start(e);
	if (err) {
		ksrtp_edge_destroy(e);
		return err;
	}
	ksrtp_net_handler(e->net, &net_ops, e);
	*edge = e;
	return 0;

free_bindings:
	ksrtp_binding_fini(e);
free_edge:
	free(e);
	return err;
}

bool ksrtp_edge_located(const struct ksrtp_edge *edge)
{
	return ksrtp_server_located(edge);
}

void ksrtp_edge_status(const struct ksrtp_edge *edge, char *text, size_t n)
{
	snprintf(text, n, "%s%s back end, %zu calls, %zu registrations",
		 edge->draining ? "draining; " : "", ksrtp_media_backend(edge->media),
		 edge->n_calls, edge->n_bindings);
}

void ksrtp_edge_leave(struct ksrtp_edge *edge)
{
	if (!edge->journal)
		return;
	edge->leaving = true;
	ksrtp_media_leave(edge->media);
	if (edge->n_calls)
		ksrtp_log_write(edge->loop->log, KSRTP_LOG_NOTICE,
				"%zu calls are left to the next process", edge->n_calls);
}

void ksrtp_edge_destroy(struct ksrtp_edge *edge)
{
	if (!edge)
		return;
	ksrtp_net_handler(edge->net, NULL, NULL);
	if (edge->ctl)
		ksrtp_report_stop(edge);
	ksrtp_server_stop(edge);
	ksrtp_proxy_abandon(edge);
	close_timer(&edge->due);
	close_timer(&edge->sweep);
	close_timer(&edge->refresh);
	ksrtp_trans_destroy(edge->trans);
	ksrtp_call_fini(edge);
	ksrtp_keep_stop(edge);
	ksrtp_ledger_close(edge->ledger);
	/* Before the bindings go: what stands on disk stays. */
	ksrtp_store_close(edge->store);
	edge->store = NULL;
	ksrtp_binding_fini(edge);
	ksrtp_registrar_destroy(edge->registrar);
	ksrtp_abuse_destroy(edge);
	ksrtp_trace_end(edge);
	ksrtp_wipe(edge->secret, sizeof(edge->secret));
	free(edge);
}
