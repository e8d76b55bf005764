// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attribute policies. Each command has its own, so that what it does not know is refused by the
 * netlink core with a sentence and the attribute. Read by netlink.c's table; those of commands with
 * keys by ksrtp_policy_check().
 */
#include <linux/module.h>
#include <linux/netlink.h>
#include <net/sock.h>

#include <ksrtp/srtp.h>

#include "kmod/netlink.h"
#include "kmod/policy.h"

static bool userns;
module_param(userns, bool, 0444);
MODULE_PARM_DESC(userns, "let CAP_NET_ADMIN of a user namespace suffice in its network namespaces");

static const struct nla_policy session_full[KSRTP_SESSION_A_MAX + 1] = {
	[KSRTP_SESSION_A_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[KSRTP_SESSION_A_LABEL] = { .type = NLA_NUL_STRING, .len = KSRTP_LABEL_MAX },
	[KSRTP_SESSION_A_COOKIE] = NLA_POLICY_EXACT_LEN(KSRTP_COOKIE_LEN),
	[KSRTP_SESSION_A_IDLE] = { .type = NLA_U32 },
	[KSRTP_SESSION_A_LIFETIME] = NLA_POLICY_MIN(NLA_U32, 1),
	[KSRTP_SESSION_A_PERSIST] = { .type = NLA_FLAG },
};

static const struct nla_policy session_id[KSRTP_SESSION_A_MAX + 1] = {
	[KSRTP_SESSION_A_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy key_full[KSRTP_KEY_A_MAX + 1] = {
	[KSRTP_KEY_A_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[KSRTP_KEY_A_FLOW] = NLA_POLICY_MIN(NLA_U32, 1),
	[KSRTP_KEY_A_DIRECTION] = NLA_POLICY_RANGE(NLA_U8, KSRTP_DIRECTION_RX, KSRTP_DIRECTION_TX),
	[KSRTP_KEY_A_SUITE] = { .type = NLA_NUL_STRING, .len = 47 },
	[KSRTP_KEY_A_KEY] = { .type = NLA_BINARY, .len = 64 },
	[KSRTP_KEY_A_SALT] = { .type = NLA_BINARY, .len = 64 },
	[KSRTP_KEY_A_MKI] = { .type = NLA_BINARY, .len = 128 },
	[KSRTP_KEY_A_RTP_LIMIT] = NLA_POLICY_MIN(NLA_U64, 1),
	[KSRTP_KEY_A_RTCP_LIMIT] = NLA_POLICY_MIN(NLA_U64, 1),
	[KSRTP_KEY_A_KDR] = NLA_POLICY_RANGE(NLA_U8, 1, KSRTP_KDR_MAX),
	[KSRTP_KEY_A_UNENCRYPTED_SRTP] = { .type = NLA_FLAG },
	[KSRTP_KEY_A_UNENCRYPTED_SRTCP] = { .type = NLA_FLAG },
	[KSRTP_KEY_A_UNAUTHENTICATED_SRTP] = { .type = NLA_FLAG },
	[KSRTP_KEY_A_ENCRYPTED_IDS] = { .type = NLA_BINARY, .len = 255 },
	[KSRTP_KEY_A_REPLACE] = { .type = NLA_FLAG },
};

static const struct nla_policy key_id[KSRTP_KEY_A_MAX + 1] = {
	[KSRTP_KEY_A_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[KSRTP_KEY_A_FLOW] = NLA_POLICY_MIN(NLA_U32, 1),
};

#define REMOTE_POLICY \
	[KSRTP_FLOW_A_PEER] = { .type = NLA_U32 }, \
	[KSRTP_FLOW_A_REMOTE] = { .type = NLA_BINARY, .len = 16 }, \
	[KSRTP_FLOW_A_REMOTE_PORT] = { .type = NLA_U16 }, \
	[KSRTP_FLOW_A_REMOTE_RTCP] = NLA_POLICY_MIN(NLA_U16, 1), \
	[KSRTP_FLOW_A_NATTED] = { .type = NLA_BINARY, .len = 16 }, \
	[KSRTP_FLOW_A_SOURCE] = { .type = NLA_U8 }, \
	[KSRTP_FLOW_A_SECURE_RX] = { .type = NLA_FLAG }, \
	[KSRTP_FLOW_A_SECURE_TX] = { .type = NLA_FLAG }

static const struct nla_policy flow_full[KSRTP_FLOW_A_MAX + 1] = {
	[KSRTP_FLOW_A_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[KSRTP_FLOW_A_SESSION] = NLA_POLICY_MIN(NLA_U32, 1),
	[KSRTP_FLOW_A_LISTEN] = { .type = NLA_BINARY, .len = 16 },
	[KSRTP_FLOW_A_LISTEN_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[KSRTP_FLOW_A_LISTEN_RTCP] = NLA_POLICY_MIN(NLA_U16, 1),
	[KSRTP_FLOW_A_STREAMS] = NLA_POLICY_RANGE(NLA_U32, 1, 1024),
	[KSRTP_FLOW_A_KEY] = NLA_POLICY_NESTED(key_full),
	[KSRTP_FLOW_A_IN_PLACE] = { .type = NLA_FLAG },
	[KSRTP_FLOW_A_RAW] = { .type = NLA_FLAG },
	REMOTE_POLICY,
};

static const struct nla_policy flow_change[KSRTP_FLOW_A_MAX + 1] = {
	[KSRTP_FLOW_A_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	REMOTE_POLICY,
};

static const struct nla_policy flow_id[KSRTP_FLOW_A_MAX + 1] = {
	[KSRTP_FLOW_A_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy flow_which[KSRTP_FLOW_A_MAX + 1] = {
	[KSRTP_FLOW_A_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[KSRTP_FLOW_A_SESSION] = { .type = NLA_U32 },
};

static const struct nla_policy stream_which[KSRTP_STREAM_A_MAX + 1] = {
	[KSRTP_STREAM_A_FLOW] = { .type = NLA_U32 },
};

static const struct nla_policy stream_full[KSRTP_STREAM_A_MAX + 1] = {
	[KSRTP_STREAM_A_FLOW] = NLA_POLICY_MIN(NLA_U32, 1),
	[KSRTP_STREAM_A_DIRECTION] =
		NLA_POLICY_RANGE(NLA_U8, KSRTP_DIRECTION_RX, KSRTP_DIRECTION_TX),
	[KSRTP_STREAM_A_SSRC] = { .type = NLA_U32 },
	[KSRTP_STREAM_A_ROC] = { .type = NLA_U32 },
	[KSRTP_STREAM_A_SEQ] = { .type = NLA_U16 },
	[KSRTP_STREAM_A_RTCP_INDEX] = { .type = NLA_U32 },
};

static const struct nla_policy lane_device[KSRTP_LANE_A_MAX + 1] = {
	[KSRTP_LANE_A_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

static const struct nla_policy session_new[KSRTP_A_MAX + 1] = {
	[KSRTP_A_SESSION] = NLA_POLICY_NESTED(session_full),
	[KSRTP_A_FLOW] = NLA_POLICY_NESTED(flow_full),
};

const struct nla_policy ksrtp_policy_session_set[KSRTP_A_MAX + 1] = {
	[KSRTP_A_SESSION] = NLA_POLICY_NESTED(session_full),
};

const struct nla_policy ksrtp_policy_session[KSRTP_A_MAX + 1] = {
	[KSRTP_A_SESSION] = NLA_POLICY_NESTED(session_id),
};

static const struct nla_policy flow_new[KSRTP_A_MAX + 1] = {
	[KSRTP_A_FLOW] = NLA_POLICY_NESTED(flow_full),
};

const struct nla_policy ksrtp_policy_flow_set[KSRTP_A_MAX + 1] = {
	[KSRTP_A_FLOW] = NLA_POLICY_NESTED(flow_change),
};

const struct nla_policy ksrtp_policy_flow[KSRTP_A_MAX + 1] = {
	[KSRTP_A_FLOW] = NLA_POLICY_NESTED(flow_id),
};

const struct nla_policy ksrtp_policy_flow_get[KSRTP_A_MAX + 1] = {
	[KSRTP_A_FLOW] = NLA_POLICY_NESTED(flow_which),
};

static const struct nla_policy key_new[KSRTP_A_MAX + 1] = {
	[KSRTP_A_KEY] = NLA_POLICY_NESTED(key_full),
};

const struct nla_policy ksrtp_policy_key[KSRTP_A_MAX + 1] = {
	[KSRTP_A_KEY] = NLA_POLICY_NESTED(key_id),
};

const struct nla_policy ksrtp_policy_stream_get[KSRTP_A_MAX + 1] = {
	[KSRTP_A_STREAM] = NLA_POLICY_NESTED(stream_which),
};

const struct nla_policy ksrtp_policy_stream_set[KSRTP_A_MAX + 1] = {
	[KSRTP_A_STREAM] = NLA_POLICY_NESTED(stream_full),
};

const struct nla_policy ksrtp_policy_lane[KSRTP_A_MAX + 1] = {
	[KSRTP_A_LANE] = NLA_POLICY_NESTED(lane_device),
};

const struct nla_policy ksrtp_policy_none[KSRTP_A_MAX + 1] = { };

int ksrtp_policy_check(const struct genl_info *info)
{
	static const struct nla_policy *const late[KSRTP_CMD_MAX + 1] = {
		[KSRTP_CMD_SESSION_NEW] = session_new,
		[KSRTP_CMD_FLOW_NEW] = flow_new,
		[KSRTP_CMD_KEY_NEW] = key_new,
	};
	const struct nla_policy *policy = late[info->genlhdr->cmd];

	if (info->genlhdr->reserved)
		return ksrtp_netlink_refuse(info->extack, NULL, -EINVAL,
					    "the reserved field of the header is not 0");
	if (!policy)
		return 0;
	return nla_validate(nlmsg_attrdata(info->nlhdr, GENL_HDRLEN),
			    nlmsg_attrlen(info->nlhdr, GENL_HDRLEN), KSRTP_A_MAX, policy,
			    info->extack);
}

/*
 * GENL_ADMIN_PERM would say the same without a sentence, and cannot follow the parameter. Every
 * doit passes here by pre_doit, every dump by its start.
 */
int ksrtp_policy_may(const struct sk_buff *skb, struct netlink_ext_ack *extack)
{
	const struct net *net = sock_net(skb->sk);

	if (netlink_capable(skb, CAP_NET_ADMIN) ||
	    (userns && netlink_ns_capable(skb, net->user_ns, CAP_NET_ADMIN)))
		return 0;
	return ksrtp_netlink_refuse(extack, NULL, -EPERM, userns ?
		"CAP_NET_ADMIN is needed in the user namespace of this network namespace" :
		"CAP_NET_ADMIN is needed in the initial user namespace");
}
