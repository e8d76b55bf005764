/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log lines to a descriptor (stderr), in the manner journald understands ("<4>text").
 *
 * Rules: no secret, no user part of a URI; a line that a stranger can cause goes through
 * ksrtp_log_limited(). Safe from any thread.
 */
#ifndef KSRTP_LOG_H
#define KSRTP_LOG_H

#include <stdbool.h>

/* The numbers are syslog's. */
enum ksrtp_log_level {
	KSRTP_LOG_ERROR = 3,
	KSRTP_LOG_WARNING = 4,
	KSRTP_LOG_NOTICE = 5,
	KSRTP_LOG_INFO = 6,
	KSRTP_LOG_DEBUG = 7,
};

struct ksrtp_log;

/**
 * ksrtp_log_create - a log that writes to @fd, which stays the caller's
 * @prefixed: put the level in front of each line ("<6>"), as journald wants it
 *
 * Return: 0 or -ENOMEM.
 */
int ksrtp_log_create(struct ksrtp_log **log, int fd, bool prefixed);
void ksrtp_log_destroy(struct ksrtp_log *log);

/** Lines above @level are not written. The level starts at KSRTP_LOG_INFO. */
void ksrtp_log_level(struct ksrtp_log *log, enum ksrtp_log_level level);

/** Write one line; a NULL @log swallows it. Control characters become '?'. */
void ksrtp_log_write(struct ksrtp_log *log, enum ksrtp_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * ksrtp_log_limited - write one line, at most five in ten seconds for each @key
 * @key: a string literal that names the place; how many were left out is said later
 */
void ksrtp_log_limited(struct ksrtp_log *log, enum ksrtp_log_level level, const char *key,
		       const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
