/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions: the media of one call. */
#ifndef KSRTP_KMOD_SESSION_H
#define KSRTP_KMOD_SESSION_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include <uapi/ksrtp.h>

#define KSRTP_SESSION_LIFETIME	3600	/* default, seconds an orphan may live */

struct ksrtp_net;

/**
 * struct ksrtp_session - changed under the namespace's lock
 * @id: 0 until it is published
 * @cookie: who shows it may adopt the session
 * @owner: netlink port of the socket that made or adopted it; 0: none
 * @orphan: that socket is gone; also read by the packet path
 * @guard: its time is over, its keys are gone, its must-be-protected flows still drop whatever
 *	comes; also read by the packet path. It holds a reference on the module until it is deleted.
 * @idle: seconds, 0: never
 * @lifetime: seconds
 * @born: jiffies
 * @orphaned: jiffies
 */
struct ksrtp_session {
	struct ksrtp_net *kn;
	u32 id;
	char label[KSRTP_LABEL_MAX + 1];
	u8 cookie[KSRTP_COOKIE_LEN];
	bool has_cookie;
	bool persist;
	bool orphan;
	bool guard;
	u32 owner;
	u32 idle;
	u32 lifetime;
	u64 born;
	u64 orphaned;
	struct list_head flows;
	u32 n_flows;
	struct rcu_head rcu;
};

/** ksrtp_session_create - Return: a session nobody can find yet, or ERR_PTR */
struct ksrtp_session *ksrtp_session_create(struct ksrtp_net *kn);
/** ksrtp_session_publish - Return: 0, -EEXIST, -ENOMEM */
int ksrtp_session_publish(struct ksrtp_session *session, u32 id);
/** ksrtp_session_destroy - with its flows and keys, published or not */
void ksrtp_session_destroy(struct ksrtp_session *session);
/** ksrtp_session_own - it belongs to the socket with that netlink port. Return: 0 or -ENOMEM */
int ksrtp_session_own(struct ksrtp_session *session, u32 owner);
/** ksrtp_session_orphan - a netlink socket closed: its sessions have no owner any more */
void ksrtp_session_orphan(struct ksrtp_net *kn, u32 owner);
/** ksrtp_session_tick - idleness and lifetimes of all sessions */
void ksrtp_session_tick(struct ksrtp_net *kn);

#endif
