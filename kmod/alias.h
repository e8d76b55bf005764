/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources that began anew, and the SSRCs they have instead. */
#ifndef KSRTP_KMOD_ALIAS_H
#define KSRTP_KMOD_ALIAS_H

#include "kmod/hook.h"

struct ksrtp_ssrc;

/**
 * ksrtp_alias_follow - the stream that a packet to send belongs to
 * @source: the tx stream of the SSRC it came with
 *
 * Rewrites the packet, RTP or RTCP, when that is another one.
 */
struct ksrtp_ssrc *ksrtp_alias_follow(struct ksrtp_packet *p, struct ksrtp_ssrc *source);

/**
 * ksrtp_alias_renew - an index was reserved, or refused as used
 * @sent: the tx stream it was for
 * @verdict: in: what was said; out: what is to be said
 *
 * Return: a fresh stream to begin with, the packet rewritten; or NULL.
 */
struct ksrtp_ssrc *ksrtp_alias_renew(struct ksrtp_packet *p, struct ksrtp_ssrc *source,
				     const struct ksrtp_ssrc *sent, enum ksrtp_verdict *verdict);

/** ksrtp_alias_undo - RTCP from the far side speaks of the SSRCs that it knows */
void ksrtp_alias_undo(struct ksrtp_packet *p);

#endif
