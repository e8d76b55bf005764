// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of crypto suites (RFC 4568 section 6.2, RFC 6188 section 4, RFC 7714 section 14.2), in
 * order of preference. Read by everybody, never written.
 */
#include "core.h"

#define CM KSRTP_CIPHER_AES_CM
#define GCM KSRTP_CIPHER_AES_GCM

/* name, cipher, key, salt, HMAC key, SRTP tag, SRTCP tag; RFC 4568 section 6.2.2 says 80 bits for
 * the SRTCP tag of the _32 suites
 */
static const struct ksrtp_suite suites[] = {
	{ "AEAD_AES_256_GCM",		GCM,	32, 12,  0, 16, 16 },
	{ "AEAD_AES_128_GCM",		GCM,	16, 12,  0, 16, 16 },
	{ "AES_256_CM_HMAC_SHA1_80",	CM,	32, 14, 20, 10, 10 },
	{ "AES_192_CM_HMAC_SHA1_80",	CM,	24, 14, 20, 10, 10 },
	{ "AES_CM_128_HMAC_SHA1_80",	CM,	16, 14, 20, 10, 10 },
	{ "AES_256_CM_HMAC_SHA1_32",	CM,	32, 14, 20,  4, 10 },
	{ "AES_192_CM_HMAC_SHA1_32",	CM,	24, 14, 20,  4, 10 },
	{ "AES_CM_128_HMAC_SHA1_32",	CM,	16, 14, 20,  4, 10 },
};

/** ksrtp_suite_find - see <ksrtp/srtp.h> */
const struct ksrtp_suite *ksrtp_suite_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(suites); i++)
		if (strlen(suites[i].name) == len && !memcmp(suites[i].name, name, len))
			return &suites[i];
	return NULL;
}

/** ksrtp_suite_nth - see <ksrtp/srtp.h> */
const struct ksrtp_suite *ksrtp_suite_nth(unsigned int n)
{
	return n < ARRAY_SIZE(suites) ? &suites[n] : NULL;
}
