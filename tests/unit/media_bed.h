/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of media share: a back end in a network namespace of its own, calls over it, and
 * phones at both ends that speak RTP, or SRTP with libsrtp2.
 */
#ifndef TESTS_MEDIA_BED_H
#define TESTS_MEDIA_BED_H

#include "daemon/config.h"
#include "daemon/media/media.h"
#include "daemon/net/loop.h"
#include "tests/unit/oracle.h"

#define CM80	"AES_CM_128_HMAC_SHA1_80"
#define CM32	"AES_CM_128_HMAC_SHA1_32"
#define GCM	"AEAD_AES_128_GCM"

struct bed {
	struct ksrtp_loop loop;
	struct ksrtp_config config;
	struct ksrtp_media *media;
	u32 noise;
	unsigned int failures;		/* of the test that runs */
	unsigned int tests, failed;
};

/** struct phone - two sockets, the second for RTCP on its own port */
struct phone {
	int fd[2];
	struct ksrtp_addr at[2];
};

/** struct terms - what a call agrees on, by side; @suite NULL: that side is clear */
struct terms {
	enum ksrtp_media_kind kind;
	int family[2];
	bool mux[2];
	const struct ksrtp_suite *suite[2];
	enum ksrtp_source source;
	u8 mki_len;
};

/**
 * struct leg - one side of a call
 * @rx: the key that the phone sends with; @tx: the one that we do
 * @sender: protects as the phone does; @receiver: opens what we sent, and protects as we should
 */
struct leg {
	struct phone phone;
	struct ksrtp_media_flow *flow;
	struct ksrtp_media_remote remote;
	bool secure;
	struct ksrtp_master rx, tx;
	struct oracle sender, receiver;
};

struct call {
	struct bed *bed;
	struct terms terms;
	struct ksrtp_media_session *session;
	struct leg leg[2];
};

/** struct datagram - as sent or received */
struct datagram {
	u8 data[PACKET_MAX];
	u32 len;
	struct ksrtp_addr from;
};

/** EXPECT - say what did not hold, and where; the test goes on */
#define EXPECT(bed, holds) bed_expect(bed, holds, #holds, __func__, __LINE__)
bool bed_expect(struct bed *bed, bool holds, const char *what, const char *where, int line);

/** bed_report - a test is over: its line of TAP */
void bed_report(struct bed *bed, const char *name);

/** bed_main - run @tests over the back end that the one argument names. Return: exit status */
int bed_main(int argc, char **argv, void (*const tests[])(struct bed *bed), unsigned int n);

/** bed_open - in a namespace of its own; @config.media.workers counts. Return: 0, or 1 */
int bed_open(struct bed *bed, const char *backend);
void bed_close(struct bed *bed);

/** bed_suite - by its name; bed_terms - an IPv4 call on two ports; NULL: that side is clear */
const struct ksrtp_suite *bed_suite(const char *name);
struct terms bed_terms(const char *a, const char *b);

/** datagram_flip - one bit of one byte */
void datagram_flip(struct datagram *d, u32 at);

/** phone_open - at an address, on a random even port and the one above; aborts on failure */
void phone_open(struct phone *phone, const char *address);
void phone_close(struct phone *phone);
void phone_send(const struct phone *phone, bool rtcp, const struct ksrtp_addr *to,
		const struct datagram *d);
/** phone_take - the next datagram. Return: false when none came in a time that means "never" */
bool phone_take(const struct phone *phone, bool rtcp, struct datagram *d);
/** phone_quiet - nothing lies there */
bool phone_quiet(const struct phone *phone);

/** call_open - session, flows, keys, remotes; EXPECTs that all of it works */
void call_open(struct bed *bed, struct call *call, const struct terms *terms);
void call_close(struct call *call);
/** call_rtp, call_rtcp - make a plain packet */
void call_rtp(struct call *call, struct datagram *d, u32 ssrc, u16 seq);
void call_rtcp(struct call *call, struct datagram *d, u32 ssrc);
/** call_protect - as the phone of @side does; nothing on a clear side */
void call_protect(struct call *call, unsigned int side, struct datagram *d, bool rtcp);
/** call_send - from the phone of @side to where it is told to send */
void call_send(struct call *call, unsigned int side, const struct datagram *d, bool rtcp);
/** call_target - where that is */
void call_target(const struct call *call, unsigned int side, bool rtcp, struct ksrtp_addr *to);
/**
 * call_arrives - the plain packet @d comes out at @side as it must: by the right port, from the
 * right port, on a secure side bit for bit what libsrtp2 makes of it (SRTCP: what libsrtp2 opens,
 * for its indices begin with 1)
 */
bool call_arrives(struct call *call, unsigned int side, const struct datagram *d, bool rtcp);
/** call_pass - one RTP packet from @side to the other. Return: did it arrive as it must? */
bool call_pass(struct call *call, unsigned int side, u32 ssrc, u16 seq);
bool call_pass_rtcp(struct call *call, unsigned int side, u32 ssrc);
/** call_stats - once @arrived packets were counted at that side */
struct ksrtp_media_stats call_stats(struct call *call, unsigned int side, u64 arrived);

#endif
