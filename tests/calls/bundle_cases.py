# SPDX-License-Identifier: GPL-2.0-or-later
"""BUNDLE between a phone that speaks SDES and a core that speaks plain RTP: audio and video by one port, or not."""
import re
import struct

from bed import CORE, EDGE_IN, EDGE_OUT, PHONE, until
from dialog import SUITE, Srtp, key_of, parties, udp
from dialog_cases import CONFIG, inline

GROUP = "a=group:BUNDLE a v\r\n"
MID = "a=rtcp-mux\r\na=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=mid:%s\r\n"
ONLY = "a=mid:v\r\na=bundle-only\r\n"
AUDIO, VIDEO = (0, 5, b"a"), (96, 7, b"v")


def packet(seq, stream):
    """RTP with its mid in a header extension (RFC 9143 section 15)"""
    pt, ssrc, mid = stream
    head = struct.pack("!BBHII", 0x90, pt, seq & 0xffff, 160 * seq, ssrc)
    return head + struct.pack("!HHBs2x", 0xbede, 1, 0x10, mid) + b"%08d" % seq * 20


def receiver_report(ssrc):
    return struct.pack("!BBHI", 0x80, 201, 1, ssrc)


def description(address, session, *media):
    return "v=0\r\no=- 9 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n%s%s" % (address, address, session, "".join(media))


def port(sock):
    return sock.getsockname()[1]


def ports(message):
    """of the m-lines of a description"""
    return [int(p) for p in re.findall(r"(?m)^m=\w+ (\d+)", message)]


class Call:
    def __init__(self, case, phone, core):
        self.phone, self.core = phone, core
        self.audio, self.video = (case.bed.socket("phone", lambda: udp(PHONE)) for _ in "av")
        self.far_audio, self.far_video = (case.bed.socket("core", lambda: udp(CORE)) for _ in "av")
        self.keys = Srtp(SUITE), Srtp(SUITE)

    def begin(self, session, *answer):
        """INVITE and 200. Return: what the core got, what the phone got"""
        media = ["m=%s %d RTP/SAVP %d\r\na=crypto:1 %s inline:%s\r\n%s"
                 % (kind, port(s), pt, SUITE, inline(key), MID % mid)
                 for kind, s, pt, key, mid in (("audio", self.audio, 0, self.keys[0], "a"),
                                               ("video", self.video, 96, self.keys[1], "v"))]
        self.phone.send(self.phone.request("INVITE", "sip:bob@" + EDGE_OUT, user="alice",
                                           body=description(PHONE, GROUP, *media),
                                           headers="Content-Type: application/sdp\r\n"))
        while not (seen := self.core.receive()).startswith("INVITE "):
            self.core.answer(seen, 200)
        self.core.answer(seen, 200, body=description(CORE, session, *answer))
        status, got = self.phone.final()
        assert status == 200, got
        return seen, got

    def close(self):
        for s in (self.audio, self.video, self.far_audio, self.far_video):
            s.close()


def pass_on(source, to, sink, sent, wanted, opened=bytes):
    source.sendto(sent, to)
    got, where = sink.recvfrom(2048)
    assert opened(got) == wanted, "another packet came out"
    return where


def bundle_kept(case):
    daemon = case.ksrtpd(CONFIG)
    phone, core = parties(case.bed)
    until(lambda: daemon.ask("status")["core"]["targets"], 10, "the core is known")
    call = Call(case, phone, core)
    with case.check("BUNDLE kept: both parties see the group, and one port of ours"):
        seen, got = call.begin(GROUP, "m=audio %d RTP/AVP 0\r\n%s" % (port(call.far_audio), MID % "a"),
                               "m=video 0 RTP/AVP 96\r\n" + ONLY)
        assert GROUP in seen and GROUP in got, (seen, got)
        near, far = (EDGE_OUT, ports(got)[0]), (EDGE_IN, ports(seen)[0])
        assert ports(got)[1] == 0 and "a=bundle-only" in got, got
        assert len(re.findall("a=crypto:", got)) == 1, "a key beside the transport's"
    with case.check("BUNDLE kept: audio, video and RTCP pass by it, the mid with them, under the tagged m-line's key"):
        seals, opens = call.keys[0], Srtp(SUITE, key=key_of(got))
        n = 0
        for seq in range(20):
            for stream in (AUDIO, VIDEO):
                data = packet(seq, stream)
                assert pass_on(call.audio, near, call.far_audio, seals.seal(data), data) == far
                assert pass_on(call.far_audio, far, call.audio, data, data, opens.open) == near
                n += 1
        report = receiver_report(5)
        pass_on(call.audio, near, call.far_audio, seals.seal(report, "rtcp"), report)
        pass_on(call.far_audio, far, call.audio, report, report, lambda d: opens.open(d, "rtcp"))
    with case.check("BUNDLE kept: what is counted is counted once"):
        grades = daemon.ask("calls")[0]["grades"]
        assert [g["line"] for g in grades] == ["audio"], grades
        for way in ("in", "out"):
            assert grades[0]["from"][way] == {"proved": "SDES", "packets": n + 1, "secure": n + 1}, grades
            assert grades[0]["to"][way]["packets"] == n + 1, grades
    call.close()
    call = Call(case, phone, core)
    with case.check("BUNDLE not taken: each m-line has its own port and keys"):
        seen, got = call.begin("", "m=audio %d RTP/AVP 0\r\n" % port(call.far_audio),
                               "m=video %d RTP/AVP 96\r\n" % port(call.far_video))
        assert "BUNDLE" not in got and len(set(ports(got))) == 2 and 0 not in ports(got), got
        keys = re.split(r"(?m)^m=", got)[1:]
        for i, (source, sink, stream) in enumerate(((call.audio, call.far_audio, AUDIO),
                                                    (call.video, call.far_video, VIDEO))):
            near, far = (EDGE_OUT, ports(got)[i]), (EDGE_IN, ports(seen)[i])
            opens = Srtp(SUITE, key=key_of(keys[i]))
            for seq in range(10):
                data = packet(seq, stream)
                assert pass_on(source, near, sink, call.keys[i].seal(data), data) == far
                assert pass_on(sink, far, source, data, data, opens.open) == near
    call.close()
    phone.close()
    core.close()


ALL = [bundle_kept]
