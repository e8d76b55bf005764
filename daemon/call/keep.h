/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls over a restart: a journal in the runtime directory, without keys. Where the media back end
 * keeps sessions over the end of a process, the next one goes on with its calls; transactions under
 * way are lost.
 */
#ifndef KSRTP_CALL_KEEP_H
#define KSRTP_CALL_KEEP_H

#include "daemon/call/call.h"

/**
 * ksrtp_keep_start - go on with the calls of the process before, end what is left of others
 *
 * How many go on and how many ended is said, and counted in @edge. Without a journal that can be
 * written calls end with this process.
 */
void ksrtp_keep_start(struct ksrtp_edge *edge);

/** ksrtp_keep_stop - the journal is closed; call it when all calls are gone */
void ksrtp_keep_stop(struct ksrtp_edge *edge);

/** ksrtp_keep_call - an answered call changed: this is how it stands */
void ksrtp_keep_call(struct ksrtp_edge *edge, struct ksrtp_call *call);

/** ksrtp_keep_end - it is over; nothing is noted while the edge leaves its calls to another */
void ksrtp_keep_end(struct ksrtp_edge *edge, struct ksrtp_call *call);

#endif
