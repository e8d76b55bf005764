/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fields of a record in a file of ours. One function a structure both writes and reads it, so that
 * the two cannot differ: each call below appends the value where there is a buffer, else takes it
 * from the bytes.
 */
#ifndef KSRTP_CALL_RECORD_H
#define KSRTP_CALL_RECORD_H

#include "daemon/base/buf.h"
#include "daemon/net/hop.h"

/**
 * struct ksrtp_record - where fields go to or come from
 * @out: written to; NULL: @in is read
 * @in: what was not read yet; slices that are read point into it
 * @bad: something was cut off or out of range; all that is read from then on is zero
 */
struct ksrtp_record {
	struct ksrtp_buf *out;
	struct slice in;
	bool bad;
};

/** ksrtp_record_number - @bytes of it, 1 to 8, big-endian; read only up to @max */
uint64_t ksrtp_record_number(struct ksrtp_record *r, uint64_t value, unsigned int bytes,
			     uint64_t max);
/** ksrtp_record_flag - Return: the flag */
bool ksrtp_record_flag(struct ksrtp_record *r, bool value);
/** ksrtp_record_text - at most 65535 bytes, none of them NUL; absent and empty are one */
void ksrtp_record_text(struct ksrtp_record *r, struct slice *text);
/** ksrtp_record_string - the same in an array of @room bytes, with its NUL */
void ksrtp_record_string(struct ksrtp_record *r, char *text, size_t room);
/** ksrtp_record_addr - "no address" is one, too; a scope is not kept */
void ksrtp_record_addr(struct ksrtp_record *r, struct ksrtp_addr *addr);
/** ksrtp_record_hop - without its connection, which does not outlive the process */
void ksrtp_record_hop(struct ksrtp_record *r, struct ksrtp_hop *hop);

#endif
