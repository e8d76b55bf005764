/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attacks: what a flow refuses in such number, or of such a kind, that somebody should know. */
#ifndef KSRTP_KMOD_ATTACK_H
#define KSRTP_KMOD_ATTACK_H

#include <linux/atomic.h>

#include <ksrtp/latch.h>
#include <ksrtp/verdict.h>
#include <uapi/ksrtp.h>

struct ksrtp_flow;
struct ksrtp_packet;

enum ksrtp_attack_kind {
	KSRTP_ATTACK_TAG,	/* tags that are wrong */
	KSRTP_ATTACK_PROBE,	/* of those: numbers far from where the stream stands */
	KSRTP_ATTACK_REPLAY,	/* indices seen before, or behind the replay list */
	KSRTP_ATTACK_SOURCE,	/* sources that the flow does not accept */
	KSRTP_ATTACK_CLEAR,	/* in clear where that is not allowed */
	KSRTP_ATTACK_COUNT
};

/**
 * struct ksrtp_attack - one kind at one flow since the last tick
 * @count: packets
 * @from: the source that most of them had, if one had more than half; flow's lock
 * @votes: how many more came from there than from elsewhere, as far as the lock was free; its lock
 */
struct ksrtp_attack {
	atomic_t count;
	u32 votes;
	struct ksrtp_endpoint from;
};

/** ksrtp_attack_far - is @seq further from the stream than loss and reordering would lead? */
bool ksrtp_attack_far(u64 next, u16 seq);
/** ksrtp_attack_note - a packet is refused; from the packet path */
void ksrtp_attack_note(const struct ksrtp_packet *p, enum ksrtp_verdict verdict);
/**
 * ksrtp_attack_read - what an event is to say
 * @attack: out: all zero for an event that is about no attack
 *
 * Process context.
 */
void ksrtp_attack_read(struct ksrtp_flow *flow, enum ksrtp_event_type type,
		       struct ksrtp_attack *attack);
/** ksrtp_attack_tick - a second is over, counts no event waits for begin again; process context */
void ksrtp_attack_tick(struct ksrtp_flow *flow);

#endif
