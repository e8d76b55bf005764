// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HMAC-SHA1 (RFC 2104) from midstates: the two blocks that depend on the key alone are hashed once,
 * by ksrtp_hmac_expand(). Called by rtp.c and rtcp.c (RFC 3711 section 4.2); any context, no lock.
 */
#include "core.h"

/* The block that pads a message ends in its length in bits, the key's block included. */
static void put_length(u8 *end, u32 len)
{
	ksrtp_put64(end - 8, ((u64)KSRTP_SHA1_BLOCK + len) * 8);
}

/**
 * ksrtp_hmac_expand - the midstates of a key
 * @half: has its round keys; inner and outer state are put behind them
 * @len: at most KSRTP_SHA1_BLOCK
 */
void ksrtp_hmac_expand(struct ksrtp_half *half, const u8 *key, u32 len)
{
	u8 block[KSRTP_SHA1_BLOCK], *to = half->round + ksrtp_half_behind(half);
	u32 state[5], i;

	memset(block, 0x36, sizeof(block));
	for (i = 0; i < len; i++)
		block[i] ^= key[i];
	memcpy(state, ksrtp_sha1_start, sizeof(state));
	ksrtp_sha1_blocks(state, block, 1);
	memcpy(to, state, sizeof(state));
	for (i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36 ^ 0x5c;
	memcpy(state, ksrtp_sha1_start, sizeof(state));
	ksrtp_sha1_blocks(state, block, 1);
	memcpy(to + sizeof(state), state, sizeof(state));
	ksrtp_wipe(state, sizeof(state));
	ksrtp_wipe(block, sizeof(block));
}

/**
 * ksrtp_hmac_sign - the whole tag, to be truncated by the caller
 * @mac: KSRTP_SHA1_LEN bytes
 */
void ksrtp_hmac_sign(const struct ksrtp_prim *prim, const struct ksrtp_half *half,
		     const struct ksrtp_text *text, u8 *mac)
{
	u32 whole = text->len / KSRTP_SHA1_BLOCK, rest = text->len % KSRTP_SHA1_BLOCK;
	u32 used = rest + text->tail_len, blocks = used + 9 > KSRTP_SHA1_BLOCK ? 2 : 1;
	const u8 *inner = half->round + ksrtp_half_behind(half);
	u8 buf[2 * KSRTP_SHA1_BLOCK];
	u32 state[5], i;

	memcpy(state, inner, sizeof(state));
	prim->sha1(state, text->data, whole);
	memcpy(buf, text->data + KSRTP_SHA1_BLOCK * whole, rest);
	memcpy(buf + rest, text->tail, text->tail_len);
	memset(buf + used, 0, blocks * KSRTP_SHA1_BLOCK - used);
	buf[used] = 0x80;
	put_length(buf + blocks * KSRTP_SHA1_BLOCK, text->len + text->tail_len);
	prim->sha1(state, buf, blocks);

	for (i = 0; i < 5; i++)
		ksrtp_put32(buf + 4 * i, state[i]);
	memset(buf + KSRTP_SHA1_LEN, 0, KSRTP_SHA1_BLOCK - KSRTP_SHA1_LEN);
	buf[KSRTP_SHA1_LEN] = 0x80;
	put_length(buf + KSRTP_SHA1_BLOCK, KSRTP_SHA1_LEN);
	memcpy(state, inner + sizeof(state), sizeof(state));
	prim->sha1(state, buf, 1);
	/* The right tag of a forged packet would let it pass the second time. */
	ksrtp_wipe(buf, KSRTP_SHA1_LEN);
	for (i = 0; i < 5; i++)
		ksrtp_put32(mac + 4 * i, state[i]);
}
