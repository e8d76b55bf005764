// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The words of the verdicts, for counters, /proc, netlink and people. Any context, no lock.
 */
#include <ksrtp/verdict.h>
#include <ksrtp/port.h>

#define WORD(sym, word, says) [KSRTP_VERDICT_##sym] = word,

static const char *const words[KSRTP_VERDICT_COUNT] = { KSRTP_VERDICTS(WORD) };

const char *ksrtp_verdict_word(enum ksrtp_verdict verdict)
{
	return (unsigned int)verdict < KSRTP_VERDICT_COUNT ? words[verdict] : "unknown";
}
