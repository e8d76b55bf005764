/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What single values of the configuration look like. Each function returns whether the text is one.
 */
#ifndef KSRTP_CONFIG_VALUE_H
#define KSRTP_CONFIG_VALUE_H

#include "daemon/config.h"

/** ksrtp_config_listen_parse - "tls:0.0.0.0:5061", "udp:[::]:5060" */
bool ksrtp_config_listen_parse(struct ksrtp_config_listen *l, const char *text);

/** ksrtp_config_prefix_parse - "192.0.2.0/24", "2001:db8::1" */
bool ksrtp_config_prefix_parse(struct ksrtp_config_prefix *p, const char *text);

/** ksrtp_config_relay_parse - an address of this host, without a port */
bool ksrtp_config_relay_parse(struct ksrtp_addr *a, const char *text);

/** ksrtp_config_metrics_parse - a loopback address and a port */
bool ksrtp_config_metrics_parse(struct ksrtp_addr *a, const char *text);

/** ksrtp_config_ports_parse - "30000-39999" */
bool ksrtp_config_ports_parse(uint16_t *min, uint16_t *max, const char *text);

/** ksrtp_config_host_valid - a domain name or an address; IPv6 in brackets */
bool ksrtp_config_host_valid(const char *p, size_t n);

/**
 * struct ksrtp_config_uri - of the core
 * @host: points into the text, @n bytes
 * @port: 0: not said
 */
struct ksrtp_config_uri {
	bool secure;
	const char *host;
	size_t n;
	uint16_t port;
};

/** ksrtp_config_uri_parse - "sip:host", "sips:host:5061", "sip:[2001:db8::1]:5060" */
bool ksrtp_config_uri_parse(struct ksrtp_config_uri *u, const char *text);

/**
 * ksrtp_config_suites_add - one more suite of a list, by its name
 *
 * False for a name that <ksrtp/srtp.h> does not know, and for one that is in the list already.
 */
bool ksrtp_config_suites_add(struct ksrtp_config_sdes *sdes, const char *name);

#endif
