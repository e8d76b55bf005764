/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a request goes. The rule that keeps us from being an open relay stands here.
 */
#ifndef KSRTP_CALL_DISPATCH_H
#define KSRTP_CALL_DISPATCH_H

#include "daemon/call/proxy.h"

/**
 * ksrtp_dispatch_check - what every proxy checks before it forwards (RFC 3261 section 16.3)
 * @headers: header lines that the answer needs are appended
 *
 * Return: 0, or the status to refuse it with.
 */
uint16_t ksrtp_dispatch_check(struct ksrtp_proxy *proxy, struct ksrtp_buf *headers);

/**
 * ksrtp_dispatch_local - does it lead to the built-in registrar, or between two phones of its?
 *
 * After ksrtp_dispatch_check(), but for a REGISTER.
 */
bool ksrtp_dispatch_local(const struct ksrtp_proxy *proxy);

/**
 * ksrtp_dispatch_party - does it go to the other party of its call?
 *
 * A token leads to a phone, of whatever call it is. Without one the call says where it goes.
 */
bool ksrtp_dispatch_party(const struct ksrtp_proxy *proxy);

/**
 * ksrtp_dispatch_find - find out where it goes: @proxy->out, ->to_core, ->uri, ->others
 *
 * From phones: where a token of ours in its Route says, within a dialog; else by the routes to a
 * core or a registered phone. From a core: where a token of ours in Route or Request-URI says, then
 * by the routes.
 *
 * Return: 0, or the status to refuse it with.
 */
uint16_t ksrtp_dispatch_find(struct ksrtp_proxy *proxy);

#endif
