// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The user back end: the same kmod/core as in the module, run by worker threads of this process.
 * This file is its control side, called by media.c from the signalling thread. It takes the lock of
 * a session's worker for the moment in which it changes what that worker reads; what is slow (key
 * derivation, allocation) is done before. Key tables over all flows belong to this thread alone.
 */
#include "daemon/media/user.h"

#include <errno.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/random.h"
#include "daemon/base/slice.h"
#include "daemon/config.h"
#include "daemon/media/cpu.h"
#include "daemon/media/endpoint.h"

#define BUSY	256	/* sessions of a worker, until which others are left asleep */

struct user_media {
	struct ksrtp_media base;
	struct ksrtp_user_worker *worker[KSRTP_USER_WORKERS];
	unsigned int workers;
	bool libsrtp2;			/* does the crypto */
	struct ksrtp_hash tx_keys;	/* of all flows: a master key sends for one flow only */
	u64 print_key[2];
	u64 serial;
};

struct user_session {
	struct ksrtp_media_session base;
	struct ksrtp_user_worker *worker;
};

static struct user_media *media_of(const struct ksrtp_media_flow *flow)
{
	return ksrtp_container(flow->session->media, struct user_media, base);
}

static struct ksrtp_user_flow *flow_of(struct ksrtp_media_flow *flow)
{
	return ksrtp_container(flow, struct ksrtp_user_flow, base);
}

static u64 now_ms(void)
{
	struct timespec ts;

	/* The workers' clock. */
	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

static void user_destroy(struct ksrtp_media *base)
{
	struct user_media *media = ksrtp_container(base, struct user_media, base);
	unsigned int i;

	for (i = 0; i < media->workers; i++)
		ksrtp_user_worker_destroy(media->worker[i]);
	ksrtp_hash_fini(&media->tx_keys);
	ksrtp_wipe(media, sizeof(*media));
	free(media);
}

static int start_workers(struct user_media *media, unsigned int wanted)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int err = 0;

	if (!wanted)
		wanted = cpus > 0 ? (unsigned int)cpus : 1;
	if (wanted > KSRTP_USER_WORKERS)
		wanted = KSRTP_USER_WORKERS;
	while (!err && media->workers < wanted) {
		err = ksrtp_user_worker_create(&media->worker[media->workers], media->workers,
					       &media->base, media->libsrtp2);
		media->workers += !err;
	}
	return err;
}

/* Offers are made before keys are: what a side may be offered has to be possible. */
static bool engine_suits(const struct ksrtp_config *config)
{
	const struct ksrtp_config_sdes *sdes;
	size_t i, k;

	for (i = 0; i < config->n_side; i++) {
		sdes = &config->side[i].sdes;
		if (sdes->parameters)
			return false;
		for (k = 0; k < ARRAY_SIZE(sdes->suite) && sdes->suite[k]; k++)
			if (!ksrtp_user_srtp_offers(sdes->suite[k]))
				return false;
	}
	return true;
}

static int user_create(struct ksrtp_media **out, const struct ksrtp_config *config,
		       const char **failed)
{
	const char *aside = NULL;
	struct user_media *media;
	struct ksrtp_cpu cpu;
	int err;

	ksrtp_cpu_find(&cpu);
	*failed = "a known answer of the cryptography is wrong on this CPU";
	err = ksrtp_core_init(&cpu, &aside);
	if (err)
		return err;
	*failed = "libsrtp2 fails its own tests";
	if (config->media.libsrtp2 && ksrtp_user_srtp_start())
		return -EIO;
	if (config->media.libsrtp2 && !engine_suits(config)) {
		*failed = "libsrtp2 lacks a suite or parameters that the configuration has";
		return -EOPNOTSUPP;
	}
	*failed = "no memory for the user back end";
	media = calloc(1, sizeof(*media));
	if (!media)
		return -ENOMEM;
	media->libsrtp2 = config->media.libsrtp2;
	err = ksrtp_hash_init(&media->tx_keys);
	if (!err)
		err = ksrtp_random_bytes(media->print_key, sizeof(media->print_key));
	if (err) {
		ksrtp_hash_fini(&media->tx_keys);
		free(media);
		return err;
	}
	*failed = "the threads of the user back end cannot be started";
	err = start_workers(media, config->media.workers);
	if (err) {
		user_destroy(&media->base);
		return err;
	}
	snprintf(media->base.why, sizeof(media->base.why), "%u threads, %s%s%s", media->workers,
		 media->libsrtp2 ? srtp_get_version_string() : ksrtp_prim_name(ksrtp_prim_best()),
		 aside ? ", set aside as wrong: " : "",
		 aside ? aside : "");
	*out = &media->base;
	return 0;
}

/*
 * The first that is not busy, for what one wakes up for at a time costs less; else the one with the
 * fewest sessions.
 */
static struct ksrtp_user_worker *choose_worker(const struct user_media *media)
{
	unsigned int i, least = 0;

	for (i = 0; i < media->workers; i++) {
		if (media->worker[i]->sessions < BUSY)
			return media->worker[i];
		if (media->worker[i]->sessions < media->worker[least]->sessions)
			least = i;
	}
	return media->worker[least];
}

static int user_session_create(struct ksrtp_media *base, const char *label,
			       struct ksrtp_media_session **out)
{
	struct user_media *media = ksrtp_container(base, struct user_media, base);
	struct user_session *session = calloc(1, sizeof(*session));

	if (!session)
		return -ENOMEM;
	session->worker = choose_worker(media);
	session->worker->sessions++;
	*out = &session->base;
	return 0;
}

static void user_session_destroy(struct ksrtp_media_session *base)
{
	struct user_session *session = ksrtp_container(base, struct user_session, base);

	session->worker->sessions--;
	free(session);
}

static int user_flow_create(struct ksrtp_media_session *base, const struct ksrtp_ports_pair *pair,
			    enum ksrtp_media_kind kind, struct ksrtp_media_flow **out)
{
	struct user_session *session = ksrtp_container(base, struct user_session, base);
	struct ksrtp_user_flow *flow = calloc(1, sizeof(*flow));
	unsigned int i;
	int err;

	if (!flow)
		return -ENOMEM;
	flow->worker = session->worker;
	flow->local = pair->addr;
	flow->base.kind = kind;
	for (i = 0; i < ARRAY_SIZE(flow->port); i++)
		flow->port[i] = (struct ksrtp_user_port){
			.flow = flow, .fd = pair->fd[i], .rtcp = i, .want = 1,
		};
	/* The moment a socket is listened to the worker may look at all of the flow. */
	ksrtp_user_worker_lock(flow->worker);
	err = ksrtp_user_worker_add(flow->worker, flow);
	ksrtp_user_worker_unlock(flow->worker);
	if (err) {
		free(flow);
		return err;
	}
	*out = &flow->base;
	return 0;
}

static void forget_key(struct user_media *media, struct ksrtp_user_key *key)
{
	if (key->sends)
		ksrtp_hash_remove(&media->tx_keys, &key->node);
	ksrtp_user_key_destroy(key);
}

static void user_flow_destroy(struct ksrtp_media_flow *base)
{
	struct ksrtp_user_flow *flow = flow_of(base);
	struct user_media *media = media_of(base);
	unsigned int i;

	ksrtp_user_worker_lock(flow->worker);
	ksrtp_user_worker_remove(flow->worker, flow);
	if (flow->peer)
		flow->peer->peer = NULL;
	ksrtp_user_worker_unlock(flow->worker);
	for (i = 0; i < flow->rx_keys.n; i++)
		forget_key(media, flow->rx_keys.key[i]);
	for (i = 0; i < flow->tx_keys.n; i++)
		forget_key(media, flow->tx_keys.key[i]);
	ksrtp_user_stream_free(&flow->rx);
	ksrtp_user_stream_free(&flow->tx);
	free(flow);
}

static int user_flow_pair(struct ksrtp_media_flow *base_a, struct ksrtp_media_flow *base_b)
{
	struct ksrtp_user_flow *a = flow_of(base_a), *b = flow_of(base_b);

	ksrtp_user_worker_lock(a->worker);
	a->peer = b;
	b->peer = a;
	ksrtp_user_worker_unlock(a->worker);
	return 0;
}

static int user_flow_unpair(struct ksrtp_media_flow *base)
{
	struct ksrtp_user_flow *flow = flow_of(base);

	ksrtp_user_worker_lock(flow->worker);
	flow->peer->peer = NULL;
	flow->peer = NULL;
	ksrtp_user_worker_unlock(flow->worker);
	return 0;
}

/* Only what changed: a new secure flag must not send a latched flow back to its SDP address. */
static void latch_set(struct ksrtp_user_flow *flow, unsigned int side, const struct ksrtp_addr *at,
		      const struct ksrtp_media_remote *remote)
{
	struct ksrtp_latch *latch = &flow->latch[side];
	struct ksrtp_endpoint expected, natted;

	ksrtp_endpoint_from(&expected, at);
	ksrtp_endpoint_from(&natted, &remote->natted);
	if (flow->base.remote_set && latch->policy == remote->source &&
	    ksrtp_endpoint_equal(&latch->expected, &expected) &&
	    ksrtp_endpoint_equal(&latch->natted, &natted))
		return;
	ksrtp_latch_set(latch, remote->source, &expected, &natted, now_ms());
}

static int user_flow_remote(struct ksrtp_media_flow *base)
{
	const struct ksrtp_media_remote *remote = &base->remote;
	struct ksrtp_user_flow *flow = flow_of(base);
	struct ksrtp_addr rtcp = remote->rtcp;
	u16 port = ksrtp_addr_port(&remote->rtp);

	if (rtcp.family == AF_UNSPEC && port && port < 65535) {
		/* RFC 3605 section 2.1: unless said otherwise, the port above. */
		rtcp = remote->rtp;
		ksrtp_addr_set_port(&rtcp, (u16)(port + 1));
	}
	ksrtp_user_worker_lock(flow->worker);
	flow->mux = remote->mux;
	flow->secure_rx = remote->secure_rx;
	flow->secure_tx = remote->secure_tx;
	latch_set(flow, 0, &remote->rtp, remote);
	latch_set(flow, 1, &rtcp, remote);
	ksrtp_user_worker_unlock(flow->worker);
	return 0;
}

static int user_flow_stats(struct ksrtp_media_flow *base, struct ksrtp_media_stats *stats)
{
	struct ksrtp_user_flow *flow = flow_of(base);
	struct ksrtp_latch latch;

	ksrtp_user_worker_lock(flow->worker);
	*stats = flow->stats;
	latch = flow->latch[0];
	ksrtp_user_worker_unlock(flow->worker);
	stats->latched = !ksrtp_endpoint_equal(&latch.present, &latch.expected);
	ksrtp_endpoint_to(&latch.present, &stats->remote);
	return 0;
}

/* A keyed hash stands for the master key, which is not kept: 128 bits, so that no two are alike. */
static void print_key(const struct user_media *media, const struct ksrtp_master *master,
		      u64 print[2])
{
	struct slice bytes = ksrtp_slice_of((const char *)master->key, master->suite->key_len);
	u64 other[2] = { media->print_key[0] ^ ~0ull, media->print_key[1] };

	print[0] = ksrtp_slice_hash(bytes, media->print_key);
	print[1] = ksrtp_slice_hash(bytes, other);
}

/* RFC 3711 section 9.1: two flows that send under one master key would use an index twice. */
static bool sends_already(const struct user_media *media, const struct ksrtp_user_key *key)
{
	struct ksrtp_hash_node *node = ksrtp_hash_first(&media->tx_keys, key->print[0]);

	for (; node; node = ksrtp_hash_next(node)) {
		if (ksrtp_container(node, struct ksrtp_user_key, node)->print[1] == key->print[1])
			return true;
	}
	return false;
}

static int user_flow_quality(struct ksrtp_media_flow *base, struct ksrtp_media_quality *quality)
{
	struct ksrtp_user_flow *flow = flow_of(base);

	ksrtp_user_worker_lock(flow->worker);
	ksrtp_user_quality_read(flow, quality);
	ksrtp_user_worker_unlock(flow->worker);
	return 0;
}

static int user_key_add(struct ksrtp_media_flow *base, enum ksrtp_media_direction direction, u32 id,
			const struct ksrtp_master *master)
{
	struct ksrtp_user_flow *flow = flow_of(base);
	struct user_media *media = media_of(base);
	bool tx = direction == KSRTP_MEDIA_TX;
	struct ksrtp_user_srtp *engine = NULL;
	struct ksrtp_user_key *key;
	int err;

	if (ksrtp_user_ring_find(&flow->rx_keys, id) || ksrtp_user_ring_find(&flow->tx_keys, id))
		return -EEXIST;
	if (media->libsrtp2) {
		err = ksrtp_user_srtp_create(&engine, master, tx);
		if (err)
			return err;
	}
	key = ksrtp_user_key_create(id, master, engine);
	if (!key)
		return -ENOMEM;
	key->serial = ++media->serial;
	print_key(media, master, key->print);
	if (tx && sends_already(media, key)) {
		ksrtp_user_key_destroy(key);
		return -EBUSY;
	}
	ksrtp_user_worker_lock(flow->worker);
	err = ksrtp_user_ring_add(tx ? &flow->tx_keys : &flow->rx_keys, key);
	ksrtp_user_worker_unlock(flow->worker);
	if (err) {
		ksrtp_user_key_destroy(key);
		return err;
	}
	if (tx) {
		key->sends = true;
		ksrtp_hash_insert(&media->tx_keys, &key->node, key->print[0]);
	}
	return 0;
}

static int user_key_remove(struct ksrtp_media_flow *base, u32 id)
{
	struct ksrtp_user_flow *flow = flow_of(base);
	struct ksrtp_user_key *key;

	ksrtp_user_worker_lock(flow->worker);
	key = ksrtp_user_ring_take(&flow->rx_keys, id);
	if (!key)
		key = ksrtp_user_ring_take(&flow->tx_keys, id);
	ksrtp_user_worker_unlock(flow->worker);
	if (!key)
		return -ENOENT;
	forget_key(media_of(base), key);
	return 0;
}

const struct ksrtp_media_ops ksrtp_user_ops = {
	.name = "user",
	.create = user_create,
	.destroy = user_destroy,
	.session_create = user_session_create,
	.session_destroy = user_session_destroy,
	.flow_create = user_flow_create,
	.flow_destroy = user_flow_destroy,
	.flow_pair = user_flow_pair,
	.flow_unpair = user_flow_unpair,
	.flow_remote = user_flow_remote,
	.flow_stats = user_flow_stats,
	.flow_quality = user_flow_quality,
	.key_add = user_key_add,
	.key_remove = user_key_remove,
};
