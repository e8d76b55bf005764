// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel back end: a thin mapping onto the generic netlink family "ksrtp". Called by media.c
 * from the signalling thread; requests are synchronous and no thread of ours touches a packet.
 *
 * The sockets of the ports stay bound here, and deaf: what the module does not claim (STUN, DTLS,
 * strangers) is swallowed instead of answered by ICMP.
 */
#include "daemon/media/backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/random.h"
#include "daemon/media/endpoint.h"
#include "tools/lib/nl.h"

struct kernel_media {
	struct ksrtp_media base;
	struct ksrtp_nl *nl;
};

struct kernel_session {
	struct ksrtp_media_session base;
	u32 id;
};

struct kernel_flow {
	struct ksrtp_media_flow base;
	u32 id;
};

static struct ksrtp_nl *nl_of(const struct ksrtp_media_session *session)
{
	return ksrtp_container(session->media, struct kernel_media, base)->nl;
}

static u32 id_of(const struct ksrtp_media_flow *flow)
{
	return ksrtp_container(flow, struct kernel_flow, base)->id;
}

static int kernel_create(struct ksrtp_media **out, const struct ksrtp_config *config,
			 const char **failed)
{
	struct kernel_media *media = calloc(1, sizeof(*media));
	struct ksrtp_nl_stats stats;
	int err;

	*failed = "no memory";
	if (!media)
		return -ENOMEM;
	err = ksrtp_nl_open(&media->nl);
	*failed = err == -ENOENT ? "the module ksrtp is not loaded" :
				   "no generic netlink socket for the module";
	if (err)
		goto free_media;
	/* The family answers; may we use it? */
	err = ksrtp_nl_stats(media->nl, &stats);
	*failed = err == -EPERM ? "the module asks for CAP_NET_ADMIN" :
				  "the module refuses to answer";
	if (err)
		goto close_nl;
	snprintf(media->base.why, sizeof(media->base.why), "the module is loaded, %.63s",
		 stats.prim);
	*out = &media->base;
	return 0;

close_nl:
	ksrtp_nl_close(media->nl);
free_media:
	free(media);
	return err;
}

static void kernel_destroy(struct ksrtp_media *base)
{
	struct kernel_media *media = ksrtp_container(base, struct kernel_media, base);

	ksrtp_nl_close(media->nl);
	free(media);
}

static int kernel_session_create(struct ksrtp_media *base, const char *label,
				 struct ksrtp_media_session **out)
{
	struct kernel_media *media = ksrtp_container(base, struct kernel_media, base);
	struct kernel_session *session = calloc(1, sizeof(*session));
	struct ksrtp_nl_session s = { .id = 0 };
	int err;

	if (!session)
		return -ENOMEM;
	snprintf(s.label, sizeof(s.label), "%s", label ? label : "");
	err = ksrtp_random_bytes(s.cookie, sizeof(s.cookie));
	if (!err)
		err = ksrtp_nl_session_new(media->nl, &s);
	ksrtp_wipe(s.cookie, sizeof(s.cookie));
	if (err) {
		free(session);
		return err;
	}
	session->id = s.id;
	*out = &session->base;
	return 0;
}

static void kernel_session_destroy(struct ksrtp_media_session *base)
{
	struct kernel_session *session = ksrtp_container(base, struct kernel_session, base);

	/* It can only be refused because it is gone already: idle, or deleted by a person. */
	ksrtp_nl_session_del(nl_of(base), session->id);
	free(session);
}

static int kernel_flow_create(struct ksrtp_media_session *base, const struct ksrtp_ports_pair *pair,
			      struct ksrtp_media_flow **out)
{
	struct kernel_session *session = ksrtp_container(base, struct kernel_session, base);
	struct ksrtp_nl_flow f = { .session = session->id };
	struct kernel_flow *flow = calloc(1, sizeof(*flow));
	int err;

	if (!flow)
		return -ENOMEM;
	ksrtp_endpoint_from(&f.listen, &pair->addr);
	f.listen_rtcp = (u16)(f.listen.port + 1);
	err = ksrtp_ports_mute(pair);
	if (!err)
		err = ksrtp_nl_flow_new(nl_of(base), &f);
	if (err) {
		free(flow);
		return err;
	}
	flow->id = f.id;
	*out = &flow->base;
	return 0;
}

static void kernel_flow_destroy(struct ksrtp_media_flow *base)
{
	struct kernel_flow *flow = ksrtp_container(base, struct kernel_flow, base);

	/* As for the session. */
	ksrtp_nl_flow_del(nl_of(base->session), flow->id);
	free(flow);
}

static int kernel_flow_pair(struct ksrtp_media_flow *a, struct ksrtp_media_flow *b)
{
	return ksrtp_nl_flow_pair(nl_of(a->session), id_of(a), id_of(b));
}

static int kernel_flow_unpair(struct ksrtp_media_flow *flow)
{
	return ksrtp_nl_flow_pair(nl_of(flow->session), id_of(flow), 0);
}

static int kernel_flow_remote(struct ksrtp_media_flow *base)
{
	const struct ksrtp_media_remote *remote = &base->remote;
	struct ksrtp_nl_flow f = { .id = id_of(base), .source = remote->source };

	ksrtp_endpoint_from(&f.remote, &remote->rtp);
	if (!f.remote.port) {
		/* Hold is any address with port 0; an absent one would be "as before". */
		ksrtp_endpoint_from(&f.remote, &base->pair.addr);
		f.remote.port = 0;
	}
	ksrtp_endpoint_from(&f.natted, &remote->natted);
	/* The module takes twice one port for a remote that muxes, and 0 for the port above. */
	f.remote_rtcp = remote->mux ? f.remote.port : ksrtp_addr_port(&remote->rtcp);
	f.secure_rx = remote->secure_rx;
	f.secure_tx = remote->secure_tx;
	return ksrtp_nl_flow_set(nl_of(base->session), &f);
}

static int kernel_flow_stats(struct ksrtp_media_flow *base, struct ksrtp_media_stats *stats)
{
	struct ksrtp_nl_flow f;
	int err;

	err = ksrtp_nl_flow_get(nl_of(base->session), id_of(base), &f);
	if (err)
		return err;
	stats->rx_packets = f.stats.rx_packets;
	stats->rx_bytes = f.stats.rx_bytes;
	stats->rx_secure = f.stats.rx_secure;
	stats->tx_packets = f.stats.tx_packets;
	stats->tx_bytes = f.stats.tx_bytes;
	stats->tx_secure = f.stats.tx_secure;
	memcpy(stats->verdict, f.stats.verdict, sizeof(stats->verdict));
	stats->latched = f.latched;
	ksrtp_endpoint_to(&f.remote, &stats->remote);
	return 0;
}

/* What a dump of a flow's streams is boiled down to. */
struct kernel_quality {
	struct ksrtp_media_quality *out;
	u64 packets;
	u32 age;
};

static void each_stream(void *ctx, const struct ksrtp_nl_stream *s)
{
	struct kernel_quality *quality = ctx;
	struct ksrtp_media_quality *out = quality->out;

	if (s->heard && s->rtp_packets > quality->packets) {
		quality->packets = s->rtp_packets;
		out->heard = true;
		out->type = s->type;
		out->ssrc = s->ssrc;
		out->expected = s->expected;
		out->lost = s->lost;
		out->reordered = s->reordered;
		out->duplicates = s->duplicates;
		out->clock = s->clock;
		out->jitter_us = s->jitter;
	}
	if (s->reported && (!out->reported || s->far_age < quality->age)) {
		quality->age = s->far_age;
		out->reported = true;
		out->far_lost = s->far_lost;
		out->far_fraction = s->far_fraction;
		out->far_jittered = s->far_jittered;
		out->far_jitter_us = s->far_jitter;
		out->measured = s->measured;
		out->rtt_us = s->rtt;
	}
}

static int kernel_flow_quality(struct ksrtp_media_flow *base, struct ksrtp_media_quality *out)
{
	struct kernel_quality quality = { .out = out };
	int err = ksrtp_nl_streams(nl_of(base->session), id_of(base), each_stream, &quality);

	/* Somebody changed something while it was told: what was told is true all the same. */
	return err == -EINTR ? 0 : err;
}

static int kernel_key_add(struct ksrtp_media_flow *base, enum ksrtp_media_direction direction,
			  u32 id, const struct ksrtp_master *master)
{
	return ksrtp_nl_key_new(nl_of(base->session), id_of(base),
				(enum ksrtp_direction)direction, &id, master);
}

static int kernel_key_remove(struct ksrtp_media_flow *base, u32 id)
{
	return ksrtp_nl_key_del(nl_of(base->session), id_of(base), id);
}

const struct ksrtp_media_ops ksrtp_kernel_ops = {
	.name = "kernel",
	.create = kernel_create,
	.destroy = kernel_destroy,
	.session_create = kernel_session_create,
	.session_destroy = kernel_session_destroy,
	.flow_create = kernel_flow_create,
	.flow_destroy = kernel_flow_destroy,
	.flow_pair = kernel_flow_pair,
	.flow_unpair = kernel_flow_unpair,
	.flow_remote = kernel_flow_remote,
	.flow_stats = kernel_flow_stats,
	.flow_quality = kernel_flow_quality,
	.key_add = kernel_key_add,
	.key_remove = kernel_key_remove,
};
