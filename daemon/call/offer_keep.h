/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Offers and answers over a restart.
 */
#ifndef KSRTP_CALL_OFFER_KEEP_H
#define KSRTP_CALL_OFFER_KEEP_H

#include "daemon/call/kept.h"

/**
 * ksrtp_offer_keep - the state in force, without keys; what is pending is not kept
 * @kept: all zero; to be freed by ksrtp_kept_free()
 *
 * Return: 0 or -ENOMEM.
 */
int ksrtp_offer_keep(const struct ksrtp_offer *offer, struct ksrtp_kept_offer *kept);

/**
 * ksrtp_offer_restore - go on with it: flows are adopted as they stand
 * @policy: of side 0 and of side 1; @local as @kept has it
 *
 * Our keys are gone with the process that made them, so the next offer or answer that passes
 * carries new ones, and a new version in o= (RFC 3264 section 8).
 * Return: 0; -ESTALE when the kept session has no name; as ksrtp_media_session_adopt() and
 * ksrtp_media_flow_adopt(): then the session, if it was adopted, has ended.
 */
int ksrtp_offer_restore(struct ksrtp_offer **offer, struct ksrtp_media *media,
			const struct ksrtp_offer_policy policy[2],
			const struct ksrtp_kept_offer *kept);

#endif
