// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What single values of the configuration look like. Called by config.c, while a line is read and
 * once more when it is taken. Pure.
 */
#include "daemon/config_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* "tls:0.0.0.0:5061", "udp:[::]:5060" */
bool ksrtp_config_listen_parse(struct ksrtp_config_listen *l, const char *text)
{
	const char *colon = strchr(text, ':');

	if (!colon)
		return false;
	l->transport = ksrtp_transport_parse(text, (size_t)(colon - text));
	return l->transport != KSRTP_TRANSPORT_NONE &&
	       !ksrtp_addr_parse(&l->addr, colon + 1, strlen(colon + 1)) &&
	       ksrtp_addr_port(&l->addr);
}

/* "192.0.2.0/24", "2001:db8::1" */
bool ksrtp_config_prefix_parse(struct ksrtp_config_prefix *p, const char *text)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	unsigned long bits;
	char *end;
	size_t bytes;

	if (ksrtp_addr_parse(&p->addr, text, n) || ksrtp_addr_port(&p->addr))
		return false;
	ksrtp_addr_bytes(&p->addr, &bytes);
	p->bits = (unsigned)bytes * 8;
	if (!slash)
		return true;
	if (slash[1] < '0' || slash[1] > '9')
		return false;
	bits = strtoul(slash + 1, &end, 10);
	if (*end || bits > bytes * 8)
		return false;
	p->bits = (unsigned)bits;
	return true;
}

bool ksrtp_config_relay_parse(struct ksrtp_addr *a, const char *text)
{
	enum ksrtp_addr_kind kind;

	if (ksrtp_addr_parse(a, text, strlen(text)) || ksrtp_addr_port(a))
		return false;
	kind = ksrtp_addr_classify(a);
	return kind == KSRTP_ADDR_UNICAST || kind == KSRTP_ADDR_LOOPBACK;
}

bool ksrtp_config_metrics_parse(struct ksrtp_addr *a, const char *text)
{
	return !ksrtp_addr_parse(a, text, strlen(text)) && ksrtp_addr_port(a) &&
	       ksrtp_addr_classify(a) == KSRTP_ADDR_LOOPBACK;
}

bool ksrtp_config_ports_parse(uint16_t *min, uint16_t *max, const char *text)
{
	unsigned lo, hi;
	int used = 0;

	if (sscanf(text, "%5u-%5u%n", &lo, &hi, &used) != 2 || text[used])
		return false;
	/* An even and the odd port above it at least. */
	if (lo < 1024 || hi > 65535 || lo + 1 > hi)
		return false;
	*min = (uint16_t)lo;
	*max = (uint16_t)hi;
	return true;
}

bool ksrtp_config_host_valid(const char *p, size_t n)
{
	struct ksrtp_addr a;
	size_t i;

	if (!n || n > 253)
		return false;
	if (*p == '[')
		return !ksrtp_addr_parse(&a, p, n);
	for (i = 0; i < n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._",
			    p[i]))
			return false;
	return true;
}

/* "sip:host", "sips:host:5061", "sip:[2001:db8::1]:5060" */
bool ksrtp_config_uri_parse(struct ksrtp_config_uri *u, const char *text)
{
	const char *colon;
	unsigned long port;
	char *end;

	memset(u, 0, sizeof(*u));
	u->secure = !strncasecmp(text, "sips:", 5);
	if (!u->secure && strncasecmp(text, "sip:", 4))
		return false;
	u->host = text + (u->secure ? 5 : 4);
	colon = *u->host == '[' ? strchr(u->host, ']') : u->host;
	colon = colon ? strchr(colon, ':') : NULL;
	u->n = colon ? (size_t)(colon - u->host) : strlen(u->host);
	if (!ksrtp_config_host_valid(u->host, u->n))
		return false;
	if (!colon)
		return true;
	if (colon[1] < '1' || colon[1] > '9')
		return false;
	port = strtoul(colon + 1, &end, 10);
	if (*end || port > 65535)
		return false;
	u->port = (uint16_t)port;
	return true;
}

bool ksrtp_config_suites_add(struct ksrtp_config_sdes *sdes, const char *name)
{
	const struct ksrtp_suite *suite = ksrtp_suite_find(name, strlen(name));
	unsigned int n;

	for (n = 0; n < KSRTP_CONFIG_SUITES && sdes->suite[n]; n++)
		if (sdes->suite[n] == suite)
			return false;
	if (!suite || n == KSRTP_CONFIG_SUITES)
		return false;
	sdes->suite[n] = suite;
	return true;
}
