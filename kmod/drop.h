/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that go no further. */
#ifndef KSRTP_KMOD_DROP_H
#define KSRTP_KMOD_DROP_H

#include "kmod/hook.h"

struct ksrtp_flow;

/**
 * ksrtp_drop_held - count a packet of @bytes that waited at @flow in vain; the namespace's sums
 * know it already
 */
void ksrtp_drop_held(struct ksrtp_flow *flow, enum ksrtp_verdict verdict, u32 bytes);

/** ksrtp_drop_packet - count a packet at p->flow, raise what is due. Return: NF_DROP */
unsigned int ksrtp_drop_packet(struct ksrtp_packet *p, enum ksrtp_verdict verdict);

#endif
