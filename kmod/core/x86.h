/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 128-bit vectors for the x86-64 primitives, by compiler builtins: the compiler's own headers
 * cannot be had in a kernel build, whose flags forbid vector code but where a function's target
 * allows it.
 */
#ifndef KSRTP_X86_H
#define KSRTP_X86_H

#ifdef __x86_64__

typedef long long v2di __attribute__((vector_size(16)));
typedef int v4si __attribute__((vector_size(16)));
typedef char v16qi __attribute__((vector_size(16)));
/* the same in memory, at any alignment */
typedef long long v2di_any __attribute__((vector_size(16), aligned(1), may_alias));

#define load(p)		((v2di)*(const v2di_any *)(p))
#define store(p, v)	((void)(*(v2di_any *)(p) = (v2di_any)(v)))

#endif
#endif
