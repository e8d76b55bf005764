/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which kind of offer a peer took where SRTP is preferred, so that its next call begins there.
 */
#ifndef KSRTP_CALL_LADDER_H
#define KSRTP_CALL_LADDER_H

#include "daemon/call/flow.h"
#include "daemon/call/offer.h"

#define KSRTP_LADDER_RUNGS	3	/* RTP/AVP with keys (RFC 8643), RTP/SAVP, RTP */
#define KSRTP_LADDER_PEERS	8192	/* remembered; the one remembered longest goes */
#define KSRTP_LADDER_MS		(60 * 60 * 1000)	/* then all is tried again */

int ksrtp_ladder_init(struct ksrtp_edge *edge);
void ksrtp_ladder_fini(struct ksrtp_edge *edge);

/** ksrtp_ladder_offer - what is offered on a rung below KSRTP_LADDER_RUNGS */
enum ksrtp_offer_srtp ksrtp_ladder_offer(unsigned int rung);

/** ksrtp_ladder_begin - the rung to begin a call on; 0 for a peer of which nothing is known */
unsigned int ksrtp_ladder_begin(const struct ksrtp_edge *edge, const struct ksrtp_flow *to);

/**
 * ksrtp_ladder_took - a peer took a call
 * @to: a binding of its own is that peer, whatever its address; else the address and port are
 * @rung: where; 0 forgets what was known
 *
 * What is remembered lasts from when it was learnt: a peer that can do more now is asked again.
 */
void ksrtp_ladder_took(struct ksrtp_edge *edge, const struct ksrtp_flow *to, unsigned int rung);

/** ksrtp_ladder_forget - a peer refused the last rung: begin anew with it */
void ksrtp_ladder_forget(struct ksrtp_edge *edge, const struct ksrtp_flow *to);

#endif
