/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What strangers do too much of: requests and registrations of a source in a time, and failed
 * authentication, for which a source is banned in nft's sets (tools/lib/ban.h).
 */
#ifndef KSRTP_CALL_ABUSE_H
#define KSRTP_CALL_ABUSE_H

#include "daemon/call/inside.h"

/** struct ksrtp_abuse_stats - since the start */
struct ksrtp_abuse_stats {
	uint64_t requests;		/* refused for how fast they came */
	uint64_t registrations;		/* the same, REGISTERs */
	uint64_t bans;			/* sources banned */
	uint64_t spared;		/* not banned: a phone of ours is registered from there */
	uint64_t failed;		/* not banned: nft refused */
};

/** ksrtp_abuse_create - by the limits and bans of the configuration. Return: 0 or -ENOMEM */
int ksrtp_abuse_create(struct ksrtp_edge *edge);
void ksrtp_abuse_destroy(struct ksrtp_edge *edge);

/**
 * ksrtp_abuse_admit - may a phone's request of no call of ours be looked at?
 * @hop: it came by that
 *
 * What datagrams use up counts for datagrams alone: their source may be forged, and whoever has a
 * connection from there must not pay for it.
 *
 * Return: false for one too many in too short a time, to be answered 503 without state.
 */
bool ksrtp_abuse_admit(struct ksrtp_edge *edge, const struct ksrtp_hop *hop, bool is_register);

/**
 * ksrtp_abuse_offend - @from failed to authenticate, and is really there
 *
 * Who sent it has to be sure, or anybody could have anybody banned: a stream, or a nonce that we
 * gave to this address.
 */
void ksrtp_abuse_offend(struct ksrtp_edge *edge, const struct ksrtp_addr *from);

/** ksrtp_abuse_forgive - @from authenticated: what failed before was no attack */
void ksrtp_abuse_forgive(struct ksrtp_edge *edge, const struct ksrtp_addr *from);

void ksrtp_abuse_stats(const struct ksrtp_edge *edge, struct ksrtp_abuse_stats *stats);

#endif
