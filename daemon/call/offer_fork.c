// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several dialogs that one request brought, because a proxy behind us rang at several phones.
 * Called by branch.c on the signalling thread. RFC 3261 sections 12.1 and 13.2.2.4, RFC 6337
 * section 3.1.
 *
 * They were all offered one port and one set of keys, so towards them there is one end, which sends
 * with one key: whose media that is changes, its indices go on.
 */
#include <errno.h>
#include <stdlib.h>

#include "daemon/call/offer_inside.h"

/* What the request offered: still waiting for an answer in that dialog, or answered for good. */
static const struct state *offered(const struct ksrtp_offer *offer, unsigned int side, u32 cseq)
{
	const struct exchange *x = offer->pending[side];

	if (x && !x->in_response && x->cseq == cseq)
		return &x->offered;
	return offer->seed.n && offer->seed_side == side && offer->seed_cseq == cseq ?
	       &offer->seed : NULL;
}

/* The end that was offered; since then that m-line may have got another, or none. */
static struct ksrtp_end *shared_end(const struct ksrtp_offer *offer, const struct ksrtp_line *line,
				    unsigned int n, unsigned int side)
{
	const struct ksrtp_line *now = n < offer->stable.n ? &offer->stable.line[n] : NULL;

	if (line->side[side].end)
		return line->side[side].end;
	return now && now->raw == line->raw ? now->side[side].end : NULL;
}

static int fork_line(struct ksrtp_offer *offer, const struct ksrtp_offer *from,
		     struct ksrtp_line *line, unsigned int n, unsigned int side)
{
	struct ksrtp_end *shared = shared_end(from, line, n, !side);
	int err;

	line->side[0].end = line->side[1].end = NULL;
	if (line->way != KSRTP_LINE_RELAY || line->shares)
		return 0;
	if (!shared) {
		ksrtp_line_close(line, "its port is given up since it was offered");
		return 0;
	}
	line->side[!side].end = ksrtp_end_share(shared);
	err = ksrtp_end_create(&line->side[side].end, offer->session, &offer->policy[side].local,
			       line->raw ? KSRTP_MEDIA_RAW : KSRTP_MEDIA_RTP);
	return err ? err : ksrtp_line_renew(line, side);
}

static int fork_lines(struct ksrtp_offer *offer, const struct ksrtp_offer *from,
		      const struct state *what, struct exchange *x)
{
	unsigned int i;
	int err = ksrtp_offer_state_alloc(&x->offered, what->n);

	for (i = 0; !err && i < what->n; i++) {
		x->offered.line[i] = what->line[i];
		err = fork_line(offer, from, &x->offered.line[i], i, x->offerer);
	}
	/* what was not reached must not be given back */
	if (err)
		x->offered.n = i;
	return err;
}

/* What went out for the offer is what the next one to that side is compared with. */
static int fork_sent(struct sent *to, const struct sent *from)
{
	*to = *from;
	ksrtp_buf_init(&to->text, 2 * KSRTP_SDP_BYTES_MAX);
	return from->valid ? ksrtp_buf_slice(&to->text, ksrtp_buf_view(&from->text)) : 0;
}

int ksrtp_offer_fork(struct ksrtp_offer **out, const struct ksrtp_offer *from, unsigned int side,
		     u32 cseq)
{
	const struct state *what = offered(from, side, cseq);
	struct ksrtp_offer *offer;
	struct exchange *x;
	unsigned int i;
	int err;

	if (!what)
		return -ENOENT;
	offer = calloc(1, sizeof(*offer));
	x = calloc(1, sizeof(*x));
	if (!offer || !x) {
		free(offer);
		free(x);
		return -ENOMEM;
	}
	offer->session = ksrtp_media_session_get(from->session);
	for (i = 0; i < 2; i++)
		offer->policy[i] = from->policy[i];
	offer->origin[!side] = from->origin[!side];
	*x = (struct exchange){ .offerer = side, .requester = side, .cseq = cseq };
	offer->pending[side] = x;
	err = ksrtp_describe_origin(&offer->origin[side]);
	if (!err)
		err = fork_sent(&offer->sent[side][0], &from->sent[side][0]);
	if (!err)
		err = fork_lines(offer, from, what, x);
	if (err)
		ksrtp_offer_destroy(offer);
	else
		*out = offer;
	return err;
}

bool ksrtp_offer_is_free(const struct state *state)
{
	const struct ksrtp_line_side *s;
	unsigned int i;

	for (i = 0; i < state->n; i++) {
		s = state->line[i].side;
		if (s[0].end && s[1].end && ksrtp_end_are_pair(s[0].end, NULL) &&
		    ksrtp_end_are_pair(s[1].end, NULL))
			return true;
	}
	return false;
}

bool ksrtp_offer_shared(const struct ksrtp_offer *offer)
{
	return ksrtp_media_session_shared(offer->session);
}

void ksrtp_offer_yield(struct ksrtp_offer *offer)
{
	offer->yields = true;
}

void ksrtp_offer_last(struct ksrtp_offer *offer)
{
	ksrtp_offer_state_free(&offer->seed);
}
