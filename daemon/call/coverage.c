// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sums of what calls came to. Called by call.c when a call ends, by report.c and by daemon/ctl for
 * those that stand; on the loop's thread. Strangers can make rows of peers by calling: they are
 * capped.
 */
#include "daemon/call/coverage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ksrtp_coverage_init(struct ksrtp_coverage *coverage)
{
	memset(coverage, 0, sizeof(*coverage));
	ksrtp_list_init(&coverage->peers);
	return ksrtp_hash_init(&coverage->names);
}

void ksrtp_coverage_fini(struct ksrtp_coverage *coverage)
{
	struct ksrtp_list *node, *tmp;

	ksrtp_list_each(node, tmp, &coverage->peers)
		free(ksrtp_container(node, struct ksrtp_coverage_peer, node));
	ksrtp_hash_fini(&coverage->names);
}

enum ksrtp_coverage_class ksrtp_coverage_class_of(const struct ksrtp_grade *grade)
{
	static const enum ksrtp_coverage_class unprotected[] = {
		[KSRTP_GRADE_CLEAR] = KSRTP_COVERAGE_CLEAR,
		[KSRTP_GRADE_OPAQUE] = KSRTP_COVERAGE_OPAQUE,
		[KSRTP_GRADE_NONE] = KSRTP_COVERAGE_UNPROVED,
	};

	if (grade->proved < KSRTP_GRADE_SDES)
		return unprotected[grade->proved];
	if (grade->path == KSRTP_GRADE_EXPOSED)
		return KSRTP_COVERAGE_EXPOSED;
	return grade->path < KSRTP_GRADE_RFC5922 ? KSRTP_COVERAGE_PROTECTED :
						   KSRTP_COVERAGE_AUTHENTICATED;
}

const char *ksrtp_coverage_word(enum ksrtp_coverage_class class)
{
	static const char *const word[] = {
		[KSRTP_COVERAGE_CLEAR] = "clear",
		[KSRTP_COVERAGE_OPAQUE] = "opaque",
		[KSRTP_COVERAGE_UNPROVED] = "unproved",
		[KSRTP_COVERAGE_EXPOSED] = "exposed",
		[KSRTP_COVERAGE_PROTECTED] = "protected",
		[KSRTP_COVERAGE_AUTHENTICATED] = "authenticated",
	};

	return word[class];
}

/* Where a peer is counted: its row, a new one, or the others'. */
static struct ksrtp_coverage_row *row_of(struct ksrtp_coverage *coverage, const char *name)
{
	size_t n = strnlen(name, KSRTP_COVERAGE_NAME - 1);
	uint64_t hash = ksrtp_hash_bytes(&coverage->names, name, n);
	struct ksrtp_hash_node *node = ksrtp_hash_first(&coverage->names, hash);
	struct ksrtp_coverage_peer *peer;

	for (; node; node = ksrtp_hash_next(node)) {
		peer = ksrtp_container(node, struct ksrtp_coverage_peer, by_name);
		if (strlen(peer->name) == n && !memcmp(peer->name, name, n))
			return &peer->row;
	}
	if (coverage->names.count >= KSRTP_COVERAGE_PEERS)
		return &coverage->others;
	peer = calloc(1, sizeof(*peer));
	if (!peer)
		return &coverage->others;
	memcpy(peer->name, name, n);
	ksrtp_hash_insert(&coverage->names, &peer->by_name, hash);
	ksrtp_list_add(&coverage->peers, &peer->node);
	return &peer->row;
}

static void add_packets(struct ksrtp_coverage_row *row, const struct ksrtp_call_total *total)
{
	row->packets += total->verdict[KSRTP_VERDICT_OK] + total->tx_packets;
	row->secure += total->rx_secure + total->tx_secure;
}

static void add_leg(struct ksrtp_coverage_row *row, const struct ksrtp_call *call,
		    const struct ksrtp_call_total *total)
{
	if (call->answered)
		row->calls[ksrtp_coverage_class_of(&total->grade)]++;
	add_packets(row, total);
}

void ksrtp_coverage_add(struct ksrtp_coverage *coverage, const struct ksrtp_call *call,
			const struct ksrtp_call_total total[2])
{
	struct ksrtp_grade grade = ksrtp_grade_min(total[0].grade, total[1].grade);
	char name[KSRTP_COVERAGE_NAME];
	unsigned int i, v;

	if (call->answered)
		coverage->all.calls[ksrtp_coverage_class_of(&grade)]++;
	for (i = 0; i < 2; i++) {
		add_packets(&coverage->all, &total[i]);
		for (v = 0; v < KSRTP_VERDICT_COUNT; v++)
			coverage->verdict[v] += total[i].verdict[v];
		if (!call->answered && !total[i].rx_packets && !total[i].tx_packets)
			continue;
		add_leg(ksrtp_coverage_of_side(coverage, call->end[i].side), call, &total[i]);
		add_leg(row_of(coverage, ksrtp_call_peer(call, i, name, sizeof(name))), call,
			&total[i]);
	}
}

static void merge_row(struct ksrtp_coverage_row *to, const struct ksrtp_coverage_row *from)
{
	unsigned int c;

	for (c = 0; c < KSRTP_COVERAGE_CLASSES; c++)
		to->calls[c] += from->calls[c];
	to->packets += from->packets;
	to->secure += from->secure;
}

void ksrtp_coverage_merge(struct ksrtp_coverage *to, const struct ksrtp_coverage *from)
{
	struct ksrtp_coverage_peer *peer;
	struct ksrtp_list *node, *tmp;
	unsigned int i;

	merge_row(&to->all, &from->all);
	merge_row(&to->others, &from->others);
	for (i = 0; i < ARRAY_SIZE(to->side); i++)
		merge_row(&to->side[i], &from->side[i]);
	ksrtp_list_each(node, tmp, &from->peers) {
		peer = ksrtp_container(node, struct ksrtp_coverage_peer, node);
		merge_row(row_of(to, peer->name), &peer->row);
	}
	for (i = 0; i < KSRTP_VERDICT_COUNT; i++)
		to->verdict[i] += from->verdict[i];
}
