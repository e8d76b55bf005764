/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coverage: how much of what passed was encrypted, by calls and by packets, in all, by side and by
 * peer. It lives in memory and counts from the start of the daemon.
 */
#ifndef KSRTP_CALL_COVERAGE_H
#define KSRTP_CALL_COVERAGE_H

#include "daemon/base/hash.h"
#include "daemon/base/list.h"
#include "daemon/call/call.h"

#define KSRTP_COVERAGE_PEERS	1024	/* further ones share the row of the others */
#define KSRTP_COVERAGE_NAME	128	/* bytes of a peer's name, NUL included */

/** enum ksrtp_coverage_class - what a grade comes to, worst first */
enum ksrtp_coverage_class {
	KSRTP_COVERAGE_CLEAR,
	KSRTP_COVERAGE_OPAQUE,		/* passes as it is; we cannot tell */
	KSRTP_COVERAGE_UNPROVED,	/* no packet seen */
	KSRTP_COVERAGE_EXPOSED,		/* encrypted, but somebody could read the keys */
	KSRTP_COVERAGE_PROTECTED,	/* encrypted, keys by TLS */
	KSRTP_COVERAGE_AUTHENTICATED,	/* and the peer is who it should be (RFC 5922, DANE) */
	KSRTP_COVERAGE_CLASSES
};

/**
 * struct ksrtp_coverage_row - sums
 * @calls: answered ones, by class; a call is as good as its worst part
 * @packets: accepted from there and sent there, of all calls; @secure: how many of them were SRTP
 */
struct ksrtp_coverage_row {
	uint64_t calls[KSRTP_COVERAGE_CLASSES];
	uint64_t packets, secure;
};

/** struct ksrtp_coverage_peer - a row of its own; a domain or an address, never a user */
struct ksrtp_coverage_peer {
	struct ksrtp_hash_node by_name;
	struct ksrtp_list node;
	char name[KSRTP_COVERAGE_NAME];
	struct ksrtp_coverage_row row;
};

/**
 * struct ksrtp_coverage - all sums
 * @all: a call once, with the grade of both its ends; packets of both
 * @side: of phones, then of cores, as seen on that side's legs
 * @peers: struct ksrtp_coverage_peer, at most KSRTP_COVERAGE_PEERS; @others: the rest
 * @verdict: packets that arrived, by what became of them
 */
struct ksrtp_coverage {
	struct ksrtp_coverage_row all, side[2 * KSRTP_CONFIG_SIDES], others;
	struct ksrtp_list peers;
	struct ksrtp_hash names;
	uint64_t verdict[KSRTP_VERDICT_COUNT];
};

/** ksrtp_coverage_of_side - the row of that side's legs */
static inline struct ksrtp_coverage_row *
ksrtp_coverage_of_side(struct ksrtp_coverage *coverage, const struct ksrtp_config_side *side)
{
	return &coverage->side[(side->core ? KSRTP_CONFIG_SIDES : 0) + side->number];
}

/** ksrtp_coverage_init - nothing passed yet. Return: 0 or -ENOMEM */
int ksrtp_coverage_init(struct ksrtp_coverage *coverage);
void ksrtp_coverage_fini(struct ksrtp_coverage *coverage);

/** ksrtp_coverage_class_of - what a grade comes to */
enum ksrtp_coverage_class ksrtp_coverage_class_of(const struct ksrtp_grade *grade);
/** ksrtp_coverage_word - "clear", "opaque", "unproved", "exposed", "protected", "authenticated" */
const char *ksrtp_coverage_word(enum ksrtp_coverage_class class);

/**
 * ksrtp_coverage_add - count a call
 * @total: of its two ends
 *
 * One that was never answered counts with its packets only.
 */
void ksrtp_coverage_add(struct ksrtp_coverage *coverage, const struct ksrtp_call *call,
			const struct ksrtp_call_total total[2]);

/** ksrtp_coverage_merge - add all sums of @from */
void ksrtp_coverage_merge(struct ksrtp_coverage *to, const struct ksrtp_coverage *from);

#endif
