// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Session keys from a master key (RFC 3711 section 4.3, RFC 6188 section 3, RFC 7714 section 11)
 * and the master key identifier. Derivation runs when a key is set (process context), with the
 * portable primitives; matching runs in the packet path. No lock: keys are immutable once derived.
 */
#include "core.h"

/* RFC 3711 section 4.3.2: label of the SRTP encryption key; SRTCP's three follow SRTP's three. */
enum { LABEL_KEY, LABEL_AUTH, LABEL_SALT, LABELS_HALF };

/**
 * ksrtp_keys_prf - the pseudo-random function: AES-CM keystream under the master key
 * @master: round keys of the master key, and the master salt
 * @label: with key derivation rate 0 the whole key_id, which meets byte 7 of the salt
 */
void ksrtp_keys_prf(const struct ksrtp_half *master, u8 label, u8 *out, u32 len)
{
	u8 iv[KSRTP_BLOCK];

	memcpy(iv, master->salt, sizeof(iv));
	iv[7] ^= label;
	memset(out, 0, len);
	ksrtp_aes_ctr(master, iv, NULL, out, len);
	ksrtp_wipe(iv, sizeof(iv));
}

static void derive_half(struct ksrtp_half *half, const struct ksrtp_half *master,
			const struct ksrtp_suite *suite, u8 label)
{
	u8 key[KSRTP_KEY_MAX], zero[KSRTP_BLOCK] = { 0 };

	memset(half, 0, sizeof(*half));
	ksrtp_keys_prf(master, label + LABEL_SALT, half->salt, suite->salt_len);
	if (suite->auth_len) {
		ksrtp_keys_prf(master, label + LABEL_AUTH, key, suite->auth_len);
		ksrtp_hmac_expand(half, key, suite->auth_len);
	}
	ksrtp_keys_prf(master, label + LABEL_KEY, key, suite->key_len);
	ksrtp_aes_expand(half, key, suite->key_len);
	if (suite->cipher == KSRTP_CIPHER_AES_GCM) {
		memset(key, 0, KSRTP_BLOCK);
		ksrtp_aes_ctr(half, zero, NULL, key, KSRTP_BLOCK);
		ksrtp_ghash_expand(half, key);
	}
	ksrtp_wipe(key, sizeof(key));
}

/** ksrtp_keys_derive - see <ksrtp/srtp.h> */
void ksrtp_keys_derive(struct ksrtp_keys *keys, const struct ksrtp_master *master)
{
	const struct ksrtp_suite *suite = master->suite;
	struct ksrtp_half prf;

	memset(keys, 0, sizeof(*keys));
	memset(&prf, 0, sizeof(prf));
	ksrtp_aes_expand(&prf, master->key, suite->key_len);
	/* A 96-bit salt stands left, as if multiplied by 2^16: RFC 7714 section 11. */
	memcpy(prf.salt, master->salt, suite->salt_len);
	derive_half(&keys->rtp, &prf, suite, 0);
	derive_half(&keys->rtcp, &prf, suite, LABELS_HALF);
	ksrtp_wipe(&prf, sizeof(prf));

	keys->suite = suite;
	keys->rtp_limit = master->rtp_limit ? master->rtp_limit : KSRTP_RTP_LIMIT;
	keys->rtcp_limit = master->rtcp_limit ? master->rtcp_limit : KSRTP_RTCP_LIMIT;
	keys->mki_len = master->mki_len;
	memcpy(keys->mki, master->mki, master->mki_len);
}

/** ksrtp_keys_wipe - see <ksrtp/srtp.h> */
void ksrtp_keys_wipe(struct ksrtp_keys *keys)
{
	ksrtp_wipe(keys, sizeof(*keys));
}

/** ksrtp_keys_match - see <ksrtp/srtp.h>; where the MKI stands: rtp.c, rtcp.c */
bool ksrtp_keys_match(const struct ksrtp_keys *keys, const u8 *data, u32 len, bool rtcp)
{
	u32 behind = keys->mki_len;

	if (!keys->mki_len)
		return true;
	if (keys->suite->cipher == KSRTP_CIPHER_AES_CM)
		behind += rtcp ? keys->suite->rtcp_tag : keys->suite->rtp_tag;
	return len >= behind && !memcmp(data + len - behind, keys->mki, keys->mki_len);
}
