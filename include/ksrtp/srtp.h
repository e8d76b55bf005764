/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SRTP and SRTCP on buffers (RFC 3711, 4568, 5761, 7714, 7983). The interface of kmod/core, which
 * takes no lock, allocates nothing, reads no clock and logs nothing; it is compiled into the module
 * and natively alike.
 *
 * The order of work on a received packet is: parse, rx_begin (only reads), unprotect (a pure
 * function of keys, packet and index), rx_commit (a test-and-set that can still say "replayed").
 * For a packet to send: parse, tx_begin (reserves the index), protect. All that remembers is
 * struct ksrtp_stream; the caller serialises begin and commit of one stream (rx_begin alone may run
 * without the lock), never the crypto.
 */
#ifndef KSRTP_SRTP_H
#define KSRTP_SRTP_H

#include <ksrtp/port.h>
#include <ksrtp/verdict.h>

#define KSRTP_KEY_MAX		32	/* master key, bytes */
#define KSRTP_SALT_MAX		14	/* master salt, bytes */
#define KSRTP_MKI_MAX		128	/* RFC 4568 section 6.1 */
#define KSRTP_TAG_MAX		16
/* The most that protect can lengthen a packet: SRTCP index, MKI, tag. */
#define KSRTP_GROWTH_MAX	(4 + KSRTP_MKI_MAX + KSRTP_TAG_MAX)
#define KSRTP_RTP_LIMIT		((u64)1 << 48)	/* packets a master key, RFC 3711 section 9.2 */
#define KSRTP_RTCP_LIMIT	((u64)1 << 31)
#define KSRTP_RTP_HEAD		12	/* without CSRCs and extension, RFC 3550 section 5.1 */
#define KSRTP_REPLAY_SIZE	128	/* packets remembered, RFC 3711 asks for 64 */

/* ---- suites: kmod/core/suite.c ---- */

enum ksrtp_cipher { KSRTP_CIPHER_AES_CM, KSRTP_CIPHER_AES_GCM };

/**
 * struct ksrtp_suite - a crypto suite of RFC 4568, a row of a const table
 * @name: as in RFC 4568 section 6.2, 6188 and 7714
 * @cipher: AES counter mode with HMAC-SHA1, or GCM
 * @key_len: master key, bytes
 * @salt_len: master salt, bytes
 * @auth_len: HMAC key, bytes; 0 for GCM
 * @rtp_tag: SRTP tag, bytes
 * @rtcp_tag: SRTCP tag, bytes; the _32 suites keep 10 here
 */
struct ksrtp_suite {
	const char *name;
	enum ksrtp_cipher cipher;
	u8 key_len;
	u8 salt_len;
	u8 auth_len;
	u8 rtp_tag;
	u8 rtcp_tag;
};

/**
 * ksrtp_suite_find - a suite by its RFC 4568 name (case as in the RFC)
 * @name: not terminated
 * @len: bytes of @name
 *
 * Return: a row that lives for ever, or NULL.
 */
const struct ksrtp_suite *ksrtp_suite_find(const char *name, size_t len);

/** ksrtp_suite_nth - the rows in the order of preference; NULL behind the last */
const struct ksrtp_suite *ksrtp_suite_nth(unsigned int n);

/* ---- keys: kmod/core/keys.c ---- */

/* Session parameters that lessen the protection, RFC 4568 section 6.3. Not for GCM. */
#define KSRTP_UNENCRYPTED_SRTP		1
#define KSRTP_UNENCRYPTED_SRTCP		2
#define KSRTP_UNAUTHENTICATED_SRTP	4
#define KSRTP_KDR_MAX			24	/* 2^24 packets, RFC 4568 section 6.3.1 */

/**
 * struct ksrtp_master - what signalling agrees on; wiped by whoever filled it
 * @suite: the suite; its lengths say how much of @key and @salt counts
 * @mki: master key identifier, big-endian, @mki_len bytes; 0 for none
 * @rtp_limit: packets this key may protect or open over all SSRCs; 0 means KSRTP_RTP_LIMIT
 * @rtcp_limit: the same for SRTCP; 0 means KSRTP_RTCP_LIMIT
 * @kdr: new session keys every 2^kdr packets, 1 to KSRTP_KDR_MAX; 0: never
 * @parameters: KSRTP_UNENCRYPTED_SRTP and its like
 * @encrypted: a bit for each id of header extension elements to encrypt, RFC 6904;
 *	set by ksrtp_master_encrypt()
 */
struct ksrtp_master {
	const struct ksrtp_suite *suite;
	u8 key[KSRTP_KEY_MAX];
	u8 salt[KSRTP_SALT_MAX];
	u8 mki[KSRTP_MKI_MAX];
	u8 mki_len;
	u64 rtp_limit;
	u64 rtcp_limit;
	u8 kdr;
	u8 parameters;
	u64 encrypted[4];
};

/** ksrtp_master_encrypt - header extension elements of this id (1 to 255) are to be encrypted */
static inline void ksrtp_master_encrypt(struct ksrtp_master *master, u8 id)
{
	master->encrypted[id / 64] |= 1ull << id % 64;
}

/**
 * ksrtp_master_refusal - why no keys can be had from a master key
 *
 * Looks at all but its bytes. Return: a sentence without a full stop, that lives for ever; or NULL.
 */
const char *ksrtp_master_refusal(const struct ksrtp_master *master);

#define KSRTP_POWERS	8	/* of a GHASH key, at most */

/**
 * struct ksrtp_half - session keys of SRTP or of SRTCP, ready for use
 * @salt: session salt (14 or 12 bytes, then zeroes)
 * @rounds: of AES
 * @powers: of the GHASH key; 0 for a suite with HMAC
 * @round: AES round keys in FIPS 197 order, and right behind the last of them either the SHA-1
 *	states after the HMAC key xor ipad and xor opad, or the powers of the GHASH key; layout
 *	private to kmod/core
 *
 * Within struct ksrtp_keys there is no more of @round than the suite needs.
 */
struct ksrtp_half {
	u8 salt[KSRTP_SALT_MAX];
	u8 rounds;
	u8 powers;
	u8 round[(15 + KSRTP_POWERS) * 16] __aligned(16);
};

struct ksrtp_annex;

/**
 * struct ksrtp_keys - all session keys of one master key; immutable once derived
 * @annex: what key derivation rates and encrypted header extensions need; else NULL
 * @rtcp_at: where in @data the keys of SRTCP begin; those of SRTP begin at 0
 * @mki_at: where the MKI stands, the last of all
 * @rtp_tag: SRTP tag, bytes; 0 when unauthenticated
 * @data: as much of it as ksrtp_keys_size() says; nobody touches more
 *
 * Shared by any number of streams. The owner counts references and calls ksrtp_keys_wipe()
 * before the memory goes.
 */
struct ksrtp_keys {
	const struct ksrtp_suite *suite;
	u64 rtp_limit;
	u64 rtcp_limit;
	struct ksrtp_annex *annex;
	u16 rtcp_at;
	u16 mki_at;
	u8 parameters;
	u8 rtp_tag;
	u8 mki_len;
	u8 data[2 * sizeof(struct ksrtp_half) + KSRTP_MKI_MAX] __aligned(16);
};

/** ksrtp_keys_mki - the master key identifier, @keys->mki_len bytes */
static inline const u8 *ksrtp_keys_mki(const struct ksrtp_keys *keys)
{
	return keys->data + keys->mki_at;
}

/**
 * ksrtp_keys_size - memory that keys of a suite need, to whoever has many
 *
 * Return: bytes of struct ksrtp_keys, from its beginning.
 */
size_t ksrtp_keys_size(const struct ksrtp_suite *suite, u8 mki_len);

struct ksrtp_prim;

/**
 * ksrtp_annex_size - memory that keys of @master need besides struct ksrtp_keys
 *
 * Return: bytes, aligned to 16; 0 for all but keys with a key derivation rate or with encrypted
 * header extensions.
 */
size_t ksrtp_annex_size(const struct ksrtp_master *master);

/**
 * ksrtp_keys_derive - session keys from a master key, RFC 3711 section 4.3
 * @keys: to be filled; ksrtp_keys_size() bytes
 * @master: one that ksrtp_master_refusal() has nothing against; the caller wipes it
 * @annex: ksrtp_annex_size() bytes, zeroed, that the caller frees after ksrtp_keys_wipe(); NULL for
 *	none
 *
 * Uses the portable primitives only, so it runs in any context.
 */
void ksrtp_keys_derive(struct ksrtp_keys *keys, const struct ksrtp_master *master,
		       struct ksrtp_annex *annex);

/** ksrtp_keys_authentic - does a packet that unprotect calls OK come from a holder of the key? */
static inline bool ksrtp_keys_authentic(const struct ksrtp_keys *keys, bool rtcp)
{
	return rtcp || likely(!(keys->parameters & KSRTP_UNAUTHENTICATED_SRTP));
}

/**
 * ksrtp_keys_secure - are packets both encrypted and authenticated?
 *
 * Where they are not they count as clear, whatever else is done to them.
 */
static inline bool ksrtp_keys_secure(const struct ksrtp_keys *keys, bool rtcp)
{
	if (likely(!keys->parameters))
		return true;
	return !(keys->parameters & (rtcp ? KSRTP_UNENCRYPTED_SRTCP :
				     KSRTP_UNENCRYPTED_SRTP | KSRTP_UNAUTHENTICATED_SRTP));
}

/**
 * ksrtp_annex_report - what may be told of the annex of @keys
 * @ids: room for 255: ids of the header extension elements that are encrypted
 * @n: out: how many
 *
 * Return: the key derivation rate's exponent, or 0
 */
u8 ksrtp_annex_report(const struct ksrtp_keys *keys, u8 *ids, u32 *n);

/** ksrtp_keys_wipe - forget everything secret in @keys and its annex, which the caller frees */
void ksrtp_keys_wipe(struct ksrtp_keys *keys);

/**
 * ksrtp_keys_match - does a protected packet carry the MKI of @keys?
 *
 * True for every packet when @keys has no MKI. Compares in variable time: an MKI is no secret.
 */
bool ksrtp_keys_match(const struct ksrtp_keys *keys, const u8 *data, u32 len, bool rtcp);

/* ---- parsing: kmod/core/parse.c ---- */

/** enum ksrtp_kind - what a UDP payload is by its first bytes, RFC 7983 and RFC 5761 section 4 */
enum ksrtp_kind {
	KSRTP_KIND_UNKNOWN,
	KSRTP_KIND_STUN,
	KSRTP_KIND_ZRTP,
	KSRTP_KIND_DTLS,
	KSRTP_KIND_TURN,
	KSRTP_KIND_RTP,
	KSRTP_KIND_RTCP,
};

/* Packet types of RTCP, RFC 5761 section 4. */
static inline bool ksrtp_is_rtcp_type(u8 type)
{
	return type >= 192 && type <= 223;
}

/** ksrtp_kind_other - what begins with @first and is neither RTP nor RTCP */
enum ksrtp_kind ksrtp_kind_other(u8 first);

/** ksrtp_kind_of - version 2 and too short to tell is RTP: parse refuses it */
static inline enum ksrtp_kind ksrtp_kind_of(const u8 *data, u32 len)
{
	if (unlikely(!len))
		return KSRTP_KIND_UNKNOWN;
	if (unlikely((data[0] & 0xc0) != 0x80))
		return ksrtp_kind_other(data[0]);
	return len > 1 && ksrtp_is_rtcp_type(data[1]) ? KSRTP_KIND_RTCP : KSRTP_KIND_RTP;
}

/**
 * struct ksrtp_head - the fixed part of an RTP or RTCP packet
 * @head: bytes that are never encrypted: RTP header with CSRCs and extension, 8 for RTCP
 * @seq: RTP only
 * @timestamp: RTP only
 * @type: payload type (7 bits) or RTCP packet type
 */
struct ksrtp_head {
	u32 ssrc;
	u32 timestamp;
	u32 head;
	u16 seq;
	u8 type;
	bool marker;
};

/**
 * ksrtp_rtp_parse - check version, CSRC and extension bounds
 *
 * Padding is not looked at: it may be encrypted. Return: OK, SHORT or NOT_RTP.
 */
static inline enum ksrtp_verdict ksrtp_rtp_parse(const u8 *data, u32 len,
						 struct ksrtp_head *head)
{
	u32 end;

	if (len < KSRTP_RTP_HEAD)
		return KSRTP_VERDICT_SHORT;
	if (data[0] >> 6 != 2)
		return KSRTP_VERDICT_NOT_RTP;
	end = KSRTP_RTP_HEAD + 4 * (data[0] & 0x0f);
	if (data[0] & 0x10) {
		if (end + 4 > len)
			return KSRTP_VERDICT_SHORT;
		end += 4 + 4 * (u32)ksrtp_get16(data + end + 2);
	}
	if (end > len)
		return KSRTP_VERDICT_SHORT;
	head->marker = data[1] & 0x80;
	head->type = data[1] & 0x7f;
	head->seq = ksrtp_get16(data + 2);
	head->timestamp = ksrtp_get32(data + 4);
	head->ssrc = ksrtp_get32(data + 8);
	head->head = end;
	return KSRTP_VERDICT_OK;
}

/** ksrtp_rtcp_parse - check version, type and length. Return: OK, SHORT, NOT_RTP */
enum ksrtp_verdict ksrtp_rtcp_parse(const u8 *data, u32 len, struct ksrtp_head *head);

/* ---- streams: kmod/core/stream.c, replay.c, index.c ---- */

/** struct ksrtp_replay - the replay list, a ring: bit (index mod KSRTP_REPLAY_SIZE) */
struct ksrtp_replay {
	u64 bits[KSRTP_REPLAY_SIZE / 64];
};

/**
 * struct ksrtp_stream - what one SSRC in one direction must remember
 * @next: highest index committed (rx) or reserved (tx) plus one; 0 before the first packet.
 *	An aligned u64, so that rx_begin may read it without the lock.
 * @seen: replay list of SRTP; for tx the indices already used
 * @rtcp_next: the same for SRTCP, at most 2^31
 *
 * A re-key keeps the stream: ROC and SRTCP index survive (RFC 3711 section 3.3.1, 3.2.1).
 * Zero-initialised but for @ssrc it is a fresh stream.
 */
struct ksrtp_stream {
	u64 next;
	struct ksrtp_replay seen;
	struct ksrtp_replay rtcp_seen;
	u32 rtcp_next;
	u32 ssrc;
};

/**
 * ksrtp_index_estimate - RFC 3711 appendix A
 * @next: highest index + 1, or 0: then ROC 0 is assumed
 * @seq: of the packet
 *
 * Return: the 48-bit index, or ~0 when it would lie before ROC 0 or behind 2^48.
 */
u64 ksrtp_index_estimate(u64 next, u16 seq);

/**
 * ksrtp_stream_rx_begin - estimate the index of a received SRTP packet and look it up
 *
 * Only reads; needs no lock. Return: OK with *index set, REPLAYED, OLD, or SPENT past 2^48.
 */
enum ksrtp_verdict ksrtp_stream_rx_begin(const struct ksrtp_stream *s, u16 seq, u64 *index);

/**
 * ksrtp_stream_rx_commit - mark an authenticated index as seen; under the stream's lock
 * @newest: out, may be NULL: the packet is the highest so far
 *
 * Return: OK, or REPLAYED/OLD when another CPU was faster.
 */
enum ksrtp_verdict ksrtp_stream_rx_commit(struct ksrtp_stream *s, u64 index, bool *newest);

/**
 * ksrtp_stream_rx_guess - as ksrtp_stream_rx_begin() for packets that nothing authenticates
 *
 * Only an estimate, without a look at the replay list: RFC 3711 section 3.3.2 knows none without
 * authentication, for a stranger's packet would make the sender's own look replayed.
 */
enum ksrtp_verdict ksrtp_stream_rx_guess(const struct ksrtp_stream *s, u16 seq, u64 *index);

/**
 * ksrtp_stream_rx_follow - the index of such a packet becomes the highest if it is; stream's lock
 *
 * What RFC 3711 section 3.3.1 asks for, and nothing else: no index is marked as seen.
 */
void ksrtp_stream_rx_follow(struct ksrtp_stream *s, u64 index);

/**
 * ksrtp_stream_tx_begin - reserve the index for a packet to protect; under the stream's lock
 *
 * Return: OK; REUSE when that index was used or lies behind the list; SPENT past 2^48.
 */
enum ksrtp_verdict ksrtp_stream_tx_begin(struct ksrtp_stream *s, u16 seq, u64 *index);

/** ksrtp_stream_rtcp_rx_begin - look up an SRTCP index as read by ksrtp_rtcp_index() */
enum ksrtp_verdict ksrtp_stream_rtcp_rx_begin(const struct ksrtp_stream *s, u32 index);
/** ksrtp_stream_rtcp_rx_commit - as ksrtp_stream_rx_commit() */
enum ksrtp_verdict ksrtp_stream_rtcp_rx_commit(struct ksrtp_stream *s, u32 index, bool *newest);
/** ksrtp_stream_rtcp_tx_begin - the next SRTCP index (from 0 on). Return: OK or SPENT past 2^31 */
enum ksrtp_verdict ksrtp_stream_rtcp_tx_begin(struct ksrtp_stream *s, u64 *index);

/* ---- sources that begin anew: kmod/core/restart.c ---- */

#define KSRTP_RESTART_RUN	4	/* packets in sequence refused at least, none accepted */
#define KSRTP_RESTART_GAP	16	/* of which so many less one may be lost in a row */

/** struct ksrtp_restart - of a tx stream: packets refused as REUSE; @run 0: the last one was not */
struct ksrtp_restart {
	u16 next;
	u8 run;
};

/**
 * ksrtp_restart_refused - a packet was refused because its index was used
 * @quiet: none was accepted for a while; where copies of a live stream come late, some are
 *
 * The caller sets @run to 0 whenever one is accepted: late and repeated packets come among others.
 * Return: its source has begun anew, and needs a fresh SSRC.
 */
bool ksrtp_restart_refused(struct ksrtp_restart *r, u16 seq, bool quiet);

/**
 * ksrtp_rtcp_rename - one SSRC for another wherever a compound RTCP packet names it
 *
 * Senders, report blocks, SDES chunks, BYE, feedback. Ends where lengths are wrong.
 */
void ksrtp_rtcp_rename(u8 *data, u32 len, u32 from, u32 to);

/* ---- crypto: kmod/core/batch.c, rtp.c, rtcp.c, prim.c ---- */

/**
 * struct ksrtp_op - one packet to protect or unprotect
 * @keys: session keys
 * @data: the RTP or RTCP packet; changed in place
 * @len: bytes; in: before, out: after
 * @room: bytes that may be written from @data on (protect)
 * @head: struct ksrtp_head.head, at least 12; SRTCP does without
 * @index: 48-bit SRTP index, or 31-bit SRTCP index
 * @rtcp: SRTCP rather than SRTP
 * @verdict: out: OK, SHORT, ROOM (no room for the growth, or longer than 65,535 bytes), MKI or TAG;
 *	CLEAR for an SRTCP packet that authenticates but came unencrypted (E = 0), which is refused
 *	unless UNENCRYPTED_SRTCP is agreed; then one with E = 1 is, as E_BIT.
 *	in: an op not OK is skipped.
 *
 * When unprotect does not say OK the packet's bytes and length are unchanged.
 */
struct ksrtp_op {
	const struct ksrtp_keys *keys;
	u8 *data;
	u32 len;
	u32 room;
	u32 head;
	u64 index;
	bool rtcp;
	enum ksrtp_verdict verdict;
};

/**
 * ksrtp_rtcp_index - the SRTCP index and E bit of a received packet
 *
 * Return: OK or SHORT. What is read is not authenticated.
 */
enum ksrtp_verdict ksrtp_rtcp_index(const struct ksrtp_keys *keys, const u8 *data, u32 len,
				    u32 *index, bool *encrypted);

/** ksrtp_growth - bytes that protect adds to one packet under @keys */
u32 ksrtp_growth(const struct ksrtp_keys *keys, bool rtcp);

/**
 * ksrtp_protect - encrypt and authenticate a batch
 * @prim: which primitives; ksrtp_prim_portable(), or ksrtp_prim_best() inside an FPU section
 * @op: any mixture of keys, SRTP and SRTCP; a batch of one is the same code
 * @n: how many
 */
void ksrtp_protect(const struct ksrtp_prim *prim, struct ksrtp_op *op, unsigned int n);

/** ksrtp_unprotect - verify in constant time, then decrypt, a batch; see struct ksrtp_op */
void ksrtp_unprotect(const struct ksrtp_prim *prim, struct ksrtp_op *op, unsigned int n);

/** ksrtp_prim_portable - constant-time C, usable in every context */
const struct ksrtp_prim *ksrtp_prim_portable(void);

/**
 * ksrtp_prim_best - the fastest primitives this CPU has that passed their self-test
 *
 * The portable ones until ksrtp_core_init() has run. In the kernel vector registers must be owned
 * (kernel_fpu_begin) unless ksrtp_prim_vector() is false.
 */
const struct ksrtp_prim *ksrtp_prim_best(void);
bool ksrtp_prim_vector(const struct ksrtp_prim *prim);
const char *ksrtp_prim_name(const struct ksrtp_prim *prim);

/**
 * struct ksrtp_cpu - the CPU features found by the caller, who alone may ask (boot_cpu_has in the
 *	kernel, cpuid natively); each also says that the OS saves the registers
 */
struct ksrtp_cpu {
	bool aes, pclmul, ssse3, sse41, sha, avx, avx2, bmi2, avx512vl, vaes, vpclmul;
};

/**
 * ksrtp_core_init - known answers of the RFCs, then choice of primitives
 * @cpu: features; NULL for portable only
 * @failed: out, may be NULL: name of the first known answer that failed, or of a vector primitive
 *	that was set aside because it disagreed with the portable one
 *
 * In the kernel: process context, with vector registers owned if @cpu says any feature.
 * Return: 0; -EBADMSG when a known answer fails with the portable primitives (do not load).
 */
int ksrtp_core_init(const struct ksrtp_cpu *cpu, const char **failed);

#endif
