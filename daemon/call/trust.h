/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an untrusted side may not assert, and what it may not see (RFC 3325 sections 5 and 7).
 */
#ifndef KSRTP_CALL_TRUST_H
#define KSRTP_CALL_TRUST_H

#include "daemon/base/splice.h"
#include "daemon/sip/msg.h"

/** ksrtp_trust_strip - take asserted identities and charging headers out. Return: list's error */
int ksrtp_trust_strip(struct ksrtp_splice *list, const struct ksrtp_msg *msg);

/** ksrtp_trust_hide - towards phones: an identity that its owner wants kept from them goes */
int ksrtp_trust_hide(struct ksrtp_splice *list, const struct ksrtp_msg *msg);

#endif
