/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The servers of the cores: where each is, by RFC 3263, looked up in the background and kept, so
 * that no request waits for DNS.
 */
#ifndef KSRTP_CALL_SERVER_H
#define KSRTP_CALL_SERVER_H

#include "daemon/call/inside.h"
#include "daemon/call/probe.h"

#define KSRTP_SERVER_HOLD	30	/* seconds that a target is tried last after it failed */

/**
 * struct ksrtp_server - one URI of a core
 * @target: what it stands for, in the order to try them, @n of them
 * @aside: till when each is tried after others of its kind, ms of the loop
 * @error: of the last lookup
 * @told: the first lookup ended, one way or another
 * @heard: one of them answered, ever
 * @down: too many probes in a row had no answer
 * @changed: when @down did, ms of the loop
 * @probe: see probe.h
 */
struct ksrtp_server {
	struct ksrtp_edge *edge;
	const struct ksrtp_config_side *side;
	const struct ksrtp_config_server *config;
	struct ksrtp_dns_req *req;
	uv_timer_t *timer;
	struct ksrtp_target target[KSRTP_DNS_TARGETS];
	uint64_t aside[KSRTP_DNS_TARGETS];
	size_t n;
	int error;
	bool told, heard, down;
	uint64_t changed;
	struct ksrtp_probe probe;
};

/** ksrtp_server_start - begin to look for the cores that are configured. Return: 0 or -ENOMEM */
int ksrtp_server_start(struct ksrtp_edge *edge);
void ksrtp_server_stop(struct ksrtp_edge *edge);

/** ksrtp_server_located - has each been looked up once, found or not? */
bool ksrtp_server_located(const struct ksrtp_edge *edge);

/** ksrtp_server_refresh - look again soon: a target of that core failed; NULL: all cores */
void ksrtp_server_refresh(struct ksrtp_edge *edge, const struct ksrtp_config_side *core);

/** ksrtp_server_core - whose address is it: that and the port, else that alone; NULL: nobody's */
const struct ksrtp_config_side *ksrtp_server_core(const struct ksrtp_edge *edge,
						  const struct ksrtp_hop *hop);

/** ksrtp_server_name - the host in the URI of the core's server at @hop, else of its first */
const char *ksrtp_server_name(const struct ksrtp_edge *edge, const struct ksrtp_config_side *core,
			      const struct ksrtp_hop *hop);

/**
 * struct ksrtp_server_ask - for a request that goes to a core
 * @large: it may not fit a datagram: by a stream where there is one (RFC 3261 section 18.1.1)
 * @at: where its dialog is, for others would not know it: that server is the first; or NULL
 * @seed: of the choice among servers; of the Call-ID, so that an answer to a challenge meets the
 *	server that gave it
 */
struct ksrtp_server_ask {
	const struct ksrtp_config_side *core;
	const struct ksrtp_addr *at;
	bool large;
	uint64_t seed;
};

/**
 * ksrtp_server_targets - where to send a request for that core, in the order to try it
 * @targets: gets a list to be freed, of at most KSRTP_DNS_TARGETS
 *
 * The server of a dialog is the first even if it is down: it alone can end it. Of the others those
 * that are down come after all that are up, then RFC 2782 decides among those of a core.
 * A server's own targets stay in the order of RFC 3263, but for those that failed of late, or said
 * 503: they are tried after others of their kind, never after a clear one if they are of TLS. What
 * is at the dialog's address comes first of its kind, whatever it said: only new requests are kept
 * from a server that wants none (RFC 3261 section 21.5.4).
 *
 * Return: how many; 0 when none is known, or without memory.
 */
size_t ksrtp_server_targets(const struct ksrtp_edge *edge, const struct ksrtp_server_ask *ask,
			    struct ksrtp_target **targets);

/** ksrtp_server_answers - a response came from that target of the core */
void ksrtp_server_answers(struct ksrtp_edge *edge, const struct ksrtp_config_side *core,
			  const struct ksrtp_target *target);

/**
 * ksrtp_server_fails - that target of the core took no request
 * @seconds: how long it is to be tried last; KSRTP_SERVER_HOLD, or what it asked for itself
 */
void ksrtp_server_fails(struct ksrtp_edge *edge, const struct ksrtp_config_side *core,
			const struct ksrtp_target *target, uint32_t seconds);

/** ksrtp_server_mark - probes say so */
void ksrtp_server_mark(struct ksrtp_server *server, bool down);

/** ksrtp_server_state - "up", "down", or "unknown" while nothing was sent there */
const char *ksrtp_server_state(const struct ksrtp_server *server);

#endif
