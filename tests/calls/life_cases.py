# SPDX-License-Identifier: GPL-2.0-or-later
"""How long things may last: connections that are slow, requests without an answer."""
import socket

from bed import CORE, EDGE_OUT
from raw import Core, Raw
from route_cases import core_section, known


def deadlines(case):
    """limits: what one connection and one source may take, when it is less than usual."""
    core = Core(case.bed)
    ksrtpd = case.ksrtpd(sides="limits {\n\ttransactions = 2\n\tfirst_time = 1\n\tmessage_time = 1\n"
                         "\thandshake_time = 1\n}\n" + core_section("pbx", [CORE]))
    known(ksrtpd, 1)

    def closes(s):
        # far less than the 20 and 60 seconds that are usual
        s.settimeout(15)
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


ALL = [deadlines]
