// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The one place where packets are refused: each by a verdict that is counted, and by no line in a
 * log. Called by the packet paths with bottom halves off, under RCU.
 */
#include <linux/netfilter.h>

#include "kmod/attack.h"
#include "kmod/classify.h"
#include "kmod/drop.h"
#include "kmod/flow.h"

void ksrtp_drop_held(struct ksrtp_flow *flow, enum ksrtp_verdict verdict, u32 bytes)
{
	this_cpu_inc(flow->kn->counts->verdict[verdict]);
	atomic64_inc(&flow->verdict[verdict]);
	atomic64_inc(&flow->refused[0]);
	atomic64_add(bytes, &flow->refused[1]);
}

unsigned int ksrtp_drop_packet(struct ksrtp_packet *p, enum ksrtp_verdict verdict)
{
	struct ksrtp_flow *flow = p->flow;

	if (!p->summed)
		ksrtp_classify_arrive(p);
	this_cpu_inc(p->kn->counts->verdict[verdict]);
	atomic64_inc(&flow->verdict[verdict]);
	if (!p->counted) {
		atomic64_inc(&flow->refused[0]);
		atomic64_add(p->arrived, &flow->refused[1]);
	}
	ksrtp_attack_note(p, verdict);
	dst_release(p->spare.dst);
	return NF_DROP;
}
