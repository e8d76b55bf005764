// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The estimate of a packet index (RFC 3711 section 3.3.1 and appendix A). Called by stream.c; pure.
 */
#include "core.h"

/**
 * ksrtp_index_estimate - see <ksrtp/srtp.h>
 *
 * Appendix A to the letter. The shortcut of taking the index nearest to s_l differs where SEQ and
 * s_l are exactly 2^15 apart, and invents a ROC of -1.
 */
u64 ksrtp_index_estimate(u64 next, u16 seq)
{
	u64 highest = next ? next - 1 : seq;
	u32 roc = (u32)(highest >> 16);
	s32 last = (u16)highest, diff = seq - last;

	if (last < 32768) {
		if (diff > 32768) {
			if (roc == 0)
				return ~0ull;
			roc--;
		}
	} else if (last - 32768 > seq) {
		if (roc == ~0u)
			return ~0ull;
		roc++;
	}
	return (u64)roc << 16 | seq;
}
