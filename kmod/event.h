/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events for the multicast group. */
#ifndef KSRTP_KMOD_EVENT_H
#define KSRTP_KMOD_EVENT_H

#include <uapi/ksrtp.h>

struct ksrtp_flow;
struct ksrtp_session;

#define KSRTP_EVENT_STORM	100	/* packets of a kind within one tick that make a storm */
#define KSRTP_EVENT_PROBES	10	/* the same for PROBE */

/** ksrtp_event_raise - from the packet path: have the work tell it */
void ksrtp_event_raise(struct ksrtp_flow *flow, enum ksrtp_event_type type);
/**
 * ksrtp_event_send - multicast what is pending, each type at most once a second for a flow
 *
 * What comes too early stays pending for the next tick. Under the namespace's lock.
 */
void ksrtp_event_send(struct ksrtp_flow *flow);
/** ksrtp_event_idle - IDLE of a session; under the namespace's lock */
void ksrtp_event_idle(const struct ksrtp_session *session);

#endif
