# SPDX-License-Identifier: GPL-2.0-or-later
"""Cores that go by a name: which of its addresses gets what, and what happens while nobody knows them."""
import os
import select

from bed import CORE, EDGE_OUT, until
from raw import Core, Raw
from route_cases import SDP, TRUNK, add_trunk, core_section, in_dialog, invite, known

NAME = "pbx.kscall.test"


def etc(case, hosts="", resolvers=()):
    """A directory in place of /etc."""
    path = case.out + "/etc"
    os.makedirs(path, exist_ok=True)
    with open(path + "/hosts", "w") as f:
        f.write("127.0.0.1 localhost\n" + hosts)
    with open(path + "/resolv.conf.new", "w") as f:
        f.write("".join("nameserver %s\n" % r for r in resolvers))
    os.rename(path + "/resolv.conf.new", path + "/resolv.conf")
    return path


def busy_address(case):
    """503 keeps new requests from an address, not those of the dialogs that it has."""
    add_trunk(case)
    cores = [Core(case.bed, case.certificate), Core(case.bed, case.certificate, ip=TRUNK)]
    ksrtpd = case.ksrtpd(sides=core_section("pbx", [NAME + ":5061"], "\tsrtp = plain\n").replace(
        "udp-only", "tls-only"), etc=etc(case, "".join("%s %s\n" % (ip, NAME) for ip in (CORE, TRUNK))))
    known(ksrtpd, 1)
    phone = Raw(case.bed, "tls")

    def gets():
        """Whoever hears next, and what."""
        ready, _, _ = select.select([c.peer or c.s for c in cores], [], [], 20)
        core = next(c for c in cores if (c.peer or c.s) in ready)
        return core, core.receive()

    call = invite(phone, "sip:100@" + EDGE_OUT)
    phone.send(call)
    owner, seen = gets()
    other = cores[owner is cores[0]]
    owner.answer(seen, 200, body=SDP.replace("10.77.1.1", owner.ip))
    status, answer = phone.final()
    assert status == 200, answer
    phone.send(in_dialog("ACK", call, answer, 1))
    assert owner.receive().startswith("ACK ")
    with case.check("busy address: after its 503 new requests begin at the other address"):
        for again in (False, True):
            phone.send(invite(phone, "sip:100@" + EDGE_OUT))
            if not again:
                owner.answer(owner.receive(), 503, "Retry-After: 600\r\n")
                assert owner.receive().startswith("ACK ")
            got, seen = gets()
            assert got is other, "it went to the one that said 503"
            other.answer(seen, 486)
            assert phone.final()[0] == 486
            assert other.receive().startswith("ACK ")
    with case.check("busy address: the dialog it has stays there, over a new connection too"):
        owner.peer.close()
        owner.peer = None
        until(lambda: not any(owner.ip in c.get("remote", "") for c in ksrtpd.ask("connections")), 20,
              "it is closed")
        phone.send(in_dialog("INFO", call, answer, 2))
        got, seen = gets()
        assert got is owner and seen.startswith("INFO "), "it went to the other: " + seen
        owner.answer(seen, 200)
        assert phone.final()[0] == 200
    with case.check("busy address: a 503 inside the dialog is the caller's, the other is not asked"):
        owner.peer.close()
        owner.peer = None
        until(lambda: not any(owner.ip in c.get("remote", "") for c in ksrtpd.ask("connections")), 20,
              "it is closed")
        phone.send(in_dialog("OPTIONS", call, answer, 3))
        owner.answer(owner.receive(), 503, "Retry-After: 600\r\n")
        assert phone.final()[0] == 500
        phone.send(in_dialog("BYE", call, answer, 4))
        got, seen = gets()
        assert got is owner and seen.startswith("BYE "), "it went to the other: " + seen
        owner.answer(seen, 200)
        assert phone.final()[0] == 200
        until(lambda: not ksrtpd.ask("calls"), 5, "the call is gone")
    for s in [phone] + cores:
        s.close()


ALL = [busy_address]
