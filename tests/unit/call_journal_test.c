// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal of calls: what comes back from it, damage, a full disk; and records of calls. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/file.h"
#include "daemon/call/journal.h"
#include "daemon/call/kept.h"

#define SEEN	64

struct world {
	char dir[64], path[128], said[128];
	struct ksrtp_log *log;
	int log_fd;
	struct ksrtp_journal *journal;
	unsigned int n;			/* what came back, in order */
	uint64_t number[SEEN];
	char text[SEEN][32];
	char last[32];
};

static void note(void *ctx, uint64_t number, struct slice record)
{
	struct world *w = ctx;

	if (w->n < SEEN) {
		w->number[w->n] = number;
		ksrtp_slice_copy(ksrtp_slice_head(record, 31), w->text[w->n], 32);
	}
	ksrtp_slice_copy(ksrtp_slice_head(record, 31), w->last, sizeof(w->last));
	w->n++;
}

static void start(struct world *w)
{
	struct ksrtp_journal_setup setup = {
		.log = w->log, .path = w->path, .each = note, .ctx = w,
	};

	w->n = 0;
	assert_int_equal(ksrtp_journal_open(&w->journal, &setup), 0);
}

static void stop(struct world *w)
{
	ksrtp_journal_close(w->journal);
	w->journal = NULL;
}

static void put(struct world *w, uint64_t number, const char *text)
{
	ksrtp_journal_put(w->journal, number, ksrtp_slice_str(text));
}

static int open_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	strcpy(w->dir, "/tmp/ksjournal-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->path, sizeof(w->path), "%s/calls", w->dir);
	snprintf(w->said, sizeof(w->said), "%s/log", w->dir);
	w->log_fd = open(w->said, O_RDWR | O_CREAT | O_APPEND, 0600);
	assert_true(w->log_fd >= 0);
	assert_int_equal(ksrtp_log_create(&w->log, w->log_fd, false), 0);
	*state = w;
	return 0;
}

static int close_world(void **state)
{
	struct world *w = *state;

	ksrtp_log_destroy(w->log);
	close(w->log_fd);
	unlink(w->path);
	unlink(w->said);
	/* nothing else may lie there */
	assert_int_equal(rmdir(w->dir), 0);
	free(w);
	return 0;
}

static bool said(const struct world *w, const char *what)
{
	char *text;
	size_t n;
	bool found;

	assert_int_equal(ksrtp_file_read(w->said, 1 << 20, &text, &n), 0);
	found = strstr(text, what) != NULL;
	free(text);
	return found;
}

static size_t size_of(const struct world *w)
{
	struct stat st;

	assert_int_equal(stat(w->path, &st), 0);
	return (size_t)st.st_size;
}

static void read_file(const struct world *w, char *bytes, size_t n)
{
	int fd = open(w->path, O_RDONLY);

	assert_int_equal(read(fd, bytes, n), n);
	close(fd);
}

static void write_file(const struct world *w, const char *bytes, size_t n)
{
	int fd = open(w->path, O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

/* ---- the file */

static void the_last_record_of_a_number_comes_back_and_what_ended_does_not(void **state)
{
	struct world *w = *state;

	start(w);
	assert_int_equal(w->n, 0);
	put(w, 3, "three");
	put(w, 1, "one");
	put(w, 2, "two");
	put(w, 3, "three again");
	ksrtp_journal_drop(w->journal, 2);
	stop(w);
	start(w);
	assert_int_equal(w->n, 2);
	assert_int_equal(w->number[0], 1);
	assert_string_equal(w->text[0], "one");
	assert_int_equal(w->number[1], 3);
	assert_string_equal(w->text[1], "three again");
	/* it goes on in the same file */
	ksrtp_journal_drop(w->journal, 1);
	put(w, 4, "four");
	stop(w);
	start(w);
	assert_int_equal(w->n, 2);
	assert_string_equal(w->text[0], "three again");
	assert_string_equal(w->text[1], "four");
	stop(w);
	assert_false(said(w, "damaged"));
}

static void a_torn_tail_costs_only_the_record_that_was_torn(void **state)
{
	struct world *w = *state;
	char bytes[512];
	size_t n, whole, cut;

	start(w);
	put(w, 1, "one");
	stop(w);
	whole = size_of(w);
	start(w);
	put(w, 2, "two, which is torn");
	stop(w);
	n = size_of(w);
	assert_true(n <= sizeof(bytes));
	read_file(w, bytes, n);
	for (cut = whole + 1; cut < n; cut++) {
		write_file(w, bytes, cut);
		start(w);
		assert_int_equal(w->n, 1);
		assert_string_equal(w->text[0], "one");
		stop(w);
		/* what was damaged is gone from the file */
		assert_int_equal(size_of(w), whole);
	}
	assert_true(said(w, "damaged in 1 places"));
}

/* Whatever byte is wrong: the other records come back, and never one that nobody wrote. */
static void garbage_is_skipped_and_counted(void **state)
{
	static const char *const text[] = { "one", "two", "three" };
	struct world *w = *state;
	char bytes[512], wrong[512];
	size_t n, at;
	unsigned int i, j;

	start(w);
	for (i = 0; i < 3; i++)
		put(w, i + 1, text[i]);
	stop(w);
	n = size_of(w);
	read_file(w, bytes, n);
	for (at = 0; at < n; at++) {
		memcpy(wrong, bytes, n);
		wrong[at] ^= 0x20;
		w->n = 0;
		assert_int_equal(ksrtp_journal_scan(ksrtp_slice_of(wrong, n), note, w), 1);
		assert_int_equal(w->n, 2);
		for (i = 0; i < w->n; i++) {
			j = (unsigned int)w->number[i] - 1;
			assert_in_range(j, 0, 2);
			assert_string_equal(w->text[i], text[j]);
		}
	}
	memset(wrong, 'k', sizeof(wrong));
	w->n = 0;
	assert_int_equal(ksrtp_journal_scan(ksrtp_slice_of(wrong, sizeof(wrong)), note, w), 1);
	assert_int_equal(w->n, 0);
	assert_int_equal(ksrtp_journal_scan(SLICE(""), note, w), 0);
}

static void the_file_stays_small_however_often_a_call_changes(void **state)
{
	struct world *w = *state;
	struct slice record;
	unsigned int i;
	char *big = malloc(16384);

	memset(big, 'x', 16384);
	record = ksrtp_slice_of(big, 16384);
	start(w);
	for (i = 0; i < 2000; i++)
		ksrtp_journal_put(w->journal, i % 4, record);
	put(w, 9, "nine");
	stop(w);
	assert_in_range(size_of(w), 1, (1 << 20) + 3 * 5 * 16500);
	start(w);
	assert_int_equal(w->n, 5);
	assert_string_equal(w->text[4], "nine");
	stop(w);
	free(big);
}

static void a_full_disk_is_said_and_hurts_nothing_that_was_written(void **state)
{
	struct world *w = *state;
	struct rlimit old, small;
	unsigned int i;

	start(w);
	put(w, 1, "one");
	stop(w);
	start(w);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_IGN);
	small = (struct rlimit){ .rlim_cur = 4096, .rlim_max = old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (i = 2; i < 2000; i++)
		put(w, i, "one of many");
	stop(w);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_true(said(w, "a restart would end calls"));
	start(w);
	assert_in_range(w->n, 1, 1998);
	assert_string_equal(w->text[0], "one");
	assert_false(said(w, "damaged"));
	put(w, 5000, "later");
	stop(w);
	start(w);
	assert_string_equal(w->last, "later");
	stop(w);
}

static void what_was_kept_comes_back_where_no_new_file_can_be_made(void **state)
{
	struct world *w = *state;
	char fresh[160];

	start(w);
	put(w, 1, "one");
	put(w, 2, "two");
	stop(w);
	snprintf(fresh, sizeof(fresh), "%s.new", w->path);
	assert_int_equal(mkdir(fresh, 0700), 0);
	start(w);
	assert_int_equal(w->n, 2);
	assert_string_equal(w->text[1], "two");
	assert_true(said(w, "calls.new: Is a directory; used as it is"));
	ksrtp_journal_drop(w->journal, 1);
	put(w, 3, "three");
	stop(w);
	assert_int_equal(rmdir(fresh), 0);
	start(w);
	assert_int_equal(w->n, 2);
	assert_string_equal(w->text[0], "two");
	assert_string_equal(w->text[1], "three");
	assert_false(said(w, "damaged"));
	stop(w);
}

static void a_file_that_cannot_be_had_is_said(void **state)
{
	struct world *w = *state;
	struct ksrtp_journal_setup setup = {
		.log = w->log, .path = "/dev/null", .each = note, .ctx = w,
	};
	struct ksrtp_journal *j = NULL;

	assert_int_equal(ksrtp_journal_open(&j, &setup), -EINVAL);
	assert_null(j);
	assert_true(said(w, "/dev/null: Invalid argument; a restart would end calls"));
	/* without a journal nothing is noted, and nothing breaks */
	ksrtp_journal_put(NULL, 1, SLICE("x"));
	ksrtp_journal_drop(NULL, 1);
	ksrtp_journal_close(NULL);
}

/* ---- the record of a call */

static void make_addr(struct ksrtp_addr *a, const char *text)
{
	assert_int_equal(ksrtp_addr_parse(a, text, strlen(text)), 0);
}

static void make_side(struct ksrtp_line_side *s, bool secure)
{
	static const char name[] = "AES_CM_128_HMAC_SHA1_80";

	s->promised = secure ? KSRTP_GRADE_SDES : KSRTP_GRADE_CLEAR;
	s->savp = secure;
	make_addr(&s->remote.rtp, secure ? "192.0.2.7:4000" : "[2001:db8::7]:4000");
	s->remote.source = KSRTP_SOURCE_LATCH;
	s->remote.secure_rx = s->remote.secure_tx = secure;
	s->n_own = 2;
	s->current = secure;
	s->own[0] = (struct ksrtp_line_own){ .tag = 1, .tag_digits = 1 };
	s->own[1] = (struct ksrtp_line_own){ .tag = 7, .tag_digits = 2, .used = secure };
	s->own[0].master.suite = s->own[1].master.suite = ksrtp_suite_find(name, strlen(name));
	memset(s->own[1].master.key, 'K', sizeof(s->own[1].master.key));
	memset(s->own[1].master.salt, 'K', sizeof(s->own[1].master.salt));
	memset(s->rx[0].key, 'K', sizeof(s->rx[0].key));
	s->n_rx = 1;
}

static void make_kept(struct ksrtp_kept *kept, struct ksrtp_kept_line line[2])
{
	unsigned int i;

	memset(kept, 0, sizeof(*kept));
	memset(line, 0, 2 * sizeof(*line));
	*kept = (struct ksrtp_kept){ .number = 17, .since = 1000, .deadline = 99000,
				     .call_id = SLICE("a84b4c76e66710"), .rung = 1,
				     .media = true };
	for (i = 0; i < 2; i++) {
		kept->end[i].core = i;
		kept->end[i].side = i ? SLICE("pbx") : SLICE("phones");
		kept->end[i].tag = i ? SLICE("tag1") : SLICE("tag0");
		kept->end[i].hop.transport = i ? KSRTP_TRANSPORT_TLS : KSRTP_TRANSPORT_UDP;
		make_addr(&kept->end[i].hop.local, "192.0.2.1:5060");
		make_addr(&kept->end[i].hop.remote, "192.0.2.9:5062");
		kept->end[i].gone.tx_packets = 5;
		make_addr(&kept->offer.local[i], "192.0.2.1");
		make_addr(&line[0].end[i].local, "192.0.2.1:30000");
		line[0].end[i].id = 70 + i;
		make_side(&line[0].line.side[i], !i);
	}
	kept->end[1].name = SLICE("pbx.example");
	kept->end[0].binding.id = 42;
	kept->end[0].binding.aor = SLICE("sip:alice@example.org");
	kept->end[0].binding.uri = SLICE("sip:alice@192.0.2.9");
	kept->end[0].binding.identity = SLICE("<urn:uuid:1>;1");
	kept->end[0].binding.hop = kept->end[0].hop;
	line[0].line.way = KSRTP_LINE_RELAY;
	line[1].line.way = KSRTP_LINE_CLOSED;
	strcpy(line[0].line.kind, "audio");
	kept->offer.session = 12;
	kept->offer.stable = true;
	kept->offer.origin[0] = (struct ksrtp_describe_origin){ 123456, 7 };
	kept->offer.settled[1].valid = true;
	kept->offer.settled[1].cseq = 4711;
	kept->offer.line = line;
	kept->offer.n = 2;
}

static void a_record_gives_its_call_back_and_no_key(void **state)
{
	struct ksrtp_kept_line line[2];
	const struct ksrtp_line_side *s;
	struct ksrtp_kept kept, got;
	struct ksrtp_buf out;

	make_kept(&kept, line);
	ksrtp_buf_init(&out, 65536);
	assert_int_equal(ksrtp_kept_write(&kept, &out), 0);
	assert_null(memmem(out.p, out.n, "KKK", 3));
	assert_int_equal(ksrtp_kept_read(&got, ksrtp_buf_view(&out)), 0);
	assert_int_equal(got.number, 17);
	assert_int_equal(got.deadline, 99000);
	assert_true(ksrtp_slice_is(got.call_id, "a84b4c76e66710"));
	assert_true(got.end[1].core && ksrtp_slice_is(got.end[1].side, "pbx"));
	assert_true(ksrtp_slice_is(got.end[1].tag, "tag1"));
	assert_true(ksrtp_slice_is(got.end[1].name, "pbx.example"));
	assert_true(ksrtp_hop_equal(&got.end[0].hop, &kept.end[0].hop));
	assert_int_equal(got.end[0].binding.id, 42);
	assert_true(ksrtp_slice_is(got.end[0].binding.identity, "<urn:uuid:1>;1"));
	assert_int_equal(got.end[1].gone.tx_packets, 5);
	assert_int_equal(got.offer.session, 12);
	assert_int_equal(got.offer.origin[0].version, 7);
	assert_int_equal(got.offer.settled[1].cseq, 4711);
	assert_int_equal(got.offer.n, 2);
	assert_int_equal(got.offer.line[0].end[1].id, 71);
	assert_string_equal(got.offer.line[0].line.kind, "audio");
	s = &got.offer.line[0].line.side[0];
	assert_int_equal(s->promised, KSRTP_GRADE_SDES);
	assert_true(ksrtp_addr_equal(&s->remote.rtp, &line[0].line.side[0].remote.rtp));
	assert_int_equal(s->current, 1);
	assert_int_equal(s->own[1].tag, 7);
	assert_ptr_equal(s->own[1].master.suite, line[0].line.side[0].own[1].master.suite);
	/* none of ours may come again, and none of theirs is known */
	assert_true(s->own[0].lost && s->own[1].lost);
	assert_int_equal(s->n_rx, 0);
	ksrtp_kept_free(&got);
	ksrtp_buf_free(&out);
}

static void a_record_cut_off_or_of_another_version_is_none(void **state)
{
	struct ksrtp_kept_line line[2];
	struct ksrtp_kept kept, got;
	struct ksrtp_buf out;
	size_t n;

	make_kept(&kept, line);
	ksrtp_buf_init(&out, 65536);
	assert_int_equal(ksrtp_kept_write(&kept, &out), 0);
	for (n = 0; n < out.n; n++)
		assert_int_equal(ksrtp_kept_read(&got, ksrtp_slice_of(out.p, n)), -EBADMSG);
	ksrtp_buf_put(&out, "", 1);
	assert_int_equal(ksrtp_kept_read(&got, ksrtp_buf_view(&out)), -EBADMSG);
	out.n--;
	out.p[0]++;
	assert_int_equal(ksrtp_kept_read(&got, ksrtp_buf_view(&out)), -EBADMSG);
	ksrtp_buf_free(&out);
}

/* What says too much of what it has: indices, lines without ends, ends without lines. */
static void a_record_that_contradicts_itself_is_none(void **state)
{
	struct ksrtp_kept_line line[2];
	struct ksrtp_kept kept, got;
	struct ksrtp_buf out;
	unsigned int i;

	for (i = 0; i < 6; i++) {
		make_kept(&kept, line);
		if (i == 0)
			line[0].line.side[0].current = 2;
		else if (i == 1)
			line[0].end[1].id = 0;
		else if (i == 2)
			line[1].line.way = KSRTP_LINE_RELAY;
		else if (i == 3)
			line[0].line.side[0].promised = KSRTP_GRADE_OPAQUE;
		else if (i == 4)
			line[1].line.raw = true;
		else
			line[0].line.side[0].n_own = line[0].line.side[0].current = 0;
		ksrtp_buf_init(&out, 65536);
		assert_int_equal(ksrtp_kept_write(&kept, &out), -EINVAL);
		assert_int_equal(ksrtp_kept_read(&got, ksrtp_buf_view(&out)), -EBADMSG);
		ksrtp_buf_free(&out);
	}
}

int main(void)
{
#define IN_WORLD(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
	const struct CMUnitTest tests[] = {
		IN_WORLD(the_last_record_of_a_number_comes_back_and_what_ended_does_not),
		IN_WORLD(a_torn_tail_costs_only_the_record_that_was_torn),
		IN_WORLD(garbage_is_skipped_and_counted),
		IN_WORLD(the_file_stays_small_however_often_a_call_changes),
		IN_WORLD(a_full_disk_is_said_and_hurts_nothing_that_was_written),
		IN_WORLD(what_was_kept_comes_back_where_no_new_file_can_be_made),
		IN_WORLD(a_file_that_cannot_be_had_is_said),
		cmocka_unit_test(a_record_gives_its_call_back_and_no_key),
		cmocka_unit_test(a_record_cut_off_or_of_another_version_is_none),
		cmocka_unit_test(a_record_that_contradicts_itself_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
