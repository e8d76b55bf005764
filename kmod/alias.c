// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A source that begins its sequence anew is sent on under a fresh SSRC, for no index is ever used
 * twice (RFC 3711 section 9.1); its RTCP follows, and what the far side reports is turned back.
 * Called by crypt.c in the packet path, under RCU.
 */
#include <linux/jiffies.h>
#include <linux/random.h>

#include "kmod/alias.h"
#include "kmod/event.h"
#include "kmod/flow.h"

/* A source is to be heard again within a second. */
#define QUIET	(HZ / 2)

static void rewrite(struct ksrtp_packet *p, u32 from, u32 to)
{
	u8 *data = ksrtp_hook_payload(p);
	__be32 name = cpu_to_be32(to);

	if (p->rtcp) {
		ksrtp_rtcp_rename(data, p->len, from, to);
		data += 4;
	} else {
		data += 8;
	}
	memcpy(data, &name, sizeof(name));
	p->head.ssrc = to;
}

struct ksrtp_ssrc *ksrtp_alias_follow(struct ksrtp_packet *p, struct ksrtp_ssrc *source)
{
	struct ksrtp_ssrc *s;
	u32 alias;

	/* After @aliased what it is about. */
	if (likely(!smp_load_acquire(&source->aliased) || source->origin))
		return source;
	alias = READ_ONCE(source->alias);
	s = ksrtp_ssrc_find(&p->peer->tx, alias);
	rewrite(p, p->head.ssrc, alias);
	return s;
}

/* In unsigned numbers, so that it ends after no number of days; another CPU may be a tick ahead. */
static bool quiet_since(u32 last)
{
	u32 silent = (u32)jiffies - last;

	return silent > QUIET && silent < (u32)-HZ;
}

/* Known to nobody in this session. */
static bool unknown(const struct ksrtp_packet *p, u32 ssrc)
{
	return !ksrtp_ssrc_find(&p->peer->tx, ssrc) && !ksrtp_ssrc_find(&p->peer->rx, ssrc) &&
	       !ksrtp_ssrc_find(&p->flow->tx, ssrc) && !ksrtp_ssrc_find(&p->flow->rx, ssrc);
}

static bool began_anew(struct ksrtp_packet *p, struct ksrtp_ssrc *source,
		       const struct ksrtp_ssrc *sent, enum ksrtp_verdict verdict)
{
	bool quiet = quiet_since(READ_ONCE(sent->last)), due = false;

	spin_lock(&source->lock);
	if (verdict == KSRTP_VERDICT_REUSE)
		due = ksrtp_restart_refused(&source->restart, p->head.seq, quiet);
	else
		source->restart.run = 0;
	spin_unlock(&source->lock);
	return due;
}

struct ksrtp_ssrc *ksrtp_alias_renew(struct ksrtp_packet *p, struct ksrtp_ssrc *source,
				     const struct ksrtp_ssrc *sent, enum ksrtp_verdict *verdict)
{
	u32 origin = source->stream.ssrc, fresh;
	struct ksrtp_ssrc *s;

	if (p->rtcp || READ_ONCE(source->origin) || !began_anew(p, source, sent, *verdict))
		return NULL;
	do {
		fresh = get_random_u32();
	} while (!unknown(p, fresh));
	s = ksrtp_ssrc_add(p->peer, &p->peer->tx, fresh, verdict);
	if (!s)
		return NULL;
	WRITE_ONCE(s->alias, origin);
	WRITE_ONCE(s->origin, true);
	WRITE_ONCE(source->alias, fresh);
	/* First the stream and both names, then that they count. */
	smp_store_release(&s->aliased, true);
	/* The same. */
	smp_store_release(&source->aliased, true);
	WRITE_ONCE(p->peer->aliases, true);
	rewrite(p, p->head.ssrc, fresh);
	ksrtp_event_raise(p->peer, KSRTP_EVENT_NEW_SSRC);
	return s;
}

void ksrtp_alias_undo(struct ksrtp_packet *p)
{
	struct ksrtp_ssrc *s;
	unsigned int i;

	for (i = 0; i < KSRTP_SSRC_BUCKETS; i++)
		hlist_for_each_entry_rcu(s, &p->flow->tx.bucket[i], node) {
			/* After @aliased what it is about. */
			if (smp_load_acquire(&s->aliased) && s->origin)
				ksrtp_rtcp_rename(ksrtp_hook_payload(p), p->len, s->stream.ssrc,
						  READ_ONCE(s->alias));
		}
}
