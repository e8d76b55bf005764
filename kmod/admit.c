// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source addresses. Called by relay.c in softirq under RCU. A packet taken at PRE_ROUTING never
 * meets the host's own checks for martians and reverse paths, so what no honest sender has for a
 * source is refused here; the rest is the business of <ksrtp/latch.h>.
 */
#include <linux/inetdevice.h>
#include <linux/timekeeping.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "kmod/admit.h"
#include "kmod/event.h"
#include "kmod/flow.h"

static bool bogus4(const struct ksrtp_packet *p, bool here)
{
	__be32 addr = ksrtp_flow_addr4(p->from.addr);
	unsigned int type;

	if (ipv4_is_zeronet(addr) || ipv4_is_multicast(addr) || ipv4_is_lbcast(addr))
		return true;
	if (ipv4_is_loopback(addr))
		return !here;
	type = inet_addr_type_dev_table(p->kn->net, p->skb->dev, addr);
	return type == RTN_BROADCAST || (type == RTN_LOCAL && !here);
}

static bool bogus6(const struct ksrtp_packet *p, bool here)
{
	struct in6_addr addr;

	memcpy(&addr, p->from.addr, sizeof(addr));
	if (ipv6_addr_any(&addr) || ipv6_addr_is_multicast(&addr) || ipv6_addr_v4mapped(&addr))
		return true;
	if (ipv6_addr_loopback(&addr))
		return !here;
	return !here && ipv6_chk_addr_and_flags(p->kn->net, &addr, p->skb->dev, true, 0,
						IFA_F_TENTATIVE);
}

/*
 * An address of ours from outside is forged. A port that we listen at is a fine source for a call
 * that passes this host twice, but a session that hears itself would go round until hops run out.
 */
static bool bogus(const struct ksrtp_packet *p)
{
	bool here = ksrtp_admit_from_here(p->skb);
	const struct ksrtp_port *own;
	struct ksrtp_listen from;

	if (!p->from.port || !ksrtp_admit_to_us(p->skb))
		return true;
	if (p->family == AF_INET ? bogus4(p, here) : bogus6(p, here))
		return true;
	memcpy(from.addr, p->from.addr, sizeof(from.addr));
	from.port = p->from.port;
	own = ksrtp_flow_find(p->kn, &from);
	return own && (!here || own->flow->session == p->flow->session);
}

/* The flow's lock is held, its latch says where packets come from now. */
static void settle(struct ksrtp_packet *p, bool moved)
{
	struct ksrtp_flow *flow = p->flow;

	if (moved)
		clear_bit(KSRTP_FLOW_SETTLED + p->part, &flow->flags);
	else if (ksrtp_flow_same(&flow->latch[p->part].present, &p->from))
		set_bit(KSRTP_FLOW_SETTLED + p->part, &flow->flags);
}

static void follow(struct ksrtp_packet *p)
{
	set_bit(KSRTP_FLOW_STALE, &p->flow->flags);
	set_bit(KSRTP_FLOW_POINTED, &p->flow->flags);
	ksrtp_event_raise(p->flow, KSRTP_EVENT_LATCHED);
	ksrtp_flow_wake(p->flow);
}

enum ksrtp_verdict ksrtp_admit_consider(struct ksrtp_packet *p, bool secure)
{
	struct ksrtp_flow *flow = p->flow;
	enum ksrtp_verdict verdict;
	bool moved = false;

	if (bogus(p))
		return KSRTP_VERDICT_SOURCE;
	spin_lock(&flow->lock);
	if (secure) {
		verdict = ksrtp_latch_admit(&flow->latch[p->part], &p->from);
	} else {
		verdict = ksrtp_latch_clear(&flow->latch[p->part], &p->from, p->head.ssrc,
					    (u64)ktime_to_ms(ktime_get_coarse()), &moved);
		if (verdict == KSRTP_VERDICT_OK)
			settle(p, moved);
	}
	spin_unlock(&flow->lock);
	if (moved)
		follow(p);
	return verdict;
}

void ksrtp_admit_authentic(struct ksrtp_packet *p, bool newest)
{
	struct ksrtp_flow *flow = p->flow;
	bool moved;

	if (likely(p->settled))
		return;
	spin_lock(&flow->lock);
	moved = ksrtp_latch_authentic(&flow->latch[p->part], &p->from, newest);
	settle(p, moved);
	spin_unlock(&flow->lock);
	if (moved)
		follow(p);
}
