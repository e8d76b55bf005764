// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that keeps numbers in all vector registers and looks whether they are still there,
 * until its standard input closes. Started by tests/netns/fpu_test. Prints how many rounds; its
 * status is 1 when a register changed.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ALL(op)                                                                                 \
	op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) op(12) op(13) \
	op(14) op(15)
#define LOAD(n) "vmovdqu %0, %%ymm" #n "\n\t"
#define STORE(n) "vmovdqu %%ymm" #n ", " #n "*32(%2)\n\t"
#define NAME(n) "xmm" #n,

/* One statement, so that the compiler uses no register in between. */
static bool round_trip(uint8_t byte)
{
	uint8_t pattern[32], seen[16][32];
	uint64_t spins = 200000;
	unsigned int n;

	memset(pattern, byte, sizeof(pattern));
	asm volatile(ALL(LOAD) "1: decq %1\n\tjnz 1b\n\t" ALL(STORE) "vzeroupper"
		     : "+m"(pattern), "+r"(spins)
		     : "r"(seen)
		     : ALL(NAME) "memory", "cc");
	for (n = 0; n < 16; n++)
		if (memcmp(seen[n], pattern, sizeof(pattern)))
			return false;
	return true;
}

int main(void)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };
	unsigned int rounds = 0;

	if (!__builtin_cpu_supports("avx"))
		return 2;
	while (!poll(&in, 1, 0))
		if (!round_trip((uint8_t)(rounds++ * 7 + 1)))
			return 1;
	printf("%u\n", rounds);
	return 0;
}
