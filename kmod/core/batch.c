// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The batch interface: checks every length before rtp.c and rtcp.c touch a byte, and fetches the
 * next packet's keys while it works on this one. Called by the packet path (softirq or task, no
 * lock held) and by the user back end's workers.
 */
#include "core.h"

/** ksrtp_growth - see <ksrtp/srtp.h> */
u32 ksrtp_growth(const struct ksrtp_keys *keys, bool rtcp)
{
	if (rtcp)
		return (u32)KSRTP_RTCP_WORD + keys->mki_len + keys->suite->rtcp_tag;
	return (u32)keys->mki_len + keys->rtp_tag;
}

/* A packet has its head, as parse found it, and @growth bytes more. */
static bool long_enough(const struct ksrtp_op *op, u32 growth)
{
	u32 head = op->rtcp ? KSRTP_RTCP_HEAD : op->head;

	/* SSRC and SEQ lie in the head: encrypted, they would give another IV the way back. */
	return head >= (op->rtcp ? KSRTP_RTCP_HEAD : KSRTP_RTP_HEAD) &&
	       op->len >= (u64)head + growth;
}

static void prefetch(const struct ksrtp_op *op)
{
	const u8 *half = (const u8 *)ksrtp_keys_of(op->keys, op->rtcp);
	const u8 *end = op->keys->data + (op->rtcp ? op->keys->mki_at : op->keys->rtcp_at);

	for (; half < end; half += 64)
		__builtin_prefetch(half);
	__builtin_prefetch(op->data, 1);
	__builtin_prefetch(op->data + 64, 1);
}

static enum ksrtp_verdict protect_one(const struct ksrtp_prim *prim, struct ksrtp_op *op)
{
	u32 growth = ksrtp_growth(op->keys, op->rtcp);

	if (!long_enough(op, 0))
		return KSRTP_VERDICT_SHORT;
	if (op->len > KSRTP_PACKET_MAX || op->len + growth > op->room)
		return KSRTP_VERDICT_ROOM;
	if (unlikely(op->keys->annex))
		return ksrtp_annex_protect(prim, op);
	return op->rtcp ? ksrtp_rtcp_protect(prim, op, ksrtp_keys_of(op->keys, true)) :
			  ksrtp_rtp_protect(prim, op, ksrtp_keys_of(op->keys, false));
}

static enum ksrtp_verdict unprotect_one(const struct ksrtp_prim *prim, struct ksrtp_op *op)
{
	if (op->len > KSRTP_PACKET_MAX)
		return KSRTP_VERDICT_ROOM;
	if (!long_enough(op, ksrtp_growth(op->keys, op->rtcp)))
		return KSRTP_VERDICT_SHORT;
	if (!ksrtp_keys_match(op->keys, op->data, op->len, op->rtcp))
		return KSRTP_VERDICT_MKI;
	if (unlikely(op->keys->annex))
		return ksrtp_annex_unprotect(prim, op);
	return op->rtcp ? ksrtp_rtcp_unprotect(prim, op, ksrtp_keys_of(op->keys, true)) :
			  ksrtp_rtp_unprotect(prim, op, ksrtp_keys_of(op->keys, false));
}

/** ksrtp_protect - see <ksrtp/srtp.h> */
void ksrtp_protect(const struct ksrtp_prim *prim, struct ksrtp_op *op, unsigned int n)
{
	for (; n; n--, op++) {
		if (n > 1 && op[1].verdict == KSRTP_VERDICT_OK)
			prefetch(op + 1);
		if (op->verdict == KSRTP_VERDICT_OK)
			op->verdict = protect_one(prim, op);
	}
}

/** ksrtp_unprotect - see <ksrtp/srtp.h> */
void ksrtp_unprotect(const struct ksrtp_prim *prim, struct ksrtp_op *op, unsigned int n)
{
	for (; n; n--, op++) {
		if (n > 1 && op[1].verdict == KSRTP_VERDICT_OK)
			prefetch(op + 1);
		if (op->verdict == KSRTP_VERDICT_OK)
			op->verdict = unprotect_one(prim, op);
	}
}
