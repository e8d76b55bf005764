// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Watching the directories of files (inotify by libuv). Called by tls.c and resolver.c; loop thread
 * only.
 */
#include "daemon/net/watch.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/list.h"

#define SETTLE_MS	200

struct directory {
	struct ksrtp_list node;
	struct ksrtp_watch *watch;
	uv_fs_event_t event;
	char path[];
};

struct ksrtp_watch {
	struct ksrtp_loop *loop;
	void (*changed)(void *ctx);
	void *ctx;
	struct ksrtp_list directories;
	uv_timer_t settle;
};

static void on_settled(uv_timer_t *timer)
{
	struct ksrtp_watch *watch = timer->data;

	watch->changed(watch->ctx);
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
	struct directory *d = event->data;

	(void)name;
	(void)events;
	if (!status)
		uv_timer_start(&d->watch->settle, on_settled, SETTLE_MS, 0);
}

struct ksrtp_watch *ksrtp_watch_create(struct ksrtp_loop *loop, void (*changed)(void *ctx),
				       void *ctx)
{
	struct ksrtp_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->loop = loop;
	watch->changed = changed;
	watch->ctx = ctx;
	ksrtp_list_init(&watch->directories);
	uv_timer_init(&loop->uv, &watch->settle);
	uv_unref((uv_handle_t *)&watch->settle);
	watch->settle.data = watch;
	return watch;
}

static void free_data(uv_handle_t *handle)
{
	free(handle->data);
}

void ksrtp_watch_destroy(struct ksrtp_watch *watch)
{
	if (!watch)
		return;
	while (!ksrtp_list_empty(&watch->directories)) {
		struct directory *d = ksrtp_container(watch->directories.next, struct directory,
						      node);

		ksrtp_list_del(&d->node);
		uv_close((uv_handle_t *)&d->event, free_data);
	}
	uv_close((uv_handle_t *)&watch->settle, free_data);
}

static size_t directory_of(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		snprintf(out, PATH_MAX, ".");
	else
		snprintf(out, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	return strlen(out);
}

static bool watched(const struct ksrtp_watch *watch, const char *path)
{
	const struct ksrtp_list *node;

	for (node = watch->directories.next; node != &watch->directories; node = node->next)
		if (!strcmp(ksrtp_container(node, struct directory, node)->path, path))
			return true;
	return false;
}

void ksrtp_watch_file(struct ksrtp_watch *watch, const char *path)
{
	char name[PATH_MAX];
	size_t n = directory_of(path, name);
	struct directory *d;
	int err;

	if (watched(watch, name))
		return;
	d = calloc(1, sizeof(*d) + n + 1);
	if (!d)
		return;
	memcpy(d->path, name, n + 1);
	d->watch = watch;
	ksrtp_list_add(&watch->directories, &d->node);
	uv_fs_event_init(&watch->loop->uv, &d->event);
	uv_unref((uv_handle_t *)&d->event);
	d->event.data = d;
	err = uv_fs_event_start(&d->event, on_event, name, 0);
	/* Serving goes on; new certificates then need SIGHUP, other files a restart. */
	if (err)
		ksrtp_log_write(watch->loop->log, KSRTP_LOG_WARNING, "%s cannot be watched: %s",
				name, uv_strerror(err));
}
