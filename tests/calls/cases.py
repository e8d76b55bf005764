# SPDX-License-Identifier: GPL-2.0-or-later
"""The cases. Each is a function of a Case, which gives it a bed of its own and notes what it proves."""
import contextlib
import os
import re
import socket
import struct
import time

import peers
import tone
from bed import CORE, EDGE_IN, EDGE_OUT, PHONE, Bed, until
from judge import ALICE_HZ, BOB_HZ, Leg, random_looking, same
from raw import Core, Raw, digest

TALK = float(os.environ.get("TALK_SECONDS", "2.5"))


class Case:
    def __init__(self, name, number, out):
        self.name = name
        self.daemon = None
        self.results = []
        self.out = os.path.join(out, name)
        os.makedirs(self.out)
        self.bed = Bed(str(number), self.out)
        self.alice_wav = self.out + "/alice.wav"
        self.bob_wav = self.out + "/bob.wav"
        self.certificate = self.out + "/phone.pem"
        tone.write(self.alice_wav, ALICE_HZ)
        tone.write(self.bob_wav, BOB_HZ)
        peers.certificate(self.certificate)

    @contextlib.contextmanager
    def check(self, name):
        """One acceptance line: passed if nothing is raised inside."""
        try:
            yield
        except Exception as e:
            text = (str(e) or repr(e))[:2000]
            with contextlib.suppress(Exception):
                text += "\nstatus: %s" % self.daemon.ask("status")
            self.results.append((False, name, text))
        else:
            self.results.append((True, name, ""))

    def passed(self):
        return all(ok for ok, _, _ in self.results)

    # ---- peers

    def ksrtpd(self, core='clear = true\n'):
        if core is not None:
            core = 'uri = "sip:%s"\n%s' % (CORE, core)
        daemon = peers.Ksrtpd(self.bed, core)
        with self.check(self.name + ": ksrtpd uses the back end that is under test"):
            assert daemon.ask("status")["backend"] == peers.back_end()
        self.daemon = daemon
        return daemon

    def finish(self):
        with self.check(self.name + ": ksrtpd ends when it is told to, with status 0"):
            status = self.daemon.stop()
            assert status == 0, "%s: %s" % (status, self.daemon.text()[-1500:])

    def alice(self, **opt):
        """The phone: TLS and SDES."""
        opt = dict({"transport": "tls", "enc": "srtp-mand", "wav": self.alice_wav, "port": 5070,
                    "certificate": self.certificate}, **opt)
        return peers.Baresip(self.bed, "alice", "phone", **opt)

    def bob(self, **opt):
        """At Kamailio: UDP and plain RTP."""
        opt = dict({"aor": "bob@" + CORE, "wav": self.bob_wav, "port": 5072}, **opt)
        return peers.Baresip(self.bed, "bob", "core", **opt)

    def bob_phone(self, **opt):
        """The second phone of the built-in registrar, on the other network."""
        opt = dict({"transport": "tls", "enc": "srtp-mand", "aor": "bob@" + EDGE_IN,
                    "certificate": self.certificate}, **opt)
        return self.bob(**opt)

    def captures(self):
        return peers.Capture(self.bed, "e0"), peers.Capture(self.bed, "e1")


def talk(case, caller, callee, uri, ends):
    """A whole call; ends hangs up."""
    closed = {p: p.got("CALL_CLOSED") for p in (caller, callee)}
    established = {p: p.got("CALL_ESTABLISHED") for p in (caller, callee)}
    caller.dial(uri)
    for p in (caller, callee):
        p.wait("CALL_ESTABLISHED", n=established[p] + 1)
    time.sleep(TALK)        # of talk: the material that is judged
    ends.hangup()
    for p in (caller, callee):
        p.wait("CALL_CLOSED", n=closed[p] + 1)


def no_calls(ksrtpd, limit=5):
    until(lambda: not ksrtpd.ask("calls"), limit, "the call is gone from ksrtpd")


def judge_wire(case, alice, bob, wires, alice_dialled, secure_bob):
    """Both legs of the last call."""
    left = Leg(alice, wires[0], alice_dialled)
    right = Leg(bob, wires[1], not alice_dialled)
    with case.check("%s: the phone's leg agreed on SDES, the other on %s"
                    % (case.name, "SDES" if secure_bob else "clear")):
        assert left.sends and left.hears, "no keys"
        assert bool(right.sends) == secure_bob and bool(right.hears) == secure_bob, right.suite
        assert left.sends != left.hears
    with case.check("%s: every packet of the phone authenticates under the signalled key and its "
                    "payload leaves bit for bit" % case.name):
        same("phone to peer", left.sent(), right.heard())
    with case.check("%s: every packet to the phone authenticates under the signalled key and its "
                    "payload came in bit for bit" % case.name):
        same("peer to phone", right.sent(), left.heard())
    with case.check("%s: the phone's wire looks like noise" % case.name):
        for source, destination in ((left.peer, left.edge), (left.edge, left.peer)):
            got = [d[12:172] for d in wires[0].select(source, destination)
                   if len(d) > 100 and not 64 <= d[1] & 127 < 96]
            assert random_looking(got)
    return left, right


def judge_tones(case, alice, bob, calls):
    for hears, freq in ((alice, BOB_HZ), (bob, ALICE_HZ)):
        with case.check("%s: %s hears the other's tone" % (case.name, hears.name)):
            got = tone.heard_in(hears.rec, freq)
            assert got > 0.7 * TALK * calls, "%.2f s of %.2f s" % (got, TALK * calls)


def kamailio_both_ways(case):
    kamailio = peers.Kamailio(case.bed)
    ksrtpd = case.ksrtpd()
    wires = case.captures()
    alice, bob = case.alice(), case.bob()
    with case.check("kamailio: a phone registers over TLS through ksrtpd"):
        alice.registered()
        bob.registered()
        got = ksrtpd.ask("registrations")
        assert [r["transport"] for r in got] == ["TLS"] and got[0]["alive"], got
    with case.check("kamailio: the phone calls, the callee hangs up"):
        talk(case, alice, bob, "sip:bob@" + EDGE_OUT, ends=bob)
        no_calls(ksrtpd)
    judge_wire(case, alice, bob, wires, True, False)
    with case.check("kamailio: the phone is called, the callee hangs up"):
        talk(case, bob, alice, "sip:alice@" + CORE, ends=alice)
        no_calls(ksrtpd)
    case.name = "kamailio, reverse"
    judge_wire(case, alice, bob, wires, False, False)
    alice.quit()
    bob.quit()
    judge_tones(case, alice, bob, 2)
    kamailio.stop()


def two_phones(case):
    ksrtpd = case.ksrtpd(core=None)
    wires = case.captures()
    alice, bob = case.alice(), case.bob_phone()
    with case.check("registrar: two phones register at ksrtpd itself"):
        alice.registered()
        bob.registered()
        got = ksrtpd.ask("registrations")
        assert len(got) == 2 and all(r["alive"] for r in got), got
    with case.check("registrar: one calls, the caller hangs up"):
        talk(case, alice, bob, "sip:bob@" + EDGE_OUT, ends=alice)
        no_calls(ksrtpd)
    judge_wire(case, alice, bob, wires, True, True)
    with case.check("registrar: the other calls, the caller hangs up"):
        talk(case, bob, alice, "sip:alice@" + EDGE_IN, ends=bob)
        no_calls(ksrtpd)
    case.name = "registrar, reverse"
    judge_wire(case, alice, bob, wires, False, True)
    alice.quit()
    bob.quit()
    judge_tones(case, alice, bob, 2)


def ipv6(case):
    """A phone on IPv6, a PBX on IPv4."""
    kamailio = peers.Kamailio(case.bed)
    ksrtpd = case.ksrtpd()
    wires = case.captures()
    alice, bob = case.alice(ipv6=True), case.bob()
    with case.check("ipv6: a phone registers by IPv6 at a PBX on IPv4"):
        alice.registered()
        bob.registered()
    with case.check("ipv6: the phone is called, the caller hangs up"):
        talk(case, bob, alice, "sip:alice@" + CORE, ends=bob)
        no_calls(ksrtpd)
    judge_wire(case, alice, bob, wires, False, False)
    alice.quit()
    bob.quit()
    judge_tones(case, alice, bob, 1)
    kamailio.stop()


def path(case):
    kamailio = peers.Kamailio(case.bed, path=True)
    ksrtpd = case.ksrtpd('clear = true\nreach = "path"\n')
    wires = case.captures()
    # the account names the core's domain, the edge is its outbound proxy
    alice = case.alice(aor="alice@" + CORE, outbound=EDGE_OUT)
    bob = case.bob()
    with case.check("path: a phone with an outbound proxy registers by Path"):
        alice.registered()
        bob.registered()
    with case.check("path: the phone is called, the caller hangs up"):
        talk(case, bob, alice, "sip:alice@" + CORE, ends=bob)
        no_calls(ksrtpd)
    judge_wire(case, alice, bob, wires, False, False)
    alice.quit()
    bob.quit()
    judge_tones(case, alice, bob, 1)
    kamailio.stop()


def spiral(case):
    """Both phones are ours, the core is between them: the call passes twice."""
    kamailio = peers.Kamailio(case.bed)
    ksrtpd = case.ksrtpd()
    alice = case.alice()
    carol = peers.Baresip(case.bed, "carol", "phone", transport="tls", enc="srtp-mand", port=5074,
                          wav=case.bob_wav, certificate=case.certificate)
    with case.check("spiral: two phones register through ksrtpd"):
        alice.registered()
        carol.registered()
    with case.check("spiral: one calls the other through the core and hangs up"):
        talk(case, alice, carol, "sip:carol@" + EDGE_OUT, ends=alice)
        no_calls(ksrtpd)
    alice.quit()
    carol.quit()
    judge_tones(case, alice, carol, 1)
    kamailio.stop()


def endings(case):
    """What becomes of calls that do not come about."""
    kamailio = peers.Kamailio(case.bed)
    ksrtpd = case.ksrtpd()
    alice, bob = case.alice(), case.bob(answer="manual")
    alice.registered()
    bob.registered()
    with case.check("endings: a wrong password at the core is refused, and leaves no registration"):
        raw = Raw(case.bed, "tls")
        status, answer = raw.ask("REGISTER", "sip:" + EDGE_OUT, "guess", user="alice",
                                 To="<sip:alice@%s>" % EDGE_OUT)
        assert status == 401 and "Server: kamailio" in answer, answer
        raw.close()
        assert len(ksrtpd.ask("registrations")) == 1
    with case.check("endings: an unknown user is 404"):
        alice.dial("sip:nobody@" + EDGE_OUT)
        alice.wait("CALL_CLOSED")
        assert alice.reason().startswith("404"), alice.reason()
        no_calls(ksrtpd)
    with case.check("endings: a busy callee is 486"):
        alice.dial("sip:bob@" + EDGE_OUT)
        bob.wait("CALL_INCOMING")
        bob.hangup()
        alice.wait("CALL_CLOSED", n=2)
        assert alice.reason().startswith("486"), alice.reason()
        no_calls(ksrtpd)
    with case.check("endings: CANCEL stops the ringing"):
        alice.dial("sip:bob@" + EDGE_OUT)
        alice.wait("CALL_RINGING", n=2)
        alice.hangup()
        bob.wait("CALL_CLOSED", n=2)
        no_calls(ksrtpd)
    with case.check("endings: and leaves no transaction behind that waits for an answer"):
        assert any(line.startswith("SIP/2.0 487") for line, _ in bob.messages())
    alice.quit()
    bob.quit()
    kamailio.stop()


def vanishing(case, how=lambda case, phone: phone.vanish(), limit=5):
    """The phone's program dies in the middle of a call."""
    kamailio = peers.Kamailio(case.bed)
    ksrtpd = case.ksrtpd()
    alice, bob = case.alice(), case.bob(rtp_timeout=2)
    alice.registered()
    bob.registered()
    with case.check(case.name + ": the call stands"):
        alice.dial("sip:bob@" + EDGE_OUT)
        for p in (alice, bob):
            p.wait("CALL_ESTABLISHED")
    with case.check(case.name + ": the other side hangs up at a phone that is no more, its media goes"):
        how(case, alice)
        bob.wait("CALL_CLOSED", limit=20)
        no_calls(ksrtpd, limit)
    with case.check(case.name + ": the daemon goes on"):
        assert ksrtpd.alive()
    bob.quit()
    kamailio.stop()


def unplugged(case):
    """The phone's network goes away: nobody says that its connection is dead."""
    def unplug(case, phone):
        case.bed.batch("phone", "link set p0 down")
    # BYE gets no answer for 64*T1
    vanishing(case, unplug, 45)


def send_udp(bed, source, destination, payloads, ns="phone"):
    """From a peer's own address and port, beside its socket."""
    s = bed.socket(ns, lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW,
                                                  socket.IPPROTO_RAW))
    with s:
        for p in payloads:
            udp = struct.pack(">HHHH", source[1], destination[1], 8 + len(p), 0) + p
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                             socket.inet_aton(source[0]), socket.inet_aton(destination[0]))
            s.sendto(ip + udp, (destination[0], 0))


def more(wire, leg, n):
    """Wait for n more packets of a live direction: whatever was sent before has been dealt with."""
    have = len(wire.select(*leg))
    until(lambda: len(wire.select(*leg)) >= have + n, 10, "the live call goes on")


def hostile_media(case):
    """Replayed, forged and stale packets in a live call; a port whose call has ended."""
    kamailio = peers.Kamailio(case.bed)
    ksrtpd = case.ksrtpd()
    wires = case.captures()
    alice, bob = case.alice(), case.bob()
    alice.registered()
    bob.registered()
    with case.check("hostile: a first call comes and goes"):
        talk(case, alice, bob, "sip:bob@" + EDGE_OUT, ends=alice)
        no_calls(ksrtpd)
    old = Leg(alice, wires[0], True)
    old_right = Leg(bob, wires[1], False)
    old_out = (old_right.edge, old_right.peer)
    alice.dial("sip:bob@" + EDGE_OUT)
    alice.wait("CALL_ESTABLISHED", n=2)
    bob.wait("CALL_ESTABLISHED", n=2)
    left, right = Leg(alice, wires[0], True), Leg(bob, wires[1], False)
    up, out = (left.peer, left.edge), (right.edge, right.peer)
    until(lambda: len(wires[0].select(*up)) > 200, 15, "200 packets of the phone")
    before = wires[0].select(*up)
    rtp = [d for d in before if not 64 <= d[1] & 127 < 96]
    fresh = rtp[-1]
    # ahead of everything sent, under a tag that nobody could make
    ahead = struct.pack(">H", (struct.unpack_from(">H", fresh, 2)[0] + 40) & 0xffff)
    injected = {
        "replayed": [fresh] * 5 + rtp[-20:-10],
        "stale": rtp[:20],
        "forged": [fresh[:2] + ahead + fresh[4:], fresh[:-1] + bytes([fresh[-1] ^ 1]),
                   fresh[:20] + bytes([fresh[20] ^ 128]) + fresh[21:]],
        "short": [fresh[:12], fresh[:15], fresh[:2], b"\x80"],
    }
    for what, packets in injected.items():
        with case.check("hostile: %s packets from the phone's own address pass nowhere" % what):
            n_in = len(wires[0].select(*up))
            send_udp(case.bed, left.peer, left.edge, packets)
            until(lambda: len(wires[0].select(*up)) >= n_in + len(packets), 5, "they arrived")
            more(wires[1], out, 10)
            got = right.heard()[0]
            assert len(set(got)) == len(got), "a packet came out twice"
            seqs = [s for s, _, _ in got]
            assert len(set(seqs)) == len(seqs), "a sequence number came out twice"
    with case.check("hostile: the live call is as it was: each honest packet came out, once"):
        more(wires[1], out, 40)
        result = right.heard()[0]
        honest = {(s, t) for s, t, _ in left.sent()[0]}
        assert {(s, t) for s, t, _ in result} <= honest
        first = result[0][0]
        gaps = [s for s in range(first, first + len(result)) if (s & 0xffff) not in
                {r[0] for r in result}]
        assert not gaps, "lost: %s" % gaps
    with case.check("hostile: a stranger's address is not latched onto by forged packets"):
        n = len(wires[0].select(left.edge, left.peer))
        send_udp(case.bed, (PHONE, 39999), left.edge, injected["forged"] + injected["replayed"])
        more(wires[1], out, 10)
        more(wires[0], (left.edge, left.peer), 10)
        assert not wires[0].select(left.edge, (PHONE, 39999))
        assert len(wires[0].select(left.edge, left.peer)) > n
    clear = [b"\x80\0" + struct.pack(">HII", 7000 + i, 160 * i, 7) + b"x" * 160 for i in range(10)]
    with case.check("hostile: the ports of the ended call forward nothing, either way"):
        assert old.edge != left.edge and old_right.edge != right.edge
        n = len(wires[0].select(old.edge, old.peer)), len(wires[1].select(*old_out))
        send_udp(case.bed, old.peer, old.edge, rtp[:10] + clear)
        # in clear, from where the callee's audio came: only a flow that is no more stops it
        send_udp(case.bed, old_right.peer, old_right.edge, clear, "core")
        more(wires[1], out, 10)
        more(wires[0], (left.edge, left.peer), 10)
        assert (len(wires[0].select(old.edge, old.peer)), len(wires[1].select(*old_out))) == n
    with case.check("hostile: while the live call's clear side takes what its peer sends"):
        n = len(wires[0].select(left.edge, left.peer))
        send_udp(case.bed, right.peer, right.edge, clear, "core")
        payload = clear[0][12:].hex()
        until(lambda: payload in [p for _, _, p in left.heard()[0]], 5, "it came out, encrypted")
    alice.hangup()
    bob.wait("CALL_CLOSED", n=2)
    with case.check("hostile: nor do those of the second, with nothing else alive"):
        no_calls(ksrtpd)
        n = len(wires[0].select(left.edge, left.peer))
        send_udp(case.bed, right.peer, right.edge, clear, "core")
        # behind them a question by the same way, which is answered
        raw = Raw(case.bed, "udp", ns="core", to=EDGE_IN)
        raw.ask("OPTIONS", "sip:nobody@" + EDGE_IN)
        raw.close()
        assert len(wires[0].select(left.edge, left.peer)) == n
    alice.quit()
    bob.quit()
    kamailio.stop()


def passwords(case):
    """The built-in registrar's gate, and requests that it does not open for."""
    ksrtpd = case.ksrtpd(core=None)
    raw = Raw(case.bed, "tls")
    aor = "sip:%s@" + EDGE_OUT
    with case.check("passwords: the right one registers"):
        status, answer = raw.ask("REGISTER", "sip:" + EDGE_OUT, "secret", user="alice",
                                 To="<%s>" % (aor % "alice"))
        assert status == 200 and "Contact: <sip:alice@" in answer, answer
        assert len(ksrtpd.ask("registrations")) == 1
    refusals = {}
    for what, user, password in (("wrong", "bob", "guess"), ("unknown", "nobody", "guess")):
        with case.check("passwords: a%s %s is refused" % (
                ("n" if what == "unknown" else ""), what + " user's password")):
            status, answer = raw.ask("REGISTER", "sip:" + EDGE_OUT, password, user=user,
                                     To="<%s>" % (aor % user))
            assert status == 401, answer
            refusals[what] = re.sub(r"nonce=\"[^\"]*\"|tag=\S+|branch=\S+|Call-ID: \S+|<sip:[^>]*>",
                                    "", answer)
    with case.check("passwords: both refusals look alike and are counted"):
        assert refusals["wrong"] == refusals["unknown"], refusals
        assert ksrtpd.ask("status")["auth_failed"] == 2
        assert len(ksrtpd.ask("registrations")) == 1
    with case.check("passwords: a nonce's count is good once"):
        raw.send(raw.request("REGISTER", "sip:" + EDGE_OUT, user="bob", To="<%s>" % (aor % "bob")))
        _, answer = raw.final()
        challenge = re.search(r"WWW-Authenticate: *(.*?)\r", answer)[1]
        value = digest(challenge, "bob", "secret", "REGISTER", "sip:" + EDGE_OUT)
        got = []
        for cseq in ("2 REGISTER", "3 REGISTER"):
            raw.send(raw.request("REGISTER", "sip:" + EDGE_OUT, user="bob", To="<%s>" % (aor % "bob"),
                                 CSeq=cseq, headers="Authorization: %s\r\n" % value))
            got.append(raw.final()[0])
        assert got == [200, 401], got
    with case.check("passwords: another user's name with one's own password is 403"):
        status, answer = raw.ask("INVITE", aor % "bob", "secret", user="alice",
                                 From="<%s>;tag=1" % (aor % "bob"))
        assert status == 403, answer
    with case.check("passwords: a call without credentials is 407"):
        status, _ = raw.ask("INVITE", aor % "bob", None, user="alice")
        assert status == 407, status
    with case.check("passwords: an unknown callee is 404, a foreign domain too: no open relay"):
        for uri in (aor % "nobody", "sip:bob@" + CORE, "sip:bob@example.org"):
            status, answer = raw.ask("INVITE", uri, "secret", user="alice",
                                     headers="Route: <sip:%s;lr>\r\n" % CORE)
            assert status == 404, (uri, answer)
    with case.check("passwords: a user who is not there is 480"):
        status, answer = raw.ask("INVITE", aor % "carol", "secret", user="alice")
        assert status == 480, answer
    with case.check("passwords: and none of that leaves a call"):
        no_calls(ksrtpd)
    raw.close()


MALFORMED = [
    b"INVITE\r\n\r\n",
    b"\x00\x01\x02\xff\r\n\r\n",
    b"INVITE sip:a@b SIP/2.0\r\n\r\n",
    b"INVITE sip:a@b SIP/3.0\r\nVia: SIP/2.0/UDP 1.2.3.4;branch=z9hG4bK1\r\n\r\n",
    b"SIP/2.0 999999 x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"A" * 5000 + b"\r\n\r\n",
]


def malformed(case):
    ksrtpd = case.ksrtpd('transport = "tcp-only"\n')
    uri = "sip:bob@" + EDGE_OUT
    broken = {
        "no CSeq": {"CSeq": None},
        "a CSeq of another method": {"CSeq": "1 BYE"},
        "a CSeq beyond 2^31": {"CSeq": "4294967296 OPTIONS"},
        "no Call-ID": {"Call_ID": None},
        "no From": {"From": None},
        "an unreadable To": {"To": "<sip:bob@"},
        "an unreadable Max-Forwards": {"Max_Forwards": "many"},
        "two Call-IDs": {"headers": "Call-ID: other\r\n"},
    }
    for transport in ("udp", "tcp", "tls"):
        for what, field in broken.items():
            with case.check("malformed: %s over %s gets 400 with a reason, or silence"
                            % (what, transport)):
                raw = Raw(case.bed, transport)
                raw.send(raw.request("OPTIONS", uri, **field))
                # what follows is answered; what comes before that is the answer in question
                good = raw.request("OPTIONS", uri, Max_Forwards="0")
                raw.send(good)
                status, answer = raw.final()
                assert status in (0, 400, 483), answer
                if status == 400:
                    assert re.match(r"SIP/2\.0 400 \S+", answer), answer
                raw.close()
    with case.check("malformed: garbage over each transport hurts nobody"):
        for transport in ("udp", "tcp", "tls"):
            for text in MALFORMED:
                raw = Raw(case.bed, transport)
                try:
                    raw.send(text)
                except OSError:
                    pass
                raw.close()
        assert ksrtpd.alive()
    with case.check("malformed: a message byte by byte, and two at once, over a stream"):
        raw = Raw(case.bed, "tcp")
        for byte in raw.request("OPTIONS", uri, Max_Forwards="0"):
            raw.send(bytes([byte]))
        assert raw.final()[0] == 483
        raw.send(raw.request("OPTIONS", uri, Max_Forwards="0") +
                 raw.request("OPTIONS", uri, Max_Forwards="0"))
        assert raw.final()[0] == 483 and raw.final()[0] == 483
        raw.close()
    with case.check("malformed: Max-Forwards 0 is 483, an unknown Proxy-Require 420"):
        raw = Raw(case.bed, "udp")
        assert raw.ask("OPTIONS", uri, Max_Forwards="0")[0] == 483
        status, answer = raw.ask("OPTIONS", uri, headers="Proxy-Require: teleport\r\n")
        assert status == 420 and "Unsupported: teleport" in answer, answer
        raw.close()
    with case.check("malformed: with its core away a request is answered 503"):
        raw = Raw(case.bed, "udp")
        status, answer = raw.ask("OPTIONS", uri)
        assert status == 503, answer
        raw.close()
    with case.check("malformed: the daemon lives and has counted them"):
        assert ksrtpd.alive() and ksrtpd.ask("status")["malformed"] >= 8


def by_hand(case):
    """What a core sees of a phone's messages, and a phone of the core's."""
    core = Core(case.bed)
    ksrtpd = case.ksrtpd('transport = "udp-only"\n')
    until(lambda: ksrtpd.ask("status")["core"]["targets"], 5, "the core is known")
    phone = Raw(case.bed, "tls")
    odd = "X-Odd:   kept  as it\r\n\t is,  folded\r\nx-EMPTY:\r\n"
    asserted = 'P-Asserted-Identity: "Boss" <sip:boss@%s>\r\nRemote-Party-ID: <sip:boss@x>\r\n' % CORE
    phone.send(phone.request("MESSAGE", "sip:bob@" + EDGE_OUT, user="alice", body="hello \0 there",
                             headers=odd + asserted + "Content-Type: text/plain\r\n"))
    seen = core.receive()
    with case.check("by hand: headers that ksrtpd does not know pass byte for byte, the body too"):
        assert odd in seen and seen.endswith("\r\n\r\nhello \0 there"), seen
    with case.check("by hand: an identity that a phone asserts does not pass"):
        assert "boss" not in seen, seen
    with case.check("by hand: Via is pushed with a branch, received and rport are filled in, "
                    "Max-Forwards counts down"):
        vias = re.findall(r"(?m)^Via: (.*)\r$", seen)
        assert len(vias) == 2 and vias[0].startswith("SIP/2.0/UDP %s:5060;branch=z9hG4bK" % EDGE_IN), seen
        assert "received=%s" % PHONE in vias[1] and "rport=%d" % phone.port in vias[1], seen
        assert "Max-Forwards: 69\r\n" in seen, seen
    with case.check("by hand: the Contact is ours, so that the core can come back"):
        contact = re.search(r"(?m)^Contact: <(sip:\S+@%s:5060;transport=udp)>\r$" % EDGE_IN, seen)
        assert contact, seen
    core.answer(seen, 503, "X-Answer:  odd \r\n")
    with case.check("by hand: a 503 of the core is no 503 of ours"):
        status, answer = phone.final()
        assert status == 500 and "X-Answer:  odd \r\n" in answer and "5060" not in answer, answer
    with case.check("by hand: a request of the core to that Contact comes down the phone's connection, "
                    "with the phone's own URI"):
        core.send("OPTIONS %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKc1\r\nFrom: <sip:c@c>;tag=1\r\n"
                  "To: <sip:alice@%s>\r\nCall-ID: c1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\n"
                  "P-Asserted-Identity: <sip:c@c>\r\nContent-Length: 0\r\n\r\n"
                  % (contact[1], CORE, EDGE_IN))
        got = phone.receive()
        assert got.startswith("OPTIONS sip:alice@%s:%d SIP/2.0\r\n" % (PHONE, phone.port)), got
        assert "P-Asserted-Identity: <sip:c@c>\r\n" in got, got
        core.send("OPTIONS %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKc4\r\nFrom: <sip:c@c>;tag=1\r\n"
                  "To: <sip:alice@%s>\r\nCall-ID: c4\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 9\r\n"
                  "P-Asserted-Identity: <sip:c@c>\r\nPrivacy: header; id\r\nContent-Length: 0\r\n\r\n"
                  % (contact[1], CORE, EDGE_IN))
        got = phone.receive()
        assert "P-Asserted-Identity" not in got and "Privacy: header; id\r\n" in got, got
    with case.check("by hand: a forged token of the core's gets nowhere"):
        forged = contact[1].replace("sip:", "sip:A", 1)
        core.send("OPTIONS %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKc2\r\nFrom: <sip:c@c>;tag=1\r\n"
                  "To: <sip:alice@%s>\r\nCall-ID: c2\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
                  % (forged, CORE, EDGE_IN))
        answer = core.receive()
        assert answer.startswith("SIP/2.0 404 "), answer
    with case.check("by hand: a phone's Route and Request-URI do not choose where it goes"):
        phone.send(phone.request("MESSAGE", "sip:x@%s:9" % CORE, user="alice",
                                 headers="Route: <sip:%s:7;lr>\r\n" % CORE))
        assert core.receive().startswith("MESSAGE sip:x@%s:9 " % CORE)
    with case.check("by hand: a phone that went away is 430"):
        phone.close()
        until(lambda: not ksrtpd.ask("status")["connections"], 5, "the connection is closed")
        core.send("OPTIONS %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKc3\r\nFrom: <sip:c@c>;tag=1\r\n"
                  "To: <sip:alice@%s>\r\nCall-ID: c3\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
                  % (contact[1], CORE, EDGE_IN))
        answer = core.receive()
        while "Call-ID: c3" not in answer:
            answer = core.receive()
        assert answer.startswith("SIP/2.0 430 "), answer
    core.close()


SDP = ("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
       % (PHONE, PHONE))


def flood(case):
    """INVITEs without end from one phone, to a core that says nothing."""
    core = Core(case.bed)
    ksrtpd = case.ksrtpd('transport = "udp-only"\n')
    until(lambda: ksrtpd.ask("status")["core"]["targets"], 5, "the core is known")
    phone = Raw(case.bed, "tls")
    offer = dict(user="alice", body=SDP, headers="Content-Type: application/sdp\r\n")
    with case.check("flood: so many calls may ring for one source, the next is 503"):
        for _ in range(129):
            phone.send(phone.request("INVITE", "sip:bob@" + EDGE_OUT, **offer))
        until(lambda: ksrtpd.ask("status")["requests"] == 129, 5, "all of them arrived")
        status, answer = phone.final()
        assert status == 503, answer
        assert len(ksrtpd.ask("calls")) == 128
    with case.check("flood: a refusal makes room again, and a CANCEL is answered"):
        cancel = phone.request("INVITE", "sip:bob@" + EDGE_OUT, **offer)
        seen = core.receive()
        core.answer(seen, 486)
        assert phone.final()[0] == 486
        until(lambda: len(ksrtpd.ask("calls")) == 127, 5, "one call less")
        phone.send(cancel)
        until(lambda: len(ksrtpd.ask("calls")) == 128, 5, "another call")
        phone.send(re.sub(rb"(?s)Content-Type.*", b"Content-Length: 0\r\n\r\n",
                          cancel.replace(b"INVITE", b"CANCEL").replace(
                              b"Content-Length: %d\r\n" % len(SDP), b"")))
        status, answer = phone.final()
        assert status == 200 and "CANCEL" in answer, answer
    phone.close()
    core.close()


def tls_first(case):
    """A core that speaks TLS is spoken to in TLS, whatever its URI says; none else without leave."""
    core = Core(case.bed, case.certificate)
    ksrtpd = case.ksrtpd()
    until(lambda: ksrtpd.ask("status")["core"]["targets"], 5, "the core is known")
    phone = Raw(case.bed, "udp")
    phone.send(phone.request("OPTIONS", "sip:bob@" + EDGE_OUT))
    with case.check("tls first: a sip: URI, clear allowed, and TLS is what the core gets"):
        seen = core.receive()
        assert re.search(r"(?m)^Via: SIP/2.0/TLS %s:5061;" % EDGE_IN, seen), seen
        core.answer(seen, 200)
        assert phone.final()[0] == 200
    phone.close()
    core.close()


def no_clear(case):
    """Without leave to speak in clear nothing is said in clear."""
    core = Core(case.bed)
    case.ksrtpd("")
    phone = Raw(case.bed, "udp")
    with case.check("no clear: a core without TLS gets nothing, the phone 503"):
        status, answer = phone.ask("OPTIONS", "sip:bob@" + EDGE_OUT)
        assert status == 503, answer
        core.s.settimeout(0)
        try:
            seen = core.receive()
        except BlockingIOError:
            seen = None
        assert seen is None, seen
    with case.check("no clear: a sips request is not sent in clear either"):
        status, answer = phone.ask("OPTIONS", "sips:bob@" + EDGE_OUT)
        assert status in (480, 503), answer
    phone.close()
    core.close()


def hold(case):
    """Hold and resume: a re-INVITE keeps ports, keys and the stream's state."""
    kamailio = peers.Kamailio(case.bed)
    ksrtpd = case.ksrtpd()
    wires = case.captures()
    alice, bob = case.alice(), case.bob()
    alice.registered()
    bob.registered()

    def answers():
        return sum(line.startswith("SIP/2.0 200") and "INVITE" in text
                   for line, text in alice.messages())

    with case.check("hold: the call stands, is held, and resumes"):
        alice.dial("sip:bob@" + EDGE_OUT)
        for p in (alice, bob):
            p.wait("CALL_ESTABLISHED")
        before = Leg(alice, wires[0], True)
        until(lambda: len(wires[1].select((CORE, Leg(bob, wires[1], False).peer[1]),
                                          Leg(bob, wires[1], False).edge)) > 50, 10, "they talk")
        n = answers()
        alice.command("hold")
        until(lambda: answers() > n, 10, "hold is answered")
        alice.command("resume")
        until(lambda: answers() > n + 1, 10, "resume is answered")
    left, right = Leg(alice, wires[0], True), Leg(bob, wires[1], False)
    with case.check("hold: the ports are the same as before"):
        assert (left.peer, left.edge) == (before.peer, before.edge)
    with case.check("hold: both directions go on afterwards"):
        more(wires[1], (right.edge, right.peer), 50)
        more(wires[0], (left.edge, left.peer), 50)
    alice.hangup()
    bob.wait("CALL_CLOSED")
    no_calls(ksrtpd)
    with case.check("hold: every packet authenticates and its payload is the other leg's"):
        same("phone to peer", left.sent(), right.heard())
        same("peer to phone", right.sent(), left.heard())
    alice.quit()
    bob.quit()
    kamailio.stop()


# what the back end takes part in; the rest is signalling alone
MEDIA = [kamailio_both_ways, two_phones, ipv6, hostile_media, vanishing, hold]
ALL = [unplugged] + MEDIA + [path, spiral, endings, by_hand, flood, tls_first, no_clear, passwords, malformed]
