/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BUNDLE group of a description (RFC 5888, RFC 9143): m-lines that may share one port.
 */
#ifndef KSRTP_SDP_BUNDLE_H
#define KSRTP_SDP_BUNDLE_H

#include "daemon/sdp/parse.h"

/**
 * struct ksrtp_sdp_bundle - the m-lines of the group
 * @media: their numbers, in the order of the group; the first is the tagged one
 * @n: how many; 0: there is none, or one that cannot be kept
 */
struct ksrtp_sdp_bundle {
	unsigned int media[KSRTP_SDP_MEDIA_MAX];
	unsigned int n;
};

/**
 * ksrtp_sdp_bundle_read - the group, if it is one that holds
 *
 * There is one only, it names each of its m-lines once and they are RTP; the first has a port, and
 * each that has one of its own says a=rtcp-mux. No memory is needed, no error is told: what cannot
 * be understood is no group.
 */
void ksrtp_sdp_bundle_read(struct ksrtp_sdp_bundle *bundle, const struct ksrtp_sdp *sdp);

/** ksrtp_sdp_bundle_holds - is an m-line one of them? */
bool ksrtp_sdp_bundle_holds(const struct ksrtp_sdp_bundle *bundle, unsigned int media);

/**
 * ksrtp_sdp_bundle_shares - is it one of them without a port of its own?
 *
 * It has port 0 and says a=bundle-only, or has the first one's address and port.
 */
bool ksrtp_sdp_bundle_shares(const struct ksrtp_sdp_bundle *bundle, const struct ksrtp_sdp *sdp,
			     unsigned int media);

#endif
