/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_BASE_BUF_H
#define DAEMON_BASE_BUF_H

#include <stdarg.h>

#include "daemon/base/slice.h"

/**
 * struct ksrtp_buf - bytes that grow up to a cap
 * @p: the bytes; NULL while nothing was stored
 * @n: how many there are
 * @room: how many are allocated
 * @cap: the most there may be
 * @err: 0, or the first -ENOMEM / -ENOSPC / -EINVAL; while it is set every append does nothing,
 *       so that a writer checks once, at the end
 */
struct ksrtp_buf {
	char *p;
	size_t n;
	size_t room;
	size_t cap;
	int err;
};

/** ksrtp_buf_init() - an empty buffer of at most @cap bytes; allocates nothing */
void ksrtp_buf_init(struct ksrtp_buf *buf, size_t cap);

/** ksrtp_buf_free() - free the bytes; the buffer is empty and usable again (same cap, no error) */
void ksrtp_buf_free(struct ksrtp_buf *buf);

/** ksrtp_buf_reset() - forget the bytes and the error, keep the allocation */
void ksrtp_buf_reset(struct ksrtp_buf *buf);
/** ksrtp_buf_cut() - back to the first @n bytes, whatever went wrong behind them */
void ksrtp_buf_cut(struct ksrtp_buf *buf, size_t n);

/** ksrtp_buf_put() - append @n bytes. Return: 0 or the sticky error */
int ksrtp_buf_put(struct ksrtp_buf *buf, const void *p, size_t n);

/** ksrtp_buf_str() - append a NUL-terminated string. Return: 0 or the sticky error */
int ksrtp_buf_str(struct ksrtp_buf *buf, const char *str);

/** ksrtp_buf_slice() - append a slice. Return: 0 or the sticky error */
int ksrtp_buf_slice(struct ksrtp_buf *buf, struct slice s);

/** ksrtp_buf_printf() - append formatted text (no NUL is counted). Return: 0 or the sticky error */
int ksrtp_buf_printf(struct ksrtp_buf *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** ksrtp_buf_vprintf() - ksrtp_buf_printf() with a va_list */
int ksrtp_buf_vprintf(struct ksrtp_buf *buf, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/**
 * ksrtp_buf_room() - make room for @n more bytes, to be filled by a read()
 * @buf: the buffer
 * @n: bytes wanted
 *
 * The caller writes at most @n bytes there and then says how many with ksrtp_buf_added().
 * Return: where to write, or NULL with the sticky error set
 */
char *ksrtp_buf_room(struct ksrtp_buf *buf, size_t n);

/** ksrtp_buf_added() - @n bytes were written to what ksrtp_buf_room() returned */
void ksrtp_buf_added(struct ksrtp_buf *buf, size_t n);

/** ksrtp_buf_consume() - drop the first @n bytes, moving the rest to the front */
void ksrtp_buf_consume(struct ksrtp_buf *buf, size_t n);

/** ksrtp_buf_view() - a slice of the contents; void after the next append */
static inline struct slice ksrtp_buf_view(const struct ksrtp_buf *buf)
{
	return ksrtp_slice_of(buf->p ? buf->p : "", buf->n);
}

#endif
