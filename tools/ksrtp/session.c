// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp session new|set|del, ksrtp flush. Sessions made by hand are not bound to this process: they
 * stay until they are deleted or idle.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/ksrtp/command.h"
#include "tools/ksrtp/words.h"

static int read_session(struct ksrtp_nl_session *s, int argc, char **argv, bool id_only)
{
	const char *label = NULL;
	struct word words[] = {
		{ "id", WORD_NUMBER, &s->id, false },
		{ "label", WORD_TEXT, &label, false },
		{ "idle", WORD_NUMBER, &s->idle, false },
		{ "lifetime", WORD_NUMBER, &s->lifetime, false },
	};
	int status = ksrtp_words_read(words, id_only ? 1 : ARRAY_SIZE(words), argc, argv);

	if (status)
		return status;
	if (label && strlen(label) > KSRTP_LABEL_MAX)
		return ksrtp_command_usage("a label has at most %d bytes", KSRTP_LABEL_MAX);
	if (label)
		strcpy(s->label, label);
	return 0;
}

static int session_new(struct command *c, int argc, char **argv)
{
	struct ksrtp_nl_session s = { .persist = true };
	int status = read_session(&s, argc, argv, false), err;

	if (status)
		return status;
	err = ksrtp_nl_session_new(c->nl, &s);
	if (err)
		return ksrtp_command_refused(c, "session new", err);
	printf("%u\n", s.id);
	return 0;
}

static int session_set(struct command *c, int argc, char **argv)
{
	struct ksrtp_nl_session s = { 0 };
	int status = read_session(&s, argc, argv, false), err;

	if (status)
		return status;
	if (!s.id)
		return ksrtp_command_usage("session set needs an id");
	err = ksrtp_nl_session_set(c->nl, &s);
	return err ? ksrtp_command_refused(c, "session set", err) : 0;
}

static int session_del(struct command *c, int argc, char **argv)
{
	struct ksrtp_nl_session s = { 0 };
	int status = read_session(&s, argc, argv, true), err;

	if (status)
		return status;
	if (!s.id)
		return ksrtp_command_usage("session del needs an id");
	err = ksrtp_nl_session_del(c->nl, s.id);
	return err ? ksrtp_command_refused(c, "session del", err) : 0;
}

int ksrtp_command_session(struct command *c, int argc, char **argv)
{
	static const char *const actions[] = { "new", "set", "del", NULL };
	static const command_verb verb[] = { session_new, session_set, session_del };
	int action = argc ? ksrtp_words_choose(actions, argv[0]) : -1, status;

	if (action < 0)
		return ksrtp_command_usage("session takes new, set or del");
	status = ksrtp_command_kernel(c);
	return status ? status : verb[action](c, argc - 1, argv + 1);
}

struct id_list {
	u32 *id;
	size_t n;
};

static void remember(void *ctx, const struct ksrtp_nl_session *s)
{
	struct id_list *list = ctx;
	u32 *grown = reallocarray(list->id, list->n + 1, sizeof(*grown));

	if (!grown)
		return;
	list->id = grown;
	list->id[list->n++] = s->id;
}

int ksrtp_command_flush(struct command *c, int argc, char **argv)
{
	struct id_list list = { 0 };
	int status = ksrtp_words_read(NULL, 0, argc, argv), err;
	size_t i;

	if (!status)
		status = ksrtp_command_kernel(c);
	if (status)
		return status;
	/* A dump that was interrupted still names sessions to delete. */
	err = ksrtp_nl_sessions(c->nl, remember, &list);
	if (err && err != -EINTR)
		status = ksrtp_command_refused(c, "flush", err);
	for (i = 0; i < list.n && !status; i++) {
		err = ksrtp_nl_session_del(c->nl, list.id[i]);
		if (err && err != -ENOENT)
			status = ksrtp_command_refused(c, "flush", err);
	}
	free(list.id);
	return status;
}
