/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that came before the keys, or the remote, that they need. */
#ifndef KSRTP_KMOD_HOLD_H
#define KSRTP_KMOD_HOLD_H

#include <linux/skbuff.h>

#include <ksrtp/verdict.h>

#define KSRTP_HOLD_PACKETS	32	/* of a flow at most */
#define KSRTP_HOLD_BYTES	65536	/* of a flow at most, as memory is counted */

struct ksrtp_flow;
struct ksrtp_packet;
struct ksrtp_session;

/**
 * struct ksrtp_hold - what a flow holds, under the flow's lock
 * @queue: oldest first; an skb refers to nothing: its device is kept by number, in its cb
 * @bytes: sum of truesize
 */
struct ksrtp_hold {
	struct sk_buff_head queue;
	u32 bytes;
};

/**
 * ksrtp_hold_packet - keep a packet until it can be processed
 * @p: its source is admitted, nothing else was done to it
 *
 * A packet is held when it needs a key or a remote that its flow or the peer never had yet, and
 * behind others that are. The oldest makes room (verdict queue), also for what is older than the
 * module's parameter hold_ms (verdict held). Packet path.
 * Return: HELD: the skb is the queue's now; QUEUE: no room in this namespace; OK: go on with it.
 */
enum ksrtp_verdict ksrtp_hold_packet(struct ksrtp_packet *p);

/** ksrtp_hold_release - send on, in order, what @session's flows hold; namespace's lock */
void ksrtp_hold_release(struct ksrtp_session *session);
/** ksrtp_hold_expire - drop what was held for too long; namespace's lock */
void ksrtp_hold_expire(struct ksrtp_flow *flow);
/** ksrtp_hold_purge - drop all of it, for the flow takes no more; namespace's lock */
void ksrtp_hold_purge(struct ksrtp_flow *flow);

#endif
