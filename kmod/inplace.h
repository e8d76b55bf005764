/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows in place: between the network and the socket of a media server on this host. */
#ifndef KSRTP_KMOD_INPLACE_H
#define KSRTP_KMOD_INPLACE_H

#include <linux/netfilter.h>

#define KSRTP_INPLACE_HOOKS	4

extern const struct nf_hook_ops ksrtp_inplace_hooks[KSRTP_INPLACE_HOOKS];

#endif
