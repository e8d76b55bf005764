/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the certificate of a TLS peer is worth.
 */
#ifndef KSRTP_NET_PROOF_H
#define KSRTP_NET_PROOF_H

/** enum ksrtp_proof - whom a peer's certificate speaks for (RFC 5922 section 7), in one word */
enum ksrtp_proof {
	KSRTP_PROOF_UNKNOWN,		/* the connection was not seen */
	KSRTP_PROOF_CLEAR,		/* no TLS */
	KSRTP_PROOF_NONE,		/* no certificate shown */
	KSRTP_PROOF_SELF_SIGNED,
	KSRTP_PROOF_UNTRUSTED,	/* of no CA that we know */
	KSRTP_PROOF_EXPIRED,
	KSRTP_PROOF_EARLY,		/* its time has not come */
	KSRTP_PROOF_INVALID,		/* something else is wrong with its chain */
	KSRTP_PROOF_WRONG_NAME,	/* a good chain to another domain than wanted, or to none */
	KSRTP_PROOF_VALID,		/* a good chain to the domain */
	KSRTP_PROOF_DANE,		/* the one that DNSSEC names */
	KSRTP_PROOF_COUNT
};

/**
 * ksrtp_proof_of_chain - as far as the chain tells
 * @result: of the verification, X509_V_OK or what is wrong
 *
 * Return: KSRTP_PROOF_WRONG_NAME for a good chain: the name has not been looked at.
 */
enum ksrtp_proof ksrtp_proof_of_chain(long result);

/** ksrtp_proof_word - "self-signed", "wrong name", "RFC 5922", ... */
const char *ksrtp_proof_word(enum ksrtp_proof proof);

#endif
