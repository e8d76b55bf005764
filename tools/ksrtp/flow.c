// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp flow new|set|del. set changes what is named and keeps the rest as the kernel reports it.
 */
#include <stdio.h>

#include "tools/ksrtp/command.h"
#include "tools/ksrtp/words.h"

/* Words whose value is a choice, read as text first. */
struct choices {
	const char *source;
	const char *secure;
};

static int apply_choices(struct ksrtp_nl_flow *f, const struct choices *choices)
{
	static const char *const sources[] = { "strict", "latch", "any", NULL };
	static const char *const secures[] = { "none", "rx", "tx", "both", NULL };
	int n;

	if (choices->source) {
		n = ksrtp_words_choose(sources, choices->source);
		if (n < 0)
			return ksrtp_command_usage("source takes strict, latch or any");
		f->source = (enum ksrtp_source)n;
	}
	if (choices->secure) {
		n = ksrtp_words_choose(secures, choices->secure);
		if (n < 0)
			return ksrtp_command_usage("secure takes none, rx, tx or both");
		f->secure_rx = n & 1;
		f->secure_tx = n & 2;
	}
	return 0;
}

static int flow_new(struct command *c, int argc, char **argv)
{
	struct ksrtp_nl_flow f = { 0 };
	struct ksrtp_endpoint in_place = { 0 }, raw = { 0 };
	struct choices choices = { 0 };
	struct word words[] = {
		{ "id", WORD_NUMBER, &f.id, false },
		{ "session", WORD_NUMBER, &f.session, false },
		{ "listen", WORD_ENDPOINT, &f.listen, false },
		{ "in-place", WORD_ENDPOINT, &in_place, false },
		{ "raw", WORD_ENDPOINT, &raw, false },
		{ "rtcp", WORD_PORT, &f.listen_rtcp, false },
		{ "remote", WORD_ENDPOINT, &f.remote, false },
		{ "remote-rtcp", WORD_PORT, &f.remote_rtcp, false },
		{ "natted", WORD_ADDRESS, &f.natted, false },
		{ "peer", WORD_NUMBER, &f.peer, false },
		{ "streams", WORD_NUMBER, &f.streams, false },
		{ "source", WORD_TEXT, &choices.source, false },
		{ "secure", WORD_TEXT, &choices.secure, false },
	};
	int status = ksrtp_words_read(words, ARRAY_SIZE(words), argc, argv), err;

	if (!status)
		status = apply_choices(&f, &choices);
	if (status)
		return status;
	f.in_place = in_place.port;
	f.raw = raw.port;
	if (!f.session || !!f.listen.port + f.in_place + f.raw != 1)
		return ksrtp_command_usage("flow new needs session, and listen, in-place or raw");
	if (f.in_place)
		f.listen = in_place;
	if (f.raw)
		f.listen = raw;
	err = ksrtp_nl_flow_new(c->nl, &f);
	if (err)
		return ksrtp_command_refused(c, "flow new", err);
	/* The other end learns of this one, or nothing would ever go there. */
	err = f.peer ? ksrtp_nl_flow_pair(c->nl, f.id, f.peer) : 0;
	if (err)
		return ksrtp_command_refused(c, "flow new: peer", err);
	printf("%u\n", f.id);
	return 0;
}

static int flow_set(struct command *c, int argc, char **argv)
{
	struct ksrtp_nl_flow f, wanted = { 0 };
	struct choices choices = { 0 };
	struct word words[] = {
		{ "id", WORD_NUMBER, &wanted.id, false },
		{ "remote", WORD_ENDPOINT, &wanted.remote, false },
		{ "remote-rtcp", WORD_PORT, &wanted.remote_rtcp, false },
		{ "natted", WORD_ADDRESS, &wanted.natted, false },
		{ "peer", WORD_NUMBER, &wanted.peer, false },
		{ "source", WORD_TEXT, &choices.source, false },
		{ "secure", WORD_TEXT, &choices.secure, false },
	};
	int status = ksrtp_words_read(words, ARRAY_SIZE(words), argc, argv), err;

	if (status)
		return status;
	if (!wanted.id)
		return ksrtp_command_usage("flow set needs an id");
	err = ksrtp_nl_flow_get(c->nl, wanted.id, &f);
	if (err)
		return ksrtp_command_refused(c, "flow set", err);
	if (words[1].given) {
		f.remote = wanted.remote;
		f.remote_rtcp = 0;
	}
	if (words[2].given)
		f.remote_rtcp = wanted.remote_rtcp;
	f.natted = wanted.natted;
	status = apply_choices(&f, &choices);
	if (status)
		return status;
	err = ksrtp_nl_flow_set(c->nl, &f);
	if (!err && wanted.peer)
		err = ksrtp_nl_flow_pair(c->nl, f.id, wanted.peer);
	return err ? ksrtp_command_refused(c, "flow set", err) : 0;
}

static int flow_del(struct command *c, int argc, char **argv)
{
	u32 id = 0;
	struct word words[] = { { "id", WORD_NUMBER, &id, false } };
	int status = ksrtp_words_read(words, ARRAY_SIZE(words), argc, argv), err;

	if (status)
		return status;
	if (!id)
		return ksrtp_command_usage("flow del needs an id");
	err = ksrtp_nl_flow_del(c->nl, id);
	return err ? ksrtp_command_refused(c, "flow del", err) : 0;
}

int ksrtp_command_flow(struct command *c, int argc, char **argv)
{
	static const char *const actions[] = { "new", "set", "del", NULL };
	static const command_verb verb[] = { flow_new, flow_set, flow_del };
	int action = argc ? ksrtp_words_choose(actions, argv[0]) : -1, status;

	if (action < 0)
		return ksrtp_command_usage("flow takes new, set or del");
	status = ksrtp_command_kernel(c);
	return status ? status : verb[action](c, argc - 1, argv + 1);
}
