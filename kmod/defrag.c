// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stack puts IPv6 fragments together behind LOCAL_IN, where no hook sees the whole any more:
 * unlike IPv4's (RFC 8200 section 4.5). The kernel's module nf_defrag_ipv6 does so at PRE_ROUTING;
 * conntrack uses it, and flows in place too where it can be had. We do not depend on it: without
 * it a first fragment for a flow is dropped, and the rest never becomes a packet. Called by
 * hook.c, in process context.
 */
#include <linux/kmod.h>
#include <linux/module.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>

#include "kmod/defrag.h"
#include "kmod/main.h"

void ksrtp_defrag_get(struct ksrtp_net *kn)
{
	int (*enable)(struct net *net);

	lockdep_assert_held(&kn->lock);
	if (kn->defrag)
		return;
	enable = symbol_get(nf_defrag_ipv6_enable);
	if (!enable && !request_module("nf_defrag_ipv6"))
		enable = symbol_get(nf_defrag_ipv6_enable);
	if (!enable)
		return;
	kn->defrag = !enable(kn->net);
	if (!kn->defrag)
		symbol_put(nf_defrag_ipv6_enable);
}

void ksrtp_defrag_put(struct ksrtp_net *kn)
{
	void (*disable)(struct net *net);

	lockdep_assert_held(&kn->lock);
	if (!kn->defrag)
		return;
	kn->defrag = false;
	disable = symbol_get(nf_defrag_ipv6_disable);
	if (disable) {
		disable(kn->net);
		symbol_put(nf_defrag_ipv6_disable);
	}
	symbol_put(nf_defrag_ipv6_enable);
}
