// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flow tokens (RFC 5626 section 5.2), used by edit.c (Record-Route, Path) and dispatch.c.
 *
 * A token is not secret: it shows addresses that its reader mostly knows. It is authentic, and so
 * decides alone where a request goes. On the loop's thread.
 */
#include <errno.h>
#include <string.h>

#include "daemon/call/flow.h"

enum {
	PURPOSE_PLACE = 1,	/* of older versions: the side by its place in the configuration */
	PURPOSE_FLOW = 3,	/* by its name */
};

enum { BIT_CORE = 1, BIT_IPV6 = 2, SHIFT_TRANSPORT = 2, SHIFT_NUMBER = 4 };

#define NAME	6	/* bytes that stand for a name */
#define FIXED	21	/* bytes beside addresses and name */

/* A token is authentic: all that the hash must do is tell the sides of one configuration apart. */
static uint64_t name_hash(const struct ksrtp_config_side *side)
{
	static const uint64_t key[2];

	return ksrtp_slice_hash(ksrtp_slice_str(side->name), key) >> (64 - 8 * NAME);
}

static void put(uint8_t **p, uint64_t value, unsigned n)
{
	while (n--)
		*(*p)++ = (uint8_t)(value >> 8 * n);
}

static uint64_t get(const uint8_t **p, unsigned n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 8 | *(*p)++;
	return value;
}

int ksrtp_flow_seal(const struct ksrtp_edge *edge, const struct ksrtp_flow *flow,
		    char text[KSRTP_TOKEN_TEXT])
{
	const struct ksrtp_addr *end[2] = { &flow->hop.local, &flow->hop.remote };
	uint8_t payload[KSRTP_TOKEN_PAYLOAD], *p = payload;
	const uint8_t *bytes;
	size_t n;
	int i;

	ksrtp_addr_bytes(end[0], &n);
	put(&p, (n == 16 ? BIT_IPV6 : 0) | (unsigned)flow->hop.transport << SHIFT_TRANSPORT, 1);
	put(&p, name_hash(flow->side), NAME);
	put(&p, edge->epoch, 4);
	put(&p, flow->binding, 8);
	put(&p, flow->hop.conn, 8);
	for (i = 0; i < 2; i++) {
		bytes = ksrtp_addr_bytes(end[i], &n);
		if (n != 4 && n != 16)
			return -EIO;
		memcpy(p, bytes, n);
		p += n;
		put(&p, ksrtp_addr_port(end[i]), 2);
	}
	return ksrtp_token_seal(edge->secret, PURPOSE_FLOW,
				ksrtp_slice_of((char *)payload, (size_t)(p - payload)), text);
}

/* NULL: the configuration was another when the token was made. */
static const struct ksrtp_config_side *side_named(const struct ksrtp_config *config, uint64_t hash)
{
	size_t i;

	for (i = 0; i < config->n_side; i++)
		if (name_hash(&config->side[i]) == hash)
			return &config->side[i];
	return NULL;
}

static const struct ksrtp_config_side *side_at(const struct ksrtp_config *config, bool core,
					       unsigned int number)
{
	size_t i;

	for (i = 0; i < config->n_side; i++)
		if (config->side[i].core == core && config->side[i].number == number)
			return &config->side[i];
	return NULL;
}

int ksrtp_flow_open(const struct ksrtp_edge *edge, struct slice text, struct ksrtp_flow *flow)
{
	uint8_t payload[KSRTP_TOKEN_PAYLOAD];
	const uint8_t *p = payload;
	struct ksrtp_addr *end[2] = { &flow->hop.local, &flow->hop.remote };
	const uint8_t *bytes;
	size_t n, each, name = NAME;
	uint8_t bits;
	bool ours;
	int i, err;

	memset(flow, 0, sizeof(*flow));
	err = ksrtp_token_open(edge->secret, PURPOSE_FLOW, text, payload, &n);
	if (err == -EBADMSG) {
		err = ksrtp_token_open(edge->secret, PURPOSE_PLACE, text, payload, &n);
		name = 0;
	}
	if (err)
		return err;
	if (n < FIXED)
		return -EBADMSG;
	bits = (uint8_t)get(&p, 1);
	each = bits & BIT_IPV6 ? 16 : 4;
	if (n != FIXED + name + 2 * (each + 2))
		return -EBADMSG;
	flow->side = name ? side_named(edge->config, get(&p, NAME)) :
			    side_at(edge->config, bits & BIT_CORE, bits >> SHIFT_NUMBER);
	ours = get(&p, 4) == edge->epoch;
	if (!flow->side)
		return -EBADMSG;
	flow->hop.transport = bits >> SHIFT_TRANSPORT & 3;
	flow->binding = get(&p, 8);
	flow->hop.conn = get(&p, 8);
	if (!ours)
		flow->hop.conn = 0;
	for (i = 0; i < 2; i++) {
		bytes = p;
		p += each;
		err = ksrtp_addr_make(end[i], bytes, each, (uint16_t)get(&p, 2));
		if (err)
			return -EBADMSG;
	}
	return 0;
}

bool ksrtp_flow_alive(const struct ksrtp_edge *edge, const struct ksrtp_flow *flow)
{
	if (flow->hop.transport != KSRTP_TRANSPORT_UDP && !flow->hop.conn)
		return false;
	return ksrtp_net_alive(edge->net, &flow->hop);
}

void ksrtp_flow_self(const struct ksrtp_edge *edge, const struct ksrtp_hop *hop,
		     struct ksrtp_flow_self *self)
{
	struct ksrtp_addr via;

	memset(self, 0, sizeof(*self));
	ksrtp_net_via(edge->net, hop, &via);
	ksrtp_addr_ip(&via, self->host, sizeof(self->host));
	self->uri.host = ksrtp_slice_str(self->host);
	self->uri.port = ksrtp_addr_port(&via);
	self->uri.transport = ksrtp_slice_str(ksrtp_transport_param(hop->transport));
}

int ksrtp_flow_self_token(const struct ksrtp_edge *edge, const struct ksrtp_flow *flow,
			  struct ksrtp_flow_self *self)
{
	int err;

	ksrtp_flow_self(edge, &flow->hop, self);
	err = ksrtp_flow_seal(edge, flow, self->token);
	self->uri.user = ksrtp_slice_str(self->token);
	return err;
}
