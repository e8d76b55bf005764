// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the ledger says, as JSON. The command is taken on the loop's thread and answered there; what
 * is between happens on the database's thread, so that signalling does not wait for the disk.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/call/ledger_inside.h"

#define CALLS	1000	/* shown, unless so many are asked for */
#define MOST	5000	/* the loop's thread writes them as text */
#define DAY	86400

struct question {
	struct ksrtp_db_ask ask;
	struct ksrtp_ctl_later *later;
	bool sums;
	int64_t since, count;		/* seconds since 1970; calls */
	char *peer, *side;
	json_t *reply;
};

static json_t *column(sqlite3_stmt *s, int at)
{
	const char *text = (const char *)sqlite3_column_text(s, at);

	if (sqlite3_column_type(s, at) == SQLITE_INTEGER)
		return json_integer(sqlite3_column_int64(s, at));
	return text ? json_string(text) : json_null();
}

/* The columns of a row from @first on, by their names; empty texts are left out. */
static json_t *object_of(sqlite3_stmt *s, int first)
{
	json_t *o = json_object(), *value;
	int i;

	for (i = first; i < sqlite3_column_count(s); i++) {
		value = column(s, i);
		if (json_is_string(value) && !json_string_length(value))
			json_decref(value);
		else
			json_object_set_new(o, sqlite3_column_name(s, i), value);
	}
	return o;
}

static int read_sums(sqlite3 *sql, const struct question *q, json_t *list)
{
	static const char text[] =
		"WITH each AS (SELECT kind, name, transport, identity, sum(clear) AS clear,"
		" sum(opaque) AS opaque, sum(unproved) AS unproved, sum(exposed) AS exposed,"
		" sum(protected) AS protected, sum(authenticated) AS authenticated,"
		" sum(packets) AS packets, sum(secure) AS secure FROM"
		" (SELECT kind, name, transport, identity, clear, opaque, unproved, exposed,"
		"   protected, authenticated, packets, secure FROM part WHERE ended >= ?1"
		"  UNION ALL"
		"  SELECT kind, name, transport, identity, clear, opaque, unproved, exposed,"
		"   protected, authenticated, packets, secure FROM day WHERE day >= ?2)"
		" GROUP BY 1, 2, 3, 4),"
		" all_of AS (SELECT kind AS coverage, name,"
		" sum(clear + opaque + unproved + exposed + protected + authenticated) AS calls,"
		" sum(clear) AS clear, sum(opaque) AS opaque, sum(unproved) AS unproved,"
		" sum(exposed) AS exposed, sum(protected) AS protected,"
		" sum(authenticated) AS authenticated, sum(packets) AS packets,"
		" sum(secure) AS secure, CASE WHEN kind <> 'all' THEN group_concat(transport || ' '"
		" || identity || ' ' || (clear + opaque + unproved + exposed + protected"
		" + authenticated), ', ') ELSE '' END AS identities FROM each GROUP BY kind, name)"
		" SELECT * FROM all_of WHERE (?3 IS NULL OR (coverage = 'peer' AND name = ?3))"
		" AND (?4 IS NULL OR (coverage = 'side' AND name = ?4))"
		" ORDER BY coverage = 'all' DESC, coverage = 'side' DESC, packets - secure DESC,"
		" name LIMIT ?5";
	sqlite3_stmt *s;
	int ret = sqlite3_prepare_v2(sql, text, -1, &s, NULL);

	if (ret != SQLITE_OK)
		return ret;
	sqlite3_bind_int64(s, 1, q->since);
	sqlite3_bind_int64(s, 2, q->since / DAY);
	ksrtp_db_text(s, 3, q->peer);
	ksrtp_db_text(s, 4, q->side);
	sqlite3_bind_int64(s, 5, q->count);
	while ((ret = sqlite3_step(s)) == SQLITE_ROW)
		json_array_append_new(list, object_of(s, 0));
	sqlite3_finalize(s);
	return ret;
}

struct reader {
	sqlite3_stmt *calls, *legs, *media;
};

static int read_legs(sqlite3_stmt *s, sqlite3_int64 call, json_t *o)
{
	int ret;

	sqlite3_bind_int64(s, 1, call);
	while ((ret = sqlite3_step(s)) == SQLITE_ROW)
		json_object_set_new(o, sqlite3_column_int(s, 0) ? "to" : "from", object_of(s, 1));
	sqlite3_reset(s);
	return ret;
}

static int read_media(sqlite3_stmt *s, sqlite3_int64 call, json_t *o)
{
	json_t *list = json_array();
	int ret;

	sqlite3_bind_int64(s, 1, call);
	while ((ret = sqlite3_step(s)) == SQLITE_ROW)
		json_array_append_new(list, object_of(s, 0));
	sqlite3_reset(s);
	json_object_set_new(o, "media", list);
	return ret;
}

static int read_call(struct reader *r, json_t *list)
{
	json_t *o = object_of(r->calls, 0);
	sqlite3_int64 call = sqlite3_column_int64(r->calls, 0);
	int ret;

	json_array_append_new(list, o);
	ret = read_legs(r->legs, call, o);
	return ret == SQLITE_DONE ? read_media(r->media, call, o) : ret;
}

static int prepare(struct reader *r, sqlite3 *sql)
{
	const struct {
		sqlite3_stmt **statement;
		const char *text;
	} row[] = {
		{ &r->calls, "SELECT id AS ledger, strftime('%Y-%m-%dT%H:%M:%SZ', ended,"
			     " 'unixepoch') AS ended, seconds, cause, answered, class FROM call"
			     " WHERE ended >= ?1 AND (?3 IS NULL OR EXISTS (SELECT 1 FROM leg"
			     " WHERE call = id AND peer = ?3)) AND (?4 IS NULL OR EXISTS (SELECT 1"
			     " FROM leg WHERE call = id AND side = ?4))"
			     " ORDER BY id DESC LIMIT ?5" },
		{ &r->legs, "SELECT end, side, peer, transport, identity, keys, promised, proved,"
			    " grade, class, suite, rx_packets, rx_secure, tx_packets, tx_secure"
			    " FROM leg WHERE call = ?1" },
		{ &r->media, "SELECT line, kind, CASE end WHEN 0 THEN 'from' ELSE 'to' END AS leg,"
			     " way, promised, proved, suite, packets, secure FROM media"
			     " WHERE call = ?1 ORDER BY line, end, way" },
	};
	int ret = SQLITE_OK;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(row) && ret == SQLITE_OK; i++)
		ret = sqlite3_prepare_v2(sql, row[i].text, -1, row[i].statement, NULL);
	return ret;
}

static int read_calls(sqlite3 *sql, const struct question *q, json_t *list)
{
	struct reader r = { 0 };
	int ret = prepare(&r, sql);

	if (ret == SQLITE_OK) {
		sqlite3_bind_int64(r.calls, 1, q->since);
		ksrtp_db_text(r.calls, 3, q->peer);
		ksrtp_db_text(r.calls, 4, q->side);
		sqlite3_bind_int64(r.calls, 5, q->count);
		ret = SQLITE_DONE;
		while (ret == SQLITE_DONE && (ret = sqlite3_step(r.calls)) == SQLITE_ROW)
			ret = read_call(&r, list);
	}
	sqlite3_finalize(r.calls);
	sqlite3_finalize(r.legs);
	sqlite3_finalize(r.media);
	return ret;
}

static void run(struct ksrtp_db_ask *ask, sqlite3 *sql)
{
	struct question *q = ksrtp_container(ask, struct question, ask);
	json_t *list = json_array();

	if (sql && list &&
	    (q->sums ? read_sums(sql, q, list) : read_calls(sql, q, list)) == SQLITE_DONE)
		q->reply = list;
	else
		json_decref(list);
}

static void free_question(struct question *q)
{
	free(q->peer);
	free(q->side);
	free(q);
}

static void done(struct ksrtp_db_ask *ask)
{
	struct question *q = ksrtp_container(ask, struct question, ask);

	ksrtp_ctl_answer(q->later, q->reply, "the ledger cannot be read");
	free_question(q);
}

static bool take_text(const json_t *request, const char *name, char **to)
{
	const char *text = json_string_value(json_object_get(request, name));

	*to = text ? strdup(text) : NULL;
	return *to || !text;
}

static struct question *question_of(const json_t *request)
{
	const json_t *since = json_object_get(request, "since");
	json_int_t count = json_integer_value(json_object_get(request, "count"));
	struct question *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->ask.run = run;
	q->ask.done = done;
	q->sums = json_is_true(json_object_get(request, "sums"));
	q->since = json_is_integer(since) ? time(NULL) - json_integer_value(since) : 0;
	q->count = count > 0 && count < MOST ? count : count ? MOST : CALLS;
	if (take_text(request, "peer", &q->peer) && take_text(request, "side", &q->side))
		return q;
	free_question(q);
	return NULL;
}

json_t *ksrtp_ledger_serve(void *ctx, const json_t *request, const char **error)
{
	struct ksrtp_edge *edge = ctx;
	struct question *q;

	if (!edge->ledger) {
		*error = "there is no ledger: the configuration or the log says why";
		return NULL;
	}
	*error = "no memory";
	q = question_of(request);
	if (!q)
		return NULL;
	q->later = ksrtp_ctl_later(edge->ctl);
	if (q->later)
		ksrtp_ledger_ask(edge->ledger, &q->ask);
	else
		free_question(q);
	return NULL;
}
