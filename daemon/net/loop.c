// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The event loop that everything hangs off. Made and ended by main and by tests.
 */
#include "daemon/net/loop.h"

#include <errno.h>
#include <signal.h>

int ksrtp_loop_init(struct ksrtp_loop *loop, struct ksrtp_log *log)
{
	loop->log = log;
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	/* libuv's errors are negative errnos on every system it shares with us. */
	return uv_loop_init(&loop->uv);
}

static void name_open(uv_handle_t *handle, void *arg)
{
	struct ksrtp_loop *loop = arg;

	ksrtp_log_write(loop->log, KSRTP_LOG_ERROR, "loop: a %s handle was left open",
			uv_handle_type_name(handle->type));
}

int ksrtp_loop_fini(struct ksrtp_loop *loop)
{
	int err = uv_loop_close(&loop->uv);

	/* Only handles that are closing need turns; one that is open would never end. */
	while (err == UV_EBUSY && uv_loop_alive(&loop->uv)) {
		if (!uv_run(&loop->uv, UV_RUN_NOWAIT))
			break;
		err = uv_loop_close(&loop->uv);
	}
	if (err == UV_EBUSY)
		err = uv_loop_close(&loop->uv);
	if (err)
		uv_walk(&loop->uv, name_open, loop);
	return err;
}
