# SPDX-License-Identifier: GPL-2.0-or-later
"""A phone, an edge and a core, each in a network namespace of its own, and the module on the edge.

    phone 10.1.0.2 fd01::2 --veth-- 10.1.0.1 fd01::1 edge 10.2.0.1 fd02::1 --veth-- 10.2.0.2 fd02::2 core

One process holds sockets in all of them. Nothing waits for time to pass: a packet that should arrive is waited for,
and one that should not is followed by one that does, or by a counter."""
import contextlib
import ctypes
import os
import re
import select
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback

import netlink

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODULE = ROOT + "/build/ksrtp.ko"
SRTPGEN = ROOT + "/build/tests/netns/srtpgen"
NAMES = ("k-phone", "k-edge", "k-core")
ADDR = {
    4: dict(phone="10.1.0.2", left="10.1.0.1", right="10.2.0.1", core="10.2.0.2"),
    6: dict(phone="fd01::2", left="fd01::1", right="fd02::1", core="fd02::2"),
}
RX, TX = 1, 2
STRICT, LATCH, ANY = 0, 1, 2
LANES = bool(os.environ.get("KSRTP_LANES"))  # the edge's devices have fast lanes
PATIENCE = 60  # seconds for what comes at once on a machine that has nothing else to do
libc = ctypes.CDLL(None, use_errno=True)


def sh(*argv, check=True):
    p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert not check or p.returncode == 0, "%s: %s" % (" ".join(argv), p.stdout)
    return p.stdout


@contextlib.contextmanager
def inside(name):
    """this thread in a network namespace"""
    back = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    to = os.open("/run/netns/" + name, os.O_RDONLY)
    try:
        if libc.setns(to, 0):
            raise OSError(ctypes.get_errno(), "setns")
        yield
    finally:
        libc.setns(back, 0)
        os.close(back)
        os.close(to)


def up():
    """the namespaces; the module is loaded if it is not"""
    if not os.path.isdir("/sys/module/ksrtp"):
        sh("insmod", MODULE)
    # a burst of a test's own is not to be lost before it is looked at
    with open("/proc/sys/net/core/netdev_max_backlog", "w") as f:
        f.write("100000")
    for n in NAMES:
        sh("ip", "netns", "add", n)
        sh("ip", "-n", n, "link", "set", "lo", "up")
        with inside(n):
            for path in ("/proc/sys/net/ipv6/conf/all/accept_dad", "/proc/sys/net/ipv6/conf/default/accept_dad"):
                with open(path, "w") as f:
                    f.write("0")
    link("k-phone", "e0", "phone", "left")
    link("k-core", "e1", "core", "right")


def ip(ns, *commands):
    """several commands of ip in a namespace by one process"""
    argv = ["ip", "-n", ns, "-batch", "-"]
    p = subprocess.run(argv, input="\n".join(commands), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert p.returncode == 0, "%s: %s: %s" % (ns, commands, p.stdout)


def link(far, near, left, right):
    """a veth between a namespace and the edge, with addresses and routes, ready for use"""
    sh("ip", "link", "add", "eth0", "netns", far, "type", "veth", "peer", "name", near, "netns", "k-edge")
    for ns, dev, who in ((far, "eth0", left), ("k-edge", near, right)):
        ip(ns, "addr add %s/24 dev %s" % (ADDR[4][who], dev), "addr add %s/64 dev %s nodad" % (ADDR[6][who], dev),
           "link set %s up" % dev)  # fmt: skip
    gateway(far, right)
    joined(far, left, right)
    if LANES:
        sh("ip", "netns", "exec", "k-edge", ROOT + "/build/ksrtp", "fastlane", near, "on")


def gateway(ns, who):
    ip(ns, *["route replace default via " + ADDR[f][who] for f in (4, 6)])


def joined(ns, far, near, device=None):
    """
    Waits until packets pass between a namespace and the edge. A device that has just come up drops
    what it is given until the kernel has seen to it, which may take a second; and what waits for a
    neighbour's link address may be overtaken by more than a replay list holds.
    """
    for family in (4, 6):
        meet(sock(ns, ADDR[family][far], 9), sock("k-edge", ADDR[family][near], 9, device))


def meet(*ends):
    """until packets pass between two sockets both ways; closes them"""
    for one, other in (ends, ends[::-1]):
        wait_for(lambda: sent(other, one.getsockname()[:2]) and came(one))
    for s in ends:
        s.close()


def sent(s, to):
    try:
        return s.sendto(b"", to) == 0
    except OSError:
        return False


def came(s):
    """is there a packet, or one within a moment?"""
    if not select.select([s], [], [], 0.05)[0]:
        return False
    s.recv(1)
    return True


def down():
    for n in NAMES:
        sh("ip", "netns", "del", n, check=False)


def nl(where="k-edge"):
    with inside(where):
        return netlink.Netlink()


def sock(where, addr, port, device=None):
    """a bound UDP socket that does not block for ever"""
    with inside(where):
        s = socket.socket(socket.AF_INET6 if ":" in addr else socket.AF_INET, socket.SOCK_DGRAM)
    if device:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    s.bind((addr, port))
    s.settimeout(PATIENCE)
    return s


def nothing(s):
    """True if no packet lies in the socket; for use once a counter says that all packets were judged"""
    s.setblocking(False)
    try:
        s.recv(2048)
        return False
    except BlockingIOError:
        return True
    finally:
        s.settimeout(PATIENCE)


def rtp(seq, ssrc=0x11223344, payload=b"payload" * 8, ts=None, pt=0, cc=0, ext=b""):
    first = 0x80 | cc | (0x10 if ext else 0)
    head = struct.pack("!BBHII", first, pt, seq & 0xFFFF, 160 * seq if ts is None else ts, ssrc)
    head += b"".join(struct.pack("!I", i + 1) for i in range(cc))
    if ext:
        head += struct.pack("!HH", 0xBEDE, len(ext) // 4) + ext
    return head + payload


def rtcp(ssrc=0x11223344, kind=200, body=b"\1\2\3\4" * 5):
    return struct.pack("!BBHI", 0x80, kind, 1 + len(body) // 4, ssrc) + body


STUN = struct.pack("!HHI", 1, 0, 0x2112A442) + b"transaction!"
DTLS = bytes([22, 254, 253]) + bytes(20)
KEY_LEN = {
    "AES_CM_128_HMAC_SHA1_80": (16, 14),
    "AES_CM_128_HMAC_SHA1_32": (16, 14),
    "AEAD_AES_128_GCM": (16, 12),
}


class Srtp:
    """libsrtp2 with one master key, both ways; threads take turns with its one process"""

    process, count, keys = None, 0, 0
    lock = threading.RLock()

    def __init__(self, suite="AES_CM_128_HMAC_SHA1_80", mki=b"", key=None):
        cls = Srtp
        with self.lock:
            if not cls.process:
                cls.process = subprocess.Popen([SRTPGEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            cls.count += 1
            self.name = "c%d" % cls.count
            cls.keys += key is None
            number = cls.keys
        self.suite, self.mki = suite, mki
        n, m = KEY_LEN[suite]
        if key is None:
            key = bytes((number * 37 + i * 11) & 255 for i in range(n + m - 2)) + struct.pack("!H", number)
        self.key, self.salt = key[:n], key[n:]
        argv = ["new", self.name, suite, key.hex()] + ([mki.hex()] if mki else [])
        assert self.ask(*argv) == "ok"

    def ask(self, *argv):
        with self.lock:
            self.process.stdin.write(" ".join(argv) + "\n")
            self.process.stdin.flush()
            return self.process.stdout.readline().strip()

    def seal(self, packet, kind="rtp"):
        answer = self.ask("seal", self.name, kind, packet.hex())
        assert not answer.startswith("error"), answer
        return bytes.fromhex(answer)

    def open(self, packet, kind="rtp"):
        answer = self.ask("open", self.name, kind, packet.hex())
        assert not answer.startswith("error"), "libsrtp2 refuses the packet: " + answer
        return bytes.fromhex(answer)

    def attrs(self, direction, **more):
        out = dict(direction=direction, suite=self.suite, key=self.key, salt=self.salt)
        if self.mki:
            out["mki"] = self.mki
        out.update(more)
        return out


def kind_of(packet):
    return "rtcp" if 192 <= packet[1] <= 223 else "rtp"


class Call:
    """a session of two flows: left towards the phone, right towards the core, and a socket for each far end

    left_srtp, right_srtp: (keys the far end sends with, keys it receives with) or None for a clear leg."""

    port = 20000

    def __init__(self, nlsock, left=4, right=4, mux=(True, True), srtp=(None, None), source=(STRICT, STRICT),
                 secure=True, **more):
        Call.port += 10
        p = Call.port
        self.nl, self.mux, self.srtp, self.family = nlsock, mux, srtp, (left, right)
        self.far, self.near = [], []
        flows = []
        for i, (family, ns, far, near) in enumerate(
            ((left, "k-phone", "phone", "left"), (right, "k-core", "core", "right"))
        ):
            f = ADDR[family]
            here = p + 4 * i
            socks = [sock(ns, f[far], p)] + ([] if mux[i] else [sock(ns, f[far], p + 1)])
            self.far.append(socks)
            self.near.append([(f[near], here)] + ([] if mux[i] else [(f[near], here + 1)]))
            flow = dict(listen=f[near], listen_port=here, remote=f[far], remote_port=p, source=source[i])
            if not mux[i]:
                flow.update(listen_rtcp=here + 1, remote_rtcp=p + 1)
            if srtp[i]:
                flow["key"] = [srtp[i][0].attrs(RX), srtp[i][1].attrs(TX)]
                flow.update(secure_rx=secure, secure_tx=secure)
            flow.update(more.get("flow%d" % i, {}))
            flows.append(flow)
        reply = nlsock.do("session_new", session=dict(label="test call"), flow=flows)
        self.id = reply["session"]["id"]
        self.flow = [f["id"] for f in reply["flow"]]
        nlsock.do("flow_set", flow=dict(id=self.flow[0], peer=self.flow[1]))

    def close(self):
        for socks in self.far:
            for s in socks:
                s.close()
        try:
            self.nl.do("session_del", session=dict(id=self.id))
        except netlink.Refused:
            pass

    def side(self, i, packet):
        """which socket pair carries this packet"""
        return 0 if self.mux[i] or kind_of(packet) == "rtp" else 1

    def wire(self, i, packet):
        """the packet as the far end of leg i sends it"""
        return self.srtp[i][0].seal(packet, kind_of(packet)) if self.srtp[i] else packet

    def send(self, i, packet, raw=None):
        part = self.side(i, packet)
        self.far[i][part].sendto(self.wire(i, packet) if raw is None else raw, self.near[i][part])

    def receive(self, i, packet):
        """the next packet at the far end of leg i, opened; its source is checked"""
        part = self.side(i, packet)
        raw, source = self.far[i][part].recvfrom(4096)
        assert source[:2] == self.near[i][part], "came from %s, not %s" % (source, self.near[i][part])
        return self.srtp[i][1].open(raw, kind_of(packet)) if self.srtp[i] else raw

    def through(self, i, packet, raw=None):
        """one packet from leg i to the other, bit for bit"""
        self.send(i, packet, raw)
        got = self.receive(1 - i, packet)
        assert got == packet, "sent %s\ngot  %s" % (packet.hex(), got.hex())

    def get(self, i):
        return self.nl.do("flow_get", flow=dict(id=self.flow[i]))["flow"][0]

    def verdicts(self, i):
        return {v["name"]: v["value"] for v in self.get(i)["stats"].get("verdict", [])}

    def streams(self, i, direction):
        """what is kept for SRTP; what a direction in clear only shows is not among it"""
        return {k: s for k, s in self.media(i, direction).items() if not s.get("clear")}

    def media(self, i, direction):
        return {
            s["stream"]["ssrc"]: s["stream"]
            for s in self.nl.dump("stream_get", stream=dict(flow=self.flow[i]))
            if s["stream"]["direction"] == direction
        }

    def dropped(self, i, verdict, send):
        """send() makes exactly one packet that leg i drops with that verdict, and nothing else changes"""
        before, streams = self.verdicts(i), self.streams(i, RX)
        send()
        want = dict(before)
        want[verdict] = want.get(verdict, 0) + 1
        wait_for(lambda: sum(self.verdicts(i).values()) > sum(before.values()))
        now = self.verdicts(i)
        assert now == want, "verdicts %s, not %s" % (now, want)
        for s in list(streams.values()) + list(self.streams(i, RX).values()):
            s.pop("last"), s.pop("age")
        after = self.streams(i, RX)
        for s in after.values():
            s.pop("last"), s.pop("age")
        assert after == streams, "a dropped packet changed a stream: %s, %s" % (streams, after)
        for s in self.far[1 - i]:
            assert nothing(s), "a packet came out"

    def dropped_late(self, i, verdict, send):
        """the same for a packet that was authentic, so that its stream knows it"""
        before = self.verdicts(i)
        send()
        want = dict(before, **{verdict: before.get(verdict, 0) + 1})
        wait_for(lambda: sum(self.verdicts(i).values()) > sum(before.values()))
        assert self.verdicts(i) == want, "verdicts %s, not %s" % (self.verdicts(i), want)
        assert all(nothing(s) for s in self.far[1 - i]), "a packet came out"


def wait_for(condition, seconds=PATIENCE):
    """what it gives once it holds; packets are on their way through another CPU"""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it never came true"
        os.sched_yield()
    return value


def refused(errno, words, f, *argv, **kw):
    """f() is refused with that errno, by a sentence with those words, and changes nothing"""
    try:
        f(*argv, **kw)
    except netlink.Refused as e:
        assert e.errno == errno, "errno %d (%s), not %d" % (e.errno, e, errno)
        assert e.sentence and words in e.sentence, "it said %r, not %r" % (e.sentence, words)
        return e
    raise AssertionError("was not refused: %s %s" % (argv, kw))


def stat(where="k-edge"):
    with inside(where):
        with open("/proc/net/ksrtp_stat") as f:
            return {k: int(v) for k, v in (line.split() for line in f)}


def listens(process, where=None):
    """has a process that shows events joined their group? The first column of groups says so; its socket is there before"""
    assert process.poll() is None, "it has ended"
    with inside(where) if where else contextlib.nullcontext(), open("/proc/thread-self/net/netlink") as f:
        lines = [line.split() for line in f][1:]
    return any(t[2].startswith(str(process.pid)) and int(t[3], 16) for t in lines)


def log():
    """the kernel's log, but for links that come up, what its parser of attributes says of any family's
    messages, what it says of its own pace, and the reports of its checkers, which whoever booted it
    looks at"""
    text = re.sub(r"(?ms)^\[[^]]*\] ={20,}$.*?^\[[^]]*\] ={20,}$", "", sh("dmesg"))
    theirs = re.compile(
        r"\] (netlink: |\w*nla\w*: \d+ callbacks suppressed|IPv6: ADDRCONF|workqueue: |hrtimer: |clocksource: |perf: |sched: )"
    )
    return {line for line in text.splitlines() if line and ("ksrtp" in line or not theirs.search(line))}


TESTS = []


def test(f):
    TESTS.append(f)
    return f


def forget_sessions():
    """what a failed test left behind fails no other"""
    try:
        admin = nl()
        for s in admin.dump("session_get"):
            admin.do("session_del", session=dict(id=s["session"]["id"]))
    except OSError:
        pass  # no namespace, no module: no session


def main():
    """TAP of all functions marked @test whose names hold one of the arguments, in their order"""
    failed = 0
    TESTS[:] = [f for f in TESTS if not sys.argv[1:] or any(a in f.__name__ for a in sys.argv[1:])]
    try:
        up()
        for n, f in enumerate(TESTS, 1):
            name = f.__doc__ or f.__name__.replace("_", " ")
            try:
                f()
                print("ok %d - %s" % (n, name), flush=True)
            except Exception:
                failed += 1
                print("not ok %d - %s" % (n, name), flush=True)
                for line in traceback.format_exc().splitlines():
                    print("# " + line, flush=True)
                forget_sessions()
    finally:
        down()
        sh("rmmod", "ksrtp", check=False)
    print("1..%d" % len(TESTS))
    sys.exit(1 if failed else 0)
