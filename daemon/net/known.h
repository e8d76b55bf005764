/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of daemon/net: keys of TLS peers known from before (trust on first use).
 */
#ifndef KSRTP_NET_KNOWN_H
#define KSRTP_NET_KNOWN_H

#include <openssl/x509.h>

#include "daemon/log.h"

struct ksrtp_known;

enum ksrtp_known_verdict {
	KSRTP_KNOWN_NEW,	/* seen for the first time, written down now */
	KSRTP_KNOWN_SAME,
	KSRTP_KNOWN_CHANGED,	/* another key than the one written down, which stays */
	KSRTP_KNOWN_UNSURE,	/* could not be written down, or the file is full */
};

/** Read @path (created when there is none). Return: 0 or a negative errno. */
int ksrtp_known_create(struct ksrtp_known **known, const char *path, struct ksrtp_log *log);
void ksrtp_known_destroy(struct ksrtp_known *known);

/** Compare the public key of @cert with what is known of @peer ("name" or "host:port"). */
enum ksrtp_known_verdict ksrtp_known_check(struct ksrtp_known *known, const char *peer, X509 *cert);

#endif
