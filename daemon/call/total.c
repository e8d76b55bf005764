// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the counters and the signalling say of the parties of a call. Called by call.c, report.c and
 * coverage.c on the loop's thread. The numbers of media that ended before the call did are kept: a
 * call is as good as its worst moment.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/call/call.h"
#include "tools/lib/mos.h"

#define QUALITY_TEXT 128

static void add_stats(struct ksrtp_call_total *total, const struct ksrtp_media_stats *stats)
{
	unsigned int v;

	total->rx_packets += stats->rx_packets;
	total->rx_secure += stats->rx_secure;
	total->tx_packets += stats->tx_packets;
	total->tx_secure += stats->tx_secure;
	for (v = 0; v < KSRTP_VERDICT_COUNT; v++)
		total->verdict[v] += stats->verdict[v];
}

/*
 * Media that is no more: what was promised for it is forgotten, and its silence proves nothing. Its
 * keys were those of SDES at least.
 */
static void add_gone(struct ksrtp_call_total *total, const struct ksrtp_media_stats *stats)
{
	enum ksrtp_grade_media proved = ksrtp_grade_prove(KSRTP_GRADE_SDES, stats);

	add_stats(total, stats);
	if (proved < total->grade.proved && proved != KSRTP_GRADE_NONE)
		total->grade.proved = proved;
}

void ksrtp_call_total(const struct ksrtp_call *call, unsigned int end,
		      struct ksrtp_call_total *total)
{
	unsigned int i, n = call->offer ? ksrtp_offer_lines(call->offer) : 0;
	struct ksrtp_media_stats stats;
	struct ksrtp_offer_line line;
	struct ksrtp_grade grade;
	bool any = false;

	memset(total, 0, sizeof(*total));
	total->grade = ksrtp_grade_best();
	for (i = 0; i < n; i++) {
		ksrtp_offer_line(call->offer, i, &line);
		if (!line.active)
			continue;
		ksrtp_offer_stats(call->offer, i, end, &stats);
		grade.promised = line.side[end].promised;
		grade.proved = ksrtp_grade_prove(grade.promised, &stats);
		grade.path = call->end[end].path;
		total->grade = ksrtp_grade_min(total->grade, grade);
		if (!total->suite)
			total->suite = line.side[end].suite;
		add_stats(total, &stats);
		any = true;
	}
	if (call->offer)
		add_gone(total, ksrtp_offer_gone(call->offer, end));
	add_gone(total, &call->end[end].gone);
	if (!any) {
		total->grade.promised = KSRTP_GRADE_NONE;
		total->grade.path = call->end[end].path;
		if (!total->rx_packets && !total->tx_packets)
			total->grade.proved = KSRTP_GRADE_NONE;
	}
	if (call->sealed)
		total->grade.promised = total->grade.proved = KSRTP_GRADE_OPAQUE;
}

void ksrtp_call_forget_media(struct ksrtp_call *call)
{
	struct ksrtp_call_total total;
	unsigned int i, v;

	for (i = 0; call->offer && i < 2; i++) {
		struct ksrtp_media_stats *gone = &call->end[i].gone;

		ksrtp_call_total(call, i, &total);
		gone->rx_packets = total.rx_packets;
		gone->rx_secure = total.rx_secure;
		gone->tx_packets = total.tx_packets;
		gone->tx_secure = total.tx_secure;
		for (v = 0; v < KSRTP_VERDICT_COUNT; v++)
			gone->verdict[v] = total.verdict[v];
	}
	ksrtp_offer_destroy(call->offer);
	call->offer = NULL;
}

const char *ksrtp_call_peer(const struct ksrtp_call *call, unsigned int end, char *text, size_t n)
{
	const struct ksrtp_call_end *e = &call->end[end];
	char ip[KSRTP_ADDR_TEXT];

	if (e->name)
		return e->name;
	snprintf(text, n, "%s", ksrtp_addr_ip(&e->hop.remote, ip, sizeof(ip)));
	return text;
}

/* How the media that came from a party fared: of its first m-line that was heard. */
static bool heard(const struct ksrtp_call *call, unsigned int end,
		  struct ksrtp_media_quality *quality)
{
	unsigned int i, n = call->offer ? ksrtp_offer_lines(call->offer) : 0;
	struct ksrtp_offer_line line;

	for (i = 0; i < n; i++) {
		ksrtp_offer_line(call->offer, i, &line);
		if (line.active && line.side[end].flow &&
		    !ksrtp_media_flow_quality(line.side[end].flow, quality) && quality->heard)
			return true;
	}
	return false;
}

/* from_loss=0.10% from_jitter_ms=2.1 from_rtt_ms=15.0 from_mos=4.3: what is known of it */
static void say_quality(const struct ksrtp_call *call, unsigned int end, const char *word,
			char text[QUALITY_TEXT])
{
	struct ksrtp_media_quality q = { 0 };
	struct ksrtp_mos mos = { 0 };
	int n;

	*text = 0;
	if (!heard(call, end, &q) || !q.expected)
		return;
	mos.loss = q.lost > 0 ? (double)q.lost / q.expected : 0;
	mos.jitter_ms = q.clock ? q.jitter_us / 1000.0 : 0;
	mos.delay_ms = q.measured ? q.rtt_us / 2000.0 : 0;
	mos.type = q.type;
	n = snprintf(text, QUALITY_TEXT, " %s_loss=%.2f%%", word, 100 * mos.loss);
	if (q.clock)
		n += snprintf(text + n, QUALITY_TEXT - (size_t)n, " %s_jitter_ms=%.1f", word,
			      mos.jitter_ms);
	if (q.measured)
		n += snprintf(text + n, QUALITY_TEXT - (size_t)n, " %s_rtt_ms=%.1f", word,
			      q.rtt_us / 1000.0);
	snprintf(text + n, QUALITY_TEXT - (size_t)n, " %s_mos=%.1f", word,
		 ksrtp_mos_score(ksrtp_mos_rating(&mos)));
}

/* from="phone 192.0.2.7 TLS" from_grade="..." from_suite=... from_in=600 from_in_secure=600 ... */
static int say_party(const struct ksrtp_call *call, unsigned int i,
		     const struct ksrtp_call_total *total, char *text, size_t n)
{
	static const char *const word[] = { "from", "to" };
	const struct ksrtp_call_end *end = &call->end[i];
	char peer[KSRTP_NAME_MAX], grade[KSRTP_GRADE_TEXT], quality[QUALITY_TEXT];

	say_quality(call, i, word[i], quality);
	return snprintf(text, n, "%s=\"%s %.64s %s\" %s_grade=\"%s\" %s_suite=%s %s_in=%" PRIu64
			" %s_in_secure=%" PRIu64 " %s_out=%" PRIu64 " %s_out_secure=%" PRIu64 "%s",
			word[i], end->side->name,
			ksrtp_call_peer(call, i, peer, sizeof(peer)),
			ksrtp_transport_name(end->hop.transport), word[i],
			ksrtp_grade_text(&total->grade, grade, sizeof(grade)), word[i],
			total->suite ? total->suite->name : "none", word[i], total->rx_packets,
			word[i], total->rx_secure, word[i], total->tx_packets, word[i],
			total->tx_secure, quality);
}

void ksrtp_call_log(struct ksrtp_edge *edge, const struct ksrtp_call *call,
		    const struct ksrtp_call_total total[2], const char *why)
{
	char party[2][480];
	unsigned int i;

	for (i = 0; i < 2; i++)
		say_party(call, i, &total[i], party[i], sizeof(party[i]));
	ksrtp_log_write(edge->loop->log, KSRTP_LOG_INFO,
			"call %" PRIu64 " ended: why=\"%s\" seconds=%" PRIu64
			" %s %s beyond=unknown", call->number, why,
			(ksrtp_edge_now(edge) - call->since) / 1000, party[0], party[1]);
}
