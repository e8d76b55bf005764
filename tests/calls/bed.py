# SPDX-License-Identifier: GPL-2.0-or-later
"""Three network namespaces, phone -- edge -- core, and the programs that run in them.

A bed is one such triple; several live side by side, each under a tag of its own. Between phone and
core there is no route: whatever gets from one to the other went through the edge's programs.
"""
import ctypes
import os
import signal
import subprocess
import time

PHONE, EDGE_OUT, EDGE_IN, CORE = "10.77.1.1", "10.77.1.254", "10.77.2.254", "10.77.2.2"
PHONE6, EDGE_OUT6 = "fd77:1::1", "fd77:1::254"

libc = ctypes.CDLL(None, use_errno=True)


def until(test, limit, what=None, step=0.01):
    """Wait for a condition; with `what` its absence is an error, else False is returned."""
    stop = time.monotonic() + limit
    while True:
        got = test()
        if got:
            return got
        if time.monotonic() > stop:
            break
        time.sleep(step)
    if what:
        raise AssertionError("not within %g s: %s" % (limit, what))
    return False


class Bed:
    def __init__(self, tag, out):
        self.tag = tag
        self.out = out
        self.running = []
        self.watching = []
        os.makedirs(out, exist_ok=True)
        self.drop()
        for n in ("phone", "edge", "core"):
            self.ip("netns", "add", self.name(n))
        self.batch(None, """
            link add p0 netns {phone} type veth peer name e0 netns {edge}
            link add c0 netns {core} type veth peer name e1 netns {edge}""")
        self.batch("phone", """
            link set lo up
            addr add %s/24 dev p0
            addr add %s/64 dev p0 nodad
            link set p0 up""" % (PHONE, PHONE6))
        self.batch("edge", """
            link set lo up
            addr add %s/24 dev e0
            addr add %s/64 dev e0 nodad
            addr add %s/24 dev e1
            link set e0 up
            link set e1 up""" % (EDGE_OUT, EDGE_OUT6, EDGE_IN))
        self.batch("core", """
            link set lo up
            addr add %s/24 dev c0
            link set c0 up""" % CORE)

    def name(self, ns):
        return "kscall%s-%s" % (self.tag, ns)

    def ip(self, *argv):
        subprocess.run(("ip",) + argv, check=True)

    def batch(self, ns, text):
        names = {n: self.name(n) for n in ("phone", "edge", "core")}
        argv = ["ip"] + (["-n", self.name(ns)] if ns else []) + ["-batch", "-"]
        subprocess.run(argv, input=text.format(**names).encode(), check=True)

    def spawn(self, ns, argv, log, env=None, fds=(), etc=None):
        """Start a program in a namespace; it is ended with the bed at the latest.

        etc: a directory that it sees in place of /etc
        """
        if etc:
            argv = ["sh", "-c", 'mount --bind "$0" /etc && exec "$@"', etc] + argv
        with open(log, "ab") as f:
            p = subprocess.Popen(["ip", "netns", "exec", self.name(ns)] + argv, stdout=f, stderr=f,
                                 stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=fds,
                                 env=dict(os.environ, **(env or {})))
        self.running.append(p)
        return p

    def socket(self, ns, make):
        """What make() opens belongs to the namespace."""
        old = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        new = os.open("/run/netns/" + self.name(ns), os.O_RDONLY)
        try:
            if libc.setns(new, 0):
                raise OSError(ctypes.get_errno(), "setns")
            return make()
        finally:
            libc.setns(old, 0)
            os.close(old)
            os.close(new)

    def drop(self):
        for n in ("phone", "edge", "core"):
            if os.path.exists("/run/netns/" + self.name(n)):
                self.ip("netns", "del", self.name(n))

    def destroy(self):
        for w in self.watching:
            w.stop()
        for p in self.running:
            end(p, signal.SIGKILL)
        self.drop()


def end(p, sig=signal.SIGTERM, limit=5):
    """End a program and all it started; its exit code, or None when it had to be killed."""
    if p.poll() is None:
        p.send_signal(sig)
    try:
        code = p.wait(limit)
    except subprocess.TimeoutExpired:
        code = None
    try:
        os.killpg(p.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    p.wait()
    return code
