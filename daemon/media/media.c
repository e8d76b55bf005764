// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The front of the two back ends: which one it is, the lists of sessions and flows, the ports, and
 * the checks that both share. Called by daemon/call from the signalling thread; no lock here.
 */
#include "daemon/media/backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/config.h"
#include "daemon/log.h"
#include "daemon/net/loop.h"

#define FLOWS_IN_ROW	4	/* that a packet may leave this host by before it is truly away */

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

static int choose(struct ksrtp_media **out, const struct ksrtp_config *config, const char **failed)
{
	static const struct ksrtp_media_ops *const order[][2] = {
		[KSRTP_BACKEND_AUTO] = { &ksrtp_kernel_ops, &ksrtp_user_ops },
		[KSRTP_BACKEND_KERNEL] = { &ksrtp_kernel_ops },
		[KSRTP_BACKEND_USER] = { &ksrtp_user_ops },
	};
	const struct ksrtp_media_ops *const *ops = order[config->media.backend];
	struct ksrtp_media *media;
	const char *first = NULL;
	char own[sizeof(media->why)];
	int err;

	err = ops[0]->create(&media, config, failed);
	if (err && ops[1]) {
		first = *failed;
		ops++;
		err = ops[0]->create(&media, config, failed);
	}
	if (err)
		return err;
	media->ops = ops[0];
	memcpy(own, media->why, sizeof(own));
	snprintf(media->why, sizeof(media->why), "%s: %.120s%s%.120s", media->ops->name, own,
		 first ? "; not the kernel: " : "", first ? first : "");
	*out = media;
	return 0;
}

int ksrtp_media_create(struct ksrtp_media **out, struct ksrtp_loop *loop,
		       const struct ksrtp_config *config, const char **why)
{
	const char *said = "the media port range holds no even port with the odd one above it";
	struct ksrtp_ports *ports = NULL;
	struct ksrtp_media *media;
	int err;

	err = ksrtp_ports_create(&ports, config->media.port_min, config->media.port_max);
	if (!err)
		err = choose(&media, config, &said);
	if (why)
		*why = said;
	if (err) {
		ksrtp_ports_destroy(ports);
		return err;
	}
	media->ports = ports;
	ksrtp_list_init(&media->sessions);
	if (why)
		*why = media->why;
	*out = media;
	return 0;
}

void ksrtp_media_destroy(struct ksrtp_media *media)
{
	struct ksrtp_ports *ports;
	struct ksrtp_list *node, *tmp;

	if (!media)
		return;
	ports = media->ports;
	ksrtp_list_each(node, tmp, &media->sessions)
		ksrtp_media_session_destroy(
			ksrtp_container(node, struct ksrtp_media_session, node));
	media->ops->destroy(media);
	ksrtp_ports_destroy(ports);
}

const char *ksrtp_media_backend(const struct ksrtp_media *media)
{
	return media->ops->name;
}

static void add_session(struct ksrtp_media *media, struct ksrtp_media_session *session)
{
	session->media = media;
	session->users = 1;
	ksrtp_list_init(&session->flows);
	ksrtp_list_add(&media->sessions, &session->node);
	media->n_sessions++;
}

int ksrtp_media_session_create(struct ksrtp_media *media, const char *label,
			       struct ksrtp_media_session **out)
{
	struct ksrtp_media_session *session;
	int err;

	if (media->n_sessions == KSRTP_MEDIA_SESSIONS)
		return -ENOSPC;
	err = media->ops->session_create(media, label, &session);
	if (err)
		return err;
	add_session(media, session);
	*out = session;
	return 0;
}

struct ksrtp_media_session *ksrtp_media_session_get(struct ksrtp_media_session *session)
{
	session->users++;
	return session;
}

bool ksrtp_media_session_shared(const struct ksrtp_media_session *session)
{
	return session->users > 1;
}

void ksrtp_media_session_destroy(struct ksrtp_media_session *session)
{
	struct ksrtp_list *node, *tmp;
	struct ksrtp_media *media;

	if (!session || --session->users)
		return;
	media = session->media;
	ksrtp_list_each(node, tmp, &session->flows)
		ksrtp_media_flow_destroy(ksrtp_container(node, struct ksrtp_media_flow, node));
	ksrtp_list_del(&session->node);
	media->n_sessions--;
	media->ops->session_destroy(session);
}

static void add_flow(struct ksrtp_media_session *session, struct ksrtp_media_flow *flow,
		     const struct ksrtp_ports_pair *pair)
{
	flow->session = session;
	flow->pair = *pair;
	ksrtp_ports_claim(session->media->ports, pair, flow);
	ksrtp_list_add(&session->flows, &flow->node);
}

int ksrtp_media_flow_create(struct ksrtp_media_session *session, const struct ksrtp_addr *local,
			    enum ksrtp_media_kind kind, struct ksrtp_media_flow **out)
{
	struct ksrtp_media *media = session->media;
	struct ksrtp_ports_pair pair;
	struct ksrtp_media_flow *flow;
	int err;

	err = ksrtp_ports_reserve(media->ports, local, now_ms(), &pair);
	if (err)
		return err;
	err = media->ops->flow_create(session, &pair, kind, &flow);
	if (err) {
		ksrtp_ports_release(media->ports, &pair, now_ms());
		return err;
	}
	add_flow(session, flow, &pair);
	*out = flow;
	return 0;
}

static int unpair(struct ksrtp_media_flow *flow)
{
	int err;

	if (!flow->peer)
		return 0;
	err = flow->session->media->leaving ? 0 : flow->session->media->ops->flow_unpair(flow);
	if (err)
		return err;
	flow->peer->peer = NULL;
	flow->peer = NULL;
	return 0;
}

void ksrtp_media_flow_destroy(struct ksrtp_media_flow *flow)
{
	struct ksrtp_media *media;
	struct ksrtp_ports_pair pair;

	if (!flow)
		return;
	media = flow->session->media;
	pair = flow->pair;
	/* When the kernel would not unpair it, it still forgets the flow and with it the link. */
	if (unpair(flow))
		flow->peer->peer = NULL;
	ksrtp_list_del(&flow->node);
	media->ops->flow_destroy(flow);
	ksrtp_ports_release(media->ports, &pair, now_ms());
}

const struct ksrtp_addr *ksrtp_media_flow_local(const struct ksrtp_media_flow *flow)
{
	return &flow->pair.addr;
}

/*
 * Does what leaves by @flow pass too many flows of ours, or come back? A call may well pass this
 * host twice, but flows that a hostile SDP points at each other would send one packet for ever.
 */
static bool too_far(const struct ksrtp_media_flow *flow, unsigned int left)
{
	const struct ksrtp_addr *to[] = { &flow->remote.rtp, &flow->remote.rtcp };
	const struct ksrtp_media_flow *at;
	unsigned int i;

	if (!left)
		return true;
	for (i = 0; i < ARRAY_SIZE(to); i++) {
		at = ksrtp_ports_owner(flow->session->media->ports, to[i]);
		if (at && at->peer && too_far(at->peer, left - 1))
			return true;
	}
	return false;
}

int ksrtp_media_flow_pair(struct ksrtp_media_flow *a, struct ksrtp_media_flow *b)
{
	int err;

	/* One session, one worker: a packet never crosses from one to another. */
	if (a == b || a->session != b->session || a->kind != b->kind)
		return -EINVAL;
	if (a->peer == b)
		return 0;
	err = unpair(a);
	if (!err)
		err = unpair(b);
	if (err)
		return err;
	a->peer = b;
	b->peer = a;
	err = too_far(a, FLOWS_IN_ROW) || too_far(b, FLOWS_IN_ROW) ? -ELOOP :
	      a->session->media->ops->flow_pair(a, b);
	if (err)
		a->peer = b->peer = NULL;
	return err;
}

static bool remote_same(const struct ksrtp_media_remote *a, const struct ksrtp_media_remote *b)
{
	return ksrtp_addr_equal(&a->rtp, &b->rtp) && ksrtp_addr_equal(&a->rtcp, &b->rtcp) &&
	       ksrtp_addr_equal(&a->natted, &b->natted) && a->mux == b->mux &&
	       a->source == b->source && a->secure_rx == b->secure_rx &&
	       a->secure_tx == b->secure_tx;
}

/* Either absent, or of the family that the flow's sockets speak. */
static bool family_fits(const struct ksrtp_addr *a, const struct ksrtp_media_flow *flow)
{
	return a->family == AF_UNSPEC || a->family == flow->pair.addr.family;
}

int ksrtp_media_flow_remote(struct ksrtp_media_flow *flow, const struct ksrtp_media_remote *remote)
{
	struct ksrtp_media_remote before = flow->remote;
	int err;

	if (!family_fits(&remote->rtp, flow) || !family_fits(&remote->rtcp, flow))
		return -EAFNOSUPPORT;
	if (remote->source > KSRTP_SOURCE_ANY)
		return -EINVAL;
	/* A refresh repeats the address of a phone behind NAT: it must not undo the latch. */
	if (flow->remote_set && remote_same(&flow->remote, remote))
		return 0;
	flow->remote = *remote;
	err = too_far(flow, FLOWS_IN_ROW) ? -ELOOP :
	      flow->session->media->ops->flow_remote(flow);
	if (err)
		flow->remote = before;
	else
		flow->remote_set = true;
	return err;
}

int ksrtp_media_flow_stats(struct ksrtp_media_flow *flow, struct ksrtp_media_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	return flow->session->media->ops->flow_stats(flow, stats);
}

int ksrtp_media_flow_quality(struct ksrtp_media_flow *flow, struct ksrtp_media_quality *quality)
{
	memset(quality, 0, sizeof(*quality));
	return flow->session->media->ops->flow_quality(flow, quality);
}

int ksrtp_media_key_add(struct ksrtp_media_flow *flow, enum ksrtp_media_direction direction, u32 id,
			const struct ksrtp_master *master)
{
	if (!id || flow->kind != KSRTP_MEDIA_RTP ||
	    (direction != KSRTP_MEDIA_RX && direction != KSRTP_MEDIA_TX) || !master->suite ||
	    master->mki_len > KSRTP_MKI_MAX || master->rtp_limit > KSRTP_RTP_LIMIT ||
	    master->rtcp_limit > KSRTP_RTCP_LIMIT || ksrtp_master_refusal(master))
		return -EINVAL;
	return flow->session->media->ops->key_add(flow, direction, id, master);
}

int ksrtp_media_key_remove(struct ksrtp_media_flow *flow, u32 id)
{
	return flow->session->media->ops->key_remove(flow, id);
}

/* ---- over the end of the process ---- */

u32 ksrtp_media_session_name(const struct ksrtp_media_session *session)
{
	const struct ksrtp_media_ops *ops = session->media->ops;

	return ops->session_name ? ops->session_name(session) : 0;
}

void ksrtp_media_flow_name(const struct ksrtp_media_flow *flow, struct ksrtp_media_name *name)
{
	const struct ksrtp_media_ops *ops = flow->session->media->ops;

	name->id = ops->flow_name ? ops->flow_name(flow) : 0;
	name->local = flow->pair.addr;
}

int ksrtp_media_session_adopt(struct ksrtp_media *media, u32 name,
			      struct ksrtp_media_session **out)
{
	struct ksrtp_media_session *session;
	int err;

	if (!media->ops->session_adopt)
		return -EOPNOTSUPP;
	if (!name)
		return -ENOENT;
	if (media->n_sessions == KSRTP_MEDIA_SESSIONS)
		return -ENOSPC;
	err = media->ops->session_adopt(media, name, &session);
	if (err)
		return err;
	add_session(media, session);
	*out = session;
	return 0;
}

static struct ksrtp_media_flow *find_flow(const struct ksrtp_media_session *session, u32 name)
{
	struct ksrtp_list *node, *tmp;
	struct ksrtp_media_flow *flow;

	ksrtp_list_each(node, tmp, &session->flows) {
		flow = ksrtp_container(node, struct ksrtp_media_flow, node);
		if (session->media->ops->flow_name(flow) == name)
			return flow;
	}
	return NULL;
}

int ksrtp_media_flow_adopt(struct ksrtp_media_session *session, const struct ksrtp_media_name *name,
			   const struct ksrtp_media_remote *remote, struct ksrtp_media_flow **out,
			   struct ksrtp_media_keys *keys)
{
	struct ksrtp_media *media = session->media;
	struct ksrtp_ports_pair pair;
	struct ksrtp_media_adopted from = { .id = name->id, .pair = &pair, .keys = keys };
	struct ksrtp_media_flow *flow, *mate;
	u32 peer;
	int err;

	if (!media->ops->flow_adopt)
		return -EOPNOTSUPP;
	err = ksrtp_ports_take(media->ports, &name->local, &pair);
	if (err)
		return err;
	memset(keys, 0, sizeof(*keys));
	err = media->ops->flow_adopt(session, &from, &flow, &peer);
	if (err) {
		ksrtp_ports_release(media->ports, &pair, now_ms());
		return err;
	}
	mate = peer ? find_flow(session, peer) : NULL;
	add_flow(session, flow, &pair);
	flow->remote = *remote;
	flow->remote_set = true;
	flow->peer = mate;
	if (mate)
		mate->peer = flow;
	*out = flow;
	return 0;
}

unsigned int ksrtp_media_forget(struct ksrtp_media *media)
{
	return media->ops->forget ? media->ops->forget(media) : 0;
}

void ksrtp_media_fds(struct ksrtp_media *media, struct ksrtp_fds *fds)
{
	ksrtp_ports_fds(media->ports, fds);
}

void ksrtp_media_leave(struct ksrtp_media *media)
{
	media->leaving = true;
	if (media->ops->session_adopt)
		ksrtp_ports_leave(media->ports);
}
