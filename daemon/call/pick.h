/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In which order the servers of a core are tried (RFC 2782).
 */
#ifndef KSRTP_CALL_PICK_H
#define KSRTP_CALL_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct ksrtp_pick - one server
 * @down: it did not answer of late: after all that are up
 * @priority: lower ones first
 * @weight: the share of first places among those that are up alike and of one priority; one of 0
 *	is first hardly ever
 * @number: the caller's
 */
struct ksrtp_pick {
	bool down;
	unsigned int priority, weight;
	size_t number;
};

/**
 * ksrtp_pick_order - put a list into the order to try it
 * @n: at most some dozens
 * @seed: the same gives the same order: a request that comes again after a challenge should meet
 *	the server that gave it
 */
void ksrtp_pick_order(struct ksrtp_pick *list, size_t n, uint64_t seed);

#endif
