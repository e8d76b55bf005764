// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp calls and ksrtp status: what the daemon knows.
 */
#include <stdio.h>

#include "tools/ksrtp/collect.h"
#include "tools/ksrtp/control.h"
#include "tools/ksrtp/view.h"
#include "tools/ksrtp/words.h"

int ksrtp_command_calls(struct command *c, int argc, char **argv)
{
	int status = ksrtp_words_read(NULL, 0, argc, argv);

	return status ? status : ksrtp_control_show(c, "calls");
}

/* The module's sums and the daemon's status side by side; each may be missing, not both. */
int ksrtp_command_status(struct command *c, int argc, char **argv)
{
	json_t *both = json_array(), *part = NULL;
	char error[256];
	int status = ksrtp_words_read(NULL, 0, argc, argv);

	if (status) {
		json_decref(both);
		return status;
	}
	if (!ksrtp_nl_open(&c->nl) && !ksrtp_collect_stats(c, &part))
		json_array_append_new(both, part);
	if (!ksrtp_control_ask(c, "status", &part, error, sizeof(error)))
		json_array_append_new(both, part);
	if (!json_array_size(both)) {
		json_decref(both);
		return ksrtp_command_fail("neither the module nor ksrtpd answers here; %s", error);
	}
	return ksrtp_view_print(c, both);
}
