// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands about fast lanes. Called by netlink.c's table in process context; lanes are under the
 * rtnl lock, not the namespace's.
 */
#include <linux/rtnetlink.h>
#include <net/sock.h>

#include <uapi/ksrtp.h>

#include "kmod/lane.h"
#include "kmod/main.h"
#include "kmod/netlink.h"
#include "kmod/request.h"

static const struct nlattr *device_of(const struct genl_info *info, int *err)
{
	const struct nlattr *nest = info->attrs[KSRTP_A_LANE], *attr = NULL;

	*err = 0;
	if (nest)
		attr = nla_find_nested(nest, KSRTP_LANE_A_IFINDEX);
	if (!attr)
		*err = ksrtp_netlink_refuse(info->extack, nest, -EINVAL,
					    "the device's index is missing");
	return attr;
}

int ksrtp_request_lane_new(struct sk_buff *skb, struct genl_info *info)
{
	struct ksrtp_net *kn = ksrtp_main_net(genl_info_net(info));
	const struct nlattr *attr;
	int err;

	attr = device_of(info, &err);
	if (err)
		return err;
	return ksrtp_lane_open(kn, nla_get_u32(attr), attr, info->extack);
}

int ksrtp_request_lane_del(struct sk_buff *skb, struct genl_info *info)
{
	struct ksrtp_net *kn = ksrtp_main_net(genl_info_net(info));
	const struct nlattr *attr;
	int err;

	attr = device_of(info, &err);
	if (err)
		return err;
	err = ksrtp_lane_close(kn, nla_get_u32(attr));
	if (err)
		ksrtp_netlink_refuse(info->extack, attr, err,
				     "there is no fast lane on this device");
	return err;
}

static int put_lane(struct sk_buff *msg, const struct ksrtp_lane_info *lane)
{
	struct nlattr *nest = nla_nest_start(msg, KSRTP_A_LANE);

	if (!nest || nla_put_u32(msg, KSRTP_LANE_A_IFINDEX, lane->ifindex) ||
	    nla_put_string(msg, KSRTP_LANE_A_NAME, lane->name) ||
	    nla_put_u64_64bit(msg, KSRTP_LANE_A_PACKETS, lane->packets, KSRTP_LANE_A_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* One lane a message; args[0] is the index to go on with. */
int ksrtp_request_lane_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ksrtp_net *kn = ksrtp_main_net(sock_net(skb->sk));
	struct ksrtp_lane_info lane;
	int err = 0;

	rtnl_lock();
	while (!err && ksrtp_lane_next(kn, (u32)cb->args[0], &lane)) {
		void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
					&ksrtp_netlink_family, NLM_F_MULTI, KSRTP_CMD_LANE_GET);

		err = hdr ? put_lane(skb, &lane) : -EMSGSIZE;
		if (err && hdr)
			genlmsg_cancel(skb, hdr);
		if (err)
			break;
		genlmsg_end(skb, hdr);
		cb->args[0] = (long)lane.ifindex + 1;
	}
	rtnl_unlock();
	return err && !skb->len ? err : (int)skb->len;
}
