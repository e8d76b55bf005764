/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths: where a flow sends to, with the route there. */
#ifndef KSRTP_KMOD_PATH_H
#define KSRTP_KMOD_PATH_H

#include <linux/rcupdate.h>
#include <net/dst.h>

#include <ksrtp/latch.h>

struct ksrtp_flow;

/**
 * struct ksrtp_path - immutable, RCU-replaced
 * @remote: port 0: not known
 * @dst: a reference; NULL: there is no route
 * @cookie: for dst_check()
 * @loop: the route leads back into this host
 * @born: jiffies
 */
struct ksrtp_path {
	struct ksrtp_endpoint remote;
	struct dst_entry *dst;
	u32 cookie;
	bool loop;
	unsigned long born;
	struct rcu_head rcu;
};

/**
 * ksrtp_path_help - the path of a flow's RTP (@part 0) or separate RTCP (@part 1) where the cached
 * one is of no use; under RCU
 * @spare: for a path that is not cached; its @dst, if any, is then the caller's reference
 *
 * A cached path whose route went bad, or whose remote moved, is renewed by the work; until then
 * every packet looks up its route itself.
 * Return: a cached path without a route that need not be looked for yet, or @spare, which has no
 * dst if there is no remote or no route.
 */
const struct ksrtp_path *ksrtp_path_help(struct ksrtp_flow *flow, unsigned int part,
					 struct ksrtp_path *spare);

/** ksrtp_path_refresh - build the cached paths anew; process context, namespace's lock */
void ksrtp_path_refresh(struct ksrtp_flow *flow);
/** ksrtp_path_drop - forget the cached paths; namespace's lock */
void ksrtp_path_drop(struct ksrtp_flow *flow);

#endif
