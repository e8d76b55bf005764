// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * media_conformance user|kernel: what daemon/media/media.h promises, over either back end, with
 * libsrtp2 at both ends of each call. Prints TAP. Run as root: it makes itself a network namespace.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/media_bed.h"

/* libsrtp2 derives the keys of AES-192 otherwise than RFC 6188 section 7.4 shows. */
static bool oracle_knows(const struct ksrtp_suite *suite)
{
	return suite->key_len != 24;
}

/* ---- the whole table: what against what ---- */

static const char *wires(const struct terms *terms)
{
	static char text[64];

	snprintf(text, sizeof(text), "IPv%c %s to IPv%c %s",
		 terms->family[0] == AF_INET ? '4' : '6', terms->mux[0] ? "muxed" : "two ports",
		 terms->family[1] == AF_INET ? '4' : '6', terms->mux[1] ? "muxed" : "two ports");
	return text;
}

static void converse(struct bed *bed, const struct terms *terms, const char *what)
{
	char name[160];
	struct call call;
	unsigned int side, i;

	call_open(bed, &call, terms);
	for (i = 0; i < 3; i++)
		for (side = 0; side < 2; side++) {
			call_pass(&call, side, 0x1000 + side, (u16)(500 + i));
			call_pass_rtcp(&call, side, 0x1000 + side);
		}
	for (side = 0; side < 2; side++) {
		struct ksrtp_media_stats s = call_stats(&call, side, 6);

		EXPECT(bed, s.verdict[KSRTP_VERDICT_OK] == 6 && s.tx_packets == 6);
		EXPECT(bed, s.rx_secure == (terms->suite[side] ? 6 : 0));
		EXPECT(bed, s.tx_secure == (terms->suite[side] ? 6 : 0));
		EXPECT(bed, !s.latched);
		EXPECT(bed, ksrtp_addr_equal(&s.remote, &call.leg[side].phone.at[0]));
		EXPECT(bed, phone_quiet(&call.leg[side].phone));
	}
	call_close(&call);
	snprintf(name, sizeof(name), "%s, %s: both ways, bit for bit with libsrtp2", what,
		 wires(terms));
	bed_report(bed, name);
}

static void table_of(struct bed *bed, struct terms terms)
{
	const struct ksrtp_suite *suite;
	char what[128];
	unsigned int n;

	converse(bed, &terms, "RTP and RTP");
	for (n = 0; (suite = ksrtp_suite_nth(n)); n++) {
		if (!oracle_knows(suite))
			continue;
		terms.suite[0] = NULL;
		terms.suite[1] = suite;
		terms.mki_len = 0;
		snprintf(what, sizeof(what), "RTP and %s", suite->name);
		converse(bed, &terms, what);
		terms.suite[0] = bed_suite(suite->cipher == KSRTP_CIPHER_AES_GCM ? CM80 : GCM);
		/* libsrtp2 looks for the MKI of SRTCP before a tag as long as that of SRTP. */
		terms.mki_len = terms.mux[1] && suite->rtp_tag == suite->rtcp_tag ? 4 : 0;
		snprintf(what, sizeof(what), "%s and %s%s", terms.suite[0]->name, suite->name,
			 terms.mki_len ? " with MKI" : "");
		converse(bed, &terms, what);
	}
}

static void table(struct bed *bed)
{
	static const struct terms wire[] = {
		{ .family = { AF_INET, AF_INET } },
		{ .family = { AF_INET, AF_INET }, .mux = { true, true } },
		{ .family = { AF_INET6, AF_INET6 } },
		{ .family = { AF_INET6, AF_INET6 }, .mux = { true, true } },
		{ .family = { AF_INET, AF_INET6 }, .mux = { false, true } },
		{ .family = { AF_INET6, AF_INET }, .mux = { true, false } },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wire); i++)
		table_of(bed, wire[i]);
}

/* ---- what must not pass ---- */

/* A secure ingress after the packets 100 to 299 but 120: nothing here may change anything. */
static void spoil(struct call *call, const struct datagram *again, const struct datagram *late)
{
	struct datagram d;
	unsigned int i;

	call_send(call, 0, again, false);		/* replayed, newest but one */
	call_send(call, 0, late, false);		/* never seen, behind the list */
	for (i = 0; i < 3; i++) {
		/* forged: payload, tag; a sequence number far ahead; an SSRC of its own */
		call_rtp(call, &d, 7, (u16)(310 + i));
		call_protect(call, 0, &d, false);
		datagram_flip(&d, i == 0 ? 20 : i == 1 ? d.len - 1 : 2);
		call_send(call, 0, &d, false);
	}
	call_rtp(call, &d, 0xbad, 300);			/* clear on a secure flow */
	call_send(call, 0, &d, false);
	d.len = 11;
	call_send(call, 0, &d, false);			/* short */
}

static void refused(struct bed *bed)
{
	struct terms terms = bed_terms(CM80, NULL);
	struct datagram plain, late, again, d;
	struct ksrtp_media_stats s, peer;
	struct call call;
	u16 seq;

	call_open(bed, &call, &terms);
	for (seq = 100; seq < 300; seq++) {
		call_rtp(&call, &plain, 7, seq);
		d = plain;
		call_protect(&call, 0, &d, false);
		if (seq == 120) {
			late = d;
			continue;
		}
		if (seq == 298)
			again = d;
		call_send(&call, 0, &d, false);
		call_arrives(&call, 1, &plain, false);
	}
	call_stats(&call, 0, 199);
	spoil(&call, &again, &late);
	EXPECT(bed, call_pass(&call, 0, 7, 320));
	s = call_stats(&call, 0, 199 + 7 + 1);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_OK] == 200);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_REPLAYED] == 1);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_OLD] == 1);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_TAG] == 4);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_SHORT] == 1);
	EXPECT(bed, s.rx_secure == 200);
	peer = call_stats(&call, 1, 0);
	EXPECT(bed, peer.tx_packets == 200 && peer.tx_secure == 0);
	EXPECT(bed, phone_quiet(&call.leg[1].phone));
	call_close(&call);
	bed_report(bed, "a replayed, a forged, a stale, a clear and a short packet pass "
		   "nowhere and change nothing");
}

static void refused_rtcp(struct bed *bed)
{
	struct terms terms = bed_terms(GCM, NULL);
	struct ksrtp_media_stats s;
	struct datagram plain, d;
	struct call call;

	call_open(bed, &call, &terms);
	call_rtcp(&call, &plain, 7);
	d = plain;
	call_protect(&call, 0, &d, true);
	call_send(&call, 0, &d, true);
	call_arrives(&call, 1, &plain, true);
	call_send(&call, 0, &d, true);
	call_rtcp(&call, &d, 7);
	call_protect(&call, 0, &d, true);
	datagram_flip(&d, 30);
	call_send(&call, 0, &d, true);
	EXPECT(bed, call_pass_rtcp(&call, 0, 7));
	s = call_stats(&call, 0, 4);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_OK] == 2 && s.verdict[KSRTP_VERDICT_REPLAYED] == 1);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_TAG] == 1 && s.rx_secure == 2);
	EXPECT(bed, phone_quiet(&call.leg[1].phone));
	call_close(&call);
	bed_report(bed, "a replayed and a forged SRTCP packet pass nowhere");
}

/* A clear source that sends one packet twice must not make us use an index twice. */
static void reused(struct bed *bed)
{
	struct terms terms = bed_terms(NULL, CM80);
	struct ksrtp_media_stats s;
	struct datagram d;
	struct call call;

	call_open(bed, &call, &terms);
	call_rtp(&call, &d, 7, 50);
	call_send(&call, 0, &d, false);
	call_arrives(&call, 1, &d, false);
	call_send(&call, 0, &d, false);
	EXPECT(bed, call_pass(&call, 0, 7, 51));
	s = call_stats(&call, 0, 3);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_OK] == 2 && s.verdict[KSRTP_VERDICT_REUSE] == 1);
	EXPECT(bed, phone_quiet(&call.leg[1].phone));
	call_close(&call);
	bed_report(bed, "no index is used twice for sending");
}

static void not_media(struct bed *bed)
{
	/* STUN, DTLS, ZRTP, TURN channel, nothing known; padded to a length that RTP could have */
	static const u8 first[] = { 0, 22, 16, 64, 0xff };
	struct terms terms = bed_terms(NULL, NULL);
	struct datagram d = { .len = 60 };
	struct ksrtp_media_stats s;
	struct call call;
	unsigned int i;

	call_open(bed, &call, &terms);
	for (i = 0; i < ARRAY_SIZE(first); i++) {
		d.data[0] = first[i];
		call_send(&call, 0, &d, false);
	}
	/* each on the other's port */
	call_rtp(&call, &d, 7, 50);
	call_send(&call, 0, &d, true);
	call_rtcp(&call, &d, 7);
	call_send(&call, 0, &d, false);
	EXPECT(bed, call_pass(&call, 0, 7, 51));
	EXPECT(bed, call_pass_rtcp(&call, 0, 7));
	s = call_stats(&call, 0, 4);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_OK] == 2 && s.verdict[KSRTP_VERDICT_NOT_RTP] == 2);
	EXPECT(bed, phone_quiet(&call.leg[1].phone));
	call_close(&call);
	bed_report(bed, "STUN, DTLS and the unknown are not forwarded, nor RTP and RTCP on "
		   "each other's port");
}

/* The kernel holds what comes before keys, and drops it when they do not follow. */
static bool refused_clear(const struct bed *bed, const struct ksrtp_media_stats *s)
{
	bool holds = bed->config.media.backend == KSRTP_BACKEND_KERNEL;

	return s->verdict[KSRTP_VERDICT_CLEAR] == !holds && s->verdict[KSRTP_VERDICT_HELD] == holds;
}

static void fail_closed(struct bed *bed)
{
	struct terms terms = bed_terms(NULL, NULL);
	struct ksrtp_media_stats s;
	struct datagram d;
	struct call call;

	call_open(bed, &call, &terms);
	call.leg[0].remote.secure_rx = call.leg[0].remote.secure_tx = true;
	EXPECT(bed, !ksrtp_media_flow_remote(call.leg[0].flow, &call.leg[0].remote));
	call_rtp(&call, &d, 7, 50);
	call_send(&call, 0, &d, false);
	call_send(&call, 1, &d, false);
	s = call_stats(&call, 0, 1);
	EXPECT(bed, refused_clear(bed, &s) && !s.tx_packets);
	s = call_stats(&call, 1, 1);
	EXPECT(bed, refused_clear(bed, &s) && !s.tx_packets);
	EXPECT(bed, phone_quiet(&call.leg[0].phone) && phone_quiet(&call.leg[1].phone));
	call_close(&call);
	bed_report(bed, "where SRTP is required nothing clear gets in or out, also before keys "
		   "are there");
}

/* ---- streams ---- */

static void wrap(struct bed *bed)
{
	struct terms terms = bed_terms(CM80, GCM);
	static const u16 order[] = { 65533, 65535, 1, 65534, 0, 3, 2, 4 };
	struct datagram plain[8], sent[8];
	struct call call;
	unsigned int i;
	u16 seq;

	call_open(bed, &call, &terms);
	for (seq = 65500; seq < 65533; seq++)
		call_pass(&call, 0, 9, seq);
	/* Sent in order, on the way shuffled over the turn; the receiver's list takes them all. */
	for (seq = 65533, i = 0; i < ARRAY_SIZE(order); i++, seq++) {
		call_rtp(&call, &plain[(u16)(seq - 65533)], 9, seq);
		sent[i] = plain[i];
		call_protect(&call, 0, &sent[i], false);
	}
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		unsigned int at = (u16)(order[i] - 65533);

		call_send(&call, 0, &sent[at], false);
		call_arrives(&call, 1, &plain[at], false);
	}
	for (seq = 5; seq < 40; seq++)
		call_pass(&call, 0, 9, seq);
	EXPECT(bed, call_stats(&call, 0, 33 + 8 + 35).verdict[KSRTP_VERDICT_OK] == 76);
	call_close(&call);
	bed_report(bed, "a stream crosses 65535 to 0, shuffled");
}

/* One batch may hold the first packet of a stream and both sides of the turn. */
static void burst(struct bed *bed)
{
	struct terms terms = bed_terms(CM80, CM32);
	struct datagram plain[12], sent;
	struct call call;
	unsigned int i;

	call_open(bed, &call, &terms);
	for (i = 0; i < ARRAY_SIZE(plain); i++) {
		call_rtp(&call, &plain[i], 9, (u16)(65534 + i));
		sent = plain[i];
		call_protect(&call, 0, &sent, false);
		call_send(&call, 0, &sent, false);
	}
	for (i = 0; i < ARRAY_SIZE(plain); i++)
		call_arrives(&call, 1, &plain[i], false);
	call_close(&call);
	bed_report(bed, "a burst that begins just before 65535 passes whole");
}

static void ssrcs(struct bed *bed)
{
	struct terms terms = bed_terms(CM80, CM80);
	struct ksrtp_media_stats s;
	struct datagram d;
	struct call call;
	unsigned int i;

	call_open(bed, &call, &terms);
	/* Strangers' SSRCs take no place: none of these authenticates. */
	for (i = 0; i < 20; i++) {
		call_rtp(&call, &d, 0x5000 + i, 1);
		d.len += 10;
		memset(d.data + d.len - 10, 0, 10);
		call_send(&call, 0, &d, false);
	}
	for (i = 0; i < 16; i++) {
		EXPECT(bed, call_pass(&call, 0, 0x100 + i, (u16)(4000 * i)));
		EXPECT(bed, call_pass(&call, 0, 0x100 + i, (u16)(4000 * i + 1)));
	}
	call_rtp(&call, &d, 0x900, 1);
	call_protect(&call, 0, &d, false);
	call_send(&call, 0, &d, false);
	EXPECT(bed, call_pass(&call, 0, 0x100, 2));
	EXPECT(bed, call_pass_rtcp(&call, 0, 0x10f));
	s = call_stats(&call, 0, 20 + 32 + 1 + 2);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_TAG] == 20);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_OK] == 34 && s.verdict[KSRTP_VERDICT_STREAMS] == 1);
	EXPECT(bed, phone_quiet(&call.leg[1].phone));
	call_close(&call);
	bed_report(bed, "sixteen SSRCs a flow pass, the seventeenth is refused, forged ones "
		   "take no place");
}

/* ---- keys ---- */

/* The phone's side of a key change is done with the core, whose index can be chosen. */
static void pass_index(struct call *call, const struct ksrtp_master *master, u64 index)
{
	struct datagram plain, d;
	struct ksrtp_keys keys;

	ksrtp_keys_derive(&keys, master, NULL);
	call_rtp(call, &plain, 9, (u16)index);
	d = plain;
	EXPECT(call->bed, !core_protect(&keys, d.data, &d.len, false, index));
	call_send(call, 0, &d, false);
	call_arrives(call, 1, &plain, false);
	ksrtp_keys_wipe(&keys);
}

static void rekey(struct bed *bed)
{
	struct terms terms = bed_terms(CM80, NULL);
	struct ksrtp_master next[2];
	struct ksrtp_media_stats s;
	struct call call;
	u64 i;

	noise_master(&bed->noise, &next[0], bed_suite(GCM), 0);
	noise_master(&bed->noise, &next[1], bed_suite(CM80), 0);
	call_open(bed, &call, &terms);
	for (i = 65500; i < 65600; i++)
		pass_index(&call, &call.leg[0].rx, i);
	EXPECT(bed, !ksrtp_media_key_add(call.leg[0].flow, KSRTP_MEDIA_RX, 3, &next[0]));
	/* The old one still, then the new one: ROC 1 is kept. */
	pass_index(&call, &call.leg[0].rx, i++);
	for (; i < 65650; i++)
		pass_index(&call, &next[0], i);
	pass_index(&call, &call.leg[0].rx, i++);	/* overtaken on the way */
	EXPECT(bed, !ksrtp_media_key_remove(call.leg[0].flow, 1));
	EXPECT(bed, ksrtp_media_key_remove(call.leg[0].flow, 1) == -ENOENT);
	EXPECT(bed, !ksrtp_media_key_add(call.leg[0].flow, KSRTP_MEDIA_RX, 1, &next[1]));
	for (i = i - 65536; i < 123; i++)
		pass_index(&call, &next[1], i);		/* begins again with ROC 0, as many do */
	s = call_stats(&call, 0, 100 + 1 + 49 + 1 + 8);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_OK] == 159 && s.rx_secure == 159);
	call_close(&call);
	bed_report(bed, "a new rx key in mid-stream: ROC kept, then ROC 0; the old one works "
		   "until removed");
}

static void rekey_tx(struct bed *bed)
{
	struct terms terms = bed_terms(NULL, CM80);
	struct ksrtp_master next;
	struct ksrtp_keys keys;
	struct datagram plain, got;
	struct call call;
	unsigned int i;

	noise_master(&bed->noise, &next, bed_suite(GCM), 1);
	ksrtp_keys_derive(&keys, &next, NULL);
	call_open(bed, &call, &terms);
	for (i = 0; i < 40; i++)
		call_pass(&call, 0, 9, (u16)(65500 + i));
	EXPECT(bed, !ksrtp_media_key_add(call.leg[1].flow, KSRTP_MEDIA_TX, 9, &next));
	for (; i < 50; i++) {
		call_rtp(&call, &plain, 9, (u16)(65500 + i));
		call_send(&call, 0, &plain, false);
		EXPECT(bed, phone_take(&call.leg[1].phone, false, &got));
		EXPECT(bed, !core_unprotect(&keys, got.data, &got.len, false, 65500 + i));
		EXPECT(bed, got.len == plain.len && !memcmp(got.data, plain.data, plain.len));
	}
	call_close(&call);
	bed_report(bed, "a new tx key in mid-stream is used at once, with the ROC of the old one");
}

static void limits(struct bed *bed)
{
	struct terms terms = bed_terms(CM80, NULL);
	struct ksrtp_master few;
	struct ksrtp_media_stats s;
	struct datagram d;
	struct call call;

	call_open(bed, &call, &terms);
	noise_master(&bed->noise, &few, bed_suite(CM80), 0);
	few.rtp_limit = 3;
	EXPECT(bed, !ksrtp_media_key_add(call.leg[1].flow, KSRTP_MEDIA_TX, 7, &few));
	for (unsigned int i = 0; i < 4; i++) {
		call_rtp(&call, &d, 9, (u16)(10 + i));
		call_protect(&call, 0, &d, false);
		call_send(&call, 0, &d, false);
		if (i < 3)
			EXPECT(bed, phone_take(&call.leg[1].phone, false, &d));
	}
	s = call_stats(&call, 0, 4);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_OK] == 3 && s.verdict[KSRTP_VERDICT_SPENT] == 1);
	EXPECT(bed, phone_quiet(&call.leg[1].phone));
	call_close(&call);
	bed_report(bed, "a tx key sends as many packets as its lifetime says and no more");
}

static void refusals(struct bed *bed)
{
	struct terms terms = bed_terms(CM80, CM80);
	struct ksrtp_master m, none;
	struct ksrtp_media_flow *flow;
	struct call call;

	call_open(bed, &call, &terms);
	flow = call.leg[0].flow;
	noise_master(&bed->noise, &m, bed_suite(CM80), 0);
	none = m;
	none.suite = NULL;
	EXPECT(bed, ksrtp_media_key_add(flow, KSRTP_MEDIA_RX, 5, &none) == -EINVAL);
	none = m;
	none.mki_len = KSRTP_MKI_MAX + 1;
	EXPECT(bed, ksrtp_media_key_add(flow, KSRTP_MEDIA_RX, 5, &none) == -EINVAL);
	none = m;
	none.rtp_limit = KSRTP_RTP_LIMIT + 1;
	EXPECT(bed, ksrtp_media_key_add(flow, KSRTP_MEDIA_RX, 5, &none) == -EINVAL);
	EXPECT(bed, ksrtp_media_key_add(flow, KSRTP_MEDIA_RX, 0, &m) == -EINVAL);
	EXPECT(bed, ksrtp_media_key_add(flow, KSRTP_MEDIA_RX, 1, &m) == -EEXIST);
	EXPECT(bed, ksrtp_media_key_add(flow, KSRTP_MEDIA_TX, 5, &call.leg[1].tx) == -EBUSY);
	EXPECT(bed, ksrtp_media_key_remove(flow, 5) == -ENOENT);
	for (u32 id = 5; id < 8; id++) {
		noise_master(&bed->noise, &m, bed_suite(CM80), 0);
		EXPECT(bed, !ksrtp_media_key_add(flow, KSRTP_MEDIA_RX, id, &m));
	}
	noise_master(&bed->noise, &m, bed_suite(CM80), 0);
	EXPECT(bed, ksrtp_media_key_add(flow, KSRTP_MEDIA_RX, 8, &m) == -ENOSPC);
	EXPECT(bed, ksrtp_media_flow_pair(flow, flow) == -EINVAL);
	EXPECT(bed, call_pass(&call, 0, 9, 1) && call_pass(&call, 1, 9, 1));
	call_close(&call);
	bed_report(bed, "wrong key lengths, ids, limits and a tx key in two flows are refused, "
		   "nothing changes");
}

static void mki(struct bed *bed)
{
	struct terms terms = bed_terms(CM80, NULL);
	struct ksrtp_media_stats s;
	struct ksrtp_master second;
	struct datagram d;
	struct call call;

	terms.mki_len = 2;
	call_open(bed, &call, &terms);
	noise_master(&bed->noise, &second, bed_suite(GCM), 2);
	EXPECT(bed, !ksrtp_media_key_add(call.leg[0].flow, KSRTP_MEDIA_RX, 5, &second));
	pass_index(&call, &call.leg[0].rx, 10);
	pass_index(&call, &second, 11);
	pass_index(&call, &call.leg[0].rx, 12);
	call_rtp(&call, &d, 9, 13);
	call_protect(&call, 0, &d, false);
	datagram_flip(&d, d.len - 11);		/* the MKI stands before the tag of ten bytes */
	call_send(&call, 0, &d, false);
	s = call_stats(&call, 0, 4);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_OK] == 3 && s.verdict[KSRTP_VERDICT_MKI] == 1);
	EXPECT(bed, phone_quiet(&call.leg[1].phone));
	call_close(&call);
	bed_report(bed, "the MKI chooses the key; one that nobody knows is refused");
}

/* ---- numbers about media ---- */

static void pass_report(struct call *call, unsigned int side, const u8 *report, u32 len)
{
	struct datagram plain = { .len = len }, sent;

	memcpy(plain.data, report, len);
	sent = plain;
	call_protect(call, side, &sent, true);
	call_send(call, side, &sent, true);
	EXPECT(call->bed, call_arrives(call, !side, &plain, true));
}

/* The phone reports on what it sent, the core on what it got: round trip, -2 lost, 64/256. */
static void pass_reports(struct call *call)
{
	static const u8 sr[28] = { 0x80, 200, 0, 6, 0, 0, 0, 9, 0, 0, 0xb7, 0x05, 0x20, 0 };
	static const u8 rr[32] = { 0x81, 201, 0, 7, 0, 0, 0, 7, 0, 0, 0, 9, 64, 0xff, 0xff, 0xfe,
				   0, 0, 0, 9, 0, 0, 0, 80, 0xb7, 0x05, 0x20, 0 };

	pass_report(call, 0, sr, sizeof(sr));
	pass_report(call, 1, rr, sizeof(rr));
}

static void quality_of(struct bed *bed, struct terms terms)
{
	static const u16 order[] = { 10, 11, 13, 12, 14, 17, 18 };
	struct ksrtp_media_quality q;
	struct call call;
	unsigned int i;

	call_open(bed, &call, &terms);
	EXPECT(bed, !ksrtp_media_flow_quality(call.leg[0].flow, &q));
	EXPECT(bed, !q.heard && !q.reported && !q.measured);
	for (i = 0; i < ARRAY_SIZE(order); i++)
		EXPECT(bed, call_pass(&call, 0, 9, order[i]));
	pass_reports(&call);
	call_stats(&call, 0, ARRAY_SIZE(order) + 1);
	call_stats(&call, 1, 1);
	EXPECT(bed, !ksrtp_media_flow_quality(call.leg[0].flow, &q));
	EXPECT(bed, q.heard && q.ssrc == 9 && !q.reported);
	EXPECT(bed, q.expected == 9 && q.lost == 2 && q.reordered == 1 && !q.duplicates);
	EXPECT(bed, !ksrtp_media_flow_quality(call.leg[1].flow, &q));
	EXPECT(bed, !q.heard && q.reported && q.measured);
	EXPECT(bed, q.far_lost == -2 && q.far_fraction == 64 && q.rtt_us < 20000000);
	call_close(&call);
}

static void quality(struct bed *bed)
{
	quality_of(bed, bed_terms(NULL, NULL));
	quality_of(bed, bed_terms(CM80, NULL));
	quality_of(bed, bed_terms(NULL, GCM));
	quality_of(bed, bed_terms(CM80, GCM));
	bed_report(bed, "loss and order of what comes, loss and round trip of what goes");
}

/* With libsrtp2 as the engine: key derivation rates and all that lessens protection. */
static void beyond_libsrtp2(struct bed *bed)
{
	struct terms terms = bed_terms(CM80, CM80);
	struct ksrtp_master plain, m;
	struct call call;

	call_open(bed, &call, &terms);
	noise_master(&bed->noise, &plain, bed_suite(CM80), 0);
	m = plain;
	m.kdr = 2;
	EXPECT(bed, ksrtp_media_key_add(call.leg[0].flow, KSRTP_MEDIA_RX, 5, &m) == -EOPNOTSUPP);
	m = plain;
	m.parameters = KSRTP_UNENCRYPTED_SRTCP;
	EXPECT(bed, ksrtp_media_key_add(call.leg[0].flow, KSRTP_MEDIA_TX, 5, &m) == -EOPNOTSUPP);
	m = plain;
	ksrtp_master_encrypt(&m, 1);
	EXPECT(bed, ksrtp_media_key_add(call.leg[0].flow, KSRTP_MEDIA_RX, 5, &m) == -EOPNOTSUPP);
	EXPECT(bed, call_pass(&call, 0, 9, 1) && call_pass(&call, 1, 9, 1));
	call_close(&call);
	bed_report(bed, "what libsrtp2 cannot do is refused");
}

#define OF_BOTH_ENGINES	table, refused, refused_rtcp, reused, not_media, fail_closed, wrap, burst, \
			ssrcs, rekey, rekey_tx, limits, refusals, mki, quality

int main(int argc, char **argv)
{
	static void (*const tests[])(struct bed *bed) = { OF_BOTH_ENGINES };
	static void (*const libsrtp2[])(struct bed *bed) = { OF_BOTH_ENGINES, beyond_libsrtp2 };

	if (argc == 2 && !strcmp(argv[1], "libsrtp2"))
		return bed_main(argc, argv, libsrtp2, ARRAY_SIZE(libsrtp2));
	return bed_main(argc, argv, tests, ARRAY_SIZE(tests));
}
