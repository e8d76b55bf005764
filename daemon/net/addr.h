/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An IP address with a port: a value without padding surprises, so memcmp() compares it.
 */
#ifndef KSRTP_NET_ADDR_H
#define KSRTP_NET_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* All zero is "no address". Make one only by the functions below: they zero the rest. */
struct ksrtp_addr {
	union {
		sa_family_t family;	/* AF_INET, AF_INET6 or AF_UNSPEC */
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
};

/* "[" 45 "%" 15 "]:65535" NUL, rounded up */
#define KSRTP_ADDR_TEXT	72

enum ksrtp_addr_kind {
	KSRTP_ADDR_NONE,	/* no address */
	KSRTP_ADDR_ANY,		/* 0.0.0.0, :: */
	KSRTP_ADDR_LOOPBACK,	/* 127/8, ::1 */
	KSRTP_ADDR_LINK,	/* 169.254/16, fe80::/10 */
	KSRTP_ADDR_MULTICAST,	/* 224/4, ff00::/8 */
	KSRTP_ADDR_BROADCAST,	/* 255.255.255.255 */
	KSRTP_ADDR_UNICAST,
};

/**
 * ksrtp_addr_from - take over a sockaddr
 *
 * An IPv4-mapped IPv6 address becomes the IPv4 address.
 *
 * Return: 0 or -EAFNOSUPPORT, then @a is "no address".
 */
int ksrtp_addr_from(struct ksrtp_addr *a, const struct sockaddr *sa, socklen_t n);

/** From 4 or 16 address bytes and a port in host order. Return: 0 or -EAFNOSUPPORT. */
int ksrtp_addr_make(struct ksrtp_addr *a, const void *bytes, size_t n, uint16_t port);

/**
 * ksrtp_addr_parse - read "1.2.3.4", "1.2.3.4:5", "::1", "[::1]" or "[::1]:5"
 * @text: @n bytes, no NUL needed
 *
 * No names are looked up. Without a port it is 0.
 *
 * Return: 0 or -EINVAL, then @a is "no address".
 */
int ksrtp_addr_parse(struct ksrtp_addr *a, const char *text, size_t n);

/** Write "1.2.3.4:5" or "[::1]:5" into @out (KSRTP_ADDR_TEXT bytes are enough). Return: @out. */
const char *ksrtp_addr_format(const struct ksrtp_addr *a, char *out, size_t n);

/** Write the address alone, without port and brackets ("1.2.3.4", "::1"). Return: @out. */
const char *ksrtp_addr_ip(const struct ksrtp_addr *a, char *out, size_t n);

uint16_t ksrtp_addr_port(const struct ksrtp_addr *a);
void ksrtp_addr_set_port(struct ksrtp_addr *a, uint16_t port);

/** Length for bind(), connect(), sendto(). */
socklen_t ksrtp_addr_len(const struct ksrtp_addr *a);

static inline const struct sockaddr *ksrtp_addr_sa(const struct ksrtp_addr *a)
{
	return (const struct sockaddr *)(const void *)&a->in6;
}

/** Address bytes: *@n becomes 0, 4 or 16. */
const uint8_t *ksrtp_addr_bytes(const struct ksrtp_addr *a, size_t *n);

/** Same address and port. */
bool ksrtp_addr_equal(const struct ksrtp_addr *a, const struct ksrtp_addr *b);

/** Same address, whatever the ports. */
bool ksrtp_addr_same_ip(const struct ksrtp_addr *a, const struct ksrtp_addr *b);

/** True when the first @bits bits of the two addresses agree and the families are the same. */
bool ksrtp_addr_in_prefix(const struct ksrtp_addr *a, const struct ksrtp_addr *net, unsigned bits);

#define KSRTP_ADDR_SOURCE	9	/* bytes: the family, and 4 or 8 of the address */

/** What a single stranger commands, as a key: one IPv4 address, or an IPv6 /64. */
void ksrtp_addr_source(const struct ksrtp_addr *a, uint8_t key[KSRTP_ADDR_SOURCE]);

enum ksrtp_addr_kind ksrtp_addr_classify(const struct ksrtp_addr *a);

#endif
