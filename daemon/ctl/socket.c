// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control socket: JSON objects, one a line, answered by whoever registered the command.
 *
 * Called by main and by the parts that serve commands. Loop thread only. Only the daemon's own
 * user and root can connect (mode 0600), so the caps here are against mistakes, not attacks.
 */
#include "daemon/ctl/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/list.h"

#define LINE_BYTES	65536
#define CLIENTS		64
#define BACKLOG		16
#define QUEUE_BYTES	(64u * 1024 * 1024)

struct command {
	struct ksrtp_list node;
	const char *name;
	ksrtp_ctl_fn fn;
	void *ctx;
};

struct ksrtp_ctl {
	struct ksrtp_loop *loop;
	uv_pipe_t *listener;
	struct ksrtp_list commands;
	struct ksrtp_list clients;
	unsigned n_clients;
	struct client *asking;		/* while its command is served */
	const char *cmd;		/* the name of that command */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

struct client {
	struct ksrtp_list node;
	struct ksrtp_ctl *ctl;		/* NULL once the socket is destroyed */
	uv_pipe_t pipe;
	char *in;
	size_t n, size;
	struct ksrtp_ctl_later *later;	/* what it waits for */
};

struct ksrtp_ctl_later {
	struct client *client;		/* NULL: it has gone */
	const char *cmd;
};

struct reply {
	uv_write_t write;
	char *text;
};

static void on_client_closed(uv_handle_t *handle)
{
	struct client *client = handle->data;

	free(client->in);
	free(client);
}

static void drop(struct client *client)
{
	if (uv_is_closing((uv_handle_t *)&client->pipe))
		return;
	if (client->later)
		client->later->client = NULL;
	client->later = NULL;
	ksrtp_list_del(&client->node);
	client->ctl->n_clients--;
	uv_close((uv_handle_t *)&client->pipe, on_client_closed);
}

static void on_written(uv_write_t *write, int status)
{
	struct reply *reply = ksrtp_container(write, struct reply, write);

	(void)status;
	free(reply->text);
	free(reply);
}

/* Send @object and a line end. Takes the reference. */
static void send_object(struct client *client, json_t *object)
{
	static char line_end[] = "\n";	/* lasts longer than a write that has to wait */
	struct reply *reply = calloc(1, sizeof(*reply));
	uv_buf_t buf[2];

	if (reply)
		reply->text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	if (!reply || !reply->text ||
	    uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe) > QUEUE_BYTES) {
		if (reply)
			free(reply->text);
		free(reply);
		drop(client);
		return;
	}
	buf[0] = uv_buf_init(reply->text, (unsigned)strlen(reply->text));
	buf[1] = uv_buf_init(line_end, 1);
	if (uv_write(&reply->write, (uv_stream_t *)&client->pipe, buf, 2, on_written)) {
		free(reply->text);
		free(reply);
		drop(client);
	}
}

static struct command *find(const struct ksrtp_ctl *ctl, const char *name)
{
	struct ksrtp_list *node, *tmp;

	ksrtp_list_each(node, tmp, &ctl->commands) {
		struct command *c = ksrtp_container(node, struct command, node);

		if (!strcmp(c->name, name))
			return c;
	}
	return NULL;
}

static json_t *list_commands(void *arg, const json_t *request, const char **error)
{
	struct ksrtp_ctl *ctl = arg;
	struct ksrtp_list *node, *tmp;
	json_t *list = json_array();

	(void)request;
	(void)error;
	ksrtp_list_each(node, tmp, &ctl->commands)
		json_array_append_new(list, json_string(
			ksrtp_container(node, struct command, node)->name));
	return list;
}

static json_t *unknown(const struct ksrtp_ctl *ctl, const char *name)
{
	char text[512];
	struct ksrtp_list *node, *tmp;
	size_t at = (size_t)snprintf(text, sizeof(text), "unknown command \"%.64s\"; known:", name);

	ksrtp_list_each(node, tmp, &ctl->commands)
		if (at < sizeof(text))
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s %s",
					       node == ctl->commands.next ? "" : ",",
					       ksrtp_container(node, struct command, node)->name);
	return json_pack("{s:s}", "error", text);
}

static json_t *outcome(const char *cmd, json_t *reply, const char *error)
{
	return reply ? json_pack("{s:s,s:o}", "cmd", cmd, "reply", reply) :
		       json_pack("{s:s,s:s}", "cmd", cmd, "error", error);
}

/* Return: NULL when the answer comes later, or there is no memory for it. */
static json_t *answer(struct client *client, const char *line, size_t n)
{
	struct ksrtp_ctl *ctl = client->ctl;
	const char *name, *error = "refused";
	struct command *command;
	json_t *request = json_loadb(line, n, 0, NULL), *reply, *out;

	name = json_string_value(json_object_get(request, "cmd"));
	if (!name) {
		out = json_pack("{s:s+}", "error", "expected a JSON object with a string \"cmd\"",
				request ? "" : ": no JSON");
		json_decref(request);
		return out;
	}
	command = find(ctl, name);
	if (!command) {
		out = unknown(ctl, name);
		json_decref(request);
		return out;
	}
	ctl->asking = client;
	ctl->cmd = command->name;
	reply = command->fn(command->ctx, request, &error);
	ctl->asking = NULL;
	out = client->later ? NULL : outcome(name, reply, error);
	json_decref(request);
	return out;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct client *client = handle->data;
	size_t size = client->size ? client->size * 2 : 1024;
	char *in;

	(void)suggested;
	if (client->n == client->size && size <= LINE_BYTES) {
		in = realloc(client->in, size);
		if (in) {
			client->in = in;
			client->size = size;
		}
	}
	/* No room left (a line that is too long) is UV_ENOBUFS in the read callback. */
	*buf = uv_buf_init(client->in ? client->in + client->n : NULL,
			   (unsigned)(client->size - client->n));
}

/* Serve the lines that are there, until one must wait. */
static void serve(struct client *client)
{
	size_t used;
	json_t *out;
	char *end;

	while (client->n && !client->later && (end = memchr(client->in, '\n', client->n))) {
		used = (size_t)(end - client->in) + 1;
		out = answer(client, client->in, used - 1);
		client->n -= used;
		memmove(client->in, end + 1, client->n);
		if (out)
			send_object(client, out);
		if (uv_is_closing((uv_handle_t *)&client->pipe))
			return;
	}
	if (client->later)
		uv_read_stop((uv_stream_t *)&client->pipe);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
	struct client *client = stream->data;

	(void)buf;
	if (got < 0) {
		drop(client);
		return;
	}
	client->n += (size_t)got;
	serve(client);
}

struct ksrtp_ctl_later *ksrtp_ctl_later(struct ksrtp_ctl *ctl)
{
	struct ksrtp_ctl_later *later = calloc(1, sizeof(*later));

	if (!later)
		return NULL;
	later->client = ctl->asking;
	later->cmd = ctl->cmd;
	ctl->asking->later = later;
	return later;
}

void ksrtp_ctl_answer(struct ksrtp_ctl_later *later, json_t *reply, const char *error)
{
	struct client *client = later->client;

	if (!client) {
		json_decref(reply);
		free(later);
		return;
	}
	client->later = NULL;
	send_object(client, outcome(later->cmd, reply, error));
	free(later);
	if (uv_is_closing((uv_handle_t *)&client->pipe))
		return;
	serve(client);
	if (!client->later && !uv_is_closing((uv_handle_t *)&client->pipe) &&
	    uv_read_start((uv_stream_t *)&client->pipe, on_alloc, on_read))
		drop(client);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct ksrtp_ctl *ctl = listener->data;
	struct client *client;

	if (status < 0)
		return;
	client = calloc(1, sizeof(*client));
	if (!client)
		return;
	client->ctl = ctl;
	client->pipe.data = client;
	ksrtp_list_init(&client->node);
	ctl->n_clients++;
	uv_pipe_init(&ctl->loop->uv, &client->pipe, 0);
	if (uv_accept(listener, (uv_stream_t *)&client->pipe) || ctl->n_clients > CLIENTS ||
	    uv_read_start((uv_stream_t *)&client->pipe, on_alloc, on_read)) {
		drop(client);
		return;
	}
	ksrtp_list_add(&ctl->clients, &client->node);
}

/* Is anybody listening at the other end of that path? */
static bool is_live(const struct sockaddr_un *un)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool live;

	if (fd < 0)
		return true;
	live = !connect(fd, (const struct sockaddr *)un, sizeof(*un));
	close(fd);
	return live;
}

static int open_socket(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct stat st;
	int fd, err;

	memcpy(un.sun_path, path, strlen(path) + 1);
	if (!lstat(path, &st)) {
		if (!S_ISSOCK(st.st_mode) || is_live(&un))
			return -EADDRINUSE;
		if (unlink(path))
			return -errno;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* Nobody can connect before listen(), so there is no moment with a wider mode. */
	if (bind(fd, (struct sockaddr *)&un, sizeof(un)) || chmod(path, 0600) ||
	    listen(fd, BACKLOG)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

int ksrtp_ctl_create(struct ksrtp_ctl **out, struct ksrtp_loop *loop, const char *path)
{
	struct ksrtp_ctl *ctl = calloc(1, sizeof(*ctl));
	int fd, err = -ENOMEM;

	if (!ctl)
		return -ENOMEM;
	ctl->loop = loop;
	ksrtp_list_init(&ctl->commands);
	ksrtp_list_init(&ctl->clients);
	ctl->listener = calloc(1, sizeof(*ctl->listener));
	if (!ctl->listener)
		goto free_ctl;
	err = -ENAMETOOLONG;
	if (strlen(path) >= sizeof(ctl->path))
		goto free_listener;
	memcpy(ctl->path, path, strlen(path) + 1);
	fd = open_socket(path);
	if (fd < 0) {
		err = fd;
		goto free_listener;
	}
	uv_pipe_init(&loop->uv, ctl->listener, 0);
	ctl->listener->data = ctl;
	err = uv_pipe_open(ctl->listener, fd);
	if (err)
		close(fd);
	else
		err = ksrtp_ctl_add(ctl, "commands", list_commands, ctl);
	if (err) {
		ksrtp_ctl_destroy(ctl);
		return err;
	}
	*out = ctl;
	return 0;

free_listener:
	free(ctl->listener);
free_ctl:
	free(ctl);
	return err;
}

int ksrtp_ctl_serve(struct ksrtp_ctl *ctl)
{
	return uv_listen((uv_stream_t *)ctl->listener, BACKLOG, on_connection);
}

void ksrtp_ctl_destroy(struct ksrtp_ctl *ctl)
{
	struct ksrtp_list *node, *tmp;

	if (!ctl)
		return;
	ksrtp_list_each(node, tmp, &ctl->clients)
		drop(ksrtp_container(node, struct client, node));
	ksrtp_list_each(node, tmp, &ctl->commands)
		free(ksrtp_container(node, struct command, node));
	uv_close((uv_handle_t *)ctl->listener, free_handle);
	unlink(ctl->path);
	free(ctl);
}

int ksrtp_ctl_add(struct ksrtp_ctl *ctl, const char *cmd, ksrtp_ctl_fn fn, void *ctx)
{
	struct command *c;

	if (!ctl)
		return 0;
	if (find(ctl, cmd))
		return -EEXIST;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->name = cmd;
	c->fn = fn;
	c->ctx = ctx;
	ksrtp_list_add(&ctl->commands, &c->node);
	return 0;
}

void ksrtp_ctl_remove(struct ksrtp_ctl *ctl, const char *cmd)
{
	struct command *c = ctl ? find(ctl, cmd) : NULL;

	if (!c)
		return;
	ksrtp_list_del(&c->node);
	free(c);
}
