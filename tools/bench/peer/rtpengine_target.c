// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sets one forwarding target in table 0 of the peer module through its control file, as its daemon
 * would. Compiled by tools/bench/packet against the header that Debian ships with that module.
 *
 *	rtpengine_target LISTEN-PORT IN-SUITE OUT-SUITE OUT-PORT
 *
 * Addresses and keys are those of packet_guest and packet_load.c.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xt_RTPENGINE.h"

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void set_address(struct re_address *a, const char *host, const char *port)
{
	a->family = AF_INET;
	a->port = (uint16_t)atoi(port);
	inet_pton(AF_INET, host, &a->u.ipv4);
}

static void set_suite(struct rtpengine_srtp *s, const char *suite, char name)
{
	int gcm = !strcmp(suite, "gcm"), i;

	s->cipher = REC_NULL;
	s->hmac = REH_NULL;
	if (!strcmp(suite, "rtp"))
		return;
	s->cipher = gcm ? REC_AEAD_AES_GCM_128 : REC_AES_CM_128;
	s->hmac = gcm ? REH_NULL : REH_HMAC_SHA1;
	s->auth_tag_len = gcm ? 0 : 10;
	s->master_key_len = s->session_key_len = 16;
	s->master_salt_len = s->session_salt_len = gcm ? 12 : 14;
	for (i = 0; i < 16; i++)
		s->master_key[i] = (unsigned char)(name + i);
	for (i = 0; i < (int)s->master_salt_len; i++)
		s->master_salt[i] = (unsigned char)(name + 16 + i);
}

static int control_file(void)
{
	static struct rtpengine_message hello;
	int fd = open("/proc/rtpengine/control", O_WRONLY);

	/* The table may be there already, from the target before. */
	if (fd >= 0) {
		if (write(fd, "add 0\n", 6) != 6)
			fputs("table 0 is there\n", stderr);
		close(fd);
	}
	fd = open("/proc/rtpengine/0/control", O_RDWR);
	if (fd < 0)
		fail("/proc/rtpengine/0/control");
	hello.cmd = REMG_NOOP;
	hello.u.noop.size = sizeof(hello);
	hello.u.noop.last_cmd = __REMG_LAST;
	if (write(fd, &hello, sizeof(hello)) != sizeof(hello))
		fail("noop");
	return fd;
}

int main(int argc, char **argv)
{
	static struct rtpengine_message target, destination;
	int fd;

	if (argc != 5)
		return 2;
	fd = control_file();
	target.cmd = REMG_ADD_TARGET;
	set_address(&target.u.target.local, "10.1.0.1", argv[1]);
	target.u.target.num_destinations = 1;
	target.u.target.rtp = 1;
	target.u.target.track_ssrc = 1;
	target.u.target.ssrc[0] = htonl(0x11223344);
	target.u.target.num_payload_types = 1;
	target.u.target.payload_types[0].clock_rate = 8000;
	set_suite(&target.u.target.decrypt, argv[2], 'A');
	if (write(fd, &target, sizeof(target)) != sizeof(target))
		fail("target");
	destination.cmd = REMG_ADD_DESTINATION;
	set_address(&destination.u.destination.local, "10.1.0.1", argv[1]);
	set_address(&destination.u.destination.output.src_addr, "10.2.0.1", argv[1]);
	set_address(&destination.u.destination.output.dst_addr, "10.2.0.2", argv[4]);
	set_suite(&destination.u.destination.output.encrypt, argv[3], 'B');
	if (write(fd, &destination, sizeof(destination)) != sizeof(destination))
		fail("destination");
	return 0;
}
