// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SQLite in a thread of its own. Used by store.c and ledger.c. Whoever holds the lock only moves
 * pointers; all that may wait for the disk happens on the thread, after start.
 */
#include "daemon/call/db.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#define BATCH_NS	500000000ull		/* so long more are waited for */
#define TIDY_NS		600000000000ull
#define LOCKED_MS	2000			/* so long another process may hold the file */

struct ksrtp_db {
	struct ksrtp_loop *loop;
	const struct ksrtp_db_ops *ops;
	void *ctx;
	char path[PATH_MAX];
	sqlite3 *sql;			/* the thread's, once it runs; NULL: not to be had */
	uv_thread_t thread;
	bool running;
	uv_async_t *answered;
	uv_mutex_t lock;		/* for what follows */
	uv_cond_t wake;
	struct ksrtp_db_item *first, **last;
	unsigned int n;
	struct ksrtp_db_ask *asked, *done;
	bool closing;
};

int ksrtp_db_run(sqlite3_stmt *statement)
{
	int ret = sqlite3_step(statement);

	sqlite3_reset(statement);
	return ret == SQLITE_DONE ? SQLITE_OK : ret;
}

/* ---- the file */

static void close_file(struct ksrtp_db *db)
{
	if (!db->sql)
		return;
	db->ops->close(db->ctx);
	sqlite3_close(db->sql);
	db->sql = NULL;
}

static int open_file(struct ksrtp_db *db)
{
	static const char settings[] =
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
		"PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON;";
	int fd = open(db->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), ret;

	if (fd < 0)
		return SQLITE_CANTOPEN;
	close(fd);
	/* One thread at a time uses it: the loop's until the other is started. */
	ret = sqlite3_open_v2(db->path, &db->sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			      NULL);
	sqlite3_busy_timeout(db->sql, LOCKED_MS);
	if (ret == SQLITE_OK)
		ret = sqlite3_exec(db->sql, settings, NULL, NULL, NULL);
	if (ret == SQLITE_OK)
		ret = sqlite3_exec(db->sql, db->ops->schema, NULL, NULL, NULL);
	if (ret == SQLITE_OK)
		ret = db->ops->open(db->ctx, db->sql);
	if (ret != SQLITE_OK)
		close_file(db);
	return ret;
}

static bool move(const struct ksrtp_db *db, const char *ending)
{
	char from[PATH_MAX + 8], to[PATH_MAX + 16];

	snprintf(from, sizeof(from), "%s%s", db->path, ending);
	snprintf(to, sizeof(to), "%s.bad%s", db->path, ending);
	return !rename(from, to) || errno == ENOENT;
}

/*
 * What cannot be used is put aside for whoever wants to look at it. Its log goes with it: a new
 * file must not be made of an old one's log.
 */
static int renew(struct ksrtp_db *db, int ret)
{
	bool locked = ret == SQLITE_BUSY || ret == SQLITE_LOCKED;

	if (!locked && ret != SQLITE_CORRUPT && ret != SQLITE_NOTADB)
		return ret;
	close_file(db);
	if (!move(db, "-wal") || !move(db, "-shm") || !move(db, ""))
		return ret;
	ksrtp_log_write(db->loop->log, KSRTP_LOG_ERROR,
			"%s is %s: %s; it was renamed to %s.bad", db->path,
			locked ? "locked by another process" : "damaged", db->ops->loss, db->path);
	return open_file(db);
}

/* ---- the thread */

static int finish(struct ksrtp_db *db, int ret)
{
	if (ret == SQLITE_OK)
		ret = sqlite3_exec(db->sql, "COMMIT", NULL, NULL, NULL);
	if (ret != SQLITE_OK)
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	return ret;
}

/* All of it or nothing. */
static int write_batch(struct ksrtp_db *db, const struct ksrtp_db_item *item)
{
	int ret;

	if (!db->sql)
		return SQLITE_CANTOPEN;
	ret = sqlite3_exec(db->sql, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (ret != SQLITE_OK)
		return ret;
	for (; item && ret == SQLITE_OK; item = item->next)
		ret = db->ops->write(db->ctx, item);
	return finish(db, ret);
}

static void keep(struct ksrtp_db *db, struct ksrtp_db_item *batch, unsigned int n)
{
	struct ksrtp_db_item *next;
	int ret = write_batch(db, batch);

	if (ret != SQLITE_OK && db->sql) {
		ret = renew(db, ret);
		if (ret == SQLITE_OK)
			ret = write_batch(db, batch);
	}
	if (ret != SQLITE_OK)
		ksrtp_log_limited(db->loop->log, KSRTP_LOG_ERROR, db->ops->what,
				  "%u %s cannot be kept: %s", n, db->ops->what,
				  sqlite3_errstr(ret));
	for (; batch; batch = next) {
		next = batch->next;
		db->ops->free(batch);
	}
}

static void tidy(struct ksrtp_db *db)
{
	int ret;

	if (!db->ops->tidy || !db->sql)
		return;
	ret = sqlite3_exec(db->sql, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (ret == SQLITE_OK)
		ret = finish(db, db->ops->tidy(db->ctx, db->sql));
	if (ret != SQLITE_OK)
		ksrtp_log_limited(db->loop->log, KSRTP_LOG_ERROR, "tidy",
				  "%s cannot be tidied: %s", db->path, sqlite3_errstr(ret));
}

static void answer(struct ksrtp_db *db, struct ksrtp_db_ask *ask)
{
	struct ksrtp_db_ask *next;

	for (; ask; ask = next) {
		next = ask->next;
		ask->run(ask, db->sql);
		uv_mutex_lock(&db->lock);
		ask->next = db->done;
		db->done = ask;
		uv_mutex_unlock(&db->lock);
		uv_async_send(db->answered);
	}
}

/* Until there is something to do. Return: whether it is time to tidy. */
static bool wait_for_work(struct ksrtp_db *db)
{
	int ret = 0;

	while (!db->first && !db->asked && !db->closing && !ret)
		ret = uv_cond_timedwait(&db->wake, &db->lock, TIDY_NS);
	if (db->first && !db->asked && !db->closing)
		uv_cond_timedwait(&db->wake, &db->lock, BATCH_NS);
	return ret != 0;
}

static void work(void *arg)
{
	struct ksrtp_db *db = arg;
	struct ksrtp_db_item *batch;
	struct ksrtp_db_ask *ask;
	bool closing = false, idle;
	uint64_t tidied = uv_hrtime();
	unsigned int n;

	tidy(db);
	while (!closing) {
		uv_mutex_lock(&db->lock);
		idle = wait_for_work(db);
		closing = db->closing;
		batch = db->first;
		n = db->n;
		ask = db->asked;
		db->first = NULL;
		db->last = &db->first;
		db->n = 0;
		db->asked = NULL;
		uv_mutex_unlock(&db->lock);
		if (batch)
			keep(db, batch, n);
		answer(db, ask);
		if (idle || uv_hrtime() - tidied >= TIDY_NS) {
			tidied = uv_hrtime();
			tidy(db);
		}
	}
}

/* ---- the loop's side */

void ksrtp_db_put(struct ksrtp_db *db, struct ksrtp_db_item *item)
{
	item->next = NULL;
	uv_mutex_lock(&db->lock);
	if (db->n < db->ops->queue) {
		*db->last = item;
		db->last = &item->next;
		if (!db->n++)
			uv_cond_signal(&db->wake);
		item = NULL;
	}
	uv_mutex_unlock(&db->lock);
	if (!item)
		return;
	ksrtp_log_limited(db->loop->log, KSRTP_LOG_ERROR, db->ops->loss,
			  "the disk does not follow: %s cannot be kept", db->ops->what);
	db->ops->free(item);
}

void ksrtp_db_ask(struct ksrtp_db *db, struct ksrtp_db_ask *ask)
{
	uv_mutex_lock(&db->lock);
	ask->next = db->asked;
	db->asked = ask;
	uv_cond_signal(&db->wake);
	uv_mutex_unlock(&db->lock);
}

static void tell(struct ksrtp_db *db)
{
	struct ksrtp_db_ask *ask, *next;

	uv_mutex_lock(&db->lock);
	ask = db->done;
	db->done = NULL;
	uv_mutex_unlock(&db->lock);
	for (; ask; ask = next) {
		next = ask->next;
		ask->done(ask);
	}
}

static void on_answered(uv_async_t *async)
{
	tell(async->data);
}

static void free_async(uv_handle_t *handle)
{
	free(handle);
}

static int start(struct ksrtp_db *db)
{
	db->answered = malloc(sizeof(*db->answered));
	if (!db->answered)
		return -ENOMEM;
	uv_async_init(&db->loop->uv, db->answered, on_answered);
	db->answered->data = db;
	if (uv_thread_create(&db->thread, work, db))
		return -EAGAIN;
	db->running = true;
	return 0;
}

int ksrtp_db_open(struct ksrtp_db **out, struct ksrtp_loop *loop, const char *path,
		  const struct ksrtp_db_ops *ops, void *ctx)
{
	struct ksrtp_db *db = calloc(1, sizeof(*db));
	int ret;

	if (!db)
		return -ENOMEM;
	db->loop = loop;
	db->ops = ops;
	db->ctx = ctx;
	db->last = &db->first;
	if ((size_t)snprintf(db->path, sizeof(db->path), "%s", path) >= sizeof(db->path)) {
		free(db);
		return -ENAMETOOLONG;
	}
	ret = open_file(db);
	if (ret != SQLITE_OK)
		ret = renew(db, ret);
	if (ret != SQLITE_OK) {
		ksrtp_log_write(loop->log, KSRTP_LOG_ERROR, "%s: %s", path, sqlite3_errstr(ret));
		free(db);
		return -EIO;
	}
	uv_mutex_init(&db->lock);
	uv_cond_init(&db->wake);
	ret = start(db);
	if (ret)
		ksrtp_db_close(db);
	else
		*out = db;
	return ret;
}

void ksrtp_db_close(struct ksrtp_db *db)
{
	if (!db)
		return;
	uv_mutex_lock(&db->lock);
	db->closing = true;
	uv_cond_signal(&db->wake);
	uv_mutex_unlock(&db->lock);
	if (db->running)
		uv_thread_join(&db->thread);
	tell(db);
	if (db->answered)
		uv_close((uv_handle_t *)db->answered, free_async);
	close_file(db);
	uv_cond_destroy(&db->wake);
	uv_mutex_destroy(&db->lock);
	free(db);
}
