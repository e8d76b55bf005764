// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reservation of media ports. Called by media.c from the signalling thread; only ksrtp_ports_own()
 * is called by the workers of the user back end too, and reads nothing but atomics.
 *
 * RFC 3550 section 11: RTP on an even port, RTCP on the odd one above. The start is random, so that
 * a stranger cannot guess the port of the next call (RFC 6056).
 */
#include "daemon/media/ports.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/base/random.h"
#include "daemon/media/endpoint.h"
#include "daemon/net/fds.h"

#define SHELVES	64	/* local addresses with ports */
#define TRIES	64	/* pairs tried to bind for one reservation */

enum slot_state { SLOT_FREE, SLOT_USED, SLOT_RESTING };

struct slot {
	u64 released_ms;
	void *owner;
	u32 next;		/* in the queue of resting slots: index + 1 */
	int fd[2];
	u8 state;		/* enum slot_state, atomic */
};

/* The ports of one local address. Made at its first use and kept, so that readers need no lock. */
struct shelf {
	struct shelf *next;
	struct ksrtp_endpoint local;	/* port 0 */
	u32 head, tail;			/* resting slots, oldest first: index + 1 */
	struct slot slot[];
};

struct ksrtp_ports {
	struct shelf *shelves;		/* atomic, only grows */
	unsigned int n_shelves;
	struct ksrtp_fds *fds;
	u16 first;			/* even */
	u32 pairs;
	u32 resting, most_resting;	/* pairs */
};

int ksrtp_ports_create(struct ksrtp_ports **out, u16 min, u16 max)
{
	struct ksrtp_ports *ports;
	struct rlimit limit;
	u32 first = ((u32)min + 1) & ~1u;

	if (!min || first + 1 > max)
		return -EINVAL;
	ports = calloc(1, sizeof(*ports));
	if (!ports)
		return -ENOMEM;
	ports->first = (u16)first;
	ports->pairs = (max + 1u - first) / 2;
	ports->most_resting = ports->pairs;
	/* Four sockets a call: the usual soft limit of 1024 is select()'s, not the system's. */
	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
		/* A quarter of them for what rests, or a busy second would leave none for calls. */
		if (limit.rlim_cur / 8 < ports->most_resting)
			ports->most_resting = (u32)(limit.rlim_cur / 8);
	}
	*out = ports;
	return 0;
}

static void slot_close(struct slot *slot)
{
	close(slot->fd[0]);
	close(slot->fd[1]);
	__atomic_store_n(&slot->state, SLOT_FREE, __ATOMIC_RELAXED);
}

void ksrtp_ports_destroy(struct ksrtp_ports *ports)
{
	struct shelf *shelf, *next;
	u32 i;

	if (!ports)
		return;
	for (shelf = ports->shelves; shelf; shelf = next) {
		next = shelf->next;
		for (i = 0; i < ports->pairs; i++)
			if (shelf->slot[i].state != SLOT_FREE)
				slot_close(&shelf->slot[i]);
		free(shelf);
	}
	free(ports);
}

static struct shelf *shelf_find(const struct ksrtp_ports *ports, const u8 addr[16])
{
	struct shelf *shelf = __atomic_load_n(&ports->shelves, __ATOMIC_ACQUIRE);

	while (shelf && memcmp(shelf->local.addr, addr, 16))
		shelf = shelf->next;
	return shelf;
}

static int shelf_get(struct ksrtp_ports *ports, const struct ksrtp_addr *local, struct shelf **out)
{
	struct ksrtp_endpoint at;
	struct shelf *shelf;

	ksrtp_endpoint_from(&at, local);
	*out = shelf_find(ports, at.addr);
	if (*out)
		return 0;
	if (ports->n_shelves == SHELVES)
		return -ENOSPC;
	shelf = calloc(1, sizeof(*shelf) + ports->pairs * sizeof(shelf->slot[0]));
	if (!shelf)
		return -ENOMEM;
	memcpy(shelf->local.addr, at.addr, 16);
	shelf->next = ports->shelves;
	ports->n_shelves++;
	__atomic_store_n(&ports->shelves, shelf, __ATOMIC_RELEASE);
	*out = shelf;
	return 0;
}

/* Ends the rest of those that had it, and of the oldest where too many rest. */
static void shelf_wake(struct ksrtp_ports *ports, struct shelf *shelf, u64 now_ms)
{
	while (shelf->head) {
		struct slot *slot = &shelf->slot[shelf->head - 1];

		if (now_ms - slot->released_ms < KSRTP_PORTS_REST_MS &&
		    ports->resting <= ports->most_resting)
			return;
		shelf->head = slot->next;
		ports->resting--;
		slot_close(slot);
	}
	shelf->tail = 0;
}

static int bind_one(const struct ksrtp_addr *local, u16 port)
{
	int fd = socket(local->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct ksrtp_addr at = *local;
	int one = 1, err;

	if (fd < 0)
		return -errno;
	ksrtp_addr_set_port(&at, port);
	if (at.family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)))
		goto fail;
	if (!bind(fd, ksrtp_addr_sa(&at), ksrtp_addr_len(&at)))
		return fd;
fail:
	err = -errno;
	close(fd);
	return err;
}

/* One of an earlier process, else a new one. */
static int take_one(struct ksrtp_ports *ports, const struct ksrtp_addr *local, u16 port)
{
	struct ksrtp_addr at = *local;
	int fd;

	ksrtp_addr_set_port(&at, port);
	fd = ksrtp_fds_take(ports->fds, SOCK_DGRAM, &at);
	return fd >= 0 ? fd : bind_one(local, port);
}

static int bind_pair(struct ksrtp_ports *ports, struct slot *slot, const struct ksrtp_addr *local,
		     u16 port)
{
	int even, odd;

	even = take_one(ports, local, port);
	if (even < 0)
		return even;
	odd = take_one(ports, local, (u16)(port + 1));
	if (odd < 0) {
		close(even);
		return odd;
	}
	slot->fd[0] = even;
	slot->fd[1] = odd;
	__atomic_store_n(&slot->state, SLOT_USED, __ATOMIC_RELAXED);
	return 0;
}

static bool can_be_local(const struct ksrtp_addr *local)
{
	enum ksrtp_addr_kind kind = ksrtp_addr_classify(local);

	return kind == KSRTP_ADDR_UNICAST || kind == KSRTP_ADDR_LOOPBACK || kind == KSRTP_ADDR_LINK;
}

static void describe_pair(struct ksrtp_ports_pair *pair, const struct slot *slot,
			  const struct ksrtp_addr *local, u16 port)
{
	pair->addr = *local;
	ksrtp_addr_set_port(&pair->addr, port);
	memcpy(pair->fd, slot->fd, sizeof(pair->fd));
}

int ksrtp_ports_reserve(struct ksrtp_ports *ports, const struct ksrtp_addr *local, u64 now_ms,
			struct ksrtp_ports_pair *pair)
{
	unsigned int tries = 0;
	struct shelf *shelf;
	u32 i, at;
	int err;

	if (!can_be_local(local))
		return -EINVAL;
	err = shelf_get(ports, local, &shelf);
	if (!err)
		err = ksrtp_random_bytes(&at, sizeof(at));
	if (err)
		return err;
	shelf_wake(ports, shelf, now_ms);
	at %= ports->pairs;
	for (i = 0; i < ports->pairs && tries < TRIES; i++, at = (at + 1) % ports->pairs) {
		struct slot *slot = &shelf->slot[at];
		u16 port = (u16)(ports->first + 2 * at);

		if (slot->state != SLOT_FREE)
			continue;
		err = bind_pair(ports, slot, local, port);
		if (!err) {
			describe_pair(pair, slot, local, port);
			return 0;
		}
		/* EACCES: a port below 1024, or one that a security module keeps for others */
		if (err != -EADDRINUSE && err != -EACCES)
			return err;
		tries++;
	}
	return -EADDRINUSE;
}

int ksrtp_ports_take(struct ksrtp_ports *ports, const struct ksrtp_addr *at,
		     struct ksrtp_ports_pair *pair)
{
	u16 port = ksrtp_addr_port(at);
	struct shelf *shelf;
	struct slot *slot;
	int err;

	if (!can_be_local(at) || port % 2 || port < ports->first ||
	    ((u32)port - ports->first) / 2 >= ports->pairs)
		return -EINVAL;
	err = shelf_get(ports, at, &shelf);
	if (err)
		return err;
	slot = &shelf->slot[((u32)port - ports->first) / 2];
	if (slot->state != SLOT_FREE)
		return -EADDRINUSE;
	err = bind_pair(ports, slot, at, port);
	if (!err)
		describe_pair(pair, slot, at, port);
	return err;
}

void ksrtp_ports_fds(struct ksrtp_ports *ports, struct ksrtp_fds *fds)
{
	ports->fds = fds;
}

void ksrtp_ports_leave(struct ksrtp_ports *ports)
{
	int fd[KSRTP_FDS_MEDIA];
	unsigned int n = 0;
	struct shelf *shelf;
	u32 i;

	for (shelf = ports->shelves; shelf; shelf = shelf->next)
		for (i = 0; i < ports->pairs && n + 2 <= KSRTP_FDS_MEDIA; i++) {
			if (shelf->slot[i].state != SLOT_USED)
				continue;
			fd[n++] = shelf->slot[i].fd[0];
			fd[n++] = shelf->slot[i].fd[1];
		}
	if (n)
		ksrtp_fds_keep_media(ports->fds, fd, n);
}

/* The slot of a port; NULL outside the range and for addresses never used. */
static struct slot *slot_find(const struct ksrtp_ports *ports, const struct ksrtp_endpoint *at)
{
	u32 pair = ((u32)at->port - ports->first) / 2;
	struct shelf *shelf;

	if (at->port < ports->first || pair >= ports->pairs)
		return NULL;
	shelf = shelf_find(ports, at->addr);
	return shelf ? &shelf->slot[pair] : NULL;
}

void ksrtp_ports_claim(struct ksrtp_ports *ports, const struct ksrtp_ports_pair *pair, void *owner)
{
	struct ksrtp_endpoint at;

	ksrtp_endpoint_from(&at, &pair->addr);
	slot_find(ports, &at)->owner = owner;
}

void *ksrtp_ports_owner(const struct ksrtp_ports *ports, const struct ksrtp_addr *at)
{
	struct ksrtp_endpoint e;
	struct slot *slot;

	ksrtp_endpoint_from(&e, at);
	slot = slot_find(ports, &e);
	return slot && slot->state == SLOT_USED ? slot->owner : NULL;
}

void ksrtp_ports_release(struct ksrtp_ports *ports, struct ksrtp_ports_pair *pair, u64 now_ms)
{
	u32 at = (u32)(ksrtp_addr_port(&pair->addr) - ports->first) / 2;
	struct ksrtp_endpoint local;
	struct shelf *shelf;
	struct slot *slot;

	ksrtp_endpoint_from(&local, &pair->addr);
	shelf = shelf_find(ports, local.addr);
	slot = &shelf->slot[at];
	slot->owner = NULL;
	pair->fd[0] = pair->fd[1] = -1;
	if (ksrtp_ports_mute(&(struct ksrtp_ports_pair){ .fd = { slot->fd[0], slot->fd[1] } })) {
		/* It cannot be kept deaf; an ICMP error is better than a queue nobody reads. */
		slot_close(slot);
		return;
	}
	slot->released_ms = now_ms;
	slot->next = 0;
	__atomic_store_n(&slot->state, SLOT_RESTING, __ATOMIC_RELAXED);
	if (shelf->tail)
		shelf->slot[shelf->tail - 1].next = at + 1;
	else
		shelf->head = at + 1;
	shelf->tail = at + 1;
	ports->resting++;
	shelf_wake(ports, shelf, now_ms);
}

int ksrtp_ports_mute(const struct ksrtp_ports_pair *pair)
{
	struct sock_filter none = { .code = BPF_RET | BPF_K, .k = 0 };
	struct sock_fprog program = { .len = 1, .filter = &none };
	unsigned int i;
	char byte;

	for (i = 0; i < ARRAY_SIZE(pair->fd); i++) {
		if (setsockopt(pair->fd[i], SOL_SOCKET, SO_ATTACH_FILTER, &program,
			       sizeof(program)))
			return -errno;
		/* What came before the filter; it ends, for nothing is queued any more. */
		while (recv(pair->fd[i], &byte, 1, MSG_DONTWAIT) >= 0)
			;
	}
	return 0;
}

bool ksrtp_ports_own(const struct ksrtp_ports *ports, const struct ksrtp_endpoint *at)
{
	const struct slot *slot = slot_find(ports, at);

	return slot && __atomic_load_n(&slot->state, __ATOMIC_RELAXED) != SLOT_FREE;
}
