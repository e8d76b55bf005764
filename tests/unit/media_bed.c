// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls over a media back end, for its tests. Nothing leaves the network namespace made here.
 */
#include "tests/unit/media_bed.h"

#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define NEVER_MS	20000

bool bed_expect(struct bed *bed, bool holds, const char *what, const char *where, int line)
{
	if (!holds) {
		printf("# %s:%d: not so: %s\n", where, line, what);
		bed->failures++;
	}
	return holds;
}

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	abort();
}

static bool namespace_enter(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd;

	if (unshare(CLONE_NEWNET)) {
		perror("Bail out! no network namespace");
		return false;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	must(fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &lo), "loopback");
	close(fd);
	return true;
}

int bed_open(struct bed *bed, const char *backend)
{
	const char *why;
	int err;

	if (!namespace_enter())
		return 1;
	bed->config.media.backend = !strcmp(backend, "kernel") ? KSRTP_BACKEND_KERNEL :
							       KSRTP_BACKEND_USER;
	bed->config.media.libsrtp2 = !strcmp(backend, "libsrtp2");
	bed->config.media.port_min = 30000;
	bed->config.media.port_max = 39999;
	must(!ksrtp_loop_init(&bed->loop, NULL), "loop");
	err = ksrtp_media_create(&bed->media, &bed->loop, &bed->config, &why);
	if (err) {
		printf("Bail out! %s: %s\n", backend, why);
		return 1;
	}
	printf("# %s\n", why);
	return 0;
}

void bed_close(struct bed *bed)
{
	ksrtp_media_destroy(bed->media);
	ksrtp_loop_fini(&bed->loop);
}

void bed_report(struct bed *bed, const char *name)
{
	bed->tests++;
	printf("%s %u - %s\n", bed->failures ? "not ok" : "ok", bed->tests, name);
	fflush(stdout);
	bed->failed += bed->failures != 0;
	bed->failures = 0;
}

int bed_main(int argc, char **argv, void (*const tests[])(struct bed *bed), unsigned int n)
{
	struct bed bed = { .noise = 0 };
	unsigned int i;

	if (argc != 2) {
		fprintf(stderr, "usage: %s user|libsrtp2|kernel\n", argv[0]);
		return 2;
	}
	if (bed_open(&bed, argv[1]))
		return 1;
	for (i = 0; i < n; i++)
		tests[i](&bed);
	printf("1..%u\n", bed.tests);
	bed_close(&bed);
	return bed.failed != 0;
}

const struct ksrtp_suite *bed_suite(const char *name)
{
	return ksrtp_suite_find(name, strlen(name));
}

struct terms bed_terms(const char *a, const char *b)
{
	return (struct terms){
		.family = { AF_INET, AF_INET },
		.suite = { a ? bed_suite(a) : NULL, b ? bed_suite(b) : NULL },
	};
}

void datagram_flip(struct datagram *d, u32 at)
{
	d->data[at] ^= 0x40;
}

/* ---- phones ---- */

static int bind_at(struct ksrtp_addr *at)
{
	int fd = socket(at->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(at->in6);

	must(fd >= 0, "socket");
	if (bind(fd, ksrtp_addr_sa(at), ksrtp_addr_len(at))) {
		close(fd);
		return -1;
	}
	must(!getsockname(fd, (struct sockaddr *)&at->in6, &n), "getsockname");
	return fd;
}

void phone_open(struct phone *phone, const char *address)
{
	/* Below the range that the system gives out by itself, and below the back end's. */
	static u16 next = 20000;

	for (;; next = (u16)(next + 2)) {
		must(!ksrtp_addr_parse(&phone->at[0], address, strlen(address)), "address");
		phone->at[1] = phone->at[0];
		ksrtp_addr_set_port(&phone->at[0], next);
		ksrtp_addr_set_port(&phone->at[1], (u16)(next + 1));
		phone->fd[0] = bind_at(&phone->at[0]);
		if (phone->fd[0] < 0)
			continue;
		phone->fd[1] = bind_at(&phone->at[1]);
		if (phone->fd[1] >= 0)
			break;
		close(phone->fd[0]);
	}
	next = (u16)(next + 2);
}

void phone_close(struct phone *phone)
{
	close(phone->fd[0]);
	close(phone->fd[1]);
}

void phone_send(const struct phone *phone, bool rtcp, const struct ksrtp_addr *to,
		const struct datagram *d)
{
	ssize_t n = sendto(phone->fd[rtcp], d->data, d->len, 0, ksrtp_addr_sa(to),
			   ksrtp_addr_len(to));

	/* An ICMP error of an earlier one may stand in the way once. */
	if (n < 0)
		n = sendto(phone->fd[rtcp], d->data, d->len, 0, ksrtp_addr_sa(to),
			   ksrtp_addr_len(to));
	must(n == (ssize_t)d->len, "sendto");
}

static bool take(int fd, struct datagram *d, int ms)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	struct sockaddr_in6 from;
	socklen_t n = sizeof(from);
	ssize_t got;

	if (poll(&ready, 1, ms) != 1)
		return false;
	got = recvfrom(fd, d->data, sizeof(d->data), MSG_DONTWAIT, (struct sockaddr *)&from, &n);
	if (got < 0)
		return false;
	d->len = (u32)got;
	return !ksrtp_addr_from(&d->from, (struct sockaddr *)&from, n);
}

bool phone_take(const struct phone *phone, bool rtcp, struct datagram *d)
{
	return take(phone->fd[rtcp], d, NEVER_MS);
}

bool phone_quiet(const struct phone *phone)
{
	struct datagram d;

	return !take(phone->fd[0], &d, 0) && !take(phone->fd[1], &d, 0);
}

/* ---- calls ---- */

static const char *home(int family, unsigned int side)
{
	if (family == AF_INET6)
		return "::1";
	return side ? "127.0.0.3" : "127.0.0.2";
}

static void leg_key(struct call *call, struct leg *leg, const struct ksrtp_suite *suite)
{
	struct bed *bed = call->bed;

	leg->secure = suite;
	if (!suite)
		return;
	noise_master(&bed->noise, &leg->rx, suite, call->terms.mki_len);
	noise_master(&bed->noise, &leg->tx, suite, call->terms.mki_len);
	oracle_create(&leg->sender, &leg->rx);
	oracle_create(&leg->receiver, &leg->tx);
	EXPECT(bed, !ksrtp_media_key_add(leg->flow, KSRTP_MEDIA_RX, 1, &leg->rx));
	EXPECT(bed, !ksrtp_media_key_add(leg->flow, KSRTP_MEDIA_TX, 2, &leg->tx));
}

void call_open(struct bed *bed, struct call *call, const struct terms *terms)
{
	struct ksrtp_addr local;
	unsigned int i;

	memset(call, 0, sizeof(*call));
	call->bed = bed;
	call->terms = *terms;
	must(!ksrtp_media_session_create(bed->media, "conformance", &call->session), "session");
	for (i = 0; i < 2; i++) {
		const char *self = terms->family[i] == AF_INET6 ? "::1" : "127.0.0.1";
		struct leg *leg = &call->leg[i];

		must(!ksrtp_addr_parse(&local, self, strlen(self)), "address");
		phone_open(&leg->phone, home(terms->family[i], i));
		must(!ksrtp_media_flow_create(call->session, &local, terms->kind, &leg->flow),
		     "flow");
		leg->remote = (struct ksrtp_media_remote){
			.rtp = leg->phone.at[0], .rtcp = leg->phone.at[1], .mux = terms->mux[i],
			.source = terms->source, .secure_rx = terms->suite[i],
			.secure_tx = terms->suite[i],
		};
		EXPECT(bed, !ksrtp_media_flow_remote(leg->flow, &leg->remote));
		leg_key(call, leg, terms->suite[i]);
	}
	EXPECT(bed, !ksrtp_media_flow_pair(call->leg[0].flow, call->leg[1].flow));
}

void call_close(struct call *call)
{
	unsigned int i;

	ksrtp_media_session_destroy(call->session);
	for (i = 0; i < 2; i++) {
		phone_close(&call->leg[i].phone);
		if (!call->leg[i].secure)
			continue;
		oracle_destroy(&call->leg[i].sender);
		oracle_destroy(&call->leg[i].receiver);
	}
}

void call_rtp(struct call *call, struct datagram *d, u32 ssrc, u16 seq)
{
	struct shape shape = { .ssrc = ssrc, .seq = seq, .payload = 160, .extension = -1 };

	d->len = rtp_make(&call->bed->noise, d->data, &shape);
}

void call_rtcp(struct call *call, struct datagram *d, u32 ssrc)
{
	d->len = rtcp_make(&call->bed->noise, d->data, ssrc, 44);
}

void call_protect(struct call *call, unsigned int side, struct datagram *d, bool rtcp)
{
	struct leg *leg = &call->leg[side];

	if (leg->secure)
		EXPECT(call->bed, !oracle_protect(&leg->sender, d->data, &d->len, rtcp));
}

void call_target(const struct call *call, unsigned int side, bool rtcp, struct ksrtp_addr *to)
{
	*to = *ksrtp_media_flow_local(call->leg[side].flow);
	if (rtcp && !call->terms.mux[side])
		ksrtp_addr_set_port(to, (u16)(ksrtp_addr_port(to) + 1));
}

void call_send(struct call *call, unsigned int side, const struct datagram *d, bool rtcp)
{
	struct ksrtp_addr to;

	call_target(call, side, rtcp, &to);
	phone_send(&call->leg[side].phone, rtcp && !call->terms.mux[side], &to, d);
}

bool call_arrives(struct call *call, unsigned int side, const struct datagram *plain, bool rtcp)
{
	struct leg *leg = &call->leg[side];
	struct bed *bed = call->bed;
	struct datagram got, want = *plain;
	struct ksrtp_addr from;

	if (!EXPECT(bed, phone_take(&leg->phone, rtcp && !call->terms.mux[side], &got)))
		return false;
	call_target(call, side, rtcp, &from);
	if (!EXPECT(bed, ksrtp_addr_equal(&from, &got.from)))
		return false;
	if (leg->secure && rtcp &&
	    !EXPECT(bed, !oracle_unprotect(&leg->receiver, got.data, &got.len, true)))
		return false;
	if (leg->secure && !rtcp &&
	    !EXPECT(bed, !oracle_protect(&leg->receiver, want.data, &want.len, false)))
		return false;
	return EXPECT(bed, got.len == want.len && !memcmp(got.data, want.data, want.len));
}

bool call_pass(struct call *call, unsigned int side, u32 ssrc, u16 seq)
{
	struct datagram plain, sent;

	call_rtp(call, &plain, ssrc, seq);
	sent = plain;
	call_protect(call, side, &sent, false);
	call_send(call, side, &sent, false);
	return call_arrives(call, !side, &plain, false);
}

bool call_pass_rtcp(struct call *call, unsigned int side, u32 ssrc)
{
	struct datagram plain, sent;

	call_rtcp(call, &plain, ssrc);
	sent = plain;
	call_protect(call, side, &sent, true);
	call_send(call, side, &sent, true);
	return call_arrives(call, !side, &plain, true);
}

struct ksrtp_media_stats call_stats(struct call *call, unsigned int side, u64 arrived)
{
	struct timespec nap = { .tv_nsec = 1000000 };
	struct ksrtp_media_stats stats;
	unsigned int i;

	/* What a packet became is counted after it was sent. */
	for (i = 0; i < NEVER_MS; i++) {
		if (!EXPECT(call->bed, !ksrtp_media_flow_stats(call->leg[side].flow, &stats)))
			break;
		if (stats.rx_packets >= arrived)
			break;
		nanosleep(&nap, NULL);
	}
	EXPECT(call->bed, stats.rx_packets == arrived);
	return stats;
}
