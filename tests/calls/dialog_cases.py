# SPDX-License-Identifier: GPL-2.0-or-later
"""Several phones ring behind one target of ours, by hand: each dialog has its own port and key at the caller."""
import base64
import re

from bed import CORE, EDGE_OUT, PHONE, until
from case import no_calls
from dialog import SUITE, Srtp, field, key_of, media_of, parties, rtp, udp
from route_cases import in_dialog

CONFIG = 'transport = "udp-only"\nclear = yes\n'


def inline(key):
    return base64.b64encode(key.key + key.salt).decode()


def sdp(address, sock, proto, key):
    return ("v=0\r\no=- 9 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d %s 0\r\n"
            "a=crypto:1 %s inline:%s\r\n"
            % (address, address, sock.getsockname()[1], proto, SUITE, inline(key)))


class Callee:
    """a phone behind the core, with a tag of its own"""

    def __init__(self, call, tag):
        self.call, self.tag = call, tag
        self.rtp = call.case.bed.socket("core", lambda: udp(CORE))
        self.sends = Srtp(SUITE)
        self.hears = Srtp(SUITE, key=key_of(call.invite))

    def respond(self, status):
        tagged = re.sub(r"(?im)^(to: [^\r]*)", r"\1;tag=" + self.tag, self.call.invite, count=1)
        self.call.core.answer(tagged, status, body=sdp(CORE, self.rtp, "RTP/AVP", self.sends))

    def answer(self, status):
        """Return: the response as the caller has it"""
        self.respond(status)
        got = self.call.phone.receive()
        while got.startswith("SIP/2.0 100"):
            got = self.call.phone.receive()
        assert got.startswith("SIP/2.0 %d" % status) and ";tag=" + self.tag in field("to", got), got
        self.last, self.near, self.key = got, media_of(got), key_of(got)
        self.opens = Srtp(SUITE, key=self.key)
        return got

    def talk(self, first):
        """twenty packets each way between it and the caller"""
        c = self.call
        for seq in range(first, first + 20):
            c.rtp.sendto(c.sends.seal(rtp(seq, 5)), self.near)
            assert self.hears.open(self.rtp.recv(2048)) == rtp(seq, 5), "it got something else"
            self.rtp.sendto(self.sends.seal(rtp(seq, 6)), media_of(c.invite))
            data, source = c.rtp.recvfrom(2048)
            assert source == self.near, "from %s, not %s" % (source, self.near)
            assert self.opens.open(data) == rtp(seq, 6), "the caller got something else"

    def ends(self, method, cseq):
        """the caller's ACK or BYE, and its answer"""
        c = self.call
        c.phone.send(in_dialog(method, c.sent, self.last, cseq))
        while not (got := c.core.receive()).startswith(method + " "):
            pass
        assert ";tag=" + self.tag in field("to", got), got
        if method == "BYE":
            c.core.answer(got, 200)
            assert c.phone.final()[0] == 200


class Call:
    """an INVITE from a phone that speaks SDES"""

    def __init__(self, case, phone, core):
        self.case, self.phone, self.core = case, phone, core
        self.rtp = case.bed.socket("phone", lambda: udp(PHONE))
        self.sends = Srtp(SUITE)
        self.sent = phone.request("INVITE", "sip:bob@" + EDGE_OUT, user="alice",
                                  body=sdp(PHONE, self.rtp, "RTP/SAVP", self.sends),
                                  headers="Content-Type: application/sdp\r\n")
        phone.send(self.sent)
        while not (got := core.receive()).startswith("INVITE "):
            core.answer(got, 200)
        self.invite = got


def cancel(invite):
    head = invite.decode().split("\r\n\r\n")[0].replace("INVITE", "CANCEL") + "\r\n"
    head = re.sub(r"(?m)^(Content-Type|Contact|Content-Length):.*\r\n", "", head)
    return (head + "Content-Length: 0\r\n\r\n").encode()


def states(ksrtpd):
    return sorted(c["state"] for c in ksrtpd.ask("calls"))


def two_answers_below_one_branch(case):
    ksrtpd = case.ksrtpd(CONFIG)
    phone, core = parties(case.bed)
    until(lambda: ksrtpd.ask("status")["core"]["targets"], 10, "the core is known")
    call = Call(case, phone, core)
    one, two = Callee(call, "one"), Callee(call, "two")
    with case.check("two answers below one branch: each early dialog has its own port and key at the caller"):
        for callee in (one, two):
            callee.answer(183)
        assert one.near != two.near and one.key and two.key and one.key != two.key
        assert states(ksrtpd) == ["early", "early"]
    with case.check("two answers below one branch: early media is that of who spoke last"):
        two.talk(0)
    with case.check("two answers below one branch: both answers pass, by the ports and keys of before"):
        for callee in (one, two):
            before = callee.near, callee.key
            callee.answer(200)
            assert (callee.near, callee.key) == before
            callee.ends("ACK", 1)
        assert states(ksrtpd) == ["answered", "answered"]
    with case.check("two answers below one branch: who was first has the media"):
        one.talk(40)
    with case.check("two answers below one branch: and when that one ends the other has it"):
        one.ends("BYE", 2)
        until(lambda: states(ksrtpd) == ["answered"], 5, "one call is left")
        two.talk(80)
    with case.check("two answers below one branch: the answer of who has hung up, once more, begins no call"):
        one.respond(200)
        two.talk(120)
    with case.check("two answers below one branch: until its own end"):
        two.ends("BYE", 3)
        no_calls(ksrtpd)
    call.rtp.close()
    call = Call(case, phone, core)
    one, two = Callee(call, "three"), Callee(call, "four")
    with case.check("two answers below one branch: who was not answered ends when no answer can come any more"):
        one.answer(183)
        two.answer(183)
        one.answer(200)
        one.ends("ACK", 1)
        assert states(ksrtpd) == ["answered", "early"]
        one.talk(0)
        # 64*T1 behind the first answer
        until(lambda: states(ksrtpd) == ["answered"], 60, "the other is gone", step=1)
        one.talk(20)
        one.ends("BYE", 2)
        no_calls(ksrtpd)
    for s in (call.rtp, phone, core):
        s.close()


def early_dialogs_end_with_their_invite(case):
    ksrtpd = case.ksrtpd(CONFIG)
    phone, core = parties(case.bed)
    until(lambda: ksrtpd.ask("status")["core"]["targets"], 10, "the core is known")
    for tag, what in (("busy", "is refused"), ("gone", "is cancelled")):
        call = Call(case, phone, core)
        with case.check("early dialogs of one INVITE: all end when it %s" % what):
            for n in range(3):
                Callee(call, tag + str(n)).answer(183)
            assert states(ksrtpd) == ["early"] * 3
            if tag == "gone":
                phone.send(cancel(call.sent))
                while not (got := core.receive()).startswith("CANCEL "):
                    pass
                core.answer(got, 200)
            core.answer(call.invite, 487 if tag == "gone" else 486)
            no_calls(ksrtpd)
            status, got = phone.final()
            while "CSeq: 1 CANCEL" in got:
                status, got = phone.final()
            assert status == (487 if tag == "gone" else 486), got
            while not core.receive().startswith("ACK "):
                pass
        call.rtp.close()
    phone.close()
    core.close()


ALL = [two_answers_below_one_branch, early_dialogs_end_with_their_invite]
