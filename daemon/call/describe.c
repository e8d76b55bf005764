// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes a negotiated state into the description that came. Called by daemon/call/offer.c. RFC 3264
 * section 8 (version of o=, number and order of m-lines), RFC 4568 section 5.1, RFC 5761.
 */
#include "daemon/call/describe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/random.h"
#include "daemon/sdp/edit.h"

int ksrtp_describe_origin(struct ksrtp_describe_origin *origin)
{
	*origin = (struct ksrtp_describe_origin){ 0 };
	/* 48 bits: never twice by chance, and exact in every number format. */
	return ksrtp_random_bytes(&origin->id, 6);
}

static void add_own(struct ksrtp_sdp_edit *edit, unsigned int media,
		    const struct ksrtp_line_own *own)
{
	static const char name[] = "crypto:";
	char text[sizeof(name) + KSRTP_SDES_LINE_MAX] = "crypto:";
	struct ksrtp_sdes sdes = {
		.suite = own->master.suite,
		.n_keys = 1,
		.tag = own->tag,
		.tag_digits = own->tag_digits,
		.unencrypted_srtp = own->master.parameters & KSRTP_UNENCRYPTED_SRTP,
		.unencrypted_srtcp = own->master.parameters & KSRTP_UNENCRYPTED_SRTCP,
		.unauthenticated_srtp = own->master.parameters & KSRTP_UNAUTHENTICATED_SRTP,
	};

	sdes.keys[0] = own->master;
	ksrtp_sdes_write(&sdes, text + sizeof(name) - 1, KSRTP_SDES_LINE_MAX);
	ksrtp_sdp_edit_add(edit, media, text);
	ksrtp_sdes_wipe(&sdes);
	ksrtp_wipe(text, sizeof(text));
}

static void add_selected(struct ksrtp_sdp_edit *edit, unsigned int media, const char *selected)
{
	char text[sizeof("acfg:") + KSRTP_SDP_ACFG_MAX];

	snprintf(text, sizeof(text), "acfg:%s", selected);
	ksrtp_sdp_edit_add(edit, media, text);
}

static void write_mux(struct ksrtp_sdp_edit *edit, unsigned int media, bool want)
{
	bool has = ksrtp_sdp_mux(edit->sdp, media);

	if (has && !want)
		ksrtp_sdp_edit_drop(edit, (int)media, "rtcp-mux");
	else if (want && !has)
		ksrtp_sdp_edit_add(edit, media, "rtcp-mux");
}

/* The transport to write; NULL where the one that stands there means the same already. */
static const char *transport(const struct ksrtp_describe *d, unsigned int n)
{
	const struct ksrtp_line *line = &d->line[n];
	const char *want = line->proto;

	if (!line->proto[0])
		return NULL;
	if (!d->answer)
		want = ksrtp_line_profile(line, d->to);
	return ksrtp_slice_is(d->sdp->media[n].proto_text, want) ? NULL : want;
}

/* Either form of RFC 9143 sections 7.2 to 7.4 stays what it is: port 0, or the tagged one's. */
static void write_shared(const struct ksrtp_describe *d, struct ksrtp_sdp_edit *edit,
			 unsigned int n)
{
	const struct ksrtp_line *tagged = &d->line[d->line[n].tagged];
	bool port = d->sdp->media[n].port;

	ksrtp_sdp_edit_media(edit, n, port ? ksrtp_end_port(tagged->side[d->to].end) : 0,
			     transport(d, n));
	if (!port)
		ksrtp_sdp_edit_add(edit, n, "bundle-only");
}

static void write_line(const struct ksrtp_describe *d, struct ksrtp_sdp_edit *edit, unsigned int n,
		       const char *address)
{
	const struct ksrtp_line *line = &d->line[n];
	const struct ksrtp_line_side *s = &line->side[d->to];
	unsigned int i;

	if (line->opaque && line->way != KSRTP_LINE_CLOSED)
		ksrtp_sdp_edit_inherit(edit, n);
	if (line->way == KSRTP_LINE_DIRECT) {
		ksrtp_sdp_edit_pin(edit, n);
		return;
	}
	ksrtp_sdp_edit_connection(edit, (int)n, address);
	if (line->raw) {
		ksrtp_sdp_edit_media(edit, n, ksrtp_end_port(s->end), NULL);
		return;
	}
	ksrtp_sdp_edit_strip(edit, (int)n);
	if (line->shares) {
		write_shared(d, edit, n);
		return;
	}
	if (line->way == KSRTP_LINE_CLOSED) {
		ksrtp_sdp_edit_media(edit, n, 0, transport(d, n));
		return;
	}
	ksrtp_sdp_edit_media(edit, n, ksrtp_end_port(s->end), transport(d, n));
	if (d->answer && s->promised == KSRTP_GRADE_SDES)
		add_own(edit, n, &s->own[s->current]);
	for (i = 0; !d->answer && i < s->n_own; i++)
		add_own(edit, n, &s->own[i]);
	if (d->answer && line->selected[0])
		add_selected(edit, n, line->selected);
	write_mux(edit, n, s->mux);
}

/* The text with this version; the same again means that no new version is due. */
static int try_version(const struct ksrtp_describe *d, struct ksrtp_sdp_edit *edit,
		       const char *address, uint64_t version, struct ksrtp_buf *out)
{
	ksrtp_sdp_edit_origin(edit, d->origin->id, version, address);
	ksrtp_buf_reset(out);
	return ksrtp_splice_apply(&edit->splice, out);
}

int ksrtp_describe_write(const struct ksrtp_describe *d, struct ksrtp_buf *out)
{
	char address[KSRTP_ADDR_TEXT];
	struct ksrtp_sdp_edit edit;
	uint64_t version = d->origin->version;
	unsigned int i;
	int err;

	ksrtp_addr_ip(d->local, address, sizeof(address));
	ksrtp_sdp_edit_init(&edit, d->sdp);
	ksrtp_sdp_edit_connection(&edit, KSRTP_SDP_SESSION, address);
	edit.bundle = d->bundle;
	ksrtp_sdp_edit_strip(&edit, KSRTP_SDP_SESSION);
	for (i = 0; i < d->sdp->n_media; i++)
		write_line(d, &edit, i, address);
	err = try_version(d, &edit, address, version, out);
	if (!err && !ksrtp_slice_equal(ksrtp_buf_view(out), d->last))
		err = try_version(d, &edit, address, ++version, out);
	if (!err)
		d->origin->version = version;
	ksrtp_sdp_edit_destroy(&edit);
	return err;
}
