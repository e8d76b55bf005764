// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What we change in a message that passes (RFC 3261 sections 16.6 and 16.7, RFC 3327, 3581, 5658).
 * Called by proxy.c just before a message is sent, on the loop's thread. All edits are splices.
 */
#include <errno.h>

#include "daemon/base/random.h"
#include "daemon/call/contact.h"
#include "daemon/call/edit.h"
#include "daemon/call/trust.h"
#include "daemon/sip/patch.h"

#define HOPS_DEFAULT	70	/* RFC 3261 section 8.1.1.6 */

/* Does that side see a Contact of ours in place of a phone's? */
static bool hides_contacts(const struct ksrtp_config_side *side)
{
	return side->core && side->reach == KSRTP_REACH_CONTACT;
}

/* Could this request begin a dialog? */
static bool begins_dialog(const struct ksrtp_msg *msg)
{
	if (msg->to.tag.p)
		return false;
	return msg->method_id == KSRTP_INVITE || msg->method_id == KSRTP_SUBSCRIBE ||
	       msg->method_id == KSRTP_REFER || msg->method_id == KSRTP_NOTIFY;
}

/* Errors of ksrtp_call_body() as statuses (RFC 3261 section 21.4, RFC 3264). */
static uint16_t body_status(int err)
{
	switch (err) {
	case 0:
		return 0;
	case -EBADMSG:
		return 400;
	case -EPROTONOSUPPORT:
	case -EPERM:
	case -ELOOP:		/* it names ports of ours, in a ring */
	case -EAFNOSUPPORT:
		return 488;
	case -EBUSY:
		return 491;
	case -ESTALE:
		return 481;
	case -EADDRINUSE:
	case -ENOSPC:
		return 503;
	}
	return 500;
}

static enum ksrtp_offer_carrier carrier_of(const struct ksrtp_msg *msg)
{
	if (!msg->request)
		return KSRTP_OFFER_RESPONSE;
	if (msg->method_id == KSRTP_PRACK)
		return KSRTP_OFFER_PRACK;
	return msg->method_id == KSRTP_ACK ? KSRTP_OFFER_ACK : KSRTP_OFFER_REQUEST;
}

/* Descriptions matter in messages of INVITE, UPDATE, PRACK and ACK only. */
static bool carries_offers(const struct ksrtp_msg *msg)
{
	return msg->method_id == KSRTP_INVITE || msg->method_id == KSRTP_ACK ||
	       msg->method_id == KSRTP_PRACK || msg->method_id == KSRTP_UPDATE;
}

static uint16_t edit_body(struct ksrtp_proxy *proxy, const struct ksrtp_msg *msg,
			  struct ksrtp_splice *list, const char **why)
{
	struct ksrtp_call_pass pass = {
		.msg = msg,
		.sender = msg->request ? proxy->sender : 1 - proxy->sender,
		.carrier = carrier_of(msg),
		.from = msg->request ? &proxy->in.hop : &proxy->out.hop,
	};
	int err;

	if (!proxy->call || !carries_offers(msg))
		return 0;
	err = ksrtp_call_body(proxy->edge, proxy->call, &pass, list);
	*why = pass.why;
	if (err == -EADDRINUSE)
		ksrtp_log_limited(proxy->edge->loop->log, KSRTP_LOG_ERROR, "ports",
				  "calls are refused: no port from %u to %u is free for media",
				  proxy->edge->config->media.port_min,
				  proxy->edge->config->media.port_max);
	return body_status(err);
}

static void record_route(struct ksrtp_proxy *proxy, struct ksrtp_splice *list)
{
	struct ksrtp_flow_self in, out;

	if (ksrtp_flow_self_token(proxy->edge, &proxy->in, &in) ||
	    ksrtp_flow_self_token(proxy->edge, &proxy->out, &out)) {
		list->err = -EIO;
		return;
	}
	/* a sips request stays one on both sides (RFC 3261 section 16.6 step 4) */
	in.uri.sips = out.uri.sips = proxy->msg.uri.scheme == KSRTP_URI_SIPS;
	ksrtp_route_record(list, &proxy->msg, &in.uri, &out.uri);
}

static void add_path(struct ksrtp_proxy *proxy, struct ksrtp_splice *list)
{
	struct ksrtp_flow_self self, towards;
	struct ksrtp_buf value;

	/* our address as the core reaches it, the token of the phone's flow */
	ksrtp_flow_self(proxy->edge, &proxy->out.hop, &towards);
	if (ksrtp_flow_self_token(proxy->edge, &proxy->in, &self)) {
		list->err = -EIO;
		return;
	}
	towards.uri.user = self.uri.user;
	towards.uri.params = SLICE("ob");
	ksrtp_buf_init(&value, 1024);
	if (!ksrtp_route_write(&towards.uri, &value)) {
		ksrtp_patch_above(list, &proxy->msg, KSRTP_HDR_PATH, ksrtp_buf_view(&value));
		if (!ksrtp_msg_has_option(&proxy->msg, KSRTP_HDR_SUPPORTED, "path"))
			ksrtp_patch_append(list, &proxy->msg, "Supported", SLICE("path"));
	}
	ksrtp_buf_free(&value);
}

/* Both have shown who they are: the peer may send its requests by our connection (RFC 5923). */
static bool offers_alias(const struct ksrtp_proxy *proxy)
{
	struct ksrtp_net_peer peer;

	return proxy->out.hop.transport == KSRTP_TRANSPORT_TLS &&
	       !ksrtp_net_peer(proxy->edge->net, &proxy->out.hop, &peer) && !peer.inbound &&
	       peer.identity == KSRTP_PEER_DOMAIN;
}

static void push_via(struct ksrtp_proxy *proxy, struct ksrtp_splice *list)
{
	char branch[KSRTP_ROUTE_BRANCH], text[KSRTP_ADDR_TEXT];
	struct ksrtp_buf value;
	struct ksrtp_addr via;
	uint64_t unique;

	list->err = list->err ? list->err : ksrtp_random_bytes(&unique, sizeof(unique));
	if (list->err)
		return;
	ksrtp_route_branch(&proxy->msg, unique, proxy->edge->key, branch);
	ksrtp_net_via(proxy->edge->net, &proxy->out.hop, &via);
	ksrtp_buf_init(&value, 512);
	ksrtp_buf_printf(&value, "SIP/2.0/%s %s;branch=%s;rport%s",
			 ksrtp_transport_name(proxy->out.hop.transport),
			 ksrtp_addr_format(&via, text, sizeof(text)), branch,
			 offers_alias(proxy) ? ";alias" : "");
	ksrtp_patch_via_push(list, &proxy->msg, ksrtp_buf_view(&value));
	ksrtp_buf_free(&value);
}

/* The binding of a party of a call, by the Contact it goes by: a restart must not lose it. */
static void note_binding(struct ksrtp_proxy *proxy, const struct ksrtp_msg *msg,
			 const struct ksrtp_hop *hop)
{
	unsigned int end = msg->request ? proxy->sender : 1 - proxy->sender;
	const struct ksrtp_binding *b;

	if (!proxy->call || (msg->method_id != KSRTP_INVITE && msg->method_id != KSRTP_UPDATE))
		return;
	b = ksrtp_contact_binding(proxy->edge, msg, hop);
	if (b)
		proxy->call->end[end].binding = b->id;
}

/* Contacts between phones and a core. Without a core phones see each other's. */
static void edit_contact(struct ksrtp_proxy *proxy, const struct ksrtp_msg *msg,
			 struct ksrtp_splice *list)
{
	struct ksrtp_edge *edge = proxy->edge;
	const struct ksrtp_flow *from = msg->request ? &proxy->in : &proxy->out;
	const struct ksrtp_flow *to = msg->request ? &proxy->out : &proxy->in;
	struct ksrtp_contact_way way = { .phone = &from->hop, .core = &to->hop };
	int err;

	if (!ksrtp_edge_has_core(edge))
		return;
	/* 3xx: those Contacts are not the sender's own */
	if (!msg->request && msg->status >= 300)
		return;
	if (from->side->core) {
		ksrtp_contact_restore(edge, msg, list);
	} else if (hides_contacts(to->side)) {
		note_binding(proxy, msg, &from->hop);
		err = ksrtp_contact_hide(edge, msg, &way, list);
		list->err = list->err ? list->err : err;
	}
}

static void edit_identity(const struct ksrtp_flow *from, const struct ksrtp_flow *to,
			  const struct ksrtp_msg *msg, struct ksrtp_splice *list)
{
	if (!from->side->core)
		ksrtp_trust_strip(list, msg);
	else if (!to->side->core)
		ksrtp_trust_hide(list, msg);
}

static uint16_t apply(struct ksrtp_splice *list, struct ksrtp_buf *out)
{
	int err = ksrtp_splice_apply(list, out);

	ksrtp_splice_destroy(list);
	return err ? err == -EBADMSG ? 400 : 500 : 0;
}

uint16_t ksrtp_edit_request(struct ksrtp_proxy *proxy, struct ksrtp_buf *out, const char **why)
{
	const struct ksrtp_msg *msg = &proxy->msg;
	struct ksrtp_splice list;
	uint32_t hops;
	uint16_t status;

	ksrtp_splice_init(&list, msg->raw);
	ksrtp_route_patch(&list, msg, &proxy->route);
	if (proxy->uri)
		ksrtp_patch_request_uri(&list, msg, ksrtp_slice_str(proxy->uri));
	if (ksrtp_msg_number(msg, KSRTP_HDR_MAX_FORWARDS, &hops))
		hops = HOPS_DEFAULT + 1;
	ksrtp_patch_max_forwards(&list, msg, hops - 1);
	edit_identity(&proxy->in, &proxy->out, msg, &list);
	push_via(proxy, &list);
	if (begins_dialog(msg))
		record_route(proxy, &list);
	if (msg->method_id == KSRTP_REGISTER && proxy->out.side->core &&
	    proxy->out.side->reach == KSRTP_REACH_PATH)
		add_path(proxy, &list);
	edit_contact(proxy, msg, &list);
	status = edit_body(proxy, msg, &list, why);
	if (status) {
		ksrtp_splice_destroy(&list);
		return status;
	}
	return apply(&list, out);
}

uint16_t ksrtp_edit_response(struct ksrtp_proxy *proxy, const struct ksrtp_msg *res,
			     struct ksrtp_buf *out, const char **why)
{
	struct ksrtp_splice list;
	uint16_t status;

	ksrtp_splice_init(&list, res->raw);
	/* what is wrong behind us is no reason to try us less (RFC 3261 section 16.7 step 6) */
	if (res->status == 503)
		ksrtp_splice_swap(&list, res->start, SLICE("SIP/2.0 500 Server Internal Error"));
	ksrtp_patch_via_pop(&list, res);
	edit_identity(&proxy->out, &proxy->in, res, &list);
	/* the body will not be the one that was signed */
	if (res->status == 401 || res->status == 407)
		ksrtp_patch_auth_int(&list, res);
	edit_contact(proxy, res, &list);
	status = edit_body(proxy, res, &list, why);
	if (status) {
		ksrtp_splice_destroy(&list);
		/* the caller's request was good: what came back is not acceptable */
		return status == 400 || status == 491 ? 488 : status;
	}
	return apply(&list, out);
}
