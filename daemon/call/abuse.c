// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits on how fast a source may ask, and bans of those that guess passwords. Called by proxy.c
 * for requests from phones and by whoever sees authentication fail, on the loop's thread; nft,
 * which blocks, runs in libuv's pool, one ban at a time.
 *
 * Nothing grows: buckets are capped (daemon/net/rate.h), offences are (tools/lib/offence.h), and
 * while nft is at work no more than PENDING sources wait for it; those beyond offend again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/call/abuse.h"
#include "daemon/call/binding.h"
#include "daemon/net/rate.h"
#include "tools/lib/ban.h"
#include "tools/lib/offence.h"

#define PENDING	64

struct job;

/* What sources may still do. */
struct share {
	struct ksrtp_rate *requests, *registrations;
};

struct ksrtp_abuse {
	struct share datagrams, streams;
	struct ksrtp_offence_rules rules;
	struct ksrtp_offence_memory memory;
	struct ksrtp_abuse_stats stats;
	struct ksrtp_addr pending[PENDING];
	size_t n_pending;
	struct job *job;		/* nft at work */
};

/* What the pool's thread has; it outlives the edge where nft is slow. */
struct job {
	uv_work_t work;
	struct ksrtp_edge *edge;	/* NULL: nobody waits for it */
	struct ksrtp_addr who;
	uint32_t seconds;
	int err;
	char error[256];
};

static struct ksrtp_endpoint endpoint_of(const struct ksrtp_addr *a)
{
	struct ksrtp_endpoint e = { .addr = { [10] = 0xff, [11] = 0xff } };
	const uint8_t *bytes;
	size_t n;

	bytes = ksrtp_addr_bytes(a, &n);
	memcpy(e.addr + 16 - n, bytes, n);
	return e;
}

/* The same for all that one stranger commands, as ksrtp_addr_source() has it. */
static struct ksrtp_endpoint source_of(const struct ksrtp_addr *a)
{
	struct ksrtp_endpoint e = endpoint_of(a);

	if (a->family == AF_INET6)
		memset(e.addr + 8, 0, 8);
	return e;
}

static int create_share(struct share *share, const struct ksrtp_config *config)
{
	int err = ksrtp_rate_create(&share->requests, config->limits.requests);

	return err ? err : ksrtp_rate_create(&share->registrations, config->limits.registrations);
}

static void destroy_share(struct share *share)
{
	ksrtp_rate_destroy(share->requests);
	ksrtp_rate_destroy(share->registrations);
}

int ksrtp_abuse_create(struct ksrtp_edge *edge)
{
	const struct ksrtp_config *config = edge->config;
	struct ksrtp_abuse *a = calloc(1, sizeof(*a));
	size_t i;

	if (!a)
		return -ENOMEM;
	edge->abuse = a;
	a->rules.threshold = config->bans.failures;
	a->rules.within = config->bans.within;
	for (i = 0; i < config->bans.n_allow; i++)
		if (ksrtp_offence_allow(&a->rules, config->bans.allow[i]))
			return -EINVAL;
	if (create_share(&a->datagrams, config) || create_share(&a->streams, config))
		return -ENOMEM;
	return 0;
}

void ksrtp_abuse_destroy(struct ksrtp_edge *edge)
{
	struct ksrtp_abuse *a = edge->abuse;

	if (!a)
		return;
	if (a->job)
		a->job->edge = NULL;
	destroy_share(&a->datagrams);
	destroy_share(&a->streams);
	free(a);
	edge->abuse = NULL;
}

bool ksrtp_abuse_admit(struct ksrtp_edge *edge, const struct ksrtp_hop *hop, bool is_register)
{
	struct ksrtp_abuse *a = edge->abuse;
	struct share *share = hop->transport == KSRTP_TRANSPORT_UDP ? &a->datagrams : &a->streams;
	uint64_t now = ksrtp_edge_now(edge), *refused = NULL;
	char text[KSRTP_ADDR_TEXT];

	if (!ksrtp_rate_take(share->requests, &hop->remote, now))
		refused = &a->stats.requests;
	else if (is_register && !ksrtp_rate_take(share->registrations, &hop->remote, now))
		refused = &a->stats.registrations;
	if (!refused)
		return true;
	++*refused;
	ksrtp_log_limited(edge->loop->log, KSRTP_LOG_WARNING, "request-rate",
			  "%s: requests refused, more than %u %s a second",
			  ksrtp_addr_ip(&hop->remote, text, sizeof(text)),
			  refused == &a->stats.requests ? edge->config->limits.requests :
							  edge->config->limits.registrations,
			  refused == &a->stats.requests ? "of them" : "registrations");
	return false;
}

/* ---- bans */

static void ban(uv_work_t *work)
{
	struct job *job = ksrtp_container(work, struct job, work);
	struct ksrtp_endpoint who = endpoint_of(&job->who);
	struct ksrtp_ban *nft;

	job->err = ksrtp_ban_open(&nft);
	if (job->err)
		return;
	job->err = ksrtp_ban_prepare(nft);
	if (!job->err)
		job->err = ksrtp_ban_add(nft, KSRTP_BAN_SIP, &who, job->seconds);
	if (job->err)
		strcpy(job->error, ksrtp_ban_error(nft));
	ksrtp_ban_close(nft);
}

static void next_ban(struct ksrtp_edge *edge);

static void banned(uv_work_t *work, int status)
{
	struct job *job = ksrtp_container(work, struct job, work);
	struct ksrtp_edge *edge = job->edge;
	char text[KSRTP_ADDR_TEXT];

	if (edge) {
		ksrtp_addr_ip(&job->who, text, sizeof(text));
		if (status || job->err) {
			edge->abuse->stats.failed++;
			ksrtp_log_limited(edge->loop->log, KSRTP_LOG_WARNING, "ban-failed",
					  "%s cannot be banned: %s", text,
					  *job->error ? job->error : strerror(ENOMEM));
		} else {
			edge->abuse->stats.bans++;
			ksrtp_log_limited(edge->loop->log, KSRTP_LOG_NOTICE, "ban",
					  "%s banned for %u seconds: authentication failed %u "
					  "times", text, job->seconds,
					  edge->config->bans.failures);
		}
		edge->abuse->job = NULL;
		next_ban(edge);
	}
	free(job);
}

static void next_ban(struct ksrtp_edge *edge)
{
	struct ksrtp_abuse *a = edge->abuse;
	struct job *job;

	if (a->job || !a->n_pending)
		return;
	job = calloc(1, sizeof(*job));
	if (job) {
		job->edge = edge;
		job->who = a->pending[--a->n_pending];
		job->seconds = edge->config->bans.time;
		if (!uv_queue_work(&edge->loop->uv, &job->work, ban, banned)) {
			a->job = job;
			return;
		}
	}
	free(job);
	a->n_pending = 0;
	a->stats.failed++;
}

/* Behind one address others may be whom we know, and who would be shut out with it. */
static bool known(const struct ksrtp_edge *edge, const struct ksrtp_addr *from)
{
	uint8_t mine[KSRTP_ADDR_SOURCE], theirs[KSRTP_ADDR_SOURCE];
	struct ksrtp_list *node, *tmp;
	struct ksrtp_binding *b;

	ksrtp_addr_source(from, mine);
	ksrtp_list_each(node, tmp, &edge->bindings) {
		b = ksrtp_container(node, struct ksrtp_binding, node);
		ksrtp_addr_source(&b->hop.remote, theirs);
		if (!memcmp(mine, theirs, sizeof(mine)))
			return true;
	}
	return false;
}

void ksrtp_abuse_offend(struct ksrtp_edge *edge, const struct ksrtp_addr *from)
{
	struct ksrtp_abuse *a = edge->abuse;
	struct ksrtp_endpoint source = source_of(from);
	char text[KSRTP_ADDR_TEXT];

	if (!a->rules.threshold ||
	    ksrtp_offence_allowed(&a->rules, &source, from->family == AF_INET6 ? 64 : 128) ||
	    !ksrtp_offence_count(&a->rules, &a->memory, &source, ksrtp_edge_now(edge) / 1000))
		return;
	if (known(edge, from)) {
		a->stats.spared++;
		ksrtp_log_limited(edge->loop->log, KSRTP_LOG_WARNING, "ban-spared",
				  "%s: authentication failed %u times; not banned, for a phone is "
				  "registered from there", ksrtp_addr_ip(from, text, sizeof(text)),
				  a->rules.threshold);
		return;
	}
	if (a->n_pending < PENDING)
		a->pending[a->n_pending++] = *from;
	next_ban(edge);
}

void ksrtp_abuse_forgive(struct ksrtp_edge *edge, const struct ksrtp_addr *from)
{
	struct ksrtp_endpoint source = source_of(from);

	ksrtp_offence_forget(&edge->abuse->memory, &source);
}

void ksrtp_abuse_stats(const struct ksrtp_edge *edge, struct ksrtp_abuse_stats *stats)
{
	*stats = edge->abuse->stats;
}
