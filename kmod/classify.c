// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a UDP packet at one of our ports is: one whole datagram (RFC 768), ours or the socket's
 * (RFC 7983), RTP or RTCP (RFC 5761). Called by the packet paths with bottom halves off, under RCU;
 * looks at bytes from strangers and remembers nothing.
 */
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>

#include "kmod/classify.h"

bool ksrtp_classify_sum(const struct ksrtp_packet *p)
{
	const struct udphdr *uh = (const struct udphdr *)(p->skb->data + p->udp);

	if (p->family == AF_INET)
		return uh->check &&
		       nf_ip_checksum(p->skb, NF_INET_PRE_ROUTING, p->udp, IPPROTO_UDP);
	/* RFC 8200 section 8.1: no IPv6 without a checksum. */
	return !uh->check || nf_ip6_checksum(p->skb, NF_INET_PRE_ROUTING, p->udp, IPPROTO_UDP);
}

/*
 * STUN, DTLS and whatever else shares the port are the daemon's, unless none is there, or the media
 * server's; what has no name at all does not pass a flow that must be protected, nor do TURN's
 * channels to a media server, which carry media.
 */
enum ksrtp_verdict ksrtp_classify_theirs(const struct ksrtp_packet *p, enum ksrtp_kind kind)
{
	bool secure = READ_ONCE(p->flow->secure[p->way == KSRTP_WAY_OUT]);
	bool in_place = p->way != KSRTP_WAY_RELAY;

	if (READ_ONCE(p->flow->session->guard))
		return KSRTP_VERDICT_CLEAR;
	if (secure && (kind == KSRTP_KIND_UNKNOWN || (in_place && kind == KSRTP_KIND_TURN)))
		return KSRTP_VERDICT_NOT_RTP;
	if (!in_place && READ_ONCE(p->flow->session->orphan))
		return KSRTP_VERDICT_ORPHAN;
	return KSRTP_VERDICT_OK;
}
