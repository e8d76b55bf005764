/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of daemon/net: libunbound's resolver as /etc/resolv.conf and /etc/hosts say, also when
 * they change.
 */
#ifndef KSRTP_NET_RESOLVER_H
#define KSRTP_NET_RESOLVER_H

#include <unbound.h>

#include "daemon/net/dns.h"

struct ksrtp_resolver;

/**
 * ksrtp_resolver_create - start its thread
 * @setup: its texts and its list must outlive the resolver
 * @changed: the files are others now and a new resolver serves: what was asked before has no answer
 *	and is forgotten
 *
 * Return: 0, -ENOMEM, -EIO, -ENOENT or -EACCES (the anchors cannot be read)
 */
int ksrtp_resolver_create(struct ksrtp_resolver **resolver, const struct ksrtp_dns_setup *setup,
			  void (*changed)(void *ctx), void *ctx);

/** ksrtp_resolver_destroy - no answer comes any more; NULL is fine */
void ksrtp_resolver_destroy(struct ksrtp_resolver *resolver);

/**
 * struct ksrtp_resolver_ask - a question of class IN
 * @fn: called once on the loop's thread, never from inside of ksrtp_resolver_ask(), unless it is
 *	cancelled or forgotten
 */
struct ksrtp_resolver_ask {
	const char *name;
	int type;
	ub_callback_type fn;
	void *arg;
};

/** ksrtp_resolver_ask - ask; @id: to cancel it by. Return: 0 or -EIO */
int ksrtp_resolver_ask(struct ksrtp_resolver *resolver, const struct ksrtp_resolver_ask *ask,
		       int *id);
void ksrtp_resolver_cancel(struct ksrtp_resolver *resolver, int id);

#endif
