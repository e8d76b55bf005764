/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Edits of a parsed description, each as splices: what no edit names leaves as it came.
 */
#ifndef KSRTP_SDP_EDIT_H
#define KSRTP_SDP_EDIT_H

#include "daemon/base/splice.h"
#include "daemon/sdp/parse.h"

/**
 * struct ksrtp_sdp_edit - a description being edited
 * @sdp: stays unchanged
 * @bundle: ksrtp_sdp_edit_strip() leaves the BUNDLE group
 * @splice: the edits; its sticky error is the only one that needs a look, at the end
 */
struct ksrtp_sdp_edit {
	const struct ksrtp_sdp *sdp;
	bool bundle;
	struct ksrtp_splice splice;
};

/** ksrtp_sdp_edit_init() - no edits over @sdp, which must stay in place */
void ksrtp_sdp_edit_init(struct ksrtp_sdp_edit *edit, const struct ksrtp_sdp *sdp);
void ksrtp_sdp_edit_destroy(struct ksrtp_sdp_edit *edit);

/**
 * ksrtp_sdp_edit_origin() - an o= line of our own
 * @address: an IPv4 or IPv6 address, NUL-terminated, without brackets
 *
 * May be called again: the last call counts.
 */
void ksrtp_sdp_edit_origin(struct ksrtp_sdp_edit *edit, uint64_t id, uint64_t version,
			   const char *address);

/**
 * ksrtp_sdp_edit_connection() - our address in the c= lines of one level, if it has any
 * @media: an m-line, or KSRTP_SDP_SESSION
 * @address: as for ksrtp_sdp_edit_origin()
 *
 * A line that says "hold" by the unspecified address goes on saying it, in the family of @address.
 */
void ksrtp_sdp_edit_connection(struct ksrtp_sdp_edit *edit, int media, const char *address);

/**
 * ksrtp_sdp_edit_pin() - give an m-line the session's c= line for its own, unless it has one
 *
 * For media that keeps its address when the session's is edited.
 */
void ksrtp_sdp_edit_pin(struct ksrtp_sdp_edit *edit, unsigned int media);

/**
 * ksrtp_sdp_edit_media() - port and transport of an m-line
 * @proto: NULL: as it is
 */
void ksrtp_sdp_edit_media(struct ksrtp_sdp_edit *edit, unsigned int media, uint16_t port,
			  const char *proto);

/**
 * ksrtp_sdp_edit_strip() - drop what would be wrong behind an end of media of ours
 * @media: an m-line, or KSRTP_SDP_SESSION
 *
 * Keys (crypto, key-mgmt, fingerprint, setup, ...), addresses (candidate, rtcp, ice-*), the BUNDLE
 * group unless it is to stay, encrypted header extensions, capabilities (RFC 5939). a=rtcp-mux is
 * not among them.
 */
void ksrtp_sdp_edit_strip(struct ksrtp_sdp_edit *edit, int media);

/** ksrtp_sdp_edit_drop() - delete every a= line of that name at one level */
void ksrtp_sdp_edit_drop(struct ksrtp_sdp_edit *edit, int media, const char *name);

/**
 * ksrtp_sdp_edit_add() - one more attribute, in front of the m-line's first, else at its end
 * @attribute: what follows "a=", without the line's end
 *
 * Several stand in the order of the calls.
 */
void ksrtp_sdp_edit_add(struct ksrtp_sdp_edit *edit, unsigned int media, const char *attribute);

/**
 * ksrtp_sdp_edit_inherit() - give an m-line the fingerprints and ICE credentials of the session
 *
 * For media that the parties encrypt, when ksrtp_sdp_edit_strip() takes them from the session. What
 * the m-line says itself counts.
 */
void ksrtp_sdp_edit_inherit(struct ksrtp_sdp_edit *edit, unsigned int media);

#endif
