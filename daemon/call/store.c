// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of bindings in SQLite. Called by binding.c and edge.c on the loop's thread, which only
 * puts copies into a queue; the thread writes them in batches, each in one transaction.
 *
 * After a restart a stream's connection is gone: its binding comes back with a dead hop, so that
 * its token still leads to the flow which the phone registers anew (RFC 5626 section 5.3).
 */
#include "daemon/call/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define QUEUE		65536		/* changes that may wait */
#define BATCH_NS	500000000ull	/* so long more are waited for */

/* A change: a row to write, or, without @aor, one to delete. */
struct change {
	struct change *next;
	uint64_t id;
	char *aor, *uri, *identity, *call_id;
	uint32_t cseq, q;
	struct ksrtp_hop hop;
	int64_t expires;		/* seconds since 1970 */
};

struct ksrtp_store {
	struct ksrtp_edge *edge;
	sqlite3 *db;			/* the thread's, once it runs */
	sqlite3_stmt *put, *drop;
	uv_thread_t thread;
	bool running;
	uv_mutex_t lock;		/* for what follows */
	uv_cond_t wake;
	struct change *first, **last;
	unsigned int n;
	bool closing;
};

static const char schema[] =
	"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;"
	"CREATE TABLE IF NOT EXISTS binding (id INTEGER PRIMARY KEY, aor TEXT NOT NULL,"
	" uri TEXT NOT NULL, identity TEXT NOT NULL, call_id TEXT NOT NULL,"
	" cseq INTEGER NOT NULL, q INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" transport INTEGER NOT NULL, local TEXT NOT NULL, remote TEXT NOT NULL);";

static void free_change(struct change *c)
{
	free(c->aor);
	free(c->uri);
	free(c->identity);
	free(c->call_id);
	free(c);
}

/* ---- the thread */

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
	sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

static int write_row(struct ksrtp_store *store, const struct change *c)
{
	char local[KSRTP_ADDR_TEXT], remote[KSRTP_ADDR_TEXT];
	sqlite3_stmt *s = store->put;

	sqlite3_bind_int64(s, 1, (sqlite3_int64)c->id);
	bind_text(s, 2, c->aor);
	bind_text(s, 3, c->uri);
	bind_text(s, 4, c->identity);
	bind_text(s, 5, c->call_id);
	sqlite3_bind_int64(s, 6, c->cseq);
	sqlite3_bind_int64(s, 7, c->q);
	sqlite3_bind_int64(s, 8, c->expires);
	sqlite3_bind_int(s, 9, (int)c->hop.transport);
	bind_text(s, 10, ksrtp_addr_format(&c->hop.local, local, sizeof(local)));
	bind_text(s, 11, ksrtp_addr_format(&c->hop.remote, remote, sizeof(remote)));
	return sqlite3_step(s);
}

static int write_change(struct ksrtp_store *store, const struct change *c)
{
	sqlite3_stmt *s = c->aor ? store->put : store->drop;
	int ret;

	if (c->aor) {
		ret = write_row(store, c);
	} else {
		sqlite3_bind_int64(s, 1, (sqlite3_int64)c->id);
		ret = sqlite3_step(s);
	}
	sqlite3_reset(s);
	return ret == SQLITE_DONE ? SQLITE_OK : ret;
}

/* All of it or nothing. */
static int write_batch(struct ksrtp_store *store, const struct change *c)
{
	int ret = sqlite3_exec(store->db, "BEGIN", NULL, NULL, NULL);

	for (; c && ret == SQLITE_OK; c = c->next)
		ret = write_change(store, c);
	if (ret == SQLITE_OK)
		ret = sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
	if (ret != SQLITE_OK)
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return ret;
}

static void write_all(void *arg)
{
	struct ksrtp_store *store = arg;
	struct change *batch, *next;
	bool closing = false;
	unsigned int n;
	int ret;

	while (!closing) {
		uv_mutex_lock(&store->lock);
		while (!store->first && !store->closing)
			uv_cond_wait(&store->wake, &store->lock);
		if (!store->closing)
			uv_cond_timedwait(&store->wake, &store->lock, BATCH_NS);
		closing = store->closing;
		batch = store->first;
		n = store->n;
		store->first = NULL;
		store->last = &store->first;
		store->n = 0;
		uv_mutex_unlock(&store->lock);
		ret = batch ? write_batch(store, batch) : SQLITE_OK;
		if (ret != SQLITE_OK)
			ksrtp_log_limited(store->edge->loop->log, KSRTP_LOG_ERROR, "store",
					  "%u changes of bindings cannot be kept: %s", n,
					  sqlite3_errstr(ret));
		for (; batch; batch = next) {
			next = batch->next;
			free_change(batch);
		}
	}
}

/* ---- the queue */

/* Takes @c over. */
static void enqueue(struct ksrtp_store *store, struct change *c)
{
	uv_mutex_lock(&store->lock);
	if (store->n < QUEUE) {
		*store->last = c;
		store->last = &c->next;
		if (!store->n++)
			uv_cond_signal(&store->wake);
		c = NULL;
	}
	uv_mutex_unlock(&store->lock);
	if (!c)
		return;
	ksrtp_log_limited(store->edge->loop->log, KSRTP_LOG_ERROR, "store-queue",
			  "the disk does not follow: a binding cannot be kept");
	free_change(c);
}

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
		enqueue(store, c);
	else
		free_change(c);
}

void ksrtp_store_drop(struct ksrtp_store *store, uint64_t id)
{
	struct change *c = store ? calloc(1, sizeof(*c)) : NULL;

	if (!c)
		return;
	c->id = id;
	enqueue(store, c);
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

static int read_rows(struct ksrtp_store *store)
{
	struct ksrtp_binding_kept kept;
	unsigned int n = 0;
	sqlite3_stmt *s;
	int ret;

	ret = sqlite3_prepare_v2(store->db,
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
	return sqlite3_exec(store->db, "DELETE FROM binding WHERE expires <= strftime('%s', 'now')",
			    NULL, NULL, NULL);
}

static int prepare(struct ksrtp_store *store)
{
	int ret = sqlite3_prepare_v2(store->db,
				     "INSERT OR REPLACE INTO binding VALUES"
				     " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
				     -1, &store->put, NULL);

	if (ret == SQLITE_OK)
		ret = sqlite3_prepare_v2(store->db, "DELETE FROM binding WHERE id = ?1", -1,
					 &store->drop, NULL);
	return ret;
}

static void close_db(struct ksrtp_store *store)
{
	sqlite3_finalize(store->put);
	sqlite3_finalize(store->drop);
	sqlite3_close(store->db);
	store->put = NULL;
	store->drop = NULL;
	store->db = NULL;
}

static int open_db(struct ksrtp_store *store, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), ret;

	if (fd < 0)
		return SQLITE_CANTOPEN;
	close(fd);
	/* One thread at a time uses it: this one until the other is started. */
	ret = sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (ret == SQLITE_OK)
		ret = sqlite3_exec(store->db, schema, NULL, NULL, NULL);
	if (ret == SQLITE_OK)
		ret = read_rows(store);
	if (ret == SQLITE_OK)
		ret = prepare(store);
	if (ret != SQLITE_OK)
		close_db(store);
	return ret;
}

/* What is damaged is put aside for whoever wants to look at it. */
static int open_or_renew(struct ksrtp_store *store, const char *path)
{
	char aside[PATH_MAX];
	int ret = open_db(store, path);

	if (ret != SQLITE_CORRUPT && ret != SQLITE_NOTADB)
		return ret;
	if ((size_t)snprintf(aside, sizeof(aside), "%s.bad", path) >= sizeof(aside) ||
	    rename(path, aside))
		return ret;
	ksrtp_log_write(store->edge->loop->log, KSRTP_LOG_ERROR,
			"%s is damaged: phones must register again; it was renamed to %s", path,
			aside);
	return open_db(store, path);
}

int ksrtp_store_open(struct ksrtp_store **out, struct ksrtp_edge *edge, const char *path)
{
	struct ksrtp_store *store = calloc(1, sizeof(*store));
	int ret;

	if (!store)
		return -ENOMEM;
	store->edge = edge;
	store->last = &store->first;
	ret = open_or_renew(store, path);
	if (ret != SQLITE_OK) {
		ksrtp_log_write(edge->loop->log, KSRTP_LOG_ERROR, "%s: %s", path,
				sqlite3_errstr(ret));
		free(store);
		return -EIO;
	}
	uv_mutex_init(&store->lock);
	uv_cond_init(&store->wake);
	if (uv_thread_create(&store->thread, write_all, store)) {
		ksrtp_store_close(store);
		return -EAGAIN;
	}
	store->running = true;
	*out = store;
	return 0;
}

void ksrtp_store_close(struct ksrtp_store *store)
{
	if (!store)
		return;
	uv_mutex_lock(&store->lock);
	store->closing = true;
	uv_cond_signal(&store->wake);
	uv_mutex_unlock(&store->lock);
	if (store->running)
		uv_thread_join(&store->thread);
	close_db(store);
	uv_cond_destroy(&store->wake);
	uv_mutex_destroy(&store->lock);
	free(store);
}
