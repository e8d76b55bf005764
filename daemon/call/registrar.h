/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The built-in registrar, for a start without a PBX or for what a route gives to it: digest,
 * bindings, and calls between the users of the configuration.
 */
#ifndef KSRTP_CALL_REGISTRAR_H
#define KSRTP_CALL_REGISTRAR_H

#include "daemon/call/proxy.h"

int ksrtp_registrar_create(struct ksrtp_registrar **registrar, struct ksrtp_edge *edge);
void ksrtp_registrar_destroy(struct ksrtp_registrar *registrar);

/** ksrtp_registrar_register - answer a REGISTER (RFC 3261 section 10.3) */
void ksrtp_registrar_register(struct ksrtp_registrar *registrar, struct ksrtp_proxy *proxy);

/**
 * ksrtp_registrar_authorize - is an initial request from one of our users? (RFC 3261 section 22.3)
 * @headers: the challenge is appended when the answer is 407
 *
 * Return: 0, or the status to refuse it with.
 */
uint16_t ksrtp_registrar_authorize(struct ksrtp_registrar *registrar, struct ksrtp_proxy *proxy,
				   struct ksrtp_buf *headers);

/**
 * ksrtp_registrar_lookup - where the called user is: @proxy->out, ->uri, ->others
 *
 * Return: 0, 404 for nobody of ours, 480 for one who is not there, 500.
 */
uint16_t ksrtp_registrar_lookup(struct ksrtp_registrar *registrar, struct ksrtp_proxy *proxy);

/**
 * ksrtp_registrar_caller - the binding whose flow an authorized request came by
 *
 * Return: its id; 0 when the caller is not registered by that flow.
 */
uint64_t ksrtp_registrar_caller(struct ksrtp_registrar *registrar, const struct ksrtp_proxy *proxy);

/**
 * ksrtp_registrar_owns - is that address-of-record one of our users'?
 *
 * What a core accepted is no registration here, whatever name it was given.
 */
bool ksrtp_registrar_owns(const struct ksrtp_registrar *registrar, const char *aor);

#endif
