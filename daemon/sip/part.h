/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_SIP_PART_H
#define DAEMON_SIP_PART_H

#include "daemon/base/splice.h"
#include "daemon/sip/msg.h"

#define KSRTP_PART_DEPTH 4  /* multiparts within multiparts */
#define KSRTP_PART_COUNT 32 /* parts of one message */

/**
 * struct ksrtp_part - the session description of a message
 * @body: the bytes, within the message
 * @length: value of the part's own Content-Length; absent where there is none, or no part
 */
struct ksrtp_part {
	struct slice body;
	struct slice length;
};

/**
 * ksrtp_part_find() - find application/sdp: the body, or one part of a multipart (RFC 5621)
 * @part: filled
 *
 * Only a description whose disposition is "session" (the default) counts. One that stands in
 * multipart/signed, in an encrypted or in an encoded body is not to be edited.
 *
 * Return: 0; -ENOENT, there is none; -EPERM, there may be one, but sealed or encoded; -EBADMSG, the
 * multipart is malformed, too deep or too long, or holds two descriptions
 */
int ksrtp_part_find(const struct ksrtp_msg *msg, struct ksrtp_part *part);

/**
 * ksrtp_part_patch() - replace the description, all other parts stay byte for byte
 * @part: from ksrtp_part_find() on @msg
 * @body: the new one
 *
 * Content-Length follows, that of the message and the part's own.
 * Return: the list's sticky error
 */
int ksrtp_part_patch(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
		     const struct ksrtp_part *part, struct slice body);

#endif
