// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The textbook twin of the core: RFC 3711 sections 3.4, 4.1.1, 4.2 and 4.3, RFC 6904 section 3,
 * RFC 7714 sections 8 and 9, from the formulas as they stand there. Numbers of 128 bits are arrays
 * of bytes, most significant first.
 */
#include "tests/unit/twin.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#define TWIN_MAX 70000

static void must(bool good)
{
	if (!good)
		abort();
}

static bool is_gcm(const struct ksrtp_master *m)
{
	return !m->suite->auth_len;
}

/* to ^= value * 256^shift, where the last byte has the place 0 */
static void add_in(u8 to[16], u64 value, int shift)
{
	int place;

	for (place = shift; place < 16 && place < shift + 8; place++)
		to[15 - place] ^= (u8)(value >> 8 * (place - shift));
}

static void aes(const u8 *key, u32 key_len, const u8 in[16], u8 out[16])
{
	const EVP_CIPHER *cipher = key_len == 16 ? EVP_aes_128_ecb() :
				   key_len == 24 ? EVP_aes_192_ecb() : EVP_aes_256_ecb();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	must(EVP_EncryptInit_ex(ctx, cipher, NULL, key, NULL) == 1);
	must(EVP_EncryptUpdate(ctx, out, &n, in, 16) == 1);
	EVP_CIPHER_CTX_free(ctx);
}

/* Byte @at of the keystream that begins at @iv. */
static u8 keystream(const u8 *key, u32 key_len, const u8 iv[16], u32 at)
{
	static u8 last_key[32], last_in[16], last_out[16];
	static u32 last_len;
	u8 in[16];
	u32 carry = at / 16;
	int i;

	memcpy(in, iv, 16);
	for (i = 15; i >= 0 && carry; i--) {
		carry += in[i];
		in[i] = (u8)carry;
		carry >>= 8;
	}
	if (last_len != key_len || memcmp(last_key, key, key_len) || memcmp(last_in, in, 16)) {
		aes(key, key_len, in, last_out);
		memcpy(last_key, key, key_len);
		memcpy(last_in, in, 16);
		last_len = key_len;
	}
	return last_out[at % 16];
}

void twin_derive(const struct ksrtp_master *m, u8 label, u64 r, u8 *out, u32 len)
{
	u8 x[16] = { 0 };
	u32 i;

	/* x = key_id XOR master_salt, and the counter begins at x * 2^16 */
	memcpy(x, m->salt, m->suite->salt_len);
	add_in(x, r, 2);
	add_in(x, label, 8);
	for (i = 0; i < len; i++)
		out[i] = keystream(m->key, m->suite->key_len, x, i);
}

/* One packet's keys, and which packet it is. */
struct session {
	const struct ksrtp_master *m;
	u64 index;
	bool rtcp;
	u8 key[32], auth[20], salt[16];
	u8 header_key[32], header_salt[16];
};

static void derive(const struct ksrtp_master *m, u64 index, bool rtcp, struct session *s)
{
	u64 r = m->kdr ? index / ((u64)1 << m->kdr) : 0;
	u8 first = rtcp ? 3 : 0;

	memset(s, 0, sizeof(*s));
	s->m = m;
	s->index = index;
	s->rtcp = rtcp;
	twin_derive(m, first, r, s->key, m->suite->key_len);
	twin_derive(m, first + 1, r, s->auth, 20);
	twin_derive(m, first + 2, r, s->salt, m->suite->salt_len);
	twin_derive(m, 6, r, s->header_key, m->suite->key_len);
	twin_derive(m, 7, r, s->header_salt, m->suite->salt_len);
}

static u32 ssrc_of(const u8 *data, bool rtcp)
{
	const u8 *p = data + (rtcp ? 4 : 8);

	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

/* Bytes that are never encrypted, but for elements of the extension. */
static u32 head_len(const u8 *data, bool rtcp)
{
	u32 head = 12 + 4u * (data[0] & 15);

	if (rtcp)
		return 8;
	if (data[0] & 0x10)
		head += 4 + 4 * ((u32)data[head + 2] << 8 | data[head + 3]);
	return head;
}

static void cm_iv(const u8 salt[16], u32 ssrc, u64 index, u8 iv[16])
{
	memcpy(iv, salt, 16);
	add_in(iv, ssrc, 8);
	add_in(iv, index, 2);
}

static void crypt(const struct session *s, u8 *data, u32 len)
{
	u32 head = head_len(data, s->rtcp), i;
	u8 iv[16];

	cm_iv(s->salt, ssrc_of(data, s->rtcp), s->index, iv);
	for (i = head; i < len; i++)
		data[i] ^= keystream(s->key, s->m->suite->key_len, iv, i - head);
}

/* RFC 6904 section 3.2: a mask over the extension, 1 where data of a chosen element stands */
static void header_mask(const struct ksrtp_master *m, const u8 *body, u32 len, bool two, u8 *mask)
{
	u32 i = 0, n, id;

	memset(mask, 0, len);
	while (i < len) {
		if (!body[i]) {
			i++;
			continue;
		}
		id = two ? body[i] : body[i] >> 4;
		if (!two && id == 15)
			return;
		if (two && i + 1 == len)
			return;
		n = two ? body[i + 1] : (body[i] & 15) + 1u;
		i += two ? 2 : 1;
		if (i + n > len)
			return;
		if (m->encrypted[id / 64] & (u64)1 << id % 64)
			memset(mask + i, 1, n);
		i += n;
	}
}

static void header_crypt(const struct ksrtp_master *m, const struct session *s, u64 index, u8 *data)
{
	u32 at = 12 + 4u * (data[0] & 15), len, i;
	u8 mask[TWIN_MAX], iv[16];
	u32 profile;

	if (!(data[0] & 0x10))
		return;
	profile = (u32)data[at] << 8 | data[at + 1];
	len = 4 * ((u32)data[at + 2] << 8 | data[at + 3]);
	at += 4;
	if (profile != 0xbede && profile >> 4 != 0x100)
		return;
	header_mask(m, data + at, len, profile != 0xbede, mask);
	cm_iv(s->header_salt, ssrc_of(data, false), index, iv);
	for (i = 0; i < len; i++)
		if (mask[i])
			data[at + i] ^= keystream(s->header_key, m->suite->key_len, iv, i);
}

static void hmac(const struct session *s, const u8 *text, u32 len, u8 mac[20])
{
	unsigned int n = 20;

	must(HMAC(EVP_sha1(), s->auth, 20, text, len, mac, &n));
}

/* What GCM authenticates, and what it encrypts besides. */
struct gcm_text {
	const u8 *aad;
	u32 aad_len;
	u8 *text;
	u32 len;
	u8 *tag;
};

/* Both ways. Return: the tag was right (when opening) */
static bool gcm(const struct session *s, u32 ssrc, const struct gcm_text *t, bool open)
{
	const EVP_CIPHER *cipher =
		s->m->suite->key_len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	u8 number[16] = { 0 }, iv[12], out[TWIN_MAX], none[16];
	int i, n, done;

	/* 00 00 SSRC ROC SEQ, or 00 00 SSRC 00 00 index */
	add_in(number, ssrc, 6);
	add_in(number, s->index, 0);
	for (i = 0; i < 12; i++)
		iv[i] = s->salt[i] ^ number[4 + i];
	must(EVP_CipherInit_ex(ctx, cipher, NULL, s->key, iv, !open) == 1);
	must(EVP_CipherUpdate(ctx, NULL, &n, t->aad, (int)t->aad_len) == 1);
	must(!t->len || EVP_CipherUpdate(ctx, out, &n, t->text, (int)t->len) == 1);
	if (open)
		must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, 16, t->tag) == 1);
	done = EVP_CipherFinal_ex(ctx, none, &n);
	if (done == 1)
		memcpy(t->text, out, t->len);
	if (!open)
		must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, t->tag) == 1);
	EVP_CIPHER_CTX_free(ctx);
	return done == 1;
}

static bool rtp_gcm(const struct session *s, u8 *data, u32 len, bool open)
{
	u32 head = head_len(data, false);
	struct gcm_text t = {
		.aad = data, .aad_len = head, .text = data + head, .len = len - head,
		.tag = data + len,
	};

	return gcm(s, ssrc_of(data, false), &t, open);
}

static void put32(u8 *p, u64 v)
{
	int i;

	for (i = 0; i < 4; i++)
		p[i] = (u8)(v >> (24 - 8 * i));
}

/* What a tag is made of: the packet and, unsent, the ROC. */
static void rtp_mac(const struct session *s, u64 index, const u8 *data, u32 len, u8 mac[20])
{
	u8 text[TWIN_MAX];

	memcpy(text, data, len);
	put32(text + len, index >> 16);
	hmac(s, text, len + 4, mac);
}

static bool has(const struct ksrtp_master *m, u8 parameter)
{
	return m->parameters & parameter;
}

static u32 protect_rtp(const struct ksrtp_master *m, const struct session *s, u64 index, u8 *data,
		       u32 len)
{
	u8 mac[20];

	header_crypt(m, s, index, data);
	if (is_gcm(m)) {
		rtp_gcm(s, data, len, false);
		memcpy(data + len + 16, m->mki, m->mki_len);
		return len + 16 + m->mki_len;
	}
	if (!has(m, KSRTP_UNENCRYPTED_SRTP))
		crypt(s, data, len);
	rtp_mac(s, index, data, len, mac);
	memcpy(data + len, m->mki, m->mki_len);
	len += m->mki_len;
	if (has(m, KSRTP_UNAUTHENTICATED_SRTP))
		return len;
	memcpy(data + len, mac, m->suite->rtp_tag);
	return len + m->suite->rtp_tag;
}

/* The header, or without encryption all of it, then E and index: RFC 7714 sections 9.2 and 9.3 */
static bool rtcp_gcm(const struct session *s, u8 *data, u32 len, u8 *trailer, bool open)
{
	const u8 *word = trailer + 16;
	u32 head = word[0] & 0x80 ? 8 : len;
	u8 aad[TWIN_MAX];
	struct gcm_text t = {
		.aad = aad, .aad_len = head + 4, .text = data + head, .len = len - head,
		.tag = trailer,
	};

	memcpy(aad, data, head);
	memcpy(aad + head, word, 4);
	return gcm(s, ssrc_of(data, true), &t, open);
}

static u32 protect_rtcp(const struct ksrtp_master *m, const struct session *s, u64 index, u8 *data,
			u32 len)
{
	bool encrypt = !has(m, KSRTP_UNENCRYPTED_SRTCP);
	u8 word[4], mac[20];

	put32(word, index | (encrypt ? 0x80000000 : 0));
	if (is_gcm(m)) {
		memcpy(data + len + 16, word, 4);
		rtcp_gcm(s, data, len, data + len, false);
		memcpy(data + len + 20, m->mki, m->mki_len);
		return len + 20 + m->mki_len;
	}
	if (encrypt)
		crypt(s, data, len);
	memcpy(data + len, word, 4);
	hmac(s, data, len + 4, mac);
	memcpy(data + len + 4, m->mki, m->mki_len);
	memcpy(data + len + 4 + m->mki_len, mac, m->suite->rtcp_tag);
	return len + 4 + m->mki_len + m->suite->rtcp_tag;
}

u32 twin_protect(const struct ksrtp_master *m, u64 index, bool rtcp, u8 *data, u32 len)
{
	struct session s;

	derive(m, index, rtcp, &s);
	return rtcp ? protect_rtcp(m, &s, index, data, len) : protect_rtp(m, &s, index, data, len);
}

static enum ksrtp_verdict open_rtp(const struct ksrtp_master *m, const struct session *s, u64 index,
				   u8 *data, u32 *len)
{
	u32 n = *len - m->mki_len;
	u32 tag = has(m, KSRTP_UNAUTHENTICATED_SRTP) ? 0 : m->suite->rtp_tag;
	u8 mac[20];

	n -= tag;
	if (memcmp(data + n + (is_gcm(m) ? tag : 0), m->mki, m->mki_len))
		return KSRTP_VERDICT_MKI;
	if (is_gcm(m)) {
		if (!rtp_gcm(s, data, n, true))
			return KSRTP_VERDICT_TAG;
	} else {
		rtp_mac(s, index, data, n, mac);
		if (memcmp(mac, data + n + m->mki_len, tag))
			return KSRTP_VERDICT_TAG;
		if (!has(m, KSRTP_UNENCRYPTED_SRTP))
			crypt(s, data, n);
	}
	header_crypt(m, s, index, data);
	*len = n;
	return KSRTP_VERDICT_OK;
}

static enum ksrtp_verdict open_rtcp(const struct ksrtp_master *m, const struct session *s,
				    u64 index, u8 *data, u32 *len)
{
	u32 n = *len - 4 - m->mki_len - m->suite->rtcp_tag;
	u8 *word = data + n + (is_gcm(m) ? 16 : 0), *mki = word + 4, mac[20], want[4];
	bool e = word[0] & 0x80, agreed = !has(m, KSRTP_UNENCRYPTED_SRTCP);
	u8 copy[TWIN_MAX];

	if (memcmp(mki, m->mki, m->mki_len))
		return KSRTP_VERDICT_MKI;
	put32(want, index | (e ? 0x80000000 : 0));
	if (memcmp(word, want, 4))
		return KSRTP_VERDICT_TAG;
	memcpy(copy, data, n);
	if (is_gcm(m)) {
		if (!rtcp_gcm(s, copy, n, data + n, true))
			return KSRTP_VERDICT_TAG;
	} else {
		hmac(s, data, n + 4, mac);
		if (memcmp(mac, mki + m->mki_len, m->suite->rtcp_tag))
			return KSRTP_VERDICT_TAG;
		if (e)
			crypt(s, copy, n);
	}
	if (e != agreed)
		return e ? KSRTP_VERDICT_E_BIT : KSRTP_VERDICT_CLEAR;
	memcpy(data, copy, n);
	*len = n;
	return KSRTP_VERDICT_OK;
}

enum ksrtp_verdict twin_unprotect(const struct ksrtp_master *m, u64 index, bool rtcp, u8 *data,
				  u32 *len)
{
	struct session s;

	derive(m, index, rtcp, &s);
	return rtcp ? open_rtcp(m, &s, index, data, len) : open_rtp(m, &s, index, data, len);
}
