// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A source that begins its sequence anew under the SSRC it had (a transfer, a PBX that restarts)
 * would use indices twice. It goes on under a fresh SSRC instead: here is how it is told from late
 * and repeated packets, and how its RTCP follows (RFC 3550 sections 6.4 to 6.6 and A.1, RFC 4585
 * section 6.1, RFC 5104 section 4). Called by the packet path under the stream's lock and by the
 * user back end; pure.
 */
#include "core.h"

#define RTCP_SR		200
#define RTCP_RR		201
#define RTCP_SDES	202
#define RTCP_BYE	203
#define RTCP_RTPFB	205
#define RTCP_PSFB	206

/** ksrtp_restart_refused - see <ksrtp/srtp.h> */
bool ksrtp_restart_refused(struct ksrtp_restart *r, u16 seq, bool quiet)
{
	u16 ahead = (u16)(seq - r->next);

	if (!r->run || ahead >= KSRTP_RESTART_GAP)
		r->run = 1;
	else if (r->run < KSRTP_RESTART_RUN)
		r->run++;
	r->next = (u16)(seq + 1);
	if (r->run < KSRTP_RESTART_RUN || !quiet)
		return false;
	r->run = 0;
	return true;
}

/* One packet of a compound, all of whose @size bytes are there. */
struct part {
	u8 *data;
	u32 size;
	u32 from;
	u32 to;
};

static void rename_at(const struct part *p, u32 at)
{
	if (at + 4 <= p->size && ksrtp_get32(p->data + at) == p->from)
		ksrtp_put32(p->data + at, p->to);
}

static void rename_every(const struct part *p, u32 at, u32 stride, u32 count)
{
	for (; count && at + 4 <= p->size; count--, at += stride)
		rename_at(p, at);
}

/* Chunks: an SSRC, items of type, length and text, a null that ends them, zeroes to a word. */
static void rename_chunks(const struct part *p, u32 count)
{
	u32 at = 4;

	for (; count && at + 4 <= p->size; count--) {
		rename_at(p, at);
		at += 4;
		while (at + 2 <= p->size && p->data[at])
			at += 2 + p->data[at + 1];
		at = (at + 4) & ~3u;
	}
}

static void rename_part(const struct part *p)
{
	u32 count = p->data[0] & 0x1f, rest = p->size / 4;
	u8 type = p->data[1];

	switch (type) {
	case RTCP_SDES:
		rename_chunks(p, count);
		break;
	case RTCP_BYE:
		rename_every(p, 4, 4, count);
		break;
	case RTCP_SR:
	case RTCP_RR:
		rename_at(p, 4);
		rename_every(p, type == RTCP_SR ? 28 : 8, 24, count);
		break;
	case RTCP_RTPFB:
	case RTCP_PSFB:
		rename_at(p, 4);
		rename_at(p, 8);
		/* TMMBR, TMMBN and FIR have the SSRC in each entry. */
		if (type == RTCP_PSFB ? count == 4 : count == 3 || count == 4)
			rename_every(p, 12, 8, rest);
		break;
	default:
		rename_at(p, 4);
	}
}

/** ksrtp_rtcp_rename - see <ksrtp/srtp.h> */
void ksrtp_rtcp_rename(u8 *data, u32 len, u32 from, u32 to)
{
	u32 at = 0, size;

	while (at + KSRTP_RTCP_HEAD <= len && data[at] >> 6 == 2) {
		size = 4 * ((u32)ksrtp_get16(data + at + 2) + 1);
		if (at + size > len)
			return;
		rename_part(&(struct part){ data + at, size, from, to });
		at += size;
	}
}
