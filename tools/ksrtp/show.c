// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp show: what the module holds, like wg: sessions with their flows, keys (hidden) and SSRCs.
 */
#include <stdio.h>
#include <strings.h>

#include "tools/ksrtp/collect.h"
#include "tools/ksrtp/endpoint.h"
#include "tools/ksrtp/view.h"
#include "tools/ksrtp/words.h"

struct filter {
	u32 id;
	const char *label;
	struct ksrtp_endpoint address;
	bool by_address;
	u32 ssrc;
	bool by_ssrc;
};

static bool address_matches(const json_t *flow, const char *name, const struct ksrtp_endpoint *want)
{
	const char *text = json_string_value(json_object_get(flow, name));
	struct ksrtp_endpoint e;

	return text && !ksrtp_endpoint_parse(&e, text, true) &&
	       !memcmp(e.addr, want->addr, sizeof(e.addr));
}

static bool ssrc_matches(const json_t *object, u32 ssrc)
{
	const char *text = json_string_value(json_object_get(object, "ssrc"));
	const json_t *stream;
	char want[16];
	size_t i;

	snprintf(want, sizeof(want), "%08x", ssrc);
	if (text)
		return !strcmp(text, want);
	json_array_foreach(json_object_get(object, "streams"), i, stream)
		if (ssrc_matches(stream, ssrc))
			return true;
	return false;
}

/* An object passes when it, or one of its flows, has all that is asked for. */
static bool passes(const json_t *object, const struct filter *f)
{
	const char *label = json_string_value(json_object_get(object, "label"));
	const json_t *first = json_object_iter_value(json_object_iter((json_t *)object));
	const json_t *flows = json_object_get(object, "flows"), *flow;
	struct filter below = *f;
	size_t i;

	if (f->id && json_integer_value(first) != f->id)
		return false;
	if (f->label && (!label || !strstr(label, f->label)))
		return false;
	if (!f->by_address && !f->by_ssrc)
		return true;
	if (json_is_array(flows)) {
		below.id = 0;
		below.label = NULL;
		json_array_foreach(flows, i, flow)
			if (passes(flow, &below))
				return true;
		return false;
	}
	if (f->by_address && !address_matches(object, "listen", &f->address) &&
	    !address_matches(object, "remote", &f->address))
		return false;
	return !f->by_ssrc || ssrc_matches(object, f->ssrc);
}

static json_t *filtered(json_t *tree, const struct filter *f)
{
	json_t *kept = json_array(), *item;
	size_t i;

	json_array_foreach(tree, i, item)
		if (passes(item, f))
			json_array_append(kept, item);
	json_decref(tree);
	return kept;
}

int ksrtp_command_show(struct command *c, int argc, char **argv)
{
	static const char *const kinds[] = { "sessions", "flows", "streams", NULL };
	static int (*const collect[])(struct command *c, json_t **tree) = {
		ksrtp_collect_sessions, ksrtp_collect_flows, ksrtp_collect_streams,
	};
	int kind = argc ? ksrtp_words_choose(kinds, argv[0]) : 0, status, err;
	int skip = argc && kind >= 0;
	struct filter f = { 0 };
	struct word words[] = {
		{ "id", WORD_NUMBER, &f.id, false },
		{ "label", WORD_TEXT, &f.label, false },
		{ "address", WORD_ADDRESS, &f.address, false },
		{ "ssrc", WORD_HEX, &f.ssrc, false },
	};
	json_t *tree;

	status = ksrtp_words_read(words, ARRAY_SIZE(words), argc - skip, argv + skip);
	if (!status)
		status = ksrtp_command_kernel(c);
	if (status)
		return status;
	f.by_address = words[2].given;
	f.by_ssrc = words[3].given;
	err = collect[kind < 0 ? 0 : kind](c, &tree);
	if (err)
		return ksrtp_command_refused(c, "show", err);
	return ksrtp_view_print(c, filtered(tree, &f));
}
