// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stable state of a dialog's offers and answers, taken down for the journal and taken up again.
 * Called by keep.c on the signalling thread. RFC 3264 section 8, RFC 4568 section 7.1.4.
 *
 * Keys are not kept. Media goes on with those the back end has; the stable state is what the next
 * offer is compared with, and there a key that is not known is never one to be repeated.
 */
#include "daemon/call/offer_keep.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/call/offer_inside.h"

static void keep_side(const struct ksrtp_line_side *from, struct ksrtp_line_side *s,
		      struct ksrtp_media_name *name)
{
	const struct ksrtp_media_remote *remote = from->end ? ksrtp_end_remote(from->end) : NULL;
	unsigned int i;

	*s = (struct ksrtp_line_side){ .promised = from->promised, .savp = from->savp,
				       .mux = from->mux, .n_own = from->n_own,
				       .current = from->current };
	for (i = 0; i < from->n_own; i++) {
		s->own[i].tag = from->own[i].tag;
		s->own[i].tag_digits = from->own[i].tag_digits;
		s->own[i].used = from->own[i].used;
		s->own[i].master.suite = from->own[i].master.suite;
		s->own[i].master.parameters = from->own[i].master.parameters;
	}
	if (remote)
		s->remote = *remote;
	if (from->end)
		ksrtp_media_flow_name(ksrtp_end_flow(from->end), name);
}

static void keep_line(const struct ksrtp_line *from, struct ksrtp_kept_line *kept)
{
	struct ksrtp_line *line = &kept->line;
	unsigned int side;

	line->way = from->way;
	memcpy(line->kind, from->kind, sizeof(line->kind));
	memcpy(line->proto, from->proto, sizeof(line->proto));
	memcpy(line->selected, from->selected, sizeof(line->selected));
	line->feedback = from->feedback;
	line->raw = from->raw;
	line->shares = from->shares;
	line->opaque = from->opaque;
	for (side = 0; side < 2; side++)
		keep_side(&from->side[side], &line->side[side], &kept->end[side]);
}

int ksrtp_offer_keep(const struct ksrtp_offer *offer, struct ksrtp_kept_offer *kept)
{
	unsigned int i, side;

	kept->session = ksrtp_media_session_name(offer->session);
	if (!kept->session)
		return 0;
	for (side = 0; side < 2; side++) {
		kept->origin[side] = offer->origin[side];
		kept->local[side] = offer->policy[side].local;
		kept->settled[side].valid = offer->settled[side].valid;
		kept->settled[side].cseq = offer->settled[side].cseq;
	}
	kept->stable = offer->is_stable;
	if (!offer->is_stable || !offer->stable.n)
		return 0;
	kept->line = calloc(offer->stable.n, sizeof(*kept->line));
	if (!kept->line)
		return -ENOMEM;
	kept->n = offer->stable.n;
	for (i = 0; i < kept->n; i++)
		keep_line(&offer->stable.line[i], &kept->line[i]);
	return 0;
}

static int restore_line(struct ksrtp_offer *offer, const struct ksrtp_kept_line *kept,
			struct ksrtp_line *line)
{
	unsigned int side;
	int err = 0;

	*line = kept->line;
	if (line->way != KSRTP_LINE_RELAY || line->shares)
		return 0;
	for (side = 0; !err && side < 2; side++)
		err = ksrtp_end_adopt(&line->side[side].end, offer->session, &kept->end[side],
				      &line->side[side].remote);
	return err ? err : ksrtp_end_pair(line->side[0].end, line->side[1].end);
}

static int restore_state(struct ksrtp_offer *offer, const struct ksrtp_kept_offer *kept)
{
	unsigned int i;
	int err = ksrtp_offer_state_alloc(&offer->stable, kept->n);

	offer->is_stable = kept->stable;
	for (i = 0; !err && i < kept->n; i++)
		err = restore_line(offer, &kept->line[i], &offer->stable.line[i]);
	return err;
}

int ksrtp_offer_restore(struct ksrtp_offer **out, struct ksrtp_media *media,
			const struct ksrtp_offer_policy policy[2],
			const struct ksrtp_kept_offer *kept)
{
	struct ksrtp_offer *offer;
	unsigned int side;
	int err;

	if (!kept->session)
		return -ESTALE;
	offer = calloc(1, sizeof(*offer));
	if (!offer)
		return -ENOMEM;
	for (side = 0; side < 2; side++) {
		offer->policy[side] = policy[side];
		offer->origin[side] = kept->origin[side];
		offer->settled[side].valid = kept->settled[side].valid;
		offer->settled[side].cseq = kept->settled[side].cseq;
	}
	err = ksrtp_media_session_adopt(media, kept->session, &offer->session);
	if (err) {
		free(offer);
		return err;
	}
	err = restore_state(offer, kept);
	if (err) {
		ksrtp_offer_destroy(offer);
		return err;
	}
	*out = offer;
	return 0;
}
