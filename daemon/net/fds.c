// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The service manager's file-descriptor store, by libsystemd. Called by listeners, by the media
 * ports and by main; loop thread.
 */
#include "daemon/net/fds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/base/hash.h"
#include "daemon/base/list.h"

#define MEDIA	"media"
#define AT_ONCE	200	/* descriptors in one message; the kernel allows 253 */

struct kept {
	struct ksrtp_hash_node node;
	int fd, type;
	struct ksrtp_addr addr;
	bool media;
};

struct ksrtp_fds {
	struct ksrtp_hash kept;	/* not taken yet */
	bool had_media;
	unsigned int n_media;
};

static uint64_t hash_of(const struct ksrtp_fds *fds, const struct ksrtp_addr *addr)
{
	return ksrtp_hash_bytes(&fds->kept, addr, sizeof(*addr));
}

/* A name for the store: no colon may stand in it. */
static void name_of(int type, const struct ksrtp_addr *addr, char *name, size_t n)
{
	char text[KSRTP_ADDR_TEXT];

	snprintf(name, n, "%s/%s", type == SOCK_DGRAM ? "udp" : "tcp",
		 ksrtp_addr_format(addr, text, sizeof(text)));
	for (; *name; name++)
		if (*name == ':')
			*name = '.';
}

/* What is it? Return: false for anything but a bound UDP socket or a TCP one that listens. */
static bool identify(int fd, struct kept *kept)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(kept->type), len = sizeof(ss);
	int listens = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &kept->type, &n) ||
	    getsockname(fd, (struct sockaddr *)&ss, &len) ||
	    ksrtp_addr_from(&kept->addr, (struct sockaddr *)&ss, len) ||
	    !ksrtp_addr_port(&kept->addr))
		return false;
	n = sizeof(listens);
	if (kept->type == SOCK_STREAM &&
	    (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) || !listens))
		return false;
	return (kept->type == SOCK_DGRAM || kept->type == SOCK_STREAM) &&
	       fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

static void add(struct ksrtp_fds *fds, int fd, const char *name)
{
	struct kept *kept = calloc(1, sizeof(*kept));

	if (!kept || !identify(fd, kept)) {
		free(kept);
		close(fd);
		return;
	}
	kept->fd = fd;
	kept->media = name && !strcmp(name, MEDIA);
	fds->had_media |= kept->media;
	ksrtp_hash_insert(&fds->kept, &kept->node, hash_of(fds, &kept->addr));
}

int ksrtp_fds_create(struct ksrtp_fds **out)
{
	struct ksrtp_fds *fds = calloc(1, sizeof(*fds));
	char **names = NULL;
	int i, n, err;

	if (!fds)
		return -ENOMEM;
	err = ksrtp_hash_init(&fds->kept);
	if (err) {
		free(fds);
		return err;
	}
	/* sets close-on-exec; whatever we start shall not think that it was meant */
	n = sd_listen_fds_with_names(1, &names);
	for (i = 0; i < n; i++) {
		add(fds, SD_LISTEN_FDS_START + i, names ? names[i] : NULL);
		if (names)
			free(names[i]);
	}
	free(names);
	*out = fds;
	return 0;
}

static void forget(struct ksrtp_fds *fds, struct kept *kept)
{
	ksrtp_hash_remove(&fds->kept, &kept->node);
	free(kept);
}

int ksrtp_fds_take(struct ksrtp_fds *fds, int type, const struct ksrtp_addr *addr)
{
	struct ksrtp_hash_node *node;
	struct kept *kept;
	int fd;

	if (!fds)
		return -1;
	for (node = ksrtp_hash_first(&fds->kept, hash_of(fds, addr)); node;
	     node = ksrtp_hash_next(node)) {
		kept = ksrtp_container(node, struct kept, node);
		if (kept->type != type || !ksrtp_addr_equal(&kept->addr, addr))
			continue;
		fd = kept->fd;
		forget(fds, kept);
		return fd;
	}
	return -1;
}

void ksrtp_fds_keep(struct ksrtp_fds *fds, int type, const struct ksrtp_addr *addr, int fd)
{
	char name[KSRTP_ADDR_TEXT + 8], text[sizeof(name) + 64];

	if (!fds)
		return;
	name_of(type, addr, name, sizeof(name));
	/* an ICMP error makes a socket readable; it is no reason to give it up */
	snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	(void)sd_pid_notify_with_fds(0, 0, text, &fd, 1);
}

void ksrtp_fds_drop(struct ksrtp_fds *fds, int type, const struct ksrtp_addr *addr)
{
	char name[KSRTP_ADDR_TEXT + 8];

	if (!fds)
		return;
	name_of(type, addr, name, sizeof(name));
	(void)sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", name);
}

void ksrtp_fds_keep_media(struct ksrtp_fds *fds, const int *fd, unsigned int n)
{
	unsigned int now;

	if (!fds)
		return;
	n = n < KSRTP_FDS_MEDIA - fds->n_media ? n : KSRTP_FDS_MEDIA - fds->n_media;
	fds->n_media += n;
	for (; n; fd += now, n -= now) {
		now = n < AT_ONCE ? n : AT_ONCE;
		(void)sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=" MEDIA "\nFDPOLL=0", fd,
					     now);
	}
}

/* Close what was not taken; @tell: it is not to be kept either. */
static void close_rest(struct ksrtp_fds *fds, bool tell)
{
	struct ksrtp_hash_node *node;
	struct kept *kept;
	size_t pos = 0;

	while ((node = ksrtp_hash_walk(&fds->kept, &pos, NULL))) {
		kept = ksrtp_container(node, struct kept, node);
		if (tell && !kept->media)
			ksrtp_fds_drop(fds, kept->type, &kept->addr);
		close(kept->fd);
		forget(fds, kept);
		pos = 0;
	}
}

void ksrtp_fds_settle(struct ksrtp_fds *fds)
{
	if (!fds)
		return;
	close_rest(fds, true);
	if (fds->had_media)
		(void)sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=" MEDIA);
	fds->had_media = false;
}

void ksrtp_fds_destroy(struct ksrtp_fds *fds)
{
	if (!fds)
		return;
	close_rest(fds, false);
	ksrtp_hash_fini(&fds->kept);
	free(fds);
}
