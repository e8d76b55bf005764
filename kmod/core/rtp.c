// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Protect and unprotect one SRTP packet (RFC 3711 sections 3.1, 4.1.1 and 4.2; RFC 7714 section 8).
 * Pure functions of keys, packet and index, called by batch.c, which has checked length and room;
 * any context, no lock, vector registers owned when the primitives ask for them.
 *
 * AES-CM:   header | encrypted payload | MKI | tag
 * GCM:      header | encrypted payload | tag | MKI
 */
#include "core.h"

/* RFC 3711 section 4.2: the ROC is authenticated behind the packet though it is not sent. */
static void sign(const struct ksrtp_prim *prim, const struct ksrtp_op *op,
		 const struct ksrtp_half *half, u32 len, u8 *mac)
{
	struct ksrtp_text text = { .data = op->data, .len = len, .tail_len = 4 };

	ksrtp_put32(text.tail, (u32)(op->index >> 16));
	ksrtp_hmac_sign(prim, half, &text, mac);
}

static void crypt(const struct ksrtp_prim *prim, const struct ksrtp_op *op,
		  const struct ksrtp_half *half, u32 len)
{
	u8 iv[KSRTP_BLOCK];

	if (unlikely(op->keys->parameters & KSRTP_UNENCRYPTED_SRTP))
		return;
	ksrtp_ctr_iv(half, ksrtp_get32(op->data + 8), op->index, iv);
	prim->ctr(half, iv, NULL, op->data + op->head, len - op->head);
}

static void gcm_fill(struct ksrtp_gcm *g, const struct ksrtp_op *op, const struct ksrtp_half *half,
		     u32 len)
{
	g->half = half;
	g->aad = op->data;
	g->aad_len = op->head;
	g->text = op->data + op->head;
	g->text_len = len - op->head;
	g->tail_len = 0;
	ksrtp_gcm_iv(g, ksrtp_get32(op->data + 8), op->index);
}

/** ksrtp_rtp_protect - encrypt and authenticate; see ksrtp_protect(). Return: OK */
enum ksrtp_verdict ksrtp_rtp_protect(const struct ksrtp_prim *prim, struct ksrtp_op *op,
				     const struct ksrtp_half *half)
{
	const struct ksrtp_keys *keys = op->keys;
	u8 *end = op->data + op->len;
	u8 mac[KSRTP_SHA1_LEN];
	struct ksrtp_gcm g;

	if (keys->suite->cipher == KSRTP_CIPHER_AES_GCM) {
		gcm_fill(&g, op, half, op->len);
		ksrtp_gcm_seal(prim, &g, end);
		memcpy(end + keys->rtp_tag, ksrtp_keys_mki(keys), keys->mki_len);
	} else {
		crypt(prim, op, half, op->len);
		if (ksrtp_keys_authentic(keys, false)) {
			sign(prim, op, half, op->len, mac);
			memcpy(end + keys->mki_len, mac, keys->rtp_tag);
		}
		memcpy(end, ksrtp_keys_mki(keys), keys->mki_len);
	}
	op->len += keys->mki_len + keys->rtp_tag;
	return KSRTP_VERDICT_OK;
}

/* The AES-CM suites: is @len bytes of packet followed by their tag? */
static bool verify(const struct ksrtp_prim *prim, const struct ksrtp_op *op,
		   const struct ksrtp_half *half, u32 len)
{
	const struct ksrtp_keys *keys = op->keys;
	u8 mac[KSRTP_SHA1_LEN];
	bool good;

	if (!ksrtp_keys_authentic(keys, false))
		return true;
	sign(prim, op, half, len, mac);
	good = ksrtp_equal_ct(mac, op->data + len + keys->mki_len, keys->rtp_tag);
	ksrtp_wipe(mac, sizeof(mac));
	return good;
}

/** ksrtp_rtp_unprotect - verify, then decrypt; see ksrtp_unprotect(). Return: OK or TAG */
enum ksrtp_verdict ksrtp_rtp_unprotect(const struct ksrtp_prim *prim, struct ksrtp_op *op,
				       const struct ksrtp_half *half)
{
	const struct ksrtp_keys *keys = op->keys;
	u32 len = op->len - keys->mki_len - keys->rtp_tag;
	struct ksrtp_gcm g;
	bool good;

	if (keys->suite->cipher == KSRTP_CIPHER_AES_GCM) {
		gcm_fill(&g, op, half, len);
		good = ksrtp_gcm_open(prim, &g, op->data + len);
	} else {
		good = verify(prim, op, half, len);
		if (good)
			crypt(prim, op, half, len);
	}
	if (!good)
		return KSRTP_VERDICT_TAG;
	op->len = len;
	return KSRTP_VERDICT_OK;
}
