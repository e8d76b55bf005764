/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SRTP by the book, slowly: every packet derives its keys anew, bytes are moved one at a time. It
 * shares no code with the core: AES blocks, HMAC-SHA1 and GCM are OpenSSL's.
 */
#ifndef TESTS_TWIN_H
#define TESTS_TWIN_H

#include <ksrtp/srtp.h>

/**
 * twin_protect - what a packet looks like protected
 * @data: changed in place, with room for KSRTP_GROWTH_MAX bytes more
 * @index: 48 bits, or 31 for SRTCP
 *
 * Return: the new length
 */
u32 twin_protect(const struct ksrtp_master *master, u64 index, bool rtcp, u8 *data, u32 len);

/**
 * twin_unprotect - open a packet in place, with the verdict that the core must have
 *
 * Return: OK with *len shortened; MKI, TAG, CLEAR or E_BIT with nothing changed
 */
enum ksrtp_verdict twin_unprotect(const struct ksrtp_master *master, u64 index, bool rtcp, u8 *data,
				  u32 *len);

/** twin_derive - RFC 3711 section 4.3.1: @len bytes for a label and r */
void twin_derive(const struct ksrtp_master *master, u8 label, u64 r, u8 *out, u32 len);

#endif
