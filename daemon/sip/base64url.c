// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Base64 with the URL alphabet and no padding, for tokens and nonces: all its characters may stand
 * in the user part of a URI. Called by token.c and digest.c; pure functions. RFC 4648 5 and 3.5:
 * exactly one text stands for some bytes, so that a token cannot be varied.
 */
#include "daemon/sip/base64url.h"

#include <errno.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void ksrtp_base64url_write(const uint8_t *raw, size_t n, char *text)
{
	uint32_t bits = 0;
	unsigned int have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | raw[i];
		for (have += 8; have >= 6; have -= 6)
			*text++ = alphabet[bits >> (have - 6) & 63];
	}
	if (have)
		*text++ = alphabet[bits << (6 - have) & 63];
	*text = '\0';
}

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

int ksrtp_base64url_parse(struct slice text, uint8_t *raw, size_t room, size_t *n)
{
	uint32_t bits = 0;
	unsigned int have = 0;

	*n = 0;
	for (size_t i = 0; i < text.n; i++) {
		int value = value_of(text.p[i]);

		if (value < 0)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (*n == room)
			return -EINVAL;
		raw[(*n)++] = (uint8_t)(bits >> have);
	}
	/* A lone character carries no byte, and the bits left over are zero. */
	return have < 6 && !(bits & ((1u << have) - 1)) ? 0 : -EINVAL;
}
