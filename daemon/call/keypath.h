/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the keys in a session description travelled to us, as far as that can be seen.
 */
#ifndef KSRTP_CALL_KEYPATH_H
#define KSRTP_CALL_KEYPATH_H

#include "daemon/call/grade.h"
#include "daemon/call/inside.h"

/**
 * ksrtp_keypath_below - are all hops that a message names TLS?
 *
 * A request names those below us in Via, a response in the Record-Routes above ours (RFC 3261
 * sections 16.6 and 16.7).
 */
bool ksrtp_keypath_below(struct ksrtp_edge *edge, const struct ksrtp_msg *msg);

/**
 * ksrtp_keypath_of - the worst of all hops of a message that are known
 * @hop: that it came by, or goes by
 * @msg: NULL: none came from there yet
 *
 * What is not said to be TLS counts as exposed. Hops that do not tell of themselves stay unknown.
 */
enum ksrtp_grade_path ksrtp_keypath_of(struct ksrtp_edge *edge, const struct ksrtp_hop *hop,
				       const struct ksrtp_msg *msg);

#endif
