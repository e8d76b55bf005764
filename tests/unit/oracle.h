/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of the core share: libsrtp2 as the oracle, packets, reproducible noise.
 */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include <srtp2/srtp.h>

#include <ksrtp/srtp.h>

#define PACKET_MAX 2048

struct oracle {
	srtp_t tx;
	srtp_t rx;
	bool mki;
};

/**
 * oracle_create - a libsrtp2 session of one master key in both directions; aborts on failure
 *
 * It has no key derivation rate, and its AES-192 keys are not those of RFC 6188.
 */
void oracle_create(struct oracle *o, const struct ksrtp_master *master);
void oracle_destroy(struct oracle *o);
/** oracle_protect, oracle_unprotect - in place. Return: libsrtp2's status */
int oracle_protect(struct oracle *o, u8 *data, u32 *len, bool rtcp);
int oracle_unprotect(struct oracle *o, u8 *data, u32 *len, bool rtcp);

/** noise - the next number of a sequence that is the same in each run */
u32 noise(u32 *state);
void noise_fill(u32 *state, u8 *p, size_t n);
/** noise_master - a master key of @suite with an MKI of @mki_len bytes */
void noise_master(u32 *state, struct ksrtp_master *master, const struct ksrtp_suite *suite,
		  u8 mki_len);

/** struct shape - of an RTP packet to make; @extension: words behind its header, or -1 for none */
struct shape {
	u32 ssrc;
	u32 payload;
	u16 seq;
	u8 csrcs;
	int extension;
};

/** rtp_make, rtcp_make - fill @data with noise of that shape. Return: length */
u32 rtp_make(u32 *state, u8 *data, const struct shape *shape);
u32 rtcp_make(u32 *state, u8 *data, u32 ssrc, u32 payload);

/** hex - bytes from digits and spaces. Return: how many */
u32 hex(u8 *out, const char *text);

/** core_protect, core_unprotect - a batch of one. Return: the verdict */
enum ksrtp_verdict core_protect(const struct ksrtp_keys *keys, u8 *data, u32 *len, bool rtcp,
				u64 index);
enum ksrtp_verdict core_unprotect(const struct ksrtp_keys *keys, u8 *data, u32 *len, bool rtcp,
				  u64 index);

/** appendix_a - RFC 3711's pseudo code as it stands there; v = -1 and v = 2^32 give ~0 */
u64 appendix_a(u64 highest, u16 seq);

/** cpu_features - what this CPU has and its OS saves */
struct ksrtp_cpu cpu_features(void);

#endif
