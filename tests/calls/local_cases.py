# SPDX-License-Identifier: GPL-2.0-or-later
"""The built-in registrar beside a core: a domain is served here, the rest there."""
import re

from bed import CORE, EDGE_IN, EDGE_OUT, PHONE
from case import no_calls
from fork_cases import field
from raw import Core, Raw, digest
from route_cases import SDP, core_section, in_dialog, known

OFFICE = "office.test"
ALICE = "sip:alice@" + OFFICE


def answer(phone, request, status, body=""):
    """A phone's response."""
    keep = re.findall(r"(?im)^(?:via|from|to|call-id|cseq|record-route):.*\r\n", request)
    keep = [h if not h.lower().startswith("to:") or ";tag=" in h else h.rstrip() + ";tag=phone\r\n"
            for h in keep]
    more = ("Contact: <sip:alice@%s:%d;transport=tls>\r\nContent-Type: application/sdp\r\n"
            % (PHONE, phone.port)) if body else ""
    phone.send(("SIP/2.0 %d Hand\r\n%s%sContent-Length: %d\r\n\r\n%s"
                % (status, "".join(keep), more, len(body), body)).encode())


def reply_within(core, invitation, method, cseq, ok):
    """A request of the core's in the dialog that its INVITE began and `ok` made, as text."""
    routes = re.findall(r"(?im)^record-route: (.*?)\r$", ok)
    return "\r\n".join(
        ["%s %s SIP/2.0" % (method, re.search(r"(?im)^contact: <(.*?)>", ok)[1]),
         "Via: SIP/2.0/UDP %s;branch=z9hG4bK%s%d" % (core.ip, method, cseq)] +
        ["Route: " + r for r in reversed(routes)] +
        ["From: " + field("from", invitation), "To: " + field("to", ok), "Call-ID: " + field("call-id", ok),
         "CSeq: %d %s" % (cseq, method), "Max-Forwards: 70", "Content-Length: 0", "", ""])


def office(case):
    """ksrtpd, a core, and alice, who is registered here."""
    core = Core(case.bed)
    ksrtpd = case.ksrtpd(sides='domain = "%s"\n' % OFFICE +
                         "".join('user %s {\n\tpassword = "secret"\n}\n' % u for u in ("alice", "bob")) +
                         core_section("pbx", [CORE], "\tsrtp = plain\n") +
                         'route {\n\tdomain = "%s"\n\tfrom = {"phone", "pbx"}\n\tto = registrar\n}\n'
                         'route {\n\tto = pbx\n}\n' % OFFICE)
    known(ksrtpd, 1)
    alice = Raw(case.bed, "tls")
    status, got = alice.ask("REGISTER", "sip:" + OFFICE, "secret", user="alice", To="<%s>" % ALICE)
    assert status == 200, got
    return ksrtpd, core, alice


OFFER = dict(body=SDP, headers="Content-Type: application/sdp\r\n")


def local_domain(case):
    ksrtpd, core, alice = office(case)
    bob = Raw(case.bed, "tls")
    with case.check("local domain: REGISTER there is ours, with a password; elsewhere it is the core's"):
        assert bob.ask("REGISTER", "sip:" + OFFICE, "guess", user="alice", To="<%s>" % ALICE)[0] == 401
        bob.send(bob.request("REGISTER", "sip:" + EDGE_OUT, user="bob", To="<sip:bob@%s>" % EDGE_OUT))
        seen = core.receive()
        assert seen.startswith("REGISTER sip:%s " % EDGE_OUT), seen
        core.answer(seen, 200, "Contact: %s\r\n" % field("contact", seen))
        assert bob.final()[0] == 200
    with case.check("local domain: what the core accepts for one of our names is no contact of that user"):
        bob.send(bob.request("REGISTER", "sip:" + EDGE_OUT, user="alice", To="<%s>" % ALICE))
        seen = core.receive()
        core.answer(seen, 200, "Contact: %s\r\n" % field("contact", seen))
        assert bob.final()[0] == 200
        assert sorted(r["registration"] for r in ksrtpd.ask("registrations")) == [ALICE, "sip:bob@" + EDGE_OUT]
    with case.check("local domain: a phone calls a user there with a password, and only with one"):
        assert bob.ask("INVITE", ALICE, None, user="bob", **OFFER)[0] == 407
        assert not ksrtpd.ask("calls")
        bob.send(bob.request("INVITE", ALICE, user="bob", **OFFER))
        _, got = bob.final()
        bob.send(bob.request("INVITE", ALICE, user="bob", body=SDP, CSeq="2 INVITE", headers=OFFER["headers"] +
                             "Proxy-Authorization: %s\r\n" % digest(field("proxy-authenticate", got), "bob",
                                                                    "secret", "INVITE", ALICE)))
        seen = alice.receive()
        assert seen.startswith("INVITE sip:alice@%s:%d" % (PHONE, alice.port)), seen
        answer(alice, seen, 486)
        assert bob.final()[0] == 486
        assert alice.receive().startswith("ACK ")
    for s in (alice, bob, core):
        s.close()


def local_calls(case):
    ksrtpd, core, alice = office(case)
    with case.check("local calls: the core calls that user, who hears of it by the phone's own Contact"):
        core.peer = (EDGE_IN, 5060)
        sdp = SDP.replace(PHONE, CORE)
        invitation = ("INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKl1\r\nMax-Forwards: 9\r\n"
                      "From: <sip:100@%s>;tag=c\r\nTo: <%s>\r\nCall-ID: l1\r\nCSeq: 1 INVITE\r\n"
                      "Contact: <sip:100@%s>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s"
                      % (ALICE, CORE, CORE, ALICE, CORE, len(sdp), sdp))
        core.send(invitation)
        seen = alice.receive()
        assert seen.startswith("INVITE sip:alice@%s:%d" % (PHONE, alice.port)), seen
        assert "c=IN IP4 %s\r\n" % EDGE_OUT in seen, seen
        answer(alice, seen, 200, SDP)
        ok = core.receive()
        while not ok.startswith("SIP/2.0 200"):
            ok = core.receive()
        assert "@%s:5060;transport=udp>" % EDGE_IN in field("contact", ok), ok
        core.send(reply_within(core, invitation, "ACK", 1, ok))
        assert alice.receive().startswith("ACK sip:alice@%s:%d" % (PHONE, alice.port))
        sides = [(c["from"]["side"], c["to"]["side"]) for c in ksrtpd.ask("calls")]
        assert sides == [("pbx", "phone")], sides
    with case.check("local calls: and hangs up"):
        core.send(reply_within(core, invitation, "BYE", 2, ok))
        seen = alice.receive()
        assert seen.startswith("BYE sip:alice@%s:%d" % (PHONE, alice.port)), seen
        answer(alice, seen, 200)
        assert core.receive().startswith("SIP/2.0 200")
        no_calls(ksrtpd)
    with case.check("local calls: a stranger's call to the core and a token are no way to a phone here"):
        mallory = Raw(case.bed, "tls")
        names = dict(Call_ID="ticket", From="<sip:mallory@%s>;tag=m" % EDGE_OUT)
        mallory.send(mallory.request("INVITE", "sip:100@elsewhere.test", **names, **OFFER))
        ringing = core.receive()
        assert ringing.startswith("INVITE sip:100@elsewhere.test "), ringing
        routes = "".join("Route: %s\r\n" % r for r in reversed(re.findall(r"(?im)^record-route: (.*?)\r$", ok)))
        contact = "sip:alice@%s:%d" % (PHONE, alice.port)
        for method in ("MESSAGE", "NOTIFY"):
            status, got = mallory.ask(method, contact, To="<%s>;tag=any" % ALICE, headers=routes,
                                      CSeq="2 " + method, **names)
            assert status == 407, got
        core.answer(ringing, 486)
        assert mallory.final()[0] == 486
        assert core.receive().startswith("ACK ")
        mallory.close()
    with case.check("local calls: what else its user calls goes to the core, there and back"):
        call = alice.request("INVITE", "sip:100@elsewhere.test", user="alice", **OFFER)
        alice.send(call)
        seen = core.receive()
        assert seen.startswith("INVITE sip:100@elsewhere.test "), seen
        core.answer(seen, 200, body=SDP.replace(PHONE, CORE))
        status, got = alice.final()
        assert status == 200, got
        alice.send(in_dialog("ACK", call, got, 1))
        assert core.receive().startswith("ACK ")
        alice.send(in_dialog("BYE", call, got, 2))
        seen = core.receive()
        assert seen.startswith("BYE "), seen
        core.answer(seen, 200)
        assert alice.final()[0] == 200
        no_calls(ksrtpd)
    for s in (alice, core):
        s.close()


ALL = [local_domain, local_calls]
