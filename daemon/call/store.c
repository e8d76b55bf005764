// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of bindings in SQLite. Called by binding.c and edge.c on the loop's thread, which only
 * puts copies into the queue of the database's own (db.c).
 *
 * After a restart a stream's connection is gone: its binding comes back with a dead hop, so that
 * its token still leads to the flow which the phone registers anew (RFC 5626 section 5.3).
 */
#include "daemon/call/store.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/call/db.h"

#define QUEUE	65536	/* changes that may wait */

/* A change: a row to write, or, without @aor, one to delete. */
struct change {
	struct ksrtp_db_item item;
	uint64_t id;
	char *aor, *uri, *identity, *call_id;
	uint32_t cseq, q;
	struct ksrtp_hop hop;
	int64_t expires;		/* seconds since 1970 */
};

struct ksrtp_store {
	struct ksrtp_edge *edge;
	struct ksrtp_db *db;
	sqlite3_stmt *put, *drop;
};

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS binding (id INTEGER PRIMARY KEY, aor TEXT NOT NULL,"
	" uri TEXT NOT NULL, identity TEXT NOT NULL, call_id TEXT NOT NULL,"
	" cseq INTEGER NOT NULL, q INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" transport INTEGER NOT NULL, local TEXT NOT NULL, remote TEXT NOT NULL);";

static void free_change(struct ksrtp_db_item *item)
{
	struct change *c = ksrtp_container(item, struct change, item);

	free(c->aor);
	free(c->uri);
	free(c->identity);
	free(c->call_id);
	free(c);
}

/* ---- the thread */

static int write_row(struct ksrtp_store *store, const struct change *c)
{
	char local[KSRTP_ADDR_TEXT], remote[KSRTP_ADDR_TEXT];
	sqlite3_stmt *s = store->put;

	sqlite3_bind_int64(s, 1, (sqlite3_int64)c->id);
	ksrtp_db_text(s, 2, c->aor);
	ksrtp_db_text(s, 3, c->uri);
	ksrtp_db_text(s, 4, c->identity);
	ksrtp_db_text(s, 5, c->call_id);
	sqlite3_bind_int64(s, 6, c->cseq);
	sqlite3_bind_int64(s, 7, c->q);
	sqlite3_bind_int64(s, 8, c->expires);
	sqlite3_bind_int(s, 9, (int)c->hop.transport);
	ksrtp_db_text(s, 10, ksrtp_addr_format(&c->hop.local, local, sizeof(local)));
	ksrtp_db_text(s, 11, ksrtp_addr_format(&c->hop.remote, remote, sizeof(remote)));
	return ksrtp_db_run(s);
}

static int write_change(void *ctx, const struct ksrtp_db_item *item)
{
	const struct change *c = ksrtp_container(item, const struct change, item);
	struct ksrtp_store *store = ctx;

	if (c->aor)
		return write_row(store, c);
	sqlite3_bind_int64(store->drop, 1, (sqlite3_int64)c->id);
	return ksrtp_db_run(store->drop);
}

/* ---- the queue */

void ksrtp_store_put(struct ksrtp_store *store, const struct ksrtp_binding *binding)
{
	uint64_t now;
	struct change *c;

	if (!store)
		return;
	c = calloc(1, sizeof(*c));
	if (!c)
		return;
	now = ksrtp_edge_now(store->edge);
	c->id = binding->id;
	c->aor = strdup(binding->aor);
	c->uri = strdup(binding->uri);
	c->identity = strdup(binding->identity);
	c->call_id = strdup(binding->call_id ? binding->call_id : "");
	c->cseq = binding->cseq;
	c->q = binding->q;
	c->hop = binding->hop;
	c->expires = time(NULL) + (int64_t)((binding->expires - now) / 1000);
	if (c->aor && c->uri && c->identity && c->call_id)
		ksrtp_db_put(store->db, &c->item);
	else
		free_change(&c->item);
}

void ksrtp_store_drop(struct ksrtp_store *store, uint64_t id)
{
	struct change *c = store ? calloc(1, sizeof(*c)) : NULL;

	if (!c)
		return;
	c->id = id;
	ksrtp_db_put(store->db, &c->item);
}

/* ---- opening */

static const char *text_of(sqlite3_stmt *s, int at)
{
	const char *text = (const char *)sqlite3_column_text(s, at);

	return text ? text : "";
}

static bool read_addr(sqlite3_stmt *s, int at, struct ksrtp_addr *addr)
{
	const char *text = text_of(s, at);

	return !ksrtp_addr_parse(addr, text, strlen(text));
}

static bool read_row(sqlite3_stmt *s, struct ksrtp_binding_kept *kept)
{
	int transport = sqlite3_column_int(s, 8);

	memset(kept, 0, sizeof(*kept));
	kept->id = (uint64_t)sqlite3_column_int64(s, 0);
	kept->aor = text_of(s, 1);
	kept->uri = text_of(s, 2);
	kept->identity = text_of(s, 3);
	kept->call_id = text_of(s, 4);
	kept->cseq = (uint32_t)sqlite3_column_int64(s, 5);
	kept->q = (uint32_t)sqlite3_column_int64(s, 6);
	kept->seconds = sqlite3_column_int64(s, 7) - time(NULL);
	kept->hop.transport = (enum ksrtp_transport)transport;
	return kept->id && *kept->aor && *kept->uri && kept->seconds > 0 &&
	       kept->seconds <= INT_MAX && transport >= KSRTP_TRANSPORT_UDP &&
	       transport <= KSRTP_TRANSPORT_TLS && read_addr(s, 9, &kept->hop.local) &&
	       read_addr(s, 10, &kept->hop.remote);
}

static int read_rows(struct ksrtp_store *store, sqlite3 *db)
{
	struct ksrtp_binding_kept kept;
	unsigned int n = 0;
	sqlite3_stmt *s;
	int ret;

	ret = sqlite3_prepare_v2(db,
				 "SELECT id, aor, uri, identity, call_id, cseq, q, expires,"
				 " transport, local, remote FROM binding", -1, &s, NULL);
	if (ret != SQLITE_OK)
		return ret;
	while ((ret = sqlite3_step(s)) == SQLITE_ROW)
		if (read_row(s, &kept) && !ksrtp_binding_restore(store->edge, &kept))
			n++;
	sqlite3_finalize(s);
	if (ret != SQLITE_DONE)
		return ret;
	if (n)
		ksrtp_log_write(store->edge->loop->log, KSRTP_LOG_INFO,
				"%u bindings of before are kept", n);
	return sqlite3_exec(db, "DELETE FROM binding WHERE expires <= strftime('%s', 'now')",
			    NULL, NULL, NULL);
}

static int prepare(void *ctx, sqlite3 *db)
{
	struct ksrtp_store *store = ctx;
	int ret = read_rows(store, db);

	if (ret == SQLITE_OK)
		ret = sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO binding VALUES"
					 " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
					 -1, &store->put, NULL);
	if (ret == SQLITE_OK)
		ret = sqlite3_prepare_v2(db, "DELETE FROM binding WHERE id = ?1", -1,
					 &store->drop, NULL);
	return ret;
}

static void finalize(void *ctx)
{
	struct ksrtp_store *store = ctx;

	sqlite3_finalize(store->put);
	sqlite3_finalize(store->drop);
	store->put = NULL;
	store->drop = NULL;
}

static const struct ksrtp_db_ops ops = {
	.schema = schema,
	.what = "changes of bindings",
	.loss = "phones must register again",
	.queue = QUEUE,
	.open = prepare,
	.write = write_change,
	.close = finalize,
	.free = free_change,
};

int ksrtp_store_open(struct ksrtp_store **out, struct ksrtp_edge *edge, const char *path)
{
	struct ksrtp_store *store = calloc(1, sizeof(*store));
	int err;

	if (!store)
		return -ENOMEM;
	store->edge = edge;
	err = ksrtp_db_open(&store->db, edge->loop, path, &ops, store);
	if (err)
		free(store);
	else
		*out = store;
	return err;
}

void ksrtp_store_close(struct ksrtp_store *store)
{
	if (!store)
		return;
	ksrtp_db_close(store->db);
	free(store);
}
