// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Grades: what was promised, what the counters prove, and the words for it. Called by daemon/call
 * and daemon/ctl. Pure. The terms of RFC 8862 (comprehensive, opportunistic) are not used: what is
 * behind our neighbours nobody here knows.
 */
#include "daemon/call/grade.h"

#include <stdio.h>

struct ksrtp_grade ksrtp_grade_best(void)
{
	return (struct ksrtp_grade){
		.promised = KSRTP_GRADE_DTLS,
		.proved = KSRTP_GRADE_DTLS,
		.path = KSRTP_GRADE_DANE,
	};
}

struct ksrtp_grade ksrtp_grade_min(struct ksrtp_grade a, struct ksrtp_grade b)
{
	return (struct ksrtp_grade){
		.promised = a.promised < b.promised ? a.promised : b.promised,
		.proved = a.proved < b.proved ? a.proved : b.proved,
		.path = a.path < b.path ? a.path : b.path,
	};
}

enum ksrtp_grade_media ksrtp_grade_prove_way(enum ksrtp_grade_media promised, u64 packets,
					     u64 secure)
{
	if (!packets)
		return KSRTP_GRADE_NONE;
	/* What passes as it is has no key here by which it could count as secure. */
	if (promised == KSRTP_GRADE_OPAQUE)
		return KSRTP_GRADE_OPAQUE;
	return packets > secure ? KSRTP_GRADE_CLEAR : promised;
}

enum ksrtp_grade_media ksrtp_grade_prove(enum ksrtp_grade_media promised,
					 const struct ksrtp_media_stats *stats)
{
	enum ksrtp_grade_media rx, tx;

	rx = ksrtp_grade_prove_way(promised, stats->verdict[KSRTP_VERDICT_OK], stats->rx_secure);
	tx = ksrtp_grade_prove_way(promised, stats->tx_packets, stats->tx_secure);
	/* one direction that is silent proves nothing against the other */
	if (rx == KSRTP_GRADE_NONE || tx == KSRTP_GRADE_NONE)
		return rx == KSRTP_GRADE_NONE ? tx : rx;
	return rx < tx ? rx : tx;
}

const char *ksrtp_grade_media_word(enum ksrtp_grade_media media)
{
	static const char *const word[] = {
		[KSRTP_GRADE_CLEAR] = "clear",
		[KSRTP_GRADE_OPAQUE] = "opaque",
		[KSRTP_GRADE_NONE] = "none seen",
		[KSRTP_GRADE_SDES] = "SDES",
		[KSRTP_GRADE_DTLS] = "DTLS",
	};

	return word[media];
}

const char *ksrtp_grade_path_word(enum ksrtp_grade_path path)
{
	static const char *const word[] = {
		[KSRTP_GRADE_EXPOSED] = "exposed",
		[KSRTP_GRADE_TLS] = "TLS unauthenticated",
		[KSRTP_GRADE_TOFU] = "TOFU",
		[KSRTP_GRADE_RFC5922] = "RFC 5922",
		[KSRTP_GRADE_DANE] = "DANE",
	};

	return word[path];
}

const char *ksrtp_grade_text(const struct ksrtp_grade *grade, char *to, size_t room)
{
	const char *proved = ksrtp_grade_media_word(grade->proved);

	if (grade->proved < KSRTP_GRADE_SDES && grade->promised >= KSRTP_GRADE_SDES)
		snprintf(to, room, "%s promised, %s", ksrtp_grade_media_word(grade->promised),
			 proved);
	else if (grade->proved < KSRTP_GRADE_SDES)
		snprintf(to, room, "%s", proved);
	else if (grade->path == KSRTP_GRADE_EXPOSED)
		snprintf(to, room, "%s, keys exposed", proved);
	else
		snprintf(to, room, "%s, keys by %s", proved, ksrtp_grade_path_word(grade->path));
	return to;
}
