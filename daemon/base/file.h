/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small file, read whole; and one that holds a secret of this host.
 */
#ifndef KSRTP_BASE_FILE_H
#define KSRTP_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

/**
 * ksrtp_file_read - read a text file of less than @max bytes
 * @text: gets the text with a NUL behind it; wipe it if it may hold secrets, then free() it
 * @n: its length
 *
 * No copy of the bytes stays behind in a stream's buffer.
 *
 * Return: 0, or, with *@text NULL, -ENOENT, -EACCES, -EISDIR, -EFBIG, -EINVAL (a NUL inside), …
 */
int ksrtp_file_read(const char *path, size_t max, char **text, size_t *n);

/**
 * ksrtp_file_secret - @n secret bytes that outlive the process
 * @path: made with mode 0600, of random bytes, if there are not as many
 *
 * Return: 0, 1 when it could not be written (errno says why; the secret is good, but ends with the
 * process), or a negative errno without random bytes.
 */
int ksrtp_file_secret(const char *path, uint8_t *secret, size_t n);

#endif
