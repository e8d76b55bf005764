/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_SIP_BUILD_H
#define DAEMON_SIP_BUILD_H

#include "daemon/sip/msg.h"

/**
 * struct ksrtp_reply - what a response says beyond what it copies
 * @status: 100…699
 * @reason: reason phrase; NULL for the usual one
 * @to_tag: put on To where the request has none and the status is above 100; absent for none
 * @headers: whole header lines, each with CRLF; may be absent
 * @type: Content-Type of @body
 * @body: may be absent
 */
struct ksrtp_reply {
	uint16_t status;
	const char *reason;
	struct slice to_tag;
	struct slice headers;
	struct slice type;
	struct slice body;
};

/**
 * ksrtp_build_response() - a response to a request (RFC 3261 8.2.6)
 * @req: a parsed request, or a malformed one that is answerable; its top Via has received/rport
 *       already (ksrtp_patch_via_source())
 * @reply: what it says
 * @out: appended to
 *
 * Copies all Via, From, To, Call-ID and CSeq lines, for 101…299 also Record-Route.
 * Return: 0, -EINVAL (not answerable, ACK), or the buffer's error
 */
int ksrtp_build_response(const struct ksrtp_msg *req, const struct ksrtp_reply *reply,
			 struct ksrtp_buf *out);

/** ksrtp_build_reason() - the usual reason phrase of a status */
const char *ksrtp_build_reason(uint16_t status);

/**
 * ksrtp_build_cancel() - the CANCEL of a request as it was sent (RFC 3261 9.1)
 * @req: the request as it left, own Via on top
 * @headers: more header lines (Reason), each with CRLF; may be absent
 * Return: 0, -EINVAL, or the buffer's error
 */
int ksrtp_build_cancel(const struct ksrtp_msg *req, struct slice headers, struct ksrtp_buf *out);

/**
 * ksrtp_build_ack() - the ACK of a non-2xx final response (RFC 3261 17.1.1.3)
 * @req: the INVITE as it left
 * @res: the response; gives To
 * Return: 0, -EINVAL, or the buffer's error
 */
int ksrtp_build_ack(const struct ksrtp_msg *req, const struct ksrtp_msg *res,
		    struct ksrtp_buf *out);

#endif
