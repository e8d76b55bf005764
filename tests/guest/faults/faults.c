// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Faults on purpose, one a load, to see that the debug guest catches them: a checker that reports
 * nothing may be a checker that is not running. Loaded only by tests/guest/module_{debug,kcsan}.
 */
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

static char *fault = "";
module_param(fault, charp, 0);
MODULE_PARM_DESC(fault, "use-after-free, lock-inversion, leak or race");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static void use_after_free(void)
{
	u32 *p = kmalloc(64, GFP_KERNEL);

	if (!p)
		return;
	kfree(p);
	/* hidden from the compiler, which knows what kfree() means */
	OPTIMIZER_HIDE_VAR(p);
	pr_info("faults: read %u\n", READ_ONCE(p[3]));
}

/* one CPU is enough: lockdep judges the orders, not the collision */
static void lock_inversion(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void leak(void)
{
	u32 *p = kmalloc(96, GFP_KERNEL);

	if (p)
		WRITE_ONCE(p[0], 1);
}

static u32 raced;

static noinline int race(void *unused)
{
	unsigned long end = jiffies + 5 * HZ;

	while (time_before(jiffies, end)) {
		raced++;
		barrier();
		cond_resched();
	}
	return 0;
}

/* the other one on another CPU, so that both write at the same time */
static int race_with_another(void)
{
	struct task_struct *other = kthread_create(race, NULL, "faults");

	if (IS_ERR(other))
		return PTR_ERR(other);
	get_task_struct(other);
	wake_up_process(other);
	race(NULL);
	kthread_stop(other);
	put_task_struct(other);
	return 0;
}

static int __init faults_init(void)
{
	if (!strcmp(fault, "use-after-free"))
		use_after_free();
	else if (!strcmp(fault, "lock-inversion"))
		lock_inversion();
	else if (!strcmp(fault, "leak"))
		leak();
	else if (!strcmp(fault, "race"))
		return race_with_another();
	else
		return -EINVAL;
	return 0;
}

static void __exit faults_exit(void)
{
}

module_init(faults_init);
module_exit(faults_exit);
MODULE_DESCRIPTION("faults for the debug guest");
MODULE_LICENSE("GPL");
