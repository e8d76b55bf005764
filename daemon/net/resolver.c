// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libunbound's resolver: its thread, its descriptor in the loop, and the files that say whom it
 * asks. Called by dns.c; loop thread only.
 *
 * A context of libunbound reads the files once, so a change of theirs means another context.
 */
#include "daemon/net/resolver.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ksrtp/port.h>

#include "daemon/base/file.h"
#include "daemon/net/watch.h"

#define CLASS_IN	1
#define FILE_MAX	(1024 * 1024)	/* bytes; a larger file is used, but not seen to change */

enum { RESOLV_CONF, HOSTS, FILES };

struct ksrtp_resolver {
	struct ksrtp_loop *loop;
	const char *forward, *anchor;
	const char *const *private_zone;
	size_t n_private_zone;
	const char *path[FILES];
	char *text[FILES];		/* as it was read last; NULL: it could not be */
	struct ub_ctx *ub;
	uv_poll_t *poll;
	struct ksrtp_watch *watch;
	void (*changed)(void *ctx);
	void *ctx;
};

/* ---- a context of libunbound */

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct ksrtp_resolver *resolver = poll->data;

	(void)events;
	if (status >= 0)
		ub_process(resolver->ub);
}

/* Answers are proved (RFC 4035), but those about local networks: nobody signs them. */
static int trust(const struct ksrtp_resolver *r, struct ub_ctx *ub)
{
	static const char *const local[] = { "test.", "home.arpa.", "internal.", "local." };
	size_t i;
	int err = ub_ctx_add_ta_file(ub, r->anchor);

	for (i = 0; !err && i < ARRAY_SIZE(local); i++)
		err = ub_ctx_set_option(ub, "domain-insecure:", local[i]);
	for (i = 0; !err && i < r->n_private_zone; i++)
		err = ub_ctx_set_option(ub, "domain-insecure:", r->private_zone[i]);
	return err;
}

static struct ub_ctx *make_context(const struct ksrtp_resolver *r)
{
	struct ub_ctx *ub = ub_ctx_create();
	int err;

	if (!ub)
		return NULL;
	/* A thread and not a fork; a stub resolver on a loopback address is nothing unusual. */
	err = ub_ctx_async(ub, 1) || ub_ctx_set_option(ub, "do-not-query-localhost:", "no");
	if (!err && r->forward)
		err = ub_ctx_set_fwd(ub, r->forward);
	/* Both files may be missing: then unbound asks the root servers itself. */
	if (!r->forward)
		(void)ub_ctx_resolvconf(ub, r->path[RESOLV_CONF]);
	(void)ub_ctx_hosts(ub, r->path[HOSTS]);
	/* Before zones are added, which ends the context's settings. */
	if (!err && r->anchor)
		err = trust(r, ub);
	/* Names of local networks, which unbound would deny by itself: the resolver decides. */
	if (!err)
		err = ub_ctx_zone_add(ub, "test.", "transparent") ||
		      ub_ctx_zone_add(ub, "home.arpa.", "transparent");
	if (!err)
		return ub;
	ub_ctx_delete(ub);
	return NULL;
}

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

static void end_context(struct ksrtp_resolver *r)
{
	if (r->poll) {
		uv_poll_stop(r->poll);
		uv_close((uv_handle_t *)r->poll, free_handle);
	}
	if (r->ub)
		ub_ctx_delete(r->ub);
	r->poll = NULL;
	r->ub = NULL;
}

/* The one there was goes on serving where no other can be made. */
static int start_context(struct ksrtp_resolver *r)
{
	uv_poll_t *poll = calloc(1, sizeof(*poll));
	struct ub_ctx *ub = poll ? make_context(r) : NULL;

	if (!ub || uv_poll_init(&r->loop->uv, poll, ub_fd(ub))) {
		if (ub)
			ub_ctx_delete(ub);
		free(poll);
		return -EIO;
	}
	end_context(r);
	r->ub = ub;
	r->poll = poll;
	poll->data = r;
	uv_poll_start(poll, UV_READABLE, on_readable);
	uv_unref((uv_handle_t *)poll);
	return 0;
}

/* ---- the files */

/* The name often leads to another directory, where whoever manages the network writes. */
static void watch_file(struct ksrtp_resolver *r, const char *path)
{
	char real[PATH_MAX];

	ksrtp_watch_file(r->watch, path);
	if (realpath(path, real))
		ksrtp_watch_file(r->watch, real);
}

/* Return: whether one of them is another than before. */
static bool read_files(struct ksrtp_resolver *r)
{
	bool other = false;
	char *text;
	size_t i, n;

	for (i = 0; i < FILES; i++) {
		if (ksrtp_file_read(r->path[i], FILE_MAX, &text, &n))
			text = NULL;
		other |= !text != !r->text[i] || (text && strcmp(text, r->text[i]));
		free(r->text[i]);
		r->text[i] = text;
		watch_file(r, r->path[i]);
	}
	return other;
}

static void forget_files(struct ksrtp_resolver *r)
{
	size_t i;

	for (i = 0; i < FILES; i++) {
		free(r->text[i]);
		r->text[i] = NULL;
	}
}

/* Something in their directories is another. */
static void on_files(void *ctx)
{
	struct ksrtp_resolver *r = ctx;

	if (!read_files(r))
		return;
	if (start_context(r)) {
		ksrtp_log_limited(r->loop->log, KSRTP_LOG_WARNING, "resolver",
				  "%s or %s changed, but no resolver can be made for it",
				  r->path[RESOLV_CONF], r->path[HOSTS]);
		forget_files(r);
		return;
	}
	ksrtp_log_write(r->loop->log, KSRTP_LOG_NOTICE,
			"%s or %s changed: names are looked up anew", r->path[RESOLV_CONF],
			r->path[HOSTS]);
	r->changed(r->ctx);
}

/* ---- for dns.c */

int ksrtp_resolver_create(struct ksrtp_resolver **out, const struct ksrtp_dns_setup *setup,
			  void (*changed)(void *ctx), void *ctx)
{
	struct ksrtp_resolver *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	if (!r)
		return -ENOMEM;
	r->loop = setup->loop;
	r->forward = setup->forward;
	r->anchor = setup->anchor;
	r->private_zone = setup->private_zone;
	r->n_private_zone = setup->n_private_zone;
	r->path[RESOLV_CONF] = setup->resolv_conf ? setup->resolv_conf : "/etc/resolv.conf";
	r->path[HOSTS] = setup->hosts ? setup->hosts : "/etc/hosts";
	r->changed = changed;
	r->ctx = ctx;
	r->watch = ksrtp_watch_create(r->loop, on_files, r);
	/* libunbound would read it with the first question, and answer none. */
	if (r->watch && r->anchor && access(r->anchor, R_OK))
		err = -errno;
	else if (r->watch) {
		(void)read_files(r);
		err = start_context(r);
	}
	if (err)
		ksrtp_resolver_destroy(r);
	else
		*out = r;
	return err;
}

void ksrtp_resolver_destroy(struct ksrtp_resolver *r)
{
	if (!r)
		return;
	end_context(r);
	ksrtp_watch_destroy(r->watch);
	forget_files(r);
	free(r);
}

int ksrtp_resolver_ask(struct ksrtp_resolver *r, const struct ksrtp_resolver_ask *ask, int *id)
{
	return ub_resolve_async(r->ub, ask->name, ask->type, CLASS_IN, ask->arg, ask->fn, id) ?
	       -EIO : 0;
}

void ksrtp_resolver_cancel(struct ksrtp_resolver *r, int id)
{
	(void)ub_cancel(r->ub, id);
}
