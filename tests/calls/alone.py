# SPDX-License-Identifier: GPL-2.0-or-later
"""ksrtpd among peers made by hand only, under AddressSanitizer where it was built so. TAP."""
import os
import re
import socket
import threading

import peers
from bed import CORE, Bed, until

if "KSRTPD" not in os.environ and os.path.exists(os.path.join(peers.TOP, "build/san/ksrtpd")):
    peers.KSRTPD = os.path.join(peers.TOP, "build/san/ksrtpd")
ELSEWHERE = "10.77.1.77" # another host on the phones' side


MANY = "".join("\t%s = 1000000\n" % w for w in ("handshakes", "requests", "registrations"))


class Daemon(peers.Ksrtpd):
    """ksrtpd that listens to phones in clear; core: lines of its section, None for the registrar.

    limits: lines of that section; one source sends what many do, so there are hardly any. more: further
    lines; command: what ksrtpd is started by
    """

    def __init__(self, bed, name, core, users=("alice", "bob"), more="", limits=MANY,
                 command=()):
        self.bed = bed
        self.dir = os.path.join(bed.out, name)
        os.makedirs(self.dir)
        self.control = self.dir + "/control"
        self.log = self.dir + "/log"
        with open(self.dir + "/ksrtpd.conf", "w") as f:
            f.write('state_dir = "%s"\nruntime_dir = "%s"\ncontrol = "%s"\n' % ((self.dir,) * 2 + (self.control,)))
            f.write('media {\n\tbackend = "user"\n}\nphones {\n\tclear = true\n}\n')
            f.write("core {\n\turi = \"sip:%s\"\n%s}\n" % (CORE, core) if core else
                    "".join('user %s {\n\tpassword = "secret"\n}\n' % u for u in users))
            f.write("limits {\n%s}\n%s" % (limits, more))
        env = {"ASAN_OPTIONS": "abort_on_error=1:detect_leaks=1:exitcode=99", "UBSAN_OPTIONS": "halt_on_error=1"}
        self.p = bed.spawn("edge", [*command, peers.KSRTPD, "-c", self.dir + "/ksrtpd.conf"], self.log, env)
        until(self.up, 20, "ksrtpd is up")

    def complaint(self):
        """What the sanitizers had to say, if anything."""
        m = re.search(r"(?s)(==\d+==ERROR|runtime error).{0,2500}", self.text())
        return m[0] if m else ""


class Core:
    """A UDP server that answers by a function, and notes what came."""

    def __init__(self, bed, port=5060):
        self.s = bed.socket("core", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.s.bind((CORE, port))
        self.s.settimeout(0.2)
        self.seen = []
        self.answer = None
        self.stopped = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopped:
            try:
                data, where = self.s.recvfrom(65536)
            except TimeoutError:
                continue
            self.seen.append(data)
            answer = self.answer
            for out in answer(data) if answer else ():
                self.s.sendto(out, where)

    def stop(self):
        self.stopped = True
        self.thread.join()
        self.s.close()


def response(request, status, body=b"", extra=b""):
    """A response made of the lines that must be repeated."""
    head = request.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    keep = [x for x in head[1:] if re.match(rb"(?i)(via|v|from|f|call-id|i|cseq|record-route)\s*:", x)]
    to = [x if b"tag=" in x else x + b";tag=callee" for x in head[1:] if re.match(rb"(?i)(to|t)\s*:", x)]
    if body:
        extra += b"Content-Type: application/sdp\r\n"
    return (b"SIP/2.0 %d X\r\n" % status + b"\r\n".join(keep + to[:1]) + b"\r\n" + extra +
            b"Content-Length: %d\r\n\r\n" % len(body) + body)


class Suite:
    def __init__(self, name, out, seed=0):
        self.bed = Bed("%s%d" % (name[0], os.getpid()), out)
        self.bed.batch("phone", "addr add %s/24 dev p0" % ELSEWHERE)
        self.name = name
        self.n = self.failed = 0
        self.seed = seed

    def result(self, ok, name, why=""):
        self.n += 1
        self.failed += not ok
        print("%sok %d - %s: %s" % ("" if ok else "not ", self.n, self.name, name), flush=True)
        for line in ("" if ok else str(why)).splitlines():
            print("# " + line)

    def check(self, name, function):
        try:
            function()
        except Exception as e:
            self.result(False, name, str(e) or repr(e))
        else:
            self.result(True, name)
