// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GHASH (NIST SP 800-38D section 6.4) in constant time, portable, by integer multiplications.
 * Called by gcm.c through struct ksrtp_prim and by keys.c; any context, no lock.
 *
 * GHASH numbers bits from the other end, so a block loaded big-endian is a polynomial reflected.
 * The product of two reflected polynomials comes out one bit too low; therefore H / x stands behind
 * the round keys, which puts it right, and further powers of H, as (low, high) words of native
 * order; only the vector primitives use more than the first.
 */
#include "core.h"

#define HOLES	0x1111111111111111ull

/*
 * The low half of the carry-less product. Every operand is split in four, with three empty bits
 * behind each bit. The k-th place of a product adds up at most k + 1 ones: only the last, the 16th,
 * can overflow into the next used place, and that one lies outside the word.
 */
static inline u64 mul_low(u64 x, u64 y)
{
	u64 x0 = x & HOLES, x1 = x & HOLES << 1, x2 = x & HOLES << 2, x3 = x & HOLES << 3;
	u64 y0 = y & HOLES, y1 = y & HOLES << 1, y2 = y & HOLES << 2, y3 = y & HOLES << 3;

	return (((x0 * y0) ^ (x1 * y3) ^ (x2 * y2) ^ (x3 * y1)) & HOLES) |
	       (((x0 * y1) ^ (x1 * y0) ^ (x2 * y3) ^ (x3 * y2)) & HOLES << 1) |
	       (((x0 * y2) ^ (x1 * y1) ^ (x2 * y0) ^ (x3 * y3)) & HOLES << 2) |
	       (((x0 * y3) ^ (x1 * y2) ^ (x2 * y1) ^ (x3 * y0)) & HOLES << 3);
}

static inline u64 reverse(u64 x)
{
	x = (x & 0x5555555555555555ull) << 1 | (x >> 1 & 0x5555555555555555ull);
	x = (x & 0x3333333333333333ull) << 2 | (x >> 2 & 0x3333333333333333ull);
	x = (x & 0x0f0f0f0f0f0f0f0full) << 4 | (x >> 4 & 0x0f0f0f0f0f0f0f0full);
	x = (x & 0x00ff00ff00ff00ffull) << 8 | (x >> 8 & 0x00ff00ff00ff00ffull);
	x = (x & 0x0000ffff0000ffffull) << 16 | (x >> 16 & 0x0000ffff0000ffffull);
	return x << 32 | x >> 32;
}

struct element {
	u64 lo, hi;
	u64 lo_rev, hi_rev;	/* the same words reversed: they give the high half of a product */
};

static inline struct element element_make(u64 lo, u64 hi)
{
	return (struct element){ lo, hi, reverse(lo), reverse(hi) };
}

/* One carry-less 128 x 128 product, Karatsuba, folded into 128 bits from below. */
static inline void multiply(u64 *lo, u64 *hi, const struct element *h)
{
	struct element y = element_make(*lo, *hi);
	u64 a = mul_low(y.lo, h->lo), a_rev = mul_low(y.lo_rev, h->lo_rev);
	u64 b = mul_low(y.hi, h->hi), b_rev = mul_low(y.hi_rev, h->hi_rev);
	u64 m = mul_low(y.lo ^ y.hi, h->lo ^ h->hi) ^ a ^ b;
	u64 m_rev = mul_low(y.lo_rev ^ y.hi_rev, h->lo_rev ^ h->hi_rev) ^ a_rev ^ b_rev;
	u64 v0, v1, v2, v3;

	v0 = a;
	v1 = reverse(a_rev) >> 1 ^ m;
	v2 = b ^ reverse(m_rev) >> 1;
	v3 = reverse(b_rev) >> 1;

	/* x^128 = x^7 + x^2 + x + 1, reflected */
	v1 ^= v0 << 63 ^ v0 << 62 ^ v0 << 57;
	v2 ^= v0 ^ v0 >> 1 ^ v0 >> 2 ^ v0 >> 7;
	v2 ^= v1 << 63 ^ v1 << 62 ^ v1 << 57;
	v3 ^= v1 ^ v1 >> 1 ^ v1 >> 2 ^ v1 >> 7;
	*lo = v2;
	*hi = v3;
}

/** ksrtp_ghash_blocks - see struct ksrtp_prim.ghash */
void ksrtp_ghash_blocks(const struct ksrtp_half *half, u8 *y, const u8 *data, u32 blocks)
{
	u64 lo = ksrtp_get64(y + 8), hi = ksrtp_get64(y), power[2];
	struct element h;

	memcpy(power, half->round + ksrtp_half_behind(half), sizeof(power));
	h = element_make(power[0], power[1]);
	for (; blocks; blocks--, data += KSRTP_BLOCK) {
		hi ^= ksrtp_get64(data);
		lo ^= ksrtp_get64(data + 8);
		multiply(&lo, &hi, &h);
	}
	ksrtp_put64(y, hi);
	ksrtp_put64(y + 8, lo);
}

/**
 * ksrtp_ghash_expand - the powers of a GHASH key
 * @half: has its round keys; powers is filled, and what it says put behind them
 * @h: E(K, 0), 16 bytes
 * @powers: 1 to KSRTP_POWERS
 */
void ksrtp_ghash_expand(struct ksrtp_half *half, const u8 *h, u8 powers)
{
	u8 *to = half->round + ksrtp_half_behind(half);
	u64 hi = ksrtp_get64(h), lo = ksrtp_get64(h + 8), top = hi >> 63, power[2];
	struct element first;
	u32 i;

	/* Division by x of the reflected polynomial: a shift, and what falls out folds in again. */
	hi = hi << 1 | lo >> 63;
	lo = lo << 1;
	lo ^= top;
	hi ^= top * 0xc200000000000000ull;
	first = element_make(lo, hi);
	half->powers = powers;
	for (i = 0; i < powers; i++) {
		if (i)
			multiply(&lo, &hi, &first);
		power[0] = lo;
		power[1] = hi;
		memcpy(to + KSRTP_BLOCK * i, power, KSRTP_BLOCK);
	}
	ksrtp_wipe(power, sizeof(power));
	ksrtp_wipe(&first, sizeof(first));
}
