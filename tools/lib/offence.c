// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whom to ban. Called for each event or failure by whoever bans. See offence.h.
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "tools/lib/offence.h"

static int allow_one(struct ksrtp_offence_rules *rules, char *text)
{
	char *slash = strchr(text, '/'), *end = NULL;
	u8 addr[16] = { [10] = 0xff, [11] = 0xff };
	unsigned long bits, most = 32;

	if (slash)
		*slash++ = '\0';
	if (inet_pton(AF_INET, text, addr + 12) != 1) {
		if (inet_pton(AF_INET6, text, addr) != 1)
			return -EINVAL;
		most = 128;
	}
	bits = slash ? strtoul(slash, &end, 10) : most;
	if ((slash && (*slash < '0' || *slash > '9' || *end)) || bits > most ||
	    rules->allowed == KSRTP_OFFENCE_ALLOW)
		return -EINVAL;
	memcpy(rules->allow[rules->allowed].addr, addr, sizeof(addr));
	rules->allow[rules->allowed++].bits = (u8)(bits + 128 - most);
	return 0;
}

int ksrtp_offence_allow(struct ksrtp_offence_rules *rules, const char *text)
{
	char copy[2048], *at = copy, *item;
	int err = 0;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	while (!err && at && *at) {
		item = strsep(&at, ",");
		err = allow_one(rules, item);
	}
	return err;
}

static bool inside(const u8 addr[16], const u8 prefix[16], unsigned int bits)
{
	unsigned int whole = bits / 8, rest = bits % 8;

	return !memcmp(addr, prefix, whole) &&
	       (!rest || !((addr[whole] ^ prefix[whole]) >> (8 - rest)));
}

bool ksrtp_offence_allowed(const struct ksrtp_offence_rules *rules,
			   const struct ksrtp_endpoint *who, unsigned int bits)
{
	unsigned int i;

	for (i = 0; i < rules->allowed; i++) {
		unsigned int shorter = rules->allow[i].bits < bits ? rules->allow[i].bits : bits;

		if (inside(who->addr, rules->allow[i].addr, shorter))
			return true;
	}
	return false;
}

bool ksrtp_offence_suspect(const struct ksrtp_offence_rules *rules,
			   const struct ksrtp_nl_event *event)
{
	return event->source.port && event->share >= event->count / 2 + event->count % 2 &&
	       !ksrtp_offence_allowed(rules, &event->source, 128);
}

/* The place of an address: its own, a free one, or that of who offended least lately. */
static unsigned int place_of(struct ksrtp_offence_memory *memory, const u8 addr[16])
{
	unsigned int i, oldest = 0;

	for (i = 0; i < memory->n; i++) {
		if (!memcmp(memory->at[i].addr, addr, sizeof(memory->at[i].addr)))
			return i;
		if (memory->at[i].last < memory->at[oldest].last)
			oldest = i;
	}
	if (memory->n < KSRTP_OFFENCE_MEMORY)
		oldest = memory->n++;
	memset(&memory->at[oldest], 0, sizeof(memory->at[oldest]));
	memcpy(memory->at[oldest].addr, addr, sizeof(memory->at[oldest].addr));
	return oldest;
}

bool ksrtp_offence_count(const struct ksrtp_offence_rules *rules,
			 struct ksrtp_offence_memory *memory, const struct ksrtp_endpoint *who,
			 u64 now)
{
	unsigned int i = place_of(memory, who->addr);

	if (!memory->at[i].offences || now - memory->at[i].since > rules->within) {
		memory->at[i].offences = 0;
		memory->at[i].since = now;
	}
	memory->at[i].last = now;
	if (++memory->at[i].offences < rules->threshold)
		return false;
	memory->at[i].offences = 0;
	return true;
}

void ksrtp_offence_forget(struct ksrtp_offence_memory *memory, const struct ksrtp_endpoint *who)
{
	unsigned int i;

	for (i = 0; i < memory->n; i++)
		if (!memcmp(memory->at[i].addr, who->addr, sizeof(who->addr)))
			memory->at[i].offences = 0;
}
