// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Known answers of the RFCs, and the choice of primitives. Called once by main.c while the module
 * loads, before anything else can reach the core.
 */
#include <linux/printk.h>

#include "kmod/selftest.h"
#include "kmod/simd.h"

int ksrtp_selftest_run(void)
{
	const char *failed = NULL;
	int err = ksrtp_simd_init(&failed);

	if (err)
		pr_err("known answer \"%s\" is wrong, not loading\n", failed ? failed : "?");
	else if (failed)
		pr_warn("primitive \"%s\" disagrees with the portable one, it is not used\n",
			failed);
	return err;
}
