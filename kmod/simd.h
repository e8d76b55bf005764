/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Vector registers: which primitives may be used here and now. */
#ifndef KSRTP_KMOD_SIMD_H
#define KSRTP_KMOD_SIMD_H

#include <ksrtp/srtp.h>

/**
 * ksrtp_simd_init - known answers and choice of primitives, see ksrtp_core_init()
 *
 * Process context. Names only those features whose registers the kernel saves.
 */
int ksrtp_simd_init(const char **failed);

/**
 * ksrtp_simd_begin - own the vector registers if that is possible here
 *
 * Asks at every call: a softirq may have come down on a task inside a section of its own. Bottom
 * halves are off; nothing may sleep until ksrtp_simd_end().
 * Return: the best primitives, or the portable ones when the registers cannot be had.
 */
const struct ksrtp_prim *ksrtp_simd_begin(void);
/** ksrtp_simd_end - @prim as ksrtp_simd_begin() returned it */
void ksrtp_simd_end(const struct ksrtp_prim *prim);

#endif
