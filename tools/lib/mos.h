/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mean opinion score from what a network did to speech: the E-model of ITU-T G.107, reduced to
 * delay, loss and codec. For the command and the daemon; no state.
 */
#ifndef KSRTP_TOOLS_MOS_H
#define KSRTP_TOOLS_MOS_H

#include <ksrtp/port.h>

/**
 * struct ksrtp_mos - one direction of speech
 * @loss: packets lost, 0 to 1
 * @delay_ms: one way, network only
 * @jitter_ms: interarrival jitter; the listener's buffer is taken to be twice as long
 * @type: static RTP payload type of the codec; others are reckoned like G.711 with concealment
 */
struct ksrtp_mos {
	double loss;
	double delay_ms;
	double jitter_ms;
	u8 type;
};

/**
 * ksrtp_mos_rating - the transmission rating R, 0 to 93.2
 *
 * R = 93.2 - Id - Ie,eff. Id = 0.024 d + 0.11 (d - 177.3) beyond 177.3 ms. Ie,eff by G.107 (7-29)
 * for random loss, Ie and Bpl of the codec by G.113 appendix I.
 */
double ksrtp_mos_rating(const struct ksrtp_mos *m);

/** ksrtp_mos_score - what G.107 annex B makes of a rating. Return: 1 to 4.5 */
double ksrtp_mos_score(double rating);

#endif
