// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libsrtp2 as the oracle of the core's tests, with packets and noise to feed both.
 */
#include <cpuid.h>
#include <stdio.h>
#include <srtp2/crypto_types.h>
#include <stdlib.h>

#include "tests/unit/oracle.h"

static void policy_lessen(srtp_crypto_policy_t *p, u8 parameters, bool rtcp)
{
	if (parameters & (rtcp ? KSRTP_UNENCRYPTED_SRTCP : KSRTP_UNENCRYPTED_SRTP))
		p->sec_serv &= ~(unsigned int)sec_serv_conf;
	if (!rtcp && parameters & KSRTP_UNAUTHENTICATED_SRTP) {
		p->sec_serv &= ~(unsigned int)sec_serv_auth;
		p->auth_type = SRTP_NULL_AUTH;
		p->auth_key_len = 0;
		p->auth_tag_len = 0;
	}
}

static void policy_fill(srtp_crypto_policy_t *p, const struct ksrtp_suite *suite, bool rtcp)
{
	u32 tag = rtcp ? suite->rtcp_tag : suite->rtp_tag;

	memset(p, 0, sizeof(*p));
	p->sec_serv = sec_serv_conf_and_auth;
	p->cipher_key_len = suite->key_len + suite->salt_len;
	p->auth_tag_len = (int)tag;
	if (suite->cipher == KSRTP_CIPHER_AES_GCM) {
		p->cipher_type = suite->key_len == 16 ? SRTP_AES_GCM_128 : SRTP_AES_GCM_256;
		p->auth_type = SRTP_NULL_AUTH;
		return;
	}
	p->cipher_type = suite->key_len == 16 ? SRTP_AES_ICM_128 :
			 suite->key_len == 24 ? SRTP_AES_ICM_192 : SRTP_AES_ICM_256;
	p->auth_type = SRTP_HMAC_SHA1;
	p->auth_key_len = suite->auth_len;
}

static void must(int status, const char *what)
{
	if (!status)
		return;
	fprintf(stderr, "libsrtp2: %s: %d\n", what, status);
	abort();
}

void oracle_create(struct oracle *o, const struct ksrtp_master *master)
{
	const struct ksrtp_suite *suite = master->suite;
	static bool started;
	u8 key[KSRTP_KEY_MAX + KSRTP_SALT_MAX], mki[KSRTP_MKI_MAX];
	srtp_master_key_t one = { .key = key, .mki_id = mki, .mki_size = master->mki_len };
	srtp_master_key_t *all[] = { &one };
	int ids[255], id;
	srtp_policy_t policy;

	/* Refused where the back end has done so, which is no failure. */
	if (!started)
		srtp_init();
	started = true;
	memcpy(key, master->key, suite->key_len);
	memcpy(key + suite->key_len, master->salt, suite->salt_len);
	memcpy(mki, master->mki, master->mki_len);
	memset(&policy, 0, sizeof(policy));
	policy_fill(&policy.rtp, suite, false);
	policy_fill(&policy.rtcp, suite, true);
	policy_lessen(&policy.rtp, master->parameters, false);
	policy_lessen(&policy.rtcp, master->parameters, true);
	for (id = 1; id < 256; id++)
		if (master->encrypted[id / 64] >> id % 64 & 1)
			ids[policy.enc_xtn_hdr_count++] = id;
	policy.enc_xtn_hdr = ids;
	policy.window_size = KSRTP_REPLAY_SIZE;
	o->mki = master->mki_len;
	if (o->mki) {
		policy.keys = all;
		policy.num_master_keys = 1;
	} else {
		policy.key = key;
	}
	policy.ssrc.type = ssrc_any_outbound;
	must(srtp_create(&o->tx, &policy), "create");
	policy.ssrc.type = ssrc_any_inbound;
	must(srtp_create(&o->rx, &policy), "create");
}

void oracle_destroy(struct oracle *o)
{
	srtp_dealloc(o->tx);
	srtp_dealloc(o->rx);
}

int oracle_protect(struct oracle *o, u8 *data, u32 *len, bool rtcp)
{
	int n = (int)*len, status;

	if (rtcp)
		status = (int)srtp_protect_rtcp_mki(o->tx, data, &n, o->mki, 0);
	else
		status = (int)srtp_protect_mki(o->tx, data, &n, o->mki, 0);
	*len = (u32)n;
	return status;
}

int oracle_unprotect(struct oracle *o, u8 *data, u32 *len, bool rtcp)
{
	int n = (int)*len, status;

	if (rtcp)
		status = (int)srtp_unprotect_rtcp_mki(o->rx, data, &n, o->mki);
	else
		status = (int)srtp_unprotect_mki(o->rx, data, &n, o->mki);
	*len = (u32)n;
	return status;
}

u32 noise(u32 *state)
{
	u32 x = *state ? *state : 0x6b737274;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	*state = x;
	return x * 2654435761u >> 3;
}

void noise_fill(u32 *state, u8 *p, size_t n)
{
	while (n--)
		*p++ = (u8)(noise(state) >> 8);
}

void noise_master(u32 *state, struct ksrtp_master *master, const struct ksrtp_suite *suite,
		  u8 mki_len)
{
	memset(master, 0, sizeof(*master));
	master->suite = suite;
	master->mki_len = mki_len;
	noise_fill(state, master->key, suite->key_len);
	noise_fill(state, master->salt, suite->salt_len);
	noise_fill(state, master->mki, mki_len);
}

u32 rtp_make(u32 *state, u8 *data, const struct shape *shape)
{
	u32 len = 12 + 4u * shape->csrcs;

	if (shape->extension >= 0)
		len += 4 + 4 * (u32)shape->extension;
	len += shape->payload;
	noise_fill(state, data, len);
	data[0] = (u8)(0x80 | shape->csrcs | (shape->extension >= 0 ? 0x10 : 0));
	data[1] = (u8)(data[1] & 0x80);
	ksrtp_put16(data + 2, shape->seq);
	ksrtp_put32(data + 8, shape->ssrc);
	if (shape->extension >= 0) {
		/* An unknown profile: libsrtp2 reads the elements of the two it knows. */
		ksrtp_put16(data + 12 + 4 * shape->csrcs, 0xabcd);
		ksrtp_put16(data + 14 + 4 * shape->csrcs, (u16)shape->extension);
	}
	return len;
}

u32 rtcp_make(u32 *state, u8 *data, u32 ssrc, u32 payload)
{
	noise_fill(state, data, 8 + payload);
	data[0] = 0x80;
	data[1] = 200;
	ksrtp_put16(data + 2, (u16)(payload / 4 + 1));
	ksrtp_put32(data + 4, ssrc);
	return 8 + payload;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

u32 hex(u8 *out, const char *text)
{
	u32 n = 0;

	for (; *text; text++) {
		if (digit(*text) < 0)
			continue;
		out[n / 2] = (u8)(out[n / 2] << 4 | digit(*text));
		n++;
	}
	return n / 2;
}

static u32 head_of(const u8 *data, u32 len, bool rtcp)
{
	struct ksrtp_head head;

	if (rtcp)
		return 8;
	return ksrtp_rtp_parse(data, len, &head) ? 12 : head.head;
}

enum ksrtp_verdict core_protect(const struct ksrtp_keys *keys, u8 *data, u32 *len, bool rtcp,
				u64 index)
{
	struct ksrtp_op op = {
		.keys = keys, .data = data, .len = *len, .room = PACKET_MAX,
		.head = head_of(data, *len, rtcp), .index = index, .rtcp = rtcp,
	};

	ksrtp_protect(ksrtp_prim_best(), &op, 1);
	*len = op.len;
	return op.verdict;
}

enum ksrtp_verdict core_unprotect(const struct ksrtp_keys *keys, u8 *data, u32 *len, bool rtcp,
				  u64 index)
{
	struct ksrtp_op op = {
		.keys = keys, .data = data, .len = *len,
		.head = head_of(data, *len, rtcp), .index = index, .rtcp = rtcp,
	};

	ksrtp_unprotect(ksrtp_prim_best(), &op, 1);
	*len = op.len;
	return op.verdict;
}

u64 appendix_a(u64 highest, u16 seq)
{
	s64 roc = (s64)(highest >> 16), s_l = (s64)(highest & 0xffff), v;

	if (s_l < 32768) {
		if (seq - s_l > 32768)
			v = roc - 1;
		else
			v = roc;
	} else {
		if (s_l - 32768 > seq)
			v = roc + 1;
		else
			v = roc;
	}
	return v < 0 || v >> 32 ? ~0ull : (u64)(seq + v * 65536);
}

struct ksrtp_cpu cpu_features(void)
{
	struct ksrtp_cpu cpu = { .aes = false };
	u32 a, b, c, d, low = 0, high;
	bool ymm, zmm;

	if (!__get_cpuid(1, &a, &b, &c, &d))
		return cpu;
	if (c & bit_OSXSAVE)
		__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	ymm = (low & 6) == 6;
	zmm = (low & 0xe6) == 0xe6;
	cpu.aes = c & bit_AES;
	cpu.pclmul = c & bit_PCLMUL;
	cpu.ssse3 = c & bit_SSSE3;
	cpu.sse41 = c & bit_SSE4_1;
	cpu.avx = ymm && (c & bit_AVX);
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
		return cpu;
	cpu.sha = b & bit_SHA;
	cpu.avx2 = ymm && (b & bit_AVX2);
	cpu.bmi2 = b & bit_BMI2;
	cpu.avx512vl = zmm && (b & bit_AVX512VL);
	cpu.vaes = ymm && (c & bit_VAES);
	cpu.vpclmul = ymm && (c & bit_VPCLMULQDQ);
	return cpu;
}
