// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Contacts of phones as the core sees them (RFC 3261 section 8.1.1.8; the flow tokens of RFC 5626
 * put into Contact, for cores that know no Path). Called by edit.c and dispatch.c on the loop's
 * thread.
 *
 * The token names a binding of binding.c, which remembers what the phone wrote.
 */
#include <errno.h>
#include <string.h>

#include "daemon/call/contact.h"
#include "daemon/call/flow.h"
#include "daemon/call/registrar.h"
#include "daemon/sip/patch.h"

enum { PURPOSE_CONTACT = 2 };

/* How long a registration lasts when nobody says (RFC 3261 section 10.2.1.1). */
#define EXPIRES_DEFAULT	3600

/* Of one message: each may become a candidate, and those are few for all strangers together. */
#define CONTACTS	10

static int seal(const struct ksrtp_edge *edge, uint64_t id, char text[KSRTP_TOKEN_TEXT])
{
	return ksrtp_token_seal(edge->secret, PURPOSE_CONTACT,
				ksrtp_slice_of((const char *)&id, sizeof(id)), text);
}

struct ksrtp_binding *ksrtp_contact_open(struct ksrtp_edge *edge, const struct ksrtp_uri *uri)
{
	uint8_t payload[KSRTP_TOKEN_PAYLOAD];
	uint64_t id;
	size_t n;

	if (!uri->user.n ||
	    ksrtp_token_open(edge->secret, PURPOSE_CONTACT, uri->user, payload, &n) ||
	    n != sizeof(id))
		return NULL;
	memcpy(&id, payload, sizeof(id));
	return ksrtp_binding_find(edge, id);
}

static struct ksrtp_binding *binding_for(struct ksrtp_edge *edge, const struct ksrtp_msg *msg,
					 const struct ksrtp_contact *contact,
					 const struct ksrtp_hop *hop)
{
	bool to = !msg->request || msg->method_id == KSRTP_REGISTER;
	const struct ksrtp_uri *uri = to ? &msg->to.uri : &msg->from.uri;
	struct ksrtp_binding_who who = { .contact = contact, .hop = hop };
	struct ksrtp_binding *b = NULL;
	struct ksrtp_buf aor;

	ksrtp_buf_init(&aor, KSRTP_MSG_MAX);
	/* a tel: or foreign URI has no canonical form: as it stands */
	if (ksrtp_uri_aor(uri, &aor)) {
		ksrtp_buf_free(&aor);
		ksrtp_buf_slice(&aor, uri->text);
	}
	who.aor = ksrtp_buf_view(&aor);
	if (!aor.err)
		b = ksrtp_binding_get(edge, &who);
	ksrtp_buf_free(&aor);
	return b;
}

struct ksrtp_binding *ksrtp_contact_binding(struct ksrtp_edge *edge, const struct ksrtp_msg *msg,
					    const struct ksrtp_hop *hop)
{
	struct ksrtp_cursor values = ksrtp_msg_walk(msg, KSRTP_HDR_CONTACT);
	struct ksrtp_contact contact;
	struct slice value;

	if (!ksrtp_msg_next(&values, &value) || ksrtp_hdr_contact(value, &contact) || contact.star)
		return NULL;
	return binding_for(edge, msg, &contact, hop);
}

int ksrtp_contact_hide(struct ksrtp_edge *edge, const struct ksrtp_msg *msg,
		       const struct ksrtp_contact_way *way, struct ksrtp_splice *list)
{
	struct ksrtp_cursor values = ksrtp_msg_walk(msg, KSRTP_HDR_CONTACT);
	char token[KSRTP_TOKEN_TEXT];
	struct ksrtp_flow_self self;
	struct ksrtp_contact contact;
	struct ksrtp_binding *b;
	struct ksrtp_buf uri;
	struct slice value;

	if (ksrtp_msg_count(msg, KSRTP_HDR_CONTACT) > CONTACTS)
		return -EBADMSG;
	ksrtp_flow_self(edge, way->core, &self);
	while (ksrtp_msg_next(&values, &value)) {
		if (ksrtp_hdr_contact(value, &contact))
			return -EBADMSG;
		if (contact.star)
			continue;
		b = binding_for(edge, msg, &contact, way->phone);
		if (!b || seal(edge, b->id, token))
			return -ENOMEM;
		ksrtp_buf_init(&uri, 512);
		ksrtp_buf_printf(&uri, strchr(self.host, ':') ? "%s:%s@[%s]:%u;transport=%s" :
							       "%s:%s@%s:%u;transport=%s",
				 contact.addr.uri.scheme == KSRTP_URI_SIPS ? "sips" : "sip", token,
				 self.host, self.uri.port,
				 ksrtp_transport_param(way->core->transport));
		ksrtp_patch_uri(list, &contact.addr, ksrtp_buf_view(&uri));
		ksrtp_buf_free(&uri);
	}
	return list->err;
}

int ksrtp_contact_restore(struct ksrtp_edge *edge, const struct ksrtp_msg *msg,
			  struct ksrtp_splice *list)
{
	struct ksrtp_cursor values = ksrtp_msg_walk(msg, KSRTP_HDR_CONTACT);
	struct ksrtp_contact contact;
	struct ksrtp_binding *b;
	struct slice value;

	while (ksrtp_msg_next(&values, &value)) {
		if (ksrtp_hdr_contact(value, &contact) || contact.star)
			continue;
		b = ksrtp_contact_open(edge, &contact.addr.uri);
		if (b)
			ksrtp_patch_uri(list, &contact.addr, ksrtp_slice_str(b->uri));
	}
	return list->err;
}

/* What the core's 2xx says of a binding: seconds, 0 when it is not among its contacts. */
static uint32_t granted(struct ksrtp_edge *edge, const struct ksrtp_binding *binding,
			const struct ksrtp_msg *res)
{
	struct ksrtp_cursor values = ksrtp_msg_walk(res, KSRTP_HDR_CONTACT);
	struct ksrtp_contact contact;
	struct slice value;
	uint32_t seconds;

	while (ksrtp_msg_next(&values, &value)) {
		if (ksrtp_hdr_contact(value, &contact) || contact.star)
			continue;
		/* reach = path leaves the phone's own URI */
		if (ksrtp_contact_open(edge, &contact.addr.uri) != binding &&
		    !ksrtp_slice_is(contact.addr.uri.text, binding->uri))
			continue;
		if (contact.expires != KSRTP_HDR_NO_NUMBER)
			return contact.expires;
		if (ksrtp_msg_number(res, KSRTP_HDR_EXPIRES, &seconds))
			seconds = EXPIRES_DEFAULT;
		return seconds;
	}
	return 0;
}

void ksrtp_contact_registered(struct ksrtp_edge *edge, const struct ksrtp_msg *req,
			      const struct ksrtp_hop *hop, const struct ksrtp_msg *res)
{
	struct ksrtp_cursor values = ksrtp_msg_walk(req, KSRTP_HDR_CONTACT);
	struct ksrtp_contact contact;
	struct ksrtp_binding *b;
	struct slice value;
	uint32_t seconds;

	while (ksrtp_msg_next(&values, &value)) {
		if (ksrtp_hdr_contact(value, &contact) || contact.star)
			continue;
		b = binding_for(edge, req, &contact, hop);
		if (!b || (edge->registrar && ksrtp_registrar_owns(edge->registrar, b->aor)))
			continue;
		seconds = granted(edge, b, res);
		if (seconds)
			ksrtp_binding_confirm(edge, b, seconds);
		else
			ksrtp_binding_revoke(edge, b);
	}
}
