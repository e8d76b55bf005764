// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sides and the routes between them: from libconfuse's values to ours, and what no single line
 * is wrong about. Called by config.c after the file was read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config_part.h"
#include "daemon/config_value.h"

#define REGISTRAR	"registrar"	/* in place of a core's name in a route */

static int take_prefixes(struct ksrtp_config_side *side, cfg_t *section)
{
	unsigned int i, n = cfg_size(section, "from");

	side->from = calloc(n ? n : 1, sizeof(*side->from));
	if (!side->from)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		ksrtp_config_prefix_parse(&side->from[i], cfg_getnstr(section, "from", i));
	side->n_from = n;
	return 0;
}

/* What is said of every side. */
static int take_side(struct ksrtp_config_side *side, cfg_t *section)
{
	const char *name = cfg_title(section);
	unsigned int i;

	side->srtp = (enum ksrtp_config_srtp)ksrtp_config_word(section, "srtp");
	for (i = 0; i < cfg_size(section, "suites"); i++)
		ksrtp_config_suites_add(&side->sdes, cfg_getnstr(section, "suites", i));
	side->sdes.parameters = ksrtp_config_word(section, "session_parameters");
	side->clear = cfg_getbool(section, "clear");
	if (*name && ksrtp_config_copy(&side->name, name))
		return -ENOMEM;
	return take_prefixes(side, section);
}

/* ---- cores */

static int take_server(struct ksrtp_config_side *side, cfg_t *section, unsigned int i)
{
	struct ksrtp_config_server *server = &side->server[i];
	struct ksrtp_config_uri uri;

	ksrtp_config_uri_parse(&uri, cfg_getnstr(section, "uri", i));
	server->secure = uri.secure;
	server->port = uri.port;
	server->priority = cfg_size(section, "priority") ?
			   (unsigned int)cfg_getnint(section, "priority", i) : i;
	server->weight = cfg_size(section, "weight") ?
			 (unsigned int)cfg_getnint(section, "weight", i) : 1;
	server->host = strndup(uri.host, uri.n);
	side->n_server += server->host != NULL;
	return server->host ? 0 : -ENOMEM;
}

static int check_servers(cfg_t *section, const char *name)
{
	unsigned int n = cfg_size(section, "uri"), priorities = cfg_size(section, "priority"),
		     weights = cfg_size(section, "weight");

	if (n > KSRTP_CONFIG_SERVERS)
		cfg_error(section, "core %s: %u times uri: expected at most %u", name, n,
			  KSRTP_CONFIG_SERVERS);
	else if (priorities && priorities != n)
		cfg_error(section, "core %s: %u times priority, %u times uri: expected one for "
			  "each, in the same order, or none", name, priorities, n);
	else if (weights && weights != n)
		cfg_error(section, "core %s: %u times weight, %u times uri: expected one for each, "
			  "in the same order, or none", name, weights, n);
	else if (weights && !priorities)
		cfg_error(section, "core %s: weights share what is of one priority: expected "
			  "priority, too", name);
	else
		return 0;
	return -EINVAL;
}

static bool without_tls(const struct ksrtp_config_side *side)
{
	return side->transport == KSRTP_CORE_TCP_ONLY || side->transport == KSRTP_CORE_UDP_ONLY;
}

static int check_core(const struct ksrtp_config_side *side, cfg_t *section)
{
	size_t i;

	if (side->identity != KSRTP_TARGET_ANY && side->clear) {
		cfg_error(section, "core: identity says that it must be known, and clear "
			  "signalling knows nobody: expected clear = no and a transport with TLS");
		return -EINVAL;
	}
	for (i = 0; i < side->n_server; i++)
		if (side->server[i].secure && without_tls(side)) {
			cfg_error(section, "core: a sips: URI cannot be reached by a clear "
				  "transport: expected sip: or a transport with TLS");
			return -EINVAL;
		}
	return 0;
}

static int take_core(struct ksrtp_config_side *side, cfg_t *section)
{
	unsigned int i, n = cfg_size(section, "uri");
	int err = take_side(side, section);

	if (!err && !side->name)
		err = ksrtp_config_copy(&side->name, "core");
	if (!err)
		err = check_servers(section, side->name);
	if (err)
		return err;
	side->core = true;
	side->transport = (enum ksrtp_config_transport)ksrtp_config_word(section, "transport");
	side->reach = (enum ksrtp_config_reach)ksrtp_config_word(section, "reach");
	side->identity = (enum ksrtp_target_identity)ksrtp_config_word(section, "identity");
	side->probe = (unsigned int)cfg_getint(section, "probe");
	side->down_after = (unsigned int)cfg_getint(section, "down_after");
	/* To ask for a clear transport alone is to allow it. */
	side->clear |= without_tls(side);
	side->server = calloc(n, sizeof(*side->server));
	if (!side->server)
		return -ENOMEM;
	for (i = 0; !err && i < n; i++)
		err = take_server(side, section, i);
	return err ? err : check_core(side, section);
}

/* ---- phones */

static bool takes_all(const struct ksrtp_config_side *side)
{
	return !side->core && !side->n_from && !side->n_listen;
}

static int take_phones(struct ksrtp_config_side *side, cfg_t *section)
{
	int err = take_side(side, section);

	if (!err && !side->name)
		err = ksrtp_config_copy(&side->name, "phone");
	if (!err)
		err = ksrtp_config_listen_take(&side->listen, &side->n_listen, section);
	return err ? err : ksrtp_config_pairs_take(&side->pair, &side->n_pair, section);
}

/* ---- all sides */

static const struct ksrtp_config_side *find_side(const struct ksrtp_config *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n_side; i++)
		if (c->side[i].name && !strcmp(c->side[i].name, name))
			return &c->side[i];
	return NULL;
}

static int take_kind(struct ksrtp_config *c, cfg_t *cfg, const char *kind)
{
	bool core = !strcmp(kind, "core");
	struct ksrtp_config_side *side;
	unsigned int i, number = 0;
	size_t groups = 0;
	cfg_t *section;
	int err = 0;

	if (cfg_size(cfg, kind) > KSRTP_CONFIG_SIDES) {
		cfg_error(cfg, "%u times %s: expected at most %u", cfg_size(cfg, kind), kind,
			  KSRTP_CONFIG_SIDES);
		return -EINVAL;
	}
	for (i = 0; !err && i < cfg_size(cfg, kind); i++) {
		section = cfg_getnsec(cfg, kind, i);
		if (core && !cfg_size(section, "uri") && *cfg_title(section)) {
			cfg_error(section, "core \"%s\": expected a uri", cfg_title(section));
			return -EINVAL;
		}
		/* the one without a name may be there to be filled in */
		if (core && !cfg_size(section, "uri"))
			continue;
		side = &c->side[c->n_side++];
		side->number = number++;
		err = core ? take_core(side, section) : take_phones(side, section);
		side->certificates = side->n_pair ? ++groups : 0;
		if (!err && !strcmp(side->name, REGISTRAR)) {
			cfg_error(section, "%s: routes call the built-in registrar so: expected "
				  "another name", side->name);
			err = -EINVAL;
		} else if (!err && find_side(c, side->name) != side) {
			cfg_error(section, "%s: two sides have this name: expected another",
				  side->name);
			err = -EINVAL;
		}
	}
	return err;
}

/* What nobody wrote down. */
static int default_phones(struct ksrtp_config *c)
{
	struct ksrtp_config_side *side = &c->side[c->n_side++];

	side->clear = true;
	return ksrtp_config_copy(&side->name, "phone");
}

static int check_phones(const struct ksrtp_config *c, cfg_t *cfg)
{
	size_t i, n = 0;

	for (i = 0; i < c->n_side; i++)
		n += takes_all(&c->side[i]);
	if (n == 1)
		return 0;
	cfg_error(cfg, "phones: %zu without from and listen: expected one, for whoever fits no "
		  "other", n);
	return -EINVAL;
}

/* ---- routes */

static int take_from(const struct ksrtp_config *c, struct ksrtp_config_route *route,
		     cfg_t *section)
{
	unsigned int i, n = cfg_size(section, "from");
	const char *name;

	route->from = calloc(n ? n : 1, sizeof(const struct ksrtp_config_side *));
	if (!route->from)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		name = cfg_getnstr(section, "from", i);
		route->from[i] = find_side(c, name);
		if (!route->from[i]) {
			cfg_error(section, "route: from = \"%s\": expected the name of a side",
				  name);
			return -EINVAL;
		}
		route->n_from++;
	}
	return 0;
}

static bool is_ours(const struct ksrtp_config *c, const char *domain)
{
	struct ksrtp_addr addr;
	size_t i;

	for (i = 0; i < c->n_domain; i++)
		if (!strcmp(c->domain[i], domain))
			return true;
	/* those of this host are ours, too */
	return !ksrtp_addr_parse(&addr, domain, strlen(domain));
}

static int check_registrar(const struct ksrtp_config *c, const struct ksrtp_config_route *route,
			   cfg_t *cfg, cfg_t *section)
{
	size_t i;

	if (!cfg_size(cfg, "user")) {
		cfg_error(section, "route: to = \"" REGISTRAR "\": expected user \"NAME\" { ... } "
			  "for those it serves");
		return -EINVAL;
	}
	for (i = 0; i < route->n_domain; i++)
		if (!is_ours(c, route->domain[i])) {
			cfg_error(section, "route: to = \"" REGISTRAR "\": \"%s\" is not ours: "
				  "expected it in domain = {...}", route->domain[i]);
			return -EINVAL;
		}
	return 0;
}

static int take_to(const struct ksrtp_config *c, struct ksrtp_config_route *route, cfg_t *cfg,
		   cfg_t *section)
{
	const char *to = cfg_getstr(section, "to");

	if (to && !strcmp(to, REGISTRAR))
		return check_registrar(c, route, cfg, section);
	route->to = to ? find_side(c, to) : NULL;
	if (route->to && route->to->core)
		return 0;
	cfg_error(section, "route: to = \"%s\": expected the name of a core, or \"" REGISTRAR "\"",
		  to ? to : "");
	return -EINVAL;
}

static int take_route(const struct ksrtp_config *c, struct ksrtp_config_route *route, cfg_t *cfg,
		      cfg_t *section)
{
	int err = ksrtp_config_strings_take(&route->domain, &route->n_domain, section, "domain");

	if (!err)
		err = take_to(c, route, cfg, section);
	if (!err)
		err = ksrtp_config_strings_take(&route->prefix, &route->n_prefix, section,
						"prefix");
	return err ? err : take_from(c, route, section);
}

/* ... that phones send */
static bool fits_all(const struct ksrtp_config_route *route)
{
	return !route->n_domain && !route->n_prefix && !route->n_from;
}

static bool fits_cores(const struct ksrtp_config_route *route)
{
	size_t i;

	for (i = 0; i < route->n_from; i++)
		if (route->from[i]->core)
			return true;
	return false;
}

static size_t cores_of(const struct ksrtp_config *c)
{
	size_t i, n = 0;

	for (i = 0; i < c->n_side; i++)
		n += c->side[i].core;
	return n;
}

static int take_routes(struct ksrtp_config *c, cfg_t *cfg)
{
	unsigned int i, n = cfg_size(cfg, "route");
	bool taken = false;
	int err = 0;

	if (!n && cores_of(c) > 1) {
		cfg_error(cfg, "%zu cores and no route: expected route { ... to = \"NAME\" }",
			  cores_of(c));
		return -EINVAL;
	}
	c->route = calloc(n ? n : 1, sizeof(*c->route));
	if (!c->route)
		return -ENOMEM;
	for (i = 0; !err && i < n; i++) {
		c->n_route++;
		err = take_route(c, &c->route[i], cfg, cfg_getnsec(cfg, "route", i));
		if (!err && taken && !fits_cores(&c->route[i])) {
			cfg_error(cfg_getnsec(cfg, "route", i), "route: one above takes all that "
				  "phones send: expected it below this one");
			err = -EINVAL;
		}
		taken |= fits_all(&c->route[i]);
	}
	return err;
}

int ksrtp_config_sides_take(struct ksrtp_config *c, cfg_t *cfg)
{
	int err = 0;

	/* never moved: flows, calls and routes point to them */
	c->side = calloc(2 * KSRTP_CONFIG_SIDES, sizeof(*c->side));
	if (!c->side)
		return -ENOMEM;
	if (cfg_size(cfg, "phones"))
		err = take_kind(c, cfg, "phones");
	else
		err = default_phones(c);
	if (!err)
		err = check_phones(c, cfg);
	if (!err)
		err = take_kind(c, cfg, "core");
	return err ? err : take_routes(c, cfg);
}

static void free_strings(char **list, size_t n)
{
	while (n--)
		free(list[n]);
	free(list);
}

void ksrtp_config_sides_free(struct ksrtp_config *c)
{
	size_t i, k;

	for (i = 0; i < c->n_route; i++) {
		free_strings(c->route[i].domain, c->route[i].n_domain);
		free_strings(c->route[i].prefix, c->route[i].n_prefix);
		free(c->route[i].from);
	}
	for (i = 0; i < c->n_side; i++) {
		for (k = 0; k < c->side[i].n_server; k++)
			free(c->side[i].server[k].host);
		free(c->side[i].server);
		free(c->side[i].from);
		free(c->side[i].listen);
		ksrtp_config_pairs_free(c->side[i].pair, c->side[i].n_pair);
		free(c->side[i].name);
	}
	free(c->route);
	free(c->side);
}

const struct ksrtp_config_side *ksrtp_config_phones(const struct ksrtp_config *config)
{
	size_t i;

	for (i = 0; i < config->n_side && !takes_all(&config->side[i]); i++)
		;
	return &config->side[i];
}

bool ksrtp_config_has_core(const struct ksrtp_config *config)
{
	return config->n_side && config->side[config->n_side - 1].core;
}

bool ksrtp_config_has_registrar(const struct ksrtp_config *config)
{
	size_t i;

	for (i = 0; i < config->n_route; i++)
		if (!config->route[i].to)
			return true;
	return !ksrtp_config_has_core(config);
}
