# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes that send for as long as they live, while a test changes what lies in their way."""
import os
import signal
import struct
import time

import bed
from bed import ADDR


class Sender:
    """send(s, n) is called for n = 0, 1, 2... with a socket of that namespace; a lost link ends nothing"""

    def __init__(self, send, where="k-phone", addr=None, port=0, cpu=None):
        self.pid = os.fork()
        if not self.pid:
            try:
                if cpu is not None:
                    os.sched_setaffinity(0, [cpu])
                s, n = bed.sock(where, addr or ADDR[4]["phone"], port), 0
                while True:
                    try:
                        send(s, n)
                    except OSError:
                        pass
                    n += 1
            finally:
                os._exit(0)

    def stop(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


class Traffic(Sender):
    """the same packets again and again to ports of the edge"""

    def __init__(self, ports, packets, where="k-phone", source=0, to=ADDR[4]["left"]):
        def send(s, n):
            for port in ports:
                s.sendto(packets[n % len(packets)], (to, port))

        super().__init__(send, where, ADDR[4]["phone"] if where == "k-phone" else to, source)


def numbered(n):
    """a packet that says which one it is"""
    return bed.rtp(n, payload=struct.pack("!Q", n) * 20)


class Stream(Sender):
    """
    numbered packets of one plain source into a call; its socket in the call is closed

    A thousand a second at most, or what is lost while the way is changed would be more than an index
    can be told from.
    """

    def __init__(self, call, side=0, cpu=None):
        where = ("k-phone", "k-core")[side]
        addr, port = call.far[side][0].getsockname()[:2]
        call.far[side][0].close()

        def send(s, n):
            time.sleep(0.001)
            s.sendto(numbered(n), call.near[side][0])

        super().__init__(send, where, addr, port, cpu)


class Ear:
    """what comes out of a call at the other end: every packet must be a right one"""

    def __init__(self, call, side=1):
        self.call, self.side, self.newest = call, side, -1

    def one(self):
        got = self.call.receive(self.side, numbered(0))
        n = struct.unpack_from("!Q", got, 12)[0]
        assert got == numbered(n), "packet %d came out as %s" % (n, got.hex())
        self.newest = max(self.newest, n)
        return n

    def flush(self):
        """all that lies in the socket"""
        s = self.call.far[self.side][0]
        s.settimeout(0.02)
        try:
            while True:
                self.one()
        except TimeoutError:
            pass
        s.settimeout(bed.PATIENCE)

    def goes_on(self, count=20):
        """packets sent from now on arrive"""
        s = self.call.far[self.side][0]
        s.setblocking(False)
        try:
            for _ in range(4096):
                s.recv(2048)
        except BlockingIOError:
            pass
        s.settimeout(bed.PATIENCE)
        for _ in range(count):
            self.one()
