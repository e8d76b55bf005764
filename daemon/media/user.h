/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user back end from inside. A session lives on one worker with all its flows, and everything
 * of them stands under that worker's lock: user.c takes it for the moment of a control call,
 * user_worker.c for a batch of packets.
 */
#ifndef KSRTP_MEDIA_USER_H
#define KSRTP_MEDIA_USER_H

#include <netinet/in.h>
#include <pthread.h>

#include <ksrtp/quality.h>

#include "daemon/base/hash.h"
#include "daemon/media/backend.h"

#define KSRTP_USER_KEYS		8	/* master keys of a flow, each direction */
#define KSRTP_USER_PLAIN_KEYS	4	/* of them rx keys without an MKI, all of which are tried */
#define KSRTP_USER_STREAMS	16	/* SSRCs of a flow, each direction */
#define KSRTP_USER_TRIALS	(2 * KSRTP_USER_KEYS)
#define KSRTP_USER_BATCH	64	/* packets */
#define KSRTP_USER_PACKET	2048	/* bytes of one, with what protection adds */
#define KSRTP_USER_WORKERS	64

struct ksrtp_user_srtp;

/**
 * struct ksrtp_user_key - a master key of a flow; wiped before it is freed
 * @serial: counts the keys ever added, so a greater one is newer
 * @print: keyed hash of the master key, to find it again without keeping it
 * @node: of transmit keys: in the table of all, which is the signalling thread's
 * @engine: the key in libsrtp2; NULL: kmod/core does it
 */
struct ksrtp_user_key {
	struct ksrtp_keys keys;
	struct ksrtp_user_srtp *engine;
	u64 used[2];			/* packets: SRTP, SRTCP */
	u64 serial;
	u64 print[2];
	u32 id;
	struct ksrtp_hash_node node;
	bool sends;			/* a tx key: @node is in the table */
};

/**
 * struct ksrtp_user_ring - the keys of one direction, newest first
 * @past: those removed last. A master key that comes back has its old serial: the streams have not
 *	forgotten what was sent and received under it.
 */
struct ksrtp_user_ring {
	struct ksrtp_user_key *key[KSRTP_USER_KEYS];
	unsigned int n;
	struct {
		u64 print[2];
		u64 serial;
	} past[KSRTP_USER_KEYS];
	unsigned int next_past;
};

/**
 * struct ksrtp_user_stream - one SSRC in one direction
 * @serial: [SRTP, SRTCP] of the newest key that it was used with
 * @floor: older keys are not believed any more: the sender began again under that one, so that
 *	the replay list says nothing about what they once protected
 * @quality: rx: how well it arrives
 * @report: tx: what the far side says of it
 */
struct ksrtp_user_stream {
	struct ksrtp_stream s;
	u64 serial[2];
	u64 floor[2];
	union {
		struct ksrtp_quality quality;
		struct ksrtp_report report;
	};
};

/** struct ksrtp_user_heard - of an ingress in clear, the one SSRC that is followed */
struct ksrtp_user_heard {
	struct ksrtp_quality quality;
	u64 packets;
	u64 last_us;
	u32 ssrc;
};

/** struct ksrtp_user_told - of an egress in clear, the SSRC that the far side spoke of last */
struct ksrtp_user_told {
	struct ksrtp_report report;
	u32 ssrc;
};

/** struct ksrtp_user_table - the streams of one direction, each allocated when it is first met */
struct ksrtp_user_table {
	struct ksrtp_user_stream *at[KSRTP_USER_STREAMS];
	unsigned int n;
};

struct ksrtp_user_flow;
struct ksrtp_user_worker;

/** struct ksrtp_user_port - one of the two sockets, what epoll hands back */
struct ksrtp_user_port {
	struct ksrtp_user_flow *flow;
	int fd;
	bool rtcp;			/* the odd one */
	u8 want;			/* packets to ask for at once */
};

struct ksrtp_user_flow {
	struct ksrtp_media_flow base;
	struct ksrtp_user_worker *worker;
	struct ksrtp_addr local;
	struct ksrtp_user_flow *peer;
	bool mux, secure_rx, secure_tx;
	struct ksrtp_user_port port[2];
	struct ksrtp_latch latch[2];	/* RTP, RTCP on its own port */
	struct ksrtp_user_ring rx_keys, tx_keys;
	struct ksrtp_user_table rx, tx;
	struct ksrtp_user_heard heard;
	struct ksrtp_user_told told;
	struct ksrtp_media_stats stats;
};

/**
 * struct ksrtp_user_trial - a key and an index to try on a received packet
 * @restart: as if the sender had begun again at index 0 under that key
 */
struct ksrtp_user_trial {
	struct ksrtp_user_key *key;
	u64 index;
	bool restart;
};

/**
 * struct ksrtp_user_packet - one packet of a batch
 * @verdict: OK while it goes on
 * @trial: on a secure ingress the key and index that are tried first
 * @otherwise: what it is when no trial opens it
 * @out: where it leaves: a port of the peer flow; NULL until then
 * @to: its destination there
 * @secured: protected with a tx key
 * @lessened: by a key that does not both encrypt and authenticate
 * @stranger: STUN, DTLS or unknown: not media, not counted
 */
struct ksrtp_user_packet {
	struct ksrtp_user_flow *flow;
	const struct ksrtp_user_port *in;
	u8 *data;
	u32 len;
	u32 arrived;			/* bytes */
	struct ksrtp_endpoint from;
	struct ksrtp_head head;
	bool rtcp;
	enum ksrtp_verdict verdict;
	enum ksrtp_verdict otherwise;
	struct ksrtp_user_trial trial;
	const struct ksrtp_user_port *out;
	struct ksrtp_endpoint to;
	bool secured;
	bool lessened;
	bool stranger;
};

/** struct ksrtp_user_batch - packets of all sockets that were ready, as the crypto sees them too */
struct ksrtp_user_batch {
	struct ksrtp_user_packet packet[KSRTP_USER_BATCH];
	unsigned int n;
	struct ksrtp_op op[KSRTP_USER_BATCH];
	u8 (*data)[KSRTP_USER_PACKET];	/* of each packet */
	const struct ksrtp_media *media;
	bool libsrtp2;			/* does the crypto, not kmod/core */
	u64 now_ms;
	u64 now_us;			/* a finer clock, that of <ksrtp/quality.h> */
};

/* ---- user_key.c ---- */

/**
 * ksrtp_user_key_create - derive session keys
 * @engine: that libsrtp2 has this key in; NULL: none. The key's from now on, also on failure
 *
 * Return: a key without flow and serial, or NULL when out of memory
 */
struct ksrtp_user_key *ksrtp_user_key_create(u32 id, const struct ksrtp_master *master,
					     struct ksrtp_user_srtp *engine);
/** ksrtp_user_key_destroy - wipe and free; NULL is fine */
void ksrtp_user_key_destroy(struct ksrtp_user_key *key);
/**
 * ksrtp_user_ring_add - as the newest
 * @key: with a serial greater than all before; it gets the old one if its master key was here
 *
 * Return: 0; -ENOSPC; -EEXIST when a key has that MKI
 */
int ksrtp_user_ring_add(struct ksrtp_user_ring *ring, struct ksrtp_user_key *key);
/** ksrtp_user_ring_find - by id, or NULL */
struct ksrtp_user_key *ksrtp_user_ring_find(const struct ksrtp_user_ring *ring, u32 id);
/** ksrtp_user_ring_take - out of the ring, not freed; NULL when no key has that id */
struct ksrtp_user_key *ksrtp_user_ring_take(struct ksrtp_user_ring *ring, u32 id);

/* ---- user_stream.c ---- */

/** ksrtp_user_stream_find - the stream of an SSRC, or NULL */
struct ksrtp_user_stream *ksrtp_user_stream_find(struct ksrtp_user_table *table, u32 ssrc);

/**
 * ksrtp_user_stream_claim - the stream of an SSRC, a new one if need be
 *
 * Only for authenticated packets and for packets to send. A stream lives as long as its flow: to
 * forget it would be to use an index twice, or to take a packet twice.
 * Return: the stream, or NULL when the table is full, or no memory is left
 */
struct ksrtp_user_stream *ksrtp_user_stream_claim(struct ksrtp_user_table *table, u32 ssrc);

/** ksrtp_user_stream_free - all of a table, when its flow goes */
void ksrtp_user_stream_free(struct ksrtp_user_table *table);

/**
 * ksrtp_user_stream_trials - which keys and indices a received packet deserves
 * @trial: room for KSRTP_USER_TRIALS
 * @n: out: how many
 *
 * The key whose MKI it carries, else at most four keys without MKI, the stream's own first; for
 * each the index by the kept ROC, and for a key newer than the stream's the one by ROC 0.
 * Changes nothing. Return: what the packet is if none opens it: TAG, or MKI, SHORT, REPLAYED, OLD,
 * SPENT
 */
enum ksrtp_verdict ksrtp_user_stream_trials(struct ksrtp_user_flow *flow,
					    const struct ksrtp_user_packet *p,
					    struct ksrtp_user_trial *trial, unsigned int *n);

/**
 * ksrtp_user_stream_commit - a packet authenticated under @trial
 * @now_us: of the batch
 * @newest: out: it is the highest index of its stream
 *
 * Return: OK, REPLAYED, OLD, SPENT or STREAMS
 */
enum ksrtp_verdict ksrtp_user_stream_commit(struct ksrtp_user_flow *flow,
					    const struct ksrtp_user_packet *p,
					    const struct ksrtp_user_trial *trial, u64 now_us,
					    bool *newest);

/**
 * ksrtp_user_stream_send - the index under which @flow sends a packet
 * @key: its transmit key
 *
 * Return: OK, REUSE, SPENT or STREAMS
 */
enum ksrtp_verdict ksrtp_user_stream_send(struct ksrtp_user_flow *flow, struct ksrtp_user_key *key,
					  const struct ksrtp_user_packet *p, u64 *index);

/* ---- user_srtp.c: libsrtp2 ---- */

/** ksrtp_user_srtp_start - before all else. Return: 0; -EIO when it fails its own tests */
int ksrtp_user_srtp_start(void);
/**
 * ksrtp_user_srtp_create - a master key in libsrtp2
 * @tx: to protect with; else to unprotect
 *
 * Return: 0; -EOPNOTSUPP for a suite that this libsrtp2 lacks, session parameters, key derivation
 * rates and encrypted header extensions; -ENOMEM
 */
int ksrtp_user_srtp_create(struct ksrtp_user_srtp **engine, const struct ksrtp_master *master,
			   bool tx);
/** ksrtp_user_srtp_destroy - wipe and free; NULL is fine */
void ksrtp_user_srtp_destroy(struct ksrtp_user_srtp *engine);
/** ksrtp_user_srtp_offers - can this libsrtp2 do @suite? That depends on how it was built */
bool ksrtp_user_srtp_offers(const struct ksrtp_suite *suite);
/** ksrtp_user_srtp_protect - as ksrtp_protect(), of ops with the keys of struct ksrtp_user_key */
void ksrtp_user_srtp_protect(struct ksrtp_op *op, unsigned int n);
/** ksrtp_user_srtp_unprotect - as ksrtp_unprotect(); a wrong E bit is TAG */
void ksrtp_user_srtp_unprotect(struct ksrtp_op *op, unsigned int n);

/* ---- user_quality.c; @now_us: of the batch ---- */

/** ksrtp_user_quality_hear - an RTP packet was let in on a clear ingress */
void ksrtp_user_quality_hear(struct ksrtp_user_packet *p, u64 now_us);
/** ksrtp_user_quality_reported - an RTCP packet was let in, and is in clear by now */
void ksrtp_user_quality_reported(const struct ksrtp_user_packet *p, u64 now_us);
/** ksrtp_user_quality_report - an RTCP packet is about to leave, and is in clear still */
void ksrtp_user_quality_report(const struct ksrtp_user_packet *p, u64 now_us);
/** ksrtp_user_quality_read - for ksrtp_media_flow_quality(); *out is all zero */
void ksrtp_user_quality_read(struct ksrtp_user_flow *flow, struct ksrtp_media_quality *out);

/* ---- user_path.c ---- */

/**
 * ksrtp_user_path_run - all that happens to a batch but receiving and sending
 *
 * In: flow, in, data, len, from of each packet. Out: verdict, stranger; for OK also out, to, len.
 */
void ksrtp_user_path_run(struct ksrtp_user_batch *batch);

/* ---- user_worker.c ---- */

struct ksrtp_user_mail;

struct ksrtp_user_worker {
	pthread_t thread;
	pthread_mutex_t gate;		/* the next in line for the lock stands here */
	pthread_mutex_t lock;		/* of all flows of this worker */
	int epoll, wake;
	bool stop;			/* under the lock, as is @removals */
	unsigned int removals;		/* flows taken away: events from before may name one */
	unsigned int sessions;		/* the signalling thread's */
	struct ksrtp_user_batch batch;	/* this and the next are the thread's alone */
	struct ksrtp_user_mail *mail;
};

/** ksrtp_user_worker_create - a thread with nothing to do. Return: 0 or negative errno */
int ksrtp_user_worker_create(struct ksrtp_user_worker **worker, unsigned int number,
			     const struct ksrtp_media *media, bool libsrtp2);
/** ksrtp_user_worker_destroy - ends the thread; its flows are gone already. NULL is fine */
void ksrtp_user_worker_destroy(struct ksrtp_user_worker *worker);
/** ksrtp_user_worker_lock - waits for one batch at most */
void ksrtp_user_worker_lock(struct ksrtp_user_worker *worker);
void ksrtp_user_worker_unlock(struct ksrtp_user_worker *worker);
/** ksrtp_user_worker_add - listen to the sockets of @flow. Return: 0 or negative errno */
int ksrtp_user_worker_add(struct ksrtp_user_worker *worker, struct ksrtp_user_flow *flow);
/** ksrtp_user_worker_remove - listen no more; with the lock, then the flow may be freed at once */
void ksrtp_user_worker_remove(struct ksrtp_user_worker *worker, struct ksrtp_user_flow *flow);

#endif
