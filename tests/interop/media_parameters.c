// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * media_parameters user|kernel: what signalling can agree on besides keys - key derivation rates,
 * session parameters, encrypted header extensions - over either back end, with the textbook twin at
 * the far end. Prints TAP. Run as root: it makes itself a network namespace.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/media_bed.h"
#include "tests/unit/twin.h"

/* A packet as the phone under @master sends it; @plain: what is to come out. */
static void twin_packet(struct call *call, const struct ksrtp_master *master, u64 index,
			struct datagram *d)
{
	d->len = twin_protect(master, index, false, d->data, d->len);
	call_send(call, 0, d, false);
}

static void pass_ssrc(struct call *call, const struct ksrtp_master *master, u32 ssrc, u64 index)
{
	struct datagram plain, d;

	call_rtp(call, &plain, ssrc, (u16)index);
	d = plain;
	twin_packet(call, master, index, &d);
	EXPECT(call->bed, call_arrives(call, 1, &plain, false));
}

static void pass_twin(struct call *call, const struct ksrtp_master *master, u64 index, bool rtcp)
{
	struct datagram plain, d;

	if (!rtcp) {
		pass_ssrc(call, master, 9, index);
		return;
	}
	call_rtcp(call, &plain, 9);
	d = plain;
	d.len = twin_protect(master, index, true, d.data, d.len);
	call_send(call, 0, &d, true);
	EXPECT(call->bed, call_arrives(call, 1, &plain, true));
}

/* A call whose left side has no other rx key than @master. */
static void open_under(struct bed *bed, struct call *call, const struct ksrtp_master *master,
		       bool secure)
{
	struct terms terms = bed_terms(CM80, NULL);

	call_open(bed, call, &terms);
	EXPECT(bed, !ksrtp_media_key_add(call->leg[0].flow, KSRTP_MEDIA_RX, 3, master));
	EXPECT(bed, !ksrtp_media_key_remove(call->leg[0].flow, 1));
	call->leg[0].remote.secure_rx = secure;
	EXPECT(bed, !ksrtp_media_flow_remote(call->leg[0].flow, &call->leg[0].remote));
}

/* A new key every four packets, at the roll-over of SEQ, some of them late; SRTCP likewise. */
static void key_derivation_rate(struct bed *bed)
{
	static const u8 late[] = { 3, 0, 1, 2, 7, 4, 11, 5, 6, 8, 15, 9, 10, 14, 12, 13 };
	struct terms terms = bed_terms(CM80, NULL);
	struct ksrtp_media_stats s;
	struct ksrtp_master next;
	struct call call;
	unsigned int i;

	noise_master(&bed->noise, &next, bed_suite(CM80), 0);
	next.kdr = 2;
	call_open(bed, &call, &terms);
	EXPECT(bed, !ksrtp_media_key_add(call.leg[0].flow, KSRTP_MEDIA_RX, 3, &next));
	for (i = 0; i < ARRAY_SIZE(late); i++)
		pass_twin(&call, &next, 65528 + late[i], false);
	for (i = 0; i < 9; i++)
		pass_twin(&call, &next, i, true);
	s = call_stats(&call, 0, ARRAY_SIZE(late) + 9);
	EXPECT(bed, s.rx_secure == ARRAY_SIZE(late) + 9);
	call_close(&call);
	bed_report(bed, "session keys change with the key derivation rate, late packets too");
}

/* What a NULL cipher lets through does not count as secure; the E bit overrides nothing. */
static void unencrypted(struct bed *bed)
{
	struct terms terms = bed_terms(CM80, NULL);
	struct ksrtp_master next, other;
	struct ksrtp_media_stats s;
	struct datagram d;
	struct call call;

	noise_master(&bed->noise, &next, bed_suite(CM80), 0);
	next.parameters = KSRTP_UNENCRYPTED_SRTCP | KSRTP_UNENCRYPTED_SRTP;
	call_open(bed, &call, &terms);
	EXPECT(bed, !ksrtp_media_key_add(call.leg[0].flow, KSRTP_MEDIA_RX, 3, &next));
	EXPECT(bed, !ksrtp_media_key_remove(call.leg[0].flow, 1));
	/* The flow was to be protected, and that is no protection. */
	call_rtp(&call, &d, 9, 69);
	d.len = twin_protect(&next, 69, false, d.data, d.len);
	call_send(&call, 0, &d, false);
	EXPECT(bed, call_stats(&call, 0, 1).verdict[KSRTP_VERDICT_CLEAR] == 1);
	call.leg[0].remote.secure_rx = false;
	EXPECT(bed, !ksrtp_media_flow_remote(call.leg[0].flow, &call.leg[0].remote));
	pass_twin(&call, &next, 70, false);
	pass_twin(&call, &next, 0, true);
	other = next;
	other.parameters = 0;
	call_rtcp(&call, &d, 9);
	d.len = twin_protect(&other, 1, true, d.data, d.len);
	call_send(&call, 0, &d, true);
	s = call_stats(&call, 0, 4);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_OK] == 2 && s.verdict[KSRTP_VERDICT_E_BIT] == 1);
	EXPECT(bed, !s.rx_secure && phone_quiet(&call.leg[1].phone));
	other = next;
	other.suite = bed_suite(GCM);
	EXPECT(bed, ksrtp_media_key_add(call.leg[0].flow, KSRTP_MEDIA_RX, 4, &other) == -EINVAL);
	call_close(&call);
	bed_report(bed, "unencrypted as agreed passes and counts as clear; E = 1 does not pass");
}

/* One master key, three sources, each with session keys of its own stage. */
static void key_derivation_rate_by_ssrc(struct bed *bed)
{
	static const u64 first[] = { 2, 40, 65530 };
	struct ksrtp_media_stats s;
	struct ksrtp_master next;
	struct call call;
	unsigned int i, n;

	noise_master(&bed->noise, &next, bed_suite(GCM), 0);
	next.kdr = 2;
	open_under(bed, &call, &next, true);
	for (i = 0; i < 20; i++)
		for (n = 0; n < ARRAY_SIZE(first); n++)
			pass_ssrc(&call, &next, 0x100 + n, first[n] + i);
	s = call_stats(&call, 0, 20 * ARRAY_SIZE(first));
	EXPECT(bed, s.rx_secure == 20 * ARRAY_SIZE(first));
	call_close(&call);
	bed_report(bed, "several SSRCs of one key are at different stages of its derivation rate");
}

/* Nothing tells an altered packet from a right one, so it passes, in clear as they all are. */
static void unauthenticated(struct bed *bed)
{
	struct ksrtp_media_stats s;
	struct datagram plain, d;
	struct ksrtp_master next;
	struct call call;
	unsigned int i;

	noise_master(&bed->noise, &next, bed_suite(CM80), 0);
	next.parameters = KSRTP_UNAUTHENTICATED_SRTP;
	open_under(bed, &call, &next, false);
	for (i = 0; i < 12; i++)
		pass_twin(&call, &next, 65530 + i, false);
	pass_twin(&call, &next, 65535, false);		/* again: there is no replay list */
	call_rtp(&call, &plain, 9, 7);
	d = plain;
	d.len = twin_protect(&next, 65543, false, d.data, d.len);
	EXPECT(bed, d.len == plain.len);
	datagram_flip(&d, 30);
	datagram_flip(&plain, 30);
	call_send(&call, 0, &d, false);
	EXPECT(bed, call_arrives(&call, 1, &plain, false));
	/* SRTCP has its tag all the same. */
	pass_twin(&call, &next, 0, true);
	call_rtcp(&call, &d, 9);
	d.len = twin_protect(&next, 1, true, d.data, d.len);
	datagram_flip(&d, 30);
	call_send(&call, 0, &d, true);
	s = call_stats(&call, 0, 16);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_OK] == 15 && s.verdict[KSRTP_VERDICT_TAG] == 1);
	EXPECT(bed, s.rx_secure == 1 && phone_quiet(&call.leg[1].phone));
	/* Where protection is required that is none. */
	call.leg[0].remote.secure_rx = true;
	EXPECT(bed, !ksrtp_media_flow_remote(call.leg[0].flow, &call.leg[0].remote));
	call_rtp(&call, &d, 9, 9);
	twin_packet(&call, &next, 65545, &d);
	s = call_stats(&call, 0, 17);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_CLEAR] == 1 && phone_quiet(&call.leg[1].phone));
	call_close(&call);
	bed_report(bed, "unauthenticated SRTP passes as agreed and counts as clear; "
		   "SRTCP has its tag");
}

/* Three elements, of one-byte or of two-byte headers, and padding. */
static void extended(struct call *call, struct datagram *d, u16 seq, bool two)
{
	struct shape shape = { .ssrc = 9, .seq = seq, .payload = 80, .extension = 5 };
	static const u8 one[20] = { 0x12, 1, 2, 3, 0x20, 4, 0x37, 5, 6, 7, 8, 9, 10, 11, 12 };
	static const u8 both[20] = { 1, 3, 1, 2, 3, 2, 1, 4, 3, 8, 5, 6, 7, 8, 9, 10, 11, 12 };

	d->len = rtp_make(&call->bed->noise, d->data, &shape);
	ksrtp_put16(d->data + 12, two ? 0x1000 : 0xbede);
	memcpy(d->data + 16, two ? both : one, sizeof(one));
}

static void encrypted_extensions_of(struct bed *bed, const struct ksrtp_suite *suite)
{
	struct ksrtp_master in, out;
	struct datagram plain, d;
	struct call call;
	unsigned int i;
	u32 len;

	noise_master(&bed->noise, &in, suite, 0);
	ksrtp_master_encrypt(&in, 1);
	ksrtp_master_encrypt(&in, 3);
	noise_master(&bed->noise, &out, suite, 4);
	ksrtp_master_encrypt(&out, 2);
	open_under(bed, &call, &in, true);
	EXPECT(bed, !ksrtp_media_key_add(call.leg[1].flow, KSRTP_MEDIA_TX, 7, &out));
	for (i = 0; i < 12; i++) {
		extended(&call, &plain, (u16)(65530 + i), i % 2);
		d = plain;
		twin_packet(&call, &in, 65530 + i, &d);
		EXPECT(bed, memcmp(d.data + 17 + i % 2, plain.data + 17 + i % 2, 3));
		EXPECT(bed, phone_take(&call.leg[1].phone, false, &d));
		/* the second element alone is hidden */
		EXPECT(bed, !memcmp(d.data, plain.data, 20));
		len = d.len;
		EXPECT(bed, !twin_unprotect(&out, 65530 + i, false, d.data, &len));
		EXPECT(bed, len == plain.len && !memcmp(d.data, plain.data, len));
	}
	EXPECT(bed, call_stats(&call, 0, 12).rx_secure == 12);
	EXPECT(bed, call_stats(&call, 1, 0).tx_secure == 12);
	call_close(&call);
}

static void encrypted_extensions(struct bed *bed)
{
	const struct ksrtp_suite *suite;
	unsigned int n;

	for (n = 0; (suite = ksrtp_suite_nth(n)); n++)
		encrypted_extensions_of(bed, suite);
	bed_report(bed, "under every suite header extensions are encrypted element by element");
}

int main(int argc, char **argv)
{
	static void (*const tests[])(struct bed *bed) = {
		key_derivation_rate, key_derivation_rate_by_ssrc, unencrypted, unauthenticated,
		encrypted_extensions,
	};

	return bed_main(argc, argv, tests, ARRAY_SIZE(tests));
}
