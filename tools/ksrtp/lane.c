// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp fastlane [DEVICE on|off]: whether relayed packets of a device take the fast lane, and how
 * many did.
 */
#include <jansson.h>
#include <net/if.h>

#include "tools/ksrtp/command.h"
#include "tools/ksrtp/table.h"
#include "tools/ksrtp/view.h"
#include "tools/ksrtp/words.h"

static void add(void *ctx, const struct ksrtp_nl_lane *lane)
{
	json_array_append_new(ctx, json_pack("{s:s, s:I}", "device", lane->name,
					     "packets", (json_int_t)lane->packets));
}

static int list(struct command *c)
{
	static const struct table_column columns[] = {
		{ "device", "device", NULL, NULL },
		{ "packets", "packets", NULL, NULL },
	};
	json_t *rows = json_array();
	int err = ksrtp_nl_lanes(c->nl, add, rows);

	if (err) {
		json_decref(rows);
		return ksrtp_command_refused(c, "fastlane", err);
	}
	if (c->output != OUTPUT_TEXT)
		return ksrtp_view_print(c, rows);
	ksrtp_table_print(rows, columns, ARRAY_SIZE(columns));
	json_decref(rows);
	return 0;
}

int ksrtp_command_fastlane(struct command *c, int argc, char **argv)
{
	static const char *const words[] = { "on", "off", NULL };
	int word = argc == 2 ? ksrtp_words_choose(words, argv[1]) : -1, status, err;
	unsigned int device;

	if (argc && word < 0)
		return ksrtp_command_usage("fastlane takes a device and on or off, or nothing");
	status = ksrtp_command_kernel(c);
	if (status)
		return status;
	if (!argc)
		return list(c);
	device = if_nametoindex(argv[0]);
	if (!device)
		return ksrtp_command_fail("fastlane: there is no device %s", argv[0]);
	err = word == 0 ? ksrtp_nl_lane_new(c->nl, device) : ksrtp_nl_lane_del(c->nl, device);
	return err ? ksrtp_command_refused(c, "fastlane", err) : 0;
}
