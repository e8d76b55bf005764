// SPDX-License-Identifier: GPL-2.0-or-later
/* The ledger: what is written down and what is not, sums of days, and files that cannot be used. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/call/coverage.h"
#include "daemon/call/ledger_inside.h"
#include "tests/unit/net_bed.h"

#define DAY	86400

struct world {
	struct bed bed;
	struct ksrtp_ledger *ledger;
	char path[128], out[256];
};

static const struct ksrtp_config_side phones = { .name = "phone" };
static const struct ksrtp_config_side core = { .name = "core", .core = true };

static int open_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	net_open(&w->bed, NULL);
	snprintf(w->path, sizeof(w->path), "%s/ledger.db", w->bed.dir);
	*state = w;
	return 0;
}

static int close_world(void **state)
{
	struct world *w = *state;

	net_close(&w->bed);
	free(w);
	return 0;
}

static void start(struct world *w)
{
	assert_int_equal(ksrtp_ledger_open(&w->ledger, &w->bed.loop, w->bed.dir), 0);
}

static void stop(struct world *w)
{
	ksrtp_ledger_close(w->ledger);
	w->ledger = NULL;
}

/* A call of a phone at that address, in SRTP by TLS, to the core, in clear. */
static void end_call_to(struct world *w, const char *phone, const char *core_name, bool answered,
			uint64_t packets)
{
	struct ksrtp_call_total total[2] = {
		{ .grade = { KSRTP_GRADE_SDES, packets ? KSRTP_GRADE_SDES : KSRTP_GRADE_NONE,
			     KSRTP_GRADE_TLS },
		  .rx_packets = packets, .rx_secure = packets },
		{ .grade = { KSRTP_GRADE_CLEAR, packets ? KSRTP_GRADE_CLEAR : KSRTP_GRADE_NONE,
			     KSRTP_GRADE_EXPOSED },
		  .tx_packets = packets },
	};
	struct ksrtp_call call = { .answered = answered };

	total[0].verdict[KSRTP_VERDICT_OK] = packets;
	call.since = ksrtp_loop_now(&w->bed.loop);
	call.call_id = (char *)"no-call-id@example.org";
	call.end[0].side = &phones;
	call.end[0].hop.transport = KSRTP_TRANSPORT_TLS;
	call.end[0].certificate = KSRTP_PROOF_NONE;
	assert_int_equal(ksrtp_addr_parse(&call.end[0].hop.remote, phone, strlen(phone)), 0);
	call.end[1].side = &core;
	call.end[1].name = (char *)core_name;
	call.end[1].hop.transport = KSRTP_TRANSPORT_UDP;
	call.end[1].certificate = KSRTP_PROOF_CLEAR;
	ksrtp_ledger_put(w->ledger, &call, total, "hung up");
}

static void end_call(struct world *w, const char *phone, bool answered, uint64_t packets)
{
	end_call_to(w, phone, "pbx.example", answered, packets);
}

static sqlite3 *look(struct world *w)
{
	sqlite3 *sql;

	assert_int_equal(sqlite3_open(w->path, &sql), SQLITE_OK);
	return sql;
}

/* The first column of the first row, as text. */
static const char *value(struct world *w, sqlite3 *sql, const char *text)
{
	sqlite3_stmt *s;

	assert_int_equal(sqlite3_prepare_v2(sql, text, -1, &s, NULL), SQLITE_OK);
	w->out[0] = 0;
	if (sqlite3_step(s) == SQLITE_ROW)
		snprintf(w->out, sizeof(w->out), "%s", (const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	return w->out;
}

static const char *once(struct world *w, const char *text)
{
	sqlite3 *sql = look(w);

	value(w, sql, text);
	sqlite3_close(sql);
	return w->out;
}

static void a_restart_keeps_calls_and_names(void **state)
{
	struct world *w = *state;
	struct stat st;

	start(w);
	end_call(w, "192.0.2.7:5061", true, 10);
	stop(w);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	start(w);
	end_call(w, "192.0.2.7:5062", true, 10);
	end_call(w, "192.0.2.8:5061", true, 0);
	stop(w);
	assert_string_equal(once(w, "SELECT count(*) FROM call"), "3");
	assert_string_equal(once(w, "SELECT count(*) FROM leg WHERE peer = 'pbx.example' AND"
				    " identity = 'clear'"), "3");
	/* one name an address, whatever the port */
	assert_string_equal(once(w, "SELECT count(DISTINCT peer) FROM leg WHERE side = 'phone' AND"
				    " peer LIKE 'host-%' AND length(peer) = 21"), "2");
	assert_string_equal(once(w, "SELECT grade || ', ' || identity FROM leg WHERE end = 0"),
			    "SDES, keys by TLS unauthenticated, unauthenticated");
	assert_string_equal(once(w, "SELECT group_concat(class) FROM call"),
			    "clear,clear,unproved");
}

static bool file_holds(const char *path, const char *text)
{
	static char bytes[1 << 20];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, bytes, sizeof(bytes));

	if (fd >= 0)
		close(fd);
	return n > 0 && memmem(bytes, (size_t)n, text, strlen(text));
}

static void no_address_and_no_call_id_stands_in_it(void **state)
{
	struct world *w = *state;
	char wal[160];

	start(w);
	end_call(w, "192.0.2.7:5061", true, 10);
	stop(w);
	snprintf(wal, sizeof(wal), "%s-wal", w->path);
	assert_true(file_holds(w->path, "pbx.example") || file_holds(wal, "pbx.example"));
	assert_false(file_holds(w->path, "192.0.2.7") || file_holds(wal, "192.0.2.7"));
	assert_false(file_holds(w->path, "example.org") || file_holds(wal, "example.org"));
}

static void a_core_that_is_configured_by_its_address_has_a_name_like_others(void **state)
{
	static const char *const text[] = { "192.0.2.9", "2001:db8::9", "[2001:db8::9]" };
	struct world *w = *state;
	unsigned int i;
	char wal[160];

	snprintf(wal, sizeof(wal), "%s-wal", w->path);
	start(w);
	for (i = 0; i < ARRAY_SIZE(text); i++)
		end_call_to(w, "192.0.2.9:5061", text[i], true, 10);
	stop(w);
	assert_false(file_holds(w->path, "192.0.2.9") || file_holds(wal, "192.0.2.9"));
	assert_false(file_holds(w->path, "2001:db8") || file_holds(wal, "2001:db8"));
	/* one address, one name */
	assert_string_equal(once(w, "SELECT count(*) || ' ' || count(DISTINCT peer) FROM leg"
				    " WHERE peer LIKE 'host-%'"), "6 2");
}

static void with_another_key_an_address_has_another_name(void **state)
{
	struct world *w = *state;
	char key[160];

	start(w);
	end_call(w, "192.0.2.7:5061", true, 10);
	stop(w);
	snprintf(key, sizeof(key), "%s/ledger.key", w->bed.dir);
	assert_int_equal(unlink(key), 0);
	start(w);
	end_call(w, "192.0.2.7:5061", true, 10);
	stop(w);
	assert_string_equal(once(w, "SELECT count(DISTINCT peer) FROM leg WHERE end = 0"), "2");
}

static void what_was_neither_answered_nor_heard_is_not_written(void **state)
{
	struct world *w = *state;

	start(w);
	end_call(w, "192.0.2.7:5061", false, 0);
	end_call(w, "192.0.2.7:5061", false, 4);
	stop(w);
	assert_string_equal(once(w, "SELECT count(*) || ' ' || sum(answered) FROM call"), "1 0");
	/* its packets count, it does not */
	assert_string_equal(once(w, "SELECT clear || ' ' || packets || ' ' || secure FROM part"
				    " WHERE kind = 'all'"), "0 8 4");
}

static void calls_of_before_a_week_are_sums_of_their_day(void **state)
{
	struct world *w = *state;
	unsigned int i;
	sqlite3 *sql;

	start(w);
	for (i = 0; i < 6; i++)
		end_call(w, i & 1 ? "192.0.2.7:5061" : "192.0.2.8:5061", true, 10);
	stop(w);
	sql = look(w);
	sqlite3_exec(sql, "UPDATE call SET ended = ended - 86400 *"
		     " CASE id WHEN 5 THEN 8 WHEN 6 THEN 10 ELSE id - 1 END", NULL, NULL, NULL);
	sqlite3_close(sql);
	/* the thread tidies up when it begins, and a call after that is written */
	start(w);
	end_call(w, "192.0.2.7:5061", true, 1);
	stop(w);
	/* five of today and the three days before; those of eight and ten days ago are sums */
	assert_string_equal(once(w, "SELECT count(*) FROM call"), "5");
	assert_string_equal(once(w, "SELECT count(*) FROM leg"), "10");
	assert_string_equal(once(w, "SELECT count(*) || ' ' || sum(clear) || ' ' || sum(packets)"
				    " || ' ' || sum(secure) FROM day WHERE kind = 'all'"),
			    "2 2 40 20");
	assert_string_equal(once(w, "SELECT count(*) || ' ' || sum(protected) FROM day WHERE"
				    " kind = 'peer' AND name LIKE 'host-%' AND transport = 'TLS'"
				    " AND identity = 'unauthenticated'"), "2 2");
}

static void a_day_names_so_many_peers_only(void **state)
{
	struct world *w = *state;
	char phone[32];
	unsigned int i;
	sqlite3 *sql;

	start(w);
	for (i = 0; i < KSRTP_LEDGER_PEERS + 10; i++) {
		snprintf(phone, sizeof(phone), "10.0.%u.%u:5061", i / 256, i % 256);
		end_call(w, phone, true, i + 1);
	}
	stop(w);
	sql = look(w);
	assert_int_equal(ksrtp_ledger_fold(sql, time(NULL) + DAY), SQLITE_OK);
	/* the core is one of them */
	assert_string_equal(value(w, sql, "SELECT sum(protected) FROM day WHERE kind = 'peer'"
				  " AND name = 'others'"), "11");
	assert_string_equal(value(w, sql, "SELECT count(DISTINCT name) FROM day WHERE"
				  " kind = 'peer'"), "1025");
	/* again, into the same sums */
	assert_int_equal(ksrtp_ledger_fold(sql, time(NULL) + DAY), SQLITE_OK);
	assert_string_equal(value(w, sql, "SELECT sum(clear) FROM day WHERE kind = 'all'"), "1034");
	assert_int_equal(ksrtp_ledger_forget(sql, time(NULL) / DAY + 1), SQLITE_OK);
	assert_string_equal(value(w, sql, "SELECT count(*) FROM day"), "0");
	sqlite3_close(sql);
}

static void too_many_calls_make_the_oldest_sums(void **state)
{
	struct world *w = *state;
	int64_t calls = 100;
	unsigned int i;
	sqlite3 *sql;

	start(w);
	for (i = 0; i < calls; i++)
		end_call(w, "192.0.2.7:5061", true, 1);
	stop(w);
	sql = look(w);
	sqlite3_exec(sql, "PRAGMA foreign_keys = ON; UPDATE call SET ended = ended - 1000 + id",
		     NULL, NULL, NULL);
	assert_int_equal(ksrtp_ledger_shrink(sql, &calls), SQLITE_OK);
	assert_int_equal(calls, 89);
	assert_string_equal(value(w, sql, "SELECT (SELECT count(*) FROM leg) || ' ' || sum(clear)"
				  " FROM day WHERE kind = 'all'"), "178 11");
	sqlite3_close(sql);
}

static bool is_aside(const struct world *w)
{
	char aside[160];
	struct stat st;

	snprintf(aside, sizeof(aside), "%s.bad", w->path);
	return !stat(aside, &st);
}

static void a_damaged_file_is_put_aside(void **state)
{
	struct world *w = *state;
	char rubbish[8192];
	int fd;

	memset(rubbish, 'x', sizeof(rubbish));
	fd = open(w->path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, rubbish, sizeof(rubbish)), sizeof(rubbish));
	close(fd);
	start(w);
	end_call(w, "192.0.2.7:5061", true, 1);
	stop(w);
	assert_true(is_aside(w));
	assert_string_equal(once(w, "SELECT count(*) FROM call"), "1");
}

static void a_file_damaged_later_is_put_aside_then(void **state)
{
	struct world *w = *state;
	char rubbish[65536];
	sqlite3 *sql;
	int fd, i;

	start(w);
	for (i = 0; i < 200; i++)
		end_call(w, "192.0.2.7:5061", true, 1);
	stop(w);
	start(w);
	/* all but the first page, which is read no more while nobody else has written */
	memset(rubbish, 'x', sizeof(rubbish));
	fd = open(w->path, O_WRONLY);
	assert_int_equal(pwrite(fd, rubbish, sizeof(rubbish), 4096), sizeof(rubbish));
	close(fd);
	end_call(w, "192.0.2.7:5061", true, 1);
	stop(w);
	assert_true(is_aside(w));
	sql = look(w);
	assert_string_equal(value(w, sql, "SELECT count(*) FROM call"), "1");
	sqlite3_close(sql);
}

static void a_locked_file_is_put_aside(void **state)
{
	struct world *w = *state;
	sqlite3 *other;

	start(w);
	stop(w);
	other = look(w);
	assert_int_equal(sqlite3_exec(other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE",
				      NULL, NULL, NULL), SQLITE_OK);
	start(w);
	end_call(w, "192.0.2.7:5061", true, 1);
	stop(w);
	sqlite3_close(other);
	assert_true(is_aside(w));
	assert_string_equal(once(w, "SELECT count(*) FROM call"), "1");
}

/* The limiter of lines remembers by what they were limited: a sanitizer sees what is freed. */
static void lines_are_limited_as_before_when_a_ledger_that_cannot_be_tidied_is_closed(void **state)
{
	struct world *w = *state;
	char said[4096] = "";
	sqlite3 *sql;
	int fd[2];

	start(w);
	end_call(w, "192.0.2.7:5061", true, 1);
	stop(w);
	/* a call to be summed up, and no view to do it by */
	sql = look(w);
	assert_int_equal(sqlite3_exec(sql, "UPDATE call SET ended = 0; DROP VIEW part;"
				      " CREATE TABLE part (empty)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(sql);
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(ksrtp_log_create(&w->bed.loop.log, fd[1], false), 0);
	start(w);
	stop(w);
	ksrtp_log_limited(w->bed.loop.log, KSRTP_LOG_ERROR, "another", "another line");
	assert_true(read(fd[0], said, sizeof(said) - 1) > 0);
	assert_non_null(strstr(said, "cannot be tidied"));
	assert_non_null(strstr(said, "another line"));
	ksrtp_log_destroy(w->bed.loop.log);
	w->bed.loop.log = NULL;
	close(fd[0]);
	close(fd[1]);
}

static void a_full_disk_costs_no_more_than_rows(void **state)
{
	struct world *w = *state;
	struct rlimit old, small;
	unsigned int i;

	start(w);
	end_call(w, "192.0.2.7:5061", true, 1);
	stop(w);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_IGN);
	start(w);
	small = (struct rlimit){ .rlim_cur = 131072, .rlim_max = old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (i = 0; i < 5000; i++)
		end_call(w, "192.0.2.7:5061", true, 1);
	stop(w);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	/* what was there is whole, and goes on */
	start(w);
	end_call(w, "192.0.2.7:5061", true, 1);
	stop(w);
	assert_false(is_aside(w));
	assert_in_range(atoi(once(w, "SELECT count(*) FROM call")), 2, 5001);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_restart_keeps_calls_and_names),
		TEST(no_address_and_no_call_id_stands_in_it),
		TEST(a_core_that_is_configured_by_its_address_has_a_name_like_others),
		TEST(with_another_key_an_address_has_another_name),
		TEST(what_was_neither_answered_nor_heard_is_not_written),
		TEST(calls_of_before_a_week_are_sums_of_their_day),
		TEST(a_day_names_so_many_peers_only),
		TEST(too_many_calls_make_the_oldest_sums),
		TEST(a_damaged_file_is_put_aside),
		TEST(a_file_damaged_later_is_put_aside_then),
		TEST(a_locked_file_is_put_aside),
		TEST(lines_are_limited_as_before_when_a_ledger_that_cannot_be_tidied_is_closed),
		TEST(a_full_disk_costs_no_more_than_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
