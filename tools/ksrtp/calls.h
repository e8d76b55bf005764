/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's calls as a table.
 */
#ifndef KSRTP_CALLS_H
#define KSRTP_CALLS_H

#include <jansson.h>

/** ksrtp_calls_table - a line a call: how old, between whom, how well each side is protected */
void ksrtp_calls_table(const json_t *calls);

#endif
