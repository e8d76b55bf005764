// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes of a stranger through all of daemon/sip that is pure: frames, the message, every lazy
 * header, every edit. What parsed must parse again after the edits, and no edit may touch a header
 * it does not name.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sip/build.h"
#include "daemon/sip/digest.h"
#include "daemon/sip/part.h"
#include "daemon/sip/patch.h"
#include "daemon/sip/route.h"
#include "daemon/sip/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[32];
static const uint64_t hash_key[2];

static void must(bool truth)
{
	if (!truth)
		abort();
}

/* Reads every byte, so that the sanitizer sees a slice that points elsewhere. */
static void touch(struct slice s)
{
	volatile unsigned int sum = 0;

	for (size_t i = 0; i < s.n; i++)
		sum = sum + (unsigned char)s.p[i];
}

static void touch_uri(const struct ksrtp_uri *uri)
{
	struct ksrtp_uri again;
	struct ksrtp_buf out;

	touch(uri->text);
	touch(uri->user);
	touch(uri->password);
	touch(uri->host);
	touch(uri->params);
	touch(uri->headers);
	if (uri->scheme != KSRTP_URI_SIP && uri->scheme != KSRTP_URI_SIPS)
		return;
	must(ksrtp_uri_equal(uri, uri));
	ksrtp_buf_init(&out, KSRTP_MSG_MAX * 4);
	must(!ksrtp_uri_write(uri, &out));
	must(!ksrtp_uri_parse(ksrtp_buf_view(&out), &again));
	must(ksrtp_uri_equal(uri, &again));
	ksrtp_buf_reset(&out);
	must(!ksrtp_uri_aor(uri, &out));
	must(!ksrtp_uri_parse(ksrtp_buf_view(&out), &again));
	ksrtp_buf_free(&out);
}

static void touch_value(enum ksrtp_hdr_id id, struct slice value)
{
	struct ksrtp_contact contact;
	struct ksrtp_media_type type;
	struct ksrtp_nameaddr addr;
	struct ksrtp_cseq cseq;
	struct ksrtp_auth auth;
	struct ksrtp_via via;
	enum ksrtp_digest_alg alg;
	uint8_t payload[KSRTP_TOKEN_PAYLOAD];
	uint32_t number;
	size_t n;

	touch(value);
	ksrtp_hdr_number(value, &number);
	ksrtp_hdr_cseq(value, &cseq);
	if (!ksrtp_hdr_via(value, &via)) {
		touch(via.branch);
		touch(via.received);
		touch(via.rport_text);
		touch(via.maddr);
	}
	if (!ksrtp_hdr_addr(value, &addr)) {
		touch(addr.display);
		touch(addr.target);
		touch(addr.tag);
		touch_uri(&addr.uri);
	}
	if (!ksrtp_hdr_contact(value, &contact)) {
		touch(contact.instance);
		must(contact.q <= 1000);
		ksrtp_token_open(key, id & 0xff, contact.addr.uri.user, payload, &n);
	}
	if (!ksrtp_hdr_media_type(value, &type))
		touch(type.params);
	if (!ksrtp_hdr_auth(value, &auth)) {
		const struct ksrtp_digest_check check = {.key = key, .life = 60};

		ksrtp_digest_nonce_check(&check, auth.nonce);
		ksrtp_digest_nc(auth.nc, &number);
		if (!ksrtp_digest_alg(auth.algorithm, &alg))
			ksrtp_digest_verify(alg, &auth, SLICE("INVITE"), "0123456789abcdef");
		touch(auth.qop_text);
	}
}

static void touch_all(const struct ksrtp_msg *msg)
{
	for (size_t i = 0; i < msg->n; i++) {
		touch(msg->headers[i].name);
		touch(msg->headers[i].line);
		touch_value(msg->headers[i].id, msg->headers[i].value);
	}
	for (unsigned int id = 0; id < KSRTP_HDR_COUNT; id++) {
		struct ksrtp_cursor cursor = ksrtp_msg_walk(msg, (enum ksrtp_hdr_id)id);
		struct slice value;

		while (ksrtp_msg_next(&cursor, &value))
			touch_value((enum ksrtp_hdr_id)id, value);
		ksrtp_msg_has_option(msg, (enum ksrtp_hdr_id)id, "path");
	}
	touch(msg->body);
}

static bool is_odd(void *ctx, size_t number, struct slice value)
{
	touch(value);
	return number & 1;
}

static bool is_edge(void *ctx, const struct ksrtp_uri *uri)
{
	return uri->host.n & 1;
}

static bool is_edge_via(void *ctx, const struct ksrtp_via *via)
{
	return via->host.n & 1;
}

/* No header that has no id is touched by any edit: they come out in order, byte for byte. */
static void compare_others(const struct ksrtp_msg *before, const struct ksrtp_msg *after)
{
	size_t k = 0;

	for (size_t i = 0; i < before->n; i++) {
		if (before->headers[i].id != KSRTP_HDR_OTHER)
			continue;
		while (k < after->n && after->headers[k].id != KSRTP_HDR_OTHER)
			k++;
		must(k < after->n);
		must(ksrtp_slice_equal(before->headers[i].line, after->headers[k++].line));
	}
}

static void edit_request(const struct ksrtp_msg *msg, struct ksrtp_splice *list)
{
	const struct ksrtp_route_self self = {.user = SLICE("token"), .host = SLICE("::1"),
					      .transport = SLICE("tls")};
	struct ksrtp_route route;
	char branch[KSRTP_ROUTE_BRANCH];

	ksrtp_route_branch(msg, 1, hash_key, branch);
	ksrtp_route_loops(msg, hash_key, is_edge_via, NULL);
	ksrtp_patch_via_push(list, msg, SLICE("SIP/2.0/TLS us;branch=z9hG4bKx"));
	ksrtp_patch_via_source(list, msg, SLICE("192.0.2.1"), 5060);
	ksrtp_route_record(list, msg, &self, &self);
	ksrtp_patch_max_forwards(list, msg, 69);
	if (!ksrtp_route_find(msg, is_edge, NULL, &route))
		ksrtp_route_patch(list, msg, &route);
}

static void edit(const struct ksrtp_msg *msg)
{
	struct ksrtp_splice list;
	struct ksrtp_contact contact;
	struct ksrtp_msg after;
	struct ksrtp_buf out;

	ksrtp_buf_init(&out, KSRTP_MSG_MAX * 4);
	ksrtp_splice_init(&list, msg->raw);
	must(!ksrtp_splice_apply(&list, &out));
	must(ksrtp_slice_equal(ksrtp_buf_view(&out), msg->raw));
	ksrtp_buf_reset(&out);

	if (msg->request)
		edit_request(msg, &list);
	else
		ksrtp_patch_via_pop(&list, msg);
	if (!ksrtp_hdr_is_list(KSRTP_HDR_FROM))
		ksrtp_patch_uri(&list, &msg->from, SLICE("sip:anonymous@invalid"));
	if (!ksrtp_hdr_contact(ksrtp_msg_value(msg, KSRTP_HDR_REFER_TO), &contact) && !contact.star)
		ksrtp_patch_uri(&list, &contact.addr, SLICE("sip:TOKEN@edge"));
	ksrtp_patch_filter(&list, msg, KSRTP_HDR_CONTACT, is_odd, NULL);
	ksrtp_patch_remove(&list, msg, KSRTP_HDR_P_ASSERTED_IDENTITY);
	ksrtp_patch_body(&list, msg, SLICE("v=0\r\n"), SLICE("application/sdp"));
	must(!ksrtp_splice_apply(&list, &out));
	must(out.n == ksrtp_splice_size(&list));
	if (out.n <= KSRTP_MSG_MAX) {
		int err = ksrtp_msg_parse(ksrtp_buf_view(&out), &after);

		/* Only room for headers, and the last Via of a response, can be missing. */
		must(!err || msg->n + 8 > KSRTP_MSG_HEADERS ||
		     (!msg->request && ksrtp_msg_count(msg, KSRTP_HDR_VIA) < 2) ||
		     !strcmp(after.fault, "Malformed or Missing Via"));
		if (!err) {
			compare_others(msg, &after);
			must(ksrtp_slice_equal(after.body, SLICE("v=0\r\n")));
		}
	}
	ksrtp_splice_destroy(&list);
	ksrtp_buf_free(&out);
}

/* The description found is the one found again after it was replaced, and all else is as it was. */
static void replace_part(const struct ksrtp_msg *msg)
{
	struct ksrtp_part part, again;
	struct ksrtp_splice list;
	struct ksrtp_msg after;
	struct ksrtp_buf out;

	if (ksrtp_part_find(msg, &part))
		return;
	touch(part.body);
	ksrtp_buf_init(&out, KSRTP_MSG_MAX * 4);
	ksrtp_splice_init(&list, msg->raw);
	must(!ksrtp_part_patch(&list, msg, &part, SLICE("v=0\r\ns=new")));
	ksrtp_patch_auth_int(&list, msg);
	must(!ksrtp_splice_apply(&list, &out));
	if (out.n <= KSRTP_MSG_MAX && !ksrtp_msg_parse(ksrtp_buf_view(&out), &after)) {
		must(!ksrtp_part_find(&after, &again));
		must(ksrtp_slice_equal(again.body, SLICE("v=0\r\ns=new")));
		compare_others(msg, &after);
	}
	ksrtp_splice_destroy(&list);
	ksrtp_buf_free(&out);
}

static void build(const struct ksrtp_msg *msg)
{
	const struct ksrtp_reply reply = {.status = 400, .reason = "x", .to_tag = SLICE("t")};
	struct ksrtp_msg made;
	struct ksrtp_buf out;

	ksrtp_buf_init(&out, KSRTP_MSG_MAX * 4);
	if (!ksrtp_build_response(msg, &reply, &out)) {
		must(msg->answerable);
		if (!msg->fault && out.n <= KSRTP_MSG_MAX)
			must(!ksrtp_msg_parse(ksrtp_buf_view(&out), &made) && made.to.tag.p);
	}
	ksrtp_buf_reset(&out);
	if (!msg->fault && !ksrtp_build_cancel(msg, SLICE("Reason: SIP\r\n"), &out) &&
	    out.n <= KSRTP_MSG_MAX)
		must(!ksrtp_msg_parse(ksrtp_buf_view(&out), &made));
	ksrtp_buf_reset(&out);
	if (!msg->fault && !ksrtp_build_ack(msg, msg, &out) && out.n <= KSRTP_MSG_MAX)
		must(!ksrtp_msg_parse(ksrtp_buf_view(&out), &made));
	ksrtp_buf_free(&out);
}

/* A stream cut at any byte gives the same frames as the whole. */
static void frame(struct slice in)
{
	struct ksrtp_frame whole = {0}, cut = {0};
	enum ksrtp_frame_kind kind = ksrtp_msg_frame(in, false, &whole);
	struct ksrtp_msg msg;

	if (kind == KSRTP_FRAME_MESSAGE) {
		must(whole.used && whole.used <= in.n);
		ksrtp_msg_frame(ksrtp_slice_head(in, in.n / 3), false, &cut);
		if (in.n / 3 < whole.used) {
			must(ksrtp_msg_frame(in, false, &cut) == kind);
			must(cut.used == whole.used);
		}
		if (!ksrtp_msg_parse(ksrtp_slice_head(in, whole.used), &msg))
			must(msg.raw.n == whole.used);
	}
	must(kind != KSRTP_FRAME_BAD || whole.fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = ksrtp_slice_of((const char *)data, size);
	struct ksrtp_msg msg;
	int err;

	frame(in);
	err = ksrtp_msg_parse(in, &msg);
	must(!err == !msg.fault);
	touch_all(&msg);
	build(&msg);
	if (!err) {
		edit(&msg);
		replace_part(&msg);
	}
	return 0;
}
