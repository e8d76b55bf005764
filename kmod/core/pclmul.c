// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GHASH with the carry-less multiplication of x86 (PCLMULQDQ, with SSSE3): as many products are
 * added up as there are powers of H, before one reduction. Called through struct ksrtp_prim; the
 * caller owns the vector registers. How the powers of H lie and why no product needs a shift:
 * ghash.c.
 */
#include "core.h"
#include "x86.h"

#ifdef __x86_64__

#define TARGET __attribute__((target("pclmul,ssse3")))
#define INLINE static inline __attribute__((always_inline, target("pclmul,ssse3")))

INLINE v2di reflect(v2di x)
{
	const v16qi backwards = { 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 };

	return (v2di)__builtin_ia32_pshufb128((v16qi)x, backwards);
}

INLINE v2di turn(v2di x)
{
	return (v2di){ x[1], x[0] };
}

/* Twice 64 bits folded upwards: x^128 = x^7 + x^2 + x + 1, reflected. */
INLINE v2di reduce(v2di lo, v2di mid, v2di hi)
{
	const v2di poly = { (long long)0xc200000000000000ull, 0 };

	lo ^= (v2di){ 0, mid[0] };
	hi ^= (v2di){ mid[1], 0 };
	lo = turn(lo) ^ __builtin_ia32_pclmulqdq128(lo, poly, 0x00);
	lo = turn(lo) ^ __builtin_ia32_pclmulqdq128(lo, poly, 0x00);
	return hi ^ lo;
}

/** ksrtp_pclmul_ghash - see struct ksrtp_prim.ghash */
TARGET void ksrtp_pclmul_ghash(const struct ksrtp_half *half, u8 *y, const u8 *data, u32 blocks)
{
	const u8 *power = half->round + ksrtp_half_behind(half);
	v2di sum = reflect(load(y));
	u32 n;

	while (blocks) {
		v2di lo = { 0, 0 }, mid = { 0, 0 }, hi = { 0, 0 };

		n = blocks < half->powers ? blocks : half->powers;
		blocks -= n;
		while (n--) {
			v2di h = load(power + KSRTP_BLOCK * n);

			sum ^= reflect(load(data));
			lo ^= __builtin_ia32_pclmulqdq128(sum, h, 0x00);
			mid ^= __builtin_ia32_pclmulqdq128(sum, h, 0x01);
			mid ^= __builtin_ia32_pclmulqdq128(sum, h, 0x10);
			hi ^= __builtin_ia32_pclmulqdq128(sum, h, 0x11);
			sum = (v2di){ 0, 0 };
			data += KSRTP_BLOCK;
		}
		sum = reduce(lo, mid, hi);
	}
	store(y, reflect(sum));
}

#endif
