/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_BASE_SLICE_H
#define DAEMON_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct slice - bytes that belong to somebody else
 * @p: first byte; NULL stands for "absent", which differs from "empty"
 * @n: number of bytes; there is no terminating NUL
 */
struct slice {
	const char *p;
	size_t n;
};

/** SLICE() - a slice of a string literal, usable as an initialiser's value */
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

/** PRSLICE() - the two arguments of a "%.*s" */
#define PRSLICE(s) (int)(s).n, (s).p ? (s).p : ""

/** ksrtp_slice_of() - a slice over @p, @n bytes */
static inline struct slice ksrtp_slice_of(const char *p, size_t n)
{
	return (struct slice){p, n};
}

/** ksrtp_slice_str() - a slice over a NUL-terminated string; NULL gives the absent slice */
struct slice ksrtp_slice_str(const char *str);

/** ksrtp_slice_equal() - the same bytes; not for secrets */
bool ksrtp_slice_equal(struct slice a, struct slice b);

/** ksrtp_slice_equal_nocase() - the same bytes, ASCII letters compared without case */
bool ksrtp_slice_equal_nocase(struct slice a, struct slice b);

/** ksrtp_slice_is() - the same bytes as the string @str, without case (tokens of SIP and SDP) */
bool ksrtp_slice_is(struct slice s, const char *str);

/** ksrtp_slice_starts_nocase() - @s begins with @prefix, without case */
bool ksrtp_slice_starts_nocase(struct slice s, struct slice prefix);

/** ksrtp_slice_trim() - @s without blanks, tabs, CR and LF at both ends */
struct slice ksrtp_slice_trim(struct slice s);

/** ksrtp_slice_from() - @s without its first @n bytes (empty where there are fewer) */
struct slice ksrtp_slice_from(struct slice s, size_t n);

/** ksrtp_slice_head() - the first @n bytes of @s (all where there are fewer) */
struct slice ksrtp_slice_head(struct slice s, size_t n);

/**
 * ksrtp_slice_find() - offset of the first byte @c
 * Return: the offset, or @s.n when there is none
 */
size_t ksrtp_slice_find(struct slice s, char c);

/**
 * ksrtp_slice_cut() - take what stands before the first @sep off the front of @rest
 * @rest: becomes what follows the separator; absent (p == NULL) once all is taken
 * @sep: the separator byte
 *
 * Walk: "while (rest.p) { part = ksrtp_slice_cut(&rest, ','); ... }".
 * Return: the part, neither trimmed nor unquoted
 */
struct slice ksrtp_slice_cut(struct slice *rest, char sep);

/**
 * ksrtp_slice_u32() - decimal digits only, no sign, no blanks
 * @s: the digits, at least one
 * @out: the number
 * Return: 0, -EINVAL (no digits or foreign bytes), -ERANGE (above 2^32-1)
 */
int ksrtp_slice_u32(struct slice s, uint32_t *out);

/** ksrtp_slice_u64() - as ksrtp_slice_u32(), up to 2^64-1 */
int ksrtp_slice_u64(struct slice s, uint64_t *out);

/**
 * ksrtp_slice_copy() - copy into a caller's array and terminate it
 * Return: 0, -ENOSPC when @s and the NUL do not fit, -EINVAL when @s holds a NUL
 */
int ksrtp_slice_copy(struct slice s, char *to, size_t room);

/** ksrtp_slice_dup() - a NUL-terminated copy for free(); NULL when out of memory */
char *ksrtp_slice_dup(struct slice s);

/**
 * ksrtp_slice_hash() - SipHash-2-4 of the bytes, for tables that strangers fill
 * @s: the bytes
 * @key: 128 random bits, made once per table or process
 */
uint64_t ksrtp_slice_hash(struct slice s, const uint64_t key[2]);

#endif
