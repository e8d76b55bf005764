/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom to ban: rules over events of attacks, and a bounded memory of offences. No I/O, no clock.
 */
#ifndef KSRTP_TOOLS_OFFENCE_H
#define KSRTP_TOOLS_OFFENCE_H

#include "tools/lib/nl.h"

#define KSRTP_OFFENCE_ALLOW	32	/* prefixes that are never banned */
#define KSRTP_OFFENCE_MEMORY	1024	/* addresses whose offences are remembered */

/**
 * struct ksrtp_offence_rules - the rules
 * @threshold: offences within @within seconds that make a ban
 * @allow: IPv4 as ::ffff:a.b.c.d/96+n
 */
struct ksrtp_offence_rules {
	u32 threshold;
	u32 within;
	struct {
		u8 addr[16];
		u8 bits;
	} allow[KSRTP_OFFENCE_ALLOW];
	unsigned int allowed;
};

/** struct ksrtp_offence_memory - offences; a full one forgets who offended least lately */
struct ksrtp_offence_memory {
	struct {
		u8 addr[16];
		u32 offences;
		u64 since;
		u64 last;
	} at[KSRTP_OFFENCE_MEMORY];
	unsigned int n;
};

/** ksrtp_offence_allow - read "PREFIX,PREFIX". Return: 0 or -EINVAL */
int ksrtp_offence_allow(struct ksrtp_offence_rules *rules, const char *text);
/**
 * ksrtp_offence_allowed - would a ban hit an address that is never banned?
 * @bits: how many of @who's 128 count in that ban: all, or those of a prefix
 */
bool ksrtp_offence_allowed(const struct ksrtp_offence_rules *rules,
			   const struct ksrtp_endpoint *who, unsigned int bits);
/** ksrtp_offence_suspect - does most of an event come from one source that is not allowed? */
bool ksrtp_offence_suspect(const struct ksrtp_offence_rules *rules,
			   const struct ksrtp_nl_event *event);
/** ksrtp_offence_count - one more. Return: true when it is one too many; it is forgotten then */
bool ksrtp_offence_count(const struct ksrtp_offence_rules *rules,
			 struct ksrtp_offence_memory *memory, const struct ksrtp_endpoint *who,
			 u64 now);
/** ksrtp_offence_forget - an address did well: what it did before does not count */
void ksrtp_offence_forget(struct ksrtp_offence_memory *memory, const struct ksrtp_endpoint *who);

#endif
