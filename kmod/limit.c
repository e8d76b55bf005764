// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Caps on sessions, flows, keys, streams and packets held, so that whoever may create them cannot
 * take all memory. Called by the files that allocate or hold them, without a lock.
 */
#include <linux/atomic.h>
#include <linux/moduleparam.h>

#include "kmod/limit.h"
#include "kmod/main.h"

/* All namespaces together may have so many times what one may have. */
#define TOTAL_FACTOR	4

static unsigned int caps[KSRTP_LIMIT_COUNT] = { 65536, 262144, 524288, 1048576, 8192 };
static atomic_t total[KSRTP_LIMIT_COUNT];

module_param_named(max_sessions, caps[KSRTP_LIMIT_SESSIONS], uint, 0644);
MODULE_PARM_DESC(max_sessions, "sessions a network namespace may have");
module_param_named(max_flows, caps[KSRTP_LIMIT_FLOWS], uint, 0644);
MODULE_PARM_DESC(max_flows, "flows a network namespace may have");
module_param_named(max_keys, caps[KSRTP_LIMIT_KEYS], uint, 0644);
MODULE_PARM_DESC(max_keys, "keys a network namespace may have");
module_param_named(max_streams, caps[KSRTP_LIMIT_STREAMS], uint, 0644);
MODULE_PARM_DESC(max_streams, "SSRCs a network namespace may have, spare ones included");

module_param_named(max_held, caps[KSRTP_LIMIT_HELD], uint, 0644);
MODULE_PARM_DESC(max_held, "packets a network namespace may hold until their keys are known");

bool ksrtp_limit_take(struct ksrtp_net *kn, enum ksrtp_limit what)
{
	u64 cap = READ_ONCE(caps[what]);

	if ((u32)atomic_inc_return(&kn->used[what]) > cap) {
		atomic_dec(&kn->used[what]);
		return false;
	}
	if ((u32)atomic_inc_return(&total[what]) > cap * TOTAL_FACTOR) {
		ksrtp_limit_give(kn, what, 1);
		return false;
	}
	return true;
}

void ksrtp_limit_give(struct ksrtp_net *kn, enum ksrtp_limit what, unsigned int n)
{
	atomic_sub(n, &kn->used[what]);
	atomic_sub(n, &total[what]);
}
