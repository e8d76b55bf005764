// SPDX-License-Identifier: GPL-2.0-or-later
/* Who gets a request: the first route that fits, by domain, prefix and side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include <ksrtp/port.h>

#include "daemon/call/rule.h"

static struct ksrtp_config *load(const char *text)
{
	char path[] = "/tmp/ksrtp-rule-XXXXXX", error[256];
	struct ksrtp_config *config;
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	if (ksrtp_config_load(&config, path, error, sizeof(error)))
		fail_msg("%s", error);
	unlink(path);
	return config;
}

static const struct ksrtp_config_side *side(const struct ksrtp_config *config, const char *name)
{
	size_t i;

	for (i = 0; i < config->n_side; i++)
		if (!strcmp(config->side[i].name, name))
			return &config->side[i];
	fail_msg("no side %s", name);
	return NULL;
}

/* The name of the core, "registrar" for ours, "" for none. */
static const char *found(const struct ksrtp_config *config, const char *text, const char *from)
{
	const struct ksrtp_config_side *core;
	struct ksrtp_uri uri;

	assert_int_equal(ksrtp_uri_parse(ksrtp_slice_str(text), &uri), 0);
	switch (ksrtp_rule_find(config, &uri, side(config, from), &core)) {
	case KSRTP_RULE_NOBODY:
		break;
	case KSRTP_RULE_CORE:
		return core->name;
	case KSRTP_RULE_REGISTRAR:
		return "registrar";
	}
	return "";
}

static void the_first_route_that_fits_decides(void **state)
{
	static const struct {
		const char *uri, *from, *to;
	} row[] = {
		{ "sip:0123@x.org", "phone", "trunk" },
		{ "sip:+49123@x.org", "phone", "trunk" },
		{ "sip:%2B49123@x.org", "phone", "trunk" },	/* the same user */
		{ "sips:0@192.0.2.1:5061;transport=tcp", "phone", "trunk" },
		{ "tel:+49-123", "phone", "trunk" },
		{ "sip:+48123@x.org", "phone", "pbx" },
		{ "sip:+4@x.org", "phone", "pbx" },
		{ "sip:100@x.org", "phone", "pbx" },
		{ "sip:x.org", "phone", "pbx" },	/* REGISTER */
		{ "sip:0123@Lab.Example", "phone", "trunk" },	/* the prefix stands first */
		{ "sip:1@Lab.Example", "phone", "lab" },
		{ "sip:1@sub.lab.example", "phone", "pbx" },
		{ "sip:1@other.example", "phone", "lab" },
		{ "sip:1@[2001:db8:0::7]:5070", "phone", "lab" },
		{ "sip:1@[2001:db8::8]", "phone", "pbx" },
		{ "sip:1@x.org", "guest", "lab" },
		{ "sip:0123@x.org", "guest", "lab" },	/* that prefix is not of guests */
		{ "sip:0123@x.org", "pbx", "trunk" },
		{ "sip:100@x.org", "trunk", "pbx" },
		{ "sip:100@x.org", "pbx", "" },	/* not back to where it came from */
		{ "sip:1@lab.example", "pbx", "" },	/* no core is named there */
		{ "sip:1@lab.example", "lab", "" },
		{ "sip:1@office.example", "phone", "registrar" },
		{ "sip:0123@office.example", "phone", "registrar" },
		{ "sip:office.example", "phone", "registrar" },	/* REGISTER */
		{ "sip:1@office.example", "pbx", "registrar" },
		{ "sip:1@office.example", "trunk", "pbx" },
	};
	struct ksrtp_config *config = load(
		"domain = \"office.example\"\nuser a { password = \"b\" }\n"
		"phones \"guest\" { from = {\"192.0.2.0/24\"} }\nphones { }\n"
		"core \"pbx\" { uri = \"sip:a\" }\ncore \"trunk\" { uri = \"sip:b\" }\n"
		"core \"lab\" { uri = \"sip:c\" }\n"
		"route { domain = \"office.example\"\n from = {\"phone\", \"guest\", \"pbx\"}\n"
		" to = registrar }\n"
		"route { prefix = {\"0\", \"+49\"}\n from = {\"phone\", \"pbx\"}\n to = trunk }\n"
		"route { domain = {\"lab.example\", \"other.EXAMPLE\", \"[2001:DB8::7]\"}\n"
		" to = lab }\n"
		"route { from = {\"guest\"}\n to = lab }\n"
		"route { from = {\"phone\", \"trunk\"}\n to = pbx }\n");
	const char *to;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(row); i++) {
		to = found(config, row[i].uri, row[i].from);
		if (strcmp(to, row[i].to))
			fail_msg("%s from %s went to \"%s\", not \"%s\"", row[i].uri, row[i].from,
				 to, row[i].to);
	}
	ksrtp_config_destroy(config);
}

static void without_a_route_phones_reach_the_only_core_or_the_registrar(void **state)
{
	struct ksrtp_config *config = load("core { uri = \"sip:a\" }\n");

	assert_string_equal(found(config, "sip:1@x", "phone"), "core");
	assert_string_equal(found(config, "sip:1@x", "core"), "");
	ksrtp_config_destroy(config);
	config = load("core { uri = \"sip:a\" }\nroute { prefix = \"1\"\n to = core }\n");
	assert_string_equal(found(config, "sip:1@x", "phone"), "core");
	assert_string_equal(found(config, "sip:2@x", "phone"), "");
	ksrtp_config_destroy(config);
	config = load("");
	assert_string_equal(found(config, "sip:1@x", "phone"), "registrar");
	ksrtp_config_destroy(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_route_that_fits_decides),
		cmocka_unit_test(without_a_route_phones_reach_the_only_core_or_the_registrar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
