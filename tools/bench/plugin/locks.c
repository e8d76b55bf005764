// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plug-in of QEMU's for tools/bench/packet: counts the kernel's LOCK-prefixed instructions, and
 * exchanges with memory, which lock as well, between two instructions of packet_load.c that do
 * nothing else. One decimal number a line goes to the file OUT of "-plugin PATH,out=OUT" each time
 * that the second is reached.
 *
 * Debian 12 has no qemu-plugin.h: what is needed of that interface (version 1) is declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define KERNEL	(UINT64_C(1) << 63)
#define EXPORT	__attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*translated)(uint64_t id, struct qemu_plugin_tb *tb);
typedef void (*executed)(unsigned int cpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, translated fn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, executed fn, int flags,
					    void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int operation,
						void *to, uint64_t add);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t n);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

EXPORT int qemu_plugin_version = 1;

/* What the two markers of packet_load.c consist of; the fifth byte tells them apart. */
static const uint8_t marker[8] = { 0x0f, 0x1f, 0x84, 0, 1, 0, 0xed, 0x5e };

static uint64_t locked;
static FILE *out;

static void from_here(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	locked = 0;
}

static void to_here(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	fprintf(out, "%" PRIu64 "\n", locked);
	fflush(out);
}

/* Prefixes that may stand before the opcode: operand size, segments, REX. */
static bool is_prefix(uint8_t byte)
{
	return byte == 0x66 || byte == 0x65 || byte == 0x3e || (byte & 0xf0) == 0x40;
}

static bool is_locked(const uint8_t *code, size_t len)
{
	size_t i = 0;

	while (i < len && is_prefix(code[i]))
		i++;
	if (i < len && code[i] == 0xf0)
		return true;
	/* XCHG, its operand not a register */
	return i + 1 < len && (code[i] & 0xfe) == 0x86 && code[i + 1] >> 6 != 3;
}

static void look(struct qemu_plugin_insn *insn)
{
	const uint8_t *code = qemu_plugin_insn_data(insn);
	size_t len = qemu_plugin_insn_size(insn);

	if (len == sizeof(marker) && !memcmp(code, marker, 4) && !memcmp(code + 5, marker + 5, 3))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, code[4] == 1 ? from_here : to_here, 0,
						       NULL);
	else if (qemu_plugin_insn_vaddr(insn) >= KERNEL && is_locked(code, len))
		qemu_plugin_register_vcpu_insn_exec_inline(insn, 0, &locked, 1);
}

static void translate(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (i = 0; i < n; i++)
		look(qemu_plugin_tb_get_insn(tb, i));
}

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return 1;
	out = fopen(argv[0] + 4, "w");
	if (!out)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
