// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From rows of calls to sums of days. Called by ledger.c on the database's thread, within a
 * transaction. Strangers can make peers by calling: each time those with the most packets are
 * kept by name.
 */
#include "daemon/call/ledger_inside.h"

#include <ksrtp/port.h>

#define STRING(x)	#x
#define NUMBER(x)	STRING(x)

/* Run @text with @value as ?1; its first column, if it gives one, goes to @out. */
static int run(sqlite3 *sql, const char *text, int64_t value, int64_t *out)
{
	sqlite3_stmt *s;
	int ret = sqlite3_prepare_v2(sql, text, -1, &s, NULL);

	if (ret != SQLITE_OK)
		return ret;
	sqlite3_bind_int64(s, 1, value);
	ret = sqlite3_step(s);
	if (ret == SQLITE_ROW && out)
		*out = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return ret == SQLITE_ROW || ret == SQLITE_DONE ? SQLITE_OK : ret;
}

int ksrtp_ledger_fold(sqlite3 *sql, int64_t ended)
{
	static const char sum[] =
		"INSERT INTO day SELECT day, kind, CASE WHEN kind <> 'peer' OR name IN"
		" (SELECT name FROM part WHERE kind = 'peer' AND ended < ?1 GROUP BY name"
		"  ORDER BY sum(packets) DESC LIMIT " NUMBER(KSRTP_LEDGER_PEERS) ")"
		" THEN name ELSE 'others' END, transport, identity, sum(clear), sum(opaque),"
		" sum(unproved), sum(exposed), sum(protected), sum(authenticated), sum(packets),"
		" sum(secure) FROM part WHERE ended < ?1 GROUP BY 1, 2, 3, 4, 5"
		" ON CONFLICT DO UPDATE SET clear = clear + excluded.clear,"
		" opaque = opaque + excluded.opaque, unproved = unproved + excluded.unproved,"
		" exposed = exposed + excluded.exposed,"
		" protected = protected + excluded.protected,"
		" authenticated = authenticated + excluded.authenticated,"
		" packets = packets + excluded.packets, secure = secure + excluded.secure";
	int64_t any = 0;
	int ret = run(sql, "SELECT EXISTS (SELECT 1 FROM call WHERE ended < ?1)", ended, &any);

	if (ret == SQLITE_OK && any)
		ret = run(sql, sum, ended, NULL);
	if (ret == SQLITE_OK && any)
		ret = run(sql, "DELETE FROM call WHERE ended < ?1", ended, NULL);
	return ret;
}

int ksrtp_ledger_count(sqlite3 *sql, int64_t *calls)
{
	return run(sql, "SELECT count(*) FROM call", 0, calls);
}

int ksrtp_ledger_shrink(sqlite3 *sql, int64_t *calls)
{
	int64_t ended = 0;
	int ret = run(sql, "SELECT ended + 1 FROM call ORDER BY ended LIMIT 1 OFFSET ?1",
		      *calls / 10, &ended);

	if (ret == SQLITE_OK)
		ret = ksrtp_ledger_fold(sql, ended);
	return ret == SQLITE_OK ? ksrtp_ledger_count(sql, calls) : ret;
}

int ksrtp_ledger_forget(sqlite3 *sql, int64_t day)
{
	return run(sql, "DELETE FROM day WHERE day < ?1", day, NULL);
}
