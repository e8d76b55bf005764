/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_SIP_URI_H
#define DAEMON_SIP_URI_H

#include "daemon/base/buf.h"
#include "daemon/base/slice.h"

enum ksrtp_uri_scheme {
	KSRTP_URI_SIP,
	KSRTP_URI_SIPS,
	KSRTP_URI_TEL,   /* the number stands in @user, its parameters in @params */
	KSRTP_URI_OTHER, /* only @text is set */
};

/**
 * struct ksrtp_uri - a URI as slices of its text
 * @text: all of it
 * @scheme: which kind
 * @user: absent when there is none; escapes as they came
 * @password: absent when there is none
 * @host: name or address, an IPv6 address without its brackets
 * @params: after the first ';' behind the host, without that ';'; absent when there are none
 * @headers: after '?'; absent when there are none
 * @port: 0 when none is written
 * @ipv6: the host is an IPv6 reference
 */
struct ksrtp_uri {
	struct slice text;
	enum ksrtp_uri_scheme scheme;
	struct slice user;
	struct slice password;
	struct slice host;
	struct slice params;
	struct slice headers;
	uint16_t port;
	bool ipv6;
};

/**
 * ksrtp_uri_parse() - RFC 3261 19.1.1 and 25.1
 * @text: no blanks around it, no <>
 * @uri: filled; on an error only @uri->text is
 * Return: 0 or -EINVAL
 */
int ksrtp_uri_parse(struct slice text, struct ksrtp_uri *uri);

/**
 * ksrtp_uri_param() - look up a URI parameter
 * @value: may be NULL; absent for a flag such as "lr"
 * Return: whether it is there
 */
bool ksrtp_uri_param(const struct ksrtp_uri *uri, const char *name, struct slice *value);

/**
 * ksrtp_uri_write() - append a SIP or SIPS URI made of the fields (@text is not looked at)
 * Return: the buffer's error, or -EINVAL for other schemes
 */
int ksrtp_uri_write(const struct ksrtp_uri *uri, struct ksrtp_buf *out);

/** ksrtp_uri_equal() - RFC 3261 19.1.4; tel and unknown schemes are compared as text, no case */
bool ksrtp_uri_equal(const struct ksrtp_uri *a, const struct ksrtp_uri *b);

/**
 * ksrtp_uri_aor() - append the canonical address-of-record, RFC 3261 10.3 step 5
 *
 * "sip:user@host": the scheme is always sip (a sips binding serves both), user escapes undone where
 * the character needs none, host in lower case, no port, password, parameters or headers.
 * Return: the buffer's error, or -EINVAL (not SIP or SIPS)
 */
int ksrtp_uri_aor(const struct ksrtp_uri *uri, struct ksrtp_buf *out);

/** ksrtp_uri_unescape() - append @s with %XX undone. Return: the buffer's error or -EINVAL */
int ksrtp_uri_unescape(struct slice s, struct ksrtp_buf *out);

/** ksrtp_uri_escape() - append @s escaped as a user part. Return: the buffer's error */
int ksrtp_uri_escape(struct slice s, struct ksrtp_buf *out);

#endif
