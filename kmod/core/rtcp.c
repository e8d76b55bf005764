// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Protect and unprotect one SRTCP packet (RFC 3711 section 3.4, RFC 7714 section 9). Pure functions
 * of keys, packet and index, called by batch.c, which has checked length and room; any context, no
 * lock, vector registers owned when the primitives ask for them.
 *
 * AES-CM:   header | encrypted rest | E and index | MKI | tag
 * GCM:      header | encrypted rest | tag | E and index | MKI
 *
 * Encrypted or not is a matter of what was agreed, never of the E bit, which RFC 4568 section 6.3.2
 * does not let override it: a packet whose bit says otherwise is verified as it stands and then
 * refused, as CLEAR when it came unencrypted, so that the word tells what the peer really did and
 * no stranger can provoke it.
 */
#include "core.h"

/* How the trailer of one packet lies; offsets from the start of the packet. */
struct trailer {
	u32 tag;
	u32 word;	/* E and index */
	u32 mki;
};

/* @len: of the packet without trailer */
static struct trailer trailer_at(const struct ksrtp_keys *keys, u32 len)
{
	u32 tag = keys->suite->rtcp_tag;

	if (keys->suite->cipher == KSRTP_CIPHER_AES_GCM)
		return (struct trailer){
			.tag = len, .word = len + tag, .mki = len + tag + KSRTP_RTCP_WORD
		};
	return (struct trailer){
		.word = len, .mki = len + KSRTP_RTCP_WORD,
		.tag = len + KSRTP_RTCP_WORD + keys->mki_len
	};
}

static bool encrypts(const struct ksrtp_keys *keys)
{
	return likely(!(keys->parameters & KSRTP_UNENCRYPTED_SRTCP));
}

static void crypt(const struct ksrtp_prim *prim, const struct ksrtp_op *op,
		  const struct ksrtp_half *half, u32 len)
{
	u8 iv[KSRTP_BLOCK];

	ksrtp_ctr_iv(half, ksrtp_get32(op->data + 4), op->index, iv);
	prim->ctr(half, iv, NULL, op->data + KSRTP_RTCP_HEAD, len - KSRTP_RTCP_HEAD);
}

static void sign(const struct ksrtp_prim *prim, const struct ksrtp_op *op,
		 const struct ksrtp_half *half, u32 len, u8 *mac)
{
	struct ksrtp_text text = { .data = op->data, .len = len + KSRTP_RTCP_WORD };

	ksrtp_hmac_sign(prim, half, &text, mac);
}

/* RFC 7714 section 9.2; section 9.3 when not @encrypted: then everything is associated data. */
static void gcm_fill(struct ksrtp_gcm *g, const struct ksrtp_op *op, const struct ksrtp_half *half,
		     u32 len, bool encrypted)
{
	u32 head = encrypted ? KSRTP_RTCP_HEAD : len;

	g->half = half;
	g->aad = op->data;
	g->aad_len = head;
	g->text = op->data + head;
	g->text_len = len - head;
	g->tail_len = KSRTP_RTCP_WORD;
	ksrtp_put32(g->tail, (u32)op->index | (encrypted ? KSRTP_RTCP_E : 0));
	ksrtp_gcm_iv(g, ksrtp_get32(op->data + 4), op->index);
}

/**
 * ksrtp_rtcp_index - see <ksrtp/srtp.h>; RFC 3711 section 3.4
 */
enum ksrtp_verdict ksrtp_rtcp_index(const struct ksrtp_keys *keys, const u8 *data, u32 len,
				    u32 *index, bool *encrypted)
{
	u32 growth = ksrtp_growth(keys, true), word;

	if (len < growth + KSRTP_RTCP_HEAD)
		return KSRTP_VERDICT_SHORT;
	word = ksrtp_get32(data + trailer_at(keys, len - growth).word);
	*index = word & ~KSRTP_RTCP_E;
	*encrypted = word & KSRTP_RTCP_E;
	return KSRTP_VERDICT_OK;
}

/** ksrtp_rtcp_protect - encrypt and authenticate; see ksrtp_protect(). Return: OK */
enum ksrtp_verdict ksrtp_rtcp_protect(const struct ksrtp_prim *prim, struct ksrtp_op *op,
				      const struct ksrtp_half *half)
{
	const struct ksrtp_keys *keys = op->keys;
	struct trailer at = trailer_at(keys, op->len);
	u8 mac[KSRTP_SHA1_LEN];
	struct ksrtp_gcm g;

	if (keys->suite->cipher == KSRTP_CIPHER_AES_GCM) {
		gcm_fill(&g, op, half, op->len, true);
		ksrtp_gcm_seal(prim, &g, op->data + at.tag);
		ksrtp_put32(op->data + at.word, (u32)op->index | KSRTP_RTCP_E);
	} else {
		if (encrypts(keys))
			crypt(prim, op, half, op->len);
		ksrtp_put32(op->data + at.word,
			    (u32)op->index | (encrypts(keys) ? KSRTP_RTCP_E : 0));
		sign(prim, op, half, op->len, mac);
		memcpy(op->data + at.tag, mac, keys->suite->rtcp_tag);
	}
	memcpy(op->data + at.mki, ksrtp_keys_mki(keys), keys->mki_len);
	op->len += ksrtp_growth(keys, true);
	return KSRTP_VERDICT_OK;
}

/**
 * ksrtp_rtcp_unprotect - verify, then decrypt; see ksrtp_unprotect()
 *
 * Return: OK, TAG, CLEAR or E_BIT
 */
enum ksrtp_verdict ksrtp_rtcp_unprotect(const struct ksrtp_prim *prim, struct ksrtp_op *op,
					const struct ksrtp_half *half)
{
	const struct ksrtp_keys *keys = op->keys;
	u32 len = op->len - ksrtp_growth(keys, true);
	struct trailer at = trailer_at(keys, len);
	u32 word = ksrtp_get32(op->data + at.word);
	bool encrypted = word & KSRTP_RTCP_E, good;
	u8 mac[KSRTP_SHA1_LEN];
	struct ksrtp_gcm g;

	/* The index the caller looked up must be the one that is authenticated. */
	if ((word & ~KSRTP_RTCP_E) != op->index)
		return KSRTP_VERDICT_TAG;
	if (keys->suite->cipher == KSRTP_CIPHER_AES_GCM) {
		gcm_fill(&g, op, half, len, encrypted);
		good = ksrtp_gcm_open(prim, &g, op->data + at.tag);
	} else {
		sign(prim, op, half, len, mac);
		good = ksrtp_equal_ct(mac, op->data + at.tag, keys->suite->rtcp_tag);
		ksrtp_wipe(mac, sizeof(mac));
		if (good && encrypted && encrypts(keys))
			crypt(prim, op, half, len);
	}
	if (!good)
		return KSRTP_VERDICT_TAG;
	if (encrypted != encrypts(keys))
		return encrypted ? KSRTP_VERDICT_E_BIT : KSRTP_VERDICT_CLEAR;
	op->len = len;
	return KSRTP_VERDICT_OK;
}
