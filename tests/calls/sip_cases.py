# SPDX-License-Identifier: GPL-2.0-or-later
"""Signalling by hand: what no honest phone or core would send. Each case is a function of a Case."""
import re

from bed import CORE, EDGE_IN, EDGE_OUT, PHONE, until
from case import no_calls
from raw import Core, Raw, digest


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


SDP = ("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
       % (PHONE, PHONE))


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
    with case.check("by hand: of a multipart only the description changes, to ours"):
        part = "--x\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--x\r\nContent-Type: a/b\r\n\r\n%s--x--\r\n"
        other = "m=audio 1 RTP/AVP 0\r\nc=IN IP4 %s\r\n\r\n" % PHONE
        phone.send(phone.request("INVITE", "sip:bob@" + EDGE_OUT, user="alice", body=part % (SDP, other),
                                 headers="Content-Type: multipart/mixed;boundary=x\r\n"))
        seen = core.receive()
        assert other in seen and "c=IN IP4 %s\r\n" % EDGE_IN in seen, seen
        assert seen.count(PHONE) == SDP.count(PHONE) - 2 + 1 + seen.split("\r\n\r\n")[0].count(PHONE), seen
        assert "m=audio 4000 " not in seen and "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" in seen, seen
    with case.check("by hand: a challenge loses auth-int, since the body will not stay"):
        core.answer(seen, 407, 'Proxy-Authenticate: Digest realm="c", qop="auth,auth-int", nonce="n"\r\n')
        status, answer = phone.final()
        assert status == 407 and "auth-int" not in answer and 'nonce="n"' in answer, answer
        assert not ksrtpd.ask("calls")
    core.receive()      # the ACK of that
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


def forged_flood(case):
    """The same in datagrams, which anybody can send in a phone's name."""
    core = Core(case.bed)
    ksrtpd = case.ksrtpd('transport = "udp-only"\n')
    until(lambda: ksrtpd.ask("status")["core"]["targets"], 5, "the core is known")
    stranger, phone = Raw(case.bed, "udp"), Raw(case.bed, "tls")
    offer = dict(user="alice", body=SDP, headers="Content-Type: application/sdp\r\n")
    with case.check("forged flood: so many datagrams' calls may ring for one address, too"):
        until(lambda: stranger.send(stranger.request("INVITE", "sip:bob@" + EDGE_OUT, **offer)) or
              len(ksrtpd.ask("calls")) == 128, 20, "128 calls", step=0)
        stranger.send(stranger.request("INVITE", "sip:bob@" + EDGE_OUT, **offer))
        while stranger.final()[0] != 503:
            pass
    with case.check("forged flood: a connection from there gets its call all the same"):
        phone.send(phone.request("INVITE", "sip:bob@" + EDGE_OUT, **offer))
        until(lambda: any(c["from"]["transport"] == "TLS" for c in ksrtpd.ask("calls")), 20, "one call more")
    for s in (stranger, phone, core):
        s.close()


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


ALL = [by_hand, flood, forged_flood, tls_first, no_clear, passwords, malformed]
