// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ksrtp, the command a person types: options, the table of verbs, and how it fails. Exit status:
 * 0 done, 1 refused or not to be had, 2 the words were off (doctor has its own, see doctor.c).
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

#include "tools/ksrtp/command.h"
#include "tools/ksrtp/terminal.h"

static const struct {
	const char *name;
	command_verb verb;
	const char *help;
} verbs[] = {
	{ "show", ksrtp_command_show,
	  "[sessions|flows|streams] [id N] [label TEXT] [address A] [ssrc X]" },
	{ "session", ksrtp_command_session,
	  "new|set|del [id N] [label TEXT] [idle SEC] [lifetime SEC]" },
	{ "flow", ksrtp_command_flow,
	  "new|set|del [id N] [session N] [listen|in-place|raw A:PORT] [rtcp PORT]\n"
	  "                [remote A:PORT] [remote-rtcp PORT] [peer N] [source strict|latch|any]\n"
	  "                [natted A] [secure none|rx|tx|both] [streams N]" },
	{ "key", ksrtp_command_key,
	  "new|set flow N direction rx|tx [id N] file FILE|-; del flow N id N" },
	{ "flush", ksrtp_command_flush, "delete every session" },
	{ "calls", ksrtp_command_calls,
	  "[long] the calls of ksrtpd and how well each side is protected" },
	{ "registrations", ksrtp_command_registrations, "who is registered, and by which flow" },
	{ "connections", ksrtp_command_connections, "listeners and connections of ksrtpd" },
	{ "peers", ksrtp_command_peers, "TLS peers, and how sure it is who they are" },
	{ "servers", ksrtp_command_servers, "where the cores are, and which servers answer" },
	{ "coverage", ksrtp_command_coverage,
	  "[since TIME] how much of all calls and packets was encrypted, by side and peer" },
	{ "ledger", ksrtp_command_ledger,
	  "[since TIME] [count N] [peer NAME] [side NAME] what the calls that ended came to" },
	{ "drain", ksrtp_command_drain,
	  "[wait|off|look] take no new calls and registrations; wait for the last call" },
	{ "trace", ksrtp_command_trace,
	  "next|call-id TEXT [COUNT] the SIP messages of one call as they pass, keys blanked" },
	{ "top", ksrtp_command_top, "[SECONDS [COUNT]] the screen of no verb, again and again" },
	{ "stat", ksrtp_command_stat, "[SECONDS [COUNT]] packets and verdicts of this namespace" },
	{ "monitor", ksrtp_command_monitor, "[COUNT] events as they come" },
	{ "bans", ksrtp_command_bans,
	  "list|add|del|flush|follow [A] [events N] [threshold N] [within SEC] [timeout SEC]\n"
	  "                [allow PREFIX,PREFIX] [sources yes|no]" },
	{ "fastlane", ksrtp_command_fastlane,
	  "[DEVICE on|off] take a device's relayed packets before the IP layer does" },
	{ "status", ksrtp_command_status, "module and daemon in a few lines" },
	{ "doctor", ksrtp_command_doctor,
	  "find what is wrong: exit 0 nothing, 1 a warning, 2 trouble" },
};

int ksrtp_command_fail(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("ksrtp: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	return 1;
}

int ksrtp_command_usage(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("ksrtp: ", stderr);
	vfprintf(stderr, format, ap);
	fputs("; ksrtp --help lists the words\n", stderr);
	va_end(ap);
	return 2;
}

int ksrtp_command_kernel(struct command *c)
{
	int err = c->nl ? 0 : ksrtp_nl_open(&c->nl);

	if (err == -ENOENT)
		return ksrtp_command_fail("the module is not loaded here: modprobe ksrtp");
	if (err)
		return ksrtp_command_fail("cannot reach the module: %s", strerror(-err));
	return 0;
}

int ksrtp_command_refused(const struct command *c, const char *what, int err)
{
	return ksrtp_command_fail("%s: %s (%s)", what, ksrtp_nl_error(c->nl), strerror(-err));
}

static void help(FILE *to)
{
	size_t i;

	fputs("usage: ksrtp [-o text|json|tsv] [-s CONTROL-SOCKET] [VERB ...]\n\n"
	      "  (no verb) one screen: what is encrypted, and what goes wrong\n", to);
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(to, "  %-14s%s\n", verbs[i].name, verbs[i].help);
	fputs("\nA key file holds one line, suite inline:KEY|LIFETIME|MKI:LENGTH, as in RFC 4568;\n"
	      "- is standard input. Keys are never taken from the command line and never shown.\n",
	      to);
}

static int run(struct command *c, int argc, char **argv)
{
	size_t i;

	if (!argc)
		return ksrtp_command_overview(c, 0, argv);
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(argv[0], verbs[i].name))
			return verbs[i].verb(c, argc - 1, argv + 1);
	return ksrtp_command_usage("no verb \"%s\"", argv[0]);
}

static int set_output(struct command *c, const char *word)
{
	static const char *const words[] = { "text", "json", "tsv" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(word, words[i])) {
			c->output = (enum command_output)i;
			return 0;
		}
	}
	return ksrtp_command_usage("-o takes text, json or tsv, not \"%s\"", word);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "output", required_argument, NULL, 'o' },
		{ "socket", required_argument, NULL, 's' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 }
	};
	struct command c = { .control = "/run/ksrtp/control" };
	int option, status = 0;

	/* "+": a verb's words are its own */
	while ((option = getopt_long(argc, argv, "+ho:s:V", options, NULL)) >= 0) {
		switch (option) {
		case 'h':
			help(stdout);
			return 0;
		case 'o':
			status = set_output(&c, optarg);
			if (status)
				return status;
			break;
		case 's':
			c.control = optarg;
			break;
		case 'V':
			puts("ksrtp 0.1");
			return 0;
		default:
			return 2;
		}
	}
	ksrtp_terminal_init();
	status = run(&c, argc - optind, argv + optind);
	ksrtp_nl_close(c.nl);
	if (fflush(stdout))
		return 1;
	return status;
}
