/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service manager, if one started us: ready, status, watchdog (sd_notify(3)).
 */
#ifndef KSRTP_CTL_SERVICE_H
#define KSRTP_CTL_SERVICE_H

#include "daemon/net/loop.h"

struct ksrtp_service;

/**
 * struct ksrtp_service_setup - copied
 * @status: writes one line for people; called from the loop's thread now and then
 */
struct ksrtp_service_setup {
	struct ksrtp_loop *loop;
	void (*status)(void *ctx, char *text, size_t n);
	void *ctx;
};

/**
 * ksrtp_service_create - begin to report
 *
 * The watchdog, where the manager asks for one, is fed by a timer of the loop: a loop that hangs
 * is seen. Without a service manager nothing is done. Return: 0 or -ENOMEM.
 */
int ksrtp_service_create(struct ksrtp_service **service, const struct ksrtp_service_setup *setup);
void ksrtp_service_destroy(struct ksrtp_service *service);

/** ksrtp_service_ready - the ports are open; from now on the status is reported */
void ksrtp_service_ready(struct ksrtp_service *service);

/** ksrtp_service_say - RELOADING=1, READY=1 (reloaded), STOPPING=1; a NULL @service swallows it */
void ksrtp_service_say(struct ksrtp_service *service, const char *state);

#endif
