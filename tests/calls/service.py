#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs where PID 1 is systemd (service_test): ksrtpd.service as the packages bring it, with the user back end. TAP.

What the packages do after unpacking is done here: user, modes, systemctl daemon-reload. The service runs in the network
namespace of a bed, by a drop-in; nothing else of the unit is changed, but in the last test its watchdog's time."""
import os
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
os.environ["KSRTP_BACKEND"] = "user"

import peers  # noqa: E402
from bed import CORE, Bed, until  # noqa: E402
from dialog import Dialog, parties  # noqa: E402

CONTROL, LOG, SECRET = "/run/ksrtp/control", "/var/log/ksrtpd", "/root/secret"
NET_ADMIN, NET_BIND_SERVICE = 12, 10


def run(*argv):
    r = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert r.returncode == 0, "%s: %s" % (" ".join(argv), r.stdout)
    return r.stdout


def drop_in(name, text):
    os.makedirs("/etc/systemd/system/ksrtpd.service.d", exist_ok=True)
    with open("/etc/systemd/system/ksrtpd.service.d/%s.conf" % name, "w") as f:
        f.write("[Service]\n" + text)
    run("systemctl", "daemon-reload")


class Service(peers.Ksrtpd):
    """ksrtpd.service, asked as any other daemon of these tests."""

    def __init__(self, bed):  # pylint: disable=super-init-not-called
        self.bed, self.control, self.log = bed, CONTROL, LOG
        with open("/etc/ksrtpd.conf", "w") as f:
            f.write('core {\n\turi = "sip:%s"\n\ttransport = udp-only\n}\n' % CORE)
        drop_in("bed", "NetworkNamespacePath=/run/netns/%s\nStandardError=append:%s\n" % (bed.name("edge"), LOG))

    def show(self, name):
        return run("systemctl", "show", "-P", name, "ksrtpd").strip()

    def pid(self):
        return int(self.show("MainPID"))

    def up(self):
        try:
            return self.show("ActiveState") == "active" and self.ask("status")["core"]["targets"]
        except (OSError, ValueError, KeyError):
            return None

    def process(self, field):
        with open("/proc/%d/status" % self.pid()) as f:
            return re.search(r"(?m)^%s:\t(.*)$" % field, f.read())[1]

    def listeners(self):
        """{address: inode} of what listens"""
        text = run("ip", "netns", "exec", self.bed.name("edge"), "ss", "-Htlne")
        return dict(re.findall(r"(?m)^LISTEN +\d+ +\d+ +(\S+:506[01]) .* ino:(\d+)", text))


class Tests:
    def __init__(self):
        self.bed = Bed("%d-service" % os.getpid(), "/tmp/service")
        self.daemon = Service(self.bed)
        self.phone, self.core = parties(self.bed)
        self.dialogs = 0

    def call(self):
        self.dialogs += 1
        d = Dialog(self.bed, self.dialogs)
        d.begin(self.phone, self.core)
        until(lambda: d.call_id.encode() in open("/run/ksrtp/calls", "rb").read(), 20, "the journal has the call")
        return d

    def the_unit_starts_it_and_waits_until_it_is_ready(self):
        run("systemd-sysusers", "ksrtp.conf")
        shutil.chown("/etc/ksrtpd.conf", group="ksrtp")
        os.chmod("/etc/ksrtpd.conf", 0o640)
        run("systemctl", "start", "ksrtpd")
        # it is Type=notify: start returns when READY=1 came
        assert self.daemon.show("ActiveState") == "active" and re.search("(?m)ready$", self.daemon.text()), self.daemon.text()
        assert self.daemon.ask("status")["backend"] == "user", self.daemon.ask("status")
        until(lambda: "user back end, 0 calls" in self.daemon.show("StatusText"), 60, "its status is told")

    def it_runs_as_nobody_special_and_sees_little(self):
        assert set(self.daemon.process("Uid").split()) == {run("id", "-u", "ksrtp").strip()} != {"0"}
        for which in ("CapEff", "CapPrm", "CapBnd"):
            assert int(self.daemon.process(which), 16) == 1 << NET_ADMIN | 1 << NET_BIND_SERVICE, which
        assert self.daemon.process("NoNewPrivs") == "1" and self.daemon.process("Seccomp") == "2"
        root = "/proc/%d/root" % self.daemon.pid()
        for path in ("/etc", "/usr", "/var"):
            assert os.statvfs(root + path).f_flag & os.ST_RDONLY, path
        assert os.path.exists(SECRET) and not os.path.exists(root + SECRET)
        for path in ("/var/lib/ksrtp", "/run/ksrtp"):
            s = os.stat(path)
            assert s.st_mode & 0o777 == 0o700 and str(s.st_uid) == run("id", "-u", "ksrtp").strip(), path

    def a_reload_ends_nothing(self):
        pid, before = self.daemon.pid(), self.daemon.listeners()
        run("systemctl", "reload", "ksrtpd")
        assert self.daemon.up() and self.daemon.pid() == pid and self.daemon.listeners() == before

    def kill(self):
        """It comes again, and has the very sockets of before: they waited in the store."""
        pid, before, restarts = self.daemon.pid(), self.daemon.listeners(), int(self.daemon.show("NRestarts"))
        assert len(before) >= 2, before
        run("systemctl", "kill", "-s", "KILL", "ksrtpd")
        until(lambda: int(self.daemon.show("NRestarts")) > restarts and self.daemon.up(), 60, "it is there again")
        assert self.daemon.pid() != pid
        assert self.daemon.listeners() == before, (before, self.daemon.listeners())

    def killed_it_comes_again_and_says_how_many_calls_ended(self):
        self.call()
        self.kill()
        status = self.daemon.ask("status")
        assert (status["calls_restored"], status["calls_cut"]) == (0, 1), status

    def a_restart_keeps_the_sockets_and_a_stop_leaves_nothing(self):
        before = self.daemon.listeners()
        run("systemctl", "restart", "ksrtpd")
        until(self.daemon.up, 60, "it is up again")
        assert self.daemon.listeners() == before, (before, self.daemon.listeners())
        run("systemctl", "stop", "ksrtpd")
        assert self.daemon.show("ActiveState") == "inactive" and not os.path.exists("/run/ksrtp")

    def the_watchdog_sees_a_loop_that_hangs(self):
        drop_in("watchdog", "WatchdogSec=6\n")
        run("systemctl", "start", "ksrtpd")
        until(self.daemon.up, 60, "it is up")
        pid, restarts = self.daemon.pid(), int(self.daemon.show("NRestarts"))
        os.kill(pid, signal.SIGSTOP)
        until(lambda: int(self.daemon.show("NRestarts")) > restarts and self.daemon.up(), 90, "another one runs")
        assert self.daemon.pid() != pid
        run("systemctl", "stop", "ksrtpd")


def main():
    os.makedirs("/var/log", exist_ok=True)
    with open(SECRET, "w"):
        pass
    order = ["the_unit_starts_it_and_waits_until_it_is_ready", "it_runs_as_nobody_special_and_sees_little",
             "a_reload_ends_nothing", "killed_it_comes_again_and_says_how_many_calls_ended",
             "a_restart_keeps_the_sockets_and_a_stop_leaves_nothing", "the_watchdog_sees_a_loop_that_hangs"]
    print("1..%d" % len(order))
    tests, bad = Tests(), 0
    for n, name in enumerate(order, 1):
        try:
            getattr(tests, name)()
            print("ok %d - service: %s" % (n, name.replace("_", " ")), flush=True)
        except Exception as e:  # pylint: disable=broad-except
            bad = 1
            print("not ok %d - service: %s" % (n, name.replace("_", " ")))
            state = subprocess.run(["systemctl", "show", "-p", "Result,ExecMainCode,ExecMainStatus", "ksrtpd"],
                                   stdout=subprocess.PIPE, text=True, check=False).stdout
            for line in (str(e) or repr(e)).splitlines()[-20:] + state.splitlines():
                print("# " + line)
            for line in (tests.daemon.text().splitlines()[-20:] if os.path.exists(LOG) else ()):
                print("# log: " + line, flush=True)
    return bad


if __name__ == "__main__":
    sys.exit(main())
