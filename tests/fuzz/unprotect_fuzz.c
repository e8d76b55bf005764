// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A packet from a stranger through everything that reads it before it is authenticated: kind,
 * parse, MKI, SRTCP index, stream, unprotect; under every suite. The first byte of the input
 * chooses suite, kind of key and SRTP or SRTCP. What is refused must be unchanged, and what is then
 * protected must open again.
 */
#include <stdlib.h>

#include <ksrtp/srtp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

/* Plain, with MKI, with an annex, with less protection (where the suite lets it). */
#define KINDS 4

static struct ksrtp_keys keys[8][KINDS];

static void lessen(struct ksrtp_master *master, unsigned int kind, unsigned int i)
{
	unsigned int id;

	master->kdr = kind == 2 ? 1 + i : 0;
	master->parameters = kind == 3 && master->suite->auth_len ? 1 + i % 7 : 0;
	memset(master->encrypted, 0, sizeof(master->encrypted));
	for (id = 1; kind == 2 && id < 256; id += 2)
		ksrtp_master_encrypt(master, (u8)id);
	must(!ksrtp_master_refusal(master));
}

/* Lives as long as the keys: for ever. */
static struct ksrtp_annex *annex(const struct ksrtp_master *master)
{
	size_t more = ksrtp_annex_size(master);
	struct ksrtp_annex *annex = more ? aligned_alloc(16, more) : NULL;

	if (annex)
		memset(annex, 0, more);
	return annex;
}

static void setup(void)
{
	struct ksrtp_master master;
	unsigned int i, m;

	must(!ksrtp_core_init(NULL, NULL));
	for (i = 0; i < 8; i++)
		for (m = 0; m < KINDS; m++) {
			memset(&master, 0x5a, sizeof(master));
			master.suite = ksrtp_suite_nth(i);
			master.mki_len = m == 1 ? 4 : 0;
			memcpy(master.mki, "\0\0\0\1", 4);
			lessen(&master, m, i);
			ksrtp_keys_derive(&keys[i][m], &master, annex(&master));
		}
}

/* The index a receiver would use. Return: false when the packet ends here. */
static bool begin(const struct ksrtp_stream *s, const struct ksrtp_keys *k, struct ksrtp_op *op)
{
	struct ksrtp_head head = { .ssrc = 0 };
	bool encrypted;
	u32 index;

	if (op->rtcp) {
		if (ksrtp_rtcp_parse(op->data, op->len, &head) ||
		    ksrtp_rtcp_index(k, op->data, op->len, &index, &encrypted))
			return false;
		op->index = index;
		op->head = head.head;
		return !ksrtp_stream_rtcp_rx_begin(s, index);
	}
	if (ksrtp_rtp_parse(op->data, op->len, &head))
		return false;
	must(head.head <= op->len);
	op->head = head.head;
	return !ksrtp_stream_rx_begin(s, head.seq, &op->index);
}

static void round_trip(const struct ksrtp_keys *k, struct ksrtp_op *op, const u8 *packet, u32 len)
{
	op->len = len;
	op->verdict = KSRTP_VERDICT_OK;
	op->index &= op->rtcp ? 0x7fffffff : KSRTP_RTP_LIMIT - 1;
	ksrtp_protect(ksrtp_prim_portable(), op, 1);
	if (op->verdict) {
		must(op->verdict == KSRTP_VERDICT_ROOM || op->verdict == KSRTP_VERDICT_SHORT);
		must(!memcmp(op->data, packet, len));
		return;
	}
	must(op->len == len + ksrtp_growth(k, op->rtcp));
	ksrtp_unprotect(ksrtp_prim_portable(), op, 1);
	must(op->verdict == KSRTP_VERDICT_OK && op->len == len);
	must(!memcmp(op->data, packet, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct ksrtp_stream s = { .next = 0x10005, .rtcp_next = 9 }, before;
	const struct ksrtp_keys *k;
	struct ksrtp_op op;
	u8 *packet;
	u32 len;

	if (!ready)
		setup();
	ready = true;
	if (size < 1 || size > 4096)
		return 0;
	k = &keys[data[0] & 7][(data[0] >> 3 & 1) | (data[0] >> 4 & 2)];
	op = (struct ksrtp_op){ .keys = k, .rtcp = data[0] & 16 };
	data++;
	len = (u32)size - 1;
	/* Exactly as long as it may be, so that one byte too far is seen. */
	packet = malloc(len + ksrtp_growth(k, op.rtcp));
	must(packet);
	memcpy(packet, data, len);
	op.data = packet;
	op.len = len;
	op.room = len + ksrtp_growth(k, op.rtcp);

	ksrtp_kind_of(packet, len);
	ksrtp_keys_match(k, packet, len, op.rtcp);
	memcpy(&before, &s, sizeof(s));
	if (begin(&s, k, &op)) {
		ksrtp_unprotect(ksrtp_prim_portable(), &op, 1);
		must(!memcmp(&s, &before, sizeof(s)));
		if (op.verdict)
			must(op.len == len && !memcmp(packet, data, len));
	}
	memcpy(packet, data, len);
	round_trip(k, &op, data, len);
	free(packet);
	return 0;
}
