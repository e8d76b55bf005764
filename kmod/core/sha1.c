// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The compression function of SHA-1 (FIPS 180-4, RFC 3174) in portable C. Its time depends on the
 * number of blocks alone. Called by hmac.c through struct ksrtp_prim; any context, no lock.
 */
#include "core.h"

const u32 ksrtp_sha1_start[5] = {
	0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0
};

static inline u32 rol(u32 x, int n)
{
	return x << n | x >> (32 - n);
}

#define CHOOSE(b, c, d)		((d) ^ ((b) & ((c) ^ (d))))
#define PARITY(b, c, d)		((b) ^ (c) ^ (d))
#define MAJORITY(b, c, d)	(((b) & (c)) + ((d) & ((b) ^ (c))))

/* w is a ring of the last sixteen words; t is a constant, so the condition costs nothing. */
#define WORD(t) ((t) < 16 ? w[(t) % 16] : (w[(t) % 16] = rol(w[((t) + 13) % 16] ^ \
	w[((t) + 8) % 16] ^ w[((t) + 2) % 16] ^ w[(t) % 16], 1)))

#define STEP(f, k, t, a, b, c, d, e) do {				\
	(e) += rol(a, 5) + f(b, c, d) + (k) + WORD(t);			\
	(b) = rol(b, 30);						\
} while (0)

#define FIVE(f, k, t) do {						\
	STEP(f, k, (t), a, b, c, d, e);					\
	STEP(f, k, (t) + 1, e, a, b, c, d);				\
	STEP(f, k, (t) + 2, d, e, a, b, c);				\
	STEP(f, k, (t) + 3, c, d, e, a, b);				\
	STEP(f, k, (t) + 4, b, c, d, e, a);				\
} while (0)

#define TWENTY(f, k, t) do {						\
	FIVE(f, k, t);							\
	FIVE(f, k, (t) + 5);						\
	FIVE(f, k, (t) + 10);						\
	FIVE(f, k, (t) + 15);						\
} while (0)

/** ksrtp_sha1_blocks - see struct ksrtp_prim.sha1 */
void ksrtp_sha1_blocks(u32 *state, const u8 *data, u32 blocks)
{
	u32 a, b, c, d, e, w[16];
	int i;

	for (; blocks; blocks--, data += KSRTP_SHA1_BLOCK) {
		for (i = 0; i < 16; i++)
			w[i] = ksrtp_get32(data + 4 * i);
		a = state[0];
		b = state[1];
		c = state[2];
		d = state[3];
		e = state[4];
		TWENTY(CHOOSE, 0x5a827999, 0);
		TWENTY(PARITY, 0x6ed9eba1, 20);
		TWENTY(MAJORITY, 0x8f1bbcdc, 40);
		TWENTY(PARITY, 0xca62c1d6, 60);
		state[0] += a;
		state[1] += b;
		state[2] += c;
		state[3] += d;
		state[4] += e;
	}
	/* An HMAC key went through here when the midstates were made. */
	ksrtp_wipe(w, sizeof(w));
}
