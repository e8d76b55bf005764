/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet path: netfilter hooks, and a packet on its way through. */
#ifndef KSRTP_KMOD_HOOK_H
#define KSRTP_KMOD_HOOK_H

#include <linux/skbuff.h>

#include <ksrtp/latch.h>
#include <ksrtp/srtp.h>

#include "kmod/path.h"

struct ksrtp_flow;
struct ksrtp_key;
struct ksrtp_net;
struct ksrtp_port;

/**
 * struct ksrtp_packet - a UDP packet that arrived at a flow; lives on the stack of one hook
 * @skb: its data begins with the IP header
 * @flow: where it arrived
 * @peer: where it leaves, may be NULL
 * @path: on which, never NULL once @peer is set
 * @spare: memory for @path
 * @key: newest tx key of @peer, NULL: it leaves in clear
 * @from: source
 * @head: once parsed
 * @udp: offset of the UDP header in skb->data
 * @len: UDP payload, bytes
 * @arrived: @len as it came
 * @part: which of the flow's ports
 * @exit: which of the peer's ports
 * @rtcp: RTCP rather than RTP
 * @probe: its tag is wrong and its number far from where its stream stands
 * @counted: a stream or a tally of the flow knows it
 * @summed: the namespace's sums know it
 * @hops: TTL or hop limit as it came
 * @tos: DSCP and ECN as they came
 * @df: may not be fragmented
 * @pieces: leaves in fragments
 */
struct ksrtp_packet {
	struct sk_buff *skb;
	struct ksrtp_net *kn;
	struct ksrtp_flow *flow;
	struct ksrtp_flow *peer;
	const struct ksrtp_path *path;
	struct ksrtp_path spare;
	struct ksrtp_key *key;
	struct ksrtp_endpoint from;
	struct ksrtp_head head;
	u32 udp;
	u32 len;
	u32 arrived;
	u8 part;
	u8 exit;
	u8 family;
	bool rtcp;
	bool counted;
	bool probe;
	bool summed;
	bool df;
	bool pieces;
	u8 hops;
	u8 tos;
};

static inline u8 *ksrtp_hook_payload(const struct ksrtp_packet *p)
{
	return p->skb->data + p->udp + 8;
}

/** ksrtp_hook_register - idempotent, namespace's lock. Return: 0 or negative errno */
int ksrtp_hook_register(struct ksrtp_net *kn);
/** ksrtp_hook_unregister - idempotent; hooks may still run until a grace period ends */
void ksrtp_hook_unregister(struct ksrtp_net *kn);

#endif
