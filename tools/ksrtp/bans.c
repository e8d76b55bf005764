// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp bans: sources of attacks go into nft's sets (tools/lib/ban.h) for a time.
 *
 * A source of UDP is easily forged: whoever can guess an address could have it banned. So no single
 * packet bans anybody, only a source that most of a storm came from, several times; none that a
 * flow sends to or expects is banned, nor what the operator allows; and a ban takes UDP alone.
 */
#include <stdio.h>
#include <time.h>

#include "tools/ksrtp/collect.h"
#include "tools/ksrtp/endpoint.h"
#include "tools/ksrtp/view.h"
#include "tools/ksrtp/words.h"
#include "tools/lib/ban.h"
#include "tools/lib/offence.h"

#define TIMEOUT		600
#define THRESHOLD	3
#define WITHIN		60

static int failed(const struct ksrtp_ban *ban, const char *what)
{
	return ksrtp_command_fail("bans: %s: %s", what, ksrtp_ban_error(ban));
}

static const char *address(const struct ksrtp_endpoint *who, char out[ENDPOINT_TEXT])
{
	struct ksrtp_endpoint bare = *who;

	bare.port = 0;
	return ksrtp_endpoint_write(&bare, out);
}

/* ---- by hand ---- */

static void each_entry(void *ctx, const struct ksrtp_ban_entry *entry)
{
	char text[ENDPOINT_TEXT];
	json_t *o = json_object();

	json_object_set_new(o, "banned", json_string(address(&entry->who, text)));
	json_object_set_new(o, "for", json_string(entry->kind == KSRTP_BAN_SIP ? "sip" : "media"));
	json_object_set_new(o, "expires", json_integer(entry->expires));
	json_array_append_new(ctx, o);
}

static int list(struct command *c, struct ksrtp_ban *ban)
{
	json_t *tree = json_array();

	if (ksrtp_ban_list(ban, each_entry, tree)) {
		json_decref(tree);
		return failed(ban, "list");
	}
	return ksrtp_view_print(c, tree);
}

static int flush(struct ksrtp_ban *ban)
{
	return ksrtp_ban_flush(ban) ? failed(ban, "flush") : 0;
}

static int by_hand(struct ksrtp_ban *ban, bool add, int argc, char **argv)
{
	struct ksrtp_endpoint who;
	u32 timeout = TIMEOUT;
	struct word words[] = { { "timeout", WORD_NUMBER, &timeout, false } };
	int status, err;

	if (!argc || ksrtp_endpoint_parse(&who, argv[0], false))
		return ksrtp_command_usage("bans add and del take an IP address");
	status = ksrtp_words_read(words, add, argc - 1, argv + 1);
	if (status)
		return status;
	err = add ? 0 : ksrtp_ban_del(ban, &who);
	if (err == -ENOENT)
		return ksrtp_command_fail("bans: %s is not banned", argv[0]);
	if (err)
		return failed(ban, "del");
	if (add && (ksrtp_ban_prepare(ban) ||
		    ksrtp_ban_add(ban, KSRTP_BAN_MEDIA, &who, timeout)))
		return failed(ban, "add");
	return 0;
}

/* ---- by events ---- */

struct watch {
	struct command *c;
	struct ksrtp_ban *ban;
	struct ksrtp_nl *ask;		/* a socket that no events come to */
	struct ksrtp_offence_rules rules;
	struct ksrtp_offence_memory memory;
	u32 timeout;
	bool sources;
};

struct present {
	const struct ksrtp_endpoint *who;
	u32 flow;
};

static void each_flow(void *ctx, const struct ksrtp_nl_flow *f)
{
	struct present *present = ctx;

	if (!memcmp(f->remote.addr, present->who->addr, sizeof(f->remote.addr)) ||
	    !memcmp(f->natted.addr, present->who->addr, sizeof(f->natted.addr)))
		present->flow = f->id;
}

static bool attack(const struct watch *w, const struct ksrtp_nl_event *e)
{
	switch (e->type) {
	case KSRTP_EVENT_TAG_STORM:
	case KSRTP_EVENT_PROBE:
	case KSRTP_EVENT_REPLAY_STORM:
		return true;
	case KSRTP_EVENT_SOURCE_STORM:
		return w->sources;
	default:
		return false;
	}
}

static void tell(const struct watch *w, const struct ksrtp_nl_event *e, const char *what)
{
	json_t *o;
	char text[ENDPOINT_TEXT];

	address(&e->source, text);
	if (w->c->output == OUTPUT_TEXT) {
		printf("%s %s: %s at flow %u\n", text, what, ksrtp_collect_event_name(e->type),
		       e->flow);
	} else {
		o = json_object();
		json_object_set_new(o, "address", json_string(text));
		json_object_set_new(o, "result", json_string(what));
		json_object_set_new(o, "event", json_string(ksrtp_collect_event_name(e->type)));
		json_object_set_new(o, "flow", json_integer(e->flow));
		json_dumpf(o, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(o);
	}
	fflush(stdout);
}

/* Return: 0, or an exit status after a sentence. */
static int judge(struct watch *w, const struct ksrtp_nl_event *e)
{
	struct present present = { .who = &e->source };
	struct timespec now;
	int err;

	if (!attack(w, e) || !ksrtp_offence_suspect(&w->rules, e))
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!ksrtp_offence_count(&w->rules, &w->memory, &e->source, (u64)now.tv_sec))
		return 0;
	err = ksrtp_nl_flows(w->ask, 0, each_flow, &present);
	if (err && err != -EINTR)
		return ksrtp_command_fail("bans: %s", ksrtp_nl_error(w->ask));
	if (present.flow) {
		tell(w, e, "spared, for a flow has it for a remote");
		return 0;
	}
	if (ksrtp_ban_add(w->ban, KSRTP_BAN_MEDIA, &e->source, w->timeout))
		return failed(w->ban, "add");
	tell(w, e, "banned");
	return 0;
}

static int watch(struct watch *w, u32 events)
{
	struct ksrtp_nl_event e;
	int status = 0, got;
	u32 n;

	for (n = 0; !status && (!events || n < events); n++) {
		got = ksrtp_nl_event_next(w->c->nl, &e);
		if (got < 0)
			return ksrtp_command_refused(w->c, "bans", got);
		if (!got)
			fputs("ksrtp: events were lost\n", stderr);
		else
			status = judge(w, &e);
	}
	return status;
}

static int follow(struct command *c, struct ksrtp_ban *ban, int argc, char **argv)
{
	struct watch w = { .c = c, .ban = ban, .timeout = TIMEOUT,
			   .rules = { .threshold = THRESHOLD, .within = WITHIN } };
	const char *allow = "", *sources = "no";
	u32 events = 0;
	struct word words[] = {
		{ "events", WORD_NUMBER, &events, false },
		{ "threshold", WORD_NUMBER, &w.rules.threshold, false },
		{ "within", WORD_NUMBER, &w.rules.within, false },
		{ "timeout", WORD_NUMBER, &w.timeout, false },
		{ "allow", WORD_TEXT, &allow, false },
		{ "sources", WORD_TEXT, &sources, false },
	};
	int status = ksrtp_words_read(words, ARRAY_SIZE(words), argc, argv), err;

	if (status)
		return status;
	if (ksrtp_offence_allow(&w.rules, allow))
		return ksrtp_command_usage("allow takes up to %d prefixes with commas between",
					   KSRTP_OFFENCE_ALLOW);
	if (strcmp(sources, "yes") && strcmp(sources, "no"))
		return ksrtp_command_usage("sources takes yes or no, not \"%s\"", sources);
	w.sources = !strcmp(sources, "yes");
	status = ksrtp_command_kernel(c);
	if (status)
		return status;
	if (ksrtp_ban_prepare(ban))
		return failed(ban, "table inet ksrtp");
	err = ksrtp_nl_open(&w.ask);
	if (err)
		return ksrtp_command_fail("bans: %s", strerror(-err));
	err = ksrtp_nl_events_join(c->nl);
	status = err ? ksrtp_command_refused(c, "bans", err) : watch(&w, events);
	ksrtp_nl_close(w.ask);
	return status;
}

int ksrtp_command_bans(struct command *c, int argc, char **argv)
{
	static const char *const verbs[] = { "list", "add", "del", "flush", "follow", NULL };
	int verb = argc ? ksrtp_words_choose(verbs, argv[0]) : 0, status;
	struct ksrtp_ban *ban;

	if (verb < 0)
		return ksrtp_command_usage("bans takes list, add, del, flush or follow");
	if (ksrtp_ban_open(&ban))
		return ksrtp_command_fail("out of memory");
	switch (verb) {
	case 0:
		status = list(c, ban);
		break;
	case 3:
		status = flush(ban);
		break;
	case 4:
		status = follow(c, ban, argc - 1, argv + 1);
		break;
	default:
		status = by_hand(ban, verb == 1, argc - 1, argv + 1);
	}
	ksrtp_ban_close(ban);
	return status;
}
