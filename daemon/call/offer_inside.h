/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of an offer/answer dialog: what offer.c keeps, and offer_keep.c writes down and restores.
 */
#ifndef KSRTP_CALL_OFFER_INSIDE_H
#define KSRTP_CALL_OFFER_INSIDE_H

#include "daemon/call/describe.h"
#include "daemon/call/line.h"
#include "daemon/call/offer.h"

#define CACHE 2 /* descriptions remembered a side: a provisional and a final answer */

/* @bundle: of the description that is being written the BUNDLE group is kept */
struct state {
	struct ksrtp_line *line;
	unsigned int n;
	bool bundle;
};

/* An offer and what became of it. @requester and @cseq name the transaction that carried it. */
struct exchange {
	unsigned int offerer;
	unsigned int requester;
	u32 cseq;
	bool in_response; /* the answer comes in ACK or PRACK */
	bool ended;       /* the transaction had its 2xx */
	struct state offered;
	struct state answered; /* no lines: not yet */
	bool is_answered;
};

/* The highest CSeq of a requester in whose transaction an offer was answered for good. */
struct settled {
	bool valid;
	u32 cseq;
};

/* What came, by hash, and what went out for it. */
struct sent {
	bool valid;
	enum ksrtp_offer_carrier carrier;
	u32 cseq;
	uint64_t hash;
	size_t length;
	struct ksrtp_buf text;
};

struct ksrtp_offer {
	struct ksrtp_media_session *session;
	struct ksrtp_offer_policy policy[2];
	struct state stable;
	bool is_stable;
	struct exchange *pending[2]; /* by who offered */
	struct settled settled[2];   /* by who sent the request */
	struct ksrtp_describe_origin origin[2]; /* of what we send to that side */
	struct sent sent[2][CACHE];             /* by who it came from, newest first */
	struct ksrtp_media_stats gone[2];       /* of lines that were closed */
	struct state seed;                      /* the first offer, for dialogs that still come */
	unsigned int seed_side;                 /* who made it */
	u32 seed_cseq;
	bool yields;                            /* another dialog of its branch has the media */
};

/** ksrtp_offer_state_free - with its ends; of all zero too */
void ksrtp_offer_state_free(struct state *state);
/** ksrtp_offer_state_alloc - @n lines, all zero. Return: 0 or -ENOMEM */
int ksrtp_offer_state_alloc(struct state *state, unsigned int n);
/** ksrtp_offer_is_free - is there an m-line whose media no dialog has? */
bool ksrtp_offer_is_free(const struct state *state);

#endif
