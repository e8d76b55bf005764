# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls with media. Each case is a function of a Case, which notes what it proves."""
import socket
import struct

import peers
from bed import CORE, EDGE_IN, EDGE_OUT, PHONE, until
from case import judge_tones, judge_wire, no_calls, talk
from judge import Leg, same
from raw import Raw


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
                          wav=case.material.bob_wav, certificate=case.certificate)
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
        rung = alice.got("CALL_RINGING")    # the busy one's 180 may have come behind its 486, or not
        alice.dial("sip:bob@" + EDGE_OUT)
        alice.wait("CALL_RINGING", n=rung + 1)
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


def injections(rtp):
    """What somebody could make of the packets of a live stream that he has seen."""
    fresh = rtp[-1]
    # ahead of everything sent, under a tag that nobody could make
    ahead = struct.pack(">H", (struct.unpack_from(">H", fresh, 2)[0] + 40) & 0xffff)
    return {
        "replayed": [fresh] * 5 + rtp[-20:-10],
        "stale": rtp[:20],
        "forged": [fresh[:2] + ahead + fresh[4:], fresh[:-1] + bytes([fresh[-1] ^ 1]),
                   fresh[:20] + bytes([fresh[20] ^ 128]) + fresh[21:]],
        "short": [fresh[:12], fresh[:15], fresh[:2], b"\x80"],
    }


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
    injected = injections(rtp)
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
BACK_END = [kamailio_both_ways, two_phones, ipv6, hostile_media, vanishing, hold]
ALL = [unplugged] + BACK_END + [path, spiral, endings]
