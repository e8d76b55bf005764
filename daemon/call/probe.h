/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes: OPTIONS to each server of a core, to know which answer before a call has to.
 */
#ifndef KSRTP_CALL_PROBE_H
#define KSRTP_CALL_PROBE_H

#include "daemon/call/inside.h"
#include "daemon/sip/ctrans.h"

struct ksrtp_server;

/**
 * struct ksrtp_probe - those of one server
 * @timer: NULL: there are none
 * @connect, @ct: what is under way
 * @at, @target: the place of the one it goes to, and that one as it was
 * @began: when, ms of the loop
 * @sent, @answered: how many, since the start
 * @missed: in a row; the server is down from so many on as the configuration says
 * @status: of the last answer; 0: none yet
 * @round: ms that it took
 */
struct ksrtp_probe {
	uv_timer_t *timer;
	struct ksrtp_net_req *connect;
	struct ksrtp_ctrans *ct;
	size_t at;
	struct ksrtp_target target;
	uint64_t began;
	uint64_t sent, answered;
	unsigned int missed;
	uint16_t status;
	uint64_t round;
};

/** ksrtp_probe_start - begin, if the configuration asks for it. Return: 0 or -ENOMEM */
int ksrtp_probe_start(struct ksrtp_server *server);
void ksrtp_probe_stop(struct ksrtp_server *server);

/** ksrtp_probe_now - the next one is due, if there are any */
void ksrtp_probe_now(struct ksrtp_server *server);

#endif
