/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bindings: the Contact of an address-of-record, and the flow that reaches it (RFC 3261 section 10,
 * RFC 5626). In front of a core they are what we saw its registrar confirm, and the candidates
 * under way there; those of the built-in registrar's users are its location service.
 */
#ifndef KSRTP_CALL_BINDING_H
#define KSRTP_CALL_BINDING_H

#include "daemon/call/inside.h"

/**
 * struct ksrtp_binding - one contact by one flow
 * @id: random, never 0; stands in tokens
 * @hop: where requests for it go
 * @since: when it was confirmed first, ms of the loop
 * @expires: ms of the loop
 * @confirmed: a registrar accepted it; else it goes when it is the oldest of too many
 * @cseq, @call_id: of the last REGISTER
 * @q: preference, thousandths
 * @aor: canonical, "sip:user@host"
 * @uri: Contact as the phone wrote it
 * @identity: instance and reg-id where it has them, else the URI: what stays the same when the
 *	phone comes back by another flow
 */
struct ksrtp_binding {
	struct ksrtp_hash_node by_id, by_aor;
	struct ksrtp_list node;
	uint64_t id;
	struct ksrtp_hop hop;
	uint64_t since, expires;
	bool confirmed;
	uint32_t cseq, q;
	char *aor, *uri, *identity, *call_id;
};

int ksrtp_binding_init(struct ksrtp_edge *edge);
void ksrtp_binding_fini(struct ksrtp_edge *edge);

/**
 * struct ksrtp_binding_who - what a message says of a contact
 * @aor: canonical address-of-record
 * @contact: one value of Contact
 */
struct ksrtp_binding_who {
	struct slice aor;
	const struct ksrtp_contact *contact;
	const struct ksrtp_hop *hop;
};

/**
 * ksrtp_binding_get - the binding of that contact by that flow; a new candidate if there is none
 *
 * Return: NULL without memory.
 */
struct ksrtp_binding *ksrtp_binding_get(struct ksrtp_edge *edge,
					const struct ksrtp_binding_who *who);

/** ksrtp_binding_find - by its id; NULL when there is none */
struct ksrtp_binding *ksrtp_binding_find(const struct ksrtp_edge *edge, uint64_t id);

/**
 * ksrtp_binding_of - walk the bindings of an address-of-record
 * @last: the one returned before, or NULL
 */
struct ksrtp_binding *ksrtp_binding_of(const struct ksrtp_edge *edge, struct slice aor,
				       const struct ksrtp_binding *last);

/**
 * ksrtp_binding_confirm - a registrar accepted it for so many seconds
 *
 * Other flows of the same identity are dead by now or will be: they serve no new requests.
 * Return: 0 or -ENOSPC at the cap
 */
int ksrtp_binding_confirm(struct ksrtp_edge *edge, struct ksrtp_binding *binding, uint32_t seconds);

/**
 * ksrtp_binding_revoke - it serves no new requests
 *
 * It stays among the candidates: dialogs that were begun with it go on.
 */
void ksrtp_binding_revoke(struct ksrtp_edge *edge, struct ksrtp_binding *binding);

/**
 * ksrtp_binding_hop - a flow that reaches it now: its own, else the newest confirmed one of the
 * same address-of-record and identity (RFC 5626 section 5.3)
 *
 * Return: NULL when all of them are dead.
 */
const struct ksrtp_hop *ksrtp_binding_hop(const struct ksrtp_edge *edge,
					  const struct ksrtp_binding *binding);

/**
 * struct ksrtp_binding_kept - a binding of an earlier process; copied
 * @seconds: how long it lives on
 * @candidate: not confirmed: it serves the dialogs that were begun with it
 * @hop: without a connection: that of a stream is dead
 */
struct ksrtp_binding_kept {
	uint64_t id;
	const char *aor, *uri, *identity, *call_id;
	uint32_t cseq, q;
	int64_t seconds;
	bool candidate;
	struct ksrtp_hop hop;
};

/** ksrtp_binding_restore - have it again. Return: 0, -EEXIST, -ENOSPC at the cap, -ENOMEM */
int ksrtp_binding_restore(struct ksrtp_edge *edge, const struct ksrtp_binding_kept *kept);

/** ksrtp_binding_sweep - drop what expired */
void ksrtp_binding_sweep(struct ksrtp_edge *edge);

#endif
