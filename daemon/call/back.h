/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way back of a response, also when the connection that its request came by is gone (RFC 3261
 * section 18.2.2).
 */
#ifndef KSRTP_CALL_BACK_H
#define KSRTP_CALL_BACK_H

#include "daemon/call/proxy.h"

/** ksrtp_back_start - its request came by @hop: note who that is. Return: 0 or -ENOMEM */
int ksrtp_back_start(struct ksrtp_proxy *proxy, struct ksrtp_edge *edge,
		     const struct ksrtp_hop *hop);

/**
 * ksrtp_back_send - send a response of @proxy, which is no branch
 *
 * When the request's connection is gone: by the flow that the same phone is registered by now, else
 * by a connection to where the request came from, at the port that its Via names, of the same
 * transport and, for TLS, to the same domain if its peer had proved one; not if that was by DANE,
 * whose records are of a target. A name in Via is not looked up: it would let whoever sends a
 * request choose where we connect to. A core is reached as its configuration says. Other
 * connections count among those of their address, a few for each, and end when nothing comes by
 * them. Without any of these the response is lost.
 */
void ksrtp_back_send(struct ksrtp_proxy *proxy, struct slice response);

/** ksrtp_back_stop - nothing is sent any more, and nobody called */
void ksrtp_back_stop(struct ksrtp_proxy *proxy);

#endif
