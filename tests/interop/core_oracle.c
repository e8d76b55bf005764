// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The SRTP core behind a line protocol, for peers in other languages. Started by
 * tests/interop/pion_long; one command a line on standard input, one answer a line on standard
 * output, packets and keys in hex:
 *
 *	new SUITE KEY SALT	-> ok	forgets what was before; one context for one SSRC
 *	seal rtp|rtcp PACKET	-> hex, or "error VERDICT"
 *	open rtp|rtcp PACKET	-> hex, or "error VERDICT"
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/oracle.h"

static struct ksrtp_keys keys;
static struct ksrtp_stream tx, rx;

static u32 from_hex(const char *hex, u8 *out, size_t room)
{
	u32 n = 0;

	for (; hex[0] && hex[1] && n < room; hex += 2, n++) {
		unsigned int byte;

		if (sscanf(hex, "%2x", &byte) != 1)
			break;
		out[n] = (u8)byte;
	}
	return n;
}

static void command_new(const char *suite, const char *key, const char *salt)
{
	struct ksrtp_master master = { .suite = ksrtp_suite_find(suite, strlen(suite)),
				       .rtp_limit = KSRTP_RTP_LIMIT,
				       .rtcp_limit = KSRTP_RTCP_LIMIT };

	if (!master.suite ||
	    from_hex(key, master.key, sizeof(master.key)) != master.suite->key_len ||
	    from_hex(salt, master.salt, sizeof(master.salt)) != master.suite->salt_len) {
		puts("error keys");
		return;
	}
	memset(&tx, 0, sizeof(tx));
	memset(&rx, 0, sizeof(rx));
	ksrtp_keys_derive(&keys, &master, NULL);
	puts("ok");
}

static enum ksrtp_verdict seal(u8 *data, u32 *len, bool rtcp)
{
	struct ksrtp_head head;
	enum ksrtp_verdict verdict;
	u64 index;

	if (rtcp) {
		verdict = ksrtp_stream_rtcp_tx_begin(&tx, &index);
	} else {
		verdict = ksrtp_rtp_parse(data, *len, &head);
		if (verdict == KSRTP_VERDICT_OK)
			verdict = ksrtp_stream_tx_begin(&tx, head.seq, &index);
	}
	return verdict == KSRTP_VERDICT_OK ? core_protect(&keys, data, len, rtcp, index) : verdict;
}

static enum ksrtp_verdict open_rtcp(u8 *data, u32 *len)
{
	enum ksrtp_verdict verdict;
	bool encrypted;
	u32 index;

	verdict = ksrtp_rtcp_index(&keys, data, *len, &index, &encrypted);
	if (verdict == KSRTP_VERDICT_OK)
		verdict = ksrtp_stream_rtcp_rx_begin(&rx, index);
	if (verdict == KSRTP_VERDICT_OK)
		verdict = core_unprotect(&keys, data, len, true, index);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	return ksrtp_stream_rtcp_rx_commit(&rx, index, NULL);
}

static enum ksrtp_verdict open_rtp(u8 *data, u32 *len)
{
	enum ksrtp_verdict verdict;
	struct ksrtp_head head;
	u64 index;

	verdict = ksrtp_rtp_parse(data, *len, &head);
	if (verdict == KSRTP_VERDICT_OK)
		verdict = ksrtp_stream_rx_begin(&rx, head.seq, &index);
	if (verdict == KSRTP_VERDICT_OK)
		verdict = core_unprotect(&keys, data, len, false, index);
	return verdict == KSRTP_VERDICT_OK ? ksrtp_stream_rx_commit(&rx, index, NULL) : verdict;
}

static void command_packet(bool out, bool rtcp, const char *hex)
{
	static u8 data[PACKET_MAX];
	u32 len = from_hex(hex, data, sizeof(data) - KSRTP_GROWTH_MAX);
	enum ksrtp_verdict verdict;

	if (out)
		verdict = seal(data, &len, rtcp);
	else
		verdict = rtcp ? open_rtcp(data, &len) : open_rtp(data, &len);
	if (verdict != KSRTP_VERDICT_OK) {
		printf("error %s\n", ksrtp_verdict_word(verdict));
		return;
	}
	for (u32 i = 0; i < len; i++)
		printf("%02x", data[i]);
	putchar('\n');
}

int main(void)
{
	static char line[4 * PACKET_MAX];

	while (fgets(line, sizeof(line), stdin)) {
		char *argv[5] = { 0 };
		int argc = 0;

		for (char *p = strtok(line, " \n"); p && argc < 5; p = strtok(NULL, " \n"))
			argv[argc++] = p;
		if (argc == 4 && !strcmp(argv[0], "new"))
			command_new(argv[1], argv[2], argv[3]);
		else if (argc == 3)
			command_packet(argv[0][0] == 's', !strcmp(argv[1], "rtcp"), argv[2]);
		else
			puts("error command");
		fflush(stdout);
	}
	return 0;
}
