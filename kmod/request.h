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

/*
 * Find what an id attribute names; namespace's lock. NULL with a sentence and *err when there is no
 * attribute (@nest is where it should stand) or no such object.
 */
struct ksrtp_session *ksrtp_request_session(struct ksrtp_net *kn, const struct nlattr *attr,
					    struct netlink_ext_ack *extack, int *err);
struct ksrtp_flow *ksrtp_request_flow(struct ksrtp_net *kn, const struct nlattr *attr,
				      struct netlink_ext_ack *extack, int *err);

#endif
