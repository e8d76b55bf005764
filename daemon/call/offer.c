// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Offers and answers of one dialog: which is which, what goes out in their place, when the media
 * follows, and what is undone. Called by the rest of daemon/call, on the signalling thread.
 * RFC 3264 and 6337; what an m-line becomes is in line.c, what a flow is told in end.c.
 *
 * A state is an array of m-lines. There is one stable state and at most one pending exchange a
 * direction, each with the state as offered and, once answered, the state as answered. Before
 * anything is stable an answer sets the media at once (early media), unless a sending key would go
 * for it; later, and then too, the media follows when the transaction succeeds. So neither a failed
 * re-INVITE nor early dialogs in turn take a sending key away whose state could not be had back.
 */
#include "daemon/call/offer_inside.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/random.h"
#include "daemon/call/bundle.h"

/* ---- states ---- */

void ksrtp_offer_state_free(struct state *state)
{
	unsigned int i;

	for (i = 0; i < state->n; i++) {
		ksrtp_end_put(state->line[i].side[0].end);
		ksrtp_end_put(state->line[i].side[1].end);
	}
	if (state->line)
		ksrtp_wipe(state->line, state->n * sizeof(*state->line));
	free(state->line);
	*state = (struct state){ 0 };
}

int ksrtp_offer_state_alloc(struct state *state, unsigned int n)
{
	*state = (struct state){ .n = n };
	state->line = calloc(n ? n : 1, sizeof(*state->line));
	if (state->line)
		return 0;
	state->n = 0;
	return -ENOMEM;
}

static int state_copy(struct state *to, const struct state *from)
{
	unsigned int i, side;
	int err = ksrtp_offer_state_alloc(to, from->n);

	for (i = 0; !err && i < from->n; i++) {
		to->line[i] = from->line[i];
		for (side = 0; side < 2; side++)
			if (to->line[i].side[side].end)
				ksrtp_end_get(to->line[i].side[side].end);
	}
	return err;
}

static const struct ksrtp_master *tx_of(const struct ksrtp_line_side *s)
{
	return s->promised == KSRTP_GRADE_SDES ? &s->own[s->current].master : NULL;
}

/* Ends that are no pair yet: another dialog of the request had one of them, or nobody did. */
static int apply_side(struct ksrtp_line *line, unsigned int side)
{
	const struct ksrtp_line_side *s = &line->side[side];
	struct ksrtp_end_want want = {
		.remote = s->remote, .rx = s->rx, .n_rx = s->n_rx, .tx = tx_of(s),
		.other_dialog = !ksrtp_end_are_pair(line->side[0].end, line->side[1].end),
	};

	return ksrtp_end_apply(s->end, &want);
}

/* What is no pair passes nothing; and one of the ends may be in use by another dialog. */
static int mute_line(struct ksrtp_line *line)
{
	int err;

	if (!ksrtp_end_are_pair(line->side[0].end, line->side[1].end))
		return 0;
	err = ksrtp_end_mute(line->side[0].end);
	return err ? err : ksrtp_end_mute(line->side[1].end);
}

/* Could the media follow this state and go back to what it is? */
static bool state_is_gentle(const struct state *state)
{
	unsigned int i, side;

	for (i = 0; i < state->n; i++)
		for (side = 0; side < 2; side++) {
			const struct ksrtp_line_side *s = &state->line[i].side[side];

			if (state->line[i].way == KSRTP_LINE_RELAY && s->end &&
			    !ksrtp_end_keeps(s->end, tx_of(s)))
				return false;
		}
	return true;
}

/* Has a state that was settled in between taken a key of this one away? Then it may not send. */
static bool stale(const struct ksrtp_line *line)
{
	unsigned int side;

	for (side = 0; side < 2; side++) {
		const struct ksrtp_master *tx = tx_of(&line->side[side]);

		if (tx && ksrtp_end_gave_up(line->side[side].end, tx))
			return true;
	}
	return false;
}

/* Make the media what the state says. Remembers which of our keys were sent with. */
static int state_apply(struct state *state, struct state *origin)
{
	unsigned int i, side;
	int err = 0;

	for (i = 0; !err && i < state->n; i++) {
		struct ksrtp_line *line = &state->line[i];

		if (!line->side[0].end || !line->side[1].end)
			continue;
		if (line->way != KSRTP_LINE_RELAY || stale(line)) {
			err = mute_line(line);
			continue;
		}
		for (side = 0; !err && side < 2; side++) {
			struct ksrtp_line_side *s = &line->side[side];

			err = apply_side(line, side);
			if (s->promised != KSRTP_GRADE_SDES)
				continue;
			s->own[s->current].used = true;
			origin->line[i].side[side].own[s->current].used = true;
		}
		if (!err)
			err = ksrtp_end_pair(line->side[0].end, line->side[1].end);
	}
	return err;
}

/* Keep the counters of a flow that goes. */
static void keep_counters(struct ksrtp_offer *offer, const struct ksrtp_line *line,
			  unsigned int side)
{
	if (line->side[side].end)
		ksrtp_end_count(line->side[side].end, line->side[!side].end, &offer->gone[side]);
}

/* Lines that are closed give their ports back; one that opens again gets others. */
static void state_close_ends(struct ksrtp_offer *offer, struct state *state)
{
	unsigned int i, side;

	for (i = 0; i < state->n; i++) {
		struct ksrtp_line *line = &state->line[i];

		if (line->way == KSRTP_LINE_RELAY)
			continue;
		keep_counters(offer, line, 0);
		keep_counters(offer, line, 1);
		for (side = 0; side < 2; side++) {
			ksrtp_end_put(line->side[side].end);
			line->side[side].end = NULL;
		}
	}
}

/* Ends that a line has left for others. */
static void keep_replaced(struct ksrtp_offer *offer, const struct state *next)
{
	const struct ksrtp_end *now;
	unsigned int i, side;

	for (i = 0; i < offer->stable.n; i++)
		for (side = 0; side < 2; side++) {
			now = i < next->n ? next->line[i].side[side].end : NULL;
			if (offer->stable.line[i].side[side].end != now)
				keep_counters(offer, &offer->stable.line[i], side);
		}
}

/* ---- exchanges ---- */

static void exchange_free(struct ksrtp_offer *offer, unsigned int offerer)
{
	struct exchange *x = offer->pending[offerer];

	if (!x)
		return;
	ksrtp_offer_state_free(&x->offered);
	ksrtp_offer_state_free(&x->answered);
	free(x);
	offer->pending[offerer] = NULL;
}

/* The first offer of a request, without its ends: other dialogs of its branch may still answer. */
static void keep_seed(struct ksrtp_offer *offer, struct exchange *x)
{
	unsigned int i, side;

	if (offer->is_stable || x->in_response)
		return;
	for (i = 0; i < x->offered.n; i++)
		for (side = 0; side < 2; side++) {
			ksrtp_end_put(x->offered.line[i].side[side].end);
			x->offered.line[i].side[side].end = NULL;
		}
	offer->seed = x->offered;
	offer->seed_side = x->offerer;
	offer->seed_cseq = x->cseq;
	x->offered = (struct state){ 0 };
}

/* An answered exchange becomes the stable state. */
static int exchange_settle(struct ksrtp_offer *offer, unsigned int offerer)
{
	struct exchange *x = offer->pending[offerer];
	struct settled *settled = &offer->settled[x->requester];
	int err = 0;

	/* once there is something stable, who agrees on media has it */
	offer->yields &= !offer->is_stable;
	if (!offer->yields)
		err = state_apply(&x->answered, &x->offered);
	keep_seed(offer, x);
	if (!settled->valid || settled->cseq < x->cseq)
		*settled = (struct settled){ true, x->cseq };
	keep_replaced(offer, &x->answered);
	state_close_ends(offer, &x->answered);
	ksrtp_offer_state_free(&offer->stable);
	offer->stable = x->answered;
	offer->is_stable = true;
	x->answered = (struct state){ 0 };
	exchange_free(offer, offerer);
	return err;
}

int ksrtp_offer_end(struct ksrtp_offer *offer, unsigned int side, u32 cseq, bool success)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < 2; i++) {
		struct exchange *x = offer->pending[i];

		if (!x || x->requester != side || x->cseq != cseq)
			continue;
		x->ended = true;
		if (!success)
			exchange_free(offer, i);
		else if (x->is_answered)
			err = exchange_settle(offer, i);
	}
	return err;
}

/* ---- offers ---- */

/*
 * An end is for RTP or for what is none, as long as it lives: late packets of the call must not
 * pass for the fax, and when the fax is refused (488) the call is where it was.
 */
static bool fits(const struct ksrtp_line *line, const struct ksrtp_line *before)
{
	return line->way != KSRTP_LINE_RELAY || (line->raw == before->raw && !line->shares);
}

/* Ends for a line that is relayed: those it had, else new ones. */
static int open_ends(struct ksrtp_offer *offer, struct ksrtp_line *line,
		     const struct ksrtp_line *before)
{
	unsigned int side;
	int err = 0;

	for (side = 0; !err && side < 2; side++) {
		struct ksrtp_line_side *s = &line->side[side];

		if (before && before->side[side].end && fits(line, before))
			s->end = ksrtp_end_get(before->side[side].end);
		else if (line->way == KSRTP_LINE_RELAY && !line->shares)
			err = ksrtp_end_create(&s->end, offer->session, &offer->policy[side].local,
					       line->raw ? KSRTP_MEDIA_RAW : KSRTP_MEDIA_RTP);
	}
	return err;
}

/* The same m-line in the stable state. */
static const struct ksrtp_line *line_before(const struct ksrtp_offer *offer, unsigned int n)
{
	return n < offer->stable.n ? &offer->stable.line[n] : NULL;
}

static int offer_lines(struct ksrtp_offer *offer, const struct ksrtp_offer_message *msg,
		       const struct ksrtp_sdp *sdp, struct state *state)
{
	struct ksrtp_line_context c = { .policy = &offer->policy[msg->side],
					.side = msg->side, .sdp = sdp, .natted = msg->natted };
	struct ksrtp_sdp_bundle bundle;
	unsigned int i;
	int err = ksrtp_offer_state_alloc(state, sdp->n_media);

	c.line = state->line;
	ksrtp_sdp_bundle_read(&bundle, sdp);
	for (i = 0; !err && i < sdp->n_media; i++)
		if (!ksrtp_sdp_bundle_shares(&bundle, sdp, i))
			err = ksrtp_line_take(&state->line[i], &c, i, line_before(offer, i));
	if (err)
		return err;
	ksrtp_line_twins(state->line, msg->side, sdp);
	state->bundle = ksrtp_bundle_offered(state->line, &c, &bundle);
	for (i = 0; !err && i < sdp->n_media; i++) {
		err = ksrtp_line_propose(&state->line[i], &offer->policy[!msg->side], !msg->side,
					 line_before(offer, i));
		if (!err)
			err = open_ends(offer, &state->line[i], line_before(offer, i));
	}
	ksrtp_bundle_proposed(state->line, state->n, !msg->side);
	return err;
}

/* Is a line refused by us, and nothing left besides? @why: the first reason. */
static bool nothing_left(const struct state *state, const char **why)
{
	unsigned int i;

	*why = NULL;
	for (i = 0; i < state->n; i++) {
		if (state->line[i].way != KSRTP_LINE_CLOSED)
			return false;
		if (!*why)
			*why = state->line[i].refused;
	}
	return *why != NULL;
}

/* One offer a direction, unless the one before was answered or will never be. */
static int make_way(struct ksrtp_offer *offer, const struct ksrtp_offer_message *msg)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < 2; i++) {
		struct exchange *x = offer->pending[i];

		if (x && x->is_answered)
			err = exchange_settle(offer, i);
		else if (x && x->ended)
			exchange_free(offer, i);
	}
	if (!err && offer->pending[msg->side])
		err = -EBUSY;
	return err;
}

static int take_offer(struct ksrtp_offer *offer, const struct ksrtp_offer_message *msg,
		      const struct ksrtp_sdp *sdp, struct ksrtp_buf *out, const char **why)
{
	struct exchange *x;
	int err = make_way(offer, msg);

	if (err) {
		*why = "an offer is still waiting for its answer";
		return err;
	}
	x = calloc(1, sizeof(*x));
	if (!x)
		return -ENOMEM;
	offer->pending[msg->side] = x;
	x->offerer = msg->side;
	x->in_response = msg->carrier == KSRTP_OFFER_RESPONSE;
	x->requester = x->in_response ? !msg->side : msg->side;
	x->cseq = msg->cseq;
	err = offer_lines(offer, msg, sdp, &x->offered);
	if (err == -EBADMSG)
		*why = "an m-line has no address that can be read";
	if (!err && nothing_left(&x->offered, why))
		err = -EPROTONOSUPPORT;
	if (!err)
		err = ksrtp_describe_write(&(struct ksrtp_describe){
			.sdp = sdp, .line = x->offered.line, .to = !msg->side,
			.bundle = x->offered.bundle,
			.local = &offer->policy[!msg->side].local,
			.origin = &offer->origin[!msg->side],
			.last = ksrtp_buf_view(&offer->sent[msg->side][0].text) }, out);
	if (err)
		exchange_free(offer, msg->side);
	return err;
}

/* ---- answers ---- */

static int answer_lines(struct ksrtp_offer *offer, const struct ksrtp_offer_message *msg,
			const struct ksrtp_sdp *sdp, struct state *state)
{
	struct ksrtp_line_context c = { .policy = &offer->policy[msg->side],
					.side = msg->side, .sdp = sdp, .natted = msg->natted };
	struct ksrtp_sdp_bundle bundle;
	unsigned int i;
	int err = 0;

	c.line = state->line;
	ksrtp_sdp_bundle_read(&bundle, sdp);
	ksrtp_bundle_answered(state->line, &c, &bundle);
	state->bundle = bundle.n;
	for (i = 0; !err && i < state->n; i++)
		if (!state->line[i].shares)
			err = ksrtp_line_answer(&state->line[i], &c, i);
	ksrtp_bundle_closed(state->line, state->n);
	return err;
}

static int take_answer(struct ksrtp_offer *offer, const struct ksrtp_offer_message *msg,
		       const struct ksrtp_sdp *sdp, struct ksrtp_buf *out, const char **why)
{
	struct exchange *x = offer->pending[!msg->side];
	struct state state;
	int err;

	if (sdp->n_media != x->offered.n) {
		*why = "the answer has another number of m-lines";
		return -EBADMSG;
	}
	err = state_copy(&state, &x->offered);
	if (!err)
		err = answer_lines(offer, msg, sdp, &state);
	if (err == -EBADMSG)
		*why = "an m-line has no address that can be read";
	if (!err && nothing_left(&state, why))
		err = offer->policy[msg->side].srtp == KSRTP_OFFER_REQUIRE ? -EPERM : -EBADMSG;
	if (!err)
		err = ksrtp_describe_write(&(struct ksrtp_describe){
			.sdp = sdp, .line = state.line, .to = !msg->side, .answer = true,
			.bundle = state.bundle,
			.local = &offer->policy[!msg->side].local,
			.origin = &offer->origin[!msg->side],
			.last = ksrtp_buf_view(&offer->sent[msg->side][0].text) }, out);
	if (!err && !offer->is_stable && !offer->yields && state_is_gentle(&state))
		err = state_apply(&state, &x->offered);
	if (err) {
		ksrtp_offer_state_free(&state);
		return err;
	}
	ksrtp_offer_state_free(&x->answered);
	x->answered = state;
	x->is_answered = true;
	return x->ended || x->in_response ? exchange_settle(offer, x->offerer) : 0;
}

/* Whose turn is it? RFC 6337 section 2: an SDP answers the other side's open offer, if it can. */
static bool is_answer(const struct ksrtp_offer *offer, const struct ksrtp_offer_message *msg)
{
	const struct exchange *x = offer->pending[!msg->side];

	if (!x)
		return false;
	if (msg->carrier == KSRTP_OFFER_RESPONSE)
		return !x->in_response && x->cseq == msg->cseq;
	return msg->carrier != KSRTP_OFFER_REQUEST && x->in_response;
}

/*
 * A response in a transaction that is over as far as offers go: a 200 that repeats the description
 * of its 183 behind an UPDATE, or a 200 sent again. No offer, and no answer that still counts.
 */
static bool is_echo(const struct ksrtp_offer *offer, const struct ksrtp_offer_message *msg)
{
	const struct settled *settled = &offer->settled[!msg->side];

	return msg->carrier == KSRTP_OFFER_RESPONSE && settled->valid &&
	       msg->cseq <= settled->cseq && offer->sent[msg->side][0].valid;
}

/* ---- what came before ---- */

static bool is_same(const struct sent *sent, const struct ksrtp_offer_message *msg, uint64_t hash)
{
	return sent->valid && sent->carrier == msg->carrier && sent->cseq == msg->cseq &&
	       sent->hash == hash && sent->length == msg->sdp.n;
}

static void sent_free(struct sent *sent)
{
	ksrtp_buf_free(&sent->text);
	sent->valid = false;
}

/* Keep what goes out, in front; the oldest goes. Takes the text over. */
static void sent_keep(struct ksrtp_offer *offer, const struct ksrtp_offer_message *msg,
		      uint64_t hash, struct ksrtp_buf *text)
{
	struct sent *sent = offer->sent[msg->side];
	unsigned int i;

	sent_free(&sent[CACHE - 1]);
	for (i = CACHE - 1; i > 0; i--)
		sent[i] = sent[i - 1];
	sent[0] = (struct sent){ .valid = true, .carrier = msg->carrier, .cseq = msg->cseq,
				 .hash = hash, .length = msg->sdp.n, .text = *text };
}

static int pass_new(struct ksrtp_offer *offer, const struct ksrtp_offer_message *msg,
		    struct ksrtp_buf *text, const char **why)
{
	struct ksrtp_sdp sdp;
	int err = ksrtp_sdp_parse(&sdp, msg->sdp);

	if (err == -E2BIG || err == -EBADMSG) {
		*why = "the session description cannot be read";
		return -EBADMSG;
	}
	if (err)
		return err;
	if (is_answer(offer, msg)) {
		err = take_answer(offer, msg, &sdp, text, why);
	} else if (is_echo(offer, msg)) {
		err = ksrtp_buf_slice(text, ksrtp_buf_view(&offer->sent[msg->side][0].text));
	} else if (msg->carrier == KSRTP_OFFER_ACK) {
		*why = "an ACK can carry an answer only";
		err = -EBADMSG;
	} else {
		err = take_offer(offer, msg, &sdp, text, why);
	}
	ksrtp_sdp_free(&sdp);
	return err;
}

int ksrtp_offer_pass(struct ksrtp_offer *offer, const struct ksrtp_offer_message *msg,
		     struct ksrtp_buf *out, const char **why)
{
	/* No secret: who makes two bodies collide gets the wrong one of its own two. */
	static const uint64_t key[2];
	uint64_t hash = ksrtp_slice_hash(msg->sdp, key);
	struct sent *sent = offer->sent[msg->side];
	struct sent *again = NULL;
	const char *ignored;
	struct ksrtp_buf text;
	unsigned int i;
	int err;

	why = why ? why : &ignored;
	*why = NULL;
	for (i = 0; !again && i < CACHE; i++)
		again = is_same(&sent[i], msg, hash) ? &sent[i] : NULL;
	/* The newest is what the media follows; an older answer in turn sets it anew. */
	if (again && (again == sent || !is_answer(offer, msg)))
		return ksrtp_buf_slice(out, ksrtp_buf_view(&again->text));
	ksrtp_buf_init(&text, 2 * KSRTP_SDP_BYTES_MAX);
	err = pass_new(offer, msg, &text, why);
	if (!err && again)
		err = ksrtp_buf_slice(out, ksrtp_buf_view(&again->text));
	else if (!err)
		err = ksrtp_buf_slice(out, ksrtp_buf_view(&text));
	if (!err && !again) {
		sent_keep(offer, msg, hash, &text);
		return 0;
	}
	ksrtp_buf_free(&text);
	return err;
}

/* ---- the object ---- */

int ksrtp_offer_create(struct ksrtp_offer **offer, struct ksrtp_media *media, const char *label,
		       const struct ksrtp_offer_policy policy[2])
{
	struct ksrtp_offer *o;
	unsigned int side;
	int err = 0;

	*offer = NULL;
	if (!policy[0].local.family || !policy[1].local.family)
		return -EINVAL;
	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	for (side = 0; !err && side < 2; side++) {
		o->policy[side] = policy[side];
		err = ksrtp_describe_origin(&o->origin[side]);
	}
	if (!err)
		err = ksrtp_media_session_create(media, label, &o->session);
	if (err) {
		free(o);
		return err;
	}
	*offer = o;
	return 0;
}

void ksrtp_offer_destroy(struct ksrtp_offer *offer)
{
	unsigned int side, i;

	if (!offer)
		return;
	for (side = 0; side < 2; side++) {
		exchange_free(offer, side);
		for (i = 0; i < CACHE; i++)
			sent_free(&offer->sent[side][i]);
	}
	ksrtp_offer_state_free(&offer->stable);
	ksrtp_offer_state_free(&offer->seed);
	ksrtp_media_session_destroy(offer->session);
	free(offer);
}

/* What the media does now. */
static const struct state *current(const struct ksrtp_offer *offer)
{
	unsigned int i;

	for (i = 0; !offer->is_stable && i < 2; i++)
		if (offer->pending[i] && offer->pending[i]->is_answered)
			return &offer->pending[i]->answered;
	return &offer->stable;
}

int ksrtp_offer_resume(struct ksrtp_offer *offer)
{
	struct state *state = (struct state *)current(offer);

	if (!ksrtp_offer_is_free(state))
		return 0;
	offer->yields = false;
	return state_apply(state, state);
}

const struct ksrtp_media_stats *ksrtp_offer_gone(const struct ksrtp_offer *offer,
						 unsigned int side)
{
	return &offer->gone[side];
}

/* A session parameter that leaves media readable or open to change makes it clear, keys or not. */
static enum ksrtp_grade_media promised_of(const struct ksrtp_line_side *s)
{
	const u8 weak = KSRTP_UNENCRYPTED_SRTP | KSRTP_UNAUTHENTICATED_SRTP;

	if (s->promised == KSRTP_GRADE_SDES && s->own[s->current].master.parameters & weak)
		return KSRTP_GRADE_CLEAR;
	return s->promised;
}

void ksrtp_offer_stats(const struct ksrtp_offer *offer, unsigned int n, unsigned int side,
		       struct ksrtp_media_stats *stats)
{
	const struct ksrtp_line *line = &current(offer)->line[n];

	*stats = (struct ksrtp_media_stats){ 0 };
	if (line->side[side].end)
		ksrtp_end_count(line->side[side].end, line->side[!side].end, stats);
}

unsigned int ksrtp_offer_lines(const struct ksrtp_offer *offer)
{
	return current(offer)->n;
}

void ksrtp_offer_line(const struct ksrtp_offer *offer, unsigned int n,
		      struct ksrtp_offer_line *line)
{
	const struct ksrtp_line *from = &current(offer)->line[n];
	unsigned int side;

	/* what shares a port is counted and judged with the m-line whose port it is */
	*line = (struct ksrtp_offer_line){ .active = from->way != KSRTP_LINE_CLOSED &&
						     !from->shares,
					   .direct = from->way == KSRTP_LINE_DIRECT };
	memcpy(line->kind, from->kind, sizeof(line->kind));
	for (side = 0; side < 2; side++) {
		const struct ksrtp_line_side *s = &from->side[side];

		line->side[side].promised = promised_of(s);
		if (line->direct || from->raw)
			line->side[side].promised =
				from->opaque ? KSRTP_GRADE_OPAQUE : KSRTP_GRADE_CLEAR;
		if (s->promised == KSRTP_GRADE_SDES)
			line->side[side].suite = s->own[s->current].master.suite;
		if (s->end)
			line->side[side].flow = ksrtp_end_flow(s->end);
	}
}
