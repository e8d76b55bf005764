// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading a small text file whole: configuration and password files; and files that hold a secret
 * of this host. Any thread; no state.
 */
#include "daemon/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ksrtp/port.h>

#include "daemon/base/random.h"

static int fill(int fd, char *p, size_t max, size_t *n)
{
	ssize_t got;

	for (*n = 0; *n < max; *n += (size_t)got) {
		got = read(fd, p + *n, max - *n);
		if (got < 0 && errno == EINTR)
			got = 0;
		else if (got < 0)
			return -errno;
		else if (!got)
			return memchr(p, 0, *n) ? -EINVAL : 0;
	}
	return -EFBIG;
}

int ksrtp_file_read(const char *path, size_t max, char **text, size_t *n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	char *p;

	*text = NULL;
	if (fd < 0)
		return -errno;
	p = calloc(1, max + 1);
	err = p ? fill(fd, p, max, n) : -ENOMEM;
	close(fd);
	if (err && p) {
		ksrtp_wipe(p, max);
		free(p);
	} else {
		*text = p;
	}
	return err;
}

static bool read_secret(const char *path, uint8_t *secret, size_t n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && read(fd, secret, n) == (ssize_t)n;

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool write_secret(const char *path, const uint8_t *secret, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write(fd, secret, n) == (ssize_t)n;

	if (fd >= 0 && close(fd))
		ok = false;
	return ok;
}

int ksrtp_file_secret(const char *path, uint8_t *secret, size_t n)
{
	int err;

	if (read_secret(path, secret, n))
		return 0;
	err = ksrtp_random_bytes(secret, n);
	return err ? err : !write_secret(path, secret, n);
}
