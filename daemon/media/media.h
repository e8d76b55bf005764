/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Media as the signalling sees it: sessions, flows, keys. Two back ends stand behind it, the module
 * (kernel.c, by generic netlink) and threads of this process (user.c); both behave alike and run
 * the same conformance tests. The nouns are those of <uapi/ksrtp.h>: a flow is one end of an
 * m-line; it has a listening address, a remote, rx keys and tx keys, and a peer flow, the other
 * end.
 *
 * All calls are synchronous and short, and are made from the signalling thread only.
 */
#ifndef KSRTP_DAEMON_MEDIA_H
#define KSRTP_DAEMON_MEDIA_H

#include <ksrtp/latch.h>
#include <ksrtp/srtp.h>

#include "daemon/net/addr.h"

struct ksrtp_config;
struct ksrtp_fds;
struct ksrtp_loop;
struct ksrtp_media;
struct ksrtp_media_session;
struct ksrtp_media_flow;

enum ksrtp_media_direction { KSRTP_MEDIA_RX = 1, KSRTP_MEDIA_TX = 2 };

/** enum ksrtp_media_kind - what a flow carries */
enum ksrtp_media_kind {
	KSRTP_MEDIA_RTP,	/* RTP and RTCP */
	KSRTP_MEDIA_RAW,	/* not RTP (T.38): datagrams as they are, one port, no keys */
};

/**
 * struct ksrtp_media_remote - where the other party of a flow is, from its SDP
 * @rtp: address and port; family 0 or port 0: not known (or on hold), nothing is sent there
 * @rtcp: on its own port; ignored when @mux
 * @natted: signalling source address for latching; family 0: none
 * @mux: RTP and RTCP share a port in both directions
 * @source: rule for source addresses
 * @secure_rx: refuse whatever does not authenticate, also before keys exist
 * @secure_tx: send nothing in clear, also before keys exist
 */
struct ksrtp_media_remote {
	struct ksrtp_addr rtp;
	struct ksrtp_addr rtcp;
	struct ksrtp_addr natted;
	bool mux;
	enum ksrtp_source source;
	bool secure_rx;
	bool secure_tx;
};

/**
 * struct ksrtp_media_stats - of one flow; packets and UDP payload bytes
 * @rx_secure: packets that authenticated; @tx_secure: packets sent protected
 * @verdict: packets that arrived here, by what became of them
 * @latched: the remote moved away from the signalled address
 * @remote: where packets come from now
 */
struct ksrtp_media_stats {
	u64 rx_packets, rx_bytes, rx_secure;
	u64 tx_packets, tx_bytes, tx_secure;
	u64 verdict[KSRTP_VERDICT_COUNT];
	bool latched;
	struct ksrtp_addr remote;
};

/**
 * struct ksrtp_media_quality - how the media of one flow fares; RFC 3550 A.3, A.8 and section 6.4
 * @heard: RTP came; the next ones are of the SSRC that most of it had
 * @expected, @lost, @reordered, @duplicates: packets; @lost may be negative
 * @clock: Hz of its timestamps; 0: not known, and @jitter_us does not hold
 * @reported: the far side reported on what we send; the next ones are its newest report
 * @far_lost: packets, cumulative; @far_fraction: since the report before, 1/256
 * @far_jittered: @far_jitter_us holds
 * @measured: @rtt_us, the round trip between us and the far side, holds
 *
 * tools/lib/mos.h makes an opinion score of it.
 */
struct ksrtp_media_quality {
	bool heard;
	u8 type;
	u32 ssrc;
	u32 expected;
	s32 lost;
	u32 reordered, duplicates;
	u32 clock;
	u32 jitter_us;
	bool reported, far_jittered, measured;
	u8 far_fraction;
	s32 far_lost;
	u32 far_jitter_us;
	u32 rtt_us;
};

/** ksrtp_media_create - choose a back end by config->media (auto: the kernel if the family answers)
 *
 * The ports of config->media's range are bound here lazily, in pairs, and stay bound in both back
 * ends, so that an unclaimed packet is never answered by ICMP.
 * @why: out, may be NULL: one sentence for people: which back end and why; lives as long as *media
 * Return: 0, or negative errno (with *why set) when the back end that was asked for cannot be had.
 */
int ksrtp_media_create(struct ksrtp_media **media, struct ksrtp_loop *loop,
		       const struct ksrtp_config *config, const char **why);
void ksrtp_media_destroy(struct ksrtp_media *media);
/** ksrtp_media_backend - "kernel" or "user" */
const char *ksrtp_media_backend(const struct ksrtp_media *media);

/**
 * ksrtp_media_session_create - an empty session
 * @label: Call-ID, for people; copied, cut at 63 bytes
 *
 * Return: 0, -ENOSPC at the cap, -ENOMEM, or what the kernel said.
 */
int ksrtp_media_session_create(struct ksrtp_media *media, const char *label,
			       struct ksrtp_media_session **session);
/** ksrtp_media_session_get - one more who has to destroy it before it goes. Return: @session */
struct ksrtp_media_session *ksrtp_media_session_get(struct ksrtp_media_session *session);
/** ksrtp_media_session_shared - has it more than one user? */
bool ksrtp_media_session_shared(const struct ksrtp_media_session *session);
/**
 * ksrtp_media_session_destroy - with flows and keys; their ports forward nothing from now on
 *
 * The last of its users does that, the others only leave it.
 */
void ksrtp_media_session_destroy(struct ksrtp_media_session *session);

/**
 * ksrtp_media_flow_create - a listening port pair for one end of an m-line
 * @local: address to listen on (its port is ignored); goes into SDP
 * @kind: for all its life
 *
 * Reserves an even port and the odd one above it. The flow passes nothing until it has a remote
 * and a peer.
 * Return: 0, -EADDRINUSE when the range is full, or what the kernel said.
 */
int ksrtp_media_flow_create(struct ksrtp_media_session *session, const struct ksrtp_addr *local,
			    enum ksrtp_media_kind kind, struct ksrtp_media_flow **flow);
void ksrtp_media_flow_destroy(struct ksrtp_media_flow *flow);
/** ksrtp_media_flow_local - the RTP address and even port it listens on; RTCP is the odd one */
const struct ksrtp_addr *ksrtp_media_flow_local(const struct ksrtp_media_flow *flow);
/**
 * ksrtp_media_flow_pair - make two flows of one session each other's peer; each leaves a former one
 *
 * Return: 0; -EINVAL, also for two of different kinds; -ELOOP when packets would pass more than
 * four flows of ours, or go round
 */
int ksrtp_media_flow_pair(struct ksrtp_media_flow *a, struct ksrtp_media_flow *b);
/**
 * ksrtp_media_flow_remote - new SDP of that side
 *
 * The same as before changes nothing: a latched flow stays latched.
 * Return: 0; -EAFNOSUPPORT when it is not of the listening address's family; -ELOOP as above
 */
int ksrtp_media_flow_remote(struct ksrtp_media_flow *flow, const struct ksrtp_media_remote *remote);
int ksrtp_media_flow_stats(struct ksrtp_media_flow *flow, struct ksrtp_media_stats *stats);
/** ksrtp_media_flow_quality - numbers about media. Return: 0, or what the kernel said */
int ksrtp_media_flow_quality(struct ksrtp_media_flow *flow, struct ksrtp_media_quality *quality);

/**
 * ksrtp_media_key_add - one more master key of a flow
 * @id: the caller's, unique in this flow, not 0
 *
 * RX: several are candidates (at most 4 without an MKI). TX: the newest is used.
 * Return: 0; -EEXIST for that id or, in one direction, that MKI; -EINVAL for a raw flow, no
 * suite, lengths, limits, and what ksrtp_master_refusal() is against; -ENOSPC; -EBUSY when a tx key
 * sends already, wherever that is.
 */
int ksrtp_media_key_add(struct ksrtp_media_flow *flow, enum ksrtp_media_direction direction, u32 id,
			const struct ksrtp_master *master);
int ksrtp_media_key_remove(struct ksrtp_media_flow *flow, u32 id);

/*
 * Sessions outlive this process where the back end keeps them (the module does; threads of ours
 * cannot). What is written down of them by name is enough to have them again.
 */

/** struct ksrtp_media_name - a flow by name: @id never 0, @local its even port */
struct ksrtp_media_name {
	u32 id;
	struct ksrtp_addr local;
};

#define KSRTP_MEDIA_KEYS	8	/* keys of one flow that are told of */

/**
 * struct ksrtp_media_keys - the keys of a flow as the back end has them
 * @id: 0: no more of them
 */
struct ksrtp_media_keys {
	struct {
		u32 id;
		enum ksrtp_media_direction direction;
	} key[KSRTP_MEDIA_KEYS];
};

/** ksrtp_media_session_name - what adopts it later; 0: it ends with this process */
u32 ksrtp_media_session_name(const struct ksrtp_media_session *session);
/** ksrtp_media_flow_name - what adopts it later, if its session has a name */
void ksrtp_media_flow_name(const struct ksrtp_media_flow *flow, struct ksrtp_media_name *name);

/**
 * ksrtp_media_session_adopt - have a session of an earlier process, with no flow adopted yet
 *
 * Return: 0; -EOPNOTSUPP where none outlives its process; -ENOENT for one that is gone; -EACCES for
 * one that is not ours; -ESTALE when its time is over; -ENOSPC, -ENOMEM, or what the kernel said.
 */
int ksrtp_media_session_adopt(struct ksrtp_media *media, u32 name,
			      struct ksrtp_media_session **session);

/**
 * ksrtp_media_flow_adopt - have a flow of an adopted session; its media is not touched
 * @remote: what ksrtp_media_flow_remote() was told last
 * @keys: out: whatever sends and receives
 *
 * Two flows that were a pair are one again when both are adopted.
 * Return: 0; -ENOENT, also when it listens elsewhere or belongs to another session; -EADDRINUSE
 * when somebody else has its port by now; -ENOMEM, or what the kernel said.
 */
int ksrtp_media_flow_adopt(struct ksrtp_media_session *session, const struct ksrtp_media_name *name,
			   const struct ksrtp_media_remote *remote, struct ksrtp_media_flow **flow,
			   struct ksrtp_media_keys *keys);

/**
 * ksrtp_media_forget - end what earlier processes left and nobody adopted: flows, then sessions
 *
 * Return: how many sessions ended.
 */
unsigned int ksrtp_media_forget(struct ksrtp_media *media);

/** ksrtp_media_fds - media sockets of an earlier process are there, and ours go there at the end */
void ksrtp_media_fds(struct ksrtp_media *media, struct ksrtp_fds *fds);

/** ksrtp_media_leave - from now on what is destroyed goes on without us, for a later process */
void ksrtp_media_leave(struct ksrtp_media *media);

#endif
