/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The description that goes out in place of the one that came.
 */
#ifndef KSRTP_CALL_DESCRIBE_H
#define KSRTP_CALL_DESCRIBE_H

#include "daemon/base/buf.h"
#include "daemon/call/line.h"
#include "daemon/sdp/parse.h"

/**
 * struct ksrtp_describe_origin - our o= line towards one side
 * @id: of the session, ours, never changed
 * @version: of the last description sent; 0 before the first
 */
struct ksrtp_describe_origin {
	uint64_t id;
	uint64_t version;
};

/**
 * struct ksrtp_describe - what to write
 * @sdp: what came
 * @line: its m-lines, as negotiated
 * @to: the side it goes to
 * @answer: an answer rather than an offer
 * @bundle: its BUNDLE group stays
 * @local: our address there
 * @origin: raised when the text differs from @last
 * @last: what that side got last from us; empty for nothing
 */
struct ksrtp_describe {
	const struct ksrtp_sdp *sdp;
	const struct ksrtp_line *line;
	unsigned int to;
	bool answer;
	bool bundle;
	const struct ksrtp_addr *local;
	struct ksrtp_describe_origin *origin;
	struct slice last;
};

/** ksrtp_describe_origin - a random id. Return: 0 or no randomness */
int ksrtp_describe_origin(struct ksrtp_describe_origin *origin);

/**
 * ksrtp_describe_write - append the description to @out, which then holds keys
 *
 * Return: 0, -ENOMEM, -E2BIG or -ENOSPC (too long); then nothing has changed but @out.
 */
int ksrtp_describe_write(const struct ksrtp_describe *d, struct ksrtp_buf *out);

#endif
