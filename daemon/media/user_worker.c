// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A worker thread of the user back end: waits for its sockets, receives from all that are ready
 * into one batch, has user_path.c transform it, sends it. Started by user.c.
 *
 * Everything of the flows stands under the worker's lock. The thread holds it for one batch, which
 * is at most KSRTP_USER_BATCH packets, and never while it waits; a control call holds it for a few
 * assignments. A plain mutex would let a busy worker take its lock again before a waiter has woken
 * up; so both sides pass a gate first, which the waiter keeps until it has the lock.
 */
#include "daemon/media/user.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/media/endpoint.h"

#define SHARE	16	/* packets of one socket in a row, so that none starves the others */

/* The system's view of the packets of a batch. */
struct ksrtp_user_mail {
	struct mmsghdr head[KSRTP_USER_BATCH];
	struct iovec vec[KSRTP_USER_BATCH];
	struct sockaddr_in6 name[KSRTP_USER_BATCH];
	unsigned int packet[KSRTP_USER_BATCH];
};

void ksrtp_user_worker_lock(struct ksrtp_user_worker *worker)
{
	pthread_mutex_lock(&worker->gate);
	pthread_mutex_lock(&worker->lock);
	pthread_mutex_unlock(&worker->gate);
}

void ksrtp_user_worker_unlock(struct ksrtp_user_worker *worker)
{
	pthread_mutex_unlock(&worker->lock);
}

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

static u64 now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000 + (u64)ts.tv_nsec / 1000;
}

static void mail_init(struct ksrtp_user_mail *mail)
{
	unsigned int i;

	for (i = 0; i < KSRTP_USER_BATCH; i++)
		mail->head[i].msg_hdr = (struct msghdr){
			.msg_name = &mail->name[i], .msg_iov = &mail->vec[i], .msg_iovlen = 1,
		};
}

static void mail_aim(struct ksrtp_user_mail *mail, unsigned int at, u8 *data, size_t len)
{
	mail->vec[at] = (struct iovec){ .iov_base = data, .iov_len = len };
	mail->head[at].msg_hdr.msg_namelen = sizeof(mail->name[at]);
}

static void take_packet(struct ksrtp_user_worker *worker, const struct ksrtp_user_port *port,
			unsigned int at)
{
	const struct msghdr *head = &worker->mail->head[at].msg_hdr;
	struct ksrtp_user_packet *p = &worker->batch.packet[at];
	struct ksrtp_addr from;

	*p = (struct ksrtp_user_packet){
		.flow = port->flow, .in = port, .data = worker->batch.data[at],
		.len = worker->mail->head[at].msg_len,
		.arrived = worker->mail->head[at].msg_len,
	};
	ksrtp_addr_from(&from, head->msg_name, head->msg_namelen);
	ksrtp_endpoint_from(&p->from, &from);
	if (head->msg_flags & MSG_TRUNC)
		p->verdict = KSRTP_VERDICT_MTU;
}

/*
 * Asks for one packet where one came last, which is the rule, for to ask for more costs a look at
 * an empty queue; for twice as many where all that was asked for came. What is left makes the
 * socket ready again.
 */
static void receive(struct ksrtp_user_worker *worker, struct ksrtp_user_port *port)
{
	struct ksrtp_user_batch *batch = &worker->batch;
	unsigned int i, room = KSRTP_USER_BATCH - batch->n;
	int got;

	if (room > port->want)
		room = port->want;
	for (i = batch->n; i < batch->n + room; i++)
		mail_aim(worker->mail, i, batch->data[i], KSRTP_USER_PACKET - KSRTP_GROWTH_MAX);
	got = recvmmsg(port->fd, &worker->mail->head[batch->n], room, MSG_DONTWAIT, NULL);
	if (got < 0)
		got = 0;
	for (i = 0; i < (unsigned int)got; i++)
		take_packet(worker, port, batch->n++);
	if ((unsigned int)got < room)
		port->want = got ? (u8)got : 1;
	else if (port->want < SHARE)
		port->want *= 2;
}

static enum ksrtp_verdict verdict_of(int err)
{
	switch (err) {
	case EAGAIN:
	case ENOBUFS:
		return KSRTP_VERDICT_QUEUE;
	case EMSGSIZE:
		return KSRTP_VERDICT_MTU;
	case ENOMEM:
		return KSRTP_VERDICT_ROOM;
	default:
		return KSRTP_VERDICT_ROUTE;
	}
}

/* The messages 0 to n - 1 all leave by @port. One that fails must not hold up those behind it. */
static void send_all(struct ksrtp_user_worker *worker, const struct ksrtp_user_port *port,
		     unsigned int n)
{
	struct ksrtp_media_stats *stats = &port->flow->stats;
	struct ksrtp_user_packet *p;
	unsigned int done = 0;
	int sent, i;

	while (done < n) {
		sent = sendmmsg(port->fd, &worker->mail->head[done], n - done, MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		for (i = 0; i < sent; i++) {
			p = &worker->batch.packet[worker->mail->packet[done++]];
			stats->tx_packets++;
			stats->tx_bytes += p->len;
			stats->tx_secure += p->secured && !p->lessened;
		}
		if (sent > 0)
			continue;
		p = &worker->batch.packet[worker->mail->packet[done++]];
		p->verdict = verdict_of(errno);
	}
}

static void address(struct ksrtp_user_mail *mail, unsigned int at,
		    const struct ksrtp_user_packet *p)
{
	const struct ksrtp_addr *local = &p->out->flow->local;
	struct ksrtp_addr to;

	ksrtp_endpoint_to(&p->to, &to);
	/* An endpoint has no scope; a link-local remote is on our own address's link. */
	if (ksrtp_addr_classify(&to) == KSRTP_ADDR_LINK && to.family == AF_INET6)
		to.in6.sin6_scope_id = local->in6.sin6_scope_id;
	memcpy(&mail->name[at], &to.in6, sizeof(to.in6));
	mail->head[at].msg_hdr.msg_namelen = ksrtp_addr_len(&to);
}

/* One system call for each socket that something leaves by. */
static void send_batch(struct ksrtp_user_worker *worker)
{
	struct ksrtp_user_batch *batch = &worker->batch;
	unsigned int i, k, n;

	for (i = 0; i < batch->n; i++) {
		const struct ksrtp_user_port *out = batch->packet[i].out;

		if (batch->packet[i].verdict != KSRTP_VERDICT_OK || !out)
			continue;
		for (n = 0, k = i; k < batch->n; k++) {
			struct ksrtp_user_packet *p = &batch->packet[k];

			if (p->verdict != KSRTP_VERDICT_OK || p->out != out)
				continue;
			mail_aim(worker->mail, n, p->data, p->len);
			address(worker->mail, n, p);
			worker->mail->packet[n++] = k;
			p->out = NULL;
		}
		send_all(worker, out, n);
	}
}

static void run_batch(struct ksrtp_user_worker *worker)
{
	struct ksrtp_user_batch *batch = &worker->batch;
	unsigned int i;

	batch->now_ms = now_ms();
	batch->now_us = now_us();
	ksrtp_user_path_run(batch);
	send_batch(worker);
	for (i = 0; i < batch->n; i++) {
		const struct ksrtp_user_packet *p = &batch->packet[i];
		struct ksrtp_media_stats *stats = &p->flow->stats;

		if (p->stranger)
			continue;
		stats->rx_packets++;
		stats->rx_bytes += p->arrived;
		stats->verdict[p->verdict]++;
	}
	batch->n = 0;
}

/* One turn, with the lock. */
static void serve(struct ksrtp_user_worker *worker, const struct epoll_event *event, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (!event[i].data.ptr)
			continue;
		receive(worker, event[i].data.ptr);
		if (worker->batch.n == KSRTP_USER_BATCH)
			run_batch(worker);
	}
	if (worker->batch.n)
		run_batch(worker);
}

static void *run(void *arg)
{
	struct ksrtp_user_worker *worker = arg;
	struct epoll_event event[KSRTP_USER_BATCH];
	unsigned int removals = 0;
	bool stop;
	int n;

	do {
		n = epoll_wait(worker->epoll, event, ARRAY_SIZE(event), -1);
		ksrtp_user_worker_lock(worker);
		/* An event may name a flow that went before the lock was ours: ask again. */
		if (worker->removals != removals)
			n = epoll_wait(worker->epoll, event, ARRAY_SIZE(event), 0);
		removals = worker->removals;
		serve(worker, event, n);
		stop = worker->stop;
		ksrtp_user_worker_unlock(worker);
	} while (!stop);
	return NULL;
}

static int start(struct ksrtp_user_worker *worker, unsigned int number)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	sigset_t all, before;
	char name[16];
	int err;

	worker->epoll = epoll_create1(EPOLL_CLOEXEC);
	worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->epoll < 0 || worker->wake < 0 ||
	    epoll_ctl(worker->epoll, EPOLL_CTL_ADD, worker->wake, &event))
		return -errno;
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&worker->thread, NULL, run, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return -err;
	snprintf(name, sizeof(name), "media/%u", number);
	pthread_setname_np(worker->thread, name);
	return 0;
}

static void release(struct ksrtp_user_worker *worker)
{
	if (worker->epoll >= 0)
		close(worker->epoll);
	if (worker->wake >= 0)
		close(worker->wake);
	pthread_mutex_destroy(&worker->lock);
	pthread_mutex_destroy(&worker->gate);
	/* What was decrypted last. */
	if (worker->batch.data)
		ksrtp_wipe(worker->batch.data, KSRTP_USER_BATCH * sizeof(worker->batch.data[0]));
	free(worker->batch.data);
	free(worker->mail);
	free(worker);
}

int ksrtp_user_worker_create(struct ksrtp_user_worker **out, unsigned int number,
			     const struct ksrtp_media *media, bool libsrtp2)
{
	struct ksrtp_user_worker *worker = calloc(1, sizeof(*worker));
	int err;

	if (!worker)
		return -ENOMEM;
	worker->epoll = worker->wake = -1;
	worker->batch.media = media;
	worker->batch.libsrtp2 = libsrtp2;
	pthread_mutex_init(&worker->gate, NULL);
	pthread_mutex_init(&worker->lock, NULL);
	worker->batch.data = calloc(KSRTP_USER_BATCH, sizeof(worker->batch.data[0]));
	worker->mail = calloc(1, sizeof(*worker->mail));
	if (worker->mail)
		mail_init(worker->mail);
	err = worker->batch.data && worker->mail ? start(worker, number) : -ENOMEM;
	if (err) {
		release(worker);
		return err;
	}
	*out = worker;
	return 0;
}

void ksrtp_user_worker_destroy(struct ksrtp_user_worker *worker)
{
	if (!worker)
		return;
	ksrtp_user_worker_lock(worker);
	worker->stop = true;
	ksrtp_user_worker_unlock(worker);
	/* Nobody else writes it, so there is room. */
	eventfd_write(worker->wake, 1);
	pthread_join(worker->thread, NULL);
	release(worker);
}

int ksrtp_user_worker_add(struct ksrtp_user_worker *worker, struct ksrtp_user_flow *flow)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(flow->port); i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &flow->port[i] };

		if (!epoll_ctl(worker->epoll, EPOLL_CTL_ADD, flow->port[i].fd, &event))
			continue;
		err = -errno;
		if (i)
			epoll_ctl(worker->epoll, EPOLL_CTL_DEL, flow->port[0].fd, NULL);
		return err;
	}
	return 0;
}

void ksrtp_user_worker_remove(struct ksrtp_user_worker *worker, struct ksrtp_user_flow *flow)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flow->port); i++)
		epoll_ctl(worker->epoll, EPOLL_CTL_DEL, flow->port[i].fd, NULL);
	worker->removals++;
}
