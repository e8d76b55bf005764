/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers: objects written as attributes. */
#ifndef KSRTP_KMOD_REPLY_H
#define KSRTP_KMOD_REPLY_H

#include <linux/netlink.h>
#include <net/genetlink.h>

#include <ksrtp/latch.h>
#include <uapi/ksrtp.h>

struct ksrtp_flow;
struct ksrtp_session;
struct ksrtp_ssrc;

/** struct ksrtp_reply_event - see enum ksrtp_event_attr; @family 0: no remote, no source */
struct ksrtp_reply_event {
	enum ksrtp_event_type type;
	u32 session;
	u32 flow;
	u32 ssrc;
	struct ksrtp_endpoint remote;
	u32 count;
	u32 share;
	struct ksrtp_endpoint source;
	u8 family;
};

/** ksrtp_reply_event - Return: a message for the group, or NULL */
struct sk_buff *ksrtp_reply_event(const struct ksrtp_reply_event *event);

/**
 * ksrtp_reply_start - a message to answer @info with; *hdr for ksrtp_reply_finish(). NULL: no
 * memory
 */
struct sk_buff *ksrtp_reply_start(struct genl_info *info, size_t size, void **hdr);
/** ksrtp_reply_finish - send it. Return: 0 or negative errno */
int ksrtp_reply_finish(struct genl_info *info, struct sk_buff *msg, void *hdr);

/** ksrtp_reply_ids - id of a flow and those of its keys, what NEW answers. Return: 0, -EMSGSIZE */
int ksrtp_reply_ids(struct sk_buff *msg, const struct ksrtp_flow *flow);

/** ksrtp_reply_stream - the nest of one stream; under RCU. Return: 0, -EMSGSIZE */
int ksrtp_reply_stream(struct sk_buff *msg, struct ksrtp_flow *flow, u8 direction,
		       struct ksrtp_ssrc *s);
/** ksrtp_reply_clear - the same of what a direction in clear hears or, @tx, is told of */
int ksrtp_reply_clear(struct sk_buff *msg, struct ksrtp_flow *flow, bool tx);

int ksrtp_reply_session_get(struct sk_buff *skb, struct genl_info *info);
int ksrtp_reply_flow_get(struct sk_buff *skb, struct genl_info *info);
int ksrtp_reply_key_get(struct sk_buff *skb, struct genl_info *info);
int ksrtp_reply_stats_get(struct sk_buff *skb, struct genl_info *info);
int ksrtp_reply_dump_start(struct netlink_callback *cb);
int ksrtp_reply_session_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ksrtp_reply_flow_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ksrtp_reply_stream_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif
