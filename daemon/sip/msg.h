/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAEMON_SIP_MSG_H
#define DAEMON_SIP_MSG_H

#include "daemon/sip/hdr.h"

#define KSRTP_MSG_MAX 65536       /* bytes of one message, head and body */
#define KSRTP_MSG_HEADERS 128     /* header lines of one message */
#define KSRTP_MSG_CALL_ID_MAX 512 /* bytes of a Call-ID: calls are kept by it */

enum ksrtp_method {
	KSRTP_INVITE,
	KSRTP_ACK,
	KSRTP_CANCEL,
	KSRTP_BYE,
	KSRTP_REGISTER,
	KSRTP_OPTIONS,
	KSRTP_PRACK,
	KSRTP_UPDATE,
	KSRTP_INFO,
	KSRTP_REFER,
	KSRTP_SUBSCRIBE,
	KSRTP_NOTIFY,
	KSRTP_MESSAGE,
	KSRTP_PUBLISH,
	KSRTP_METHOD_OTHER,
};

/**
 * struct ksrtp_hdr - one header line (with its folded continuations)
 * @id: which
 * @name: as written
 * @value: trimmed; a folded one still contains CRLF and blanks
 * @line: everything up to and including the last CRLF
 */
struct ksrtp_hdr {
	enum ksrtp_hdr_id id;
	struct slice name;
	struct slice value;
	struct slice line;
};

/**
 * struct ksrtp_msg - a message, as slices of the bytes it was parsed from
 * @raw: those bytes, owned by the caller (up to the end of the body)
 * @request: request or response
 * @method: of a request as written; of a response that of its CSeq
 * @method_id: the same, known (methods are case-sensitive)
 * @uri: Request-URI (requests)
 * @status: status code (responses), 0 in requests
 * @reason: reason phrase (responses)
 * @start: the start line without its CRLF
 * @headers: in their order
 * @n: how many
 * @first: index of the first header of each id, KSRTP_MSG_HEADERS when there is none
 * @head: from the start line to the empty line, inclusive
 * @body: after that, as long as Content-Length says (all there is without one)
 * @via: topmost Via
 * @from: From
 * @to: To
 * @call_id: Call-ID
 * @cseq: CSeq
 * @fault: why ksrtp_msg_parse() failed: a reason phrase for the response, a constant
 * @fault_status: the status that goes with it, mostly 400
 * @answerable: a request of which a response can be built though it is malformed
 */
struct ksrtp_msg {
	struct slice raw;
	bool request;
	struct slice method;
	enum ksrtp_method method_id;
	struct ksrtp_uri uri;
	uint16_t status;
	struct slice reason;
	struct slice start;
	struct ksrtp_hdr headers[KSRTP_MSG_HEADERS];
	uint8_t n;
	uint8_t first[KSRTP_HDR_COUNT];
	struct slice head;
	struct slice body;
	struct ksrtp_via via;
	struct ksrtp_nameaddr from;
	struct ksrtp_nameaddr to;
	struct slice call_id;
	struct ksrtp_cseq cseq;
	const char *fault;
	uint16_t fault_status;
	bool answerable;
};

/**
 * ksrtp_msg_parse() - parse one whole message: a datagram, or what ksrtp_msg_frame() cut out
 * @raw: at most KSRTP_MSG_MAX bytes; must outlive @msg
 * @msg: filled (7 KiB: mind the stack)
 *
 * Checked here: start line, header syntax, CRLF line ends, the five headers every message has,
 * singletons that stand twice, Max-Forwards of a request, CSeq method against the request's,
 * Content-Length against what arrived. Nothing else: what this daemon does not read is not judged.
 *
 * Return: 0, or -EBADMSG with @msg->fault set; then, where @msg->answerable, ksrtp_build_response()
 * works on @msg, else silence is the answer.
 */
int ksrtp_msg_parse(struct slice raw, struct ksrtp_msg *msg);

enum ksrtp_frame_kind {
	KSRTP_FRAME_MORE,    /* read on */
	KSRTP_FRAME_MESSAGE, /* the first @used bytes are a message */
	KSRTP_FRAME_PING,    /* the first @used bytes (CRLF CRLF) ask for a CRLF (RFC 5626 4.4.1) */
	KSRTP_FRAME_PONG,    /* the first @used bytes are a CRLF: an answer, or to be skipped */
	KSRTP_FRAME_BAD,     /* the stream is out of step: answer if possible, then close it */
};

/**
 * struct ksrtp_frame - where the search in one stream stands; zero it before a new message
 * @used: with MESSAGE, PING and PONG the bytes to take; with BAD those of the head, if it is
 *        complete (parse them to answer), else 0
 * @fault: with BAD, why
 * @scanned: bytes that trickle in are not searched again and again
 * @total: with MORE the length of the message once its head is complete, else 0
 */
struct ksrtp_frame {
	size_t used;
	const char *fault;
	size_t scanned;
	size_t total;
};

/**
 * ksrtp_msg_frame() - find the next message in a byte stream (RFC 3261 18.3)
 * @in: all unread bytes of the stream
 * @pong_due: a CRLF CRLF was sent and not answered: a single CRLF is taken at once
 * @frame: state and result; the caller zeroes it at the start and after each use of the result
 */
enum ksrtp_frame_kind ksrtp_msg_frame(struct slice in, bool pong_due, struct ksrtp_frame *frame);

/** ksrtp_msg_method() - which method a name stands for */
enum ksrtp_method ksrtp_msg_method(struct slice name);

/** ksrtp_msg_find() - the first header of a kind, or NULL */
const struct ksrtp_hdr *ksrtp_msg_find(const struct ksrtp_msg *msg, enum ksrtp_hdr_id id);

/**
 * ksrtp_msg_find_name() - the first header with this long name (for those without an id), or NULL
 */
const struct ksrtp_hdr *ksrtp_msg_find_name(const struct ksrtp_msg *msg, const char *name);

/**
 * ksrtp_msg_value() - the trimmed value of the first header of a kind; absent when there is none
 */
struct slice ksrtp_msg_value(const struct ksrtp_msg *msg, enum ksrtp_hdr_id id);

/**
 * struct ksrtp_cursor - a walk over all values of one kind of header, in order, line by line
 * @index: header line of the value just given
 * Other members are private.
 */
struct ksrtp_cursor {
	const struct ksrtp_msg *msg;
	enum ksrtp_hdr_id id;
	size_t index;
	size_t next;
	struct slice rest;
};

/** ksrtp_msg_walk() - start a walk */
struct ksrtp_cursor ksrtp_msg_walk(const struct ksrtp_msg *msg, enum ksrtp_hdr_id id);

/** ksrtp_msg_next() - the next value, trimmed. Return: false when there is none left */
bool ksrtp_msg_next(struct ksrtp_cursor *cursor, struct slice *value);

/** ksrtp_msg_count() - how many values there are */
size_t ksrtp_msg_count(const struct ksrtp_msg *msg, enum ksrtp_hdr_id id);

/** ksrtp_msg_has_option() - whether Supported, Require, Allow… lists @option (no case) */
bool ksrtp_msg_has_option(const struct ksrtp_msg *msg, enum ksrtp_hdr_id id, const char *option);

/**
 * ksrtp_msg_number() - value of a number header
 * Return: 0, -ENOENT when there is none, -EINVAL
 */
int ksrtp_msg_number(const struct ksrtp_msg *msg, enum ksrtp_hdr_id id, uint32_t *number);

#endif
