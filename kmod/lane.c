// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fast lanes: netfilter's ingress hook of one device, opened and closed by an operator.
 *
 * A lane takes what is plainly a packet that the hook at PRE_ROUTING would relay, and nothing else:
 * a whole UDP datagram without options, from the source that its flow has settled on. Whatever is
 * in doubt - fragments, trains of GRO, wrong lengths, tags, a device that belongs to a bridge,
 * sources not yet known, guards - goes on as if there were no lane, to be judged there.
 * So a stranger's packet never gets further here than to a look at its addresses.
 *
 * The hook runs under RCU with bottom halves off. Lanes are opened and closed under the rtnl lock,
 * which devices come and go under as well; a lane is freed a grace period after its hook went.
 */
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/inet_ecn.h>
#include <net/ipv6.h>

#include "kmod/admit.h"
#include "kmod/compat.h"
#include "kmod/flow.h"
#include "kmod/hook.h"
#include "kmod/lane.h"
#include "kmod/netlink.h"
#include "kmod/relay.h"

/**
 * struct lane - of one device
 * @taken: packets, of each CPU
 */
struct lane {
	struct list_head list;
	struct ksrtp_net *kn;
	u64 __percpu *taken;
	struct nf_hook_ops ops;
	struct rcu_head rcu;
};

/* ---- which packets ---- */

/* Ours alone, in one piece, of this device itself, and nothing remembered with it. */
static bool plain(struct sk_buff *skb)
{
	return skb->pkt_type == PACKET_HOST && !skb_shared(skb) && !skb_is_gso(skb) &&
	       !skb_vlan_tag_present(skb) && !skb_dst(skb) && !skb_has_extensions(skb) &&
	       !rcu_access_pointer(skb->dev->rx_handler);
}

/* Does the datagram end where the packet does? With something behind it goes the usual way. */
static bool fills(const struct ksrtp_packet *p)
{
	const struct udphdr *uh = (const struct udphdr *)(p->skb->data + p->udp);

	return ntohs(uh->len) == p->len - p->udp;
}

/* RFC 791 section 3.1, as strict as ip_rcv(). Return: is it for a flow? */
static bool find_ipv4(struct ksrtp_packet *p)
{
	const struct iphdr *ih = (const struct iphdr *)p->skb->data;
	u32 len;

	if (skb_headlen(p->skb) < sizeof(*ih) + sizeof(struct udphdr) ||
	    ih->version != 4 || ih->ihl != sizeof(*ih) / 4 || ih->protocol != IPPROTO_UDP ||
	    ip_is_fragment(ih) || ih->ttl <= 1)
		return false;
	len = ntohs(ih->tot_len);
	if (len < sizeof(*ih) + sizeof(struct udphdr) || len > p->skb->len)
		return false;
	p->udp = sizeof(*ih);
	p->len = len;
	return fills(p) && ksrtp_hook_at4(p) && !ip_fast_csum(ih, sizeof(*ih) / 4);
}

/* RFC 8200 section 3, as strict as ipv6_rcv(). Return: is it for a flow? */
static bool find_ipv6(struct ksrtp_packet *p)
{
	const struct ipv6hdr *ih = (const struct ipv6hdr *)p->skb->data;
	const struct inet6_dev *idev = __in6_dev_get(p->skb->dev);
	u32 len;

	if (!idev || READ_ONCE(idev->cnf.disable_ipv6) ||
	    skb_headlen(p->skb) < sizeof(*ih) + sizeof(struct udphdr) || ih->version != 6 ||
	    ih->nexthdr != IPPROTO_UDP || ih->hop_limit <= 1 || ipv6_addr_loopback(&ih->daddr))
		return false;
	len = sizeof(*ih) + ntohs(ih->payload_len);
	if (len < sizeof(*ih) + sizeof(struct udphdr) || len > p->skb->len)
		return false;
	p->udp = sizeof(*ih);
	p->len = len;
	return fills(p) && ksrtp_hook_at6(p);
}

/*
 * From where its flow expects packets - from outside, as this device is none that packets of our
 * own come by - and none is waiting in front of it.
 */
static bool ready(struct ksrtp_packet *p)
{
	const struct ksrtp_path *path = ksrtp_admit_known(p);

	p->settled = path && !path->loop;
	return p->settled && !test_bit(KSRTP_FLOW_HOLDING, &p->flow->flags) &&
	       !READ_ONCE(p->flow->session->guard);
}

/* ---- taking one ---- */

/* What the IP layer would have counted (RFC 4293). */
static void count(const struct lane *lane, const struct ksrtp_packet *p, u32 len)
{
	struct net *net = p->kn->net;
	u32 ecn = p->tos & INET_ECN_MASK;

	this_cpu_inc(*lane->taken);
	if (p->family == AF_INET) {
		__IP_UPD_PO_STATS(net, IPSTATS_MIB_IN, len);
		__IP_INC_STATS(net, IPSTATS_MIB_NOECTPKTS + ecn);
	} else {
		struct inet6_dev *idev = __in6_dev_get(lane->ops.dev);

		__IP6_UPD_PO_STATS(net, idev, IPSTATS_MIB_IN, len);
		__IP6_INC_STATS(net, idev, IPSTATS_MIB_NOECTPKTS + ecn);
	}
}

static __flatten unsigned int ingress(void *priv, struct sk_buff *skb,
				      const struct nf_hook_state *state)
{
	const struct lane *lane = priv;
	struct ksrtp_packet p ksrtp_compat_unset;
	unsigned int fate;
	bool found;
	u32 len;

	if (!plain(skb))
		return NF_ACCEPT;
	ksrtp_hook_begin(&p, skb, lane->kn, KSRTP_WAY_RELAY);
	p.lane = true;
	if (likely(skb->protocol == htons(ETH_P_IP)))
		found = find_ipv4(&p);
	else
		found = skb->protocol == htons(ETH_P_IPV6) && find_ipv6(&p);
	/* Padding of a short frame, which the IP layer would take off. */
	if (!found || !ready(&p) || pskb_trim_rcsum(skb, p.len))
		return NF_ACCEPT;
	len = p.len;
	fate = ksrtp_relay_packet(&p);
	/* STUN and the like go up, by PRE_ROUTING. */
	if (fate != NF_ACCEPT)
		count(lane, &p, len);
	return fate;
}

/* ---- lanes ---- */

static struct lane *lane_of(struct ksrtp_net *kn, const struct net_device *dev)
{
	struct lane *lane;

	ASSERT_RTNL();
	list_for_each_entry(lane, &kn->lanes, list)
		if (lane->ops.dev == dev)
			return lane;
	return NULL;
}

static void lane_free(struct rcu_head *rcu)
{
	struct lane *lane = container_of(rcu, struct lane, rcu);

	free_percpu(lane->taken);
	kfree(lane);
}

static void close_lane(struct lane *lane)
{
	ASSERT_RTNL();
	list_del(&lane->list);
	nf_unregister_net_hook(lane->kn->net, &lane->ops);
	call_rcu(&lane->rcu, lane_free);
}

/* Behind all that an operator may have put at the device's ingress. */
static int add_lane(struct ksrtp_net *kn, struct net_device *dev)
{
	struct lane *lane = kzalloc(sizeof(*lane), GFP_KERNEL_ACCOUNT);
	int err = -ENOMEM;

	if (!lane)
		return err;
	lane->kn = kn;
	lane->ops = (struct nf_hook_ops){
		.hook = ingress, .dev = dev, .priv = lane, .pf = NFPROTO_NETDEV,
		.hooknum = NF_NETDEV_INGRESS, .priority = NF_IP_PRI_LAST,
	};
	lane->taken = alloc_percpu_gfp(u64, GFP_KERNEL_ACCOUNT);
	if (lane->taken)
		err = nf_register_net_hook(kn->net, &lane->ops);
	if (err) {
		free_percpu(lane->taken);
		kfree(lane);
		return err;
	}
	list_add_tail(&lane->list, &kn->lanes);
	return 0;
}

int ksrtp_lane_open(struct ksrtp_net *kn, u32 ifindex, const struct nlattr *attr,
		    struct netlink_ext_ack *extack)
{
	struct net_device *dev;
	int err;

	rtnl_lock();
	dev = __dev_get_by_index(kn->net, (int)ifindex);
	if (!dev)
		err = ksrtp_netlink_refuse(extack, attr, -ENODEV, "there is no such device");
	else if (dev->flags & IFF_LOOPBACK)
		err = ksrtp_netlink_refuse(extack, attr, -EOPNOTSUPP,
					   "the loopback device has no fast lane");
	else if (lane_of(kn, dev))
		err = ksrtp_netlink_refuse(extack, attr, -EEXIST, "it has a fast lane already");
	else
		err = add_lane(kn, dev);
	if (err && !extack->_msg)
		ksrtp_netlink_refuse(extack, attr, err, "no hook can be set at its ingress");
	rtnl_unlock();
	return err;
}

int ksrtp_lane_close(struct ksrtp_net *kn, u32 ifindex)
{
	const struct net_device *dev;
	struct lane *lane;

	rtnl_lock();
	dev = __dev_get_by_index(kn->net, (int)ifindex);
	lane = dev ? lane_of(kn, dev) : NULL;
	if (lane)
		close_lane(lane);
	rtnl_unlock();
	return lane ? 0 : -ENOENT;
}

bool ksrtp_lane_next(struct ksrtp_net *kn, u32 ifindex, struct ksrtp_lane_info *info)
{
	const struct lane *lane, *next = NULL;
	int cpu;

	ASSERT_RTNL();
	list_for_each_entry(lane, &kn->lanes, list)
		if ((u32)lane->ops.dev->ifindex >= ifindex &&
		    (!next || lane->ops.dev->ifindex < next->ops.dev->ifindex))
			next = lane;
	if (!next)
		return false;
	*info = (struct ksrtp_lane_info){
		.ifindex = (u32)next->ops.dev->ifindex, .name = next->ops.dev->name,
	};
	for_each_possible_cpu(cpu)
		info->packets += READ_ONCE(*per_cpu_ptr(next->taken, cpu));
	return true;
}

void ksrtp_lane_close_all(struct ksrtp_net *kn)
{
	struct lane *lane, *next;

	/* Nobody opens one any more. */
	if (list_empty(&kn->lanes))
		return;
	rtnl_lock();
	list_for_each_entry_safe(lane, next, &kn->lanes, list)
		close_lane(lane);
	rtnl_unlock();
}

/* A device that goes, or that moves to another namespace. */
static int device_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	const struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct lane *lane;

	if (event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	/* Told again and again of one that lingers, whose number another may have by now. */
	lane = lane_of(ksrtp_main_net(dev_net(dev)), dev);
	if (lane)
		close_lane(lane);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = device_event };

int ksrtp_lane_init(void)
{
	return register_netdevice_notifier(&notifier);
}

void ksrtp_lane_exit(void)
{
	/* Which tells it of every device as if that went. */
	unregister_netdevice_notifier(&notifier);
}
