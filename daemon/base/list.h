/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An intrusive, doubly linked, circular list. The head is a node of its own.
 */
#ifndef KSRTP_BASE_LIST_H
#define KSRTP_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/** The structure of type @type whose member @member stands at @ptr. */
#define ksrtp_container(ptr, type, member) \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))

struct ksrtp_list {
	struct ksrtp_list *next, *prev;
};

/** Make @l an empty list, or a node that is in no list. */
static inline void ksrtp_list_init(struct ksrtp_list *l)
{
	l->next = l;
	l->prev = l;
}

/** True when the list is empty, or when the node is in no list. */
static inline bool ksrtp_list_empty(const struct ksrtp_list *l)
{
	return l->next == l;
}

/** Put @node at the tail of @head; @node must be in no list. */
static inline void ksrtp_list_add(struct ksrtp_list *head, struct ksrtp_list *node)
{
	node->next = head;
	node->prev = head->prev;
	head->prev->next = node;
	head->prev = node;
}

/** Take @node out of its list; harmless for an initialised node that is in none. */
static inline void ksrtp_list_del(struct ksrtp_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	ksrtp_list_init(node);
}

/** Walk @head; @node may be removed (and freed) inside the loop, @tmp may not. */
#define ksrtp_list_each(node, tmp, head) \
	for ((node) = (head)->next, (tmp) = (node)->next; (node) != (head); \
	     (node) = (tmp), (tmp) = (node)->next)

#endif
