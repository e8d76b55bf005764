/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * m-lines that share one port and one set of keys (BUNDLE, RFC 9143): all of them are told apart by
 * the parties, by SSRC and the mid header extension, and go through one pair of ends.
 */
#ifndef KSRTP_CALL_BUNDLE_H
#define KSRTP_CALL_BUNDLE_H

#include "daemon/call/line.h"
#include "daemon/sdp/bundle.h"

/**
 * ksrtp_bundle_offered - is the group of an offer kept?
 * @line: all m-lines, taken, but for those that share; those are filled in
 * @c: of the offerer's side
 * @bundle: its group
 *
 * It is unless one of its m-lines was closed. Then those that share have no port and are closed
 * too. Return: whether it is.
 */
bool ksrtp_bundle_offered(struct ksrtp_line *line, const struct ksrtp_line_context *c,
			  const struct ksrtp_sdp_bundle *bundle);

/** ksrtp_bundle_proposed - those that share are offered to @side as the tagged one is */
void ksrtp_bundle_proposed(struct ksrtp_line *line, unsigned int n, unsigned int side);

/**
 * ksrtp_bundle_answered - what an answer's group makes of the m-lines
 * @line: all m-lines, as offered; those that share from now on give their ends back
 * @c: of the answerer's side
 * @bundle: its group; out: empty where it cannot be what was offered
 */
void ksrtp_bundle_answered(struct ksrtp_line *line, const struct ksrtp_line_context *c,
			   struct ksrtp_sdp_bundle *bundle);

/** ksrtp_bundle_closed - the m-lines that share one that was refused are, too */
void ksrtp_bundle_closed(struct ksrtp_line *line, unsigned int n);

#endif
