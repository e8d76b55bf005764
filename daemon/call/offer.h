/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The offer/answer state of one dialog (RFC 3264, 6337): session descriptions come in from one
 * side, go out edited to the other, and the media follows. One object belongs to one branch and
 * dialog of a call; a branch of its own (a fork of ours, a retry after 488) has an object of its
 * own, with its own ports and keys.
 *
 * The sides are numbered as the caller of these functions likes, 0 and 1; there is no other
 * difference between them.
 */
#ifndef KSRTP_CALL_OFFER_H
#define KSRTP_CALL_OFFER_H

#include "daemon/base/buf.h"
#include "daemon/base/slice.h"
#include "daemon/call/grade.h"
#include "daemon/media/media.h"

#define KSRTP_OFFER_SUITES	8	/* crypto lines of ours in one m-line, at most */

struct ksrtp_offer;

/**
 * enum ksrtp_offer_srtp - what is offered to a side, and what is taken from it
 *
 * An offered RTP/SAVP with a crypto line is taken under each of them: to refuse it would make a
 * call less secure.
 */
enum ksrtp_offer_srtp {
	KSRTP_OFFER_PLAIN,	/* RTP/AVP; crypto lines of an RTP/AVP offer are not taken */
	KSRTP_OFFER_OSRTP,	/* RTP/AVP with crypto lines (RFC 8643) */
	KSRTP_OFFER_SAVP,	/* RTP/SAVP; an answer in RTP/AVP is taken as clear */
	KSRTP_OFFER_REQUIRE,	/* RTP/SAVP; nothing clear, neither offered nor taken */
};

/**
 * struct ksrtp_offer_policy - of one side; copied
 * @srtp: see above
 * @suites: in the order they are offered, NULL behind the last; all NULL: AES_CM_128_HMAC_SHA1_80,
 *	AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_32. Only these are taken from an offer, too.
 * @parameters: UNENCRYPTED_SRTP, UNENCRYPTED_SRTCP and UNAUTHENTICATED_SRTP are taken from an offer
 *	of that side, unless SRTP is required; we never offer them
 * @local: our address towards that side, for SDP and for listening; the port is ignored
 * @source: which source addresses its flows accept
 */
struct ksrtp_offer_policy {
	enum ksrtp_offer_srtp srtp;
	const struct ksrtp_suite *suites[KSRTP_OFFER_SUITES];
	bool parameters;
	struct ksrtp_addr local;
	enum ksrtp_source source;
};

/** enum ksrtp_offer_carrier - the kind of message that a description stood in */
enum ksrtp_offer_carrier {
	KSRTP_OFFER_REQUEST,	/* INVITE, UPDATE */
	KSRTP_OFFER_RESPONSE,	/* 1xx or 2xx to one of them or to PRACK */
	KSRTP_OFFER_ACK,	/* only an answer, to the offer in a 2xx */
	KSRTP_OFFER_PRACK,	/* an answer to the offer in a 1xx, or else an offer */
};

/**
 * struct ksrtp_offer_message - a description as it came
 * @side: 0 or 1: who sent it
 * @carrier: in what
 * @cseq: number in CSeq of that message
 * @sdp: the body (one part of it where it is multipart)
 * @natted: where that side's signalling comes from, if media may be latched there; else no address
 */
struct ksrtp_offer_message {
	unsigned int side;
	enum ksrtp_offer_carrier carrier;
	u32 cseq;
	struct slice sdp;
	struct ksrtp_addr natted;
};

/**
 * ksrtp_offer_create - no media yet
 * @media: must outlive the object
 * @label: Call-ID, for people; copied
 * @policy: of side 0 and of side 1; their @local must hold an address
 *
 * Return: 0, -EINVAL (a policy without address), -ENOMEM, or what the media back end said.
 */
int ksrtp_offer_create(struct ksrtp_offer **offer, struct ksrtp_media *media, const char *label,
		       const struct ksrtp_offer_policy policy[2]);

/** ksrtp_offer_destroy - with its media session; keys are wiped; NULL is fine */
void ksrtp_offer_destroy(struct ksrtp_offer *offer);

/**
 * ksrtp_offer_pass - a description from one side: what goes to the other in its place
 * @offer: the dialog
 * @msg: whether it is an offer or an answer follows from the state and from where it stood
 * @out: the description for the other side is appended; holds keys
 * @why: out: on an error half a sentence for a Warning header or the log; may be NULL
 *
 * The same message gives the same bytes. An answer sets the media; a second answer to the same
 * offer (a 183 and then a 200, two early dialogs in turn) sets it anew. On an error nothing has
 * changed.
 *
 * Return: 0, or
 *  -EBADMSG        not a description, or an answer that does not fit its offer: 400, or 488 when
 *                  it stood in a response
 *  -EPROTONOSUPPORT nothing in the offer that both we and the policies can take: 488
 *  -EPERM          the answer falls short of KSRTP_OFFER_REQUIRE: the call must not stand
 *  -EBUSY          an offer while one of this side is unanswered: 491, or 500 with Retry-After
 *  -EADDRINUSE, -ENOSPC  no port, no session: 503
 *  -ENOMEM, or what the media back end said: 500
 */
int ksrtp_offer_pass(struct ksrtp_offer *offer, const struct ksrtp_offer_message *msg,
		     struct ksrtp_buf *out, const char **why);

/**
 * ksrtp_offer_end - the transaction that carried an offer has its final response
 * @side: who sent the request (INVITE, UPDATE, PRACK)
 * @cseq: its number
 * @success: a 2xx: what was answered becomes the stable state, and an offer that waits for the
 *	answer in ACK goes on waiting. Else (also CANCEL, timeout): the offer is rolled back, media
 *	is again what it was before.
 *
 * A transaction without an offer may be told about too; it changes nothing. Tell it after the
 * response's own description was passed.
 * Return: 0, or what the media back end said when the new state was set.
 */
int ksrtp_offer_end(struct ksrtp_offer *offer, unsigned int side, u32 cseq, bool success);

/**
 * ksrtp_offer_fork - one more dialog that the same request brought (RFC 3261 section 12.1)
 * @from: a dialog of that request
 * @side: who sent it
 * @cseq: its number
 *
 * What was offered to the other side is the same for all of them, ports and keys: their ends there
 * are one. Towards @side each has ports and keys of its own. Media goes with the dialog that agreed
 * on it last, but see ksrtp_offer_yield().
 * An m-line whose ports are gone by now is closed, whatever its answer will be.
 * Return: 0; -ENOENT when nothing was offered by that request; else as ksrtp_offer_create() and
 * ksrtp_media_flow_create().
 */
int ksrtp_offer_fork(struct ksrtp_offer **offer, const struct ksrtp_offer *from, unsigned int side,
		     u32 cseq);

/** ksrtp_offer_shared - has it ends in common with others? */
bool ksrtp_offer_shared(const struct ksrtp_offer *offer);

/**
 * ksrtp_offer_yield - another dialog of its request was accepted first: its answer takes no media
 *
 * An offer and answer inside the dialog does, and ksrtp_offer_resume().
 */
void ksrtp_offer_yield(struct ksrtp_offer *offer);

/**
 * ksrtp_offer_resume - another has ended: the media are this dialog's, unless a third has them
 *
 * Return: 0, or what the media back end said
 */
int ksrtp_offer_resume(struct ksrtp_offer *offer);

/** ksrtp_offer_last - no further dialog can come: what was kept for it goes */
void ksrtp_offer_last(struct ksrtp_offer *offer);

/**
 * struct ksrtp_offer_line - one m-line, for people and counters
 * @kind: "audio", "video", ..., cut at 15 bytes
 * @active: not rejected
 * @direct: neither RTP nor datagrams: passed without our touching it
 * @side: per side: what signalling promises, the suite (NULL for none), the flow (NULL for none)
 */
struct ksrtp_offer_line {
	char kind[16];
	bool active;
	bool direct;
	struct {
		enum ksrtp_grade_media promised;
		const struct ksrtp_suite *suite;
		struct ksrtp_media_flow *flow;
	} side[2];
};

/**
 * ksrtp_offer_stats - counters of one side of an m-line; zero where it has no port
 *
 * Of a port that dialogs share, what passed while this one had the media.
 */
void ksrtp_offer_stats(const struct ksrtp_offer *offer, unsigned int n, unsigned int side,
		       struct ksrtp_media_stats *stats);

/** ksrtp_offer_gone - counters of one side's m-lines that were closed meanwhile */
const struct ksrtp_media_stats *ksrtp_offer_gone(const struct ksrtp_offer *offer,
						 unsigned int side);

/** ksrtp_offer_lines - how many m-lines the current state has (answered, else stable, else 0) */
unsigned int ksrtp_offer_lines(const struct ksrtp_offer *offer);

/** ksrtp_offer_line - one of them; @n must be below ksrtp_offer_lines() */
void ksrtp_offer_line(const struct ksrtp_offer *offer, unsigned int n,
		      struct ksrtp_offer_line *line);

#endif
