// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The record of a call, written and read by the same functions (record.h). Called by keep.c on the
 * loop's thread; no I/O.
 *
 * Whoever adds a member raises VERSION: a process that finds another one ends those calls.
 */
#include "daemon/call/kept.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/call/ladder.h"
#include "daemon/call/record.h"

#define VERSION	3

static uint64_t number(struct ksrtp_record *r, uint64_t value, uint64_t max)
{
	return ksrtp_record_number(r, value, max > UINT32_MAX ? 8 : max > UINT8_MAX ? 4 : 1, max);
}

static void pass_suite(struct ksrtp_record *r, const struct ksrtp_suite **suite)
{
	struct slice name = r->out ? ksrtp_slice_str((*suite)->name) : (struct slice){ 0 };

	ksrtp_record_text(r, &name);
	if (!r->out)
		*suite = ksrtp_suite_find(name.p, name.n);
	r->bad |= !*suite;
}

/* Suite and session parameters; the key is never passed, and @lost on the other side. */
static void pass_own(struct ksrtp_record *r, struct ksrtp_line_own *own)
{
	own->tag = (u32)number(r, own->tag, UINT32_MAX);
	own->tag_digits = (u8)number(r, own->tag_digits, 10);
	own->used = ksrtp_record_flag(r, own->used);
	pass_suite(r, &own->master.suite);
	own->master.parameters = (u8)number(r, own->master.parameters, UINT8_MAX);
	own->lost |= !r->out;
}

static void pass_remote(struct ksrtp_record *r, struct ksrtp_media_remote *remote)
{
	ksrtp_record_addr(r, &remote->rtp);
	ksrtp_record_addr(r, &remote->rtcp);
	ksrtp_record_addr(r, &remote->natted);
	remote->mux = ksrtp_record_flag(r, remote->mux);
	remote->source = (enum ksrtp_source)number(r, remote->source, KSRTP_SOURCE_ANY);
	remote->secure_rx = ksrtp_record_flag(r, remote->secure_rx);
	remote->secure_tx = ksrtp_record_flag(r, remote->secure_tx);
}

static void pass_side(struct ksrtp_record *r, struct ksrtp_line_side *s,
		      struct ksrtp_media_name *end)
{
	unsigned int i;

	s->promised = (enum ksrtp_grade_media)number(r, s->promised, UINT8_MAX);
	r->bad |= s->promised != KSRTP_GRADE_NONE && s->promised != KSRTP_GRADE_CLEAR &&
		  s->promised != KSRTP_GRADE_SDES;
	s->savp = ksrtp_record_flag(r, s->savp);
	s->mux = ksrtp_record_flag(r, s->mux);
	pass_remote(r, &s->remote);
	s->n_own = (unsigned int)number(r, s->n_own, KSRTP_OFFER_SUITES);
	for (i = 0; i < s->n_own; i++)
		pass_own(r, &s->own[i]);
	s->current = (unsigned int)number(r, s->current, KSRTP_OFFER_SUITES);
	r->bad |= s->current && s->current >= s->n_own;
	r->bad |= s->promised == KSRTP_GRADE_SDES && !s->n_own;
	end->id = (u32)number(r, end->id, UINT32_MAX);
	ksrtp_record_addr(r, &end->local);
	r->bad |= end->id && !end->local.family;
}

static void pass_line(struct ksrtp_record *r, struct ksrtp_kept_line *kept)
{
	struct ksrtp_line *line = &kept->line;
	unsigned int side;

	line->way = (enum ksrtp_line_way)number(r, line->way, KSRTP_LINE_DIRECT);
	ksrtp_record_string(r, line->kind, sizeof(line->kind));
	ksrtp_record_string(r, line->proto, sizeof(line->proto));
	ksrtp_record_string(r, line->selected, sizeof(line->selected));
	line->feedback = ksrtp_record_flag(r, line->feedback);
	line->raw = ksrtp_record_flag(r, line->raw);
	line->shares = ksrtp_record_flag(r, line->shares);
	line->opaque = ksrtp_record_flag(r, line->opaque);
	for (side = 0; side < 2; side++)
		pass_side(r, &line->side[side], &kept->end[side]);
	r->bad |= (line->raw || line->shares) && line->way != KSRTP_LINE_RELAY;
	/* relayed is what has two ends, or shares another's, and nothing else has any */
	for (side = 0; side < 2; side++)
		r->bad |= (line->way == KSRTP_LINE_RELAY && !line->shares) !=
			  !!kept->end[side].id;
}

static void pass_offer(struct ksrtp_record *r, struct ksrtp_kept_offer *offer)
{
	unsigned int i;

	offer->session = (u32)number(r, offer->session, UINT32_MAX);
	/* nobody can go on with the rest */
	if (!offer->session)
		return;
	for (i = 0; i < 2; i++) {
		offer->origin[i].id = number(r, offer->origin[i].id, UINT64_MAX);
		offer->origin[i].version = number(r, offer->origin[i].version, INT64_MAX);
		ksrtp_record_addr(r, &offer->local[i]);
		offer->settled[i].valid = ksrtp_record_flag(r, offer->settled[i].valid);
		offer->settled[i].cseq = (u32)number(r, offer->settled[i].cseq, UINT32_MAX);
		r->bad |= !offer->local[i].family;
	}
	offer->stable = ksrtp_record_flag(r, offer->stable);
	offer->n = (unsigned int)number(r, offer->n, KSRTP_SDP_MEDIA_MAX);
	if (!r->out && offer->n)
		offer->line = calloc(offer->n, sizeof(*offer->line));
	for (i = 0; offer->line && i < offer->n; i++)
		pass_line(r, &offer->line[i]);
}

static void pass_binding(struct ksrtp_record *r, struct ksrtp_kept_end *end)
{
	end->binding.id = number(r, end->binding.id, UINT64_MAX);
	if (!end->binding.id)
		return;
	ksrtp_record_text(r, &end->binding.aor);
	ksrtp_record_text(r, &end->binding.uri);
	ksrtp_record_text(r, &end->binding.identity);
	ksrtp_record_hop(r, &end->binding.hop);
	r->bad |= !end->binding.hop.transport || !end->binding.hop.remote.family;
}

static void pass_end(struct ksrtp_record *r, struct ksrtp_kept_end *end)
{
	end->core = ksrtp_record_flag(r, end->core);
	ksrtp_record_text(r, &end->side);
	ksrtp_record_text(r, &end->tag);
	ksrtp_record_text(r, &end->name);
	ksrtp_record_hop(r, &end->hop);
	r->bad |= !end->hop.transport || !end->hop.remote.family;
	end->path = (enum ksrtp_grade_path)number(r, end->path, KSRTP_GRADE_DANE);
	end->gone.rx_packets = number(r, end->gone.rx_packets, UINT64_MAX);
	end->gone.rx_secure = number(r, end->gone.rx_secure, UINT64_MAX);
	end->gone.tx_packets = number(r, end->gone.tx_packets, UINT64_MAX);
	end->gone.tx_secure = number(r, end->gone.tx_secure, UINT64_MAX);
	pass_binding(r, end);
}

static void pass_call(struct ksrtp_record *r, struct ksrtp_kept *kept)
{
	r->bad |= number(r, VERSION, UINT8_MAX) != VERSION;
	kept->number = number(r, kept->number, UINT64_MAX);
	kept->since = number(r, kept->since, INT64_MAX);
	kept->deadline = number(r, kept->deadline, INT64_MAX);
	ksrtp_record_text(r, &kept->call_id);
	kept->rung = (unsigned int)number(r, kept->rung, KSRTP_LADDER_RUNGS - 1);
	kept->sealed = ksrtp_record_flag(r, kept->sealed);
	pass_end(r, &kept->end[0]);
	pass_end(r, &kept->end[1]);
	kept->media = ksrtp_record_flag(r, kept->media);
	if (kept->media)
		pass_offer(r, &kept->offer);
}

int ksrtp_kept_write(struct ksrtp_kept *kept, struct ksrtp_buf *out)
{
	struct ksrtp_record r = { .out = out };

	pass_call(&r, kept);
	return out->err ? out->err : r.bad ? -EINVAL : 0;
}

int ksrtp_kept_read(struct ksrtp_kept *kept, struct slice record)
{
	struct ksrtp_record r = { .in = record };
	int err;

	*kept = (struct ksrtp_kept){ 0 };
	pass_call(&r, kept);
	err = kept->offer.n && !kept->offer.line ? -ENOMEM : r.bad || r.in.n ? -EBADMSG : 0;
	if (err)
		ksrtp_kept_free(kept);
	return err;
}

void ksrtp_kept_free(struct ksrtp_kept *kept)
{
	free(kept->offer.line);
	*kept = (struct ksrtp_kept){ 0 };
}
