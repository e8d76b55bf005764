// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/net/ksrtp_stat: a name and a value a line. /proc/net/ksrtp_flows: one line a flow, for root
 * only, without keys. Both of the reader's network namespace, in process context.
 */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>

#include "kmod/flow.h"
#include "kmod/proc.h"

static int stat_show(struct seq_file *m, void *v)
{
	struct ksrtp_net *kn = ksrtp_main_net(seq_file_single_net(m));
	struct ksrtp_stats sum;
	unsigned int i;

	ksrtp_stats_net(kn, &sum);
	seq_printf(m, "%-24s%llu\n", "rx-packets", sum.rx_packets);
	seq_printf(m, "%-24s%llu\n", "rx-bytes", sum.rx_bytes);
	seq_printf(m, "%-24s%llu\n", "rx-secure", sum.rx_secure);
	seq_printf(m, "%-24s%llu\n", "tx-packets", sum.tx_packets);
	seq_printf(m, "%-24s%llu\n", "tx-bytes", sum.tx_bytes);
	seq_printf(m, "%-24s%llu\n", "tx-secure", sum.tx_secure);
	seq_printf(m, "%-24s%llu\n", "tx-fragmented", sum.tx_fragmented);
	for (i = 0; i < KSRTP_VERDICT_COUNT; i++)
		seq_printf(m, "%-24s%llu\n", ksrtp_verdict_word(i), sum.verdict[i]);
	return 0;
}

static void *flows_start(struct seq_file *m, loff_t *pos)
{
	struct ksrtp_net *kn = ksrtp_main_net(seq_file_net(m));
	unsigned long id = (unsigned long)*pos;

	mutex_lock(&kn->lock);
	if (!id)
		return SEQ_START_TOKEN;
	return xa_find(&kn->flows, &id, ULONG_MAX, XA_PRESENT);
}

/* The position is the id to look at next. */
static void *flows_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct ksrtp_net *kn = ksrtp_main_net(seq_file_net(m));
	unsigned long id = v == SEQ_START_TOKEN ? 0 : ((struct ksrtp_flow *)v)->id;
	struct ksrtp_flow *flow = xa_find_after(&kn->flows, &id, ULONG_MAX, XA_PRESENT);

	*pos = flow ? (loff_t)flow->id : (loff_t)U32_MAX + 1;
	return flow;
}

static void flows_stop(struct seq_file *m, void *v)
{
	mutex_unlock(&ksrtp_main_net(seq_file_net(m))->lock);
}

static void show_address(struct seq_file *m, const struct ksrtp_flow *flow, const void *addr,
			 u16 port)
{
	if (!port)
		seq_puts(m, " -");
	else if (flow->family == AF_INET)
		seq_printf(m, " %pI4:%u", addr + 12, port);
	else
		seq_printf(m, " [%pI6c]:%u", addr, port);
}

static void show_suite(struct seq_file *m, const struct ksrtp_flow *flow, bool tx)
{
	const struct ksrtp_keyring *ring;

	ring = rcu_dereference_protected(flow->ring[tx], lockdep_is_held(&flow->kn->lock));
	seq_printf(m, " %s", ring ? ring->key[0]->keys.suite->name :
			     flow->secure[tx] ? "none-yet" : "clear");
}

static int flows_show(struct seq_file *m, void *v)
{
	const struct ksrtp_flow *peer;
	struct ksrtp_flow *flow = v;
	struct ksrtp_endpoint remote;
	struct ksrtp_stats sum;

	if (v == SEQ_START_TOKEN) {
		seq_puts(m,
			 "flow session peer listen remote rx tx rx-packets tx-packets dropped\n");
		return 0;
	}
	peer = rcu_dereference_protected(flow->peer, lockdep_is_held(&flow->kn->lock));
	spin_lock_bh(&flow->lock);
	remote = flow->latch[0].present;
	spin_unlock_bh(&flow->lock);
	ksrtp_stats_flow(flow, &sum);
	seq_printf(m, "%u %u %u", flow->id, flow->session->id, peer ? peer->id : 0);
	show_address(m, flow, flow->port[0].key.addr, (u16)flow->port[0].key.port);
	show_address(m, flow, remote.addr, remote.port);
	show_suite(m, flow, false);
	show_suite(m, flow, true);
	seq_printf(m, " %llu %llu %llu\n", sum.rx_packets, sum.tx_packets,
		   sum.rx_packets - sum.verdict[KSRTP_VERDICT_OK]);
	return 0;
}

static const struct seq_operations flows_ops = {
	.start = flows_start,
	.next = flows_next,
	.stop = flows_stop,
	.show = flows_show,
};

int ksrtp_proc_create(struct net *net)
{
	if (!proc_create_net_single("ksrtp_stat", 0444, net->proc_net, stat_show, NULL))
		return -ENOMEM;
	if (!proc_create_net("ksrtp_flows", 0400, net->proc_net, &flows_ops,
			     sizeof(struct seq_net_private))) {
		remove_proc_entry("ksrtp_stat", net->proc_net);
		return -ENOMEM;
	}
	return 0;
}

void ksrtp_proc_remove(struct net *net)
{
	remove_proc_entry("ksrtp_flows", net->proc_net);
	remove_proc_entry("ksrtp_stat", net->proc_net);
}
