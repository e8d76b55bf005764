/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KSRTP_MEDIA_CPU_H
#define KSRTP_MEDIA_CPU_H

#include <ksrtp/srtp.h>

/** ksrtp_cpu_find - what this CPU can do and the system saves, for ksrtp_core_init() */
void ksrtp_cpu_find(struct ksrtp_cpu *cpu);

#endif
