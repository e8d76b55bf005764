/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking ksrtpd over its control socket (the protocol is in daemon/ctl/socket.h).
 */
#ifndef KSRTP_CONTROL_H
#define KSRTP_CONTROL_H

#include <jansson.h>

#include "tools/ksrtp/command.h"

/**
 * ksrtp_control_ask - one question, one answer
 * @reply: out: a new reference to the "reply" of the daemon
 * @error: out on failure: a sentence, in a buffer of @size bytes
 *
 * Return: 0; -ENOENT or -ECONNREFUSED when no daemon listens; -EPROTO when it refused.
 */
int ksrtp_control_ask(const struct command *c, const char *question, json_t **reply, char *error,
		      size_t size);

/** ksrtp_control_tell - the same for a request with arguments, of which it takes the reference */
int ksrtp_control_tell(const struct command *c, json_t *request, json_t **reply, char *error,
		       size_t size);

#endif
