# SPDX-License-Identifier: GPL-2.0-or-later
"""A callee that refuses offers, by hand: which one comes next, and what is remembered of it."""
import re

from bed import CORE, EDGE_OUT, PHONE, until
from case import no_calls
from raw import Core, Raw

OFFER = ("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
         % (PHONE, PHONE))
ANSWER = OFFER.replace(PHONE, CORE)


def kind(invite):
    """The profile of an offer and whether it has keys."""
    return re.search(r"(?m)^m=audio \d+ (\S+)", invite)[1], "a=crypto:" in invite


class Calls:
    """Calls of one phone to one core."""

    def __init__(self, case, core_section):
        self.core = Core(case.bed)
        self.ksrtpd = case.ksrtpd(core_section)
        until(lambda: self.ksrtpd.ask("status")["core"]["targets"], 5, "the core is known")
        self.phone = Raw(case.bed, "tls")
        self.offers = []

    def dial(self):
        self.offers = []
        self.phone.send(self.phone.request("INVITE", "sip:bob@" + EDGE_OUT, user="alice", body=OFFER,
                                           headers="Content-Type: application/sdp\r\n"))

    def invite(self):
        """The next INVITE at the core; the ACKs of refusals in between are passed over."""
        while True:
            got = self.core.receive()
            if got.startswith("INVITE "):
                self.offers.append(got)
                return got

    def refused(self, status):
        self.core.answer(self.invite(), status)

    def close(self):
        self.phone.close()
        self.core.close()


def ladder(case):
    """prefer: OSRTP, then RTP/SAVP, then RTP."""
    calls = Calls(case, 'transport = "udp-only"\n')
    with case.check("ladder: 488 to OSRTP is followed by RTP/SAVP, 415 to that by RTP, and that is taken"):
        calls.dial()
        calls.refused(488)
        calls.refused(415)
        last = calls.invite()
        assert [kind(o) for o in calls.offers] == [
            ("RTP/AVP", True), ("RTP/SAVP", True), ("RTP/AVP", False)], calls.offers
        calls.core.answer(last, 200, body=ANSWER)
        status, answer = calls.phone.final()
        assert status == 200 and "a=crypto" not in answer, answer
    with case.check("ladder: each attempt is a branch of its own, with ports and keys of its own"):
        for pattern in (r"(?m)^Via: .*?branch=([^;\r]+)", r"(?m)^m=audio (\d+)"):
            assert len({re.search(pattern, o)[1] for o in calls.offers}) == 3, pattern
        keys = [k for o in calls.offers for k in re.findall(r"inline:(\S+)", o)]
        assert len(keys) == 6 and len(set(keys)) == 6, keys
        assert len({re.search(r"(?m)^Call-ID: (.*)", o)[1] for o in calls.offers}) == 1
    with case.check("ladder: what was taken is offered next time at once, and the log has said so"):
        calls.dial()
        last = calls.invite()
        assert kind(last) == ("RTP/AVP", False), last
        assert "takes calls with RTP without keys" in calls.ksrtpd.text()
    with case.check("ladder: a refusal of that too goes back to the phone, and the next call begins anew"):
        calls.core.answer(last, 488)
        assert calls.phone.final()[0] == 488
        calls.dial()
        assert kind(calls.invite()) == ("RTP/AVP", True)
        calls.core.answer(calls.offers[-1], 606)
        assert kind(calls.invite()) == ("RTP/SAVP", True)
        calls.core.answer(calls.offers[-1], 486)
        assert calls.phone.final()[0] == 486
    calls.close()


def ladder_required(case):
    """require: RTP/SAVP or no call."""
    calls = Calls(case, 'transport = "udp-only"\nsrtp = "require"\n')
    with case.check("ladder: where SRTP is required a 488 is the end"):
        calls.dial()
        first = calls.invite()
        assert kind(first) == ("RTP/SAVP", True), first
        calls.core.answer(first, 488)
        assert calls.phone.final()[0] == 488
        no_calls(calls.ksrtpd)
    with case.check("ladder: and an answer in clear is none"):
        calls.dial()
        calls.core.answer(calls.invite(), 200, body=ANSWER)
        status, answer = calls.phone.final()
        assert status == 488, answer
    calls.close()


ALL = [ladder, ladder_required]
