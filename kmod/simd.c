// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Vector registers in the kernel. ksrtp_simd_init() is called once at load; begin and end stand
 * around the crypto of each packet, in softirq or with bottom halves off.
 */
#include "kmod/simd.h"

#ifdef CONFIG_X86_64

#include <asm/cpufeature.h>
#include <asm/fpu/api.h>
#include <asm/fpu/xcr.h>

int ksrtp_simd_init(const char **failed)
{
	bool ymm = boot_cpu_has(X86_FEATURE_AVX) &&
		   cpu_has_xfeatures(XFEATURE_MASK_SSE | XFEATURE_MASK_YMM, NULL);
	bool zmm = ymm && cpu_has_xfeatures(XFEATURE_MASK_AVX512, NULL);
	struct ksrtp_cpu cpu = {
		.aes = boot_cpu_has(X86_FEATURE_AES),
		.pclmul = boot_cpu_has(X86_FEATURE_PCLMULQDQ),
		.ssse3 = boot_cpu_has(X86_FEATURE_SSSE3),
		.sse41 = boot_cpu_has(X86_FEATURE_XMM4_1),
		.sha = boot_cpu_has(X86_FEATURE_SHA_NI),
		.avx = ymm,
		.avx2 = ymm && boot_cpu_has(X86_FEATURE_AVX2),
		.bmi2 = boot_cpu_has(X86_FEATURE_BMI2),
		.avx512vl = zmm && boot_cpu_has(X86_FEATURE_AVX512VL),
		.vaes = ymm && boot_cpu_has(X86_FEATURE_VAES),
		.vpclmul = ymm && boot_cpu_has(X86_FEATURE_VPCLMULQDQ),
	};
	int err;

	kernel_fpu_begin();
	err = ksrtp_core_init(&cpu, failed);
	kernel_fpu_end();
	return err;
}

const struct ksrtp_prim *ksrtp_simd_begin(void)
{
	const struct ksrtp_prim *prim = ksrtp_prim_best();

	if (!ksrtp_prim_vector(prim))
		return prim;
	if (!irq_fpu_usable())
		return ksrtp_prim_portable();
	kernel_fpu_begin();
	return prim;
}

void ksrtp_simd_end(const struct ksrtp_prim *prim)
{
	if (ksrtp_prim_vector(prim))
		kernel_fpu_end();
}

#else

int ksrtp_simd_init(const char **failed)
{
	return ksrtp_core_init(NULL, failed);
}

const struct ksrtp_prim *ksrtp_simd_begin(void)
{
	return ksrtp_prim_portable();
}

void ksrtp_simd_end(const struct ksrtp_prim *prim)
{
}

#endif
