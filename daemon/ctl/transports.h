/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the control socket says about transports.
 */
#ifndef KSRTP_CTL_TRANSPORTS_H
#define KSRTP_CTL_TRANSPORTS_H

#include "daemon/base/buf.h"
#include "daemon/ctl/socket.h"
#include "daemon/net/net.h"

/**
 * ksrtp_transports_add - serve "connections" and "peers"
 *
 * connections: [{"transport":"TLS","local":"…","remote":"…","inbound":true,"age":s,"idle":s,
 * "messages":{"in":n,"out":n},"queued":bytes}], listeners without "remote".
 * peers: the TLS ones of these with {"version","cipher","identity","name","problem"}; identity
 * is one of clear, unauthenticated, known, domain.
 *
 * Return: 0 or what ksrtp_ctl_add() said.
 */
int ksrtp_transports_add(struct ksrtp_ctl *ctl, struct ksrtp_net *net);

/** ksrtp_transports_figures - append the number of connections, as Prometheus wants it */
void ksrtp_transports_figures(struct ksrtp_net *net, struct ksrtp_buf *out);

#endif
