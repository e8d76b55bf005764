// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SIP calls over TLS, and TLS connections, as load for tools/bench/calls. A run prints "ready" once
 * its connections stand and then waits for a line on standard input.
 *
 *	call_load calls PORT CONNECTIONS CALLS RATE	calls over TLS to 127.0.0.1:PORT, answered
 *							at udp:127.0.0.2:5090, which hang up after
 *							half a second
 *	call_load stand PORT CONNECTIONS CALLS RATE	... after another line; "stands" goes before
 *	call_load talk PORT CONNECTIONS CALLS RATE	... but first, after yet another line, ten
 *							seconds of SRTP from each caller to its
 *							callee; "talked NUMBER" goes before
 *	call_load idle PORT CONNECTIONS			nothing but connections
 *	call_load handshakes PORT COUNT			full ones, one after the other
 *	call_load server PORT CERTIFICATE KEY		what is shaken hands with for comparison
 *
 * An offer has a crypto line, its answer must have one; the callee's answer is plain RTP. Anything
 * that goes otherwise ends the run with status 1. Clients have many addresses of 127.0.0.0/8.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <srtp2/srtp.h>

#define ADDRESSES	200	/* in a row, for clients */
#define SLOTS		65536	/* calls at a time at most; a power of two */
#define TALK		0.5	/* seconds */
#define PATIENCE	60	/* seconds without anything */
#define ROOM		16384
#define SUITE		"AES_CM_128_HMAC_SHA1_80"
#define KEY		"d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
#define SECONDS		10	/* of media */
#define PARTS		10	/* of 20 ms, in each of which a tenth of the callers speaks */

static const char offer[] =
	"v=0\r\no=alice 1 1 IN IP4 127.0.0.3\r\ns=-\r\nc=IN IP4 127.0.0.3\r\nt=0 0\r\n"
	"m=audio 20000 RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
	"a=crypto:1 " SUITE " inline:" KEY "\r\n";
static const char answer[] =
	"v=0\r\no=bob 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
	"m=audio 21000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

struct text {
	char data[ROOM];
	size_t len;
};

struct conn {
	SSL *ssl;
	int fd;
	char local[32];		/* address:port */
	struct text in;
};

enum state { FREE, CALLING, TALKING, ENDING };

struct call {
	enum state state;
	unsigned int number;
	double since;
	char *dialog;		/* Route, From, To and Call-ID of requests inside it */
	char *target;
	struct sockaddr_in media;
};

struct run {
	unsigned int port, connections, calls, rate;
	bool stand, talk;
	struct conn *conn;
	struct pollfd *polled;
	int udp;
	struct call *call;
	unsigned int made, answered, hung_up, ended;
	double begun, heard;
};

static void die(const char *what)
{
	fprintf(stderr, "call_load: %s: %s\n", what, strerror(errno));
	ERR_print_errors_fp(stderr);
	exit(1);
}

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		die("memory");
	return p;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void say_and_wait(const char *word)
{
	char line[16];

	puts(word);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		exit(0);
}

__attribute__((format(printf, 2, 3)))
static void add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->data + t->len, ROOM - t->len, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= ROOM - t->len)
		die("a message is too long");
	t->len += (size_t)n;
}

/* ---- connections ---- */

static SSL_CTX *context(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (!ctx)
		die("TLS");
	return ctx;
}

static struct sockaddr_in loopback(uint32_t host, unsigned int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host) };
}

/* From the address with that number */
static void tls_connect(struct conn *c, SSL_CTX *ctx, unsigned int port, unsigned int number)
{
	struct sockaddr_in from = loopback(0x100 + number % ADDRESSES, 0), to = loopback(0, port);
	socklen_t n = sizeof(from);

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(c->fd, (struct sockaddr *)&to, sizeof(to)) ||
	    getsockname(c->fd, (struct sockaddr *)&from, &n))
		die("connect");
	snprintf(c->local, sizeof(c->local), "%s:%u", inet_ntoa(from.sin_addr),
		 ntohs(from.sin_port));
	c->ssl = SSL_new(ctx);
	if (!c->ssl || !SSL_set_fd(c->ssl, c->fd) || SSL_connect(c->ssl) != 1)
		die("handshake");
}

static void tls_write(struct conn *c, const struct text *t)
{
	struct pollfd wait = { .fd = c->fd, .events = POLLOUT };
	int n;

	while ((n = SSL_write(c->ssl, t->data, (int)t->len)) <= 0) {
		if (SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_WRITE)
			die("write");
		poll(&wait, 1, -1);
	}
}

/* ---- messages ---- */

static char *line_end(char *line)
{
	char *end = strstr(line, "\r\n");

	return end ? end : line + strlen(line);
}

/* Copies all header lines of that name. */
static void copy(struct text *t, char *message, const char *name)
{
	size_t n = strlen(name);
	char *line;

	for (line = line_end(message); line[0] && line[2] != '\r'; line = line_end(line + 2))
		if (!strncasecmp(line + 2, name, n) && line[2 + n] == ':')
			add(t, "%.*s\r\n", (int)(line_end(line + 2) - line - 2), line + 2);
}

/* Return: the value of the first header line of that name; it goes on to the end of the message */
static char *header(char *message, const char *name)
{
	size_t n = strlen(name);
	char *line;

	for (line = line_end(message); line[0] && line[2] != '\r'; line = line_end(line + 2))
		if (!strncasecmp(line + 2, name, n) && line[2 + n] == ':')
			return line + 2 + n + 1 + strspn(line + 2 + n + 1, " ");
	return NULL;
}

static void add_body(struct text *t, const char *body)
{
	add(t, "%sContent-Length: %zu\r\n\r\n%s",
	    *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
}

/* The route set of the caller is what was recorded, the last first (RFC 3261 section 12.1.2). */
static void add_routes(struct text *t, char *message)
{
	struct text recorded = { .len = 0 };
	char *at, *end;

	copy(&recorded, message, "Record-Route");
	recorded.data[recorded.len] = 0;
	while ((end = strrchr(recorded.data, '>'))) {
		*end = 0;
		at = strrchr(recorded.data, '<');
		if (!at)
			break;
		add(t, "Route: %s>\r\n", at);
		*at = 0;
	}
}

/* ---- the callee ---- */

/* Return: was there a request? */
static bool answer_one(struct run *run)
{
	static const char *const copied[] = { "Via", "Record-Route", "From", "Call-ID", "CSeq" };
	char message[ROOM];
	struct text reply = { .len = 0 };
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	bool invite;
	size_t i;
	char *to;
	ssize_t n;

	n = recvfrom(run->udp, message, sizeof(message) - 1, 0, (struct sockaddr *)&from, &size);
	if (n < 0)
		return false;
	message[n] = 0;
	run->heard = now();
	invite = !strncmp(message, "INVITE ", 7);
	if (!invite && strncmp(message, "BYE ", 4))
		return true;
	add(&reply, "SIP/2.0 200 OK\r\n");
	for (i = 0; i < sizeof(copied) / sizeof(*copied); i++)
		copy(&reply, message, copied[i]);
	to = header(message, "To");
	if (!to)
		die("a request without To");
	add(&reply, "To: %.*s%s\r\n", (int)(line_end(to) - to), to, invite ? ";tag=b" : "");
	if (invite)
		add(&reply, "Contact: <sip:bob@127.0.0.2:5090>\r\n");
	add_body(&reply, invite ? answer : "");
	sendto(run->udp, reply.data, reply.len, 0, (struct sockaddr *)&from, size);
	return true;
}

/* ---- the caller ---- */

static struct conn *conn_of(struct run *run, const struct call *call)
{
	return &run->conn[call->number % run->connections];
}

static void start(struct run *run)
{
	struct call *call = &run->call[run->made % SLOTS];
	struct text t = { .len = 0 };
	struct conn *c;

	if (call->state != FREE)
		die("too many calls at a time");
	call->number = run->made++;
	call->state = CALLING;
	c = conn_of(run, call);
	add(&t, "INVITE sip:bob@127.0.0.1:%u SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=z9hG4bK%u-i\r\n"
	    "From: <sip:alice@127.0.0.3>;tag=a%u\r\nTo: <sip:bob@127.0.0.1>\r\n"
	    "Call-ID: %u@bench\r\nCSeq: 1 INVITE\r\n"
	    "Contact: <sip:alice@%s;transport=tls>\r\nMax-Forwards: 70\r\n",
	    run->port, c->local, call->number, call->number, call->number, c->local);
	add_body(&t, offer);
	tls_write(c, &t);
}

static void inside(struct run *run, const struct call *call, const char *method, int cseq)
{
	struct conn *c = conn_of(run, call);
	struct text t = { .len = 0 };

	add(&t, "%s %s SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=z9hG4bK%u-%s\r\n%sCSeq: %d %s\r\n"
	    "Max-Forwards: 70\r\n", method, call->target, c->local, call->number, method,
	    call->dialog, cseq, method);
	add_body(&t, "");
	tls_write(c, &t);
}

/* Where the answer wants media */
static void take_media(struct call *call, char *message)
{
	char *c = strstr(message, "\r\nc=IN IP4 "), *m = strstr(message, "\r\nm=audio ");
	unsigned int port;
	char ip[16];

	if (!c || !m || sscanf(c + 11, "%15[0-9.]", ip) != 1 || sscanf(m + 10, "%u", &port) != 1)
		die(message);
	call->media = loopback(0, port);
	inet_pton(AF_INET, ip, &call->media.sin_addr);
}

static void answered(struct run *run, struct call *call, char *message)
{
	struct text dialog = { .len = 0 };
	char *contact = header(message, "Contact"), *end;

	if (call->state == CALLING) {
		contact = contact ? strchr(contact, '<') : NULL;
		end = contact ? strchr(contact, '>') : NULL;
		if (!end || !strstr(message, "\r\na=crypto:1 " SUITE " inline:"))
			die(message);
		add_routes(&dialog, message);
		copy(&dialog, message, "From");
		copy(&dialog, message, "To");
		copy(&dialog, message, "Call-ID");
		call->dialog = strndup(dialog.data, dialog.len);
		call->target = strndup(contact + 1, (size_t)(end - contact - 1));
		take_media(call, message);
		call->since = now();
		call->state = TALKING;
		run->answered++;
	}
	if (call->state == TALKING)
		inside(run, call, "ACK", 1);
}

static void ended(struct run *run, struct call *call)
{
	if (call->state != ENDING)
		return;
	free(call->dialog);
	free(call->target);
	*call = (struct call){ .state = FREE };
	run->ended++;
}

static void response(struct run *run, char *message)
{
	char *id = header(message, "Call-ID"), *cseq = header(message, "CSeq");
	struct call *call;
	unsigned int status;

	run->heard = now();
	if (sscanf(message, "SIP/2.0 %u", &status) != 1 || !id || !cseq)
		die(message);
	call = &run->call[(unsigned int)strtoul(id, NULL, 10) % SLOTS];
	if (status < 200 || call->number != (unsigned int)strtoul(id, NULL, 10))
		return;
	if (status != 200)
		die(message);
	if (strstr(cseq, "INVITE") == cseq + 2)
		answered(run, call, message);
	else
		ended(run, call);
}

/* Return: the length of the first message, which is copied; 0: it is not whole */
static size_t whole(struct text *in, char *message)
{
	char *body, *length;
	size_t n;

	in->data[in->len] = 0;
	body = strstr(in->data, "\r\n\r\n");
	if (!body)
		return 0;
	length = header(in->data, "Content-Length");
	n = (size_t)(body + 4 - in->data) + (length ? strtoul(length, NULL, 10) : 0);
	if (n > in->len)
		return 0;
	memcpy(message, in->data, n);
	message[n] = 0;
	return n;
}

static void hear(struct run *run, struct conn *c)
{
	char message[ROOM];
	size_t used;
	int n;

	while ((n = SSL_read(c->ssl, c->in.data + c->in.len, (int)(ROOM - 1 - c->in.len))) > 0) {
		c->in.len += (size_t)n;
		while ((used = whole(&c->in, message))) {
			response(run, message);
			c->in.len -= used;
			memmove(c->in.data, c->in.data + used, c->in.len);
		}
	}
	if (SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ)
		die("a connection ended");
}

/* ---- media ---- */

static int media_socket(uint32_t host, unsigned int port)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), room = 16 << 20;
	struct sockaddr_in at = loopback(host, port);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die("media");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	return fd;
}

static srtp_t crypto(void)
{
	static unsigned char key[sizeof(KEY)];
	srtp_policy_t policy = { .ssrc = { ssrc_any_outbound, 0 }, .key = key };
	srtp_t srtp;

	srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
	policy.rtcp = policy.rtp;
	if (srtp_init() ||
	    EVP_DecodeBlock(key, (const unsigned char *)KEY, sizeof(KEY) - 1) != 30 ||
	    srtp_create(&srtp, &policy))
		die("libsrtp2");
	return srtp;
}

static void speak(int fd, srtp_t srtp, const struct call *call, unsigned int seq)
{
	uint32_t head[3] = { htonl(0x80000000u | seq), htonl(seq * 160),
			     htonl(1000 + call->number) };
	uint8_t packet[12 + 160 + SRTP_MAX_TRAILER_LEN] __attribute__((aligned(8))) = { 0 };
	int n = 12 + 160;

	memcpy(packet, head, sizeof(head));
	if (srtp_protect(srtp, packet, &n))
		die("srtp_protect");
	sendto(fd, packet, (size_t)n, 0, (const struct sockaddr *)&call->media,
	       sizeof(call->media));
}

static void talk(struct run *run)
{
	int from = media_socket(2, 20000), at = media_socket(1, 21000);
	unsigned int part, i, came = 0;
	srtp_t srtp = crypto();
	double begun = now(), ahead;
	char packet[2048];

	for (part = 0; part < SECONDS * 50 * PARTS; part++) {
		for (i = part % PARTS; i < run->calls; i += PARTS)
			speak(from, srtp, &run->call[i], part / PARTS);
		ahead = begun + (part + 1) * 0.02 / PARTS - now();
		if (ahead > 0)
			usleep((useconds_t)(ahead * 1e6));
		while (recv(at, packet, sizeof(packet), 0) > 0)
			came++;
	}
	snprintf(packet, sizeof(packet), "talked %u", came);
	say_and_wait(packet);
}

/* ---- a run ---- */

static void open_all(struct run *run)
{
	SSL_CTX *ctx = context(TLS_client_method());
	struct rlimit files;
	unsigned int i;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	run->conn = zeroed(run->connections, sizeof(*run->conn));
	run->polled = zeroed(run->connections + 1, sizeof(*run->polled));
	for (i = 0; i < run->connections; i++) {
		tls_connect(&run->conn[i], ctx, run->port, i);
		fcntl(run->conn[i].fd, F_SETFL, O_NONBLOCK);
		run->polled[i] = (struct pollfd){ .fd = run->conn[i].fd, .events = POLLIN };
	}
}

static void open_callee(struct run *run)
{
	struct sockaddr_in at = loopback(1, 5090);
	int room = 16 << 20;

	run->udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (run->udp < 0 || bind(run->udp, (struct sockaddr *)&at, sizeof(at)))
		die("callee");
	setsockopt(run->udp, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	run->polled[run->connections] = (struct pollfd){ .fd = run->udp, .events = POLLIN };
}

static void start_due(struct run *run)
{
	while (run->made < run->calls && now() >= run->begun + run->made / (double)run->rate)
		start(run);
}

/* They were answered, and so end, nearly in the order in which they began. */
static void hang_up_due(struct run *run)
{
	while (run->hung_up < run->made) {
		struct call *call = &run->call[run->hung_up % SLOTS];

		if (call->state != TALKING || now() < call->since + TALK)
			return;
		call->state = ENDING;
		run->hung_up++;
		inside(run, call, "BYE", 2);
	}
}

static void listen_a_moment(struct run *run)
{
	unsigned int i;

	if (now() > run->heard + PATIENCE)
		die("nothing is heard any more");
	if (poll(run->polled, run->connections + 1, 1) <= 0)
		return;
	for (i = 0; i < run->connections; i++)
		if (run->polled[i].revents)
			hear(run, &run->conn[i]);
	while (answer_one(run))
		;
}

static void make_calls(struct run *run)
{
	run->call = zeroed(SLOTS, sizeof(*run->call));
	open_callee(run);
	say_and_wait("ready");
	run->begun = run->heard = now();
	while (run->stand && run->answered < run->calls) {
		start_due(run);
		listen_a_moment(run);
	}
	if (run->stand)
		say_and_wait("stands");
	if (run->talk)
		talk(run);
	run->heard = now();
	while (run->ended < run->calls) {
		start_due(run);
		hang_up_due(run);
		listen_a_moment(run);
	}
	printf("%u calls in %.1f s\n", run->ended, now() - run->begun);
}

/* ---- handshakes ---- */

static void shake_hands(unsigned int port, unsigned int count)
{
	SSL_CTX *ctx = context(TLS_client_method());
	struct conn c = { .fd = -1 };
	unsigned int i;
	char byte;

	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	say_and_wait("ready");
	for (i = 0; i < count; i++) {
		tls_connect(&c, ctx, port, i);
		if (SSL_session_reused(c.ssl))
			die("a session was resumed");
		SSL_shutdown(c.ssl);
		/* until the other side is done with it too */
		shutdown(c.fd, SHUT_WR);
		while (read(c.fd, &byte, 1) > 0)
			;
		SSL_free(c.ssl);
		close(c.fd);
	}
}

static void serve(unsigned int port, const char *certificate, const char *key)
{
	struct sockaddr_in at = loopback(0, port);
	SSL_CTX *ctx = context(TLS_server_method());
	int on = 1, fd, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char byte;

	if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		die(certificate);
	if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 128))
		die("listen");
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		SSL *ssl = SSL_new(ctx);

		if (!ssl || !SSL_set_fd(ssl, fd) || SSL_accept(ssl) != 1)
			die("accept");
		while (SSL_read(ssl, &byte, 1) > 0)
			;
		SSL_shutdown(ssl);
		SSL_free(ssl);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	struct run run = { .connections = 1 };
	const char *what = argc > 3 ? argv[1] : "";

	if (argc > 3)
		run.port = (unsigned int)atoi(argv[2]);
	if (!strcmp(what, "handshakes")) {
		shake_hands(run.port, (unsigned int)atoi(argv[3]));
	} else if (!strcmp(what, "server") && argc == 5) {
		serve(run.port, argv[3], argv[4]);
	} else if (!strcmp(what, "idle")) {
		run.connections = (unsigned int)atoi(argv[3]);
		open_all(&run);
		say_and_wait("ready");
	} else if ((!strcmp(what, "calls") || !strcmp(what, "stand") || !strcmp(what, "talk")) &&
		   argc == 6) {
		run.talk = *what == 't';
		run.stand = run.talk || *what == 's';
		run.connections = (unsigned int)atoi(argv[3]);
		run.calls = (unsigned int)atoi(argv[4]);
		run.rate = (unsigned int)atoi(argv[5]);
		open_all(&run);
		make_calls(&run);
	} else {
		fprintf(stderr, "usage: see call_load.c\n");
		return 2;
	}
	return 0;
}
