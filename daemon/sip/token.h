/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_SIP_TOKEN_H
#define DAEMON_SIP_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/slice.h"

#define KSRTP_TOKEN_KEY 32      /* bytes of the key */
#define KSRTP_TOKEN_PAYLOAD 64  /* most bytes sealed */
#define KSRTP_TOKEN_TEXT 112    /* room for the text of any token and its NUL */

/**
 * ksrtp_token_seal() - make a token: version, purpose and payload in clear, and a MAC over them
 * @key: KSRTP_TOKEN_KEY secret bytes, kept by the caller
 * @purpose: what it is for; a token opens only under the purpose it was sealed for
 * @payload: at most KSRTP_TOKEN_PAYLOAD bytes; not encrypted
 * @text: letters, digits, '-' and '_' (fit for a URI's user part), NUL-terminated
 *
 * HMAC-SHA-256 truncated to 128 bits (RFC 2104, RFC 5626 5.2).
 * Return: 0, -EINVAL (payload too long), -EIO (the crypto library failed)
 */
int ksrtp_token_seal(const uint8_t key[KSRTP_TOKEN_KEY], uint8_t purpose, struct slice payload,
		     char text[KSRTP_TOKEN_TEXT]);

/**
 * ksrtp_token_open() - verify a token and give its payload
 * @text: from a URI; every text but exactly the one that was sealed fails
 * @payload: filled
 * @n: bytes of it
 * Return: 0, -EBADMSG (malformed or forged: no difference is made), -EIO
 */
int ksrtp_token_open(const uint8_t key[KSRTP_TOKEN_KEY], uint8_t purpose, struct slice text,
		     uint8_t payload[KSRTP_TOKEN_PAYLOAD], size_t *n);

#endif
