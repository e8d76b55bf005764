/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal of calls: a file of records by number, the last one of a number counts. A process
 * that was killed leaves it to the next.
 *
 * It is appended to by a thread and never synced to a disk: the page cache outlives the process,
 * and what does not outlive a crash of the host, the kernel's sessions, is all that it describes.
 */
#ifndef KSRTP_CALL_JOURNAL_H
#define KSRTP_CALL_JOURNAL_H

#include "daemon/base/slice.h"
#include "daemon/log.h"

#define KSRTP_JOURNAL_RECORD	(128u << 10)	/* most bytes of one record */
#define KSRTP_JOURNAL_FILE	(64u << 20)	/* most bytes of the file */

struct ksrtp_journal;

/**
 * ksrtp_journal_fn - a record was found
 * @record: n 0: that number ended
 */
typedef void (*ksrtp_journal_fn)(void *ctx, uint64_t number, struct slice record);

/**
 * ksrtp_journal_scan - walk the records in the order they were written
 *
 * What is damaged is skipped up to the next whole record. Return: how many places were damaged.
 */
unsigned int ksrtp_journal_scan(struct slice file, ksrtp_journal_fn fn, void *ctx);

/**
 * struct ksrtp_journal_setup - copied
 * @each: called for each number that has not ended, in the order of numbers, before open returns
 */
struct ksrtp_journal_setup {
	struct ksrtp_log *log;
	const char *path;
	ksrtp_journal_fn each;
	void *ctx;
};

/**
 * ksrtp_journal_open - read what an earlier process left, and start the thread
 *
 * The file is made with mode 0600. What was damaged is counted in the log and gone from the file,
 * unless there is no room for a new one: then the old one is read and appended to.
 * Return: 0, -ENOMEM, -EAGAIN (no thread), or what the file system said; the log has said it.
 */
int ksrtp_journal_open(struct ksrtp_journal **journal, const struct ksrtp_journal_setup *setup);

/**
 * ksrtp_journal_put - the record of @number from now on; copied, the caller never waits
 *
 * When the disk does not follow, or is full, it is lost and that said. NULL as @journal is fine.
 */
void ksrtp_journal_put(struct ksrtp_journal *journal, uint64_t number, struct slice record);
/** ksrtp_journal_drop - that number ended */
void ksrtp_journal_drop(struct ksrtp_journal *journal, uint64_t number);

/** ksrtp_journal_close - write what waits, end the thread; NULL is fine */
void ksrtp_journal_close(struct ksrtp_journal *journal);

#endif
