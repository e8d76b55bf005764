# SPDX-License-Identifier: GPL-2.0-or-later
"""A stand-in for the service manager: keeps the descriptors that a service stores, and hands them to the next process."""
import array
import os
import socket
import sys
import threading

# run by the new process: descriptors to 3 and up, and its own number where sd_listen_fds(3) looks
HAND_DOWN = """
import os, sys
fds = [int(x) for x in sys.argv[1].split(",") if x]
high = [os.dup2(fd, 1000 + n) for n, fd in enumerate(fds)]
for n, fd in enumerate(high):
    os.dup2(fd, 3 + n)
    os.set_inheritable(3 + n, True)
os.closerange(3 + len(high), 2000)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = str(len(high))
os.execvp(sys.argv[2], sys.argv[2:])
"""


class Manager(threading.Thread):
    """Listens where NOTIFY_SOCKET says. stored: (name, descriptor), in order"""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.stored, self.said = path, [], []
        self.lock = threading.Lock()
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.s.bind(path)
        self.env = {"NOTIFY_SOCKET": path}
        self.over = False
        self.start()

    def run(self):
        size = socket.CMSG_SPACE(256 * array.array("i").itemsize)
        while True:
            text, more, _, _ = self.s.recvmsg(8192, size)
            if self.over:
                return
            fds = array.array("i")
            for level, kind, data in more:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    fds.frombytes(data[:len(data) // fds.itemsize * fds.itemsize])
            with self.lock:
                self.take(dict(line.partition("=")[::2] for line in text.decode().splitlines()), fds)

    def take(self, said, fds):
        self.said.append(said)
        name = said.get("FDNAME", "stored")
        if said.get("FDSTORE"):
            assert said["FDPOLL"] == "0" and ":" not in name and len(name) < 256, said
            self.stored += [(name, fd) for fd in fds]
        if said.get("FDSTOREREMOVE"):
            for n, fd in self.stored:
                if n == name:
                    os.close(fd)
            self.stored = [(n, fd) for n, fd in self.stored if n != name]

    def names(self):
        with self.lock:
            return [n for n, _ in self.stored]

    def ports(self, name):
        """addresses of the sockets with that name"""
        with self.lock:
            found = []
            for n, fd in self.stored:
                if n == name:
                    with socket.socket(fileno=os.dup(fd)) as s:
                        found.append(s.getsockname()[:2])
            return found

    def hand_down(self, argv):
        """argv, run with what is stored, and the environment that names it"""
        with self.lock:
            names = ":".join(n for n, _ in self.stored)
            fds = [fd for _, fd in self.stored]
        return ([sys.executable, "-c", HAND_DOWN, ",".join(map(str, fds))] + argv, fds,
                dict(self.env, LISTEN_FDNAMES=names))

    def close(self):
        self.over = True
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(b"", self.path)
        self.join()
        self.s.close()
        for _, fd in self.stored:
            os.close(fd)
        self.stored = []
