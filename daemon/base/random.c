// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Randomness from the kernel, for keys, tokens and branches. Any thread may call it.
 */
#include "daemon/base/random.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

#include <ksrtp/port.h>

int ksrtp_random_bytes(void *p, size_t n)
{
	uint8_t *b = p;

	while (n) {
		ssize_t got = getrandom(b, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		b += got;
		n -= (size_t)got;
	}
	return 0;
}

int ksrtp_random_text(char *out, size_t n)
{
	static const char digit[] = "abcdefghijklmnopqrstuvwxyz234567";
	size_t i;
	int err;

	if (!n)
		return -EINVAL;
	err = ksrtp_random_bytes(out, n - 1);
	if (err) {
		ksrtp_wipe(out, n);
		return err;
	}
	/* 256 is a multiple of 32, so no digit is more likely than another. */
	for (i = 0; i + 1 < n; i++)
		out[i] = digit[(uint8_t)out[i] & 31];
	out[n - 1] = 0;
	return 0;
}
