/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How text looks: colours on a terminal (NO_COLOR respected), numbers and units for people.
 */
#ifndef KSRTP_TERMINAL_H
#define KSRTP_TERMINAL_H

#include <ksrtp/port.h>

enum terminal_style {
	TERMINAL_PLAIN,
	TERMINAL_OBJECT,	/* kind of object: bold green */
	TERMINAL_FIELD,		/* field name: bold */
	TERMINAL_UNIT,		/* cyan */
	TERMINAL_TROUBLE,	/* red */
	TERMINAL_GOOD,		/* green */
};

/** ksrtp_terminal_init - find out once whether standard output takes colours */
void ksrtp_terminal_init(void);
/** ksrtp_terminal_home - begin a new screen, on a terminal */
void ksrtp_terminal_home(void);
/** ksrtp_terminal_put - print in a style */
void ksrtp_terminal_put(enum terminal_style style, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** ksrtp_terminal_field - indent, name in bold, colon, blank */
void ksrtp_terminal_field(int indent, const char *name);

/** ksrtp_terminal_safe - '?' for all but ASCII's printable: no peer's text steers the terminal */
char ksrtp_terminal_safe(char c);

/* Each writes into a buffer of at least 48 bytes and returns it. */
#define TERMINAL_NUMBER 48
/** ksrtp_terminal_count - 12,604 */
const char *ksrtp_terminal_count(char *out, u64 n);
/** ksrtp_terminal_bytes - print 2.10 MiB with the unit in its style */
void ksrtp_terminal_bytes(u64 n);
/** ksrtp_terminal_duration - print 4 minutes, 12 seconds with the units in their style */
void ksrtp_terminal_duration(u64 seconds);

#endif
