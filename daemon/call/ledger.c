// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ledger. Called by call.c when a call ends, on the loop's thread, which only copies; the
 * thread of the database (db.c) writes. Peers are domains, or an HMAC of their address with a key
 * of this host's own.
 */
#include "daemon/call/ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/base/file.h"
#include "daemon/call/coverage.h"
#include "daemon/call/db.h"
#include "daemon/call/ledger_inside.h"

#define KEY_BYTES	32
#define NAME_BYTES	8	/* of an HMAC: enough to tell peers apart */
#define DAY		86400

/* One direction of an m-line, as one end saw it. */
struct media {
	unsigned int line, end;
	bool out;
	const char *kind;
	enum ksrtp_grade_media promised, proved;
	const char *suite;
	uint64_t packets, secure;
};

struct leg {
	const char *side;
	char peer[KSRTP_COVERAGE_NAME];
	bool address;		/* @peer is one: it must not be written as it is */
	enum ksrtp_transport transport;
	enum ksrtp_proof certificate;
	struct ksrtp_grade grade;
	const char *suite;
	uint64_t packets[2], secure[2];	/* in, out */
};

struct entry {
	struct ksrtp_db_item item;
	int64_t ended;		/* seconds since 1970 */
	uint64_t seconds;
	bool answered;
	const char *why;
	struct leg leg[2];
	unsigned int n;
	struct media media[];
};

struct ksrtp_ledger {
	struct ksrtp_loop *loop;
	struct ksrtp_db *db;
	uint8_t key[KEY_BYTES];
	sqlite3_stmt *call, *leg, *media;	/* the thread's, as what follows */
	int64_t calls;				/* with rows of their own */
};

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS call (id INTEGER PRIMARY KEY, ended INTEGER NOT NULL,"
	" seconds INTEGER NOT NULL, answered INTEGER NOT NULL, cause TEXT NOT NULL,"
	" class TEXT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS call_ended ON call (ended);"
	"CREATE TABLE IF NOT EXISTS leg (call INTEGER NOT NULL REFERENCES call ON DELETE CASCADE,"
	" end INTEGER NOT NULL, side TEXT NOT NULL, peer TEXT NOT NULL, transport TEXT NOT NULL,"
	" identity TEXT NOT NULL, keys TEXT NOT NULL, promised TEXT NOT NULL,"
	" proved TEXT NOT NULL, grade TEXT NOT NULL, class TEXT NOT NULL, suite TEXT NOT NULL,"
	" rx_packets INTEGER NOT NULL, rx_secure INTEGER NOT NULL, tx_packets INTEGER NOT NULL,"
	" tx_secure INTEGER NOT NULL, PRIMARY KEY (call, end)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS media (call INTEGER NOT NULL REFERENCES call"
	" ON DELETE CASCADE, line INTEGER NOT NULL, end INTEGER NOT NULL, way TEXT NOT NULL,"
	" kind TEXT NOT NULL, promised TEXT NOT NULL, proved TEXT NOT NULL, suite TEXT NOT NULL,"
	" packets INTEGER NOT NULL, secure INTEGER NOT NULL, PRIMARY KEY (call, line, end, way))"
	" WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS day (day INTEGER NOT NULL, kind TEXT NOT NULL,"
	" name TEXT NOT NULL, transport TEXT NOT NULL, identity TEXT NOT NULL,"
	" clear INTEGER NOT NULL, opaque INTEGER NOT NULL, unproved INTEGER NOT NULL,"
	" exposed INTEGER NOT NULL, protected INTEGER NOT NULL, authenticated INTEGER NOT NULL,"
	" packets INTEGER NOT NULL, secure INTEGER NOT NULL,"
	" PRIMARY KEY (day, kind, name, transport, identity)) WITHOUT ROWID;"
	/* what each call counts as: in all, for the side and for the peer of each leg */
	"CREATE VIEW IF NOT EXISTS part AS"
	" WITH counted (call, kind, name, transport, identity, class, packets, secure) AS ("
	"  SELECT id, 'all', 'all calls', '', '', class,"
	"   (SELECT sum(rx_packets + tx_packets) FROM leg WHERE call = id),"
	"   (SELECT sum(rx_secure + tx_secure) FROM leg WHERE call = id) FROM call"
	"  UNION ALL SELECT call, 'side', side, transport, identity, class,"
	"   rx_packets + tx_packets, rx_secure + tx_secure FROM leg"
	"  UNION ALL SELECT call, 'peer', peer, transport, identity, class,"
	"   rx_packets + tx_packets, rx_secure + tx_secure FROM leg)"
	" SELECT ended, ended / 86400 AS day, kind, name, transport, identity,"
	"  answered AND counted.class = 'clear' AS clear,"
	"  answered AND counted.class = 'opaque' AS opaque,"
	"  answered AND counted.class = 'unproved' AS unproved,"
	"  answered AND counted.class = 'exposed' AS exposed,"
	"  answered AND counted.class = 'protected' AS protected,"
	"  answered AND counted.class = 'authenticated' AS authenticated, packets, secure"
	" FROM counted JOIN call ON call.id = counted.call;";

/* ---- what a call came to */

/* A core may be configured by its address. */
static void take_peer(const struct ksrtp_call_end *end, struct leg *leg)
{
	struct ksrtp_addr addr = end->hop.remote;

	leg->address = !end->name || !ksrtp_addr_parse(&addr, end->name, strlen(end->name));
	if (leg->address)
		ksrtp_addr_ip(&addr, leg->peer, sizeof(leg->peer));
	else
		snprintf(leg->peer, sizeof(leg->peer), "%s", end->name);
}

static void take_leg(const struct ksrtp_call *call, unsigned int i,
		     const struct ksrtp_call_total *total, struct leg *leg)
{
	const struct ksrtp_call_end *end = &call->end[i];

	leg->side = end->side->name;
	take_peer(end, leg);
	leg->transport = end->hop.transport;
	leg->certificate = end->certificate;
	leg->grade = total->grade;
	leg->suite = total->suite ? total->suite->name : "";
	leg->packets[0] = total->verdict[KSRTP_VERDICT_OK];
	leg->secure[0] = total->rx_secure;
	leg->packets[1] = total->tx_packets;
	leg->secure[1] = total->tx_secure;
}

static void take_ways(struct entry *e, const struct media *common,
		      const struct ksrtp_media_stats *stats)
{
	uint64_t packets[2] = { stats->verdict[KSRTP_VERDICT_OK], stats->tx_packets };
	uint64_t secure[2] = { stats->rx_secure, stats->tx_secure };
	unsigned int way;

	for (way = 0; way < 2; way++) {
		struct media *m = &e->media[e->n++];

		*m = *common;
		m->out = way;
		m->packets = packets[way];
		m->secure = secure[way];
		m->proved = ksrtp_grade_prove_way(m->promised, packets[way], secure[way]);
	}
}

/* The registered kinds (RFC 8866 section 8.2.2, RFC 6466): a party may write any word there. */
static const char *kind_of(const char *text)
{
	static const char *const kinds[] = {
		"audio", "video", "text", "application", "message", "image",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i], text))
			return kinds[i];
	return "other";
}

static void take_line(const struct ksrtp_call *call, unsigned int i, struct entry *e)
{
	struct ksrtp_offer_line line;
	struct media m = { .line = i };

	ksrtp_offer_line(call->offer, i, &line);
	if (!line.active)
		return;
	m.kind = kind_of(line.kind);
	for (m.end = 0; m.end < 2; m.end++) {
		struct ksrtp_media_stats stats;

		ksrtp_offer_stats(call->offer, i, m.end, &stats);
		m.promised = line.side[m.end].promised;
		m.suite = line.side[m.end].suite ? line.side[m.end].suite->name : "";
		take_ways(e, &m, &stats);
	}
}

void ksrtp_ledger_put(struct ksrtp_ledger *ledger, const struct ksrtp_call *call,
		      const struct ksrtp_call_total total[2], const char *why)
{
	unsigned int i, n = call->offer ? ksrtp_offer_lines(call->offer) : 0;
	uint64_t packets = 0;
	struct entry *e;

	for (i = 0; i < 2; i++)
		packets += total[i].verdict[KSRTP_VERDICT_OK] + total[i].tx_packets;
	if (!ledger || (!call->answered && !packets))
		return;
	e = calloc(1, sizeof(*e) + 4 * n * sizeof(*e->media));
	if (!e)
		return;
	e->ended = time(NULL);
	e->seconds = (ksrtp_loop_now(ledger->loop) - call->since) / 1000;
	e->answered = call->answered;
	e->why = why;
	for (i = 0; i < 2; i++)
		take_leg(call, i, &total[i], &e->leg[i]);
	for (i = 0; i < n; i++)
		take_line(call, i, e);
	ksrtp_db_put(ledger->db, &e->item);
}

/* ---- the thread */

static void free_entry(struct ksrtp_db_item *item)
{
	free(ksrtp_container(item, struct entry, item));
}

/* "host-" and half of an HMAC-SHA-256: the same for the same address, and no way back. */
static int hide(const struct ksrtp_ledger *ledger, struct leg *leg, char *name, size_t room)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	size_t n = 0, i, at;

	if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, ledger->key, sizeof(ledger->key),
		       (const uint8_t *)leg->peer, strlen(leg->peer), mac, sizeof(mac), &n))
		return SQLITE_NOMEM;
	at = (size_t)snprintf(name, room, "host-");
	for (i = 0; i < NAME_BYTES && at < room; i++)
		at += (size_t)snprintf(name + at, room - at, "%02x", mac[i]);
	return SQLITE_OK;
}

static int write_leg(struct ksrtp_ledger *ledger, sqlite3_int64 call, unsigned int end,
		     struct leg *leg)
{
	char name[KSRTP_COVERAGE_NAME], grade[KSRTP_GRADE_TEXT];
	sqlite3_stmt *s = ledger->leg;

	snprintf(name, sizeof(name), "%s", leg->peer);
	if (leg->address && hide(ledger, leg, name, sizeof(name)) != SQLITE_OK)
		return SQLITE_NOMEM;
	sqlite3_bind_int64(s, 1, call);
	sqlite3_bind_int(s, 2, (int)end);
	ksrtp_db_text(s, 3, leg->side);
	ksrtp_db_text(s, 4, name);
	ksrtp_db_text(s, 5, ksrtp_transport_name(leg->transport));
	ksrtp_db_text(s, 6, ksrtp_proof_word(leg->certificate));
	ksrtp_db_text(s, 7, ksrtp_grade_path_word(leg->grade.path));
	ksrtp_db_text(s, 8, ksrtp_grade_media_word(leg->grade.promised));
	ksrtp_db_text(s, 9, ksrtp_grade_media_word(leg->grade.proved));
	ksrtp_db_text(s, 10, ksrtp_grade_text(&leg->grade, grade, sizeof(grade)));
	ksrtp_db_text(s, 11, ksrtp_coverage_word(ksrtp_coverage_class_of(&leg->grade)));
	ksrtp_db_text(s, 12, leg->suite);
	sqlite3_bind_int64(s, 13, (sqlite3_int64)leg->packets[0]);
	sqlite3_bind_int64(s, 14, (sqlite3_int64)leg->secure[0]);
	sqlite3_bind_int64(s, 15, (sqlite3_int64)leg->packets[1]);
	sqlite3_bind_int64(s, 16, (sqlite3_int64)leg->secure[1]);
	return ksrtp_db_run(s);
}

static int write_media(struct ksrtp_ledger *ledger, sqlite3_int64 call, const struct media *m)
{
	sqlite3_stmt *s = ledger->media;

	sqlite3_bind_int64(s, 1, call);
	sqlite3_bind_int(s, 2, (int)m->line);
	sqlite3_bind_int(s, 3, (int)m->end);
	ksrtp_db_text(s, 4, m->out ? "out" : "in");
	ksrtp_db_text(s, 5, m->kind);
	ksrtp_db_text(s, 6, ksrtp_grade_media_word(m->promised));
	ksrtp_db_text(s, 7, ksrtp_grade_media_word(m->proved));
	ksrtp_db_text(s, 8, m->suite);
	sqlite3_bind_int64(s, 9, (sqlite3_int64)m->packets);
	sqlite3_bind_int64(s, 10, (sqlite3_int64)m->secure);
	return ksrtp_db_run(s);
}

static int write_entry(void *ctx, const struct ksrtp_db_item *item)
{
	struct entry *e = ksrtp_container(item, struct entry, item);
	struct ksrtp_grade grade = ksrtp_grade_min(e->leg[0].grade, e->leg[1].grade);
	struct ksrtp_ledger *ledger = ctx;
	sqlite3_stmt *s = ledger->call;
	sqlite3_int64 call;
	unsigned int i;
	int ret;

	sqlite3_bind_int64(s, 1, e->ended);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)e->seconds);
	sqlite3_bind_int(s, 3, e->answered);
	ksrtp_db_text(s, 4, e->why);
	ksrtp_db_text(s, 5, ksrtp_coverage_word(ksrtp_coverage_class_of(&grade)));
	ret = ksrtp_db_run(s);
	call = sqlite3_last_insert_rowid(sqlite3_db_handle(s));
	for (i = 0; i < 2 && ret == SQLITE_OK; i++)
		ret = write_leg(ledger, call, i, &e->leg[i]);
	for (i = 0; i < e->n && ret == SQLITE_OK; i++)
		ret = write_media(ledger, call, &e->media[i]);
	if (ret == SQLITE_OK && ++ledger->calls > KSRTP_LEDGER_CALLS)
		ret = ksrtp_ledger_shrink(sqlite3_db_handle(s), &ledger->calls);
	return ret;
}

static int tidy(void *ctx, sqlite3 *sql)
{
	struct ksrtp_ledger *ledger = ctx;
	int64_t today = time(NULL) / DAY;
	int ret = ksrtp_ledger_fold(sql, (today - KSRTP_LEDGER_DAYS + 1) * DAY);

	if (ret == SQLITE_OK)
		ret = ksrtp_ledger_forget(sql, today - KSRTP_LEDGER_SUMS);
	return ret == SQLITE_OK ? ksrtp_ledger_count(sql, &ledger->calls) : ret;
}

static int prepare(void *ctx, sqlite3 *sql)
{
	struct ksrtp_ledger *ledger = ctx;
	const struct {
		sqlite3_stmt **statement;
		const char *text;
	} row[] = {
		{ &ledger->call, "INSERT INTO call VALUES (NULL, ?1, ?2, ?3, ?4, ?5)" },
		{ &ledger->leg, "INSERT INTO leg VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
				" ?11, ?12, ?13, ?14, ?15, ?16)" },
		{ &ledger->media, "INSERT INTO media VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
				  " ?10)" },
	};
	int ret = ksrtp_ledger_count(sql, &ledger->calls);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(row) && ret == SQLITE_OK; i++)
		ret = sqlite3_prepare_v2(sql, row[i].text, -1, row[i].statement, NULL);
	return ret;
}

static void finalize(void *ctx)
{
	struct ksrtp_ledger *ledger = ctx;

	sqlite3_finalize(ledger->call);
	sqlite3_finalize(ledger->leg);
	sqlite3_finalize(ledger->media);
	ledger->call = ledger->leg = ledger->media = NULL;
}

static const struct ksrtp_db_ops ops = {
	.schema = schema,
	.what = "calls of the ledger",
	.loss = "the ledger begins anew",
	.queue = KSRTP_LEDGER_QUEUE,
	.open = prepare,
	.write = write_entry,
	.tidy = tidy,
	.close = finalize,
	.free = free_entry,
};

/* ---- life */

int ksrtp_ledger_open(struct ksrtp_ledger **out, struct ksrtp_loop *loop, const char *dir)
{
	struct ksrtp_ledger *ledger = calloc(1, sizeof(*ledger));
	char path[PATH_MAX];
	int err;

	if (!ledger)
		return -ENOMEM;
	ledger->loop = loop;
	err = snprintf(path, sizeof(path), "%s/ledger.key", dir) < (int)sizeof(path) ?
	      ksrtp_file_secret(path, ledger->key, sizeof(ledger->key)) : -ENAMETOOLONG;
	/* Without the file names of peers change with each process. */
	if (err > 0)
		err = 0;
	if (!err && snprintf(path, sizeof(path), "%s/ledger.db", dir) >= (int)sizeof(path))
		err = -ENAMETOOLONG;
	if (!err)
		err = ksrtp_db_open(&ledger->db, loop, path, &ops, ledger);
	if (err) {
		ksrtp_wipe(ledger, sizeof(*ledger));
		free(ledger);
	} else {
		*out = ledger;
	}
	return err;
}

void ksrtp_ledger_close(struct ksrtp_ledger *ledger)
{
	if (!ledger)
		return;
	ksrtp_db_close(ledger->db);
	ksrtp_wipe(ledger, sizeof(*ledger));
	free(ledger);
}

void ksrtp_ledger_ask(struct ksrtp_ledger *ledger, struct ksrtp_db_ask *ask)
{
	ksrtp_db_ask(ledger->db, ask);
}
