/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How well media is protected: a pair of what happens to the packets and how the keys travelled,
 * each in an order so that a call is as good as its worst part.
 */
#ifndef KSRTP_CALL_GRADE_H
#define KSRTP_CALL_GRADE_H

#include <stddef.h>

#include "daemon/media/media.h"

#define KSRTP_GRADE_TEXT	96	/* bytes that ksrtp_grade_text() needs at most */

/** enum ksrtp_grade_media - the packets, worst first */
enum ksrtp_grade_media {
	KSRTP_GRADE_CLEAR,	/* also NULL ciphers */
	KSRTP_GRADE_OPAQUE,	/* passes as it is; we cannot tell */
	KSRTP_GRADE_NONE,	/* no packet seen, or none negotiated */
	KSRTP_GRADE_SDES,
	KSRTP_GRADE_DTLS,
};

/** enum ksrtp_grade_path - the way of the keys, worst first */
enum ksrtp_grade_path {
	KSRTP_GRADE_EXPOSED,	/* our hop, or a Via below it, is not TLS */
	KSRTP_GRADE_TLS,	/* TLS, peer not authenticated */
	KSRTP_GRADE_TOFU,	/* TLS, the same key as before */
	KSRTP_GRADE_RFC5922,	/* TLS, certificate validated for the domain */
	KSRTP_GRADE_DANE,	/* TLS, certificate pinned by DNSSEC */
};

/**
 * struct ksrtp_grade - of one direction, side or call
 * @promised: by the signalling
 * @proved: by the packet counters; KSRTP_GRADE_NONE as long as no packet passed
 * @path: how the keys came
 */
struct ksrtp_grade {
	enum ksrtp_grade_media promised;
	enum ksrtp_grade_media proved;
	enum ksrtp_grade_path path;
};

/** ksrtp_grade_best - where a minimum begins: better than anything that occurs */
struct ksrtp_grade ksrtp_grade_best(void);

/** ksrtp_grade_min - the worse of each member */
struct ksrtp_grade ksrtp_grade_min(struct ksrtp_grade a, struct ksrtp_grade b);

/**
 * ksrtp_grade_prove - what the counters of one flow prove
 * @promised: by the signalling
 * @stats: both directions of the flow
 *
 * Return: NONE where no packet passed; CLEAR as soon as one passed in clear; else @promised.
 */
enum ksrtp_grade_media ksrtp_grade_prove(enum ksrtp_grade_media promised,
					 const struct ksrtp_media_stats *stats);

/**
 * ksrtp_grade_prove_way - what the counters of one direction prove
 * @packets: that were accepted or sent; @secure: of them protected
 *
 * Return: as ksrtp_grade_prove().
 */
enum ksrtp_grade_media ksrtp_grade_prove_way(enum ksrtp_grade_media promised, u64 packets,
					     u64 secure);

/** ksrtp_grade_media_word - "clear", "opaque", "none seen", "SDES", "DTLS" */
const char *ksrtp_grade_media_word(enum ksrtp_grade_media media);

/** ksrtp_grade_path_word - "exposed", "TLS unauthenticated", "TOFU", "RFC 5922", "DANE" */
const char *ksrtp_grade_path_word(enum ksrtp_grade_path path);

/**
 * ksrtp_grade_text - the pair in words, never more than was achieved
 * @to: KSRTP_GRADE_TEXT bytes suffice
 *
 * "clear", "SDES, keys by TLS unauthenticated", "SDES, keys exposed", "SDES promised, none seen".
 * Return: @to.
 */
const char *ksrtp_grade_text(const struct ksrtp_grade *grade, char *to, size_t room);

#endif
