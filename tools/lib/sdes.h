/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One crypto attribute of RFC 4568: the value of "a=crypto:" in SDP, and, without its tag, a line
 * of the command's key files.
 *
 *	1 AES_CM_128_HMAC_SHA1_80 inline:<base64>|2^31|1:4 KDR=3
 */
#ifndef TOOLS_LIB_SDES_H
#define TOOLS_LIB_SDES_H

#include <ksrtp/srtp.h>

#define KSRTP_SDES_KEYS_MAX	4	/* master keys in one line; RFC 4568 sets no bound */
#define KSRTP_SDES_TAG_MAX	9	/* digits */
/* The longest line ksrtp_sdes_write() can make, its NUL included. */
#define KSRTP_SDES_LINE_MAX	2048

/**
 * enum ksrtp_sdes_result - what is wrong with a line
 *
 * Behind KSRTP_SDES_UNSUPPORTED stand results of lines that are valid, yet of no use to us.
 */
enum ksrtp_sdes_result {
	KSRTP_SDES_OK,
	KSRTP_SDES_TAG,			/* not 1 to 9 digits */
	KSRTP_SDES_SYNTAX,		/* a field is missing, or a byte that may not be there */
	KSRTP_SDES_BASE64,
	KSRTP_SDES_KEY_LENGTH,		/* decodes to other than the suite's key and salt */
	KSRTP_SDES_LIFETIME,		/* zero, leading zeroes, or above the suite's maximum */
	KSRTP_SDES_MKI,			/* value or length out of bounds */
	KSRTP_SDES_MKI_MIXED,		/* several keys: one without MKI, or lengths differ */
	KSRTP_SDES_REPEATED,		/* the same key or MKI twice in a line */
	KSRTP_SDES_KEYS,		/* more than KSRTP_SDES_KEYS_MAX */
	KSRTP_SDES_PARAMETER,		/* an unknown mandatory, a repeated or a malformed one */
	KSRTP_SDES_UNSUPPORTED,		/* not returned: the border between the two kinds */
	KSRTP_SDES_SUITE,		/* a suite that ksrtp_suite_find() does not know */
	KSRTP_SDES_METHOD,		/* a key method other than "inline" */
	KSRTP_SDES_SESSION,		/* see ksrtp_sdes_usable() */
};

/** enum ksrtp_sdes_fec - order of forward error correction and SRTP at the sender */
enum ksrtp_sdes_fec {
	KSRTP_SDES_FEC_ABSENT,
	KSRTP_SDES_FEC_SRTP,
	KSRTP_SDES_SRTP_FEC,
};

/**
 * struct ksrtp_sdes - a parsed line; holds keys, so it is wiped with ksrtp_sdes_wipe()
 * @suite: row of the suite table
 * @keys: @n_keys master keys with the session parameters; limits are 0 where no lifetime was given
 * @n_keys: 1 to KSRTP_SDES_KEYS_MAX; above 1 every one has an MKI
 * @tag: its number
 * @tag_digits: how many digits it was written with; 0: the line has no tag
 * @kdr: key derivation rate 2^kdr, 1 to 24; 0 when absent
 * @wsh: window size hint, packets, at least 64; 0 when absent
 * @fec_order: declared order; informative
 * @fec_key: a FEC_KEY was given; its keys are checked and not kept
 * @unencrypted_srtp: negotiated
 * @unencrypted_srtcp: negotiated
 * @unauthenticated_srtp: negotiated
 */
struct ksrtp_sdes {
	const struct ksrtp_suite *suite;
	struct ksrtp_master keys[KSRTP_SDES_KEYS_MAX];
	unsigned int n_keys;
	u32 tag;
	u8 tag_digits;
	u8 kdr;
	u32 wsh;
	enum ksrtp_sdes_fec fec_order;
	bool fec_key;
	bool unencrypted_srtp;
	bool unencrypted_srtcp;
	bool unauthenticated_srtp;
};

/**
 * ksrtp_sdes_parse - parse the value of an a=crypto attribute (what follows "crypto:")
 * @out: filled; unless the result is OK it is left wiped, but for @tag and @tag_digits once those
 *	were read, so that a refusal can name the line
 * @text: not terminated, without the line's end
 * @len: bytes
 *
 * RFC 4568 sections 4, 6 and 9. Base64 is taken with and without padding.
 */
enum ksrtp_sdes_result ksrtp_sdes_parse(struct ksrtp_sdes *out, const char *text, size_t len);

/** ksrtp_sdes_parse_key - the same for a line without tag, as in the command's key files */
enum ksrtp_sdes_result ksrtp_sdes_parse_key(struct ksrtp_sdes *out, const char *text, size_t len);

/**
 * ksrtp_sdes_usable - can kmod/core keep what the session parameters ask?
 *
 * FEC under SRTP it cannot, nor unencrypted or unauthenticated SRTP of a GCM suite; a window hint
 * asks nothing. Whether one wants what it can is another matter. Return: KSRTP_SDES_OK or
 * KSRTP_SDES_SESSION.
 */
enum ksrtp_sdes_result ksrtp_sdes_usable(const struct ksrtp_sdes *sdes);

/**
 * ksrtp_sdes_write - write a line: padded base64, lifetimes as 2^n where they are one
 * @sdes: with @tag_digits 0 no tag is written
 * @to: terminated with NUL; holds a key, the caller wipes it
 * @room: bytes of @to; KSRTP_SDES_LINE_MAX always suffices
 *
 * FEC_KEY is not written. Return: bytes without the NUL, or -ENOSPC (then @to is wiped).
 */
int ksrtp_sdes_write(const struct ksrtp_sdes *sdes, char *to, size_t room);

/** ksrtp_sdes_wipe - forget everything; the struct is all zero */
void ksrtp_sdes_wipe(struct ksrtp_sdes *sdes);

/** ksrtp_sdes_message - what is wrong, in words without a full stop */
const char *ksrtp_sdes_message(enum ksrtp_sdes_result result);

#endif
