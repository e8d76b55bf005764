/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client side of the generic netlink family "ksrtp", for the command and the daemon.
 *
 * A struct ksrtp_nl is one socket. Calls are synchronous and not thread-safe. Sessions made over it
 * become orphans when it closes, unless made with @persist.
 */
#ifndef KSRTP_TOOLS_NL_H
#define KSRTP_TOOLS_NL_H

#include <ksrtp/latch.h>
#include <ksrtp/srtp.h>
#include <uapi/ksrtp.h>

struct ksrtp_nl;

/** struct ksrtp_nl_session - see enum ksrtp_session_attr; @orphan and all below only in replies */
struct ksrtp_nl_session {
	u32 id;
	char label[KSRTP_LABEL_MAX + 1];
	u8 cookie[KSRTP_COOKIE_LEN];
	u32 idle;
	u32 lifetime;
	bool persist;
	bool orphan;
	u32 age;
	u32 flows;
	bool guard;
};

/** struct ksrtp_nl_stats - see enum ksrtp_stats_attr; the last four only of a namespace */
struct ksrtp_nl_stats {
	u64 rx_packets, rx_bytes, rx_secure;
	u64 tx_packets, tx_bytes, tx_secure, tx_fragmented;
	u64 probes;
	u64 verdict[KSRTP_VERDICT_COUNT];
	u32 sessions, flows, streams;
	char prim[64];
};

/**
 * struct ksrtp_nl_key - what may be known of a key: all but the key
 * @kdr: new session keys every 2^kdr packets; 0: never
 * @parameters: KSRTP_UNENCRYPTED_SRTP and its like
 * @encrypted: ids of encrypted header extension elements, @encrypted_n of them
 */
struct ksrtp_nl_key {
	u32 id;
	u32 flow;
	u8 direction;
	char suite[48];
	u8 mki[KSRTP_MKI_MAX];
	u8 mki_len;
	u64 rtp_limit, rtcp_limit;
	u64 rtp_used, rtcp_used;
	u8 kdr;
	u8 parameters;
	u8 encrypted[255];
	u8 encrypted_n;
};

#define KSRTP_NL_KEYS	8	/* keys reported with a flow at most */

/**
 * struct ksrtp_nl_flow - see enum ksrtp_flow_attr
 * @listen, @remote: IPv4 as ::ffff:a.b.c.d; all zero and port 0: absent
 * @listen_rtcp: 0: muxed
 * @remote_rtcp: 0: left to the kernel
 * @natted: all zero: absent
 * @streams: 0: the kernel's default
 */
struct ksrtp_nl_flow {
	u32 id;
	u32 session;
	u32 peer;
	struct ksrtp_endpoint listen;
	u16 listen_rtcp;
	struct ksrtp_endpoint remote;
	u16 remote_rtcp;
	struct ksrtp_endpoint natted;
	enum ksrtp_source source;
	bool secure_rx, secure_tx;
	bool in_place; /* @listen is a media server's own socket */
	bool raw; /* not RTP, no keys; @listen_rtcp is 0 */
	u32 streams;
	bool latched;
	struct ksrtp_nl_stats stats;
	struct ksrtp_nl_key key[KSRTP_NL_KEYS];
	unsigned int keys;
};

/**
 * struct ksrtp_nl_stream - see enum ksrtp_stream_attr
 * @heard: @type, @expected, @lost, @reordered and @duplicates hold; @clock 0: @jitter does not
 * @reported: @far_lost, @far_fraction and @far_age hold
 * @far_jittered, @measured: @far_jitter, @rtt hold
 */
struct ksrtp_nl_stream {
	u32 flow;
	u8 direction;
	u32 ssrc, roc;
	u16 seq;
	u32 rtcp_index;
	u64 rtp_packets, rtp_bytes, rtcp_packets;
	u32 last, age;
	bool clear, heard, reported, far_jittered, measured;
	u8 type, far_fraction;
	u32 clock, expected, reordered, duplicates, jitter;
	s32 lost, far_lost;
	u32 far_jitter, far_age, rtt;
};

/** struct ksrtp_nl_lane - see enum ksrtp_lane_attr */
struct ksrtp_nl_lane {
	u32 ifindex;
	char name[16];
	u64 packets;
};

/** struct ksrtp_nl_event - see enum ksrtp_event_attr */
struct ksrtp_nl_event {
	enum ksrtp_event_type type;
	u32 session, flow, ssrc;
	struct ksrtp_endpoint remote;
	u32 count, share;
	struct ksrtp_endpoint source;
};

/**
 * ksrtp_nl_open - connect to the family in this network namespace
 *
 * Return: 0, -ENOENT when no module answers, or another negative errno.
 */
int ksrtp_nl_open(struct ksrtp_nl **nl);
void ksrtp_nl_close(struct ksrtp_nl *nl);
/** ksrtp_nl_error - the kernel's sentence for the last refusal, or strerror's; never NULL */
const char *ksrtp_nl_error(const struct ksrtp_nl *nl);

/*
 * The requests. Each returns 0 or the kernel's negative errno, with ksrtp_nl_error() set. The _new
 * calls fill in the id that the kernel chose when it was 0.
 */
int ksrtp_nl_session_new(struct ksrtp_nl *nl, struct ksrtp_nl_session *s);
int ksrtp_nl_session_set(struct ksrtp_nl *nl, const struct ksrtp_nl_session *s);
int ksrtp_nl_session_del(struct ksrtp_nl *nl, u32 id);
int ksrtp_nl_session_get(struct ksrtp_nl *nl, u32 id, struct ksrtp_nl_session *s);
int ksrtp_nl_flow_new(struct ksrtp_nl *nl, struct ksrtp_nl_flow *f);
/** ksrtp_nl_flow_set - remote, source rule and secure flags of @f; the peer is left alone */
int ksrtp_nl_flow_set(struct ksrtp_nl *nl, const struct ksrtp_nl_flow *f);
/** ksrtp_nl_flow_pair - link both ways; @peer 0 unlinks */
int ksrtp_nl_flow_pair(struct ksrtp_nl *nl, u32 flow, u32 peer);
int ksrtp_nl_flow_del(struct ksrtp_nl *nl, u32 id);
/** ksrtp_nl_key_new - @id 0: the kernel chooses, and *id is set. The caller wipes @master. */
int ksrtp_nl_key_new(struct ksrtp_nl *nl, u32 flow, enum ksrtp_direction direction, u32 *id,
		     const struct ksrtp_master *master);
/** ksrtp_nl_key_set - the same in place of all other keys of that direction, at once */
int ksrtp_nl_key_set(struct ksrtp_nl *nl, u32 flow, enum ksrtp_direction direction, u32 *id,
		     const struct ksrtp_master *master);
int ksrtp_nl_key_del(struct ksrtp_nl *nl, u32 flow, u32 id);
int ksrtp_nl_stats(struct ksrtp_nl *nl, struct ksrtp_nl_stats *stats);
/** ksrtp_nl_lane_new - packets of a device take the fast lane */
int ksrtp_nl_lane_new(struct ksrtp_nl *nl, u32 ifindex);
int ksrtp_nl_lane_del(struct ksrtp_nl *nl, u32 ifindex);
int ksrtp_nl_flow_get(struct ksrtp_nl *nl, u32 id, struct ksrtp_nl_flow *flow);

/* Dumps: @each is called once an object; filter 0 means all. -EINTR: the tables changed, again. */
int ksrtp_nl_sessions(struct ksrtp_nl *nl, void (*each)(void *ctx, const struct ksrtp_nl_session *),
		      void *ctx);
int ksrtp_nl_flows(struct ksrtp_nl *nl, u32 session,
		   void (*each)(void *ctx, const struct ksrtp_nl_flow *), void *ctx);
int ksrtp_nl_streams(struct ksrtp_nl *nl, u32 flow,
		     void (*each)(void *ctx, const struct ksrtp_nl_stream *), void *ctx);
int ksrtp_nl_lanes(struct ksrtp_nl *nl, void (*each)(void *ctx, const struct ksrtp_nl_lane *),
		   void *ctx);

/** ksrtp_nl_events_join - subscribe; use a socket of its own for events */
int ksrtp_nl_events_join(struct ksrtp_nl *nl);
/** ksrtp_nl_event_next - block for one event. Return: 1 with *event, 0: events were lost, < 0 */
int ksrtp_nl_event_next(struct ksrtp_nl *nl, struct ksrtp_nl_event *event);

#endif
