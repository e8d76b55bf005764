/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fast lanes: devices whose packets for relays are taken before the IP layer sees them. */
#ifndef KSRTP_KMOD_LANE_H
#define KSRTP_KMOD_LANE_H

#include <linux/types.h>

struct ksrtp_net;
struct net_device;
struct netlink_ext_ack;
struct nlattr;

/**
 * struct ksrtp_lane_info - what is said of a lane
 * @ifindex: its device
 * @name: that device's; good under the rtnl lock
 * @packets: taken by it
 */
struct ksrtp_lane_info {
	u32 ifindex;
	const char *name;
	u64 packets;
};

/*
 * A lane lives until it is closed, or until its device goes or leaves the namespace; a device that
 * is renamed keeps it. All of these take, or are called under, the rtnl lock.
 */

/**
 * ksrtp_lane_open - from now on the device's packets take the lane; takes the rtnl lock
 * @attr: what names the device, for a refusal
 *
 * Return: 0, -ENODEV, -EEXIST, -EOPNOTSUPP for the loopback device, -ENOMEM; with a sentence.
 */
int ksrtp_lane_open(struct ksrtp_net *kn, u32 ifindex, const struct nlattr *attr,
		    struct netlink_ext_ack *extack);
/** ksrtp_lane_close - they no longer do; takes the rtnl lock. Return: 0 or -ENOENT */
int ksrtp_lane_close(struct ksrtp_net *kn, u32 ifindex);
/** ksrtp_lane_next - the lane with the lowest ifindex from @ifindex on; rtnl. Is there one? */
bool ksrtp_lane_next(struct ksrtp_net *kn, u32 ifindex, struct ksrtp_lane_info *info);
/** ksrtp_lane_close_all - of a namespace that goes; takes the rtnl lock */
void ksrtp_lane_close_all(struct ksrtp_net *kn);

int ksrtp_lane_init(void);
/** ksrtp_lane_exit - closes all there are; hooks may still run until a grace period ends */
void ksrtp_lane_exit(void);

#endif
