// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls to the journal and back. Called by call.c when an answered call changes, and by edge.c at
 * start and end; on the loop's thread, which never waits for the file.
 *
 * All that a dialog needs elsewhere is not ours: tags, CSeqs and route sets are the endpoints',
 * and our part of the route sets is in tokens whose key lies in the state directory.
 */
#include "daemon/call/keep.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/call/binding.h"
#include "daemon/call/journal.h"
#include "daemon/call/offer_keep.h"

/* ---- to the journal */

static void keep_binding(const struct ksrtp_edge *edge, uint64_t id, struct ksrtp_kept_end *kept)
{
	const struct ksrtp_binding *b = id ? ksrtp_binding_find(edge, id) : NULL;

	if (!b)
		return;
	kept->binding.id = id;
	kept->binding.aor = ksrtp_slice_str(b->aor);
	kept->binding.uri = ksrtp_slice_str(b->uri);
	kept->binding.identity = ksrtp_slice_str(b->identity);
	kept->binding.hop = b->hop;
}

static void keep_end(const struct ksrtp_edge *edge, const struct ksrtp_call *call, unsigned int i,
		     struct ksrtp_kept_end *kept)
{
	const struct ksrtp_call_end *end = &call->end[i];
	const struct ksrtp_media_stats *more = call->offer ? ksrtp_offer_gone(call->offer, i) :
							     NULL;

	kept->core = end->side->core;
	kept->side = ksrtp_slice_str(end->side->name);
	kept->tag = ksrtp_slice_str(end->tag);
	kept->name = ksrtp_slice_str(end->name);
	kept->hop = end->hop;
	kept->path = end->path;
	kept->gone = end->gone;
	if (more) {
		kept->gone.rx_packets += more->rx_packets;
		kept->gone.rx_secure += more->rx_secure;
		kept->gone.tx_packets += more->tx_packets;
		kept->gone.tx_secure += more->tx_secure;
	}
	keep_binding(edge, end->binding, kept);
}

static int write_call(struct ksrtp_edge *edge, const struct ksrtp_call *call,
		      struct ksrtp_buf *out)
{
	struct ksrtp_kept kept = {
		.number = call->number,
		.since = call->since,
		.deadline = call->deadline,
		.call_id = ksrtp_slice_str(call->call_id),
		.rung = call->rung,
		.sealed = call->sealed,
		.media = call->offer != NULL,
	};
	int err = call->offer ? ksrtp_offer_keep(call->offer, &kept.offer) : 0;

	keep_end(edge, call, 0, &kept.end[0]);
	keep_end(edge, call, 1, &kept.end[1]);
	if (!err)
		err = ksrtp_kept_write(&kept, out);
	ksrtp_kept_free(&kept);
	return err;
}

void ksrtp_keep_call(struct ksrtp_edge *edge, struct ksrtp_call *call)
{
	struct ksrtp_buf out;

	if (!edge->journal || !call->answered || call->over)
		return;
	/* two that share ports cannot both have them again: who is left alone is kept */
	if (call->offer && ksrtp_offer_shared(call->offer)) {
		ksrtp_keep_end(edge, call);
		return;
	}
	ksrtp_buf_init(&out, KSRTP_JOURNAL_RECORD);
	if (!write_call(edge, call, &out)) {
		ksrtp_journal_put(edge->journal, call->number, ksrtp_buf_view(&out));
		call->kept = true;
	} else {
		/* a former state would be a wrong one */
		ksrtp_keep_end(edge, call);
		ksrtp_log_limited(edge->loop->log, KSRTP_LOG_WARNING, "keep",
				  "a call cannot be kept over a restart");
	}
	ksrtp_buf_free(&out);
}

void ksrtp_keep_end(struct ksrtp_edge *edge, struct ksrtp_call *call)
{
	if (call->kept && !edge->leaving)
		ksrtp_journal_drop(edge->journal, call->number);
	call->kept = false;
}

/* ---- and back */

/* What the journal held. @ended: their media did not outlive the process; @bad: not readable */
struct restart {
	struct ksrtp_edge *edge;
	unsigned int restored, ended, bad;
	uint64_t *over;		/* numbers to be dropped */
	size_t n_over;
};

static void restore_binding(struct ksrtp_edge *edge, const struct ksrtp_kept_end *end)
{
	struct ksrtp_binding_kept kept = {
		.id = end->binding.id,
		.aor = ksrtp_slice_dup(end->binding.aor),
		.uri = ksrtp_slice_dup(end->binding.uri),
		.identity = ksrtp_slice_dup(end->binding.identity),
		.call_id = "",
		.candidate = true,
		.hop = end->binding.hop,
	};

	/* it may be known already: a phone that is registered */
	if (kept.id && kept.aor && kept.uri && kept.identity)
		(void)ksrtp_binding_restore(edge, &kept);
	free((char *)kept.aor);
	free((char *)kept.uri);
	free((char *)kept.identity);
}

/* The configuration may have changed meanwhile. */
static const struct ksrtp_config_side *find_side(const struct ksrtp_config *config,
						 const struct ksrtp_kept_end *end)
{
	size_t i;

	for (i = 0; i < config->n_side; i++)
		if (config->side[i].core == end->core &&
		    ksrtp_slice_equal(ksrtp_slice_str(config->side[i].name), end->side))
			return &config->side[i];
	return NULL;
}

static int restore_end(struct ksrtp_edge *edge, const struct ksrtp_kept_end *kept,
		       struct ksrtp_call_end *end)
{
	end->side = find_side(edge->config, kept);
	end->tag = ksrtp_slice_dup(kept->tag);
	end->name = kept->name.n ? ksrtp_slice_dup(kept->name) : NULL;
	end->hop = kept->hop;
	end->path = kept->path;
	end->gone = kept->gone;
	end->binding = kept->binding.id;
	restore_binding(edge, kept);
	if (!end->side)
		return -ENOENT;
	return end->tag && (end->name || !kept->name.n) ? 0 : -ENOMEM;
}

static int restore_media(struct ksrtp_edge *edge, const struct ksrtp_kept_offer *kept,
			 struct ksrtp_call *call)
{
	struct ksrtp_offer_policy policy[2];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		ksrtp_call_policy(call, i, &policy[i]);
		policy[i].local = kept->local[i];
	}
	return ksrtp_offer_restore(&call->offer, edge->media, policy, kept);
}

static int restore_call(struct ksrtp_edge *edge, const struct ksrtp_kept *kept)
{
	struct ksrtp_call *call = ksrtp_call_blank(edge);
	uint64_t now = ksrtp_edge_now(edge);
	int err;

	if (!call)
		return -ENOMEM;
	call->number = call->branch = kept->number;
	call->since = kept->since < now ? kept->since : now;
	call->deadline = kept->deadline;
	call->rung = kept->rung;
	call->sealed = kept->sealed;
	call->answered = call->kept = true;
	call->call_id = ksrtp_slice_dup(kept->call_id);
	err = call->call_id ? 0 : -ENOMEM;
	if (!err)
		err = restore_end(edge, &kept->end[0], &call->end[0]);
	if (!err)
		err = restore_end(edge, &kept->end[1], &call->end[1]);
	if (!err && kept->media)
		err = restore_media(edge, &kept->offer, call);
	if (err)
		ksrtp_call_free(call);
	else
		ksrtp_call_insert(edge, call);
	return err;
}

static void note_over(struct restart *restart, uint64_t number)
{
	uint64_t *more = realloc(restart->over, (restart->n_over + 1) * sizeof(*more));

	if (!more)
		return;
	restart->over = more;
	more[restart->n_over++] = number;
}

static void each_record(void *ctx, uint64_t number, struct slice record)
{
	struct restart *restart = ctx;
	struct ksrtp_edge *edge = restart->edge;
	struct ksrtp_kept kept;
	int err = ksrtp_kept_read(&kept, record);

	if (!err && kept.number != number)
		err = -EBADMSG;
	if (!err)
		err = edge->n_calls < KSRTP_EDGE_CALLS ? restore_call(edge, &kept) : -ENOSPC;
	/* numbers go on, so that a record of ours never stands for another call */
	if (number > edge->last_call)
		edge->last_call = number;
	restart->restored += !err;
	restart->bad += err == -EBADMSG;
	restart->ended += err && err != -EBADMSG;
	if (err)
		note_over(restart, number);
	ksrtp_kept_free(&kept);
}

static void say(struct ksrtp_edge *edge, const struct restart *restart, unsigned int forgotten)
{
	bool user = !strcmp(ksrtp_media_backend(edge->media), "user");

	edge->calls_restored = restart->restored;
	edge->calls_cut = restart->ended + restart->bad;
	if (restart->restored)
		ksrtp_log_write(edge->loop->log, KSRTP_LOG_NOTICE,
				"restart: %u calls go on; their next offer or answer brings "
				"new keys", restart->restored);
	if (restart->ended)
		ksrtp_log_write(edge->loop->log, KSRTP_LOG_WARNING,
				"restart: %u calls ended%s", restart->ended, user ?
				": with the user back end media ends with its process" :
				": their media or their side of the configuration is gone");
	if (restart->bad)
		ksrtp_log_write(edge->loop->log, KSRTP_LOG_WARNING,
				"restart: %u calls ended: their records cannot be read",
				restart->bad);
	if (forgotten > restart->ended + restart->bad)
		ksrtp_log_write(edge->loop->log, KSRTP_LOG_INFO,
				"restart: %u media sessions of the process before ended",
				forgotten);
}

void ksrtp_keep_start(struct ksrtp_edge *edge)
{
	struct restart restart = { .edge = edge };
	char path[PATH_MAX];
	struct ksrtp_journal_setup setup = {
		.log = edge->loop->log, .path = path, .each = each_record, .ctx = &restart,
	};
	size_t i;

	if (!edge->config->runtime_dir ||
	    (size_t)snprintf(path, sizeof(path), "%s/calls", edge->config->runtime_dir) >=
	    sizeof(path))
		return;
	/* it has said why not */
	(void)ksrtp_journal_open(&edge->journal, &setup);
	for (i = 0; i < restart.n_over; i++)
		ksrtp_journal_drop(edge->journal, restart.over[i]);
	free(restart.over);
	say(edge, &restart, ksrtp_media_forget(edge->media));
}

void ksrtp_keep_stop(struct ksrtp_edge *edge)
{
	ksrtp_journal_close(edge->journal);
	edge->journal = NULL;
}
