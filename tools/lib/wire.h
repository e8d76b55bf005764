/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes of the family "ksrtp" to and from the structs of tools/lib/nl.h. Private to tools/lib.
 */
#ifndef KSRTP_TOOLS_WIRE_H
#define KSRTP_TOOLS_WIRE_H

#include <libmnl/libmnl.h>

#include "tools/lib/nl.h"

void ksrtp_wire_write_session(struct nlmsghdr *nlh, const struct ksrtp_nl_session *s);
/* @own: the members that only FLOW_NEW takes: session, listen, peer, streams */
void ksrtp_wire_write_flow(struct nlmsghdr *nlh, const struct ksrtp_nl_flow *f, bool own);
/* Of @k id, flow and direction; @replace: in place of all others of that direction */
void ksrtp_wire_write_key(struct nlmsghdr *nlh, const struct ksrtp_nl_key *k, bool replace,
			  const struct ksrtp_master *master);

/* Attributes of the wrong size are skipped: a newer kernel must not break an older command. */
void ksrtp_wire_read_lane(const struct nlattr *nest, struct ksrtp_nl_lane *lane);
void ksrtp_wire_read_session(const struct nlattr *nest, struct ksrtp_nl_session *s);
void ksrtp_wire_read_flow(const struct nlattr *nest, struct ksrtp_nl_flow *f);
void ksrtp_wire_read_key(const struct nlattr *nest, struct ksrtp_nl_key *k);
void ksrtp_wire_read_stream(const struct nlattr *nest, struct ksrtp_nl_stream *s);
void ksrtp_wire_read_stats(const struct nlattr *nest, struct ksrtp_nl_stats *s);
void ksrtp_wire_read_event(const struct nlattr *nest, struct ksrtp_nl_event *e);

#endif
