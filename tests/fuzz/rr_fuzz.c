// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DNS records from strangers: what is taken has texts that end and digests that fit.
 */
#include <stdlib.h>

#include "daemon/net/rr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_name(const char name[KSRTP_NAME_MAX])
{
	check(memchr(name, 0, KSRTP_NAME_MAX) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ksrtp_srv srv;
	struct ksrtp_naptr naptr;
	struct ksrtp_tlsa tlsa;

	if (!ksrtp_rr_srv(&srv, data, size))
		check_name(srv.host);
	if (!ksrtp_rr_naptr(&naptr, data, size)) {
		check_name(naptr.replacement);
		check(naptr.transport != KSRTP_TRANSPORT_NONE);
	}
	if (!ksrtp_rr_tlsa(&tlsa, data, size))
		check(tlsa.usage <= 3 && tlsa.selector <= 1 &&
		      tlsa.n == (tlsa.matching == 1 ? 32 : 64));
	return 0;
}
