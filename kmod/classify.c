// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a UDP packet at one of our ports is: one whole datagram (RFC 768), ours or the socket's
 * (RFC 7983), RTP or RTCP (RFC 5761). Called by the packet paths with bottom halves off, under RCU;
 * looks at bytes from strangers and remembers nothing.
 */
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/udp.h>

#include "kmod/classify.h"
#include "kmod/flow.h"

static bool checksum_bad(const struct ksrtp_packet *p)
{
	const struct udphdr *uh = (const struct udphdr *)(p->skb->data + p->udp);
	u8 summed = p->skb->ip_summed;

	/* The device looked, or it comes from a socket on this host. */
	if (likely(uh->check && (summed == CHECKSUM_UNNECESSARY || summed == CHECKSUM_PARTIAL)))
		return false;
	if (p->family == AF_INET)
		return uh->check &&
		       nf_ip_checksum(p->skb, NF_INET_PRE_ROUTING, p->udp, IPPROTO_UDP);
	/* RFC 8200 section 8.1: no IPv6 without a checksum. */
	return !uh->check || nf_ip6_checksum(p->skb, NF_INET_PRE_ROUTING, p->udp, IPPROTO_UDP);
}

/* The whole datagram lies in one piece, and nothing behind it. */
enum ksrtp_verdict ksrtp_classify_whole(struct ksrtp_packet *p)
{
	const struct udphdr *uh = (const struct udphdr *)(p->skb->data + p->udp);
	u32 len = ntohs(uh->len);

	if (len < sizeof(*uh) || len > p->skb->len - p->udp)
		return KSRTP_VERDICT_SHORT;
	p->len = len - sizeof(*uh);
	p->arrived = p->len;
	if (pskb_trim_rcsum(p->skb, p->udp + len))
		return KSRTP_VERDICT_ROOM;
	if (p->way != KSRTP_WAY_OUT && checksum_bad(p))
		return KSRTP_VERDICT_CHECKSUM;
	return skb_linearize(p->skb) ? KSRTP_VERDICT_ROOM : KSRTP_VERDICT_OK;
}

/*
 * All that comes to a raw flow is ours, whatever its bytes look like. Else RTP and RTCP are; STUN,
 * DTLS and whatever else shares the port are the daemon's, unless none is there, or the media
 * server's; what has no name at all does not pass a flow that must be protected, nor do TURN's
 * channels to a media server, which carry media.
 */
bool ksrtp_classify_ours(struct ksrtp_packet *p, enum ksrtp_verdict *verdict)
{
	enum ksrtp_kind kind = ksrtp_kind_of(ksrtp_hook_payload(p), p->len);
	bool secure = READ_ONCE(p->flow->secure[p->way == KSRTP_WAY_OUT]);
	bool in_place = p->way != KSRTP_WAY_RELAY;

	*verdict = KSRTP_VERDICT_OK;
	if (unlikely(p->flow->raw))
		return true;
	if (kind == KSRTP_KIND_RTP || kind == KSRTP_KIND_RTCP) {
		p->rtcp = kind == KSRTP_KIND_RTCP;
		if (p->rtcp != p->part && !(p->rtcp && READ_ONCE(p->flow->muxed)))
			*verdict = KSRTP_VERDICT_NOT_RTP;
		return true;
	}
	if (READ_ONCE(p->flow->session->guard))
		*verdict = KSRTP_VERDICT_CLEAR;
	else if (secure && (kind == KSRTP_KIND_UNKNOWN || (in_place && kind == KSRTP_KIND_TURN)))
		*verdict = KSRTP_VERDICT_NOT_RTP;
	else if (!in_place && READ_ONCE(p->flow->session->orphan))
		*verdict = KSRTP_VERDICT_ORPHAN;
	return false;
}

void ksrtp_classify_arrive(struct ksrtp_packet *p)
{
	p->summed = true;
	this_cpu_inc(p->kn->counts->rx_packets);
	this_cpu_add(p->kn->counts->rx_bytes, p->arrived);
}

enum ksrtp_verdict ksrtp_classify_parse(struct ksrtp_packet *p)
{
	const u8 *data = ksrtp_hook_payload(p);

	if (unlikely(p->flow->raw))
		return KSRTP_VERDICT_OK;
	return p->rtcp ? ksrtp_rtcp_parse(data, p->len, &p->head) :
			 ksrtp_rtp_parse(data, p->len, &p->head);
}
