// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AES counter mode as SRTP uses it, AES-CM (RFC 3711 section 4.1.1). Called by rtp.c and rtcp.c;
 * any context, no lock.
 */
#include "core.h"

/**
 * ksrtp_ctr_iv - the first counter block: salt * 2^16 xor SSRC * 2^64 xor index * 2^16
 * @index: 48-bit SRTP index or 31-bit SRTCP index
 * @iv: 16 bytes; the last two, 0, count the blocks of the packet
 */
void ksrtp_ctr_iv(const struct ksrtp_half *half, u32 ssrc, u64 index, u8 *iv)
{
	ksrtp_put64(iv, ksrtp_get64(half->salt) ^ ssrc);
	ksrtp_put32(iv + 8, ksrtp_get32(half->salt + 8) ^ (u32)(index >> 16));
	ksrtp_put32(iv + 12, ((u32)ksrtp_get16(half->salt + 12) << 16) ^ (u32)index << 16);
}
