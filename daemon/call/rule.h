/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which core a request goes to that no token of ours directs.
 */
#ifndef KSRTP_CALL_RULE_H
#define KSRTP_CALL_RULE_H

#include "daemon/config.h"
#include "daemon/sip/uri.h"

/**
 * ksrtp_rule_find - the core of the first route that fits
 * @uri: the Request-URI; of a tel: URI the number is what a user part is of others
 * @from: the side the request came from; routes that lead back there do not fit
 *
 * A configuration without routes and with one core has one that phones fit.
 *
 * Return: NULL when none fits.
 */
const struct ksrtp_config_side *ksrtp_rule_find(const struct ksrtp_config *config,
						const struct ksrtp_uri *uri,
						const struct ksrtp_config_side *from);

#endif
