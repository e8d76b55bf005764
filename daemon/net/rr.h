/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of daemon/net: the DNS records that locate SIP servers, out of their wire form.
 */
#ifndef KSRTP_NET_RR_H
#define KSRTP_NET_RR_H

#include "daemon/net/target.h"

struct ksrtp_srv {
	uint16_t priority, weight, port;
	char host[KSRTP_NAME_MAX];	/* empty: "the service is not offered" (RFC 2782) */
};

struct ksrtp_naptr {
	uint16_t order, preference;
	enum ksrtp_transport transport;
	char replacement[KSRTP_NAME_MAX];	/* owner of the SRV records */
};

/** Read the RDATA of an SRV record (RFC 2782). Return: 0 or -EBADMSG. */
int ksrtp_rr_srv(struct ksrtp_srv *srv, const void *data, size_t n);

/**
 * ksrtp_rr_naptr - read the RDATA of a NAPTR record (RFC 3403 section 4.1)
 *
 * Return: 0, -ENOENT (not one of SIPS+D2T, SIP+D2T, SIP+D2U with flag "s"), -EBADMSG
 */
int ksrtp_rr_naptr(struct ksrtp_naptr *naptr, const void *data, size_t n);

/**
 * ksrtp_rr_tlsa - read the RDATA of a TLSA record (RFC 6698 section 2.1)
 *
 * Return: 0, -ENOENT (a usage, selector or matching type that is not known: to be passed over),
 * -EBADMSG
 */
int ksrtp_rr_tlsa(struct ksrtp_tlsa *tlsa, const void *data, size_t n);

/**
 * ksrtp_rr_order - put records into the order of RFC 2782: priority, then a draw by weight
 * @draw: gives a random number in [0, max]; NULL takes the kernel's randomness
 */
void ksrtp_rr_order(struct ksrtp_srv *srv, size_t n, unsigned (*draw)(unsigned max));

#endif
