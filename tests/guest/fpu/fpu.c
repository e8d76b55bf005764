// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Another user of vector registers in the kernel: a thread a CPU that holds a pattern in all of
 * them, with interrupts on, and looks whether it is still there. Softirqs land inside its sections,
 * where irq_fpu_usable() says no. Loaded by tests/netns/fpu_test, which reads the parameters:
 * sections, those of them in which packets were received, and those whose registers changed.
 */
#include <linux/cpu.h>
#include <linux/interrupt.h>
#include <linux/kernel_stat.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>

#include <asm/fpu/api.h>

static atomic_t sections, visited, broken;
static struct task_struct *threads[NR_CPUS];

static int count_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(kp->arg));
}

static const struct kernel_param_ops count_ops = { .get = count_get };

module_param_cb(sections, &count_ops, &sections, 0444);
module_param_cb(visited, &count_ops, &visited, 0444);
module_param_cb(broken, &count_ops, &broken, 0444);

#define ALL(op)                                                                                 \
	op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) op(12) op(13) \
	op(14) op(15)
#define LOAD(n) "movdqu %0, %%xmm" #n "\n\t"

static void fill(const u8 pattern[16])
{
	asm volatile(ALL(LOAD) : : "m"(*(const u8(*)[16])pattern));
}

static bool intact(const u8 pattern[16])
{
	u8 seen[16][16];
	unsigned int n;

#define STORE(n) "movdqu %%xmm" #n ", " #n "*16(%0)\n\t"
	asm volatile(ALL(STORE) : : "r"(seen) : "memory");
	for (n = 0; n < 16; n++)
		if (memcmp(seen[n], pattern, 16))
			return false;
	return true;
}

static void section(unsigned int round)
{
	unsigned int cpu, before, spin;
	u8 pattern[16];

	memset(pattern, 0x55 ^ round, sizeof(pattern));
	kernel_fpu_begin();
	cpu = smp_processor_id();
	before = kstat_softirqs_cpu(NET_RX_SOFTIRQ, cpu);
	fill(pattern);
	for (spin = 0; spin < 5000; spin++)
		cpu_relax();
	if (!intact(pattern))
		atomic_inc(&broken);
	if (kstat_softirqs_cpu(NET_RX_SOFTIRQ, cpu) != before)
		atomic_inc(&visited);
	kernel_fpu_end();
	atomic_inc(&sections);
}

static int spin(void *unused)
{
	unsigned int round = 0;

	while (!kthread_should_stop()) {
		section(round++);
		cond_resched();
	}
	return 0;
}

static void stop(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (threads[cpu])
			kthread_stop(threads[cpu]);
}

static int __init fpu_init(void)
{
	struct task_struct *t;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		t = kthread_create_on_node(spin, NULL, cpu_to_node(cpu), "fpu/%u", cpu);
		if (IS_ERR(t)) {
			stop();
			return PTR_ERR(t);
		}
		kthread_bind(t, cpu);
		set_user_nice(t, MAX_NICE);
		threads[cpu] = t;
		wake_up_process(t);
	}
	return 0;
}

module_init(fpu_init);
module_exit(stop);
MODULE_DESCRIPTION("a second user of vector registers");
MODULE_LICENSE("GPL");
