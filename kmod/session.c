// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sessions: made, changed and deleted by netlink, orphaned when their socket closes, ended by the
 * tick. All under the namespace's lock, in process context.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "kmod/attack.h"
#include "kmod/event.h"
#include "kmod/flow.h"
#include "kmod/session.h"

struct ksrtp_session *ksrtp_session_create(struct ksrtp_net *kn)
{
	struct ksrtp_session *session;

	lockdep_assert_held(&kn->lock);
	if (!ksrtp_limit_take(kn, KSRTP_LIMIT_SESSIONS))
		return ERR_PTR(-ENOSPC);
	session = kzalloc(sizeof(*session), GFP_KERNEL_ACCOUNT);
	if (!session) {
		ksrtp_limit_give(kn, KSRTP_LIMIT_SESSIONS, 1);
		return ERR_PTR(-ENOMEM);
	}
	session->kn = kn;
	session->lifetime = KSRTP_SESSION_LIFETIME;
	session->born = get_jiffies_64();
	INIT_LIST_HEAD(&session->flows);
	return session;
}

int ksrtp_session_publish(struct ksrtp_session *session, u32 id)
{
	struct ksrtp_net *kn = session->kn;
	int err;

	lockdep_assert_held(&kn->lock);
	if (id)
		err = xa_insert(&kn->sessions, id, session, GFP_KERNEL_ACCOUNT);
	else
		err = xa_alloc_cyclic(&kn->sessions, &id, session, xa_limit_31b, &kn->next_session,
				      GFP_KERNEL_ACCOUNT);
	if (err < 0)
		return err == -EBUSY && id ? -EEXIST : err;
	session->id = id;
	kn->generation++;
	schedule_delayed_work(&kn->tick, HZ);
	return 0;
}

/* How many sessions a socket owns, so that the end of all the others costs no walk. */
static int count_owned(struct ksrtp_net *kn, u32 owner, int by)
{
	void *entry = xa_load(&kn->owners, owner);
	unsigned long n = (entry ? xa_to_value(entry) : 0) + (unsigned long)by;

	if (!n)
		xa_erase(&kn->owners, owner);
	else
		entry = xa_store(&kn->owners, owner, xa_mk_value(n), GFP_KERNEL_ACCOUNT);
	return n ? xa_err(entry) : 0;
}

static void disown(struct ksrtp_session *session)
{
	if (session->owner)
		count_owned(session->kn, session->owner, -1);
	session->owner = 0;
}

int ksrtp_session_own(struct ksrtp_session *session, u32 owner)
{
	int err;

	lockdep_assert_held(&session->kn->lock);
	err = count_owned(session->kn, owner, 1);
	if (err)
		return err;
	disown(session);
	session->owner = owner;
	WRITE_ONCE(session->orphan, false);
	return 0;
}

void ksrtp_session_destroy(struct ksrtp_session *session)
{
	struct ksrtp_net *kn = session->kn;
	struct ksrtp_flow *flow, *next;

	lockdep_assert_held(&kn->lock);
	list_for_each_entry_safe(flow, next, &session->flows, sibling)
		ksrtp_flow_destroy(flow);
	if (session->id) {
		xa_erase(&kn->sessions, session->id);
		kn->generation++;
	}
	disown(session);
	if (session->guard)
		module_put(THIS_MODULE);
	ksrtp_limit_give(kn, KSRTP_LIMIT_SESSIONS, 1);
	ksrtp_wipe(session->cookie, sizeof(session->cookie));
	kfree_rcu(session, rcu);
}

void ksrtp_session_orphan(struct ksrtp_net *kn, u32 owner)
{
	struct ksrtp_session *session;
	unsigned long id;

	if (!xa_load(&kn->owners, owner))
		return;
	mutex_lock(&kn->lock);
	xa_for_each(&kn->sessions, id, session) {
		if (session->owner != owner)
			continue;
		disown(session);
		if (!session->persist) {
			WRITE_ONCE(session->orphan, true);
			session->orphaned = get_jiffies_64();
		}
	}
	mutex_unlock(&kn->lock);
}

/* Seconds since any of its flows was used. */
static u32 idle_for(const struct ksrtp_session *session)
{
	unsigned long least = ULONG_MAX;
	const struct ksrtp_flow *flow;

	list_for_each_entry(flow, &session->flows, sibling) {
		unsigned long used = READ_ONCE(flow->used), now = jiffies;

		/* Another CPU may be a tick ahead. */
		least = min(least, time_after(now, used) ? now - used : 0);
	}
	return (u32)min_t(unsigned long, least / HZ, U32_MAX);
}

/*
 * Its time is over. Must-be-protected flows stay as guards without keys, which drop all they hear
 * until they are deleted; without them the port would fall open, and without the module, too. A
 * module that is going already will take them along.
 */
static void end(struct ksrtp_session *session)
{
	struct ksrtp_net *kn = session->kn;
	struct ksrtp_flow *flow, *next;

	list_for_each_entry_safe(flow, next, &session->flows, sibling) {
		if (flow->secure[0] || flow->secure[1])
			ksrtp_flow_guard(flow);
		else
			ksrtp_flow_destroy(flow);
	}
	if (list_empty(&session->flows))
		ksrtp_session_destroy(session);
	else if (try_module_get(THIS_MODULE))
		WRITE_ONCE(session->guard, true);
	kn->generation++;
}

static void end_if_due(struct ksrtp_session *session)
{
	bool idle = session->idle && session->n_flows && idle_for(session) >= session->idle;

	if (session->guard)
		return;
	if (idle)
		ksrtp_event_idle(session);
	if (idle || (session->orphan && get_jiffies_64() - session->orphaned >=
					(u64)session->lifetime * HZ))
		end(session);
}

void ksrtp_session_tick(struct ksrtp_net *kn)
{
	struct ksrtp_session *session;
	struct ksrtp_flow *flow;
	unsigned long id;

	lockdep_assert_held(&kn->lock);
	xa_for_each(&kn->sessions, id, session)
		end_if_due(session);
	xa_for_each(&kn->flows, id, flow) {
		ksrtp_hold_expire(flow);
		if (READ_ONCE(flow->pending))
			ksrtp_event_send(flow);
		ksrtp_attack_tick(flow);
	}
}
