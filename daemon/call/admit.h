/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a new request may pass, and what it belongs to.
 */
#ifndef KSRTP_CALL_ADMIT_H
#define KSRTP_CALL_ADMIT_H

#include "daemon/call/proxy.h"

/**
 * ksrtp_admit_room - is there room, and has a phone not had more than its share?
 * @side: whose hop that is
 *
 * What belongs to a call passes.
 */
bool ksrtp_admit_room(struct ksrtp_edge *edge, const struct ksrtp_hop *hop,
		      const struct ksrtp_msg *msg, const struct ksrtp_config_side *side);

/** ksrtp_admit_begins - would it begin what lasts? While we drain, another edge shall have it. */
bool ksrtp_admit_begins(const struct ksrtp_proxy *proxy);

/** ksrtp_admit_registers - is it a REGISTER for the built-in registrar? */
bool ksrtp_admit_registers(const struct ksrtp_proxy *proxy);

/** ksrtp_admit_asks_us - a core's question to ourselves: OPTIONS of a keep-alive */
bool ksrtp_admit_asks_us(const struct ksrtp_proxy *proxy);

/** ksrtp_admit_call - find or begin the call it belongs to. Return: 0, 481, 500, 503 */
uint16_t ksrtp_admit_call(struct ksrtp_proxy *proxy);

/**
 * ksrtp_admit_request - may it pass, and where to? Sets what ksrtp_dispatch_find() does, and ->call
 * @headers: header lines that the answer needs are appended
 *
 * Return: 0, or the status to refuse it with.
 */
uint16_t ksrtp_admit_request(struct ksrtp_proxy *proxy, struct ksrtp_buf *headers);

#endif
