/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and ports as people write them: 192.0.2.1:5004, [2001:db8::1]:5004.
 */
#ifndef KSRTP_ENDPOINT_H
#define KSRTP_ENDPOINT_H

#include <ksrtp/latch.h>

#define ENDPOINT_TEXT 64

/**
 * ksrtp_endpoint_parse - read an address, with its port if @port
 *
 * Return: 0 or -EINVAL.
 */
int ksrtp_endpoint_parse(struct ksrtp_endpoint *e, const char *text, bool port);
/** ksrtp_endpoint_write - write it, with the port unless that is 0. Return: @out */
const char *ksrtp_endpoint_write(const struct ksrtp_endpoint *e, char out[ENDPOINT_TEXT]);
/** ksrtp_endpoint_known - is there an address? */
bool ksrtp_endpoint_known(const struct ksrtp_endpoint *e);

#endif
