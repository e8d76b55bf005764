// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Session keys from a master key (RFC 3711 section 4.3, RFC 6188 section 3, RFC 7714 section 11)
 * and the master key identifier. Derivation runs when a key is set (process context), with the
 * portable primitives, and for keys with a key derivation rate in the packet path (annex.c);
 * matching runs in the packet path. No lock: keys are immutable once derived.
 */
#include "core.h"

/* RFC 3711 section 4.3.2: within the labels of a half */
enum { LABEL_KEY, LABEL_AUTH, LABEL_SALT };

/** ksrtp_master_refusal - see <ksrtp/srtp.h>; RFC 4568 section 6.3, RFC 7714 section 13.1 */
const char *ksrtp_master_refusal(const struct ksrtp_master *master)
{
	static const u64 none[4];
	bool hides = memcmp(master->encrypted, none, sizeof(none));

	if (master->kdr > KSRTP_KDR_MAX)
		return "a key derivation rate is 2^1 to 2^24 packets";
	if (master->parameters & ~(KSRTP_UNENCRYPTED_SRTP | KSRTP_UNENCRYPTED_SRTCP |
				   KSRTP_UNAUTHENTICATED_SRTP))
		return "a session parameter is not known";
	if (master->parameters && master->suite->cipher == KSRTP_CIPHER_AES_GCM)
		return "GCM always encrypts and authenticates";
	if (hides && master->parameters & KSRTP_UNENCRYPTED_SRTP)
		return "unencrypted SRTP has no encrypted header extensions";
	if (master->encrypted[0] & 1)
		return "header extension elements have ids from 1 to 255";
	return NULL;
}

/**
 * ksrtp_keys_prf - the pseudo-random function: AES-CM keystream under the master key
 * @master: round keys of the master key, and the master salt
 * @key_id: KSRTP_KEY_ID()
 */
void ksrtp_keys_prf(const struct ksrtp_prim *prim, const struct ksrtp_half *master, u64 key_id,
		    u8 *out, u32 len)
{
	u8 iv[KSRTP_BLOCK] = { 0 };

	memcpy(iv, master->salt, sizeof(master->salt));
	/* Seven bytes, right-aligned with the 14 of the salt. */
	ksrtp_put64(iv + 6, ksrtp_get64(iv + 6) ^ key_id);
	memset(out, 0, len);
	prim->ctr(master, iv, NULL, out, len);
	ksrtp_wipe(iv, sizeof(iv));
}

static u8 powers_of(bool rtcp)
{
	/* An RTCP packet now and then is not worth the memory of more. */
	return rtcp ? 1 : KSRTP_POWERS;
}

/* Bytes of struct ksrtp_half that a suite needs. */
static u16 half_size(const struct ksrtp_suite *suite, bool rtcp)
{
	size_t blocks = suite->key_len / 4u + 7u;

	if (suite->auth_len)
		blocks += (2 * KSRTP_SHA1_LEN + KSRTP_BLOCK - 1) / KSRTP_BLOCK;
	else
		blocks += powers_of(rtcp);
	return (u16)(offsetof(struct ksrtp_half, round) + KSRTP_BLOCK * blocks);
}

/** ksrtp_keys_size - see <ksrtp/srtp.h> */
size_t ksrtp_keys_size(const struct ksrtp_suite *suite, u8 mki_len)
{
	return offsetof(struct ksrtp_keys, data) + half_size(suite, false) +
	       half_size(suite, true) + mki_len;
}

/**
 * ksrtp_keys_half - the session keys of SRTP or SRTCP
 * @key_id: of the first of their three labels
 */
void ksrtp_keys_half(const struct ksrtp_prim *prim, struct ksrtp_half *half,
		     const struct ksrtp_half *master, const struct ksrtp_suite *suite, u64 key_id)
{
	u8 key[KSRTP_KEY_MAX], zero[KSRTP_BLOCK] = { 0 };
	bool rtcp = key_id >> 48 == KSRTP_LABEL_RTCP;

	memset(half, 0, half_size(suite, rtcp));
	ksrtp_keys_prf(prim, master, key_id + KSRTP_KEY_ID(LABEL_SALT, 0), half->salt,
		       suite->salt_len);
	ksrtp_keys_prf(prim, master, key_id + KSRTP_KEY_ID(LABEL_KEY, 0), key, suite->key_len);
	ksrtp_aes_expand(half, key, suite->key_len);
	if (suite->auth_len) {
		ksrtp_keys_prf(prim, master, key_id + KSRTP_KEY_ID(LABEL_AUTH, 0), key,
			       suite->auth_len);
		ksrtp_hmac_expand(half, key, suite->auth_len);
	} else {
		memset(key, 0, KSRTP_BLOCK);
		prim->ctr(half, zero, NULL, key, KSRTP_BLOCK);
		ksrtp_ghash_expand(half, key, powers_of(rtcp));
	}
	ksrtp_wipe(key, sizeof(key));
}

/** ksrtp_keys_derive - see <ksrtp/srtp.h> */
void ksrtp_keys_derive(struct ksrtp_keys *keys, const struct ksrtp_master *master,
		       struct ksrtp_annex *annex)
{
	const struct ksrtp_prim *prim = ksrtp_prim_portable();
	const struct ksrtp_suite *suite = master->suite;
	struct ksrtp_half prf;

	memset(keys, 0, ksrtp_keys_size(suite, master->mki_len));
	keys->rtcp_at = half_size(suite, false);
	keys->mki_at = (u16)(keys->rtcp_at + half_size(suite, true));
	memset(&prf, 0, sizeof(prf));
	ksrtp_aes_expand(&prf, master->key, suite->key_len);
	/* A 96-bit salt stands left, as if multiplied by 2^16: RFC 7714 section 11. */
	memcpy(prf.salt, master->salt, suite->salt_len);
	ksrtp_keys_half(prim, (struct ksrtp_half *)keys->data, &prf, suite,
			KSRTP_KEY_ID(KSRTP_LABEL_RTP, 0));
	ksrtp_keys_half(prim, (struct ksrtp_half *)(keys->data + keys->rtcp_at), &prf, suite,
			KSRTP_KEY_ID(KSRTP_LABEL_RTCP, 0));
	if (annex)
		ksrtp_annex_fill(annex, &prf, master);
	ksrtp_wipe(&prf, sizeof(prf));

	keys->suite = suite;
	keys->annex = annex;
	keys->rtp_limit = master->rtp_limit ? master->rtp_limit : KSRTP_RTP_LIMIT;
	keys->rtcp_limit = master->rtcp_limit ? master->rtcp_limit : KSRTP_RTCP_LIMIT;
	keys->parameters = master->parameters;
	keys->rtp_tag = master->parameters & KSRTP_UNAUTHENTICATED_SRTP ? 0 : suite->rtp_tag;
	keys->mki_len = master->mki_len;
	memcpy(keys->data + keys->mki_at, master->mki, master->mki_len);
}

/** ksrtp_keys_wipe - see <ksrtp/srtp.h> */
void ksrtp_keys_wipe(struct ksrtp_keys *keys)
{
	if (keys->annex)
		ksrtp_annex_wipe(keys->annex);
	ksrtp_wipe(keys, ksrtp_keys_size(keys->suite, keys->mki_len));
}

/** ksrtp_keys_match - see <ksrtp/srtp.h>; where the MKI stands: rtp.c, rtcp.c */
bool ksrtp_keys_match(const struct ksrtp_keys *keys, const u8 *data, u32 len, bool rtcp)
{
	u32 behind = keys->mki_len;

	if (!keys->mki_len)
		return true;
	if (keys->suite->cipher == KSRTP_CIPHER_AES_CM)
		behind += rtcp ? keys->suite->rtcp_tag : keys->rtp_tag;
	return len >= behind && !memcmp(data + len - behind, ksrtp_keys_mki(keys), keys->mki_len);
}
