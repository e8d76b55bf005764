// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands "connections" and "peers" of the control socket, and the same as numbers. Called by
 * main; loop thread.
 */
#include "daemon/ctl/transports.h"

static json_t *describe(struct ksrtp_net *net, const struct ksrtp_net_row *row)
{
	char local[KSRTP_ADDR_TEXT], remote[KSRTP_ADDR_TEXT];
	struct ksrtp_net_peer peer;
	json_t *o = json_pack("{s:s,s:s}", "transport", ksrtp_transport_name(row->hop.transport),
			      "local", ksrtp_addr_format(&row->hop.local, local, sizeof(local)));

	if (!row->listener && !ksrtp_net_peer(net, &row->hop, &peer)) {
		json_object_set_new(o, "remote", json_string(
			ksrtp_addr_format(&row->hop.remote, remote, sizeof(remote))));
		json_object_set_new(o, "inbound", json_boolean(peer.inbound));
		json_object_set_new(o, "queued", json_integer((json_int_t)row->queued));
	}
	if (!row->listener || row->hop.transport == KSRTP_TRANSPORT_UDP) {
		json_object_set_new(o, "age", json_integer((json_int_t)(row->age / 1000)));
		json_object_set_new(o, "idle", json_integer((json_int_t)(row->idle / 1000)));
		json_object_set_new(o, "messages", json_pack("{s:I,s:I}",
							     "in", (json_int_t)row->in,
							     "out", (json_int_t)row->out));
	}
	return o;
}

struct walk {
	struct ksrtp_net *net;
	json_t *list;
};

static void add_connection(void *arg, const struct ksrtp_net_row *row)
{
	struct walk *walk = arg;

	json_array_append_new(walk->list, describe(walk->net, row));
}

static void add_peer(void *arg, const struct ksrtp_net_row *row)
{
	static const char *const identity[] = {
		[KSRTP_PEER_CLEAR] = "clear",
		[KSRTP_PEER_UNAUTHENTICATED] = "unauthenticated",
		[KSRTP_PEER_TOFU] = "known",
		[KSRTP_PEER_DOMAIN] = "domain",
		[KSRTP_PEER_DANE] = "dane",
	};
	struct walk *walk = arg;
	struct ksrtp_net_peer peer;
	json_t *o;

	if (row->listener || row->hop.transport != KSRTP_TRANSPORT_TLS ||
	    ksrtp_net_peer(walk->net, &row->hop, &peer))
		return;
	o = describe(walk->net, row);
	json_object_set_new(o, "version", json_string(peer.version));
	json_object_set_new(o, "cipher", json_string(peer.cipher));
	json_object_set_new(o, "identity", json_string(identity[peer.identity]));
	if (*peer.name)
		json_object_set_new(o, "name", json_string(peer.name));
	if (*peer.problem)
		json_object_set_new(o, "problem", json_string(peer.problem));
	json_array_append_new(walk->list, o);
}

static json_t *connections(void *net, const json_t *request, const char **error)
{
	struct walk walk = { net, json_array() };

	(void)request;
	(void)error;
	ksrtp_net_each(net, add_connection, &walk);
	return walk.list;
}

static json_t *peers(void *net, const json_t *request, const char **error)
{
	struct walk walk = { net, json_array() };

	(void)request;
	(void)error;
	ksrtp_net_each(net, add_peer, &walk);
	return walk.list;
}

int ksrtp_transports_add(struct ksrtp_ctl *ctl, struct ksrtp_net *net)
{
	int err = ksrtp_ctl_add(ctl, "connections", connections, net);

	return err ? err : ksrtp_ctl_add(ctl, "peers", peers, net);
}

struct tally {
	struct ksrtp_net *net;
	unsigned long n[KSRTP_TRANSPORT_TLS + 1][2];
};

static void count(void *arg, const struct ksrtp_net_row *row)
{
	struct tally *tally = arg;
	struct ksrtp_net_peer peer;

	if (!row->listener && !ksrtp_net_peer(tally->net, &row->hop, &peer))
		tally->n[row->hop.transport][peer.inbound]++;
}

void ksrtp_transports_figures(struct ksrtp_net *net, struct ksrtp_buf *out)
{
	static const enum ksrtp_transport streams[] = { KSRTP_TRANSPORT_TCP, KSRTP_TRANSPORT_TLS };
	static const char *const direction[] = { "out", "in" };
	struct tally tally = { .net = net };
	unsigned int i, way;

	ksrtp_net_each(net, count, &tally);
	ksrtp_buf_str(out, "# HELP ksrtp_connections SIP connections that stand.\n"
		      "# TYPE ksrtp_connections gauge\n");
	for (i = 0; i < 2; i++)
		for (way = 0; way < 2; way++)
			ksrtp_buf_printf(out, "ksrtp_connections{transport=\"%s\","
					 "direction=\"%s\"} %lu\n",
					 ksrtp_transport_name(streams[i]), direction[way],
					 tally.n[streams[i]][way]);
}
