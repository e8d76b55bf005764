// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends RTP or SRTP through a forwarder and counts guest instructions a packet; part of
 * tools/bench/packet, which runs it as root in an emulated machine of one CPU whose time stamp
 * counter advances by one an instruction. Sender, forwarder and receiver then run one after the
 * other inside sendmmsg(), so the difference of two read-outs is the cost of all of them.
 *
 *	packet_load FROM-NS IN-SUITE TO-ADDRESS TO-PORT AT-NS OUT-SUITE AT-ADDRESS AT-PORT
 *
 * Suites: rtp, cm, gcm; IN under key A, OUT under key B (see key()). IN "forged" is cm under key C,
 * each batch numbered as what comes next after a run of cm; OUT "none" expects nothing.
 * Every packet received, warm-up included, is compared with what libsrtp2 makes of it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <srtp2/srtp.h>

#define BATCH	64
#define WARM	10		/* batches */
#define MEASURE	40
#define PACKETS	((WARM + MEASURE) * BATCH)
#define PAYLOAD	160
#define ROOM	(12 + PAYLOAD + SRTP_MAX_TRAILER_LEN)
#define SSRC	0x11223344
#define FIRST	1000		/* sequence number */

struct packet {
	uint8_t data[ROOM];
	int len;
};

static struct packet sent[PACKETS], expected[PACKETS];

static void die(const char *what)
{
	fprintf(stderr, "packet_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t instructions(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/* Master key and salt: 16 + 14 bytes counting up from 'A', 'B' or 'C'; GCM takes the first 28. */
static void key(uint8_t out[30], char name)
{
	int i;

	for (i = 0; i < 30; i++)
		out[i] = (uint8_t)(name + i);
}

static srtp_t context(const char *suite, char name)
{
	static uint8_t bytes[30];
	srtp_policy_t policy = {
		.ssrc = { ssrc_any_outbound, 0 }, .key = bytes, .window_size = 128,
		.allow_repeat_tx = 1
	};
	srtp_t srtp;

	if (!strcmp(suite, "rtp") || !strcmp(suite, "none"))
		return NULL;
	key(bytes, name);
	if (!strcmp(suite, "cm") || !strcmp(suite, "forged"))
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
	else
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
	policy.rtcp = policy.rtp;
	if (srtp_create(&srtp, &policy))
		die("srtp_create");
	return srtp;
}

static void make(struct packet *packets, const char *suite, char name)
{
	bool forged = !strcmp(suite, "forged");
	srtp_t srtp = context(suite, name);
	int i, j;

	for (i = 0; i < PACKETS; i++) {
		uint8_t *p = packets[i].data;
		uint32_t seq = FIRST + (uint32_t)(forged ? PACKETS + i % BATCH : i);
		uint32_t time = seq * 160;
		const uint8_t head[12] = {
			0x80, 0, (uint8_t)(seq >> 8), (uint8_t)seq, (uint8_t)(time >> 24),
			(uint8_t)(time >> 16), (uint8_t)(time >> 8), (uint8_t)time,
			SSRC >> 24, SSRC >> 16 & 0xff, SSRC >> 8 & 0xff, SSRC & 0xff,
		};

		memcpy(p, head, sizeof(head));
		for (j = 0; j < PAYLOAD; j++)
			p[12 + j] = (uint8_t)(i + j * 7);
		packets[i].len = 12 + PAYLOAD;
		if (srtp && srtp_protect(srtp, p, &packets[i].len))
			die("srtp_protect");
	}
	if (srtp)
		srtp_dealloc(srtp);
}

static void enter(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

static struct sockaddr_in address(const char *host, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };

	if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
		die(host);
	return a;
}

static int udp(const char *netns, const struct sockaddr_in *at)
{
	int fd, room = 64 << 20;

	enter(netns);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)at, sizeof(*at)))
		die("bind");
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	return fd;
}

/* Between these plugin/locks.c counts; they do nothing. */
static void count_from_here(void)
{
	__asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0, 1, 0, 0xed, 0x5e" : : : "memory");
}

static void count_to_here(void)
{
	__asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0, 2, 0, 0xed, 0x5e" : : : "memory");
}

static void send_batch(int fd, const struct sockaddr_in *to, int first)
{
	static struct mmsghdr m[BATCH];
	static struct iovec v[BATCH];
	int i;

	for (i = 0; i < BATCH; i++) {
		v[i] = (struct iovec){ sent[first + i].data, (size_t)sent[first + i].len };
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &v[i], .msg_iovlen = 1,
			.msg_name = (void *)to, .msg_namelen = sizeof(*to) };
	}
	if (sendmmsg(fd, m, BATCH, 0) != BATCH)
		die("sendmmsg");
}

static bool as_expected(const uint8_t *data, int len)
{
	int i = (data[2] << 8 | data[3]) - FIRST;

	return len >= 12 && i >= 0 && i < PACKETS && len == expected[i].len &&
	       !memcmp(data, expected[i].data, (size_t)len);
}

/* Takes what is there. Return: packets; *bad counts those that differ. */
static int receive_batch(int fd, int *bad)
{
	static uint8_t data[BATCH][2048];
	static struct mmsghdr m[BATCH];
	static struct iovec v[BATCH];
	int i, n;

	for (i = 0; i < BATCH; i++) {
		v[i] = (struct iovec){ data[i], sizeof(data[i]) };
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &v[i], .msg_iovlen = 1 };
	}
	n = recvmmsg(fd, m, BATCH, MSG_DONTWAIT, NULL);
	for (i = 0; i < n; i++)
		*bad += !as_expected(data[i], (int)m[i].msg_len);
	return n < 0 ? 0 : n;
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	static uint64_t cost[MEASURE];
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons(20000) }, to, at;
	int out, in, batch, got = 0, bad = 0;
	bool nothing;

	if (argc != 9 || srtp_init())
		die("arguments");
	nothing = !strcmp(argv[6], "none");
	make(sent, argv[2], strcmp(argv[2], "forged") ? 'A' : 'C');
	make(expected, argv[6], 'B');
	to = address(argv[3], argv[4]);
	at = address(argv[7], argv[8]);
	out = udp(argv[1], &from);
	in = udp(argv[5], &at);
	for (batch = 0; batch < WARM + MEASURE; batch++) {
		bool measured = batch >= WARM;
		uint64_t start;

		if (measured)
			count_from_here();
		start = instructions();
		send_batch(out, &to, batch * BATCH);
		if (measured) {
			cost[batch - WARM] = instructions() - start;
			count_to_here();
		}
		got += receive_batch(in, &bad);
	}
	qsort(cost, MEASURE, sizeof(*cost), ascending);
	printf("%.1f instructions a packet, %d of %d received, %d wrong\n",
	       (double)cost[MEASURE / 2] / BATCH, got, PACKETS, bad);
	return bad || got != (nothing ? 0 : PACKETS);
}
