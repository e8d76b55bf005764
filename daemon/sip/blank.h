/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A message as people may see it: without keys, credentials and passwords.
 */
#ifndef KSRTP_SIP_BLANK_H
#define KSRTP_SIP_BLANK_H

#include "daemon/base/buf.h"
#include "daemon/base/slice.h"

/**
 * ksrtp_blank() - append @message without its secrets
 *
 * "(blanked)" stands for: keys behind "inline:" (RFC 4568; also as capabilities, RFC 5939), k= and
 * a=key-mgmt of SDP, (Proxy-)Authorization with its folded lines, the password of a URI, and whole
 * lines of base64, in which a body may hide. What is not printable ASCII becomes '?'; line ends
 * become "\n". @message need not be well-formed.
 *
 * Return: 0 or the buffer's sticky error.
 */
int ksrtp_blank(struct slice message, struct ksrtp_buf *out);

#endif
