/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of daemon/net: the transports' shared state, stream connections, UDP sockets.
 * The rest of the daemon includes net.h.
 */
#ifndef KSRTP_NET_CONN_H
#define KSRTP_NET_CONN_H

#include <openssl/ssl.h>

#include "daemon/base/hash.h"
#include "daemon/base/list.h"
#include "daemon/net/net.h"
#include "daemon/net/rate.h"

struct ksrtp_net {
	struct ksrtp_loop *loop;
	struct ksrtp_host *host;
	struct ksrtp_tls *tls;
	struct ksrtp_fds *fds;
	const struct ksrtp_net_ops *ops;
	void *ctx;
	struct ksrtp_net_limits limits;

	struct ksrtp_list listeners;	/* struct ksrtp_listener */
	struct ksrtp_list sockets;	/* struct ksrtp_udp */
	struct ksrtp_list everywhere;	/* struct ksrtp_udp_any */
	struct ksrtp_host_watch watch;

	struct ksrtp_list conns;	/* struct ksrtp_conn, alive */
	struct ksrtp_list dead;		/* struct ksrtp_conn, to be reported and freed */
	struct ksrtp_list due;		/* struct ksrtp_net_req whose result is known */
	struct ksrtp_hash by_id;
	struct ksrtp_hash by_target;	/* outbound */
	struct ksrtp_hash by_alias;	/* inbound */
	struct ksrtp_hash by_source;	/* struct source */
	struct ksrtp_rate *opening;	/* inbound connections */
	struct ksrtp_net_stats stats;
	unsigned n_conns;
	uint64_t last_id;

	uv_timer_t *sweep;		/* runs while there are connections */
	uv_idle_t *later;		/* runs while dead or due is not empty */
	char *scratch;			/* KSRTP_NET_MESSAGE_MAX bytes for a datagram */
};

/* A TCP or TLS listening socket. */
struct ksrtp_listener {
	struct ksrtp_list node;
	struct ksrtp_net *net;
	enum ksrtp_transport transport;
	struct ksrtp_addr addr;
	uv_poll_t poll;
	int fd;
	bool paused;			/* out of descriptors: the sweep wakes it */
};

/* A UDP socket of one local address. */
struct ksrtp_udp {
	struct ksrtp_list node;
	struct ksrtp_net *net;
	struct ksrtp_addr addr;
	uv_poll_t poll;
	int fd;
	bool from_any;			/* opened for an entry of net->everywhere */
	uint64_t since, last, in, out;
};

/* "UDP at every address of this family". */
struct ksrtp_udp_any {
	struct ksrtp_list node;
	struct ksrtp_addr addr;
};

enum ksrtp_conn_state {
	KSRTP_CONN_CONNECTING,
	KSRTP_CONN_HANDSHAKE,
	KSRTP_CONN_OPEN,
	KSRTP_CONN_CLOSING,		/* the queue is sent, then drained */
	KSRTP_CONN_DRAINING,		/* our end is shut, input is thrown away */
	KSRTP_CONN_DEAD,
};

struct ksrtp_conn {
	struct ksrtp_list node;
	struct ksrtp_hash_node by_id, by_target, by_alias;
	struct ksrtp_net *net;
	struct ksrtp_hop hop;
	enum ksrtp_conn_state state;
	bool inbound;
	bool announced;			/* a hop was given out: closed() is owed */
	bool crlf;			/* one CRLF between messages was seen */
	bool tls_wants_write;		/* the last TLS call waits for room to write */
	int error;
	int fd;
	int events;			/* that @poll waits for */
	uv_poll_t poll;
	SSL *ssl;			/* TLS only */
	struct ksrtp_net_peer *peer;	/* TLS only, after the handshake */
	struct ksrtp_target *target;	/* outbound only */
	struct ksrtp_addr alias;	/* that its peer may be reached at by it; family 0: none */
	struct ksrtp_source *source;	/* inbound, and outbound for responses */
	struct ksrtp_list waiters;	/* struct ksrtp_net_req */

	char *in;
	size_t in_len, in_size;
	size_t scanned, need;		/* framing of the message that begins at @in */
	char *out;
	size_t out_off, out_len, out_size;

	uint64_t since;			/* of the state's beginning, ms of the loop */
	uint64_t last_in;
	uint64_t message_since;		/* a message's first byte came; 0: none is under way */
	uint64_t stalled_since;		/* output last moved; 0: none waits */
	uint64_t born, n_in, n_out;
};

struct ksrtp_net_req {
	struct ksrtp_list node;		/* in conn->waiters or net->due */
	struct ksrtp_net *net;
	ksrtp_net_connect_fn cb;
	void *ctx;
	int error;
	struct ksrtp_hop hop;
};

/* net.c */
void ksrtp_net_later(struct ksrtp_net *net);
void ksrtp_net_req_done(struct ksrtp_net_req *req, int error, const struct ksrtp_hop *hop);

/* udp.c */
int ksrtp_udp_listen(struct ksrtp_net *net, const struct ksrtp_addr *addr,
		     struct ksrtp_addr *bound);
int ksrtp_udp_listen_any(struct ksrtp_net *net, const struct ksrtp_addr *addr);
void ksrtp_udp_follow(struct ksrtp_net *net);
struct ksrtp_udp *ksrtp_udp_find(const struct ksrtp_net *net, const struct ksrtp_addr *local);
struct ksrtp_udp *ksrtp_udp_toward(const struct ksrtp_net *net, const struct ksrtp_addr *remote);
int ksrtp_udp_send(struct ksrtp_udp *udp, const struct ksrtp_addr *to, const void *data, size_t n);
void ksrtp_udp_close(struct ksrtp_udp *udp);

/* listen.c */
int ksrtp_listener_create(struct ksrtp_net *net, enum ksrtp_transport transport,
			  const struct ksrtp_addr *addr, struct ksrtp_addr *bound);
void ksrtp_listener_resume(struct ksrtp_listener *listener);
void ksrtp_listener_destroy(struct ksrtp_listener *listener);
/* One more connection from @addr, or to it if it @answers. Return: NULL: too many, or no memory */
struct ksrtp_source *ksrtp_source_get(struct ksrtp_net *net, const struct ksrtp_addr *addr,
				      bool answers);
void ksrtp_source_put(struct ksrtp_net *net, struct ksrtp_source *source, bool answers);

/* conn.c: all of them may leave the connection dead; its memory lives until net's next turn */
int ksrtp_conn_accept(struct ksrtp_net *net, int fd, const struct ksrtp_hop *hop,
		      struct ksrtp_source *source);
struct ksrtp_conn *ksrtp_conn_open(struct ksrtp_net *net, const struct ksrtp_target *target,
				   int *error);
struct ksrtp_conn *ksrtp_conn_find(const struct ksrtp_net *net, const struct ksrtp_hop *hop);
struct ksrtp_conn *ksrtp_conn_reuse(const struct ksrtp_net *net, const struct ksrtp_target *target);
int ksrtp_conn_send(struct ksrtp_conn *conn, const void *data, size_t n);
void ksrtp_conn_close(struct ksrtp_conn *conn);
void ksrtp_conn_kill(struct ksrtp_conn *conn, int error);
void ksrtp_conn_check(struct ksrtp_conn *conn, uint64_t now);
void ksrtp_conn_free(struct ksrtp_conn *conn);

/* alias.c */
void ksrtp_alias_drop(struct ksrtp_conn *conn);
struct ksrtp_conn *ksrtp_alias_find(const struct ksrtp_net *net, const struct ksrtp_target *target);

/* bytes.c: one connection's socket, clear or TLS. > 0 bytes, 0 end, -EAGAIN, other errors */
int ksrtp_bytes_handshake(struct ksrtp_conn *conn);
ssize_t ksrtp_bytes_read(struct ksrtp_conn *conn, void *p, size_t n);
ssize_t ksrtp_bytes_write(struct ksrtp_conn *conn, const void *p, size_t n);

#endif
