// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RTCP from a plain source through ksrtp_rtcp_rename(): the first eight bytes of the input are the
 * two SSRCs. No byte outside may be touched, and one SSRC for itself changes nothing.
 */
#include <stdlib.h>

#include <ksrtp/srtp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u8 *packet;
	u32 name[2];

	if (size < sizeof(name))
		return 0;
	memcpy(name, data, sizeof(name));
	data += sizeof(name);
	size -= sizeof(name);
	/* Exactly as long as it is, so that the sanitizer sees each step outside. */
	packet = malloc(size ? size : 1);
	if (!packet)
		return 0;
	memcpy(packet, data, size);
	ksrtp_rtcp_rename(packet, (u32)size, name[0], name[0]);
	if (memcmp(packet, data, size))
		abort();
	ksrtp_rtcp_rename(packet, (u32)size, name[0], name[1]);
	free(packet);
	return 0;
}
