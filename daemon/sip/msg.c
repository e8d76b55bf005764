// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A SIP message as an index over the bytes that arrived, and the frames of a byte stream. Called
 * for every datagram and every read of a connection, with bytes of strangers; pure functions, no
 * allocation. RFC 3261 7, 18.3 and 25.1, RFC 5626 4.4.1.
 */
#include "daemon/sip/msg.h"

#include <errno.h>
#include <string.h>

static const char *const methods[KSRTP_METHOD_OTHER] = {
	[KSRTP_INVITE] = "INVITE",       [KSRTP_ACK] = "ACK",
	[KSRTP_CANCEL] = "CANCEL",       [KSRTP_BYE] = "BYE",
	[KSRTP_REGISTER] = "REGISTER",   [KSRTP_OPTIONS] = "OPTIONS",
	[KSRTP_PRACK] = "PRACK",         [KSRTP_UPDATE] = "UPDATE",
	[KSRTP_INFO] = "INFO",           [KSRTP_REFER] = "REFER",
	[KSRTP_SUBSCRIBE] = "SUBSCRIBE", [KSRTP_NOTIFY] = "NOTIFY",
	[KSRTP_MESSAGE] = "MESSAGE",     [KSRTP_PUBLISH] = "PUBLISH",
};

enum ksrtp_method ksrtp_msg_method(struct slice name)
{
	for (unsigned int i = 0; i < KSRTP_METHOD_OTHER; i++)
		if (ksrtp_slice_equal(name, ksrtp_slice_str(methods[i])))
			return (enum ksrtp_method)i;
	return KSRTP_METHOD_OTHER;
}

static int split_header(struct slice line, struct slice whole, struct ksrtp_hdr *hdr)
{
	struct slice rest = line;

	hdr->line = whole;
	hdr->name = ksrtp_slice_trim(ksrtp_slice_cut(&rest, ':'));
	hdr->value = ksrtp_slice_trim(rest);
	if (!rest.p || hdr->name.p != line.p || !ksrtp_lex_is_token(hdr->name) ||
	    !ksrtp_lex_hides_nul(hdr->value))
		return -EBADMSG;
	hdr->id = ksrtp_hdr_id(hdr->name);
	return 0;
}

static void set_fault(struct ksrtp_msg *msg, uint16_t status, const char *fault)
{
	if (msg->fault)
		return;
	msg->fault = fault;
	msg->fault_status = status;
}

static void parse_request_line(struct ksrtp_msg *msg)
{
	struct slice rest = msg->start;
	struct slice uri;

	msg->request = true;
	msg->method = ksrtp_slice_cut(&rest, ' ');
	msg->method_id = ksrtp_msg_method(msg->method);
	uri = ksrtp_slice_cut(&rest, ' ');
	if (!ksrtp_lex_is_token(msg->method))
		set_fault(msg, 400, "Malformed Method");
	else if (!ksrtp_slice_starts_nocase(rest, SLICE("SIP/")) ||
		 ksrtp_slice_find(rest, ' ') < rest.n)
		set_fault(msg, 400, "Malformed Request Line");
	else if (!ksrtp_slice_is(rest, "SIP/2.0"))
		set_fault(msg, 505, "Version Not Supported");
	if (ksrtp_uri_parse(uri, &msg->uri))
		set_fault(msg, 400, "Malformed Request-URI");
	else if (msg->uri.headers.p)
		set_fault(msg, 400, "Headers in Request-URI");
}

static void parse_status_line(struct ksrtp_msg *msg)
{
	struct slice rest = msg->start;
	struct slice code;
	uint32_t status;

	if (!ksrtp_slice_is(ksrtp_slice_cut(&rest, ' '), "SIP/2.0"))
		set_fault(msg, 505, "Version Not Supported");
	code = ksrtp_slice_cut(&rest, ' ');
	msg->reason = rest;
	if (code.n != 3 || ksrtp_slice_u32(code, &status) || status < 100 || status > 699)
		set_fault(msg, 400, "Malformed Status Line");
	else
		msg->status = (uint16_t)status;
}

static bool is_singleton(enum ksrtp_hdr_id id)
{
	return id == KSRTP_HDR_FROM || id == KSRTP_HDR_TO || id == KSRTP_HDR_CALL_ID ||
	       id == KSRTP_HDR_CSEQ || id == KSRTP_HDR_MAX_FORWARDS ||
	       id == KSRTP_HDR_CONTENT_LENGTH || id == KSRTP_HDR_CONTENT_TYPE;
}

/* Index the header lines up to the empty one. False: the head cannot be walked to its end. */
static bool index_headers(struct ksrtp_msg *msg, struct slice *rest)
{
	struct slice line, whole;
	struct ksrtp_hdr hdr;

	for (;;) {
		if (ksrtp_lex_line(rest, &line, &whole)) {
			set_fault(msg, 400, "Malformed Line End");
			return false;
		}
		if (!line.n)
			return true;
		if (split_header(line, whole, &hdr)) {
			set_fault(msg, 400, "Malformed Header");
			continue;
		}
		if (msg->n == KSRTP_MSG_HEADERS) {
			set_fault(msg, 400, "Too Many Headers");
			return false;
		}
		if (hdr.id < KSRTP_HDR_COUNT) {
			if (msg->first[hdr.id] == KSRTP_MSG_HEADERS)
				msg->first[hdr.id] = msg->n;
			else if (is_singleton(hdr.id))
				set_fault(msg, 400, "Header Given Twice");
		}
		msg->headers[msg->n++] = hdr;
	}
}

static void parse_required(struct ksrtp_msg *msg)
{
	struct ksrtp_cursor cursor = ksrtp_msg_walk(msg, KSRTP_HDR_VIA);
	struct slice value;
	bool via = ksrtp_msg_next(&cursor, &value) && !ksrtp_hdr_via(value, &msg->via);
	struct ksrtp_via below;
	uint32_t hops;

	msg->call_id = ksrtp_msg_value(msg, KSRTP_HDR_CALL_ID);
	/* Whatever else is missing: the Via says where a 400 goes. */
	msg->answerable = via && msg->request && msg->method_id != KSRTP_ACK;
	while (via && msg->request && ksrtp_msg_next(&cursor, &value))
		via = !ksrtp_hdr_via(value, &below);
	if (!via)
		set_fault(msg, 400, "Malformed or Missing Via");
	if (ksrtp_hdr_addr(ksrtp_msg_value(msg, KSRTP_HDR_FROM), &msg->from))
		set_fault(msg, 400, "Malformed or Missing From");
	if (ksrtp_hdr_addr(ksrtp_msg_value(msg, KSRTP_HDR_TO), &msg->to))
		set_fault(msg, 400, "Malformed or Missing To");
	if (!msg->call_id.n || msg->call_id.n > KSRTP_MSG_CALL_ID_MAX ||
	    memchr(msg->call_id.p, ' ', msg->call_id.n) ||
	    memchr(msg->call_id.p, 0, msg->call_id.n) ||
	    memchr(msg->call_id.p, '\r', msg->call_id.n))
		set_fault(msg, 400, "Malformed or Missing Call-ID");
	if (ksrtp_hdr_cseq(ksrtp_msg_value(msg, KSRTP_HDR_CSEQ), &msg->cseq))
		set_fault(msg, 400, "Malformed or Missing CSeq");
	if (msg->request && !ksrtp_slice_equal(msg->method, msg->cseq.method))
		set_fault(msg, 400, "CSeq Method Differs");
	switch (ksrtp_msg_number(msg, KSRTP_HDR_MAX_FORWARDS, &hops)) {
	case 0:
		if (hops <= UINT8_MAX)
			break;
		/* fallthrough */
	case -EINVAL:
		if (msg->request)
			set_fault(msg, 400, "Malformed Max-Forwards");
	}
}

static void cut_body(struct ksrtp_msg *msg, struct slice rest)
{
	uint32_t length;

	switch (ksrtp_msg_number(msg, KSRTP_HDR_CONTENT_LENGTH, &length)) {
	case -ENOENT:
		length = (uint32_t)rest.n;
		break;
	case 0:
		if (length <= rest.n)
			break;
		/* fallthrough */
	default:
		set_fault(msg, 400, "Content-Length Does Not Fit");
		length = (uint32_t)rest.n;
	}
	msg->body = ksrtp_slice_head(rest, length);
	msg->raw = ksrtp_slice_head(msg->raw, msg->head.n + length);
}

static void init_msg(struct ksrtp_msg *msg)
{
	/* Not the array of headers: only its first n are ever looked at. */
	memset(msg, 0, offsetof(struct ksrtp_msg, headers));
	memset((char *)msg + offsetof(struct ksrtp_msg, n), 0,
	       sizeof(*msg) - offsetof(struct ksrtp_msg, n));
	memset(msg->first, KSRTP_MSG_HEADERS, sizeof(msg->first));
	msg->method_id = KSRTP_METHOD_OTHER;
}

int ksrtp_msg_parse(struct slice raw, struct ksrtp_msg *msg)
{
	struct slice rest, whole;
	bool walked;

	init_msg(msg);
	while (raw.n >= 2 && raw.p[0] == '\r' && raw.p[1] == '\n')
		raw = ksrtp_slice_from(raw, 2);
	msg->raw = raw;
	rest = raw;
	if (raw.n > KSRTP_MSG_MAX || ksrtp_lex_line(&rest, &msg->start, &whole) || !msg->start.n ||
	    memchr(msg->start.p, 0, msg->start.n)) {
		set_fault(msg, 400, "Malformed Start Line");
		return -EBADMSG;
	}
	if (ksrtp_slice_starts_nocase(msg->start, SLICE("SIP/")))
		parse_status_line(msg);
	else
		parse_request_line(msg);
	walked = index_headers(msg, &rest);
	parse_required(msg);
	if (!msg->request) {
		msg->method = msg->cseq.method;
		msg->method_id = ksrtp_msg_method(msg->method);
	}
	if (!walked) {
		/* A half-read head may lack Vias: a response made of it could go anywhere. */
		msg->answerable = false;
		return -EBADMSG;
	}
	msg->head = ksrtp_slice_head(raw, raw.n - rest.n);
	cut_body(msg, rest);
	return msg->fault ? -EBADMSG : 0;
}

static enum ksrtp_frame_kind bad_frame(struct ksrtp_frame *frame, size_t used, const char *fault)
{
	frame->used = used;
	frame->fault = fault;
	return KSRTP_FRAME_BAD;
}

static enum ksrtp_frame_kind good_frame(struct ksrtp_frame *frame, enum ksrtp_frame_kind kind,
					size_t used)
{
	frame->used = used;
	return kind;
}

/* Content-Length of a complete head; a message in a stream has no other end. */
static const char *head_length(struct slice head, uint32_t *length)
{
	struct slice line, whole;
	struct ksrtp_hdr hdr;
	bool found = false;

	if (ksrtp_lex_line(&head, &line, &whole))
		return "Malformed Line End";
	for (;;) {
		if (ksrtp_lex_line(&head, &line, &whole))
			return "Malformed Line End";
		if (!line.n)
			return found ? NULL : "Missing Content-Length";
		if (split_header(line, whole, &hdr) || hdr.id != KSRTP_HDR_CONTENT_LENGTH)
			continue;
		if (found)
			return "Header Given Twice";
		if (ksrtp_hdr_number(hdr.value, length))
			return "Malformed Content-Length";
		found = true;
	}
}

static enum ksrtp_frame_kind frame_crlf(struct slice in, bool pong_due, struct ksrtp_frame *frame)
{
	if (in.n >= 4 && in.p[2] == '\r' && in.p[3] == '\n')
		return good_frame(frame, KSRTP_FRAME_PING, 4);
	if (pong_due || in.n > 3 || (in.n == 3 && in.p[2] != '\r'))
		return good_frame(frame, KSRTP_FRAME_PONG, 2);
	return KSRTP_FRAME_MORE;
}

enum ksrtp_frame_kind ksrtp_msg_frame(struct slice in, bool pong_due, struct ksrtp_frame *frame)
{
	size_t limit = in.n < KSRTP_MSG_MAX ? in.n : KSRTP_MSG_MAX;
	const char *fault;
	uint32_t length;
	char *end;
	size_t from;
	size_t head;

	if (in.n >= 2 && in.p[0] == '\r' && in.p[1] == '\n')
		return frame_crlf(in, pong_due, frame);
	if (!frame->total) {
		from = frame->scanned > 3 ? frame->scanned - 3 : 0;
		end = limit > from ? memmem(in.p + from, limit - from, "\r\n\r\n", 4) : NULL;
		frame->scanned = limit;
		if (!end && limit == KSRTP_MSG_MAX)
			return bad_frame(frame, 0, "Message Too Large");
		if (!end)
			return KSRTP_FRAME_MORE;
		head = (size_t)(end - in.p) + 4;
		fault = head_length(ksrtp_slice_head(in, head), &length);
		if (fault)
			return bad_frame(frame, head, fault);
		if (length > KSRTP_MSG_MAX - head)
			return bad_frame(frame, head, "Message Too Large");
		frame->total = head + length;
	}
	if (in.n < frame->total)
		return KSRTP_FRAME_MORE;
	return good_frame(frame, KSRTP_FRAME_MESSAGE, frame->total);
}

const struct ksrtp_hdr *ksrtp_msg_find(const struct ksrtp_msg *msg, enum ksrtp_hdr_id id)
{
	if (id >= KSRTP_HDR_COUNT || msg->first[id] == KSRTP_MSG_HEADERS)
		return NULL;
	return &msg->headers[msg->first[id]];
}

const struct ksrtp_hdr *ksrtp_msg_find_name(const struct ksrtp_msg *msg, const char *name)
{
	for (size_t i = 0; i < msg->n; i++)
		if (ksrtp_slice_is(msg->headers[i].name, name))
			return &msg->headers[i];
	return NULL;
}

struct slice ksrtp_msg_value(const struct ksrtp_msg *msg, enum ksrtp_hdr_id id)
{
	const struct ksrtp_hdr *hdr = ksrtp_msg_find(msg, id);

	return hdr ? hdr->value : ksrtp_slice_of(NULL, 0);
}

struct ksrtp_cursor ksrtp_msg_walk(const struct ksrtp_msg *msg, enum ksrtp_hdr_id id)
{
	return (struct ksrtp_cursor){
		.msg = msg, .id = id, .next = id < KSRTP_HDR_COUNT ? msg->first[id] : msg->n};
}

bool ksrtp_msg_next(struct ksrtp_cursor *cursor, struct slice *value)
{
	for (;;) {
		if (ksrtp_lex_item(&cursor->rest, value))
			return true;
		while (cursor->next < cursor->msg->n &&
		       cursor->msg->headers[cursor->next].id != cursor->id)
			cursor->next++;
		if (cursor->next >= cursor->msg->n)
			return false;
		cursor->index = cursor->next++;
		*value = cursor->msg->headers[cursor->index].value;
		if (!ksrtp_hdr_is_list(cursor->id))
			return true;
		cursor->rest = *value;
	}
}

size_t ksrtp_msg_count(const struct ksrtp_msg *msg, enum ksrtp_hdr_id id)
{
	struct ksrtp_cursor cursor = ksrtp_msg_walk(msg, id);
	struct slice value;
	size_t n = 0;

	while (ksrtp_msg_next(&cursor, &value))
		n++;
	return n;
}

bool ksrtp_msg_has_option(const struct ksrtp_msg *msg, enum ksrtp_hdr_id id, const char *option)
{
	struct ksrtp_cursor cursor = ksrtp_msg_walk(msg, id);
	struct slice value;

	while (ksrtp_msg_next(&cursor, &value))
		if (ksrtp_slice_is(value, option))
			return true;
	return false;
}

int ksrtp_msg_number(const struct ksrtp_msg *msg, enum ksrtp_hdr_id id, uint32_t *number)
{
	const struct ksrtp_hdr *hdr = ksrtp_msg_find(msg, id);

	return hdr ? ksrtp_hdr_number(hdr->value, number) : -ENOENT;
}
