/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's control socket: what "ksrtp calls" and "ksrtp status" ask.
 *
 * A stream socket in the file system, mode 0600. The protocol is one JSON object a line, each
 * way, in order; several requests may be sent on one connection:
 *
 *	→ {"cmd":"calls"}\n
 *	← {"cmd":"calls","reply":[…]}\n
 *	→ {"cmd":"nonsense"}\n
 *	← {"error":"unknown command \"nonsense\"; known: calls, connections, …"}\n
 *
 * "reply" is any JSON value. Members of the request beside "cmd" are the command's arguments.
 * A request line is at most 64 KiB. Commands: calls, connections, coverage, drain, ledger, peers,
 * registrations, status, trace; "commands" lists them.
 */
#ifndef KSRTP_CTL_SOCKET_H
#define KSRTP_CTL_SOCKET_H

#include <jansson.h>

#include "daemon/net/loop.h"

struct ksrtp_ctl;

/**
 * Answer one command.
 * @request: the whole request object, borrowed
 * @error: set it to a sentence (a literal) and return NULL to refuse
 *
 * Return: a new reference, sent as "reply"; NULL after ksrtp_ctl_later().
 */
typedef json_t *(*ksrtp_ctl_fn)(void *ctx, const json_t *request, const char **error);

/**
 * ksrtp_ctl_create - take @path
 *
 * Who connects waits until ksrtp_ctl_serve(). A socket left by a daemon that is no more is
 * replaced; a live one is -EADDRINUSE.
 *
 * Return: 0 or a negative errno.
 */
int ksrtp_ctl_create(struct ksrtp_ctl **ctl, struct ksrtp_loop *loop, const char *path);
void ksrtp_ctl_destroy(struct ksrtp_ctl *ctl);

/** ksrtp_ctl_serve - answer from now on. Return: 0 or a negative errno */
int ksrtp_ctl_serve(struct ksrtp_ctl *ctl);

/**
 * ksrtp_ctl_add - serve @cmd by @fn
 * @cmd: a literal
 *
 * Return: 0, -EEXIST, -ENOMEM. A NULL @ctl takes anything (tests without a socket).
 */
int ksrtp_ctl_add(struct ksrtp_ctl *ctl, const char *cmd, ksrtp_ctl_fn fn, void *ctx);

struct ksrtp_ctl_later;

/**
 * ksrtp_ctl_later - the command that is being served will be answered by ksrtp_ctl_answer()
 *
 * From inside a ksrtp_ctl_fn; that connection waits, others do not. Return: NULL without memory.
 */
struct ksrtp_ctl_later *ksrtp_ctl_later(struct ksrtp_ctl *ctl);

/**
 * ksrtp_ctl_answer - now; exactly once, also when whoever asked has gone
 * @reply: takes the reference; NULL: refused, for the sentence in @error
 */
void ksrtp_ctl_answer(struct ksrtp_ctl_later *later, json_t *reply, const char *error);

/** Serve @cmd no more. */
void ksrtp_ctl_remove(struct ksrtp_ctl *ctl, const char *cmd);

#endif
