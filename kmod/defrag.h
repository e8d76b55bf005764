/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv6 fragments put together before our hooks. */
#ifndef KSRTP_KMOD_DEFRAG_H
#define KSRTP_KMOD_DEFRAG_H

struct ksrtp_net;

/** ksrtp_defrag_get - have it done in a namespace if it can be; idempotent, namespace's lock */
void ksrtp_defrag_get(struct ksrtp_net *kn);
/** ksrtp_defrag_put - no longer; idempotent, namespace's lock */
void ksrtp_defrag_put(struct ksrtp_net *kn);

#endif
