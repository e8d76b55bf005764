/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets a flow listens to, judged by where they come from. */
#ifndef KSRTP_KMOD_ADMIT_H
#define KSRTP_KMOD_ADMIT_H

#include "kmod/hook.h"

/**
 * ksrtp_admit_source - may a packet from there be tried?
 * @secure: the ingress has keys, so that authentication will decide; else the source rule does
 *
 * Return: OK or SOURCE.
 */
enum ksrtp_verdict ksrtp_admit_source(struct ksrtp_packet *p, bool secure);

/**
 * ksrtp_admit_authentic - a packet authenticated: the flow may follow its source
 * @newest: it has the highest index so far
 */
void ksrtp_admit_authentic(struct ksrtp_packet *p, bool newest);

#endif
