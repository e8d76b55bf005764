/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has a port that we wanted?
 */
#ifndef KSRTP_NET_OWNER_H
#define KSRTP_NET_OWNER_H

#include "daemon/net/hop.h"

/**
 * ksrtp_owner_find - name the process that has @addr's port open for @transport
 *
 * Looks through /proc; slow, for error messages at start only. Other users' processes are seen
 * by root alone.
 *
 * Return: @out, "name (pid 123)", or an empty string when it cannot be told.
 */
const char *ksrtp_owner_find(enum ksrtp_transport transport, const struct ksrtp_addr *addr,
			     char *out, size_t n);

#endif
