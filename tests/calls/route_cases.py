# SPDX-License-Identifier: GPL-2.0-or-later
"""Several cores and sides: where a request goes, and what is agreed there."""
import queue
import re
import select
import socket
import ssl
import subprocess
import sys
import threading

from bed import CORE, EDGE_IN, EDGE_OUT, EDGE_OUT6, PHONE, PHONE6, until
import peers
from raw import Core, Raw

sys.path.insert(0, peers.TOP + "/tests/unit")
import promcheck  # noqa: E402

TRUNK, GUEST = "10.77.2.3", "10.77.1.9"
EDGE_IN6, CORE6, TRUNK6 = "fd77:2::254", "fd77:2::2", "fd77:2::3"
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
             "Via: " + re.sub("branch=[^;]*", "branch=z9hG4bK%s%d%s" % (method, cseq, field["call-id"]), via)]
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
                         'route {\n\tfrom = {"phone", "trunk"}\n\tto = pbx\n}\n')
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


class Served:
    """A core by hand that answers each OPTIONS, and keeps what else it gets."""

    def __init__(self, bed, ip):
        self.core = Core(bed, ip=ip)
        self.core.s.settimeout(0.1)
        self.probes = 0
        self.got = queue.Queue()
        self.over = False
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while not self.over:
            try:
                request = self.core.receive()
            except (socket.timeout, ConnectionError):
                continue
            if request.startswith("OPTIONS"):
                self.probes += 1
                self.core.answer(request, 200)
            elif not request.startswith("ACK"):
                self.got.put(request)

    def receive(self):
        return self.got.get(timeout=20)

    def close(self):
        self.over = True
        self.thread.join()
        self.core.close()


def server(ksrtpd, host):
    return next(s for s in ksrtpd.ask("servers") if s["host"] == host)


def figures(case, name):
    """{host: value} of /metrics."""
    s = case.bed.socket("edge", lambda: socket.create_connection(("127.0.0.1", 9464), 5))
    with s, s.makefile("rwb") as f:
        f.write(b"GET /metrics HTTP/1.0\r\n\r\n")
        f.flush()
        text = f.read().decode()
    promcheck.check(text.split("\r\n\r\n", 1)[1])
    return {host: int(n) for host, n in
            re.findall(r'(?m)^%s\{core="pbx",server="([\d.]+)"\} (\d+)$' % name, text)}


def call_goes_to(phone, core, others=()):
    """A new call reaches that core, and none of the others; it is busy."""
    phone.send(invite(phone, "sip:100@" + EDGE_OUT))
    seen = core.receive()
    assert seen.startswith("INVITE "), seen
    getattr(core, "core", core).answer(seen, 486)
    assert phone.final()[0] == 486
    if not isinstance(core, Served):
        assert core.receive().startswith("ACK ")
    for other in others:
        assert other.got.empty(), other.got.get()


def probes(case):
    """Of two servers of a core one dies: calls go to the other. A probe brings it back."""
    add_trunk(case)
    first, second = Served(case.bed, CORE), Served(case.bed, TRUNK)
    try:
        ksrtpd = case.ksrtpd(sides='metrics = "127.0.0.1:9464"\n' + core_section(
            "pbx", [CORE, TRUNK], "\tprobe = 1\n\tdown_after = 2\n"))
        until(lambda: all(s["answered"] for s in ksrtpd.ask("servers")), 20, "both answered a probe")
        phone = Raw(case.bed, "tls")
        with case.check("probes: both servers are up, with what they answered"):
            for s in ksrtpd.ask("servers"):
                assert s["state"] == "up" and s["status"] == 200 and "round_trip" in s, s
        with case.check("probes: a call goes to the first server"):
            call_goes_to(phone, first, [second])
        first.close()
        with case.check("probes: so many without an answer, and it is down; the log says so once"):
            until(lambda: server(ksrtpd, CORE)["state"] == "down", 40, "the first is down")
            assert server(ksrtpd, CORE)["missed"] >= 2
            assert ksrtpd.text().count("%s: down, probes have no answer" % CORE) == 1
            assert server(ksrtpd, TRUNK)["state"] == "up"
        with case.check("probes: /metrics says the same"):
            until(lambda: figures(case, "ksrtp_server_up") == {CORE: 0, TRUNK: 1}, 20, "one is down")
            sent, got = (figures(case, "ksrtp_server_%s_total" % n) for n in ("probes", "answers"))
            assert sent[CORE] > got[CORE] and got[TRUNK] > 0, (sent, got)
        with case.check("probes: ksrtp servers and doctor say it to people"):
            says = {verb: subprocess.run(["ip", "netns", "exec", case.bed.name("edge"), peers.TOP + "/build/ksrtp",
                                          "-s", ksrtpd.control, verb], check=False,
                                         capture_output=True, text=True).stdout
                    for verb in ("servers", "doctor")}
            assert re.search(r"(?m)^pbx +%s +down " % re.escape(CORE), says["servers"]), says
            assert "core pbx: server %s does not answer" % CORE in says["doctor"], says
            assert TRUNK not in says["doctor"], says
        with case.check("probes: the next call goes to the other server at once"):
            call_goes_to(phone, second)
        first = Served(case.bed, CORE)
        with case.check("probes: an answered probe brings it up again, and calls with it"):
            until(lambda: server(ksrtpd, CORE)["state"] == "up", 40, "the first is up")
            assert ksrtpd.text().count("%s: up again" % CORE) == 1
            call_goes_to(phone, first, [second])
        phone.close()
    finally:
        first.close()
        second.close()


def busy_server(case):
    """503 is no answer of a core's, any other final response is."""
    add_trunk(case)
    first, second = Core(case.bed), Core(case.bed, ip=TRUNK)
    ksrtpd = case.ksrtpd(sides=core_section("pbx", [CORE, TRUNK]))
    known(ksrtpd, 2)
    phone = Raw(case.bed, "tls")
    with case.check("busy server: each other final answer of the first is the call's"):
        for status in (302, 403, 408, 486, 500, 603):
            phone.send(invite(phone, "sip:100@" + EDGE_OUT))
            first.answer(first.receive(), status)
            assert phone.final()[0] == status
            assert first.receive().startswith("ACK ")
        assert not select.select([second.s], [], [], 0)[0], second.receive()
    with case.check("busy server: after its 503 the same call is tried at the next"):
        phone.send(invite(phone, "sip:100@" + EDGE_OUT))
        seen = first.receive()
        first.answer(seen, 503)
        again = second.receive()
        assert again.startswith("INVITE "), again
        ids = [re.search("(?im)^call-id: (.*)$", t)[1] for t in (seen, again)]
        ports = [re.search("m=audio ([0-9]+)", t)[1] for t in (seen, again)]
        assert ids[0] == ids[1] and ports[0] != ports[1], (ids, ports)
        assert first.receive().startswith("ACK ")
    with case.check("busy server: its answer is the call's, and nobody else is asked"):
        second.answer(again, 603)
        assert phone.final()[0] == 603
        assert second.receive().startswith("ACK ")
        assert server(ksrtpd, TRUNK)["state"] == "up"
    with case.check("busy server: without Retry-After the next call begins there again"):
        phone.send(invite(phone, "sip:100@" + EDGE_OUT))
        seen = first.receive()
        first.answer(seen, 503, "Retry-After: 600\r\n")
        second.answer(second.receive(), 486)
        assert phone.final()[0] == 486
        assert first.receive().startswith("ACK ") and second.receive().startswith("ACK ")
    with case.check("busy server: with it the next call begins at the other"):
        assert server(ksrtpd, CORE)["state"] == "down"
        call_goes_to(phone, second)
    with case.check("busy server: where all say so the caller gets 500, no 503 of theirs"):
        phone.send(invite(phone, "sip:100@" + EDGE_OUT))
        second.answer(second.receive(), 503, "Retry-After: 600\r\n")
        assert second.receive().startswith("ACK ")
        first.answer(first.receive(), 503)
        assert phone.final()[0] == 500
        assert first.receive().startswith("ACK ")
    with case.check("busy server: where all are down the first is tried, and up when it answers"):
        assert {s["state"] for s in ksrtpd.ask("servers")} == {"down"}
        call_goes_to(phone, first)
        assert [s["state"] for s in ksrtpd.ask("servers")] == ["up", "down"]
    for s in (phone, first, second):
        s.close()


def dead_server(case):
    """A server that nobody can connect to is one less."""
    add_trunk(case)
    second = Core(case.bed, case.certificate, ip=TRUNK)
    ksrtpd = case.ksrtpd(sides=core_section("pbx", [CORE, TRUNK]).replace("udp-only", "tls-only"))
    known(ksrtpd, 2)
    phone = Raw(case.bed, "tls")
    with case.check("dead server: a connection that fails is not the call's end"):
        call_goes_to(phone, second)
    with case.check("dead server: the next call begins at the other"):
        states = {s["host"]: s["state"] for s in ksrtpd.ask("servers")}
        assert states == {CORE: "down", TRUNK: "up"}, states
        call_goes_to(phone, second)
    phone.close()
    second.close()


def dialog_server(case):
    """A dialog stays with the server that has it, though others would come first and its connection is gone."""
    add_trunk(case)
    first, second = Core(case.bed, case.certificate), Core(case.bed, case.certificate, ip=TRUNK)
    ksrtpd = case.ksrtpd(sides=core_section("pbx", [CORE, TRUNK], "\tsrtp = plain\n").replace("udp-only", "tls-only"))
    known(ksrtpd, 2)
    phone = Raw(case.bed, "tls")
    with case.check("dialog server: the second server takes a call"):
        call = invite(phone, "sip:100@" + EDGE_OUT)
        phone.send(call)
        first.answer(first.receive(), 503)
        second.answer(second.receive(), 200, body=SDP.replace(PHONE, TRUNK))
        status, answer = phone.final()
        assert status == 200, answer
        assert first.receive().startswith("ACK ")
        phone.send(in_dialog("ACK", call, answer, 1))
        assert second.receive().startswith("ACK ")
    with case.check("dialog server: over a new connection its BYE reaches that one"):
        second.peer.close()
        second.peer = None
        until(lambda: not any(TRUNK in c.get("remote", "") for c in ksrtpd.ask("connections")), 20, "it is closed")
        assert server(ksrtpd, CORE)["state"] != "down"
        phone.send(in_dialog("BYE", call, answer, 2))
        ready, _, _ = select.select([first.peer, second.s], [], [], 20)
        assert ready == [second.s], "it went to the first server"
        seen = second.receive()
        assert seen.startswith("BYE "), seen
        second.answer(seen, 200)
        assert phone.final()[0] == 200
        until(lambda: not ksrtpd.ask("calls"), 5, "the call is gone")
    for s in (phone, first, second):
        s.close()


def silent_server(case):
    """A server over UDP that says nothing for 64*T1 (timer B)."""
    add_trunk(case)
    first, second = Core(case.bed), Core(case.bed, ip=TRUNK)
    second.s.settimeout(60)
    ksrtpd = case.ksrtpd(sides=core_section("pbx", [CORE, TRUNK]))
    known(ksrtpd, 2)
    phone = Raw(case.bed, "tls")
    with case.check("silent server: when timer B has fired the call goes to the next"):
        phone.send(invite(phone, "sip:100@" + EDGE_OUT))
        assert first.receive().startswith("INVITE ")
        seen = second.receive()
        assert seen.startswith("INVITE "), seen
        assert server(ksrtpd, CORE)["state"] == "down"
        phone.s.settimeout(60)
        second.answer(seen, 486)
        assert phone.final()[0] == 486
    for s in (phone, first, second):
        s.close()


def weights(case):
    """Servers of one priority share; what belongs together meets the same one."""
    add_trunk(case)
    cores = [Core(case.bed), Core(case.bed, ip=TRUNK)]
    ksrtpd = case.ksrtpd(sides=core_section("pbx", [CORE, TRUNK],
                                            "\tpriority = {1, 1}\n\tweight = {50, 50}\n"))
    known(ksrtpd, 2)
    phone = Raw(case.bed, "tls")

    def where(call_id, cseq):
        phone.send(phone.request("MESSAGE", "sip:100@" + EDGE_OUT, user="alice", Call_ID=call_id,
                                 CSeq="%d MESSAGE" % cseq))
        seen = "Call-ID: %s\r\nCSeq: %d " % (call_id, cseq)
        while True:
            ready, _, _ = select.select([c.s for c in cores], [], [], 20)
            core = cores[[c.s for c in cores].index(ready[0])]
            data, core.peer = core.s.recvfrom(65536)
            # what comes once more of an earlier one was answered
            if seen in data.decode():
                break
        core.answer(data.decode(), 200)
        assert phone.final()[0] == 200
        return core.ip

    with case.check("weights: both get requests, and each again what has the same Call-ID"):
        # 2^-63: that one of them gets none by chance
        ids = ["id%d" % i for i in range(64)]
        got = [where(i, 1) for i in ids]
        assert set(got) == {CORE, TRUNK}, got
        assert got == [where(i, 2) for i in ids]
    for s in [phone] + cores:
        s.close()


def policies(case):
    """Two sides of phones, by address and by listener, and what each is offered and allowed."""
    case.bed.batch("phone", "addr add %s/24 dev p0" % GUEST)
    core = Core(case.bed)
    shown = {"all": case.out + "/all.pem", "lab": case.out + "/lab.pem"}
    for pem in shown.values():
        peers.certificate(pem)
    ksrtpd = case.ksrtpd(sides='certificate = "%s"\nphones "guest" {\n\tfrom = {"%s"}\n\tclear = no\n}\n'
                               'phones "lab" {\n\tlisten = {"tls:%s:5071"}\n\tsrtp = require\n'
                               '\tcertificate = "%s"\n}\nphones {\n\tsrtp = plain\n}\n'
                               % (shown["all"], GUEST, EDGE_OUT, shown["lab"]) +
                               core_section("core", [CORE], "\tsrtp = plain\n"))
    known(ksrtpd, 1)
    uri = "sip:100@" + EDGE_OUT
    with case.check("policies: clear signalling is for those it is allowed to"):
        guest, other = (Raw(case.bed, "udp", source=s) for s in (GUEST, PHONE))
        assert guest.ask("OPTIONS", uri)[0] == 403
        other.send(other.request("OPTIONS", uri))
        core.answer(core.receive(), 200)
        assert other.final()[0] == 200
        guest.close()
        other.close()
    with case.check("policies: a call without SRTP is refused where it is required, by listener"):
        lab = Raw(case.bed, "tls", port=5071)
        lab.send(invite(lab, uri))
        assert lab.final()[0] == 488
        lab.close()
        plain = Raw(case.bed, "tls")
        plain.send(invite(plain, uri))
        core.answer(core.receive(), 486)
        assert plain.final()[0] == 486
        core.receive()
        plain.close()
    with case.check("policies: each side shows its certificate"):
        for port, name in ((5071, "lab"), (5061, "all")):
            raw = Raw(case.bed, "tls", port=port)
            got = ssl.DER_cert_to_PEM_cert(raw.s.getpeercert(True))
            with open(shown[name]) as f:
                assert got in f.read(), (port, name)
            raw.close()
    with case.check("policies: coverage has a row for each side"):
        names = [r["name"] for r in ksrtpd.ask("coverage") if r["coverage"] == "side"]
        assert names == ["guest", "lab", "phone", "core"], names
    core.close()


def six(case):
    """Phone and core over IPv6; a route by an IPv6 domain; servers in brackets."""
    case.bed.batch("edge", "addr add %s/64 dev e1 nodad" % EDGE_IN6)
    case.bed.batch("core", "addr add %s/64 dev c0 nodad\naddr add %s/64 dev c0 nodad" % (CORE6, TRUNK6))
    pbx, trunk = Core(case.bed, ip=CORE6), Core(case.bed, ip=TRUNK6)
    ksrtpd = case.ksrtpd(sides=core_section("pbx", ["[%s]" % CORE6]) +
                         core_section("trunk", ["[%s]:5060" % TRUNK6]) +
                         'route {\n\tdomain = {"[%s]"}\n\tto = trunk\n}\nroute {\n\tto = pbx\n}\n' % EDGE_OUT6)
    known(ksrtpd, 2)
    phone = Raw(case.bed, "tls", to=EDGE_OUT6)
    with case.check("six: the route by domain leads to the trunk over IPv6, media too"):
        phone.send(invite(phone, "sip:1@[%s]" % EDGE_OUT6, SDP.replace("IP4 " + PHONE, "IP6 " + PHONE6)))
        seen = trunk.receive()
        assert seen.startswith("INVITE ") and "Via: SIP/2.0/UDP [%s]:5060" % EDGE_IN6 in seen, seen
        assert "c=IN IP6 %s\r\n" % EDGE_IN6 in seen, seen
        trunk.answer(seen, 486)
        assert phone.final()[0] == 486
    with case.check("six: the rest to the PBX, from a phone over IPv4 too"):
        phone.send(phone.request("OPTIONS", "sip:1@x.example"))
        pbx.answer(pbx.receive(), 200)
        assert phone.final()[0] == 200
        four = Raw(case.bed, "udp")
        four.send(invite(four, "sip:1@x.example"))
        seen = pbx.receive()
        assert "c=IN IP6 %s\r\n" % EDGE_IN6 in seen, seen
        pbx.answer(seen, 486)
        assert four.final()[0] == 486
        four.close()
    for s in (phone, pbx, trunk):
        s.close()


def large(case):
    """What no datagram of 1300 bytes holds, to a core that speaks UDP alone, and to one that need not."""
    core = Core(case.bed)
    ksrtpd = case.ksrtpd('transport = "udp-only"\n')
    known(ksrtpd, 1)
    phone = Raw(case.bed, "tls")
    text = "x" * 9000
    with case.check("large: a core that speaks UDP alone gets it in fragments, whole"):
        phone.send(phone.request("MESSAGE", "sip:100@" + EDGE_OUT, user="alice", body=text,
                                 headers="Content-Type: text/plain\r\n"))
        seen = core.receive()
        assert seen.endswith("\r\n\r\n" + text), seen[:500]
        core.answer(seen, 200)
        assert phone.final()[0] == 200
    phone.close()
    core.close()


def large_by_stream(case):
    """A core that speaks TCP, too, gets by that what no datagram holds; where TCP is refused, by UDP."""
    core = Core(case.bed)
    ksrtpd = case.ksrtpd("clear = yes\n")
    known(ksrtpd, 1)
    phone = Raw(case.bed, "tls")
    text = "x" * 2000
    large_one = dict(user="alice", body=text, headers="Content-Type: text/plain\r\n")
    with case.check("large by stream: a small one goes by UDP"):
        phone.send(phone.request("MESSAGE", "sip:100@" + EDGE_OUT, user="alice"))
        seen = core.receive()
        assert "Via: SIP/2.0/UDP " in seen, seen
        core.answer(seen, 200)
        assert phone.final()[0] == 200
    with case.check("large by stream: where TCP is refused it goes by UDP after all"):
        phone.send(phone.request("MESSAGE", "sip:100@" + EDGE_OUT, **large_one))
        seen = core.receive()
        assert "Via: SIP/2.0/UDP " in seen and seen.endswith(text), seen[:500]
        core.answer(seen, 200)
        assert phone.final()[0] == 200
    phone.close()
    core.close()


def large_by_tcp(case):
    """The same where TCP is taken."""
    core = Core(case.bed)
    stream = case.bed.socket("core", lambda: socket.create_server((CORE, 5060)))
    stream.settimeout(20)
    ksrtpd = case.ksrtpd("clear = yes\n")
    known(ksrtpd, 1)
    phone = Raw(case.bed, "tls")
    with case.check("large by tcp: it goes by TCP where the core takes that"):
        phone.send(phone.request("MESSAGE", "sip:100@" + EDGE_OUT, user="alice", body="x" * 2000,
                                 headers="Content-Type: text/plain\r\n"))
        peer, _ = stream.accept()
        peer.settimeout(20)
        seen = ""
        while not seen.endswith("x" * 2000):
            seen += peer.recv(65536).decode()
        assert "Via: SIP/2.0/TCP " in seen, seen[:500]
        assert not select.select([core.s], [], [], 0)[0]
    for s in (peer, phone, core, stream):
        s.close()


ALL = [silent_server, two_cores, probes, busy_server, dead_server, dialog_server, weights, policies, six, large,
       large_by_stream, large_by_tcp]
