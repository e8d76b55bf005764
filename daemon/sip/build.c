// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages of our own: responses, and the CANCEL and ACK that belong to a sent INVITE. Called by
 * the transaction layer and the proxy core; pure but for the buffer it appends to. RFC 3261 8.2.6,
 * 9.1, 17.1.1.3.
 */
#include "daemon/sip/build.h"

#include <errno.h>

struct reason {
	uint16_t status;
	const char *phrase;
};

/* RFC 3261 21 and the registrations this daemon can have to answer with. */
static const struct reason reasons[] = {
	{100, "Trying"},
	{180, "Ringing"},
	{181, "Call Is Being Forwarded"},
	{182, "Queued"},
	{183, "Session Progress"},
	{200, "OK"},
	{202, "Accepted"},
	{302, "Moved Temporarily"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{407, "Proxy Authentication Required"},
	{408, "Request Timeout"},
	{413, "Request Entity Too Large"},
	{415, "Unsupported Media Type"},
	{416, "Unsupported URI Scheme"},
	{420, "Bad Extension"},
	{421, "Extension Required"},
	{423, "Interval Too Brief"},
	{430, "Flow Failed"},
	{439, "First Hop Lacks Outbound Support"},
	{480, "Temporarily Unavailable"},
	{481, "Call/Transaction Does Not Exist"},
	{482, "Loop Detected"},
	{483, "Too Many Hops"},
	{486, "Busy Here"},
	{487, "Request Terminated"},
	{488, "Not Acceptable Here"},
	{491, "Request Pending"},
	{500, "Server Internal Error"},
	{501, "Not Implemented"},
	{502, "Bad Gateway"},
	{503, "Service Unavailable"},
	{504, "Server Time-out"},
	{505, "Version Not Supported"},
	{513, "Message Too Large"},
	{600, "Busy Everywhere"},
	{603, "Decline"},
	{606, "Not Acceptable"},
};

const char *ksrtp_build_reason(uint16_t status)
{
	static const char *const classes[] = {
		"Progress", "OK", "Redirection", "Request Failure", "Server Failure",
		"Global Failure",
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].phrase;
	return status >= 100 && status <= 699 ? classes[status / 100 - 1] : "Unknown";
}

static void copy_lines(const struct ksrtp_msg *msg, enum ksrtp_hdr_id id, struct ksrtp_buf *out)
{
	for (size_t i = 0; i < msg->n; i++)
		if (msg->headers[i].id == id)
			ksrtp_buf_slice(out, msg->headers[i].line);
}

/* The first line only: of a singleton that a malformed request gives twice. */
static void copy_line(const struct ksrtp_msg *msg, enum ksrtp_hdr_id id, struct ksrtp_buf *out)
{
	const struct ksrtp_hdr *hdr = ksrtp_msg_find(msg, id);

	if (hdr)
		ksrtp_buf_slice(out, hdr->line);
}

static void copy_to(const struct ksrtp_msg *req, const struct ksrtp_reply *reply,
		    struct ksrtp_buf *out)
{
	struct slice value = ksrtp_msg_value(req, KSRTP_HDR_TO);

	if (reply->status == 100 || !reply->to_tag.n || req->to.tag.p || !value.n) {
		copy_line(req, KSRTP_HDR_TO, out);
		return;
	}
	ksrtp_buf_str(out, "To: ");
	ksrtp_buf_slice(out, value); /* which may hold a NUL in quotes */
	ksrtp_buf_printf(out, ";tag=%.*s\r\n", PRSLICE(reply->to_tag));
}

int ksrtp_build_response(const struct ksrtp_msg *req, const struct ksrtp_reply *reply,
			 struct ksrtp_buf *out)
{
	const char *reason = reply->reason ? reply->reason : ksrtp_build_reason(reply->status);
	const struct ksrtp_hdr *timestamp;

	if (!req->answerable || reply->status < 100 || reply->status > 699)
		return -EINVAL;
	ksrtp_buf_printf(out, "SIP/2.0 %u %s\r\n", reply->status, reason);
	copy_lines(req, KSRTP_HDR_VIA, out);
	if (reply->status > 100 && reply->status < 300)
		copy_lines(req, KSRTP_HDR_RECORD_ROUTE, out);
	copy_line(req, KSRTP_HDR_FROM, out);
	copy_to(req, reply, out);
	copy_line(req, KSRTP_HDR_CALL_ID, out);
	copy_line(req, KSRTP_HDR_CSEQ, out);
	timestamp = ksrtp_msg_find_name(req, "Timestamp");
	if (reply->status == 100 && timestamp)
		ksrtp_buf_slice(out, timestamp->line);
	ksrtp_buf_slice(out, reply->headers);
	if (reply->body.n)
		ksrtp_buf_printf(out, "Content-Type: %.*s\r\n", PRSLICE(reply->type));
	ksrtp_buf_printf(out, "Content-Length: %zu\r\n\r\n", reply->body.n);
	return ksrtp_buf_slice(out, reply->body);
}

/* A request of the same transaction as @req: its Request-URI, top Via, Routes, Call-ID and CSeq. */
static int build_sibling(const struct ksrtp_msg *req, const char *method, struct slice to_line,
			 struct slice headers, struct ksrtp_buf *out)
{
	if (!req->request || !to_line.n)
		return -EINVAL;
	ksrtp_buf_printf(out, "%s %.*s SIP/2.0\r\nVia: %.*s\r\n", method, PRSLICE(req->uri.text),
			 PRSLICE(req->via.text));
	copy_lines(req, KSRTP_HDR_ROUTE, out);
	ksrtp_buf_str(out, "Max-Forwards: 70\r\n");
	copy_line(req, KSRTP_HDR_FROM, out);
	ksrtp_buf_slice(out, to_line);
	copy_line(req, KSRTP_HDR_CALL_ID, out);
	ksrtp_buf_printf(out, "CSeq: %u %s\r\n", req->cseq.number, method);
	ksrtp_buf_slice(out, headers);
	return ksrtp_buf_str(out, "Content-Length: 0\r\n\r\n");
}

int ksrtp_build_cancel(const struct ksrtp_msg *req, struct slice headers, struct ksrtp_buf *out)
{
	const struct ksrtp_hdr *to = ksrtp_msg_find(req, KSRTP_HDR_TO);

	return to ? build_sibling(req, "CANCEL", to->line, headers, out) : -EINVAL;
}

int ksrtp_build_ack(const struct ksrtp_msg *req, const struct ksrtp_msg *res,
		    struct ksrtp_buf *out)
{
	const struct ksrtp_hdr *to = ksrtp_msg_find(res, KSRTP_HDR_TO);

	if (!to || req->method_id != KSRTP_INVITE)
		return -EINVAL;
	return build_sibling(req, "ACK", to->line, ksrtp_slice_of(NULL, 0), out);
}
