// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a certificate is worth, in a word. Called by tls.c when a handshake is over and by
 * daemon/call. Pure.
 */
#include "daemon/net/proof.h"

#include <openssl/x509_vfy.h>

enum ksrtp_proof ksrtp_proof_of_chain(long result)
{
	switch (result) {
	case X509_V_OK:
		return KSRTP_PROOF_WRONG_NAME;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return KSRTP_PROOF_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return KSRTP_PROOF_EARLY;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return KSRTP_PROOF_SELF_SIGNED;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return KSRTP_PROOF_UNTRUSTED;
	default:
		return KSRTP_PROOF_INVALID;
	}
}

const char *ksrtp_proof_word(enum ksrtp_proof proof)
{
	static const char *const word[KSRTP_PROOF_COUNT] = {
		[KSRTP_PROOF_UNKNOWN] = "unknown",
		[KSRTP_PROOF_CLEAR] = "clear",
		[KSRTP_PROOF_NONE] = "unauthenticated",
		[KSRTP_PROOF_SELF_SIGNED] = "self-signed",
		[KSRTP_PROOF_UNTRUSTED] = "unknown CA",
		[KSRTP_PROOF_EXPIRED] = "expired",
		[KSRTP_PROOF_EARLY] = "not yet valid",
		[KSRTP_PROOF_INVALID] = "invalid",
		[KSRTP_PROOF_WRONG_NAME] = "wrong name",
		[KSRTP_PROOF_VALID] = "RFC 5922",
		[KSRTP_PROOF_DANE] = "DANE",
	};

	return word[proof];
}
