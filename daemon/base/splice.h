/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_BASE_SPLICE_H
#define DAEMON_BASE_SPLICE_H

#include "daemon/base/buf.h"
#include "daemon/base/slice.h"

struct ksrtp_edit;
struct ksrtp_chunk;

/** KSRTP_SPLICE_MAX - most edits of one text: far above any real message, below any trouble */
#define KSRTP_SPLICE_MAX 1024

/**
 * struct ksrtp_splice - a list of edits over a text that is not changed itself
 * @src: the text, owned by the caller, to stay in place while the list lives
 * @edits: sorted by offset, never overlapping
 * @n: how many edits
 * @room: how many are allocated
 * @chunks: the arena that owns the replacements
 * @err: 0 or the first error; sticky, so that a writer of many edits checks once, at
 *       ksrtp_splice_apply()
 */
struct ksrtp_splice {
	struct slice src;
	struct ksrtp_edit *edits;
	size_t n;
	size_t room;
	struct ksrtp_chunk *chunks;
	int err;
};

/** ksrtp_splice_init() - no edits over @src; allocates nothing */
void ksrtp_splice_init(struct ksrtp_splice *list, struct slice src);

/** ksrtp_splice_destroy() - free edits and replacements, not the source; the list is empty again */
void ksrtp_splice_destroy(struct ksrtp_splice *list);

/**
 * ksrtp_splice_copy() - a second, independent list with the same edits (a fork's branches)
 * @to: uninitialised; to be destroyed by the caller, also after an error
 * Return: 0 or the sticky error of @to
 */
int ksrtp_splice_copy(struct ksrtp_splice *to, const struct ksrtp_splice *from);

/**
 * ksrtp_splice_replace() - replace @len bytes at @off by a copy of @with
 * @list: the list
 * @off: offset in the source; @off == src.n with @len == 0 appends
 * @len: bytes to go; 0 inserts. Several inserts at one offset appear in the order of the calls,
 *       and before a replacement that starts there
 * @with: what comes instead; empty deletes
 *
 * Replacing exactly the range that was replaced before supersedes the earlier edit.
 * Return: 0 or the sticky error: -ERANGE (outside the source), -EEXIST (overlaps another edit),
 *         -E2BIG (more than KSRTP_SPLICE_MAX edits), -ENOMEM
 */
int ksrtp_splice_replace(struct ksrtp_splice *list, size_t off, size_t len, struct slice with);

/** ksrtp_splice_insert() - ksrtp_splice_replace() with no bytes going */
int ksrtp_splice_insert(struct ksrtp_splice *list, size_t off, struct slice with);

/** ksrtp_splice_delete() - ksrtp_splice_replace() with no bytes coming */
int ksrtp_splice_delete(struct ksrtp_splice *list, size_t off, size_t len);

/** ksrtp_splice_printf() - ksrtp_splice_replace() with formatted text */
int ksrtp_splice_printf(struct ksrtp_splice *list, size_t off, size_t len, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * ksrtp_splice_at() - the offset of a slice that points into the source
 * @part: must lie within the source, else the sticky error becomes -ERANGE
 * Return: the offset (0 when the error was set)
 */
size_t ksrtp_splice_at(struct ksrtp_splice *list, struct slice part);

/** ksrtp_splice_swap() - replace the part of the source that @part points at by a copy of @with */
int ksrtp_splice_swap(struct ksrtp_splice *list, struct slice part, struct slice with);

/** ksrtp_splice_keep() - a copy of @s in the list's arena; absent when out of memory */
struct slice ksrtp_splice_keep(struct ksrtp_splice *list, struct slice s);

/**
 * ksrtp_splice_apply() - append the edited text to @out
 * Return: 0, the sticky error of the list (then nothing is appended), or that of @out
 */
int ksrtp_splice_apply(const struct ksrtp_splice *list, struct ksrtp_buf *out);

/** ksrtp_splice_size() - bytes ksrtp_splice_apply() would append */
size_t ksrtp_splice_size(const struct ksrtp_splice *list);

#endif
