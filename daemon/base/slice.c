// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Slices: views of bytes that somebody else owns. The SIP and SDP layers are made of them, so that
 * a message stays the bytes that arrived. Called from everywhere in the daemon; pure functions, no
 * lock, no allocation but ksrtp_slice_dup().
 */
#include "daemon/base/slice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static unsigned char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : (unsigned char)c;
}

struct slice ksrtp_slice_str(const char *str)
{
	return ksrtp_slice_of(str, str ? strlen(str) : 0);
}

bool ksrtp_slice_equal(struct slice a, struct slice b)
{
	return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

bool ksrtp_slice_equal_nocase(struct slice a, struct slice b)
{
	return a.n == b.n && ksrtp_slice_starts_nocase(a, b);
}

bool ksrtp_slice_is(struct slice s, const char *str)
{
	return ksrtp_slice_equal_nocase(s, ksrtp_slice_str(str));
}

bool ksrtp_slice_starts_nocase(struct slice s, struct slice prefix)
{
	if (s.n < prefix.n)
		return false;
	for (size_t i = 0; i < prefix.n; i++)
		if (lower(s.p[i]) != lower(prefix.p[i]))
			return false;
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice ksrtp_slice_trim(struct slice s)
{
	while (s.n && is_space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct slice ksrtp_slice_from(struct slice s, size_t n)
{
	if (n > s.n)
		n = s.n;
	return n ? ksrtp_slice_of(s.p + n, s.n - n) : s;
}

struct slice ksrtp_slice_head(struct slice s, size_t n)
{
	return ksrtp_slice_of(s.p, n < s.n ? n : s.n);
}

size_t ksrtp_slice_find(struct slice s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? (size_t)(at - s.p) : s.n;
}

struct slice ksrtp_slice_cut(struct slice *rest, char sep)
{
	size_t at = ksrtp_slice_find(*rest, sep);
	struct slice part = ksrtp_slice_head(*rest, at);

	if (at < rest->n)
		*rest = ksrtp_slice_from(*rest, at + 1);
	else
		*rest = ksrtp_slice_of(NULL, 0);
	return part;
}

int ksrtp_slice_u64(struct slice s, uint64_t *out)
{
	uint64_t value = 0;

	if (!s.n)
		return -EINVAL;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value))
			return -ERANGE;
	}
	*out = value;
	return 0;
}

int ksrtp_slice_u32(struct slice s, uint32_t *out)
{
	uint64_t value;
	int err = ksrtp_slice_u64(s, &value);

	if (err)
		return err;
	if (value > UINT32_MAX)
		return -ERANGE;
	*out = (uint32_t)value;
	return 0;
}

int ksrtp_slice_copy(struct slice s, char *to, size_t room)
{
	if (s.n >= room)
		return -ENOSPC;
	if (s.n) {
		if (memchr(s.p, '\0', s.n))
			return -EINVAL;
		memcpy(to, s.p, s.n);
	}
	to[s.n] = '\0';
	return 0;
}

char *ksrtp_slice_dup(struct slice s)
{
	char *copy = malloc(s.n + 1);

	if (!copy)
		return NULL;
	if (s.n)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

static uint64_t rotate(uint64_t x, unsigned int n)
{
	return x << n | x >> (64 - n);
}

static void sip_rounds(uint64_t v[4], unsigned int rounds)
{
	while (rounds--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32) + v[3];
		v[2] += v[1];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

uint64_t ksrtp_slice_hash(struct slice s, const uint64_t key[2])
{
	uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
			 key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u};
	uint64_t word = 0;

	for (size_t i = 0; i < s.n; i++) {
		word |= (uint64_t)(unsigned char)s.p[i] << (i % 8 * 8);
		if (i % 8 == 7) {
			v[3] ^= word;
			sip_rounds(v, 2);
			v[0] ^= word;
			word = 0;
		}
	}
	word |= (uint64_t)s.n << 56;
	v[3] ^= word;
	sip_rounds(v, 2);
	v[0] ^= word;
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
