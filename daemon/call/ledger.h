/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledger: what calls came to, written down. Grades of each m-line, leg and direction,
 * transports and certificates, suites, packets and why a call ended; no user, no number, no
 * address. A call has rows of its own for seven days, then it counts in the sums of its day.
 */
#ifndef KSRTP_CALL_LEDGER_H
#define KSRTP_CALL_LEDGER_H

#include <sqlite3.h>

#include "daemon/call/call.h"

#define KSRTP_LEDGER_CALLS	500000	/* calls with rows of their own, at most */
#define KSRTP_LEDGER_DAYS	7	/* so long, today included */
#define KSRTP_LEDGER_SUMS	400	/* days for which sums are kept */
#define KSRTP_LEDGER_PEERS	1024	/* a fold of rows into sums; further ones share one row */
#define KSRTP_LEDGER_QUEUE	8192	/* calls that may wait for the disk */

struct ksrtp_ledger;

/**
 * ksrtp_ledger_open - open ledger.db in @dir, made if there is none, and start its thread
 * @dir: the state directory; also holds ledger.key, by which addresses become names: who deletes it
 *	and restarts makes sure that no name leads back to an address
 *
 * Return: 0 or a negative errno; the log has said why.
 */
int ksrtp_ledger_open(struct ksrtp_ledger **ledger, struct ksrtp_loop *loop, const char *dir);

/** ksrtp_ledger_close - write what waits; NULL is fine */
void ksrtp_ledger_close(struct ksrtp_ledger *ledger);

/**
 * ksrtp_ledger_put - a call ended; NULL as @ledger is fine
 * @total: of its two ends
 * @why: it ended; a literal
 *
 * One that was never answered, and of which no packet was seen, is not written down: strangers can
 * make any number of them.
 */
void ksrtp_ledger_put(struct ksrtp_ledger *ledger, const struct ksrtp_call *call,
		      const struct ksrtp_call_total total[2], const char *why);

/**
 * ksrtp_ledger_fold - calls that ended before @ended now count in the sums of their days only
 * @sql: on the ledger's thread
 *
 * Return: SQLITE_OK or an error.
 */
int ksrtp_ledger_fold(sqlite3 *sql, int64_t ended);

/**
 * ksrtp_ledger_serve - the command "ledger" of the control socket
 *
 * {"cmd":"ledger"} lists the calls that ended last, {"cmd":"ledger","sums":true} sums as the
 * command "coverage" does. "since": only what ended so many seconds ago or later; of days that have
 * sums only, the whole day. "count": at most so many; "peer", "side": only those of that name.
 */
json_t *ksrtp_ledger_serve(void *edge, const json_t *request, const char **error);

#endif
