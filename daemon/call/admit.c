// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether a new request may pass: room, transport, credentials, the call it belongs to, and then
 * where it goes (dispatch.c). Called by proxy.c on the loop's thread.
 */
#include <errno.h>

#include "daemon/call/abuse.h"
#include "daemon/call/admit.h"
#include "daemon/call/contact.h"
#include "daemon/call/dispatch.h"
#include "daemon/call/registrar.h"

bool ksrtp_admit_room(struct ksrtp_edge *edge, const struct ksrtp_hop *hop,
		      const struct ksrtp_msg *msg, const struct ksrtp_config_side *side)
{
	unsigned int sender;

	if (edge->held >= KSRTP_EDGE_HELD)
		return false;
	return side->core || (msg->to.tag.p && ksrtp_call_find(edge, msg, side, &sender)) ||
	       ksrtp_abuse_admit(edge, hop, msg->method_id == KSRTP_REGISTER);
}

uint16_t ksrtp_admit_call(struct ksrtp_proxy *p)
{
	const struct ksrtp_msg *msg = &p->msg;
	int err;

	if (msg->method_id == KSRTP_INVITE && !msg->to.tag.p) {
		err = ksrtp_call_create(p->edge, msg, &p->in.hop, p->in.side, &p->call);
		if (err)
			return err == -ENOSPC ? 503 : 500;
	} else if (msg->to.tag.p) {
		p->call = ksrtp_call_find(p->edge, msg, p->in.side, &p->sender);
	}
	if (p->call)
		ksrtp_call_get(p->call);
	else if (msg->method_id == KSRTP_INVITE || msg->method_id == KSRTP_UPDATE)
		return 481;
	return 0;
}

bool ksrtp_admit_asks_us(const struct ksrtp_proxy *p)
{
	const struct ksrtp_uri *uri = &p->route.request_uri;

	return p->msg.method_id == KSRTP_OPTIONS && !p->msg.to.tag.p && !uri->user.n &&
	       p->in.side->core && ksrtp_edge_is_self(p->edge, uri);
}

/* Is TLS demanded where there is none? A core's address alone is no proof: datagrams forge it. */
static bool may_be_clear(const struct ksrtp_proxy *p)
{
	return p->in.hop.transport == KSRTP_TRANSPORT_TLS || p->in.side->clear;
}

bool ksrtp_admit_registers(const struct ksrtp_proxy *p)
{
	return p->msg.method_id == KSRTP_REGISTER && may_be_clear(p) && ksrtp_dispatch_local(p);
}

/* Whose phone sent it? */
static uint64_t binding_of(struct ksrtp_proxy *p)
{
	const struct ksrtp_binding *b;

	if (p->in.side->core)
		return 0;
	if (p->edge->registrar && !p->out.side->core)
		return ksrtp_registrar_caller(p->edge->registrar, p);
	b = ksrtp_contact_binding(p->edge, &p->msg, &p->in.hop);
	return b ? b->id : 0;
}

uint16_t ksrtp_admit_request(struct ksrtp_proxy *p, struct ksrtp_buf *headers)
{
	struct ksrtp_edge *edge = p->edge;
	uint16_t status;
	bool asks;

	if (!may_be_clear(p))
		return 403;
	/* what is to be forwarded belongs to a dialog (RFC 3261 section 13.2.2.4) */
	if (p->msg.method_id == KSRTP_ACK && !p->msg.to.tag.p)
		return 400;
	status = ksrtp_dispatch_check(p, headers);
	/* cores are trusted */
	asks = !status && p->msg.method_id != KSRTP_ACK && !p->in.side->core &&
	       ksrtp_dispatch_local(p);
	if (!status && asks && !p->msg.to.tag.p)
		status = ksrtp_registrar_authorize(edge->registrar, p, headers);
	/* before the way is known: a BYE that finds none ends the call all the same */
	if (!status)
		status = ksrtp_admit_call(p);
	/* a tag and a token of long ago are no credentials, a call with who is there is */
	if (!status && asks && p->msg.to.tag.p && !ksrtp_dispatch_party(p))
		status = ksrtp_registrar_authorize(edge->registrar, p, headers);
	if (!status)
		status = ksrtp_dispatch_find(p);
	if (!status)
		p->in.binding = binding_of(p);
	return status;
}

bool ksrtp_admit_begins(const struct ksrtp_proxy *p)
{
	uint32_t expires;

	if (p->msg.to.tag.p)
		return false;
	if (p->msg.method_id == KSRTP_REGISTER)
		return ksrtp_msg_number(&p->msg, KSRTP_HDR_EXPIRES, &expires) || expires;
	return p->msg.method_id == KSRTP_INVITE;
}
