# SPDX-License-Identifier: GPL-2.0-or-later
"""A call by hand between a phone that speaks SDES and a core that speaks plain RTP, both over UDP, with its media."""
import base64
import importlib.util
import os
import re
import socket
import struct
import sys
import threading

from bed import CORE, EDGE_OUT, PHONE
from raw import Core, Raw, family

SUITE = "AES_CM_128_HMAC_SHA1_80"


def load_srtp():
    """libsrtp2 as the module's tests have it"""
    netns = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "netns")
    sys.path.append(netns)
    spec = importlib.util.spec_from_file_location("netns_bed", netns + "/bed.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Srtp


Srtp = load_srtp()
import netlink  # noqa: E402,F401


def field(name, message):
    return re.search(r"(?im)^%s: *(.*?)\r?$" % name, message)[1]


def rtp(seq, ssrc):
    return struct.pack("!BBHII", 0x80, 0, seq & 0xffff, 160 * seq, ssrc) + b"%08d" % seq * 20


def media_of(message):
    """address and port of the first m-line"""
    body = message.partition("\r\n\r\n")[2]
    return (re.search(r"c=IN IP4 (\S+)", body)[1],
            int(re.search(r"m=audio (\d+)", body)[1]))


def key_of(message, tag=1):
    """the key in the crypto line with that tag, as bytes"""
    m = re.search(r"a=crypto:%d \S+ inline:([A-Za-z0-9+/=]+)" % tag, message)
    return base64.b64decode(m[1]) if m else None


def version_of(message):
    return int(re.search(r"o=\S+ \d+ (\d+) ", message)[1])


class Stream(threading.Thread):
    """packets from one socket until it is told to end, and what came out of another"""

    def __init__(self, source, to, sink, ssrc, seal, opened):
        super().__init__(daemon=True)
        self.source, self.to, self.sink, self.ssrc = source, to, sink, ssrc
        self.seal, self.opened = seal, opened
        self.over, self.sent, self.heard = threading.Event(), 0, []
        self.missed = None
        self.lock = threading.Lock()

    def run(self):
        while not self.over.wait(0.02):
            self.one()

    def one(self):
        self.source.sendto(self.seal(rtp(self.sent, self.ssrc)), self.to)
        self.sent += 1

    def end(self):
        """what is missing at the sink of all that was sent: nothing, if all is well"""
        self.over.set()
        self.join()
        got = set()
        self.sink.settimeout(20)
        while len(got) < self.sent:
            try:
                data = self.opened(self.sink.recv(2048))
            except socket.timeout:
                break
            if data[8:12] == struct.pack("!I", self.ssrc):
                got.add(int(data[12:20]))
        return sorted(set(range(self.sent)) - got)


class Dialog:
    """Signalling of one call, kept so that either side can go on with it."""

    def __init__(self, bed, number, suite=SUITE):
        self.bed, self.suite, self.number = bed, suite, number
        self.phone_rtp = bed.socket("phone", lambda: udp(PHONE))
        self.core_rtp = bed.socket("core", lambda: udp(CORE))
        self.sends = Srtp(suite)            # what the phone protects with
        self.call_id = "restart-%d" % number
        self.cseq = {"phone": 1, "core": 1}
        self.version = {"phone": 1, "core": 1}
        self.lock = threading.Lock()

    # ---- descriptions

    def inline(self):
        return base64.b64encode(self.sends.key + self.sends.salt).decode()

    def phone_sdp(self, direction="sendrecv"):
        self.version["phone"] += 1
        return ("v=0\r\no=- 1 %d IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/SAVP 0\r\n"
                "a=crypto:1 %s inline:%s\r\na=%s\r\n"
                % (self.version["phone"], PHONE, PHONE, self.phone_rtp.getsockname()[1], self.suite,
                   self.inline(), direction))

    def core_sdp(self, direction="sendrecv"):
        self.version["core"] += 1
        return ("v=0\r\no=- 2 %d IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\n"
                "a=%s\r\n" % (self.version["core"], CORE, CORE, self.core_rtp.getsockname()[1],
                             direction))

    # ---- the call

    def begin(self, phone, core):
        """INVITE, 200, ACK. Keeps what both sides need later."""
        self.phone, self.core = phone, core
        phone.send(phone.request("INVITE", "sip:bob@" + EDGE_OUT, user="alice", body=self.phone_sdp(),
                                 Call_ID=self.call_id, headers="Content-Type: application/sdp\r\n"))
        self.invite = self.core_request("INVITE")
        core.answer(self.invite, 200, body=self.core_sdp())
        status, self.answer = self.phone_final("INVITE")
        assert status == 200, self.answer
        self.at_phone(self.answer)
        self.far = media_of(self.invite)
        self.routes = re.findall(r"(?im)^record-route: *(.*?)\r$", self.answer)
        self.core_routes = re.findall(r"(?im)^record-route: *(.*?)\r$", self.invite)
        self.target = re.search(r"<([^>]*)>", field("contact", self.answer))[1]
        self.core_target = re.search(r"<([^>]*)>", field("contact", self.invite))[1]
        self.ends = (field("from", self.answer), field("to", self.answer))
        self.phone_sends("ACK")
        self.core_request("ACK")

    def at_phone(self, message):
        """a description for the phone: where it sends to, and the key it is sent with"""
        self.near = media_of(message)
        self.version_seen = version_of(message)
        self.key = key_of(message)
        self.hears = Srtp(self.suite, key=self.key)

    def core_request(self, method):
        while True:
            got = self.core.receive()
            if got.startswith(method + " "):
                return got
            if got.startswith("OPTIONS"):
                self.core.answer(got, 200)
            # anything else is sent again for want of an answer

    def phone_sends(self, method, body=""):
        self.cseq["phone"] += method != "ACK"
        headers = "".join("Route: %s\r\n" % r for r in reversed(self.routes))
        if body:
            headers += "Content-Type: application/sdp\r\n"
        self.phone.send(self.phone.request(
            method, self.target, user="alice", body=body, headers=headers, Call_ID=self.call_id,
            From=self.ends[0], To=self.ends[1], CSeq="%d %s" % (self.cseq["phone"], method)))

    def core_sends(self, method, body=""):
        self.cseq["core"] += method != "ACK"
        headers = "".join("Route: %s\r\n" % r for r in self.core_routes)
        if body:
            headers += "Content-Type: application/sdp\r\n"
        self.core.send(
            "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%d%d;rport\r\nFrom: %s\r\nTo: %s\r\n"
            "Call-ID: %s\r\nCSeq: %d %s\r\nMax-Forwards: 70\r\nContact: <sip:core@%s>\r\n%s"
            "Content-Length: %d\r\n\r\n%s"
            % (method, self.core_target, CORE, method, self.number, self.cseq["core"], self.ends[1],
               self.ends[0], self.call_id, self.cseq["core"], method, CORE, headers, len(body), body))

    def phone_request(self, method):
        while True:
            got = self.phone.receive()
            assert got, "the phone's transport is closed"
            if got.startswith(method + " "):
                return got

    def phone_final(self, method):
        """the response to a request of the phone's in this call"""
        while True:
            status, got = self.phone.final()
            assert got, "the phone's transport is closed"
            if status and field("call-id", got) == self.call_id and method in field("cseq", got):
                return status, got

    def core_final(self, method):
        """the response to a request of the core's"""
        while True:
            got = self.core.receive()
            m = re.match(r"SIP/2\.0 (\d{3})", got)
            if m and int(m[1]) >= 200 and method in field("cseq", got):
                return int(m[1]), got

    def phone_answers(self, request, body=""):
        keep = re.findall(r"(?im)^(?:via|from|to|call-id|cseq|record-route):.*\r\n", request)
        more = "Content-Type: application/sdp\r\n" if body else ""
        self.phone.send(("SIP/2.0 200 Hand\r\n%sContact: <sip:alice@%s:%d>\r\n%sContent-Length: %d\r\n\r\n%s"
                         % ("".join(keep), PHONE, self.phone.port, more, len(body), body)).encode())

    def reinvite_from_phone(self, direction="sendrecv"):
        """Return: what the core got. The status, if it is refused."""
        self.phone_sends("INVITE", self.phone_sdp(direction))
        seen = self.core_request("INVITE")
        self.core.answer(seen, 200, body=self.core_sdp())
        status, answer = self.phone_final("INVITE")
        assert status == 200, answer
        self.at_phone(answer)
        self.far = media_of(seen)
        self.phone_sends("ACK")
        self.core_request("ACK")
        return seen

    def reinvite_from_core(self, direction="sendrecv"):
        """Return: what the phone got; it answers with a new key of its own"""
        self.core_sends("INVITE", self.core_sdp(direction))
        seen = self.phone_request("INVITE")
        self.sends = Srtp(self.suite)
        self.at_phone(seen)
        self.phone_answers(seen, self.phone_sdp(direction))
        status, answer = self.core_final("INVITE")
        assert status == 200, answer
        self.far = media_of(answer)
        self.core_sends("ACK")
        self.phone_request("ACK")
        return seen

    def bye_from_phone(self):
        self.phone_sends("BYE")
        self.core.answer(self.core_request("BYE"), 200)
        status, answer = self.phone_final("BYE")
        assert status == 200, answer

    def bye_from_core(self):
        self.core_sends("BYE")
        self.phone_answers(self.phone_request("BYE"))
        status, answer = self.core_final("BYE")
        assert status == 200, answer

    # ---- media

    def seal(self, packet):
        with self.lock:
            return self.sends.seal(packet)

    def open(self, packet):
        with self.lock:
            return self.hears.open(packet)

    def streams(self):
        """both directions begin to flow; end() of each says what was lost"""
        both = (Stream(self.phone_rtp, self.near, self.core_rtp, 0x1000 + self.number, self.seal, bytes),
                Stream(self.core_rtp, self.far, self.phone_rtp, 0x2000 + self.number, bytes, self.open))
        for s in both:
            s.start()
        return both

    def talk(self, first, n=20):
        """n packets each way, from sequence number first on; each is waited for"""
        for seq in range(first, first + n):
            self.phone_rtp.sendto(self.seal(rtp(seq, 5)), self.near)
            assert self.core_rtp.recv(2048) == rtp(seq, 5), "the core got something else"
            self.core_rtp.sendto(rtp(seq, 6), self.far)
            assert self.open(self.phone_rtp.recv(2048)) == rtp(seq, 6), "the phone got something else"

    def close(self):
        self.phone_rtp.close()
        self.core_rtp.close()


def udp(address):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    while True:
        s.bind((address, 0))
        if s.getsockname()[1] % 2 == 0:
            break
        s.close()
        s = socket.socket(family(address), socket.SOCK_DGRAM)
    s.settimeout(20)
    return s


def parties(bed):
    return Raw(bed, "udp"), Core(bed)
