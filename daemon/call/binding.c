// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bindings of addresses-of-record to contacts and flows (RFC 3261 section 10, RFC 5626 5.3).
 *
 * Used by contact.c (in front of a core), registrar.c (for its users) and dispatch.c, on the loop's
 * thread. Anybody can make candidates, by sending a REGISTER that the core then refuses: they are
 * capped, and the oldest goes first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/random.h"
#include "daemon/call/binding.h"
#include "daemon/call/store.h"

/* A candidate lives as long as the transaction that may confirm it can, and a dialog's start. */
#define CANDIDATE_MS	(2 * 60 * 60 * 1000)

static struct ksrtp_binding *from_id(struct ksrtp_hash_node *node)
{
	return node ? ksrtp_container(node, struct ksrtp_binding, by_id) : NULL;
}

static struct ksrtp_binding *from_aor(struct ksrtp_hash_node *node)
{
	return node ? ksrtp_container(node, struct ksrtp_binding, by_aor) : NULL;
}

int ksrtp_binding_init(struct ksrtp_edge *edge)
{
	int err;

	ksrtp_list_init(&edge->bindings);
	ksrtp_list_init(&edge->candidates);
	err = ksrtp_hash_init(&edge->binding_ids);
	if (err)
		return err;
	err = ksrtp_hash_init(&edge->binding_aors);
	if (err)
		ksrtp_hash_fini(&edge->binding_ids);
	return err;
}

static void free_binding(struct ksrtp_binding *b)
{
	free(b->aor);
	free(b->uri);
	free(b->identity);
	free(b->call_id);
	free(b);
}

static void remove_binding(struct ksrtp_edge *edge, struct ksrtp_binding *binding)
{
	*(binding->confirmed ? &edge->n_bindings : &edge->n_candidates) -= 1;
	if (binding->confirmed)
		ksrtp_store_drop(edge->store, binding->id);
	ksrtp_list_del(&binding->node);
	ksrtp_hash_remove(&edge->binding_ids, &binding->by_id);
	ksrtp_hash_remove(&edge->binding_aors, &binding->by_aor);
	free_binding(binding);
}

void ksrtp_binding_fini(struct ksrtp_edge *edge)
{
	struct ksrtp_list *heads[2] = { &edge->bindings, &edge->candidates }, *node, *tmp;
	int i;

	for (i = 0; i < 2; i++)
		ksrtp_list_each(node, tmp, heads[i])
			remove_binding(edge,
					     ksrtp_container(node, struct ksrtp_binding, node));
	ksrtp_hash_fini(&edge->binding_ids);
	ksrtp_hash_fini(&edge->binding_aors);
}

struct ksrtp_binding *ksrtp_binding_find(const struct ksrtp_edge *edge, uint64_t id)
{
	struct ksrtp_binding *b;
	uint64_t hash = ksrtp_hash_bytes(&edge->binding_ids, &id, sizeof(id));

	for (b = from_id(ksrtp_hash_first(&edge->binding_ids, hash)); b;
	     b = from_id(ksrtp_hash_next(&b->by_id)))
		if (b->id == id)
			return b;
	return NULL;
}

struct ksrtp_binding *ksrtp_binding_of(const struct ksrtp_edge *edge, struct slice aor,
				       const struct ksrtp_binding *last)
{
	struct ksrtp_hash_node *node;
	struct ksrtp_binding *b;

	node = last ? ksrtp_hash_next(&last->by_aor) :
		      ksrtp_hash_first(&edge->binding_aors,
				       ksrtp_hash_bytes(&edge->binding_aors, aor.p, aor.n));
	for (b = from_aor(node); b; b = from_aor(ksrtp_hash_next(&b->by_aor)))
		if (ksrtp_slice_equal(ksrtp_slice_str(b->aor), aor))
			return b;
	return NULL;
}

/* What identifies a contact over flows, as a string to be freed. */
static char *identity_of(const struct ksrtp_contact *contact)
{
	struct ksrtp_buf buf;
	char *text;

	if (!contact->instance.p)
		return ksrtp_slice_dup(contact->addr.uri.text);
	ksrtp_buf_init(&buf, KSRTP_MSG_MAX);
	ksrtp_buf_slice(&buf, contact->instance);
	if (contact->reg_id != KSRTP_HDR_NO_NUMBER)
		ksrtp_buf_printf(&buf, ";%u", contact->reg_id);
	text = buf.err ? NULL : ksrtp_slice_dup(ksrtp_buf_view(&buf));
	ksrtp_buf_free(&buf);
	return text;
}

/* A candidate that has its id and its texts. */
static void insert(struct ksrtp_edge *edge, struct ksrtp_binding *b)
{
	b->since = ksrtp_edge_now(edge);
	b->expires = b->since + CANDIDATE_MS;
	ksrtp_list_add(&edge->candidates, &b->node);
	edge->n_candidates++;
	ksrtp_hash_insert(&edge->binding_ids, &b->by_id,
			  ksrtp_hash_bytes(&edge->binding_ids, &b->id, sizeof(b->id)));
	ksrtp_hash_insert(&edge->binding_aors, &b->by_aor,
			  ksrtp_hash_bytes(&edge->binding_aors, b->aor, strlen(b->aor)));
}

static struct ksrtp_binding *create(struct ksrtp_edge *edge, const struct ksrtp_binding_who *who)
{
	struct ksrtp_binding *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->aor = ksrtp_slice_dup(who->aor);
	b->uri = ksrtp_slice_dup(who->contact->addr.uri.text);
	b->identity = identity_of(who->contact);
	while (!b->id && !ksrtp_random_bytes(&b->id, sizeof(b->id)))
		;
	if (!b->aor || !b->uri || !b->identity || !b->id) {
		free_binding(b);
		return NULL;
	}
	b->hop = *who->hop;
	insert(edge, b);
	return b;
}

/* The flow, not the port a datagram came from by chance of a connection's reopening. */
static bool same_flow(const struct ksrtp_hop *a, const struct ksrtp_hop *b)
{
	return a->transport == b->transport && a->conn == b->conn &&
	       ksrtp_addr_equal(&a->remote, &b->remote) && ksrtp_addr_equal(&a->local, &b->local);
}

/* The Contact of a request before the REGISTER may have named no instance. */
static void learn_identity(struct ksrtp_binding *b, const struct ksrtp_contact *contact)
{
	char *identity = contact->instance.p ? identity_of(contact) : NULL;

	if (!identity)
		return;
	free(b->identity);
	b->identity = identity;
}

struct ksrtp_binding *ksrtp_binding_get(struct ksrtp_edge *edge,
					const struct ksrtp_binding_who *who)
{
	struct ksrtp_binding *b;

	for (b = ksrtp_binding_of(edge, who->aor, NULL); b; b = ksrtp_binding_of(edge, who->aor, b))
		if (same_flow(&b->hop, who->hop) &&
		    ksrtp_slice_equal(ksrtp_slice_str(b->uri), who->contact->addr.uri.text))
			break;
	if (b)
		learn_identity(b, who->contact);
	else
		b = create(edge, who);
	if (b && !b->confirmed) {
		/* used again: the youngest */
		ksrtp_list_del(&b->node);
		ksrtp_list_add(&edge->candidates, &b->node);
		b->expires = ksrtp_edge_now(edge) + CANDIDATE_MS;
	}
	if (edge->n_candidates > KSRTP_EDGE_CANDIDATES)
		remove_binding(edge, ksrtp_container(edge->candidates.next,
							   struct ksrtp_binding, node));
	return b;
}

static void confirm(struct ksrtp_edge *edge, struct ksrtp_binding *binding)
{
	binding->confirmed = true;
	binding->since = ksrtp_edge_now(edge);
	edge->n_candidates--;
	edge->n_bindings++;
	ksrtp_list_del(&binding->node);
	ksrtp_list_add(&edge->bindings, &binding->node);
}

int ksrtp_binding_confirm(struct ksrtp_edge *edge, struct ksrtp_binding *binding, uint32_t seconds)
{
	struct slice aor = ksrtp_slice_str(binding->aor);
	uint64_t now = ksrtp_edge_now(edge);
	struct ksrtp_binding *b;

	if (!binding->confirmed && edge->n_bindings >= KSRTP_EDGE_BINDINGS)
		return -ENOSPC;
	for (b = ksrtp_binding_of(edge, aor, NULL); b; b = ksrtp_binding_of(edge, aor, b))
		if (b != binding && !strcmp(b->identity, binding->identity))
			ksrtp_binding_revoke(edge, b);
	if (!binding->confirmed)
		confirm(edge, binding);
	binding->expires = now + seconds * 1000ull;
	ksrtp_store_put(edge->store, binding);
	return 0;
}

int ksrtp_binding_restore(struct ksrtp_edge *edge, const struct ksrtp_binding_kept *kept)
{
	struct ksrtp_binding *b;

	if (kept->candidate ? edge->n_candidates >= KSRTP_EDGE_CANDIDATES :
			      edge->n_bindings >= KSRTP_EDGE_BINDINGS)
		return -ENOSPC;
	if (ksrtp_binding_find(edge, kept->id))
		return -EEXIST;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->id = kept->id;
	b->aor = strdup(kept->aor);
	b->uri = strdup(kept->uri);
	b->identity = strdup(kept->identity);
	b->call_id = strdup(kept->call_id);
	if (!b->aor || !b->uri || !b->identity || !b->call_id) {
		free_binding(b);
		return -ENOMEM;
	}
	b->hop = kept->hop;
	b->cseq = kept->cseq;
	b->q = kept->q;
	insert(edge, b);
	if (kept->candidate)
		return 0;
	confirm(edge, b);
	b->expires = b->since + (uint64_t)kept->seconds * 1000;
	return 0;
}

void ksrtp_binding_revoke(struct ksrtp_edge *edge, struct ksrtp_binding *binding)
{
	if (!binding->confirmed)
		return;
	ksrtp_store_drop(edge->store, binding->id);
	binding->confirmed = false;
	binding->expires = ksrtp_edge_now(edge) + CANDIDATE_MS;
	edge->n_bindings--;
	edge->n_candidates++;
	ksrtp_list_del(&binding->node);
	ksrtp_list_add(&edge->candidates, &binding->node);
}

const struct ksrtp_hop *ksrtp_binding_hop(const struct ksrtp_edge *edge,
					  const struct ksrtp_binding *binding)
{
	const struct ksrtp_binding *b, *best = NULL;
	struct slice aor = ksrtp_slice_str(binding->aor);

	if (ksrtp_net_alive(edge->net, &binding->hop))
		return &binding->hop;
	for (b = ksrtp_binding_of(edge, aor, NULL); b; b = ksrtp_binding_of(edge, aor, b))
		if (b->confirmed && !strcmp(b->identity, binding->identity) &&
		    ksrtp_net_alive(edge->net, &b->hop) && (!best || b->since > best->since))
			best = b;
	return best ? &best->hop : NULL;
}

void ksrtp_binding_sweep(struct ksrtp_edge *edge)
{
	struct ksrtp_list *heads[2] = { &edge->bindings, &edge->candidates }, *node, *tmp;
	struct ksrtp_binding *b;
	int i;

	for (i = 0; i < 2; i++)
		ksrtp_list_each(node, tmp, heads[i]) {
			b = ksrtp_container(node, struct ksrtp_binding, node);
			if (b->expires <= ksrtp_edge_now(edge))
				remove_binding(edge, b);
		}
}
