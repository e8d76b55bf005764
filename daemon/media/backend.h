/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between media.c and the two back ends; private to daemon/media. A back end's structs begin with
 * these, so that the handles of media.h are theirs.
 */
#ifndef KSRTP_MEDIA_BACKEND_H
#define KSRTP_MEDIA_BACKEND_H

#include <ksrtp/port.h>

#include "daemon/base/list.h"
#include "daemon/media/media.h"
#include "daemon/media/ports.h"

#define KSRTP_MEDIA_SESSIONS	100000	/* most sessions */

/** struct ksrtp_media_adopted - a flow to have again; @keys is filled in */
struct ksrtp_media_adopted {
	u32 id;
	const struct ksrtp_ports_pair *pair;
	struct ksrtp_media_keys *keys;
};

/**
 * struct ksrtp_media_ops - a back end
 *
 * media.c has checked the arguments, keeps the lists, reserves and releases the ports, and unpairs
 * a flow before it pairs it anew and before it goes. All are called from the signalling thread.
 * @create: allocates, and fills @why of what it made with a few words about itself; when it fails
 *	*failed says why and lives for ever
 * @flow_create: the flow's @pair is the caller's; the back end takes it over when it returns 0
 * @flow_pair: neither has a peer
 * @flow_unpair: @flow has one
 * @flow_remote: what stands in @flow differs from the one before; @remote_set: there was one
 * @session_name, @flow_name, @session_adopt, @flow_adopt, @forget: NULL where sessions end with
 *	their process
 * @flow_adopt: takes the ports over as @flow_create does; *peer gets its peer's name or 0
 * @forget: ends the flows of adopted sessions, and the sessions of ours, that are not in the lists
 */
struct ksrtp_media_ops {
	const char *name;
	int (*create)(struct ksrtp_media **media, const struct ksrtp_config *config,
		      const char **failed);
	void (*destroy)(struct ksrtp_media *media);
	int (*session_create)(struct ksrtp_media *media, const char *label,
			      struct ksrtp_media_session **session);
	void (*session_destroy)(struct ksrtp_media_session *session);
	int (*flow_create)(struct ksrtp_media_session *session, const struct ksrtp_ports_pair *pair,
			   enum ksrtp_media_kind kind, struct ksrtp_media_flow **flow);
	void (*flow_destroy)(struct ksrtp_media_flow *flow);
	int (*flow_pair)(struct ksrtp_media_flow *a, struct ksrtp_media_flow *b);
	int (*flow_unpair)(struct ksrtp_media_flow *flow);
	int (*flow_remote)(struct ksrtp_media_flow *flow);
	int (*flow_stats)(struct ksrtp_media_flow *flow, struct ksrtp_media_stats *stats);
	int (*flow_quality)(struct ksrtp_media_flow *flow, struct ksrtp_media_quality *quality);
	int (*key_add)(struct ksrtp_media_flow *flow, enum ksrtp_media_direction direction, u32 id,
		       const struct ksrtp_master *master);
	int (*key_remove)(struct ksrtp_media_flow *flow, u32 id);

	u32 (*session_name)(const struct ksrtp_media_session *session);
	u32 (*flow_name)(const struct ksrtp_media_flow *flow);
	int (*session_adopt)(struct ksrtp_media *media, u32 name,
			     struct ksrtp_media_session **session);
	int (*flow_adopt)(struct ksrtp_media_session *session,
			  const struct ksrtp_media_adopted *from, struct ksrtp_media_flow **flow,
			  u32 *peer);
	unsigned int (*forget)(struct ksrtp_media *media);
};

/* What follows is media.c's but for @why; the back ends only read it. */
struct ksrtp_media {
	const struct ksrtp_media_ops *ops;
	struct ksrtp_ports *ports;
	struct ksrtp_list sessions;
	unsigned int n_sessions;
	bool leaving;
	char why[256];
};

struct ksrtp_media_session {
	unsigned int users;
	struct ksrtp_list node;
	struct ksrtp_list flows;
	struct ksrtp_media *media;
};

struct ksrtp_media_flow {
	struct ksrtp_list node;
	struct ksrtp_media_session *session;
	struct ksrtp_media_flow *peer;
	struct ksrtp_ports_pair pair;
	struct ksrtp_media_remote remote;
	bool remote_set;
	enum ksrtp_media_kind kind;	/* the back end sets it when it makes or adopts the flow */
};

extern const struct ksrtp_media_ops ksrtp_kernel_ops;
extern const struct ksrtp_media_ops ksrtp_user_ops;

#endif
