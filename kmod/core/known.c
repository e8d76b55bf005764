// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Known answers, from the RFCs, for one set of primitives, and the comparison of a set with the
 * portable one. Called by prim.c at start: process context, vector registers owned if the set needs
 * them.
 */
#include "core.h"

#define COMPARE_MAX 336	/* 21 blocks: more than any unrolled loop takes at a time, and a rest */

/* RFC 3711 appendix B.2: the first blocks of the keystream, and the two around counter 0xff00 */
static const u8 cm_key[16] = {
	0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88,
	0x09, 0xcf, 0x4f, 0x3c
};
static const u8 cm_salt[14] = {
	0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd
};
static const u8 cm_stream[48] = {
	0xe0, 0x3e, 0xad, 0x09, 0x35, 0xc9, 0x5e, 0x80, 0xe1, 0x66, 0xb1, 0x6d,
	0xd9, 0x2b, 0x4e, 0xb4, 0xd2, 0x35, 0x13, 0x16, 0x2b, 0x02, 0xd0, 0xf7,
	0x2a, 0x43, 0xa2, 0xfe, 0x4a, 0x5f, 0x97, 0xab, 0x41, 0xe9, 0x5b, 0x3b,
	0xb0, 0xa2, 0xe8, 0xdd, 0x47, 0x79, 0x01, 0xe4, 0xfc, 0xa8, 0x94, 0xc0
};

/* RFC 3711 appendix B.3 */
static const u8 kdf_key[16] = {
	0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0, 0xd6, 0x4f, 0xa3, 0x2c,
	0x06, 0xde, 0x41, 0x39
};
static const u8 kdf_salt[14] = {
	0x0e, 0xc6, 0x75, 0xad, 0x49, 0x8a, 0xfe, 0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6
};
static const u8 kdf_session_key[16] = {
	0xc6, 0x1e, 0x7a, 0x93, 0x74, 0x4f, 0x39, 0xee, 0x10, 0x73, 0x4a, 0xfe,
	0x3f, 0xf7, 0xa0, 0x87
};
static const u8 kdf_session_salt[14] = {
	0x30, 0xcb, 0xbc, 0x08, 0x86, 0x3d, 0x8c, 0x85, 0xd4, 0x9d, 0xb3, 0x4a, 0x9a, 0xe1
};

/* RFC 2202 section 3, test case 1 */
static const u8 hmac_mac[20] = {
	0xb6, 0x17, 0x31, 0x86, 0x55, 0x05, 0x72, 0x64, 0xe2, 0x8b, 0xc0, 0xb6,
	0xfb, 0x37, 0x8c, 0x8e, 0xf1, 0x46, 0xbe, 0x00
};

/* RFC 7714 section 16.1.1: payload encrypted, and tag */
static const u8 gcm_head[12] = {
	0x80, 0x40, 0xf1, 0x7b, 0x80, 0x41, 0xf8, 0xd3, 0x55, 0x01, 0xa0, 0xb2
};
static const char gcm_plain[] = "Gallia est omnis divisa in partes tres";
static const char gcm_salt[] = "Quid pro quo";
static const u8 gcm_cipher[38 + 16] = {
	0xf2, 0x4d, 0xe3, 0xa3, 0xfb, 0x34, 0xde, 0x6c, 0xac, 0xba, 0x86, 0x1c,
	0x9d, 0x7e, 0x4b, 0xca, 0xbe, 0x63, 0x3b, 0xd5, 0x0d, 0x29, 0x4e, 0x6f,
	0x42, 0xa5, 0xf4, 0x7a, 0x51, 0xc7, 0xd1, 0x9b, 0x36, 0xde, 0x3a, 0xdf,
	0x88, 0x33, 0x89, 0x9d, 0x7f, 0x27, 0xbe, 0xb1, 0x6a, 0x91, 0x52, 0xcf,
	0x76, 0x5e, 0xe4, 0x39, 0x0c, 0xce
};

static bool cm_good(const struct ksrtp_prim *prim)
{
	u8 iv[KSRTP_BLOCK], out[sizeof(cm_stream)] = { 0 };
	struct ksrtp_half half = { .rounds = 0 };

	ksrtp_aes_expand(&half, cm_key, sizeof(cm_key));
	memcpy(half.salt, cm_salt, sizeof(cm_salt));
	ksrtp_ctr_iv(&half, 0, 0, iv);
	prim->ctr(&half, iv, NULL, out, sizeof(out));
	return !memcmp(out, cm_stream, sizeof(out));
}

static bool hmac_good(const struct ksrtp_prim *prim)
{
	struct ksrtp_text text = { .data = (const u8 *)"Hi There", .len = 8 };
	struct ksrtp_half half = { .rounds = 0 };
	u8 key[20], mac[KSRTP_SHA1_LEN];

	memset(key, 0x0b, sizeof(key));
	ksrtp_hmac_expand(&half, key, sizeof(key));
	ksrtp_hmac_sign(prim, &half, &text, mac);
	return ksrtp_equal_ct(mac, hmac_mac, sizeof(mac));
}

static bool gcm_good(const struct ksrtp_prim *prim)
{
	u8 key[KSRTP_BLOCK], out[sizeof(gcm_cipher)] = { 0 };
	struct ksrtp_half half = { .rounds = 0 };
	struct ksrtp_gcm g = {
		.half = &half, .aad = gcm_head, .aad_len = sizeof(gcm_head),
		.text = out, .text_len = sizeof(gcm_plain) - 1,
	};
	u8 zero[KSRTP_BLOCK] = { 0 }, h[KSRTP_BLOCK] = { 0 };
	u32 i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = (u8)i;
	ksrtp_aes_expand(&half, key, sizeof(key));
	ksrtp_aes_ctr(&half, zero, NULL, h, sizeof(h));
	ksrtp_ghash_expand(&half, h, KSRTP_POWERS);
	memcpy(half.salt, gcm_salt, sizeof(gcm_salt) - 1);
	ksrtp_gcm_iv(&g, ksrtp_get32(gcm_head + 8), ksrtp_get16(gcm_head + 2));
	memcpy(out, gcm_plain, g.text_len);
	ksrtp_gcm_seal(prim, &g, out + g.text_len);
	return !memcmp(out, gcm_cipher, sizeof(out)) &&
	       ksrtp_gcm_open(prim, &g, out + g.text_len);
}

static bool kdf_good(const struct ksrtp_prim *prim)
{
	struct ksrtp_half master = { .rounds = 0 };
	u8 out[KSRTP_BLOCK];

	ksrtp_aes_expand(&master, kdf_key, sizeof(kdf_key));
	memcpy(master.salt, kdf_salt, sizeof(kdf_salt));
	ksrtp_keys_prf(prim, &master, KSRTP_KEY_ID(0, 0), out, sizeof(kdf_session_key));
	if (memcmp(out, kdf_session_key, sizeof(kdf_session_key)))
		return false;
	ksrtp_keys_prf(prim, &master, KSRTP_KEY_ID(2, 0), out, sizeof(kdf_session_salt));
	return !memcmp(out, kdf_session_salt, sizeof(kdf_session_salt));
}

static const struct {
	const char *name;
	bool (*good)(const struct ksrtp_prim *prim);
} checks[] = {
	{ "RFC 3711 B.2 counter mode", cm_good },
	{ "RFC 3711 B.3 key derivation", kdf_good },
	{ "RFC 2202 HMAC-SHA1", hmac_good },
	{ "RFC 7714 16.1 GCM", gcm_good },
};

/** ksrtp_known_check - Return: the name of the first known answer @prim gets wrong, or NULL */
const char *ksrtp_known_check(const struct ksrtp_prim *prim)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(checks); i++)
		if (!checks[i].good(prim))
			return checks[i].name;
	return NULL;
}

/* Fixed noise; what matters is only that it has no pattern. */
static void fill(u8 *p, u32 n, u32 seed)
{
	u32 x = seed * 2654435761u + 1;

	for (; n; n--) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		*p++ = (u8)(x >> 24);
	}
}

static bool ctr_equal(const struct ksrtp_prim *a, const struct ksrtp_prim *b, u32 len)
{
	static const u8 key_len[] = { 16, 24, 32 };
	u8 x[COMPARE_MAX + 1], y[COMPARE_MAX + 1], iv[KSRTP_BLOCK], first[2][KSRTP_BLOCK];
	struct ksrtp_half half = { .rounds = 0 };

	fill(x, 32, len);
	ksrtp_aes_expand(&half, x, key_len[len % 3]);
	fill(iv, sizeof(iv), len + 1);
	/* The counter wraps in 32 bits, in the middle of the data. */
	ksrtp_put32(iv + 12, len & 1 ? 0xfffffffe : 0xfffe);
	fill(x, sizeof(x), len);
	memcpy(y, x, sizeof(y));
	a->ctr(&half, iv, NULL, x + 1, len);
	b->ctr(&half, iv, NULL, y + 1, len);
	if (memcmp(x, y, sizeof(x)))
		return false;
	a->ctr(&half, iv, first[0], x, len);
	b->ctr(&half, iv, first[1], y, len);
	return !memcmp(x, y, sizeof(x)) && !memcmp(first[0], first[1], KSRTP_BLOCK);
}

static bool sha1_equal(const struct ksrtp_prim *a, const struct ksrtp_prim *b, u32 blocks)
{
	u8 data[COMPARE_MAX + 1];
	u32 x[5], y[5];

	fill(data, sizeof(data), blocks);
	memcpy(x, ksrtp_sha1_start, sizeof(x));
	memcpy(y, ksrtp_sha1_start, sizeof(y));
	a->sha1(x, data + 1, blocks);
	b->sha1(y, data + 1, blocks);
	return !memcmp(x, y, sizeof(x));
}

static bool ghash_equal(const struct ksrtp_prim *a, const struct ksrtp_prim *b, u32 blocks)
{
	u8 data[COMPARE_MAX + 1], x[KSRTP_BLOCK], y[KSRTP_BLOCK];
	struct ksrtp_half half = { .rounds = 0 };

	fill(data, sizeof(data), blocks);
	ksrtp_ghash_expand(&half, data, blocks % 2 ? 1 : KSRTP_POWERS);
	memcpy(x, data + KSRTP_BLOCK, sizeof(x));
	memcpy(y, x, sizeof(y));
	a->ghash(&half, x, data + 1, blocks);
	b->ghash(&half, y, data + 1, blocks);
	return !memcmp(x, y, sizeof(x));
}

/** ksrtp_known_equal - do two sets agree on all lengths that a loop may treat differently? */
bool ksrtp_known_equal(const struct ksrtp_prim *a, const struct ksrtp_prim *b)
{
	u32 i;

	for (i = 0; a->ctr != b->ctr && i <= COMPARE_MAX; i++)
		if (!ctr_equal(a, b, i))
			return false;
	for (i = 0; a->sha1 != b->sha1 && i <= COMPARE_MAX / KSRTP_SHA1_BLOCK; i++)
		if (!sha1_equal(a, b, i))
			return false;
	for (i = 0; a->ghash != b->ghash && i <= COMPARE_MAX / KSRTP_BLOCK; i++)
		if (!ghash_equal(a, b, i))
			return false;
	return true;
}
