// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The client side of the family "ksrtp" over libmnl: one socket, synchronous requests with the
 * kernel's extended acknowledgement kept as a sentence, dumps, events. Called by the command and by
 * daemon/media/kernel.c; not thread-safe. Buffers that held a key are wiped before they are used
 * again.
 */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <stdio.h>
#include <time.h>

#include "tools/lib/nl.h"
#include "tools/lib/wire.h"

#define BUFFER	32768	/* a dump's datagram at most, and more than any request of ours */

struct ksrtp_nl {
	struct mnl_socket *sock;
	u16 family;
	u32 group;
	u32 seq;
	char error[256];
	char buf[BUFFER];
};

/* What to do with one message of an answer. */
struct reader {
	void (*message)(struct reader *r, const struct nlmsghdr *nlh);
	void *each;
	void *ctx;
};

static struct nlmsghdr *request(struct ksrtp_nl *nl, u16 type, u8 cmd, u16 flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++nl->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = KSRTP_FAMILY_VERSION;
	return nlh;
}

static int fail(struct ksrtp_nl *nl, int err, const char *sentence)
{
	snprintf(nl->error, sizeof(nl->error), "%s", sentence ? sentence : strerror(-err));
	return err;
}

/* The extended acknowledgement of a refusal, if there is one. */
static const char *extack(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	size_t skip = sizeof(*e);

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += e->msg.nlmsg_len - sizeof(e->msg);
	if (MNL_ALIGN(skip) > mnl_nlmsg_get_payload_len(nlh))
		return NULL;
	mnl_attr_for_each(attr, nlh, MNL_ALIGN(skip))
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			return mnl_attr_get_str(attr);
	return NULL;
}

/* A dump ends with NLMSG_DONE, which carries the error and, with it, the sentence. */
static int dump_end(struct ksrtp_nl *nl, const struct nlmsghdr *nlh, bool interrupted)
{
	const int *err = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(*err) && *err < 0)
		return fail(nl, *err, NULL);
	return interrupted ? fail(nl, -EINTR, "the tables changed during the dump") : 0;
}

/* Return: 1 to read on, 0 done, negative errno. */
static int take(struct ksrtp_nl *nl, const struct nlmsghdr *nlh, struct reader *reader,
		bool *interrupted)
{
	const struct nlmsgerr *e;

	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		*interrupted = true;
	if (nlh->nlmsg_seq != nl->seq)
		return 1;
	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*e))
			return fail(nl, -EBADMSG, NULL);
		e = mnl_nlmsg_get_payload(nlh);
		return e->error ? fail(nl, e->error, extack(nlh)) : 0;
	case NLMSG_DONE:
		return dump_end(nl, nlh, *interrupted);
	}
	if (reader && mnl_nlmsg_get_payload_len(nlh) >= sizeof(struct genlmsghdr))
		reader->message(reader, nlh);
	return 1;
}

static int receive(struct ksrtp_nl *nl, struct reader *reader)
{
	bool interrupted = false;

	for (;;) {
		ssize_t got = mnl_socket_recvfrom(nl->sock, nl->buf, sizeof(nl->buf));
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)nl->buf;
		int left = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(nl, -errno, NULL);
		for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
			int more = take(nl, nlh, reader, &interrupted);

			if (more <= 0)
				return more;
		}
	}
}

static int transact(struct ksrtp_nl *nl, struct nlmsghdr *nlh, struct reader *reader)
{
	size_t n = nlh->nlmsg_len;
	ssize_t sent = mnl_socket_sendto(nl->sock, nlh, n);
	int err = errno;

	ksrtp_wipe(nl->buf, n);
	if (sent < 0)
		return fail(nl, -err, NULL);
	return receive(nl, reader);
}

/* ---- opening ---- */

static void read_group(struct ksrtp_nl *nl, const struct nlattr *group)
{
	const struct nlattr *attr;
	const char *name = "";
	u32 id = 0;

	mnl_attr_for_each_nested(attr, group) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME)
			name = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
			id = mnl_attr_get_u32(attr);
	}
	if (!strcmp(name, KSRTP_MCGRP_EVENTS))
		nl->group = id;
}

static void read_family(struct reader *r, const struct nlmsghdr *nlh)
{
	struct ksrtp_nl *nl = r->ctx;
	const struct nlattr *attr, *group;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			nl->family = mnl_attr_get_u16(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			mnl_attr_for_each_nested(group, attr)
				read_group(nl, group);
	}
}

static int resolve(struct ksrtp_nl *nl)
{
	struct reader reader = { .message = read_family, .ctx = nl };
	struct nlmsghdr *nlh = request(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, KSRTP_FAMILY_NAME);
	return transact(nl, nlh, &reader);
}

static int connect_socket(struct ksrtp_nl *nl)
{
	int one = 1;

	nl->sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl->sock)
		return -errno;
	if (mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	/* Without these two a refusal is a bare errno and an unknown filter is silently ignored. */
	if (mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &one, sizeof(one)) < 0)
		return -errno;
	mnl_socket_setsockopt(nl->sock, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	return resolve(nl);
}

int ksrtp_nl_open(struct ksrtp_nl **out)
{
	struct ksrtp_nl *nl = calloc(1, sizeof(*nl));
	int err;

	if (!nl)
		return -ENOMEM;
	nl->seq = (u32)time(NULL);
	err = connect_socket(nl);
	if (err) {
		ksrtp_nl_close(nl);
		return err;
	}
	*out = nl;
	return 0;
}

void ksrtp_nl_close(struct ksrtp_nl *nl)
{
	if (!nl)
		return;
	if (nl->sock)
		mnl_socket_close(nl->sock);
	ksrtp_wipe(nl->buf, sizeof(nl->buf));
	free(nl);
}

const char *ksrtp_nl_error(const struct ksrtp_nl *nl)
{
	return nl->error;
}

/* ---- requests ---- */

/* Calls fn(attr, ctx) for every attribute of that type in a message. */
#define for_each_object(attr, nlh, type) \
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) \
		if (mnl_attr_get_type(attr) == (type))

static void one_session(struct reader *r, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	for_each_object(attr, nlh, KSRTP_A_SESSION)
		ksrtp_wire_read_session(attr, r->ctx);
}

static void one_flow(struct reader *r, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	for_each_object(attr, nlh, KSRTP_A_FLOW)
		ksrtp_wire_read_flow(attr, r->ctx);
}

static void one_key(struct reader *r, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	for_each_object(attr, nlh, KSRTP_A_KEY)
		ksrtp_wire_read_key(attr, r->ctx);
}

static void one_stats(struct reader *r, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	for_each_object(attr, nlh, KSRTP_A_STATS)
		ksrtp_wire_read_stats(attr, r->ctx);
}

int ksrtp_nl_session_new(struct ksrtp_nl *nl, struct ksrtp_nl_session *s)
{
	struct nlmsghdr *nlh = request(nl, nl->family, KSRTP_CMD_SESSION_NEW, NLM_F_ACK);
	struct reader reader = { .message = one_session, .ctx = s };

	ksrtp_wire_write_session(nlh, s);
	return transact(nl, nlh, &reader);
}

int ksrtp_nl_session_set(struct ksrtp_nl *nl, const struct ksrtp_nl_session *s)
{
	struct nlmsghdr *nlh = request(nl, nl->family, KSRTP_CMD_SESSION_SET, NLM_F_ACK);

	ksrtp_wire_write_session(nlh, s);
	return transact(nl, nlh, NULL);
}

/* A request whose one attribute is an id inside a nest. */
static struct nlmsghdr *request_id(struct ksrtp_nl *nl, u8 cmd, u16 nest_type, u16 type, u32 id)
{
	struct nlmsghdr *nlh = request(nl, nl->family, cmd, NLM_F_ACK);
	struct nlattr *nest = mnl_attr_nest_start(nlh, nest_type);

	mnl_attr_put_u32(nlh, type, id);
	mnl_attr_nest_end(nlh, nest);
	return nlh;
}

int ksrtp_nl_session_del(struct ksrtp_nl *nl, u32 id)
{
	return transact(nl, request_id(nl, KSRTP_CMD_SESSION_DEL, KSRTP_A_SESSION,
				       KSRTP_SESSION_A_ID, id), NULL);
}

int ksrtp_nl_session_get(struct ksrtp_nl *nl, u32 id, struct ksrtp_nl_session *s)
{
	struct reader reader = { .message = one_session, .ctx = s };

	return transact(nl, request_id(nl, KSRTP_CMD_SESSION_GET, KSRTP_A_SESSION,
				       KSRTP_SESSION_A_ID, id), &reader);
}

int ksrtp_nl_flow_new(struct ksrtp_nl *nl, struct ksrtp_nl_flow *f)
{
	struct nlmsghdr *nlh = request(nl, nl->family, KSRTP_CMD_FLOW_NEW, NLM_F_ACK);
	struct ksrtp_nl_flow reply = { 0 };
	struct reader reader = { .message = one_flow, .ctx = &reply };
	int err;

	ksrtp_wire_write_flow(nlh, f, true);
	err = transact(nl, nlh, &reader);
	if (!err)
		f->id = reply.id;
	return err;
}

int ksrtp_nl_flow_set(struct ksrtp_nl *nl, const struct ksrtp_nl_flow *f)
{
	struct nlmsghdr *nlh = request(nl, nl->family, KSRTP_CMD_FLOW_SET, NLM_F_ACK);

	ksrtp_wire_write_flow(nlh, f, false);
	return transact(nl, nlh, NULL);
}

static int set_peer(struct ksrtp_nl *nl, u32 flow, u32 peer)
{
	struct nlmsghdr *nlh = request(nl, nl->family, KSRTP_CMD_FLOW_SET, NLM_F_ACK);
	struct nlattr *nest = mnl_attr_nest_start(nlh, KSRTP_A_FLOW);

	mnl_attr_put_u32(nlh, KSRTP_FLOW_A_ID, flow);
	mnl_attr_put_u32(nlh, KSRTP_FLOW_A_PEER, peer);
	mnl_attr_nest_end(nlh, nest);
	return transact(nl, nlh, NULL);
}

int ksrtp_nl_flow_pair(struct ksrtp_nl *nl, u32 flow, u32 peer)
{
	int err = set_peer(nl, flow, peer);

	if (!err && peer)
		err = set_peer(nl, peer, flow);
	return err;
}

int ksrtp_nl_flow_del(struct ksrtp_nl *nl, u32 id)
{
	return transact(nl, request_id(nl, KSRTP_CMD_FLOW_DEL, KSRTP_A_FLOW, KSRTP_FLOW_A_ID, id),
			NULL);
}

int ksrtp_nl_flow_get(struct ksrtp_nl *nl, u32 id, struct ksrtp_nl_flow *flow)
{
	struct reader reader = { .message = one_flow, .ctx = flow };

	memset(flow, 0, sizeof(*flow));
	return transact(nl, request_id(nl, KSRTP_CMD_FLOW_GET, KSRTP_A_FLOW, KSRTP_FLOW_A_ID, id),
			&reader);
}

static int key_add(struct ksrtp_nl *nl, struct ksrtp_nl_key *k, bool replace,
		   const struct ksrtp_master *master)
{
	struct nlmsghdr *nlh = request(nl, nl->family, KSRTP_CMD_KEY_NEW, NLM_F_ACK);
	struct reader reader = { .message = one_key, .ctx = k };

	ksrtp_wire_write_key(nlh, k, replace, master);
	return transact(nl, nlh, &reader);
}

int ksrtp_nl_key_new(struct ksrtp_nl *nl, u32 flow, enum ksrtp_direction direction, u32 *id,
		     const struct ksrtp_master *master)
{
	struct ksrtp_nl_key k = { .flow = flow, .direction = (u8)direction, .id = *id };
	int err = key_add(nl, &k, false, master);

	if (!err)
		*id = k.id;
	return err;
}

int ksrtp_nl_key_set(struct ksrtp_nl *nl, u32 flow, enum ksrtp_direction direction, u32 *id,
		     const struct ksrtp_master *master)
{
	struct ksrtp_nl_key k = { .flow = flow, .direction = (u8)direction, .id = *id };
	int err = key_add(nl, &k, true, master);

	if (!err)
		*id = k.id;
	return err;
}

int ksrtp_nl_key_del(struct ksrtp_nl *nl, u32 flow, u32 id)
{
	struct nlmsghdr *nlh = request(nl, nl->family, KSRTP_CMD_KEY_DEL, NLM_F_ACK);
	struct nlattr *nest = mnl_attr_nest_start(nlh, KSRTP_A_KEY);

	mnl_attr_put_u32(nlh, KSRTP_KEY_A_FLOW, flow);
	mnl_attr_put_u32(nlh, KSRTP_KEY_A_ID, id);
	mnl_attr_nest_end(nlh, nest);
	return transact(nl, nlh, NULL);
}

int ksrtp_nl_stats(struct ksrtp_nl *nl, struct ksrtp_nl_stats *stats)
{
	struct reader reader = { .message = one_stats, .ctx = stats };

	memset(stats, 0, sizeof(*stats));
	return transact(nl, request(nl, nl->family, KSRTP_CMD_STATS_GET, NLM_F_ACK), &reader);
}

int ksrtp_nl_lane_new(struct ksrtp_nl *nl, u32 ifindex)
{
	return transact(nl, request_id(nl, KSRTP_CMD_LANE_NEW, KSRTP_A_LANE, KSRTP_LANE_A_IFINDEX,
				       ifindex), NULL);
}

int ksrtp_nl_lane_del(struct ksrtp_nl *nl, u32 ifindex)
{
	return transact(nl, request_id(nl, KSRTP_CMD_LANE_DEL, KSRTP_A_LANE, KSRTP_LANE_A_IFINDEX,
				       ifindex), NULL);
}

/* ---- dumps ---- */

static void each_session(struct reader *r, const struct nlmsghdr *nlh)
{
	void (*each)(void *ctx, const struct ksrtp_nl_session *s) = r->each;
	struct ksrtp_nl_session s = { 0 };
	const struct nlattr *attr;

	for_each_object(attr, nlh, KSRTP_A_SESSION) {
		ksrtp_wire_read_session(attr, &s);
		each(r->ctx, &s);
	}
}

static void each_flow(struct reader *r, const struct nlmsghdr *nlh)
{
	void (*each)(void *ctx, const struct ksrtp_nl_flow *f) = r->each;
	struct ksrtp_nl_flow f = { 0 };
	const struct nlattr *attr;

	for_each_object(attr, nlh, KSRTP_A_FLOW) {
		ksrtp_wire_read_flow(attr, &f);
		each(r->ctx, &f);
	}
}

static void each_stream(struct reader *r, const struct nlmsghdr *nlh)
{
	void (*each)(void *ctx, const struct ksrtp_nl_stream *s) = r->each;
	struct ksrtp_nl_stream s = { 0 };
	const struct nlattr *attr;

	for_each_object(attr, nlh, KSRTP_A_STREAM) {
		ksrtp_wire_read_stream(attr, &s);
		each(r->ctx, &s);
	}
}

static struct nlmsghdr *dump_filtered(struct ksrtp_nl *nl, u8 cmd, u16 nest_type, u16 type, u32 id)
{
	struct nlmsghdr *nlh = request(nl, nl->family, cmd, NLM_F_DUMP);
	struct nlattr *nest;

	if (id) {
		nest = mnl_attr_nest_start(nlh, nest_type);
		mnl_attr_put_u32(nlh, type, id);
		mnl_attr_nest_end(nlh, nest);
	}
	return nlh;
}

int ksrtp_nl_sessions(struct ksrtp_nl *nl, void (*each)(void *ctx, const struct ksrtp_nl_session *),
		      void *ctx)
{
	struct reader reader = { .message = each_session, .each = each, .ctx = ctx };

	return transact(nl, request(nl, nl->family, KSRTP_CMD_SESSION_GET, NLM_F_DUMP), &reader);
}

int ksrtp_nl_flows(struct ksrtp_nl *nl, u32 session,
		   void (*each)(void *ctx, const struct ksrtp_nl_flow *), void *ctx)
{
	struct reader reader = { .message = each_flow, .each = each, .ctx = ctx };

	return transact(nl, dump_filtered(nl, KSRTP_CMD_FLOW_GET, KSRTP_A_FLOW,
					  KSRTP_FLOW_A_SESSION, session), &reader);
}

int ksrtp_nl_streams(struct ksrtp_nl *nl, u32 flow,
		     void (*each)(void *ctx, const struct ksrtp_nl_stream *), void *ctx)
{
	struct reader reader = { .message = each_stream, .each = each, .ctx = ctx };

	return transact(nl, dump_filtered(nl, KSRTP_CMD_STREAM_GET, KSRTP_A_STREAM,
					  KSRTP_STREAM_A_FLOW, flow), &reader);
}

static void each_lane(struct reader *r, const struct nlmsghdr *nlh)
{
	void (*each)(void *ctx, const struct ksrtp_nl_lane *lane) = r->each;
	struct ksrtp_nl_lane lane = { 0 };
	const struct nlattr *attr;

	for_each_object(attr, nlh, KSRTP_A_LANE) {
		ksrtp_wire_read_lane(attr, &lane);
		each(r->ctx, &lane);
	}
}

int ksrtp_nl_lanes(struct ksrtp_nl *nl, void (*each)(void *ctx, const struct ksrtp_nl_lane *),
		   void *ctx)
{
	struct reader reader = { .message = each_lane, .each = each, .ctx = ctx };

	return transact(nl, request(nl, nl->family, KSRTP_CMD_LANE_GET, NLM_F_DUMP), &reader);
}

/* ---- events ---- */

int ksrtp_nl_events_join(struct ksrtp_nl *nl)
{
	if (mnl_socket_setsockopt(nl->sock, NETLINK_ADD_MEMBERSHIP, &nl->group,
				  sizeof(nl->group)) < 0)
		return fail(nl, -errno, NULL);
	return 0;
}

static bool read_event_message(const struct ksrtp_nl *nl, int got, struct ksrtp_nl_event *event)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)nl->buf;
	const struct nlattr *attr;
	bool found = false;

	if (!mnl_nlmsg_ok(nlh, got) || nlh->nlmsg_type != nl->family)
		return false;
	for_each_object(attr, nlh, KSRTP_A_EVENT) {
		ksrtp_wire_read_event(attr, event);
		found = true;
	}
	return found;
}

int ksrtp_nl_event_next(struct ksrtp_nl *nl, struct ksrtp_nl_event *event)
{
	for (;;) {
		ssize_t got = mnl_socket_recvfrom(nl->sock, nl->buf, sizeof(nl->buf));

		memset(event, 0, sizeof(*event));
		if (got < 0 && errno == ENOBUFS)
			return 0;
		if (got < 0)
			return fail(nl, -errno, NULL);
		if (read_event_message(nl, (int)got, event))
			return 1;
	}
}
