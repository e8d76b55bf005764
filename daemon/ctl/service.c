// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the service manager is told, by libsystemd. Called by main; loop thread.
 */
#include "daemon/ctl/service.h"

#include <errno.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define STATUS_MS	10000

struct ksrtp_service {
	struct ksrtp_service_setup setup;
	uv_timer_t *timer;
	uint64_t every;		/* ms */
	bool watched;
};

static void report(struct ksrtp_service *service)
{
	char text[256];

	service->setup.status(service->setup.ctx, text, sizeof(text));
	(void)sd_notifyf(0, "STATUS=%s%s", text, service->watched ? "\nWATCHDOG=1" : "");
}

static void on_timer(uv_timer_t *timer)
{
	report(timer->data);
}

int ksrtp_service_create(struct ksrtp_service **out, const struct ksrtp_service_setup *setup)
{
	struct ksrtp_service *service = calloc(1, sizeof(*service));
	uint64_t limit;

	if (!service)
		return -ENOMEM;
	service->setup = *setup;
	service->timer = malloc(sizeof(*service->timer));
	if (!service->timer) {
		free(service);
		return -ENOMEM;
	}
	service->watched = sd_watchdog_enabled(0, &limit) > 0;
	service->every = STATUS_MS;
	/* twice in the time that is allowed, as sd_watchdog_enabled(3) asks */
	if (service->watched && limit / 2000 < STATUS_MS)
		service->every = limit / 2000 ? limit / 2000 : 1;
	uv_timer_init(&setup->loop->uv, service->timer);
	service->timer->data = service;
	*out = service;
	return 0;
}

static void free_timer(uv_handle_t *handle)
{
	free(handle);
}

void ksrtp_service_destroy(struct ksrtp_service *service)
{
	if (!service)
		return;
	uv_close((uv_handle_t *)service->timer, free_timer);
	free(service);
}

void ksrtp_service_ready(struct ksrtp_service *service)
{
	ksrtp_service_say(service, "READY=1");
	if (!getenv("NOTIFY_SOCKET"))
		return;
	report(service);
	uv_timer_start(service->timer, on_timer, service->every, service->every);
}

void ksrtp_service_say(struct ksrtp_service *service, const char *state)
{
	struct timespec now;

	if (!service)
		return;
	/* Type=notify-reload wants to know when */
	clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "%s\nMONOTONIC_USEC=%llu", state,
			 (unsigned long long)now.tv_sec * 1000000 +
			 (unsigned long long)now.tv_nsec / 1000);
}
