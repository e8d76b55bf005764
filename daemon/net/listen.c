// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP and TLS listeners, and the caps on what strangers can open.
 *
 * Part of net; loop thread only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/net/conn.h"
#include "daemon/net/fds.h"

#define ACCEPTS_A_TURN	16
#define BACKLOG		256

/* Connections of one IPv4 address or one IPv6 /64: what a single stranger commands. */
struct ksrtp_source {
	struct ksrtp_hash_node node;
	uint8_t key[KSRTP_ADDR_SOURCE];
	unsigned count, answering;
};

static struct ksrtp_source *source_at(struct ksrtp_net *net, const struct ksrtp_addr *a)
{
	uint8_t key[KSRTP_ADDR_SOURCE];
	struct ksrtp_hash_node *node;
	struct ksrtp_source *s;
	uint64_t hash;

	ksrtp_addr_source(a, key);
	hash = ksrtp_hash_bytes(&net->by_source, key, sizeof(key));
	for (node = ksrtp_hash_first(&net->by_source, hash); node; node = ksrtp_hash_next(node)) {
		s = ksrtp_container(node, struct ksrtp_source, node);
		if (!memcmp(s->key, key, sizeof(key)))
			return s;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	memcpy(s->key, key, sizeof(key));
	ksrtp_hash_insert(&net->by_source, &s->node, hash);
	return s;
}

struct ksrtp_source *ksrtp_source_get(struct ksrtp_net *net, const struct ksrtp_addr *addr,
				      bool answers)
{
	struct ksrtp_source *s = source_at(net, addr);

	if (!s || s->count >= net->limits.per_source ||
	    (answers && s->answering >= net->limits.answering))
		return NULL;
	s->count++;
	s->answering += answers;
	return s;
}

void ksrtp_source_put(struct ksrtp_net *net, struct ksrtp_source *source, bool answers)
{
	source->answering -= answers;
	if (--source->count)
		return;
	ksrtp_hash_remove(&net->by_source, &source->node);
	free(source);
}

static void take(struct ksrtp_listener *l, int fd, const struct sockaddr_storage *from, socklen_t n)
{
	struct ksrtp_hop hop = { .transport = l->transport };
	struct ksrtp_net *net = l->net;
	struct ksrtp_source *source;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char text[KSRTP_ADDR_TEXT];

	if (ksrtp_addr_from(&hop.remote, (const struct sockaddr *)from, n) ||
	    getsockname(fd, (struct sockaddr *)&ss, &len) ||
	    ksrtp_addr_from(&hop.local, (struct sockaddr *)&ss, len))
		goto refuse;
	/* Before anything is spent on it: a handshake is what a stranger can have us pay for. */
	if (!ksrtp_rate_take(net->opening, &hop.remote, ksrtp_loop_now(net->loop))) {
		net->stats.fast++;
		ksrtp_log_limited(net->loop->log, KSRTP_LOG_WARNING, "connection-rate",
				  "%s refused: more than %u new connections a second",
				  ksrtp_addr_ip(&hop.remote, text, sizeof(text)),
				  net->limits.handshakes);
		goto refuse;
	}
	source = net->n_conns < net->limits.connections ?
		 ksrtp_source_get(net, &hop.remote, false) : NULL;
	if (!source) {
		net->stats.many++;
		ksrtp_log_limited(net->loop->log, KSRTP_LOG_WARNING, "connection-cap",
				  "%s refused: too many connections (%u in all)",
				  ksrtp_addr_ip(&hop.remote, text, sizeof(text)), net->n_conns);
		goto refuse;
	}
	if (ksrtp_conn_accept(net, fd, &hop, source)) {
		ksrtp_source_put(net, source, false);
		goto refuse;
	}
	return;

refuse:
	close(fd);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct ksrtp_listener *l = poll->data;
	unsigned i;

	(void)events;
	/* libuv stops at an error; accepting takes it off the socket. */
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, on_readable);
	for (i = 0; i < ACCEPTS_A_TURN; i++) {
		struct sockaddr_storage from;
		socklen_t n = sizeof(from);
		int fd = accept4(l->fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			take(l, fd, &from, n);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			/* The backlog stays readable: without a pause this would spin. */
			ksrtp_log_limited(l->net->loop->log, KSRTP_LOG_ERROR, "accept",
					  "accept: %s", strerror(errno));
			uv_poll_stop(&l->poll);
			l->paused = true;
			ksrtp_net_later(l->net);
		}
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

void ksrtp_listener_resume(struct ksrtp_listener *l)
{
	if (!l->paused)
		return;
	l->paused = false;
	uv_poll_start(&l->poll, UV_READABLE, on_readable);
}

static int open_socket(const struct ksrtp_addr *addr, struct ksrtp_addr *bound)
{
	int fd = socket(addr->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	int err;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)))
		goto fail;
	if (addr->family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 1 }, sizeof(int)))
		goto fail;
	if (bind(fd, ksrtp_addr_sa(addr), ksrtp_addr_len(addr)) || listen(fd, BACKLOG) ||
	    getsockname(fd, (struct sockaddr *)&ss, &n))
		goto fail;
	ksrtp_addr_from(bound, (struct sockaddr *)&ss, n);
	return fd;

fail:
	err = -errno;
	close(fd);
	return err;
}

static void free_listener(uv_handle_t *handle)
{
	free(handle->data);
}

int ksrtp_listener_create(struct ksrtp_net *net, enum ksrtp_transport transport,
			  const struct ksrtp_addr *addr, struct ksrtp_addr *bound)
{
	struct ksrtp_listener *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->addr = *addr;
	l->fd = ksrtp_fds_take(net->fds, SOCK_STREAM, addr);
	if (l->fd < 0) {
		l->fd = open_socket(addr, &l->addr);
		if (l->fd < 0) {
			err = l->fd;
			goto free_l;
		}
		ksrtp_fds_keep(net->fds, SOCK_STREAM, &l->addr, l->fd);
	}
	err = uv_poll_init(&net->loop->uv, &l->poll, l->fd);
	if (err)
		goto close_fd;
	l->net = net;
	l->transport = transport;
	l->poll.data = l;
	ksrtp_list_add(&net->listeners, &l->node);
	uv_poll_start(&l->poll, UV_READABLE, on_readable);
	if (bound)
		*bound = l->addr;
	return 0;

close_fd:
	close(l->fd);
free_l:
	free(l);
	return err;
}

void ksrtp_listener_destroy(struct ksrtp_listener *l)
{
	ksrtp_list_del(&l->node);
	uv_poll_stop(&l->poll);
	close(l->fd);
	uv_close((uv_handle_t *)&l->poll, free_listener);
}
