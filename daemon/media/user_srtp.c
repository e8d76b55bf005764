// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libsrtp2 as the engine of the user back end (media { srtp = libsrtp2 }), for those who want the
 * library that others have audited to touch their packets. Called by user_path.c under the worker's
 * lock, and by user_key.c.
 *
 * Which key and which index a packet has is still ours to say (user_stream.c); libsrtp2 is told the
 * ROC where it cannot know it, at the first packet of an SSRC under a key, and estimates like us
 * from there. It counts SRTCP itself: under each key from 1 on. It checks the E bit before the tag,
 * so that a packet with the wrong one is a wrong tag here.
 */
#include "daemon/media/user.h"

#include <errno.h>
#include <srtp2/crypto_types.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

/* Not the limit, that is ours: libsrtp2 must not refuse what our replay list still knows. */
#define WINDOW	(4 * KSRTP_REPLAY_SIZE)

/**
 * struct ksrtp_user_srtp - one master key in libsrtp2
 * @key: master key and salt as libsrtp2 wants them: a stream whose ROC is not 0 is made from it
 * @settled: SSRCs of which a packet passed under this key, so that libsrtp2 knows their ROC
 */
struct ksrtp_user_srtp {
	srtp_t session;
	srtp_policy_t policy;
	srtp_master_key_t master, *masters[1];
	u8 key[KSRTP_KEY_MAX + KSRTP_SALT_MAX];
	u8 mki[KSRTP_MKI_MAX];
	u32 settled[KSRTP_USER_STREAMS];
	unsigned int n_settled;
};

int ksrtp_user_srtp_start(void)
{
	static bool started;

	/* It refuses to be initialised twice. */
	if (!started)
		started = srtp_init() == srtp_err_status_ok;
	return started ? 0 : -EIO;
}

static void fill_transform(srtp_crypto_policy_t *out, const struct ksrtp_suite *suite, u8 tag)
{
	bool gcm = suite->cipher == KSRTP_CIPHER_AES_GCM;

	out->cipher_key_len = suite->key_len + suite->salt_len;
	out->auth_type = gcm ? SRTP_NULL_AUTH : SRTP_HMAC_SHA1;
	out->auth_key_len = suite->auth_len;
	out->auth_tag_len = tag;
	out->sec_serv = sec_serv_conf_and_auth;
	if (gcm)
		out->cipher_type = suite->key_len == 16 ? SRTP_AES_GCM_128 : SRTP_AES_GCM_256;
	else
		out->cipher_type = suite->key_len == 16 ? SRTP_AES_ICM_128 :
				   suite->key_len == 24 ? SRTP_AES_ICM_192 : SRTP_AES_ICM_256;
}

static void fill_policy(struct ksrtp_user_srtp *engine, const struct ksrtp_master *master, bool tx)
{
	const struct ksrtp_suite *suite = master->suite;
	srtp_policy_t *policy = &engine->policy;

	memcpy(engine->key, master->key, suite->key_len);
	memcpy(engine->key + suite->key_len, master->salt, suite->salt_len);
	memcpy(engine->mki, master->mki, master->mki_len);
	fill_transform(&policy->rtp, suite, suite->rtp_tag);
	fill_transform(&policy->rtcp, suite, suite->rtcp_tag);
	policy->ssrc.type = tx ? ssrc_any_outbound : ssrc_any_inbound;
	policy->window_size = WINDOW;
	if (!master->mki_len) {
		policy->key = engine->key;
		return;
	}
	engine->master.key = engine->key;
	engine->master.mki_id = engine->mki;
	engine->master.mki_size = master->mki_len;
	engine->masters[0] = &engine->master;
	policy->keys = engine->masters;
	policy->num_master_keys = 1;
}

int ksrtp_user_srtp_create(struct ksrtp_user_srtp **out, const struct ksrtp_master *master, bool tx)
{
	struct ksrtp_user_srtp *engine;

	if (master->parameters || ksrtp_annex_size(master))
		return -EOPNOTSUPP;
	engine = calloc(1, sizeof(*engine));
	if (!engine)
		return -ENOMEM;
	fill_policy(engine, master, tx);
	if (srtp_create(&engine->session, &engine->policy) != srtp_err_status_ok) {
		engine->session = NULL;
		ksrtp_user_srtp_destroy(engine);
		return -EOPNOTSUPP;
	}
	*out = engine;
	return 0;
}

void ksrtp_user_srtp_destroy(struct ksrtp_user_srtp *engine)
{
	if (!engine)
		return;
	if (engine->session)
		srtp_dealloc(engine->session);
	ksrtp_wipe(engine, sizeof(*engine));
	free(engine);
}

bool ksrtp_user_srtp_offers(const struct ksrtp_suite *suite)
{
	struct ksrtp_master master = { .suite = suite };
	struct ksrtp_user_srtp *engine;

	if (ksrtp_user_srtp_create(&engine, &master, true))
		return false;
	ksrtp_user_srtp_destroy(engine);
	return true;
}

static bool settled(const struct ksrtp_user_srtp *engine, u32 ssrc)
{
	unsigned int i;

	for (i = 0; i < engine->n_settled; i++)
		if (engine->settled[i] == ssrc)
			return true;
	return false;
}

/*
 * Before the first packet of an SSRC under this key has passed: the ROC that it is tried with. A
 * stream of its own is made only where the ROC is not 0, which is so for known SSRCs alone: others
 * get theirs from libsrtp2 once they have authenticated.
 */
static srtp_err_status_t set_roc(struct ksrtp_user_srtp *engine, u32 ssrc, u32 roc)
{
	srtp_err_status_t err;
	u32 present;

	if (srtp_get_stream_roc(engine->session, ssrc, &present) != srtp_err_status_ok) {
		srtp_policy_t policy = engine->policy;

		if (!roc)
			return srtp_err_status_ok;
		policy.ssrc.type = ssrc_specific;
		policy.ssrc.value = ssrc;
		err = srtp_add_stream(engine->session, &policy);
		if (err != srtp_err_status_ok)
			return err;
	}
	return srtp_set_stream_roc(engine->session, ssrc, roc);
}

static enum ksrtp_verdict verdict_of(srtp_err_status_t err)
{
	switch (err) {
	case srtp_err_status_ok:
		return KSRTP_VERDICT_OK;
	case srtp_err_status_replay_fail:
		return KSRTP_VERDICT_REPLAYED;
	case srtp_err_status_replay_old:
	case srtp_err_status_pkt_idx_old:
		return KSRTP_VERDICT_OLD;
	case srtp_err_status_key_expired:
		return KSRTP_VERDICT_SPENT;
	case srtp_err_status_bad_mki:
		return KSRTP_VERDICT_MKI;
	case srtp_err_status_bad_param:
	case srtp_err_status_parse_err:
		return KSRTP_VERDICT_SHORT;
	default:
		return KSRTP_VERDICT_TAG;
	}
}

static srtp_err_status_t transform(struct ksrtp_user_srtp *engine, const struct ksrtp_op *op,
				   bool tx, u8 *data, int *len)
{
	bool mki = op->keys->mki_len;

	if (tx)
		return op->rtcp ? srtp_protect_rtcp_mki(engine->session, data, len, mki, 0)
				: srtp_protect_mki(engine->session, data, len, mki, 0);
	return op->rtcp ? srtp_unprotect_rtcp_mki(engine->session, data, len, mki)
			: srtp_unprotect_mki(engine->session, data, len, mki);
}

static u32 ssrc_of(const struct ksrtp_op *op)
{
	const u8 *at = op->data + (op->rtcp ? 4 : 8);

	return (u32)at[0] << 24 | (u32)at[1] << 16 | (u32)at[2] << 8 | at[3];
}

/* In a copy: what does not open must stay as it was, for the next key. */
static void run(struct ksrtp_op *op, bool tx)
{
	struct ksrtp_user_srtp *engine =
		ksrtp_container(op->keys, const struct ksrtp_user_key, keys)->engine;
	u8 copy[KSRTP_USER_PACKET + SRTP_MAX_TRAILER_LEN] __aligned(16);
	srtp_err_status_t err = srtp_err_status_ok;
	u32 ssrc = ssrc_of(op);
	int len = (int)op->len;

	if (tx && op->room - op->len < ksrtp_growth(op->keys, op->rtcp)) {
		op->verdict = KSRTP_VERDICT_ROOM;
		return;
	}
	memcpy(copy, op->data, op->len);
	if (!op->rtcp && !settled(engine, ssrc))
		err = set_roc(engine, ssrc, (u32)(op->index >> 16));
	if (err == srtp_err_status_ok)
		err = transform(engine, op, tx, copy, &len);
	op->verdict = verdict_of(err);
	if (err != srtp_err_status_ok)
		return;
	if (!op->rtcp && !settled(engine, ssrc) && engine->n_settled < KSRTP_USER_STREAMS)
		engine->settled[engine->n_settled++] = ssrc;
	memcpy(op->data, copy, (size_t)len);
	op->len = (u32)len;
}

static void run_all(struct ksrtp_op *op, unsigned int n, bool tx)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (op[i].verdict == KSRTP_VERDICT_OK)
			run(&op[i], tx);
}

void ksrtp_user_srtp_protect(struct ksrtp_op *op, unsigned int n)
{
	run_all(op, n, true);
}

void ksrtp_user_srtp_unprotect(struct ksrtp_op *op, unsigned int n)
{
	run_all(op, n, false);
}
