// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dumps of the kernel's tables turned into JSON and joined: streams into their flows, flows into
 * their sessions. Called by show, stat, monitor and the overview.
 */
#include <stdio.h>

#include "tools/ksrtp/collect.h"
#include "tools/ksrtp/endpoint.h"
#include "tools/lib/mos.h"

#define TRIES 3

static json_t *count(u64 n)
{
	return json_integer((json_int_t)n);
}

static json_t *endpoint(const struct ksrtp_endpoint *e)
{
	char text[ENDPOINT_TEXT];

	return ksrtp_endpoint_known(e) ? json_string(ksrtp_endpoint_write(e, text)) : json_null();
}

static const char *direction(u8 d)
{
	return d == KSRTP_DIRECTION_TX ? "sent" : "received";
}

static json_t *transfer(u64 packets, u64 bytes, u64 secure)
{
	json_t *o = packets ? json_object() : json_null();

	if (packets) {
		json_object_set_new(o, "packets", count(packets));
		json_object_set_new(o, "bytes", count(bytes));
		json_object_set_new(o, "secure", count(secure));
	}
	return o;
}

static json_t *dropped(const struct ksrtp_nl_stats *s)
{
	json_t *o = json_object();
	int v;

	for (v = KSRTP_VERDICT_OK + 1; v < KSRTP_VERDICT_COUNT; v++)
		if (s->verdict[v])
			json_object_set_new(o, ksrtp_verdict_word((enum ksrtp_verdict)v),
					    count(s->verdict[v]));
	return o;
}

static json_t *parameters(const struct ksrtp_nl_key *k)
{
	static const char *const name[] = {
		"UNENCRYPTED_SRTP", "UNENCRYPTED_SRTCP", "UNAUTHENTICATED_SRTP"
	};
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(name); i++)
		if (k->parameters >> i & 1)
			json_array_append_new(list, json_string(name[i]));
	return list;
}

static json_t *ids(const struct ksrtp_nl_key *k)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < k->encrypted_n; i++)
		json_array_append_new(list, count(k->encrypted[i]));
	return list;
}

/* @list is taken, and left out when it is empty. */
static void add_list(json_t *o, const char *name, json_t *list)
{
	if (json_array_size(list))
		json_object_set_new(o, name, list);
	else
		json_decref(list);
}

static json_t *key(const struct ksrtp_nl_key *k)
{
	json_t *o = json_object();
	char mki[2 * KSRTP_MKI_MAX + 1];
	unsigned int i;

	json_object_set_new(o, "key", count(k->id));
	json_object_set_new(o, "use", json_string(k->direction == KSRTP_DIRECTION_TX ?
						  "protect" : "unprotect"));
	json_object_set_new(o, "suite", json_string(k->suite));
	for (i = 0; i < k->mki_len; i++)
		sprintf(mki + 2 * i, "%02x", k->mki[i]);
	if (k->mki_len)
		json_object_set_new(o, "mki", json_string(mki));
	json_object_set_new(o, "used", count(k->rtp_used));
	json_object_set_new(o, "limit", count(k->rtp_limit ? k->rtp_limit : KSRTP_RTP_LIMIT));
	json_object_set_new(o, "rtcp_used", count(k->rtcp_used));
	json_object_set_new(o, "rtcp_limit", count(k->rtcp_limit ? k->rtcp_limit :
						   KSRTP_RTCP_LIMIT));
	if (k->kdr)
		json_object_set_new(o, "kdr", count(k->kdr));
	add_list(o, "lessened", parameters(k));
	add_list(o, "encrypted_ids", ids(k));
	return o;
}

static json_t *flow(const struct ksrtp_nl_flow *f)
{
	static const char *const sources[] = { "strict", "latch", "any" };
	static const char *const secures[] = { "none", "rx", "tx", "both" };
	json_t *o = json_object(), *keys = json_array();
	unsigned int i;

	json_object_set_new(o, "flow", count(f->id));
	json_object_set_new(o, "session", count(f->session));
	json_object_set_new(o, "peer", count(f->peer));
	json_object_set_new(o, "listen", endpoint(&f->listen));
	json_object_set_new(o, "in-place", json_boolean(f->in_place));
	json_object_set_new(o, "raw", json_boolean(f->raw));
	if (f->listen_rtcp && f->listen_rtcp != f->listen.port)
		json_object_set_new(o, "rtcp", count(f->listen_rtcp));
	else
		json_object_set_new(o, "rtcp", json_string("muxed"));
	json_object_set_new(o, "remote", endpoint(&f->remote));
	json_object_set_new(o, "remote-rtcp", count(f->remote_rtcp));
	json_object_set_new(o, "latched", json_boolean(f->latched));
	json_object_set_new(o, "source", json_string(f->source < ARRAY_SIZE(sources) ?
						     sources[f->source] : "unknown"));
	json_object_set_new(o, "secure", json_string(secures[f->secure_rx + 2 * f->secure_tx]));
	for (i = 0; i < f->keys; i++)
		json_array_append_new(keys, key(&f->key[i]));
	json_object_set_new(o, "keys", keys);
	json_object_set_new(o, "streams", json_array());
	json_object_set_new(o, "received", transfer(f->stats.rx_packets, f->stats.rx_bytes,
						    f->stats.rx_secure));
	json_object_set_new(o, "sent", transfer(f->stats.tx_packets, f->stats.tx_bytes,
						f->stats.tx_secure));
	json_object_set_new(o, "fragmented", count(f->stats.tx_fragmented));
	json_object_set_new(o, "dropped", dropped(&f->stats));
	json_object_set_new(o, "probes", count(f->stats.probes));
	return o;
}

static void each_flow(void *ctx, const struct ksrtp_nl_flow *f)
{
	json_array_append_new(ctx, flow(f));
}

static void each_session(void *ctx, const struct ksrtp_nl_session *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "session", count(s->id));
	json_object_set_new(o, "label", json_string(s->label));
	json_object_set_new(o, "up", count(s->age));
	json_object_set_new(o, "idle", count(s->idle));
	json_object_set_new(o, "orphan", json_boolean(s->orphan));
	json_object_set_new(o, "guard", json_boolean(s->guard));
	json_object_set_new(o, "flows", json_array());
	json_array_append_new(ctx, o);
}

/* ---- numbers about media; what is not known has no member ---- */

/* Packets a second while there were some; no figure from less than a second. */
static void add_rate(json_t *o, const struct ksrtp_nl_stream *s)
{
	u32 ms = s->age > s->last ? s->age - s->last : 0;

	if (ms >= 1000)
		json_object_set_new(o, "rate", json_real((double)s->rtp_packets * 1000 / ms));
}

static void add_mos(json_t *o, const struct ksrtp_mos *m)
{
	json_object_set_new(o, "mos", json_real(ksrtp_mos_score(ksrtp_mos_rating(m))));
}

/* The E-model is about speech, and no codec of speech has the clock of pictures. */
static bool speech(const struct ksrtp_nl_stream *s)
{
	return s->clock && s->clock != 90000;
}

static void add_heard(json_t *o, const struct ksrtp_nl_stream *s)
{
	struct ksrtp_mos m = { .jitter_ms = s->jitter / 1000.0, .type = s->type };

	if (s->lost > 0 && s->expected)
		m.loss = (double)s->lost / s->expected;
	json_object_set_new(o, "type", count(s->type));
	json_object_set_new(o, "expected", count(s->expected));
	json_object_set_new(o, "lost", json_integer(s->lost));
	json_object_set_new(o, "loss", json_real(100 * m.loss));
	json_object_set_new(o, "reordered", count(s->reordered));
	json_object_set_new(o, "duplicates", count(s->duplicates));
	if (!s->clock)
		return;
	json_object_set_new(o, "clock", count(s->clock));
	json_object_set_new(o, "jitter", json_real(m.jitter_ms));
	if (speech(s))
		add_mos(o, &m);
}

/* The far side gives its whole loss in packets, and a share only since its report before. */
static void add_reported(json_t *o, const struct ksrtp_nl_stream *s)
{
	struct ksrtp_mos m = { .loss = s->far_fraction / 256.0, .jitter_ms = s->far_jitter / 1000.0,
			       .delay_ms = s->rtt / 2000.0, .type = s->type };

	json_object_set_new(o, "far_lost", json_integer(s->far_lost));
	json_object_set_new(o, "far_loss", json_real(100 * m.loss));
	json_object_set_new(o, "report_ms", count(s->far_age));
	if (s->far_jittered)
		json_object_set_new(o, "far_jitter", json_real(m.jitter_ms));
	if (s->measured)
		json_object_set_new(o, "rtt", json_real(s->rtt / 1000.0));
	if (s->measured && s->far_jittered && speech(s))
		add_mos(o, &m);
}

static void each_stream(void *ctx, const struct ksrtp_nl_stream *s)
{
	json_t *o = json_object();
	char ssrc[16];

	snprintf(ssrc, sizeof(ssrc), "%08x", s->ssrc);
	json_object_set_new(o, "ssrc", json_string(ssrc));
	json_object_set_new(o, "flow", count(s->flow));
	json_object_set_new(o, "direction", json_string(direction(s->direction)));
	json_object_set_new(o, "roc", count(s->roc));
	json_object_set_new(o, "seq", count(s->seq));
	json_object_set_new(o, "rtcp_index", count(s->rtcp_index));
	json_object_set_new(o, "packets", count(s->rtp_packets));
	json_object_set_new(o, "bytes", count(s->rtp_bytes));
	json_object_set_new(o, "rtcp_packets", count(s->rtcp_packets));
	json_object_set_new(o, "last_ms", count(s->last));
	json_object_set_new(o, "clear", json_boolean(s->clear));
	add_rate(o, s);
	if (s->heard)
		add_heard(o, s);
	if (s->reported)
		add_reported(o, s);
	json_array_append_new(ctx, o);
}

static int dump(struct command *c, json_t **tree, int (*take)(struct command *c, json_t *into))
{
	int err = -EINTR, tries;

	*tree = NULL;
	for (tries = 0; tries < TRIES && err == -EINTR; tries++) {
		json_decref(*tree);
		*tree = json_array();
		err = take(c, *tree);
	}
	if (err && err != -EINTR) {
		json_decref(*tree);
		*tree = NULL;
		return err;
	}
	return 0;
}

static int take_sessions(struct command *c, json_t *into)
{
	return ksrtp_nl_sessions(c->nl, each_session, into);
}

static int take_flows(struct command *c, json_t *into)
{
	return ksrtp_nl_flows(c->nl, 0, each_flow, into);
}

static int take_streams(struct command *c, json_t *into)
{
	return ksrtp_nl_streams(c->nl, 0, each_stream, into);
}

/*
 * Puts every child into the array @list of the parent whose @id has the value of the child's @ref.
 * By a map of the parents, so that thousands of flows stay cheap.
 */
static void adopt(json_t *parents, const char *id, json_t *children, const char *ref,
		  const char *list)
{
	json_t *map = json_object(), *item;
	char text[24];
	size_t i;

	json_array_foreach(parents, i, item) {
		snprintf(text, sizeof(text), "%lld",
			 (long long)json_integer_value(json_object_get(item, id)));
		json_object_set(map, text, item);
	}
	json_array_foreach(children, i, item) {
		snprintf(text, sizeof(text), "%lld",
			 (long long)json_integer_value(json_object_get(item, ref)));
		json_array_append(json_object_get(json_object_get(map, text), list), item);
	}
	json_decref(map);
}

int ksrtp_collect_streams(struct command *c, json_t **tree)
{
	return dump(c, tree, take_streams);
}

int ksrtp_collect_flows(struct command *c, json_t **tree)
{
	json_t *streams;
	int err = dump(c, tree, take_flows);

	if (err)
		return err;
	err = ksrtp_collect_streams(c, &streams);
	if (err) {
		json_decref(*tree);
		return err;
	}
	adopt(*tree, "flow", streams, "flow", "streams");
	json_decref(streams);
	return 0;
}

int ksrtp_collect_sessions(struct command *c, json_t **tree)
{
	json_t *flows;
	int err = dump(c, tree, take_sessions);

	if (err)
		return err;
	err = ksrtp_collect_flows(c, &flows);
	if (err) {
		json_decref(*tree);
		return err;
	}
	adopt(*tree, "session", flows, "session", "flows");
	json_decref(flows);
	return 0;
}

int ksrtp_collect_stats(struct command *c, json_t **tree)
{
	struct ksrtp_nl_stats s;
	int err = ksrtp_nl_stats(c->nl, &s);
	json_t *o;

	if (err)
		return err;
	o = json_object();
	json_object_set_new(o, "module", json_string("loaded"));
	json_object_set_new(o, "primitives", json_string(s.prim));
	json_object_set_new(o, "sessions", count(s.sessions));
	json_object_set_new(o, "flows", count(s.flows));
	json_object_set_new(o, "streams", count(s.streams));
	json_object_set_new(o, "received", transfer(s.rx_packets, s.rx_bytes, s.rx_secure));
	json_object_set_new(o, "sent", transfer(s.tx_packets, s.tx_bytes, s.tx_secure));
	json_object_set_new(o, "dropped", dropped(&s));
	json_object_set_new(o, "probes", count(s.probes));
	*tree = o;
	return 0;
}

const char *ksrtp_collect_event_name(enum ksrtp_event_type type)
{
	static const char *const names[] = {
		[KSRTP_EVENT_FIRST_PACKET] = "first-packet",
		[KSRTP_EVENT_LATCHED] = "latched",
		[KSRTP_EVENT_IDLE] = "idle",
		[KSRTP_EVENT_KEY_SOFT_LIMIT] = "key-soft-limit",
		[KSRTP_EVENT_KEY_SPENT] = "key-spent",
		[KSRTP_EVENT_TAG_STORM] = "tag-storm",
		[KSRTP_EVENT_NEW_SSRC] = "new-ssrc",
		[KSRTP_EVENT_DOWNGRADE] = "downgrade",
		[KSRTP_EVENT_REPLAY_STORM] = "replay-storm",
		[KSRTP_EVENT_PROBE] = "probe",
		[KSRTP_EVENT_SOURCE_STORM] = "source-storm",
	};
	bool known = type >= KSRTP_EVENT_FIRST_PACKET && type < ARRAY_SIZE(names);

	return known ? names[type] : "unknown";
}

json_t *ksrtp_collect_event(const struct ksrtp_nl_event *e)
{
	json_t *o = json_object();
	char ssrc[16];

	json_object_set_new(o, "event", json_string(ksrtp_collect_event_name(e->type)));
	json_object_set_new(o, "session", count(e->session));
	json_object_set_new(o, "flow", count(e->flow));
	if (e->ssrc) {
		snprintf(ssrc, sizeof(ssrc), "%08x", e->ssrc);
		json_object_set_new(o, "ssrc", json_string(ssrc));
	}
	json_object_set_new(o, "remote", endpoint(&e->remote));
	if (e->count)
		json_object_set_new(o, "packets", count(e->count));
	if (e->share) {
		json_object_set_new(o, "source", endpoint(&e->source));
		json_object_set_new(o, "share", count(e->share));
	}
	return o;
}
