// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration file, by libconfuse: what may be said, what it means, what it defaults to.
 *
 * Called by main before all else. A value is checked while its line is read: an error names it.
 */
#include "daemon/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ksrtp/port.h>

#include "daemon/base/file.h"
#include "daemon/config_part.h"
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
	if (!strncmp(fmt, "found duplicate title", 21))
		return ": expected another name for each";
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

/* ---- from libconfuse's values to ours */

int ksrtp_config_copy(char **out, const char *text)
{
	if (!text)
		return 0;
	free(*out);
	*out = strdup(text);
	return *out ? 0 : -ENOMEM;
}

int ksrtp_config_copy_lower(char **out, const char *text)
{
	char *p;

	if (ksrtp_config_copy(out, text))
		return -ENOMEM;
	for (p = *out; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return 0;
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
	err = *text ? ksrtp_config_copy(out, text) : -ENODATA;
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
		err = ksrtp_config_copy(&c->user[i].name, cfg_title(user));
		if (!err)
			err = password ? ksrtp_config_copy(&c->user[i].password, password) :
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

int ksrtp_config_listen_take(struct ksrtp_config_listen **listen, size_t *n, cfg_t *section)
{
	unsigned int i, count = cfg_size(section, "listen");

	*listen = calloc(count ? count : 1, sizeof(**listen));
	if (!*listen)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		ksrtp_config_listen_parse(&(*listen)[i], cfg_getnstr(section, "listen", i));
	*n = count;
	return 0;
}

int ksrtp_config_strings_take(char ***out, size_t *n, cfg_t *section, const char *option)
{
	unsigned int i, size = cfg_size(section, option);
	int (*copy)(char **, const char *) = strcmp(option, "domain") ? ksrtp_config_copy :
								       ksrtp_config_copy_lower;

	*out = calloc(size ? size : 1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (i = 0; i < size; i++) {
		if (copy(&(*out)[i], cfg_getnstr(section, option, i)))
			return -ENOMEM;
		++*n;
	}
	return 0;
}

static int take_dane(struct ksrtp_config *c, cfg_t *cfg)
{
	int err = ksrtp_config_strings_take(&c->private_domain, &c->n_private_domain, cfg,
					    "private_domains");

	if (err || !cfg_getbool(cfg, "dane"))
		return err;
	return ksrtp_config_copy(&c->trust_anchor, cfg_getstr(cfg, "trust_anchor"));
}

static int take_media(struct ksrtp_config *c, cfg_t *media)
{
	unsigned i, n = cfg_size(media, "relay");

	c->media.backend = (enum ksrtp_config_backend)ksrtp_config_word(media, "backend");
	c->media.libsrtp2 = ksrtp_config_word(media, "srtp");
	c->media.workers = (unsigned)cfg_getint(media, "workers");
	c->media.idle = (unsigned)cfg_getint(media, "idle");
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

static void take_limits(struct ksrtp_config *c, cfg_t *section)
{
	c->limits.connections = (unsigned)cfg_getint(section, "connections");
	c->limits.total_connections = (unsigned)cfg_getint(section, "total_connections");
	c->limits.handshakes = (unsigned)cfg_getint(section, "handshakes");
	c->limits.requests = (unsigned)cfg_getint(section, "requests");
	c->limits.registrations = (unsigned)cfg_getint(section, "registrations");
	c->limits.transactions = (unsigned)cfg_getint(section, "transactions");
	c->limits.handshake_time = (unsigned)cfg_getint(section, "handshake_time");
	c->limits.first_time = (unsigned)cfg_getint(section, "first_time");
	c->limits.message_time = (unsigned)cfg_getint(section, "message_time");
	c->limits.stalled_time = (unsigned)cfg_getint(section, "stalled_time");
}

static int take_bans(struct ksrtp_config *c, cfg_t *section)
{
	unsigned i, n = cfg_size(section, "allow");

	c->bans.failures = (unsigned)cfg_getint(section, "failures");
	c->bans.within = (unsigned)cfg_getint(section, "within");
	c->bans.time = (unsigned)cfg_getint(section, "time");
	c->bans.allow = calloc(n ? n : 1, sizeof(*c->bans.allow));
	if (!c->bans.allow)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		if (ksrtp_config_copy(&c->bans.allow[i], cfg_getnstr(section, "allow", i)))
			return -ENOMEM;
		c->bans.n_allow++;
	}
	return 0;
}

int ksrtp_config_pairs_take(struct ksrtp_config_pair **pair, size_t *n_pair, cfg_t *section)
{
	unsigned int i, n = cfg_size(section, "certificate"), keys = cfg_size(section, "key");

	if (keys && keys != n) {
		cfg_error(section, "%u times key, %u times certificate: expected a key for each, "
			  "in the same order, or none, when each certificate's file holds it",
			  keys, n);
		return -EINVAL;
	}
	*pair = calloc(n ? n : 1, sizeof(**pair));
	if (!*pair)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		++*n_pair;
		if (ksrtp_config_copy(&(*pair)[i].certificate,
				      cfg_getnstr(section, "certificate", i)) ||
		    (keys && ksrtp_config_copy(&(*pair)[i].key, cfg_getnstr(section, "key", i))))
			return -ENOMEM;
	}
	return 0;
}

void ksrtp_config_pairs_free(struct ksrtp_config_pair *pair, size_t n)
{
	while (n--) {
		free(pair[n].certificate);
		free(pair[n].key);
	}
	free(pair);
}

static int check_pairs(const struct ksrtp_config *c, cfg_t *cfg)
{
	size_t i, n = c->n_pair;

	for (i = 0; i < c->n_side; i++)
		n += c->side[i].n_pair;
	if (n <= KSRTP_CONFIG_PAIRS)
		return 0;
	cfg_error(cfg, "%zu times certificate: expected at most %u", n, KSRTP_CONFIG_PAIRS);
	return -EINVAL;
}

static int take_rest(struct ksrtp_config *c, cfg_t *cfg)
{
	c->ask_clients = cfg_getbool(cfg, "ask_clients");
	c->digest_sha256 = ksrtp_config_word(cfg, "digest");
	c->log_level = (enum ksrtp_log_level)ksrtp_config_word(cfg, "log_level");
	c->ledger = cfg_getbool(cfg, "ledger");
	c->metrics_on = cfg_getstr(cfg, "metrics");
	if (c->metrics_on)
		ksrtp_config_metrics_parse(&c->metrics, cfg_getstr(cfg, "metrics"));
	if (ksrtp_config_copy(&c->ca_file, cfg_getstr(cfg, "ca_file")) ||
	    ksrtp_config_copy(&c->realm, cfg_getstr(cfg, "realm")) ||
	    ksrtp_config_copy(&c->state_dir, cfg_getstr(cfg, "state_dir")) ||
	    ksrtp_config_copy(&c->runtime_dir, cfg_getstr(cfg, "runtime_dir")) ||
	    ksrtp_config_copy(&c->control, cfg_getstr(cfg, "control")))
		return -ENOMEM;
	if (c->control)
		return 0;
	return asprintf(&c->control, "%s/control", c->runtime_dir) < 0 ? -ENOMEM : 0;
}

static int take_all(struct ksrtp_config *c, cfg_t *cfg)
{
	int err = ksrtp_config_listen_take(&c->listen, &c->n_listen, cfg);

	if (!err)
		err = ksrtp_config_strings_take(&c->domain, &c->n_domain, cfg, "domain");
	if (!err)
		err = take_dane(c, cfg);
	if (!err)
		err = ksrtp_config_sides_take(c, cfg);
	if (!err)
		err = take_media(c, cfg_getsec(cfg, "media"));
	take_limits(c, cfg_getsec(cfg, "limits"));
	if (!err)
		err = take_bans(c, cfg_getsec(cfg, "bans"));
	if (!err)
		err = ksrtp_config_pairs_take(&c->pair, &c->n_pair, cfg);
	if (!err)
		err = check_pairs(c, cfg);
	if (!err)
		err = take_rest(c, cfg);
	return err ? err : take_users(c, cfg);
}

/*
 * A copy without comments, with an empty title where a side has none, and whether every brace is
 * closed: libconfuse 3.3 counts the line of a comment three times, knows no title that may be
 * left out, and takes the end of the file for the end of a section.
 */
struct prepared {
	char *text;
	size_t n;
	int open_line;		/* of the outermost brace that stays open; 0: none does */
};

/* Does @text end with the name of a side, behind which a title would stand? */
static bool ends_with_side(const char *text, size_t n)
{
	static const char *const sides[] = { "core", "phones" };
	size_t i, len;

	while (n && strchr(" \t\r\n", text[n - 1]))
		n--;
	for (i = 0; i < ARRAY_SIZE(sides); i++) {
		len = strlen(sides[i]);
		if (n >= len && !strncmp(text + n - len, sides[i], len) &&
		    (n == len || strchr(" \t\r\n}", text[n - len - 1])))
			return true;
	}
	return false;
}

static void prepare(struct prepared *out, const char *p)
{
	int line = 1, opened = 0, depth = 0;
	char quote = 0;

	for (; *p; p++) {
		if (!quote && (*p == '#' || (*p == '/' && p[1] == '/')))
			while (*p && *p != '\n')
				p++;
		if (!*p)
			break;
		if (quote && *p == '\\' && p[1])
			out->text[out->n++] = *p++;
		else if (quote ? *p == quote : *p == '"' || *p == '\'')
			quote = quote ? 0 : *p;
		else if (!quote && *p == '{' && !depth++) {
			opened = line;
			if (ends_with_side(out->text, out->n)) {
				memcpy(out->text + out->n, "\"\" ", 3);
				out->n += 3;
			}
		} else if (!quote && *p == '}')
			depth--;
		line += *p == '\n';
		out->text[out->n++] = *p;
	}
	out->text[out->n] = 0;
	out->open_line = depth > 0 && !quote ? opened : 0;
}

/* libconfuse copies these; its types know no const. */
static cfg_opt_t media[] = {
	CFG_STR("backend", "auto", CFGF_NONE),
	CFG_STR("srtp", "core", CFGF_NONE),
	CFG_STR_LIST("relay", "{}", CFGF_NONE),
	CFG_STR("ports", "30000-39999", CFGF_NONE),
	CFG_INT("workers", 0, CFGF_NONE),
	CFG_INT("idle", 900, CFGF_NONE),
	CFG_END()
};

static cfg_opt_t user[] = {
	CFG_STR("password", NULL, CFGF_NONE),
	CFG_STR("password_file", NULL, CFGF_NONE),
	CFG_END()
};

static cfg_opt_t limits[] = {
	CFG_INT("connections", 512, CFGF_NONE),
	CFG_INT("total_connections", 16384, CFGF_NONE),
	CFG_INT("handshakes", 50, CFGF_NONE),
	CFG_INT("requests", 1000, CFGF_NONE),
	CFG_INT("registrations", 100, CFGF_NONE),
	CFG_INT("transactions", 10000, CFGF_NONE),
	CFG_INT("handshake_time", 10, CFGF_NONE),
	CFG_INT("first_time", 60, CFGF_NONE),
	CFG_INT("message_time", 20, CFGF_NONE),
	CFG_INT("stalled_time", 30, CFGF_NONE),
	CFG_END()
};

static cfg_opt_t bans[] = {
	CFG_INT("failures", 20, CFGF_NONE),
	CFG_INT("within", 60, CFGF_NONE),
	CFG_INT("time", 600, CFGF_NONE),
	CFG_STR_LIST("allow", "{}", CFGF_NONE),
	CFG_END()
};

/* Every section and setting, with its default. */
static cfg_t *describe(void)
{
	cfg_opt_t core[] = {
		CFG_STR_LIST("uri", "{}", CFGF_NONE),
		CFG_INT_LIST("priority", "{}", CFGF_NONE),
		CFG_INT_LIST("weight", "{}", CFGF_NONE),
		CFG_INT("probe", 0, CFGF_NONE),
		CFG_INT("down_after", 3, CFGF_NONE),
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
		CFG_STR_LIST("listen", "{}", CFGF_NONE),
		CFG_STR_LIST("from", "{}", CFGF_NONE),
		CFG_STR_LIST("certificate", NULL, CFGF_NONE),
		CFG_STR_LIST("key", NULL, CFGF_NONE),
		CFG_END()
	};
	cfg_opt_t route[] = {
		CFG_STR_LIST("domain", "{}", CFGF_NONE),
		CFG_STR_LIST("prefix", "{}", CFGF_NONE),
		CFG_STR_LIST("from", "{}", CFGF_NONE),
		CFG_STR("to", NULL, CFGF_NONE),
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
		CFG_BOOL("dane", cfg_false, CFGF_NONE),
		CFG_STR("trust_anchor", "/usr/share/dns/root.key", CFGF_NONE),
		CFG_STR_LIST("private_domains", "{}", CFGF_NONE),
		CFG_STR("realm", NULL, CFGF_NONE),
		CFG_STR("digest", "md5", CFGF_NONE),
		CFG_STR("state_dir", "/var/lib/ksrtp", CFGF_NONE),
		CFG_STR("runtime_dir", "/run/ksrtp", CFGF_NONE),
		CFG_STR("control", NULL, CFGF_NONE),
		CFG_STR("log_level", "info", CFGF_NONE),
		CFG_BOOL("ledger", cfg_true, CFGF_NONE),
		CFG_STR("metrics", NULL, CFGF_NONE),
		CFG_SEC("core", core, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
		CFG_SEC("phones", phones, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
		CFG_SEC("route", route, CFGF_MULTI),
		CFG_SEC("media", media, CFGF_NONE),
		CFG_SEC("limits", limits, CFGF_NONE),
		CFG_SEC("bans", bans, CFGF_NONE),
		CFG_SEC("user", user, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
		CFG_END()
	};

	return cfg_init(options, CFGF_NONE);
}

static int parse_text(struct ksrtp_config *c, const char *text)
{
	cfg_t *cfg = describe();
	int err;

	if (!cfg)
		return -ENOMEM;
	cfg_set_error_function(cfg, on_error);
	ksrtp_config_checks(cfg);
	err = cfg_parse_buf(cfg, text) == CFG_SUCCESS ? take_all(c, cfg) : -EINVAL;
	cfg_free(cfg);
	return err;
}

static int load_text(struct ksrtp_config *c, const char *text, size_t size)
{
	/* An empty title takes less than the name of its side and the brace. */
	struct prepared prepared = { .text = malloc(2 * size + 1) };
	int err = prepared.text ? 0 : -ENOMEM;

	if (err)
		return err;
	prepare(&prepared, text);
	if (prepared.open_line) {
		snprintf(sink.text, sink.n, "%s:%d: this brace stays open: expected }", sink.path,
			 prepared.open_line);
		err = -EINVAL;
	} else {
		err = parse_text(c, prepared.text);
	}
	ksrtp_wipe(prepared.text, prepared.n);
	free(prepared.text);
	return err;
}

int ksrtp_config_load(struct ksrtp_config **out, const char *path, char *error, size_t n)
{
	struct ksrtp_config *c = calloc(1, sizeof(*c));
	char *text = NULL;
	size_t size = 0;
	int err = 0;

	if (!c)
		return -ENOMEM;
	if (n)
		*error = 0;
	sink.text = error;
	sink.n = n;
	sink.path = path ? path : "defaults";
	if (path)
		err = ksrtp_file_read(path, FILE_MAX, &text, &size);
	if (!err)
		err = load_text(c, text ? text : "", size);
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
	ksrtp_config_sides_free(c);
	free(c->media.relay);
	for (i = 0; i < c->bans.n_allow; i++)
		free(c->bans.allow[i]);
	free(c->bans.allow);
	ksrtp_config_pairs_free(c->pair, c->n_pair);
	free(c->ca_file);
	free(c->trust_anchor);
	while (c->n_private_domain)
		free(c->private_domain[--c->n_private_domain]);
	free(c->private_domain);
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
