/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SIP transports: listeners and connections over UDP, TCP and TLS. Bytes in, bytes out;
 * where a message ends on a stream is said by a callback, so nothing of SIP is known here.
 *
 * All of it runs on the loop's thread. No callback is made from inside a call of the functions
 * below, except that ksrtp_net_destroy() and ksrtp_net_cancel() make none at all afterwards.
 * A callback may call every function here but ksrtp_net_destroy().
 */
#ifndef KSRTP_NET_NET_H
#define KSRTP_NET_NET_H

#include <sys/types.h>

#include "daemon/net/host.h"
#include "daemon/net/hop.h"
#include "daemon/net/loop.h"
#include "daemon/net/target.h"
#include "daemon/net/proof.h"

struct ksrtp_net;
struct ksrtp_net_req;
struct ksrtp_fds;
struct ksrtp_tls;

/* The largest message on a stream; a longer one ends the connection. */
#define KSRTP_NET_MESSAGE_MAX	65536

struct ksrtp_net_ops {
	/*
	 * One whole message. On a stream it is what frame() measured, on UDP the datagram.
	 * The bytes are gone when the callback returns.
	 */
	void (*message)(void *ctx, const struct ksrtp_hop *hop, const char *data, size_t n);

	/* A stream connection is no more; @error is 0 when the peer closed it in order. */
	void (*closed)(void *ctx, const struct ksrtp_hop *hop, int error);

	/*
	 * How long is the message that starts at @data? > 0: so many bytes (may be more than
	 * @n); 0: cannot be told yet; < 0: no message, broken() is called and the connection
	 * closed. Empty lines and keep-alives are taken off before. @scanned is the callback's
	 * own note of how far it looked, 0 for a new message.
	 */
	ssize_t (*frame)(const char *data, size_t n, size_t *scanned);

	/*
	 * May be NULL: the stream at @data makes no sense to frame(). The last chance to send
	 * an answer; what is sent here still leaves before the connection is closed.
	 */
	void (*broken)(void *ctx, const struct ksrtp_hop *hop, const char *data, size_t n);

	/* May be NULL: which group of certificates is shown to who connects by @hop, 0: all's. */
	size_t (*certificates)(void *ctx, const struct ksrtp_hop *hop);
};

/* 0 takes the default that stands behind. Milliseconds. */
struct ksrtp_net_limits {
	unsigned connections;		/* 16384, in and out */
	unsigned per_source;		/* 512, inbound from one IPv4 address or IPv6 /64 */
	unsigned answering;		/* 16 of these: to it, for responses only */
	unsigned handshakes;		/* 50 a second, new ones from such a source: see rate.h */
	size_t queue;			/* 256 KiB waiting to be sent on one connection */
	unsigned handshake;		/* 10000: TCP connect and TLS handshake */
	unsigned speculative;		/* 2500: the same, for a speculative target */
	unsigned message;		/* 20000: from a message's first byte to its last */
	unsigned first;			/* 60000: from the handshake to the first whole message, */
					/* inbound or where only responses are sent */
	unsigned stalled;		/* 30000: output that does not move */
	unsigned idle;			/* 4 h: nothing received */
};

struct ksrtp_net_setup {
	struct ksrtp_loop *loop;
	struct ksrtp_host *host;
	struct ksrtp_tls *tls;		/* NULL: TLS is -EPROTONOSUPPORT */
	struct ksrtp_fds *fds;		/* where listening sockets are kept; NULL: nowhere */
	const struct ksrtp_net_ops *ops;
	void *ctx;			/* for ops; both may come later by ksrtp_net_handler() */
	struct ksrtp_net_limits limits;
};

int ksrtp_net_create(struct ksrtp_net **net, const struct ksrtp_net_setup *setup);

/** Close all: what is queued is tried once more, TLS says goodbye. No callbacks are made. */
void ksrtp_net_destroy(struct ksrtp_net *net);

/**
 * ksrtp_net_handler - set who gets messages, before the first turn of the loop
 *
 * For a user that is created after the listeners. Until then messages are dropped.
 */
void ksrtp_net_handler(struct ksrtp_net *net, const struct ksrtp_net_ops *ops, void *ctx);

/**
 * ksrtp_net_listen - listen at @addr
 * @addr: port 0 lets the kernel choose (tests)
 * @bound: NULL, or gets the address with the port that was taken
 *
 * For UDP, 0.0.0.0 and [::] mean a socket for each of the host's addresses of that family,
 * followed as they come and go.
 *
 * Return: 0, -EADDRINUSE, -EACCES, -EADDRNOTAVAIL, -EPROTONOSUPPORT, …
 */
int ksrtp_net_listen(struct ksrtp_net *net, enum ksrtp_transport transport,
		     const struct ksrtp_addr *addr, struct ksrtp_addr *bound);

/**
 * ksrtp_net_send - send one message
 * @hop: as message() or the connect callback gave it
 *
 * On a stream the bytes are sent or queued, whole or not at all.
 *
 * Return: 0, -ENOTCONN (the connection is gone, or no UDP socket has that local address),
 * -ENOBUFS (queue full), -EMSGSIZE (UDP), -ENETUNREACH, …
 */
int ksrtp_net_send(struct ksrtp_net *net, const struct ksrtp_hop *hop, const void *data, size_t n);

/** Close a stream connection once its queue is sent. closed() will be called, later. */
void ksrtp_net_close(struct ksrtp_net *net, const struct ksrtp_hop *hop);

/** Is the connection of @hop still there? Always true for UDP with a socket of ours. */
bool ksrtp_net_alive(struct ksrtp_net *net, const struct ksrtp_hop *hop);

/** @error 0: @hop can be sent on. Else a negative errno and @hop is NULL. */
typedef void (*ksrtp_net_connect_fn)(void *ctx, int error, const struct ksrtp_hop *hop);

/**
 * ksrtp_net_connect - get a hop to @target
 *
 * An outbound connection to the same transport, address, name and identity rule is used again,
 * else an inbound one that goes by that address as an alias and proved that name. One that was
 * made for responses is for responses only: it counts among its address's, -EMFILE when there are
 * too many, and does not last if its peer says nothing.
 * A TLS peer that falls short of the rule, or of the TLSA records, gives -EKEYREJECTED. For UDP the
 * socket whose address the route prefers is chosen. @cb is called exactly once, never from
 * inside this call, unless the request is cancelled.
 *
 * Return: the request, or NULL without memory.
 */
struct ksrtp_net_req *ksrtp_net_connect(struct ksrtp_net *net, const struct ksrtp_target *target,
					ksrtp_net_connect_fn cb, void *ctx);

/**
 * ksrtp_net_alias - the peer of an inbound connection takes requests by it (RFC 5923)
 * @port: that it listens at, as it says itself
 *
 * Nothing happens unless its certificate, by a valid chain, speaks for a domain. The first port
 * that it names counts.
 */
void ksrtp_net_alias(struct ksrtp_net *net, const struct ksrtp_hop *hop, uint16_t port);

/** Forget a request whose callback has not been called yet. */
void ksrtp_net_cancel(struct ksrtp_net_req *req);

/**
 * ksrtp_net_via - what to write as our address for messages that go out by @hop
 *
 * UDP: the local address. TCP and TLS: the local IP with the port that we listen on for that
 * transport there; when there is none, the connection's own local port.
 */
void ksrtp_net_via(const struct ksrtp_net *net, const struct ksrtp_hop *hop,
		   struct ksrtp_addr *via);

/** Do we listen for @transport at @addr (an exact address, or one covered by "any")? */
bool ksrtp_net_listens(const struct ksrtp_net *net, enum ksrtp_transport transport,
		       const struct ksrtp_addr *addr);

/* How sure we are who the peer is; a higher number is better. */
enum ksrtp_peer_identity {
	KSRTP_PEER_CLEAR,		/* no TLS */
	KSRTP_PEER_UNAUTHENTICATED,	/* TLS, nothing known about the peer */
	KSRTP_PEER_TOFU,		/* TLS, the same key as the times before */
	KSRTP_PEER_DOMAIN,		/* RFC 5922: a valid chain to the domain asked for */
	KSRTP_PEER_DANE,		/* RFC 7673: the certificate that DNSSEC names */
};

struct ksrtp_net_peer {
	enum ksrtp_peer_identity identity;
	enum ksrtp_proof certificate;
	bool inbound;
	bool resumed;			/* the handshake was a short one */
	bool changed;			/* another key than the one known from before */
	char name[KSRTP_NAME_MAX];	/* identity TOFU and better: whose */
	char version[16];		/* "TLSv1.3", empty without TLS */
	char cipher[48];
	char problem[80];		/* why the identity is not better, in words; may be empty */
};

/** Fill @peer for a hop. Return: 0 or -ENOTCONN. UDP is KSRTP_PEER_CLEAR. */
int ksrtp_net_peer(struct ksrtp_net *net, const struct ksrtp_hop *hop, struct ksrtp_net_peer *peer);

/**
 * ksrtp_net_peer_is - does the certificate that the peer of @hop showed speak for @domain?
 *
 * RFC 5922 for an inbound connection with a client certificate, and RFC 5923 before a
 * connection is used again for another name.
 */
bool ksrtp_net_peer_is(struct ksrtp_net *net, const struct ksrtp_hop *hop, const char *domain);

/* Inbound connections since the start that were not let in, or not left alone. */
struct ksrtp_net_stats {
	uint64_t many;			/* refused for the caps on how many there are */
	uint64_t fast;			/* refused for how fast they came */
	uint64_t slow;			/* ended: a handshake or message that took too long */
};

void ksrtp_net_stats(const struct ksrtp_net *net, struct ksrtp_net_stats *stats);

/** One row for each listener and connection, for the control socket. */
struct ksrtp_net_row {
	bool listener;
	struct ksrtp_hop hop;		/* a listener: local only */
	uint64_t age, idle;		/* ms */
	uint64_t in, out;		/* messages */
	size_t queued;			/* bytes */
};

typedef void (*ksrtp_net_row_fn)(void *ctx, const struct ksrtp_net_row *row);
void ksrtp_net_each(struct ksrtp_net *net, ksrtp_net_row_fn fn, void *ctx);

#endif
