/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the control socket says about calls, registrations and the daemon as a whole.
 */
#ifndef KSRTP_CALL_REPORT_H
#define KSRTP_CALL_REPORT_H

#include "daemon/call/inside.h"

/**
 * ksrtp_report_start - serve the commands calls, registrations, status, coverage, drain, trace
 *
 * Return: 0 or -errno.
 */
int ksrtp_report_start(struct ksrtp_edge *edge);
void ksrtp_report_stop(struct ksrtp_edge *edge);

#endif
