// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Banned sources by libnftables. See ban.h for the table. Called by the command and the daemon;
 * every address that goes into a command for nft was written here by inet_ntop().
 */
#include "tools/lib/ban.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <nftables/libnftables.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TABLE	"inet ksrtp"
#define COMMAND	256

struct ksrtp_ban {
	struct nft_ctx *nft;
	char error[256];
};

static const char *const names[] = { [KSRTP_BAN_MEDIA] = "media", [KSRTP_BAN_SIP] = "sip" };

static const char table[] =
	"add table " TABLE "\n"
	"add set " TABLE " media4 { type ipv4_addr; flags timeout; size 65536; }\n"
	"add set " TABLE " media6 { type ipv6_addr; flags timeout; size 65536; }\n"
	"add set " TABLE " sip4 { type ipv4_addr; flags timeout; size 65536; }\n"
	"add set " TABLE " sip6 { type ipv6_addr; flags timeout; size 65536; }\n"
	"add chain " TABLE " bans { type filter hook prerouting priority raw; policy accept; }\n"
	"add rule " TABLE " bans ip saddr @sip4 counter drop\n"
	"add rule " TABLE " bans ip6 saddr & ffff:ffff:ffff:ffff:: @sip6 counter drop\n"
	"add rule " TABLE " bans meta l4proto udp ip saddr @media4 counter drop\n"
	"add rule " TABLE " bans meta l4proto udp ip6 saddr @media6 counter drop\n";

_Static_assert(KSRTP_BAN_SIZE == 65536, "the table says so");

/* ---- nft ---- */

int ksrtp_ban_open(struct ksrtp_ban **out)
{
	struct ksrtp_ban *ban = calloc(1, sizeof(*ban));

	if (!ban)
		return -ENOMEM;
	ban->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!ban->nft || nft_ctx_buffer_output(ban->nft) || nft_ctx_buffer_error(ban->nft)) {
		ksrtp_ban_close(ban);
		return -ENOMEM;
	}
	nft_ctx_output_set_flags(ban->nft, NFT_CTX_OUTPUT_JSON);
	*out = ban;
	return 0;
}

void ksrtp_ban_close(struct ksrtp_ban *ban)
{
	if (!ban)
		return;
	if (ban->nft)
		nft_ctx_free(ban->nft);
	free(ban);
}

const char *ksrtp_ban_error(const struct ksrtp_ban *ban)
{
	return ban->error;
}

/* nft says what is wrong in one line, then shows the command with marks below. */
static int run(struct ksrtp_ban *ban, const char *command)
{
	const char *words;

	/* To get a buffer empties it; what was said before is nobody's any more. */
	nft_ctx_get_output_buffer(ban->nft);
	nft_ctx_get_error_buffer(ban->nft);
	if (!nft_run_cmd_from_buffer(ban->nft, command))
		return 0;
	words = nft_ctx_get_error_buffer(ban->nft);
	snprintf(ban->error, sizeof(ban->error), "%.*s", (int)strcspn(words, "\n"), words);
	return -EIO;
}

static bool is_ipv4(const struct ksrtp_endpoint *who)
{
	static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(who->addr, mapped, sizeof(mapped));
}

/* What stands in the set for @who. */
static struct ksrtp_endpoint source_of(enum ksrtp_ban_kind kind, const struct ksrtp_endpoint *who)
{
	struct ksrtp_endpoint source = *who;

	if (kind == KSRTP_BAN_SIP && !is_ipv4(who))
		memset(source.addr + 8, 0, 8);
	return source;
}

static int change(struct ksrtp_ban *ban, const char *verb, enum ksrtp_ban_kind kind,
		  const struct ksrtp_endpoint *who, u32 seconds)
{
	char address[INET6_ADDRSTRLEN], timeout[32] = "", command[COMMAND];
	struct ksrtp_endpoint source = source_of(kind, who);
	bool four = is_ipv4(who);

	inet_ntop(four ? AF_INET : AF_INET6, source.addr + (four ? 12 : 0), address,
		  sizeof(address));
	if (seconds)
		snprintf(timeout, sizeof(timeout), " timeout %us", seconds);
	snprintf(command, sizeof(command), "%s element " TABLE " %s%c { %s%s }", verb, names[kind],
		 four ? '4' : '6', address, timeout);
	return run(ban, command);
}

/* Is the table there? Return: 0, -ENOENT, or -EIO when nft does not say. */
static int find(struct ksrtp_ban *ban)
{
	int err = run(ban, "list chain " TABLE " bans");

	return err && strstr(ban->error, strerror(ENOENT)) ? -ENOENT : err;
}

int ksrtp_ban_prepare(struct ksrtp_ban *ban)
{
	int err = find(ban);

	return err == -ENOENT ? run(ban, table) : err;
}

int ksrtp_ban_add(struct ksrtp_ban *ban, enum ksrtp_ban_kind kind,
		  const struct ksrtp_endpoint *who, u32 seconds)
{
	return change(ban, "add", kind, who, seconds);
}

int ksrtp_ban_flush(struct ksrtp_ban *ban)
{
	int err = find(ban);

	if (err)
		return err == -ENOENT ? 0 : err;
	return run(ban, "flush set " TABLE " media4\nflush set " TABLE " media6\n"
			"flush set " TABLE " sip4\nflush set " TABLE " sip6\n");
}

/* ---- reading nft's JSON ---- */

static bool read_address(const char *text, struct ksrtp_endpoint *who)
{
	memset(who, 0, sizeof(*who));
	who->addr[10] = who->addr[11] = 0xff;
	return inet_pton(AF_INET, text, who->addr + 12) == 1 ||
	       inet_pton(AF_INET6, text, who->addr) == 1;
}

struct reader {
	void (*each)(void *ctx, const struct ksrtp_ban_entry *entry);
	void *ctx;
};

static void read_set(const json_t *set, const struct reader *reader)
{
	const char *name = json_string_value(json_object_get(set, "name")), *text;
	struct ksrtp_ban_entry entry = { .kind = KSRTP_BAN_MEDIA };
	const json_t *item, *elem;
	size_t i;

	if (!name)
		return;
	if (!strncmp(name, names[KSRTP_BAN_SIP], 3))
		entry.kind = KSRTP_BAN_SIP;
	json_array_foreach(json_object_get(set, "elem"), i, item) {
		elem = json_object_get(item, "elem");
		text = json_string_value(json_object_get(elem, "val"));
		if (!text || !read_address(text, &entry.who))
			continue;
		entry.expires = (u32)json_integer_value(json_object_get(elem, "expires"));
		reader->each(reader->ctx, &entry);
	}
}

int ksrtp_ban_list(struct ksrtp_ban *ban,
		   void (*each)(void *ctx, const struct ksrtp_ban_entry *entry), void *ctx)
{
	struct reader reader = { each, ctx };
	json_t *tree, *item;
	int err = find(ban);
	size_t i;

	if (err)
		return err == -ENOENT ? 0 : err;
	if (run(ban, "list table " TABLE))
		return -EIO;
	tree = json_loads(nft_ctx_get_output_buffer(ban->nft), 0, NULL);
	json_array_foreach(json_object_get(tree, "nftables"), i, item)
		read_set(json_object_get(item, "set"), &reader);
	json_decref(tree);
	return 0;
}

struct search {
	const struct ksrtp_endpoint *who;
	bool found[ARRAY_SIZE(names)];
};

static void look(void *ctx, const struct ksrtp_ban_entry *entry)
{
	struct search *search = ctx;
	struct ksrtp_endpoint source = source_of(entry->kind, search->who);

	if (!memcmp(entry->who.addr, source.addr, sizeof(source.addr)))
		search->found[entry->kind] = true;
}

int ksrtp_ban_del(struct ksrtp_ban *ban, const struct ksrtp_endpoint *who)
{
	struct search search = { .who = who };
	int err = ksrtp_ban_list(ban, look, &search);
	unsigned int kind;

	if (!err && !search.found[KSRTP_BAN_MEDIA] && !search.found[KSRTP_BAN_SIP])
		return -ENOENT;
	for (kind = 0; kind < ARRAY_SIZE(names) && !err; kind++)
		if (search.found[kind])
			err = change(ban, "delete", (enum ksrtp_ban_kind)kind, who, 0);
	return err;
}
