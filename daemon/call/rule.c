// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which core a request goes to that no token of ours directs. Called by dispatch.c; pure.
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
	return !route->n_from;
}

static const struct ksrtp_config_side *only_core(const struct ksrtp_config *config)
{
	const struct ksrtp_config_side *last = &config->side[config->n_side - 1];

	return config->n_side && last->core ? last : NULL;
}

const struct ksrtp_config_side *ksrtp_rule_find(const struct ksrtp_config *config,
						const struct ksrtp_uri *uri,
						const struct ksrtp_config_side *from)
{
	const struct ksrtp_config_side *to = NULL;
	const struct ksrtp_config_route *r;
	struct ksrtp_buf user;

	if (!config->n_route)
		return from->core ? NULL : only_core(config);
	ksrtp_buf_init(&user, USER_MAX);
	if (!ksrtp_uri_unescape(uri->user, &user))
		for (r = config->route; !to && r < config->route + config->n_route; r++)
			if (r->to != from && is_domain(r, uri->host) &&
			    begins(r, ksrtp_buf_view(&user)) && comes_from(r, from))
				to = r->to;
	ksrtp_buf_free(&user);
	return to;
}
