// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tokens that say what we said: a small payload with a MAC, in the user part of our Record-Route,
 * Path and Contact URIs. Whoever returns one learned it from us; nobody can make one. Called by the
 * proxy core; pure functions. RFC 5626 5.2, RFC 2104.
 */
#include "daemon/sip/token.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include <ksrtp/port.h>

#include "daemon/sip/base64url.h"

#define VERSION 1
#define HEAD 2 /* version and purpose */
#define MAC 16 /* bytes kept of HMAC-SHA-256 */
#define RAW_MAX (HEAD + KSRTP_TOKEN_PAYLOAD + MAC)

_Static_assert(KSRTP_BASE64URL_TEXT(RAW_MAX) <= KSRTP_TOKEN_TEXT, "every token has room");

static int compute_mac(const uint8_t *key, const uint8_t *raw, size_t n, uint8_t mac[MAC])
{
	uint8_t full[EVP_MAX_MD_SIZE];
	size_t full_len = 0;
	int err = 0;

	if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, KSRTP_TOKEN_KEY, raw, n, full,
		       sizeof(full), &full_len) || full_len < MAC)
		err = -EIO;
	else
		memcpy(mac, full, MAC);
	ksrtp_wipe(full, sizeof(full));
	return err;
}

int ksrtp_token_seal(const uint8_t key[KSRTP_TOKEN_KEY], uint8_t purpose, struct slice payload,
		     char text[KSRTP_TOKEN_TEXT])
{
	uint8_t raw[RAW_MAX] = {VERSION, purpose};
	size_t n = HEAD + payload.n;
	int err;

	if (payload.n > KSRTP_TOKEN_PAYLOAD)
		return -EINVAL;
	if (payload.n)
		memcpy(raw + HEAD, payload.p, payload.n);
	err = compute_mac(key, raw, n, raw + n);
	if (err)
		return err;
	ksrtp_base64url_write(raw, n + MAC, text);
	return 0;
}

int ksrtp_token_open(const uint8_t key[KSRTP_TOKEN_KEY], uint8_t purpose, struct slice text,
		     uint8_t payload[KSRTP_TOKEN_PAYLOAD], size_t *n)
{
	uint8_t raw[RAW_MAX];
	uint8_t mac[MAC];
	size_t len;
	int err;

	if (ksrtp_base64url_parse(text, raw, sizeof(raw), &len) || len < HEAD + MAC)
		return -EBADMSG;
	len -= MAC;
	err = compute_mac(key, raw, len, mac);
	if (err)
		return err;
	if (!ksrtp_equal_ct(mac, raw + len, MAC) || raw[0] != VERSION || raw[1] != purpose)
		return -EBADMSG;
	*n = len - HEAD;
	memcpy(payload, raw + HEAD, *n);
	return 0;
}
