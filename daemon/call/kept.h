/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A call as the journal has it: all that a later process needs to go on with it, and no key, no
 * credential, no description.
 */
#ifndef KSRTP_CALL_KEPT_H
#define KSRTP_CALL_KEPT_H

#include "daemon/call/call.h"
#include "daemon/call/describe.h"
#include "daemon/call/line.h"

/**
 * struct ksrtp_kept_line - an m-line of the stable state
 * @line: without keys, receiving keys not even in number; ends are NULL
 * @end: where its media arrives, by side; @id 0: nowhere. Its remote stands in @line.
 */
struct ksrtp_kept_line {
	struct ksrtp_line line;
	struct ksrtp_media_name end[2];
};

/**
 * struct ksrtp_kept_offer - offers and answers of a call
 * @session: of the media back end; 0: its media ended with the process
 * @stable: the state that is in force, @n of @line; else none was reached
 * @settled: highest CSeq of a requester whose offer was answered, @valid if there was one
 * @local: our address towards each side, port 0
 */
struct ksrtp_kept_offer {
	u32 session;
	bool stable;
	struct ksrtp_kept_line *line;
	unsigned int n;
	struct ksrtp_describe_origin origin[2];
	struct ksrtp_addr local[2];
	struct {
		bool valid;
		u32 cseq;
	} settled[2];
};

/**
 * struct ksrtp_kept_end - one party
 * @core, @side: kind and name of its side in the configuration
 * @binding: of its contact; @id 0: none of ours
 * @gone: packets of media that was given up; only the four counts of packets
 */
struct ksrtp_kept_end {
	bool core;
	struct slice side, tag, name;
	struct ksrtp_hop hop;
	enum ksrtp_grade_path path;
	struct ksrtp_media_stats gone;
	struct {
		uint64_t id;
		struct slice aor, uri, identity;
		struct ksrtp_hop hop;
	} binding;
};

/**
 * struct ksrtp_kept - a call; slices point into its record, or into the call it was made from
 * @since, @deadline: ms of the monotonic clock, which outlives the process
 * @media: @offer holds
 */
struct ksrtp_kept {
	uint64_t number, since, deadline;
	struct slice call_id;
	unsigned int rung;
	bool sealed, media;
	struct ksrtp_kept_end end[2];
	struct ksrtp_kept_offer offer;
};

/** ksrtp_kept_write - append the record. Return: 0, -ENOMEM, -ENOSPC, -E2BIG */
int ksrtp_kept_write(struct ksrtp_kept *kept, struct ksrtp_buf *out);

/**
 * ksrtp_kept_read - read one, which may be anything
 *
 * Return: 0, to be freed; -EBADMSG for what is no record or one of another version; -ENOMEM.
 */
int ksrtp_kept_read(struct ksrtp_kept *kept, struct slice record);
void ksrtp_kept_free(struct ksrtp_kept *kept);

#endif
