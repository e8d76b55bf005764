/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Generic netlink family "ksrtp", version 1: all that kernel and userspace both know.
 * include/uapi/ksrtp.yaml describes it in the kernel's netlink specification format; a test
 * holds the two together.
 *
 * Numbers are in host byte order, ports too; addresses are 4 or 16 bytes in network order.
 * Suites and verdicts cross as words, so that neither side depends on the other's tables.
 * An id is never 0. Key bytes go down and never come up.
 */
#ifndef _UAPI_KSRTP_H
#define _UAPI_KSRTP_H

#define KSRTP_FAMILY_NAME	"ksrtp"
#define KSRTP_FAMILY_VERSION	1
#define KSRTP_MCGRP_EVENTS	"events"

enum ksrtp_cmd {
	KSRTP_CMD_UNSPEC,
	KSRTP_CMD_SESSION_NEW,	/* with its flows and keys, all or nothing; replies ids */
	KSRTP_CMD_SESSION_SET,	/* timeouts; adopts an orphan that has the same cookie */
	KSRTP_CMD_SESSION_DEL,	/* with its flows and keys */
	KSRTP_CMD_SESSION_GET,	/* one or dump */
	KSRTP_CMD_FLOW_NEW,
	KSRTP_CMD_FLOW_SET,	/* remote, source rule, peer */
	KSRTP_CMD_FLOW_DEL,
	KSRTP_CMD_FLOW_GET,	/* one, or dump, or dump of one session */
	KSRTP_CMD_KEY_NEW,
	KSRTP_CMD_KEY_DEL,
	KSRTP_CMD_KEY_GET,	/* everything but the key */
	KSRTP_CMD_STREAM_GET,	/* dump of one flow's SSRCs, or of all */
	KSRTP_CMD_STREAM_SET,	/* only raises ROC and SRTCP index */
	KSRTP_CMD_STATS_GET,
	KSRTP_CMD_EVENT,	/* only from the kernel, to the group "events" */
	KSRTP_CMD_LANE_NEW,	/* packets of a device take the fast lane */
	KSRTP_CMD_LANE_DEL,
	KSRTP_CMD_LANE_GET,	/* dump */

	__KSRTP_CMD_MAX,
	KSRTP_CMD_MAX = __KSRTP_CMD_MAX - 1
};

/* The top level of every message. */
enum ksrtp_attr {
	KSRTP_A_UNSPEC,
	KSRTP_A_SESSION,	/* nest of enum ksrtp_session_attr */
	KSRTP_A_FLOW,		/* nest of enum ksrtp_flow_attr; repeated in SESSION_NEW */
	KSRTP_A_KEY,		/* nest of enum ksrtp_key_attr */
	KSRTP_A_STREAM,		/* nest of enum ksrtp_stream_attr */
	KSRTP_A_STATS,		/* nest of enum ksrtp_stats_attr */
	KSRTP_A_EVENT,		/* nest of enum ksrtp_event_attr */
	KSRTP_A_PAD,
	KSRTP_A_LANE,		/* nest of enum ksrtp_lane_attr */

	__KSRTP_A_MAX,
	KSRTP_A_MAX = __KSRTP_A_MAX - 1
};

/* A session: the media of one call. */
enum ksrtp_session_attr {
	KSRTP_SESSION_A_UNSPEC,
	KSRTP_SESSION_A_ID,		/* u32; absent in NEW: the kernel chooses */
	KSRTP_SESSION_A_LABEL,		/* string, at most 63 bytes, for people */
	KSRTP_SESSION_A_COOKIE,		/* 16 bytes; only ever sent down */
	KSRTP_SESSION_A_IDLE,		/* u32 seconds without authenticated packets; 0: never */
	KSRTP_SESSION_A_LIFETIME,	/* u32 seconds an orphan may live; default 3600 */
	KSRTP_SESSION_A_PERSIST,	/* flag: not bound to the netlink socket that made it */
	KSRTP_SESSION_A_ORPHAN,		/* flag, only in replies */
	KSRTP_SESSION_A_AGE,		/* u32 seconds, only in replies */
	KSRTP_SESSION_A_FLOWS,		/* u32 number, only in replies */
	KSRTP_SESSION_A_GUARD,		/* flag, only in replies: its time is over, see below */
	KSRTP_SESSION_A_PAD,

	__KSRTP_SESSION_A_MAX,
	KSRTP_SESSION_A_MAX = __KSRTP_SESSION_A_MAX - 1
};

/*
 * When a session's time is over its keys go. Flows that must be protected stay as guards: they drop
 * whatever comes, and the module stays with them, until the session is deleted.
 */

#define KSRTP_LABEL_MAX		63
#define KSRTP_COOKIE_LEN	16

/*
 * A flow: one end of a call's media. It listens at an address and port, and at a second port for
 * RTCP unless the two are muxed. What it receives from its remote is unprotected with its rx keys
 * and handed to its peer flow, which protects it with its own tx keys and sends it from its own
 * listening address to its own remote. Without rx keys its ingress is clear, without tx keys its
 * egress is.
 *
 * A flow in place has no peer: where it listens a media server on this host has a socket of its
 * own. What comes from the remote is unprotected on its way into that socket; RTP and RTCP that the
 * server sends from there is protected on its way out, wherever the server sends it to.
 *
 * A raw flow carries what is not RTP: whatever comes from its remote goes on as it is. It has one
 * port, no keys, and a peer that is raw as well.
 */
enum ksrtp_flow_attr {
	KSRTP_FLOW_A_UNSPEC,
	KSRTP_FLOW_A_ID,		/* u32; absent in NEW: the kernel chooses */
	KSRTP_FLOW_A_SESSION,		/* u32 */
	/*
	 * u32 id of the other end, in the same session; may be set later, and may name a flow that
	 * follows in SESSION_NEW. A peer that has none yet is linked back. 0 unlinks both ways.
	 */
	KSRTP_FLOW_A_PEER,
	KSRTP_FLOW_A_LISTEN,		/* 4 or 16 bytes */
	KSRTP_FLOW_A_LISTEN_PORT,	/* u16 */
	KSRTP_FLOW_A_LISTEN_RTCP,	/* u16; absent or equal to LISTEN_PORT: muxed */
	KSRTP_FLOW_A_REMOTE,		/* 4 or 16 bytes, same family; absent: not known yet */
	KSRTP_FLOW_A_REMOTE_PORT,	/* u16 */
	KSRTP_FLOW_A_REMOTE_RTCP,	/* u16; absent: REMOTE_PORT if muxed, else + 1 */
	KSRTP_FLOW_A_NATTED,		/* 4 or 16 bytes: signalling source, for latching */
	KSRTP_FLOW_A_SOURCE,		/* u8, enum ksrtp_source of <ksrtp/latch.h> */
	/*
	 * The two flags count in FLOW_NEW, and in FLOW_SET when SOURCE is there too: then each is
	 * set by its presence and cleared by its absence.
	 */
	KSRTP_FLOW_A_SECURE_RX,		/* flag: nothing clear passes, nor before keys exist */
	KSRTP_FLOW_A_SECURE_TX,		/* flag: nothing leaves in clear, also before keys exist */
	KSRTP_FLOW_A_STREAMS,		/* u32 most SSRCs a direction; default 16 */
	KSRTP_FLOW_A_LATCHED,		/* flag, only in replies */
	KSRTP_FLOW_A_KEY,		/* nest of enum ksrtp_key_attr, repeated */
	KSRTP_FLOW_A_STATS,		/* nest of enum ksrtp_stats_attr, only in replies */
	KSRTP_FLOW_A_IN_PLACE,		/* flag: LISTEN is a media server's own socket; no PEER */
	KSRTP_FLOW_A_RAW,		/* flag: not RTP (T.38): every datagram passes as it is */
	KSRTP_FLOW_A_PAD,

	__KSRTP_FLOW_A_MAX,
	KSRTP_FLOW_A_MAX = __KSRTP_FLOW_A_MAX - 1
};

enum ksrtp_direction {
	KSRTP_DIRECTION_RX = 1,
	KSRTP_DIRECTION_TX = 2,
};

enum ksrtp_key_attr {
	KSRTP_KEY_A_UNSPEC,
	KSRTP_KEY_A_ID,			/* u32, unique in its flow; absent: kernel chooses */
	KSRTP_KEY_A_FLOW,		/* u32 */
	KSRTP_KEY_A_DIRECTION,		/* u8, enum ksrtp_direction */
	KSRTP_KEY_A_SUITE,		/* string, RFC 4568 name */
	KSRTP_KEY_A_KEY,		/* master key; only ever sent down */
	KSRTP_KEY_A_SALT,		/* master salt; only ever sent down */
	KSRTP_KEY_A_MKI,		/* 1 to 128 bytes */
	KSRTP_KEY_A_RTP_LIMIT,		/* u64 packets */
	KSRTP_KEY_A_RTCP_LIMIT,		/* u64 packets */
	KSRTP_KEY_A_RTP_USED,		/* u64, only in replies */
	KSRTP_KEY_A_RTCP_USED,		/* u64, only in replies */
	KSRTP_KEY_A_KDR,		/* u8: new session keys every 2^n packets; absent: never */
	KSRTP_KEY_A_UNENCRYPTED_SRTP,	/* flag, RFC 4568; this and the next two not for GCM */
	KSRTP_KEY_A_UNENCRYPTED_SRTCP,	/* flag */
	KSRTP_KEY_A_UNAUTHENTICATED_SRTP, /* flag */
	KSRTP_KEY_A_ENCRYPTED_IDS,	/* a byte for each id of header extensions, RFC 6904 */
	KSRTP_KEY_A_REPLACE,		/* flag in KEY_NEW: all others of its direction go */
	KSRTP_KEY_A_PAD,

	__KSRTP_KEY_A_MAX,
	KSRTP_KEY_A_MAX = __KSRTP_KEY_A_MAX - 1
};

enum ksrtp_stream_attr {
	KSRTP_STREAM_A_UNSPEC,
	KSRTP_STREAM_A_FLOW,		/* u32 */
	KSRTP_STREAM_A_DIRECTION,	/* u8, enum ksrtp_direction */
	KSRTP_STREAM_A_SSRC,		/* u32 */
	KSRTP_STREAM_A_ROC,		/* u32 */
	KSRTP_STREAM_A_SEQ,		/* u16 highest sequence number */
	KSRTP_STREAM_A_RTCP_INDEX,	/* u32 highest SRTCP index + 1 */
	KSRTP_STREAM_A_RTP_PACKETS,	/* u64 */
	KSRTP_STREAM_A_RTP_BYTES,	/* u64, UDP payload as received */
	KSRTP_STREAM_A_RTCP_PACKETS,	/* u64 */
	KSRTP_STREAM_A_LAST,		/* u32 milliseconds since the last packet */
	KSRTP_STREAM_A_CLEAR,		/* flag: in clear: no index, and only the SSRC heard now */
	KSRTP_STREAM_A_AGE,		/* u32 milliseconds since the first packet */
	KSRTP_STREAM_A_CLOCK,		/* u32 Hz of the RTP timestamps; absent: not known */
	/* Received RTP, RFC 3550 A.3 and A.8. */
	KSRTP_STREAM_A_TYPE,		/* u8 payload type */
	KSRTP_STREAM_A_EXPECTED,	/* u32 packets there should be */
	KSRTP_STREAM_A_LOST,		/* s32 packets */
	KSRTP_STREAM_A_REORDERED,	/* u32 packets that came after a later one */
	KSRTP_STREAM_A_DUPLICATES,	/* u32; SRTP refuses them: see the flow's verdicts */
	KSRTP_STREAM_A_JITTER,		/* u32 microseconds; absent while CLOCK is */
	/* Sent RTP, as the far side reports it; absent until it does. */
	KSRTP_STREAM_A_FAR_LOST,	/* s32 packets */
	KSRTP_STREAM_A_FAR_FRACTION,	/* u8 lost since the report before, 1/256 */
	KSRTP_STREAM_A_FAR_JITTER,	/* u32 microseconds; absent when the clock is not known */
	KSRTP_STREAM_A_FAR_AGE,		/* u32 milliseconds since the report */
	KSRTP_STREAM_A_RTT,		/* u32 microseconds from here to there and back */
	KSRTP_STREAM_A_PAD,

	__KSRTP_STREAM_A_MAX,
	KSRTP_STREAM_A_MAX = __KSRTP_STREAM_A_MAX - 1
};

/* Of a flow: what arrived there and became of it. Of STATS_GET: the namespace's sums. */
enum ksrtp_stats_attr {
	KSRTP_STATS_A_UNSPEC,
	KSRTP_STATS_A_RX_PACKETS,	/* u64 arrived */
	KSRTP_STATS_A_RX_BYTES,		/* u64 UDP payload */
	KSRTP_STATS_A_RX_SECURE,	/* u64 packets that authenticated */
	KSRTP_STATS_A_TX_PACKETS,	/* u64 sent out of this end */
	KSRTP_STATS_A_TX_BYTES,		/* u64 */
	KSRTP_STATS_A_TX_SECURE,	/* u64 packets sent protected */
	KSRTP_STATS_A_VERDICT,		/* nest of enum ksrtp_count_attr, repeated */
	KSRTP_STATS_A_SESSIONS,		/* u32, namespace only */
	KSRTP_STATS_A_FLOWS,		/* u32, namespace only */
	KSRTP_STATS_A_STREAMS,		/* u32, namespace only */
	KSRTP_STATS_A_PRIM,		/* string: primitives in use; namespace only */
	KSRTP_STATS_A_PROBES,		/* u64 wrong tags far from where their stream stands */
	KSRTP_STATS_A_TX_FRAGMENTED,	/* u64 sent in fragments for what protection adds */
	KSRTP_STATS_A_PAD,

	__KSRTP_STATS_A_MAX,
	KSRTP_STATS_A_MAX = __KSRTP_STATS_A_MAX - 1
};

enum ksrtp_count_attr {
	KSRTP_COUNT_A_UNSPEC,
	KSRTP_COUNT_A_NAME,		/* string: a word of <ksrtp/verdict.h> */
	KSRTP_COUNT_A_VALUE,		/* u64 packets */
	KSRTP_COUNT_A_PAD,

	__KSRTP_COUNT_A_MAX,
	KSRTP_COUNT_A_MAX = __KSRTP_COUNT_A_MAX - 1
};

enum ksrtp_event_type {
	KSRTP_EVENT_FIRST_PACKET = 1,
	KSRTP_EVENT_LATCHED,
	KSRTP_EVENT_IDLE,
	KSRTP_EVENT_KEY_SOFT_LIMIT,
	KSRTP_EVENT_KEY_SPENT,
	KSRTP_EVENT_TAG_STORM,
	KSRTP_EVENT_NEW_SSRC,
	KSRTP_EVENT_DOWNGRADE,
	KSRTP_EVENT_REPLAY_STORM,
	KSRTP_EVENT_PROBE,
	KSRTP_EVENT_SOURCE_STORM,

	__KSRTP_EVENT_MAX,
	KSRTP_EVENT_MAX = __KSRTP_EVENT_MAX - 1
};

enum ksrtp_event_attr {
	KSRTP_EVENT_A_UNSPEC,
	KSRTP_EVENT_A_TYPE,		/* u8, enum ksrtp_event_type */
	KSRTP_EVENT_A_SESSION,		/* u32 */
	KSRTP_EVENT_A_FLOW,		/* u32 */
	KSRTP_EVENT_A_SSRC,		/* u32 where one is meant */
	KSRTP_EVENT_A_REMOTE,		/* 4 or 16 bytes */
	KSRTP_EVENT_A_REMOTE_PORT,	/* u16 */
	/* Of an attack: what happened at this flow within the present second. */
	KSRTP_EVENT_A_PACKETS,		/* u32 packets */
	KSRTP_EVENT_A_SHARE,		/* u32: of them so many more from SOURCE than from others */
	KSRTP_EVENT_A_SOURCE,		/* 4 or 16 bytes; where SHARE is 0 there is none */
	KSRTP_EVENT_A_SOURCE_PORT,	/* u16 */

	__KSRTP_EVENT_A_MAX,
	KSRTP_EVENT_A_MAX = __KSRTP_EVENT_A_MAX - 1
};

/*
 * A fast lane: relayed packets that come in by this device are taken at netfilter's ingress hook,
 * behind all that nft has there, and never seen by prerouting. It stays until it is deleted, its
 * device goes, or the device moves to another namespace.
 */
enum ksrtp_lane_attr {
	KSRTP_LANE_A_UNSPEC,
	KSRTP_LANE_A_IFINDEX,		/* u32 */
	KSRTP_LANE_A_NAME,		/* string, only in replies */
	KSRTP_LANE_A_PACKETS,		/* u64 packets it took, only in replies */
	KSRTP_LANE_A_PAD,

	__KSRTP_LANE_A_MAX,
	KSRTP_LANE_A_MAX = __KSRTP_LANE_A_MAX - 1
};

#endif /* _UAPI_KSRTP_H */
