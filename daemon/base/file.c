// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading a small text file whole: configuration and password files. Any thread; no state.
 */
#include "daemon/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ksrtp/port.h>

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
