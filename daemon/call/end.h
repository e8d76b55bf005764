/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One end of an m-line: a flow of the media back end, and the keys and the remote that were put
 * there last. Several states of a dialog (the stable one, a pending one) share an end.
 */
#ifndef KSRTP_CALL_END_H
#define KSRTP_CALL_END_H

#include "daemon/media/media.h"

#define KSRTP_END_GIVEN_UP 1024 /* sending keys that one end may have in its life */
#define KSRTP_END_RX	4	/* receiving keys at a time, those of before a re-key included */

struct ksrtp_end;

/**
 * struct ksrtp_end_want - what an end shall do
 * @remote: where the other party is, and what is secure
 * @rx: keys to receive with
 * @n_rx: how many, at most KSRTP_END_RX; 0: none
 * @tx: key to send with; NULL: none
 * @other_dialog: the end was another dialog's: no key to receive with stays but @rx
 */
struct ksrtp_end_want {
	struct ksrtp_media_remote remote;
	const struct ksrtp_master *rx;
	unsigned int n_rx;
	const struct ksrtp_master *tx;
	bool other_dialog;
};

/** ksrtp_end_create - with a listening port of its own and one reference. Return: as
 * ksrtp_media_flow_create(), or -ENOMEM
 */
int ksrtp_end_create(struct ksrtp_end **end, struct ksrtp_media_session *session,
		     const struct ksrtp_addr *local, enum ksrtp_media_kind kind);
/**
 * ksrtp_end_adopt - the end of an earlier process, as its flow stands; its keys can go, not return
 * @remote: what it was told last
 *
 * Return: as ksrtp_media_flow_adopt(), -ENOSPC for more keys than an end has.
 */
int ksrtp_end_adopt(struct ksrtp_end **end, struct ksrtp_media_session *session,
		    const struct ksrtp_media_name *name, const struct ksrtp_media_remote *remote);
/** ksrtp_end_get - one more reference. Return: @end */
struct ksrtp_end *ksrtp_end_get(struct ksrtp_end *end);
/** ksrtp_end_share - the same, for another dialog. Return: @end */
struct ksrtp_end *ksrtp_end_share(struct ksrtp_end *end);
/** ksrtp_end_put - one less; the last one destroys flow and keys. NULL is fine */
void ksrtp_end_put(struct ksrtp_end *end);

/** ksrtp_end_port - the RTP port; RTCP is the next */
u16 ksrtp_end_port(const struct ksrtp_end *end);
/** ksrtp_end_flow - where it listens, and how its streams fare */
struct ksrtp_media_flow *ksrtp_end_flow(const struct ksrtp_end *end);

/**
 * ksrtp_end_count - add its counters, for one dialog
 * @other: the end across, of that dialog; NULL: none
 *
 * Those of a shared end are what it counted while it and @other were a pair. Where the back end
 * does not tell, nothing is added.
 */
void ksrtp_end_count(const struct ksrtp_end *end, const struct ksrtp_end *other,
		     struct ksrtp_media_stats *sum);

/** ksrtp_end_remote - what it was told last; NULL for nothing yet */
const struct ksrtp_media_remote *ksrtp_end_remote(const struct ksrtp_end *end);

/**
 * ksrtp_end_pair - the two forward to each other
 *
 * Return: 0 or the back end's error: then neither has a peer.
 */
int ksrtp_end_pair(struct ksrtp_end *a, struct ksrtp_end *b);

/** ksrtp_end_are_pair - do the two forward to each other? */
bool ksrtp_end_are_pair(const struct ksrtp_end *a, const struct ksrtp_end *b);

/** ksrtp_end_keeps - can it be made to send with @tx (NULL: in clear) without giving a key up? */
bool ksrtp_end_keeps(const struct ksrtp_end *end, const struct ksrtp_master *tx);

/**
 * ksrtp_end_gave_up - has it sent with @tx before, and stopped?
 *
 * Its indices are forgotten then: sending with it again would repeat keystream.
 */
bool ksrtp_end_gave_up(const struct ksrtp_end *end, const struct ksrtp_master *tx);

/** ksrtp_end_mute - nothing passes, in or out; keys stay. Return: 0 or the back end's error */
int ksrtp_end_mute(struct ksrtp_end *end);

/**
 * ksrtp_end_apply - make the flow do what is wanted; only differences reach the back end
 *
 * A receiving key that is not wanted any more stays until the next change, for packets under way,
 * unless no key is wanted or the end was another dialog's. A sending key goes at once: its state
 * goes with it, so the caller never asks for that key again.
 * Return: 0; -EBUSY for a sending key that it gave up, nothing has changed; -ENOSPC after too many
 * of them; or the back end's error: then the flow may be half changed.
 */
int ksrtp_end_apply(struct ksrtp_end *end, const struct ksrtp_end_want *want);

#endif
