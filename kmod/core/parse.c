// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a UDP payload is (RFC 7983, RFC 5761 section 4) and where the fixed part of an RTP or RTCP
 * packet ends (RFC 3550 sections 5.1, 5.3.1 and 6.4). First touch of every packet, on bytes from
 * strangers; any context, no lock.
 */
#include "core.h"

static const struct {
	u8 last;
	u8 kind;
} kinds[] = {
	{ 3, KSRTP_KIND_STUN },
	{ 15, KSRTP_KIND_UNKNOWN },
	{ 19, KSRTP_KIND_ZRTP },
	{ 63, KSRTP_KIND_DTLS },
	{ 79, KSRTP_KIND_TURN },
	{ 255, KSRTP_KIND_UNKNOWN },
};

/** ksrtp_kind_other - see <ksrtp/srtp.h> */
enum ksrtp_kind ksrtp_kind_other(u8 first)
{
	int i = 0;

	while (first > kinds[i].last)
		i++;
	return (enum ksrtp_kind)kinds[i].kind;
}

/** ksrtp_rtcp_parse - see <ksrtp/srtp.h> */
enum ksrtp_verdict ksrtp_rtcp_parse(const u8 *data, u32 len, struct ksrtp_head *head)
{
	if (len < KSRTP_RTCP_HEAD)
		return KSRTP_VERDICT_SHORT;
	if (data[0] >> 6 != 2 || !ksrtp_is_rtcp_type(data[1]))
		return KSRTP_VERDICT_NOT_RTP;
	*head = (struct ksrtp_head){
		.ssrc = ksrtp_get32(data + 4), .head = KSRTP_RTCP_HEAD, .type = data[1],
	};
	return KSRTP_VERDICT_OK;
}
