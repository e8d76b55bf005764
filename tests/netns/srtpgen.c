// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The oracle of the module's tests: libsrtp2 behind a line protocol. Started by tests/netns/bed.py
 * in the guest; one command a line on standard input, one answer a line on standard output:
 *
 *	new NAME SUITE KEY+SALT [MKI]	-> ok	hex; one context for sending, one for receiving
 *	seal NAME rtp|rtcp PACKET	-> hex, or "error N"
 *	open NAME rtp|rtcp PACKET	-> hex, or "error N"
 */
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTEXTS 1024
#define PACKET_MAX 4096

struct context {
	char name[16];
	srtp_t out, in;
	uint8_t key[64], mki[128];
	size_t mki_len;
};

static struct context contexts[CONTEXTS];

static struct context *find(const char *name)
{
	for (size_t i = 0; i < CONTEXTS; i++)
		if (!strcmp(contexts[i].name, name))
			return &contexts[i];
	return NULL;
}

static int from_hex(const char *hex, uint8_t *out, size_t room)
{
	size_t n = strlen(hex) / 2;

	if (n > room)
		return -1;
	for (size_t i = 0; i < n; i++) {
		unsigned int byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return -1;
		out[i] = (uint8_t)byte;
	}
	return (int)n;
}

static bool set_suite(srtp_policy_t *p, const char *suite)
{
	static const struct {
		const char *name;
		void (*rtp)(srtp_crypto_policy_t *);
		void (*rtcp)(srtp_crypto_policy_t *);
	} suites[] = {
		{ "AES_CM_128_HMAC_SHA1_80", srtp_crypto_policy_set_rtp_default,
		  srtp_crypto_policy_set_rtp_default },
		{ "AES_CM_128_HMAC_SHA1_32", srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
		  srtp_crypto_policy_set_rtp_default },
		{ "AES_192_CM_HMAC_SHA1_80", srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80,
		  srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80 },
		{ "AES_256_CM_HMAC_SHA1_80", srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
		  srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80 },
		{ "AEAD_AES_128_GCM", srtp_crypto_policy_set_aes_gcm_128_16_auth,
		  srtp_crypto_policy_set_aes_gcm_128_16_auth },
		{ "AEAD_AES_256_GCM", srtp_crypto_policy_set_aes_gcm_256_16_auth,
		  srtp_crypto_policy_set_aes_gcm_256_16_auth },
	};

	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (!strcmp(suites[i].name, suite)) {
			suites[i].rtp(&p->rtp);
			suites[i].rtcp(&p->rtcp);
			return true;
		}
	return false;
}

static const char *command_new(char **argv, int argc)
{
	struct context *c = find("");
	srtp_policy_t policy = { 0 };
	srtp_master_key_t key = { 0 }, *keys[1] = { &key };

	if (!c || argc < 4 || strlen(argv[1]) >= sizeof(c->name) || !set_suite(&policy, argv[2]))
		return "error 1";
	if (from_hex(argv[3], c->key, sizeof(c->key)) < 0)
		return "error 2";
	if (argc > 4)
		c->mki_len = (size_t)from_hex(argv[4], c->mki, sizeof(c->mki));
	key.key = c->key;
	key.mki_id = c->mki;
	key.mki_size = (unsigned int)c->mki_len;
	policy.keys = keys;
	policy.num_master_keys = 1;
	policy.window_size = 128;
	policy.ssrc.type = ssrc_any_outbound;
	if (srtp_create(&c->out, &policy))
		return "error 3";
	policy.ssrc.type = ssrc_any_inbound;
	if (srtp_create(&c->in, &policy))
		return "error 4";
	strcpy(c->name, argv[1]);
	return "ok";
}

static void command_packet(char **argv, int argc, bool seal)
{
	static uint8_t packet[PACKET_MAX];
	struct context *c = argc == 4 ? find(argv[1]) : NULL;
	srtp_err_status_t err;
	bool rtcp;
	int len;

	len = c ? from_hex(argv[3], packet, sizeof(packet) - SRTP_MAX_TRAILER_LEN - 128) : -1;
	if (len < 0) {
		puts("error -1");
		return;
	}
	rtcp = !strcmp(argv[2], "rtcp");
	if (seal)
		err = (rtcp ? srtp_protect_rtcp_mki : srtp_protect_mki)(c->out, packet, &len,
									c->mki_len > 0, 0);
	else
		err = (rtcp ? srtp_unprotect_rtcp_mki : srtp_unprotect_mki)(c->in, packet, &len,
									    c->mki_len > 0);
	if (err) {
		printf("error %d\n", (int)err);
		return;
	}
	for (int i = 0; i < len; i++)
		printf("%02x", packet[i]);
	putchar('\n');
}

int main(void)
{
	static char line[4 * PACKET_MAX];

	if (srtp_init())
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		char *argv[5] = { 0 };
		int argc = 0;

		for (char *p = strtok(line, " \n"); p && argc < 5; p = strtok(NULL, " \n"))
			argv[argc++] = p;
		if (argc && !strcmp(argv[0], "new"))
			puts(command_new(argv, argc));
		else if (argc && (!strcmp(argv[0], "seal") || !strcmp(argv[0], "open")))
			command_packet(argv, argc, argv[0][0] == 's');
		else
			puts("error 0");
		fflush(stdout);
	}
	return 0;
}
