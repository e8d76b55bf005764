// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was said on the wire: takes the UDP payloads of one direction of one leg out of a capture,
 * unprotects them with libsrtp2 when a key is given, and prints them.
 *
 *	srtpcheck FILE.pcap SOURCE:PORT DESTINATION:PORT
 *
 * IPv4 and IPv6 over Ethernet. Standard input holds one line: "clear", or suite and base64 key as
 * in SDP.
 * Output, a line for each RTP packet: sequence number, timestamp, SSRC, payload in hex; last
 * "packets N authentic N control N authentic N", control being RTCP. Called by the tests of calls;
 * keys come by standard input so that they stand in no process list. RFC 3711 as libsrtp2
 * understands it is the judge here.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <srtp2/srtp.h>

struct leg {
	int family;
	uint8_t src[16], dst[16];
	uint16_t sport, dport;
	srtp_t srtp;		/* NULL: clear */
	unsigned long packets, authentic, control, control_authentic;
};

/* "192.0.2.1:5060", "2001:db8::1:5060": the port stands behind the last colon. */
static bool parse_end(const char *text, int *family, uint8_t *ip, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN];

	if (!colon || (size_t)(colon - text) >= sizeof(host))
		return false;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = 0;
	*port = (uint16_t)atoi(colon + 1);
	*family = strchr(host, ':') ? AF_INET6 : AF_INET;
	return inet_pton(*family, host, ip) == 1;
}

static bool make_srtp(srtp_t *srtp, const char *suite, const char *base64)
{
	static const struct {
		const char *name;
		srtp_profile_t profile;
		size_t n;
	} suites[] = {
		{ "AES_CM_128_HMAC_SHA1_80", srtp_profile_aes128_cm_sha1_80, 30 },
		{ "AES_CM_128_HMAC_SHA1_32", srtp_profile_aes128_cm_sha1_32, 30 },
		{ "AEAD_AES_128_GCM", srtp_profile_aead_aes_128_gcm, 28 },
		{ "AEAD_AES_256_GCM", srtp_profile_aead_aes_256_gcm, 44 },
	};
	srtp_policy_t policy = { .ssrc = { .type = ssrc_any_inbound }, .window_size = 1024 };
	unsigned char key[96];
	size_t i, n = strlen(base64);

	if (n > 120 || EVP_DecodeBlock(key, (const unsigned char *)base64, (int)n) < 0)
		return false;
	for (i = 0; i < sizeof(suites) / sizeof(*suites); i++) {
		if (strcmp(suite, suites[i].name) || n / 4 * 3 < suites[i].n)
			continue;
		srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, suites[i].profile);
		srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, suites[i].profile);
		policy.key = key;
		return !srtp_create(srtp, &policy);
	}
	return false;
}

static void show_rtp(struct leg *leg, uint8_t *p, int n)
{
	uint32_t ts, ssrc;
	int off, i;

	leg->packets++;
	if (leg->srtp && srtp_unprotect(leg->srtp, p, &n))
		return;
	leg->authentic++;
	off = 12 + 4 * (p[0] & 15);
	if (p[0] & 16 && off + 4 <= n)
		off += 4 + 4 * (p[off + 2] << 8 | p[off + 3]);
	memcpy(&ts, p + 4, 4);
	memcpy(&ssrc, p + 8, 4);
	printf("%u %u %08x ", p[2] << 8 | p[3], ntohl(ts), ntohl(ssrc));
	for (i = off; i < n; i++)
		printf("%02x", p[i]);
	putchar('\n');
}

static void count_rtcp(struct leg *leg, uint8_t *p, int n)
{
	leg->control++;
	leg->control_authentic += !leg->srtp || !srtp_unprotect_rtcp(leg->srtp, p, &n);
}

static void show_media(struct leg *leg, uint8_t *p, int n)
{
	if (n < 8 || (p[0] >> 6) != 2)
		return;
	/* RFC 5761 section 4 */
	if ((p[1] & 0x7f) >= 64 && (p[1] & 0x7f) < 96)
		count_rtcp(leg, p, n);
	else if (n >= 12)
		show_rtp(leg, p, n);
}

/* Where UDP begins in a frame between our two addresses; 0 in any other frame. */
static uint32_t udp_of(const struct leg *leg, const uint8_t *p, uint32_t n)
{
	const uint32_t ip = 14;
	bool six = leg->family == AF_INET6;
	uint32_t size = six ? 16 : 4, first = ip + (six ? 8 : 12), udp = ip + 40;

	if (n < ip + (six ? 48 : 28) || p[12] != (six ? 0x86 : 8) || p[13] != (six ? 0xdd : 0) ||
	    p[ip + (six ? 6 : 9)] != IPPROTO_UDP)
		return 0;
	if (!six)
		udp = ip + 4 * (p[ip] & 15u);
	if (memcmp(p + first, leg->src, size) || memcmp(p + first + size, leg->dst, size))
		return 0;
	return udp + 8 > n ? 0 : udp;
}

static void show_frame(struct leg *leg, const uint8_t *p, uint32_t n)
{
	uint8_t copy[2048] __attribute__((aligned(8)));
	uint32_t udp = udp_of(leg, p, n), len;

	if (!udp || (p[udp] << 8 | p[udp + 1]) != leg->sport ||
	    (p[udp + 2] << 8 | p[udp + 3]) != leg->dport)
		return;
	len = p[udp + 4] << 8 | p[udp + 5];
	if (len < 8 || udp + len > n || len - 8 > sizeof(copy))
		return;
	memcpy(copy, p + udp + 8, len - 8);
	show_media(leg, copy, (int)len - 8);
}

int main(int argc, char **argv)
{
	struct leg leg = { 0 };
	char suite[64] = "", key[128] = "";
	uint32_t head[6], rec[4];
	uint8_t *frame;
	FILE *f;

	if (argc != 4 || !parse_end(argv[2], &leg.family, leg.src, &leg.sport) ||
	    !parse_end(argv[3], &leg.family, leg.dst, &leg.dport) ||
	    scanf("%63s %127s", suite, key) < 1) {
		fprintf(stderr, "usage: srtpcheck FILE SOURCE:PORT DESTINATION:PORT <key\n");
		return 2;
	}
	if (strcmp(suite, "clear") && (srtp_init() || !make_srtp(&leg.srtp, suite, key))) {
		fprintf(stderr, "srtpcheck: no such suite, or a bad key\n");
		return 2;
	}
	f = fopen(argv[1], "rb");
	frame = malloc(65536);
	if (!f || !frame || fread(head, sizeof(head), 1, f) != 1 || head[0] != 0xa1b2c3d4) {
		fprintf(stderr, "srtpcheck: %s is no capture\n", argv[1]);
		return 2;
	}
	while (fread(rec, sizeof(rec), 1, f) == 1 && rec[2] <= 65536 &&
	       fread(frame, rec[2], 1, f) == 1)
		show_frame(&leg, frame, rec[2]);
	printf("packets %lu authentic %lu control %lu authentic %lu\n", leg.packets, leg.authentic,
	       leg.control, leg.control_authentic);
	free(frame);
	fclose(f);
	return 0;
}
