/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flow tokens: a hop in a Record-Route or Path of ours, so that what comes back finds it without
 * any state of ours (RFC 5626 section 5.2).
 */
#ifndef KSRTP_CALL_FLOW_H
#define KSRTP_CALL_FLOW_H

#include "daemon/call/inside.h"
#include "daemon/sip/route.h"

/**
 * struct ksrtp_flow - what a token says
 * @side: of the hop
 * @binding: whose flow it is, to find a newer one of the same; 0 for nobody's
 * @hop: its number of a connection is 0 for a stream of an earlier process: it is dead
 */
struct ksrtp_flow {
	const struct ksrtp_config_side *side;
	uint64_t binding;
	struct ksrtp_hop hop;
};

/** ksrtp_flow_seal - write the token. Return: 0 or -EIO */
int ksrtp_flow_seal(const struct ksrtp_edge *edge, const struct ksrtp_flow *flow,
		    char text[KSRTP_TOKEN_TEXT]);

/** ksrtp_flow_open - read one. Return: 0, -EBADMSG for what is not ours, -EIO */
int ksrtp_flow_open(const struct ksrtp_edge *edge, struct slice text, struct ksrtp_flow *flow);

/** ksrtp_flow_alive - can the hop be sent on? */
bool ksrtp_flow_alive(const struct ksrtp_edge *edge, const struct ksrtp_flow *flow);

/**
 * struct ksrtp_flow_self - our own address towards a hop, with the texts it is made of
 * @uri: its members point into the rest: do not copy the structure
 */
struct ksrtp_flow_self {
	struct ksrtp_route_self uri;
	char host[KSRTP_ADDR_TEXT];
	char token[KSRTP_TOKEN_TEXT];
};

/** ksrtp_flow_self - our address towards @hop, without a token */
void ksrtp_flow_self(const struct ksrtp_edge *edge, const struct ksrtp_hop *hop,
		     struct ksrtp_flow_self *self);

/** ksrtp_flow_self_token - our address towards @flow's hop with its token. Return: 0 or -EIO */
int ksrtp_flow_self_token(const struct ksrtp_edge *edge, const struct ksrtp_flow *flow,
			  struct ksrtp_flow_self *self);

#endif
