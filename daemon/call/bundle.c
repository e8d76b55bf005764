// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BUNDLE (RFC 9143) over the m-lines of one dialog. Called by offer.c on the signalling thread.
 *
 * Keys belong to the transport (RFC 8859 section 5.36), so those of the tagged m-line count; what
 * an m-line that shares its port says of keys is not read, and it gets none. In a first offer every
 * m-line has ports and keys of its own all the same, for the answer may know nothing of groups.
 */
#include "daemon/call/bundle.h"

static const char alone[] = "it has no port outside its group";

/* Nothing of its own is left to it. */
static void share(struct ksrtp_line *line, unsigned int tagged)
{
	unsigned int side;

	for (side = 0; side < 2; side++) {
		ksrtp_end_put(line->side[side].end);
		ksrtp_wipe(&line->side[side], sizeof(line->side[side]));
		line->side[side].promised = KSRTP_GRADE_NONE;
	}
	line->way = KSRTP_LINE_RELAY;
	line->grouped = true;
	line->shares = true;
	line->tagged = tagged;
}

static void fill(struct ksrtp_line *line, const struct ksrtp_sdp_media *media, unsigned int tagged)
{
	share(line, tagged);
	ksrtp_slice_copy(ksrtp_slice_head(media->kind, sizeof(line->kind) - 1), line->kind,
			 sizeof(line->kind));
	ksrtp_slice_copy(media->proto_text, line->proto, sizeof(line->proto));
	line->feedback = media->feedback;
}

bool ksrtp_bundle_offered(struct ksrtp_line *line, const struct ksrtp_line_context *c,
			  const struct ksrtp_sdp_bundle *bundle)
{
	unsigned int i, n;
	bool kept = bundle->n;

	for (i = 0; i < bundle->n; i++) {
		n = bundle->media[i];
		if (ksrtp_sdp_bundle_shares(bundle, c->sdp, n))
			fill(&line[n], &c->sdp->media[n], bundle->media[0]);
		kept &= line[n].way == KSRTP_LINE_RELAY;
	}
	for (i = 0; i < bundle->n; i++) {
		n = bundle->media[i];
		line[n].grouped = kept;
		if (!kept && line[n].shares)
			ksrtp_line_close(&line[n], alone);
	}
	return kept;
}

void ksrtp_bundle_proposed(struct ksrtp_line *line, unsigned int n, unsigned int side)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (line[i].shares)
			line[i].side[side].savp = line[line[i].tagged].side[side].savp;
}

/* The answer's first one carries the port; the others have it too, or none. */
static bool possible(const struct ksrtp_line *line, const struct ksrtp_line_context *c,
		     const struct ksrtp_sdp_bundle *bundle)
{
	unsigned int i;

	for (i = 0; i < bundle->n; i++) {
		unsigned int n = bundle->media[i];

		if (!line[n].grouped || (i && !ksrtp_sdp_bundle_shares(bundle, c->sdp, n)))
			return false;
	}
	return bundle->n && !line[bundle->media[0]].shares;
}

void ksrtp_bundle_answered(struct ksrtp_line *line, const struct ksrtp_line_context *c,
			   struct ksrtp_sdp_bundle *bundle)
{
	unsigned int i;

	if (!possible(line, c, bundle))
		bundle->n = 0;
	for (i = 1; i < bundle->n; i++)
		share(&line[bundle->media[i]], bundle->media[0]);
	for (i = 0; i < c->sdp->n_media; i++)
		if (line[i].shares && !ksrtp_sdp_bundle_holds(bundle, i))
			ksrtp_line_close(&line[i], c->sdp->media[i].port ? alone : NULL);
}

void ksrtp_bundle_closed(struct ksrtp_line *line, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (line[i].shares && line[line[i].tagged].way == KSRTP_LINE_CLOSED)
			ksrtp_line_close(&line[i], line[line[i].tagged].refused);
}
