// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the user back end remembers of each SSRC, and which keys and indices it tries on a received
 * packet. Called by user_path.c under the worker's lock; allocates a stream at its first packet.
 *
 * RFC 3711 sections 3.2.1 (ROC and SRTCP index survive a change of keys), 3.3.1, 3.3.2, 8.1 (MKI),
 * 9.1 (never one index twice) and 9.2 (key limits). Many endpoints do begin again at ROC 0 under a
 * new key; that is believed once for each key, after which older keys of that SSRC are not.
 */
#include "daemon/media/user.h"

#include <stdlib.h>

struct ksrtp_user_stream *ksrtp_user_stream_find(struct ksrtp_user_table *table, u32 ssrc)
{
	unsigned int i;

	for (i = 0; i < table->n; i++)
		if (table->at[i]->s.ssrc == ssrc)
			return table->at[i];
	return NULL;
}

struct ksrtp_user_stream *ksrtp_user_stream_claim(struct ksrtp_user_table *table, u32 ssrc)
{
	struct ksrtp_user_stream *stream = ksrtp_user_stream_find(table, ssrc);

	if (stream || table->n == KSRTP_USER_STREAMS)
		return stream;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return NULL;
	stream->s.ssrc = ssrc;
	table->at[table->n++] = stream;
	return stream;
}

void ksrtp_user_stream_free(struct ksrtp_user_table *table)
{
	while (table->n)
		free(table->at[--table->n]);
}

/* The keys to try, best guess first. */
static unsigned int candidates(const struct ksrtp_user_ring *ring,
			       const struct ksrtp_user_packet *p, u64 own,
			       struct ksrtp_user_key *out[KSRTP_USER_KEYS])
{
	unsigned int i, n = 0, first;

	for (i = 0; i < ring->n; i++) {
		const struct ksrtp_keys *keys = &ring->key[i]->keys;

		if (keys->mki_len && ksrtp_keys_match(keys, p->data, p->len, p->rtcp)) {
			out[n++] = ring->key[i];
			break;
		}
	}
	/* Where all keys have an MKI that was all; else one byte of a tag may look like one. */
	first = n;
	for (i = 0; i < ring->n; i++) {
		if (ring->key[i]->keys.mki_len)
			continue;
		/* Without tag and MKI nothing tells two keys apart: it is the newest. */
		if (i && !ksrtp_keys_authentic(&ring->key[i]->keys, p->rtcp))
			continue;
		out[n] = ring->key[i];
		if (out[n]->serial == own) {
			memmove(&out[first + 1], &out[first], (n - first) * sizeof(out[0]));
			out[first] = ring->key[i];
		}
		n++;
	}
	return n;
}

static enum ksrtp_verdict look_up(const struct ksrtp_stream *s, const struct ksrtp_keys *keys,
				  const struct ksrtp_user_packet *p, u64 *index)
{
	enum ksrtp_verdict verdict;
	bool encrypted;
	u32 rtcp;

	if (!ksrtp_keys_authentic(keys, p->rtcp))
		return ksrtp_stream_rx_guess(s, p->head.seq, index);
	if (!p->rtcp)
		return ksrtp_stream_rx_begin(s, p->head.seq, index);
	verdict = ksrtp_rtcp_index(keys, p->data, p->len, &rtcp, &encrypted);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	*index = rtcp;
	return ksrtp_stream_rtcp_rx_begin(s, rtcp);
}

static bool spent(const struct ksrtp_user_key *key, bool rtcp)
{
	return key->used[rtcp] >= (rtcp ? key->keys.rtcp_limit : key->keys.rtp_limit);
}

/* The one or two trials of one key. Return: why the first of them is not among those. */
static enum ksrtp_verdict try_key(const struct ksrtp_user_stream *stream,
				  const struct ksrtp_user_packet *p, struct ksrtp_user_key *key,
				  struct ksrtp_user_trial *trial, unsigned int *n)
{
	static const struct ksrtp_user_stream fresh;
	enum ksrtp_verdict verdict;
	u64 kept = ~0ull, again;

	if (spent(key, p->rtcp))
		return KSRTP_VERDICT_SPENT;
	verdict = look_up(stream ? &stream->s : &fresh.s, &key->keys, p, &kept);
	if (verdict == KSRTP_VERDICT_OK)
		trial[(*n)++] = (struct ksrtp_user_trial){ .key = key, .index = kept };
	if (!stream || key->serial <= stream->serial[p->rtcp])
		return verdict;
	if (look_up(&fresh.s, &key->keys, p, &again) == KSRTP_VERDICT_OK &&
	    (verdict != KSRTP_VERDICT_OK || again != kept))
		trial[(*n)++] = (struct ksrtp_user_trial){
			.key = key, .index = again, .restart = true
		};
	return verdict;
}

enum ksrtp_verdict ksrtp_user_stream_trials(struct ksrtp_user_flow *flow,
					    const struct ksrtp_user_packet *p,
					    struct ksrtp_user_trial *trial, unsigned int *n)
{
	struct ksrtp_user_stream *stream = ksrtp_user_stream_find(&flow->rx, p->head.ssrc);
	struct ksrtp_user_key *key[KSRTP_USER_KEYS];
	enum ksrtp_verdict verdict, why = KSRTP_VERDICT_OK;
	unsigned int i, keys;

	*n = 0;
	keys = candidates(&flow->rx_keys, p, stream ? stream->serial[p->rtcp] : 0, key);
	if (!keys)
		return KSRTP_VERDICT_MKI;
	for (i = 0; i < keys; i++) {
		verdict = KSRTP_VERDICT_OLD;
		if (!stream || key[i]->serial >= stream->floor[p->rtcp])
			verdict = try_key(stream, p, key[i], trial, n);
		/* What the likeliest key says about the packet stands if none opens it. */
		if (!i)
			why = verdict;
	}
	return why == KSRTP_VERDICT_OK ? KSRTP_VERDICT_TAG : why;
}

/* Under a newer key the sender counts from 0: nothing was seen yet, older keys are done with. */
static void begin_again(struct ksrtp_user_stream *stream, bool rtcp, u64 serial)
{
	if (rtcp) {
		stream->s.rtcp_next = 0;
		memset(&stream->s.rtcp_seen, 0, sizeof(stream->s.rtcp_seen));
	} else {
		stream->s.next = 0;
		memset(&stream->s.seen, 0, sizeof(stream->s.seen));
		ksrtp_quality_restart(&stream->quality);
	}
	stream->floor[rtcp] = serial;
}

enum ksrtp_verdict ksrtp_user_stream_commit(struct ksrtp_user_flow *flow,
					    const struct ksrtp_user_packet *p,
					    const struct ksrtp_user_trial *trial, u64 now_us,
					    bool *newest)
{
	struct ksrtp_user_key *key = trial->key;
	struct ksrtp_user_stream *stream;
	enum ksrtp_verdict verdict;

	/* The batch may have moved all of this since the trial was chosen. */
	if (spent(key, p->rtcp))
		return KSRTP_VERDICT_SPENT;
	stream = ksrtp_user_stream_claim(&flow->rx, p->head.ssrc);
	if (!stream)
		return KSRTP_VERDICT_STREAMS;
	if (key->serial < stream->floor[p->rtcp])
		return KSRTP_VERDICT_OLD;
	if (trial->restart && key->serial > stream->serial[p->rtcp])
		begin_again(stream, p->rtcp, key->serial);
	verdict = KSRTP_VERDICT_OK;
	*newest = false;
	if (!ksrtp_keys_authentic(&key->keys, p->rtcp))
		ksrtp_stream_rx_follow(&stream->s, trial->index);
	else
		verdict = p->rtcp ?
			ksrtp_stream_rtcp_rx_commit(&stream->s, (u32)trial->index, newest) :
			ksrtp_stream_rx_commit(&stream->s, trial->index, newest);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	if (!p->rtcp)
		ksrtp_quality_secure(&stream->quality, trial->index, &p->head, now_us);
	key->used[p->rtcp]++;
	if (key->serial > stream->serial[p->rtcp])
		stream->serial[p->rtcp] = key->serial;
	return KSRTP_VERDICT_OK;
}

enum ksrtp_verdict ksrtp_user_stream_send(struct ksrtp_user_flow *flow, struct ksrtp_user_key *key,
					  const struct ksrtp_user_packet *p, u64 *index)
{
	struct ksrtp_user_stream *stream;
	enum ksrtp_verdict verdict;

	if (spent(key, p->rtcp))
		return KSRTP_VERDICT_SPENT;
	stream = ksrtp_user_stream_claim(&flow->tx, p->head.ssrc);
	if (!stream)
		return KSRTP_VERDICT_STREAMS;
	verdict = p->rtcp ? ksrtp_stream_rtcp_tx_begin(&stream->s, index)
			  : ksrtp_stream_tx_begin(&stream->s, p->head.seq, index);
	if (verdict != KSRTP_VERDICT_OK)
		return verdict;
	key->used[p->rtcp]++;
	if (key->serial > stream->serial[p->rtcp])
		stream->serial[p->rtcp] = key->serial;
	return KSRTP_VERDICT_OK;
}
