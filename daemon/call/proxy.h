/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A request on its way through us, with all that belongs to it until its last response has gone
 * back (RFC 3261 section 16: the response context).
 */
#ifndef KSRTP_CALL_PROXY_H
#define KSRTP_CALL_PROXY_H

#include "daemon/call/call.h"
#include "daemon/call/flow.h"
#include "daemon/sip/ctrans.h"
#include "daemon/sip/route.h"

/**
 * struct ksrtp_proxy - one request being forwarded
 * @st: its server transaction; NULL for an ACK, and once it ended
 * @ct: the client transaction of the target in use
 * @connect: a connection being made to that target
 * @in: where it came from, whose side that is, whose binding sent it (0: unknown)
 * @bytes: the request with received and rport filled in, @n_bytes; @msg points into it
 * @route: what its routes say
 * @out: where it goes; with @to_core its hop is that of the target in use
 * @to_core: it goes to a core: @target counts through a copy of the core's targets
 * @heard: something came back from the target in use
 * @uri: the Request-URI to be put in place of a Contact of ours; NULL for none
 * @others: more contacts of the called user; those before @n_equal ring with the first one at once,
 *	the rest is tried in turn
 * @parent: of a branch of a fork, see fork.h; what follows is the branch's:
 * @branch: among the parent's @branches; @settled: it has its final response
 * @pending: branches that have none yet
 * @best: of the final responses so far, 0: none; @response: it; @challenges: header lines of others
 * @call: the call it belongs to; NULL for none; @sender: which end sent it
 * @way: where its responses go; @peer: domain that its sender proved, NULL: none; @dane: by DNSSEC
 * @back: a connection being made for a response, for that of the request is gone; @held: that
 *	response, @n_held
 * @counted: among what its source holds
 * @cancelled: the caller gave up
 * @answered: a final response was passed on or given
 */
struct ksrtp_proxy {
	struct ksrtp_list node;
	struct ksrtp_edge *edge;
	struct ksrtp_strans *st;
	struct ksrtp_ctrans *ct;
	struct ksrtp_net_req *connect;
	struct ksrtp_flow in;
	char *bytes;
	size_t n_bytes;
	struct ksrtp_msg msg;
	struct ksrtp_route route;
	struct ksrtp_flow out;
	bool to_core, heard;
	struct ksrtp_target *targets;
	size_t n_targets, target;
	char *uri;
	uint64_t *others;
	size_t n_others, n_equal, other;
	struct ksrtp_proxy *parent;
	struct ksrtp_list branch, branches;
	bool settled;
	size_t pending;
	uint16_t best;
	char *response;
	size_t n_response;
	struct ksrtp_buf challenges;
	struct ksrtp_call *call;
	unsigned int sender;
	struct ksrtp_hop way;
	char *peer;
	struct ksrtp_net_req *back;
	char *held;
	size_t n_held;
	bool dane, counted, cancelled, answered;
};

/**
 * ksrtp_proxy_request - forward or answer a request that no transaction knows
 * @msg: received and rport filled in; valid during the call
 */
void ksrtp_proxy_request(struct ksrtp_edge *edge, const struct ksrtp_hop *hop,
			 const struct ksrtp_msg *msg);

/**
 * ksrtp_proxy_forget - keep nothing for it: its answer goes out without a transaction
 *
 * For challenges, which anybody can ask for (RFC 3261 section 26.3.2.4).
 */
void ksrtp_proxy_forget(struct ksrtp_proxy *proxy);

/** ksrtp_proxy_release - free it if nothing of it is under way any more */
void ksrtp_proxy_release(struct ksrtp_proxy *proxy);

/** ksrtp_proxy_abandon - end all without a word, when the edge is destroyed */
void ksrtp_proxy_abandon(struct ksrtp_edge *edge);

#endif
