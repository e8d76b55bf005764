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

static bool is_rtcp_type(u8 type)
{
	return type >= 192 && type <= 223;
}

/** ksrtp_kind_of - see <ksrtp/srtp.h>; version 2 and too short to tell is RTP: parse refuses it */
enum ksrtp_kind ksrtp_kind_of(const u8 *data, u32 len)
{
	const u8 *b = data;
	int i = 0;

	if (!len)
		return KSRTP_KIND_UNKNOWN;
	/* The bulk first. */
	if ((b[0] & 0xc0) == 0x80)
		return len > 1 && is_rtcp_type(b[1]) ? KSRTP_KIND_RTCP : KSRTP_KIND_RTP;
	while (b[0] > kinds[i].last)
		i++;
	return (enum ksrtp_kind)kinds[i].kind;
}

/** ksrtp_rtp_parse - see <ksrtp/srtp.h> */
enum ksrtp_verdict ksrtp_rtp_parse(const u8 *data, u32 len, struct ksrtp_head *head)
{
	u32 end;

	if (len < KSRTP_RTP_HEAD)
		return KSRTP_VERDICT_SHORT;
	if (data[0] >> 6 != 2)
		return KSRTP_VERDICT_NOT_RTP;
	end = KSRTP_RTP_HEAD + 4 * (data[0] & 0x0f);
	if (data[0] & 0x10) {
		if (end + 4 > len)
			return KSRTP_VERDICT_SHORT;
		end += 4 + 4 * (u32)ksrtp_get16(data + end + 2);
	}
	if (end > len)
		return KSRTP_VERDICT_SHORT;
	head->marker = data[1] & 0x80;
	head->type = data[1] & 0x7f;
	head->seq = ksrtp_get16(data + 2);
	head->timestamp = ksrtp_get32(data + 4);
	head->ssrc = ksrtp_get32(data + 8);
	head->head = end;
	return KSRTP_VERDICT_OK;
}

/** ksrtp_rtcp_parse - see <ksrtp/srtp.h> */
enum ksrtp_verdict ksrtp_rtcp_parse(const u8 *data, u32 len, struct ksrtp_head *head)
{
	if (len < KSRTP_RTCP_HEAD)
		return KSRTP_VERDICT_SHORT;
	if (data[0] >> 6 != 2 || !is_rtcp_type(data[1]))
		return KSRTP_VERDICT_NOT_RTP;
	*head = (struct ksrtp_head){
		.ssrc = ksrtp_get32(data + 4), .head = KSRTP_RTCP_HEAD, .type = data[1],
	};
	return KSRTP_VERDICT_OK;
}
