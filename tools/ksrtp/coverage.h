/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coverage as bars.
 */
#ifndef KSRTP_COVERAGE_H
#define KSRTP_COVERAGE_H

#include <jansson.h>

/**
 * ksrtp_coverage_bars - two bars a row: calls and packets
 * @rows: as the daemon's command coverage gives them
 * @peers: at most so many of the rows of peers, those with the most clear packets first
 */
void ksrtp_coverage_bars(const json_t *rows, size_t peers);

#endif
