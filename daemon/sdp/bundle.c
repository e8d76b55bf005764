// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The BUNDLE group of a description. Called by daemon/call/bundle.c on bodies of strangers; pure.
 * RFC 5888 sections 4 and 5, RFC 9143 sections 5 to 7.
 */
#include "daemon/sdp/bundle.h"

/* The m-line with that a=mid, if there is exactly one. Return: its number, or n_media */
static unsigned int with_mid(const struct ksrtp_sdp *sdp, struct slice mid)
{
	unsigned int i, found = sdp->n_media;

	for (i = 0; i < sdp->n_media; i++) {
		const struct ksrtp_sdp_line *line = ksrtp_sdp_attr(sdp, (int)i, "mid", NULL);

		if (!line || !ksrtp_slice_equal(ksrtp_slice_trim(line->arg), mid))
			continue;
		if (found < sdp->n_media)
			return sdp->n_media;
		found = i;
	}
	return found;
}

bool ksrtp_sdp_bundle_holds(const struct ksrtp_sdp_bundle *bundle, unsigned int media)
{
	unsigned int i;

	for (i = 0; i < bundle->n; i++)
		if (bundle->media[i] == media)
			return true;
	return false;
}

static struct slice take_word(struct slice *rest)
{
	*rest = ksrtp_slice_trim(*rest);
	return ksrtp_slice_cut(rest, ' ');
}

/* What follows "BUNDLE" in the one a=group that begins so. Return: is there one? */
static bool find_group(const struct ksrtp_sdp *sdp, struct slice *mids)
{
	const struct ksrtp_sdp_line *line = NULL;
	unsigned int groups = 0;

	while ((line = ksrtp_sdp_attr(sdp, KSRTP_SDP_SESSION, "group", line))) {
		struct slice rest = line->arg;

		if (!ksrtp_slice_is(take_word(&rest), "BUNDLE"))
			continue;
		*mids = ksrtp_slice_trim(rest);
		groups++;
	}
	return groups == 1;
}

static bool bundle_only(const struct ksrtp_sdp *sdp, unsigned int media)
{
	return !sdp->media[media].port && ksrtp_sdp_attr(sdp, (int)media, "bundle-only", NULL);
}

static bool same_place(const struct ksrtp_sdp *sdp, unsigned int a, unsigned int b)
{
	struct ksrtp_sdp_where one, other;

	return !ksrtp_sdp_rtp(sdp, a, &one) && !ksrtp_sdp_rtp(sdp, b, &other) && one.port &&
	       one.port == other.port && one.family == other.family &&
	       ksrtp_slice_equal(one.address, other.address);
}

bool ksrtp_sdp_bundle_shares(const struct ksrtp_sdp_bundle *bundle, const struct ksrtp_sdp *sdp,
			     unsigned int media)
{
	return ksrtp_sdp_bundle_holds(bundle, media) && media != bundle->media[0] &&
	       (bundle_only(sdp, media) || same_place(sdp, bundle->media[0], media));
}

/* RFC 9143 section 9.3: RTCP goes by the same port. */
static bool fits(const struct ksrtp_sdp_bundle *bundle, const struct ksrtp_sdp *sdp,
		 unsigned int media)
{
	enum ksrtp_sdp_proto proto = sdp->media[media].proto;

	if (proto != KSRTP_SDP_RTP && proto != KSRTP_SDP_SAVP)
		return false;
	return ksrtp_sdp_bundle_shares(bundle, sdp, media) ||
	       (sdp->media[media].port && ksrtp_sdp_mux(sdp, media));
}

void ksrtp_sdp_bundle_read(struct ksrtp_sdp_bundle *bundle, const struct ksrtp_sdp *sdp)
{
	unsigned int i, media;
	struct slice mids;

	bundle->n = 0;
	if (!find_group(sdp, &mids))
		return;
	while (mids.n) {
		media = with_mid(sdp, take_word(&mids));
		mids = ksrtp_slice_trim(mids);
		if (media == sdp->n_media || ksrtp_sdp_bundle_holds(bundle, media)) {
			bundle->n = 0;
			return;
		}
		bundle->media[bundle->n++] = media;
	}
	for (i = 0; i < bundle->n; i++)
		if (!fits(bundle, sdp, bundle->media[i])) {
			bundle->n = 0;
			return;
		}
}
