// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an untrusted side may not assert or see (RFC 3325 sections 5 and 7, RFC 7315, RFC 5502).
 * Called by edit.c for whatever comes from phones or goes to them. P-Preferred-Identity stays: it
 * only asks.
 */
#include "daemon/call/trust.h"
#include "daemon/sip/patch.h"

int ksrtp_trust_strip(struct ksrtp_splice *list, const struct ksrtp_msg *msg)
{
	static const char *const names[] = {
		"P-Asserted-Identity", "Remote-Party-ID", "P-Asserted-Service",
		"P-Charging-Vector", "P-Charging-Function-Addresses", "P-Served-User",
		"P-Profile-Key",
	};
	size_t i, k;

	for (i = 0; i < msg->n; i++)
		for (k = 0; k < sizeof(names) / sizeof(*names); k++)
			if (ksrtp_slice_is(msg->headers[i].name, names[k]))
				ksrtp_splice_swap(list, msg->headers[i].line, SLICE(""));
	return list->err;
}

int ksrtp_trust_hide(struct ksrtp_splice *list, const struct ksrtp_msg *msg)
{
	if (!ksrtp_lex_find_param(ksrtp_msg_value(msg, KSRTP_HDR_PRIVACY), "id", NULL))
		return list->err;
	return ksrtp_patch_remove(list, msg, KSRTP_HDR_P_ASSERTED_IDENTITY);
}
