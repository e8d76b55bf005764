// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SRV (RFC 2782), NAPTR (RFC 3403) and TLSA (RFC 6698) records for SIP (RFC 3263, RFC 7673).
 *
 * Called by locate.c and tests; no state. The bytes come from the network by way of libunbound.
 */
#include "daemon/net/rr.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ksrtp/port.h>

#include "daemon/base/random.h"

struct reader {
	const uint8_t *p;
	size_t n;
};

static int read_u16(struct reader *r, uint16_t *v)
{
	if (r->n < 2)
		return -EBADMSG;
	*v = ksrtp_get16(r->p);
	r->p += 2;
	r->n -= 2;
	return 0;
}

/* <character-string>: @out points into the record. */
static int read_string(struct reader *r, const char **out, size_t *len)
{
	if (!r->n || (size_t)r->p[0] + 1 > r->n)
		return -EBADMSG;
	*len = r->p[0];
	*out = (const char *)r->p + 1;
	r->n -= *len + 1;
	r->p += *len + 1;
	return 0;
}

/* Only what host names and service labels are made of; the rest has no business here. */
static bool label_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* An uncompressed name becomes "a.b.c" without the final dot; the root becomes "". */
static int read_name(struct reader *r, char out[KSRTP_NAME_MAX])
{
	size_t at = 0, i, len;

	for (;;) {
		if (!r->n)
			return -EBADMSG;
		len = r->p[0];
		r->p++;
		r->n--;
		if (!len)
			break;
		if (len > 63 || len > r->n || at + len + 2 > KSRTP_NAME_MAX)
			return -EBADMSG;
		if (at)
			out[at++] = '.';
		for (i = 0; i < len; i++) {
			if (!label_char(r->p[i]))
				return -EBADMSG;
			out[at++] = (char)r->p[i];
		}
		r->p += len;
		r->n -= len;
	}
	out[at] = 0;
	return 0;
}

int ksrtp_rr_srv(struct ksrtp_srv *srv, const void *data, size_t n)
{
	struct reader r = { data, n };

	if (read_u16(&r, &srv->priority) || read_u16(&r, &srv->weight) ||
	    read_u16(&r, &srv->port) || read_name(&r, srv->host) || r.n)
		return -EBADMSG;
	return 0;
}

int ksrtp_rr_naptr(struct ksrtp_naptr *naptr, const void *data, size_t n)
{
	static const struct {
		const char *service;
		enum ksrtp_transport transport;
	} services[] = {
		{ "SIPS+D2T", KSRTP_TRANSPORT_TLS },
		{ "SIP+D2T", KSRTP_TRANSPORT_TCP },
		{ "SIP+D2U", KSRTP_TRANSPORT_UDP },
	};
	struct reader r = { data, n };
	const char *flags, *service, *regexp;
	size_t flags_len, service_len, regexp_len, i;

	if (read_u16(&r, &naptr->order) || read_u16(&r, &naptr->preference) ||
	    read_string(&r, &flags, &flags_len) || read_string(&r, &service, &service_len) ||
	    read_string(&r, &regexp, &regexp_len) || read_name(&r, naptr->replacement) || r.n)
		return -EBADMSG;
	if (flags_len != 1 || (*flags != 's' && *flags != 'S') || !*naptr->replacement)
		return -ENOENT;
	for (i = 0; i < ARRAY_SIZE(services); i++) {
		if (strlen(services[i].service) != service_len ||
		    strncasecmp(services[i].service, service, service_len))
			continue;
		naptr->transport = services[i].transport;
		return 0;
	}
	return -ENOENT;
}

int ksrtp_rr_tlsa(struct ksrtp_tlsa *tlsa, const void *data, size_t n)
{
	/* bytes by matching type: all of it, SHA-256, SHA-512 */
	static const size_t length[] = { 0, 32, 64 };
	const uint8_t *p = data;

	memset(tlsa, 0, sizeof(*tlsa));
	if (n < 4)
		return -EBADMSG;
	if (p[0] > 3 || p[1] > 1 || p[2] > 2)
		return -ENOENT;
	tlsa->usage = p[0];
	tlsa->selector = p[1];
	tlsa->matching = p[2];
	p += 3;
	n -= 3;
	if (tlsa->matching) {
		if (n != length[tlsa->matching])
			return -EBADMSG;
		memcpy(tlsa->data, p, n);
		tlsa->n = (uint8_t)n;
		return 0;
	}
	/* What must be equal has an equal digest, and takes less room. */
	tlsa->matching = 1;
	tlsa->n = 32;
	return EVP_Digest(p, n, tlsa->data, NULL, EVP_sha256(), NULL) == 1 ? 0 : -ENOENT;
}

static unsigned kernel_draw(unsigned max)
{
	uint32_t v = 0;

	/* Without randomness the first one is drawn: the order is then only less fair. */
	if (ksrtp_random_bytes(&v, sizeof(v)))
		return 0;
	return (unsigned)((uint64_t)v * ((uint64_t)max + 1) >> 32);
}

/* Priority first; weight 0 before others of the same priority, as the draw wants it. */
static int compare(const void *x, const void *y)
{
	const struct ksrtp_srv *a = x, *b = y;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return (a->weight != 0) - (b->weight != 0);
}

void ksrtp_rr_order(struct ksrtp_srv *srv, size_t n, unsigned (*draw)(unsigned max))
{
	size_t at, end, i;

	if (!draw)
		draw = kernel_draw;
	qsort(srv, n, sizeof(*srv), compare);
	for (at = 0; at < n; at++) {
		struct ksrtp_srv chosen;
		unsigned sum = 0, running = 0, r;

		for (end = at; end < n && srv[end].priority == srv[at].priority; end++)
			sum += srv[end].weight;
		r = draw(sum);
		for (i = at; i + 1 < end; i++) {
			running += srv[i].weight;
			if (running >= r)
				break;
		}
		chosen = srv[i];
		memmove(&srv[at + 1], &srv[at], (i - at) * sizeof(*srv));
		srv[at] = chosen;
	}
}
