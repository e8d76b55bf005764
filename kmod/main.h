/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the module keeps for each network namespace. */
#ifndef KSRTP_KMOD_MAIN_H
#define KSRTP_KMOD_MAIN_H

#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/rhashtable.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "kmod/limit.h"
#include "kmod/stats.h"

/**
 * struct ksrtp_net - one network namespace
 * @lock: serialises everything that changes sessions, flows and keys: netlink, the work, teardown
 * @ports: listening address and port -> struct ksrtp_port; read under RCU, changed under @lock
 * @sessions: by id, @lock
 * @flows: by id, @lock
 * @owners: netlink port -> how many sessions its socket owns; read under RCU, changed under @lock
 * @next_session: where the search for a free id goes on, @lock
 * @next_flow: the same, @lock
 * @generation: changes whenever a dump would, @lock
 * @streams: SSRCs ever heard: what a dump of streams shows changes with it
 * @hooked: the hooks of relays and of flows in place are registered, @lock
 * @hookers: published flows that need them, @lock
 * @defrag: IPv6 fragments are put together at PRE_ROUTING on our behalf, @lock
 * @closing: the namespace is going, nothing may be made, @lock
 * @lanes: devices with a fast lane, rtnl lock
 * @counts: per CPU
 * @used: objects counted against the caps
 * @todo: flows that asked for service, each with a reference
 * @work: serves @todo
 * @tick: once a second while there are sessions: idleness, lifetimes, postponed events
 */
struct ksrtp_net {
	struct net *net;
	struct mutex lock;
	struct rhashtable ports;
	struct xarray sessions;
	struct xarray flows;
	struct xarray owners;
	u32 next_session;
	u32 next_flow;
	u32 generation;
	atomic_t streams;
	bool hooked[2];
	u32 hookers[2];
	bool defrag;
	bool closing;
	struct list_head lanes;
	struct ksrtp_stats __percpu *counts;
	atomic_t used[KSRTP_LIMIT_COUNT];
	struct llist_head todo;
	struct work_struct work;
	struct delayed_work tick;
};

extern unsigned int ksrtp_main_id;

static inline struct ksrtp_net *ksrtp_main_net(const struct net *net)
{
	return net_generic(net, ksrtp_main_id);
}

#endif
