# SPDX-License-Identifier: GPL-2.0-or-later
"""Several contacts of one user, by hand: they ring at once, and one answer is the call's, or two."""
import re
import select

from bed import EDGE_OUT, PHONE, until
from case import no_calls
from raw import Raw, digest
from route_cases import in_dialog

SDP = ("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\n"
       % (PHONE, PHONE, 4000))
BOB = "sip:bob@" + EDGE_OUT


def field(name, text):
    return re.search(r"(?im)^%s: *(.*?)\r?$" % name, text)[1]


class Phone(Raw):
    """A contact of a user; its tag tells it from the others."""

    def __init__(self, case, user, tag, q=None, transport="tls"):
        super().__init__(case.bed, transport)
        self.tag = tag
        self.seen = set()
        contact = "<sip:%s-%s@%s:%d;transport=%s>" % (user, tag, PHONE, self.port, transport)
        status, answer = self.ask("REGISTER", "sip:" + EDGE_OUT, "secret", user=user,
                                  To="<sip:%s@%s>" % (user, EDGE_OUT),
                                  Contact=contact + (";q=%s" % q if q else ""))
        assert status == 200, answer

    def receive(self):
        """The next message, not what UDP brings once more."""
        while True:
            got = super().receive()
            if self.transport != "udp" or got not in self.seen:
                self.seen.add(got)
                return got

    def rings(self):
        """The INVITE."""
        got = self.receive()
        assert got.startswith("INVITE sip:bob-%s@" % self.tag), got
        return got

    def quiet(self):
        return not self.buf and not self.s.pending() and not select.select([self.s], [], [], 0)[0]

    def answer(self, request, status, body="", more=""):
        keep = re.findall(r"(?im)^(?:via|from|to|call-id|cseq|record-route):.*\r\n", request)
        keep = [h if not h.lower().startswith("to:") or ";tag=" in h else
                "%s;tag=%s\r\n" % (h.rstrip(), self.tag) for h in keep]
        headers = ("Contact: <sip:bob-%s@%s:%d;transport=tls>\r\nContent-Type: application/sdp\r\n"
                   % (self.tag, PHONE, self.port)) if body else more
        self.send(("SIP/2.0 %d Hand\r\n%s%sContent-Length: %d\r\n\r\n%s"
                   % (status, "".join(keep), headers, len(body), body)).encode())

    def cancelled(self, invitation):
        """A CANCEL comes; the INVITE's 487 gets its ACK."""
        got = self.receive()
        assert got.startswith("CANCEL "), got
        self.answer(got, 200)
        self.answer(invitation, 487)
        ack = self.receive()
        assert ack.startswith("ACK "), ack
        return got


class Caller(Raw):
    def __init__(self, case):
        super().__init__(case.bed, "tls")
        self.sent = None

    def call(self):
        more = dict(user="alice", body=SDP, headers="Content-Type: application/sdp\r\n")
        first = self.request("INVITE", BOB, **more)
        self.send(first)
        status, answer = self.final()
        assert status == 407, answer
        value = digest(field("Proxy-Authenticate", answer), "alice", "secret", "INVITE", BOB)
        more["headers"] += "Proxy-Authorization: %s\r\n" % value
        self.sent = self.request("INVITE", BOB, CSeq="2 INVITE", **more)
        self.send(self.sent)

    def cancel(self):
        head = self.sent.decode().split("\r\n\r\n")[0].replace("INVITE", "CANCEL")
        head = re.sub(r"(?m)^(Content-Type|Proxy-Authorization):.*\r\n", "", head + "\r\n")
        self.send((re.sub("Content-Length: .*", "Content-Length: 0\r", head) + "\r\n").encode())


def port_of(text):
    return re.search(r"m=audio (\d+)", text)[1]


def people(case, *tags, **q):
    return Caller(case), [Phone(case, "bob", t, q.get(t)) for t in tags]


def rings_at_once(case):
    ksrtpd = case.ksrtpd(core=None)
    alice, (one, two) = people(case, "one", "two")
    alice.call()
    calls = [p.rings() for p in (one, two)]
    with case.check("rings at once: each contact has its own ports"):
        assert port_of(calls[0]) != port_of(calls[1])
    with case.check("rings at once: both ring at the caller's"):
        got = []
        for phone, call in zip((one, two), calls):
            phone.answer(call, 180)
            answer = alice.receive()
            while answer.startswith("SIP/2.0 100"):
                answer = alice.receive()
            assert answer.startswith("SIP/2.0 180"), answer
            got.append(re.search(";tag=(.*)", field("to", answer))[1])
        assert got == ["one", "two"], got
    with case.check("rings at once: who answers has the call, the other's ringing ends"):
        two.answer(calls[1], 200, SDP)
        status, answer = alice.final()
        assert status == 200 and ";tag=two" in field("to", answer), answer
        got = one.cancelled(calls[0])
        assert "Reason: SIP;cause=200" in got, got
        until(lambda: len(ksrtpd.ask("calls")) == 1, 5, "one call is left")
        assert ksrtpd.ask("calls")[0]["state"] == "answered"
    with case.check("rings at once: the dialog goes on with that one"):
        alice.send(in_dialog("ACK", alice.sent, answer, 2))
        assert two.receive().startswith("ACK ")
        alice.send(in_dialog("BYE", alice.sent, answer, 3))
        bye = two.receive()
        assert bye.startswith("BYE "), bye
        two.answer(bye, 200)
        assert alice.final()[0] == 200
        no_calls(ksrtpd)
        assert one.quiet()
    for s in (alice, one, two):
        s.close()


def two_answers(case):
    """Both lift the receiver before the CANCEL comes."""
    ksrtpd = case.ksrtpd(core=None)
    alice, phones = people(case, "one", "two")
    for order in (phones, phones[::-1]):
        alice.call()
        calls = {p: p.rings() for p in phones}
        answers = {}
        with case.check("two answers: both pass, with ports and a call each; first %s" % order[0].tag):
            for phone in order:
                phone.answer(calls[phone], 200, SDP)
                status, answers[phone] = alice.final()
                assert status == 200 and ";tag=" + phone.tag in field("to", answers[phone])
            assert len({port_of(a) for a in answers.values()}) == 2
            assert [c["state"] for c in ksrtpd.ask("calls")] == ["answered"] * 2
        with case.check("two answers: each ACK and BYE finds its own; first %s" % order[0].tag):
            for phone in order:
                alice.send(in_dialog("ACK", alice.sent, answers[phone], 2))
                got = phone.receive()
                if got.startswith("CANCEL "):       # it crossed the 200
                    phone.answer(got, 481)
                    got = phone.receive()
                assert got.startswith("ACK "), got
            for phone in order:
                alice.send(in_dialog("BYE", alice.sent, answers[phone], 3))
                bye = phone.receive()
                assert bye.startswith("BYE "), bye
                phone.answer(bye, 200)
                assert alice.final()[0] == 200
                left = ["%s:%d" % (PHONE, p.port) for p in order[1:] if phone is order[0]]
                until(lambda: [c["to"]["address"] for c in ksrtpd.ask("calls")] == left, 5,
                      "that call is gone, and no other")
    for s in [alice] + phones:
        s.close()


def refuse(phone, call, status, more=""):
    phone.answer(call, status, more=more)
    ack = phone.receive()
    assert ack.startswith("ACK "), ack


def challenges(case):
    """Contacts that want credentials, each its own."""
    ksrtpd = case.ksrtpd(core=None)
    alice, (one, two, three) = people(case, "one", "two", "three")

    def lines(answer):
        return re.findall(r"(?im)^((?:www|proxy)-authenticate: .*?)\r$", answer)

    asked = ['Proxy-Authenticate: Digest realm="a", nonce="1", qop="auth"', 'WWW-Authenticate: Digest  realm="b",nonce="2"',
             'proxy-authenticate: Digest realm="c", nonce="3"', 'Proxy-Authenticate: Other realm="a", x="4"']
    for statuses, passes in (((407, 401, 407), (407, 401)), ((486, 401, 407), (401, 407)), ((407, 480, 500), (407,))):
        with case.check("challenges: of %d, %d and %d the caller gets one with all that is asked for" % statuses):
            alice.call()
            calls = [p.rings() for p in (one, two, three)]
            sent = []
            for i, phone in enumerate((one, two, three)):
                mine = (asked[i:i + 1] + asked[3:] * (i == 2)) if statuses[i] in (401, 407) else []
                sent += mine
                refuse(phone, calls[i], statuses[i], "".join(m + "\r\n" for m in mine))
            status, answer = alice.final()
            assert status in passes and sorted(lines(answer)) == sorted(sent), answer
            assert answer.endswith("\r\n\r\n"), answer
            no_calls(ksrtpd)
    with case.check("challenges: where one of them is no, it is no"):
        alice.call()
        calls = [p.rings() for p in (one, two, three)]
        three.answer(calls[2], 180)
        refuse(one, calls[0], 407, asked[0] + "\r\n")
        refuse(two, calls[1], 603)
        three.cancelled(calls[2])
        status, answer = alice.final()
        assert status == 603 and not lines(answer), answer
        no_calls(ksrtpd)
    for s in (alice, one, two, three):
        s.close()


def nobody_answers(case):
    ksrtpd = case.ksrtpd(core=None)
    alice, (one, two) = people(case, "one", "two")

    for first, second, passes in ((480, 486, 486), (486, 480, 486), (408, 404, 404), (302, 486, 302),
                                  (500, 480, 480), (480, 504, 480), (484, 404, 484), (404, 420, 420),
                                  (407, 486, 407)):
        with case.check("nobody answers: of %d and %d the caller gets %d" % (first, second, passes)):
            alice.call()
            calls = [p.rings() for p in (one, two)]
            refuse(one, calls[0], first)
            refuse(two, calls[1], second)
            status, answer = alice.final()
            assert status == passes, answer
            no_calls(ksrtpd)
    with case.check("nobody answers: 603 is for all contacts"):
        alice.call()
        calls = [p.rings() for p in (one, two)]
        two.answer(calls[1], 180)
        refuse(one, calls[0], 603)
        two.cancelled(calls[1])
        assert alice.final()[0] == 603
        no_calls(ksrtpd)
    with case.check("nobody answers: who gives up stops the ringing everywhere"):
        alice.call()
        calls = [p.rings() for p in (one, two)]
        for phone, call in zip((one, two), calls):
            phone.answer(call, 180)
        until(lambda: alice.receive().startswith("SIP/2.0 180"), 5, "it rings")
        alice.cancel()
        got = [phone.cancelled(call) for phone, call in zip((one, two), calls)]
        assert "Reason:" not in got[0] + got[1], got
        finals = {}
        while len(finals) < 2:
            status, answer = alice.final()
            finals[field("cseq", answer)] = status
        assert finals == {"2 CANCEL": 200, "2 INVITE": 487}, finals
        no_calls(ksrtpd)
    for s in (alice, one, two):
        s.close()


def by_preference(case):
    """q: those preferred alike at once, the less preferred after them."""
    ksrtpd = case.ksrtpd(core=None)
    alice, (one, two, last) = people(case, "one", "two", "last", one="0.9", two="0.9", last="0.1")
    with case.check("by preference: the less preferred rings when all others were not there"):
        alice.call()
        calls = [p.rings() for p in (one, two)]
        assert last.quiet()
        one.answer(calls[0], 480)
        assert one.receive().startswith("ACK ") and last.quiet()
        two.answer(calls[1], 408)
        last.answer(last.rings(), 486)
        assert alice.final()[0] == 486
        no_calls(ksrtpd)
    with case.check("by preference: what the first said is the answer if the last one says less"):
        assert two.receive().startswith("ACK ") and last.receive().startswith("ACK ")
        alice.call()
        calls = [p.rings() for p in (one, two)]
        refuse(one, calls[0], 480)
        refuse(two, calls[1], 408)
        refuse(last, last.rings(), 500)
        assert alice.final()[0] in (480, 408)
        no_calls(ksrtpd)
    with case.check("by preference: and not when one of them is busy"):
        alice.call()
        calls = [p.rings() for p in (one, two)]
        one.answer(calls[0], 480)
        two.answer(calls[1], 486)
        assert alice.final()[0] == 486
        assert last.quiet()
        no_calls(ksrtpd)
    for s in (alice, one, two, last):
        s.close()


def one_by_one(case):
    """Contacts that are never preferred alike."""
    ksrtpd = case.ksrtpd(core=None)
    alice, (one, two) = people(case, "one", "two", one="0.9", two="0.1")
    for first, second, passes in ((480, 500, 480), (480, 404, 404), (408, 480, 480)):
        with case.check("one by one: of %d and then %d the caller gets %d" % (first, second, passes)):
            alice.call()
            refuse(one, one.rings(), first)
            refuse(two, two.rings(), second)
            status, answer = alice.final()
            assert status == passes and ";tag=%s" % ("one" if passes == first else "two") in answer, answer
            no_calls(ksrtpd)
    for s in (alice, one, two):
        s.close()


def cancelled_late(case):
    """The caller gives up when the less preferred contact rings; the others' transactions still stand."""
    ksrtpd = case.ksrtpd(core=None)
    alice = Caller(case)
    one, two, last = phones = [Phone(case, "bob", tag, q, "udp")
                               for tag, q in (("one", "0.9"), ("two", "0.9"), ("last", "0.1"))]
    with case.check("cancelled late: the contact that rings hears of it"):
        alice.call()
        calls = [p.rings() for p in (one, two)]
        one.answer(calls[0], 480)
        assert one.receive().startswith("ACK ")
        two.answer(calls[1], 500)
        call = last.rings()
        last.answer(call, 180)
        until(lambda: alice.receive().startswith("SIP/2.0 180"), 5, "it rings")
        alice.cancel()
        last.cancelled(call)
        finals = {}
        while len(finals) < 2:
            status, answer = alice.final()
            finals[field("cseq", answer)] = status
        assert finals == {"2 CANCEL": 200, "2 INVITE": 487}, finals
        no_calls(ksrtpd)
    for s in [alice] + phones:
        s.close()


ALL = [cancelled_late, challenges, one_by_one, rings_at_once, two_answers, nobody_answers, by_preference]
