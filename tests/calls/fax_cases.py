# SPDX-License-Identifier: GPL-2.0-or-later
"""Fax by T.38: its datagrams go through ksrtpd's ports as they are, and count as clear."""
import re
import select
import struct

from bed import CORE, EDGE_IN, EDGE_OUT, EDGE_OUT6, PHONE, PHONE6, until
from case import no_calls
from dialog import Dialog, parties, udp
from raw import Core, Raw

CONFIG = 'transport = "udp-only"\nclear = yes\n'
T38 = "a=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n"
AUDIO_OFF = "m=audio 0 RTP/AVP 0\r\n"
# two bytes of sequence number come first: to whoever takes them for RTP they are of every kind
NUMBERS = (0, 1, 2, 255, 0x1000, 0x16fe, 0x4000, 0x8000, 0x8001, 0x80c8, 0x80c9, 0xbfff, 0xffff, 0)


def udptl(number, ifp, before=()):
    """a UDPTL packet (T.38, section 9) with what went before as redundancy"""
    return (struct.pack(">HB", number, len(ifp)) + ifp + bytes([0, len(before)]) +
            b"".join(bytes([len(b)]) + b for b in before))


def page(seed):
    """packets of a fax, each with the two before it, and last one that carries nothing new"""
    frames = []
    for n, number in enumerate(NUMBERS):
        ifp = bytes((seed + 31 * n + i) & 255 for i in range(1 + 13 * n % 120))
        yield udptl(number, ifp, frames[-1:-3:-1])
        frames.append(ifp)
    yield udptl(1, b"")


def description(address, lines, who=7):
    return ("v=0\r\no=- %d 1 IN IP%d %s\r\ns=-\r\nc=IN IP%d %s\r\nt=0 0\r\n%s"
            % (who, 6 if ":" in address else 4, address, 6 if ":" in address else 4, address, lines))


def image(sock, proto="udptl"):
    return "m=image %d %s t38\r\n%s" % (sock.getsockname()[1], proto, T38)


def image_of(message, proto="udptl"):
    """where a description wants its fax"""
    body = message.partition("\r\n\r\n")[2]
    assert T38 in body, body
    return (re.findall(r"c=IN IP[46] (\S+)", body)[-1],
            int(re.search(r"m=image (\d+) %s t38" % proto, body)[1]))


def fax(phone, near, core, far):
    """a page each way, datagram by datagram. Return: how many packets"""
    n = 0
    for one, other in zip(page(3), page(77)):
        for source, to, sink, data in ((phone, near, core, one), (core, far, phone, other)):
            source.sendto(data, to)
            assert sink.recv(4096) == data, "another datagram came out"
            n += 1
    return n


class Fax:
    """a call with audio, SDES at the phone, and sockets for fax at both ends"""

    def __init__(self, case, number):
        self.daemon = case.ksrtpd(CONFIG)
        self.phone, self.core = parties(case.bed)
        until(lambda: self.daemon.ask("status")["core"]["targets"], 10, "the core is known")
        self.dialog = Dialog(case.bed, number)
        self.phone_udp = case.bed.socket("phone", lambda: udp(PHONE))
        self.core_udp = case.bed.socket("core", lambda: udp(CORE))

    def close(self):
        self.dialog.bye_from_core()
        no_calls(self.daemon)
        self.dialog.close()
        for s in (self.phone_udp, self.core_udp, self.phone, self.core):
            s.close()

    def audio(self, first):
        self.dialog.talk(first)

    def offer(self, before="", proto="udptl"):
        """the core asks for fax. Return: the INVITE as the phone has it"""
        self.dialog.core_sends("INVITE", description(CORE, before + image(self.core_udp, proto)))
        return self.dialog.phone_request("INVITE")

    def accept(self, seen, before="", proto="udptl"):
        """the phone takes it, and both send"""
        d = self.dialog
        d.phone_answers(seen, description(PHONE, before + image(self.phone_udp, proto)))
        status, answer = d.core_final("INVITE")
        assert status == 200, answer
        d.core_sends("ACK")
        d.phone_request("ACK")
        self.near, self.far = image_of(seen, proto), image_of(answer, proto)
        assert self.near[0] == EDGE_OUT and self.far[0] == EDGE_IN, (self.near, self.far)
        return fax(self.phone_udp, self.near, self.core_udp, self.far)

    def way(self, line, end):
        """what ksrtpd says of an m-line"""
        grades = {g["line"]: g[end] for g in self.daemon.ask("calls")[0]["grades"]}
        return grades.get(line)


def fax_in_mid_call(case):
    f = Fax(case, 1)
    f.dialog.begin(f.phone, f.core)
    with case.check("T.38 in mid-call: audio first"):
        f.audio(0)
    with case.check("T.38 in mid-call: every datagram of the fax comes out as it was, through ports of ours"):
        n = f.accept(f.offer())
        assert f.near != f.dialog.near
    with case.check("T.38 in mid-call: it is counted, and counts as clear"):
        for end in ("from", "to"):
            way = f.way("image", end)
            assert way["promised"] == "clear" and f.way("audio", end) is None, way
            for d in ("in", "out"):
                assert way[d] == {"proved": "clear", "packets": n // 2, "secure": 0}, way
    with case.check("T.38 in mid-call: and back to audio, with keys as before"):
        old = f.dialog.key
        f.dialog.reinvite_from_core()
        assert f.dialog.key and f.dialog.key != old
        f.audio(100)
    with case.check("T.38 in mid-call: the fax's ports forward nothing any more"):
        f.phone_udp.sendto(b"late", f.near)
        f.core_udp.sendto(b"late", f.far)
        f.audio(200)
        assert not select.select([f.phone_udp, f.core_udp], [], [], 0)[0], "it came out"
    f.close()
    with case.check("T.38 in mid-call: coverage has the call as clear, and all packets of it"):
        rows = {r["name"]: r for r in f.daemon.ask("coverage")}
        # audio: 20 each way, three times; each packet once a leg
        assert rows["phone"]["packets"] == 120 + n and rows["phone"]["secure"] == 120, rows
        assert rows["core"]["packets"] == 120 + n and rows["core"]["secure"] == 0, rows
        assert rows["phone"]["clear"] == rows["all calls"]["clear"] == 1, rows


def fax_refused(case):
    f = Fax(case, 2)
    f.dialog.begin(f.phone, f.core)
    with case.check("T.38 refused by 488: the call goes on by the same ports and keys"):
        f.audio(0)
        seen = f.offer()
        keep = re.findall(r"(?im)^(?:via|from|to|call-id|cseq|record-route):.*\r\n", seen)
        f.phone.send(("SIP/2.0 488 Hand\r\n%sContent-Length: 0\r\n\r\n" % "".join(keep)).encode())
        status, _ = f.dialog.core_final("INVITE")
        assert status == 488, status
        f.dialog.core_sends("ACK")
        f.audio(20)
    with case.check("T.38 refused by 488: and another try is taken"):
        f.accept(f.offer())
    f.close()


def fax_in_twin_lines(case):
    f = Fax(case, 3)
    f.dialog.begin(f.phone, f.core)
    with case.check("T.38 beside audio of port 0: both m-lines stay in place"):
        f.audio(0)
        seen = f.offer(AUDIO_OFF)
        assert re.search(r"m=audio 0 \S+ 0\r\n", seen), seen
        f.accept(seen, "m=audio 0 RTP/SAVP 0\r\n")
    with case.check("T.38 beside audio of port 0: the transport's other spellings"):
        f.accept(f.offer(AUDIO_OFF, "UDPTL"), "m=audio 0 RTP/SAVP 0\r\n", "UDPTL")
    f.close()


def fax_between_ipv6_and_ipv4(case):
    daemon = case.ksrtpd(CONFIG)
    phone, core = Raw(case.bed, "udp", to=EDGE_OUT6), Core(case.bed)
    ends = [case.bed.socket("phone", lambda: udp(PHONE6)), case.bed.socket("core", lambda: udp(CORE))]
    until(lambda: daemon.ask("status")["core"]["targets"], 10, "the core is known")
    with case.check("T.38 between IPv6 and IPv4: a call that is fax from the start"):
        phone.send(phone.request("INVITE", "sip:fax@[%s]" % EDGE_OUT6, user="alice",
                                 body=description(PHONE6, image(ends[0])),
                                 headers="Content-Type: application/sdp\r\n"))
        while not (seen := core.receive()).startswith("INVITE "):
            core.answer(seen, 200)
        core.answer(seen, 200, body=description(CORE, image(ends[1])))
        status, answer = phone.final()
        assert status == 200, answer
        near, far = image_of(answer), image_of(seen)
        assert near[0] == EDGE_OUT6 and far[0] == EDGE_IN, (near, far)
        fax(ends[0], near, ends[1], far)
    for s in ends + [phone, core]:
        s.close()


ALL = [fax_in_mid_call, fax_refused, fax_in_twin_lines, fax_between_ipv6_and_ipv4]
