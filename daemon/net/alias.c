// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Aliases: inbound connections that requests to their peer go by, too (RFC 5923). Called by edge.c
 * for a Via that says so, and by conn.c; loop thread only.
 *
 * A Via is a claim. What counts is where the connection comes from, and the names that its peer's
 * certificate speaks for: it is used for a target at that address under one of these names only.
 */
#include "daemon/net/conn.h"
#include "daemon/net/tls.h"

static uint64_t hash_of(const struct ksrtp_net *net, const struct ksrtp_addr *addr)
{
	return ksrtp_hash_bytes(&net->by_alias, addr, sizeof(*addr));
}

void ksrtp_net_alias(struct ksrtp_net *net, const struct ksrtp_hop *hop, uint16_t port)
{
	struct ksrtp_conn *conn = hop->transport == KSRTP_TRANSPORT_TLS ?
				  ksrtp_conn_find(net, hop) : NULL;

	if (!conn || !conn->inbound || conn->alias.family || !conn->peer ||
	    conn->peer->identity != KSRTP_PEER_DOMAIN)
		return;
	conn->alias = conn->hop.remote;
	ksrtp_addr_set_port(&conn->alias, port);
	ksrtp_hash_insert(&net->by_alias, &conn->by_alias, hash_of(net, &conn->alias));
}

void ksrtp_alias_drop(struct ksrtp_conn *conn)
{
	if (conn->alias.family)
		ksrtp_hash_remove(&conn->net->by_alias, &conn->by_alias);
	conn->alias.family = 0;
}

struct ksrtp_conn *ksrtp_alias_find(const struct ksrtp_net *net, const struct ksrtp_target *target)
{
	struct ksrtp_conn *conn, *newest = NULL;
	struct ksrtp_hash_node *node;

	/* TLSA records are of the certificate that its server shows, not of the client's */
	if (target->transport != KSRTP_TRANSPORT_TLS || !*target->name || target->tlsa.n)
		return NULL;
	node = ksrtp_hash_first(&net->by_alias, hash_of(net, &target->addr));
	for (; node; node = ksrtp_hash_next(node)) {
		conn = ksrtp_container(node, struct ksrtp_conn, by_alias);
		if (conn->state == KSRTP_CONN_OPEN &&
		    ksrtp_addr_equal(&conn->alias, &target->addr) &&
		    ksrtp_tls_speaks_for(conn->ssl, target->name) &&
		    (!newest || conn->hop.conn > newest->hop.conn))
			newest = conn;
	}
	return newest;
}
