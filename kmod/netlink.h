/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The generic netlink family. */
#ifndef KSRTP_KMOD_NETLINK_H
#define KSRTP_KMOD_NETLINK_H

#include <net/genetlink.h>

extern struct genl_family ksrtp_netlink_family;

int ksrtp_netlink_init(void);
void ksrtp_netlink_exit(void);

/** ksrtp_netlink_refuse - a sentence and the attribute it is about. Return: @err */
static inline int ksrtp_netlink_refuse(struct netlink_ext_ack *extack, const struct nlattr *attr,
				       int err, const char *why)
{
	if (extack) {
		extack->_msg = why;
		extack->bad_attr = attr;
	}
	return err;
}

#endif
