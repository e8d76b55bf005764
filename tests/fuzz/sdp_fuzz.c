// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Session descriptions from strangers, through the parser, every edit, and the crypto lines. The
 * first byte says which policies; the rest is the description. What an edit leaves can be parsed
 * again, with as many m-lines.
 */
#include <stdlib.h>

#include "daemon/sdp/bundle.h"
#include "daemon/sdp/capability.h"
#include "daemon/sdp/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void edit_media(struct ksrtp_sdp_edit *edit, unsigned int i, uint8_t how)
{
	const struct ksrtp_sdp *sdp = edit->sdp;
	const char *address = how & 1 ? "2001:db8::1" : "192.0.2.1";

	if (how & 8)
		ksrtp_sdp_edit_inherit(edit, i);
	if (how & 2) {
		ksrtp_sdp_edit_pin(edit, i);
		return;
	}
	ksrtp_sdp_edit_connection(edit, (int)i, address);
	ksrtp_sdp_edit_strip(edit, (int)i);
	ksrtp_sdp_edit_media(edit, i, 4000, how & 4 ? "RTP/SAVP" : NULL);
	ksrtp_sdp_edit_add(edit, i, "crypto:1 x");
	if (ksrtp_sdp_mux(sdp, i))
		ksrtp_sdp_edit_drop(edit, (int)i, "rtcp-mux");
	else
		ksrtp_sdp_edit_add(edit, i, "rtcp-mux");
}

/* It names each m-line once, and the first has a port. */
static bool read_bundle(const struct ksrtp_sdp *sdp)
{
	struct ksrtp_sdp_bundle bundle;
	unsigned int i, shares = 0, held = 0;

	ksrtp_sdp_bundle_read(&bundle, sdp);
	for (i = 0; i < sdp->n_media; i++) {
		held += ksrtp_sdp_bundle_holds(&bundle, i);
		shares += ksrtp_sdp_bundle_shares(&bundle, sdp, i);
	}
	check(held == bundle.n && (!bundle.n || shares < bundle.n));
	check(!bundle.n || sdp->media[bundle.media[0]].port);
	return bundle.n;
}

/* Numbers rise, and each configuration can be told in an answer. */
static void read_configs(const struct ksrtp_sdp *sdp, unsigned int i)
{
	struct ksrtp_sdp_config config = { 0 }, last;
	struct ksrtp_sdp_crypto crypto;

	for (last = config; ksrtp_sdp_config_next(sdp, i, &config); last = config) {
		check(config.number > last.number ||
		      (config.number == last.number && config.alternative > last.alternative));
		check(config.proto == KSRTP_SDP_RTP || config.proto == KSRTP_SDP_SAVP);
		check(config.n_crypto && config.n_crypto <= KSRTP_SDP_CONFIG_CRYPTO);
		check(memchr(config.selected, 0, sizeof(config.selected)));
		check(!ksrtp_sdp_crypto_read(&crypto, config.crypto, config.n_crypto));
		ksrtp_sdp_crypto_free(&crypto);
	}
}

static void read_media(const struct ksrtp_sdp *sdp, unsigned int i)
{
	struct ksrtp_sdp_crypto crypto;
	struct ksrtp_sdp_where where;

	ksrtp_sdp_rtp(sdp, i, &where);
	ksrtp_sdp_rtcp(sdp, i, &where);
	check(ksrtp_sdp_direction(sdp, i) <= KSRTP_SDP_INACTIVE);
	check(!ksrtp_sdp_crypto_parse(&crypto, sdp, i));
	check(crypto.n <= crypto.seen && crypto.n <= KSRTP_SDP_CRYPTO_MAX);
	ksrtp_sdp_crypto_free(&crypto);
	read_configs(sdp, i);
}

static void edit_all(const struct ksrtp_sdp *sdp, uint8_t how)
{
	struct ksrtp_sdp_edit edit;
	struct ksrtp_sdp again;
	struct ksrtp_buf out;
	unsigned int i;

	ksrtp_sdp_edit_init(&edit, sdp);
	ksrtp_buf_init(&out, 4 * KSRTP_SDP_BYTES_MAX);
	ksrtp_sdp_edit_connection(&edit, KSRTP_SDP_SESSION, "192.0.2.1");
	edit.bundle = read_bundle(sdp);
	ksrtp_sdp_edit_strip(&edit, KSRTP_SDP_SESSION);
	for (i = 0; i < sdp->n_media; i++) {
		read_media(sdp, i);
		edit_media(&edit, i, how);
	}
	ksrtp_sdp_edit_origin(&edit, 1, 1, "192.0.2.1");
	ksrtp_sdp_edit_origin(&edit, 1, 2, "192.0.2.1");
	if (!ksrtp_splice_apply(&edit.splice, &out) && out.n <= KSRTP_SDP_BYTES_MAX) {
		int err = ksrtp_sdp_parse(&again, ksrtp_buf_view(&out));

		check(!err || err == -E2BIG);
		check(err || again.n_media == sdp->n_media);
		for (i = 0; !err && !(how & 2) && i < again.n_media; i++)
			check(again.media[i].port == 4000);
		if (!err)
			ksrtp_sdp_free(&again);
	}
	ksrtp_sdp_edit_destroy(&edit);
	ksrtp_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ksrtp_sdp sdp;

	if (!size || ksrtp_sdp_parse(&sdp, ksrtp_slice_of((const char *)data + 1, size - 1)))
		return 0;
	edit_all(&sdp, data[0]);
	ksrtp_sdp_free(&sdp);
	return 0;
}
