/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known answers at load. */
#ifndef KSRTP_KMOD_SELFTEST_H
#define KSRTP_KMOD_SELFTEST_H

/** ksrtp_selftest_run - process context. Return: 0, or -EBADMSG: the module must not load */
int ksrtp_selftest_run(void);

#endif
