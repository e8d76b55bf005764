// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The client of the daemon's control socket: a line of JSON each way. Called by calls, status,
 * doctor and the overview.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/ksrtp/control.h"

#define ANSWER_SECONDS	10
#define LINE_BYTES	4096

static int dial(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	int fd, err;

	if (strlen(path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int send_line(int fd, const json_t *request)
{
	char line[LINE_BYTES];
	size_t n = json_dumpb(request, line, sizeof(line) - 1, JSON_COMPACT);

	if (!n || n >= sizeof(line))
		return -EINVAL;
	line[n++] = '\n';
	return send(fd, line, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : -EIO;
}

/* The whole answer is one line of any length. */
static int receive_line(int fd, json_t **answer)
{
	json_error_t wrong;
	char *line = NULL;
	size_t room = 0;
	FILE *in = fdopen(fd, "r");
	ssize_t n;

	if (!in) {
		close(fd);
		return -ENOMEM;
	}
	n = getline(&line, &room, in);
	fclose(in);
	*answer = n > 0 ? json_loadb(line, (size_t)n, 0, &wrong) : NULL;
	free(line);
	return *answer ? 0 : -EPROTO;
}

int ksrtp_control_ask(const struct command *c, const char *question, json_t **reply, char *error,
		      size_t size)
{
	return ksrtp_control_tell(c, json_pack("{s:s}", "cmd", question), reply, error, size);
}

int ksrtp_control_tell(const struct command *c, json_t *request, json_t **reply, char *error,
		       size_t size)
{
	json_t *answer = NULL;
	int fd = dial(c->control), err;

	if (fd < 0) {
		snprintf(error, size, "ksrtpd does not answer at %s: %s", c->control,
			 strerror(-fd));
		json_decref(request);
		return fd;
	}
	err = send_line(fd, request);
	json_decref(request);
	if (err)
		close(fd);
	else
		err = receive_line(fd, &answer);
	if (err) {
		snprintf(error, size, "ksrtpd gave no answer: %s", strerror(-err));
		return err;
	}
	*reply = json_incref(json_object_get(answer, "reply"));
	if (!*reply) {
		const char *why = json_string_value(json_object_get(answer, "error"));

		snprintf(error, size, "ksrtpd: %s", why ? why : "an answer without a reply");
		err = -EPROTO;
	}
	json_decref(answer);
	return err;
}
