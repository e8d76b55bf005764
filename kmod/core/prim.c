// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which primitives are used: the portable ones, checked against the RFCs' known answers, and on top
 * of them those that the CPU's features allow and that agree with the portable ones on this CPU.
 * ksrtp_core_init() runs once, in process context, before any packet; the rest anywhere.
 */
#include "core.h"

#define PORTABLE {				\
	.name = "portable",			\
	.ctr = ksrtp_aes_ctr,			\
	.sha1 = ksrtp_sha1_blocks,		\
	.ghash = ksrtp_ghash_blocks,		\
}

static const struct ksrtp_prim portable = PORTABLE;

/* Written by ksrtp_core_init() alone, and its name. */
static struct ksrtp_prim best = PORTABLE;
static char best_name[64];

/* A row replaces the primitive it names, if the CPU has all it needs. Of several the first wins. */
struct candidate {
	struct ksrtp_prim prim;
	bool (*has)(const struct ksrtp_cpu *cpu);
};

#ifdef __x86_64__

static bool has_aesni(const struct ksrtp_cpu *cpu)
{
	return cpu->aes && cpu->sse41;
}

static bool has_pclmul(const struct ksrtp_cpu *cpu)
{
	return cpu->pclmul && cpu->ssse3;
}

static bool has_ssse3(const struct ksrtp_cpu *cpu)
{
	return cpu->ssse3;
}

static bool has_avx(const struct ksrtp_cpu *cpu)
{
	return cpu->avx && cpu->bmi2;
}

static bool has_shani(const struct ksrtp_cpu *cpu)
{
	return cpu->sha && cpu->sse41;
}

#endif

static const struct candidate candidates[] = {
#ifdef __x86_64__
	{ { .name = "aesni", .ctr = ksrtp_aesni_ctr }, has_aesni },
	{ { .name = "pclmul", .ghash = ksrtp_pclmul_ghash }, has_pclmul },
	{ { .name = "shani", .sha1 = ksrtp_shani_sha1 }, has_shani },
	{ { .name = "avx", .sha1 = ksrtp_avx_sha1 }, has_avx },
	{ { .name = "ssse3", .sha1 = ksrtp_ssse3_sha1 }, has_ssse3 },
#endif
	{ .has = NULL },
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

/* The names of what is in @prim, joined by "+". */
static void name_best(const char *name)
{
	size_t used = strlen(best_name), len = strlen(name);

	if (used + len + 2 > sizeof(best_name))
		return;
	if (used)
		best_name[used++] = '+';
	memcpy(best_name + used, name, len + 1);
	best.name = best_name;
}

static bool taken(const struct candidate *c)
{
	return (c->prim.ctr && best.ctr != portable.ctr) ||
	       (c->prim.sha1 && best.sha1 != portable.sha1) ||
	       (c->prim.ghash && best.ghash != portable.ghash);
}

/* Return: false when the candidate was tried and set aside */
static bool try_candidate(const struct candidate *c)
{
	struct ksrtp_prim prim = best;

	prim.vector = true;
	if (c->prim.ctr)
		prim.ctr = c->prim.ctr;
	if (c->prim.sha1)
		prim.sha1 = c->prim.sha1;
	if (c->prim.ghash)
		prim.ghash = c->prim.ghash;
	if (ksrtp_known_check(&prim) || !ksrtp_known_equal(&best, &prim))
		return false;
	best = prim;
	name_best(c->prim.name);
	return true;
}

/** ksrtp_core_init - see <ksrtp/srtp.h> */
int ksrtp_core_init(const struct ksrtp_cpu *cpu, const char **failed)
{
	const struct candidate *c;
	const char *wrong;

	best = portable;
	best_name[0] = 0;
	wrong = ksrtp_known_check(&portable);
	if (failed)
		*failed = wrong;
	if (wrong)
		return -EBADMSG;
	for (c = candidates; cpu && c->has; c++)
		if (c->has(cpu) && !taken(c) && !try_candidate(c) && failed && !*failed)
			*failed = c->prim.name;
	return 0;
}
