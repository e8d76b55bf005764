// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands that change something. Called by netlink.c's table in process context, after the
 * policies of policy.c; each takes the namespace's lock. A command does all of what it says or
 * nothing, and a refusal carries a sentence.
 */
#include <linux/inetdevice.h>
#include <net/ipv6.h>

#include "kmod/flow.h"
#include "kmod/netlink.h"
#include "kmod/reply.h"
#include "kmod/request.h"

#define FLOWS_MAX	64	/* in one SESSION_NEW */

#define refuse ksrtp_netlink_refuse

/* ---- attributes to values ---- */

/* The policy has been over all of it, also the nested ones. */
int ksrtp_request_parse(struct nlattr **tb, int max, const struct nlattr *nest,
			struct netlink_ext_ack *extack)
{
	memset(tb, 0, sizeof(*tb) * ((size_t)max + 1));
	if (!nest)
		return refuse(extack, NULL, -EINVAL,
			      "the attribute that says what it is about is missing");
	return nla_parse_nested(tb, max, nest, NULL, extack);
}

static int parse_address(const struct nlattr *attr, u8 *family, u8 addr[16],
			 struct netlink_ext_ack *extack)
{
	u8 is = nla_len(attr) == 4 ? AF_INET : AF_INET6;

	if (nla_len(attr) != 4 && nla_len(attr) != 16)
		return refuse(extack, attr, -EINVAL, "an address has 4 or 16 bytes");
	if (*family && *family != is)
		return refuse(extack, attr, -EINVAL,
			      "an address of the other family than the flow's");
	memset(addr, 0, 16);
	if (is == AF_INET) {
		addr[10] = 0xff;
		addr[11] = 0xff;
		memcpy(addr + 12, nla_data(attr), 4);
	} else {
		memcpy(addr, nla_data(attr), 16);
		if (ipv6_addr_v4mapped((const struct in6_addr *)addr))
			return refuse(extack, attr, -EINVAL, "an IPv4 address has 4 bytes");
	}
	*family = is;
	return 0;
}

/* Media goes to one place, and we listen at one. */
static bool unicast(u8 family, const u8 addr[16])
{
	struct in6_addr addr6;
	__be32 addr4;

	if (family == AF_INET) {
		addr4 = ksrtp_flow_addr4(addr);
		return !ipv4_is_zeronet(addr4) && !ipv4_is_multicast(addr4) &&
		       !ipv4_is_lbcast(addr4);
	}
	memcpy(&addr6, addr, sizeof(addr6));
	return !ipv6_addr_any(&addr6) && !ipv6_addr_is_multicast(&addr6);
}

struct ksrtp_session *ksrtp_request_session(struct ksrtp_net *kn, const struct nlattr *attr,
					    struct netlink_ext_ack *extack, int *err)
{
	struct ksrtp_session *session = attr ? xa_load(&kn->sessions, nla_get_u32(attr)) : NULL;

	*err = 0;
	if (!attr)
		*err = refuse(extack, NULL, -EINVAL, "the session's id is missing");
	else if (!session)
		*err = refuse(extack, attr, -ENOENT, "there is no session with this id");
	return session;
}

struct ksrtp_flow *ksrtp_request_flow(struct ksrtp_net *kn, const struct nlattr *attr,
				      struct netlink_ext_ack *extack, int *err)
{
	struct ksrtp_flow *flow = attr ? xa_load(&kn->flows, nla_get_u32(attr)) : NULL;

	*err = 0;
	if (!attr)
		*err = refuse(extack, NULL, -EINVAL, "the flow's id is missing");
	else if (!flow)
		*err = refuse(extack, attr, -ENOENT, "there is no flow with this id");
	return flow;
}

struct ksrtp_flow *ksrtp_request_flow_live(struct ksrtp_net *kn, const struct nlattr *attr,
					   struct netlink_ext_ack *extack, int *err)
{
	struct ksrtp_flow *flow = ksrtp_request_flow(kn, attr, extack, err);

	if (!flow || !flow->session->guard)
		return flow;
	*err = refuse(extack, attr, -ESTALE, "the session's time is over, its flow only drops");
	return NULL;
}

/* ---- flows ---- */

static int parse_listen(struct nlattr **tb, u8 *family, struct ksrtp_listen listen[2],
			struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = tb[KSRTP_FLOW_A_LISTEN];
	u8 addr[16];
	int err;

	if (!attr)
		return refuse(extack, NULL, -EINVAL, "the address to listen at is missing");
	if (!tb[KSRTP_FLOW_A_LISTEN_PORT])
		return refuse(extack, NULL, -EINVAL, "the port to listen at is missing");
	err = parse_address(attr, family, addr, extack);
	if (err)
		return err;
	if (!unicast(*family, addr))
		return refuse(extack, attr, -EINVAL,
			      "the address to listen at must be one host's own");
	memcpy(listen[0].addr, addr, sizeof(addr));
	listen[0].port = nla_get_u16(tb[KSRTP_FLOW_A_LISTEN_PORT]);
	listen[1] = listen[0];
	if (tb[KSRTP_FLOW_A_LISTEN_RTCP])
		listen[1].port = nla_get_u16(tb[KSRTP_FLOW_A_LISTEN_RTCP]);
	if (tb[KSRTP_FLOW_A_RAW] &&
	    (listen[0].port != listen[1].port || tb[KSRTP_FLOW_A_IN_PLACE]))
		return refuse(extack, tb[KSRTP_FLOW_A_RAW], -EINVAL,
			      "a raw flow has one port, and is not in place");
	return 0;
}

static int parse_source(struct nlattr **tb, struct ksrtp_flow_remote *r,
			struct netlink_ext_ack *extack)
{
	if (!tb[KSRTP_FLOW_A_SOURCE])
		return 0;
	r->source = nla_get_u8(tb[KSRTP_FLOW_A_SOURCE]);
	if (r->source > KSRTP_SOURCE_ANY)
		return refuse(extack, tb[KSRTP_FLOW_A_SOURCE], -EINVAL,
			      "the source rule is not known: 0 strict, 1 latch, 2 any");
	return 0;
}

/* What is absent stays as @r has it. A remote that is all zero, or port 0, is not known: hold. */
static int parse_remote(struct nlattr **tb, u8 family, struct ksrtp_flow_remote *r,
			struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = tb[KSRTP_FLOW_A_REMOTE];
	int err;

	if (!attr != !tb[KSRTP_FLOW_A_REMOTE_PORT])
		return refuse(extack, attr, -EINVAL, "a remote needs an address and a port");
	if (attr) {
		err = parse_address(attr, &family, r->rtp.addr, extack);
		if (err)
			return err;
		r->rtp.port = nla_get_u16(tb[KSRTP_FLOW_A_REMOTE_PORT]);
		r->rtcp_port = 0;
		if (r->rtp.port && !unicast(family, r->rtp.addr))
			return refuse(extack, attr, -EINVAL,
				      "the remote must be one host's address");
		if (!r->rtp.port)
			memset(&r->rtp, 0, sizeof(r->rtp));
	}
	if (tb[KSRTP_FLOW_A_REMOTE_RTCP])
		r->rtcp_port = nla_get_u16(tb[KSRTP_FLOW_A_REMOTE_RTCP]);
	if (tb[KSRTP_FLOW_A_NATTED]) {
		err = parse_address(tb[KSRTP_FLOW_A_NATTED], &family, r->natted.addr, extack);
		if (err)
			return err;
	}
	return parse_source(tb, r, extack);
}

static int flow_pair(struct ksrtp_flow *flow, const struct nlattr *attr,
		     struct netlink_ext_ack *extack)
{
	struct ksrtp_flow *peer = NULL;

	if (!attr)
		return 0;
	if (nla_get_u32(attr)) {
		peer = xa_load(&flow->kn->flows, nla_get_u32(attr));
		if (!peer)
			return refuse(extack, attr, -ENOENT, "there is no flow with the peer's id");
		if (peer == flow)
			return refuse(extack, attr, -EINVAL, "a flow cannot be its own peer");
		if (peer->session != flow->session)
			return refuse(extack, attr, -EINVAL, "the peer belongs to another session");
		if (flow->in_place || peer->in_place)
			return refuse(extack, attr, -EINVAL,
				      "a flow in place has no peer, its media server is it");
		if (flow->raw != peer->raw)
			return refuse(extack, attr, -EINVAL,
				      "one of the two flows is raw, the other is not");
	}
	ksrtp_flow_pair(flow, peer);
	return 0;
}

static int flow_keys(struct ksrtp_flow *flow, struct nlattr *nest, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[KSRTP_KEY_A_MAX + 1], *attr;
	int rem, err;
	u32 id;

	nla_for_each_nested(attr, nest, rem) {
		if (nla_type(attr) != KSRTP_FLOW_A_KEY)
			continue;
		err = ksrtp_request_parse(tb, KSRTP_KEY_A_MAX, attr, extack);
		if (!err && tb[KSRTP_KEY_A_REPLACE])
			err = refuse(extack, tb[KSRTP_KEY_A_REPLACE], -EINVAL,
				     "a new flow has no keys to replace");
		if (!err)
			err = ksrtp_request_key_add(flow, tb, &id, extack);
		if (err)
			return err;
	}
	return 0;
}

static int flow_publish(struct ksrtp_flow *flow, struct nlattr **tb, struct netlink_ext_ack *extack)
{
	const struct nlattr *id = tb[KSRTP_FLOW_A_ID];
	int err = ksrtp_flow_publish(flow, id ? nla_get_u32(id) : 0);

	if (err == -EADDRINUSE)
		refuse(extack, tb[KSRTP_FLOW_A_LISTEN_PORT], err,
		       "another flow listens at this address and port");
	else if (err == -EEXIST)
		refuse(extack, id, err, "there is a flow with this id already");
	return err;
}

/* A flow with its keys, listening; the peer is not set. */
static struct ksrtp_flow *flow_new(struct ksrtp_session *session, struct nlattr *nest,
				   struct nlattr **tb, struct netlink_ext_ack *extack)
{
	struct ksrtp_flow_remote remote = { };
	struct ksrtp_listen listen[2] = { };
	struct ksrtp_flow *flow;
	u8 family = 0;
	int err;

	err = parse_listen(tb, &family, listen, extack);
	if (!err)
		err = parse_remote(tb, family, &remote, extack);
	if (err)
		return ERR_PTR(err);
	flow = ksrtp_flow_create(session, family, listen);
	if (IS_ERR(flow)) {
		refuse(extack, NULL, (int)PTR_ERR(flow),
		       "no memory for a flow, or as many flows as there may be");
		return flow;
	}
	flow->in_place = nla_get_flag(tb[KSRTP_FLOW_A_IN_PLACE]);
	flow->raw = nla_get_flag(tb[KSRTP_FLOW_A_RAW]);
	if (flow->raw)
		ksrtp_media_keep(flow, false, false);
	flow->secure[0] = nla_get_flag(tb[KSRTP_FLOW_A_SECURE_RX]);
	flow->secure[1] = nla_get_flag(tb[KSRTP_FLOW_A_SECURE_TX]);
	if (tb[KSRTP_FLOW_A_STREAMS])
		flow->max_streams = nla_get_u32(tb[KSRTP_FLOW_A_STREAMS]);
	ksrtp_flow_point(flow, &remote);
	err = flow_keys(flow, nest, extack);
	if (!err)
		err = flow_publish(flow, tb, extack);
	if (err) {
		ksrtp_flow_destroy(flow);
		return ERR_PTR(err);
	}
	return flow;
}

static struct ksrtp_flow *flow_new_locked(struct ksrtp_net *kn, struct genl_info *info,
					  struct sk_buff *msg)
{
	struct nlattr *tb[KSRTP_FLOW_A_MAX + 1];
	struct ksrtp_session *session;
	struct ksrtp_flow *flow;
	int err;

	err = ksrtp_request_parse(tb, KSRTP_FLOW_A_MAX, info->attrs[KSRTP_A_FLOW], info->extack);
	if (err)
		return ERR_PTR(err);
	session = ksrtp_request_session(kn, tb[KSRTP_FLOW_A_SESSION], info->extack, &err);
	if (!session)
		return ERR_PTR(err);
	if (session->guard)
		return ERR_PTR(refuse(info->extack, tb[KSRTP_FLOW_A_SESSION], -ESTALE,
				      "the session's time is over"));
	flow = flow_new(session, info->attrs[KSRTP_A_FLOW], tb, info->extack);
	if (IS_ERR(flow))
		return flow;
	err = flow_pair(flow, tb[KSRTP_FLOW_A_PEER], info->extack);
	if (!err)
		err = ksrtp_reply_ids(msg, flow);
	if (!err)
		return flow;
	ksrtp_flow_destroy(flow);
	return ERR_PTR(err);
}

int ksrtp_request_flow_new(struct sk_buff *skb, struct genl_info *info)
{
	struct ksrtp_net *kn = ksrtp_main_net(genl_info_net(info));
	struct ksrtp_flow *flow;
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = ksrtp_reply_start(info, NLMSG_DEFAULT_SIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&kn->lock);
	flow = flow_new_locked(kn, info, msg);
	err = PTR_ERR_OR_ZERO(flow);
	if (err) {
		nlmsg_free(msg);
	} else {
		err = ksrtp_reply_finish(info, msg, hdr);
		if (err)
			ksrtp_flow_destroy(flow);
	}
	mutex_unlock(&kn->lock);
	return err;
}

static int flow_set_locked(struct ksrtp_flow *flow, struct nlattr **tb,
			   struct netlink_ext_ack *extack)
{
	bool again = tb[KSRTP_FLOW_A_REMOTE] || tb[KSRTP_FLOW_A_SOURCE] ||
		     tb[KSRTP_FLOW_A_NATTED] || tb[KSRTP_FLOW_A_REMOTE_RTCP];
	struct ksrtp_flow_remote remote = { };
	int err;

	spin_lock_bh(&flow->lock);
	remote.rtp = flow->latch[0].expected;
	remote.natted = flow->latch[0].natted;
	remote.rtcp_port = flow->latch[1].expected.port;
	remote.source = flow->latch[0].policy;
	spin_unlock_bh(&flow->lock);
	err = parse_remote(tb, flow->family, &remote, extack);
	if (!err)
		err = flow_pair(flow, tb[KSRTP_FLOW_A_PEER], extack);
	if (err)
		return err;
	if (tb[KSRTP_FLOW_A_SOURCE]) {
		WRITE_ONCE(flow->secure[0], nla_get_flag(tb[KSRTP_FLOW_A_SECURE_RX]));
		WRITE_ONCE(flow->secure[1], nla_get_flag(tb[KSRTP_FLOW_A_SECURE_TX]));
	}
	if (again)
		ksrtp_flow_point(flow, &remote);
	ksrtp_hold_release(flow->session);
	return 0;
}

int ksrtp_request_flow_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KSRTP_FLOW_A_MAX + 1];
	struct ksrtp_net *kn = ksrtp_main_net(genl_info_net(info));
	struct ksrtp_flow *flow;
	int err;

	err = ksrtp_request_parse(tb, KSRTP_FLOW_A_MAX, info->attrs[KSRTP_A_FLOW], info->extack);
	if (err)
		return err;
	mutex_lock(&kn->lock);
	flow = ksrtp_request_flow_live(kn, tb[KSRTP_FLOW_A_ID], info->extack, &err);
	if (flow)
		err = flow_set_locked(flow, tb, info->extack);
	mutex_unlock(&kn->lock);
	return err;
}

int ksrtp_request_flow_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KSRTP_FLOW_A_MAX + 1];
	struct ksrtp_net *kn = ksrtp_main_net(genl_info_net(info));
	struct ksrtp_flow *flow;
	int err;

	err = ksrtp_request_parse(tb, KSRTP_FLOW_A_MAX, info->attrs[KSRTP_A_FLOW], info->extack);
	if (err)
		return err;
	mutex_lock(&kn->lock);
	flow = ksrtp_request_flow(kn, tb[KSRTP_FLOW_A_ID], info->extack, &err);
	if (flow)
		ksrtp_flow_destroy(flow);
	mutex_unlock(&kn->lock);
	return err;
}

/* ---- sessions ---- */

static void session_times(struct ksrtp_session *session, struct nlattr **tb)
{
	if (tb[KSRTP_SESSION_A_LABEL])
		nla_strscpy(session->label, tb[KSRTP_SESSION_A_LABEL], sizeof(session->label));
	if (tb[KSRTP_SESSION_A_IDLE])
		session->idle = nla_get_u32(tb[KSRTP_SESSION_A_IDLE]);
	if (tb[KSRTP_SESSION_A_LIFETIME])
		session->lifetime = nla_get_u32(tb[KSRTP_SESSION_A_LIFETIME]);
	if (tb[KSRTP_SESSION_A_PERSIST])
		session->persist = true;
}

/* First all flows, then their peers: a flow may name one that follows in the message. */
static int session_flows(struct ksrtp_session *session, struct genl_info *info, struct sk_buff *msg)
{
	struct nlattr *tb[KSRTP_FLOW_A_MAX + 1], *attr;
	struct ksrtp_flow *flow;
	int rem, err;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != KSRTP_A_FLOW)
			continue;
		if (session->n_flows == FLOWS_MAX)
			return refuse(info->extack, attr, -E2BIG,
				      "more than 64 flows in one message");
		err = ksrtp_request_parse(tb, KSRTP_FLOW_A_MAX, attr, info->extack);
		if (err)
			return err;
		flow = flow_new(session, attr, tb, info->extack);
		if (IS_ERR(flow))
			return (int)PTR_ERR(flow);
		err = ksrtp_reply_ids(msg, flow);
		if (err)
			return err;
	}
	flow = list_first_entry_or_null(&session->flows, struct ksrtp_flow, sibling);
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != KSRTP_A_FLOW)
			continue;
		err = flow_pair(flow, nla_find_nested(attr, KSRTP_FLOW_A_PEER), info->extack);
		if (err)
			return err;
		flow = list_next_entry(flow, sibling);
	}
	return 0;
}

static struct ksrtp_session *session_new_locked(struct ksrtp_net *kn, struct genl_info *info,
						struct sk_buff *msg)
{
	struct nlattr *tb[KSRTP_SESSION_A_MAX + 1] = { }, *nest;
	struct ksrtp_session *session;
	int err;

	if (info->attrs[KSRTP_A_SESSION]) {
		err = ksrtp_request_parse(tb, KSRTP_SESSION_A_MAX, info->attrs[KSRTP_A_SESSION],
					  info->extack);
		if (err)
			return ERR_PTR(err);
	}
	session = ksrtp_session_create(kn);
	if (IS_ERR(session)) {
		refuse(info->extack, NULL, (int)PTR_ERR(session),
		       "no memory for a session, or as many sessions as there may be");
		return session;
	}
	session_times(session, tb);
	if (tb[KSRTP_SESSION_A_COOKIE]) {
		memcpy(session->cookie, nla_data(tb[KSRTP_SESSION_A_COOKIE]), KSRTP_COOKIE_LEN);
		session->has_cookie = true;
	}
	err = ksrtp_session_own(session, info->snd_portid);
	if (err)
		goto destroy;
	err = ksrtp_session_publish(session, tb[KSRTP_SESSION_A_ID] ?
				    nla_get_u32(tb[KSRTP_SESSION_A_ID]) : 0);
	if (err == -EEXIST)
		refuse(info->extack, tb[KSRTP_SESSION_A_ID], err,
		       "there is a session with this id already");
	if (err)
		goto destroy;
	err = -EMSGSIZE;
	nest = nla_nest_start(msg, KSRTP_A_SESSION);
	if (!nest || nla_put_u32(msg, KSRTP_SESSION_A_ID, session->id))
		goto destroy;
	nla_nest_end(msg, nest);
	err = session_flows(session, info, msg);
	if (!err)
		return session;
destroy:
	ksrtp_session_destroy(session);
	return ERR_PTR(err);
}

int ksrtp_request_session_new(struct sk_buff *skb, struct genl_info *info)
{
	struct ksrtp_net *kn = ksrtp_main_net(genl_info_net(info));
	struct ksrtp_session *session;
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = ksrtp_reply_start(info, 4 * NLMSG_GOODSIZE, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&kn->lock);
	session = session_new_locked(kn, info, msg);
	err = PTR_ERR_OR_ZERO(session);
	if (err) {
		nlmsg_free(msg);
	} else {
		err = ksrtp_reply_finish(info, msg, hdr);
		if (err)
			ksrtp_session_destroy(session);
	}
	mutex_unlock(&kn->lock);
	return err;
}

/* Whoever shows the cookie becomes the owner. */
static int adopt(struct ksrtp_session *session, struct genl_info *info, const struct nlattr *cookie)
{
	if (!session->has_cookie ||
	    !ksrtp_equal_ct(session->cookie, nla_data(cookie), KSRTP_COOKIE_LEN))
		return refuse(info->extack, cookie, -EACCES, "this is not the session's cookie");
	return ksrtp_session_own(session, info->snd_portid);
}

int ksrtp_request_session_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KSRTP_SESSION_A_MAX + 1];
	struct ksrtp_net *kn = ksrtp_main_net(genl_info_net(info));
	struct ksrtp_session *session;
	int err;

	err = ksrtp_request_parse(tb, KSRTP_SESSION_A_MAX, info->attrs[KSRTP_A_SESSION],
				  info->extack);
	if (err)
		return err;
	mutex_lock(&kn->lock);
	session = ksrtp_request_session(kn, tb[KSRTP_SESSION_A_ID], info->extack, &err);
	if (session && tb[KSRTP_SESSION_A_COOKIE])
		err = adopt(session, info, tb[KSRTP_SESSION_A_COOKIE]);
	if (!err) {
		session_times(session, tb);
		kn->generation++;
	}
	mutex_unlock(&kn->lock);
	return err;
}

int ksrtp_request_session_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KSRTP_SESSION_A_MAX + 1];
	struct ksrtp_net *kn = ksrtp_main_net(genl_info_net(info));
	struct ksrtp_session *session;
	int err;

	err = ksrtp_request_parse(tb, KSRTP_SESSION_A_MAX, info->attrs[KSRTP_A_SESSION],
				  info->extack);
	if (err)
		return err;
	mutex_lock(&kn->lock);
	session = ksrtp_request_session(kn, tb[KSRTP_SESSION_A_ID], info->extack, &err);
	if (session)
		ksrtp_session_destroy(session);
	mutex_unlock(&kn->lock);
	return err;
}

/* ---- streams ---- */

static int stream_raise(struct ksrtp_flow *flow, struct nlattr **tb)
{
	bool tx = nla_get_u8(tb[KSRTP_STREAM_A_DIRECTION]) == KSRTP_DIRECTION_TX;
	u64 index = 0, rtcp = 0;

	if (tb[KSRTP_STREAM_A_ROC])
		index = ((u64)nla_get_u32(tb[KSRTP_STREAM_A_ROC]) << 16 |
			 nla_get_u16(tb[KSRTP_STREAM_A_SEQ])) + 1;
	if (tb[KSRTP_STREAM_A_RTCP_INDEX])
		rtcp = nla_get_u32(tb[KSRTP_STREAM_A_RTCP_INDEX]);
	return ksrtp_ssrc_raise(flow, tx ? &flow->tx : &flow->rx,
				nla_get_u32(tb[KSRTP_STREAM_A_SSRC]), index, rtcp);
}

int ksrtp_request_stream_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KSRTP_STREAM_A_MAX + 1];
	struct ksrtp_net *kn = ksrtp_main_net(genl_info_net(info));
	struct ksrtp_flow *flow;
	int err;

	err = ksrtp_request_parse(tb, KSRTP_STREAM_A_MAX, info->attrs[KSRTP_A_STREAM],
				  info->extack);
	if (err)
		return err;
	if (!tb[KSRTP_STREAM_A_SSRC] || !tb[KSRTP_STREAM_A_DIRECTION])
		return refuse(info->extack, NULL, -EINVAL,
			      "the stream's SSRC or direction is missing");
	if (!tb[KSRTP_STREAM_A_ROC] != !tb[KSRTP_STREAM_A_SEQ])
		return refuse(info->extack, NULL, -EINVAL,
			      "a roll-over counter needs a sequence number");
	if (tb[KSRTP_STREAM_A_RTCP_INDEX] &&
	    nla_get_u32(tb[KSRTP_STREAM_A_RTCP_INDEX]) > KSRTP_RTCP_LIMIT)
		return refuse(info->extack, tb[KSRTP_STREAM_A_RTCP_INDEX], -ERANGE,
			      "an SRTCP index has 31 bits");
	mutex_lock(&kn->lock);
	flow = ksrtp_request_flow_live(kn, tb[KSRTP_STREAM_A_FLOW], info->extack, &err);
	if (flow) {
		err = stream_raise(flow, tb);
		if (err == -ERANGE)
			refuse(info->extack, tb[KSRTP_STREAM_A_ROC], err,
			       "an index is only ever raised");
		else if (err)
			refuse(info->extack, tb[KSRTP_STREAM_A_SSRC], err,
			       "no memory for a stream, or as many SSRCs as there may be");
	}
	mutex_unlock(&kn->lock);
	return err;
}
