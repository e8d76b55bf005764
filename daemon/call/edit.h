/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What we change in a message that passes; all else stays byte for byte.
 */
#ifndef KSRTP_CALL_EDIT_H
#define KSRTP_CALL_EDIT_H

#include "daemon/call/proxy.h"

/**
 * ksrtp_edit_request - the request as it goes to proxy->out
 * @out: appended to; holds keys where it holds a session description
 * @why: what is wrong, where the reason is not the status' own
 *
 * Return: 0, or the status to refuse it with.
 */
uint16_t ksrtp_edit_request(struct ksrtp_proxy *proxy, struct ksrtp_buf *out, const char **why);

/**
 * ksrtp_edit_response - a response as it goes back
 *
 * Return: 0, or the status to answer instead.
 */
uint16_t ksrtp_edit_response(struct ksrtp_proxy *proxy, const struct ksrtp_msg *res,
			     struct ksrtp_buf *out, const char **why);

#endif
