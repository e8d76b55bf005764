# SPDX-License-Identifier: GPL-2.0-or-later
"""Several cores and sides: where a request goes, and what is agreed there."""
import re

from bed import CORE, EDGE_IN, EDGE_OUT, PHONE, until
from raw import Core, Raw

TRUNK = "10.77.2.3"
SDP = ("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
       % (PHONE, PHONE))


def core_section(name, uris, more=""):
    uris = ", ".join('"sip:%s"' % u for u in uris)
    return 'core "%s" {\n\turi = {%s}\n\ttransport = udp-only\n%s}\n' % (name, uris, more)


def add_trunk(case):
    case.bed.batch("core", "addr add %s/24 dev c0" % TRUNK)


def known(ksrtpd, n):
    """So many servers were found."""
    until(lambda: sum(bool(p["targets"]) for p in ksrtpd.ask("servers")) == n, 5, "the cores are known")


def invite(phone, uri, sdp=SDP, **more):
    return phone.request("INVITE", uri, user="alice", body=sdp,
                         headers="Content-Type: application/sdp\r\n", **more)


def in_dialog(method, invitation, answer, cseq):
    """A request of the caller's in the dialog that `answer` made, as bytes."""
    field = {k: re.search(r"(?im)^%s: (.*?)\r$" % k, answer)[1] for k in ("from", "to", "call-id")}
    via = re.search(r"(?im)^Via: (.*?)\r$", invitation.decode())[1]
    routes = re.findall(r"(?im)^record-route: (.*?)\r$", answer)
    contact = re.search(r"(?im)^contact: <(.*?)>", answer)[1]
    lines = ["%s %s SIP/2.0" % (method, contact),
             "Via: " + re.sub("branch=[^;]*", "branch=z9hG4bK" + method + field["call-id"], via)]
    lines += ["Route: " + r for r in reversed(routes)]
    lines += ["From: " + field["from"], "To: " + field["to"], "Call-ID: " + field["call-id"],
              "CSeq: %d %s" % (cseq, method), "Max-Forwards: 70", "Content-Length: 0", "", ""]
    return "\r\n".join(lines).encode()


def two_cores(case):
    """By prefix to a trunk, the rest to the PBX; the trunk's calls reach the PBX."""
    add_trunk(case)
    pbx, trunk = Core(case.bed), Core(case.bed, ip=TRUNK)
    ksrtpd = case.ksrtpd(sides=core_section("pbx", [CORE], "srtp = plain\n") +
                         core_section("trunk", [TRUNK], "srtp = require\n") +
                         'route {\n\tprefix = {"0", "+49"}\n\tfrom = {"phone", "pbx"}\n\tto = trunk\n}\n'
                         'route {\n\tto = pbx\n}\n')
    known(ksrtpd, 2)
    phone = Raw(case.bed, "tls")
    with case.check("two cores: a prefix leads to the trunk, which gets SRTP as its section says"):
        call = invite(phone, "sip:0123@" + EDGE_OUT)
        phone.send(call)
        seen = trunk.receive()
        assert seen.startswith("INVITE sip:0123@"), seen
        assert "m=audio" in seen and " RTP/SAVP " in seen and "a=crypto:" in seen, seen
    with case.check("two cores: what else is said in that dialog goes to the trunk, too"):
        offer = re.search(r"a=crypto:.*", seen)[0].strip()
        trunk.answer(seen, 200, body=re.sub("c=IN IP4 .*", "c=IN IP4 %s\r" % TRUNK, SDP).replace(
            "RTP/AVP", "RTP/SAVP") + re.sub("inline:.{4}", "inline:AAAA", offer) + "\r\n")
        status, answer = phone.final()
        assert status == 200, answer
        phone.send(in_dialog("ACK", call, answer, 1))
        assert trunk.receive().startswith("ACK ")
        sides = [c["to"]["side"] for c in ksrtpd.ask("calls")]
        assert sides == ["trunk"], sides
        phone.send(in_dialog("BYE", call, answer, 2))
        seen = trunk.receive()
        assert seen.startswith("BYE "), seen
        trunk.answer(seen, 200)
        assert phone.final()[0] == 200
        until(lambda: not ksrtpd.ask("calls"), 5, "the call is gone")
    with case.check("two cores: a number without it goes to the PBX, which gets plain RTP"):
        phone.send(invite(phone, "sip:100@" + EDGE_OUT))
        seen = pbx.receive()
        assert " RTP/AVP " in seen and "a=crypto:" not in seen, seen
        pbx.answer(seen, 486)
        assert phone.final()[0] == 486
        assert pbx.receive().startswith("ACK ")
    with case.check("two cores: what the trunk sends to no contact of ours goes to the PBX"):
        trunk.peer = (EDGE_IN, 5060)
        trunk.send("INVITE sip:100@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKt1\r\nMax-Forwards: 9\r\n"
                   "From: <sip:+1@t>;tag=1\r\nTo: <sip:100@%s>\r\nCall-ID: t1\r\nCSeq: 1 INVITE\r\n"
                   "Contact: <sip:t@%s>\r\nContent-Length: 0\r\n\r\n" % (EDGE_IN, TRUNK, EDGE_IN, TRUNK))
        seen = pbx.receive()
        assert seen.startswith("INVITE sip:100@") and "Via: SIP/2.0/UDP %s" % TRUNK in seen, seen
        pbx.answer(seen, 404)
    with case.check("two cores: and none back to where it came from: 404"):
        pbx.receive()       # the ACK
        pbx.peer = (EDGE_IN, 5060)
        pbx.send("OPTIONS sip:200@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKp1\r\nMax-Forwards: 9\r\n"
                 "From: <sip:1@p>;tag=1\r\nTo: <sip:200@%s>\r\nCall-ID: p1\r\nCSeq: 1 OPTIONS\r\n"
                 "Content-Length: 0\r\n\r\n" % (EDGE_IN, CORE, EDGE_IN))
        answer = pbx.receive()
        assert answer.startswith("SIP/2.0 404 "), answer
    for s in (phone, pbx, trunk):
        s.close()


ALL = [two_cores]
