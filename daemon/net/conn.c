// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One stream connection: its life, its input cut into messages, its output queue, its limits.
 *
 * Part of net; loop thread only. A connection that ended (ksrtp_conn_kill) is only marked and
 * kept until net's next turn, because whoever ends it may stand inside one of its callbacks.
 * RFC 3261 section 18.3 (framing), RFC 5626 section 4.4.1 (keep-alive), RFC 6263.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <ksrtp/port.h>

#include "daemon/net/conn.h"
#include "daemon/net/tls.h"

#define FIRST_BUFFER	2048
#define READS_A_TURN	16
#define DRAIN_MS	2000

static uint64_t now_of(const struct ksrtp_conn *conn)
{
	return ksrtp_loop_now(conn->net->loop);
}

/* Messages hold keys: no buffer goes, and none moves, without being wiped. */
static void drop_buffer(char **buffer, size_t *size)
{
	if (*buffer)
		ksrtp_wipe(*buffer, *size);
	free(*buffer);
	*buffer = NULL;
	*size = 0;
}

static int grow_buffer(char **buffer, size_t *size, size_t to)
{
	char *grown = malloc(to);

	if (!grown)
		return -ENOMEM;
	if (*buffer)
		memcpy(grown, *buffer, *size);
	drop_buffer(buffer, size);
	*buffer = grown;
	*size = to;
	return 0;
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void wait_for(struct ksrtp_conn *conn, int events)
{
	if (conn->state == KSRTP_CONN_DEAD || conn->events == events)
		return;
	conn->events = events;
	uv_poll_start(&conn->poll, events, on_poll);
}

static void update_events(struct ksrtp_conn *conn)
{
	int events = UV_READABLE;

	if (conn->state == KSRTP_CONN_CONNECTING)
		events = UV_WRITABLE;
	else if (conn->tls_wants_write || conn->out_len > conn->out_off)
		events |= UV_WRITABLE;
	wait_for(conn, events);
}

static uint64_t hash_target(const struct ksrtp_net *net, const struct ksrtp_target *t)
{
	struct {
		struct ksrtp_addr addr;
		uint32_t transport;
	} key = { .addr = t->addr, .transport = t->transport };

	_Static_assert(sizeof(key) == sizeof(struct ksrtp_addr) + 4, "no padding");
	return ksrtp_hash_bytes(&net->by_target, &key, sizeof(key));
}

static void tune(int fd)
{
	/* Best effort all: they shorten delays and find dead peers, nothing depends on them. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){ 1 }, sizeof(int));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &(int){ 120 }, sizeof(int));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &(int){ 20 }, sizeof(int));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &(int){ 4 }, sizeof(int));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &(unsigned){ 60000 }, sizeof(unsigned));
}

/* @target: as for create() */
static SSL *secure(struct ksrtp_net *net, int fd, const struct ksrtp_hop *hop,
		   const struct ksrtp_target *target)
{
	size_t group = 0;

	if (target)
		return ksrtp_tls_connect(net->tls, fd, target);
	if (net->ops && net->ops->certificates)
		group = net->ops->certificates(net->ctx, hop);
	return ksrtp_tls_accept(net->tls, fd, group);
}

/* A connection over @fd, in no table yet; @target NULL: inbound. On failure @fd is the caller's. */
static struct ksrtp_conn *create(struct ksrtp_net *net, int fd, const struct ksrtp_hop *hop,
				 const struct ksrtp_target *target)
{
	struct ksrtp_conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->net = net;
	conn->fd = fd;
	conn->hop = *hop;
	conn->born = ksrtp_loop_now(net->loop);
	conn->since = conn->born;
	conn->last_in = conn->born;
	ksrtp_list_init(&conn->waiters);
	if (hop->transport == KSRTP_TRANSPORT_TLS) {
		conn->ssl = secure(net, fd, hop, target);
		conn->peer = calloc(1, sizeof(*conn->peer));
		if (!conn->ssl || !conn->peer)
			goto fail;
	}
	if (uv_poll_init(&net->loop->uv, &conn->poll, fd))
		goto fail;
	conn->poll.data = conn;
	tune(fd);
	return conn;

fail:
	SSL_free(conn->ssl);
	free(conn->peer);
	free(conn);
	return NULL;
}

static void enter(struct ksrtp_conn *conn)
{
	struct ksrtp_net *net = conn->net;

	conn->hop.conn = ++net->last_id;
	ksrtp_hash_insert(&net->by_id, &conn->by_id,
			  ksrtp_hash_bytes(&net->by_id, &conn->hop.conn, sizeof(conn->hop.conn)));
	if (conn->target)
		ksrtp_hash_insert(&net->by_target, &conn->by_target,
				  hash_target(net, conn->target));
	ksrtp_list_add(&net->conns, &conn->node);
	net->n_conns++;
	ksrtp_net_later(net);
	update_events(conn);
}

int ksrtp_conn_accept(struct ksrtp_net *net, int fd, const struct ksrtp_hop *hop,
		      struct ksrtp_source *source)
{
	struct ksrtp_conn *conn = create(net, fd, hop, NULL);

	if (!conn)
		return -ENOMEM;
	conn->inbound = true;
	conn->source = source;
	conn->state = conn->ssl ? KSRTP_CONN_HANDSHAKE : KSRTP_CONN_OPEN;
	enter(conn);
	return 0;
}

struct ksrtp_conn *ksrtp_conn_open(struct ksrtp_net *net, const struct ksrtp_target *target,
				   int *error)
{
	struct ksrtp_hop hop = { .transport = target->transport, .remote = target->addr };
	struct ksrtp_source *source = NULL;
	struct ksrtp_conn *conn;
	int fd;

	*error = -EMFILE;
	if (net->n_conns >= net->limits.connections)
		return NULL;
	if (target->answers) {
		source = ksrtp_source_get(net, &target->addr, true);
		if (!source)
			return NULL;
	}
	fd = socket(target->addr.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		*error = -errno;
		goto put_source;
	}
	if (connect(fd, ksrtp_addr_sa(&target->addr), ksrtp_addr_len(&target->addr)) &&
	    errno != EINPROGRESS) {
		*error = -errno;
		goto close_fd;
	}
	*error = -ENOMEM;
	conn = create(net, fd, &hop, target);
	if (!conn)
		goto close_fd;
	conn->state = KSRTP_CONN_CONNECTING;
	conn->target = malloc(sizeof(*conn->target));
	if (!conn->target) {
		ksrtp_conn_free(conn);
		goto put_source;
	}
	*conn->target = *target;
	conn->source = source;
	enter(conn);
	return conn;

close_fd:
	close(fd);
put_source:
	if (source)
		ksrtp_source_put(net, source, true);
	return NULL;
}

struct ksrtp_conn *ksrtp_conn_find(const struct ksrtp_net *net, const struct ksrtp_hop *hop)
{
	uint64_t hash = ksrtp_hash_bytes(&net->by_id, &hop->conn, sizeof(hop->conn));
	struct ksrtp_hash_node *node = ksrtp_hash_first(&net->by_id, hash);

	for (; node; node = ksrtp_hash_next(node)) {
		struct ksrtp_conn *conn = ksrtp_container(node, struct ksrtp_conn, by_id);

		if (conn->hop.conn == hop->conn)
			return conn;
	}
	return NULL;
}

struct ksrtp_conn *ksrtp_conn_reuse(const struct ksrtp_net *net, const struct ksrtp_target *target)
{
	uint64_t hash = hash_target(net, target);
	struct ksrtp_hash_node *node = ksrtp_hash_first(&net->by_target, hash);

	for (; node; node = ksrtp_hash_next(node)) {
		struct ksrtp_conn *conn = ksrtp_container(node, struct ksrtp_conn, by_target);
		const struct ksrtp_target *t = conn->target;

		/*
		 * A TLS peer was asked to prove one name; another name needs its own
		 * connection, or a certificate would count for what it does not say.
		 */
		if (conn->state <= KSRTP_CONN_OPEN && t->transport == target->transport &&
		    t->identity == target->identity && t->answers <= target->answers &&
		    !memcmp(&t->tlsa, &target->tlsa, sizeof(t->tlsa)) &&
		    ksrtp_addr_equal(&t->addr, &target->addr) && !strcasecmp(t->name, target->name))
			return conn;
	}
	return ksrtp_alias_find(net, target);
}

void ksrtp_conn_kill(struct ksrtp_conn *conn, int error)
{
	struct ksrtp_net *net = conn->net;

	if (conn->state == KSRTP_CONN_DEAD)
		return;
	if (conn->ssl && !error && conn->state == KSRTP_CONN_OPEN) {
		ERR_clear_error();
		/* One close_notify if it fits; nobody waits for the peer's. */
		SSL_shutdown(conn->ssl);
	}
	conn->state = KSRTP_CONN_DEAD;
	conn->error = error;
	uv_poll_stop(&conn->poll);
	SSL_free(conn->ssl);
	conn->ssl = NULL;
	ksrtp_hash_remove(&net->by_id, &conn->by_id);
	if (conn->target)
		ksrtp_hash_remove(&net->by_target, &conn->by_target);
	ksrtp_alias_drop(conn);
	if (conn->source)
		ksrtp_source_put(net, conn->source, !conn->inbound);
	ksrtp_list_del(&conn->node);
	ksrtp_list_add(&net->dead, &conn->node);
	net->n_conns--;
	while (!ksrtp_list_empty(&conn->waiters)) {
		struct ksrtp_list *node = conn->waiters.next;

		ksrtp_list_del(node);
		ksrtp_net_req_done(ksrtp_container(node, struct ksrtp_net_req, node),
				   error ? error : -ECONNRESET, NULL);
	}
	ksrtp_net_later(net);
}

static void free_conn(uv_handle_t *handle)
{
	free(handle->data);
}

void ksrtp_conn_free(struct ksrtp_conn *conn)
{
	SSL_free(conn->ssl);
	free(conn->peer);
	free(conn->target);
	drop_buffer(&conn->in, &conn->in_size);
	drop_buffer(&conn->out, &conn->out_size);
	conn->ssl = NULL;
	uv_close((uv_handle_t *)&conn->poll, free_conn);
	/* Not before: libuv takes the number off its epoll, which may be another's by then. */
	close(conn->fd);
}

/* Our side is said; read on for a moment so that no reset overtakes the last answer. */
static void drain(struct ksrtp_conn *conn)
{
	if (conn->ssl) {
		ERR_clear_error();
		SSL_shutdown(conn->ssl);
	}
	shutdown(conn->fd, SHUT_WR);
	conn->state = KSRTP_CONN_DRAINING;
	conn->since = now_of(conn);
	conn->tls_wants_write = false;
}

void ksrtp_conn_close(struct ksrtp_conn *conn)
{
	if (conn->state < KSRTP_CONN_OPEN) {
		ksrtp_conn_kill(conn, -ECANCELED);
	} else if (conn->state == KSRTP_CONN_OPEN) {
		conn->state = KSRTP_CONN_CLOSING;
		conn->since = now_of(conn);
		if (conn->out_len == conn->out_off)
			drain(conn);
	}
	update_events(conn);
}

static void flush(struct ksrtp_conn *conn)
{
	while (conn->out_len > conn->out_off) {
		ssize_t n = ksrtp_bytes_write(conn, conn->out + conn->out_off,
					      conn->out_len - conn->out_off);

		if (n == -EAGAIN)
			return;
		if (n <= 0) {
			ksrtp_conn_kill(conn, n ? (int)n : -EPIPE);
			return;
		}
		conn->out_off += (size_t)n;
		conn->stalled_since = now_of(conn);
	}
	/* An idle connection holds no buffers. */
	drop_buffer(&conn->out, &conn->out_size);
	conn->out_off = 0;
	conn->out_len = 0;
	conn->stalled_since = 0;
	if (conn->state == KSRTP_CONN_CLOSING)
		drain(conn);
}

static int enqueue(struct ksrtp_conn *conn, const char *data, size_t n)
{
	size_t waiting = conn->out_len - conn->out_off;

	if (conn->out_off) {
		memmove(conn->out, conn->out + conn->out_off, waiting);
		conn->out_off = 0;
		conn->out_len = waiting;
	}
	if (conn->out_size < waiting + n &&
	    grow_buffer(&conn->out, &conn->out_size, waiting + n))
		return -ENOBUFS;
	memcpy(conn->out + waiting, data, n);
	conn->out_len = waiting + n;
	if (!conn->stalled_since)
		conn->stalled_since = now_of(conn);
	return 0;
}

int ksrtp_conn_send(struct ksrtp_conn *conn, const void *data, size_t n)
{
	size_t waiting = conn->out_len - conn->out_off;
	int err;

	if (conn->state != KSRTP_CONN_OPEN)
		return -ENOTCONN;
	if (waiting + n > conn->net->limits.queue)
		return -ENOBUFS;
	err = enqueue(conn, data, n);
	if (err)
		return err;
	if (!waiting)
		flush(conn);
	update_events(conn);
	if (conn->state == KSRTP_CONN_DEAD)
		return -ENOTCONN;
	conn->n_out++;
	return 0;
}

/* Take line ends before a message off; two in a row ask for one back (RFC 5626 section 4.4.1). */
static size_t skip_crlf(struct ksrtp_conn *conn, const char *p, size_t n)
{
	size_t off = 0;

	while (conn->state == KSRTP_CONN_OPEN && off + 2 <= n && !memcmp(p + off, "\r\n", 2)) {
		off += 2;
		conn->crlf = !conn->crlf;
		/* Not counted as a message; a full queue may swallow it. */
		if (!conn->crlf && !ksrtp_conn_send(conn, "\r\n", 2))
			conn->n_out--;
	}
	if (off < n && p[off] != '\r')
		conn->crlf = false;
	return off;
}

static void broken(struct ksrtp_conn *conn, const char *p, size_t n)
{
	struct ksrtp_net *net = conn->net;
	char text[KSRTP_ADDR_TEXT];

	ksrtp_log_limited(net->loop->log, KSRTP_LOG_NOTICE, "stream-broken",
			  "%s %s sent what is no SIP message: closed",
			  ksrtp_transport_name(conn->hop.transport),
			  ksrtp_addr_format(&conn->hop.remote, text, sizeof(text)));
	conn->announced = true;
	if (net->ops->broken)
		net->ops->broken(net->ctx, &conn->hop, p, n);
	ksrtp_conn_close(conn);
}

/* The message at @p, @n bytes of input: hand it on. Return: bytes used, 0 to wait for more. */
static size_t one_message(struct ksrtp_conn *conn, const char *p, size_t n)
{
	struct ksrtp_net *net = conn->net;
	ssize_t len;

	/* Half a line end: what it belongs to is still to come. */
	if (n == 1 && *p == '\r')
		return 0;
	if (!conn->need) {
		len = net->ops->frame(p, n, &conn->scanned);
		if (len < 0 || len > KSRTP_NET_MESSAGE_MAX ||
		    (!len && n == KSRTP_NET_MESSAGE_MAX)) {
			broken(conn, p, n);
			return 0;
		}
		conn->need = (size_t)len;
	}
	if (!conn->need || n < conn->need)
		return 0;
	n = conn->need;
	conn->need = 0;
	conn->scanned = 0;
	conn->n_in++;
	conn->announced = true;
	net->ops->message(net->ctx, &conn->hop, p, n);
	return n;
}

static void parse(struct ksrtp_conn *conn)
{
	size_t off = 0, used;
	bool fresh = !conn->message_since;

	if (!conn->net->ops)
		off = conn->in_len;
	while (conn->state == KSRTP_CONN_OPEN && off < conn->in_len) {
		off += skip_crlf(conn, conn->in + off, conn->in_len - off);
		if (conn->state != KSRTP_CONN_OPEN || off == conn->in_len)
			break;
		used = one_message(conn, conn->in + off, conn->in_len - off);
		if (!used)
			break;
		off += used;
		fresh = true;
	}
	conn->in_len -= off;
	if (!conn->in_len) {
		drop_buffer(&conn->in, &conn->in_size);
		conn->message_since = 0;
		return;
	}
	memmove(conn->in, conn->in + off, conn->in_len);
	if (fresh)
		conn->message_since = now_of(conn);
}

static int make_room(struct ksrtp_conn *conn)
{
	if (conn->in_len < conn->in_size)
		return 0;
	if (conn->in_size >= KSRTP_NET_MESSAGE_MAX)
		return -EMSGSIZE;
	return grow_buffer(&conn->in, &conn->in_size,
			   conn->in_size ? conn->in_size * 2 : FIRST_BUFFER);
}

static void receive(struct ksrtp_conn *conn)
{
	unsigned turn;
	ssize_t n;
	int err;

	/* A TLS record that was begun is read whole: the socket would not become readable again. */
	for (turn = 0; turn < READS_A_TURN || (conn->ssl && SSL_pending(conn->ssl)); turn++) {
		err = make_room(conn);
		if (err) {
			ksrtp_conn_kill(conn, err);
			return;
		}
		n = ksrtp_bytes_read(conn, conn->in + conn->in_len, conn->in_size - conn->in_len);
		if (n == -EAGAIN)
			break;
		if (n <= 0) {
			ksrtp_conn_kill(conn, (int)n);
			return;
		}
		conn->last_in = now_of(conn);
		conn->in_len += (size_t)n;
		parse(conn);
		if (conn->state != KSRTP_CONN_OPEN)
			return;
	}
	if (!conn->in_len)
		drop_buffer(&conn->in, &conn->in_size);
}

static void discard(struct ksrtp_conn *conn)
{
	char bin[4096];
	unsigned turn;

	for (turn = 0; turn < READS_A_TURN; turn++) {
		ssize_t n = recv(conn->fd, bin, sizeof(bin), 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			ksrtp_conn_kill(conn, 0);
			return;
		}
	}
}

/* Is a TLS peer of ours who it must be? */
static bool acceptable(const struct ksrtp_conn *conn)
{
	if (conn->target && conn->target->tlsa.n)
		return conn->peer->identity == KSRTP_PEER_DANE;
	switch (conn->target ? conn->target->identity : KSRTP_TARGET_ANY) {
	case KSRTP_TARGET_DOMAIN:
		return conn->peer->identity >= KSRTP_PEER_DOMAIN;
	case KSRTP_TARGET_KNOWN:
		return !conn->peer->changed;
	default:
		return true;
	}
}

static void opened(struct ksrtp_conn *conn)
{
	char where[KSRTP_ADDR_TEXT];
	const char *name = conn->target ? conn->target->name : NULL;

	conn->state = KSRTP_CONN_OPEN;
	conn->since = now_of(conn);
	conn->last_in = conn->since;
	if (conn->ssl)
		ksrtp_tls_judge(conn->net->tls, conn->ssl, conn->target, conn->peer);
	if (conn->ssl && !acceptable(conn)) {
		ksrtp_log_limited(conn->net->loop->log, KSRTP_LOG_WARNING, "identity",
				  "TLS peer %s%s%s is not used: %s", name, *name ? " at " : "",
				  ksrtp_addr_format(&conn->hop.remote, where, sizeof(where)),
				  conn->peer->problem);
		ksrtp_conn_kill(conn, -EKEYREJECTED);
		return;
	}
	while (!ksrtp_list_empty(&conn->waiters)) {
		struct ksrtp_list *node = conn->waiters.next;

		ksrtp_list_del(node);
		conn->announced = true;
		ksrtp_net_req_done(ksrtp_container(node, struct ksrtp_net_req, node), 0,
				   &conn->hop);
	}
}

static void connected(struct ksrtp_conn *conn)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(int);
	int err = 0;

	if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &err, &n))
		err = errno;
	n = sizeof(ss);
	if (!err && (getsockname(conn->fd, (struct sockaddr *)&ss, &n) ||
		     ksrtp_addr_from(&conn->hop.local, (struct sockaddr *)&ss, n)))
		err = EIO;
	if (err)
		ksrtp_conn_kill(conn, -err);
	else if (conn->ssl)
		conn->state = KSRTP_CONN_HANDSHAKE;
	else
		opened(conn);
}

static int socket_error(const struct ksrtp_conn *conn)
{
	socklen_t n = sizeof(int);
	int err = 0;

	if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &err, &n) || !err)
		return -ECONNRESET;
	return -err;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct ksrtp_conn *conn = poll->data;
	int err;

	(void)events;
	/* EBADF is all libuv says of an error; the socket knows which. */
	if (status < 0) {
		ksrtp_conn_kill(conn, socket_error(conn));
		return;
	}
	if (conn->state == KSRTP_CONN_CONNECTING)
		connected(conn);
	if (conn->state == KSRTP_CONN_HANDSHAKE) {
		err = ksrtp_bytes_handshake(conn);
		if (!err)
			opened(conn);
		else if (err != -EAGAIN)
			ksrtp_conn_kill(conn, err);
	}
	if (conn->state == KSRTP_CONN_OPEN || conn->state == KSRTP_CONN_CLOSING)
		flush(conn);
	if (conn->state == KSRTP_CONN_OPEN)
		receive(conn);
	if (conn->state == KSRTP_CONN_CLOSING || conn->state == KSRTP_CONN_DRAINING)
		discard(conn);
	if (conn->state != KSRTP_CONN_DEAD)
		update_events(conn);
}

static bool over(uint64_t now, uint64_t since, unsigned limit)
{
	return since && now >= since + limit;
}

/* Called by net's sweep: end what took too long. */
void ksrtp_conn_check(struct ksrtp_conn *conn, uint64_t now)
{
	const struct ksrtp_net_limits *l = &conn->net->limits;
	unsigned limit = conn->target && conn->target->speculative ? l->speculative : l->handshake;
	bool late;

	switch (conn->state) {
	case KSRTP_CONN_CONNECTING:
	case KSRTP_CONN_HANDSHAKE:
		late = over(now, conn->since, limit);
		break;
	case KSRTP_CONN_OPEN:
		late = over(now, conn->message_since, l->message) ||
		       over(now, conn->stalled_since, l->stalled) ||
		       (conn->source && !conn->n_in && over(now, conn->since, l->first)) ||
		       over(now, conn->last_in, l->idle);
		break;
	case KSRTP_CONN_CLOSING:
		late = over(now, conn->since, l->stalled);
		break;
	default:
		late = over(now, conn->since, DRAIN_MS);
		break;
	}
	if (!late)
		return;
	if (conn->inbound && conn->state <= KSRTP_CONN_OPEN &&
	    !over(now, conn->last_in, l->idle))
		conn->net->stats.slow++;
	ksrtp_conn_kill(conn, conn->state >= KSRTP_CONN_CLOSING ? 0 : -ETIMEDOUT);
}
