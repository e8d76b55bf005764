/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_SIP_ROUTE_H
#define DAEMON_SIP_ROUTE_H

#include "daemon/base/splice.h"
#include "daemon/sip/msg.h"

/** KSRTP_ROUTE_PAIR - URI parameter that marks the two values of a double Record-Route */
#define KSRTP_ROUTE_PAIR "r2"

/**
 * ksrtp_route_ours - whether a Route or Request-URI names this host (and, if you check it, a valid
 * token)
 */
typedef bool ksrtp_route_ours(void *ctx, const struct ksrtp_uri *uri);

/**
 * struct ksrtp_route - where a request comes from and goes to, by its routes
 * @popped: own values on top of Route, to be removed: 0, 1, or 2 for a pair
 * @arrival: the first of them: the side the request came in on (text.p NULL when there is none)
 * @departure: the last of them: the side it leaves by (the same as @arrival unless it is a pair)
 * @next: whom it goes to: the first Route that is left, else the Request-URI
 * @by_route: @next is a Route value
 * @strict_in: the sender is a strict router: the Request-URI was ours (then it counts as
 *             @arrival), the
 *             last Route becomes the Request-URI
 * @strict_out: @next is a strict router: the Request-URI goes to the end of Route, the first Route
 *              becomes the Request-URI
 * @request_uri: the Request-URI before @strict_out: of the message or from @strict_in
 */
struct ksrtp_route {
	size_t popped;
	struct ksrtp_uri arrival;
	struct ksrtp_uri departure;
	struct ksrtp_uri next;
	bool by_route;
	bool strict_in;
	bool strict_out;
	struct ksrtp_uri request_uri;
};

/**
 * ksrtp_route_find() - read Route and Request-URI (RFC 3261 16.4, 16.6 steps 6 and 7)
 * @ours: says which URIs are ours; of the Request-URI it is asked only if that carries "lr" and
 *        there is a Route
 * Return: 0 or -EBADMSG (a Route that matters is malformed: 400)
 */
int ksrtp_route_find(const struct ksrtp_msg *msg, ksrtp_route_ours *ours, void *ctx,
		     struct ksrtp_route *route);

/** ksrtp_route_patch() - do what @route says to Route and Request-URI. Return: the list's error */
int ksrtp_route_patch(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
		      const struct ksrtp_route *route);

/**
 * struct ksrtp_route_self - one of our own URIs for Record-Route, Path or Contact
 * @sips: scheme sips
 * @user: token; absent for none
 * @host: name or address, IPv6 without brackets
 * @port: 0 for none
 * @transport: "tls", "tcp", "udp"; absent for none
 * @params: more parameters, "ob" or "r2=on;x=y", without a leading ';'; absent for none
 */
struct ksrtp_route_self {
	bool sips;
	struct slice user;
	struct slice host;
	uint16_t port;
	struct slice transport;
	struct slice params;
};

/**
 * ksrtp_route_write() - append "<sip:user@host:port;transport=…;lr;params>". Return: buf's error
 */
int ksrtp_route_write(const struct ksrtp_route_self *self, struct ksrtp_buf *out);

/**
 * ksrtp_route_record() - put Record-Route above the others
 * @in: our URI on the side the request came from
 * @out: our URI on the side it leaves by; NULL where one URI serves both (RFC 5658)
 *
 * Of a pair @out stands on top and both are marked KSRTP_ROUTE_PAIR.
 * Return: the list's error
 */
int ksrtp_route_record(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
		       const struct ksrtp_route_self *in, const struct ksrtp_route_self *out);

/** KSRTP_ROUTE_BRANCH - room for a branch and its NUL */
#define KSRTP_ROUTE_BRANCH 48

/**
 * ksrtp_route_branch() - a branch for our Via
 * @unique: 64 random bits
 * @req: the request as it arrived; its loop print ends the branch (RFC 3261 16.6 step 8, RFC 5393
 *       4.2)
 * @key: 128 random bits of this process
 */
void ksrtp_route_branch(const struct ksrtp_msg *req, uint64_t unique, const uint64_t key[2],
			char branch[KSRTP_ROUTE_BRANCH]);

/**
 * ksrtp_route_loops() - whether a request passed here before and would be routed the same way
 * @ours: whether a Via's sent-by is ours
 *
 * A spiral (a changed Request-URI or Route) is no loop.
 */
bool ksrtp_route_loops(const struct ksrtp_msg *req, const uint64_t key[2],
		       bool (*ours)(void *ctx, const struct ksrtp_via *via), void *ctx);

#endif
