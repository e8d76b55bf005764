/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unprotect what arrived at a flow, protect what leaves by one. */
#ifndef KSRTP_KMOD_CRYPT_H
#define KSRTP_KMOD_CRYPT_H

#include "kmod/hook.h"

struct ksrtp_keyring;

/**
 * ksrtp_crypt_open - unprotect a packet with the rx keys of p->flow, and count it there
 * @p: parsed and admitted; its skb is linear and private
 * @ring: the keys, NULL: it arrives in clear by agreement
 *
 * Shortens p->len and the skb. Return: OK, or why it is not let in.
 */
enum ksrtp_verdict ksrtp_crypt_open(struct ksrtp_packet *p, const struct ksrtp_keyring *ring);

/**
 * ksrtp_crypt_seal - protect a packet with p->key, the tx key of p->peer, and count it there
 * @p: with tailroom for what it grows; without a key it leaves in clear by agreement
 *
 * Lengthens p->len and the skb. Return: OK, or why it may not be sent.
 */
enum ksrtp_verdict ksrtp_crypt_seal(struct ksrtp_packet *p);

#endif
