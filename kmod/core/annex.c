// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What few keys need, kept apart so that the others do not grow: a key derivation rate (RFC 3711
 * section 4.3) and encrypted header extensions (RFC 6904). Filled when a key is set; the rest runs
 * in the packet path, called by batch.c, any context.
 *
 * With a key derivation rate the session keys hold for the indices of one r = index DIV 2^kdr.
 * Packets of several SSRCs, and late ones, need several at a time: those that were used last stand
 * in slots by r. A slot is read and written without waiting: its turn is odd while somebody writes,
 * and whoever reads a copy under a turn that is odd or changed meanwhile, or finds another r there,
 * derives the keys for itself, on its stack. Only a packet that was sent, or that authenticated,
 * puts keys into a slot.
 */
#include "core.h"

#define SLOTS	4	/* values of r at a time */

/* What keys are for: the order of the slots. */
enum part { PART_RTP, PART_RTCP, PART_EXTENSION, PARTS };

/**
 * struct slot - session keys of one r
 * @turn: 0: empty; odd: being written
 */
struct slot {
	struct ksrtp_half half;
	u64 r;
	u32 turn;
};

/**
 * struct ksrtp_annex - see <ksrtp/srtp.h>
 * @prf: round keys of the master key, and the master salt; only with a key derivation rate
 * @extension: keys of header extensions without such a rate
 * @ids: of the elements to encrypt
 * @slot: PARTS times SLOTS of them with a key derivation rate, else none
 */
struct ksrtp_annex {
	struct ksrtp_half prf;
	struct ksrtp_half extension;
	u64 ids[4];
	size_t size;
	bool hides;
	u8 kdr;
	struct slot slot[];
};

static bool hides(const struct ksrtp_master *master)
{
	return master->encrypted[0] | master->encrypted[1] | master->encrypted[2] |
	       master->encrypted[3];
}

/** ksrtp_annex_size - see <ksrtp/srtp.h> */
size_t ksrtp_annex_size(const struct ksrtp_master *master)
{
	size_t parts = hides(master) ? PARTS : PART_EXTENSION;

	if (!master->kdr)
		return hides(master) ? sizeof(struct ksrtp_annex) : 0;
	return sizeof(struct ksrtp_annex) + parts * SLOTS * sizeof(struct slot);
}

/*
 * RFC 6904 section 3.1; under GCM AES-CM as well, RFC 7714 section 8.3, with a salt of GCM's length
 * that stands left.
 */
static void derive_extension(const struct ksrtp_prim *prim, struct ksrtp_half *half,
			     const struct ksrtp_half *prf, const struct ksrtp_suite *suite, u64 r)
{
	u64 key_id = KSRTP_KEY_ID(KSRTP_LABEL_EXTENSION, r);
	u8 key[KSRTP_KEY_MAX];

	ksrtp_keys_prf(prim, prf, key_id, key, suite->key_len);
	ksrtp_aes_expand(half, key, suite->key_len);
	ksrtp_keys_prf(prim, prf, key_id + KSRTP_KEY_ID(1, 0), half->salt, suite->salt_len);
	ksrtp_wipe(key, sizeof(key));
}

/**
 * ksrtp_annex_fill - when a key is set
 * @annex: zeroed
 * @prf: round keys of the master key, and the master salt
 */
void ksrtp_annex_fill(struct ksrtp_annex *annex, const struct ksrtp_half *prf,
		      const struct ksrtp_master *master)
{
	annex->size = ksrtp_annex_size(master);
	annex->kdr = master->kdr;
	annex->hides = hides(master);
	memcpy(annex->ids, master->encrypted, sizeof(annex->ids));
	if (annex->kdr)
		annex->prf = *prf;
	else if (annex->hides)
		derive_extension(ksrtp_prim_portable(), &annex->extension, prf,
				 master->suite, 0);
}

/** ksrtp_annex_report - see <ksrtp/srtp.h> */
u8 ksrtp_annex_report(const struct ksrtp_keys *keys, u8 *ids, u32 *n)
{
	const struct ksrtp_annex *annex = keys->annex;
	u32 id;

	*n = 0;
	if (!annex)
		return 0;
	for (id = 1; id < 256; id++)
		if (annex->ids[id / 64] >> id % 64 & 1)
			ids[(*n)++] = (u8)id;
	return annex->kdr;
}

/** ksrtp_annex_wipe - all of it */
void ksrtp_annex_wipe(struct ksrtp_annex *annex)
{
	ksrtp_wipe(annex, annex->size);
}

/* ---- session keys of one r ---- */

static struct slot *slot_of(const struct ksrtp_op *op, enum part part, u64 r)
{
	return &op->keys->annex->slot[part * SLOTS + r % SLOTS];
}

static bool slot_read(struct slot *slot, u64 r, struct ksrtp_half *half)
{
	u32 turn = smp_load_acquire(&slot->turn); /* before what it says is whole */

	if (!turn || turn % 2 || READ_ONCE(slot->r) != r)
		return false;
	/* May be half written: then the turn has moved on, and what was read is not used. */
	data_race(*half = slot->half);
	smp_rmb(); /* the keys before the turn's second look; pairs with slot_write() */
	return READ_ONCE(slot->turn) == turn;
}

/* Whoever finds another at it leaves it to him. */
static void slot_write(struct slot *slot, u64 r, const struct ksrtp_half *half)
{
	u32 turn = READ_ONCE(slot->turn);

	if (turn % 2 || (turn && READ_ONCE(slot->r) == r) ||
	    !try_cmpxchg(&slot->turn, &turn, turn + 1))
		return;
	smp_wmb(); /* the odd turn before the keys; pairs with slot_read() */
	WRITE_ONCE(slot->r, r);
	/* Readers who see any of it see the turn move. */
	data_race(slot->half = *half);
	/* The keys before the turn that says they are whole; 0 is for empty slots. */
	smp_store_release(&slot->turn, turn + 2 ? turn + 2 : 2);
}

static void derive(const struct ksrtp_prim *prim, const struct ksrtp_op *op, enum part part, u64 r,
		   struct ksrtp_half *half)
{
	const struct ksrtp_suite *suite = op->keys->suite;
	const struct ksrtp_half *prf = &op->keys->annex->prf;

	/* A slot holds all of it, also what the suite has no use for. */
	memset(half, 0, sizeof(*half));
	if (part == PART_EXTENSION)
		derive_extension(prim, half, prf, suite, r);
	else
		ksrtp_keys_half(prim, half, prf, suite,
				KSRTP_KEY_ID(part == PART_RTCP ? KSRTP_LABEL_RTCP : KSRTP_LABEL_RTP,
					     r));
}

/* Keys for the index of @op in @half, which the caller wipes. Return: r */
static u64 half_find(const struct ksrtp_prim *prim, const struct ksrtp_op *op, enum part part,
		     struct ksrtp_half *half)
{
	u64 r = op->index >> op->keys->annex->kdr;

	if (!slot_read(slot_of(op, part, r), r, half))
		derive(prim, op, part, r, half);
	return r;
}

/* ---- a packet ---- */

static void crypt_extension(const struct ksrtp_prim *prim, const struct ksrtp_op *op)
{
	const struct ksrtp_annex *annex = op->keys->annex;
	struct ksrtp_half half;
	u64 r;

	if (!annex->hides || op->rtcp || !(op->data[0] & 0x10))
		return;
	if (!annex->kdr) {
		ksrtp_extension_crypt(prim, &annex->extension, annex->ids, op);
		return;
	}
	r = half_find(prim, op, PART_EXTENSION, &half);
	ksrtp_extension_crypt(prim, &half, annex->ids, op);
	slot_write(slot_of(op, PART_EXTENSION, r), r, &half);
	ksrtp_wipe(&half, sizeof(half));
}

typedef enum ksrtp_verdict (*transform)(const struct ksrtp_prim *prim, struct ksrtp_op *op,
					const struct ksrtp_half *half);

static enum ksrtp_verdict run(const struct ksrtp_prim *prim, struct ksrtp_op *op, transform fn)
{
	const struct ksrtp_keys *keys = op->keys;
	enum part part = op->rtcp ? PART_RTCP : PART_RTP;
	enum ksrtp_verdict verdict;
	struct ksrtp_half half;
	u64 r;

	if (!keys->annex->kdr)
		return fn(prim, op, ksrtp_keys_of(keys, op->rtcp));
	r = half_find(prim, op, part, &half);
	verdict = fn(prim, op, &half);
	if (verdict == KSRTP_VERDICT_OK)
		slot_write(slot_of(op, part, r), r, &half);
	ksrtp_wipe(&half, sizeof(half));
	return verdict;
}

/** ksrtp_annex_protect - for keys that have an annex. Return: OK */
enum ksrtp_verdict ksrtp_annex_protect(const struct ksrtp_prim *prim, struct ksrtp_op *op)
{
	crypt_extension(prim, op);
	return run(prim, op, op->rtcp ? ksrtp_rtcp_protect : ksrtp_rtp_protect);
}

/** ksrtp_annex_unprotect - for keys that have an annex. Return: as without one */
enum ksrtp_verdict ksrtp_annex_unprotect(const struct ksrtp_prim *prim, struct ksrtp_op *op)
{
	enum ksrtp_verdict verdict;

	verdict = run(prim, op, op->rtcp ? ksrtp_rtcp_unprotect : ksrtp_rtp_unprotect);
	/* The tag covers what was sent: only now. */
	if (verdict == KSRTP_VERDICT_OK)
		crypt_extension(prim, op);
	return verdict;
}
