// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp registrations, connections, peers and servers: the daemon's lists as tables.
 */
#include <stdio.h>

#include "tools/ksrtp/control.h"
#include "tools/ksrtp/table.h"
#include "tools/ksrtp/view.h"
#include "tools/ksrtp/words.h"

static enum terminal_style transport_style(const json_t *row, const char *transport)
{
	return !strcmp(transport, "TLS") ? TERMINAL_GOOD : TERMINAL_TROUBLE;
}

static enum terminal_style identity_style(const json_t *row, const char *identity)
{
	return !strcmp(identity, "unauthenticated") ? TERMINAL_PLAIN : TERMINAL_GOOD;
}

static enum terminal_style state_style(const json_t *row, const char *state)
{
	if (!strcmp(state, "down"))
		return TERMINAL_TROUBLE;
	return !strcmp(state, "up") ? TERMINAL_GOOD : TERMINAL_PLAIN;
}

/**
 * struct list - what to ask for and how it looks
 * @empty: what is said when there is none
 */
struct list {
	const char *question;
	const char *empty;
	const struct table_column *columns;
	size_t n;
};

static int print_list(struct command *c, const struct list *list, int argc, char **argv)
{
	int status = ksrtp_words_read(NULL, 0, argc, argv);
	char error[256];
	json_t *rows;

	if (status)
		return status;
	if (ksrtp_control_ask(c, list->question, &rows, error, sizeof(error)))
		return ksrtp_command_fail("%s", error);
	if (c->output != OUTPUT_TEXT)
		return ksrtp_view_print(c, rows);
	if (json_array_size(rows))
		ksrtp_table_print(rows, list->columns, list->n);
	else
		puts(list->empty);
	json_decref(rows);
	return 0;
}

int ksrtp_command_registrations(struct command *c, int argc, char **argv)
{
	static const struct table_column columns[] = {
		{ "registration", "registration", NULL, NULL },
		{ "over", "transport", NULL, transport_style },
		{ "address", "address", NULL, NULL },
		{ "contact", "contact", NULL, NULL },
		{ "seconds", "age", NULL, NULL },
		{ "expires", "expires", NULL, NULL },
	};
	static const struct list list = { "registrations", "no registrations", columns,
					  ARRAY_SIZE(columns) };

	return print_list(c, &list, argc, argv);
}

int ksrtp_command_connections(struct command *c, int argc, char **argv)
{
	static const struct table_column columns[] = {
		{ "over", "transport", NULL, transport_style },
		{ "local", "local", NULL, NULL },
		{ "remote", "remote", NULL, NULL },
		{ "seconds", "age", NULL, NULL },
		{ "idle", "idle", NULL, NULL },
		{ "in", "messages", "in", NULL },
		{ "out", "messages", "out", NULL },
		{ "queued", "queued", NULL, NULL },
	};
	static const struct list list = { "connections", "no connections", columns,
					  ARRAY_SIZE(columns) };

	return print_list(c, &list, argc, argv);
}

int ksrtp_command_peers(struct command *c, int argc, char **argv)
{
	static const struct table_column columns[] = {
		{ "remote", "remote", NULL, NULL },
		{ "version", "version", NULL, NULL },
		{ "cipher", "cipher", NULL, NULL },
		{ "identity", "identity", NULL, identity_style },
		{ "name", "name", NULL, NULL },
		{ "problem", "problem", NULL, NULL },
	};
	static const struct list list = { "peers", "no TLS peers", columns, ARRAY_SIZE(columns) };

	return print_list(c, &list, argc, argv);
}

int ksrtp_command_servers(struct command *c, int argc, char **argv)
{
	static const struct table_column columns[] = {
		{ "core", "core", NULL, NULL },
		{ "server", "host", NULL, NULL },
		{ "state", "state", NULL, state_style },
		{ "seconds", "age", NULL, NULL },
		{ "over", "transport", NULL, transport_style },
		{ "address", "address", NULL, NULL },
		{ "priority", "priority", NULL, NULL },
		{ "weight", "weight", NULL, NULL },
		{ "probes", "probes", NULL, NULL },
		{ "answered", "answered", NULL, NULL },
		{ "status", "status", NULL, NULL },
		{ "ms", "round_trip", NULL, NULL },
	};
	static const struct list list = { "servers", "no core", columns, ARRAY_SIZE(columns) };

	return print_list(c, &list, argc, argv);
}
