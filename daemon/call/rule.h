/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who gets a request that no token of ours directs.
 */
#ifndef KSRTP_CALL_RULE_H
#define KSRTP_CALL_RULE_H

#include "daemon/config.h"
#include "daemon/sip/uri.h"

enum ksrtp_rule {
	KSRTP_RULE_NOBODY,
	KSRTP_RULE_CORE,
	KSRTP_RULE_REGISTRAR,	/* the built-in one */
};

/**
 * ksrtp_rule_find - where the first route that fits leads
 * @uri: the Request-URI; of a tel: URI the number is what a user part is of others
 * @from: the side the request came from; routes that lead back there do not fit
 * @core: gets the core; NULL otherwise
 *
 * From one core to another nothing goes unless a route names the first in its @from: a trunk must
 * not dial out by another one because nobody thought of it. A configuration without routes has one
 * that phones fit, to its core or else to the registrar.
 */
enum ksrtp_rule ksrtp_rule_find(const struct ksrtp_config *config, const struct ksrtp_uri *uri,
				const struct ksrtp_config_side *from,
				const struct ksrtp_config_side **core);

#endif
