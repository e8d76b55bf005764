// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The crypto attribute of RFC 4568, read and written. Called by the daemon for SDP and by the
 * command for its key files. Pure functions without locks; every copy of a key that is made here
 * is wiped here. RFC 4568 sections 4, 6, 7.1 and 9; RFC 6188 and 7714 add rows to the suite table.
 */
#include "tools/lib/sdes.h"

#include <stdio.h>
#include <strings.h>

/* Bytes of text still to be read. */
struct text {
	const char *p;
	const char *end;
};

static size_t text_len(struct text t)
{
	return (size_t)(t.end - t.p);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The bytes up to one of @stops (or all), taken off the front; the stop itself stays. */
static struct text take_until(struct text *t, const char *stops)
{
	struct text head = { t->p, t->p };

	while (head.end < t->end && !strchr(stops, *head.end))
		head.end++;
	t->p = head.end;
	return head;
}

/* The next word, and the blanks behind it. */
static struct text take_word(struct text *t)
{
	struct text word = take_until(t, " \t");

	while (t->p < t->end && is_blank(*t->p))
		t->p++;
	return word;
}

static bool take_char(struct text *t, char c)
{
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

static bool take_prefix(struct text *t, const char *prefix)
{
	size_t n = strlen(prefix);

	if (text_len(*t) < n || strncasecmp(t->p, prefix, n))
		return false;
	t->p += n;
	return true;
}

/* Digits alone, no leading zero, at most @max. */
static bool read_number(struct text t, u64 max, u64 *out)
{
	u64 v = 0;

	if (t.p == t.end || (*t.p == '0' && text_len(t) > 1))
		return false;
	for (; t.p < t.end; t.p++) {
		u64 digit;

		if (!is_digit(*t.p))
			return false;
		digit = (u64)(*t.p - '0');
		if (v > (max - digit) / 10 || digit > max)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (is_digit(c))
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/*
 * Key and salt, section 6.1: padding is discarded, and what is left must decode to exactly the
 * lengths of the suite.
 */
static enum ksrtp_sdes_result read_key(struct text t, struct ksrtp_master *master)
{
	const struct ksrtp_suite *suite = master->suite;
	size_t want = (size_t)suite->key_len + suite->salt_len;
	u8 bytes[KSRTP_KEY_MAX + KSRTP_SALT_MAX];
	enum ksrtp_sdes_result result = KSRTP_SDES_OK;
	unsigned int pads = 0, bits = 0;
	size_t n = 0;
	u32 acc = 0;

	while (t.p < t.end && t.end[-1] == '=' && pads < 2) {
		t.end--;
		pads++;
	}
	if (text_len(t) % 4 == 1)
		return KSRTP_SDES_BASE64;
	for (; t.p < t.end && result == KSRTP_SDES_OK; t.p++) {
		int v = base64_value(*t.p);

		acc = acc << 6 | ((u32)v & 63);
		bits += 6;
		if (v < 0)
			result = KSRTP_SDES_BASE64;
		if (bits < 8)
			continue;
		bits -= 8;
		if (n < want)
			bytes[n] = (u8)(acc >> bits);
		n++;
	}
	if (result == KSRTP_SDES_OK && n != want)
		result = KSRTP_SDES_KEY_LENGTH;
	if (result == KSRTP_SDES_OK) {
		memcpy(master->key, bytes, suite->key_len);
		memcpy(master->salt, bytes + suite->key_len, suite->salt_len);
	}
	ksrtp_wipe(bytes, sizeof(bytes));
	ksrtp_wipe(&acc, sizeof(acc));
	return result;
}

/* Section 6.1: a number or 2^n; it counts SRTP packets and SRTCP packets, each for itself. */
static bool read_lifetime(struct text t, struct ksrtp_master *master)
{
	u64 v;

	if (take_prefix(&t, "2^")) {
		if (!read_number(t, 48, &v))
			return false;
		v = (u64)1 << v;
	} else if (!read_number(t, KSRTP_RTP_LIMIT, &v) || !v) {
		return false;
	}
	master->rtp_limit = v;
	master->rtcp_limit = v < KSRTP_RTCP_LIMIT ? v : KSRTP_RTCP_LIMIT;
	return true;
}

/* "value:length": a decimal number of any size, to be put big-endian into so many bytes. */
static bool read_mki(struct text t, struct ksrtp_master *master)
{
	struct text value = take_until(&t, ":");
	u64 len;

	if (value.p == value.end || !take_char(&t, ':') || text_len(t) > 3)
		return false;
	if (!read_number(t, KSRTP_MKI_MAX, &len) || !len)
		return false;
	master->mki_len = (u8)len;
	for (; value.p < value.end; value.p++) {
		unsigned int carry = (unsigned int)(*value.p - '0');
		size_t i;

		if (!is_digit(*value.p))
			return false;
		for (i = len; i-- > 0; carry >>= 8) {
			carry += master->mki[i] * 10u;
			master->mki[i] = (u8)carry;
		}
		if (carry)
			return false;
	}
	return true;
}

/* One "inline:key|lifetime|mki". Both options may be absent; only the MKI has a colon. */
static enum ksrtp_sdes_result read_param(struct text t, struct ksrtp_master *master)
{
	struct text method = take_until(&t, ":");
	enum ksrtp_sdes_result result;
	struct text field;

	if (method.p == method.end || !take_char(&t, ':'))
		return KSRTP_SDES_SYNTAX;
	if (!take_prefix(&method, "inline") || method.p != method.end)
		return KSRTP_SDES_METHOD;
	result = read_key(take_until(&t, "|"), master);
	if (result != KSRTP_SDES_OK || t.p == t.end)
		return result;
	t.p++;
	field = take_until(&t, "|");
	if (!memchr(field.p, ':', text_len(field))) {
		if (!read_lifetime(field, master))
			return KSRTP_SDES_LIFETIME;
		if (!take_char(&t, '|'))
			return KSRTP_SDES_OK;
		field = take_until(&t, "|");
	}
	if (!read_mki(field, master))
		return KSRTP_SDES_MKI;
	return t.p == t.end ? KSRTP_SDES_OK : KSRTP_SDES_SYNTAX;
}

static bool same_key(const struct ksrtp_master *a, const struct ksrtp_master *b)
{
	bool key = ksrtp_equal_ct(a->key, b->key, sizeof(a->key));
	bool salt = ksrtp_equal_ct(a->salt, b->salt, sizeof(a->salt));

	return key && salt;
}

/* Section 6.1: with several keys every one has an MKI, all of one length, none twice. */
static enum ksrtp_sdes_result check_keys(const struct ksrtp_sdes *sdes)
{
	unsigned int i, j;

	for (i = 1; i < sdes->n_keys; i++) {
		const struct ksrtp_master *key = &sdes->keys[i];

		if (!key->mki_len || key->mki_len != sdes->keys[0].mki_len)
			return KSRTP_SDES_MKI_MIXED;
		for (j = 0; j < i; j++)
			if (!memcmp(key->mki, sdes->keys[j].mki, key->mki_len) ||
			    same_key(key, &sdes->keys[j]))
				return KSRTP_SDES_REPEATED;
	}
	return KSRTP_SDES_OK;
}

static enum ksrtp_sdes_result read_params(struct text t, struct ksrtp_sdes *sdes)
{
	do {
		struct ksrtp_master *master = &sdes->keys[sdes->n_keys];
		enum ksrtp_sdes_result result;

		if (sdes->n_keys == KSRTP_SDES_KEYS_MAX)
			return KSRTP_SDES_KEYS;
		sdes->n_keys++;
		master->suite = sdes->suite;
		result = read_param(take_until(&t, ";"), master);
		if (result != KSRTP_SDES_OK)
			return result;
	} while (take_char(&t, ';'));
	return check_keys(sdes);
}

/* FEC_KEY: its keys must be well formed; they are not kept, as no line with them is of use here. */
static bool read_fec_key(struct text t, struct ksrtp_sdes *sdes)
{
	struct ksrtp_sdes fec = { .suite = sdes->suite };
	enum ksrtp_sdes_result result = read_params(t, &fec);

	ksrtp_sdes_wipe(&fec);
	if (sdes->fec_key || result != KSRTP_SDES_OK)
		return false;
	sdes->fec_key = true;
	return true;
}

static bool set_once(bool *flag)
{
	bool before = *flag;

	*flag = true;
	return !before;
}

/* One session parameter, section 6.3. False: the line is invalid. */
static bool read_session(struct text t, struct ksrtp_sdes *sdes)
{
	struct text whole = t;
	u64 v;

	if (take_char(&t, '-'))
		return t.p != t.end && *t.p != '-';
	if (take_prefix(&t, "KDR=")) {
		if (sdes->kdr || !read_number(t, 24, &v) || !v)
			return false;
		sdes->kdr = (u8)v;
		return true;
	}
	if (take_prefix(&t, "WSH=")) {
		if (sdes->wsh || !read_number(t, 0xffffffff, &v) || v < 64)
			return false;
		sdes->wsh = (u32)v;
		return true;
	}
	if (take_prefix(&t, "FEC_KEY="))
		return read_fec_key(t, sdes);
	if (take_prefix(&t, "FEC_ORDER=")) {
		enum ksrtp_sdes_fec order = KSRTP_SDES_FEC_ABSENT;

		if (take_prefix(&t, "FEC_SRTP"))
			order = KSRTP_SDES_FEC_SRTP;
		else if (take_prefix(&t, "SRTP_FEC"))
			order = KSRTP_SDES_SRTP_FEC;
		if (sdes->fec_order || !order || t.p != t.end)
			return false;
		sdes->fec_order = order;
		return true;
	}
	if (take_prefix(&t, "UNENCRYPTED_SRTCP") && t.p == t.end)
		return set_once(&sdes->unencrypted_srtcp);
	t = whole;
	if (take_prefix(&t, "UNENCRYPTED_SRTP") && t.p == t.end)
		return set_once(&sdes->unencrypted_srtp);
	t = whole;
	if (take_prefix(&t, "UNAUTHENTICATED_SRTP") && t.p == t.end)
		return set_once(&sdes->unauthenticated_srtp);
	return false;
}

/* What follows the tag. */
static enum ksrtp_sdes_result read_rest(struct text t, struct ksrtp_sdes *sdes)
{
	struct text suite = take_word(&t);
	struct text params = take_word(&t);
	enum ksrtp_sdes_result result;

	if (suite.p == suite.end || params.p == params.end)
		return KSRTP_SDES_SYNTAX;
	sdes->suite = ksrtp_suite_find(suite.p, text_len(suite));
	if (!sdes->suite)
		return KSRTP_SDES_SUITE;
	result = read_params(params, sdes);
	while (result == KSRTP_SDES_OK && t.p < t.end)
		if (!read_session(take_word(&t), sdes))
			result = KSRTP_SDES_PARAMETER;
	return result;
}

/* They hold for every key of the line. */
static void hand_to_keys(struct ksrtp_sdes *sdes)
{
	u8 parameters = (sdes->unencrypted_srtp ? KSRTP_UNENCRYPTED_SRTP : 0) |
			(sdes->unencrypted_srtcp ? KSRTP_UNENCRYPTED_SRTCP : 0) |
			(sdes->unauthenticated_srtp ? KSRTP_UNAUTHENTICATED_SRTP : 0);
	unsigned int i;

	for (i = 0; i < sdes->n_keys; i++) {
		sdes->keys[i].kdr = sdes->kdr;
		sdes->keys[i].parameters = parameters;
	}
}

static struct text trim(const char *p, size_t len)
{
	struct text t = { "", "" };

	if (len)
		t = (struct text){ p, p + len };
	while (t.p < t.end && is_blank(*t.p))
		t.p++;
	while (t.p < t.end && is_blank(t.end[-1]))
		t.end--;
	return t;
}

static enum ksrtp_sdes_result parse(struct ksrtp_sdes *out, struct text t, bool tagged)
{
	enum ksrtp_sdes_result result;
	u8 tag_digits = 0;
	u32 tag = 0;

	memset(out, 0, sizeof(*out));
	/* A NUL would end every list of stop bytes above; no field may hold one anyway. */
	if (text_len(t) && memchr(t.p, 0, text_len(t)))
		return KSRTP_SDES_SYNTAX;
	if (tagged) {
		struct text word = take_word(&t);

		if (word.p == word.end || text_len(word) > KSRTP_SDES_TAG_MAX)
			return KSRTP_SDES_TAG;
		tag_digits = (u8)text_len(word);
		for (; word.p < word.end; word.p++) {
			if (!is_digit(*word.p))
				return KSRTP_SDES_TAG;
			tag = tag * 10 + (u32)(*word.p - '0');
		}
	}
	result = read_rest(t, out);
	if (result == KSRTP_SDES_OK)
		hand_to_keys(out);
	else
		ksrtp_sdes_wipe(out);
	out->tag = tag;
	out->tag_digits = tag_digits;
	return result;
}

enum ksrtp_sdes_result ksrtp_sdes_parse(struct ksrtp_sdes *out, const char *text, size_t len)
{
	return parse(out, trim(text, len), true);
}

enum ksrtp_sdes_result ksrtp_sdes_parse_key(struct ksrtp_sdes *out, const char *text, size_t len)
{
	return parse(out, trim(text, len), false);
}

enum ksrtp_sdes_result ksrtp_sdes_usable(const struct ksrtp_sdes *sdes)
{
	if (sdes->fec_key || sdes->fec_order == KSRTP_SDES_SRTP_FEC ||
	    ksrtp_master_refusal(&sdes->keys[0]))
		return KSRTP_SDES_SESSION;
	return KSRTP_SDES_OK;
}

/* ---- writing ---- */

/* Text that is being made; @full once something did not fit. */
struct writer {
	char *to;
	size_t room;
	size_t n;
	bool full;
};

static void put_char(struct writer *w, char c)
{
	if (w->n + 1 >= w->room) {
		w->full = true;
		return;
	}
	w->to[w->n++] = c;
	w->to[w->n] = '\0';
}

static void put_text(struct writer *w, const char *text)
{
	while (*text)
		put_char(w, *text++);
}

static void put_number(struct writer *w, u64 v)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)v);
	put_text(w, digits);
}

static void put_base64(struct writer *w, const u8 *p, size_t n)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i, j;

	for (i = 0; i < n; i += 3) {
		u32 group = 0;

		for (j = 0; j < 3; j++)
			group = group << 8 | (i + j < n ? p[i + j] : 0);
		for (j = 0; j < 4; j++)
			put_char(w, i + j > n ? '=' : alphabet[group >> (18 - 6 * j) & 63]);
	}
}

/* A big-endian number of any size in decimal: divide by ten until nothing is left. */
static void put_mki(struct writer *w, const struct ksrtp_master *master)
{
	char digits[3 * KSRTP_MKI_MAX];
	u8 rest[KSRTP_MKI_MAX];
	size_t n = sizeof(digits) - 1, i;
	bool more = true;

	memcpy(rest, master->mki, sizeof(rest));
	digits[n] = '\0';
	while (more && n > 0) {
		unsigned int carry = 0;

		more = false;
		for (i = 0; i < master->mki_len; i++) {
			carry = carry << 8 | rest[i];
			rest[i] = (u8)(carry / 10);
			carry %= 10;
			more |= rest[i] != 0;
		}
		digits[--n] = (char)('0' + carry);
	}
	put_text(w, digits + n);
	put_char(w, ':');
	put_number(w, master->mki_len);
}

static void put_key(struct writer *w, const struct ksrtp_master *master)
{
	u8 bytes[KSRTP_KEY_MAX + KSRTP_SALT_MAX];
	size_t key = master->suite->key_len, salt = master->suite->salt_len;
	u64 limit = master->rtp_limit;

	memcpy(bytes, master->key, key);
	memcpy(bytes + key, master->salt, salt);
	put_text(w, "inline:");
	put_base64(w, bytes, key + salt);
	ksrtp_wipe(bytes, sizeof(bytes));
	if (limit && !(limit & (limit - 1))) {
		put_text(w, "|2^");
		put_number(w, (u64)__builtin_ctzll(limit));
	} else if (limit) {
		put_char(w, '|');
		put_number(w, limit);
	}
	if (master->mki_len) {
		put_char(w, '|');
		put_mki(w, master);
	}
}

static void put_session(struct writer *w, const struct ksrtp_sdes *sdes)
{
	if (sdes->kdr) {
		put_text(w, " KDR=");
		put_number(w, sdes->kdr);
	}
	if (sdes->unencrypted_srtcp)
		put_text(w, " UNENCRYPTED_SRTCP");
	if (sdes->unencrypted_srtp)
		put_text(w, " UNENCRYPTED_SRTP");
	if (sdes->unauthenticated_srtp)
		put_text(w, " UNAUTHENTICATED_SRTP");
	if (sdes->fec_order)
		put_text(w, sdes->fec_order == KSRTP_SDES_FEC_SRTP ? " FEC_ORDER=FEC_SRTP"
								   : " FEC_ORDER=SRTP_FEC");
	if (sdes->wsh) {
		put_text(w, " WSH=");
		put_number(w, sdes->wsh);
	}
}

/* With as many digits as it came with: an answer repeats it as it was written. */
static void put_tag(struct writer *w, const struct ksrtp_sdes *sdes)
{
	char digits[KSRTP_SDES_TAG_MAX + 1] = "";
	u32 tag = sdes->tag;
	unsigned int i;

	for (i = sdes->tag_digits; i-- > 0; tag /= 10)
		digits[i] = (char)('0' + tag % 10);
	put_text(w, digits);
	put_char(w, ' ');
}

int ksrtp_sdes_write(const struct ksrtp_sdes *sdes, char *to, size_t room)
{
	struct writer w = { .to = to, .room = room, .full = room == 0 };
	unsigned int i;

	if (room)
		to[0] = '\0';
	if (sdes->tag_digits)
		put_tag(&w, sdes);
	put_text(&w, sdes->suite->name);
	for (i = 0; i < sdes->n_keys; i++) {
		put_char(&w, i ? ';' : ' ');
		put_key(&w, &sdes->keys[i]);
	}
	put_session(&w, sdes);
	if (w.full) {
		ksrtp_wipe(to, room);
		return -ENOSPC;
	}
	return (int)w.n;
}

void ksrtp_sdes_wipe(struct ksrtp_sdes *sdes)
{
	ksrtp_wipe(sdes, sizeof(*sdes));
}

const char *ksrtp_sdes_message(enum ksrtp_sdes_result result)
{
	static const char *const message[] = {
		[KSRTP_SDES_OK] = "fine",
		[KSRTP_SDES_TAG] = "the tag is not one to nine digits",
		[KSRTP_SDES_SYNTAX] = "not of the form \"suite inline:key|lifetime|MKI:length\"",
		[KSRTP_SDES_BASE64] = "the key is not base64",
		[KSRTP_SDES_KEY_LENGTH] = "key and salt are not as long as the suite's",
		[KSRTP_SDES_LIFETIME] = "the lifetime is not a number or 2^n from 1 to 2^48",
		[KSRTP_SDES_MKI] = "the MKI is not a number and its length, 1 to 128 bytes",
		[KSRTP_SDES_MKI_MIXED] = "of several keys each needs an MKI of the same length",
		[KSRTP_SDES_REPEATED] = "the same key or MKI stands there twice",
		[KSRTP_SDES_KEYS] = "more than four keys",
		[KSRTP_SDES_PARAMETER] = "a session parameter is unknown, repeated or malformed",
		[KSRTP_SDES_UNSUPPORTED] = "not supported",
		[KSRTP_SDES_SUITE] = "the crypto suite is unknown",
		[KSRTP_SDES_METHOD] = "the key method is not \"inline\"",
		[KSRTP_SDES_SESSION] = "a session parameter asks for what is not supported",
	};

	return (unsigned int)result < ARRAY_SIZE(message) ? message[result] : "unknown";
}
