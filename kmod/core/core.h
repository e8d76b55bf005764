/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to kmod/core: the table of primitives and what the files of the core share.
 */
#ifndef KSRTP_CORE_H
#define KSRTP_CORE_H

#include <ksrtp/srtp.h>

#define KSRTP_BLOCK	16	/* AES and GHASH */
#define KSRTP_SHA1_LEN	20
#define KSRTP_SHA1_BLOCK 64
/* UDP carries less, and AES-CM has 2^16 blocks of keystream a packet (RFC 3711 section 4.1.1). */
#define KSRTP_PACKET_MAX 65535
#define KSRTP_RTCP_HEAD	8	/* never encrypted, RFC 3711 section 3.4 */
#define KSRTP_RTCP_E	0x80000000u
#define KSRTP_RTCP_WORD	4	/* E bit and SRTCP index */

/**
 * struct ksrtp_prim - one set of primitives
 * @name: for people; starts with "portable" or names the CPU features
 * @vector: needs the vector registers
 * @ctr: xor @len bytes of @data with AES counter mode. @iv's last 32 bits count the blocks,
 *	big-endian. When @first is not NULL the first block of keystream goes there instead.
 * @sha1: the compression function over whole blocks
 * @ghash: @y = (@y + block) * H for each of @blocks blocks; @y in wire order
 */
struct ksrtp_prim {
	const char *name;
	bool vector;
	void (*ctr)(const struct ksrtp_half *half, const u8 *iv, u8 *first, u8 *data, u32 len);
	void (*sha1)(u32 *state, const u8 *data, u32 blocks);
	void (*ghash)(const struct ksrtp_half *half, u8 *y, const u8 *data, u32 blocks);
};

/* What stands behind the round keys: its offset in @half->round. */
static inline u32 ksrtp_half_behind(const struct ksrtp_half *half)
{
	return KSRTP_BLOCK * (half->rounds + 1u);
}

/* The session keys of SRTP or SRTCP. */
static inline const struct ksrtp_half *ksrtp_keys_of(const struct ksrtp_keys *keys, bool rtcp)
{
	return (const struct ksrtp_half *)(keys->data + (rtcp ? keys->rtcp_at : 0));
}

/* aes.c */
void ksrtp_aes_expand(struct ksrtp_half *half, const u8 *key, u32 len);
void ksrtp_aes_ctr(const struct ksrtp_half *half, const u8 *iv, u8 *first, u8 *data, u32 len);

/* sha1.c */
extern const u32 ksrtp_sha1_start[5];
void ksrtp_sha1_blocks(u32 *state, const u8 *data, u32 blocks);

/* ghash.c */
void ksrtp_ghash_expand(struct ksrtp_half *half, const u8 *h, u8 powers);
void ksrtp_ghash_blocks(const struct ksrtp_half *half, u8 *y, const u8 *data, u32 blocks);

/* replay.c */
enum ksrtp_verdict ksrtp_replay_check(const struct ksrtp_replay *r, u64 next, u64 index);
void ksrtp_replay_clear(struct ksrtp_replay *r, u64 next, u64 end);
void ksrtp_replay_mark(struct ksrtp_replay *r, u64 next, u64 index);

/* RFC 3711 section 4.3.1: label and r, the index DIV the key derivation rate, 48 bits */
#define KSRTP_KEY_ID(label, r)	((u64)(label) << 48 | (r))
#define KSRTP_LABEL_RTP		0	/* key, HMAC key, salt: this and the next two */
#define KSRTP_LABEL_RTCP	3	/* the same */
#define KSRTP_LABEL_EXTENSION	6	/* key, salt: RFC 6904 section 3.1 */

/* keys.c */
void ksrtp_keys_prf(const struct ksrtp_prim *prim, const struct ksrtp_half *master, u64 key_id,
		    u8 *out, u32 len);
void ksrtp_keys_half(const struct ksrtp_prim *prim, struct ksrtp_half *half,
		     const struct ksrtp_half *master, const struct ksrtp_suite *suite, u64 key_id);

/* annex.c */
void ksrtp_annex_fill(struct ksrtp_annex *annex, const struct ksrtp_half *prf,
		      const struct ksrtp_master *master);
void ksrtp_annex_wipe(struct ksrtp_annex *annex);
enum ksrtp_verdict ksrtp_annex_protect(const struct ksrtp_prim *prim, struct ksrtp_op *op);
enum ksrtp_verdict ksrtp_annex_unprotect(const struct ksrtp_prim *prim, struct ksrtp_op *op);

/* extension.c */
void ksrtp_extension_crypt(const struct ksrtp_prim *prim, const struct ksrtp_half *half,
			   const u64 *ids, const struct ksrtp_op *op);

/* ctr.c: AES-CM */
void ksrtp_ctr_iv(const struct ksrtp_half *half, u32 ssrc, u64 index, u8 *iv);

/**
 * struct ksrtp_text - what an HMAC covers
 * @tail: bytes that follow @data without standing in the packet (the ROC)
 */
struct ksrtp_text {
	const u8 *data;
	u32 len;
	u32 tail_len;
	u8 tail[4];
};

/* hmac.c */
void ksrtp_hmac_expand(struct ksrtp_half *half, const u8 *key, u32 len);
void ksrtp_hmac_sign(const struct ksrtp_prim *prim, const struct ksrtp_half *half,
		     const struct ksrtp_text *text, u8 *mac);

/**
 * struct ksrtp_gcm - one run of AES-GCM with a 96-bit IV
 * @tail: associated data that follows @aad without standing next to it (the ESRTCP word)
 */
struct ksrtp_gcm {
	const struct ksrtp_half *half;
	const u8 *aad;
	u8 *text;
	u32 aad_len;
	u32 text_len;
	u32 tail_len;
	u8 tail[4];
	u8 iv[KSRTP_BLOCK];
};

/* gcm.c */
void ksrtp_gcm_iv(struct ksrtp_gcm *g, u32 ssrc, u64 index);
void ksrtp_gcm_seal(const struct ksrtp_prim *prim, struct ksrtp_gcm *g, u8 *tag);
bool ksrtp_gcm_open(const struct ksrtp_prim *prim, struct ksrtp_gcm *g, const u8 *tag);

/* rtp.c, rtcp.c; @half: the session keys, which are not those of op->keys where r is not 0 */
enum ksrtp_verdict ksrtp_rtp_protect(const struct ksrtp_prim *prim, struct ksrtp_op *op,
				     const struct ksrtp_half *half);
enum ksrtp_verdict ksrtp_rtp_unprotect(const struct ksrtp_prim *prim, struct ksrtp_op *op,
				       const struct ksrtp_half *half);
enum ksrtp_verdict ksrtp_rtcp_protect(const struct ksrtp_prim *prim, struct ksrtp_op *op,
				      const struct ksrtp_half *half);
enum ksrtp_verdict ksrtp_rtcp_unprotect(const struct ksrtp_prim *prim, struct ksrtp_op *op,
					const struct ksrtp_half *half);

/* known.c */
const char *ksrtp_known_check(const struct ksrtp_prim *prim);
bool ksrtp_known_equal(const struct ksrtp_prim *a, const struct ksrtp_prim *b);

#ifdef __x86_64__
/* aesni.c, pclmul.c, sha1vec.c, shani.c: vector registers owned by the caller */
void ksrtp_aesni_ctr(const struct ksrtp_half *half, const u8 *iv, u8 *first, u8 *data, u32 len);
void ksrtp_pclmul_ghash(const struct ksrtp_half *half, u8 *y, const u8 *data, u32 blocks);
void ksrtp_ssse3_sha1(u32 *state, const u8 *data, u32 blocks);
void ksrtp_avx_sha1(u32 *state, const u8 *data, u32 blocks);
void ksrtp_shani_sha1(u32 *state, const u8 *data, u32 blocks);
#endif

#endif
