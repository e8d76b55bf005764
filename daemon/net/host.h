/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The addresses of this host (of this network namespace), watched by rtnetlink.
 */
#ifndef KSRTP_NET_HOST_H
#define KSRTP_NET_HOST_H

#include "daemon/base/list.h"
#include "daemon/net/addr.h"
#include "daemon/net/loop.h"

struct ksrtp_host;

/* Called on the loop after addresses came or went. The watcher owns the structure. */
struct ksrtp_host_watch {
	struct ksrtp_list node;
	void (*changed)(struct ksrtp_host_watch *watch);
};

int ksrtp_host_create(struct ksrtp_host **host, struct ksrtp_loop *loop);
void ksrtp_host_destroy(struct ksrtp_host *host);

void ksrtp_host_watch(struct ksrtp_host *host, struct ksrtp_host_watch *watch);
void ksrtp_host_unwatch(struct ksrtp_host_watch *watch);

/** Is @a (its port does not matter) an address of this host? All of 127/8 is. */
bool ksrtp_host_owns(const struct ksrtp_host *host, const struct ksrtp_addr *a);

/**
 * ksrtp_host_source - the address the kernel would send from to reach @remote
 * @source: gets the address, port 0
 *
 * A route lookup; nothing is sent.
 *
 * Return: 0, -ENETUNREACH, …
 */
int ksrtp_host_source(struct ksrtp_host *host, const struct ksrtp_addr *remote,
		      struct ksrtp_addr *source);

/** The addresses, port 0, at most @max of them into @out. Return: how many there are. */
size_t ksrtp_host_list(const struct ksrtp_host *host, struct ksrtp_addr *out, size_t max);

#endif
