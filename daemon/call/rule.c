// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who gets a request that no token of ours directs. Called by dispatch.c; pure.
 */
#include "daemon/call/rule.h"

#include <string.h>

#define USER_MAX	1024

/* An IPv6 address has many texts. */
static bool same_host(const char *domain, struct slice host)
{
	struct ksrtp_addr a, b;

	if (ksrtp_slice_is(host, domain))
		return true;
	return !ksrtp_addr_parse(&a, domain, strlen(domain)) &&
	       !ksrtp_addr_parse(&b, host.p, host.n) && ksrtp_addr_same_ip(&a, &b);
}

static bool is_domain(const struct ksrtp_config_route *route, struct slice host)
{
	size_t i;

	for (i = 0; i < route->n_domain; i++)
		if (same_host(route->domain[i], host))
			return true;
	return !route->n_domain;
}

/* %2B49 is +49 (RFC 3261 section 19.1.4): @user is without its escapes. */
static bool begins(const struct ksrtp_config_route *route, struct slice user)
{
	struct slice prefix;
	size_t i;

	for (i = 0; i < route->n_prefix; i++) {
		prefix = ksrtp_slice_str(route->prefix[i]);
		if (user.n >= prefix.n &&
		    ksrtp_slice_equal(ksrtp_slice_head(user, prefix.n), prefix))
			return true;
	}
	return !route->n_prefix;
}

static bool comes_from(const struct ksrtp_config_route *route, const struct ksrtp_config_side *from)
{
	size_t i;

	for (i = 0; i < route->n_from; i++)
		if (route->from[i] == from)
			return true;
	return !route->n_from && !from->core;
}

static const struct ksrtp_config_side *only_core(const struct ksrtp_config *config)
{
	const struct ksrtp_config_side *last = &config->side[config->n_side - 1];

	return config->n_side && last->core ? last : NULL;
}

static enum ksrtp_rule without_routes(const struct ksrtp_config *config,
				      const struct ksrtp_config_side *from,
				      const struct ksrtp_config_side **core)
{
	if (from->core)
		return KSRTP_RULE_NOBODY;
	*core = only_core(config);
	return *core ? KSRTP_RULE_CORE : KSRTP_RULE_REGISTRAR;
}

enum ksrtp_rule ksrtp_rule_find(const struct ksrtp_config *config, const struct ksrtp_uri *uri,
				const struct ksrtp_config_side *from,
				const struct ksrtp_config_side **core)
{
	const struct ksrtp_config_route *r = config->route, *end = r + config->n_route;
	struct ksrtp_buf user;

	*core = NULL;
	if (!config->n_route)
		return without_routes(config, from, core);
	ksrtp_buf_init(&user, USER_MAX);
	if (ksrtp_uri_unescape(uri->user, &user))
		r = end;
	while (r < end && (r->to == from || !is_domain(r, uri->host) ||
			   !begins(r, ksrtp_buf_view(&user)) || !comes_from(r, from)))
		r++;
	ksrtp_buf_free(&user);
	if (r == end)
		return KSRTP_RULE_NOBODY;
	*core = r->to;
	return *core ? KSRTP_RULE_CORE : KSRTP_RULE_REGISTRAR;
}
