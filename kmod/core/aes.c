// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AES (FIPS 197) in constant time without any table: key expansion for all key lengths, and counter
 * mode four blocks at a time. The portable primitive, and the one keys.c derives session keys with.
 * Any context, no lock.
 *
 * Sixty-four bytes lie bit-sliced in eight words: word b holds bit b of every byte, and the byte in
 * row r, column c of block k is bit 16r + 4c + k. So ShiftRows rotates 16-bit lanes, MixColumns
 * rotates whole words, and SubBytes is a circuit: inversion in GF(2^8) by way of GF((2^4)^2) with
 * z^4 + z + 1 below and Y^2 + Y + (z^3 + z^2 + 1) above, then the affine map.
 */
#include "core.h"

struct nibble {
	u64 b0, b1, b2, b3;
};

static inline struct nibble nibble_add(struct nibble a, struct nibble b)
{
	return (struct nibble){ a.b0 ^ b.b0, a.b1 ^ b.b1, a.b2 ^ b.b2, a.b3 ^ b.b3 };
}

static inline struct nibble nibble_mul(struct nibble a, struct nibble b)
{
	u64 p4 = (a.b1 & b.b3) ^ (a.b2 & b.b2) ^ (a.b3 & b.b1);
	u64 p5 = (a.b2 & b.b3) ^ (a.b3 & b.b2);
	u64 p6 = a.b3 & b.b3;

	return (struct nibble){
		(a.b0 & b.b0) ^ p4,
		(a.b0 & b.b1) ^ (a.b1 & b.b0) ^ p4 ^ p5,
		(a.b0 & b.b2) ^ (a.b1 & b.b1) ^ (a.b2 & b.b0) ^ p5 ^ p6,
		(a.b0 & b.b3) ^ (a.b1 & b.b2) ^ (a.b2 & b.b1) ^ (a.b3 & b.b0) ^ p6,
	};
}

/* The inverse in GF(2^4) as polynomials of the four bits; 0 goes to 0. */
static inline struct nibble nibble_invert(struct nibble x)
{
	u64 x01 = x.b0 & x.b1, x02 = x.b0 & x.b2, x12 = x.b1 & x.b2;
	u64 x03 = x.b0 & x.b3, x13 = x.b1 & x.b3, x23 = x.b2 & x.b3;
	u64 x123 = x12 & x.b3;

	return (struct nibble){
		x.b0 ^ x.b1 ^ x.b2 ^ x02 ^ x12 ^ (x01 & x.b2) ^ x.b3 ^ x123,
		x01 ^ x02 ^ x12 ^ x.b3 ^ x13 ^ (x01 & x.b3),
		x01 ^ x.b2 ^ x02 ^ x.b3 ^ x03 ^ (x02 & x.b3),
		x.b1 ^ x.b2 ^ x.b3 ^ x03 ^ x13 ^ x23 ^ x123,
	};
}

/* From the bits of a byte in the polynomial basis of FIPS 197 to the two halves in the tower. */
static inline void tower_enter(const u64 *x, struct nibble *lo, struct nibble *hi)
{
	u64 t0 = x[2] ^ x[7], t1 = x[3] ^ t0, t2 = x[1] ^ x[6], t3 = x[4] ^ t2, t4 = x[6] ^ t1;

	*lo = (struct nibble){ t1 ^ x[0] ^ x[1], t3, t4, t0 ^ t2 };
	*hi = (struct nibble){ x[4] ^ t4, x[5] ^ t1, x[5] ^ t3, x[5] ^ x[7] };
}

/* And back, with the affine map of SubBytes folded in. */
static inline void tower_leave(u64 *x, struct nibble lo, struct nibble hi)
{
	u64 u0 = lo.b2 ^ hi.b3, u1 = lo.b1 ^ u0, u2 = lo.b0 ^ hi.b0;

	x[0] = ~(lo.b0 ^ hi.b1 ^ hi.b2 ^ hi.b3);
	x[1] = ~(lo.b0 ^ u0);
	x[2] = u2 ^ lo.b1 ^ lo.b3;
	x[3] = lo.b0;
	x[4] = u2 ^ hi.b2 ^ u1;
	x[5] = ~u1;
	x[6] = ~(hi.b0 ^ hi.b3);
	x[7] = lo.b3 ^ u1;
}

static inline void sub_bytes(u64 *q)
{
	struct nibble lo, hi, sum, norm;

	tower_enter(q, &lo, &hi);
	sum = nibble_add(lo, hi);
	/* lo^2 + lo hi + (z^3 + z^2 + 1) hi^2 */
	norm = nibble_mul(lo, hi);
	norm.b0 ^= lo.b0 ^ lo.b2 ^ hi.b0 ^ hi.b1 ^ hi.b3;
	norm.b1 ^= lo.b2 ^ hi.b3;
	norm.b2 ^= lo.b1 ^ lo.b3 ^ hi.b0 ^ hi.b2;
	norm.b3 ^= lo.b3 ^ hi.b0;
	norm = nibble_invert(norm);
	tower_leave(q, nibble_mul(sum, norm), nibble_mul(hi, norm));
}

static inline void shift_rows(u64 *q)
{
	int i;

	for (i = 0; i < 8; i++) {
		u64 x = q[i];

		q[i] = (x & 0x000000000000ffffull) |
		       (x >> 4 & 0x000000000fff0000ull) | (x << 12 & 0x00000000f0000000ull) |
		       (x >> 8 & 0x000000ff00000000ull) | (x << 8 & 0x0000ff0000000000ull) |
		       (x >> 12 & 0x000f000000000000ull) | (x << 4 & 0xfff0000000000000ull);
	}
}

static inline u64 rotate(u64 x, int n)
{
	return x >> n | x << (64 - n);
}

static inline void mix_columns(u64 *q)
{
	u64 sum[8], low[8];
	int i;

	for (i = 0; i < 8; i++) {
		low[i] = rotate(q[i], 16);
		sum[i] = q[i] ^ low[i];
	}
	for (i = 0; i < 8; i++) {
		u64 twice = sum[(i + 7) % 8];

		/* x^8 = x^4 + x^3 + x + 1 */
		if (i == 1 || i == 3 || i == 4)
			twice ^= sum[7];
		q[i] = twice ^ low[i] ^ rotate(sum[i], 32);
	}
}

static inline u64 spread(const u8 *p)
{
	u64 x = (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;

	x = (x | x << 16) & 0x0000ffff0000ffffull;
	return (x | x << 8) & 0x00ff00ff00ff00ffull;
}

static inline void gather(u8 *p, u64 x)
{
	x &= 0x00ff00ff00ff00ffull;
	x = (x | x >> 8) & 0x0000ffff0000ffffull;
	x |= x >> 16;
	p[0] = (u8)x;
	p[1] = (u8)(x >> 8);
	p[2] = (u8)(x >> 16);
	p[3] = (u8)(x >> 24);
}

static inline void swap_bits(u64 *a, u64 *b, int n, u64 mask)
{
	u64 t = (*a >> n ^ *b) & mask;

	*b ^= t;
	*a ^= t << n;
}

/* Bit b of byte j of word i changes places with bit i of byte j of word b; its own inverse. */
static inline void transpose(u64 *q)
{
	int i;

	for (i = 0; i < 8; i += 2)
		swap_bits(&q[i], &q[i + 1], 1, 0x5555555555555555ull);
	for (i = 0; i < 8; i++)
		if (!(i & 2))
			swap_bits(&q[i], &q[i + 2], 2, 0x3333333333333333ull);
	for (i = 0; i < 4; i++)
		swap_bits(&q[i], &q[i + 4], 4, 0x0f0f0f0f0f0f0f0full);
}

static inline void slice_load(u64 *q, const u8 *in)
{
	int k;

	for (k = 0; k < 4; k++, in += KSRTP_BLOCK) {
		q[k] = spread(in) | spread(in + 8) << 8;
		q[k + 4] = spread(in + 4) | spread(in + 12) << 8;
	}
	transpose(q);
}

static inline void slice_store(u8 *out, u64 *q)
{
	int k;

	transpose(q);
	for (k = 0; k < 4; k++, out += KSRTP_BLOCK) {
		gather(out, q[k]);
		gather(out + 8, q[k] >> 8);
		gather(out + 4, q[k + 4]);
		gather(out + 12, q[k + 4] >> 8);
	}
}

/* Slices one round key on its way in: the same for all four blocks, so a bit becomes a nibble. */
static inline void add_round_key(u64 *q, const u8 *key)
{
	u64 even = spread(key) | spread(key + 8) << 8;
	u64 odd = spread(key + 4) | spread(key + 12) << 8;
	u64 low = (even & 0x0f0f0f0f0f0f0f0full) | (odd & 0x0f0f0f0f0f0f0f0full) << 4;
	u64 high = (even >> 4 & 0x0f0f0f0f0f0f0f0full) | (odd & 0xf0f0f0f0f0f0f0f0ull);
	int i;

	for (i = 0; i < 4; i++) {
		q[i] ^= (low >> i & 0x1111111111111111ull) * 15;
		q[i + 4] ^= (high >> i & 0x1111111111111111ull) * 15;
	}
}

static void encrypt_four(const struct ksrtp_half *half, u8 *buf)
{
	const u8 *key = half->round;
	u64 q[8];
	int i;

	slice_load(q, buf);
	add_round_key(q, key);
	for (i = 1; i < half->rounds; i++) {
		key += KSRTP_BLOCK;
		sub_bytes(q);
		shift_rows(q);
		mix_columns(q);
		add_round_key(q, key);
	}
	sub_bytes(q);
	shift_rows(q);
	add_round_key(q, key + KSRTP_BLOCK);
	slice_store(buf, q);
}

/** ksrtp_aes_ctr - see struct ksrtp_prim.ctr */
void ksrtp_aes_ctr(const struct ksrtp_half *half, const u8 *iv, u8 *first, u8 *data, u32 len)
{
	u32 counter = ksrtp_get32(iv + 12);
	u8 buf[4 * KSRTP_BLOCK];
	u32 i, n, skip;

	while (len || first) {
		for (i = 0; i < 4; i++) {
			memcpy(buf + KSRTP_BLOCK * i, iv, 12);
			ksrtp_put32(buf + KSRTP_BLOCK * i + 12, counter++);
		}
		encrypt_four(half, buf);
		skip = 0;
		if (first) {
			memcpy(first, buf, KSRTP_BLOCK);
			first = NULL;
			skip = KSRTP_BLOCK;
		}
		n = (u32)sizeof(buf) - skip;
		if (n > len)
			n = len;
		for (i = 0; i < n; i++)
			data[i] ^= buf[skip + i];
		len -= n;
		if (len)
			data += n;
	}
	ksrtp_wipe(buf, sizeof(buf));
}

/* SubWord of FIPS 197 section 5.2, with the same circuit. */
static void sub_word(u8 *word)
{
	u8 buf[4 * KSRTP_BLOCK] = { 0 };
	u64 q[8];

	memcpy(buf, word, 4);
	slice_load(q, buf);
	sub_bytes(q);
	slice_store(buf, q);
	memcpy(word, buf, 4);
	ksrtp_wipe(buf, sizeof(buf));
	ksrtp_wipe(q, sizeof(q));
}

/**
 * ksrtp_aes_expand - key expansion, FIPS 197 section 5.2
 * @half: round and rounds are filled
 * @len: 16, 24 or 32
 */
void ksrtp_aes_expand(struct ksrtp_half *half, const u8 *key, u32 len)
{
	u32 total, i, j;
	u8 rcon = 1, t[4];

	half->rounds = (u8)(len / 4 + 6);
	total = KSRTP_BLOCK * (half->rounds + 1u);
	memcpy(half->round, key, len);
	for (i = len; i < total; i += 4) {
		memcpy(t, half->round + i - 4, 4);
		if (i % len == 0) {
			u8 head = t[0];

			t[0] = t[1];
			t[1] = t[2];
			t[2] = t[3];
			t[3] = head;
			sub_word(t);
			t[0] ^= rcon;
			rcon = (u8)(rcon << 1 ^ (rcon >> 7) * 0x1b);
		} else if (len == 32 && i % len == 16) {
			sub_word(t);
		}
		for (j = 0; j < 4; j++)
			half->round[i + j] = half->round[i + j - len] ^ t[j];
	}
	ksrtp_wipe(t, sizeof(t));
}
