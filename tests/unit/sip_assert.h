/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_SIP_ASSERT_H
#define TESTS_UNIT_SIP_ASSERT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/slice.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Compared as strings, so that a failure prints both. */
static inline void assert_slice_at(struct slice s, const char *expected, const char *file, int line)
{
	char *copy = s.p ? ksrtp_slice_dup(s) : NULL;

	if (!expected || !copy)
		_assert_true(!expected && !copy, "both absent", file, line);
	else
		_assert_string_equal(copy, expected, file, line);
	free(copy);
}

/* A slice holds exactly this text; NULL stands for absent. */
#define assert_slice(s, expected) assert_slice_at((s), (expected), __FILE__, __LINE__)

/* A buffer holds exactly this text; it is reset for the next one. */
#define assert_buf(buf, expected)                                  \
	do {                                                       \
		assert_int_equal((buf)->err, 0);                   \
		assert_slice(ksrtp_buf_view(buf), (expected));     \
		ksrtp_buf_reset(buf);                              \
	} while (0)

#endif
