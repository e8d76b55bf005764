/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Randomness from the kernel: for keys, tokens, branches, tags.
 */
#ifndef KSRTP_BASE_RANDOM_H
#define KSRTP_BASE_RANDOM_H

#include <stddef.h>

/**
 * ksrtp_random_bytes - fill @p with @n random bytes
 *
 * Return: 0 or a negative errno; on error the bytes must not be used.
 */
int ksrtp_random_bytes(void *p, size_t n);

/**
 * ksrtp_random_text - fill @out with @n - 1 random characters of [a-z2-7] and a NUL
 *
 * Five bits a character; the alphabet is a SIP token and a file name.
 *
 * Return: 0 or a negative errno; on error @out is the empty string.
 */
int ksrtp_random_text(char *out, size_t n);

#endif
