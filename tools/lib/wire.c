// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attributes of the family "ksrtp" to and from structs. Called by nl.c alone; no state, no I/O.
 */
#include "tools/lib/wire.h"

static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool endpoint_known(const struct ksrtp_endpoint *e)
{
	static const u8 zero[16];

	return memcmp(e->addr, zero, sizeof(zero));
}

static void write_address(struct nlmsghdr *nlh, u16 type, const struct ksrtp_endpoint *e)
{
	if (!memcmp(e->addr, mapped, sizeof(mapped)))
		mnl_attr_put(nlh, type, 4, e->addr + 12);
	else
		mnl_attr_put(nlh, type, 16, e->addr);
}

void ksrtp_wire_write_session(struct nlmsghdr *nlh, const struct ksrtp_nl_session *s)
{
	static const u8 none[KSRTP_COOKIE_LEN];
	struct nlattr *nest = mnl_attr_nest_start(nlh, KSRTP_A_SESSION);

	if (s->id)
		mnl_attr_put_u32(nlh, KSRTP_SESSION_A_ID, s->id);
	if (s->label[0])
		mnl_attr_put_strz(nlh, KSRTP_SESSION_A_LABEL, s->label);
	if (memcmp(s->cookie, none, sizeof(none)))
		mnl_attr_put(nlh, KSRTP_SESSION_A_COOKIE, sizeof(s->cookie), s->cookie);
	if (s->idle)
		mnl_attr_put_u32(nlh, KSRTP_SESSION_A_IDLE, s->idle);
	if (s->lifetime)
		mnl_attr_put_u32(nlh, KSRTP_SESSION_A_LIFETIME, s->lifetime);
	if (s->persist)
		mnl_attr_put(nlh, KSRTP_SESSION_A_PERSIST, 0, NULL);
	mnl_attr_nest_end(nlh, nest);
}

static void write_remote(struct nlmsghdr *nlh, const struct ksrtp_nl_flow *f)
{
	if (endpoint_known(&f->remote)) {
		write_address(nlh, KSRTP_FLOW_A_REMOTE, &f->remote);
		mnl_attr_put_u16(nlh, KSRTP_FLOW_A_REMOTE_PORT, f->remote.port);
		if (f->remote_rtcp)
			mnl_attr_put_u16(nlh, KSRTP_FLOW_A_REMOTE_RTCP, f->remote_rtcp);
	}
	if (endpoint_known(&f->natted))
		write_address(nlh, KSRTP_FLOW_A_NATTED, &f->natted);
	mnl_attr_put_u8(nlh, KSRTP_FLOW_A_SOURCE, (u8)f->source);
	if (f->secure_rx)
		mnl_attr_put(nlh, KSRTP_FLOW_A_SECURE_RX, 0, NULL);
	if (f->secure_tx)
		mnl_attr_put(nlh, KSRTP_FLOW_A_SECURE_TX, 0, NULL);
}

void ksrtp_wire_write_flow(struct nlmsghdr *nlh, const struct ksrtp_nl_flow *f, bool own)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, KSRTP_A_FLOW);

	if (f->id)
		mnl_attr_put_u32(nlh, KSRTP_FLOW_A_ID, f->id);
	if (own) {
		mnl_attr_put_u32(nlh, KSRTP_FLOW_A_SESSION, f->session);
		if (f->peer)
			mnl_attr_put_u32(nlh, KSRTP_FLOW_A_PEER, f->peer);
		if (endpoint_known(&f->listen))
			write_address(nlh, KSRTP_FLOW_A_LISTEN, &f->listen);
		mnl_attr_put_u16(nlh, KSRTP_FLOW_A_LISTEN_PORT, f->listen.port);
		if (f->listen_rtcp)
			mnl_attr_put_u16(nlh, KSRTP_FLOW_A_LISTEN_RTCP, f->listen_rtcp);
		if (f->streams)
			mnl_attr_put_u32(nlh, KSRTP_FLOW_A_STREAMS, f->streams);
		if (f->in_place)
			mnl_attr_put(nlh, KSRTP_FLOW_A_IN_PLACE, 0, NULL);
		if (f->raw)
			mnl_attr_put(nlh, KSRTP_FLOW_A_RAW, 0, NULL);
	}
	write_remote(nlh, f);
	mnl_attr_nest_end(nlh, nest);
}

static const struct {
	u16 attr;
	u8 parameter;
} parameters[] = {
	{ KSRTP_KEY_A_UNENCRYPTED_SRTP, KSRTP_UNENCRYPTED_SRTP },
	{ KSRTP_KEY_A_UNENCRYPTED_SRTCP, KSRTP_UNENCRYPTED_SRTCP },
	{ KSRTP_KEY_A_UNAUTHENTICATED_SRTP, KSRTP_UNAUTHENTICATED_SRTP },
};

static void write_parameters(struct nlmsghdr *nlh, const struct ksrtp_master *master)
{
	unsigned int i, id;
	u8 ids[255];
	size_t n = 0;

	if (master->kdr)
		mnl_attr_put_u8(nlh, KSRTP_KEY_A_KDR, master->kdr);
	for (i = 0; i < ARRAY_SIZE(parameters); i++)
		if (master->parameters & parameters[i].parameter)
			mnl_attr_put(nlh, parameters[i].attr, 0, NULL);
	for (id = 1; id < 256; id++)
		if (master->encrypted[id / 64] >> id % 64 & 1)
			ids[n++] = (u8)id;
	if (n)
		mnl_attr_put(nlh, KSRTP_KEY_A_ENCRYPTED_IDS, n, ids);
}

void ksrtp_wire_write_key(struct nlmsghdr *nlh, const struct ksrtp_nl_key *k, bool replace,
			  const struct ksrtp_master *master)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, KSRTP_A_KEY);

	mnl_attr_put_u32(nlh, KSRTP_KEY_A_FLOW, k->flow);
	mnl_attr_put_u8(nlh, KSRTP_KEY_A_DIRECTION, k->direction);
	if (k->id)
		mnl_attr_put_u32(nlh, KSRTP_KEY_A_ID, k->id);
	if (replace)
		mnl_attr_put(nlh, KSRTP_KEY_A_REPLACE, 0, NULL);
	mnl_attr_put_strz(nlh, KSRTP_KEY_A_SUITE, master->suite->name);
	mnl_attr_put(nlh, KSRTP_KEY_A_KEY, master->suite->key_len, master->key);
	mnl_attr_put(nlh, KSRTP_KEY_A_SALT, master->suite->salt_len, master->salt);
	if (master->mki_len)
		mnl_attr_put(nlh, KSRTP_KEY_A_MKI, master->mki_len, master->mki);
	if (master->rtp_limit)
		mnl_attr_put_u64(nlh, KSRTP_KEY_A_RTP_LIMIT, master->rtp_limit);
	if (master->rtcp_limit)
		mnl_attr_put_u64(nlh, KSRTP_KEY_A_RTCP_LIMIT, master->rtcp_limit);
	write_parameters(nlh, master);
	mnl_attr_nest_end(nlh, nest);
}

/* ---- reading: the number of @attr if it has that size, else what was there before ---- */

static void read_u8(const struct nlattr *attr, u8 *out)
{
	if (mnl_attr_get_payload_len(attr) == sizeof(*out))
		*out = mnl_attr_get_u8(attr);
}

static void read_u16(const struct nlattr *attr, u16 *out)
{
	if (mnl_attr_get_payload_len(attr) == sizeof(*out))
		*out = mnl_attr_get_u16(attr);
}

static void read_u32(const struct nlattr *attr, u32 *out)
{
	if (mnl_attr_get_payload_len(attr) == sizeof(*out))
		*out = mnl_attr_get_u32(attr);
}

static void read_u64(const struct nlattr *attr, u64 *out)
{
	if (mnl_attr_get_payload_len(attr) == sizeof(*out))
		*out = mnl_attr_get_u64(attr);
}

static void read_string(const struct nlattr *attr, char *out, size_t size)
{
	size_t n = mnl_attr_get_payload_len(attr);

	if (n >= size)
		n = size - 1;
	memcpy(out, mnl_attr_get_payload(attr), n);
	out[n] = 0;
}

static void read_address(const struct nlattr *attr, struct ksrtp_endpoint *e)
{
	switch (mnl_attr_get_payload_len(attr)) {
	case 4:
		memcpy(e->addr, mapped, sizeof(mapped));
		memcpy(e->addr + 12, mnl_attr_get_payload(attr), 4);
		break;
	case 16:
		memcpy(e->addr, mnl_attr_get_payload(attr), 16);
		break;
	}
}

void ksrtp_wire_read_lane(const struct nlattr *nest, struct ksrtp_nl_lane *lane)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case KSRTP_LANE_A_IFINDEX:
			read_u32(attr, &lane->ifindex);
			break;
		case KSRTP_LANE_A_NAME:
			read_string(attr, lane->name, sizeof(lane->name));
			break;
		case KSRTP_LANE_A_PACKETS:
			read_u64(attr, &lane->packets);
			break;
		}
	}
}

void ksrtp_wire_read_session(const struct nlattr *nest, struct ksrtp_nl_session *s)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case KSRTP_SESSION_A_ID:
			read_u32(attr, &s->id);
			break;
		case KSRTP_SESSION_A_LABEL:
			read_string(attr, s->label, sizeof(s->label));
			break;
		case KSRTP_SESSION_A_IDLE:
			read_u32(attr, &s->idle);
			break;
		case KSRTP_SESSION_A_LIFETIME:
			read_u32(attr, &s->lifetime);
			break;
		case KSRTP_SESSION_A_PERSIST:
			s->persist = true;
			break;
		case KSRTP_SESSION_A_ORPHAN:
			s->orphan = true;
			break;
		case KSRTP_SESSION_A_GUARD:
			s->guard = true;
			break;
		case KSRTP_SESSION_A_AGE:
			read_u32(attr, &s->age);
			break;
		case KSRTP_SESSION_A_FLOWS:
			read_u32(attr, &s->flows);
			break;
		}
	}
}

static void read_count(const struct nlattr *nest, struct ksrtp_nl_stats *s)
{
	const struct nlattr *attr;
	char name[32] = "";
	u64 value = 0;
	int v;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case KSRTP_COUNT_A_NAME:
			read_string(attr, name, sizeof(name));
			break;
		case KSRTP_COUNT_A_VALUE:
			read_u64(attr, &value);
			break;
		}
	}
	for (v = 0; v < KSRTP_VERDICT_COUNT; v++)
		if (!strcmp(name, ksrtp_verdict_word((enum ksrtp_verdict)v)))
			s->verdict[v] = value;
}

void ksrtp_wire_read_stats(const struct nlattr *nest, struct ksrtp_nl_stats *s)
{
	u64 *const counter[KSRTP_STATS_A_MAX + 1] = {
		[KSRTP_STATS_A_RX_PACKETS] = &s->rx_packets,
		[KSRTP_STATS_A_RX_BYTES] = &s->rx_bytes,
		[KSRTP_STATS_A_RX_SECURE] = &s->rx_secure,
		[KSRTP_STATS_A_TX_PACKETS] = &s->tx_packets,
		[KSRTP_STATS_A_TX_BYTES] = &s->tx_bytes,
		[KSRTP_STATS_A_TX_SECURE] = &s->tx_secure,
		[KSRTP_STATS_A_PROBES] = &s->probes,
		[KSRTP_STATS_A_TX_FRAGMENTED] = &s->tx_fragmented,
	};
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		u16 type = mnl_attr_get_type(attr);

		if (type <= KSRTP_STATS_A_MAX && counter[type])
			read_u64(attr, counter[type]);
		else if (type == KSRTP_STATS_A_VERDICT)
			read_count(attr, s);
		else if (type == KSRTP_STATS_A_SESSIONS)
			read_u32(attr, &s->sessions);
		else if (type == KSRTP_STATS_A_FLOWS)
			read_u32(attr, &s->flows);
		else if (type == KSRTP_STATS_A_STREAMS)
			read_u32(attr, &s->streams);
		else if (type == KSRTP_STATS_A_PRIM)
			read_string(attr, s->prim, sizeof(s->prim));
	}
}

static u8 parameter_of(u16 attr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(parameters); i++)
		if (parameters[i].attr == attr)
			return parameters[i].parameter;
	return 0;
}

void ksrtp_wire_read_key(const struct nlattr *nest, struct ksrtp_nl_key *k)
{
	const struct nlattr *attr;
	u16 n;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case KSRTP_KEY_A_ID:
			read_u32(attr, &k->id);
			break;
		case KSRTP_KEY_A_FLOW:
			read_u32(attr, &k->flow);
			break;
		case KSRTP_KEY_A_DIRECTION:
			read_u8(attr, &k->direction);
			break;
		case KSRTP_KEY_A_SUITE:
			read_string(attr, k->suite, sizeof(k->suite));
			break;
		case KSRTP_KEY_A_MKI:
			n = mnl_attr_get_payload_len(attr);
			if (n <= sizeof(k->mki)) {
				memcpy(k->mki, mnl_attr_get_payload(attr), n);
				k->mki_len = (u8)n;
			}
			break;
		case KSRTP_KEY_A_RTP_LIMIT:
			read_u64(attr, &k->rtp_limit);
			break;
		case KSRTP_KEY_A_RTCP_LIMIT:
			read_u64(attr, &k->rtcp_limit);
			break;
		case KSRTP_KEY_A_RTP_USED:
			read_u64(attr, &k->rtp_used);
			break;
		case KSRTP_KEY_A_RTCP_USED:
			read_u64(attr, &k->rtcp_used);
			break;
		case KSRTP_KEY_A_KDR:
			read_u8(attr, &k->kdr);
			break;
		case KSRTP_KEY_A_ENCRYPTED_IDS:
			n = mnl_attr_get_payload_len(attr);
			if (n <= sizeof(k->encrypted)) {
				memcpy(k->encrypted, mnl_attr_get_payload(attr), n);
				k->encrypted_n = (u8)n;
			}
			break;
		default:
			k->parameters |= parameter_of(mnl_attr_get_type(attr));
		}
	}
}

static void read_flow_address(const struct nlattr *attr, struct ksrtp_nl_flow *f)
{
	switch (mnl_attr_get_type(attr)) {
	case KSRTP_FLOW_A_LISTEN:
		read_address(attr, &f->listen);
		break;
	case KSRTP_FLOW_A_LISTEN_PORT:
		read_u16(attr, &f->listen.port);
		break;
	case KSRTP_FLOW_A_LISTEN_RTCP:
		read_u16(attr, &f->listen_rtcp);
		break;
	case KSRTP_FLOW_A_REMOTE:
		read_address(attr, &f->remote);
		break;
	case KSRTP_FLOW_A_REMOTE_PORT:
		read_u16(attr, &f->remote.port);
		break;
	case KSRTP_FLOW_A_REMOTE_RTCP:
		read_u16(attr, &f->remote_rtcp);
		break;
	case KSRTP_FLOW_A_NATTED:
		read_address(attr, &f->natted);
		break;
	}
}

void ksrtp_wire_read_flow(const struct nlattr *nest, struct ksrtp_nl_flow *f)
{
	const struct nlattr *attr;
	u8 source = KSRTP_SOURCE_STRICT;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case KSRTP_FLOW_A_ID:
			read_u32(attr, &f->id);
			break;
		case KSRTP_FLOW_A_SESSION:
			read_u32(attr, &f->session);
			break;
		case KSRTP_FLOW_A_PEER:
			read_u32(attr, &f->peer);
			break;
		case KSRTP_FLOW_A_SOURCE:
			read_u8(attr, &source);
			break;
		case KSRTP_FLOW_A_SECURE_RX:
			f->secure_rx = true;
			break;
		case KSRTP_FLOW_A_SECURE_TX:
			f->secure_tx = true;
			break;
		case KSRTP_FLOW_A_STREAMS:
			read_u32(attr, &f->streams);
			break;
		case KSRTP_FLOW_A_LATCHED:
			f->latched = true;
			break;
		case KSRTP_FLOW_A_IN_PLACE:
			f->in_place = true;
			break;
		case KSRTP_FLOW_A_RAW:
			f->raw = true;
			break;
		case KSRTP_FLOW_A_KEY:
			if (f->keys < KSRTP_NL_KEYS)
				ksrtp_wire_read_key(attr, &f->key[f->keys++]);
			break;
		case KSRTP_FLOW_A_STATS:
			ksrtp_wire_read_stats(attr, &f->stats);
			break;
		default:
			read_flow_address(attr, f);
		}
	}
	f->source = (enum ksrtp_source)source;
}

void ksrtp_wire_read_stream(const struct nlattr *nest, struct ksrtp_nl_stream *s)
{
	u32 *const word[KSRTP_STREAM_A_MAX + 1] = {
		[KSRTP_STREAM_A_FLOW] = &s->flow,
		[KSRTP_STREAM_A_SSRC] = &s->ssrc,
		[KSRTP_STREAM_A_ROC] = &s->roc,
		[KSRTP_STREAM_A_RTCP_INDEX] = &s->rtcp_index,
		[KSRTP_STREAM_A_LAST] = &s->last,
		[KSRTP_STREAM_A_AGE] = &s->age,
		[KSRTP_STREAM_A_CLOCK] = &s->clock,
		[KSRTP_STREAM_A_EXPECTED] = &s->expected,
		[KSRTP_STREAM_A_LOST] = (u32 *)&s->lost,
		[KSRTP_STREAM_A_REORDERED] = &s->reordered,
		[KSRTP_STREAM_A_DUPLICATES] = &s->duplicates,
		[KSRTP_STREAM_A_JITTER] = &s->jitter,
		[KSRTP_STREAM_A_FAR_LOST] = (u32 *)&s->far_lost,
		[KSRTP_STREAM_A_FAR_JITTER] = &s->far_jitter,
		[KSRTP_STREAM_A_FAR_AGE] = &s->far_age,
		[KSRTP_STREAM_A_RTT] = &s->rtt,
	};
	u64 *const counter[KSRTP_STREAM_A_MAX + 1] = {
		[KSRTP_STREAM_A_RTP_PACKETS] = &s->rtp_packets,
		[KSRTP_STREAM_A_RTP_BYTES] = &s->rtp_bytes,
		[KSRTP_STREAM_A_RTCP_PACKETS] = &s->rtcp_packets,
	};
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		u16 type = mnl_attr_get_type(attr);

		if (type > KSRTP_STREAM_A_MAX)
			continue;
		if (word[type])
			read_u32(attr, word[type]);
		else if (counter[type])
			read_u64(attr, counter[type]);
		else if (type == KSRTP_STREAM_A_DIRECTION)
			read_u8(attr, &s->direction);
		else if (type == KSRTP_STREAM_A_SEQ)
			read_u16(attr, &s->seq);
		else if (type == KSRTP_STREAM_A_TYPE)
			read_u8(attr, &s->type);
		else if (type == KSRTP_STREAM_A_FAR_FRACTION)
			read_u8(attr, &s->far_fraction);
		s->clear |= type == KSRTP_STREAM_A_CLEAR;
		s->heard |= type == KSRTP_STREAM_A_EXPECTED;
		s->reported |= type == KSRTP_STREAM_A_FAR_LOST;
		s->far_jittered |= type == KSRTP_STREAM_A_FAR_JITTER;
		s->measured |= type == KSRTP_STREAM_A_RTT;
	}
}

void ksrtp_wire_read_event(const struct nlattr *nest, struct ksrtp_nl_event *e)
{
	const struct nlattr *attr;
	u8 type = 0;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case KSRTP_EVENT_A_TYPE:
			read_u8(attr, &type);
			break;
		case KSRTP_EVENT_A_SESSION:
			read_u32(attr, &e->session);
			break;
		case KSRTP_EVENT_A_FLOW:
			read_u32(attr, &e->flow);
			break;
		case KSRTP_EVENT_A_SSRC:
			read_u32(attr, &e->ssrc);
			break;
		case KSRTP_EVENT_A_REMOTE:
			read_address(attr, &e->remote);
			break;
		case KSRTP_EVENT_A_REMOTE_PORT:
			read_u16(attr, &e->remote.port);
			break;
		case KSRTP_EVENT_A_PACKETS:
			read_u32(attr, &e->count);
			break;
		case KSRTP_EVENT_A_SHARE:
			read_u32(attr, &e->share);
			break;
		case KSRTP_EVENT_A_SOURCE:
			read_address(attr, &e->source);
			break;
		case KSRTP_EVENT_A_SOURCE_PORT:
			read_u16(attr, &e->source.port);
			break;
		}
	}
	e->type = (enum ksrtp_event_type)type;
}
