// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Edits of a description as splices. Called by daemon/call/describe.c. Pure; the edits own copies
 * of what they insert, keys among them, and the splices wipe those when they go. RFC 8866; RFC 3264
 * section 8 (o=), RFC 8839 and 8842 (what a terminating middle must not pass).
 */
#include "daemon/sdp/edit.h"

#include <string.h>

void ksrtp_sdp_edit_init(struct ksrtp_sdp_edit *edit, const struct ksrtp_sdp *sdp)
{
	edit->sdp = sdp;
	edit->bundle = false;
	ksrtp_splice_init(&edit->splice, sdp->body);
}

void ksrtp_sdp_edit_destroy(struct ksrtp_sdp_edit *edit)
{
	ksrtp_splice_destroy(&edit->splice);
}

static const char *family_of(const char *address)
{
	return strchr(address, ':') ? "IP6" : "IP4";
}

void ksrtp_sdp_edit_origin(struct ksrtp_sdp_edit *edit, uint64_t id, uint64_t version,
			   const char *address)
{
	struct slice value = ksrtp_sdp_find(edit->sdp, KSRTP_SDP_SESSION, 'o')->value;

	ksrtp_splice_printf(&edit->splice, ksrtp_splice_at(&edit->splice, value), value.n,
			    "- %llu %llu IN %s %s", (unsigned long long)id,
			    (unsigned long long)version, family_of(address), address);
}

/* The unspecified address in any of its spellings: nothing but zeroes, dots and colons. */
static bool is_unspecified(const struct ksrtp_sdp_where *where)
{
	size_t i;

	for (i = 0; i < where->address.n; i++)
		if (!memchr("0.:", where->address.p[i], 3))
			return false;
	return where->family != 0;
}

void ksrtp_sdp_edit_connection(struct ksrtp_sdp_edit *edit, int media, const char *address)
{
	const struct ksrtp_sdp *sdp = edit->sdp;
	bool six = strchr(address, ':') != NULL;
	unsigned int i, end = sdp->session_end;

	i = media == KSRTP_SDP_SESSION ? 0 : sdp->media[media].first;
	if (media != KSRTP_SDP_SESSION)
		end = sdp->media[media].end;
	for (; i < end; i++) {
		struct slice value = sdp->line[i].value;
		struct ksrtp_sdp_where where;
		const char *to = address;

		if (sdp->line[i].type != 'c')
			continue;
		if (!ksrtp_sdp_connection(value, &where) && is_unspecified(&where))
			to = six ? "::" : "0.0.0.0";
		ksrtp_splice_printf(&edit->splice, ksrtp_splice_at(&edit->splice, value), value.n,
				    "IN %s %s", family_of(address), to);
	}
}

/* Insert a whole line in front of line @at, or behind the last one. */
static void insert_line(struct ksrtp_sdp_edit *edit, unsigned int at, const char *type,
			struct slice value)
{
	const struct ksrtp_sdp *sdp = edit->sdp;
	struct slice last = sdp->line[sdp->n_lines - 1].whole;
	struct slice eol = sdp->eol;

	if (at < sdp->n_lines)
		ksrtp_splice_printf(&edit->splice,
				    ksrtp_splice_at(&edit->splice, sdp->line[at].whole), 0,
				    "%s%.*s%.*s", type, PRSLICE(value), PRSLICE(eol));
	else if (last.p[last.n - 1] == '\n')
		ksrtp_splice_printf(&edit->splice, sdp->body.n, 0, "%s%.*s%.*s", type,
				    PRSLICE(value), PRSLICE(eol));
	else
		ksrtp_splice_printf(&edit->splice, sdp->body.n, 0, "%.*s%s%.*s", PRSLICE(eol), type,
				    PRSLICE(value));
}

void ksrtp_sdp_edit_pin(struct ksrtp_sdp_edit *edit, unsigned int media)
{
	const struct ksrtp_sdp *sdp = edit->sdp;
	const struct ksrtp_sdp_line *line = ksrtp_sdp_find(sdp, KSRTP_SDP_SESSION, 'c');
	unsigned int at = sdp->media[media].first + 1;

	if (!line || ksrtp_sdp_find(sdp, (int)media, 'c'))
		return;
	if (at < sdp->media[media].end && sdp->line[at].type == 'i')
		at++;
	insert_line(edit, at, "c=", line->value);
}

void ksrtp_sdp_edit_media(struct ksrtp_sdp_edit *edit, unsigned int media, uint16_t port,
			  const char *proto)
{
	const struct ksrtp_sdp_media *m = &edit->sdp->media[media];

	ksrtp_splice_printf(&edit->splice, ksrtp_splice_at(&edit->splice, m->port_text),
			    m->port_text.n, "%u", port);
	if (proto)
		ksrtp_splice_swap(&edit->splice, m->proto_text, ksrtp_slice_str(proto));
}

/* What belongs to the peer's own end of media, whatever its value. */
static bool is_terminated(const struct ksrtp_sdp_edit *edit, const struct ksrtp_sdp_line *line)
{
	static const char *const name[] = {
		"crypto", "key-mgmt", "fingerprint", "setup", "connection", "tls-id", "cryptex",
		"candidate", "remote-candidates", "end-of-candidates", "ice-ufrag", "ice-pwd",
		"ice-lite", "ice-options", "ice-mismatch", "ice-pacing", "rtcp", "rtcp-mux-only",
		"bundle-only", "tcap", "acap", "pcfg", "acfg", "csup", "creq",
	};
	struct slice arg = line->arg;
	size_t i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (ksrtp_slice_equal(line->name, ksrtp_slice_str(name[i])))
			return true;
	if (ksrtp_slice_is(line->name, "group") && !edit->bundle)
		return ksrtp_slice_is(ksrtp_slice_head(arg, ksrtp_slice_find(arg, ' ')), "BUNDLE");
	/* RFC 6904 encrypts under session keys of one segment. */
	return ksrtp_slice_is(line->name, "extmap") && arg.n &&
	       memmem(arg.p, arg.n, "urn:ietf:params:rtp-hdrext:encrypt", 34);
}

/* Delete the a= lines of one level that @name is, or that are terminated where it is NULL. */
static void drop(struct ksrtp_sdp_edit *edit, int media, const char *name)
{
	const struct ksrtp_sdp *sdp = edit->sdp;
	bool session = media == KSRTP_SDP_SESSION;
	unsigned int i = session ? 0 : sdp->media[media].first;
	unsigned int end = session ? sdp->session_end : sdp->media[media].end;

	for (; i < end; i++) {
		const struct ksrtp_sdp_line *line = &sdp->line[i];

		if (line->type != 'a')
			continue;
		if (name ? ksrtp_slice_equal(line->name, ksrtp_slice_str(name))
			 : is_terminated(edit, line))
			ksrtp_splice_swap(&edit->splice, line->whole, SLICE(""));
	}
}

void ksrtp_sdp_edit_strip(struct ksrtp_sdp_edit *edit, int media)
{
	drop(edit, media, NULL);
}

void ksrtp_sdp_edit_drop(struct ksrtp_sdp_edit *edit, int media, const char *name)
{
	drop(edit, media, name);
}

/* In front of the first attribute of an m-line, else at its end. */
static unsigned int attributes(const struct ksrtp_sdp *sdp, unsigned int media)
{
	unsigned int at = sdp->media[media].first + 1;

	while (at < sdp->media[media].end && sdp->line[at].type != 'a')
		at++;
	return at;
}

void ksrtp_sdp_edit_add(struct ksrtp_sdp_edit *edit, unsigned int media, const char *attribute)
{
	insert_line(edit, attributes(edit->sdp, media), "a=", ksrtp_slice_str(attribute));
}

void ksrtp_sdp_edit_inherit(struct ksrtp_sdp_edit *edit, unsigned int media)
{
	static const char *const name[] = {
		"fingerprint", "setup", "tls-id", "ice-ufrag", "ice-pwd", "ice-options",
	};
	const struct ksrtp_sdp *sdp = edit->sdp;
	const struct ksrtp_sdp_line *line;
	size_t i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		if (ksrtp_sdp_attr(sdp, (int)media, name[i], NULL))
			continue;
		line = NULL;
		while ((line = ksrtp_sdp_attr(sdp, KSRTP_SDP_SESSION, name[i], line)))
			insert_line(edit, attributes(sdp, media), "a=", line->value);
	}
}
