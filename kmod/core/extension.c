// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Encrypted header extensions (RFC 6904 section 3): of the elements (RFC 8285) whose ids were
 * agreed on the data is encrypted, ids and lengths never. The keystream of the packet runs over the
 * whole extension behind its first word; a byte that is not to be encrypted leaves its part of it
 * unused. Called by annex.c, before the tag is made and after it was verified; any context, no
 * lock.
 */
#include "core.h"

#define ONE_BYTE	0xbede	/* RFC 8285 section 4.2 */
#define TWO_BYTE	0x1000	/* section 4.3; the last four bits are the application's */
#define ELEMENT_MAX	255	/* bytes of data */

/* Elements one after the other, as far as they can be read. */
struct walk {
	const u8 *body;
	u32 len;
	u32 at;
	bool two_byte;
};

struct element {
	u8 id;
	u32 start;	/* of its data, from the body on */
	u32 len;
};

/* Return: false at the end, or where the rest makes no sense and is left as it is */
static bool next_element(struct walk *w, struct element *e)
{
	/* Padding, a zero byte. */
	while (w->at < w->len && !w->body[w->at])
		w->at++;
	if (w->at + 1 + w->two_byte > w->len)
		return false;
	if (w->two_byte) {
		e->id = w->body[w->at];
		e->len = w->body[w->at + 1];
		e->start = w->at + 2;
	} else {
		e->id = w->body[w->at] >> 4;
		e->len = (w->body[w->at] & 15) + 1u;
		e->start = w->at + 1;
		/* 15 ends the list, RFC 8285 section 4.2. */
		if (e->id == 15)
			return false;
	}
	w->at = e->start + e->len;
	return w->at <= w->len;
}

static void crypt_element(const struct ksrtp_prim *prim, const struct ksrtp_half *half, u8 *iv,
			  u8 *body, const struct element *e)
{
	u32 from = e->start % KSRTP_BLOCK, i;
	u8 stream[ELEMENT_MAX + KSRTP_BLOCK] = { 0 };

	ksrtp_put16(iv + 14, (u16)(e->start / KSRTP_BLOCK));
	prim->ctr(half, iv, NULL, stream, from + e->len);
	for (i = 0; i < e->len; i++)
		body[e->start + i] ^= stream[from + i];
	ksrtp_wipe(stream, sizeof(stream));
}

/**
 * ksrtp_extension_crypt - encrypt or decrypt, which is the same
 * @half: key and salt of header extensions, RFC 6904 section 3.1
 * @ids: a bit for each id
 * @op: an SRTP packet with an extension; its head was parsed
 */
void ksrtp_extension_crypt(const struct ksrtp_prim *prim, const struct ksrtp_half *half,
			   const u64 *ids, const struct ksrtp_op *op)
{
	u32 body = KSRTP_RTP_HEAD + 4 * (op->data[0] & 0x0fu) + 4;
	struct element e;
	struct walk w;
	u8 iv[KSRTP_BLOCK];
	u32 profile;

	if (body > op->head)
		return;
	profile = ksrtp_get16(op->data + body - 4);
	w = (struct walk){
		.body = op->data + body, .len = op->head - body,
		.two_byte = (profile & 0xfff0) == TWO_BYTE,
	};
	if (!w.two_byte && profile != ONE_BYTE)
		return;
	ksrtp_ctr_iv(half, ksrtp_get32(op->data + 8), op->index, iv);
	while (next_element(&w, &e))
		if (ids[e.id / 64] >> e.id % 64 & 1)
			crypt_element(prim, half, iv, op->data + body, &e);
}
