/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a UDP packet at one of our ports is. */
#ifndef KSRTP_KMOD_CLASSIFY_H
#define KSRTP_KMOD_CLASSIFY_H

#include "kmod/hook.h"

/**
 * ksrtp_classify_whole - the datagram lies in one piece with nothing behind it, its checksum is
 * right
 *
 * Sets p->len and p->arrived. Return: OK, SHORT, CHECKSUM, ROOM.
 */
enum ksrtp_verdict ksrtp_classify_whole(struct ksrtp_packet *p);

/**
 * ksrtp_classify_ours - is it RTP or RTCP? Sets p->rtcp
 * @verdict: out: why it must be dropped, whosever it is; or OK
 */
bool ksrtp_classify_ours(struct ksrtp_packet *p, enum ksrtp_verdict *verdict);

/**
 * ksrtp_classify_arrive - count it in the namespace's sums, once it is ours: to forward, or to drop
 * for whatever cause
 */
void ksrtp_classify_arrive(struct ksrtp_packet *p);

/** ksrtp_classify_parse - fixed header into p->head. Return: OK, SHORT, NOT_RTP */
enum ksrtp_verdict ksrtp_classify_parse(struct ksrtp_packet *p);

#endif
