/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Differences between kernels, and nothing else. The oldest kernel supported is 6.1. */
#ifndef KSRTP_KMOD_COMPAT_H
#define KSRTP_KMOD_COMPAT_H

#include <linux/version.h>
#include <net/genetlink.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

/*
 * A variable on the stack that is filled in by hand. Where the kernel has the compiler clear all of
 * them, a packet would pay for a hundred bytes that are written again at once.
 */
#if __has_attribute(__uninitialized__)
#define ksrtp_compat_unset __attribute__((__uninitialized__))
#else
#define ksrtp_compat_unset
#endif

/* The struct that the family's pre_doit gets as its first argument. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define ksrtp_compat_ops genl_split_ops
#else
#define ksrtp_compat_ops genl_ops
#endif

/* Attributes of a dump's request, as parsed by the op's policy. */
static inline struct nlattr **ksrtp_compat_dump_attrs(const struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return genl_info_dump((struct netlink_callback *)cb)->attrs;
#else
	return genl_dumpit_info((struct netlink_callback *)cb)->attrs;
#endif
}

#endif
