/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The servers of the cores: where each is, by RFC 3263, looked up in the background and kept, so
 * that no request waits for DNS.
 */
#ifndef KSRTP_CALL_SERVER_H
#define KSRTP_CALL_SERVER_H

#include "daemon/call/inside.h"

/**
 * struct ksrtp_server - one URI of a core
 * @target: what it stands for, in the order to try them, @n of them
 * @error: why there are none
 */
struct ksrtp_server {
	struct ksrtp_edge *edge;
	const struct ksrtp_config_side *side;
	const struct ksrtp_config_server *config;
	struct ksrtp_dns_req *req;
	uv_timer_t *timer;
	struct ksrtp_target target[KSRTP_DNS_TARGETS];
	size_t n;
	int error;
};

/** ksrtp_server_start - begin to look for the cores that are configured. Return: 0 or -ENOMEM */
int ksrtp_server_start(struct ksrtp_edge *edge);
void ksrtp_server_stop(struct ksrtp_edge *edge);

/** ksrtp_server_refresh - look again soon: a target of that core failed */
void ksrtp_server_refresh(struct ksrtp_edge *edge, const struct ksrtp_config_side *core);

/** ksrtp_server_core - whose address is it: that and the port, else that alone; NULL: nobody's */
const struct ksrtp_config_side *ksrtp_server_core(const struct ksrtp_edge *edge,
						  const struct ksrtp_hop *hop);

/** ksrtp_server_name - the host in the URI of the core's server at @hop, else of its first */
const char *ksrtp_server_name(const struct ksrtp_edge *edge, const struct ksrtp_config_side *core,
			      const struct ksrtp_hop *hop);

/**
 * ksrtp_server_targets - where to send a request for that core, in the order to try it
 * @targets: gets a list to be freed, of at most KSRTP_DNS_TARGETS
 *
 * Return: how many; 0 when none is known, or without memory.
 */
size_t ksrtp_server_targets(const struct ksrtp_edge *edge, const struct ksrtp_config_side *core,
			    struct ksrtp_target **targets);

#endif
