# SPDX-License-Identifier: GPL-2.0-or-later
"""A media server with plain RTP behind a flow in place, and who signals for it.

    phone (the far side, SDES) -- edge (routes, captures, passes SIP on) -- core (server, module)

Media goes from one end to the other by routing alone. The proxy on the edge gives the phone's side
crypto lines and RTP/SAVP, the server's side RTP/AVP, and the flow its keys.
"""
import base64
import json
import os
import re
import select
import socket
import subprocess
import threading

from bed import CORE, EDGE_IN, EDGE_OUT, EDGE_OUT6, PHONE, PHONE6
from peers import TOP

KSRTP = os.path.join(TOP, "build/ksrtp")
CORE6, EDGE_IN6 = "fd77:2::2", "fd77:2::254"
# family: (the phone's address, the edge's towards it), (the server's, the edge's towards it)
ADDRESS = {4: ((PHONE, EDGE_OUT), (CORE, EDGE_IN)), 6: ((PHONE6, EDGE_OUT6), (CORE6, EDGE_IN6))}
KEY_BYTES = {"AES_CM_128_HMAC_SHA1_80": 30, "AES_CM_128_HMAC_SHA1_32": 30,
             "AEAD_AES_128_GCM": 28, "AEAD_AES_256_GCM": 44}
PHONE_SIP, SERVER_SIP = 5070, 5072


def route(bed):
    """The edge forwards between the two networks, IPv6 too."""
    def forward():
        for path in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            with open("/proc/sys/net/" + path, "w") as f:
                f.write("1")

    bed.batch("core", "addr add %s/64 dev c0 nodad" % CORE6)
    bed.batch("edge", "addr add %s/64 dev e1 nodad" % EDGE_IN6)
    for ns, via in (("phone", (EDGE_OUT, EDGE_OUT6)), ("core", (EDGE_IN, EDGE_IN6))):
        bed.batch(ns, "route add default via %s\nroute add default via %s" % via)
    bed.socket("edge", forward)


def end_of(ip, port):
    return "%s:%d" % ("[%s]" % ip if ":" in ip else ip, port)


def fresh_key(suite):
    """A crypto line's second half"""
    return base64.b64encode(os.urandom(KEY_BYTES[suite])).decode()


class Place:
    """The flow in place at a server's RTP port and the next one. It drops all RTP until it has keys."""

    def __init__(self, bed, ip, port):
        self.bed, self.at = bed, (ip, port)
        session = self.ksrtp("session", "new", "label", "media server")
        self.id = self.ksrtp("flow", "new", "session", session, "in-place", end_of(ip, port),
                             "rtcp", str(port + 1), "secure", "both")

    def ksrtp(self, *argv, text=None):
        p = subprocess.run(["ip", "netns", "exec", self.bed.name("core"), KSRTP] + list(argv),
                           input=text, capture_output=True, text=True)
        assert p.returncode == 0, "ksrtp %s: %s" % (" ".join(argv), p.stderr)
        return p.stdout.strip()

    def keys(self, suite, remote, rx, tx, source="strict"):
        """remote: the far side's (address, port); rx: its key, tx: the server's, as in SDP"""
        ip, port = remote
        self.ksrtp("flow", "set", "id", self.id, "remote", end_of(ip, port),
                   "remote-rtcp", str(port + 1), "source", source)
        for direction, key in (("rx", rx), ("tx", tx)):
            self.ksrtp("key", "set", "flow", self.id, "direction", direction, "file", "-",
                       text="%s inline:%s\n" % (suite, key))

    def counters(self):
        shown = json.loads(self.ksrtp("-o", "json", "show", "flows", "id", self.id))
        return next(f for f in shown if f["flow"] == int(self.id))


def clear(sdp):
    """A description as the server gets it: nothing in it speaks of crypto."""
    sdp = re.sub(r"(?m)^a=crypto:.*\r\n", "", sdp)
    return re.sub(r"(?m)^(m=audio \d+ )RTP/SAVP", r"\1RTP/AVP", sdp)


def secure(sdp, tag, suite, key):
    """The server's description as the phone gets it."""
    sdp = re.sub(r"(?m)^(m=audio \d+ )RTP/AVP", r"\1RTP/SAVP", sdp)
    return sdp + "a=crypto:%s %s inline:%s\r\n" % (tag, suite, key)


class Signalling(threading.Thread):
    """A SIP proxy over UDP between one phone and one server. What is said inside a dialog goes past it.

    agreed: (suite, the phone's key, the server's key, the phone's media address)"""

    def __init__(self, bed, place, family, suite, source="strict"):
        super().__init__(daemon=True)
        self.place, self.family, self.suite, self.source = place, family, suite, source
        self.key, self.tag, self.agreed, self.fault = fresh_key(suite), "1", None, None
        (phone, out), (server, inner) = ADDRESS[family]
        self.sockets = [bed.socket("edge", lambda at=at: self.open(at)) for at in (out, inner)]
        self.towards = (server, SERVER_SIP), (phone, PHONE_SIP)
        self.names = end_of(inner, 5060), end_of(out, 5060)
        self.stopped = False
        bed.watching.append(self)
        self.start()

    def open(self, at):
        s = socket.socket(socket.AF_INET6 if self.family == 6 else socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((at, 5060))
        return s

    def run(self):
        while not self.stopped:
            for s in select.select(self.sockets, [], [], 0.2)[0]:
                side = self.sockets.index(s)
                try:
                    self.pass_on(side, s.recv(65536).decode())
                except Exception as e:
                    self.fault = repr(e)

    def stop(self):
        self.stopped = True
        if self.is_alive():
            self.join()
        for s in self.sockets:
            s.close()

    def pass_on(self, side, text):
        """side: 0 it came from the phone, 1 from the server"""
        if "\r\n\r\n" not in text:
            return
        head, body = text.split("\r\n\r\n", 1)
        if head.startswith("SIP/2.0"):
            head = re.sub(r"(?i)\r\nvia:.*", "", head, count=1)
        else:
            branch = re.search(r"branch=([^;\s]+)", head)[1]
            via = "\r\nVia: SIP/2.0/UDP %s;branch=%s-edge\r\n" % (self.names[side], branch)
            head = head.replace("\r\n", via, 1)
        if "m=audio" in body:
            body = self.describe(side, body, offer=not head.startswith("SIP/2.0"))
            head = re.sub(r"(?i)(content-length: *)\d+", r"\g<1>%d" % len(body), head)
        self.sockets[1 - side].sendto((head + "\r\n\r\n" + body).encode(), self.towards[side])

    def describe(self, side, sdp, offer):
        if side:
            return secure(sdp, self.tag, self.suite, self.key)
        self.tag, key = re.search(r"(?m)^a=crypto:(\d+) %s inline:([\w+/=]+)" % self.suite, sdp).groups()
        if not self.agreed:
            media = (re.search(r"(?m)^c=IN IP\d (\S+?)\r?$", sdp)[1],
                     int(re.search(r"(?m)^m=audio (\d+)", sdp)[1]))
            # before either side may speak: the offer of a phone, or its answer, was the last word missing
            self.place.keys(self.suite, media, key, self.key, self.source)
            self.agreed = (self.suite, key, self.key, media)
        return clear(sdp)
