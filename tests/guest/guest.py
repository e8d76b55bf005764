# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots a kernel under QEMU without KVM, runs one command inside and hands out what it prints.

The guest's second serial port carries the command's output, then "@splat TEXT" for every complaint of the kernel and
"@exit STATUS"; a guest that ends without that line has failed. Times inside an emulated machine mean nothing."""
import fcntl
import glob
import os
import shlex
import signal
import subprocess
import tempfile
import time

import image
import tap

SPLATS = (
    "BUG:|WARNING:|Oops|KASAN|UBSAN|general protection|suspicious RCU|possible (circular|recursive) locking|"
    "possible irq lock inversion|inconsistent lock state|unreferenced object|sleeping function|hung task|"
    "blocked for more than|rcu.*(stall|detected)|soft lockup|refcount_t|list_(add|del) corruption|"
    "ODEBUG|leaked reference|scheduling while atomic|bad page|Kernel panic|Call Trace"
)
# what a stock kernel says at boot on an emulated machine, and what has nothing to do with us
HARMLESS = "spectre|Spectre|RETBleed|unprivileged eBPF|tainted|taints kernel|MDS CPU bug"

INIT = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin HOME=/root LC_ALL=C PYTHONDONTWRITEBYTECODE=1 KSRTP_GUEST=%(release)s CMOCKA_MESSAGE_OUTPUT=TAP
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
for d in run tmp var/tmp dev/shm; do mount -t tmpfs tmpfs /$d; done
mkdir -p /run/netns /run/lock; mount -t devpts devpts /dev/pts
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
hostname guest; ip link set lo up
stty -F /dev/ttyS1 raw 2>/dev/null
exec >/dev/ttyS1 2>&1 </dev/null
for m in virtio_pci virtio_rng; do modprobe -q $m; done
dmesg -n 8
cd /ksrtp
%(settle)s
%(command)s
status=$?
dmesg | grep -E '%(splats)s' | grep -vE '%(harmless)s' | sed 's/^/@splat /'
echo "@exit $status"
exec >/dev/null 2>&1
echo 1 >/proc/sys/kernel/sysrq
echo o >/proc/sysrq-trigger
sleep 20
echo b >/proc/sysrq-trigger
"""

# five-level page tables make KASAN report a wild access at boot, after which it is silent
DEBUG_CPU, DEBUG_APPEND = "max,la57=off", " kasan_multi_shot"


class Kernel:
    """release; image: what QEMU boots; base: the directory that holds lib/modules, or None if all is built in;
    tree: against which modules are built"""

    def __init__(self, release, image_, base, ko, tree):
        self.release, self.image, self.base, self.ko, self.tree = release, image_, base, ko, tree
        self.name = ".".join(release.split(".")[:2])


def stock():
    """the unpacked Debian kernels, oldest first"""
    found = []
    for p in glob.glob(image.KERNELS + "/boot/vmlinuz-*"):
        release = os.path.basename(p)[len("vmlinuz-") :]
        ko = "%s/build/kmod/%s/ksrtp.ko" % (image.ROOT, release)
        tree = "%s/usr/src/linux-headers-%s" % (image.KERNELS, release)
        found.append(Kernel(release, p, image.KERNELS, ko, tree))
    return sorted(found, key=lambda k: [int(x) for x in k.name.split(".")])


def debug(tree=image.ROOT + "/build/debug/kernel"):
    """a kernel that tests/guest/debug-kernel built"""
    with open(tree + "/include/config/kernel.release") as f:
        release = f.read().strip()
    k = Kernel(
        release,
        tree + "/arch/x86/boot/bzImage",
        None,
        "%s/build/kmod/%s/ksrtp.ko" % (image.ROOT, release),
        tree,
    )
    k.name = "debug"
    return k


def build(kernel, name):
    """a module of the tests' own, tests/guest/NAME, for that kernel. Return: its path"""
    source = image.ROOT + "/tests/guest/" + name
    where = "%s/build/guest/%s/%s" % (image.ROOT, kernel.release, name)
    os.makedirs(where, exist_ok=True)
    with open(where + "/.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(["cp", "-u", *glob.glob(source + "/*"), where], check=True)
        make = ["make", "-s", "-C", kernel.tree, "M=" + where, "modules"]
        r = subprocess.run(make, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert r.returncode == 0, r.stdout
    return "%s/%s.ko" % (where, name)


class Guest:
    """one boot. Options as keyword arguments: smp, mem (MiB), limit (s of host time), icount, cpu, append, module,
    files [(source, path in the guest)], servers (what lies in build/root), media (ffmpeg and GStreamer of it),
    each (called with every line), splats_fail, qemu (further arguments)
    """

    def __init__(self, kernel, command, **options):
        self.kernel, self.command = kernel, command
        self.o = dict(
            smp=2,
            mem=1024,
            limit=300,
            icount=False,
            cpu="max",
            append="",
            module=True,
            files=(),
            servers=False,
            media=False,
            each=print,
            splats_fail=True,
            qemu=(),
        )
        self.o.update(options)
        self.splats, self.status, self.why = [], None, ""

    def qemu(self, directory):
        o = self.o
        accel = "tcg,thread=single,tb-size=256" if o["icount"] else "tcg,thread=multi,tb-size=256"
        # no_timer_check: a busy host may starve the machine while its kernel counts ten ticks, and it panics
        append = (
            "console=ttyS0 panic=-1 oops=panic tsc=reliable no_timer_check mitigations=off random.trust_cpu=on quiet "
            + o["append"]
        )
        argv = [
            "qemu-system-x86_64",
            "-accel",
            accel,
            "-cpu",
            o["cpu"],
            "-m",
            str(o["mem"]),
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-no-reboot",
            "-serial",
            "file:%s/console" % directory,
            "-serial",
            "stdio",
            "-device",
            "virtio-rng-pci",
            "-kernel",
            self.kernel.image,
            "-initrd",
            directory + "/initrd",
            "-append",
            append,
            *o["qemu"],
        ]
        if o["icount"]:
            return argv + ["-smp", "1", "-icount", "shift=0,sleep=off", "-rtc", "clock=vm"]
        return argv + ["-smp", str(o["smp"])]

    def line(self, text):
        word, _, rest = text.partition(" ")
        if word == "@exit":
            self.status = int(rest)
        elif word == "@splat":
            self.splats.append(rest)
            self.o["each"]("# kernel: " + rest)
        else:
            self.o["each"](text)

    def run(self):
        """the exit status of the command; 1 if the guest died, ran out of time or its kernel complained"""
        ko = self.kernel.ko if self.o["module"] is True else self.o["module"]
        if ko and not os.path.exists(ko):
            self.o["each"]("# no %s: `make module` builds it" % ko)
            return 1
        os.makedirs(image.CACHE, exist_ok=True)
        files = list(self.o["files"])
        if self.o["module"] is True or self.o["module"] == self.kernel.ko:
            files.append((build(self.kernel, "fpu"), "/ksrtp/build/fpu.ko"))
        with tempfile.TemporaryDirectory(dir=image.CACHE, prefix="boot-") as d:
            init = INIT % dict(
                settle=":" if self.o["icount"] or self.o["smp"] < 2 else "tests/guest/settle >/dev/null",
                command=" ".join(shlex.quote(c) for c in self.command),
                splats=SPLATS,
                harmless=HARMLESS,
                release=shlex.quote(self.kernel.name),
            )
            image.build(
                d + "/initrd",
                self.kernel,
                ko or None,
                files,
                init,
                [name for name in ("servers", "media") if self.o[name]],
            )
            self._boot(d)
            if self.status is None:
                with open(d + "/console", errors="replace") as f:
                    for text in f.read().splitlines()[-60:]:
                        self.o["each"]("# console: " + text.rstrip())
        if self.status is None:
            self.o["each"](
                "# the guest %s ended without a result%s" % (self.kernel.release, self.why)
            )
            return 1
        if self.splats and self.o["splats_fail"]:
            return self.status or 1
        return self.status

    def _boot(self, directory):
        # a runner that kills this process must not leave the machine running
        p = subprocess.Popen(
            self.qemu(directory),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,
        )
        try:
            for text in tap.read_lines(p, time.monotonic() + self.o["limit"]):
                self.line(text)
                if self.status is not None:
                    break
        except TimeoutError:
            self.why = ": time limit of %d s" % self.o["limit"]
        finally:
            try:
                p.wait(10 if self.status is not None else 0)
            except subprocess.TimeoutExpired:
                p.send_signal(signal.SIGKILL)
                p.wait()
            p.stdout.close()


def die_with_parent():
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
