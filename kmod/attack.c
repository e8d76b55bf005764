// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attacks. The packet path counts what it refuses, by kind, and votes for the source that most of
 * it comes from; at a threshold it raises an event, which the work sends. Nothing here grows, and
 * no decision about a packet rests on it: sources of UDP are easily forged.
 */
#include <linux/spinlock.h>
#include <linux/string.h>

#include "kmod/attack.h"
#include "kmod/event.h"
#include "kmod/flow.h"
#include "kmod/hook.h"

#define FAR	1000	/* sequence numbers; 20 seconds of speech */

/* How many within a tick are worth an event. */
static const struct {
	enum ksrtp_event_type type;
	int storm;
} kinds[KSRTP_ATTACK_COUNT] = {
	[KSRTP_ATTACK_TAG] = { KSRTP_EVENT_TAG_STORM, KSRTP_EVENT_STORM },
	[KSRTP_ATTACK_PROBE] = { KSRTP_EVENT_PROBE, KSRTP_EVENT_PROBES },
	[KSRTP_ATTACK_REPLAY] = { KSRTP_EVENT_REPLAY_STORM, KSRTP_EVENT_STORM },
	[KSRTP_ATTACK_SOURCE] = { KSRTP_EVENT_SOURCE_STORM, KSRTP_EVENT_STORM },
	[KSRTP_ATTACK_CLEAR] = { KSRTP_EVENT_DOWNGRADE, 1 },
};

bool ksrtp_attack_far(u64 next, u16 seq)
{
	u16 step = (u16)(seq - (u16)next);

	return next && step > FAR && (u16)-step > FAR;
}

/* Boyer and Moore: whoever has more than half of the votes is left over. */
static void vote(struct ksrtp_attack *a, const struct ksrtp_endpoint *from)
{
	if (!a->votes)
		a->from = *from;
	if (ksrtp_flow_same(&a->from, from))
		a->votes++;
	else
		a->votes--;
}

static void count(const struct ksrtp_packet *p, enum ksrtp_attack_kind kind)
{
	struct ksrtp_flow *flow = p->flow;
	struct ksrtp_attack *a = &flow->attack[kind];
	int n = atomic_inc_return(&a->count);

	/*
	 * A storm must not queue up for a lock that honest packets may want. Who was let in is no
	 * suspect: then it is our side that has no key.
	 */
	if (!p->counted && spin_trylock(&flow->lock)) {
		vote(a, &p->from);
		spin_unlock(&flow->lock);
	}
	if (n == kinds[kind].storm)
		ksrtp_event_raise(flow, kinds[kind].type);
}

void ksrtp_attack_note(const struct ksrtp_packet *p, enum ksrtp_verdict verdict)
{
	switch (verdict) {
	case KSRTP_VERDICT_TAG:
		count(p, KSRTP_ATTACK_TAG);
		if (!p->probe)
			break;
		count(p, KSRTP_ATTACK_PROBE);
		this_cpu_inc(p->kn->counts->probes);
		atomic64_inc(&p->flow->probes);
		break;
	case KSRTP_VERDICT_REPLAYED:
	case KSRTP_VERDICT_OLD:
		count(p, KSRTP_ATTACK_REPLAY);
		break;
	case KSRTP_VERDICT_SOURCE:
		count(p, KSRTP_ATTACK_SOURCE);
		break;
	case KSRTP_VERDICT_CLEAR:
		count(p, KSRTP_ATTACK_CLEAR);
		break;
	default:
		break;
	}
}

void ksrtp_attack_read(struct ksrtp_flow *flow, enum ksrtp_event_type type,
		       struct ksrtp_attack *attack)
{
	unsigned int i;

	memset(attack, 0, sizeof(*attack));
	spin_lock_bh(&flow->lock);
	for (i = 0; i < KSRTP_ATTACK_COUNT; i++)
		if (kinds[i].type == type)
			*attack = flow->attack[i];
	spin_unlock_bh(&flow->lock);
}

void ksrtp_attack_tick(struct ksrtp_flow *flow)
{
	unsigned int i;

	for (i = 0; i < KSRTP_ATTACK_COUNT; i++) {
		struct ksrtp_attack *a = &flow->attack[i];

		/* What waits for its second to be told is told whole. */
		if (!atomic_read(&a->count) || test_bit(kinds[i].type, &flow->pending))
			continue;
		spin_lock_bh(&flow->lock);
		atomic_set(&a->count, 0);
		a->votes = 0;
		spin_unlock_bh(&flow->lock);
	}
}
