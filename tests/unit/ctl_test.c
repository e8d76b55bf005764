// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control socket: one JSON object a line, each way.
 */
#include "tests/unit/net_bed.h"

#include <errno.h>
#include <jansson.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/ctl/socket.h"
#include "daemon/ctl/transports.h"

struct control {
	struct bed bed;
	struct ksrtp_ctl *ctl;
	char path[96];
};

static json_t *echo(void *ctx, const json_t *request, const char **error)
{
	json_t *what = json_object_get(request, "what");

	++*(unsigned *)ctx;
	if (!what)
		*error = "nothing to echo";
	return json_incref(what);
}

static void open_control(struct control *c)
{
	net_open(&c->bed, NULL);
	snprintf(c->path, sizeof(c->path), "%s/control", c->bed.dir);
	assert_int_equal(ksrtp_ctl_create(&c->ctl, &c->bed.loop, c->path), 0);
	assert_int_equal(ksrtp_ctl_serve(c->ctl), 0);
}

static void close_control(struct control *c)
{
	ksrtp_ctl_destroy(c->ctl);
	assert_int_equal(access(c->path, F_OK), -1);
	net_close(&c->bed);
}

static int dial(const struct control *c)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(un.sun_path, c->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

/* Send @text, turn the loop until @lines lines are back. */
static void ask(struct control *c, int fd, const char *text, unsigned lines, char out[8192])
{
	size_t n = 0, i;
	unsigned seen;

	assert_int_equal(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
	net_until(&c->bed, ({
		net_read(fd, out, 8192, &n);
		for (i = 0, seen = 0; i < n; i++)
			seen += out[i] == '\n';
		seen == lines;
	}));
}

static void requests_are_answered_in_order(void **state)
{
	unsigned calls = 0;
	struct control c;
	char out[8192];
	int fd;

	open_control(&c);
	assert_int_equal(ksrtp_ctl_add(c.ctl, "echo", echo, &calls), 0);
	assert_int_equal(ksrtp_ctl_add(c.ctl, "echo", echo, &calls), -EEXIST);
	fd = dial(&c);
	ask(&c, fd, "{\"cmd\":\"echo\",\"what\":[1,2]}\n{\"cmd\":\"echo\"}\n{\"cmd\":\"ec", 2, out);
	assert_string_equal(out, "{\"cmd\":\"echo\",\"reply\":[1,2]}\n"
			    "{\"cmd\":\"echo\",\"error\":\"nothing to echo\"}\n");
	ask(&c, fd, "ho\",\"what\":null}\n", 1, out);
	assert_string_equal(out, "{\"cmd\":\"echo\",\"reply\":null}\n");
	assert_int_equal(calls, 3);
	ask(&c, fd, "{\"cmd\":\"commands\"}\n", 1, out);
	assert_string_equal(out, "{\"cmd\":\"commands\",\"reply\":[\"commands\",\"echo\"]}\n");
	ksrtp_ctl_remove(c.ctl, "echo");
	ask(&c, fd, "{\"cmd\":\"echo\"}\n", 1, out);
	assert_string_equal(out, "{\"error\":\"unknown command \\\"echo\\\"; known: commands\"}\n");
	close(fd);
	close_control(&c);
}

static void nonsense_is_refused_with_a_sentence(void **state)
{
	static const char *const row[] = { "\n", "{\n", "[]\n", "{\"cmd\":7}\n", "{}\n", "\xff\n" };
	struct control c;
	char out[8192];
	size_t i;
	int fd;

	open_control(&c);
	fd = dial(&c);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ask(&c, fd, row[i], 1, out);
		assert_non_null(strstr(out, "{\"error\":\"expected a JSON object"));
	}
	close(fd);
	close_control(&c);
}

static void a_line_without_end_ends_the_connection(void **state)
{
	static char line[70000];
	struct control c;
	char out[64];
	size_t n = 0, sent = 0;
	ssize_t got;
	int fd;

	memset(line, ' ', sizeof(line));
	open_control(&c);
	fd = dial(&c);
	net_until(&c.bed, ({
		got = send(fd, line + sent, sizeof(line) - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		sent += got > 0 ? (size_t)got : 0;
		!net_read(fd, out, sizeof(out), &n);
	}));
	assert_int_equal(n, 0);
	close(fd);
	close_control(&c);
}

static json_t *long_text(void *ctx, const json_t *request, const char **error)
{
	static char text[4u << 20];

	memset(text, 'x', sizeof(text) - 1);
	return json_string(text);
}

/* What does not go out at once goes out whole. */
static void a_long_reply_ends_as_a_line(void **state)
{
	static char out[5u << 20];
	struct control c;
	size_t n = 0;
	int fd;

	open_control(&c);
	assert_int_equal(ksrtp_ctl_add(c.ctl, "long", long_text, NULL), 0);
	fd = dial(&c);
	assert_int_equal(send(fd, "{\"cmd\":\"long\"}\n", 15, 0), 15);
	net_until(&c.bed, ({
		net_read(fd, out, sizeof(out), &n);
		n == sizeof("{\"cmd\":\"long\",\"reply\":\"\"}\n") - 1 + (4u << 20) - 1;
	}));
	assert_memory_equal(out + n - 4, "x\"}\n", 4);
	close(fd);
	close_control(&c);
}

struct slow {
	struct control c;
	struct ksrtp_ctl_later *later;
};

static json_t *answer_later(void *ctx, const json_t *request, const char **error)
{
	struct slow *slow = ctx;

	slow->later = ksrtp_ctl_later(slow->c.ctl);
	return NULL;
}

static void a_connection_waits_for_its_answer_and_others_do_not(void **state)
{
	struct slow slow = { 0 };
	unsigned calls = 0;
	char out[8192];
	int fd[2];

	open_control(&slow.c);
	assert_int_equal(ksrtp_ctl_add(slow.c.ctl, "slow", answer_later, &slow), 0);
	assert_int_equal(ksrtp_ctl_add(slow.c.ctl, "echo", echo, &calls), 0);
	fd[0] = dial(&slow.c);
	fd[1] = dial(&slow.c);
	ask(&slow.c, fd[0], "{\"cmd\":\"slow\"}\n{\"cmd\":\"echo\",\"what\":1}\n", 0, out);
	net_until(&slow.c.bed, slow.later);
	ask(&slow.c, fd[1], "{\"cmd\":\"echo\",\"what\":2}\n", 1, out);
	assert_string_equal(out, "{\"cmd\":\"echo\",\"reply\":2}\n");
	assert_int_equal(calls, 1);
	ksrtp_ctl_answer(slow.later, json_integer(7), NULL);
	ask(&slow.c, fd[0], "{\"cmd\":\"echo\",\"what\":3}\n", 3, out);
	assert_string_equal(out, "{\"cmd\":\"slow\",\"reply\":7}\n"
			    "{\"cmd\":\"echo\",\"reply\":1}\n"
			    "{\"cmd\":\"echo\",\"reply\":3}\n");
	slow.later = NULL;
	ask(&slow.c, fd[0], "{\"cmd\":\"slow\"}\n", 0, out);
	net_until(&slow.c.bed, slow.later);
	ksrtp_ctl_answer(slow.later, NULL, "no");
	ask(&slow.c, fd[0], "", 1, out);
	assert_string_equal(out, "{\"cmd\":\"slow\",\"error\":\"no\"}\n");
	/* and one that is answered when nobody is there any more */
	slow.later = NULL;
	ask(&slow.c, fd[0], "{\"cmd\":\"slow\"}\n", 0, out);
	net_until(&slow.c.bed, slow.later);
	close(fd[0]);
	close(fd[1]);
	close_control(&slow.c);
	ksrtp_ctl_answer(slow.later, json_integer(8), NULL);
}

static void only_the_owner_may_connect_and_one_daemon_listens(void **state)
{
	struct ksrtp_ctl *second;
	struct control c;
	struct stat st;

	open_control(&c);
	assert_int_equal(stat(c.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(ksrtp_ctl_create(&second, &c.bed.loop, c.path), -EADDRINUSE);
	close_control(&c);
}

static void a_dead_socket_is_replaced_and_a_file_is_not(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct control c;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	FILE *f;

	net_open(&c.bed, NULL);
	snprintf(c.path, sizeof(c.path), "%s/control", c.bed.dir);
	strcpy(un.sun_path, c.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	close(fd);
	assert_int_equal(ksrtp_ctl_create(&c.ctl, &c.bed.loop, c.path), 0);
	ksrtp_ctl_destroy(c.ctl);
	f = fopen(c.path, "w");
	fclose(f);
	assert_int_equal(ksrtp_ctl_create(&c.ctl, &c.bed.loop, c.path), -EADDRINUSE);
	net_close(&c.bed);
}

static void transports_are_listed(void **state)
{
	struct ksrtp_target target = { .transport = KSRTP_TRANSPORT_TCP };
	json_t *answer, *answer_row, *list;
	struct control c;
	char out[8192];
	int fd;

	open_control(&c);
	assert_int_equal(ksrtp_transports_add(c.ctl, c.bed.net), 0);
	net_listen(&c.bed, KSRTP_TRANSPORT_UDP);
	target.addr = net_listen(&c.bed, KSRTP_TRANSPORT_TCP);
	net_connect(&c.bed, &target);
	net_until(&c.bed, c.bed.connects == 1);
	assert_int_equal(ksrtp_net_send(c.bed.net, &c.bed.connected, "M0001a", 6), 0);
	net_until(&c.bed, c.bed.messages == 1);
	fd = dial(&c);
	ask(&c, fd, "{\"cmd\":\"connections\"}\n", 1, out);
	answer = json_loads(out, 0, NULL);
	list = json_object_get(answer, "reply");
	assert_int_equal(json_array_size(list), 4);
	answer_row = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(answer_row, "transport")), "UDP");
	assert_null(json_object_get(json_array_get(list, 1), "remote"));
	assert_true(json_is_false(json_object_get(json_array_get(list, 2), "inbound")));
	assert_true(json_is_true(json_object_get(json_array_get(list, 3), "inbound")));
	json_decref(answer);
	ask(&c, fd, "{\"cmd\":\"peers\"}\n", 1, out);
	assert_string_equal(out, "{\"cmd\":\"peers\",\"reply\":[]}\n");
	close(fd);
	close_control(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_answered_in_order),
		cmocka_unit_test(nonsense_is_refused_with_a_sentence),
		cmocka_unit_test(a_line_without_end_ends_the_connection),
		cmocka_unit_test(a_long_reply_ends_as_a_line),
		cmocka_unit_test(a_connection_waits_for_its_answer_and_others_do_not),
		cmocka_unit_test(only_the_owner_may_connect_and_one_daemon_listens),
		cmocka_unit_test(a_dead_socket_is_replaced_and_a_file_is_not),
		cmocka_unit_test(transports_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
