// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AES-GCM with a 96-bit IV (NIST SP 800-38D) as SRTP uses it (RFC 7714). Called by rtp.c and
 * rtcp.c; any context, no lock.
 */
#include "core.h"

/**
 * ksrtp_gcm_iv - RFC 7714 sections 8.1 and 9.1, with the block counter behind it
 * @g: half is set, iv is filled
 * @index: 48-bit SRTP index (ROC and SEQ) or 31-bit SRTCP index; both stand alike
 */
void ksrtp_gcm_iv(struct ksrtp_gcm *g, u32 ssrc, u64 index)
{
	const u8 *salt = g->half->salt;

	ksrtp_put64(g->iv, ksrtp_get64(salt) ^ (u64)ssrc << 16 ^ index >> 32);
	ksrtp_put32(g->iv + 8, ksrtp_get32(salt + 8) ^ (u32)index);
	ksrtp_put32(g->iv + 12, 1);
}

/* The associated data as one string, filled up to whole blocks with zeroes. */
static void absorb(const struct ksrtp_prim *prim, const struct ksrtp_gcm *g, u8 *y)
{
	u32 whole = g->aad_len / KSRTP_BLOCK, rest = g->aad_len % KSRTP_BLOCK;
	u8 buf[2 * KSRTP_BLOCK] = { 0 };

	if (whole)
		prim->ghash(g->half, y, g->aad, whole);
	memcpy(buf, g->aad + KSRTP_BLOCK * whole, rest);
	memcpy(buf + rest, g->tail, g->tail_len);
	rest += g->tail_len;
	if (rest)
		prim->ghash(g->half, y, buf, rest > KSRTP_BLOCK ? 2 : 1);
}

/* GHASH over associated data, ciphertext and their lengths, xor the mask E(K, IV 1). */
static void make_tag(const struct ksrtp_prim *prim, const struct ksrtp_gcm *g, const u8 *mask,
		     u8 *tag)
{
	u32 whole = g->text_len / KSRTP_BLOCK, rest = g->text_len % KSRTP_BLOCK;
	u32 last = rest ? KSRTP_BLOCK : 0;
	u8 buf[2 * KSRTP_BLOCK] = { 0 };
	u8 y[KSRTP_BLOCK] = { 0 };
	u32 i;

	absorb(prim, g, y);
	if (whole)
		prim->ghash(g->half, y, g->text, whole);
	memcpy(buf, g->text + KSRTP_BLOCK * whole, rest);
	ksrtp_put64(buf + last, ((u64)g->aad_len + g->tail_len) * 8);
	ksrtp_put64(buf + last + 8, (u64)g->text_len * 8);
	prim->ghash(g->half, y, buf, rest ? 2 : 1);
	for (i = 0; i < KSRTP_BLOCK; i++)
		tag[i] = y[i] ^ mask[i];
}

/**
 * ksrtp_gcm_seal - encrypt @g->text in place and write the tag
 * @tag: 16 bytes, not within the text
 */
void ksrtp_gcm_seal(const struct ksrtp_prim *prim, struct ksrtp_gcm *g, u8 *tag)
{
	u8 mask[KSRTP_BLOCK];

	prim->ctr(g->half, g->iv, mask, g->text, g->text_len);
	make_tag(prim, g, mask, tag);
	ksrtp_wipe(mask, sizeof(mask));
}

/**
 * ksrtp_gcm_open - verify, then decrypt @g->text in place
 *
 * Return: false, and nothing changed, when the tag is wrong.
 */
bool ksrtp_gcm_open(const struct ksrtp_prim *prim, struct ksrtp_gcm *g, const u8 *tag)
{
	u8 mask[KSRTP_BLOCK], want[KSRTP_BLOCK];
	bool good;

	prim->ctr(g->half, g->iv, mask, NULL, 0);
	make_tag(prim, g, mask, want);
	good = ksrtp_equal_ct(want, tag, sizeof(want));
	/* The right tag of a forged packet would let it pass the second time. */
	ksrtp_wipe(want, sizeof(want));
	ksrtp_wipe(mask, sizeof(mask));
	if (good) {
		ksrtp_put32(g->iv + 12, 2);
		prim->ctr(g->half, g->iv, NULL, g->text, g->text_len);
	}
	return good;
}
