// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers, dumps and the body of events. Called by netlink.c's table in process context; objects
 * are read under the namespace's lock. Key bytes and cookies are never written.
 */
#include <linux/jiffies.h>
#include <net/sock.h>

#include "kmod/compat.h"
#include "kmod/flow.h"
#include "kmod/netlink.h"
#include "kmod/policy.h"
#include "kmod/reply.h"
#include "kmod/request.h"

#define put64(msg, type, value, pad) nla_put_u64_64bit(msg, type, value, pad)

/* ---- objects ---- */

static int put_address(struct sk_buff *msg, int type, u8 family, const void *addr)
{
	if (family == AF_INET)
		return nla_put(msg, type, 4, (const u8 *)addr + 12);
	return nla_put(msg, type, 16, addr);
}

static int put_session(struct sk_buff *msg, const struct ksrtp_session *s)
{
	u64 age = get_jiffies_64() - s->born;
	struct nlattr *nest = nla_nest_start(msg, KSRTP_A_SESSION);

	if (!nest || nla_put_u32(msg, KSRTP_SESSION_A_ID, s->id) ||
	    nla_put_string(msg, KSRTP_SESSION_A_LABEL, s->label) ||
	    nla_put_u32(msg, KSRTP_SESSION_A_IDLE, s->idle) ||
	    nla_put_u32(msg, KSRTP_SESSION_A_LIFETIME, s->lifetime) ||
	    (s->persist && nla_put_flag(msg, KSRTP_SESSION_A_PERSIST)) ||
	    (s->orphan && nla_put_flag(msg, KSRTP_SESSION_A_ORPHAN)) ||
	    (s->guard && nla_put_flag(msg, KSRTP_SESSION_A_GUARD)) ||
	    nla_put_u32(msg, KSRTP_SESSION_A_AGE, (u32)div_u64(age, HZ)) ||
	    nla_put_u32(msg, KSRTP_SESSION_A_FLOWS, s->n_flows))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_verdicts(struct sk_buff *msg, const u64 *verdict)
{
	unsigned int i;

	for (i = 0; i < KSRTP_VERDICT_COUNT; i++) {
		struct nlattr *nest;

		if (!verdict[i])
			continue;
		nest = nla_nest_start(msg, KSRTP_STATS_A_VERDICT);
		if (!nest || nla_put_string(msg, KSRTP_COUNT_A_NAME, ksrtp_verdict_word(i)) ||
		    put64(msg, KSRTP_COUNT_A_VALUE, verdict[i], KSRTP_COUNT_A_PAD))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	return 0;
}

static int put_stats(struct sk_buff *msg, const struct ksrtp_stats *s)
{
	if (put64(msg, KSRTP_STATS_A_RX_PACKETS, s->rx_packets, KSRTP_STATS_A_PAD) ||
	    put64(msg, KSRTP_STATS_A_RX_BYTES, s->rx_bytes, KSRTP_STATS_A_PAD) ||
	    put64(msg, KSRTP_STATS_A_RX_SECURE, s->rx_secure, KSRTP_STATS_A_PAD) ||
	    put64(msg, KSRTP_STATS_A_TX_PACKETS, s->tx_packets, KSRTP_STATS_A_PAD) ||
	    put64(msg, KSRTP_STATS_A_TX_BYTES, s->tx_bytes, KSRTP_STATS_A_PAD) ||
	    put64(msg, KSRTP_STATS_A_TX_SECURE, s->tx_secure, KSRTP_STATS_A_PAD) ||
	    put64(msg, KSRTP_STATS_A_PROBES, s->probes, KSRTP_STATS_A_PAD) ||
	    put64(msg, KSRTP_STATS_A_TX_FRAGMENTED, s->tx_fragmented, KSRTP_STATS_A_PAD))
		return -EMSGSIZE;
	return put_verdicts(msg, s->verdict);
}

/* What only a few keys have. */
static int put_parameters(struct sk_buff *msg, const struct ksrtp_keys *keys)
{
	u8 ids[255];
	u32 n = 0;
	u8 kdr;

	kdr = ksrtp_annex_report(keys, ids, &n);
	if ((kdr && nla_put_u8(msg, KSRTP_KEY_A_KDR, kdr)) ||
	    (n && nla_put(msg, KSRTP_KEY_A_ENCRYPTED_IDS, (int)n, ids)) ||
	    (keys->parameters & KSRTP_UNENCRYPTED_SRTP &&
	     nla_put_flag(msg, KSRTP_KEY_A_UNENCRYPTED_SRTP)) ||
	    (keys->parameters & KSRTP_UNENCRYPTED_SRTCP &&
	     nla_put_flag(msg, KSRTP_KEY_A_UNENCRYPTED_SRTCP)) ||
	    (keys->parameters & KSRTP_UNAUTHENTICATED_SRTP &&
	     nla_put_flag(msg, KSRTP_KEY_A_UNAUTHENTICATED_SRTP)))
		return -EMSGSIZE;
	return 0;
}

/* Inside the nest of a key. */
static int put_key(struct sk_buff *msg, const struct ksrtp_flow *flow, const struct ksrtp_key *k)
{
	if (nla_put_u32(msg, KSRTP_KEY_A_ID, k->id) ||
	    nla_put_u32(msg, KSRTP_KEY_A_FLOW, flow->id) ||
	    nla_put_u8(msg, KSRTP_KEY_A_DIRECTION,
		       k->tx ? KSRTP_DIRECTION_TX : KSRTP_DIRECTION_RX) ||
	    nla_put_string(msg, KSRTP_KEY_A_SUITE, k->keys.suite->name) ||
	    (k->keys.mki_len && nla_put(msg, KSRTP_KEY_A_MKI, k->keys.mki_len,
					ksrtp_keys_mki(&k->keys))) ||
	    put64(msg, KSRTP_KEY_A_RTP_LIMIT, k->keys.rtp_limit, KSRTP_KEY_A_PAD) ||
	    put64(msg, KSRTP_KEY_A_RTCP_LIMIT, k->keys.rtcp_limit, KSRTP_KEY_A_PAD) ||
	    put64(msg, KSRTP_KEY_A_RTP_USED, ksrtp_keyring_used(flow, k, false), KSRTP_KEY_A_PAD) ||
	    put64(msg, KSRTP_KEY_A_RTCP_USED, ksrtp_keyring_used(flow, k, true), KSRTP_KEY_A_PAD) ||
	    put_parameters(msg, &k->keys))
		return -EMSGSIZE;
	return 0;
}

static int put_keys(struct sk_buff *msg, const struct ksrtp_flow *flow, bool tx, bool ids_only)
{
	const struct ksrtp_keyring *ring;
	unsigned int i;

	ring = rcu_dereference_protected(flow->ring[tx], lockdep_is_held(&flow->kn->lock));
	for (i = 0; ring && i < ring->count; i++) {
		struct nlattr *nest = nla_nest_start(msg, KSRTP_FLOW_A_KEY);
		int err;

		if (!nest)
			return -EMSGSIZE;
		if (ids_only)
			err = nla_put_u32(msg, KSRTP_KEY_A_ID, ring->key[i]->id);
		else
			err = put_key(msg, flow, ring->key[i]);
		if (err)
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	return 0;
}

static int put_ports(struct sk_buff *msg, struct ksrtp_flow *flow)
{
	struct ksrtp_endpoint remote, natted;
	static const u8 none[16];
	u16 rtcp_port;
	bool moved;

	spin_lock_bh(&flow->lock);
	remote = flow->latch[0].present;
	natted = flow->latch[0].natted;
	rtcp_port = flow->latch[1].present.port;
	moved = memcmp(&remote, &flow->latch[0].expected, sizeof(remote));
	spin_unlock_bh(&flow->lock);
	if (put_address(msg, KSRTP_FLOW_A_LISTEN, flow->family, flow->port[0].key.addr) ||
	    nla_put_u16(msg, KSRTP_FLOW_A_LISTEN_PORT, (u16)flow->port[0].key.port) ||
	    (!flow->mux && nla_put_u16(msg, KSRTP_FLOW_A_LISTEN_RTCP, (u16)flow->port[1].key.port)))
		return -EMSGSIZE;
	if (remote.port && (put_address(msg, KSRTP_FLOW_A_REMOTE, flow->family, remote.addr) ||
			    nla_put_u16(msg, KSRTP_FLOW_A_REMOTE_PORT, remote.port) ||
			    (!flow->mux && nla_put_u16(msg, KSRTP_FLOW_A_REMOTE_RTCP, rtcp_port))))
		return -EMSGSIZE;
	if (memcmp(natted.addr, none, sizeof(none)) &&
	    put_address(msg, KSRTP_FLOW_A_NATTED, flow->family, natted.addr))
		return -EMSGSIZE;
	if (moved && nla_put_flag(msg, KSRTP_FLOW_A_LATCHED))
		return -EMSGSIZE;
	return nla_put_u8(msg, KSRTP_FLOW_A_SOURCE, (u8)flow->latch[0].policy);
}

static int put_flow_stats(struct sk_buff *msg, struct ksrtp_flow *flow)
{
	struct nlattr *nest = nla_nest_start(msg, KSRTP_FLOW_A_STATS);
	struct ksrtp_stats sum;

	ksrtp_stats_flow(flow, &sum);
	if (!nest || put_stats(msg, &sum))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_flow(struct sk_buff *msg, struct ksrtp_flow *flow)
{
	struct nlattr *nest = nla_nest_start(msg, KSRTP_A_FLOW);
	const struct ksrtp_flow *peer;

	peer = rcu_dereference_protected(flow->peer, lockdep_is_held(&flow->kn->lock));
	if (!nest || nla_put_u32(msg, KSRTP_FLOW_A_ID, flow->id) ||
	    nla_put_u32(msg, KSRTP_FLOW_A_SESSION, flow->session->id) ||
	    (peer && nla_put_u32(msg, KSRTP_FLOW_A_PEER, peer->id)) || put_ports(msg, flow) ||
	    (flow->in_place && nla_put_flag(msg, KSRTP_FLOW_A_IN_PLACE)) ||
	    (flow->raw && nla_put_flag(msg, KSRTP_FLOW_A_RAW)) ||
	    (flow->secure[0] && nla_put_flag(msg, KSRTP_FLOW_A_SECURE_RX)) ||
	    (flow->secure[1] && nla_put_flag(msg, KSRTP_FLOW_A_SECURE_TX)) ||
	    nla_put_u32(msg, KSRTP_FLOW_A_STREAMS, flow->max_streams) ||
	    put_keys(msg, flow, false, false) || put_keys(msg, flow, true, false) ||
	    put_flow_stats(msg, flow))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* ---- answers ---- */

struct sk_buff *ksrtp_reply_start(struct genl_info *info, size_t size, void **hdr)
{
	struct sk_buff *msg = genlmsg_new(size, GFP_KERNEL);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put_reply(msg, info, &ksrtp_netlink_family, 0, info->genlhdr->cmd);
	if (!*hdr) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int ksrtp_reply_finish(struct genl_info *info, struct sk_buff *msg, void *hdr)
{
	int err;

	genlmsg_end(msg, hdr);
	err = genlmsg_reply(msg, info);
	if (!err)
		return 0;
	return ksrtp_netlink_refuse(info->extack, NULL, err,
				    "the socket's receive buffer has no room for the answer");
}

int ksrtp_reply_ids(struct sk_buff *msg, const struct ksrtp_flow *flow)
{
	struct nlattr *nest = nla_nest_start(msg, KSRTP_A_FLOW);

	if (!nest || nla_put_u32(msg, KSRTP_FLOW_A_ID, flow->id) ||
	    put_keys(msg, flow, false, true) || put_keys(msg, flow, true, true))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int ksrtp_reply_session_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ksrtp_net *kn = ksrtp_main_net(genl_info_net(info));
	struct nlattr *tb[KSRTP_SESSION_A_MAX + 1] = { };
	struct ksrtp_session *session;
	struct sk_buff *msg;
	void *hdr;
	int err;

	if (info->attrs[KSRTP_A_SESSION])
		nla_parse_nested(tb, KSRTP_SESSION_A_MAX, info->attrs[KSRTP_A_SESSION], NULL, NULL);
	msg = ksrtp_reply_start(info, NLMSG_DEFAULT_SIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&kn->lock);
	session = ksrtp_request_session(kn, tb[KSRTP_SESSION_A_ID], info->extack, &err);
	if (session)
		err = put_session(msg, session);
	mutex_unlock(&kn->lock);
	if (!err)
		return ksrtp_reply_finish(info, msg, hdr);
	nlmsg_free(msg);
	return err;
}

int ksrtp_reply_flow_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ksrtp_net *kn = ksrtp_main_net(genl_info_net(info));
	struct nlattr *tb[KSRTP_FLOW_A_MAX + 1] = { };
	struct ksrtp_flow *flow;
	struct sk_buff *msg;
	void *hdr;
	int err;

	if (info->attrs[KSRTP_A_FLOW])
		nla_parse_nested(tb, KSRTP_FLOW_A_MAX, info->attrs[KSRTP_A_FLOW], NULL, NULL);
	msg = ksrtp_reply_start(info, 2 * NLMSG_GOODSIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&kn->lock);
	flow = ksrtp_request_flow(kn, tb[KSRTP_FLOW_A_ID], info->extack, &err);
	if (flow)
		err = put_flow(msg, flow);
	mutex_unlock(&kn->lock);
	if (!err)
		return ksrtp_reply_finish(info, msg, hdr);
	nlmsg_free(msg);
	return err;
}

static int write_key(struct sk_buff *msg, struct ksrtp_net *kn, struct nlattr **tb,
		     struct netlink_ext_ack *extack)
{
	const struct ksrtp_flow *flow;
	const struct ksrtp_key *key;
	struct nlattr *nest;
	int err;

	flow = ksrtp_request_flow(kn, tb[KSRTP_KEY_A_FLOW], extack, &err);
	if (!flow)
		return err;
	if (!tb[KSRTP_KEY_A_ID])
		return ksrtp_netlink_refuse(extack, NULL, -EINVAL, "the key's id is missing");
	key = ksrtp_keyring_find(flow, nla_get_u32(tb[KSRTP_KEY_A_ID]));
	if (!key)
		return ksrtp_netlink_refuse(extack, tb[KSRTP_KEY_A_ID], -ENOENT,
					    "the flow has no key with this id");
	nest = nla_nest_start(msg, KSRTP_A_KEY);
	if (!nest || put_key(msg, flow, key))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int ksrtp_reply_key_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ksrtp_net *kn = ksrtp_main_net(genl_info_net(info));
	struct nlattr *tb[KSRTP_KEY_A_MAX + 1] = { };
	struct sk_buff *msg;
	void *hdr;
	int err;

	if (info->attrs[KSRTP_A_KEY])
		nla_parse_nested(tb, KSRTP_KEY_A_MAX, info->attrs[KSRTP_A_KEY], NULL, NULL);
	msg = ksrtp_reply_start(info, NLMSG_DEFAULT_SIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&kn->lock);
	err = write_key(msg, kn, tb, info->extack);
	mutex_unlock(&kn->lock);
	if (!err)
		return ksrtp_reply_finish(info, msg, hdr);
	nlmsg_free(msg);
	return err;
}

static u32 streams_of(struct ksrtp_net *kn)
{
	struct ksrtp_flow *flow;
	unsigned long id;
	u32 n = 0;

	mutex_lock(&kn->lock);
	xa_for_each(&kn->flows, id, flow)
		n += READ_ONCE(flow->rx.count) + READ_ONCE(flow->tx.count);
	mutex_unlock(&kn->lock);
	return n;
}

int ksrtp_reply_stats_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ksrtp_net *kn = ksrtp_main_net(genl_info_net(info));
	struct ksrtp_stats sum;
	struct sk_buff *msg;
	struct nlattr *nest;
	void *hdr;

	msg = ksrtp_reply_start(info, NLMSG_DEFAULT_SIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	ksrtp_stats_net(kn, &sum);
	nest = nla_nest_start(msg, KSRTP_A_STATS);
	if (!nest || put_stats(msg, &sum) ||
	    nla_put_u32(msg, KSRTP_STATS_A_SESSIONS,
			(u32)atomic_read(&kn->used[KSRTP_LIMIT_SESSIONS])) ||
	    nla_put_u32(msg, KSRTP_STATS_A_FLOWS,
			(u32)atomic_read(&kn->used[KSRTP_LIMIT_FLOWS])) ||
	    nla_put_u32(msg, KSRTP_STATS_A_STREAMS, streams_of(kn)) ||
	    nla_put_string(msg, KSRTP_STATS_A_PRIM, ksrtp_prim_name(ksrtp_prim_best()))) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return ksrtp_reply_finish(info, msg, hdr);
}

/* ---- dumps: one object a message; args[0] is the id to go on with ---- */

int ksrtp_reply_dump_start(struct netlink_callback *cb)
{
	return ksrtp_policy_may(cb->skb, cb->extack);
}

static u32 filter_of(const struct netlink_callback *cb, int top, int type)
{
	struct nlattr **attrs = ksrtp_compat_dump_attrs(cb);
	const struct nlattr *attr = NULL;

	if (attrs && attrs[top])
		attr = nla_find_nested(attrs[top], type);
	return attr ? nla_get_u32(attr) : 0;
}

static void *dump_put(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&ksrtp_netlink_family, NLM_F_MULTI, cmd);

	if (hdr)
		genl_dump_check_consistent(cb, hdr);
	return hdr;
}

/* A message that did not fit is for the next call, unless it is the only one. */
static int dump_end(struct sk_buff *skb, void *hdr, int err)
{
	if (!hdr)
		return -EMSGSIZE;
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

int ksrtp_reply_session_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ksrtp_net *kn = ksrtp_main_net(sock_net(skb->sk));
	struct ksrtp_session *session;
	unsigned long id;
	int err = 0;

	mutex_lock(&kn->lock);
	cb->seq = kn->generation;
	xa_for_each_start(&kn->sessions, id, session, (unsigned long)cb->args[0]) {
		void *hdr = dump_put(skb, cb, KSRTP_CMD_SESSION_GET);

		err = dump_end(skb, hdr, hdr ? put_session(skb, session) : 0);
		if (err)
			break;
		cb->args[0] = (long)id + 1;
	}
	mutex_unlock(&kn->lock);
	return err && !skb->len ? err : (int)skb->len;
}

int ksrtp_reply_flow_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	u32 session = filter_of(cb, KSRTP_A_FLOW, KSRTP_FLOW_A_SESSION);
	struct ksrtp_net *kn = ksrtp_main_net(sock_net(skb->sk));
	struct ksrtp_flow *flow;
	unsigned long id;
	int err = 0;

	mutex_lock(&kn->lock);
	cb->seq = kn->generation;
	xa_for_each_start(&kn->flows, id, flow, (unsigned long)cb->args[0]) {
		void *hdr;

		if (session && flow->session->id != session)
			continue;
		hdr = dump_put(skb, cb, KSRTP_CMD_FLOW_GET);
		err = dump_end(skb, hdr, hdr ? put_flow(skb, flow) : 0);
		if (err)
			break;
		cb->args[0] = (long)id + 1;
	}
	mutex_unlock(&kn->lock);
	return err && !skb->len ? err : (int)skb->len;
}

/* The two that are no streams come first, and are counted whether they are there or not. */
static int dump_clear(struct sk_buff *skb, struct netlink_callback *cb, struct ksrtp_flow *flow,
		      long *n)
{
	struct ksrtp_media_heard heard;
	struct ksrtp_media_told told;
	bool there[2];
	unsigned int tx;

	ksrtp_media_read(flow, &heard, &told);
	there[0] = heard.seen.packets;
	there[1] = told.report.heard;
	for (tx = 0; tx < 2; tx++) {
		void *hdr;
		int err;

		if ((*n)++ < cb->args[1])
			continue;
		if (there[tx]) {
			hdr = dump_put(skb, cb, KSRTP_CMD_STREAM_GET);
			err = dump_end(skb, hdr, hdr ? ksrtp_reply_clear(skb, flow, tx) : 0);
			if (err)
				return err;
		}
		cb->args[1] = *n;
	}
	return 0;
}

/*
 * args[1]: streams of the flow at args[0] that were written already. One that is heard meanwhile
 * shifts them, so that one may be missed: the dump says then that it was interrupted.
 */
static int dump_streams(struct sk_buff *skb, struct netlink_callback *cb, struct ksrtp_flow *flow)
{
	long n = 0;
	unsigned int i;
	int err;

	err = dump_clear(skb, cb, flow, &n);
	if (err)
		return err;
	for (i = 0; i < 2 * KSRTP_SSRC_BUCKETS; i++) {
		bool tx = i >= KSRTP_SSRC_BUCKETS;
		struct ksrtp_ssrc_table *table = tx ? &flow->tx : &flow->rx;
		struct ksrtp_ssrc *s;

		hlist_for_each_entry_rcu(s, &table->bucket[i % KSRTP_SSRC_BUCKETS], node) {
			void *hdr;

			if (n++ < cb->args[1])
				continue;
			hdr = dump_put(skb, cb, KSRTP_CMD_STREAM_GET);
			err = dump_end(skb, hdr, hdr ? ksrtp_reply_stream(skb, flow, tx ?
					KSRTP_DIRECTION_TX : KSRTP_DIRECTION_RX, s) : 0);
			if (err)
				return err;
			cb->args[1] = n;
		}
	}
	return 0;
}

int ksrtp_reply_stream_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	u32 which = filter_of(cb, KSRTP_A_STREAM, KSRTP_STREAM_A_FLOW);
	struct ksrtp_net *kn = ksrtp_main_net(sock_net(skb->sk));
	struct ksrtp_flow *flow;
	unsigned long id;
	int err = 0;

	mutex_lock(&kn->lock);
	/* Both only rise. */
	cb->seq = kn->generation + (u32)atomic_read(&kn->streams);
	if (cb->args[0] < (long)which)
		cb->args[0] = (long)which;
	xa_for_each_start(&kn->flows, id, flow, (unsigned long)cb->args[0]) {
		if (which && id != which)
			break;
		if (cb->args[0] != (long)id) {
			cb->args[0] = (long)id;
			cb->args[1] = 0;
		}
		rcu_read_lock();
		err = dump_streams(skb, cb, flow);
		rcu_read_unlock();
		if (err)
			break;
		cb->args[0] = (long)id + 1;
		cb->args[1] = 0;
	}
	mutex_unlock(&kn->lock);
	return err && !skb->len ? err : (int)skb->len;
}

/* ---- events ---- */

struct sk_buff *ksrtp_reply_event(const struct ksrtp_reply_event *event)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	struct nlattr *nest;
	void *hdr;

	if (!msg)
		return NULL;
	hdr = genlmsg_put(msg, 0, 0, &ksrtp_netlink_family, 0, KSRTP_CMD_EVENT);
	nest = hdr ? nla_nest_start(msg, KSRTP_A_EVENT) : NULL;
	if (!nest || nla_put_u8(msg, KSRTP_EVENT_A_TYPE, (u8)event->type) ||
	    nla_put_u32(msg, KSRTP_EVENT_A_SESSION, event->session) ||
	    (event->flow && nla_put_u32(msg, KSRTP_EVENT_A_FLOW, event->flow)) ||
	    (event->type == KSRTP_EVENT_NEW_SSRC &&
	     nla_put_u32(msg, KSRTP_EVENT_A_SSRC, event->ssrc)))
		goto free;
	if (event->family && event->remote.port &&
	    (put_address(msg, KSRTP_EVENT_A_REMOTE, event->family, event->remote.addr) ||
	     nla_put_u16(msg, KSRTP_EVENT_A_REMOTE_PORT, event->remote.port)))
		goto free;
	if (event->count && nla_put_u32(msg, KSRTP_EVENT_A_PACKETS, event->count))
		goto free;
	if (event->share &&
	    (nla_put_u32(msg, KSRTP_EVENT_A_SHARE, event->share) ||
	     put_address(msg, KSRTP_EVENT_A_SOURCE, event->family, event->source.addr) ||
	     nla_put_u16(msg, KSRTP_EVENT_A_SOURCE_PORT, event->source.port)))
		goto free;
	nla_nest_end(msg, nest);
	genlmsg_end(msg, hdr);
	return msg;

free:
	nlmsg_free(msg);
	return NULL;
}
