# SPDX-License-Identifier: GPL-2.0-or-later
"""How long things may last: connections that are slow, requests without an answer, calls without media."""
import socket

import peers
from bed import CORE, EDGE_OUT, PHONE, until
from raw import Core, Raw
from route_cases import SDP, core_section, in_dialog, invite, known


def deadlines(case):
    """limits: what one connection and one source may take, when it is less than usual."""
    core = Core(case.bed)
    ksrtpd = case.ksrtpd(sides="limits {\n\ttransactions = 2\n\tfirst_time = 1\n\tmessage_time = 1\n"
                         "\thandshake_time = 1\n}\n" + core_section("pbx", [CORE]))
    known(ksrtpd, 1)

    def closes(s):
        # less than the 10, 20 and 60 seconds that are usual
        s.settimeout(8)
        assert s.recv(1) == b""
        s.close()

    def connect(port):
        return case.bed.socket("phone", lambda: socket.create_connection((EDGE_OUT, port)))

    with case.check("deadlines: who says nothing is closed when first_time is over"):
        closes(connect(5060))
    with case.check("deadlines: a handshake that does not go on when handshake_time is"):
        closes(connect(5061))
    with case.check("deadlines: a message that does not end when message_time is"):
        phone = Raw(case.bed, "tcp")
        phone.send(phone.request("OPTIONS", "sip:100@" + EDGE_OUT, Max_Forwards="0"))
        assert phone.final()[0] == 483
        phone.send(b"OPTIONS sip:")
        closes(phone.s)
    with case.check("deadlines: so many requests of one source may be under way, one more is 503"):
        phone = Raw(case.bed, "udp")
        for _ in range(2):
            phone.send(phone.request("MESSAGE", "sip:100@" + EDGE_OUT))
            seen = core.receive()
            assert seen.startswith("MESSAGE"), seen
        phone.send(phone.request("MESSAGE", "sip:100@" + EDGE_OUT))
        assert phone.final()[0] == 503
        core.answer(seen, 200)
        assert phone.final()[0] == 200
        phone.close()
    core.close()


def session_timer(case):
    """A call on hold with a living session timer stays, one without it is over when its media is."""
    core = Core(case.bed)
    ksrtpd = case.ksrtpd(sides='media {\n\tbackend = "%s"\n\tidle = 1\n}\n' % peers.back_end() +
                         core_section("pbx", [CORE], "\tsrtp = plain\n"))
    known(ksrtpd, 1)
    phone = Raw(case.bed, "tls")

    def call(headers):
        offer = invite(phone, "sip:100@" + EDGE_OUT, SDP + "a=sendonly\r\n")
        phone.send(offer)
        seen = core.receive()
        core.answer(seen, 200, headers, SDP.replace(PHONE, CORE) + "a=recvonly\r\n")
        status, got = phone.final()
        assert status == 200 and headers in got, got
        phone.send(in_dialog("ACK", offer, got, 1))
        assert core.receive().startswith("ACK ")
        return offer, got

    timed = call("Session-Expires: 1800;refresher=uac\r\n")
    timed_id = ksrtpd.ask("calls")[0]["call"]
    call("")
    with case.check("session timer: the call without one ends with its media, the other does not"):
        until(lambda: "no media" in ksrtpd.text(), 60, "one of them ended")
        assert [c["call"] for c in ksrtpd.ask("calls")] == [timed_id]
    with case.check("session timer: it stays while that lives, and refreshes pass"):
        phone.send(in_dialog("UPDATE", *timed, 2))
        seen = core.receive()
        assert seen.startswith("UPDATE "), seen
        # without the header the timer ends (RFC 4028 section 7.2), and then silence counts again
        core.answer(seen, 200)
        assert phone.final()[0] == 200
        until(lambda: not ksrtpd.ask("calls"), 60, "it ended, too")
    for s in (phone, core):
        s.close()


ALL = [session_timer, deadlines]
