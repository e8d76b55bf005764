// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp stat [SECONDS [COUNT]]: sums of this namespace, then, in vmstat's manner, a line of
 * differences each interval.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/ksrtp/collect.h"
#include "tools/ksrtp/view.h"

#define HEADING_EVERY 20	/* lines */

static u64 refused(const struct ksrtp_nl_stats *s)
{
	u64 sum = 0;
	int v;

	for (v = KSRTP_VERDICT_OK + 1; v < KSRTP_VERDICT_COUNT; v++)
		sum += s->verdict[v];
	return sum;
}

static void print_line(const struct ksrtp_nl_stats *s, const struct ksrtp_nl_stats *old,
		       const char *separator)
{
	const u64 column[] = {
		s->sessions, s->flows, s->streams,
		s->rx_packets - old->rx_packets, s->rx_secure - old->rx_secure,
		s->tx_packets - old->tx_packets, s->tx_secure - old->tx_secure,
		refused(s) - refused(old),
		s->verdict[KSRTP_VERDICT_TAG] - old->verdict[KSRTP_VERDICT_TAG],
		s->verdict[KSRTP_VERDICT_REPLAYED] - old->verdict[KSRTP_VERDICT_REPLAYED],
		s->verdict[KSRTP_VERDICT_SOURCE] - old->verdict[KSRTP_VERDICT_SOURCE],
		s->verdict[KSRTP_VERDICT_CLEAR] - old->verdict[KSRTP_VERDICT_CLEAR],
		s->probes - old->probes,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(column); i++)
		printf(*separator == '\t' ? "%s%" PRIu64 : "%s%9" PRIu64, i ? separator : "",
		       column[i]);
	putchar('\n');
	fflush(stdout);
}

static void print_heading(const char *separator)
{
	static const char *const names[] = {
		"sessions", "flows", "ssrcs", "in", "in-srtp", "out", "out-srtp", "dropped", "tag",
		"replayed", "source", "clear", "probes",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		printf(*separator == '\t' ? "%s%s" : "%s%9s", i ? separator : "", names[i]);
	putchar('\n');
}

static int follow(struct command *c, unsigned int seconds, unsigned long lines)
{
	const char *separator = c->output == OUTPUT_TSV ? "\t" : " ";
	struct ksrtp_nl_stats now, old = { 0 };
	unsigned long line;
	int err;

	for (line = 0; !lines || line < lines; line++) {
		err = ksrtp_nl_stats(c->nl, &now);
		if (err)
			return ksrtp_command_refused(c, "stat", err);
		if (line % HEADING_EVERY == 0 && (!line || c->output != OUTPUT_TSV))
			print_heading(separator);
		print_line(&now, &old, separator);
		old = now;
		if (line + 1 != lines)
			sleep(seconds);
	}
	return 0;
}

int ksrtp_command_stat(struct command *c, int argc, char **argv)
{
	unsigned long number[2] = { 0, 0 };
	int status = ksrtp_command_kernel(c), i, err;
	json_t *tree;
	char *end;

	if (status)
		return status;
	if (argc > 2)
		return ksrtp_command_usage("stat takes SECONDS and COUNT");
	for (i = 0; i < argc; i++) {
		number[i] = strtoul(argv[i], &end, 10);
		if (*end || !number[i] || number[i] > INT32_MAX)
			return ksrtp_command_usage("stat takes numbers from 1 on, not \"%s\"",
						   argv[i]);
	}
	if (argc && c->output == OUTPUT_JSON)
		return ksrtp_command_usage("stat with an interval prints text or tsv");
	if (argc)
		return follow(c, (unsigned int)number[0], number[1]);
	err = ksrtp_collect_stats(c, &tree);
	return err ? ksrtp_command_refused(c, "stat", err) : ksrtp_view_print(c, tree);
}
