# SPDX-License-Identifier: GPL-2.0-or-later
"""Flows by SIPp at both ends: a phone over TCP, a core over UDP, both with keys in RTP/AVP.

sipp/NAME.uac.xml and NAME.uas.xml say who does what when; here stand the messages, @NAME ...@ there, and what
the descriptions must look like after ksrtpd.
"""
import os
import re

import peers
from bed import CORE, EDGE_IN, EDGE_OUT, PHONE, until
from case import no_calls

WHERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")
KEYS = {who: who * 2 + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZab" for who in "ABC"}

SDP = ("Content-Type: application/sdp\nContent-Length: [len]\n\nv=0\no=- 7 %d IN IP4 [local_ip]\ns=-\n"
       "c=IN IP4 [local_ip]\nt=0 0\nm=audio %d RTP/AVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%s\na=%s\n")
BODY = {
    "NONE": "Content-Length: 0\n\n",
    "OFFER": SDP % (1, 4000, KEYS["A"], "sendrecv"), "HOLD": SDP % (2, 4000, KEYS["A"], "sendonly"),
    "ANSWER": SDP % (1, 5000, KEYS["B"], "sendrecv"), "HELD": SDP % (2, 5000, KEYS["B"], "recvonly"),
    "OTHER": SDP % (1, 5002, KEYS["C"], "sendrecv"),
}
KEEP = ('<action><ereg regexp="(Via:.*)From:" search_in="msg" check_it="true" assign_to="whole,vias"/></action>')
ENDS = {"uac": ("alice", "100", ";transport=tcp"), "uas": ("100", "alice", "")}


def request(role, method, uri, cseq, branch, to="a", more="[routes]\n"):
    me, peer, param = ENDS[role]
    mine, theirs = ("caller", to) if role == "uac" else ("a", "caller")
    return ("%s %s SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK[call_id]%s\n%s"
            "From: <sip:%s@x.test>;tag=%s\nTo: <sip:%s@x.test>%s\nCall-ID: [call_id]\nCSeq: %s %s\n"
            "Max-Forwards: 70\nContact: <sip:%s@[local_ip]:[local_port]%s>\n"
            % (method, uri, branch, more, me, mine, peer, ";tag=" + theirs if theirs else "", cseq, method, me, param))


def reply(status, head, more=""):
    return ("SIP/2.0 %s Flow\n%sCall-ID: [call_id]\nContact: <sip:[local_ip]:[local_port];x=[transport]>\n%s"
            % (status, head, more))


def lines(text):
    return "".join(h.strip() + "\n" for h in text.split("|") if h.strip())


def message(role, word):
    """What @word@ stands for, without its body."""
    kind, *args = word.split(" ")
    initial = "sip:100@[remote_ip]:[remote_port]"
    last = "[last_Via:]\n[last_Record-Route:]\n[last_From:]\n[last_To:]%s\n[last_CSeq:]\n"
    if kind == "INVITE":
        return request(role, kind, initial, args[0], "I" + args[0], "", lines(" ".join(args[1:])))
    if kind == "AGAIN":
        return request(role, "INVITE", "[next_url]", args[0], "I" + args[0])
    if kind == "CANCEL":
        return request(role, kind, initial, args[0], "I" + args[0], "", "")
    if kind == "REFUSED":       # its ACK: of the same transaction
        more = dict(uri=initial, more="") if args[0] == "1" else dict(uri="[next_url]")
        return request(role, "ACK", cseq=args[0], branch="I" + args[0], **more)
    if kind == "ACK":
        return request(role, kind, "[next_url]", args[0], "A" + "".join(args), *args[1:])
    if kind == "BACK":
        return request(role, args[0], "[next_url]", args[1], "B" + args[1])
    if kind == "BACKACK":
        return request(role, "ACK", "[next_url]", args[0], "B" + args[0])
    if kind == "SAME":          # to what came last, in a dialog
        return reply(args[0], last % "")
    if kind == "REPLY":
        return reply(args[0], last % (";tag=" + args[1]), lines(" ".join(args[2:])))
    if kind == "KEPT":          # the INVITE's, when other requests came since
        cseq = args[2] if args[2:] else 1
        return reply(args[0], "[$vias]From: <sip:alice@x.test>;tag=caller\nTo: <sip:100@x.test>;tag=%s\n"
                              "CSeq: %s INVITE\n" % (args[1], cseq))
    more = [lines(" ".join(args[1:]))] if ":" in word else []      # PRACK, UPDATE, BYE of the caller
    to = args[1] if args[1:] and not more else "a"
    return request(role, kind, "[next_url]", args[0], "M" + "".join(args[:1]) + to, to, "[routes]\n" + "".join(more))


def scenario(case, name, role, code):
    """The file with all its messages written out."""
    with open("%s/%s.%s.xml" % (WHERE, name, role)) as f:
        text = f.read().replace("@CODE@", str(code))
    text = text.replace("@KEEP@", KEEP)
    text = re.sub(r"<send>@([^@]*)@@([^@]*)@</send>",
                  lambda m: "<send><![CDATA[\n%s%s]]></send>" % (message(role, m[1]), BODY[m[2]]), text)
    assert "@</" not in text, text
    if "assign_to" in text:
        text = text.replace("</scenario>", '<Reference variables="whole"/>\n</scenario>')
    path = "%s/%s%s.%s.xml" % (case.out, name, code or "", role)
    with open(path, "w") as f:
        f.write(text)
    return path


class Sipp:
    """One call at one end."""

    def __init__(self, case, name, role, code=None):
        ns, ip = ("phone", PHONE) if role == "uac" else ("core", CORE)
        path = scenario(case, name, role, code)
        self.log, self.trace = path + ".log", path + ".trace"
        argv = [peers.installed("usr/bin/sipp"), "-sf", path, "-i", ip, "-m", "1", "-nostdin", "-cid_str", "%u-%p-" + name,
                "-recv_timeout", "20000", "-trace_msg", "-message_file", self.trace]
        argv += [EDGE_OUT + ":5060", "-t", "t1"] if role == "uac" else ["-t", "u1", "-p", "5060"]
        self.p = case.bed.spawn(ns, argv, self.log, dict(peers.libraries(), TERM="dumb"))

    def listens(self):
        assert self.p.poll() is None, self.problem()
        with open("/proc/%d/net/udp" % self.p.pid) as f:
            return ":13C4 " in f.read()

    def problem(self):
        with open(self.log, errors="replace") as f:
            return f.read()[-1500:] + "\n".join(self.messages("sent") + self.messages("received"))[-3000:]

    def messages(self, way):
        """Those it sent, or received, once each."""
        if not os.path.exists(self.trace):
            return []
        with open(self.trace, errors="replace") as f:
            parts = re.split(r"(?m)^-{20,}.*$", f.read())
        found = [p.split("\n\n", 1)[1] for p in parts if re.search(r"message %s" % way, p.split("\n\n", 1)[0])]
        return list(dict.fromkeys(found))

    def descriptions(self, way):
        return [m for m in self.messages(way) if "\nm=audio " in m]


def port_and_keys(text):
    return re.search(r"m=audio (\d+)", text)[1], re.findall("inline:([^ |\r\n]*)", text)


def judge(sipp, edge, other):
    """What came to one end: ksrtpd's address, port and keys in each description, none of the other end's."""
    for text in sipp.descriptions("received"):
        sdp = text.replace("\r", "").split("\n\n", 1)[1]
        port, keys = port_and_keys(sdp)
        assert "c=IN IP4 %s\n" % edge in sdp and other not in sdp, text
        assert 30000 <= int(port) < 40000 and " RTP/AVP 0\n" in sdp, text
        assert keys and not set(keys) & set(KEYS.values()), text


def flow(case, ksrtpd, name, code=None):
    """A call by both scenarios. Return: both ends, when all went as they say and the descriptions are right."""
    uas = Sipp(case, name, "uas", code)
    until(uas.listens, 20, "the core of %s listens" % name)
    uac = Sipp(case, name, "uac", code)
    for s in (uac, uas):
        until(lambda: s.p.poll() is not None, 60, "%s ends" % name)
    for s in (uac, uas):
        assert s.p.returncode == 0, s.problem()
    judge(uac, EDGE_OUT, CORE)
    judge(uas, EDGE_IN, PHONE)
    for a, b in ((uac, uas), (uas, uac)):
        sent, came = a.descriptions("sent"), b.descriptions("received")
        assert len(sent) == len(came) and (sent or code), (sent, came)
    no_calls(ksrtpd, 20)
    return uac, uas


def begin(case):
    ksrtpd = case.ksrtpd('transport = "udp-only"\n')
    until(lambda: ksrtpd.ask("status")["core"]["targets"], 5, "the core is known")
    return ksrtpd


def flows_of_offers(case):
    """Where offers and answers may stand."""
    ksrtpd = begin(case)
    with case.check("flows of offers: PRACK and UPDATE before the answer, with early media"):
        uac, uas = flow(case, ksrtpd, "prack")
        update = next(m for m in uas.descriptions("received") if m.startswith("UPDATE "))
        assert "a=sendonly" in update and "a=recvonly" in uac.descriptions("received")[-1]
        first = uas.descriptions("received")[0]
        assert port_and_keys(update)[0] == port_and_keys(first)[0]
        assert any(m.startswith("PRACK ") and "RAck: 1 1 INVITE" in m for m in uas.messages("received"))
    with case.check("flows of offers: late, in a reliable 183, answered in PRACK"):
        uac, uas = flow(case, ksrtpd, "late_prack")
        assert [m.split(" ")[0] for m in uas.descriptions("received")] == ["PRACK"]
    with case.check("flows of offers: late, answered in ACK; then glare, 491 for both; then once more"):
        uac, uas = flow(case, ksrtpd, "glare")
        assert [m.split(" ")[0] for m in uas.descriptions("received")] == ["ACK", "INVITE", "INVITE"]
        assert sum(m.startswith("SIP/2.0 491") for m in uac.messages("received")) == 1
        assert sum(m.startswith("SIP/2.0 491") for m in uas.messages("received")) == 1
    with case.check("flows of offers: early media, the same in the answer; an UPDATE of the callee"):
        uac, uas = flow(case, ksrtpd, "early")
        early, final, update = uac.descriptions("received")
        assert early.startswith("SIP/2.0 183") and final.startswith("SIP/2.0 200") and update.startswith("UPDATE ")
        assert early.split("v=0")[1] == final.split("v=0")[1]


def flows_of_ends(case):
    """Refusals, CANCEL, and two answers."""
    ksrtpd = begin(case)
    for code in (302, 404, 486, 500, 603):
        with case.check("flows of ends: %d passes, and leaves nothing" % code):
            uac, uas = flow(case, ksrtpd, "refused", code)
            assert any("X-Code: %d" % code in m for m in uac.messages("received"))
    with case.check("flows of ends: CANCEL while early media plays"):
        flow(case, ksrtpd, "cancel")
    with case.check("flows of ends: CANCEL and answer cross"):
        flow(case, ksrtpd, "crossed")
    with case.check("flows of ends: a fork behind us with two answers, ports and keys of their own"):
        uac, uas = flow(case, ksrtpd, "fork")
        got = {}
        for m in uac.descriptions("received"):
            port, keys = port_and_keys(m)
            got.setdefault(re.search(r"(?im)^to:.*;tag=(\w+)", m)[1], set()).add((port, keys[0]))
        assert len(got["a"]) == len(got["b"]) == 1 and not got["a"] & got["b"], got


ALL = [flows_of_offers, flows_of_ends]
