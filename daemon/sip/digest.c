// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP digest for the registrar, and for our own requests to a trunk. Called by daemon/call; pure
 * functions, secrets wiped, comparison in constant time. RFC 7616 (3.3, 3.4), RFC 8760, RFC 3261
 * 22.
 */
#include "daemon/sip/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include <ksrtp/port.h>

#include "daemon/sip/base64url.h"

#define NONCE_HEAD 16 /* time and salt, big-endian */
#define NONCE_MAC 16  /* bytes kept of HMAC-SHA-256 */
#define NONCE_RAW (NONCE_HEAD + NONCE_MAC)

_Static_assert(KSRTP_BASE64URL_TEXT(NONCE_RAW) <= KSRTP_DIGEST_NONCE, "every nonce has room");

struct algorithm {
	const char *name; /* in headers */
	const char *evp;
	size_t bytes;
};

static const struct algorithm algorithms[] = {
	[KSRTP_DIGEST_MD5] = {"MD5", "MD5", 16},
	[KSRTP_DIGEST_SHA256] = {"SHA-256", "SHA256", 32},
};

int ksrtp_digest_alg(struct slice name, enum ksrtp_digest_alg *alg)
{
	*alg = KSRTP_DIGEST_MD5;
	if (!name.p)
		return 0;
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		if (!ksrtp_slice_is(name, algorithms[i].name))
			continue;
		*alg = (enum ksrtp_digest_alg)i;
		return 0;
	}
	return -ENOENT;
}

/* Hex of the hash over @n parts joined by ':'. */
static int hash_parts(enum ksrtp_digest_alg alg, const struct slice *parts, size_t n,
		      char hex[KSRTP_DIGEST_HEX])
{
	const struct algorithm *a = &algorithms[alg];
	uint8_t sum[EVP_MAX_MD_SIZE];
	EVP_MD *md = EVP_MD_fetch(NULL, a->evp, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = md && ctx && EVP_DigestInit_ex(ctx, md, NULL);

	for (size_t i = 0; ok && i < n; i++)
		ok = (!i || EVP_DigestUpdate(ctx, ":", 1)) &&
		     EVP_DigestUpdate(ctx, parts[i].p, parts[i].n);
	ok = ok && EVP_DigestFinal_ex(ctx, sum, NULL);
	for (size_t i = 0; ok && i < a->bytes; i++) {
		hex[2 * i] = "0123456789abcdef"[sum[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[sum[i] & 15];
	}
	hex[ok ? 2 * a->bytes : 0] = '\0';
	ksrtp_wipe(sum, sizeof(sum));
	EVP_MD_CTX_free(ctx); /* clears what it holds */
	EVP_MD_free(md);
	return ok ? 0 : -EIO;
}

int ksrtp_digest_ha1(enum ksrtp_digest_alg alg, struct slice user, struct slice realm,
		     struct slice password, char hex[KSRTP_DIGEST_HEX])
{
	const struct slice parts[] = {user, realm, password};

	return hash_parts(alg, parts, 3, hex);
}

static int nonce_mac(const uint8_t *key, const uint8_t head[NONCE_HEAD], struct slice bind,
		     uint8_t mac[NONCE_MAC])
{
	uint8_t full[EVP_MAX_MD_SIZE];
	size_t full_len = 0;
	struct ksrtp_buf text;
	int err;

	ksrtp_buf_init(&text, SIZE_MAX);
	ksrtp_buf_put(&text, head, NONCE_HEAD);
	err = ksrtp_buf_slice(&text, bind);
	if (!err && (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, KSRTP_DIGEST_KEY,
				(const uint8_t *)text.p, text.n, full, sizeof(full), &full_len) ||
		     full_len < NONCE_MAC))
		err = -EIO;
	if (!err)
		memcpy(mac, full, NONCE_MAC);
	ksrtp_wipe(full, sizeof(full));
	ksrtp_buf_free(&text);
	return err;
}

int ksrtp_digest_nonce(const uint8_t key[KSRTP_DIGEST_KEY], uint64_t now, uint64_t salt,
		       struct slice bind, char text[KSRTP_DIGEST_NONCE])
{
	uint8_t raw[NONCE_RAW];
	int err;

	ksrtp_put64(raw, now);
	ksrtp_put64(raw + 8, salt);
	err = nonce_mac(key, raw, bind, raw + NONCE_HEAD);
	if (err)
		return err;
	ksrtp_base64url_write(raw, sizeof(raw), text);
	return 0;
}

int ksrtp_digest_nonce_check(const struct ksrtp_digest_check *check, struct slice nonce)
{
	uint8_t raw[NONCE_RAW];
	uint8_t mac[NONCE_MAC];
	uint64_t made;
	size_t n;
	int err;

	if (ksrtp_base64url_parse(nonce, raw, sizeof(raw), &n) || n != sizeof(raw))
		return -EBADMSG;
	err = nonce_mac(check->key, raw, check->bind, mac);
	if (err)
		return err;
	if (!ksrtp_equal_ct(mac, raw + NONCE_HEAD, NONCE_MAC))
		return -EBADMSG;
	made = ksrtp_get64(raw);
	return made <= check->now && check->now - made <= check->life ? 0 : -ESTALE;
}

int ksrtp_digest_write(const struct ksrtp_digest_challenge *challenge, struct ksrtp_buf *out)
{
	ksrtp_buf_str(out, "Digest realm=");
	ksrtp_lex_quote(challenge->realm, out);
	ksrtp_buf_printf(out, ", nonce=\"%.*s\"", PRSLICE(challenge->nonce));
	if (challenge->stale)
		ksrtp_buf_str(out, ", stale=true");
	return ksrtp_buf_printf(out, ", algorithm=%s, qop=\"auth\"",
				algorithms[challenge->alg].name);
}

int ksrtp_digest_response(enum ksrtp_digest_alg alg, const struct ksrtp_auth *auth,
			  struct slice method, const char *ha1, char hex[KSRTP_DIGEST_HEX])
{
	const struct slice a2[] = {method, auth->uri};
	char ha2[KSRTP_DIGEST_HEX];
	const struct slice old[] = {ksrtp_slice_str(ha1), auth->nonce, SLICE("")};
	const struct slice with_qop[] = {ksrtp_slice_str(ha1), auth->nonce, auth->nc, auth->cnonce,
					 SLICE("auth"), SLICE("")};
	struct slice parts[6];
	size_t n = auth->qop.p ? 6 : 3;
	int err;

	if (auth->qop.p && (!ksrtp_slice_is(auth->qop, "auth") || !auth->nc.n || !auth->cnonce.p))
		return -EINVAL;
	err = hash_parts(alg, a2, 2, ha2);
	if (err)
		return err;
	memcpy(parts, auth->qop.p ? with_qop : old, n * sizeof(parts[0]));
	parts[n - 1] = ksrtp_slice_str(ha2);
	err = hash_parts(alg, parts, n, hex);
	ksrtp_wipe(ha2, sizeof(ha2));
	return err;
}

int ksrtp_digest_verify(enum ksrtp_digest_alg alg, const struct ksrtp_auth *auth,
			struct slice method, const char *ha1)
{
	char expected[KSRTP_DIGEST_HEX];
	char given[KSRTP_DIGEST_HEX] = "";
	size_t hex_len = algorithms[alg].bytes * 2;
	int err;

	if (!ksrtp_slice_is(auth->qop, "auth") || !auth->uri.n || auth->response.n != hex_len)
		return -EINVAL;
	err = ksrtp_digest_response(alg, auth, method, ha1, expected);
	if (err)
		return err;
	/* Upper case is wrong, but seen. */
	for (size_t i = 0; i < hex_len; i++) {
		char c = auth->response.p[i];

		given[i] = c >= 'A' && c <= 'F' ? (char)(c | 0x20) : c;
	}
	if (!ksrtp_equal_ct((const uint8_t *)expected, (const uint8_t *)given, hex_len))
		err = -EACCES;
	ksrtp_wipe(expected, sizeof(expected));
	return err;
}

bool ksrtp_digest_count(struct ksrtp_digest_count *count, uint32_t nc)
{
	uint32_t behind;

	if (!nc)
		return false;
	if (nc > count->highest) {
		uint32_t step = nc - count->highest;

		count->seen = step < 64 ? count->seen << step | 1 : 1;
		count->highest = nc;
		return true;
	}
	behind = count->highest - nc;
	if (behind >= 64 || count->seen >> behind & 1)
		return false;
	count->seen |= 1ull << behind;
	return true;
}

int ksrtp_digest_nc(struct slice text, uint32_t *nc)
{
	*nc = 0;
	if (text.n != 8)
		return -EINVAL;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		uint32_t digit;

		if (c >= '0' && c <= '9')
			digit = (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return -EINVAL;
		*nc = *nc << 4 | digit;
	}
	return 0;
}
