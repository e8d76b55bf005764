/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The a=crypto lines of one m-line (RFC 4568).
 */
#ifndef KSRTP_SDP_CRYPTO_H
#define KSRTP_SDP_CRYPTO_H

#include "daemon/sdp/parse.h"
#include "tools/lib/sdes.h"

#define KSRTP_SDP_CRYPTO_MAX	16	/* lines looked at; those behind are as if absent */

/**
 * struct ksrtp_sdp_crypto - what an m-line proposes or accepts
 * @line: those that are valid, usable and alone with their tag, in order
 * @n: how many
 * @seen: a=crypto lines of any kind
 * @wrong: what was wrong with the first that was left out; OK when none was, or only its tag was
 *	there twice
 */
struct ksrtp_sdp_crypto {
	struct ksrtp_sdes *line;
	unsigned int n;
	unsigned int seen;
	enum ksrtp_sdes_result wrong;
};

/** ksrtp_sdp_crypto_parse() - of m-line @media. Return: 0 or -ENOMEM */
int ksrtp_sdp_crypto_parse(struct ksrtp_sdp_crypto *crypto, const struct ksrtp_sdp *sdp,
			   unsigned int media);

/**
 * ksrtp_sdp_crypto_read() - the same of values from elsewhere
 * @value: what follows "crypto:"; at most KSRTP_SDP_CRYPTO_MAX of them are looked at
 */
int ksrtp_sdp_crypto_read(struct ksrtp_sdp_crypto *crypto, const struct slice *value,
			  unsigned int n);

/** ksrtp_sdp_crypto_free() - wipe and free */
void ksrtp_sdp_crypto_free(struct ksrtp_sdp_crypto *crypto);

#endif
