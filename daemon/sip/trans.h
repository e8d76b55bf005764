/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_SIP_TRANS_H
#define DAEMON_SIP_TRANS_H

#include "daemon/sip/msg.h"

/*
 * The transaction layer of RFC 3261 17 with RFC 6026. No I/O of its own: bytes leave through
 * ops->send, time comes from ops->now, timers fire when the owner calls ksrtp_trans_run() at
 * ksrtp_trans_next(). One layer belongs to one thread. A hop is an opaque value of the network
 * layer (where to send and on which connection), at most KSRTP_TRANS_HOP bytes, copied.
 *
 * Callbacks may call any function of the layer but ksrtp_trans_destroy(). failed() and ended() come
 * only from ksrtp_trans_run() (and destroy), response() and cancelled() only from
 * ksrtp_trans_input(). A handle is valid from its creation until its ended() callback returns.
 */

#define KSRTP_TRANS_HOP 128     /* bytes of a hop */
#define KSRTP_TRANS_TAG 17      /* bytes of a tag and its NUL */

/* Timer values in milliseconds (RFC 3261 table 4); all others are multiples of these. */
#define KSRTP_TRANS_T1 500
#define KSRTP_TRANS_T2 4000
#define KSRTP_TRANS_T4 5000
#define KSRTP_TRANS_64T1 (64 * KSRTP_TRANS_T1)
#define KSRTP_TRANS_TIMER_C 185000 /* RFC 3261 16.6 step 11: more than three minutes */

struct ksrtp_trans;
struct ksrtp_ctrans;
struct ksrtp_strans;

/**
 * struct ksrtp_trans_ops - what the layer needs of its owner; the context is given at creation
 * @send: send one message on a hop. 0 means handed over; a negative errno that it failed at once
 *        (a later failure is reported through ksrtp_trans_broken())
 * @now: milliseconds of a monotonic clock
 * @due: the time of the first timer may have moved: arm for ksrtp_trans_next(); may be NULL for an
 *       owner that asks after each call
 */
struct ksrtp_trans_ops {
	int (*send)(void *ctx, const void *hop, size_t hop_len, struct slice bytes);
	uint64_t (*now)(void *ctx);
	void (*due)(void *ctx);
};

#define KSRTP_TRANS_KEPT 4096 /* bytes kept for a server transaction, on the average of the cap */

/**
 * struct ksrtp_trans_limits - caps; a stranger creates server transactions
 * @servers: most server transactions at a time; new ones are refused, too, while those there are
 *           keep more than KSRTP_TRANS_KEPT bytes for each of this number
 * @clients: most client transactions at a time
 */
struct ksrtp_trans_limits {
	size_t servers;
	size_t clients;
};

/**
 * ksrtp_trans_create() - a layer without transactions
 * @ops: to outlive the layer
 * @ctx: first argument of every op
 * @limits: caps
 * @key: 128 random bits, for the hash tables and for tags
 * @layer: filled
 * Return: 0 or -ENOMEM
 */
int ksrtp_trans_create(const struct ksrtp_trans_ops *ops, void *ctx,
		       const struct ksrtp_trans_limits *limits, const uint64_t key[2],
		       struct ksrtp_trans **layer);

/**
 * ksrtp_trans_destroy() - end every transaction (each ended() is called, no failed()), free the
 * layer; NULL is fine. Not to be called from a callback.
 */
void ksrtp_trans_destroy(struct ksrtp_trans *layer);

enum ksrtp_trans_what {
	/* a retransmission, an ACK of a failure, a response or a CANCEL: dealt with */
	KSRTP_TRANS_DONE,
	/* a request nothing knows: create a server transaction; ACK: it is for a 2xx, forward it;
	 * CANCEL: nothing is pending, answer 481
	 */
	KSRTP_TRANS_NEW,
	/* a response nothing knows: drop it (RFC 6026 section 6) */
	KSRTP_TRANS_STRAY,
};

/**
 * ksrtp_trans_input() - give an arrived message to the layer
 * @msg: parsed (a request with received/rport filled in); needed only during the call
 *
 * A CANCEL that matches a pending INVITE is answered with 200 by the layer (a transaction of its
 * own) before the cancelled() callback of that INVITE.
 */
enum ksrtp_trans_what ksrtp_trans_input(struct ksrtp_trans *layer, const struct ksrtp_msg *msg,
					const void *hop, size_t hop_len);

/**
 * ksrtp_trans_broken() - a hop can no longer be sent on
 * @same: says whether a transaction's hop is the broken one
 * @ctx: its first argument
 *
 * Client transactions on it that wait for a response fail with -EPIPE. Server transactions stay:
 * their response may find another connection (RFC 3261 18.2.2).
 */
void ksrtp_trans_broken(struct ksrtp_trans *layer,
			bool (*same)(void *ctx, const void *hop, size_t hop_len), void *ctx);

/** ksrtp_trans_run() - fire all timers that are due at ops->now() */
void ksrtp_trans_run(struct ksrtp_trans *layer);

/** ksrtp_trans_next() - the time (ms, ops->now()'s clock) of the first timer, UINT64_MAX: none */
uint64_t ksrtp_trans_next(const struct ksrtp_trans *layer);

/** struct ksrtp_trans_stats - @servers and @clients alive, @refused for a cap since the start */
struct ksrtp_trans_stats {
	size_t servers;
	size_t clients;
	uint64_t refused;
};

/** ksrtp_trans_stats() - how many there are */
struct ksrtp_trans_stats ksrtp_trans_stats(const struct ksrtp_trans *layer);

/**
 * ksrtp_trans_tag() - a To tag for responses to @req
 *
 * The same request always gives the same tag (so that answers to retransmissions agree), another
 * layer another one.
 */
void ksrtp_trans_tag(const struct ksrtp_trans *layer, const struct ksrtp_msg *req,
		     char tag[KSRTP_TRANS_TAG]);

#endif
