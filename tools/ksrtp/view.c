// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Printing trees of JSON. How a member looks follows from its name, by the table below; every verb
 * prints through here, so that text, JSON and TSV always say the same.
 */
#include <inttypes.h>
#include <stdio.h>

#include "tools/ksrtp/terminal.h"
#include "tools/ksrtp/view.h"

static void print_plain(const json_t *value)
{
	char number[TERMINAL_NUMBER];
	const char *c;

	if (json_is_string(value))
		for (c = json_string_value(value); *c; c++)
			putchar(ksrtp_terminal_safe(*c));
	else if (json_is_integer(value))
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		printf("%.1f", json_real_value(value));
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "yes" : "no", stdout);
	else
		fputs(ksrtp_terminal_count(number, json_array_size(value)), stdout);
}

static void print_count(const json_t *value)
{
	char number[TERMINAL_NUMBER];

	fputs(ksrtp_terminal_count(number, (u64)json_integer_value(value)), stdout);
}

static void print_duration(const json_t *value)
{
	ksrtp_terminal_duration((u64)json_integer_value(value));
}

static void print_milliseconds(const json_t *value)
{
	printf("%.1f ", (double)json_integer_value(value) / 1000);
	ksrtp_terminal_put(TERMINAL_UNIT, "seconds");
	fputs(" ago", stdout);
}

/* {"packets": n, "bytes": n, "secure": n}, of which packets may be followed by what was secure */
static void print_transfer(const json_t *value)
{
	u64 packets = (u64)json_integer_value(json_object_get(value, "packets"));
	u64 secure = (u64)json_integer_value(json_object_get(value, "secure"));
	char number[TERMINAL_NUMBER];

	ksrtp_terminal_bytes((u64)json_integer_value(json_object_get(value, "bytes")));
	printf(" in %s ", ksrtp_terminal_count(number, packets));
	ksrtp_terminal_put(TERMINAL_UNIT, "packets");
	fputs(", ", stdout);
	ksrtp_terminal_put(secure == packets ? TERMINAL_GOOD : TERMINAL_TROUBLE, "%s secure",
			   secure == packets ? "all" : ksrtp_terminal_count(number, secure));
}

/* {"replayed": 3, ...} */
static void print_dropped(const json_t *value)
{
	char number[TERMINAL_NUMBER];
	const char *word, *comma = "";
	json_t *n;

	json_object_foreach((json_t *)value, word, n) {
		fputs(comma, stdout);
		ksrtp_terminal_put(TERMINAL_TROUBLE, "%s %s",
				   ksrtp_terminal_count(number, (u64)json_integer_value(n)), word);
		comma = ", ";
	}
}

static void print_limit(const json_t *value)
{
	u64 limit = (u64)json_integer_value(value);
	char number[TERMINAL_NUMBER];

	if (limit && !(limit & (limit - 1)))
		printf("2^%d", __builtin_ctzll(limit));
	else
		fputs(ksrtp_terminal_count(number, limit), stdout);
}

/* What only a few keys have; what lessens protection stands out. */
static void print_parameters(const json_t *key)
{
	const json_t *kdr = json_object_get(key, "kdr");
	const json_t *ids = json_object_get(key, "encrypted_ids"), *one;
	size_t i;

	if (kdr)
		printf(", kdr 2^%" JSON_INTEGER_FORMAT, json_integer_value(kdr));
	json_array_foreach(ids, i, one)
		printf("%s%" JSON_INTEGER_FORMAT, i ? "," : ", encrypts ", json_integer_value(one));
	json_array_foreach(json_object_get(key, "lessened"), i, one) {
		fputs(", ", stdout);
		ksrtp_terminal_put(TERMINAL_TROUBLE, "%s", json_string_value(one));
	}
}

/* One key on one line: suite, never the key, how much of its life is used. */
static void print_key(const json_t *key)
{
	char number[TERMINAL_NUMBER];
	const char *mki = json_string_value(json_object_get(key, "mki"));

	printf("%s, key (hidden)", json_string_value(json_object_get(key, "suite")));
	if (mki)
		printf(", mki %s", mki);
	printf(", used %s of ", ksrtp_terminal_count(number,
		(u64)json_integer_value(json_object_get(key, "used"))));
	print_limit(json_object_get(key, "limit"));
	print_parameters(key);
}

/* Numbers about media, in this order; what is not known is not printed. */
static const struct figure {
	const char *member;
	const char *before;
	int decimals;
	const char *unit;
} figures[] = {
	{ "rate", "", 0, "packets/s" },
	{ "loss", "loss ", 1, "%" },
	{ "jitter", "jitter ", 1, "ms" },
	{ "far_loss", "there loss ", 1, "%" },
	{ "far_jitter", "there jitter ", 1, "ms" },
	{ "rtt", "round trip ", 1, "ms" },
	{ "mos", "mos ", 1, "" },
};

static void print_figure(const json_t *stream, const struct figure *f)
{
	const json_t *value = json_object_get(stream, f->member);

	if (!value)
		return;
	printf(", %s%.*f", f->before, f->decimals, json_number_value(value));
	if (*f->unit) {
		putchar(' ');
		ksrtp_terminal_put(TERMINAL_UNIT, "%s", f->unit);
	}
}

static void print_counts(const json_t *stream)
{
	static const char *const members[] = { "reordered", "duplicates" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(members); i++)
		if (json_integer_value(json_object_get(stream, members[i])))
			printf(", %" JSON_INTEGER_FORMAT " %s",
			       json_integer_value(json_object_get(stream, members[i])), members[i]);
}

static void print_stream(const json_t *stream)
{
	u64 packets = (u64)json_integer_value(json_object_get(stream, "packets"));
	bool clear = json_is_true(json_object_get(stream, "clear"));
	char number[TERMINAL_NUMBER];
	size_t i;

	printf("%s%s", json_string_value(json_object_get(stream, "direction")),
	       clear ? " in clear" : "");
	if (!clear)
		printf(", roc %" JSON_INTEGER_FORMAT,
		       json_integer_value(json_object_get(stream, "roc")));
	if (packets) {
		printf(", seq %" JSON_INTEGER_FORMAT ", %s ",
		       json_integer_value(json_object_get(stream, "seq")),
		       ksrtp_terminal_count(number, packets));
		ksrtp_terminal_put(TERMINAL_UNIT, "packets");
	}
	for (i = 0; i < ARRAY_SIZE(figures); i++)
		print_figure(stream, &figures[i]);
	print_counts(stream);
	if (!packets)
		return;
	fputs(", last ", stdout);
	print_milliseconds(json_object_get(stream, "last_ms"));
}

static const struct {
	const char *name;
	void (*print)(const json_t *value);
} looks[] = {
	{ "up", print_duration },	{ "uptime", print_duration },
	{ "age", print_duration },	{ "idle", print_duration },
	{ "lifetime", print_duration },	{ "expires", print_duration },
	{ "packets", print_count },	{ "bytes", print_count },
	{ "received", print_transfer },	{ "sent", print_transfer },
	{ "dropped", print_dropped },	{ "last_ms", print_milliseconds },
};

static void print_member(const char *name, const json_t *value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(looks); i++) {
		if (!strcmp(looks[i].name, name)) {
			looks[i].print(value);
			return;
		}
	}
	print_plain(value);
}

static bool absent(const json_t *value)
{
	return json_is_null(value) || json_is_false(value) ||
	       (json_is_integer(value) && !json_integer_value(value)) ||
	       (json_is_string(value) && !json_string_length(value)) ||
	       (json_is_array(value) && !json_array_size(value)) ||
	       (json_is_object(value) && !json_object_size(value));
}

static bool of_objects(const json_t *value)
{
	return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

static void print_object(const json_t *object, int indent);

static void print_array(const char *name, const json_t *array, int indent)
{
	const json_t *item;
	size_t i;

	json_array_foreach(array, i, item) {
		if (!strcmp(name, "keys")) {
			ksrtp_terminal_field(indent,
					     json_string_value(json_object_get(item, "use")));
			print_key(item);
			putchar('\n');
		} else if (!strcmp(name, "streams")) {
			printf("%*s", indent, "");
			ksrtp_terminal_put(TERMINAL_FIELD, "ssrc %s",
					   json_string_value(json_object_get(item, "ssrc")));
			fputs(": ", stdout);
			print_stream(item);
			putchar('\n');
		} else {
			if (indent <= 2)
				putchar('\n');
			print_object(item, indent);
		}
	}
}

static void print_list(const json_t *array)
{
	const json_t *item;
	size_t i;

	json_array_foreach(array, i, item) {
		if (i)
			fputs(", ", stdout);
		print_plain(item);
	}
}

/* A member that is an object of its own, like one side of a call: its members one step in. */
static bool nested(const char *name, const json_t *value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(looks); i++)
		if (!strcmp(looks[i].name, name))
			return false;
	return json_is_object(value);
}

static void print_members(const json_t *object, int indent, bool skip_first)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value) {
		if (skip_first || absent(value)) {
			skip_first = false;
			continue;
		}
		if (of_objects(value)) {
			print_array(name, value, indent);
			continue;
		}
		if (nested(name, value)) {
			printf("%*s", indent, "");
			ksrtp_terminal_put(TERMINAL_FIELD, "%s:\n", name);
			print_members(value, indent + 2, false);
			continue;
		}
		ksrtp_terminal_field(indent, name);
		if (json_is_array(value))
			print_list(value);
		else
			print_member(name, value);
		putchar('\n');
	}
}

static void print_object(const json_t *object, int indent)
{
	void *first = json_object_iter((json_t *)object);

	if (!first)
		return;
	printf("%*s", indent, "");
	ksrtp_terminal_put(TERMINAL_OBJECT, "%s", json_object_iter_key(first));
	fputs(": ", stdout);
	print_plain(json_object_iter_value(first));
	putchar('\n');
	print_members(object, indent + 2, true);
}

static void print_text(const json_t *tree)
{
	const json_t *item;
	size_t i;

	if (json_is_object(tree)) {
		print_object(tree, 0);
		return;
	}
	json_array_foreach(tree, i, item) {
		if (i)
			putchar('\n');
		print_object(item, 0);
	}
}

/* print_plain() lets no tab and no line end through: they would break the table. */
static void print_cell(const json_t *value)
{
	char *json;

	if (!value || json_is_null(value)) {
		putchar('-');
	} else if (json_is_object(value) || json_is_array(value)) {
		json = json_dumps(value, JSON_COMPACT);
		fputs(json ? json : "-", stdout);
		free(json);
	} else {
		print_plain(value);
	}
}

static void print_row(const json_t *names, const json_t *object)
{
	const char *name;
	json_t *value;
	bool first = true;

	json_object_foreach((json_t *)names, name, value) {
		if (!first)
			putchar('\t');
		first = false;
		if (object)
			print_cell(json_object_get(object, name));
		else
			fputs(name, stdout);
	}
	putchar('\n');
}

/* {"from": {"side": 1}} becomes {"from.side": 1}, but for the looks that are one cell. */
static void flatten(json_t *flat, const char *prefix, const json_t *object)
{
	char path[128];
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value) {
		snprintf(path, sizeof(path), "%s%s%s", prefix, *prefix ? "." : "", name);
		if (nested(name, value))
			flatten(flat, path, value);
		else
			json_object_set(flat, path, value);
	}
}

static void print_tsv(const json_t *tree)
{
	json_t *rows = json_array(), *names = json_object(), *flat;
	const json_t *item;
	size_t i;

	for (i = 0; i < (json_is_object(tree) ? 1 : json_array_size(tree)); i++) {
		flat = json_object();
		flatten(flat, "", json_is_object(tree) ? tree : json_array_get(tree, i));
		json_object_update_missing(names, flat);
		json_array_append_new(rows, flat);
	}
	if (i)
		print_row(names, NULL);
	json_array_foreach(rows, i, item)
		print_row(names, item);
	json_decref(names);
	json_decref(rows);
}

int ksrtp_view_print(const struct command *c, json_t *tree)
{
	if (!tree)
		return ksrtp_command_fail("out of memory");
	switch (c->output) {
	case OUTPUT_TEXT:
		print_text(tree);
		break;
	case OUTPUT_JSON:
		json_dumpf(tree, stdout, JSON_INDENT(2));
		putchar('\n');
		break;
	case OUTPUT_TSV:
		print_tsv(tree);
		break;
	}
	json_decref(tree);
	return 0;
}
