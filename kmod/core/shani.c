// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The compression function of SHA-1 with the SHA instructions of x86 (SHA-NI, with SSE4.1). Called
 * through struct ksrtp_prim; the caller owns the vector registers.
 *
 * One instruction does four rounds; w0 to w3 are a ring of sixteen message words, the first of each
 * four in the top lane.
 */
#include "core.h"
#include "x86.h"

#ifdef __x86_64__

#define TARGET __attribute__((target("sha,sse4.1")))
#define INLINE static inline __attribute__((always_inline, target("sha,sse4.1")))

/* Sums wrap around, which only unsigned numbers may. */
typedef unsigned int v4su __attribute__((vector_size(16)));

INLINE v4si add(v4si a, v4si b)
{
	return (v4si)((v4su)a + (v4su)b);
}

INLINE v4si load_words(const u8 *p)
{
	const v16qi backwards = { 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 };

	return (v4si)__builtin_ia32_pshufb128((v16qi)load(p), backwards);
}

/* Four rounds with function f; e becomes the old a, from which the next e is made. */
#define FOUR(f, w) do {								\
	v4si sum = __builtin_ia32_sha1nexte(e, w);				\
										\
	e = abcd;								\
	abcd = __builtin_ia32_sha1rnds4(abcd, sum, f);				\
} while (0)

/* The same after making the four words sixteen behind w0's. */
#define NEXT(f, w0, w1, w2, w3) do {						\
	w0 = __builtin_ia32_sha1msg2(__builtin_ia32_sha1msg1(w0, w1) ^ w2, w3);	\
	FOUR(f, w0);								\
} while (0)

/** ksrtp_shani_sha1 - see struct ksrtp_prim.sha1 */
TARGET void ksrtp_shani_sha1(u32 *state, const u8 *data, u32 blocks)
{
	v4si abcd = { (int)state[3], (int)state[2], (int)state[1], (int)state[0] };
	v4si first = { 0, 0, 0, (int)state[4] }, e, a, w0, w1, w2, w3;

	for (; blocks; blocks--, data += KSRTP_SHA1_BLOCK) {
		a = abcd;
		w0 = load_words(data);
		w1 = load_words(data + 16);
		w2 = load_words(data + 32);
		w3 = load_words(data + 48);

		/* The only e that comes without the rotation. */
		e = abcd;
		abcd = __builtin_ia32_sha1rnds4(abcd, add(first, w0), 0);
		FOUR(0, w1);
		FOUR(0, w2);
		FOUR(0, w3);
		NEXT(0, w0, w1, w2, w3);
		NEXT(1, w1, w2, w3, w0);
		NEXT(1, w2, w3, w0, w1);
		NEXT(1, w3, w0, w1, w2);
		NEXT(1, w0, w1, w2, w3);
		NEXT(1, w1, w2, w3, w0);
		NEXT(2, w2, w3, w0, w1);
		NEXT(2, w3, w0, w1, w2);
		NEXT(2, w0, w1, w2, w3);
		NEXT(2, w1, w2, w3, w0);
		NEXT(2, w2, w3, w0, w1);
		NEXT(3, w3, w0, w1, w2);
		NEXT(3, w0, w1, w2, w3);
		NEXT(3, w1, w2, w3, w0);
		NEXT(3, w2, w3, w0, w1);
		NEXT(3, w3, w0, w1, w2);

		first = __builtin_ia32_sha1nexte(e, first);
		abcd = add(abcd, a);
	}
	state[0] = (u32)abcd[3];
	state[1] = (u32)abcd[2];
	state[2] = (u32)abcd[1];
	state[3] = (u32)abcd[0];
	state[4] = (u32)first[3];
}

#endif
