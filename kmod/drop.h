/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that go no further. */
#ifndef KSRTP_KMOD_DROP_H
#define KSRTP_KMOD_DROP_H

#include "kmod/hook.h"

/** ksrtp_drop_packet - count a packet at p->flow, raise what is due. Return: NF_DROP */
unsigned int ksrtp_drop_packet(struct ksrtp_packet *p, enum ksrtp_verdict verdict);

#endif
