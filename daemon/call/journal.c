// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal's file. Called by keep.c on the loop's thread, which only copies records into a
 * buffer; the thread appends the buffer to the file, and when most of the file is of the past,
 * writes what still counts to a new one and renames it. At any moment one whole file has the name.
 *
 * A record is a mark, its length, its number, a hash of it all, and its bytes. The hash is keyed
 * with nothing: it finds what was cut off or overwritten, not what somebody made up, who would need
 * our rights.
 */
#include "daemon/call/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "daemon/call/record.h"

#define WAITING		(16u << 20)	/* bytes that may wait for the thread */
#define SLACK		(1u << 20)	/* of the past that is no reason to write a new file */
#define HEAD		24

static const char mark[4] = { 'k', 'S', 'J', '1' };

struct ksrtp_journal {
	struct ksrtp_log *log;
	char path[PATH_MAX], fresh[PATH_MAX];
	int fd;				/* the thread's, once it runs; so is what follows */
	size_t size, live;		/* of the file: now, and when it was made anew */
	uv_thread_t thread;
	bool running;
	uv_mutex_t lock;		/* for what follows */
	uv_cond_t wake;
	struct ksrtp_buf waiting;
	bool closing;
};

/* ---- records */

static uint64_t hash_of(uint64_t number, struct slice record)
{
	const uint64_t key[2] = { number, record.n };

	return ksrtp_slice_hash(record, key);
}

static void write_record(struct ksrtp_buf *out, uint64_t number, struct slice record)
{
	struct ksrtp_record r = { .out = out };

	ksrtp_buf_put(out, mark, sizeof(mark));
	ksrtp_record_number(&r, record.n, 4, UINT32_MAX);
	ksrtp_record_number(&r, number, 8, UINT64_MAX);
	ksrtp_record_number(&r, hash_of(number, record), 8, UINT64_MAX);
	ksrtp_buf_slice(out, record);
}

static bool read_record(struct slice at, uint64_t *number, struct slice *record)
{
	struct ksrtp_record r = { .in = ksrtp_slice_from(at, sizeof(mark)) };
	uint64_t hash;
	size_t n;

	if (at.n < HEAD || memcmp(at.p, mark, sizeof(mark)))
		return false;
	n = ksrtp_record_number(&r, 0, 4, KSRTP_JOURNAL_RECORD);
	*number = ksrtp_record_number(&r, 0, 8, UINT64_MAX);
	hash = ksrtp_record_number(&r, 0, 8, UINT64_MAX);
	if (r.bad || r.in.n < n)
		return false;
	*record = ksrtp_slice_head(r.in, n);
	return hash == hash_of(*number, *record);
}

unsigned int ksrtp_journal_scan(struct slice file, ksrtp_journal_fn fn, void *ctx)
{
	unsigned int damaged = 0;
	bool in_damage = false;
	struct slice record;
	uint64_t number;
	const char *next;

	while (file.n) {
		if (read_record(file, &number, &record)) {
			fn(ctx, number, record);
			file = ksrtp_slice_from(file, HEAD + record.n);
			in_damage = false;
			continue;
		}
		damaged += !in_damage;
		in_damage = true;
		next = memmem(file.p + 1, file.n - 1, mark, sizeof(mark));
		file = ksrtp_slice_from(file, next ? (size_t)(next - file.p) : file.n);
	}
	return damaged;
}

/* ---- what still counts */

struct entry {
	uint64_t number;
	struct slice record;
	size_t order;
};

struct entries {
	struct entry *entry;
	size_t n, room;
	bool failed;
};

static void add_entry(void *ctx, uint64_t number, struct slice record)
{
	struct entries *list = ctx;
	size_t room = list->room ? 2 * list->room : 1024;
	struct entry *more;

	if (list->n == list->room) {
		more = realloc(list->entry, room * sizeof(*more));
		list->failed |= !more;
		if (!more)
			return;
		list->entry = more;
		list->room = room;
	}
	list->entry[list->n] = (struct entry){ number, record, list->n };
	list->n++;
}

static int compare(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* The last of each number, and of these only those that have not ended. */
static void keep_living(struct entries *list)
{
	size_t i, to = 0;

	if (list->n)
		qsort(list->entry, list->n, sizeof(*list->entry), compare);
	for (i = 0; i < list->n; i++) {
		bool last = i + 1 == list->n ||
			    list->entry[i + 1].number != list->entry[i].number;

		if (last && list->entry[i].record.n)
			list->entry[to++] = list->entry[i];
	}
	list->n = to;
}

/* ---- files */

static int write_whole(int fd, const char *p, size_t n)
{
	ssize_t done;

	for (; n; p += done, n -= (size_t)done) {
		done = write(fd, p, n);
		if (done < 0 && errno != EINTR)
			return -errno;
		done = done < 0 ? 0 : done;
	}
	return 0;
}

/* The file at @fd in memory, to be unmapped; an empty one is an empty slice. */
static int map_file(int fd, struct slice *file)
{
	struct stat st;
	void *p;

	*file = SLICE("");
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (!st.st_size)
		return 0;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	*file = ksrtp_slice_of(p, (size_t)st.st_size);
	return 0;
}

static void unmap_file(struct slice file)
{
	if (file.n)
		munmap((void *)(uintptr_t)file.p, file.n);
}

/* A new file of what counts takes the name. On an error the old one stays. */
static int write_fresh(struct ksrtp_journal *j, const struct entries *list)
{
	struct ksrtp_buf out;
	size_t i, size = 0;
	int fd, err = 0;

	fd = open(j->fresh, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	ksrtp_buf_init(&out, HEAD + KSRTP_JOURNAL_RECORD);
	for (i = 0; !err && i < list->n; i++) {
		ksrtp_buf_reset(&out);
		write_record(&out, list->entry[i].number, list->entry[i].record);
		err = out.err ? out.err : write_whole(fd, out.p, out.n);
		size += out.n;
	}
	ksrtp_buf_free(&out);
	if (!err && rename(j->fresh, j->path))
		err = -errno;
	if (err) {
		(void)unlink(j->fresh);
		close(fd);
		return err;
	}
	close(j->fd);
	j->fd = fd;
	j->size = j->live = size;
	return 0;
}

/* Make the file anew; @setup: tell of what stands in it. */
static int renew(struct ksrtp_journal *j, const struct ksrtp_journal_setup *setup)
{
	struct entries list = { 0 };
	unsigned int damaged;
	struct slice file;
	size_t i;
	int err = map_file(j->fd, &file);

	if (err)
		return err;
	damaged = ksrtp_journal_scan(file, add_entry, &list);
	if (damaged)
		ksrtp_log_write(j->log, KSRTP_LOG_WARNING,
				"%s: damaged in %u places, what can be read is used", j->path,
				damaged);
	keep_living(&list);
	err = list.failed ? -ENOMEM : write_fresh(j, &list);
	if (setup && err && !list.failed) {
		/* what was read is good where nothing can be written: appended to, if at all */
		ksrtp_log_write(j->log, KSRTP_LOG_WARNING, "%s: %s; used as it is", j->fresh,
				strerror(-err));
		j->size = j->live = file.n;
		err = 0;
	}
	for (i = 0; setup && !err && i < list.n; i++)
		setup->each(setup->ctx, list.entry[i].number, list.entry[i].record);
	free(list.entry);
	unmap_file(file);
	return err;
}

/* ---- the thread */

static int append(struct ksrtp_journal *j, const struct ksrtp_buf *batch)
{
	int err = -EFBIG;

	if (j->size + batch->n <= KSRTP_JOURNAL_FILE)
		err = write_whole(j->fd, batch->p, batch->n);
	if (!err)
		j->size += batch->n;
	else if (ftruncate(j->fd, (off_t)j->size))
		err = -errno;	/* a torn record, which a reader skips */
	return err;
}

static void write_batch(struct ksrtp_journal *j, const struct ksrtp_buf *batch)
{
	int err = append(j, batch);

	if (err || j->size > 2 * j->live + SLACK) {
		(void)renew(j, NULL);
		err = err ? append(j, batch) : 0;
	}
	if (err)
		ksrtp_log_limited(j->log, KSRTP_LOG_ERROR, "journal",
				  "%s: %s; a restart would end calls", j->path, strerror(-err));
}

static void write_all(void *arg)
{
	struct ksrtp_journal *j = arg;
	struct ksrtp_buf batch;
	bool closing = false;

	ksrtp_buf_init(&batch, WAITING);
	while (!closing) {
		uv_mutex_lock(&j->lock);
		while (!j->waiting.n && !j->closing)
			uv_cond_wait(&j->wake, &j->lock);
		closing = j->closing;
		ksrtp_buf_free(&batch);
		batch = j->waiting;
		ksrtp_buf_init(&j->waiting, WAITING);
		uv_mutex_unlock(&j->lock);
		if (batch.n)
			write_batch(j, &batch);
	}
	ksrtp_buf_free(&batch);
}

/* ---- the loop's side */

void ksrtp_journal_put(struct ksrtp_journal *j, uint64_t number, struct slice record)
{
	size_t before;
	bool room;

	if (!j)
		return;
	uv_mutex_lock(&j->lock);
	before = j->waiting.n;
	room = record.n <= KSRTP_JOURNAL_RECORD && j->waiting.n + HEAD + record.n <= WAITING;
	if (room)
		write_record(&j->waiting, number, record);
	/* without memory nothing of it may stay: half a record would hide the next */
	if (j->waiting.err) {
		ksrtp_buf_cut(&j->waiting, before);
		room = false;
	}
	uv_cond_signal(&j->wake);
	uv_mutex_unlock(&j->lock);
	if (!room)
		ksrtp_log_limited(j->log, KSRTP_LOG_ERROR, "journal-queue",
				  "the journal does not follow: a restart would end calls");
}

void ksrtp_journal_drop(struct ksrtp_journal *j, uint64_t number)
{
	ksrtp_journal_put(j, number, SLICE(""));
}

static int open_file(struct ksrtp_journal *j, const struct ksrtp_journal_setup *setup)
{
	if ((size_t)snprintf(j->path, sizeof(j->path), "%s", setup->path) >= sizeof(j->path) ||
	    (size_t)snprintf(j->fresh, sizeof(j->fresh), "%s.new", setup->path) >=
	    sizeof(j->fresh))
		return -ENAMETOOLONG;
	j->fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	return j->fd < 0 ? -errno : renew(j, setup);
}

int ksrtp_journal_open(struct ksrtp_journal **out, const struct ksrtp_journal_setup *setup)
{
	struct ksrtp_journal *j = calloc(1, sizeof(*j));
	int err;

	if (!j)
		return -ENOMEM;
	j->log = setup->log;
	j->fd = -1;
	uv_mutex_init(&j->lock);
	uv_cond_init(&j->wake);
	ksrtp_buf_init(&j->waiting, WAITING);
	err = open_file(j, setup);
	if (err) {
		ksrtp_log_write(j->log, KSRTP_LOG_ERROR, "%s: %s; a restart would end calls",
				setup->path, strerror(-err));
		ksrtp_journal_close(j);
		return err;
	}
	err = uv_thread_create(&j->thread, write_all, j);
	if (err) {
		ksrtp_journal_close(j);
		return err;
	}
	j->running = true;
	*out = j;
	return 0;
}

void ksrtp_journal_close(struct ksrtp_journal *j)
{
	if (!j)
		return;
	uv_mutex_lock(&j->lock);
	j->closing = true;
	uv_cond_signal(&j->wake);
	uv_mutex_unlock(&j->lock);
	if (j->running)
		uv_thread_join(&j->thread);
	if (j->fd >= 0)
		close(j->fd);
	ksrtp_buf_free(&j->waiting);
	uv_cond_destroy(&j->wake);
	uv_mutex_destroy(&j->lock);
	free(j);
}
