// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Edits of a message as splices over the bytes that arrived. Called by the proxy core for each
 * message that passes; no I/O, allocation only inside the splice list. RFC 3261 16.6 and 18.2.1,
 * RFC 3581.
 */
#include "daemon/sip/patch.h"

#include <stdio.h>

/* Offset of the first byte behind @part in the source of @list. */
static size_t end_of(struct ksrtp_splice *list, struct slice part)
{
	return ksrtp_splice_at(list, part) + part.n;
}

static int insert_line(struct ksrtp_splice *list, size_t off, const char *name, struct slice value)
{
	if (list->err)
		return list->err;
	return ksrtp_splice_printf(list, off, 0, "%s: %.*s\r\n", name, PRSLICE(value));
}

int ksrtp_patch_via_push(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
			 struct slice value)
{
	const struct ksrtp_hdr *top = ksrtp_msg_find(msg, KSRTP_HDR_VIA);

	return insert_line(list, ksrtp_splice_at(list, top ? top->line : msg->head), "Via", value);
}

int ksrtp_patch_via_pop(struct ksrtp_splice *list, const struct ksrtp_msg *msg)
{
	return ksrtp_patch_pop(list, msg, KSRTP_HDR_VIA, 1);
}

bool ksrtp_patch_via_source_due(const struct ksrtp_msg *msg, struct slice host, uint16_t port)
{
	const struct ksrtp_via *via = &msg->via;

	if (via->rport_text.p)
		return via->rport != port || !ksrtp_slice_equal_nocase(via->received, host);
	if (via->received_text.p)
		return !ksrtp_slice_equal_nocase(via->received, host);
	return !ksrtp_slice_equal_nocase(via->host, host);
}

int ksrtp_patch_via_source(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
			   struct slice host, uint16_t port)
{
	const struct ksrtp_via *via = &msg->via;

	if (!ksrtp_patch_via_source_due(msg, host, port))
		return list->err;
	if (via->rport_text.p && via->rport != port)
		ksrtp_splice_printf(list, ksrtp_splice_at(list, via->rport_text),
				    via->rport_text.n, "rport=%u", port);
	if (via->received_text.p)
		return ksrtp_splice_printf(list, ksrtp_splice_at(list, via->received_text),
					   via->received_text.n, "received=%.*s", PRSLICE(host));
	return ksrtp_splice_printf(list, end_of(list, via->text), 0, ";received=%.*s",
				   PRSLICE(host));
}

/* Behind the first run of Via lines; behind the start line where there is none. */
static size_t behind_vias(struct ksrtp_splice *list, const struct ksrtp_msg *msg)
{
	size_t i = msg->first[KSRTP_HDR_VIA];

	if (i >= msg->n)
		return end_of(list, msg->start) + 2;
	while (i + 1 < msg->n && msg->headers[i + 1].id == KSRTP_HDR_VIA)
		i++;
	return end_of(list, msg->headers[i].line);
}

int ksrtp_patch_above(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
		      enum ksrtp_hdr_id id, struct slice value)
{
	const struct ksrtp_hdr *top = ksrtp_msg_find(msg, id);
	size_t off = top ? ksrtp_splice_at(list, top->line) : behind_vias(list, msg);

	return insert_line(list, off, ksrtp_hdr_name(id), value);
}

int ksrtp_patch_append(struct ksrtp_splice *list, const struct ksrtp_msg *msg, const char *name,
		       struct slice value)
{
	return insert_line(list, end_of(list, msg->head) - 2, name, value);
}

int ksrtp_patch_set(struct ksrtp_splice *list, const struct ksrtp_msg *msg, enum ksrtp_hdr_id id,
		    struct slice value)
{
	const struct ksrtp_hdr *hdr = ksrtp_msg_find(msg, id);

	if (!hdr)
		return ksrtp_patch_append(list, msg, ksrtp_hdr_name(id), value);
	return ksrtp_splice_swap(list, hdr->value, value);
}

int ksrtp_patch_remove(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
		       enum ksrtp_hdr_id id)
{
	for (size_t i = 0; i < msg->n; i++)
		if (msg->headers[i].id == id)
			ksrtp_splice_swap(list, msg->headers[i].line, ksrtp_slice_of(NULL, 0));
	return list->err;
}

/* The values of one line that stay, joined anew; false when all of them do. */
static bool filter_line(struct slice line_value, struct ksrtp_buf *kept, size_t *number,
			bool (*keep)(void *ctx, size_t number, struct slice value), void *ctx)
{
	struct slice rest = line_value;
	struct slice value;
	bool lost = false;

	while (ksrtp_lex_item(&rest, &value)) {
		if (!keep(ctx, (*number)++, value)) {
			lost = true;
			continue;
		}
		if (kept->n)
			ksrtp_buf_str(kept, ", ");
		ksrtp_buf_slice(kept, value);
	}
	return lost;
}

int ksrtp_patch_filter(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
		       enum ksrtp_hdr_id id,
		       bool (*keep)(void *ctx, size_t number, struct slice value), void *ctx)
{
	struct ksrtp_buf kept;
	size_t number = 0;

	ksrtp_buf_init(&kept, KSRTP_MSG_MAX * 2);
	for (size_t i = 0; i < msg->n; i++) {
		const struct ksrtp_hdr *hdr = &msg->headers[i];

		if (hdr->id != id)
			continue;
		ksrtp_buf_reset(&kept);
		if (!filter_line(hdr->value, &kept, &number, keep, ctx))
			continue;
		if (kept.err)
			list->err = list->err ? list->err : kept.err;
		else if (kept.n)
			ksrtp_splice_swap(list, hdr->value, ksrtp_buf_view(&kept));
		else
			ksrtp_splice_swap(list, hdr->line, ksrtp_slice_of(NULL, 0));
	}
	ksrtp_buf_free(&kept);
	return list->err;
}

static bool keep_from(void *ctx, size_t number, struct slice value)
{
	return number >= *(size_t *)ctx;
}

int ksrtp_patch_pop(struct ksrtp_splice *list, const struct ksrtp_msg *msg, enum ksrtp_hdr_id id,
		    size_t count)
{
	return count ? ksrtp_patch_filter(list, msg, id, keep_from, &count) : list->err;
}

int ksrtp_patch_max_forwards(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
			     uint32_t value)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "%u", value);
	return ksrtp_patch_set(list, msg, KSRTP_HDR_MAX_FORWARDS, ksrtp_slice_str(digits));
}

int ksrtp_patch_request_uri(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
			    struct slice uri)
{
	struct ksrtp_uri parsed;

	if (!ksrtp_uri_parse(uri, &parsed) && parsed.headers.p)
		uri = ksrtp_slice_head(uri, (size_t)(parsed.headers.p - 1 - uri.p));
	return ksrtp_splice_swap(list, msg->uri.text, uri);
}

int ksrtp_patch_uri(struct ksrtp_splice *list, const struct ksrtp_nameaddr *addr, struct slice uri)
{
	size_t off = ksrtp_splice_at(list, addr->target);

	if (list->err)
		return list->err;
	return ksrtp_splice_printf(list, off, addr->target.n, "<%.*s>", PRSLICE(uri));
}

static bool lists_token(struct slice list, const char *token)
{
	struct slice item;

	while (ksrtp_lex_item(&list, &item))
		if (ksrtp_slice_is(item, token))
			return true;
	return false;
}

int ksrtp_patch_auth_int(struct ksrtp_splice *list, const struct ksrtp_msg *msg)
{
	struct ksrtp_auth auth;

	for (size_t i = 0; i < msg->n; i++) {
		const struct ksrtp_hdr *hdr = &msg->headers[i];

		if (hdr->id != KSRTP_HDR_WWW_AUTHENTICATE &&
		    hdr->id != KSRTP_HDR_PROXY_AUTHENTICATE)
			continue;
		if (!ksrtp_hdr_auth(hdr->value, &auth) && lists_token(auth.qop, "auth") &&
		    lists_token(auth.qop, "auth-int"))
			ksrtp_splice_swap(list, auth.qop_text, SLICE("qop=\"auth\""));
	}
	return list->err;
}

int ksrtp_patch_body(struct ksrtp_splice *list, const struct ksrtp_msg *msg, struct slice body,
		     struct slice type)
{
	const struct ksrtp_hdr *length = ksrtp_msg_find(msg, KSRTP_HDR_CONTENT_LENGTH);
	size_t end = end_of(list, msg->head);

	if (!body.n)
		ksrtp_patch_remove(list, msg, KSRTP_HDR_CONTENT_TYPE);
	else if (type.p)
		ksrtp_patch_set(list, msg, KSRTP_HDR_CONTENT_TYPE, type);
	if (list->err)
		return list->err;
	if (length)
		ksrtp_splice_printf(list, ksrtp_splice_at(list, length->value), length->value.n,
				    "%zu", body.n);
	else
		ksrtp_splice_printf(list, end - 2, 0, "Content-Length: %zu\r\n", body.n);
	return ksrtp_splice_replace(list, end, msg->body.n, body);
}
