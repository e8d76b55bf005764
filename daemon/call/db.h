/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A database of SQLite with a thread of its own, so that signalling never waits for the disk: what
 * shall be kept goes into a bounded queue, and the thread writes it in batches.
 */
#ifndef KSRTP_CALL_DB_H
#define KSRTP_CALL_DB_H

#include <sqlite3.h>

#include "daemon/net/loop.h"

struct ksrtp_db;

/** struct ksrtp_db_item - what shall be written; the first member of something larger */
struct ksrtp_db_item {
	struct ksrtp_db_item *next;
};

/**
 * struct ksrtp_db_ask - a question; the first member of something larger
 * @run: on the thread; NULL as @db: the database is not to be had
 * @done: on the loop's thread, exactly once
 */
struct ksrtp_db_ask {
	struct ksrtp_db_ask *next;
	void (*run)(struct ksrtp_db_ask *ask, sqlite3 *db);
	void (*done)(struct ksrtp_db_ask *ask);
};

/**
 * struct ksrtp_db_ops - what is in it
 * @schema: SQL that makes what is missing
 * @what: the plural of an item, for the log: "changes of bindings"
 * @loss: what it means that the file was put aside: "phones must register again"
 * @queue: so many items may wait
 * @open: prepare statements and read what there is; at first on the loop's thread, before the other
 *	is started; again on the thread, with nothing in it, when the file had to be renewed
 * @write: one item, within a transaction, on the thread
 * @tidy: now and then, on the thread, within a transaction; may be NULL
 * @close: give the statements back
 * @free: an item
 *
 * @open, @write and @tidy return SQLITE_OK or what went wrong.
 */
struct ksrtp_db_ops {
	const char *schema, *what, *loss;
	unsigned int queue;
	int (*open)(void *ctx, sqlite3 *db);
	int (*write)(void *ctx, const struct ksrtp_db_item *item);
	int (*tidy)(void *ctx, sqlite3 *db);
	void (*close)(void *ctx);
	void (*free)(struct ksrtp_db_item *item);
};

/**
 * ksrtp_db_open - open @path and start the thread
 * @path: made with mode 0600 if there is none; one that is damaged, or locked by another process
 *	for seconds, is put aside as PATH.bad, now or later, and that said
 *
 * Return: 0 or a negative errno; the log has said why.
 */
int ksrtp_db_open(struct ksrtp_db **db, struct ksrtp_loop *loop, const char *path,
		  const struct ksrtp_db_ops *ops, void *ctx);

/** ksrtp_db_close - write what waits, answer what was asked, end the thread; NULL is fine */
void ksrtp_db_close(struct ksrtp_db *db);

/**
 * ksrtp_db_put - take an item over; on the loop's thread
 *
 * Written within a second. When the disk cannot follow, or is full, it is lost and that said.
 */
void ksrtp_db_put(struct ksrtp_db *db, struct ksrtp_db_item *item);

/** ksrtp_db_ask - ask when all that was put before is written; on the loop's thread */
void ksrtp_db_ask(struct ksrtp_db *db, struct ksrtp_db_ask *ask);

/** ksrtp_db_text - bind a string that lasts until the step */
static inline void ksrtp_db_text(sqlite3_stmt *statement, int at, const char *text)
{
	sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

/** ksrtp_db_run - step a statement that gives no row. Return: SQLITE_OK or an error */
int ksrtp_db_run(sqlite3_stmt *statement);

#endif
