/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_SIP_PATCH_H
#define DAEMON_SIP_PATCH_H

#include "daemon/base/splice.h"
#include "daemon/sip/msg.h"

/*
 * Edits of a message as splices. @list is a splice list over msg->raw (ksrtp_splice_init(&list,
 * msg->raw)); every function returns 0 or the list's sticky error, so that a caller checks once, at
 * ksrtp_splice_apply(). What no edit names stays byte for byte. Edits must not touch each other's
 * bytes: at most one of those below on one header line, but for inserts above it.
 */

/** ksrtp_patch_via_push() - put "Via: @value" above the first Via */
int ksrtp_patch_via_push(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
			 struct slice value);

/** ksrtp_patch_via_pop() - remove the topmost Via value */
int ksrtp_patch_via_pop(struct ksrtp_splice *list, const struct ksrtp_msg *msg);

/**
 * ksrtp_patch_via_source() - note in the top Via where a request came from (RFC 3261 18.2.1, 3581)
 * @host: the source address as text, IPv6 without brackets
 * @port: the source port
 *
 * "received" is written if sent-by differs or "rport" is there, "rport" gets its value if it is
 * there; forged ones of the sender are replaced. Do this on arrival and parse the result: then
 * responses built from it and its forwarded copy are right.
 */
int ksrtp_patch_via_source(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
			   struct slice host, uint16_t port);

/** ksrtp_patch_via_source_due() - whether ksrtp_patch_via_source() would change anything */
bool ksrtp_patch_via_source_due(const struct ksrtp_msg *msg, struct slice host, uint16_t port);

/**
 * ksrtp_patch_above() - insert a header line above the first of its kind
 * @id: Record-Route, Path, Route, P-Asserted-Identity…
 * @value: the value, without CRLF
 *
 * Where there is none of the kind it goes behind the first run of Vias. Several calls appear in the
 * order of the calls.
 */
int ksrtp_patch_above(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
		      enum ksrtp_hdr_id id, struct slice value);

/** ksrtp_patch_append() - put "@name: @value" behind the last header */
int ksrtp_patch_append(struct ksrtp_splice *list, const struct ksrtp_msg *msg, const char *name,
		       struct slice value);

/** ksrtp_patch_set() - give a header a value: the first of its kind is changed, or one appended */
int ksrtp_patch_set(struct ksrtp_splice *list, const struct ksrtp_msg *msg, enum ksrtp_hdr_id id,
		    struct slice value);

/** ksrtp_patch_remove() - remove all header lines of a kind */
int ksrtp_patch_remove(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
		       enum ksrtp_hdr_id id);

/**
 * ksrtp_patch_filter() - keep only some of the values of a header
 * @keep: called in order with the value's number (from 0) and text
 *
 * Lines that keep all their values are not touched, lines that lose all of them go.
 */
int ksrtp_patch_filter(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
		       enum ksrtp_hdr_id id,
		       bool (*keep)(void *ctx, size_t number, struct slice value), void *ctx);

/** ksrtp_patch_pop() - remove the first @count values of a header */
int ksrtp_patch_pop(struct ksrtp_splice *list, const struct ksrtp_msg *msg, enum ksrtp_hdr_id id,
		    size_t count);

/** ksrtp_patch_max_forwards() - set Max-Forwards, adding it where it is missing */
int ksrtp_patch_max_forwards(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
			     uint32_t value);

/**
 * ksrtp_patch_request_uri() - replace the Request-URI
 * @uri: its headers, which a Request-URI has none of, are left out (RFC 3261 16.6, 19.1.1)
 */
int ksrtp_patch_request_uri(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
			    struct slice uri);

/**
 * ksrtp_patch_uri() - replace the URI of a Contact, Route, From… value
 * @addr: parsed from a value of the message under edit
 * @uri: the new URI, without <>
 *
 * Display name and header parameters stay.
 */
int ksrtp_patch_uri(struct ksrtp_splice *list, const struct ksrtp_nameaddr *addr, struct slice uri);

/**
 * ksrtp_patch_auth_int() - take qop "auth-int" out of challenges that offer "auth" too (RFC 7616)
 *
 * A response under auth-int covers the body, which changes on its way through us.
 */
int ksrtp_patch_auth_int(struct ksrtp_splice *list, const struct ksrtp_msg *msg);

/**
 * ksrtp_patch_body() - replace the body
 * @body: the new one; may be empty
 * @type: the new Content-Type, or absent to keep what is there
 *
 * Content-Length follows (in its form, "l" or long; added if missing). With an empty body the
 * Content-Type goes.
 */
int ksrtp_patch_body(struct ksrtp_splice *list, const struct ksrtp_msg *msg, struct slice body,
		     struct slice type);

#endif
