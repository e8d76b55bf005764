/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may become of a packet. One list is at once the core's return value, the counter, the
 * netlink attribute, the row in /proc and the word the command prints.
 */
#ifndef KSRTP_VERDICT_H
#define KSRTP_VERDICT_H

/* X(symbol, word, what it means) */
#define KSRTP_VERDICTS(X) \
	X(OK,		"ok",		"forwarded or delivered") \
	X(SHORT,	"short",	"shorter than its headers and tag") \
	X(NOT_RTP,	"not-rtp",	"neither RTP nor RTCP version 2") \
	X(NO_FLOW,	"no-flow",	"no flow listens there") \
	X(SOURCE,	"source",	"from an address the flow does not accept") \
	X(MKI,		"mki",		"master key identifier unknown") \
	X(REPLAYED,	"replayed",	"its index was seen before") \
	X(OLD,		"old",		"its index lies behind the replay list") \
	X(TAG,		"tag",		"authentication tag wrong") \
	X(SPENT,	"spent",	"master key used up") \
	X(REUSE,	"reuse",	"would use an index twice for sending") \
	X(STREAMS,	"streams",	"more SSRCs than the flow may hold") \
	X(ROOM,		"room",		"no room for tag or no memory") \
	X(ROUTE,	"route",	"no route to the far side") \
	X(CLEAR,	"clear",	"not protected where protection is required") \
	X(HELD,		"held",		"held until keys are known") \
	X(FRAGMENT,	"fragment",	"an IP fragment that cannot be processed") \
	X(CHECKSUM,	"checksum",	"UDP or IP checksum wrong") \
	X(MTU,		"mtu",		"too long for the way out") \
	X(HOPS,		"hops",		"hop limit used up") \
	X(QUEUE,	"queue",	"a queue was full") \
	X(ORPHAN,	"orphan",	"for a controller that is gone") \
	X(E_BIT,	"e-bit",	"says E = 1 where SRTCP was agreed to be unencrypted")

#define KSRTP_VERDICT_ENUM(sym, word, says) KSRTP_VERDICT_##sym,

/** enum ksrtp_verdict - see KSRTP_VERDICTS; OK is 0 and every other value means not sent on */
enum ksrtp_verdict {
	KSRTP_VERDICTS(KSRTP_VERDICT_ENUM)
	KSRTP_VERDICT_COUNT
};

/** ksrtp_verdict_word - its word; "unknown" for a value outside the list */
const char *ksrtp_verdict_word(enum ksrtp_verdict verdict);

#endif
