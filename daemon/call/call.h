/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of calls: what is remembered from an INVITE to its BYE, mostly its media.
 */
#ifndef KSRTP_CALL_CALL_H
#define KSRTP_CALL_CALL_H

#include "daemon/base/splice.h"
#include "daemon/call/inside.h"
#include "daemon/call/offer.h"

#define KSRTP_BRANCH_DIALOGS	8	/* further ones are taken for the one that spoke last */

/**
 * struct ksrtp_call_total - of one party of a call, over its m-lines and all the time it lasted
 * @suite: of the first protected m-line; NULL when all are clear
 * @verdict: packets from there, by what became of them
 */
struct ksrtp_call_total {
	struct ksrtp_grade grade;
	const struct ksrtp_suite *suite;
	uint64_t rx_packets, rx_secure, tx_packets, tx_secure;
	uint64_t verdict[KSRTP_VERDICT_COUNT];
};

/**
 * struct ksrtp_call_end - one party of a call
 * @tag: of its From or To; NULL for a callee that has not answered yet
 * @hop: where its signalling comes from or goes to
 * @path: how keys travel there
 * @name: domain of the peer, if it is known; NULL: it goes by its address
 * @certificate: what it showed when it was met, unknown for a call of an earlier process
 * @binding: of its contact, for a phone; 0: none
 * @gone: counters of media that was given up before the call ended
 */
struct ksrtp_call_end {
	const struct ksrtp_config_side *side;
	char *tag;
	struct ksrtp_hop hop;
	enum ksrtp_grade_path path;
	char *name;
	enum ksrtp_proof certificate;
	uint64_t binding;
	struct ksrtp_media_stats gone;
};

/**
 * struct ksrtp_call - one INVITE dialog through us; a spiral through the core makes two calls
 * @branch: the same for all dialogs that one INVITE to one target brought, see branch.h
 * @ended: hashes of the callee's tags of those that ended, @n_ended
 * @end: the caller, the callee
 * @offer: NULL until the first session description passes
 * @rung: of the ladder of offers (see ladder.h) that the callee is on
 * @sealed: a signed or encrypted description passed: we see nothing
 * @early: it counts among those its source has ringing
 * @answered: a 2xx went back
 * @deadline: the session timer runs out (RFC 4028), ms of the loop; 0: there is none
 * @kept: the journal has it
 * @over: destroyed, but somebody still holds it
 * @users: who holds it
 * @looked, @moved: when packets were counted last, when they were more than before
 * @last: what they came to then
 */
struct ksrtp_call {
	struct ksrtp_hash_node by_id;
	struct ksrtp_list node;
	uint64_t number, branch;
	uint64_t ended[KSRTP_BRANCH_DIALOGS];
	unsigned int n_ended;
	uint64_t since;
	char *call_id;
	struct ksrtp_call_end end[2];
	struct ksrtp_offer *offer;
	unsigned int rung;
	bool sealed, early, answered, kept, over;
	unsigned int users;
	uint64_t deadline;
	uint64_t looked, moved, packets;
	struct ksrtp_call_total last[2];
};

int ksrtp_call_init(struct ksrtp_edge *edge);
void ksrtp_call_fini(struct ksrtp_edge *edge);

/**
 * ksrtp_call_create - an initial INVITE came
 * @hop: from where
 * @side: whose hop that is
 *
 * Return: 0, -ENOSPC at the cap of all calls or of that source's early ones, -ENOMEM.
 */
int ksrtp_call_create(struct ksrtp_edge *edge, const struct ksrtp_msg *msg,
		      const struct ksrtp_hop *hop, const struct ksrtp_config_side *side,
		      struct ksrtp_call **call);

/** ksrtp_call_first - the first call with a Call-ID; ksrtp_call_next - one more, NULL: no more */
struct ksrtp_call *ksrtp_call_first(const struct ksrtp_edge *edge, struct slice call_id);
struct ksrtp_call *ksrtp_call_next(struct ksrtp_call *call);

/** ksrtp_call_has_tag - is that the tag of one of its parties? */
bool ksrtp_call_has_tag(const struct ksrtp_call *call, unsigned int end, struct slice tag);

/** ksrtp_call_end_early - it rings no more */
void ksrtp_call_end_early(struct ksrtp_edge *edge, struct ksrtp_call *call);

/** ksrtp_call_blank - one of an earlier process, to be filled in; NULL without memory */
struct ksrtp_call *ksrtp_call_blank(const struct ksrtp_edge *edge);
/** ksrtp_call_insert - it is found from now on */
void ksrtp_call_insert(struct ksrtp_edge *edge, struct ksrtp_call *call);
/** ksrtp_call_free - one that was not inserted */
void ksrtp_call_free(struct ksrtp_call *call);

/** ksrtp_call_policy - what its offers are made by; but for the local address */
void ksrtp_call_policy(const struct ksrtp_call *call, unsigned int end,
		       struct ksrtp_offer_policy *policy);

/**
 * ksrtp_call_find - the call of a request within a dialog
 * @side: where it came from
 * @sender: gets 0 when the caller sent it, 1 when the callee did
 *
 * Return: NULL when there is none.
 */
struct ksrtp_call *ksrtp_call_find(const struct ksrtp_edge *edge, const struct ksrtp_msg *msg,
				   const struct ksrtp_config_side *side, unsigned int *sender);

/** ksrtp_call_aim - the INVITE goes to @hop; another target than before starts media anew */
void ksrtp_call_aim(struct ksrtp_edge *edge, struct ksrtp_call *call, const struct ksrtp_hop *hop,
		    const struct ksrtp_config_side *side);

/** ksrtp_call_refuses_offer - does that status say that the description was not acceptable? */
bool ksrtp_call_refuses_offer(uint16_t status);

/**
 * ksrtp_call_climb - the callee refused the offer: is there another kind to try?
 * @status: of its response
 *
 * Where SRTP is preferred: RTP/AVP with keys (RFC 8643), RTP/SAVP, plain. Return: true when the
 * INVITE is to be sent again.
 */
bool ksrtp_call_climb(struct ksrtp_edge *edge, struct ksrtp_call *call, uint16_t status);

/**
 * struct ksrtp_call_pass - a message whose session description passes
 * @sender: 0 or 1
 * @from: the hop it came by
 * @why: out: what is wrong
 */
struct ksrtp_call_pass {
	const struct ksrtp_msg *msg;
	unsigned int sender;
	enum ksrtp_offer_carrier carrier;
	const struct ksrtp_hop *from;
	const char *why;
};

/**
 * ksrtp_call_body - put our session description in place of the one in a message
 * @list: edits of the message
 *
 * A message without one is left alone. Return: 0, -ESTALE (the call is over), or as
 * ksrtp_offer_pass().
 */
int ksrtp_call_body(struct ksrtp_edge *edge, struct ksrtp_call *call, struct ksrtp_call_pass *pass,
		    struct ksrtp_splice *list);

/**
 * ksrtp_call_response - a response to a request of the call went back
 * @sender: who sent the request
 *
 * Return: true when the call is over: destroy it.
 */
bool ksrtp_call_response(struct ksrtp_edge *edge, struct ksrtp_call *call, unsigned int sender,
			 const struct ksrtp_msg *msg);

/**
 * ksrtp_call_failed - a request of the call got a final response of our own, or none
 *
 * Return: true when the call is over: destroy it.
 */
bool ksrtp_call_failed(struct ksrtp_call *call, unsigned int sender, const struct ksrtp_msg *req);

/** ksrtp_call_get - hold it over a destroy. Return: @call */
struct ksrtp_call *ksrtp_call_get(struct ksrtp_call *call);
/** ksrtp_call_put - hold it no more; NULL is fine */
void ksrtp_call_put(struct ksrtp_call *call);

/** ksrtp_call_destroy - media ends; @why: for the log; a second time does nothing */
void ksrtp_call_destroy(struct ksrtp_edge *edge, struct ksrtp_call *call, const char *why);

/**
 * ksrtp_call_sweep - end calls whose session timer ran out, and others whose media is idle
 *
 * The session interval of a dialog (RFC 4028 section 10) and 64*T1, from the last 2xx to an INVITE
 * or UPDATE of either party; a 2xx without Session-Expires ends the timer (section 7.2). The
 * parties end their dialog by themselves, we forget it.
 */
void ksrtp_call_sweep(struct ksrtp_edge *edge);

/**
 * ksrtp_call_refresh - look at the counters of calls that were not looked at for two seconds
 *
 * At an eighth of all calls at most, so that nobody waits for it. Eight turns make a round, and
 * none is due again before it is over.
 */
void ksrtp_call_refresh(struct ksrtp_edge *edge);

/** ksrtp_call_total - what the counters and the signalling say of one party */
void ksrtp_call_total(const struct ksrtp_call *call, unsigned int end,
		      struct ksrtp_call_total *total);

/** ksrtp_call_peer - domain or address of a party, never a user; in @text of @n bytes or lasting */
const char *ksrtp_call_peer(const struct ksrtp_call *call, unsigned int end, char *text, size_t n);

/** ksrtp_call_forget_media - start anew with media; the counters are kept */
void ksrtp_call_forget_media(struct ksrtp_call *call);

/** ksrtp_call_log - the line that says what a call came to; @why: it ended */
void ksrtp_call_log(struct ksrtp_edge *edge, const struct ksrtp_call *call,
		    const struct ksrtp_call_total total[2], const char *why);

#endif
