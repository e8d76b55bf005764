/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many calls a source may have ringing: each holds ports before anybody was asked who it is.
 */
#ifndef KSRTP_CALL_EARLY_H
#define KSRTP_CALL_EARLY_H

#include "daemon/call/inside.h"

int ksrtp_early_init(struct ksrtp_edge *edge);
void ksrtp_early_fini(struct ksrtp_edge *edge);

/**
 * ksrtp_early_take - one more unanswered call from an address (its port does not matter)
 *
 * An IPv6 /64 counts as one source. Return: 0, -ENOSPC for too many, -ENOMEM.
 */
int ksrtp_early_take(struct ksrtp_edge *edge, const struct ksrtp_addr *from);

/** ksrtp_early_give - one that was taken was answered, or ended */
void ksrtp_early_give(struct ksrtp_edge *edge, const struct ksrtp_addr *from);

#endif
