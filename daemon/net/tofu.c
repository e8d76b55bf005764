// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys of TLS peers known from before: a file of lines "peer SHA-256-of-the-public-key".
 *
 * Called by tls.c after a handshake that nothing else authenticates. A key that changed is
 * reported and never replaces the old one by itself: whoever changed it says so by removing
 * the line. Only outbound peers get here, which the configuration names, and the file is capped.
 */
#include "daemon/net/tofu.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "daemon/net/target.h"

#define PEERS_MAX	1024
#define HEX		(2 * 32 + 1)

struct peer {
	char name[KSRTP_NAME_MAX];
	char key[HEX];
};

struct ksrtp_tofu {
	struct ksrtp_log *log;
	char *path;
	struct peer *peer;
	size_t n;
};

static int remember(struct ksrtp_tofu *known, const char *name, const char *key)
{
	struct peer *peer;

	if (known->n == PEERS_MAX || strlen(name) >= sizeof(peer->name) || strlen(key) != HEX - 1)
		return -ENOSPC;
	peer = realloc(known->peer, (known->n + 1) * sizeof(*peer));
	if (!peer)
		return -ENOMEM;
	known->peer = peer;
	memcpy(peer[known->n].name, name, strlen(name) + 1);
	memcpy(peer[known->n].key, key, HEX);
	known->n++;
	return 0;
}

int ksrtp_tofu_create(struct ksrtp_tofu **out, const char *path, struct ksrtp_log *log)
{
	struct ksrtp_tofu *known = calloc(1, sizeof(*known));
	char line[KSRTP_NAME_MAX + HEX + 2], *name, *key, *save;
	FILE *f;

	if (!known)
		return -ENOMEM;
	known->log = log;
	known->path = strdup(path);
	if (!known->path) {
		free(known);
		return -ENOMEM;
	}
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		name = strtok_r(line, " \t\n", &save);
		key = strtok_r(NULL, " \t\n", &save);
		if (name && key && *name != '#' && remember(known, name, key))
			ksrtp_log_write(log, KSRTP_LOG_WARNING, "%s: line for %s ignored",
					path, name);
	}
	if (f)
		fclose(f);
	*out = known;
	return 0;
}

void ksrtp_tofu_destroy(struct ksrtp_tofu *known)
{
	if (!known)
		return;
	free(known->peer);
	free(known->path);
	free(known);
}

static int hash_key(X509 *cert, char hex[HEX])
{
	unsigned char *der = NULL, digest[32];
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	size_t i;
	int ok;

	if (n <= 0)
		return -EINVAL;
	ok = EVP_Digest(der, (size_t)n, digest, NULL, EVP_sha256(), NULL);
	OPENSSL_free(der);
	for (i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return ok ? 0 : -EIO;
}

static int append(const struct ksrtp_tofu *known, const char *peer, const char *key)
{
	int fd = open(known->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	char line[KSRTP_NAME_MAX + HEX + 2];
	int n, err = 0;

	if (fd < 0)
		return -errno;
	n = snprintf(line, sizeof(line), "%s %s\n", peer, key);
	if (write(fd, line, (size_t)n) != n || fsync(fd))
		err = -EIO;
	close(fd);
	return err;
}

enum ksrtp_tofu_verdict ksrtp_tofu_check(struct ksrtp_tofu *known, const char *peer, X509 *cert)
{
	char key[HEX];
	size_t i;
	int err;

	if (hash_key(cert, key))
		return KSRTP_TOFU_UNSURE;
	for (i = 0; i < known->n; i++)
		if (!strcasecmp(known->peer[i].name, peer))
			return strcmp(known->peer[i].key, key) ? KSRTP_TOFU_CHANGED :
								 KSRTP_TOFU_SAME;
	err = remember(known, peer, key);
	if (!err)
		err = append(known, peer, key);
	if (err)
		ksrtp_log_limited(known->log, KSRTP_LOG_WARNING, "known-peers", "%s: %s",
				  known->path, strerror(-err));
	return err ? KSRTP_TOFU_UNSURE : KSRTP_TOFU_NEW;
}
