/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_SIP_BASE64URL_H
#define DAEMON_SIP_BASE64URL_H

#include "daemon/base/slice.h"

/** KSRTP_BASE64URL_TEXT() - room for the text of @n bytes and its NUL */
#define KSRTP_BASE64URL_TEXT(n) (((n) * 4 + 2) / 3 + 1)

/** ksrtp_base64url_write() - RFC 4648 5 without padding; @text has KSRTP_BASE64URL_TEXT(n) bytes */
void ksrtp_base64url_write(const uint8_t *raw, size_t n, char *text);

/**
 * ksrtp_base64url_parse() - the one text that ksrtp_base64url_write() makes of some bytes
 * @raw: filled
 * @room: bytes there
 * @n: bytes written
 * Return: 0 or -EINVAL (foreign characters, padding, stray bits, too long)
 */
int ksrtp_base64url_parse(struct slice text, uint8_t *raw, size_t room, size_t *n);

#endif
