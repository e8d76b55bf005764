/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SIP trace of one call, on request: what came and what went, without its secrets.
 */
#ifndef KSRTP_CALL_TRACE_H
#define KSRTP_CALL_TRACE_H

#include <jansson.h>

#include "daemon/call/inside.h"

#define KSRTP_TRACE_MESSAGES	256		/* kept until they are fetched; the oldest goes */
#define KSRTP_TRACE_BYTES	(512ul * 1024)	/* of them */
#define KSRTP_TRACE_IDLE_MS	60000		/* nobody fetches: the trace ends */

/** ksrtp_trace_note - a message came (@in) or went; most of the time nothing is traced */
void ksrtp_trace_note(struct ksrtp_edge *edge, const struct ksrtp_hop *hop, bool in,
		      struct slice message);

/**
 * ksrtp_trace_serve - the control command "trace"
 *
 * {"call_id": "..."} begins the trace of that Call-ID, {"next": true} of the next call that comes,
 * {"off": true} ends it; without one of them what was kept is fetched: {"call_id", "lost",
 * "messages": [{"time": ms since 1970, "direction", "transport", "local", "remote", "text"}]}. One
 * trace at a time.
 */
json_t *ksrtp_trace_serve(void *edge, const json_t *request, const char **error);

/** ksrtp_trace_end - forget it all */
void ksrtp_trace_end(struct ksrtp_edge *edge);

#endif
