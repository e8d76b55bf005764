// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Splices: a message is the bytes that arrived plus a list of non-overlapping edits. What no edit
 * names leaves byte for byte as it came. Called by daemon/sip and daemon/sdp. No lock: a list
 * belongs to one owner.
 */
#include "daemon/base/splice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ksrtp/port.h>

#define CHUNK_BYTES 2048          /* an arena chunk; longer replacements get a chunk of their own */
#define REPLACEMENT_MAX (1 << 17) /* longest replacement of ksrtp_splice_printf() */

struct ksrtp_edit {
	size_t off;
	size_t len;
	struct slice with; /* in the arena */
};

struct ksrtp_chunk {
	struct ksrtp_chunk *next;
	size_t used;
	size_t room;
	char bytes[];
};

void ksrtp_splice_init(struct ksrtp_splice *list, struct slice src)
{
	*list = (struct ksrtp_splice){.src = src};
}

void ksrtp_splice_destroy(struct ksrtp_splice *list)
{
	struct ksrtp_chunk *chunk = list->chunks;

	while (chunk) {
		struct ksrtp_chunk *next = chunk->next;

		/* What is spliced in may be a key. */
		ksrtp_wipe(chunk->bytes, chunk->used);
		free(chunk);
		chunk = next;
	}
	free(list->edits);
	ksrtp_splice_init(list, list->src);
}

struct slice ksrtp_splice_keep(struct ksrtp_splice *list, struct slice s)
{
	struct ksrtp_chunk *chunk = list->chunks;
	char *to;

	if (!chunk || chunk->room - chunk->used < s.n) {
		size_t room = s.n > CHUNK_BYTES ? s.n : CHUNK_BYTES;

		chunk = malloc(sizeof(*chunk) + room);
		if (!chunk) {
			list->err = list->err ? list->err : -ENOMEM;
			return ksrtp_slice_of(NULL, 0);
		}
		*chunk = (struct ksrtp_chunk){.next = list->chunks, .room = room};
		list->chunks = chunk;
	}
	to = chunk->bytes + chunk->used;
	if (s.n)
		memcpy(to, s.p, s.n);
	chunk->used += s.n;
	return ksrtp_slice_of(to, s.n);
}

int ksrtp_splice_copy(struct ksrtp_splice *to, const struct ksrtp_splice *from)
{
	ksrtp_splice_init(to, from->src);
	to->err = from->err;
	for (size_t i = 0; i < from->n; i++) {
		const struct ksrtp_edit *edit = &from->edits[i];

		ksrtp_splice_replace(to, edit->off, edit->len, edit->with);
	}
	return to->err;
}

static int fail(struct ksrtp_splice *list, int err)
{
	if (!list->err)
		list->err = err;
	return list->err;
}

static int grow(struct ksrtp_splice *list)
{
	size_t room = list->room ? list->room * 2 : 16;
	struct ksrtp_edit *grown;

	if (list->n < list->room)
		return 0;
	if (list->n >= KSRTP_SPLICE_MAX)
		return fail(list, -E2BIG);
	grown = realloc(list->edits, room * sizeof(*grown));
	if (!grown)
		return fail(list, -ENOMEM);
	list->edits = grown;
	list->room = room;
	return 0;
}

/* A new edit goes behind all that start before it, and behind inserts at its own offset. */
static size_t place(const struct ksrtp_splice *list, size_t off)
{
	size_t at = list->n;

	while (at) {
		const struct ksrtp_edit *before = &list->edits[at - 1];

		if (before->off < off || (before->off == off && !before->len))
			break;
		at--;
	}
	return at;
}

int ksrtp_splice_replace(struct ksrtp_splice *list, size_t off, size_t len, struct slice with)
{
	struct ksrtp_edit edit = {.off = off, .len = len};
	size_t at;

	if (list->err)
		return list->err;
	if (off > list->src.n || len > list->src.n - off)
		return fail(list, -ERANGE);
	at = place(list, off);
	if (at && list->edits[at - 1].off + list->edits[at - 1].len > off)
		return fail(list, -EEXIST);
	if (at < list->n && list->edits[at].off < off + len) {
		if (list->edits[at].off != off || list->edits[at].len != len)
			return fail(list, -EEXIST);
		edit.with = ksrtp_splice_keep(list, with);
		if (!list->err)
			list->edits[at] = edit;
		return list->err;
	}
	edit.with = ksrtp_splice_keep(list, with);
	if (list->err || grow(list))
		return list->err;
	memmove(&list->edits[at + 1], &list->edits[at], (list->n - at) * sizeof(edit));
	list->edits[at] = edit;
	list->n++;
	return 0;
}

int ksrtp_splice_insert(struct ksrtp_splice *list, size_t off, struct slice with)
{
	return ksrtp_splice_replace(list, off, 0, with);
}

int ksrtp_splice_delete(struct ksrtp_splice *list, size_t off, size_t len)
{
	return ksrtp_splice_replace(list, off, len, ksrtp_slice_of(NULL, 0));
}

int ksrtp_splice_printf(struct ksrtp_splice *list, size_t off, size_t len, const char *fmt, ...)
{
	struct ksrtp_buf text;
	va_list ap;

	ksrtp_buf_init(&text, REPLACEMENT_MAX);
	va_start(ap, fmt);
	if (ksrtp_buf_vprintf(&text, fmt, ap))
		fail(list, text.err);
	else
		ksrtp_splice_replace(list, off, len, ksrtp_buf_view(&text));
	va_end(ap);
	ksrtp_buf_free(&text);
	return list->err;
}

size_t ksrtp_splice_at(struct ksrtp_splice *list, struct slice part)
{
	uintptr_t src = (uintptr_t)list->src.p;
	uintptr_t at = (uintptr_t)part.p;

	if (!part.p || at < src || at - src > list->src.n || part.n > list->src.n - (at - src)) {
		fail(list, -ERANGE);
		return 0;
	}
	return at - src;
}

int ksrtp_splice_swap(struct ksrtp_splice *list, struct slice part, struct slice with)
{
	size_t off = ksrtp_splice_at(list, part);

	return list->err ? list->err : ksrtp_splice_replace(list, off, part.n, with);
}

int ksrtp_splice_apply(const struct ksrtp_splice *list, struct ksrtp_buf *out)
{
	size_t done = 0;

	if (list->err)
		return list->err;
	for (size_t i = 0; i < list->n; i++) {
		const struct ksrtp_edit *edit = &list->edits[i];

		ksrtp_buf_put(out, list->src.p + done, edit->off - done);
		ksrtp_buf_slice(out, edit->with);
		done = edit->off + edit->len;
	}
	/* An empty source may have no address at all. */
	return done < list->src.n ? ksrtp_buf_put(out, list->src.p + done, list->src.n - done)
				  : out->err;
}

size_t ksrtp_splice_size(const struct ksrtp_splice *list)
{
	size_t size = list->src.n;

	for (size_t i = 0; i < list->n; i++)
		size += list->edits[i].with.n - list->edits[i].len;
	return size;
}
