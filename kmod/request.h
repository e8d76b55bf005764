/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that change something. */
#ifndef KSRTP_KMOD_REQUEST_H
#define KSRTP_KMOD_REQUEST_H

#include <net/genetlink.h>

struct ksrtp_flow;
struct ksrtp_net;
struct ksrtp_session;

int ksrtp_request_session_new(struct sk_buff *skb, struct genl_info *info);
int ksrtp_request_session_set(struct sk_buff *skb, struct genl_info *info);
int ksrtp_request_session_del(struct sk_buff *skb, struct genl_info *info);
int ksrtp_request_flow_new(struct sk_buff *skb, struct genl_info *info);
int ksrtp_request_flow_set(struct sk_buff *skb, struct genl_info *info);
int ksrtp_request_flow_del(struct sk_buff *skb, struct genl_info *info);
int ksrtp_request_key_new(struct sk_buff *skb, struct genl_info *info);
int ksrtp_request_key_del(struct sk_buff *skb, struct genl_info *info);
int ksrtp_request_stream_set(struct sk_buff *skb, struct genl_info *info);
int ksrtp_request_lane_new(struct sk_buff *skb, struct genl_info *info);
int ksrtp_request_lane_del(struct sk_buff *skb, struct genl_info *info);
int ksrtp_request_lane_dump(struct sk_buff *skb, struct netlink_callback *cb);

/** ksrtp_request_parse - the attributes of a nest into tb[0..max]; -EINVAL when there is none */
int ksrtp_request_parse(struct nlattr **tb, int max, const struct nlattr *nest,
			struct netlink_ext_ack *extack);
/** ksrtp_request_key_add - the key of one nest; namespace's lock. *id: the key's */
int ksrtp_request_key_add(struct ksrtp_flow *flow, struct nlattr **tb, u32 *id,
			  struct netlink_ext_ack *extack);

/**
 * ksrtp_request_wipe - overwrite the request, which may hold keys: its buffer and the error's copy
 *	outlive it
 */
void ksrtp_request_wipe(struct genl_info *info);

/*
 * Find what an id attribute names; namespace's lock. NULL with a sentence and *err when there is no
 * attribute (@nest is where it should stand) or no such object.
 */
struct ksrtp_session *ksrtp_request_session(struct ksrtp_net *kn, const struct nlattr *attr,
					    struct netlink_ext_ack *extack, int *err);
struct ksrtp_flow *ksrtp_request_flow(struct ksrtp_net *kn, const struct nlattr *attr,
				      struct netlink_ext_ack *extack, int *err);
/** ksrtp_request_flow_live - the same for one that may change: -ESTALE for a guard */
struct ksrtp_flow *ksrtp_request_flow_live(struct ksrtp_net *kn, const struct nlattr *attr,
					   struct netlink_ext_ack *extack, int *err);

#endif
