// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Paths. Packets use them in softirq under RCU; paths are replaced in
 * process context only, so that no packet allocates.
 */
#include <linux/inetdevice.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/route.h>

#include "kmod/flow.h"
#include "kmod/main.h"

/* A remote without a route is looked up again so often. */
#define RETRY	(HZ / 4)

/*
 * The VRF that the address we listen at belongs to, or 0: what comes into it leaves by its table.
 * Where the same address stands in several VRFs, the first that the kernel finds is meant.
 */
static int vrf4(struct net *net, const u8 addr[16])
{
	int index;

	rcu_read_lock();
	index = l3mdev_master_ifindex_rcu(__ip_dev_find(net, ksrtp_flow_addr4(addr), false));
	rcu_read_unlock();
	return index;
}

/* IPv6 looks within one routing domain at a time. */
static int vrf6(struct net *net, const struct in6_addr *addr)
{
	struct net_device *domain;
	int index = 0;

	if (ipv6_chk_addr_and_flags(net, addr, NULL, true, 1, IFA_F_TENTATIVE))
		return 0;
	rcu_read_lock();
	for_each_netdev_rcu(net, domain)
		if (netif_is_l3_master(domain) &&
		    ipv6_chk_addr_and_flags(net, addr, domain, true, 1, IFA_F_TENTATIVE)) {
			index = domain->ifindex;
			break;
		}
	rcu_read_unlock();
	return index;
}

static struct dst_entry *route4(const struct ksrtp_flow *flow, unsigned int part,
				const struct ksrtp_endpoint *remote)
{
	struct flowi4 fl4 = {
		.flowi4_oif = vrf4(flow->kn->net, (const u8 *)flow->port[part].key.addr),
		.daddr = ksrtp_flow_addr4(remote->addr),
		.saddr = ksrtp_flow_addr4((const u8 *)flow->port[part].key.addr),
		.flowi4_proto = IPPROTO_UDP,
		.fl4_sport = htons((u16)flow->port[part].key.port),
		.fl4_dport = htons(remote->port),
	};
	struct rtable *rt = ip_route_output_flow(flow->kn->net, &fl4, NULL);

	if (IS_ERR(rt))
		return NULL;
	if (rt->rt_type != RTN_UNICAST && rt->rt_type != RTN_LOCAL) {
		ip_rt_put(rt);
		return NULL;
	}
	return &rt->dst;
}

static struct dst_entry *route6(const struct ksrtp_flow *flow, unsigned int part,
				const struct ksrtp_endpoint *remote)
{
	struct flowi6 fl6 = {
		.flowi6_proto = IPPROTO_UDP,
		.fl6_sport = htons((u16)flow->port[part].key.port),
		.fl6_dport = htons(remote->port),
	};
	struct dst_entry *dst;

	memcpy(&fl6.daddr, remote->addr, sizeof(fl6.daddr));
	memcpy(&fl6.saddr, flow->port[part].key.addr, sizeof(fl6.saddr));
	fl6.flowi6_oif = vrf6(flow->kn->net, &fl6.saddr);
	dst = ip6_dst_lookup_flow(flow->kn->net, NULL, &fl6, NULL);
	return IS_ERR(dst) ? NULL : dst;
}

static void resolve(const struct ksrtp_flow *flow, unsigned int part, struct ksrtp_path *path)
{
	path->dst = NULL;
	path->born = jiffies;
	if (!path->remote.port)
		return;
	if (flow->family == AF_INET)
		path->dst = route4(flow, part, &path->remote);
	else
		path->dst = route6(flow, part, &path->remote);
	if (!path->dst)
		return;
	path->cookie = flow->family == AF_INET ? 0 : rt6_get_cookie((struct rt6_info *)path->dst);
	path->loop = (path->dst->dev->flags & IFF_LOOPBACK) || netif_is_l3_master(path->dst->dev);
}

const struct ksrtp_path *ksrtp_path_help(struct ksrtp_flow *flow, unsigned int part,
					 struct ksrtp_path *spare)
{
	const struct ksrtp_path *path;

	if (!test_bit_acquire(KSRTP_FLOW_STALE, &flow->flags)) {
		path = rcu_dereference(flow->path[part]);
		/* Nowhere to go, and no news of it. */
		if (path && !path->dst &&
		    (!path->remote.port || time_before(jiffies, path->born + RETRY)))
			return path;
	}
	if (!test_and_set_bit(KSRTP_FLOW_STALE, &flow->flags))
		ksrtp_flow_wake(flow);
	spin_lock_bh(&flow->lock);
	spare->remote = flow->latch[part].present;
	spin_unlock_bh(&flow->lock);
	resolve(flow, part, spare);
	return spare;
}

static void path_free(struct rcu_head *rcu)
{
	struct ksrtp_path *path = container_of(rcu, struct ksrtp_path, rcu);

	dst_release(path->dst);
	kfree(path);
}

static void replace(struct ksrtp_flow *flow, unsigned int part, struct ksrtp_path *path)
{
	struct ksrtp_path *old;

	old = rcu_replace_pointer(flow->path[part], path, lockdep_is_held(&flow->kn->lock));
	if (old)
		call_rcu(&old->rcu, path_free);
}

/*
 * The paths may be used again, unless a remote moved while they were built: whoever moves it sets
 * STALE afterwards and asks for the next refresh.
 */
static void approve(struct ksrtp_flow *flow, unsigned int parts)
{
	const struct ksrtp_path *path;
	bool moved = false;
	unsigned int part;

	spin_lock_bh(&flow->lock);
	for (part = 0; part < parts; part++) {
		path = rcu_dereference_protected(flow->path[part],
						 lockdep_is_held(&flow->kn->lock));
		moved |= !ksrtp_flow_same(&path->remote, &flow->latch[part].present);
	}
	if (!moved)
		clear_bit_unlock(KSRTP_FLOW_STALE, &flow->flags);
	spin_unlock_bh(&flow->lock);
}

void ksrtp_path_refresh(struct ksrtp_flow *flow)
{
	unsigned int part, parts = flow->mux ? 1 : 2;

	for (part = 0; part < parts; part++) {
		struct ksrtp_path *path = kzalloc(sizeof(*path), GFP_KERNEL_ACCOUNT);

		if (!path) {
			set_bit(KSRTP_FLOW_STALE, &flow->flags); /* packets help themselves */
			return;
		}
		spin_lock_bh(&flow->lock);
		path->remote = flow->latch[part].present;
		spin_unlock_bh(&flow->lock);
		resolve(flow, part, path);
		replace(flow, part, path);
	}
	approve(flow, parts);
}

void ksrtp_path_drop(struct ksrtp_flow *flow)
{
	replace(flow, 0, NULL);
	replace(flow, 1, NULL);
}
