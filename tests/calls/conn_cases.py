# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections: a response whose own is gone finds another; one with an alias serves both ways."""
import re
import socket
import ssl

from bed import CORE, EDGE_IN, EDGE_OUT, PHONE, until
from fork_cases import Phone, Caller, SDP, field
from local_cases import answer
from name_cases import NAME, etc
from raw import Core, Raw
from route_cases import core_section, known
from scan import openssl


def read(s, want=b"\r\n\r\n"):
    """From a stream until that came, as text."""
    got = b""
    while want not in got:
        more = s.recv(65536)
        assert more, "closed after: " + got.decode()
        got += more
    return got.decode()


def gone(ksrtpd, where):
    until(lambda: not any(where in c.get("remote", "") for c in ksrtpd.ask("connections")), 20,
          "that connection is gone")


def port_of(s):
    return s.getsockname()[1]


def lost_way(case):
    """The phone's connection is closed before its answer comes."""
    core = Core(case.bed)
    ksrtpd = case.ksrtpd('transport = "udp-only"\nsrtp = plain\n')
    known(ksrtpd, 1)
    listener = case.bed.socket("phone", lambda: socket.create_server((PHONE, 0)))
    listener.settimeout(20)
    offer = dict(body=SDP, headers="Content-Type: application/sdp\r\n")
    # the host that Via names is a claim: whoever sends a request must not choose whom we connect to
    for n, (method, status, host, more) in enumerate((("MESSAGE", 200, PHONE, {}), ("MESSAGE", 200, CORE, {}),
                                                      ("INVITE", 486, PHONE, offer))):
        with case.check("lost way: the answer to %s goes to where it came from, at the port of its Via, from %s"
                        % (method, host)):
            via = "SIP/2.0/TCP %s:%d;branch=z9hG4bKlost%d" % (host, port_of(listener), n)
            phone = Raw(case.bed, "tcp")
            phone.send(phone.request(method, "sip:100@" + EDGE_OUT, user="alice", Via=via, **more))
            seen = core.receive()
            assert seen.startswith(method), seen
            mine = "%s:%d" % (PHONE, phone.port)
            phone.close()
            gone(ksrtpd, mine)
            core.answer(seen, status)
            back, peer = listener.accept()
            back.settimeout(20)
            assert peer[0] == EDGE_OUT, peer
            got = read(back)
            got = got if "SIP/2.0 %d" % status in got else got + read(back)
            assert "SIP/2.0 %d" % status in got and "branch=z9hG4bKlost%d" % n in got, got
            back.close()
            gone(ksrtpd, "%s:%d" % (PHONE, port_of(listener)))
    for s in (core, listener):
        s.close()


def lost_refusal(case):
    """The same with an answer of ksrtpd's own: the core's handshake fails when the phone is gone."""
    core = case.bed.socket("core", lambda: socket.create_server((CORE, 5061)))
    core.settimeout(20)
    ksrtpd = case.ksrtpd('transport = "tls-only"\n')
    known(ksrtpd, 1)
    listener = case.bed.socket("phone", lambda: socket.create_server((PHONE, 0)))
    listener.settimeout(20)
    with case.check("lost refusal: 503 goes to where the request came from, at the port of its Via"):
        phone = Raw(case.bed, "tcp")
        phone.send(phone.request("MESSAGE", "sip:100@" + EDGE_OUT, user="alice", Via="SIP/2.0/TCP %s:%d;branch=z9hG4bKno"
                                 % (PHONE, port_of(listener))))
        shaking, _ = core.accept()
        mine = "%s:%d" % (PHONE, phone.port)
        phone.close()
        gone(ksrtpd, mine)
        core.close()
        shaking.close()
        back, _ = listener.accept()
        back.settimeout(20)
        got = read(back)
        assert got.startswith("SIP/2.0 503") and "branch=z9hG4bKno" in got, got
        back.close()
    listener.close()


def newer_flow(case):
    """A caller who comes back by another connection gets the answer there."""
    ksrtpd = case.ksrtpd(core=None)
    alice = Caller(case)
    bob = Phone(case, "bob", "one")

    def register(raw):
        contact = '<sip:alice@%s:%d;transport=tls>;reg-id=1;+sip.instance="<urn:uuid:a>"' % (PHONE, raw.port)
        status, got = raw.ask("REGISTER", "sip:" + EDGE_OUT, "secret", user="alice",
                              To="<sip:alice@%s>" % EDGE_OUT, Contact=contact)
        assert status == 200, got

    register(alice)
    alice.call()
    call = bob.rings()
    with case.check("newer flow: who registers anew while it rings gets the answer there"):
        mine = "%s:%d" % (PHONE, alice.port)
        alice.close()
        gone(ksrtpd, mine)
        again = Raw(case.bed, "tls")
        register(again)
        bob.answer(call, 200, SDP)
        status, got = again.final()
        assert status == 200 and "INVITE" in field("cseq", got) and ";tag=one" in field("to", got), got
        assert [c["state"] for c in ksrtpd.ask("calls")] == ["answered"]
    for s in (again, bob):
        s.close()


def core_way(case):
    """A core's connection is gone: its answer goes to one of its targets."""
    listener = case.bed.socket("core", lambda: socket.create_server((CORE, 5060)))
    listener.settimeout(20)
    ksrtpd = case.ksrtpd('transport = "tcp-only"\n')
    known(ksrtpd, 1)
    phone = Raw(case.bed, "tls")
    phone.send(phone.request("REGISTER", "sip:" + EDGE_OUT, user="alice", To="<sip:alice@%s>" % EDGE_OUT))
    first, _ = listener.accept()
    first.settimeout(20)
    seen = read(first)
    contact = re.search("<(.*?)>", field("contact", seen))[1]
    first.close()
    gone(ksrtpd, CORE)
    with case.check("core way: what the phone answers goes to the core over a new connection"):
        out = case.bed.socket("core", lambda: socket.create_connection((EDGE_IN, 5060)))
        out.sendall(("OPTIONS %s SIP/2.0\r\nVia: SIP/2.0/TCP %s:%d;branch=z9hG4bKcw1\r\nMax-Forwards: 9\r\n"
                     "From: <sip:c@c>;tag=1\r\nTo: <sip:alice@x>\r\nCall-ID: cw1\r\nCSeq: 1 OPTIONS\r\n"
                     "Content-Length: 0\r\n\r\n" % (contact, CORE, port_of(out))).encode())
        got = phone.receive()
        while not got.startswith("OPTIONS"):
            got = phone.receive()
        mine = "%s:%d" % (CORE, port_of(out))
        out.close()
        gone(ksrtpd, mine)
        answer(phone, got, 200)
        back, _ = listener.accept()
        back.settimeout(20)
        seen = read(back)
        assert seen.startswith("SIP/2.0 200") and "Call-ID: cw1" in seen, seen
        back.close()
    for s in (phone, listener):
        s.close()


def certificates(where):
    """A CA, and one certificate of its for NAME, one for another name."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *key, "-days", "90", "-subj", "/CN=a CA", "-keyout", where + "/ca.key", "-out",
            where + "/ca.pem")
    for name in (NAME, "other.kscall.test"):
        pem = "%s/%s.pem" % (where, name)
        openssl("req", *key, "-subj", "/CN=x", "-addext", "subjectAltName=DNS:" + name, "-keyout", pem + ".key",
                "-out", pem + ".csr")
        openssl("x509", "-req", "-in", pem + ".csr", "-CA", where + "/ca.pem", "-CAkey", where + "/ca.key", "-days",
                "90", "-copy_extensions", "copyall", "-out", pem)
        with open(pem, "a") as f, open(pem + ".key") as k:
            f.write(k.read())
    return {n: "%s/%s.pem" % (where, n) for n in (NAME, "other.kscall.test")}


class Inbound:
    """A core that connects to ksrtpd by itself, with a certificate or without."""

    def __init__(self, case, pem):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if pem:
            context.load_cert_chain(pem)
        plain = case.bed.socket("core", lambda: socket.create_connection((EDGE_IN, 5061)))
        plain.settimeout(20)
        self.s = context.wrap_socket(plain)

    def options(self, alias):
        self.s.sendall(("OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/TLS %s:5061;branch=z9hG4bKal%s\r\nMax-Forwards: 9\r\n"
                        "From: <sip:c@c>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: al\r\nCSeq: 1 OPTIONS\r\n"
                        "Content-Length: 0\r\n\r\n" % (EDGE_IN, CORE, alias, EDGE_IN)).encode())
        return read(self.s)


def alias(case):
    """RFC 5923: only who proved the name gets the core's requests by its own connection."""
    pem = certificates(case.out)
    listener = Core(case.bed, pem[NAME])
    ksrtpd = case.ksrtpd(sides='ca_file = "%s/ca.pem"\nask_clients = yes\n' % case.out +
                         core_section("pbx", [NAME + ":5061"]).replace("udp-only", "tls-only"),
                         etc=etc(case, "%s %s\n" % (CORE, NAME)))
    known(ksrtpd, 1)
    phone = Raw(case.bed, "tls")
    for what, file, word in (("without a certificate", None, ";alias"), ("without alias", pem[NAME], ""),
                             ("of another name", pem["other.kscall.test"], ";alias")):
        with case.check("alias: a connection %s is not used" % what):
            core = Inbound(case, file)
            assert core.options(word).startswith("SIP/2.0 200")
            phone.send(phone.request("MESSAGE", "sip:100@" + EDGE_OUT, user="alice"))
            seen = listener.receive()
            assert seen.startswith("MESSAGE"), seen
            assert re.match(r"SIP/2\.0/TLS %s:5061;\S*;alias\r?$" % EDGE_IN, field("via", seen)), seen
            listener.answer(seen, 200)
            assert phone.final()[0] == 200
            listener.peer.close()
            listener.peer = None
            core.s.close()
            gone(ksrtpd, CORE)
    with case.check("alias: one that proved the name takes requests, too, and its answers count"):
        core = Inbound(case, pem[NAME])
        assert core.options(";alias").startswith("SIP/2.0 200")
        phone.send(phone.request("MESSAGE", "sip:100@" + EDGE_OUT, user="alice"))
        seen = read(core.s)
        assert seen.startswith("MESSAGE sip:100@") and ";alias" not in field("via", seen), seen
        core.s.sendall(re.sub(r"^MESSAGE.*", "SIP/2.0 200 OK\r", seen).replace(
            "To: <sip:100@%s>" % EDGE_OUT, "To: <sip:100@%s>;tag=c" % EDGE_OUT).encode())
        status, got = phone.final()
        assert status == 200, got
    with case.check("alias: without it the next one goes by a connection of our own"):
        core.s.close()
        gone(ksrtpd, CORE)
        phone.send(phone.request("MESSAGE", "sip:100@" + EDGE_OUT, user="alice"))
        seen = listener.receive()
        listener.answer(seen, 200)
        assert phone.final()[0] == 200
    for s in (phone, listener):
        s.close()


ALL = [lost_way, lost_refusal, newer_flow, core_way, alias]
