// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The addresses of this network namespace, by libnl-route-3's cache manager on the loop.
 *
 * Asked by net (which UDP sockets to open), by the call layer (is a media address ours) and
 * by the media back ends. Loop thread only.
 */
#include "daemon/net/host.h"

#include <errno.h>
#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ksrtp/port.h>

/* A burst of changes may be larger than libnl's 32 KiB; an overrun would lose some of them. */
#define EVENT_BUFFER	(512 * 1024)

struct ksrtp_host {
	struct ksrtp_loop *loop;
	struct nl_cache_mngr *manager;
	struct nl_cache *cache;		/* owned by the manager */
	uv_poll_t *poll;
	struct ksrtp_list watches;
	bool changed;
	int route[2];			/* sockets that ask for routes: IPv4, IPv6; or -1 */
};

static int from_nl(struct ksrtp_addr *a, struct nl_object *object)
{
	struct nl_addr *local = rtnl_addr_get_local((struct rtnl_addr *)object);
	struct sockaddr_storage ss = { 0 };
	socklen_t n = sizeof(ss);

	if (!local || nl_addr_fill_sockaddr(local, (struct sockaddr *)&ss, &n) < 0)
		return -EAFNOSUPPORT;
	if (ss.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&ss)->sin6_scope_id =
			(uint32_t)rtnl_addr_get_ifindex((struct rtnl_addr *)object);
	return ksrtp_addr_from(a, (struct sockaddr *)&ss, n);
}

static void on_change(struct nl_cache *cache, struct nl_object *object, int action, void *arg)
{
	struct ksrtp_host *host = arg;

	(void)cache;
	(void)object;
	(void)action;
	host->changed = true;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct ksrtp_host *host = poll->data;
	struct ksrtp_list *node, *tmp;
	int err;

	(void)events;
	if (status < 0)
		return;
	err = nl_cache_mngr_data_ready(host->manager);
	/* After an overrun the cache may have missed changes: read it whole. */
	if (err == -NLE_NOMEM || err == -NLE_AGAIN || err == -NLE_DUMP_INTR) {
		struct nl_sock *sock = nl_socket_alloc();

		if (sock && nl_connect(sock, NETLINK_ROUTE) == 0 &&
		    nl_cache_refill(sock, host->cache) == 0)
			host->changed = true;
		nl_socket_free(sock);
	}
	if (!host->changed)
		return;
	host->changed = false;
	ksrtp_list_each(node, tmp, &host->watches) {
		struct ksrtp_host_watch *w =
			ksrtp_container(node, struct ksrtp_host_watch, node);

		w->changed(w);
	}
}

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

int ksrtp_host_create(struct ksrtp_host **out, struct ksrtp_loop *loop)
{
	struct ksrtp_host *host = calloc(1, sizeof(*host));
	int err = -ENOMEM, fd;

	if (!host)
		return -ENOMEM;
	host->loop = loop;
	host->route[0] = host->route[1] = -1;
	ksrtp_list_init(&host->watches);
	if (nl_cache_mngr_alloc(NULL, NETLINK_ROUTE, 0, &host->manager) < 0) {
		err = -EIO;
		goto free_host;
	}
	fd = nl_cache_mngr_get_fd(host->manager);
	/* Best effort: without the larger buffer an overrun is only likelier, and handled. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){ EVENT_BUFFER }, sizeof(int));
	if (nl_cache_mngr_add(host->manager, "route/addr", on_change, host, &host->cache) < 0) {
		err = -EIO;
		goto free_manager;
	}
	host->poll = calloc(1, sizeof(*host->poll));
	if (!host->poll)
		goto free_manager;
	err = uv_poll_init(&loop->uv, host->poll, fd);
	if (err)
		goto free_poll;
	host->poll->data = host;
	uv_poll_start(host->poll, UV_READABLE, on_readable);
	uv_unref((uv_handle_t *)host->poll);
	*out = host;
	return 0;

free_poll:
	free(host->poll);
free_manager:
	nl_cache_mngr_free(host->manager);
free_host:
	free(host);
	return err;
}

void ksrtp_host_destroy(struct ksrtp_host *host)
{
	unsigned int i;

	if (!host)
		return;
	uv_poll_stop(host->poll);
	uv_close((uv_handle_t *)host->poll, free_handle);
	nl_cache_mngr_free(host->manager);
	for (i = 0; i < 2; i++)
		if (host->route[i] >= 0)
			close(host->route[i]);
	free(host);
}

void ksrtp_host_watch(struct ksrtp_host *host, struct ksrtp_host_watch *watch)
{
	ksrtp_list_add(&host->watches, &watch->node);
}

void ksrtp_host_unwatch(struct ksrtp_host_watch *watch)
{
	ksrtp_list_del(&watch->node);
}

bool ksrtp_host_owns(const struct ksrtp_host *host, const struct ksrtp_addr *a)
{
	struct nl_object *object;
	struct ksrtp_addr own;

	if (ksrtp_addr_classify(a) == KSRTP_ADDR_LOOPBACK)
		return true;
	for (object = nl_cache_get_first(host->cache); object; object = nl_cache_get_next(object))
		if (!from_nl(&own, object) && ksrtp_addr_same_ip(&own, a))
			return true;
	return false;
}

/* It is asked several times a call: one socket for all. */
static int route_socket(struct ksrtp_host *host, sa_family_t family)
{
	int *fd = &host->route[family == AF_INET6];

	if (*fd < 0)
		*fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return *fd;
}

int ksrtp_host_source(struct ksrtp_host *host, const struct ksrtp_addr *remote,
		      struct ksrtp_addr *source)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	struct sockaddr_storage ss = { 0 };
	struct ksrtp_addr to = *remote;
	socklen_t n = sizeof(ss);
	int fd, err;

	memset(source, 0, sizeof(*source));
	/* connect() refuses port 0 on some families; any port asks for the same route. */
	if (!ksrtp_addr_port(&to))
		ksrtp_addr_set_port(&to, 9);
	fd = route_socket(host, to.family);
	if (fd < 0)
		return -errno;
	if (connect(fd, ksrtp_addr_sa(&to), ksrtp_addr_len(&to)) ||
	    getsockname(fd, (struct sockaddr *)&ss, &n))
		err = -errno;
	else
		err = ksrtp_addr_from(source, (struct sockaddr *)&ss, n);
	ksrtp_addr_set_port(source, 0);
	/* Or it would keep this address, and a port on which it hears the other side. */
	connect(fd, &nobody, sizeof(nobody));
	return err;
}

size_t ksrtp_host_list(const struct ksrtp_host *host, struct ksrtp_addr *out, size_t max)
{
	struct nl_object *object;
	struct ksrtp_addr own;
	size_t n = 0;

	for (object = nl_cache_get_first(host->cache); object; object = nl_cache_get_next(object)) {
		if (from_nl(&own, object))
			continue;
		if (n < max)
			out[n] = own;
		n++;
	}
	return n;
}
