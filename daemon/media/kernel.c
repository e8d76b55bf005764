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
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/random.h"
#include "daemon/config.h"
#include "daemon/media/endpoint.h"
#include "tools/lib/nl.h"

/* @cookie: shows that a session is ours, also when an earlier process made it */
struct kernel_media {
	struct ksrtp_media base;
	struct ksrtp_nl *nl;
	u8 cookie[KSRTP_COOKIE_LEN];
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

/*
 * The cookie of all our sessions. It lies beside the journal of calls and is no key: who can show
 * it must have CAP_NET_ADMIN, which would delete the sessions without it.
 */
static int own_cookie(const struct ksrtp_config *config, u8 cookie[KSRTP_COOKIE_LEN])
{
	char path[PATH_MAX];
	int fd, err;
	bool got;

	if (!config->runtime_dir || (size_t)snprintf(path, sizeof(path), "%s/owner",
						     config->runtime_dir) >= sizeof(path))
		return ksrtp_random_bytes(cookie, KSRTP_COOKIE_LEN);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	got = fd >= 0 && read(fd, cookie, KSRTP_COOKIE_LEN) == KSRTP_COOKIE_LEN;
	err = got ? 0 : ksrtp_random_bytes(cookie, KSRTP_COOKIE_LEN);
	/* One that cannot be kept serves as well, until this process ends. */
	if (!got && !err && fd >= 0 && pwrite(fd, cookie, KSRTP_COOKIE_LEN, 0) < 0)
		(void)unlink(path);
	if (fd >= 0)
		close(fd);
	return err;
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
	err = own_cookie(config, media->cookie);
	*failed = "no randomness";
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
	memcpy(s.cookie, media->cookie, sizeof(s.cookie));
	err = ksrtp_nl_session_new(media->nl, &s);
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
	if (!base->media->leaving)
		ksrtp_nl_session_del(nl_of(base), session->id);
	free(session);
}

static int kernel_flow_create(struct ksrtp_media_session *base, const struct ksrtp_ports_pair *pair,
			      enum ksrtp_media_kind kind, struct ksrtp_media_flow **out)
{
	struct kernel_session *session = ksrtp_container(base, struct kernel_session, base);
	struct ksrtp_nl_flow f = { .session = session->id, .raw = kind == KSRTP_MEDIA_RAW };
	struct kernel_flow *flow = calloc(1, sizeof(*flow));
	int err;

	if (!flow)
		return -ENOMEM;
	ksrtp_endpoint_from(&f.listen, &pair->addr);
	f.listen_rtcp = f.raw ? 0 : (u16)(f.listen.port + 1);
	err = ksrtp_ports_mute(pair);
	if (!err)
		err = ksrtp_nl_flow_new(nl_of(base), &f);
	if (err) {
		free(flow);
		return err;
	}
	flow->id = f.id;
	flow->base.kind = kind;
	*out = &flow->base;
	return 0;
}

static void kernel_flow_destroy(struct ksrtp_media_flow *base)
{
	struct kernel_flow *flow = ksrtp_container(base, struct kernel_flow, base);

	/* As for the session. */
	if (!base->session->media->leaving)
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

/* ---- over the end of the process ---- */

static u32 kernel_session_name(const struct ksrtp_media_session *base)
{
	return ksrtp_container(base, struct kernel_session, base)->id;
}

static int kernel_session_adopt(struct ksrtp_media *base, u32 name,
				struct ksrtp_media_session **out)
{
	struct kernel_media *media = ksrtp_container(base, struct kernel_media, base);
	struct ksrtp_nl_session s = { .id = name };
	struct kernel_session *session = calloc(1, sizeof(*session));
	int err;

	if (!session)
		return -ENOMEM;
	memcpy(s.cookie, media->cookie, sizeof(s.cookie));
	err = ksrtp_nl_session_set(media->nl, &s);
	if (!err)
		err = ksrtp_nl_session_get(media->nl, name, &s);
	/* Its time was over while nobody looked: it only drops. */
	if (!err && s.guard)
		err = -ESTALE;
	if (err) {
		free(session);
		return err;
	}
	session->id = name;
	*out = &session->base;
	return 0;
}

static int kernel_flow_adopt(struct ksrtp_media_session *base,
			     const struct ksrtp_media_adopted *from, struct ksrtp_media_flow **out,
			     u32 *peer)
{
	struct kernel_session *session = ksrtp_container(base, struct kernel_session, base);
	struct ksrtp_endpoint listen;
	struct kernel_flow *flow;
	struct ksrtp_nl_flow f;
	unsigned int i;
	int err;

	err = ksrtp_nl_flow_get(nl_of(base), from->id, &f);
	if (err)
		return err;
	ksrtp_endpoint_from(&listen, &from->pair->addr);
	if (f.session != session->id || !ksrtp_endpoint_equal(&f.listen, &listen))
		return -ENOENT;
	err = ksrtp_ports_mute(from->pair);
	if (err)
		return err;
	flow = calloc(1, sizeof(*flow));
	if (!flow)
		return -ENOMEM;
	flow->id = from->id;
	flow->base.kind = f.raw ? KSRTP_MEDIA_RAW : KSRTP_MEDIA_RTP;
	for (i = 0; i < f.keys && i < KSRTP_MEDIA_KEYS; i++) {
		from->keys->key[i].id = f.key[i].id;
		from->keys->key[i].direction = f.key[i].direction;
	}
	*peer = f.peer;
	*out = &flow->base;
	return 0;
}

/* ids out of a dump, to be looked at when the dump is over; @cut: there was no memory for all */
struct id_list {
	u32 *id;
	size_t n, room;
	bool cut;
};

static void add_id(struct id_list *list, u32 id)
{
	size_t room = list->room ? 2 * list->room : 256;
	u32 *more;

	if (list->n == list->room) {
		more = realloc(list->id, room * sizeof(*more));
		if (!more) {
			list->cut = true;
			return;
		}
		list->id = more;
		list->room = room;
	}
	list->id[list->n++] = id;
}

static void each_session(void *ctx, const struct ksrtp_nl_session *s)
{
	/* One that somebody owns is ours by now, or was never. */
	if (s->orphan || s->guard)
		add_id(ctx, s->id);
}

static int compare_ids(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return (x > y) - (x < y);
}

static bool has_id(const struct id_list *list, u32 id)
{
	return list->n && bsearch(&id, list->id, list->n, sizeof(id), compare_ids);
}

/* @sessions, @flows: ours, sorted; @doomed: flows of those sessions that are not ours */
struct flow_walk {
	struct id_list sessions, flows, doomed;
};

static void each_flow(void *ctx, const struct ksrtp_nl_flow *f)
{
	struct flow_walk *walk = ctx;

	if (has_id(&walk->sessions, f->session) && !has_id(&walk->flows, f->id))
		add_id(&walk->doomed, f->id);
}

static void add_own(struct flow_walk *walk, const struct ksrtp_media_session *session)
{
	struct ksrtp_list *node, *tmp;

	add_id(&walk->sessions, kernel_session_name(session));
	ksrtp_list_each(node, tmp, &session->flows)
		add_id(&walk->flows, id_of(ksrtp_container(node, struct ksrtp_media_flow, node)));
}

/* What an exchange under way had opened when its process ended. */
static void forget_flows(struct kernel_media *media)
{
	struct flow_walk walk = { 0 };
	struct ksrtp_list *node, *tmp;
	size_t i;

	ksrtp_list_each(node, tmp, &media->base.sessions)
		add_own(&walk, ksrtp_container(node, struct ksrtp_media_session, node));
	if (walk.sessions.n)
		qsort(walk.sessions.id, walk.sessions.n, sizeof(u32), compare_ids);
	if (walk.flows.n)
		qsort(walk.flows.id, walk.flows.n, sizeof(u32), compare_ids);
	while (ksrtp_nl_flows(media->nl, 0, each_flow, &walk) == -EINTR)
		walk.doomed.n = 0;
	/* A flow of ours that is missing in its list would look like one of nobody's. */
	for (i = 0; i < walk.doomed.n && !walk.flows.cut; i++)
		ksrtp_nl_flow_del(media->nl, walk.doomed.id[i]);
	free(walk.sessions.id);
	free(walk.flows.id);
	free(walk.doomed.id);
}

static unsigned int kernel_forget(struct ksrtp_media *base)
{
	struct kernel_media *media = ksrtp_container(base, struct kernel_media, base);
	struct id_list sessions = { 0 };
	unsigned int ended = 0;
	size_t i;

	forget_flows(media);
	while (ksrtp_nl_sessions(media->nl, each_session, &sessions) == -EINTR)
		sessions.n = 0;
	for (i = 0; i < sessions.n; i++) {
		struct ksrtp_nl_session s = { .id = sessions.id[i] };

		memcpy(s.cookie, media->cookie, sizeof(s.cookie));
		ended += !ksrtp_nl_session_set(media->nl, &s) &&
			 !ksrtp_nl_session_del(media->nl, s.id);
	}
	free(sessions.id);
	return ended;
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
	.session_name = kernel_session_name,
	.flow_name = id_of,
	.session_adopt = kernel_session_adopt,
	.flow_adopt = kernel_flow_adopt,
	.forget = kernel_forget,
};
