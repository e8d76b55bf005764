// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fields of a record, written and read. Called by kept.c and journal.c; no state, no I/O. What is
 * read may be anything: a file can be damaged.
 */
#include "daemon/call/record.h"

#include <errno.h>
#include <string.h>

/* The next @n bytes; NULL where they are not there. */
static const char *take(struct ksrtp_record *r, size_t n)
{
	const char *p = r->in.p;

	r->bad |= r->in.n < n;
	if (r->bad)
		return NULL;
	r->in = ksrtp_slice_from(r->in, n);
	return p;
}

uint64_t ksrtp_record_number(struct ksrtp_record *r, uint64_t value, unsigned int bytes,
			     uint64_t max)
{
	uint8_t raw[8];
	const char *p;
	unsigned int i;

	if (r->out) {
		for (i = 0; i < bytes; i++)
			raw[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
		ksrtp_buf_put(r->out, raw, bytes);
		return value;
	}
	p = take(r, bytes);
	value = 0;
	for (i = 0; p && i < bytes; i++)
		value = value << 8 | (uint8_t)p[i];
	if (value <= max)
		return value;
	r->bad = true;
	return 0;
}

bool ksrtp_record_flag(struct ksrtp_record *r, bool value)
{
	return ksrtp_record_number(r, value, 1, 1);
}

void ksrtp_record_text(struct ksrtp_record *r, struct slice *text)
{
	size_t n = r->out ? text->n : 0;
	const char *p;

	if (r->out && n > UINT16_MAX) {
		r->out->err = r->out->err ? r->out->err : -E2BIG;
		return;
	}
	n = ksrtp_record_number(r, n, 2, UINT16_MAX);
	if (r->out) {
		ksrtp_buf_slice(r->out, *text);
		return;
	}
	p = take(r, n);
	if (p && memchr(p, 0, n)) {
		r->bad = true;
		p = NULL;
	}
	*text = ksrtp_slice_of(p ? p : "", p ? n : 0);
}

void ksrtp_record_string(struct ksrtp_record *r, char *text, size_t room)
{
	struct slice s = r->out ? ksrtp_slice_str(text) : (struct slice){ 0 };

	ksrtp_record_text(r, &s);
	if (r->out)
		return;
	if (ksrtp_slice_copy(s, text, room)) {
		r->bad = true;
		*text = '\0';
	}
}

void ksrtp_record_addr(struct ksrtp_record *r, struct ksrtp_addr *addr)
{
	size_t n = 0;
	const uint8_t *bytes = r->out ? ksrtp_addr_bytes(addr, &n) : NULL;
	const char *p;
	uint16_t port;

	n = ksrtp_record_number(r, n, 1, 16);
	if (r->out) {
		ksrtp_buf_put(r->out, bytes, n);
		ksrtp_record_number(r, n ? ksrtp_addr_port(addr) : 0, 2, UINT16_MAX);
		return;
	}
	p = take(r, n);
	port = (uint16_t)ksrtp_record_number(r, 0, 2, UINT16_MAX);
	memset(addr, 0, sizeof(*addr));
	if (!r->bad && n && ksrtp_addr_make(addr, p, n, port))
		r->bad = true;
}

void ksrtp_record_hop(struct ksrtp_record *r, struct ksrtp_hop *hop)
{
	if (!r->out)
		memset(hop, 0, sizeof(*hop));
	hop->transport = (enum ksrtp_transport)ksrtp_record_number(r, hop->transport, 1,
								   KSRTP_TRANSPORT_TLS);
	ksrtp_record_addr(r, &hop->local);
	ksrtp_record_addr(r, &hop->remote);
}
