/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the ledger: what ledger.c writes, ledger_fold.c sums up and ledger_read.c shows.
 */
#ifndef KSRTP_CALL_LEDGER_INSIDE_H
#define KSRTP_CALL_LEDGER_INSIDE_H

#include "daemon/call/db.h"
#include "daemon/call/ledger.h"

/** ksrtp_ledger_count - how many calls have rows of their own. Return: SQLITE_OK or an error */
int ksrtp_ledger_count(sqlite3 *sql, int64_t *calls);

/** ksrtp_ledger_shrink - fold the oldest tenth of @calls. Return: SQLITE_OK or an error */
int ksrtp_ledger_shrink(sqlite3 *sql, int64_t *calls);

/** ksrtp_ledger_forget - sums of before that day go. Return: SQLITE_OK or an error */
int ksrtp_ledger_forget(sqlite3 *sql, int64_t day);

/** ksrtp_ledger_ask - see ksrtp_db_ask() */
void ksrtp_ledger_ask(struct ksrtp_ledger *ledger, struct ksrtp_db_ask *ask);

#endif
