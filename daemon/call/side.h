/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which side a hop belongs to.
 */
#ifndef KSRTP_CALL_SIDE_H
#define KSRTP_CALL_SIDE_H

#include "daemon/call/inside.h"

/**
 * ksrtp_side_of - whose hop is it?
 *
 * A core's if its address is one that a URI of that core stands for, or is listed as such in the
 * configuration. An address proves little over UDP: keep phones' networks from using a core's.
 * Else it is that of the first phones whose addresses and listeners fit.
 *
 * Return: never NULL.
 */
const struct ksrtp_config_side *ksrtp_side_of(const struct ksrtp_edge *edge,
					      const struct ksrtp_hop *hop);

/** ksrtp_side_phones - the same of a hop that is known to be a phone's */
const struct ksrtp_config_side *ksrtp_side_phones(const struct ksrtp_edge *edge,
						  const struct ksrtp_hop *hop);

/** ksrtp_side_same - the same core, or phones both: those may change from side to side */
static inline bool ksrtp_side_same(const struct ksrtp_config_side *a,
				   const struct ksrtp_config_side *b)
{
	return a == b || (!a->core && !b->core);
}

#endif
