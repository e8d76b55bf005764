// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp coverage: how much of what passed was encrypted. Shares are cut, not rounded: 100 % is said
 * of all or not at all.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/ksrtp/control.h"
#include "tools/ksrtp/coverage.h"
#include "tools/ksrtp/terminal.h"
#include "tools/ksrtp/view.h"
#include "tools/ksrtp/words.h"

#define BAR		24	/* characters */
#define NAME		24

/* The parts of a bar, best first. */
static const struct part {
	char mark;
	enum terminal_style style;
	const char *says;
	const char *classes[2];
} parts[] = {
	{ '#', TERMINAL_GOOD, "encrypted", { "authenticated", "protected" } },
	{ '+', TERMINAL_UNIT, "keys exposed", { "exposed", NULL } },
	{ '?', TERMINAL_PLAIN, "unproved or opaque", { "unproved", "opaque" } },
	{ '-', TERMINAL_TROUBLE, "clear", { "clear", NULL } },
};

static u64 member(const json_t *row, const char *name)
{
	return (u64)json_integer_value(json_object_get(row, name));
}

static u64 part_sum(const json_t *row, const struct part *part)
{
	return member(row, part->classes[0]) +
	       (part->classes[1] ? member(row, part->classes[1]) : 0);
}

/* A bar of @all with @n parts of @share; each part that is there shows at least one mark. */
static void print_bar(const u64 *share, u64 all)
{
	size_t width[ARRAY_SIZE(parts)], sum = 0, i, k;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		width[i] = all ? (size_t)((double)share[i] * BAR / (double)all) : 0;
		if (share[i] && !width[i])
			width[i] = 1;
		sum += width[i];
	}
	/* what is missing or too much goes to or comes from the widest */
	for (k = 0, i = 1; i < ARRAY_SIZE(parts); i++)
		if (width[i] > width[k])
			k = i;
	if (all)
		width[k] = width[k] + BAR - sum;
	putchar('[');
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		for (k = 0; k < width[i]; k++)
			ksrtp_terminal_put(parts[i].style, "%c", parts[i].mark);
	printf("%*s", all ? 0 : BAR, "");
	putchar(']');
}

static void print_share(u64 good, u64 all)
{
	u64 permille = all ? (u64)((double)good * 1000 / (double)all) : 0;

	if (permille == 1000 && good < all)
		permille = 999;
	if (all)
		printf(" %3llu.%llu ", (unsigned long long)permille / 10,
		       (unsigned long long)permille % 10);
	else
		printf("     - ");
	ksrtp_terminal_put(TERMINAL_UNIT, "%%");
}

static void print_row(const json_t *row)
{
	const char *name = json_string_value(json_object_get(row, "name"));
	u64 share[ARRAY_SIZE(parts)], packets[ARRAY_SIZE(parts)] = { 0 }, all;
	char number[TERMINAL_NUMBER], text[NAME + 1];
	size_t i;

	snprintf(text, sizeof(text), "%s", name ? name : "");
	for (i = 0; text[i]; i++)
		text[i] = ksrtp_terminal_safe(text[i]);
	ksrtp_terminal_put(TERMINAL_FIELD, "%-*s", NAME, text);
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		share[i] = part_sum(row, &parts[i]);
	printf(" %8s ", ksrtp_terminal_count(number, member(row, "calls")));
	print_bar(share, member(row, "calls"));
	print_share(share[0], member(row, "calls"));
	all = member(row, "packets");
	packets[0] = member(row, "secure") < all ? member(row, "secure") : all;
	packets[ARRAY_SIZE(parts) - 1] = all - packets[0];
	printf(" %12s ", ksrtp_terminal_count(number, all));
	print_bar(packets, all);
	print_share(packets[0], all);
	putchar('\n');
}

/* Most clear packets first. */
static int compare_peers(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	u64 clear[2] = { member(*x, "packets") - member(*x, "secure"),
			 member(*y, "packets") - member(*y, "secure") };

	return clear[0] == clear[1] ? 0 : clear[0] < clear[1] ? 1 : -1;
}

static void print_peers(const json_t *rows, size_t peers)
{
	const json_t **peer = calloc(json_array_size(rows) + 1, sizeof(*peer)), *row;
	size_t i, n = 0;

	if (!peer)
		return;
	json_array_foreach(rows, i, row)
		if (!strcmp(json_string_value(json_object_get(row, "coverage")), "peer"))
			peer[n++] = row;
	qsort(peer, n, sizeof(*peer), compare_peers);
	for (i = 0; i < n && i < peers; i++)
		print_row(peer[i]);
	free(peer);
}

void ksrtp_coverage_bars(const json_t *rows, size_t peers)
{
	const json_t *row;
	size_t i;

	ksrtp_terminal_put(TERMINAL_FIELD, "%-*s %8s %*s %12s\n", NAME, "coverage", "calls",
			   BAR + 10, "", "packets");
	json_array_foreach(rows, i, row)
		if (strcmp(json_string_value(json_object_get(row, "coverage")), "peer"))
			print_row(row);
	print_peers(rows, peers);
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		ksrtp_terminal_put(parts[i].style, "%c", parts[i].mark);
		printf(" %s   ", parts[i].says);
	}
	puts("\nbeyond our neighbours: unknown");
}

/* Since the daemon's start it knows by itself, since some time ago by the ledger. */
int ksrtp_command_coverage(struct command *c, int argc, char **argv)
{
	u32 since = 0;
	struct word words[] = { { "since", WORD_SPAN, &since, false } };
	int status = ksrtp_words_read(words, ARRAY_SIZE(words), argc, argv);
	char error[256];
	json_t *rows, *request;

	if (status)
		return status;
	request = words[0].given ? json_pack("{s:s,s:b,s:I}", "cmd", "ledger", "sums", 1, "since",
					     (json_int_t)since) :
				   json_pack("{s:s}", "cmd", "coverage");
	if (ksrtp_control_tell(c, request, &rows, error, sizeof(error)))
		return ksrtp_command_fail("%s", error);
	if (c->output != OUTPUT_TEXT)
		return ksrtp_view_print(c, rows);
	ksrtp_coverage_bars(rows, json_array_size(rows));
	json_decref(rows);
	return 0;
}
