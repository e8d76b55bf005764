/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Banned sources, in nft's table "inet ksrtp". It is made when it is not there, and stays as an
 * operator left it when it is:
 *
 *  set media4, media6	addresses whose UDP is dropped: they attacked media. A source of UDP is
 *			easily forged, so no more than that is taken from them.
 *  set sip4, sip6	addresses all of which is dropped: they failed to authenticate. Of IPv6 it
 *			is the whole /64: one stranger has as many addresses
 *  chain bans		prerouting, priority raw: before the module takes its packets
 *
 * Elements have timeouts, sets a size, and whoever finds a set full bans nobody more. Blocking; not
 * thread-safe. Needs CAP_NET_ADMIN.
 */
#ifndef KSRTP_TOOLS_BAN_H
#define KSRTP_TOOLS_BAN_H

#include <ksrtp/latch.h>

enum ksrtp_ban_kind { KSRTP_BAN_MEDIA, KSRTP_BAN_SIP };

#define KSRTP_BAN_SIZE	65536	/* addresses in a set */

struct ksrtp_ban;

/** ksrtp_ban_open - Return: 0 or -ENOMEM */
int ksrtp_ban_open(struct ksrtp_ban **ban);
void ksrtp_ban_close(struct ksrtp_ban *ban);
/** ksrtp_ban_error - nft's words for the last failure; never NULL */
const char *ksrtp_ban_error(const struct ksrtp_ban *ban);

/** ksrtp_ban_prepare - make the table if there is none. Return: 0 or -EIO */
int ksrtp_ban_prepare(struct ksrtp_ban *ban);
/**
 * ksrtp_ban_add - ban an address; the table is there
 * @who: its port does not matter
 * @seconds: from 1 on; of one that is banned already nothing changes
 *
 * Return: 0 or -EIO.
 */
int ksrtp_ban_add(struct ksrtp_ban *ban, enum ksrtp_ban_kind kind,
		  const struct ksrtp_endpoint *who, u32 seconds);
/** ksrtp_ban_del - let an address in again, of whatever kind. Return: 0, -ENOENT, -EIO */
int ksrtp_ban_del(struct ksrtp_ban *ban, const struct ksrtp_endpoint *who);
/** ksrtp_ban_flush - let all in again; without the table there is nothing to do. 0 or -EIO */
int ksrtp_ban_flush(struct ksrtp_ban *ban);

/** struct ksrtp_ban_entry - @expires: seconds that are left */
struct ksrtp_ban_entry {
	enum ksrtp_ban_kind kind;
	struct ksrtp_endpoint who;
	u32 expires;
};

/** ksrtp_ban_list - without the table there is none. Return: 0 or -EIO */
int ksrtp_ban_list(struct ksrtp_ban *ban,
		   void (*each)(void *ctx, const struct ksrtp_ban_entry *entry), void *ctx);

#endif
