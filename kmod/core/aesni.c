// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AES counter mode with the AES instructions of x86 (AES-NI, with SSE4.1), eight blocks at a time.
 * Called through struct ksrtp_prim; the caller owns the vector registers.
 */
#include "core.h"
#include "x86.h"

#ifdef __x86_64__

#define WIDTH 8
#define TARGET __attribute__((target("aes,sse4.1")))
#define INLINE static inline __attribute__((always_inline, target("aes,sse4.1")))

/* What all blocks of a packet share: the IV xor the first round key, but for the counter's lane. */
struct start {
	v2di base;
	u32 last_key;
	u32 counter;
};

/* The next @n blocks of keystream; @n is a constant, so that all of them live in registers. */
INLINE void keystream(const struct ksrtp_half *half, struct start *start, v2di *x, u32 n)
{
	const v2di *key = (const v2di *)half->round;
	u32 i, r, rounds = half->rounds;

#pragma GCC unroll 8
	for (i = 0; i < n; i++) {
		v4si block = (v4si)start->base;

		block[3] = (int)(__builtin_bswap32(start->counter++) ^ start->last_key);
		x[i] = (v2di)block;
	}
	for (r = 1; r < rounds; r++) {
#pragma GCC unroll 8
		for (i = 0; i < n; i++)
			x[i] = __builtin_ia32_aesenc128(x[i], key[r]);
	}
#pragma GCC unroll 8
	for (i = 0; i < n; i++)
		x[i] = __builtin_ia32_aesenclast128(x[i], key[rounds]);
}

INLINE void crypt(const struct ksrtp_half *half, struct start *start, u8 *data, u32 n)
{
	v2di x[WIDTH];
	u32 i;

	keystream(half, start, x, n);
#pragma GCC unroll 8
	for (i = 0; i < n; i++)
		store(data + KSRTP_BLOCK * i, load(data + KSRTP_BLOCK * i) ^ x[i]);
}

TARGET static void crypt_rest(const struct ksrtp_half *half, struct start *start, u8 *data, u32 len)
{
	u8 buf[KSRTP_BLOCK];
	v2di x[1];
	u32 i;

	keystream(half, start, x, 1);
	store(buf, x[0]);
	for (i = 0; i < len; i++)
		data[i] ^= buf[i];
	ksrtp_wipe(buf, sizeof(buf));
}

/** ksrtp_aesni_ctr - see struct ksrtp_prim.ctr */
TARGET void ksrtp_aesni_ctr(const struct ksrtp_half *half, const u8 *iv, u8 *first, u8 *data,
			    u32 len)
{
	v2di key = *(const v2di *)half->round, x[1];
	struct start start = {
		.base = load(iv) ^ key,
		.last_key = (u32)((v4si)key)[3],
		.counter = ksrtp_get32(iv + 12),
	};

	if (first) {
		keystream(half, &start, x, 1);
		store(first, x[0]);
	}
	for (; len >= WIDTH * KSRTP_BLOCK; len -= WIDTH * KSRTP_BLOCK) {
		crypt(half, &start, data, WIDTH);
		data += WIDTH * KSRTP_BLOCK;
	}
	if (len >= 4 * KSRTP_BLOCK) {
		crypt(half, &start, data, 4);
		data += 4 * KSRTP_BLOCK;
		len -= 4 * KSRTP_BLOCK;
	}
	if (len >= 2 * KSRTP_BLOCK) {
		crypt(half, &start, data, 2);
		data += 2 * KSRTP_BLOCK;
		len -= 2 * KSRTP_BLOCK;
	}
	if (len >= KSRTP_BLOCK) {
		crypt(half, &start, data, 1);
		data += KSRTP_BLOCK;
		len -= KSRTP_BLOCK;
	}
	if (len)
		crypt_rest(half, &start, data, len);
}

#endif
