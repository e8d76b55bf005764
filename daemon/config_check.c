// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The words that a setting takes, and what is looked at while a line of the configuration is read.
 *
 * Called by libconfuse for config.c: an error names the line.
 */
#include <stdio.h>
#include <string.h>

#include <ksrtp/port.h>

#include "daemon/config_part.h"
#include "daemon/config_value.h"
#include "tools/lib/offence.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* ---- words */

struct word {
	const char *option, *word;
	int value;
};

static const struct word words[] = {
	{ "srtp", "prefer", KSRTP_SRTP_PREFER },
	{ "srtp", "require", KSRTP_SRTP_REQUIRE },
	{ "srtp", "plain", KSRTP_SRTP_PLAIN },
	{ "media|srtp", "core", false },
	{ "media|srtp", "libsrtp2", true },
	{ "session_parameters", "refuse", false },
	{ "session_parameters", "accept", true },
	{ "transport", "tls-first", KSRTP_CORE_TLS_FIRST },
	{ "transport", "tls-only", KSRTP_CORE_TLS_ONLY },
	{ "transport", "tcp-only", KSRTP_CORE_TCP_ONLY },
	{ "transport", "udp-only", KSRTP_CORE_UDP_ONLY },
	{ "reach", "contact", KSRTP_REACH_CONTACT },
	{ "reach", "path", KSRTP_REACH_PATH },
	{ "identity", "any", KSRTP_TARGET_ANY },
	{ "identity", "known", KSRTP_TARGET_KNOWN },
	{ "identity", "domain", KSRTP_TARGET_DOMAIN },
	{ "backend", "auto", KSRTP_BACKEND_AUTO },
	{ "backend", "kernel", KSRTP_BACKEND_KERNEL },
	{ "backend", "user", KSRTP_BACKEND_USER },
	{ "digest", "md5", false },
	{ "digest", "sha-256", true },
	{ "log_level", "error", KSRTP_LOG_ERROR },
	{ "log_level", "warning", KSRTP_LOG_WARNING },
	{ "log_level", "notice", KSRTP_LOG_NOTICE },
	{ "log_level", "info", KSRTP_LOG_INFO },
	{ "log_level", "debug", KSRTP_LOG_DEBUG },
};

static const struct word *find_word(const char *option, const char *text)
{
	const struct word *w;

	for (w = words; w < words + ARRAY_SIZE(words); w++)
		if (!strcmp(w->option, option) && !strcmp(w->word, text))
			return w;
	return NULL;
}

/* Under which name its words stand above: "srtp" is one thing of a side, another of the media. */
static const char *key_of(cfg_t *section, const char *option)
{
	bool engine = !strcmp(cfg_name(section), "media") && !strcmp(option, "srtp");

	return engine ? "media|srtp" : option;
}

/* ---- checks while the file is read */

static const char *last_value(cfg_opt_t *opt)
{
	return cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);
}

static int check_word(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *text = last_value(opt), *key = key_of(cfg, opt->name);
	char known[128] = "";
	size_t i, at = 0;

	if (find_word(key, text))
		return 0;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].option, key))
			at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s",
					       at ? ", " : "", words[i].word);
	cfg_error(cfg, "%s = \"%s\": expected one of %s", opt->name, text, known);
	return -1;
}

static int check_listen(cfg_t *cfg, cfg_opt_t *opt)
{
	struct ksrtp_config_listen l;

	if (ksrtp_config_listen_parse(&l, last_value(opt)))
		return 0;
	cfg_error(cfg, "listen = \"%s\": expected udp, tcp or tls, address and port, "
		  "such as \"tls:0.0.0.0:5061\"", last_value(opt));
	return -1;
}

static int check_prefix(cfg_t *cfg, cfg_opt_t *opt)
{
	struct ksrtp_config_prefix p;

	if (ksrtp_config_prefix_parse(&p, last_value(opt)))
		return 0;
	cfg_error(cfg, "%s = \"%s\": expected an address or a prefix, such as \"192.0.2.0/24\"",
		  opt->name, last_value(opt));
	return -1;
}

static int check_allow(cfg_t *cfg, cfg_opt_t *opt)
{
	if (cfg_opt_size(opt) <= KSRTP_OFFENCE_ALLOW)
		return check_prefix(cfg, opt);
	cfg_error(cfg, "allow: expected at most %u prefixes", KSRTP_OFFENCE_ALLOW);
	return -1;
}

/* How many, how fast, how long: large enough a number is no limit. */
static int check_amount(cfg_t *cfg, cfg_opt_t *opt)
{
	long n = cfg_opt_getnint(opt, cfg_opt_size(opt) - 1);

	if (n >= 1 && n <= 1000000)
		return 0;
	cfg_error(cfg, "%s = %ld: expected 1 to 1000000", opt->name, n);
	return -1;
}

static int check_relay(cfg_t *cfg, cfg_opt_t *opt)
{
	struct ksrtp_addr a;

	if (ksrtp_config_relay_parse(&a, last_value(opt)))
		return 0;
	cfg_error(cfg, "relay = \"%s\": expected an address of this host, without a port",
		  last_value(opt));
	return -1;
}

static int check_ports(cfg_t *cfg, cfg_opt_t *opt)
{
	uint16_t min, max;

	if (ksrtp_config_ports_parse(&min, &max, last_value(opt)))
		return 0;
	cfg_error(cfg, "ports = \"%s\": expected two ports from 1024 on, such as \"30000-39999\"",
		  last_value(opt));
	return -1;
}

static int check_uri(cfg_t *cfg, cfg_opt_t *opt)
{
	struct ksrtp_config_uri u;

	if (ksrtp_config_uri_parse(&u, last_value(opt)))
		return 0;
	cfg_error(cfg, "uri = \"%s\": expected \"sip:HOST\", \"sip:HOST:PORT\" or sips: of these, "
		  "nothing behind it; how to speak is said by transport", last_value(opt));
	return -1;
}

static int check_suites(cfg_t *cfg, cfg_opt_t *opt)
{
	struct ksrtp_config_sdes sdes = { 0 };
	unsigned i;

	for (i = 0; i < cfg_opt_size(opt); i++) {
		if (ksrtp_config_suites_add(&sdes, cfg_opt_getnstr(opt, i)))
			continue;
		cfg_error(cfg, "suites = \"%s\": expected each crypto suite once, such as "
			  "\"AES_CM_128_HMAC_SHA1_80\"", cfg_opt_getnstr(opt, i));
		return -1;
	}
	return 0;
}

static int check_metrics(cfg_t *cfg, cfg_opt_t *opt)
{
	struct ksrtp_addr a;

	if (ksrtp_config_metrics_parse(&a, last_value(opt)))
		return 0;
	cfg_error(cfg, "metrics = \"%s\": expected a loopback address and a port, such as "
		  "\"127.0.0.1:9464\"", last_value(opt));
	return -1;
}

static int check_domain(cfg_t *cfg, cfg_opt_t *opt)
{
	if (ksrtp_config_host_valid(last_value(opt), strlen(last_value(opt))))
		return 0;
	cfg_error(cfg, "%s = \"%s\": expected a domain name, such as \"example.org\"", opt->name,
		  last_value(opt));
	return -1;
}

/* The beginning of a user part as a Request-URI has it: nothing is escaped or left out. */
static int check_user_part(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *text = last_value(opt);

	if (*text && !text[strspn(text, LETTERS "+-_.!~*'()&=$,;?/%")])
		return 0;
	cfg_error(cfg, "prefix = \"%s\": expected how a user part begins, such as \"+49\"", text);
	return -1;
}

/* Priorities and weights, as wide as those of an SRV record, and what may be 0 besides. */
static int check_number(cfg_t *cfg, cfg_opt_t *opt)
{
	long n = cfg_opt_getnint(opt, cfg_opt_size(opt) - 1);

	if (n >= 0 && n <= 65535)
		return 0;
	cfg_error(cfg, "%s = %ld: expected 0 to 65535", opt->name, n);
	return -1;
}

static int check_probe(cfg_t *cfg, cfg_opt_t *opt)
{
	long n = cfg_opt_getnint(opt, 0);

	if (n >= 0 && n <= 3600)
		return 0;
	cfg_error(cfg, "probe = %ld: expected seconds up to 3600, or 0 for no probes", n);
	return -1;
}

static int check_down_after(cfg_t *cfg, cfg_opt_t *opt)
{
	long n = cfg_opt_getnint(opt, 0);

	if (n >= 1 && n <= 100)
		return 0;
	cfg_error(cfg, "down_after = %ld: expected 1 to 100 probes without an answer", n);
	return -1;
}

/* Called at the end of each side's section. */
static int check_name(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *name = cfg_title(cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1));

	if (strlen(name) <= KSRTP_CONFIG_SIDE_NAME && !name[strspn(name, LETTERS "-_.")])
		return 0;
	cfg_error(cfg, "%s \"%s\": expected a name of at most %u letters, digits, - _ and .",
		  opt->name, name, KSRTP_CONFIG_SIDE_NAME);
	return -1;
}

static int check_workers(cfg_t *cfg, cfg_opt_t *opt)
{
	long n = cfg_opt_getnint(opt, 0);

	if (n >= 0 && n <= 64)
		return 0;
	cfg_error(cfg, "workers = %ld: expected 0 (by the CPUs) to 64", n);
	return -1;
}

/* Called at the end of each user section. */
static int check_user(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *user = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	bool inlined = cfg_getstr(user, "password"), file = cfg_getstr(user, "password_file");
	const char *name = cfg_title(user);

	if (!*name || strpbrk(name, "\"\\@<>: \t\r\n")) {
		cfg_error(cfg, "user \"%s\": expected a name without blanks, quotes, @ and colons",
			  name);
		return -1;
	}
	if (inlined != file)
		return 0;
	cfg_error(cfg, "user \"%s\": expected either password or password_file", name);
	return -1;
}

static const struct {
	const char *option;
	cfg_validate_callback_t check;
} checks[] = {
	{ "listen", check_listen },
	{ "domain", check_domain },
	{ "private_domains", check_domain },
	{ "digest", check_word },
	{ "log_level", check_word },
	{ "metrics", check_metrics },
	{ "core|uri", check_uri },
	{ "core|transport", check_word },
	{ "core|reach", check_word },
	{ "core|identity", check_word },
	{ "core|srtp", check_word },
	{ "core|suites", check_suites },
	{ "core|session_parameters", check_word },
	{ "core|from", check_prefix },
	{ "core|priority", check_number },
	{ "core|weight", check_number },
	{ "core|probe", check_probe },
	{ "core|down_after", check_down_after },
	{ "core", check_name },
	{ "phones|listen", check_listen },
	{ "phones|from", check_prefix },
	{ "phones", check_name },
	{ "route|domain", check_domain },
	{ "route|prefix", check_user_part },
	{ "phones|srtp", check_word },
	{ "phones|suites", check_suites },
	{ "phones|session_parameters", check_word },
	{ "media|backend", check_word },
	{ "media|srtp", check_word },
	{ "media|relay", check_relay },
	{ "media|ports", check_ports },
	{ "media|workers", check_workers },
	{ "media|idle", check_amount },
	{ "limits|connections", check_amount },
	{ "limits|total_connections", check_amount },
	{ "limits|handshakes", check_amount },
	{ "limits|requests", check_amount },
	{ "limits|registrations", check_amount },
	{ "limits|transactions", check_amount },
	{ "limits|handshake_time", check_amount },
	{ "limits|first_time", check_amount },
	{ "limits|message_time", check_amount },
	{ "limits|stalled_time", check_amount },
	{ "bans|failures", check_number },
	{ "bans|within", check_amount },
	{ "bans|time", check_amount },
	{ "bans|allow", check_allow },
	{ "user", check_user },
};

void ksrtp_config_checks(cfg_t *cfg)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(checks); i++)
		cfg_set_validate_func(cfg, checks[i].option, checks[i].check);
}

int ksrtp_config_word(cfg_t *section, const char *option)
{
	return find_word(key_of(section, option), cfg_getstr(section, option))->value;
}
