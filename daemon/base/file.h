/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small file, read whole.
 */
#ifndef KSRTP_BASE_FILE_H
#define KSRTP_BASE_FILE_H

#include <stddef.h>

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

#endif
