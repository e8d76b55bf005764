/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contacts of phones as the core sees them: sip:TOKEN@edge (reach = contact), so that whatever the
 * core sends to a phone comes to us and goes down the flow that the phone keeps open.
 */
#ifndef KSRTP_CALL_CONTACT_H
#define KSRTP_CALL_CONTACT_H

#include "daemon/base/splice.h"
#include "daemon/call/binding.h"

/**
 * ksrtp_contact_binding - the binding of a phone that sent a message
 * @msg: a request or response with a Contact; its address-of-record stands in To of a REGISTER and
 *	of responses, else in From
 * @hop: where it came from
 *
 * Return: NULL when there is no Contact, or no memory.
 */
struct ksrtp_binding *ksrtp_contact_binding(struct ksrtp_edge *edge, const struct ksrtp_msg *msg,
					    const struct ksrtp_hop *hop);

/**
 * struct ksrtp_contact_way - between whom a message passes
 * @phone: hop of the phone
 * @core: hop of the core: our address towards it goes into the new Contact
 */
struct ksrtp_contact_way {
	const struct ksrtp_hop *phone;
	const struct ksrtp_hop *core;
};

/** ksrtp_contact_hide - from a phone: every Contact becomes ours. Return: the list's error */
int ksrtp_contact_hide(struct ksrtp_edge *edge, const struct ksrtp_msg *msg,
		       const struct ksrtp_contact_way *way, struct ksrtp_splice *list);

/** ksrtp_contact_restore - towards a phone: Contacts of ours become what phones wrote */
int ksrtp_contact_restore(struct ksrtp_edge *edge, const struct ksrtp_msg *msg,
			  struct ksrtp_splice *list);

/** ksrtp_contact_open - the binding that one of our Contact URIs names; NULL for any other URI */
struct ksrtp_binding *ksrtp_contact_open(struct ksrtp_edge *edge, const struct ksrtp_uri *uri);

/**
 * ksrtp_contact_registered - a 2xx to a phone's REGISTER came from the core
 * @req: the REGISTER as the phone sent it
 * @hop: the phone's
 * @res: as the core sent it
 *
 * Confirms what the core accepted, for as long as it says; revokes what was to be removed.
 */
void ksrtp_contact_registered(struct ksrtp_edge *edge, const struct ksrtp_msg *req,
			      const struct ksrtp_hop *hop, const struct ksrtp_msg *res);

#endif
