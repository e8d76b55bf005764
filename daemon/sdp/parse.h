/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session description (RFC 8866) as slices into the bytes that arrived.
 */
#ifndef KSRTP_SDP_PARSE_H
#define KSRTP_SDP_PARSE_H

#include "daemon/base/slice.h"

#define KSRTP_SDP_BYTES_MAX	65536	/* of a whole description */
#define KSRTP_SDP_LINES_MAX	1024
#define KSRTP_SDP_MEDIA_MAX	64
#define KSRTP_SDP_SESSION	(-1)	/* in place of an m-line's number: the session level */

/**
 * struct ksrtp_sdp_line - one line
 * @type: the letter before "="; 0 for a line that has none (kept, never understood)
 * @whole: all of it, the line's end included
 * @value: what follows "=", without the line's end
 * @name: of an a= line: the attribute's name; else absent
 * @arg: of an a= line: what follows the colon; absent where there is no colon
 */
struct ksrtp_sdp_line {
	char type;
	struct slice whole;
	struct slice value;
	struct slice name;
	struct slice arg;
};

/** enum ksrtp_sdp_proto - what an m-line's transport means to us */
enum ksrtp_sdp_proto {
	KSRTP_SDP_OTHER_UDP,	/* not RTP, one UDP address and port: udptl, UDP/... */
	KSRTP_SDP_OTHER,	/* neither RTP nor UDP: TCP, MSRP, SCTP */
	KSRTP_SDP_RTP,		/* RTP/AVP, RTP/AVPF */
	KSRTP_SDP_SAVP,		/* RTP/SAVP, RTP/SAVPF (RFC 3711, 5124) */
	KSRTP_SDP_DTLS,		/* UDP/TLS/RTP/SAVP, UDP/TLS/RTP/SAVPF (RFC 5764) */
};

/** enum ksrtp_sdp_direction - RFC 3264 section 5.1; sendrecv where nothing is said */
enum ksrtp_sdp_direction {
	KSRTP_SDP_SENDRECV,
	KSRTP_SDP_SENDONLY,
	KSRTP_SDP_RECVONLY,
	KSRTP_SDP_INACTIVE,
};

/**
 * struct ksrtp_sdp_media - one m-line and the lines below it
 * @kind: "audio", "video", "image", ...
 * @port_text: the port with its "/count", as written
 * @port: 0: rejected, or on hold in an old dialect, or bundle-only
 * @proto_text: as written
 * @formats: what follows, not split
 * @proto: what @proto_text means
 * @feedback: the profile ends in F (RFC 4585, 5124)
 * @first: index of the m-line in struct ksrtp_sdp.line
 * @end: index behind its last line
 */
struct ksrtp_sdp_media {
	struct slice kind;
	struct slice port_text;
	uint16_t port;
	struct slice proto_text;
	struct slice formats;
	enum ksrtp_sdp_proto proto;
	bool feedback;
	unsigned int first;
	unsigned int end;
};

/**
 * struct ksrtp_sdp - a parsed description
 * @body: the bytes, owned by the caller
 * @line: all lines in order
 * @media: the m-lines in order
 * @session_end: index behind the last session-level line
 * @eol: "\r\n" or "\n", what the first line ends in
 */
struct ksrtp_sdp {
	struct slice body;
	struct ksrtp_sdp_line *line;
	unsigned int n_lines;
	struct ksrtp_sdp_media media[KSRTP_SDP_MEDIA_MAX];
	unsigned int n_media;
	unsigned int session_end;
	struct slice eol;
};

/**
 * struct ksrtp_sdp_where - an address and port as text; names are not looked up
 * @family: 4, 6, or 0 where there is none or another network
 * @address: without TTL or count behind a slash
 * @port: 0 where none is given
 */
struct ksrtp_sdp_where {
	unsigned int family;
	struct slice address;
	uint16_t port;
};

/**
 * ksrtp_sdp_parse - split a description into lines and m-lines
 * @sdp: filled; to be freed with ksrtp_sdp_free(), unless an error is returned
 * @body: must stay in place as long as @sdp
 *
 * Takes lines that end in LF only, empty lines at the end, and lines it does not know.
 * Return: 0; -EBADMSG: no v=, o= where they belong, a malformed m-line, a NUL; -E2BIG: above one
 * of the caps; -ENOMEM.
 */
int ksrtp_sdp_parse(struct ksrtp_sdp *sdp, struct slice body);
void ksrtp_sdp_free(struct ksrtp_sdp *sdp);

/**
 * ksrtp_sdp_proto - what a transport means
 * @feedback: out: the profile ends in F
 */
enum ksrtp_sdp_proto ksrtp_sdp_proto(struct slice text, bool *feedback);

/**
 * ksrtp_sdp_attr - the next a= line of a name
 * @media: number of an m-line, or KSRTP_SDP_SESSION
 * @name: compared as written (attribute names know case, RFC 8866 section 5)
 * @after: a line that this function returned, or NULL for the first
 *
 * Looks at one level only. Return: the line, or NULL when there is no further.
 */
const struct ksrtp_sdp_line *ksrtp_sdp_attr(const struct ksrtp_sdp *sdp, int media,
					    const char *name,
					    const struct ksrtp_sdp_line *after);

/** ksrtp_sdp_find - the first line of a type ('o', 'c', ...) of one level, or NULL */
const struct ksrtp_sdp_line *ksrtp_sdp_find(const struct ksrtp_sdp *sdp, int media, char type);

/** ksrtp_sdp_connection - the address of one c= line's value. Return: 0 or -EBADMSG */
int ksrtp_sdp_connection(struct slice value, struct ksrtp_sdp_where *where);

/**
 * ksrtp_sdp_rtp - where an m-line wants its media: its own c= line, else the session's
 *
 * Return: 0; -EBADMSG for a c= line that cannot be read, or none at either level.
 */
int ksrtp_sdp_rtp(const struct ksrtp_sdp *sdp, unsigned int media, struct ksrtp_sdp_where *where);

/**
 * ksrtp_sdp_rtcp - where it wants RTCP without rtcp-mux: a=rtcp (RFC 3605), else the next port
 *
 * Return: as ksrtp_sdp_rtp(), -EBADMSG also for an a=rtcp that cannot be read.
 */
int ksrtp_sdp_rtcp(const struct ksrtp_sdp *sdp, unsigned int media, struct ksrtp_sdp_where *where);

/** ksrtp_sdp_mux - does the m-line say a=rtcp-mux (RFC 5761)? */
bool ksrtp_sdp_mux(const struct ksrtp_sdp *sdp, unsigned int media);

/** ksrtp_sdp_direction - of an m-line; the session's where it says nothing itself */
enum ksrtp_sdp_direction ksrtp_sdp_direction(const struct ksrtp_sdp *sdp, unsigned int media);

#endif
