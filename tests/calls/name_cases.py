# SPDX-License-Identifier: GPL-2.0-or-later
"""Cores that go by a name: which of its addresses gets what, and what happens while nobody knows them."""
import os
import select
import socket
import struct
import threading

from bed import CORE, EDGE_IN, EDGE_OUT, PHONE, until
from raw import Core, Raw
from route_cases import SDP, TRUNK, add_trunk, core_section, in_dialog, invite, known

NAME = "pbx.kscall.test"


def etc(case, hosts="", resolvers=()):
    """A directory in place of /etc."""
    path = case.out + "/etc"
    os.makedirs(path, exist_ok=True)
    with open(path + "/hosts", "w") as f:
        f.write("127.0.0.1 localhost\n" + hosts)
    with open(path + "/resolv.conf.new", "w") as f:
        f.write("".join("nameserver %s\n" % r for r in resolvers))
    os.rename(path + "/resolv.conf.new", path + "/resolv.conf")
    return path


class Resolver:
    """A name server on the edge's loopback that knows NAME, once it is told to answer."""

    def __init__(self, bed, ip, answers=True):
        self.s = bed.socket("edge", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.s.bind((ip, 53))
        self.s.settimeout(0.1)
        self.over = False
        self.asked = threading.Event()
        self.answers = threading.Event()
        if answers:
            self.answers.set()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while not self.over:
            try:
                query, peer = self.s.recvfrom(2048)
            except (socket.timeout, ConnectionError):
                continue
            end = query.index(b"\0", 12) + 5
            name, kind = query[12:end - 4], query[end - 4:end - 2]
            ours = name.lower() == b"".join(bytes([len(p)]) + p for p in NAME.encode().split(b".")) + b"\0"
            if ours:
                self.asked.set()
            if not self.answers.is_set():
                continue
            a = ours and kind == b"\0\1"
            self.s.sendto(query[:2] + struct.pack(">6H", 0x8480 if ours else 0x8483, 1, a, 0, 0, 0)[:10] +
                          query[12:end] + (b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + socket.inet_aton(CORE)
                                           if a else b""), peer)

    def close(self):
        self.over = True
        self.thread.join()
        self.s.close()


def options(core, ask):
    """What ksrtpd says to OPTIONS of a core's, sent again as UDP's timers would; None: nothing yet."""
    core.s.sendto(("OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nMax-Forwards: 9\r\n"
                   "From: <sip:c@c>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\n"
                   "Content-Length: 0\r\n\r\n" % (EDGE_IN, CORE, ask, EDGE_IN, ask)).encode(), (EDGE_IN, 5060))
    while select.select([core.s], [], [], 0.1)[0]:
        try:
            got = core.s.recv(65536).decode()
        except ConnectionRefusedError:
            continue
        if "Call-ID: " + ask in got:
            return got.split("\r\n")[0]
    return None


def named_core(case):
    """The first thing that a core sends is a core's, though its name takes long to look up."""
    core = Core(case.bed)
    resolver = Resolver(case.bed, "127.0.0.1", answers=False)
    # whatever happens first: the core's request is answered, or DNS has been silent for three of them
    heard = []

    def ask():
        resolver.asked.wait(30)
        for n in range(600):
            got = options(core, "n%d" % n)
            if got:
                heard.append(got)
                return
            if n == 3:
                resolver.answers.set()

    thread = threading.Thread(target=ask)
    thread.start()
    with case.check("named core: nothing of its is refused while its name is looked up"):
        ksrtpd = case.ksrtpd(sides=core_section("pbx", [NAME + ":5060"]), etc=etc(case, resolvers=["127.0.0.1"]))
        thread.join()
        assert heard == ["SIP/2.0 200 OK"], heard
    with case.check("named core: it is known once the control socket answers"):
        known(ksrtpd, 1)
    core.close()
    resolver.close()


def late_name(case):
    """No resolver answers at start; then resolv.conf names one that does, then one that does not."""
    core = Core(case.bed)
    dead = Resolver(case.bed, "127.0.0.3", answers=False)
    path = etc(case, resolvers=["127.0.0.3"])
    ksrtpd = case.ksrtpd(sides=core_section("pbx", [NAME + ":5060"]), etc=path)
    phone = Raw(case.bed, "udp")
    with case.check("late name: the start waits for DNS, not for ever, and says so"):
        assert "is not looked up yet" in ksrtpd.text()
        assert not ksrtpd.ask("servers")[0]["targets"]
        assert phone.ask("OPTIONS", "sip:100@" + EDGE_OUT)[0] == 503
    with case.check("late name: resolv.conf with another resolver is taken up by itself"):
        resolver = Resolver(case.bed, "127.0.0.1")
        etc(case, resolvers=["127.0.0.1"])
        until(lambda: ksrtpd.ask("servers")[0]["targets"], 20, "the core is known")
        got = [g for g in (options(core, "l%d" % n) for n in range(3)) if g]
        assert got and set(got) == {"SIP/2.0 200 OK"}, got
    with case.check("late name: and with a dead one the core's addresses stay what they were"):
        resolver.close()
        dead.asked.clear()
        etc(case, resolvers=["127.0.0.3"])
        assert dead.asked.wait(20), "nobody asked anew"
        until(lambda: NAME + ": DNS does not answer" in ksrtpd.text(), 30, "the lookup failed")
        assert ksrtpd.ask("servers")[0]["targets"]
        assert "SIP/2.0 200 OK" in [options(core, "d%d" % n) for n in range(3)]
    for s in (phone, core, dead):
        s.close()


def busy_address(case):
    """503 keeps new requests from an address, not those of the dialogs that it has."""
    add_trunk(case)
    cores = [Core(case.bed, case.certificate), Core(case.bed, case.certificate, ip=TRUNK)]
    ksrtpd = case.ksrtpd(sides=core_section("pbx", [NAME + ":5061"], "\tsrtp = plain\n").replace(
        "udp-only", "tls-only"), etc=etc(case, "".join("%s %s\n" % (ip, NAME) for ip in (CORE, TRUNK))))
    known(ksrtpd, 1)
    phone = Raw(case.bed, "tls")

    def gets():
        """Whoever hears next, and what."""
        ready, _, _ = select.select([c.peer or c.s for c in cores], [], [], 20)
        core = next(c for c in cores if (c.peer or c.s) in ready)
        return core, core.receive()

    call = invite(phone, "sip:100@" + EDGE_OUT)
    phone.send(call)
    owner, seen = gets()
    other = cores[owner is cores[0]]
    owner.answer(seen, 200, body=SDP.replace(PHONE, owner.ip))
    status, answer = phone.final()
    assert status == 200, answer
    phone.send(in_dialog("ACK", call, answer, 1))
    assert owner.receive().startswith("ACK ")
    with case.check("busy address: after its 503 new requests begin at the other address"):
        for again in (False, True):
            phone.send(invite(phone, "sip:100@" + EDGE_OUT))
            if not again:
                owner.answer(owner.receive(), 503, "Retry-After: 600\r\n")
                assert owner.receive().startswith("ACK ")
            got, seen = gets()
            assert got is other, "it went to the one that said 503"
            other.answer(seen, 486)
            assert phone.final()[0] == 486
            assert other.receive().startswith("ACK ")
    with case.check("busy address: the dialog it has stays there, over a new connection too"):
        owner.peer.close()
        owner.peer = None
        until(lambda: not any(owner.ip in c.get("remote", "") for c in ksrtpd.ask("connections")), 20,
              "it is closed")
        phone.send(in_dialog("INFO", call, answer, 2))
        got, seen = gets()
        assert got is owner and seen.startswith("INFO "), "it went to the other: " + seen
        owner.answer(seen, 200)
        assert phone.final()[0] == 200
    with case.check("busy address: a 503 inside the dialog is the caller's, the other is not asked"):
        owner.peer.close()
        owner.peer = None
        until(lambda: not any(owner.ip in c.get("remote", "") for c in ksrtpd.ask("connections")), 20,
              "it is closed")
        phone.send(in_dialog("OPTIONS", call, answer, 3))
        owner.answer(owner.receive(), 503, "Retry-After: 600\r\n")
        assert phone.final()[0] == 500
        phone.send(in_dialog("BYE", call, answer, 4))
        got, seen = gets()
        assert got is owner and seen.startswith("BYE "), "it went to the other: " + seen
        owner.answer(seen, 200)
        assert phone.final()[0] == 200
        until(lambda: not ksrtpd.ask("calls"), 5, "the call is gone")
    for s in [phone] + cores:
        s.close()


ALL = [late_name, named_core, busy_address]
