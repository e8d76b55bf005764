// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CPU features for the core, which may not ask itself. Called once, by the user back end.
 *
 * CPUID is asked directly: the compilers' __builtin_cpu_supports() know different subsets of the
 * names. AVX counts only where XCR0 says that the system saves the wider registers.
 */
#include "daemon/media/cpu.h"

#ifdef __x86_64__

#include <cpuid.h>

#define XCR0_AVX	0x06u	/* SSE and AVX state */
#define XCR0_AVX512	0xe6u	/* and opmask, upper halves, upper sixteen */

static u32 xcr0(void)
{
	u32 low, high;

	__asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low;
}

void ksrtp_cpu_find(struct ksrtp_cpu *cpu)
{
	u32 a, b, c, d, saved = 0;
	bool avx;

	memset(cpu, 0, sizeof(*cpu));
	if (!__get_cpuid(1, &a, &b, &c, &d))
		return;
	cpu->aes = c & bit_AES;
	cpu->pclmul = c & bit_PCLMUL;
	cpu->ssse3 = c & bit_SSSE3;
	cpu->sse41 = c & bit_SSE4_1;
	if (c & bit_OSXSAVE)
		saved = xcr0();
	avx = (c & bit_AVX) && (saved & XCR0_AVX) == XCR0_AVX;
	cpu->avx = avx;
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
		return;
	cpu->sha = b & bit_SHA;
	cpu->avx2 = avx && (b & bit_AVX2);
	cpu->bmi2 = b & bit_BMI2;
	cpu->avx512vl = avx && (saved & XCR0_AVX512) == XCR0_AVX512 && (b & bit_AVX512F) &&
			(b & bit_AVX512VL);
	cpu->vaes = avx && (c & bit_VAES);
	cpu->vpclmul = avx && (c & bit_VPCLMULQDQ);
}

#else

void ksrtp_cpu_find(struct ksrtp_cpu *cpu)
{
	memset(cpu, 0, sizeof(*cpu));
}

#endif
