// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The generic netlink family: its table of commands, and the end of a socket that owned sessions.
 * Commands run in process context, in parallel; what they touch is under the namespace's lock.
 */
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/notifier.h>

#include "kmod/compat.h"
#include "kmod/main.h"
#include "kmod/netlink.h"
#include "kmod/policy.h"
#include "kmod/reply.h"
#include "kmod/request.h"
#include "kmod/session.h"

#define OP(name, how, rules) \
	{ .cmd = KSRTP_CMD_##name, .doit = (how), .policy = (rules), .maxattr = KSRTP_A_MAX }

/*
 * What may hold a key is checked by pre_doit: the netlink core would refuse a request without
 * telling us, and leave the key in it.
 */
#define KEY_OP(name, how) \
	{ .cmd = KSRTP_CMD_##name, .doit = (how), .validate = GENL_DONT_VALIDATE_STRICT, \
	  .maxattr = KSRTP_A_MAX }

static const struct genl_ops ops[] = {
	KEY_OP(SESSION_NEW, ksrtp_request_session_new),
	OP(SESSION_SET, ksrtp_request_session_set, ksrtp_policy_session_set),
	OP(SESSION_DEL, ksrtp_request_session_del, ksrtp_policy_session),
	{ .cmd = KSRTP_CMD_SESSION_GET, .doit = ksrtp_reply_session_get,
	  .start = ksrtp_reply_dump_start, .dumpit = ksrtp_reply_session_dump,
	  .policy = ksrtp_policy_session, .maxattr = KSRTP_A_MAX },
	KEY_OP(FLOW_NEW, ksrtp_request_flow_new),
	OP(FLOW_SET, ksrtp_request_flow_set, ksrtp_policy_flow_set),
	OP(FLOW_DEL, ksrtp_request_flow_del, ksrtp_policy_flow),
	{ .cmd = KSRTP_CMD_FLOW_GET, .doit = ksrtp_reply_flow_get,
	  .start = ksrtp_reply_dump_start, .dumpit = ksrtp_reply_flow_dump,
	  .policy = ksrtp_policy_flow_get, .maxattr = KSRTP_A_MAX },
	KEY_OP(KEY_NEW, ksrtp_request_key_new),
	OP(KEY_DEL, ksrtp_request_key_del, ksrtp_policy_key),
	OP(KEY_GET, ksrtp_reply_key_get, ksrtp_policy_key),
	{ .cmd = KSRTP_CMD_STREAM_GET, .start = ksrtp_reply_dump_start,
	  .dumpit = ksrtp_reply_stream_dump, .policy = ksrtp_policy_stream_get,
	  .maxattr = KSRTP_A_MAX },
	OP(STREAM_SET, ksrtp_request_stream_set, ksrtp_policy_stream_set),
	OP(STATS_GET, ksrtp_reply_stats_get, ksrtp_policy_none),
	OP(LANE_NEW, ksrtp_request_lane_new, ksrtp_policy_lane),
	OP(LANE_DEL, ksrtp_request_lane_del, ksrtp_policy_lane),
	{ .cmd = KSRTP_CMD_LANE_GET, .start = ksrtp_reply_dump_start,
	  .dumpit = ksrtp_request_lane_dump, .policy = ksrtp_policy_none,
	  .maxattr = KSRTP_A_MAX },
};

static const struct genl_multicast_group groups[] = {
	{ .name = KSRTP_MCGRP_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

static int pre_doit(const struct ksrtp_compat_ops *op, struct sk_buff *skb, struct genl_info *info)
{
	int err = ksrtp_policy_may(skb, info->extack);

	if (!err)
		err = ksrtp_policy_check(info);
	if (err)
		ksrtp_request_wipe(info); /* post_doit does not follow */
	return err;
}

static void post_doit(const struct ksrtp_compat_ops *op, struct sk_buff *skb,
		      struct genl_info *info)
{
	ksrtp_request_wipe(info);
}

struct genl_family ksrtp_netlink_family __ro_after_init = {
	.name = KSRTP_FAMILY_NAME,
	.version = KSRTP_FAMILY_VERSION,
	.maxattr = KSRTP_A_MAX,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.pre_doit = pre_doit,
	.post_doit = post_doit,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.resv_start_op = KSRTP_CMD_KEY_NEW + 1, /* up to there ksrtp_policy_check() looks itself */
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

static int released(struct notifier_block *nb, unsigned long event, void *arg)
{
	const struct netlink_notify *n = arg;

	if (event == NETLINK_URELEASE && n->protocol == NETLINK_GENERIC)
		ksrtp_session_orphan(ksrtp_main_net(n->net), n->portid);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = released };

int ksrtp_netlink_init(void)
{
	int err = netlink_register_notifier(&notifier);

	if (err)
		return err;
	err = genl_register_family(&ksrtp_netlink_family);
	if (err)
		netlink_unregister_notifier(&notifier);
	return err;
}

void ksrtp_netlink_exit(void)
{
	genl_unregister_family(&ksrtp_netlink_family);
	netlink_unregister_notifier(&notifier);
}
