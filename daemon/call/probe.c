// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes: OPTIONS outside a dialog, a request of our own (RFC 3261 section 11). Any answer but 503
 * says that its server is there; none until the next is due is a miss.
 *
 * Started by server.c, fed by the transaction layer and the transports; on the loop's thread.
 */
#include "daemon/call/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/random.h"
#include "daemon/call/server.h"

#define NAME	17	/* bytes of a tag, a branch or a Call-ID, NUL included */

static void attempt(struct ksrtp_server *server);

static void drop(struct ksrtp_probe *probe)
{
	if (probe->connect)
		ksrtp_net_cancel(probe->connect);
	if (probe->ct)
		ksrtp_ctrans_detach(probe->ct);
	probe->connect = NULL;
	probe->ct = NULL;
}

static void miss(struct ksrtp_server *server)
{
	server->probe.missed++;
	if (server->probe.missed >= server->side->down_after)
		ksrtp_server_mark(server, true);
}

static void on_response(void *ctx, struct ksrtp_ctrans *ct, const struct ksrtp_msg *msg)
{
	struct ksrtp_server *server = ctx;
	struct ksrtp_probe *probe = &server->probe;

	if (msg->status < 200)
		return;
	drop(probe);
	probe->answered++;
	probe->status = msg->status;
	probe->round = ksrtp_edge_now(server->edge) - probe->began;
	if (msg->status == 503)
		miss(server);
	else
		ksrtp_server_answers(server->edge, server->side, &probe->target);
}

static void on_failed(void *ctx, struct ksrtp_ctrans *ct, int err)
{
	struct ksrtp_server *server = ctx;

	drop(&server->probe);
	miss(server);
}

static void on_ended(void *ctx, struct ksrtp_ctrans *ct)
{
	struct ksrtp_server *server = ctx;

	server->probe.ct = NULL;
}

static const struct ksrtp_ctrans_user user = {
	.response = on_response,
	.failed = on_failed,
	.ended = on_ended,
};

static int write_request(const struct ksrtp_server *server, const struct ksrtp_hop *hop,
			 struct ksrtp_buf *out)
{
	const char *scheme = server->config->secure ? "sips" : "sip";
	char tag[NAME], branch[NAME], id[NAME], text[KSRTP_ADDR_TEXT], port[8] = "";
	struct ksrtp_addr via;

	if (ksrtp_random_text(tag, NAME) || ksrtp_random_text(branch, NAME) ||
	    ksrtp_random_text(id, NAME))
		return -EIO;
	ksrtp_net_via(server->edge->net, hop, &via);
	ksrtp_addr_format(&via, text, sizeof(text));
	if (server->config->port)
		snprintf(port, sizeof(port), ":%u", server->config->port);
	ksrtp_buf_printf(out, "OPTIONS %s:%s%s SIP/2.0\r\n", scheme, server->config->host, port);
	ksrtp_buf_printf(out, "Via: SIP/2.0/%s %s;branch=z9hG4bK%s;rport\r\n",
			 ksrtp_transport_name(hop->transport), text, branch);
	ksrtp_buf_printf(out, "From: <%s:%s>;tag=%s\r\nTo: <%s:%s%s>\r\n", scheme, text, tag,
			 scheme, server->config->host, port);
	ksrtp_buf_printf(out, "Call-ID: %s\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
			 "Content-Length: 0\r\n\r\n", id);
	return out->err;
}

static void send_probe(struct ksrtp_server *server, const struct ksrtp_hop *hop)
{
	struct ksrtp_ctrans_args args = {
		.hop = hop,
		.hop_len = sizeof(*hop),
		.reliable = hop->transport != KSRTP_TRANSPORT_UDP,
		.user = &user,
		.ctx = server,
	};
	struct ksrtp_buf out;
	int err;

	ksrtp_buf_init(&out, 2048);
	err = write_request(server, hop, &out);
	args.bytes = ksrtp_buf_view(&out);
	if (!err)
		err = ksrtp_ctrans_create(server->edge->trans, &args, &server->probe.ct);
	/* what we lack ourselves says nothing of the server */
	if (err)
		server->probe.ct = NULL;
	ksrtp_buf_free(&out);
}

static void on_connect(void *ctx, int error, const struct ksrtp_hop *hop)
{
	struct ksrtp_server *server = ctx;
	struct ksrtp_probe *probe = &server->probe;

	probe->connect = NULL;
	if (!error) {
		send_probe(server, hop);
		return;
	}
	if (probe->target.speculative)
		ksrtp_dns_failed(server->edge->dns, &probe->target);
	probe->at++;
	attempt(server);
}

/* The targets of a server stand for one: whichever takes it. */
static void attempt(struct ksrtp_server *server)
{
	struct ksrtp_probe *probe = &server->probe;

	if (probe->at >= server->n) {
		miss(server);
		return;
	}
	probe->target = server->target[probe->at];
	probe->connect = ksrtp_net_connect(server->edge->net, &probe->target, on_connect, server);
}

static void on_timer(uv_timer_t *timer)
{
	struct ksrtp_server *server = timer->data;
	struct ksrtp_probe *probe = &server->probe;

	if (probe->connect || probe->ct) {
		drop(probe);
		miss(server);
	}
	probe->at = 0;
	probe->sent++;
	probe->began = ksrtp_edge_now(server->edge);
	attempt(server);
}

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

int ksrtp_probe_start(struct ksrtp_server *server)
{
	struct ksrtp_probe *probe = &server->probe;
	uint64_t every = server->side->probe * 1000ull;

	if (!every)
		return 0;
	probe->timer = malloc(sizeof(*probe->timer));
	if (!probe->timer)
		return -ENOMEM;
	uv_timer_init(&server->edge->loop->uv, probe->timer);
	probe->timer->data = server;
	uv_timer_start(probe->timer, on_timer, every, every);
	return 0;
}

void ksrtp_probe_stop(struct ksrtp_server *server)
{
	drop(&server->probe);
	if (server->probe.timer)
		uv_close((uv_handle_t *)server->probe.timer, free_timer);
	server->probe.timer = NULL;
}

void ksrtp_probe_now(struct ksrtp_server *server)
{
	uint64_t every = server->side->probe * 1000ull;

	if (server->probe.timer)
		uv_timer_start(server->probe.timer, on_timer, 0, every);
}
