// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A session description split into lines and m-lines. Called by daemon/call/offer.c on bodies of
 * strangers. Pure: nothing but the array of lines is allocated, everything else points into the
 * body. RFC 8866; RFC 3605 (a=rtcp), RFC 5761 (a=rtcp-mux), RFC 3264 section 5.1 (directions).
 */
#include "daemon/sdp/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The next word, without the blanks around it; empty at the end. */
static struct slice take_word(struct slice *rest)
{
	struct slice word;

	*rest = ksrtp_slice_trim(*rest);
	word = ksrtp_slice_head(*rest, ksrtp_slice_find(*rest, ' '));
	*rest = ksrtp_slice_from(*rest, word.n);
	return word;
}

static void read_line(struct ksrtp_sdp_line *line, struct slice whole)
{
	struct slice text = whole;

	if (text.n && text.p[text.n - 1] == '\n')
		text.n--;
	if (text.n && text.p[text.n - 1] == '\r')
		text.n--;
	*line = (struct ksrtp_sdp_line){ .whole = whole };
	if (text.n < 2 || text.p[1] != '=')
		return;
	line->type = text.p[0];
	line->value = ksrtp_slice_from(text, 2);
	if (line->type == 'a') {
		size_t colon = ksrtp_slice_find(line->value, ':');

		line->name = ksrtp_slice_trim(ksrtp_slice_head(line->value, colon));
		if (colon < line->value.n)
			line->arg = ksrtp_slice_from(line->value, colon + 1);
	}
}

static int split_lines(struct ksrtp_sdp *sdp)
{
	struct slice rest = sdp->body;
	unsigned int n = 1;
	size_t i;

	for (i = 0; i < rest.n; i++)
		n += rest.p[i] == '\n';
	if (n > KSRTP_SDP_LINES_MAX)
		return -E2BIG;
	sdp->line = calloc(n, sizeof(*sdp->line));
	if (!sdp->line)
		return -ENOMEM;
	while (rest.n) {
		size_t len = ksrtp_slice_find(rest, '\n');

		len += len < rest.n;
		read_line(&sdp->line[sdp->n_lines++], ksrtp_slice_head(rest, len));
		rest = ksrtp_slice_from(rest, len);
	}
	return 0;
}

enum ksrtp_sdp_proto ksrtp_sdp_proto(struct slice text, bool *feedback)
{
	static const struct {
		const char *text;
		enum ksrtp_sdp_proto proto;
		bool feedback;
	} row[] = {
		{ "RTP/AVP", KSRTP_SDP_RTP, false },
		{ "RTP/AVPF", KSRTP_SDP_RTP, true },
		{ "RTP/SAVP", KSRTP_SDP_SAVP, false },
		{ "RTP/SAVPF", KSRTP_SDP_SAVP, true },
		{ "UDP/TLS/RTP/SAVP", KSRTP_SDP_DTLS, false },
		{ "UDP/TLS/RTP/SAVPF", KSRTP_SDP_DTLS, true },
		{ "udptl", KSRTP_SDP_OTHER_UDP, false },
		{ "udp", KSRTP_SDP_OTHER_UDP, false },
	};
	size_t i;

	*feedback = false;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (!ksrtp_slice_is(text, row[i].text))
			continue;
		*feedback = row[i].feedback;
		return row[i].proto;
	}
	return ksrtp_slice_starts_nocase(text, SLICE("UDP/")) ? KSRTP_SDP_OTHER_UDP :
								KSRTP_SDP_OTHER;
}

/* "audio 49170/2 RTP/AVP 0 8" */
static int read_media(struct ksrtp_sdp_media *media, struct slice value)
{
	struct slice rest = value, port;
	uint32_t number;

	media->kind = take_word(&rest);
	media->port_text = take_word(&rest);
	media->proto_text = take_word(&rest);
	media->formats = ksrtp_slice_trim(rest);
	port = ksrtp_slice_head(media->port_text, ksrtp_slice_find(media->port_text, '/'));
	if (!media->proto_text.n || ksrtp_slice_u32(port, &number) || number > 65535)
		return -EBADMSG;
	media->port = (uint16_t)number;
	media->proto = ksrtp_sdp_proto(media->proto_text, &media->feedback);
	return 0;
}

static int split_media(struct ksrtp_sdp *sdp)
{
	unsigned int i;

	sdp->session_end = sdp->n_lines;
	for (i = 0; i < sdp->n_lines; i++) {
		struct ksrtp_sdp_media *media = &sdp->media[sdp->n_media];

		if (sdp->line[i].type != 'm')
			continue;
		if (sdp->n_media == KSRTP_SDP_MEDIA_MAX)
			return -E2BIG;
		if (sdp->n_media)
			media[-1].end = i;
		else
			sdp->session_end = i;
		media->first = i;
		media->end = sdp->n_lines;
		sdp->n_media++;
		if (read_media(media, sdp->line[i].value))
			return -EBADMSG;
	}
	return 0;
}

/* What no edit can do without: v= in front, and an o= line to put ours in place of. */
static bool has_head(const struct ksrtp_sdp *sdp)
{
	const struct ksrtp_sdp_line *origin = ksrtp_sdp_find(sdp, KSRTP_SDP_SESSION, 'o');

	return sdp->line[0].type == 'v' && origin && origin->value.n;
}

int ksrtp_sdp_parse(struct ksrtp_sdp *sdp, struct slice body)
{
	int err;

	*sdp = (struct ksrtp_sdp){ .body = body, .eol = SLICE("\r\n") };
	if (body.n > KSRTP_SDP_BYTES_MAX)
		return -E2BIG;
	if (!body.n || memchr(body.p, 0, body.n))
		return -EBADMSG;
	err = split_lines(sdp);
	if (!err)
		err = split_media(sdp);
	if (!err && !has_head(sdp))
		err = -EBADMSG;
	if (err) {
		ksrtp_sdp_free(sdp);
		return err;
	}
	if (!memchr(sdp->line[0].whole.p, '\r', sdp->line[0].whole.n))
		sdp->eol = SLICE("\n");
	return 0;
}

void ksrtp_sdp_free(struct ksrtp_sdp *sdp)
{
	free(sdp->line);
	sdp->line = NULL;
	sdp->n_lines = 0;
	sdp->n_media = 0;
}

/* The lines of one level: from *@i on, up to but without the returned index. */
static unsigned int level(const struct ksrtp_sdp *sdp, int media, unsigned int *i)
{
	*i = media == KSRTP_SDP_SESSION ? 0 : sdp->media[media].first;
	return media == KSRTP_SDP_SESSION ? sdp->session_end : sdp->media[media].end;
}

const struct ksrtp_sdp_line *ksrtp_sdp_attr(const struct ksrtp_sdp *sdp, int media,
					    const char *name,
					    const struct ksrtp_sdp_line *after)
{
	struct slice want = ksrtp_slice_str(name);
	unsigned int i, end = level(sdp, media, &i);

	if (after)
		i = (unsigned int)(after - sdp->line) + 1;
	for (; i < end; i++)
		if (sdp->line[i].type == 'a' && ksrtp_slice_equal(sdp->line[i].name, want))
			return &sdp->line[i];
	return NULL;
}

const struct ksrtp_sdp_line *ksrtp_sdp_find(const struct ksrtp_sdp *sdp, int media, char type)
{
	unsigned int i, end = level(sdp, media, &i);

	for (; i < end; i++)
		if (sdp->line[i].type == type)
			return &sdp->line[i];
	return NULL;
}

int ksrtp_sdp_connection(struct slice value, struct ksrtp_sdp_where *where)
{
	struct slice rest = value, network = take_word(&rest), type = take_word(&rest);
	struct slice address = take_word(&rest);

	*where = (struct ksrtp_sdp_where){ 0 };
	if (!address.n || ksrtp_slice_trim(rest).n)
		return -EBADMSG;
	where->address = ksrtp_slice_head(address, ksrtp_slice_find(address, '/'));
	if (ksrtp_slice_is(network, "IN") && ksrtp_slice_is(type, "IP4"))
		where->family = 4;
	else if (ksrtp_slice_is(network, "IN") && ksrtp_slice_is(type, "IP6"))
		where->family = 6;
	return 0;
}

int ksrtp_sdp_rtp(const struct ksrtp_sdp *sdp, unsigned int media, struct ksrtp_sdp_where *where)
{
	const struct ksrtp_sdp_line *line = ksrtp_sdp_find(sdp, (int)media, 'c');
	int err;

	if (!line)
		line = ksrtp_sdp_find(sdp, KSRTP_SDP_SESSION, 'c');
	err = line ? ksrtp_sdp_connection(line->value, where) : -EBADMSG;
	if (!err)
		where->port = sdp->media[media].port;
	return err;
}

int ksrtp_sdp_rtcp(const struct ksrtp_sdp *sdp, unsigned int media, struct ksrtp_sdp_where *where)
{
	const struct ksrtp_sdp_line *line = ksrtp_sdp_attr(sdp, (int)media, "rtcp", NULL);
	struct slice rest, port_text;
	uint32_t port;
	int err = ksrtp_sdp_rtp(sdp, media, where);

	if (err)
		return err;
	if (!line) {
		where->port = where->port ? (uint16_t)(where->port + 1) : 0;
		return 0;
	}
	rest = line->arg;
	port_text = take_word(&rest);
	if (ksrtp_slice_u32(port_text, &port) || port > 65535)
		return -EBADMSG;
	rest = ksrtp_slice_trim(rest);
	if (rest.n && ksrtp_sdp_connection(rest, where))
		return -EBADMSG;
	where->port = (uint16_t)port;
	return 0;
}

bool ksrtp_sdp_mux(const struct ksrtp_sdp *sdp, unsigned int media)
{
	return ksrtp_sdp_attr(sdp, (int)media, "rtcp-mux", NULL) != NULL;
}

enum ksrtp_sdp_direction ksrtp_sdp_direction(const struct ksrtp_sdp *sdp, unsigned int media)
{
	static const char *const word[] = {
		[KSRTP_SDP_SENDRECV] = "sendrecv",
		[KSRTP_SDP_SENDONLY] = "sendonly",
		[KSRTP_SDP_RECVONLY] = "recvonly",
		[KSRTP_SDP_INACTIVE] = "inactive",
	};
	int where[] = { (int)media, KSRTP_SDP_SESSION };
	unsigned int i, d;

	for (i = 0; i < 2; i++)
		for (d = 0; d < sizeof(word) / sizeof(word[0]); d++)
			if (ksrtp_sdp_attr(sdp, where[i], word[d], NULL))
				return (enum ksrtp_sdp_direction)d;
	return KSRTP_SDP_SENDRECV;
}
