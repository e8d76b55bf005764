/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/net/ksrtp_stat and /proc/net/ksrtp_flows. */
#ifndef KSRTP_KMOD_PROC_H
#define KSRTP_KMOD_PROC_H

struct net;

int ksrtp_proc_create(struct net *net);
void ksrtp_proc_remove(struct net *net);

#endif
