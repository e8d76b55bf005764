/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of daemon/net: keys of TLS peers known from before (trust on first use).
 */
#ifndef KSRTP_NET_KNOWN_H
#define KSRTP_NET_KNOWN_H

#include <openssl/x509.h>

#include "daemon/log.h"

struct ksrtp_tofu;

enum ksrtp_tofu_verdict {
	KSRTP_TOFU_NEW,	/* seen for the first time, written down now */
	KSRTP_TOFU_SAME,
	KSRTP_TOFU_CHANGED,	/* another key than the one written down, which stays */
	KSRTP_TOFU_UNSURE,	/* could not be written down, or the file is full */
};

/** Read @path (created when there is none). Return: 0 or a negative errno. */
int ksrtp_tofu_create(struct ksrtp_tofu **known, const char *path, struct ksrtp_log *log);
void ksrtp_tofu_destroy(struct ksrtp_tofu *known);

/** Compare the public key of @cert with what is known of @peer ("name" or "host:port"). */
enum ksrtp_tofu_verdict ksrtp_tofu_check(struct ksrtp_tofu *known, const char *peer, X509 *cert);

#endif
