/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Media ports: an even UDP port for RTP and the odd one above it for RTCP, held as bound sockets.
 * All but ksrtp_ports_own() is called from the signalling thread only.
 */
#ifndef KSRTP_MEDIA_PORTS_H
#define KSRTP_MEDIA_PORTS_H

#include <ksrtp/latch.h>

#include "daemon/net/addr.h"

#define KSRTP_PORTS_REST_MS	10000	/* a released port is not given out for so long */

struct ksrtp_fds;
struct ksrtp_ports;

/**
 * struct ksrtp_ports_pair - two sockets
 * @addr: where @fd[0] is bound; @fd[1] has the port above
 */
struct ksrtp_ports_pair {
	struct ksrtp_addr addr;
	int fd[2];
};

/**
 * ksrtp_ports_create - a range of ports, of which none is bound yet
 * @min: first port of the range, @max: last
 *
 * Raises the soft limit of open files to the hard one.
 * Return: 0, -EINVAL when not one even and odd pair lies in the range, -ENOMEM.
 */
int ksrtp_ports_create(struct ksrtp_ports **ports, u16 min, u16 max);
/** ksrtp_ports_destroy - closes also what was not released */
void ksrtp_ports_destroy(struct ksrtp_ports *ports);

/**
 * ksrtp_ports_reserve - bind a pair, somewhere in the range
 * @local: a local unicast address; its port is ignored
 * @now_ms: monotonic clock
 *
 * Return: 0; -EADDRINUSE when none is free, or none of some 64 tried could be bound;
 * -EADDRNOTAVAIL, -EMFILE and whatever else socket() and bind() say; -EINVAL; -ENOMEM; -ENOSPC
 * when too many local addresses are in use.
 */
int ksrtp_ports_reserve(struct ksrtp_ports *ports, const struct ksrtp_addr *local, u64 now_ms,
			struct ksrtp_ports_pair *pair);

/**
 * ksrtp_ports_take - bind this very pair, or have it from an earlier process
 * @at: address and even port
 *
 * Return: as ksrtp_ports_reserve(); -EADDRINUSE also when it is taken or rests; -EINVAL also for a
 * port outside the range.
 */
int ksrtp_ports_take(struct ksrtp_ports *ports, const struct ksrtp_addr *at,
		     struct ksrtp_ports_pair *pair);

/** ksrtp_ports_fds - where ksrtp_ports_take() looks first, and ksrtp_ports_leave() stores */
void ksrtp_ports_fds(struct ksrtp_ports *ports, struct ksrtp_fds *fds);
/** ksrtp_ports_leave - keep the sockets that are in use for a later process */
void ksrtp_ports_leave(struct ksrtp_ports *ports);

/**
 * ksrtp_ports_release - give a pair back
 *
 * The sockets stay bound, and deaf, for KSRTP_PORTS_REST_MS or until the next reservation after
 * it, so that late packets of the old call meet neither ICMP nor the next call. Those that rest
 * hold a quarter of the files that may be open at most: the oldest end their rest for it.
 */
void ksrtp_ports_release(struct ksrtp_ports *ports, struct ksrtp_ports_pair *pair, u64 now_ms);

/** ksrtp_ports_mute - let the sockets swallow all that comes, without memory and without ICMP */
int ksrtp_ports_mute(const struct ksrtp_ports_pair *pair);

/** ksrtp_ports_claim - remember whose pair it is, until it is released */
void ksrtp_ports_claim(struct ksrtp_ports *ports, const struct ksrtp_ports_pair *pair, void *owner);
/** ksrtp_ports_owner - who claimed the pair of which @at is one port; NULL for nobody */
void *ksrtp_ports_owner(const struct ksrtp_ports *ports, const struct ksrtp_addr *at);

/** ksrtp_ports_own - is that one of the ports held here? Any thread may ask. */
bool ksrtp_ports_own(const struct ksrtp_ports *ports, const struct ksrtp_endpoint *at);

#endif
