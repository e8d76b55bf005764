// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Log lines to one descriptor, limited where a stranger could cause them.
 *
 * Called from the loop's thread and from the workers of the user back end: a mutex guards the
 * counters of the limited keys; a line is one write(), so lines do not mix.
 */
#include "daemon/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KEYS		64	/* limited places at the same time; more share the last row */
#define BURST		5	/* lines a key and period */
#define PERIOD		10	/* seconds */
#define LINE_MAX_BYTES	1024

struct limit {
	const char *key;
	int64_t since;		/* second in which the period began */
	unsigned lines;
	unsigned left_out;
};

struct ksrtp_log {
	pthread_mutex_t lock;
	int fd;
	bool prefixed;
	int level;		/* atomic: read without the lock */
	struct limit limit[KEYS];	/* lock */
};

int ksrtp_log_create(struct ksrtp_log **log, int fd, bool prefixed)
{
	struct ksrtp_log *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	pthread_mutex_init(&l->lock, NULL);
	l->fd = fd;
	l->prefixed = prefixed;
	l->level = KSRTP_LOG_INFO;
	*log = l;
	return 0;
}

void ksrtp_log_destroy(struct ksrtp_log *log)
{
	if (!log)
		return;
	pthread_mutex_destroy(&log->lock);
	free(log);
}

void ksrtp_log_level(struct ksrtp_log *log, enum ksrtp_log_level level)
{
	__atomic_store_n(&log->level, (int)level, __ATOMIC_RELAXED);
}

static bool wanted(const struct ksrtp_log *log, enum ksrtp_log_level level)
{
	return log && (int)level <= __atomic_load_n(&log->level, __ATOMIC_RELAXED);
}

static void put(struct ksrtp_log *log, enum ksrtp_log_level level, const char *fmt, va_list ap)
{
	char line[LINE_MAX_BYTES];
	size_t head = 0, n, i;
	int got;

	if (log->prefixed)
		head = (size_t)snprintf(line, sizeof(line), "<%d>", (int)level);
	got = vsnprintf(line + head, sizeof(line) - head - 1, fmt, ap);
	if (got < 0)
		return;
	n = head + (size_t)got;
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	/* What a peer sent may stand in the line: it must not forge another or steer a terminal. */
	for (i = head; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	/* A log that cannot be written is nothing that could be reported anywhere. */
	if (write(log->fd, line, n) < 0)
		return;
}

void ksrtp_log_write(struct ksrtp_log *log, enum ksrtp_log_level level, const char *fmt, ...)
{
	va_list ap;

	if (!wanted(log, level))
		return;
	va_start(ap, fmt);
	put(log, level, fmt, ap);
	va_end(ap);
}

static struct limit *find_limit(struct ksrtp_log *log, const char *key)
{
	size_t i;

	for (i = 0; i < KEYS - 1 && log->limit[i].key; i++)
		if (!strcmp(log->limit[i].key, key))
			return &log->limit[i];
	log->limit[i].key = key;
	return &log->limit[i];
}

/* May a line of @key be written now? @left_out: how many were not since the last time. */
static bool admit(struct ksrtp_log *log, const char *key, unsigned *left_out)
{
	struct timespec now;
	struct limit *l;
	bool ok;

	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&log->lock);
	l = find_limit(log, key);
	*left_out = 0;
	if (!l->lines || now.tv_sec - l->since >= PERIOD) {
		*left_out = l->left_out;
		l->since = now.tv_sec;
		l->lines = 0;
		l->left_out = 0;
	}
	ok = l->lines < BURST;
	if (ok)
		l->lines++;
	else
		l->left_out++;
	pthread_mutex_unlock(&log->lock);
	return ok;
}

void ksrtp_log_limited(struct ksrtp_log *log, enum ksrtp_log_level level, const char *key,
		       const char *fmt, ...)
{
	unsigned left_out;
	va_list ap;

	if (!wanted(log, level) || !admit(log, key, &left_out))
		return;
	if (left_out)
		ksrtp_log_write(log, level, "%s: %u more like this were not logged", key, left_out);
	va_start(ap, fmt);
	put(log, level, fmt, ap);
	va_end(ap);
}
