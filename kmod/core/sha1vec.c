// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The compression function of SHA-1 (FIPS 180-4 section 6.1.2) for x86 without the SHA
 * instructions: vector registers make four words of the message schedule at a time, the rounds stay
 * scalar. One text, compiled for SSSE3 and for AVX with BMI2, whose three-operand instructions need
 * no copies. Called through struct ksrtp_prim; the caller owns the vector registers.
 *
 * From the 32nd word on, W(t) = rol 1 (W(t-3) ^ W(t-8) ^ W(t-14) ^ W(t-16)), put into itself twice,
 * gives W(t) = rol 2 (W(t-6) ^ W(t-16) ^ W(t-28) ^ W(t-32)), where no word of four needs another.
 */
#include "core.h"
#include "x86.h"

#ifdef __x86_64__

#define TARGET(isa) __attribute__((target(isa)))
#define INLINE static inline __attribute__((always_inline, target("ssse3")))

typedef unsigned int v4su __attribute__((vector_size(16)));

INLINE v4su rol4(v4su x, int n)
{
	return x << n | x >> (32 - n);
}

/* A macro: clang wants to see a constant here even where a function of ours is inlined. */
#define bytes_right(x, below, n)							\
	((v4su)__builtin_ia32_palignr128((v2di)(x), (v2di)(below), (n) * 8))

INLINE v4su load_words(const u8 *p)
{
	const v16qi swap = { 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12 };

	return (v4su)__builtin_ia32_pshufb128((v16qi)load(p), swap);
}

/* Four words from the sixteen before them; the last of the four needs the first. */
INLINE v4su early(v4su w16, v4su w12, v4su w8, v4su w4)
{
	const v4su none = { 0, 0, 0, 0 };
	v4su x = bytes_right(w12, w16, 8) ^ w16 ^ w8 ^ bytes_right(none, w4, 4);

	return rol4(x, 1) ^ rol4(bytes_right(x, none, 4), 2);
}

/* Four words from the thirty-two before them. */
INLINE v4su late(v4su w32, v4su w28, v4su w16, v4su w8, v4su w4)
{
	return rol4(bytes_right(w4, w8, 8) ^ w16 ^ w28 ^ w32, 2);
}

INLINE u32 rol(u32 x, int n)
{
	return x << n | x >> (32 - n);
}

#define CHOOSE(b, c, d)		((d) ^ ((b) & ((c) ^ (d))))
#define PARITY(b, c, d)		((b) ^ (c) ^ (d))
#define MAJORITY(b, c, d)	(((b) & (c)) + ((d) & ((b) ^ (c))))

#define ROUND(f, i, a, b, c, d, e) do {					\
	(e) += sum[i] + f(b, c, d) + rol(a, 5);				\
	(b) = rol(b, 30);						\
} while (0)

#define FOUR(f, a, b, c, d, e) do {					\
	ROUND(f, 0, a, b, c, d, e);					\
	ROUND(f, 1, e, a, b, c, d);					\
	ROUND(f, 2, d, e, a, b, c);					\
	ROUND(f, 3, c, d, e, a, b);					\
} while (0)

/*
 * Four words with the constant of their rounds, for the rounds to read; the compiler shall not take
 * them out of the vector one by one instead.
 */
#define PUT(w, k) do {							\
	store(sum, (v2di)((w) + (v4su){ k, k, k, k }));			\
	__asm__ volatile("" : : "r"(sum) : "memory");			\
} while (0)

#define K0 0x5a827999
#define K1 0x6ed9eba1
#define K2 0x8f1bbcdc
#define K3 0xca62c1d6

INLINE void blocks_hash(u32 *state, const u8 *data, u32 blocks)
{
	u32 a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
	u32 sum[4];
	v4su w0, w1, w2, w3, w4, w5, w6, w7;

	for (; blocks; blocks--, data += KSRTP_SHA1_BLOCK) {
		w0 = load_words(data);
		PUT(w0, K0);
		FOUR(CHOOSE, a, b, c, d, e);
		w1 = load_words(data + 16);
		PUT(w1, K0);
		FOUR(CHOOSE, b, c, d, e, a);
		w2 = load_words(data + 32);
		PUT(w2, K0);
		FOUR(CHOOSE, c, d, e, a, b);
		w3 = load_words(data + 48);
		PUT(w3, K0);
		FOUR(CHOOSE, d, e, a, b, c);
		w4 = early(w0, w1, w2, w3);
		PUT(w4, K0);
		FOUR(CHOOSE, e, a, b, c, d);

		w5 = early(w1, w2, w3, w4);
		PUT(w5, K1);
		FOUR(PARITY, a, b, c, d, e);
		w6 = early(w2, w3, w4, w5);
		PUT(w6, K1);
		FOUR(PARITY, b, c, d, e, a);
		w7 = early(w3, w4, w5, w6);
		PUT(w7, K1);
		FOUR(PARITY, c, d, e, a, b);
		w0 = late(w0, w1, w4, w6, w7);
		PUT(w0, K1);
		FOUR(PARITY, d, e, a, b, c);
		w1 = late(w1, w2, w5, w7, w0);
		PUT(w1, K1);
		FOUR(PARITY, e, a, b, c, d);

		w2 = late(w2, w3, w6, w0, w1);
		PUT(w2, K2);
		FOUR(MAJORITY, a, b, c, d, e);
		w3 = late(w3, w4, w7, w1, w2);
		PUT(w3, K2);
		FOUR(MAJORITY, b, c, d, e, a);
		w4 = late(w4, w5, w0, w2, w3);
		PUT(w4, K2);
		FOUR(MAJORITY, c, d, e, a, b);
		w5 = late(w5, w6, w1, w3, w4);
		PUT(w5, K2);
		FOUR(MAJORITY, d, e, a, b, c);
		w6 = late(w6, w7, w2, w4, w5);
		PUT(w6, K2);
		FOUR(MAJORITY, e, a, b, c, d);

		w7 = late(w7, w0, w3, w5, w6);
		PUT(w7, K3);
		FOUR(PARITY, a, b, c, d, e);
		w0 = late(w0, w1, w4, w6, w7);
		PUT(w0, K3);
		FOUR(PARITY, b, c, d, e, a);
		w1 = late(w1, w2, w5, w7, w0);
		PUT(w1, K3);
		FOUR(PARITY, c, d, e, a, b);
		w2 = late(w2, w3, w6, w0, w1);
		PUT(w2, K3);
		FOUR(PARITY, d, e, a, b, c);
		w3 = late(w3, w4, w7, w1, w2);
		PUT(w3, K3);
		FOUR(PARITY, e, a, b, c, d);

		a = state[0] += a;
		b = state[1] += b;
		c = state[2] += c;
		d = state[3] += d;
		e = state[4] += e;
	}
}

/** ksrtp_ssse3_sha1 - see struct ksrtp_prim.sha1 */
TARGET("ssse3") void ksrtp_ssse3_sha1(u32 *state, const u8 *data, u32 blocks)
{
	blocks_hash(state, data, blocks);
}

/** ksrtp_avx_sha1 - see struct ksrtp_prim.sha1; 128 bits wide, so no upper half gets dirty */
TARGET("avx,bmi2") void ksrtp_avx_sha1(u32 *state, const u8 *data, u32 blocks)
{
	blocks_hash(state, data, blocks);
}

#endif
