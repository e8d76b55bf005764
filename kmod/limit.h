/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Caps on what may exist, for each namespace and for all together. */
#ifndef KSRTP_KMOD_LIMIT_H
#define KSRTP_KMOD_LIMIT_H

#include <linux/types.h>

struct ksrtp_net;

/** enum ksrtp_limit - what is counted; streams include the spare ones of each flow */
enum ksrtp_limit {
	KSRTP_LIMIT_SESSIONS,
	KSRTP_LIMIT_FLOWS,
	KSRTP_LIMIT_KEYS,
	KSRTP_LIMIT_STREAMS,
	KSRTP_LIMIT_HELD,
	KSRTP_LIMIT_COUNT,
};

/** ksrtp_limit_take - count one more object. Return: false at a cap, nothing counted then */
bool ksrtp_limit_take(struct ksrtp_net *kn, enum ksrtp_limit what);
/** ksrtp_limit_give - @n objects are gone; also from RCU callbacks' callers, any context */
void ksrtp_limit_give(struct ksrtp_net *kn, enum ksrtp_limit what, unsigned int n);

#endif
