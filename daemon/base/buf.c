// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A byte buffer that grows up to a cap. Used for bytes read from streams and for messages being
 * written. Errors stick, so that a writer of many pieces checks once. No lock: a buffer belongs to
 * one owner. Messages hold keys and passwords: memory is wiped before it goes.
 */
#include "daemon/base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ksrtp/port.h>

#define BUF_FIRST 256 /* smallest allocation: most header values and short replies fit */

void ksrtp_buf_init(struct ksrtp_buf *buf, size_t cap)
{
	*buf = (struct ksrtp_buf){.cap = cap};
}

void ksrtp_buf_free(struct ksrtp_buf *buf)
{
	ksrtp_wipe(buf->p, buf->room);
	free(buf->p);
	ksrtp_buf_init(buf, buf->cap);
}

void ksrtp_buf_reset(struct ksrtp_buf *buf)
{
	ksrtp_buf_cut(buf, 0);
}

void ksrtp_buf_cut(struct ksrtp_buf *buf, size_t n)
{
	buf->n = n;
	buf->err = 0;
}

char *ksrtp_buf_room(struct ksrtp_buf *buf, size_t n)
{
	size_t room;
	char *grown;

	if (buf->err)
		return NULL;
	if (buf->n > buf->cap || n > buf->cap - buf->n) {
		buf->err = -ENOSPC;
		return NULL;
	}
	if (buf->p && buf->n + n <= buf->room)
		return buf->p + buf->n;

	room = buf->room ? buf->room : BUF_FIRST;
	while (room < buf->n + n)
		room = room <= SIZE_MAX / 2 ? room * 2 : buf->n + n;
	if (room > buf->cap && buf->cap)
		room = buf->cap;
	/* No realloc(): it would leave the old bytes behind as they are. */
	grown = malloc(room);
	if (!grown) {
		buf->err = -ENOMEM;
		return NULL;
	}
	if (buf->n)
		memcpy(grown, buf->p, buf->n);
	ksrtp_wipe(buf->p, buf->room);
	free(buf->p);
	buf->p = grown;
	buf->room = room;
	return buf->p + buf->n;
}

void ksrtp_buf_added(struct ksrtp_buf *buf, size_t n)
{
	buf->n += n;
}

int ksrtp_buf_put(struct ksrtp_buf *buf, const void *p, size_t n)
{
	char *to = ksrtp_buf_room(buf, n);

	if (!to)
		return buf->err;
	if (n)
		memcpy(to, p, n);
	buf->n += n;
	return 0;
}

int ksrtp_buf_str(struct ksrtp_buf *buf, const char *str)
{
	return ksrtp_buf_put(buf, str, strlen(str));
}

int ksrtp_buf_slice(struct ksrtp_buf *buf, struct slice s)
{
	return ksrtp_buf_put(buf, s.p, s.n);
}

int ksrtp_buf_vprintf(struct ksrtp_buf *buf, const char *fmt, va_list ap)
{
	char small[256];
	char *large = NULL;
	va_list again;
	int n;

	if (buf->err)
		return buf->err;
	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	if (n < 0) {
		buf->err = -EINVAL;
	} else if ((size_t)n < sizeof(small)) {
		ksrtp_buf_put(buf, small, (size_t)n);
	} else {
		/* Through a copy of its own: the terminating NUL must not count against the cap. */
		large = malloc((size_t)n + 1);
		if (!large)
			buf->err = -ENOMEM;
		else if (vsnprintf(large, (size_t)n + 1, fmt, again) != n)
			buf->err = -EINVAL;
		else
			ksrtp_buf_put(buf, large, (size_t)n);
		if (large)
			ksrtp_wipe(large, (size_t)n);
		free(large);
	}
	ksrtp_wipe(small, sizeof(small));
	va_end(again);
	return buf->err;
}

int ksrtp_buf_printf(struct ksrtp_buf *buf, const char *fmt, ...)
{
	va_list ap;
	int err;

	va_start(ap, fmt);
	err = ksrtp_buf_vprintf(buf, fmt, ap);
	va_end(ap);
	return err;
}

void ksrtp_buf_consume(struct ksrtp_buf *buf, size_t n)
{
	if (n >= buf->n) {
		buf->n = 0;
		return;
	}
	if (n) {
		memmove(buf->p, buf->p + n, buf->n - n);
		buf->n -= n;
	}
}
