/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Potential configurations of an m-line (RFC 5939), as far as they are about crypto lines.
 */
#ifndef KSRTP_SDP_CAPABILITY_H
#define KSRTP_SDP_CAPABILITY_H

#include "daemon/sdp/crypto.h"

#define KSRTP_SDP_CONFIG_CRYPTO	4	/* crypto lines of one configuration */
#define KSRTP_SDP_ACFG_MAX	64	/* bytes of an a=acfg value, its NUL included */

/**
 * struct ksrtp_sdp_config - one way that the offerer would have the m-line be
 * @number: of its a=pcfg line; the lower, the more it is preferred
 * @alternative: counts through the combinations that one a=pcfg line stands for
 * @proto: its transport
 * @proto_text: the same, as written
 * @feedback: the profile ends in F
 * @crypto: values of the a=crypto lines it adds
 * @n_crypto: how many, at least one
 * @selected: what a=acfg says in an answer that takes it
 */
struct ksrtp_sdp_config {
	uint32_t number;
	unsigned int alternative;
	enum ksrtp_sdp_proto proto;
	struct slice proto_text;
	bool feedback;
	struct slice crypto[KSRTP_SDP_CONFIG_CRYPTO];
	unsigned int n_crypto;
	char selected[KSRTP_SDP_ACFG_MAX];
};

/**
 * ksrtp_sdp_config_next - the potential configurations of an m-line, the most preferred first
 * @config: all zero for the first; then the one that was returned last
 *
 * Those that demand more than crypto lines and an RTP profile are passed over, and so are all of
 * them where the offer requires an extension of RFC 5939.
 * Return: false when there is no further.
 */
bool ksrtp_sdp_config_next(const struct ksrtp_sdp *sdp, unsigned int media,
			   struct ksrtp_sdp_config *config);

#endif
