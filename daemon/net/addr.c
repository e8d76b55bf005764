// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IP addresses as values. Called by every layer; no state, any thread.
 */
#include "daemon/net/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

int ksrtp_addr_make(struct ksrtp_addr *a, const void *bytes, size_t n, uint16_t port)
{
	memset(a, 0, sizeof(*a));
	if (n == 4) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(port);
		memcpy(&a->in.sin_addr, bytes, 4);
		return 0;
	}
	if (n != 16)
		return -EAFNOSUPPORT;
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = htons(port);
	memcpy(&a->in6.sin6_addr, bytes, 16);
	return 0;
}

int ksrtp_addr_from(struct ksrtp_addr *a, const struct sockaddr *sa, socklen_t n)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	memset(a, 0, sizeof(*a));
	if (n >= sizeof(in) && sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		return ksrtp_addr_make(a, &in.sin_addr, 4, ntohs(in.sin_port));
	}
	if (n < sizeof(in6) || sa->sa_family != AF_INET6)
		return -EAFNOSUPPORT;
	memcpy(&in6, sa, sizeof(in6));
	if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
		return ksrtp_addr_make(a, &in6.sin6_addr.s6_addr[12], 4, ntohs(in6.sin6_port));
	ksrtp_addr_make(a, &in6.sin6_addr, 16, ntohs(in6.sin6_port));
	/* A scope means something for link-local addresses only; elsewhere it would spoil ==. */
	if (IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr))
		a->in6.sin6_scope_id = in6.sin6_scope_id;
	return 0;
}

/* "65535" and nothing else. */
static int parse_port(const char *text, size_t n, uint16_t *port)
{
	unsigned v = 0;
	size_t i;

	if (!n || n > 5)
		return -EINVAL;
	for (i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		v = v * 10 + (unsigned)(text[i] - '0');
	}
	if (v > 65535)
		return -EINVAL;
	*port = (uint16_t)v;
	return 0;
}

static int parse_ip(struct ksrtp_addr *a, const char *text, size_t n, uint16_t port)
{
	unsigned char bytes[16];
	char ip[64], *scope;

	if (n >= sizeof(ip))
		return -EINVAL;
	memcpy(ip, text, n);
	ip[n] = 0;
	if (strlen(ip) != n)
		return -EINVAL;
	if (inet_pton(AF_INET, ip, bytes) == 1)
		return ksrtp_addr_make(a, bytes, 4, port);
	scope = strchr(ip, '%');
	if (scope)
		*scope++ = 0;
	if (inet_pton(AF_INET6, ip, bytes) != 1)
		return -EINVAL;
	ksrtp_addr_make(a, bytes, 16, port);
	if (scope) {
		a->in6.sin6_scope_id = if_nametoindex(scope);
		if (!IN6_IS_ADDR_LINKLOCAL(&a->in6.sin6_addr) || !a->in6.sin6_scope_id) {
			memset(a, 0, sizeof(*a));
			return -EINVAL;
		}
	}
	return 0;
}

int ksrtp_addr_parse(struct ksrtp_addr *a, const char *text, size_t n)
{
	const char *end = text + n, *colon, *close;
	uint16_t port = 0;

	memset(a, 0, sizeof(*a));
	if (!n)
		return -EINVAL;
	if (*text == '[') {
		close = memchr(text, ']', n);
		if (!close)
			return -EINVAL;
		if (close + 1 != end && (close[1] != ':' ||
					 parse_port(close + 2, (size_t)(end - close - 2), &port)))
			return -EINVAL;
		if (!memchr(text, ':', (size_t)(close - text)))
			return -EINVAL;
		return parse_ip(a, text + 1, (size_t)(close - text - 1), port);
	}
	colon = memchr(text, ':', n);
	/* One colon parts address and port, several make an IPv6 address without a port. */
	if (!colon || memchr(colon + 1, ':', (size_t)(end - colon - 1)))
		return parse_ip(a, text, n, 0);
	if (parse_port(colon + 1, (size_t)(end - colon - 1), &port))
		return -EINVAL;
	return parse_ip(a, text, (size_t)(colon - text), port);
}

const char *ksrtp_addr_ip(const struct ksrtp_addr *a, char *out, size_t n)
{
	char ip[INET6_ADDRSTRLEN] = "-", name[IF_NAMESIZE];
	size_t len;

	if (a->family != AF_UNSPEC)
		inet_ntop(a->family, ksrtp_addr_bytes(a, &len), ip, sizeof(ip));
	if (a->family == AF_INET6 && a->in6.sin6_scope_id &&
	    if_indextoname(a->in6.sin6_scope_id, name))
		snprintf(out, n, "%s%%%s", ip, name);
	else
		snprintf(out, n, "%s", ip);
	return out;
}

const char *ksrtp_addr_format(const struct ksrtp_addr *a, char *out, size_t n)
{
	char ip[KSRTP_ADDR_TEXT];

	ksrtp_addr_ip(a, ip, sizeof(ip));
	if (a->family == AF_INET6)
		snprintf(out, n, "[%s]:%u", ip, ksrtp_addr_port(a));
	else
		snprintf(out, n, "%s:%u", ip, ksrtp_addr_port(a));
	return out;
}

uint16_t ksrtp_addr_port(const struct ksrtp_addr *a)
{
	/* The port stands at the same place in both families; "no address" has port 0. */
	return ntohs(a->in.sin_port);
}

void ksrtp_addr_set_port(struct ksrtp_addr *a, uint16_t port)
{
	a->in.sin_port = htons(port);
}

socklen_t ksrtp_addr_len(const struct ksrtp_addr *a)
{
	return a->family == AF_INET ? sizeof(a->in) : sizeof(a->in6);
}

const uint8_t *ksrtp_addr_bytes(const struct ksrtp_addr *a, size_t *n)
{
	if (a->family == AF_INET) {
		*n = 4;
		return (const uint8_t *)&a->in.sin_addr;
	}
	*n = a->family == AF_INET6 ? 16 : 0;
	return a->in6.sin6_addr.s6_addr;
}

bool ksrtp_addr_equal(const struct ksrtp_addr *a, const struct ksrtp_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

bool ksrtp_addr_same_ip(const struct ksrtp_addr *a, const struct ksrtp_addr *b)
{
	struct ksrtp_addr x = *a;

	x.in.sin_port = b->in.sin_port;
	return ksrtp_addr_equal(&x, b);
}

bool ksrtp_addr_in_prefix(const struct ksrtp_addr *a, const struct ksrtp_addr *net, unsigned bits)
{
	size_t n, m;
	const uint8_t *x = ksrtp_addr_bytes(a, &n), *y = ksrtp_addr_bytes(net, &m);
	uint8_t mask;

	if (n != m || !n || bits > n * 8)
		return false;
	if (memcmp(x, y, bits / 8))
		return false;
	if (bits % 8 == 0)
		return true;
	mask = (uint8_t)(0xff << (8 - bits % 8));
	return ((x[bits / 8] ^ y[bits / 8]) & mask) == 0;
}

static enum ksrtp_addr_kind classify4(uint32_t ip)
{
	if (ip == INADDR_ANY)
		return KSRTP_ADDR_ANY;
	if (ip >> 24 == 127)
		return KSRTP_ADDR_LOOPBACK;
	if (ip >> 16 == 0xa9fe)
		return KSRTP_ADDR_LINK;
	if (ip >> 28 == 14)
		return KSRTP_ADDR_MULTICAST;
	return ip == INADDR_BROADCAST ? KSRTP_ADDR_BROADCAST : KSRTP_ADDR_UNICAST;
}

void ksrtp_addr_source(const struct ksrtp_addr *a, uint8_t key[KSRTP_ADDR_SOURCE])
{
	const uint8_t *bytes;
	size_t n;

	bytes = ksrtp_addr_bytes(a, &n);
	memset(key, 0, KSRTP_ADDR_SOURCE);
	key[0] = (uint8_t)a->family;
	memcpy(key + 1, bytes, n < KSRTP_ADDR_SOURCE - 1 ? n : KSRTP_ADDR_SOURCE - 1);
}

enum ksrtp_addr_kind ksrtp_addr_classify(const struct ksrtp_addr *a)
{
	const struct in6_addr *ip = &a->in6.sin6_addr;

	if (a->family == AF_INET)
		return classify4(ntohl(a->in.sin_addr.s_addr));
	if (a->family != AF_INET6)
		return KSRTP_ADDR_NONE;
	if (IN6_IS_ADDR_UNSPECIFIED(ip))
		return KSRTP_ADDR_ANY;
	if (IN6_IS_ADDR_LOOPBACK(ip))
		return KSRTP_ADDR_LOOPBACK;
	if (IN6_IS_ADDR_LINKLOCAL(ip))
		return KSRTP_ADDR_LINK;
	if (IN6_IS_ADDR_MULTICAST(ip))
		return KSRTP_ADDR_MULTICAST;
	return KSRTP_ADDR_UNICAST;
}
