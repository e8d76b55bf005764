# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a program that prints TAP and says what it proved. Used by tests/run, and inside the guests.

Stricter than TAP: a suite needs a plan that matches, something to prove, and exit status 0 when nothing failed; a
skipped test is a failed one, because whoever reads the sum takes it as proved."""
import os
import re
import select
import signal
import subprocess
import time

TEST = re.compile(r"(not )?ok\b *(?:\d+)? *(?:- *)?(.*)")
PLAN = re.compile(r"1\.\.(\d+)\b")
SKIP = re.compile(r"#\s*(skip|todo)\b", re.I)


class Result:
    """tests: (passed, name) in order; lines: all that was printed"""

    def __init__(self):
        self.tests, self.lines, self.plan, self.seconds = [], [], None, 0.0

    passed = property(lambda self: sum(1 for ok, _ in self.tests if ok))
    failed = property(lambda self: sum(1 for ok, _ in self.tests if not ok))

    def line(self, text):
        self.lines.append(text)
        m = TEST.match(text)
        if m:
            self.tests.append((not m[1] and not SKIP.search(m[2]), m[2]))
        m = PLAN.match(text)
        if m:  # a program may hold several groups, each with its plan
            self.plan = (self.plan or 0) + int(m[1])
        if text.startswith("Bail out!"):
            self.fail(text)

    def fail(self, why):
        self.lines.append("not ok - " + why)
        self.tests.append((False, why))

    def end(self, status, over):
        """status: of the process, as subprocess gives it; over: the time limit it ran into, or None"""
        n = len(self.tests)
        if over is not None:
            self.fail("the suite ended within %d s" % over)
        elif self.plan is None:
            self.fail("the suite printed a plan (its exit status: %d)" % status)
        elif self.plan != n or n == 0:
            self.fail(
                "the suite ran what it planned: %d of %d (its exit status: %d)"
                % (n, self.plan, status)
            )
        elif status and not self.failed:
            self.fail("the suite ended with status 0, not %d" % status)


def kill_group(p):
    try:
        os.killpg(p.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    p.wait()


def read_lines(p, stop):
    """yields the lines of p's output until it closes; raises TimeoutError at the monotonic time stop"""
    buf = b""
    fd = p.stdout.fileno()
    while True:
        left = stop - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if not select.select([fd], [], [], min(left, 0.5))[0]:
            if p.poll() is not None:  # a stray child may hold the pipe open
                break
            continue
        chunk = os.read(fd, 65536)
        if not chunk:
            break
        *whole, buf = (buf + chunk).split(b"\n")
        for one in whole:
            yield one.decode("utf-8", "replace").rstrip("\r")
    if buf:
        yield buf.decode("utf-8", "replace").rstrip("\r")


def run(argv, limit, env=None, each=None):
    """argv in a process group of its own; each(line) is called as lines come"""
    r = Result()
    start = time.monotonic()
    try:
        p = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
        )
    except OSError as e:
        r.fail("the suite can be started: %s" % e)
        return r
    over = None
    try:
        for text in read_lines(p, start + limit):
            r.line(text)
            if each:
                each(text)
        p.wait(max(0.1, start + limit - time.monotonic()))
    except (TimeoutError, subprocess.TimeoutExpired):
        over = limit
    finally:
        kill_group(p)
        p.stdout.close()
    r.end(p.returncode, over)
    r.seconds = time.monotonic() - start
    return r
