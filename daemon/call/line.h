/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was negotiated for one m-line, on both sides. No media, no text: it is read from parsed
 * descriptions, and daemon/call/offer.c writes it into them.
 */
#ifndef KSRTP_CALL_LINE_H
#define KSRTP_CALL_LINE_H

#include "daemon/call/end.h"
#include "daemon/call/offer.h"
#include "daemon/sdp/capability.h"
#include "daemon/sdp/parse.h"
#include "tools/lib/sdes.h"

/**
 * struct ksrtp_line_own - a crypto line of ours
 * @master: suite, key and salt; never an MKI, never a lifetime
 * @used: a flow was told to send with it, so it may not come back once another took its place
 * @lost: its key went with an earlier process, only the rest is known
 */
struct ksrtp_line_own {
	u32 tag;
	u8 tag_digits;
	bool used;
	bool lost;
	struct ksrtp_master master;
};

/**
 * struct ksrtp_line_side - one side of an m-line
 * @promised: CLEAR, SDES, or NONE where no media is agreed on
 * @savp: the secure profile is spoken on this side
 * @mux: RTCP on the RTP port: proposed, then agreed on
 * @remote: from that side's description; the secure flags are set with @promised
 * @own: lines we offered, or the one we answered with
 * @n_own: how many
 * @current: index in @own that is sent with, while @promised is SDES
 * @rx: that side's keys
 * @n_rx: how many, while @promised is SDES
 * @end: where its media arrives; a reference, NULL for none
 */
struct ksrtp_line_side {
	enum ksrtp_grade_media promised;
	bool savp;
	bool mux;
	struct ksrtp_media_remote remote;
	struct ksrtp_line_own own[KSRTP_OFFER_SUITES];
	unsigned int n_own;
	unsigned int current;
	struct ksrtp_master rx[KSRTP_SDES_KEYS_MAX];
	unsigned int n_rx;
	struct ksrtp_end *end;
};

/** enum ksrtp_line_way - what becomes of an m-line */
enum ksrtp_line_way {
	KSRTP_LINE_CLOSED,	/* port 0 came, or port 0 is what the other side gets */
	KSRTP_LINE_RELAY,	/* through two ends of ours */
	KSRTP_LINE_DIRECT,	/* not over UDP alone: the parties' own addresses stay */
};

/**
 * struct ksrtp_line - an m-line in one state of a dialog
 * @refused: why we closed it, half a sentence; NULL where the parties did, or it is open
 * @kind: "audio", ...
 * @proto: the offerer's transport as written, for the answer
 * @other: the transport that was offered, of a raw or DIRECT line; cut
 * @selected: the potential configuration that was taken (RFC 5939), for the answer
 * @feedback: the profile ends in F
 * @raw: not RTP, but datagrams that are relayed as they are (T.38); of a RELAY line only
 * @grouped: in the BUNDLE group of the offer, which is kept
 * @shares: of a RELAY line: its media goes by the ends of m-line @tagged, it has none
 * @opaque: of a raw or DIRECT line: the parties encrypt its transport themselves
 */
struct ksrtp_line {
	enum ksrtp_line_way way;
	const char *refused;
	char kind[16];
	char proto[24];
	char other[24];
	char selected[KSRTP_SDP_ACFG_MAX];
	bool feedback;
	bool raw;
	bool opaque;
	bool grouped;
	bool shares;
	unsigned int tagged;
	struct ksrtp_line_side side[2];
};

/** struct ksrtp_line_context - what the functions below have in common */
struct ksrtp_line_context {
	const struct ksrtp_offer_policy *policy;	/* of the side in question */
	unsigned int side;
	const struct ksrtp_sdp *sdp;			/* that side's description */
	struct ksrtp_addr natted;
	const struct ksrtp_line *line;	/* all of them: the keys of those before must be others */
};

/**
 * ksrtp_line_take - read an offered m-line
 * @line: all zero
 * @c: of the offerer's side
 * @n: number of the m-line
 * @before: the same m-line in the stable state, or NULL. What was agreed on for RTP says nothing
 *	about what is none, and the other way round.
 *
 * Chooses the crypto line and our key for the answer. What cannot be taken is closed, @refused.
 * Return: 0, -EBADMSG (no address), -ENOMEM, or no randomness.
 */
int ksrtp_line_take(struct ksrtp_line *line, const struct ksrtp_line_context *c, unsigned int n,
		    const struct ksrtp_line *before);

/**
 * ksrtp_line_twins - close what is an alternative to another m-line of the same offer
 * @line: all of them, taken
 * @sdp: the offer
 *
 * Some phones offer one and the same media twice, as RTP/SAVP and as RTP/AVP, for the answerer to
 * choose: same kind, same formats, next to each other. Of two that both were taken the secure one
 * stays; the other keeps its place with port 0 on both sides.
 */
void ksrtp_line_twins(struct ksrtp_line *line, unsigned int side, const struct ksrtp_sdp *sdp);

/**
 * ksrtp_line_propose - decide what the other side is offered
 *
 * Repeats profile and keys of the stable state, if there is one. Return: 0 or no randomness.
 */
int ksrtp_line_propose(struct ksrtp_line *line, const struct ksrtp_offer_policy *policy,
		       unsigned int side, const struct ksrtp_line *before);

/**
 * ksrtp_line_answer - read an answered m-line
 * @c: of the answerer's side
 *
 * What does not fit the offer is closed, @refused. Return: 0, -EBADMSG, -ENOMEM.
 */
int ksrtp_line_answer(struct ksrtp_line *line, const struct ksrtp_line_context *c, unsigned int n);

/** ksrtp_line_close - nothing more is agreed on; @why: half a sentence, NULL: the parties did it */
void ksrtp_line_close(struct ksrtp_line *line, const char *why);

/** ksrtp_line_renew - our same lines to @side under new keys. Return: 0 or no randomness */
int ksrtp_line_renew(struct ksrtp_line *line, unsigned int side);

/** ksrtp_line_profile - "RTP/AVP", "RTP/SAVPF", ...: what an offer of ours says */
const char *ksrtp_line_profile(const struct ksrtp_line *line, unsigned int side);

#endif
