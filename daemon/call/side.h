/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which side a hop belongs to, and where the core is.
 */
#ifndef KSRTP_CALL_SIDE_H
#define KSRTP_CALL_SIDE_H

#include "daemon/call/inside.h"

/** ksrtp_side_start - begin to look for the core, if one is configured. Return: 0 or -ENOMEM */
int ksrtp_side_start(struct ksrtp_edge *edge);
void ksrtp_side_stop(struct ksrtp_edge *edge);

/** ksrtp_side_refresh - look again soon: a target failed */
void ksrtp_side_refresh(struct ksrtp_edge *edge);

/**
 * ksrtp_side_of - whose hop is it?
 *
 * The core's if its address is one that the core's name stands for, or is listed as such in the
 * configuration. An address proves little over UDP: keep phones' networks from using the core's.
 */
enum ksrtp_side ksrtp_side_of(const struct ksrtp_edge *edge, const struct ksrtp_hop *hop);

/** ksrtp_side_word - "phone" or "core" */
const char *ksrtp_side_word(enum ksrtp_side side);

#endif
