/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's objects as trees of JSON, for ksrtp_view_print(). Keys are never in them.
 */
#ifndef KSRTP_COLLECT_H
#define KSRTP_COLLECT_H

#include <jansson.h>

#include "tools/ksrtp/command.h"

/*
 * Each returns 0 with a new array of objects in *tree, or negative errno. A dump that the kernel
 * says was disturbed is taken again a few times, then accepted.
 */
int ksrtp_collect_sessions(struct command *c, json_t **tree);	/* with flows and their streams */
int ksrtp_collect_flows(struct command *c, json_t **tree);	/* with streams */
int ksrtp_collect_streams(struct command *c, json_t **tree);

/** ksrtp_collect_stats - the namespace's sums as one object */
int ksrtp_collect_stats(struct command *c, json_t **tree);
/** ksrtp_collect_event_name - its word; "unknown" for one this program does not know */
const char *ksrtp_collect_event_name(enum ksrtp_event_type type);
json_t *ksrtp_collect_event(const struct ksrtp_nl_event *e);

#endif
