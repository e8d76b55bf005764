/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_SIP_TRANS_PRIV_H
#define DAEMON_SIP_TRANS_PRIV_H

/* What trans.c, ctrans.c and strans.c share; of no interest to anybody else. */

#include "daemon/base/hash.h"
#include "daemon/base/list.h"
#include "daemon/sip/trans.h"

/**
 * struct trans_timer - a place in the layer's heap
 * @at: when it fires, in ms
 * @slot: 1 + index in the heap; 0 when not armed
 * @fire: called disarmed; may free what the timer is part of
 */
struct trans_timer {
	uint64_t at;
	size_t slot;
	void (*fire)(struct trans_timer *timer);
};

struct ksrtp_trans {
	const struct ksrtp_trans_ops *ops;
	void *ctx;
	struct ksrtp_trans_limits limits;
	uint64_t key[2];
	struct ksrtp_hash servers;
	struct ksrtp_hash clients;
	uint64_t refused;
	size_t kept; /* bytes of keys and last responses of all server transactions */
	struct trans_timer **heap; /* heap[0] is the earliest */
	size_t armed;
	size_t room;     /* at least reserved: arming never fails */
	size_t reserved; /* timers of all transactions, armed or not */
	bool running;
};

/* The part that client and server transactions have in common. */
struct trans_base {
	struct ksrtp_hash_node node;
	struct ksrtp_trans *layer;
	struct trans_timer retransmit; /* A, E, G, and reports that are due now */
	struct trans_timer deadline;   /* B, C, D, F, H, I, J, K, L, M: one at a time */
	char *key;
	size_t key_len;
	size_t hop_len;
	bool reliable;
	unsigned char hop[KSRTP_TRANS_HOP];
};

/* Fill @base but for its key and timers' functions; reserves room in the heap. */
int trans_base_init(struct trans_base *base, struct ksrtp_trans *layer, const void *hop,
		    size_t hop_len);

/* Disarm, give the heap room back, free the key. The caller has left the hash table. */
void trans_base_fini(struct trans_base *base);

void trans_arm(struct ksrtp_trans *layer, struct trans_timer *timer, uint64_t after_ms);
void trans_disarm(struct ksrtp_trans *layer, struct trans_timer *timer);
int trans_send(struct trans_base *base, struct slice bytes);

/*
 * The text a transaction is found by: for a client method and branch (17.1.3), for a server method,
 * branch and sent-by, or, of a request without the magic cookie, what 17.2.3 lists instead. An ACK
 * has the key of its INVITE; @method overrides that of @msg where it is not NULL.
 */
int trans_client_key(const struct ksrtp_msg *msg, struct ksrtp_buf *key);
int trans_server_key(const struct ksrtp_msg *msg, const char *method, struct ksrtp_buf *key);

/* The transaction of a key in @table, or NULL. */
struct trans_base *trans_find(const struct ksrtp_hash *table, struct slice key);

/* Give @base the key and put it into @table; -EEXIST, -ENOMEM, or the error of @key. */
int trans_insert(struct ksrtp_hash *table, struct trans_base *base, const struct ksrtp_buf *key);

/* ctrans.c */
void ctrans_input(struct trans_base *base, const struct ksrtp_msg *msg);
void ctrans_break(struct trans_base *base);
void ctrans_finish(struct trans_base *base);

/* strans.c */
enum ksrtp_trans_what strans_input(struct trans_base *base, const struct ksrtp_msg *msg);
void strans_cancel(struct trans_base *base, const struct ksrtp_msg *msg, const void *hop,
		   size_t hop_len);
void strans_finish(struct trans_base *base);

#endif
