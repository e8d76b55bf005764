# SPDX-License-Identifier: GPL-2.0-or-later
"""Each kind of phone with each kind of core, both directions, with hold and resume, a BYE of each side.

Media is judged on the wire of both legs: baresip stops decoding after a re-INVITE, also without
anything in between."""
import peers
from bed import CORE, EDGE_IN, EDGE_OUT, until
from case import no_calls
from judge import Leg, same

PHONES = {
    "TLS and SDES": {"transport": "tls", "enc": "srtp-mand"},
    "TLS and OSRTP": {"transport": "tls", "enc": "srtp"},
    "UDP and RTP": {"transport": "udp", "enc": None, "certificate": None},
}
CORES = ("UDP and RTP", "TLS and SDES", "own registrar")


def flowing(legs, n=40):
    """So many packets more on both directions of both legs."""
    ways = [(leg.capture, way) for leg in legs
            for way in ((leg.peer, leg.edge), (leg.edge, leg.peer))]
    have = [len(wire.select(*way)) for wire, way in ways]
    for (wire, way), before in zip(ways, have):
        until(lambda: len(wire.select(*way)) >= before + n, 10, "%s -> %s" % way)


def answered(phone):
    """How many of its INVITEs were answered."""
    return sum(line.startswith("SIP/2.0 200") and "INVITE" in text
               for line, text in phone.messages())


def whole_call(case, who, wires, uri):
    """who: caller, callee, who holds, who hangs up. Return: both legs, the phone's first."""
    caller, callee, holder, ends = who
    alice_dialled = caller.name == "alice"
    alice, bob = (caller, callee) if alice_dialled else (callee, caller)
    closed = {p: p.got("CALL_CLOSED") for p in (caller, callee)}
    established = {p: p.got("CALL_ESTABLISHED") for p in (caller, callee)}
    caller.dial(uri)
    for p in (caller, callee):
        p.wait("CALL_ESTABLISHED", n=established[p] + 1)
    legs = Leg(alice, wires[0], alice_dialled), Leg(bob, wires[1], not alice_dialled)
    flowing(legs)
    for command in ("hold", "resume"):
        n = answered(holder)
        holder.command(command)
        until(lambda: answered(holder) > n, 10, command + " is answered")
    flowing(legs)
    ends.hangup()
    for p in (caller, callee):
        p.wait("CALL_CLOSED", n=closed[p] + 1)
    return legs


def judge(case, legs, secure):
    """secure: is the phone's leg, is the other? Keys of before the hold are those of after it."""
    left, right = legs
    for leg, wanted in zip(legs, secure):
        assert bool(leg.sends) == wanted and bool(leg.hears) == wanted, (leg.peer, leg.suite)
    if all(secure):
        assert len({left.sends, left.hears, right.sends, right.hears}) == 4, "a key twice"
    same("phone to peer", left.sent(), right.heard())
    same("peer to phone", right.sent(), left.heard())


def pair(case, phone, core):
    opt = dict(PHONES[phone])
    kamailio = None
    if core != "own registrar":
        kamailio = peers.Kamailio(case.bed, certificate=core.startswith("TLS") and case.certificate)
    ksrtpd = case.ksrtpd({"UDP and RTP": 'transport = "udp-only"\n', "TLS and SDES": "",
                          "own registrar": None}[core])
    wires = case.captures()
    alice = case.alice(**opt)
    if core == "own registrar":
        bob = case.bob_phone()
    elif core == "TLS and SDES":
        bob = case.bob(transport="tls", enc="srtp-mand", certificate=case.certificate)
    else:
        bob = case.bob()
    secure = (phone != "UDP and RTP", core != "UDP and RTP")
    title = "matrix: a phone with %s, a core with %s: " % (phone, core)
    if core == "own registrar":
        title = "matrix: a phone with %s, at the built-in registrar: " % phone
    here = EDGE_IN if core == "own registrar" else CORE
    with case.check(title + "both register"):
        alice.registered()
        bob.registered()
    with case.check(title + "the phone calls, holds and resumes, the callee hangs up"):
        legs = whole_call(case, (alice, bob, alice, bob), wires, "sip:bob@" + EDGE_OUT)
        no_calls(ksrtpd)
        judge(case, legs, secure)
    with case.check(title + "the phone is called, is held and resumed, and hangs up"):
        legs = whole_call(case, (bob, alice, bob, alice), wires, "sip:alice@" + here)
        no_calls(ksrtpd)
        judge(case, legs, secure)
    alice.quit()
    bob.quit()
    if kamailio:
        kamailio.stop()


def named(phone, core):
    def case_of(case):
        pair(case, phone, core)
    case_of.__name__ = ("matrix_%s_%s" % (phone, core)).lower().replace(" ", "_")
    return case_of


ALL = [named(phone, core) for core in CORES for phone in PHONES]
