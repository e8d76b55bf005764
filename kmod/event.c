// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Events. The packet path only sets a bit in the flow; the work and the tick, in process context
 * under the namespace's lock, turn bits into messages, so that no stranger can make more than a few
 * a second and no packet allocates.
 */
#include <linux/jiffies.h>
#include <net/genetlink.h>

#include "kmod/attack.h"
#include "kmod/event.h"
#include "kmod/flow.h"
#include "kmod/netlink.h"
#include "kmod/reply.h"

void ksrtp_event_raise(struct ksrtp_flow *flow, enum ksrtp_event_type type)
{
	if (!test_and_set_bit(type, &flow->pending))
		ksrtp_flow_wake(flow);
}

static void send(const struct ksrtp_session *session, struct ksrtp_flow *flow,
		 enum ksrtp_event_type type)
{
	struct net *net = session->kn->net;
	struct ksrtp_reply_event event = { .type = type, .session = session->id };
	struct ksrtp_attack attack;
	struct sk_buff *msg;

	if (!genl_has_listeners(&ksrtp_netlink_family, net, 0))
		return;
	if (flow) {
		event.flow = flow->id;
		spin_lock_bh(&flow->lock);
		event.ssrc = flow->event_ssrc;
		event.remote = flow->latch[0].present;
		spin_unlock_bh(&flow->lock);
		event.family = flow->family;
		ksrtp_attack_read(flow, type, &attack);
		event.count = (u32)atomic_read(&attack.count);
		event.share = attack.votes;
		event.source = attack.from;
	}
	msg = ksrtp_reply_event(&event);
	if (msg)
		genlmsg_multicast_netns(&ksrtp_netlink_family, net, msg, 0, 0, GFP_KERNEL);
}

void ksrtp_event_send(struct ksrtp_flow *flow)
{
	unsigned int type;

	lockdep_assert_held(&flow->kn->lock);
	for (type = KSRTP_EVENT_FIRST_PACKET; type <= KSRTP_EVENT_MAX; type++) {
		if (!test_bit(type, &flow->pending))
			continue;
		/* What was sent at an even jiffy is noted one later. */
		if (flow->event_sent[type] && (u32)jiffies + 1 - flow->event_sent[type] <= HZ)
			continue;
		clear_bit(type, &flow->pending);
		flow->event_sent[type] = (u32)jiffies | 1; /* never 0, which means: not yet */
		send(flow->session, flow, type);
	}
}

void ksrtp_event_idle(const struct ksrtp_session *session)
{
	send(session, NULL, KSRTP_EVENT_IDLE);
}
