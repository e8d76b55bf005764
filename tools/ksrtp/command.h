/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the verbs of the command share: options, the way to the kernel, the table of verbs.
 */
#ifndef KSRTP_COMMAND_H
#define KSRTP_COMMAND_H

#include "tools/lib/nl.h"

enum command_output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_TSV };

/**
 * struct command - one run of ksrtp
 * @output: -o
 * @control: path of the daemon's control socket
 * @nl: opened by command_kernel() on first use
 */
struct command {
	enum command_output output;
	const char *control;
	struct ksrtp_nl *nl;
};

/* A verb: its own words in argv[0..argc-1]. Return: the exit status. */
typedef int (*command_verb)(struct command *c, int argc, char **argv);

int ksrtp_command_overview(struct command *c, int argc, char **argv);
int ksrtp_command_show(struct command *c, int argc, char **argv);
int ksrtp_command_session(struct command *c, int argc, char **argv);
int ksrtp_command_flow(struct command *c, int argc, char **argv);
int ksrtp_command_key(struct command *c, int argc, char **argv);
int ksrtp_command_flush(struct command *c, int argc, char **argv);
int ksrtp_command_calls(struct command *c, int argc, char **argv);
int ksrtp_command_registrations(struct command *c, int argc, char **argv);
int ksrtp_command_connections(struct command *c, int argc, char **argv);
int ksrtp_command_peers(struct command *c, int argc, char **argv);
int ksrtp_command_servers(struct command *c, int argc, char **argv);
int ksrtp_command_coverage(struct command *c, int argc, char **argv);
int ksrtp_command_ledger(struct command *c, int argc, char **argv);
int ksrtp_command_drain(struct command *c, int argc, char **argv);
int ksrtp_command_trace(struct command *c, int argc, char **argv);
int ksrtp_command_top(struct command *c, int argc, char **argv);
int ksrtp_command_stat(struct command *c, int argc, char **argv);
int ksrtp_command_bans(struct command *c, int argc, char **argv);
int ksrtp_command_monitor(struct command *c, int argc, char **argv);
int ksrtp_command_fastlane(struct command *c, int argc, char **argv);
int ksrtp_command_status(struct command *c, int argc, char **argv);
int ksrtp_command_doctor(struct command *c, int argc, char **argv);

/** ksrtp_command_fail - "ksrtp: " and a sentence to standard error. Return: exit status 1 */
int ksrtp_command_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** ksrtp_command_usage - the same for words that are off. Return: exit status 2 */
int ksrtp_command_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** ksrtp_command_kernel - open the family once. Return: 0, or an exit status after a sentence */
int ksrtp_command_kernel(struct command *c);
/** ksrtp_command_refused - print the kernel's sentence. Return: exit status 1 */
int ksrtp_command_refused(const struct command *c, const char *what, int err);

#endif
