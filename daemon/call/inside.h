/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of daemon/call: the edge's state, seen by the files that share it. The rest of the daemon
 * includes edge.h.
 */
#ifndef KSRTP_CALL_INSIDE_H
#define KSRTP_CALL_INSIDE_H

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/list.h"
#include "daemon/call/edge.h"
#include "daemon/sip/msg.h"
#include "daemon/sip/strans.h"
#include "daemon/sip/token.h"
#include "daemon/sip/trans.h"

/* Caps on what strangers can make us keep. */
#define KSRTP_EDGE_SERVERS	20000	/* server transactions */
#define KSRTP_EDGE_CLIENTS	20000	/* client transactions */
#define KSRTP_EDGE_HELD		(256ul << 20)	/* bytes of requests under way */
#define KSRTP_EDGE_CALLS	20000
#define KSRTP_EDGE_BINDINGS	65536	/* that a registrar confirmed */
#define KSRTP_EDGE_CANDIDATES	8192	/* bindings that nobody confirmed yet */

struct ksrtp_server;
struct ksrtp_coverage;
struct ksrtp_journal;
struct ksrtp_registrar;
struct ksrtp_trace;
struct ksrtp_store;
struct ksrtp_ledger;
struct ksrtp_abuse;

struct ksrtp_edge {
	struct ksrtp_loop *loop;
	const struct ksrtp_config *config;
	struct ksrtp_net *net;
	struct ksrtp_host *host;
	struct ksrtp_dns *dns;
	struct ksrtp_media *media;
	struct ksrtp_ctl *ctl;
	const char *backend;

	struct ksrtp_trans *trans;
	uv_timer_t *due;		/* for trans */
	uv_timer_t *sweep;		/* expiry of calls and bindings */
	uv_timer_t *refresh;		/* counters of calls, for the metrics; NULL: nobody asks */
	uint64_t key[2];		/* of branches and transactions */
	uint8_t secret[KSRTP_TOKEN_KEY];
	uint32_t epoch;			/* of this process: its connection numbers */
	uint64_t started;

	struct ksrtp_server *server;	/* of all cores, @n_server */
	size_t n_server;
	struct ksrtp_registrar *registrar;	/* NULL when a core has it all */

	struct ksrtp_hash binding_ids, binding_aors;
	struct ksrtp_list bindings;	/* confirmed */
	struct ksrtp_list candidates;	/* not confirmed, the oldest first */
	size_t n_bindings, n_candidates;
	struct ksrtp_store *store;	/* NULL: bindings do not outlive this process */
	struct ksrtp_ledger *ledger;	/* NULL: what calls came to is not written down */
	struct ksrtp_journal *journal;	/* NULL: calls do not */
	bool leaving;			/* calls are left to the next process */
	unsigned int calls_restored, calls_cut;	/* of the process before: go on, ended */

	struct ksrtp_hash call_ids, early;
	struct ksrtp_hash rung_keys;
	struct ksrtp_list rungs;	/* what peers took, the oldest first */
	size_t n_rungs;
	struct ksrtp_list calls;
	size_t n_calls;
	uint64_t last_call, calls_total;
	struct ksrtp_coverage *coverage;	/* of the calls that ended */
	bool draining;			/* no new calls, no registrations */
	struct ksrtp_trace *trace;	/* NULL: nobody looks */

	struct ksrtp_abuse *abuse;
	struct ksrtp_list proxies;
	size_t held;			/* bytes of them */
	unsigned int n_backs;		/* connections being made for responses */
	uint64_t requests, malformed, refused, auth_failed;
};

static inline bool ksrtp_edge_has_core(const struct ksrtp_edge *edge)
{
	return ksrtp_config_has_core(edge->config);
}

static inline uint64_t ksrtp_edge_now(const struct ksrtp_edge *edge)
{
	return ksrtp_loop_now(edge->loop);
}

/**
 * struct ksrtp_answer - a response of our own
 * @reason: NULL for the usual phrase
 * @headers: more header lines with CRLF; absent for none
 */
struct ksrtp_answer {
	uint16_t status;
	const char *reason;
	struct slice headers;
};

/** ksrtp_edge_response - append a response of our own to @msg. Return: @out's error */
int ksrtp_edge_response(struct ksrtp_edge *edge, const struct ksrtp_msg *msg,
			const struct ksrtp_answer *answer, struct ksrtp_buf *out);

/**
 * ksrtp_edge_answer - answer a request
 * @st: its transaction; NULL: without state, on @hop
 * @msg: the request, received and rport filled in
 */
void ksrtp_edge_answer(struct ksrtp_edge *edge, struct ksrtp_strans *st,
		       const struct ksrtp_hop *hop, const struct ksrtp_msg *msg,
		       const struct ksrtp_answer *answer);

/** ksrtp_edge_send - send a message on a hop. Return: as ksrtp_net_send() */
int ksrtp_edge_send(struct ksrtp_edge *edge, const struct ksrtp_hop *hop, struct slice message);

/** ksrtp_edge_is_self - does a URI name one of our listening addresses or domains? */
bool ksrtp_edge_is_self(struct ksrtp_edge *edge, const struct ksrtp_uri *uri);

/** ksrtp_edge_is_domain - is the host of a URI a domain (or address) that we serve? */
bool ksrtp_edge_is_domain(struct ksrtp_edge *edge, const struct ksrtp_uri *uri);

#endif
