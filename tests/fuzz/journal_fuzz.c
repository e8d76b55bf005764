// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A journal of calls that somebody damaged: its records, and each as that of a call. What is taken
 * for a call is the same when it is written and read again. So that mutations need not find the
 * hash, the bytes are also read as one record.
 */
#include <stdlib.h>

#include "daemon/call/journal.h"
#include "daemon/call/kept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void read_call(struct slice record)
{
	struct ksrtp_kept kept, again;
	struct ksrtp_buf out, twice;

	if (ksrtp_kept_read(&kept, record))
		return;
	ksrtp_buf_init(&out, 1 << 20);
	ksrtp_buf_init(&twice, 1 << 20);
	check(!ksrtp_kept_write(&kept, &out));
	check(!ksrtp_kept_read(&again, ksrtp_buf_view(&out)));
	check(!ksrtp_kept_write(&again, &twice));
	check(ksrtp_slice_equal(ksrtp_buf_view(&out), ksrtp_buf_view(&twice)));
	ksrtp_kept_free(&kept);
	ksrtp_kept_free(&again);
	ksrtp_buf_free(&out);
	ksrtp_buf_free(&twice);
}

static void each(void *ctx, uint64_t number, struct slice record)
{
	size_t *n = ctx;

	*n += 1;
	check(record.n <= KSRTP_JOURNAL_RECORD);
	read_call(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice file = ksrtp_slice_of((const char *)data, size);
	size_t n = 0;
	unsigned int damaged = ksrtp_journal_scan(file, each, &n);

	check(damaged <= size && n <= size / 24);
	check(!size || damaged || n);
	read_call(file);
	return 0;
}
