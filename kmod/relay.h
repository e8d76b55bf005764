/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a relay does with a packet of a flow. */
#ifndef KSRTP_KMOD_RELAY_H
#define KSRTP_KMOD_RELAY_H

#include "kmod/hook.h"

/**
 * ksrtp_relay_packet - classify, admit, unprotect, protect, send
 * @p: skb, kn, flow, family, from, udp, part, hops, tos and df are set; skb is no GSO packet
 *
 * Softirq, RCU. Return: NF_ACCEPT: it is for the socket above; NF_DROP: counted, the caller frees
 * it; NF_STOLEN: it was sent, or is held.
 */
unsigned int ksrtp_relay_packet(struct ksrtp_packet *p);

#endif
