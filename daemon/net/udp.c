// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UDP: one socket for each local address, so that a datagram's destination is known and an
 * answer leaves from where the request came to (RFC 3261 section 18.2.2, RFC 3581).
 *
 * Part of net; loop thread only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/net/conn.h"
#include "daemon/net/fds.h"

#define DATAGRAMS_A_TURN	64
#define HOST_ADDRS		256
#define RECEIVE_BUFFER		(1024 * 1024)

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct ksrtp_udp *udp = poll->data;
	struct ksrtp_net *net = udp->net;
	unsigned i;

	(void)events;
	/* libuv stops at an error; reading below takes it off the socket. */
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, on_readable);
	/* The handler may not close sockets, so @udp stays. Others get their turn after a while. */
	for (i = 0; i < DATAGRAMS_A_TURN; i++) {
		struct ksrtp_hop hop = { .transport = KSRTP_TRANSPORT_UDP, .local = udp->addr };
		struct sockaddr_storage from;
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(udp->fd, net->scratch, KSRTP_NET_MESSAGE_MAX, 0,
				     (struct sockaddr *)&from, &from_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		if (ksrtp_addr_from(&hop.remote, (struct sockaddr *)&from, from_len) ||
		    !ksrtp_addr_port(&hop.remote))
			continue;
		/* Keep-alives: CRLF pairs, single NULs. They need no answer on UDP. */
		if (n < 8)
			continue;
		udp->in++;
		udp->last = ksrtp_loop_now(net->loop);
		if (net->ops)
			net->ops->message(net->ctx, &hop, net->scratch, (size_t)n);
	}
}

static int bind_socket(const struct ksrtp_addr *addr, struct ksrtp_addr *bound)
{
	int fd = socket(addr->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	int err;

	if (fd < 0)
		return -errno;
	/* Best effort: the kernel may allow less. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){ RECEIVE_BUFFER }, sizeof(int));
	if (addr->family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 1 }, sizeof(int)))
		goto fail;
	if (bind(fd, ksrtp_addr_sa(addr), ksrtp_addr_len(addr)) ||
	    getsockname(fd, (struct sockaddr *)&ss, &n))
		goto fail;
	ksrtp_addr_from(bound, (struct sockaddr *)&ss, n);
	return fd;

fail:
	err = -errno;
	close(fd);
	return err;
}

static void free_udp(uv_handle_t *handle)
{
	free(handle->data);
}

int ksrtp_udp_listen(struct ksrtp_net *net, const struct ksrtp_addr *addr, struct ksrtp_addr *bound)
{
	struct ksrtp_udp *udp = calloc(1, sizeof(*udp));
	int err;

	if (!udp)
		return -ENOMEM;
	udp->addr = *addr;
	udp->fd = ksrtp_fds_take(net->fds, SOCK_DGRAM, addr);
	if (udp->fd < 0) {
		udp->fd = bind_socket(addr, &udp->addr);
		if (udp->fd < 0) {
			err = udp->fd;
			free(udp);
			return err;
		}
		ksrtp_fds_keep(net->fds, SOCK_DGRAM, &udp->addr, udp->fd);
	}
	err = uv_poll_init(&net->loop->uv, &udp->poll, udp->fd);
	if (err) {
		close(udp->fd);
		free(udp);
		return err;
	}
	udp->net = net;
	udp->poll.data = udp;
	udp->since = ksrtp_loop_now(net->loop);
	udp->last = udp->since;
	ksrtp_list_add(&net->sockets, &udp->node);
	uv_poll_start(&udp->poll, UV_READABLE, on_readable);
	if (bound)
		*bound = udp->addr;
	return 0;
}

void ksrtp_udp_close(struct ksrtp_udp *udp)
{
	ksrtp_list_del(&udp->node);
	uv_poll_stop(&udp->poll);
	close(udp->fd);
	uv_close((uv_handle_t *)&udp->poll, free_udp);
}

struct ksrtp_udp *ksrtp_udp_find(const struct ksrtp_net *net, const struct ksrtp_addr *local)
{
	struct ksrtp_list *node, *tmp;

	ksrtp_list_each(node, tmp, &net->sockets) {
		struct ksrtp_udp *udp = ksrtp_container(node, struct ksrtp_udp, node);

		if (ksrtp_addr_equal(&udp->addr, local))
			return udp;
	}
	return NULL;
}

struct ksrtp_udp *ksrtp_udp_toward(const struct ksrtp_net *net, const struct ksrtp_addr *remote)
{
	struct ksrtp_udp *other = NULL;
	struct ksrtp_list *node, *tmp;
	struct ksrtp_addr source;
	bool loopback;

	if (ksrtp_host_source(net->host, remote, &source))
		return NULL;
	loopback = ksrtp_addr_classify(&source) == KSRTP_ADDR_LOOPBACK;
	ksrtp_list_each(node, tmp, &net->sockets) {
		struct ksrtp_udp *udp = ksrtp_container(node, struct ksrtp_udp, node);

		if (ksrtp_addr_same_ip(&udp->addr, &source))
			return udp;
		/* Not the route's choice, but the configuration may allow no other address. */
		if (udp->addr.family == remote->family &&
		    (ksrtp_addr_classify(&udp->addr) == KSRTP_ADDR_LOOPBACK) == loopback)
			other = udp;
	}
	return other;
}

int ksrtp_udp_send(struct ksrtp_udp *udp, const struct ksrtp_addr *to, const void *data, size_t n)
{
	ssize_t sent;

	do {
		sent = sendto(udp->fd, data, n, MSG_NOSIGNAL, ksrtp_addr_sa(to),
			      ksrtp_addr_len(to));
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	udp->out++;
	return 0;
}

/* The addresses that "any" stands for: no link-local ones, SIP has no way to write a scope. */
static bool usable(const struct ksrtp_addr *a)
{
	enum ksrtp_addr_kind kind = ksrtp_addr_classify(a);

	return kind == KSRTP_ADDR_UNICAST || kind == KSRTP_ADDR_LOOPBACK;
}

static bool in_list(const struct ksrtp_addr *a, const struct ksrtp_addr *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ksrtp_addr_same_ip(a, &list[i]))
			return true;
	return false;
}

static int open_all(struct ksrtp_net *net, const struct ksrtp_addr *any,
		    const struct ksrtp_addr *own, size_t n)
{
	char text[KSRTP_ADDR_TEXT];
	size_t i, opened = 0;
	int err, first = 0;

	for (i = 0; i < n; i++) {
		struct ksrtp_addr a = own[i];

		ksrtp_addr_set_port(&a, ksrtp_addr_port(any));
		if (a.family != any->family || !usable(&a) || ksrtp_udp_find(net, &a))
			continue;
		err = ksrtp_udp_listen(net, &a, NULL);
		/* An IPv6 address that is being probed comes again when it is ready. */
		if (err == -EADDRNOTAVAIL)
			continue;
		if (err) {
			ksrtp_log_limited(net->loop->log, KSRTP_LOG_WARNING, "udp-open",
					  "UDP %s: %s", ksrtp_addr_format(&a, text, sizeof(text)),
					  strerror(-err));
			first = first ? first : err;
			continue;
		}
		ksrtp_container(net->sockets.prev, struct ksrtp_udp, node)->from_any = true;
		opened++;
	}
	return opened ? 0 : first;
}

/* Read the host's addresses and make the sockets that belong to "any" the same. */
void ksrtp_udp_follow(struct ksrtp_net *net)
{
	struct ksrtp_addr *own;
	struct ksrtp_list *node, *tmp;
	size_t n;

	if (ksrtp_list_empty(&net->everywhere))
		return;
	own = calloc(HOST_ADDRS, sizeof(*own));
	if (!own)
		return;
	n = ksrtp_host_list(net->host, own, HOST_ADDRS);
	if (n > HOST_ADDRS)
		n = HOST_ADDRS;
	ksrtp_list_each(node, tmp, &net->sockets) {
		struct ksrtp_udp *udp = ksrtp_container(node, struct ksrtp_udp, node);

		if (!udp->from_any || in_list(&udp->addr, own, n))
			continue;
		ksrtp_fds_drop(net->fds, SOCK_DGRAM, &udp->addr);
		ksrtp_udp_close(udp);
	}
	ksrtp_list_each(node, tmp, &net->everywhere)
		open_all(net, &ksrtp_container(node, struct ksrtp_udp_any, node)->addr, own, n);
	free(own);
}

int ksrtp_udp_listen_any(struct ksrtp_net *net, const struct ksrtp_addr *addr)
{
	struct ksrtp_udp_any *any = calloc(1, sizeof(*any));
	struct ksrtp_addr *own = calloc(HOST_ADDRS, sizeof(*own));
	size_t n;
	int err = -ENOMEM;

	if (!any || !own)
		goto free_both;
	n = ksrtp_host_list(net->host, own, HOST_ADDRS);
	err = open_all(net, addr, own, n < HOST_ADDRS ? n : HOST_ADDRS);
	if (err)
		goto free_both;
	any->addr = *addr;
	ksrtp_list_add(&net->everywhere, &any->node);
	free(own);
	return 0;

free_both:
	free(own);
	free(any);
	return err;
}
