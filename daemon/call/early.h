/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one source may hold before anybody was asked who it is: ringing calls, which have ports, and
 * requests under way, which have transactions.
 */
#ifndef KSRTP_CALL_EARLY_H
#define KSRTP_CALL_EARLY_H

#include "daemon/call/inside.h"

enum ksrtp_early {
	KSRTP_EARLY_CALL,
	KSRTP_EARLY_REQUEST,
	KSRTP_EARLY_KINDS
};

int ksrtp_early_init(struct ksrtp_edge *edge);
void ksrtp_early_fini(struct ksrtp_edge *edge);

/**
 * ksrtp_early_take - one more of a kind from where a request came (its port does not matter)
 *
 * An IPv6 /64 counts as one source. Datagrams count for datagrams alone: their source may be
 * forged, and whoever has a connection from there must not pay for it.
 *
 * Return: 0, -ENOSPC for too many, -ENOMEM.
 */
int ksrtp_early_take(struct ksrtp_edge *edge, const struct ksrtp_hop *from, enum ksrtp_early kind);

/** ksrtp_early_give - one that was taken was answered, or ended */
void ksrtp_early_give(struct ksrtp_edge *edge, const struct ksrtp_hop *from,
		      enum ksrtp_early kind);

#endif
