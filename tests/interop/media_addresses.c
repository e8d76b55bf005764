// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * media_addresses user|kernel: where packets may come from and where they go, over either back end:
 * latching, hijacking, hold, rings of flows, ports of ended calls, raw flows. Prints TAP. Run as
 * root: it makes itself a network namespace.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/media_bed.h"

/* What goes to the phone of @side arrives at @phone. */
static bool reaches(struct call *call, unsigned int side, const struct phone *phone, u16 seq)
{
	struct datagram d;

	call_rtp(call, &d, 0x77, seq);
	call_protect(call, !side, &d, false);
	call_send(call, !side, &d, false);
	return phone_take(phone, false, &d);
}

static void hijack_secure(struct bed *bed)
{
	struct terms terms = bed_terms(CM80, NULL);
	struct datagram plain, old, d;
	struct ksrtp_media_stats s;
	struct phone thief, moved;
	struct ksrtp_addr to;
	struct call call;

	terms.source = KSRTP_SOURCE_LATCH;
	call_open(bed, &call, &terms);
	phone_open(&thief, "127.0.0.66");
	phone_open(&moved, "127.0.0.67");
	call_target(&call, 0, false, &to);
	call_rtp(&call, &old, 7, 99);		/* held back by the thief, who sends it later */
	call_protect(&call, 0, &old, false);
	call_rtp(&call, &plain, 7, 100);
	d = plain;
	call_protect(&call, 0, &d, false);
	call_send(&call, 0, &d, false);
	call_arrives(&call, 1, &plain, false);
	phone_send(&thief, false, &to, &d);	/* replayed */
	datagram_flip(&d, 3);
	phone_send(&thief, false, &to, &d);	/* forged */
	phone_send(&thief, false, &to, &old);	/* authentic, never seen, but not the newest */
	EXPECT(bed, phone_take(&call.leg[1].phone, false, &d));
	EXPECT(bed, reaches(&call, 0, &call.leg[0].phone, 1));
	EXPECT(bed, !call_stats(&call, 0, 4).latched && phone_quiet(&thief));
	/* The phone itself, from a new address. */
	call_rtp(&call, &plain, 7, 101);
	d = plain;
	call_protect(&call, 0, &d, false);
	phone_send(&moved, false, &to, &d);
	call_arrives(&call, 1, &plain, false);
	EXPECT(bed, reaches(&call, 0, &moved, 2));
	s = call_stats(&call, 0, 5);
	EXPECT(bed, s.latched && ksrtp_addr_equal(&s.remote, &moved.at[0]));
	EXPECT(bed, !ksrtp_media_flow_remote(call.leg[0].flow, &call.leg[0].remote));
	EXPECT(bed, reaches(&call, 0, &moved, 3));
	call.leg[0].remote.secure_tx = !call.leg[0].remote.secure_tx;
	EXPECT(bed, !ksrtp_media_flow_remote(call.leg[0].flow, &call.leg[0].remote));
	EXPECT(bed, reaches(&call, 0, &moved, 4));
	phone_close(&thief);
	phone_close(&moved);
	call_close(&call);
	bed_report(bed, "an SRTP flow follows the authenticated newest packet, no thief, and "
		   "stays over a refresh");
}

static void hijack_clear(struct bed *bed)
{
	struct terms terms = bed_terms(NULL, NULL);
	struct ksrtp_media_stats s;
	struct phone thief, natted;
	struct ksrtp_addr to;
	struct datagram d;
	struct call call;
	u16 seq;

	call_open(bed, &call, &terms);
	phone_open(&thief, "127.0.0.66");
	phone_open(&natted, "127.0.0.67");
	/* A phone behind NAT: its SDP shows an address that nothing will come from. */
	call.leg[0].remote.source = KSRTP_SOURCE_LATCH;
	call.leg[0].remote.natted = natted.at[0];
	EXPECT(bed, !ksrtp_media_flow_remote(call.leg[0].flow, &call.leg[0].remote));
	call_target(&call, 0, false, &to);
	for (seq = 1; seq <= 6; seq++) {
		call_rtp(&call, &d, 7, seq);
		phone_send(seq == 2 ? &thief : &natted, false, &to, &d);
	}
	for (seq = 7; seq <= 12; seq++) {
		call_rtp(&call, &d, 8, seq);
		phone_send(&thief, false, &to, &d);
	}
	call_rtp(&call, &d, 7, 13);
	phone_send(&natted, false, &to, &d);
	s = call_stats(&call, 0, 13);
	/* 1, 3 and 4 are a run, which the thief does not end; 4, 5, 6 and 13 pass. */
	EXPECT(bed, s.verdict[KSRTP_VERDICT_OK] + s.verdict[KSRTP_VERDICT_SOURCE] == 13);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_OK] == 4 && s.latched);
	EXPECT(bed, ksrtp_addr_equal(&s.remote, &natted.at[0]));
	EXPECT(bed, reaches(&call, 0, &natted, 1) && phone_quiet(&thief));
	phone_close(&thief);
	phone_close(&natted);
	call_close(&call);
	bed_report(bed, "a clear flow latches to the signalling source by three in a row, to "
		   "no thief, and once");
}

static void strict(struct bed *bed)
{
	struct terms terms = bed_terms(CM80, NULL);
	struct ksrtp_media_stats s;
	struct ksrtp_addr to;
	struct phone other;
	struct datagram d;
	struct call call;

	call_open(bed, &call, &terms);
	phone_open(&other, "127.0.0.66");
	call_rtp(&call, &d, 7, 1);
	call_protect(&call, 0, &d, false);
	call_target(&call, 0, false, &to);
	phone_send(&other, false, &to, &d);	/* authentic, from elsewhere */
	call_target(&call, 1, false, &to);
	phone_send(&other, false, &to, &d);
	EXPECT(bed, call_pass(&call, 0, 7, 2) && call_pass(&call, 1, 8, 2));
	s = call_stats(&call, 0, 2);
	EXPECT(bed, s.verdict[KSRTP_VERDICT_SOURCE] == 1 && s.rx_secure == 1 && !s.latched);
	EXPECT(bed, call_stats(&call, 1, 2).verdict[KSRTP_VERDICT_SOURCE] == 1);
	phone_close(&other);
	call_close(&call);
	bed_report(bed, "a strict flow takes from its remote alone, be it authentic or not");
}

static void remotes(struct bed *bed)
{
	struct terms terms = bed_terms(NULL, NULL);
	struct ksrtp_media_remote ring = { .source = KSRTP_SOURCE_STRICT };
	struct phone elsewhere;
	struct datagram d;
	struct call call;

	call_open(bed, &call, &terms);
	phone_open(&elsewhere, "127.0.0.9");
	/* on hold */
	EXPECT(bed, !ksrtp_media_flow_remote(call.leg[1].flow, &ring));
	call_rtp(&call, &d, 7, 1);
	call_send(&call, 0, &d, false);
	EXPECT(bed, call_stats(&call, 0, 1).verdict[KSRTP_VERDICT_ROUTE] == 1);
	/* and back at another place, RTCP on a port of its own */
	call.leg[1].remote.rtp = elsewhere.at[0];
	call.leg[1].remote.rtcp = (struct ksrtp_addr){ .family = AF_UNSPEC };
	EXPECT(bed, !ksrtp_media_flow_remote(call.leg[1].flow, &call.leg[1].remote));
	EXPECT(bed, reaches(&call, 1, &elsewhere, 2));
	call_rtcp(&call, &d, 7);
	call_send(&call, 0, &d, true);
	EXPECT(bed, phone_take(&elsewhere, true, &d));
	ring.rtp.family = AF_INET6;
	EXPECT(bed, ksrtp_media_flow_remote(call.leg[1].flow, &ring) == -EAFNOSUPPORT);
	/* each flow's remote its own port: a packet would go round */
	ring.rtp = *ksrtp_media_flow_local(call.leg[0].flow);
	EXPECT(bed, !ksrtp_media_flow_remote(call.leg[0].flow, &ring));
	ring.rtp = *ksrtp_media_flow_local(call.leg[1].flow);
	EXPECT(bed, ksrtp_media_flow_remote(call.leg[1].flow, &ring) == -ELOOP);
	phone_close(&elsewhere);
	call_close(&call);
	bed_report(bed, "hold, move, a foreign family, and flows that SDP points at each other");
}

/* A call from phone to phone by a proxy that leaves the media to us twice. */
static void in_row(struct bed *bed)
{
	struct terms terms = bed_terms(CM80, NULL), back = bed_terms(NULL, GCM);
	struct call first, second;
	struct datagram plain, d;

	call_open(bed, &first, &terms);
	call_open(bed, &second, &back);
	first.leg[1].remote.rtp = *ksrtp_media_flow_local(second.leg[0].flow);
	second.leg[0].remote.rtp = *ksrtp_media_flow_local(first.leg[1].flow);
	EXPECT(bed, !ksrtp_media_flow_remote(first.leg[1].flow, &first.leg[1].remote));
	EXPECT(bed, !ksrtp_media_flow_remote(second.leg[0].flow, &second.leg[0].remote));
	call_rtp(&first, &plain, 7, 1);
	d = plain;
	call_protect(&first, 0, &d, false);
	call_send(&first, 0, &d, false);
	call_arrives(&second, 1, &plain, false);
	call_close(&first);
	call_close(&second);
	bed_report(bed, "a call that passes this host twice");
}

static void ended(struct bed *bed)
{
	struct terms terms = bed_terms(CM80, CM80);
	struct ksrtp_addr old, next;
	struct call call, other;
	struct datagram d;

	call_open(bed, &call, &terms);
	EXPECT(bed, call_pass(&call, 0, 7, 1));
	call_target(&call, 0, false, &old);
	ksrtp_media_session_destroy(call.session);
	call_open(bed, &other, &terms);
	call_target(&other, 0, false, &next);
	EXPECT(bed, !ksrtp_addr_equal(&old, &next));
	call_rtp(&call, &d, 7, 2);
	call_protect(&call, 0, &d, false);
	phone_send(&call.leg[0].phone, false, &old, &d);
	EXPECT(bed, call_pass(&other, 0, 7, 2));
	/* No answer by ICMP either: the second send would fail with ECONNREFUSED. */
	phone_send(&call.leg[0].phone, false, &old, &d);
	EXPECT(bed, phone_quiet(&call.leg[1].phone));
	EXPECT(bed, !ksrtp_media_session_create(bed->media, "again", &call.session));
	call_close(&call);
	call_close(&other);
	bed_report(bed, "the port of an ended call forwards nothing and is not given out again");
}

/* First bytes of every kind there is: UDPTL's own, and what would be STUN, DTLS, RTP and RTCP. */
static void make_raw(struct datagram *d, unsigned int n)
{
	static const u8 first[][2] = { { 0, 0 }, { 0, 1 }, { 22, 254 }, { 64, 0 }, { 128, 0 },
				       { 128, 200 }, { 255, 255 } };
	u32 i;

	d->len = n ? 1 + n * 37 % 900 : 0;
	for (i = 0; i < d->len; i++)
		d->data[i] = i < 2 ? first[n % ARRAY_SIZE(first)][i] : (u8)(n + i);
}

static void raw_families(struct bed *bed, int one, int other)
{
	struct terms terms = bed_terms(NULL, NULL);
	struct datagram d;
	struct call call;
	unsigned int n;

	terms.kind = KSRTP_MEDIA_RAW;
	terms.family[0] = one;
	terms.family[1] = other;
	terms.mux[0] = terms.mux[1] = true;
	call_open(bed, &call, &terms);
	for (n = 0; n < 30; n++) {
		make_raw(&d, n);
		call_send(&call, n & 1, &d, false);
		if (!call_arrives(&call, !(n & 1), &d, false))
			break;
	}
	EXPECT(bed, call_stats(&call, 0, 15).verdict[KSRTP_VERDICT_OK] == 15);
	EXPECT(bed, call_stats(&call, 1, 15).tx_packets == 15);
	EXPECT(bed, !call_stats(&call, 0, 15).rx_secure);
	call_close(&call);
}

static void raw(struct bed *bed)
{
	raw_families(bed, AF_INET, AF_INET);
	raw_families(bed, AF_INET, AF_INET6);
	raw_families(bed, AF_INET6, AF_INET);
	bed_report(bed, "datagrams that are not RTP pass a raw call as they are, both ways, also "
		   "between IPv4 and IPv6");
}

static void raw_sources(struct bed *bed)
{
	struct terms terms = bed_terms(NULL, NULL);
	struct ksrtp_media_quality quality;
	struct phone thief, natted;
	struct ksrtp_addr to;
	struct datagram d;
	struct call call;
	unsigned int n;

	terms.kind = KSRTP_MEDIA_RAW;
	terms.source = KSRTP_SOURCE_LATCH;
	terms.mux[0] = terms.mux[1] = true;
	call_open(bed, &call, &terms);
	phone_open(&thief, "127.0.0.66");
	phone_open(&natted, "127.0.0.67");
	call_target(&call, 0, false, &to);
	for (n = 1; n < 6; n++) {
		make_raw(&d, n);
		phone_send(&thief, false, &to, &d);
	}
	EXPECT(bed, call_stats(&call, 0, 5).verdict[KSRTP_VERDICT_SOURCE] == 5);
	EXPECT(bed, phone_quiet(&call.leg[1].phone));
	/* behind NAT, where its signalling comes from */
	call.leg[0].remote.natted = natted.at[0];
	EXPECT(bed, !ksrtp_media_flow_remote(call.leg[0].flow, &call.leg[0].remote));
	for (n = 1; n < 6; n++) {
		make_raw(&d, n);
		phone_send(&natted, false, &to, &d);
	}
	EXPECT(bed, call_stats(&call, 0, 10).latched);
	make_raw(&d, 7);
	call_send(&call, 1, &d, false);
	EXPECT(bed, phone_take(&natted, false, &d));
	EXPECT(bed, !ksrtp_media_flow_quality(call.leg[0].flow, &quality) && !quality.heard);
	phone_close(&thief);
	phone_close(&natted);
	call_close(&call);
	bed_report(bed, "the source rule of clear RTP holds for a raw flow");
}

static void raw_refusals(struct bed *bed)
{
	struct terms terms = bed_terms(NULL, NULL);
	struct ksrtp_master master = { .suite = bed_suite(CM80) };
	struct ksrtp_media_flow *rtp;
	struct ksrtp_addr local;
	struct call call;

	terms.kind = KSRTP_MEDIA_RAW;
	call_open(bed, &call, &terms);
	local = *ksrtp_media_flow_local(call.leg[0].flow);
	EXPECT(bed, !ksrtp_media_flow_create(call.session, &local, KSRTP_MEDIA_RTP, &rtp));
	EXPECT(bed, ksrtp_media_flow_pair(rtp, call.leg[0].flow) == -EINVAL);
	EXPECT(bed, ksrtp_media_key_add(call.leg[0].flow, KSRTP_MEDIA_TX, 9, &master) == -EINVAL);
	EXPECT(bed, ksrtp_media_key_add(call.leg[0].flow, KSRTP_MEDIA_RX, 9, &master) == -EINVAL);
	call_close(&call);
	bed_report(bed, "a raw flow takes no key, and no peer that is not raw");
}

int main(int argc, char **argv)
{
	static void (*const tests[])(struct bed *bed) = {
		hijack_secure, hijack_clear, strict, remotes, in_row, ended, raw, raw_sources,
		raw_refusals,
	};

	return bed_main(argc, argv, tests, ARRAY_SIZE(tests));
}
