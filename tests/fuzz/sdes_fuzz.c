// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The crypto attribute from strangers: nothing crashes, a refusal leaves no key behind, and what
 * was accepted is written so that it reads back as the same.
 */
#include <stdlib.h>

#include "tools/lib/sdes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* What writing keeps: everything but FEC_KEY. */
static void check_written(struct ksrtp_sdes *sdes, bool tagged)
{
	char text[KSRTP_SDES_LINE_MAX];
	struct ksrtp_sdes again;
	int n = ksrtp_sdes_write(sdes, text, sizeof(text));

	check(n > 0 && n < KSRTP_SDES_LINE_MAX);
	if (tagged)
		check(ksrtp_sdes_parse(&again, text, (size_t)n) == KSRTP_SDES_OK);
	else
		check(ksrtp_sdes_parse_key(&again, text, (size_t)n) == KSRTP_SDES_OK);
	sdes->fec_key = false;
	check(!memcmp(&again, sdes, sizeof(again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ksrtp_sdes zero;
	struct ksrtp_sdes sdes;
	bool tagged;

	for (int i = 0; i < 2; i++) {
		enum ksrtp_sdes_result result;

		tagged = i == 0;
		memset(&sdes, 0xff, sizeof(sdes));
		if (tagged)
			result = ksrtp_sdes_parse(&sdes, (const char *)data, size);
		else
			result = ksrtp_sdes_parse_key(&sdes, (const char *)data, size);
		check(ksrtp_sdes_message(result)[0] != '\0');
		if (result == KSRTP_SDES_OK)
			check_written(&sdes, tagged);
		else
			check(!memcmp(sdes.keys, zero.keys, sizeof(sdes.keys)) && !sdes.n_keys);
	}
	return 0;
}
