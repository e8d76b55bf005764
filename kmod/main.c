// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module's beginning and end, and those of each network namespace.
 *
 * Teardown has two steps. pre_exit stops what can start anything new: hooks go, sessions and flows
 * go. A grace period later exit stops the work, and rcu_barrier() waits for the last callback,
 * which may still hold routes of the namespace.
 */
#include <linux/module.h>

#include "kmod/flow.h"
#include "kmod/hook.h"
#include "kmod/lane.h"
#include "kmod/netlink.h"
#include "kmod/proc.h"
#include "kmod/selftest.h"

unsigned int ksrtp_main_id __read_mostly;

static void work(struct work_struct *w)
{
	struct ksrtp_net *kn = container_of(w, struct ksrtp_net, work);
	struct llist_node *list = llist_del_all(&kn->todo);
	struct ksrtp_flow *flow, *next;

	mutex_lock(&kn->lock);
	llist_for_each_entry_safe(flow, next, list, todo) {
		ksrtp_flow_serve(flow);
		ksrtp_flow_put(flow);
	}
	mutex_unlock(&kn->lock);
}

/*
 * Hooks nobody needs are unregistered here and not by the last DEL: a busy host would do it for
 * every call.
 */
static void tick(struct work_struct *w)
{
	struct ksrtp_net *kn = container_of(to_delayed_work(w), struct ksrtp_net, tick);

	mutex_lock(&kn->lock);
	ksrtp_session_tick(kn);
	if (!kn->closing && (ksrtp_hook_trim(kn) || !xa_empty(&kn->sessions)))
		schedule_delayed_work(&kn->tick, HZ);
	mutex_unlock(&kn->lock);
}

static int __net_init net_init(struct net *net)
{
	struct ksrtp_net *kn = ksrtp_main_net(net);
	int err;

	kn->net = net;
	mutex_init(&kn->lock);
	xa_init_flags(&kn->sessions, XA_FLAGS_ALLOC1);
	xa_init_flags(&kn->flows, XA_FLAGS_ALLOC1);
	xa_init(&kn->owners);
	INIT_LIST_HEAD(&kn->lanes);
	init_llist_head(&kn->todo);
	INIT_WORK(&kn->work, work);
	INIT_DELAYED_WORK(&kn->tick, tick);
	kn->counts = alloc_percpu(struct ksrtp_stats);
	if (!kn->counts)
		return -ENOMEM;
	err = rhashtable_init(&kn->ports, &ksrtp_flow_ports);
	if (err)
		goto free_counts;
	err = ksrtp_proc_create(net);
	if (err)
		goto destroy_ports;
	return 0;

destroy_ports:
	rhashtable_destroy(&kn->ports);
free_counts:
	free_percpu(kn->counts);
	return err;
}

static void __net_exit net_pre_exit(struct net *net)
{
	struct ksrtp_net *kn = ksrtp_main_net(net);
	struct ksrtp_session *session;
	unsigned long id;

	ksrtp_lane_close_all(kn);
	mutex_lock(&kn->lock);
	kn->closing = true;
	ksrtp_hook_close(kn);
	xa_for_each(&kn->sessions, id, session)
		ksrtp_session_destroy(session);
	mutex_unlock(&kn->lock);
}

static void __net_exit net_exit_batch(struct list_head *list)
{
	struct ksrtp_net *kn;
	struct net *net;

	list_for_each_entry(net, list, exit_list) {
		kn = ksrtp_main_net(net);
		ksrtp_proc_remove(net);
		cancel_delayed_work_sync(&kn->tick);
		flush_work(&kn->work);
	}
	rcu_barrier();
	list_for_each_entry(net, list, exit_list) {
		kn = ksrtp_main_net(net);
		rhashtable_destroy(&kn->ports);
		free_percpu(kn->counts);
		xa_destroy(&kn->sessions);
		xa_destroy(&kn->flows);
		xa_destroy(&kn->owners);
		mutex_destroy(&kn->lock);
	}
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.pre_exit = net_pre_exit,
	.exit_batch = net_exit_batch,
	.id = &ksrtp_main_id,
	.size = sizeof(struct ksrtp_net),
};

static int __init main_init(void)
{
	int err;

	err = ksrtp_selftest_run();
	if (err)
		return err;
	err = ksrtp_ssrc_init();
	if (err)
		return err;
	err = ksrtp_keyring_init();
	if (err)
		goto exit_ssrc;
	err = ksrtp_flow_init();
	if (err)
		goto exit_keyring;
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto exit_flow;
	err = ksrtp_lane_init();
	if (err)
		goto unregister_net;
	err = ksrtp_netlink_init();
	if (err)
		goto exit_lane;
	return 0;

exit_lane:
	ksrtp_lane_exit();
unregister_net:
	unregister_pernet_subsys(&net_ops);
exit_flow:
	ksrtp_flow_exit();
exit_keyring:
	ksrtp_keyring_exit();
exit_ssrc:
	ksrtp_ssrc_exit();
	return err;
}

static void __exit main_exit(void)
{
	ksrtp_netlink_exit();
	ksrtp_lane_exit();
	unregister_pernet_subsys(&net_ops);
	rcu_barrier();
	ksrtp_flow_exit();
	ksrtp_keyring_exit();
	ksrtp_ssrc_exit();
}

module_init(main_init);
module_exit(main_exit);

MODULE_DESCRIPTION("SRTP in the packet path");
MODULE_LICENSE("GPL");
