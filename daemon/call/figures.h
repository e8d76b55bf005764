/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The edge's numbers as Prometheus wants them (text format 0.0.4).
 */
#ifndef KSRTP_CALL_FIGURES_H
#define KSRTP_CALL_FIGURES_H

#include "daemon/base/buf.h"
#include "daemon/call/edge.h"

/**
 * ksrtp_figures_write - append all of them
 *
 * Reads memory only: of calls that stand it takes the counters as they were looked at last, some
 * seconds ago (ksrtp_call_refresh()). No label holds a user, a call or an address.
 */
void ksrtp_figures_write(struct ksrtp_edge *edge, struct ksrtp_buf *out);

#endif
