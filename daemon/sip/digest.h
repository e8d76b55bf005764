/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_SIP_DIGEST_H
#define DAEMON_SIP_DIGEST_H

#include "daemon/sip/hdr.h"

#define KSRTP_DIGEST_HEX 65     /* room for the hex text of any hash and its NUL */
#define KSRTP_DIGEST_NONCE 80   /* room for a nonce and its NUL */
#define KSRTP_DIGEST_KEY 32     /* bytes of the nonce key */

enum ksrtp_digest_alg {
	KSRTP_DIGEST_MD5,    /* also where a header names none */
	KSRTP_DIGEST_SHA256,
};

/** ksrtp_digest_alg() - the algorithm a parameter names; 0 or -ENOENT (unknown, -sess) */
int ksrtp_digest_alg(struct slice name, enum ksrtp_digest_alg *alg);

/**
 * ksrtp_digest_ha1() - H(user ":" realm ":" password) as hex, for storage instead of the password
 * @user: unescaped and unquoted, as all three
 * @hex: a secret: wipe it
 * Return: 0 or -EIO
 */
int ksrtp_digest_ha1(enum ksrtp_digest_alg alg, struct slice user, struct slice realm,
		     struct slice password, char hex[KSRTP_DIGEST_HEX]);

/**
 * ksrtp_digest_nonce() - make a nonce that needs no memory: time, random bits and a MAC
 * @key: secret, made anew at each start
 * @now: seconds of any clock that does not go back
 * @salt: 64 random bits, so that no two nonces are alike
 * @bind: what else the nonce is bound to (realm, source address); may be empty
 * @text: letters, digits, '-' and '_', NUL-terminated
 * Return: 0 or -EIO
 */
int ksrtp_digest_nonce(const uint8_t key[KSRTP_DIGEST_KEY], uint64_t now, uint64_t salt,
		       struct slice bind, char text[KSRTP_DIGEST_NONCE]);

/**
 * struct ksrtp_digest_check - what a nonce is checked against
 * @key: as it was made with
 * @bind: as it was made with
 * @now: seconds
 * @life: seconds a nonce may be used
 */
struct ksrtp_digest_check {
	const uint8_t *key;
	struct slice bind;
	uint64_t now;
	uint64_t life;
};

/**
 * ksrtp_digest_nonce_check() - whether a nonce is one of ours and fresh
 * Return: 0, -ESTALE (ours but too old: challenge with stale=true if the response is right too),
 *         -EBADMSG (not ours), -EIO
 */
int ksrtp_digest_nonce_check(const struct ksrtp_digest_check *check, struct slice nonce);

/**
 * struct ksrtp_digest_challenge - what WWW-Authenticate or Proxy-Authenticate says; qop is "auth"
 */
struct ksrtp_digest_challenge {
	struct slice realm;
	struct slice nonce;
	enum ksrtp_digest_alg alg;
	bool stale;
};

/** ksrtp_digest_write() - append the value of a challenge. Return: the buffer's error */
int ksrtp_digest_write(const struct ksrtp_digest_challenge *challenge, struct ksrtp_buf *out);

/**
 * ksrtp_digest_response() - the response a client computes (also for our own requests to a trunk)
 * @auth: nonce, uri, and where @auth->qop is there qop ("auth"), nc, cnonce
 * @method: of the request
 * @ha1: from ksrtp_digest_ha1()
 * @hex: filled
 * Return: 0, -EINVAL (a qop other than "auth", or one without nc and cnonce), -EIO
 */
int ksrtp_digest_response(enum ksrtp_digest_alg alg, const struct ksrtp_auth *auth,
			  struct slice method, const char *ha1, char hex[KSRTP_DIGEST_HEX]);

/**
 * ksrtp_digest_verify() - whether credentials prove that the sender knows HA1
 * @ha1: the user's; for an unknown user a dummy of the same form, so that both take one time
 *
 * Compared in constant time. Demands qop=auth. The nonce, nonce count, realm and the user's
 * existence are judged by the caller.
 * Return: 0, -EACCES (wrong), -EINVAL (parameters missing or not understood: 400), -EIO
 */
int ksrtp_digest_verify(enum ksrtp_digest_alg alg, const struct ksrtp_auth *auth,
			struct slice method, const char *ha1);

/** struct ksrtp_digest_count - nonce counts seen under one nonce: @highest and the 64 below it */
struct ksrtp_digest_count {
	uint32_t highest;
	uint64_t seen;
};

/** ksrtp_digest_count() - the first use of nonce count @nc under its nonce? Remembers it if so */
bool ksrtp_digest_count(struct ksrtp_digest_count *count, uint32_t nc);

/** ksrtp_digest_nc() - parse the nc parameter (eight hex digits). Return: 0 or -EINVAL */
int ksrtp_digest_nc(struct slice text, uint32_t *nc);

#endif
