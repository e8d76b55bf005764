// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration: defaults without a file, every option, errors with file, line and what was
 * expected.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <unistd.h>

#include "daemon/config.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char path[] = "/tmp/ksrtp-config-XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(path);

	close(fd);
	return fd < 0;
}

static int remove_file(void **state)
{
	return unlink(path);
}

static int load(struct ksrtp_config **config, const char *text, char *error, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return ksrtp_config_load(config, path, error, n);
}

static void without_a_file_everything_has_a_default(void **state)
{
	struct ksrtp_config *c;
	char error[256];

	assert_int_equal(ksrtp_config_load(&c, NULL, error, sizeof(error)), 0);
	assert_int_equal(c->n_listen, 6);
	assert_int_equal(c->listen[4].transport, KSRTP_TRANSPORT_TLS);
	assert_int_equal(ksrtp_addr_port(&c->listen[4].addr), 5061);
	assert_int_equal(c->n_domain, 0);
	assert_false(ksrtp_config_has_core(c));
	assert_int_equal(c->n_side, 1);
	assert_string_equal(c->side->name, "phone");
	assert_false(c->side->core);
	assert_true(c->side->clear);
	assert_int_equal(c->side->srtp, KSRTP_SRTP_PREFER);
	assert_int_equal(c->media.backend, KSRTP_BACKEND_AUTO);
	assert_int_equal(c->media.port_min, 30000);
	assert_int_equal(c->media.port_max, 39999);
	assert_string_equal(c->control, "/run/ksrtp/control");
	assert_int_equal(c->log_level, KSRTP_LOG_INFO);
	assert_int_equal(c->limits.connections, 512);
	assert_int_equal(c->limits.total_connections, 16384);
	assert_int_equal(c->limits.handshakes, 50);
	assert_int_equal(c->limits.requests, 1000);
	assert_int_equal(c->limits.registrations, 100);
	assert_int_equal(c->limits.transactions, 10000);
	assert_int_equal(c->limits.handshake_time, 10);
	assert_int_equal(c->limits.first_time, 60);
	assert_int_equal(c->limits.message_time, 20);
	assert_int_equal(c->limits.stalled_time, 30);
	assert_int_equal(c->media.idle, 900);
	assert_int_equal(c->bans.failures, 20);
	assert_int_equal(c->bans.within, 60);
	assert_int_equal(c->bans.time, 600);
	assert_int_equal(c->bans.n_allow, 0);
	ksrtp_config_destroy(c);
}

static void every_option_is_taken(void **state)
{
	static const char text[] =
		"# a comment with \"quotes\n"
		"listen = {\"udp:192.0.2.1:5070\", \"tls:[2001:db8::1]:5071\"} // another\n"
		"domain = {\"Example.ORG\", \"b.org\"}\n"
		"certificate = \"/c#1\"\nkey = \"/k\"\nca_file = \"/a\"\nask_clients = yes\n"
		"realm = \"r\"\ndigest = sha-256\n"
		"state_dir = \"/s\"\nruntime_dir = \"/r\"\nlog_level = debug\n"
		"core {\n\turi = \"sips:[2001:db8::2]:5062\"\n\ttransport = tls-only\n"
		"\treach = path\n\tsrtp = require\n"
		"\tsuites = {\"AEAD_AES_256_GCM\", \"AES_CM_128_HMAC_SHA1_80\"}\n"
		"\tsession_parameters = accept\n\tfrom = {\"192.0.2.0/24\", \"::1\"}\n}\n"
		"phones { srtp = plain\n clear = no }\n"
		"media { backend = user\n relay = {\"192.0.2.1\"}\n ports = \"2000-2001\"\n"
		" workers = 3\n srtp = libsrtp2 }\n"
		"user \"alice\" { password = \"a b\" }\n";
	const struct ksrtp_config_side *core, *phones;
	struct ksrtp_config *c;
	char error[256], ip[KSRTP_ADDR_TEXT];

	assert_int_equal(load(&c, text, error, sizeof(error)), 0);
	assert_int_equal(c->n_listen, 2);
	assert_int_equal(c->listen[0].transport, KSRTP_TRANSPORT_UDP);
	assert_string_equal(ksrtp_addr_format(&c->listen[1].addr, ip, sizeof(ip)),
			    "[2001:db8::1]:5071");
	assert_int_equal(c->n_domain, 2);
	assert_string_equal(c->domain[0], "example.org");
	assert_int_equal(c->n_pair, 1);
	assert_string_equal(c->pair[0].certificate, "/c#1");
	assert_string_equal(c->pair[0].key, "/k");
	assert_string_equal(c->ca_file, "/a");
	assert_true(c->ask_clients);
	assert_string_equal(c->realm, "r");
	assert_true(c->digest_sha256);
	assert_string_equal(c->state_dir, "/s");
	assert_string_equal(c->control, "/r/control");
	assert_int_equal(c->log_level, KSRTP_LOG_DEBUG);
	assert_int_equal(c->n_side, 2);
	phones = &c->side[0];
	core = &c->side[1];
	assert_string_equal(core->name, "core");
	assert_true(core->core && ksrtp_config_has_core(c));
	assert_ptr_equal(ksrtp_config_phones(c), phones);
	assert_int_equal(core->n_server, 1);
	assert_string_equal(core->server->host, "[2001:db8::2]");
	assert_int_equal(core->server->port, 5062);
	assert_true(core->server->secure);
	assert_int_equal(core->transport, KSRTP_CORE_TLS_ONLY);
	assert_int_equal(core->reach, KSRTP_REACH_PATH);
	assert_int_equal(core->srtp, KSRTP_SRTP_REQUIRE);
	assert_string_equal(core->sdes.suite[0]->name, "AEAD_AES_256_GCM");
	assert_string_equal(core->sdes.suite[1]->name, "AES_CM_128_HMAC_SHA1_80");
	assert_null(core->sdes.suite[2]);
	assert_true(core->sdes.parameters);
	assert_null(phones->sdes.suite[0]);
	assert_false(phones->sdes.parameters);
	assert_int_equal(core->n_from, 2);
	assert_int_equal(core->from[0].bits, 24);
	assert_int_equal(core->from[1].bits, 128);
	assert_int_equal(phones->srtp, KSRTP_SRTP_PLAIN);
	assert_false(phones->clear);
	assert_int_equal(c->media.backend, KSRTP_BACKEND_USER);
	assert_int_equal(c->media.n_relay, 1);
	assert_int_equal(c->media.port_min, 2000);
	assert_int_equal(c->media.workers, 3);
	assert_true(c->media.libsrtp2);
	assert_string_equal(ksrtp_config_password(c, "alice", 5), "a b");
	assert_null(ksrtp_config_password(c, "alic", 4));
	assert_null(ksrtp_config_password(c, "Alice", 5));
	ksrtp_config_destroy(c);
}

static void to_ask_for_a_clear_transport_alone_allows_clear(void **state)
{
	struct ksrtp_config *c;
	char error[256];

	assert_int_equal(load(&c, "core { uri = \"sip:pbx\"\n transport = udp-only }", error,
			      sizeof(error)), 0);
	assert_true(c->side[1].clear);
	assert_int_equal(c->side[1].server->port, 0);
	ksrtp_config_destroy(c);
}

static void sides_and_routes_are_taken(void **state)
{
	static const char text[] =
		"phones \"office\" { srtp = require\n from = {\"192.0.2.0/24\"}\n"
		" listen = {\"tls:192.0.2.1:5071\"}\n certificate = {\"/c\", \"/d\"} }\n"
		"phones { srtp = plain\n clear = no }\n"
		"core \"pbx\" { uri = {\"sip:a\", \"sip:b:5070\", \"sip:c\"} }\n"
		"core \"trunk\"\n{\n uri = {\"sips:t1\", \"sip:t2\"}\n priority = {1, 1}\n"
		" weight = {60, 40}\n srtp = require\n probe = 30\n down_after = 2 }\n"
		"route { domain = {\"A.org\", \"b.org\"} prefix = {\"0\", \"+49\"}\n"
		" from = {\"office\", \"pbx\"} to = \"trunk\" }\n"
		"route { to = pbx }\n";
	const struct ksrtp_config_side *side;
	struct ksrtp_config *c;
	char error[256];

	if (load(&c, text, error, sizeof(error)))
		fail_msg("%s", error);
	side = c->side;
	assert_int_equal(c->n_side, 4);
	assert_string_equal(side[0].name, "office");
	assert_int_equal(side[0].srtp, KSRTP_SRTP_REQUIRE);
	assert_int_equal(side[0].from->bits, 24);
	assert_int_equal(side[0].listen->transport, KSRTP_TRANSPORT_TLS);
	assert_int_equal(side[0].n_pair, 2);
	assert_string_equal(side[0].pair[1].certificate, "/d");
	assert_int_equal(side[0].certificates, 1);
	assert_int_equal(side[1].certificates, 0);
	assert_true(side[0].clear);
	assert_string_equal(side[1].name, "phone");
	assert_int_equal(side[1].srtp, KSRTP_SRTP_PLAIN);
	assert_false(side[1].clear);
	assert_int_equal(side[1].number, 1);
	assert_ptr_equal(ksrtp_config_phones(c), &side[1]);
	assert_string_equal(side[2].name, "pbx");
	assert_true(side[2].core && side[3].core && !side[1].core);
	assert_int_equal(side[2].n_server, 3);
	assert_int_equal(side[2].server[2].priority, 2);
	assert_int_equal(side[2].server[2].weight, 1);
	assert_int_equal(side[2].server[1].port, 5070);
	assert_int_equal(side[3].number, 1);
	assert_true(side[3].server[0].secure && !side[3].server[1].secure);
	assert_int_equal(side[3].server[1].priority, 1);
	assert_int_equal(side[3].server[1].weight, 40);
	assert_int_equal(side[3].probe, 30);
	assert_int_equal(side[3].down_after, 2);
	assert_int_equal(side[2].probe, 0);
	assert_int_equal(side[2].down_after, 3);
	assert_int_equal(c->n_route, 2);
	assert_string_equal(c->route[0].domain[0], "a.org");
	assert_int_equal(c->route[0].n_prefix, 2);
	assert_ptr_equal(c->route[0].from[1], &side[2]);
	assert_ptr_equal(c->route[0].to, &side[3]);
	assert_ptr_equal(c->route[1].to, &side[2]);
	ksrtp_config_destroy(c);
}

struct refusal {
	const char *text;
	int line;
	const char *says;
};

static void refused(const struct refusal *row, size_t n)
{
	struct ksrtp_config *c;
	char error[512], where[64];
	size_t i;

	for (i = 0; i < n; i++) {
		if (load(&c, row[i].text, error, sizeof(error)) != -EINVAL)
			fail_msg("%s\nwas not refused: %s", row[i].text, error);
		snprintf(where, sizeof(where), "%s:%d: ", path, row[i].line);
		if (strncmp(error, where, strlen(where)) || !strstr(error, row[i].says))
			fail_msg("%s\ngave: %s\nnot:  %s...%s", row[i].text, error, where,
				 row[i].says);
	}
}

static void limits_and_bans_are_taken(void **state)
{
	static const char text[] =
		"limits {\n\tconnections = 1\n\ttotal_connections = 2\n\thandshakes = 3\n"
		"\trequests = 4\n\tregistrations = 1000000\n\ttransactions = 5\n"
		"\thandshake_time = 6\n\tfirst_time = 7\n\tmessage_time = 8\n"
		"\tstalled_time = 9\n}\nmedia {\n\tidle = 10\n}\n"
		"bans {\n\tfailures = 0\n\twithin = 5\n\ttime = 6\n"
		"\tallow = {\"192.0.2.0/24\", \"2001:db8::1\"}\n}\n";
	static const struct refusal row[] = {
		{ "limits {\n\trequests = 0\n}", 2, "requests = 0: expected 1 to 1000000" },
		{ "limits {\n\thandshakes = 1000001\n}", 2, "expected 1 to 1000000" },
		{ "limits {\n\tfirst_time = 0\n}", 2, "first_time = 0: expected 1 to" },
		{ "media {\n\tidle = 0\n}", 2, "idle = 0: expected 1 to 1000000" },
		{ "bans {\n\n\ttime = -1\n}", 3, "time = -1: expected 1 to 1000000" },
		{ "bans {\n\tfailures = -1\n}", 2, "failures = -1: expected 0 to 65535" },
		{ "bans {\n\tallow = {\"192.0.2.0/33\"}\n}", 2,
		  "allow = \"192.0.2.0/33\": expected an address or a prefix" },
	};
	struct ksrtp_config *c;
	char error[256];

	assert_int_equal(load(&c, text, error, sizeof(error)), 0);
	assert_int_equal(c->limits.connections, 1);
	assert_int_equal(c->limits.total_connections, 2);
	assert_int_equal(c->limits.handshakes, 3);
	assert_int_equal(c->limits.requests, 4);
	assert_int_equal(c->limits.registrations, 1000000);
	assert_int_equal(c->limits.transactions, 5);
	assert_int_equal(c->limits.handshake_time, 6);
	assert_int_equal(c->limits.first_time, 7);
	assert_int_equal(c->limits.message_time, 8);
	assert_int_equal(c->limits.stalled_time, 9);
	assert_int_equal(c->media.idle, 10);
	assert_int_equal(c->bans.failures, 0);
	assert_int_equal(c->bans.within, 5);
	assert_int_equal(c->bans.time, 6);
	assert_int_equal(c->bans.n_allow, 2);
	assert_string_equal(c->bans.allow[1], "2001:db8::1");
	ksrtp_config_destroy(c);
	refused(row, ARRAY_SIZE(row));
}

static void a_password_may_stand_in_a_file(void **state)
{
	char secret[] = "/tmp/ksrtp-secret-XXXXXX", text[256], error[256];
	struct ksrtp_config *c;
	int fd = mkstemp(secret);

	assert_int_equal(write(fd, "pass $word\n", 11), 11);
	close(fd);
	snprintf(text, sizeof(text), "user \"bob\" { password_file = \"%s\" }", secret);
	assert_int_equal(load(&c, text, error, sizeof(error)), 0);
	assert_string_equal(ksrtp_config_password(c, "bob", 3), "pass $word");
	ksrtp_config_destroy(c);
	unlink(secret);
	assert_int_equal(load(&c, text, error, sizeof(error)), -ENOENT);
	assert_non_null(strstr(error, "No such file"));
}

static void an_error_of_sides_and_routes_says_the_same(void **state)
{
	static const struct refusal row[] = {
		{ "core { uri = \"sip:a\" }\ncore { uri = \"sip:b\" }", 2,
		  "expected another name" },
		{ "core \"a b\" {\n uri = \"sip:a\" }", 2, "expected a name of at most 32" },
		{ "core \"x\" {\n}", 2, "expected a uri" },
		{ "core {\n uri = {\"sip:a\", \"sip:b\"}\n priority = 1\n}", 4,
		  "1 times priority, 2 times uri: expected one for each" },
		{ "core { uri = \"sip:a\"\n priority = {1}\n weight = {1, 2}\n}", 4,
		  "2 times weight" },
		{ "core {\n probe = 3601 }", 2, "expected seconds up to 3600" },
		{ "core {\n down_after = 0 }", 2, "expected 1 to 100 probes" },
		{ "core { uri = \"sip:a\"\n weight = 1\n}", 3, "expected priority, too" },
		{ "core { uri = \"sip:a\"\n weight = 65536\n}", 2, "expected 0 to 65535" },
		{ "core { uri = \"sip:a\" }\ncore \"b\" { uri = \"sip:b\" }", 2,
		  "2 cores and no route: expected route" },
		{ "phones \"x\" { from = {\"192.0.2.0/24\"} }\n", 2, "expected one, for whoever" },
		{ "phones { }\nphones \"x\" { srtp = plain }", 2, "expected one, for whoever" },
		{ "phones \"core\" { }\ncore { uri = \"sip:a\"\n}", 3, "two sides have this name" },
		{ "phones {\n certificate = \"/a\"\n key = {\"/b\", \"/c\"}\n}", 4,
		  "2 times key, 1 times certificate" },
		{ "phones { listen = {\"tls:x\"} }", 1, "expected udp, tcp or tls" },
		{ "core { uri = \"sip:a\" }\nroute {\n to = \"b\"\n}", 4,
		  "expected the name of a core" },
		{ "core { uri = \"sip:a\" }\nroute {\n}", 3, "expected the name of a core" },
		{ "core { uri = \"sip:a\" }\nroute { to = phone }", 2,
		  "expected the name of a core" },
		{ "core { uri = \"sip:a\" }\nroute { to = core\n from = {\"b\"} }", 3,
		  "expected the name of a side" },
		{ "core { uri = \"sip:a\" }\nroute { to = core }\n\nroute { to = core }", 4,
		  "expected it below this one" },
		{ "core { uri = \"sip:a\" }\nroute { to = registrar }", 2, "expected user" },
		{ "core { uri = \"sip:a\" }\nuser u { password = \"p\" }\ndomain = \"a.b\"\n"
		  "route { domain = {\"a.b\", \"b.b\"} to = registrar }", 4,
		  "\"b.b\" is not ours: expected it in domain" },
		{ "core \"registrar\" { uri = \"sip:a\" }", 1, "expected another name" },
		{ "route {\n prefix = {\"0 1\"} }", 2, "expected how a user part begins" },
		{ "route { domain = {\"a b\"} }", 1, "expected a domain name" },
	};

	refused(row, COUNT(row));
}

static void an_error_names_file_line_and_what_was_expected(void **state)
{
	static const struct refusal row[] = {
		{ "# a\n# b\n\nlisten = {\"udp:0.0.0.0:5060\",\n \"foo:1\"}", 5,
		  "expected udp, tcp" },
		{ "listen = {\"tls:host:5061\"}", 1, "expected udp, tcp" },
		{ "listen = {\"tls:192.0.2.1\"}", 1, "expected udp, tcp" },
		{ "listen = {\"tls:192.0.2.1:65536\"}", 1, "expected udp, tcp" },
		{ "\n\nlisen = {}", 3, "no such option 'lisen': expected" },
		{ "core {\n # x\n transport = maybe }", 3, "expected one of tls-first, tls-only" },
		{ "core { uri = \"http://x\" }", 1, "expected \"sip:HOST\"" },
		{ "core { uri = \"sip:u@x\" }", 1, "expected \"sip:HOST\"" },
		{ "core { uri = \"sip:x;transport=udp\" }", 1, "expected \"sip:HOST\"" },
		{ "core { uri = \"sip:x:0\" }", 1, "expected \"sip:HOST\"" },
		{ "core { uri = \"sip:[::1\" }", 1, "expected \"sip:HOST\"" },
		{ "core {\n from = {\"1.2.3.4/33\"} }", 2, "expected an address or a prefix" },
		{ "core { uri = \"sips:x\"\n transport = tcp-only }", 2, "clear transport" },
		{ "core {\n clear = maybe }", 2, "expected yes or no" },
		{ "phones { srtp = always }", 1, "expected one of prefer, require, plain" },
		{ "phones {\n suites = {\"AES_128\"} }", 2, "expected each crypto suite once" },
		{ "core { suites = {\"AEAD_AES_256_GCM\", \"AEAD_AES_256_GCM\"} }", 1, "once" },
		{ "core { session_parameters = some }", 1, "expected one of refuse, accept" },
		{ "media { backend = gpu }", 1, "expected one of auto, kernel, user" },
		{ "media { srtp = prefer }", 1, "expected one of core, libsrtp2" },
		{ "media { relay = {\"224.0.0.1\"} }", 1, "expected an address of this host" },
		{ "media { relay = {\"192.0.2.1:9\"} }", 1, "expected an address of this host" },
		{ "media { ports = \"40000-30000\" }", 1, "expected two ports" },
		{ "media { ports = \"80-90000\" }", 1, "expected two ports" },
		{ "media {\n\n workers = many }", 3, "expected a number" },
		{ "media { workers = 65 }", 1, "expected 0" },
		{ "digest = sha1", 1, "expected one of md5, sha-256" },
		{ "log_level = loud", 1, "expected one of error" },
		{ "domain = {\"a b\"}", 1, "expected a domain name" },
		{ "key = \"/k\"", 1, "1 times key, 0 times certificate: expected a key for each" },
		{ "certificate = {\"/a\", \"/b\"}\nkey = \"/k\"", 2, "1 times key, 2 times" },
		{ "core {\n\turi = \"sip:x\"\n\tclear = yes\n\tidentity = domain\n}", 5,
		  "expected clear = no" },
		{ "core {\n\tidentity = sure\n}", 2, "expected one of any, known, domain" },
		{ "user \"a\" {\n}", 2, "expected either password or password_file" },
		{ "user \"a\" { password = \"x\"\n password_file = \"y\" }", 2, "expected either" },
		{ "user \"a@b\" { password = \"x\" }", 1, "expected a name" },
		{ "user \"a\" { password = \"x\" }\nuser \"a\" { password = \"y\" }", 2, "'a'" },
		{ "core {\n", 1, "expected }" },
		{ "\ncore {\n# }\n clear = yes\nmedia { }\n", 2, "expected }" },
		{ "realm = \"x {\n\n", 3, "" },
		{ "realm = \"x\" }\n", 1, "" },
	};
	refused(row, COUNT(row));
}

static void a_file_that_cannot_be_read_is_said(void **state)
{
	struct ksrtp_config *c;
	char error[256];

	assert_int_equal(ksrtp_config_load(&c, "/nonexistent", error, sizeof(error)), -ENOENT);
	assert_string_equal(error, "/nonexistent: No such file or directory");
	assert_int_equal(ksrtp_config_load(&c, "/tmp", error, sizeof(error)), -EISDIR);
}

static void the_example_is_a_valid_configuration(void **state)
{
	struct ksrtp_config *c;
	char error[256];

	/* Tests run from the top of the tree. */
	if (ksrtp_config_load(&c, "dist/ksrtpd.conf", error, sizeof(error)))
		fail_msg("%s", error);
	ksrtp_config_destroy(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_file_everything_has_a_default),
		cmocka_unit_test(every_option_is_taken),
		cmocka_unit_test(sides_and_routes_are_taken),
		cmocka_unit_test(to_ask_for_a_clear_transport_alone_allows_clear),
		cmocka_unit_test(limits_and_bans_are_taken),
		cmocka_unit_test(a_password_may_stand_in_a_file),
		cmocka_unit_test(an_error_of_sides_and_routes_says_the_same),
		cmocka_unit_test(an_error_names_file_line_and_what_was_expected),
		cmocka_unit_test(a_file_that_cannot_be_read_is_said),
		cmocka_unit_test(the_example_is_a_valid_configuration),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
