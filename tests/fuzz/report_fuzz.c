// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RTCP from strangers: a walk ends, stays inside the packet, says what a second one says, and no
 * more blocks than fit.
 */
#include <stdlib.h>

#include <ksrtp/quality.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ksrtp_report_item item, same;
	struct ksrtp_report_walk w, again;
	struct ksrtp_report r = { 0 };
	size_t n = 0;

	if (size > 65535 || !ksrtp_report_begin(&w, data, (u32)size))
		return 0;
	check(ksrtp_report_begin(&again, data, (u32)size));
	while (ksrtp_report_next(&w, &item)) {
		check(ksrtp_report_next(&again, &same) && item.ssrc == same.ssrc);
		check(++n <= size / 24);
		if (item.kind == KSRTP_REPORT_SENDER) {
			ksrtp_report_sent(&r, &item, n * 20000);
			continue;
		}
		check(item.lost >= -0x800000 && item.lost < 0x800000);
		ksrtp_report_heard(&r, &item, n * 20000);
		check(r.rtt_us <= n * 20000 && ksrtp_report_jitter(&r, 90000) <= 3600000000u);
	}
	check(!ksrtp_report_next(&again, &same));
	return 0;
}
