// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The a=crypto lines of an m-line, sorted out: an invalid line is as if it were not there
 * (RFC 4568 section 7.1.2), and so is a tag that stands there twice. Called by daemon/call. Pure.
 */
#include "daemon/sdp/crypto.h"

#include <errno.h>
#include <stdlib.h>

static bool tag_repeated(const struct ksrtp_sdes *line, unsigned int n, unsigned int at)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (i != at && line[i].tag_digits && line[i].tag == line[at].tag)
			return true;
	return false;
}

int ksrtp_sdp_crypto_read(struct ksrtp_sdp_crypto *crypto, const struct slice *value,
			  unsigned int n)
{
	bool fine[KSRTP_SDP_CRYPTO_MAX];
	unsigned int i;

	*crypto = (struct ksrtp_sdp_crypto){ .seen = n };
	if (!n)
		return 0;
	crypto->line = calloc(KSRTP_SDP_CRYPTO_MAX, sizeof(*crypto->line));
	if (!crypto->line)
		return -ENOMEM;
	if (n > KSRTP_SDP_CRYPTO_MAX)
		n = KSRTP_SDP_CRYPTO_MAX;
	for (i = 0; i < n; i++) {
		struct ksrtp_sdes *sdes = &crypto->line[i];
		enum ksrtp_sdes_result result = ksrtp_sdes_parse(sdes, value[i].p, value[i].n);

		if (result == KSRTP_SDES_OK)
			result = ksrtp_sdes_usable(sdes);
		if (crypto->wrong == KSRTP_SDES_OK)
			crypto->wrong = result;
		fine[i] = result == KSRTP_SDES_OK;
	}
	for (i = 0; i < n; i++)
		fine[i] = fine[i] && !tag_repeated(crypto->line, n, i);
	for (i = 0; i < n; i++)
		if (fine[i])
			crypto->line[crypto->n++] = crypto->line[i];
	return 0;
}

int ksrtp_sdp_crypto_parse(struct ksrtp_sdp_crypto *crypto, const struct ksrtp_sdp *sdp,
			   unsigned int media)
{
	struct slice value[KSRTP_SDP_CRYPTO_MAX];
	const struct ksrtp_sdp_line *line = NULL;
	unsigned int n = 0;

	while ((line = ksrtp_sdp_attr(sdp, (int)media, "crypto", line))) {
		if (n < KSRTP_SDP_CRYPTO_MAX)
			value[n] = line->arg;
		n++;
	}
	return ksrtp_sdp_crypto_read(crypto, value, n);
}

void ksrtp_sdp_crypto_free(struct ksrtp_sdp_crypto *crypto)
{
	if (crypto->line)
		ksrtp_wipe(crypto->line, KSRTP_SDP_CRYPTO_MAX * sizeof(*crypto->line));
	free(crypto->line);
	*crypto = (struct ksrtp_sdp_crypto){ 0 };
}
