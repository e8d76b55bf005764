/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of daemon/net: the self-signed certificate that lets TLS work from the first start.
 */
#ifndef KSRTP_NET_CERT_H
#define KSRTP_NET_CERT_H

#include <stddef.h>

/**
 * ksrtp_cert_ensure - see to it that @path holds a key and a certificate that is still valid
 * @path: one PEM file with both, mode 0600, replaced by rename
 * @name: domain for the certificate, NULL: the host's name
 *
 * Return: 1 when a new one was made, 0 when the old one serves, or a negative errno.
 */
int ksrtp_cert_ensure(const char *path, const char *name);

#endif
