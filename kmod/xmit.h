/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way out: room, MTU, new headers, output. */
#ifndef KSRTP_KMOD_XMIT_H
#define KSRTP_KMOD_XMIT_H

#include "kmod/hook.h"

/**
 * ksrtp_xmit_room - make the skb private, with room for new headers and @growth. Return: OK, ROOM
 */
enum ksrtp_verdict ksrtp_xmit_room(struct ksrtp_packet *p, u32 growth);
/**
 * ksrtp_xmit_fits - would the packet, @len bytes of payload, fit the way out? Clears its df where
 * it has to leave in fragments. Return: OK, MTU, HOPS
 */
enum ksrtp_verdict ksrtp_xmit_fits(struct ksrtp_packet *p, u32 len);
/**
 * ksrtp_xmit_toobig - tell the sender how long its packets may be
 * @growth: what the relay adds to a packet, headers not counted
 *
 * The payload is cut off: an ICMP message must not carry what was decrypted.
 */
void ksrtp_xmit_toobig(struct ksrtp_packet *p, int growth);
/** ksrtp_xmit_send - new headers and away; takes the skb and the path's spare reference */
void ksrtp_xmit_send(struct ksrtp_packet *p);

#endif
