// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration file, by libconfuse: what may be said, what it means, what it defaults to.
 *
 * Called by main before all else. A value is checked while its line is read: an error names it.
 */
#include "daemon/config.h"

#include <confuse.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ksrtp/port.h>

#include "daemon/base/file.h"
#include "daemon/config_value.h"

#define PASSWORD_MAX	256
#define FILE_MAX	(1024 * 1024)

/*
 * libconfuse hands its error callback no context of the caller's. The pointer is set for the
 * time of one load only.
 */
static _Thread_local struct {
	char *text;
	size_t n;
	const char *path;
} sink;

/* What libconfuse's own sentences leave out. */
static const char *expected(const char *fmt)
{
	if (!strncmp(fmt, "invalid boolean", 15))
		return ": expected yes or no";
	if (!strncmp(fmt, "invalid integer", 15))
		return ": expected a number";
	if (!strncmp(fmt, "no such option", 14))
		return ": expected one that ksrtpd.conf explains";
	return "";
}

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	size_t at;

	/* The first error is the cause; what follows are its consequences. */
	if (!sink.n || *sink.text)
		return;
	snprintf(sink.text, sink.n, "%s:%d: ", sink.path, cfg->line);
	at = strlen(sink.text);
	vsnprintf(sink.text + at, sink.n - at, fmt, ap);
	at = strlen(sink.text);
	snprintf(sink.text + at, sink.n - at, "%s", expected(fmt));
}

/* ---- words */

struct word {
	const char *option, *word;
	int value;
};

static const struct word words[] = {
	{ "srtp", "prefer", KSRTP_SRTP_PREFER },
	{ "srtp", "require", KSRTP_SRTP_REQUIRE },
	{ "srtp", "plain", KSRTP_SRTP_PLAIN },
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


/* ---- checks while the file is read */

static const char *last_value(cfg_opt_t *opt)
{
	return cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);
}

static int check_word(cfg_t *cfg, cfg_opt_t *opt)
{
	const char *text = last_value(opt);
	char known[128] = "";
	size_t i, at = 0;

	if (find_word(opt->name, text))
		return 0;
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].option, opt->name))
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
	cfg_error(cfg, "from = \"%s\": expected an address or a prefix, such as \"192.0.2.0/24\"",
		  last_value(opt));
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

static bool parse_metrics(struct ksrtp_addr *a, const char *text)
{
	return !ksrtp_addr_parse(a, text, strlen(text)) && ksrtp_addr_port(a) &&
	       ksrtp_addr_classify(a) == KSRTP_ADDR_LOOPBACK;
}

static int check_metrics(cfg_t *cfg, cfg_opt_t *opt)
{
	struct ksrtp_addr a;

	if (parse_metrics(&a, last_value(opt)))
		return 0;
	cfg_error(cfg, "metrics = \"%s\": expected a loopback address and a port, such as "
		  "\"127.0.0.1:9464\"", last_value(opt));
	return -1;
}

static int check_domain(cfg_t *cfg, cfg_opt_t *opt)
{
	if (ksrtp_config_host_valid(last_value(opt), strlen(last_value(opt))))
		return 0;
	cfg_error(cfg, "domain = \"%s\": expected a domain name, such as \"example.org\"",
		  last_value(opt));
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

/* ---- from libconfuse's values to ours */

static int copy(char **out, const char *text)
{
	if (!text)
		return 0;
	free(*out);
	*out = strdup(text);
	return *out ? 0 : -ENOMEM;
}

/* The first line of a file, without its end. */
static int read_password(char **out, const char *path)
{
	char *text;
	size_t n;
	int err = ksrtp_file_read(path, PASSWORD_MAX, &text, &n);

	if (err)
		return err;
	text[strcspn(text, "\r\n")] = 0;
	err = *text ? copy(out, text) : -ENODATA;
	ksrtp_wipe(text, n);
	free(text);
	return err;
}

static int take_users(struct ksrtp_config *c, cfg_t *cfg)
{
	unsigned i, n = cfg_size(cfg, "user");
	int err;

	c->user = calloc(n ? n : 1, sizeof(*c->user));
	if (!c->user)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		cfg_t *user = cfg_getnsec(cfg, "user", i);
		char *password = cfg_getstr(user, "password");
		const char *file = cfg_getstr(user, "password_file");

		c->n_user++;
		err = copy(&c->user[i].name, cfg_title(user));
		if (!err)
			err = password ? copy(&c->user[i].password, password) :
					 read_password(&c->user[i].password, file);
		if (password)
			ksrtp_wipe(password, strlen(password));
		if (err && file)
			cfg_error(user, "password_file = \"%s\": %s", file, strerror(-err));
		if (err)
			return err;
	}
	return 0;
}

static int take_listen(struct ksrtp_config *c, cfg_t *cfg)
{
	unsigned i, n = cfg_size(cfg, "listen");

	c->listen = calloc(n ? n : 1, sizeof(*c->listen));
	if (!c->listen)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		ksrtp_config_listen_parse(&c->listen[i], cfg_getnstr(cfg, "listen", i));
	c->n_listen = n;
	return 0;
}

static int take_domains(struct ksrtp_config *c, cfg_t *cfg)
{
	unsigned i, n = cfg_size(cfg, "domain");
	char *p;

	c->domain = calloc(n ? n : 1, sizeof(*c->domain));
	if (!c->domain)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		if (copy(&c->domain[i], cfg_getnstr(cfg, "domain", i)))
			return -ENOMEM;
		c->n_domain++;
		for (p = c->domain[i]; *p; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p = (char)(*p - 'A' + 'a');
	}
	return 0;
}

static int word_of(cfg_t *cfg, const char *option)
{
	return find_word(option, cfg_getstr(cfg, option))->value;
}

static void take_sdes(struct ksrtp_config_sdes *sdes, cfg_t *side)
{
	unsigned i;

	for (i = 0; i < cfg_size(side, "suites"); i++)
		ksrtp_config_suites_add(sdes, cfg_getnstr(side, "suites", i));
	sdes->parameters = word_of(side, "session_parameters");
}

static int take_core(struct ksrtp_config *c, cfg_t *core)
{
	unsigned i, n = cfg_size(core, "from");
	struct ksrtp_config_uri uri;

	c->core.transport = (enum ksrtp_config_transport)word_of(core, "transport");
	c->core.reach = (enum ksrtp_config_reach)word_of(core, "reach");
	c->core.identity = (enum ksrtp_target_identity)word_of(core, "identity");
	c->core.srtp = (enum ksrtp_config_srtp)word_of(core, "srtp");
	take_sdes(&c->core.sdes, core);
	/* To ask for a clear transport alone is to allow it. */
	c->core.clear = cfg_getbool(core, "clear") || c->core.transport == KSRTP_CORE_TCP_ONLY ||
			c->core.transport == KSRTP_CORE_UDP_ONLY;
	c->core.from = calloc(n ? n : 1, sizeof(*c->core.from));
	if (!c->core.from)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		ksrtp_config_prefix_parse(&c->core.from[i], cfg_getnstr(core, "from", i));
	c->core.n_from = n;
	if (!cfg_getstr(core, "uri"))
		return 0;
	ksrtp_config_uri_parse(&uri, cfg_getstr(core, "uri"));
	c->core.secure = uri.secure;
	c->core.port = uri.port;
	c->core.host = strndup(uri.host, uri.n);
	return c->core.host ? 0 : -ENOMEM;
}

static int take_media(struct ksrtp_config *c, cfg_t *media)
{
	unsigned i, n = cfg_size(media, "relay");

	c->media.backend = (enum ksrtp_config_backend)word_of(media, "backend");
	c->media.workers = (unsigned)cfg_getint(media, "workers");
	ksrtp_config_ports_parse(&c->media.port_min, &c->media.port_max,
				 cfg_getstr(media, "ports"));
	c->media.relay = calloc(n ? n : 1, sizeof(*c->media.relay));
	if (!c->media.relay)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		ksrtp_config_relay_parse(&c->media.relay[i], cfg_getnstr(media, "relay", i));
	c->media.n_relay = n;
	return 0;
}

static int take_pairs(struct ksrtp_config *c, cfg_t *cfg)
{
	unsigned int i, n = cfg_size(cfg, "certificate"), keys = cfg_size(cfg, "key");

	if (keys && keys != n) {
		cfg_error(cfg, "%u times key, %u times certificate: expected a key for each, in "
			  "the same order, or none, when each certificate's file holds it",
			  keys, n);
		return -EINVAL;
	}
	if (n > KSRTP_CONFIG_PAIRS) {
		cfg_error(cfg, "%u times certificate: expected at most %u", n, KSRTP_CONFIG_PAIRS);
		return -EINVAL;
	}
	c->pair = calloc(n ? n : 1, sizeof(*c->pair));
	if (!c->pair)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		c->n_pair++;
		if (copy(&c->pair[i].certificate, cfg_getnstr(cfg, "certificate", i)) ||
		    (keys && copy(&c->pair[i].key, cfg_getnstr(cfg, "key", i))))
			return -ENOMEM;
	}
	return 0;
}

static int take_rest(struct ksrtp_config *c, cfg_t *cfg)
{
	cfg_t *phones = cfg_getsec(cfg, "phones");

	c->ask_clients = cfg_getbool(cfg, "ask_clients");
	c->phones.srtp = (enum ksrtp_config_srtp)word_of(phones, "srtp");
	take_sdes(&c->phones.sdes, phones);
	c->phones.clear = cfg_getbool(phones, "clear");
	c->digest_sha256 = word_of(cfg, "digest");
	c->log_level = (enum ksrtp_log_level)word_of(cfg, "log_level");
	c->metrics_on = cfg_getstr(cfg, "metrics");
	if (c->metrics_on)
		parse_metrics(&c->metrics, cfg_getstr(cfg, "metrics"));
	if (copy(&c->ca_file, cfg_getstr(cfg, "ca_file")) ||
	    copy(&c->realm, cfg_getstr(cfg, "realm")) ||
	    copy(&c->state_dir, cfg_getstr(cfg, "state_dir")) ||
	    copy(&c->runtime_dir, cfg_getstr(cfg, "runtime_dir")) ||
	    copy(&c->control, cfg_getstr(cfg, "control")))
		return -ENOMEM;
	if (c->control)
		return 0;
	return asprintf(&c->control, "%s/control", c->runtime_dir) < 0 ? -ENOMEM : 0;
}

/* What no single line is wrong about. */
static int check_whole(const struct ksrtp_config *c, cfg_t *cfg)
{
	if (c->core.identity != KSRTP_TARGET_ANY &&
	    (c->core.clear || c->core.transport >= KSRTP_CORE_TCP_ONLY)) {
		cfg_error(cfg_getsec(cfg, "core"),
			  "core: identity says that it must be known, and clear signalling knows "
			  "nobody: expected clear = no and a transport with TLS");
		return -EINVAL;
	}
	if (c->core.secure && (c->core.transport == KSRTP_CORE_TCP_ONLY ||
			       c->core.transport == KSRTP_CORE_UDP_ONLY)) {
		cfg_error(cfg_getsec(cfg, "core"),
			  "core: a sips: URI cannot be reached by a clear transport");
		return -EINVAL;
	}
	return 0;
}

static int take_all(struct ksrtp_config *c, cfg_t *cfg)
{
	int err = take_listen(c, cfg);

	if (!err)
		err = take_domains(c, cfg);
	if (!err)
		err = take_core(c, cfg_getsec(cfg, "core"));
	if (!err)
		err = take_media(c, cfg_getsec(cfg, "media"));
	if (!err)
		err = take_pairs(c, cfg);
	if (!err)
		err = take_rest(c, cfg);
	if (!err)
		err = take_users(c, cfg);
	return err ? err : check_whole(c, cfg);
}

static const struct {
	const char *option;
	cfg_validate_callback_t check;
} checks[] = {
	{ "listen", check_listen },
	{ "domain", check_domain },
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
	{ "phones|srtp", check_word },
	{ "phones|suites", check_suites },
	{ "phones|session_parameters", check_word },
	{ "media|backend", check_word },
	{ "media|relay", check_relay },
	{ "media|ports", check_ports },
	{ "media|workers", check_workers },
	{ "user", check_user },
};

/*
 * Overwrite comments with blanks, and see that every brace is closed: libconfuse 3.3 counts the
 * line of a comment three times, and takes the end of the file for the end of a section.
 *
 * Return: 0, or the line of the outermost brace that stays open.
 */
static int prepare(char *p)
{
	int line = 1, opened = 0, depth = 0;
	char quote = 0;

	for (; *p; p++) {
		if (!quote && (*p == '#' || (*p == '/' && p[1] == '/')))
			while (*p && *p != '\n')
				*p++ = ' ';
		if (!*p)
			break;
		if (quote && *p == '\\' && p[1])
			p++;
		else if (quote ? *p == quote : *p == '"' || *p == '\'')
			quote = quote ? 0 : *p;
		else if (!quote && *p == '{' && !depth++)
			opened = line;
		else if (!quote && *p == '}')
			depth--;
		line += *p == '\n';
	}
	return depth > 0 && !quote ? opened : 0;
}

static int parse_text(struct ksrtp_config *c, const char *text)
{
	cfg_opt_t core[] = {
		CFG_STR("uri", NULL, CFGF_NONE),
		CFG_STR("transport", "tls-first", CFGF_NONE),
		CFG_STR("reach", "contact", CFGF_NONE),
		CFG_STR("identity", "any", CFGF_NONE),
		CFG_BOOL("clear", cfg_false, CFGF_NONE),
		CFG_STR("srtp", "prefer", CFGF_NONE),
		CFG_STR_LIST("suites", "{}", CFGF_NONE),
		CFG_STR("session_parameters", "refuse", CFGF_NONE),
		CFG_STR_LIST("from", "{}", CFGF_NONE),
		CFG_END()
	};
	cfg_opt_t phones[] = {
		CFG_STR("srtp", "prefer", CFGF_NONE),
		CFG_STR_LIST("suites", "{}", CFGF_NONE),
		CFG_STR("session_parameters", "refuse", CFGF_NONE),
		CFG_BOOL("clear", cfg_true, CFGF_NONE),
		CFG_END()
	};
	cfg_opt_t media[] = {
		CFG_STR("backend", "auto", CFGF_NONE),
		CFG_STR_LIST("relay", "{}", CFGF_NONE),
		CFG_STR("ports", "30000-39999", CFGF_NONE),
		CFG_INT("workers", 0, CFGF_NONE),
		CFG_END()
	};
	cfg_opt_t user[] = {
		CFG_STR("password", NULL, CFGF_NONE),
		CFG_STR("password_file", NULL, CFGF_NONE),
		CFG_END()
	};
	cfg_opt_t options[] = {
		CFG_STR_LIST("listen", "{\"udp:0.0.0.0:5060\", \"udp:[::]:5060\", "
			     "\"tcp:0.0.0.0:5060\", \"tcp:[::]:5060\", "
			     "\"tls:0.0.0.0:5061\", \"tls:[::]:5061\"}", CFGF_NONE),
		CFG_STR_LIST("domain", "{}", CFGF_NONE),
		CFG_STR_LIST("certificate", NULL, CFGF_NONE),
		CFG_STR_LIST("key", NULL, CFGF_NONE),
		CFG_STR("ca_file", NULL, CFGF_NONE),
		CFG_BOOL("ask_clients", cfg_false, CFGF_NONE),
		CFG_STR("realm", NULL, CFGF_NONE),
		CFG_STR("digest", "md5", CFGF_NONE),
		CFG_STR("state_dir", "/var/lib/ksrtp", CFGF_NONE),
		CFG_STR("runtime_dir", "/run/ksrtp", CFGF_NONE),
		CFG_STR("control", NULL, CFGF_NONE),
		CFG_STR("log_level", "info", CFGF_NONE),
		CFG_STR("metrics", NULL, CFGF_NONE),
		CFG_SEC("core", core, CFGF_NONE),
		CFG_SEC("phones", phones, CFGF_NONE),
		CFG_SEC("media", media, CFGF_NONE),
		CFG_SEC("user", user, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
		CFG_END()
	};
	cfg_t *cfg = cfg_init(options, CFGF_NONE);
	size_t i;
	int err;

	if (!cfg)
		return -ENOMEM;
	cfg_set_error_function(cfg, on_error);
	for (i = 0; i < ARRAY_SIZE(checks); i++)
		cfg_set_validate_func(cfg, checks[i].option, checks[i].check);
	err = cfg_parse_buf(cfg, text) == CFG_SUCCESS ? take_all(c, cfg) : -EINVAL;
	cfg_free(cfg);
	return err;
}

int ksrtp_config_load(struct ksrtp_config **out, const char *path, char *error, size_t n)
{
	struct ksrtp_config *c = calloc(1, sizeof(*c));
	char *text = NULL;
	size_t size = 0;
	int err = 0, open_line;

	if (!c)
		return -ENOMEM;
	if (n)
		*error = 0;
	sink.text = error;
	sink.n = n;
	sink.path = path ? path : "defaults";
	if (path)
		err = ksrtp_file_read(path, FILE_MAX, &text, &size);
	open_line = text ? prepare(text) : 0;
	if (open_line) {
		snprintf(error, n, "%s:%d: this brace stays open: expected }", path, open_line);
		err = -EINVAL;
	}
	if (!err)
		err = parse_text(c, text ? text : "");
	if (text)
		ksrtp_wipe(text, size);
	free(text);
	if (err && n && !*error)
		snprintf(error, n, "%s: %s", sink.path, strerror(-err));
	sink.n = 0;
	if (err)
		ksrtp_config_destroy(c);
	else
		*out = c;
	return err;
}

void ksrtp_config_destroy(struct ksrtp_config *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < c->n_user; i++) {
		if (c->user[i].password)
			ksrtp_wipe(c->user[i].password, strlen(c->user[i].password));
		free(c->user[i].password);
		free(c->user[i].name);
	}
	for (i = 0; i < c->n_domain; i++)
		free(c->domain[i]);
	free(c->user);
	free(c->domain);
	free(c->listen);
	free(c->core.host);
	free(c->core.from);
	free(c->media.relay);
	for (i = 0; i < c->n_pair; i++) {
		free(c->pair[i].certificate);
		free(c->pair[i].key);
	}
	free(c->pair);
	free(c->ca_file);
	free(c->realm);
	free(c->state_dir);
	free(c->runtime_dir);
	free(c->control);
	free(c);
}

const char *ksrtp_config_password(const struct ksrtp_config *config, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < config->n_user; i++)
		if (strlen(config->user[i].name) == n && !memcmp(config->user[i].name, name, n))
			return config->user[i].password;
	return NULL;
}
