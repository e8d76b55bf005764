// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * CPU a relayed packet of the user back end, at 150 streams of 50 packets a second, beside the
 * relay that one would write first: epoll, recvfrom, libsrtp2, sendto. One thread each. Run as
 * root: it makes itself a network namespace. The time is that of the relaying thread, kernel
 * included.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/media_bed.h"

#define STREAMS	150
#define TICKS	10		/* parts of 20 ms, in each of which a tenth of the streams sends */
#define SECONDS	4

/* What one stream passes: our session, or the peer's socket and contexts. */
struct stream {
	struct ksrtp_media_session *session;
	struct ksrtp_media_flow *in, *out;
	struct oracle sender, opens, seals;
	struct ksrtp_addr entry;
	int fd;
};

struct mode {
	const char *name;
	bool secure_in, secure_out;
};

struct bench {
	struct bed bed;
	const struct mode *mode;
	struct stream stream[STREAMS];
	struct phone phone, sink;
	u32 received;
	int epoll;
	bool stop;
};

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	exit(1);
}

/* ---- ours ---- */

static void open_ours(struct bench *b, struct stream *s, const struct ksrtp_master key[2])
{
	struct ksrtp_media_remote from = { .rtp = b->phone.at[0] }, to = { .rtp = b->sink.at[0] };
	struct ksrtp_addr local;

	must(!ksrtp_addr_parse(&local, "127.0.0.1", 9), "address");
	must(!ksrtp_media_session_create(b->bed.media, "bench", &s->session) &&
	     !ksrtp_media_flow_create(s->session, &local, KSRTP_MEDIA_RTP, &s->in) &&
	     !ksrtp_media_flow_create(s->session, &local, KSRTP_MEDIA_RTP, &s->out) &&
	     !ksrtp_media_flow_remote(s->in, &from) && !ksrtp_media_flow_remote(s->out, &to) &&
	     !ksrtp_media_flow_pair(s->in, s->out), "session");
	if (b->mode->secure_in)
		must(!ksrtp_media_key_add(s->in, KSRTP_MEDIA_RX, 1, &key[0]), "rx key");
	if (b->mode->secure_out)
		must(!ksrtp_media_key_add(s->out, KSRTP_MEDIA_TX, 1, &key[1]), "tx key");
	s->entry = *ksrtp_media_flow_local(s->in);
}

/* ---- the peer ---- */

static void open_peer(struct bench *b, struct stream *s, const struct ksrtp_master key[2])
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = s };
	socklen_t n = sizeof(s->entry.in6);

	must(!ksrtp_addr_parse(&s->entry, "127.0.0.1", 9), "address");
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	must(s->fd >= 0 && !bind(s->fd, ksrtp_addr_sa(&s->entry), ksrtp_addr_len(&s->entry)) &&
	     !getsockname(s->fd, (struct sockaddr *)&s->entry.in6, &n) &&
	     !epoll_ctl(b->epoll, EPOLL_CTL_ADD, s->fd, &event), "socket");
	oracle_create(&s->opens, &key[0]);
	oracle_create(&s->seals, &key[1]);
}

static void relay_one(const struct bench *b, struct stream *s)
{
	struct sockaddr_in from;
	socklen_t n = sizeof(from);
	u8 data[PACKET_MAX];
	ssize_t got;
	u32 len;

	got = recvfrom(s->fd, data, sizeof(data) - KSRTP_GROWTH_MAX, 0, (struct sockaddr *)&from,
		       &n);
	if (got < 0)
		return;
	len = (u32)got;
	if (b->mode->secure_in && oracle_unprotect(&s->opens, data, &len, false))
		return;
	if (b->mode->secure_out && oracle_protect(&s->seals, data, &len, false))
		return;
	sendto(s->fd, data, len, 0, ksrtp_addr_sa(&b->sink.at[0]), ksrtp_addr_len(&b->sink.at[0]));
}

static void *peer(void *arg)
{
	struct bench *b = arg;
	struct epoll_event event[64];
	int i, n;

	while (!__atomic_load_n(&b->stop, __ATOMIC_RELAXED)) {
		n = epoll_wait(b->epoll, event, ARRAY_SIZE(event), 100);
		for (i = 0; i < n; i++)
			relay_one(b, event[i].data.ptr);
	}
	return NULL;
}

/* ---- load ---- */

static void send_one(struct bench *b, unsigned int i, u16 seq)
{
	struct shape shape = { .ssrc = 1000 + i, .seq = seq, .payload = 160, .extension = -1 };
	struct stream *s = &b->stream[i];
	struct datagram d;

	d.len = rtp_make(&b->bed.noise, d.data, &shape);
	if (b->mode->secure_in)
		must(!oracle_protect(&s->sender, d.data, &d.len, false), "protect");
	phone_send(&b->phone, false, &s->entry, &d);
}

static void drain(struct bench *b)
{
	struct datagram d;

	while (recv(b->sink.fd[0], d.data, sizeof(d.data), MSG_DONTWAIT) >= 0)
		b->received++;
}

/* Return: microseconds of CPU a packet that the threads other than this one took */
static double load(struct bench *b)
{
	const long tick = 20000000 / TICKS;
	double others = seconds(CLOCK_PROCESS_CPUTIME_ID) - seconds(CLOCK_THREAD_CPUTIME_ID);
	struct timespec next;
	unsigned int t, i;

	b->received = 0;
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (t = 0; t < SECONDS * 50 * TICKS; t++) {
		for (i = t % TICKS; i < STREAMS; i += TICKS)
			send_one(b, i, (u16)(t / TICKS));
		next.tv_nsec += tick;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
		drain(b);
	}
	others = seconds(CLOCK_PROCESS_CPUTIME_ID) - seconds(CLOCK_THREAD_CPUTIME_ID) - others;
	return others * 1e6 / b->received;
}

static double measure(struct bench *b, bool ours)
{
	struct ksrtp_master key[2];
	pthread_t thread;
	unsigned int i;
	double cost;

	b->epoll = epoll_create1(EPOLL_CLOEXEC);
	b->stop = false;
	for (i = 0; i < STREAMS; i++) {
		noise_master(&b->bed.noise, &key[0], bed_suite(CM80), 0);
		noise_master(&b->bed.noise, &key[1], bed_suite(CM80), 0);
		oracle_create(&b->stream[i].sender, &key[0]);
		(ours ? open_ours : open_peer)(b, &b->stream[i], key);
	}
	if (!ours)
		must(!pthread_create(&thread, NULL, peer, b), "thread");
	cost = load(b);
	__atomic_store_n(&b->stop, true, __ATOMIC_RELAXED);
	if (!ours)
		pthread_join(thread, NULL);
	for (i = 0; i < STREAMS; i++) {
		oracle_destroy(&b->stream[i].sender);
		if (ours) {
			ksrtp_media_session_destroy(b->stream[i].session);
			continue;
		}
		oracle_destroy(&b->stream[i].opens);
		oracle_destroy(&b->stream[i].seals);
		close(b->stream[i].fd);
	}
	close(b->epoll);
	return cost;
}

int main(void)
{
	static const struct mode modes[] = {
		{ "RTP to RTP", false, false },
		{ "RTP to SRTP", false, true },
		{ "SRTP to RTP", true, false },
		{ "SRTP to SRTP", true, true },
	};
	static struct bench b;
	unsigned int i;

	b.bed.config.media.workers = 1;
	if (bed_open(&b.bed, "user"))
		return 1;
	phone_open(&b.phone, "127.0.0.2");
	phone_open(&b.sink, "127.0.0.3");
	printf("%u streams, 160 bytes, 50 packets/s, " CM80 ": us of CPU a packet\n", STREAMS);
	printf("%-16s %12s %12s\n", "", "user back end", "libsrtp2 relay");
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		double ours, theirs;

		b.mode = &modes[i];
		ours = measure(&b, true);
		theirs = measure(&b, false);
		printf("%-16s %12.2f %12.2f\n", modes[i].name, ours, theirs);
		fflush(stdout);
	}
	phone_close(&b.phone);
	phone_close(&b.sink);
	bed_close(&b.bed);
	return 0;
}
