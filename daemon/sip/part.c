// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the session description stands in a message: alone, or beside other parts that are none of
 * our business. Called by daemon/call for each message with a body; pure functions. RFC 5621, RFC
 * 2046 5.1, RFC 3261 7.4.
 */
#include "daemon/sip/part.h"

#include <errno.h>
#include <string.h>

#include "daemon/sip/patch.h"

/* What says how to read some bytes: headers of the message, or of a part. */
struct entity {
	struct slice type;
	struct slice disposition;
	struct slice encoding; /* Content-Encoding */
	struct slice transfer; /* Content-Transfer-Encoding, of parts only */
	struct slice length;
	struct slice body;
};

struct search {
	struct ksrtp_part *found;
	bool sealed;
	size_t parts;
};

static int search_entity(struct search *search, const struct entity *entity, unsigned int depth);

/* The member a header of a part belongs into; NULL for one that does not matter. */
static struct slice *member_of(struct entity *entity, struct slice name)
{
	if (ksrtp_slice_is(name, "Content-Transfer-Encoding"))
		return &entity->transfer;
	switch (ksrtp_hdr_id(name)) {
	case KSRTP_HDR_CONTENT_TYPE:
		return &entity->type;
	case KSRTP_HDR_CONTENT_DISPOSITION:
		return &entity->disposition;
	case KSRTP_HDR_CONTENT_LENGTH:
		return &entity->length;
	case KSRTP_HDR_CONTENT_ENCODING:
		return &entity->encoding;
	default:
		return NULL;
	}
}

/* The part's headers, up to an empty line; a part may have none. */
static int parse_entity(struct slice bytes, struct entity *entity)
{
	struct slice line, whole, name;
	struct slice *member;

	*entity = (struct entity){0};
	for (;;) {
		if (ksrtp_lex_line(&bytes, &line, &whole))
			return -EBADMSG;
		if (!line.n)
			break;
		name = ksrtp_slice_trim(ksrtp_slice_cut(&line, ':'));
		member = member_of(entity, name);
		if (!member)
			continue;
		/* Of a header that stands twice the peer may read the other one. */
		if (member->p)
			return -EBADMSG;
		*member = ksrtp_slice_trim(line);
	}
	entity->body = bytes;
	return 0;
}

/*
 * The next delimiter line of @boundary at or behind @from: where it starts, with the CRLF before
 * it, and where what follows it starts. False when there is none. @last: it is the closing one.
 */
static bool find_delimiter(struct slice body, struct slice boundary, size_t *from, size_t *next,
			   bool *last)
{
	for (size_t at = *from; at + 2 + boundary.n <= body.n; at++) {
		struct slice rest = ksrtp_slice_from(body, at);
		size_t lead = at || rest.p[0] != '-' ? 2 : 0;

		if (lead && (rest.p[0] != '\r' || rest.n < 2 || rest.p[1] != '\n'))
			continue;
		rest = ksrtp_slice_from(rest, lead);
		if (rest.n < 2 + boundary.n || memcmp(rest.p, "--", 2) != 0 ||
		    !ksrtp_slice_equal(ksrtp_slice_of(rest.p + 2, boundary.n), boundary))
			continue;
		rest = ksrtp_slice_from(rest, 2 + boundary.n);
		*last = rest.n >= 2 && !memcmp(rest.p, "--", 2);
		rest = ksrtp_slice_from(rest, *last ? 2 : 0);
		while (rest.n && (rest.p[0] == ' ' || rest.p[0] == '\t'))
			rest = ksrtp_slice_from(rest, 1);
		/* "--boundaryX" is a line of the part; only the closing one may end the body. */
		if (rest.n ? rest.n < 2 || rest.p[0] != '\r' || rest.p[1] != '\n' : !*last)
			continue;
		*from = at;
		/* The CRLF stays: a part without headers begins with it. */
		*next = body.n - rest.n;
		return true;
	}
	return false;
}

static int search_multipart(struct search *search, struct slice body, struct slice boundary,
			    unsigned int depth)
{
	size_t from = 0, next = 0, start;
	struct entity entity;
	bool last;
	int err = 0;

	boundary = ksrtp_lex_dequote(boundary);
	if (!boundary.n || !find_delimiter(body, boundary, &from, &next, &last))
		return -EBADMSG;
	while (!last && !err) {
		start = next + 2;
		from = next;
		if (++search->parts > KSRTP_PART_COUNT ||
		    !find_delimiter(body, boundary, &from, &next, &last))
			return -EBADMSG;
		/* Between two delimiters that share their CRLF there is no part at all. */
		if (from < start ||
		    parse_entity(ksrtp_slice_of(body.p + start, from - start), &entity))
			return -EBADMSG;
		err = search_entity(search, &entity, depth);
	}
	return err;
}

static bool is_plain(const struct entity *entity)
{
	struct slice transfer = entity->transfer;

	return (!entity->encoding.n || ksrtp_slice_is(entity->encoding, "identity")) &&
	       (!transfer.n || ksrtp_slice_is(transfer, "binary") ||
		ksrtp_slice_is(transfer, "8bit") || ksrtp_slice_is(transfer, "7bit"));
}

static bool is_session(struct slice disposition)
{
	struct slice word = ksrtp_slice_trim(ksrtp_slice_cut(&disposition, ';'));

	return !word.n || ksrtp_slice_is(word, "session");
}

static int search_entity(struct search *search, const struct entity *entity, unsigned int depth)
{
	struct ksrtp_media_type type;
	struct slice boundary = {NULL, 0};

	if (!entity->body.n || ksrtp_hdr_media_type(entity->type, &type))
		return 0;
	if (ksrtp_slice_is(type.type, "multipart")) {
		if (ksrtp_slice_is(type.subtype, "signed") ||
		    ksrtp_slice_is(type.subtype, "encrypted") || !is_plain(entity)) {
			search->sealed = true;
			return 0;
		}
		ksrtp_lex_find_param(type.params, "boundary", &boundary);
		return depth ? search_multipart(search, entity->body, boundary, depth - 1)
			     : -EBADMSG;
	}
	if (!ksrtp_slice_is(type.type, "application"))
		return 0;
	if (ksrtp_slice_is(type.subtype, "pkcs7-mime") ||
	    ksrtp_slice_is(type.subtype, "x-pkcs7-mime"))
		search->sealed = true;
	if (!ksrtp_slice_is(type.subtype, "sdp") || !is_session(entity->disposition))
		return 0;
	if (!is_plain(entity)) {
		search->sealed = true;
		return 0;
	}
	/* Which of two the peer reads is anybody's guess: we might protect the other one. */
	if (search->found->body.p)
		return -EBADMSG;
	*search->found = (struct ksrtp_part){.body = entity->body, .length = entity->length};
	return 0;
}

int ksrtp_part_find(const struct ksrtp_msg *msg, struct ksrtp_part *part)
{
	const struct entity entity = {
		.type = ksrtp_msg_value(msg, KSRTP_HDR_CONTENT_TYPE),
		.disposition = ksrtp_msg_value(msg, KSRTP_HDR_CONTENT_DISPOSITION),
		.encoding = ksrtp_msg_value(msg, KSRTP_HDR_CONTENT_ENCODING),
		.body = msg->body,
	};
	struct search search = {.found = part};
	int err;

	*part = (struct ksrtp_part){0};
	err = search_entity(&search, &entity, KSRTP_PART_DEPTH);
	if (err)
		return err;
	if (part->body.p)
		return 0;
	return search.sealed ? -EPERM : -ENOENT;
}

int ksrtp_part_patch(struct ksrtp_splice *list, const struct ksrtp_msg *msg,
		     const struct ksrtp_part *part, struct slice body)
{
	struct ksrtp_splice inner;
	struct ksrtp_buf all;
	int err;

	ksrtp_splice_init(&inner, msg->body);
	ksrtp_splice_swap(&inner, part->body, body);
	if (part->length.p)
		ksrtp_splice_printf(&inner, ksrtp_splice_at(&inner, part->length), part->length.n,
				    "%zu", body.n);
	ksrtp_buf_init(&all, KSRTP_MSG_MAX * 2);
	err = ksrtp_splice_apply(&inner, &all);
	if (!err)
		err = ksrtp_patch_body(list, msg, ksrtp_buf_view(&all), ksrtp_slice_of(NULL, 0));
	else if (!list->err)
		list->err = err;
	ksrtp_buf_free(&all);
	ksrtp_splice_destroy(&inner);
	return err;
}
