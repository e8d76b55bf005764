/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one border between kernel and native builds of kmod/core: types, unaligned access, wiping.
 * Nothing else in the project may ask whether it is compiled for the kernel.
 */
#ifndef KSRTP_PORT_H
#define KSRTP_PORT_H

#ifdef __KERNEL__

#include <asm/barrier.h>
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

#else

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;
typedef int32_t s32;

#ifndef likely
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#endif
#ifndef __aligned
#define __aligned(n)	__attribute__((aligned(n)))
#endif
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif
#ifndef READ_ONCE
#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#endif
#ifndef smp_rmb
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define smp_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)
#define try_cmpxchg(p, old, new) \
	__atomic_compare_exchange_n(p, old, new, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)
#define data_race(x)		(x)
#endif

#endif /* __KERNEL__ */

/* Network (big-endian) loads and stores at any alignment; the compiler makes one bswap of each. */

static inline u16 ksrtp_get16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static inline u32 ksrtp_get32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static inline u64 ksrtp_get64(const u8 *p)
{
	return (u64)ksrtp_get32(p) << 32 | ksrtp_get32(p + 4);
}

static inline void ksrtp_put16(u8 *p, u16 v)
{
	p[0] = (u8)(v >> 8);
	p[1] = (u8)v;
}

static inline void ksrtp_put32(u8 *p, u32 v)
{
	ksrtp_put16(p, (u16)(v >> 16));
	ksrtp_put16(p + 2, (u16)v);
}

static inline void ksrtp_put64(u8 *p, u64 v)
{
	ksrtp_put32(p, (u32)(v >> 32));
	ksrtp_put32(p + 4, (u32)v);
}

/**
 * ksrtp_wipe - overwrite a secret so that the compiler may not leave the store out
 * @p: memory, may be NULL when @n is 0
 * @n: bytes
 */
static inline void ksrtp_wipe(void *p, size_t n)
{
	if (n)
		memset(p, 0, n);
	__asm__ volatile("" : : "r"(p) : "memory");
}

/**
 * ksrtp_equal_ct - compare @n bytes in a time that depends on @n alone
 *
 * Return: true when equal.
 */
static inline bool ksrtp_equal_ct(const u8 *a, const u8 *b, size_t n)
{
	u32 diff = 0;
	size_t i;

	for (i = 0; i < n; i++)
		diff |= a[i] ^ b[i];
	/* Keep the compiler from ending the loop early once it knows the answer. */
	__asm__ volatile("" : "+r"(diff));
	return diff == 0;
}

#endif
