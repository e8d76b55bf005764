// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The owner of a port, found by way of /proc/net and /proc/PID/fd.
 *
 * Called by main when a listener cannot be opened; no state.
 */
#include "daemon/net/owner.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define TCP_LISTEN_STATE	0x0a

/* The inode of a socket at @port in one of the tables, or 0. */
static unsigned long inode_at(const char *table, bool tcp, unsigned port)
{
	unsigned local, state;
	unsigned long inode = 0;
	char line[512];
	FILE *f = fopen(table, "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %*u: %*[^:]:%x %*[^:]:%*x %x %*s %*s %*s %*u %*d %lu",
			   &local, &state, &inode) == 3 &&
		    local == port && (!tcp || state == TCP_LISTEN_STATE))
			break;
		inode = 0;
	}
	if (f)
		fclose(f);
	return inode;
}

static bool has_socket(const char *pid, unsigned long inode)
{
	char path[PATH_MAX], link[64], want[64];
	struct dirent *entry;
	bool found = false;
	ssize_t n;
	DIR *dir;

	snprintf(want, sizeof(want), "socket:[%lu]", inode);
	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		n = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
		if (n <= 0)
			continue;
		link[n] = 0;
		found = !strcmp(link, want);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void name_process(const char *pid, char *out, size_t n)
{
	char path[PATH_MAX], comm[64] = "?";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	f = fopen(path, "re");
	if (f && fgets(comm, sizeof(comm), f))
		comm[strcspn(comm, "\n")] = 0;
	if (f)
		fclose(f);
	snprintf(out, n, "%s (pid %s)", comm, pid);
}

const char *ksrtp_owner_find(enum ksrtp_transport transport, const struct ksrtp_addr *addr,
			     char *out, size_t n)
{
	bool tcp = transport != KSRTP_TRANSPORT_UDP;
	unsigned port = ksrtp_addr_port(addr);
	struct dirent *entry;
	unsigned long inode;
	DIR *proc;

	*out = 0;
	inode = inode_at(tcp ? "/proc/net/tcp" : "/proc/net/udp", tcp, port);
	if (!inode)
		inode = inode_at(tcp ? "/proc/net/tcp6" : "/proc/net/udp6", tcp, port);
	proc = inode ? opendir("/proc") : NULL;
	while (proc && !*out && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) && has_socket(entry->d_name, inode))
			name_process(entry->d_name, out, n);
	if (proc)
		closedir(proc);
	return out;
}
