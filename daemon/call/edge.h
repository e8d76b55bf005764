/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The edge: what joins SIP, SDP and media between phones and the core (RFC 7092 section 3.1.3:
 * a signalling-only proxy-B2BUA whose media is relayed; it originates no in-dialog request).
 */
#ifndef KSRTP_CALL_EDGE_H
#define KSRTP_CALL_EDGE_H

#include "daemon/config.h"
#include "daemon/ctl/socket.h"
#include "daemon/media/media.h"
#include "daemon/net/dns.h"
#include "daemon/net/host.h"
#include "daemon/net/loop.h"
#include "daemon/net/net.h"

struct ksrtp_edge;

/**
 * struct ksrtp_edge_setup - what the edge lives on; all of it must outlive the edge
 * @ctl: gets the commands calls, registrations and status; NULL for none
 * @backend: why the media back end is the one it is, as ksrtp_media_create() said
 */
struct ksrtp_edge_setup {
	struct ksrtp_loop *loop;
	const struct ksrtp_config *config;
	struct ksrtp_net *net;
	struct ksrtp_host *host;
	struct ksrtp_dns *dns;
	struct ksrtp_media *media;
	struct ksrtp_ctl *ctl;
	const char *backend;
};

/**
 * ksrtp_edge_create - take over the messages of @setup->net (ksrtp_net_handler())
 *
 * Reads or makes the token key in the state directory; without one that can be written, tokens
 * do not outlive this process, which is said in the log.
 *
 * Return: 0 or a negative errno.
 */
int ksrtp_edge_create(struct ksrtp_edge **edge, const struct ksrtp_edge_setup *setup);

/**
 * ksrtp_edge_located - has each server of a core been looked up once, found or not?
 *
 * Until then what a core sends cannot be told from what phones send.
 */
bool ksrtp_edge_located(const struct ksrtp_edge *edge);

/** ksrtp_edge_status - a line for people: back end, calls, registrations; in @n bytes */
void ksrtp_edge_status(const struct ksrtp_edge *edge, char *text, size_t n);

/**
 * ksrtp_edge_leave - the process ends and another follows: leave the calls to it
 *
 * Before ksrtp_edge_destroy(), which then ends nothing that can go on without us. Without a journal
 * it does nothing.
 */
void ksrtp_edge_leave(struct ksrtp_edge *edge);

/** ksrtp_edge_destroy - end all calls' media and all transactions; nothing is sent */
void ksrtp_edge_destroy(struct ksrtp_edge *edge);

#endif
