/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may ask what: attribute policies of each command, and permission. */
#ifndef KSRTP_KMOD_POLICY_H
#define KSRTP_KMOD_POLICY_H

#include <net/genetlink.h>

#include <uapi/ksrtp.h>

extern const struct nla_policy ksrtp_policy_session_set[KSRTP_A_MAX + 1];
extern const struct nla_policy ksrtp_policy_session[KSRTP_A_MAX + 1];
extern const struct nla_policy ksrtp_policy_flow_set[KSRTP_A_MAX + 1];
extern const struct nla_policy ksrtp_policy_flow[KSRTP_A_MAX + 1];
extern const struct nla_policy ksrtp_policy_flow_get[KSRTP_A_MAX + 1];
extern const struct nla_policy ksrtp_policy_key[KSRTP_A_MAX + 1];
extern const struct nla_policy ksrtp_policy_stream_get[KSRTP_A_MAX + 1];
extern const struct nla_policy ksrtp_policy_stream_set[KSRTP_A_MAX + 1];
extern const struct nla_policy ksrtp_policy_lane[KSRTP_A_MAX + 1];
extern const struct nla_policy ksrtp_policy_none[KSRTP_A_MAX + 1];

/**
 * ksrtp_policy_may - may the sender of @skb use the family? Return: 0, or -EPERM with a sentence
 */
int ksrtp_policy_may(const struct sk_buff *skb, struct netlink_ext_ack *extack);

/**
 * ksrtp_policy_check - the attributes of a command that the netlink core has not checked
 *
 * Return: 0, or a negative errno with a sentence and the attribute.
 */
int ksrtp_policy_check(const struct genl_info *info);

#endif
