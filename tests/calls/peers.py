# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs of a call: baresip, Kamailio, ksrtpd, a capture.

Where they lie: KSRTPD, SRTPCHECK name the programs, KSRTP_ROOT a directory with an unpacked usr/ that
holds baresip and kamailio; without them the build directory is taken, then the system.
"""
import functools
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import threading
import time

from bed import CORE, EDGE_IN, EDGE_OUT, EDGE_OUT6, PHONE, PHONE6, end, until

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOT = os.environ.get("KSRTP_ROOT") or os.path.join(TOP, "build/root")
KSRTPD = os.environ.get("KSRTPD") or os.path.join(TOP, "build/ksrtpd")
SRTPCHECK = os.environ.get("SRTPCHECK") or os.path.join(TOP, "build/tests/calls/srtpcheck")
LIB = "usr/lib/x86_64-linux-gnu"


def installed(path):
    """A file of the unpacked root, else of the system."""
    for top in (ROOT, "/"):
        if os.path.exists(os.path.join(top, path)):
            return os.path.join(top, path)
    raise FileNotFoundError("%s is neither below %s nor installed" % (path, ROOT))


def libraries():
    """The unpacked programs look for their libraries where they were unpacked."""
    dirs = [os.path.join(ROOT, LIB, d) for d in ("", "kamailio", "pulseaudio", "blas", "lapack")]
    return {"LD_LIBRARY_PATH": ":".join(dirs)} if os.path.isdir(dirs[0]) else {}


KAMAILIO = """#!KAMAILIO
debug=1
log_stderror=yes
children=2
tcp_children=1
dns=no
rev_dns=no
auto_aliases=no
listen=udp:%(ip)s:5060
listen=tcp:%(ip)s:5060
%(tls)smpath="%(modules)s/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "path.so"
%(tls_module)smodparam("registrar", "use_path", %(path)d)
modparam("registrar", "path_mode", 0)

request_route {
	if (!mf_process_maxfwd_header("20")) {
		sl_send_reply("483", "Too Many Hops");
		exit;
	}
	if (is_method("OPTIONS")) {
		sl_send_reply("200", "OK");
		exit;
	}
	if (is_method("REGISTER")) {
		if (!pv_auth_check("$fd", "secret", "0", "0")) {
			auth_challenge("$fd", "0");
			exit;
		}
		save("location");
		exit;
	}
	if (has_totag()) {
		loose_route();
		t_relay();
		exit;
	}
	if (is_method("CANCEL|ACK")) {
		if (t_check_trans())
			t_relay();
		exit;
	}
	if (is_method("INVITE"))
		record_route();
	if (!lookup("location")) {
		sl_send_reply("404", "Not Found");
		exit;
	}
	t_relay();
}
"""

KAMAILIO_TLS = """loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "%(pem)s")
modparam("tls", "private_key", "%(pem)s")
"""


class Kamailio:
    """Registrar and proxy with MD5 digest ("secret" for everybody); leaves SDP alone."""

    def __init__(self, bed, path=False, certificate=None):
        self.bed = bed
        d = os.path.join(bed.out, "kamailio")
        run = os.path.join(d, "run")
        os.makedirs(run, exist_ok=True)
        with open(d + "/kamailio.cfg", "w") as f:
            f.write(KAMAILIO % {
                "ip": CORE, "path": path, "modules": installed(LIB + "/kamailio/modules"),
                "tls": "enable_tls=yes\nlisten=tls:%s:5061\n" % CORE if certificate else "",
                "tls_module": KAMAILIO_TLS % {"pem": certificate} if certificate else ""})
        self.log = d + "/log"
        self.p = bed.spawn("core", [installed("usr/sbin/kamailio"), "-DD", "-E", "-m", "32", "-M", "8",
                                    "-f", d + "/kamailio.cfg", "-Y", run], self.log, libraries())
        until(self.answers, 20, "kamailio answers")

    def answers(self):
        assert self.p.poll() is None, "kamailio ended: " + open(self.log).read()[-500:]
        s = self.bed.socket("core", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        with s:
            s.settimeout(0.1)
            s.bind((CORE, 0))
            port = s.getsockname()[1]
            s.sendto(("OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%d;branch=z9hG4bK%d\r\n"
                      "From: <sip:x@x>;tag=1\r\nTo: <sip:x@x>\r\nCall-ID: %d\r\nCSeq: 1 OPTIONS\r\n"
                      "Max-Forwards: 5\r\nContent-Length: 0\r\n\r\n"
                      % (CORE, CORE, port, time.time_ns(), time.time_ns())).encode(), (CORE, 5060))
            try:
                return s.recv(4096).startswith(b"SIP/2.0 200")
            except OSError:
                return False

    def stop(self):
        end(self.p)     # it hangs on SIGTERM now and then: its exit code proves nothing


def load_module():
    """True in a guest, with the module in place."""
    module = os.path.join(TOP, "build/ksrtp.ko")
    if not os.path.exists(module):
        return False
    if not os.path.exists("/proc/net/ksrtp_stat"):
        subprocess.run(["insmod", module], check=True)
    return True


def back_end():
    """The kernel's where the module is loaded, else the threads of ksrtpd; KSRTP_BACKEND overrides."""
    return os.environ.get("KSRTP_BACKEND") or (
        "kernel" if os.path.exists("/proc/net/ksrtp_stat") else "user")


class Ksrtpd:
    """The daemon under test in the edge's namespace.

    core: lines of the core section, None for the built-in registrar with alice, bob and carol
    sides: sections of sides and routes in place of that one
    etc: a directory in place of /etc, for resolv.conf and hosts
    """

    def __init__(self, bed, core, env=None, sides=None, etc=None):
        config = 'media {\n\tbackend = "%s"\n}\n' % back_end()
        if sides:
            config += sides
        elif core is None:
            config += "".join('user %s {\n\tpassword = "secret"\n}\n' % u
                              for u in ("alice", "bob", "carol"))
        else:
            config += "core {\n%s}\n" % core
        self.bed = bed
        self.dir = os.path.join(bed.out, "ksrtpd")
        os.makedirs(self.dir, exist_ok=True)
        self.control = self.dir + "/control"
        self.log = self.dir + "/log"
        with open(self.dir + "/ksrtpd.conf", "w") as f:
            f.write('state_dir = "%s"\nruntime_dir = "%s"\ncontrol = "%s"\nlog_level = "debug"\n'
                    % (self.dir, self.dir, self.control) + config)
        self.env = env
        self.etc = etc
        self.start()

    def start(self, manager=None):
        """Once more, when it has ended; by a manager that keeps its sockets, if there is one."""
        argv, fds, env = [KSRTPD, "-c", self.dir + "/ksrtpd.conf"], (), self.env
        if manager:
            argv, fds, env = manager.hand_down(argv)
        self.p = self.bed.spawn("edge", argv, self.log, env, fds, self.etc)
        until(self.up, 30, "ksrtpd is up")

    def up(self):
        assert self.p.poll() is None, "ksrtpd ended: " + open(self.log).read()[-800:]
        try:
            return self.ask("status")
        except OSError:
            return None

    def ask(self, cmd, **arguments):
        """One command over the control socket."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(30)
            s.connect(self.control)
            s.sendall(json.dumps({"cmd": cmd, **arguments}).encode() + b"\n")
            got = b""
            while not got.endswith(b"\n"):
                more = s.recv(65536)
                if not more:
                    break
                got += more
        answer = json.loads(got)
        assert "reply" in answer, answer
        return answer["reply"]

    def text(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def alive(self):
        return self.p.poll() is None and self.ask("status") is not None

    def stop(self, sig=signal.SIGTERM):
        return end(self.p, sig)


class Baresip:
    """One headless baresip with one account, driven over its control port."""

    MODULES = ["g711", "aufile", "aubridge", "sndfile", "srtp"]

    def __init__(self, bed, name, ns, **opt):
        """opt: aor, transport, outbound, enc, password, answer ("auto", "manual"), register, ipv6, wav,
        port, certificate, rtp_timeout, at (its address and the edge's), rtp_ports (first, last)"""
        self.bed, self.ns = bed, ns
        self.name = name
        six = opt.get("ipv6")       # of the phone's network only
        self.ip = PHONE6 if six else PHONE if ns == "phone" else CORE
        self.edge = EDGE_OUT6 if six else EDGE_OUT if ns == "phone" else EDGE_IN
        self.ip, self.edge = opt.get("at") or (self.ip, self.edge)
        transport = opt.get("transport", "udp")
        port = opt.get("port", 5070)
        self.dir = os.path.join(bed.out, opt.get("dir", name))
        self.rec = self.dir + "/rec"
        self.log = self.dir + "/log"
        os.makedirs(self.rec)
        tls = opt.get("certificate")
        rtp = 20000 + 100 * (port - 5070)
        rtp_ports = opt.get("rtp_ports") or (rtp, rtp + 98)
        with open(self.dir + "/config", "w") as f:
            f.write("poll_method epoll\nsip_listen %s:%d\nnet_interface %s\n"
                    % ("[%s]" % self.ip if six else self.ip, port, "p0" if ns == "phone" else "c0"))
            f.write("audio_source aufile,%s\naudio_player aubridge,sink\naudio_alert aubridge,alert\n"
                    % opt["wav"])
            f.write("audio_level no\nausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\n"
                    "auplay_channels 1\nsnd_path %s\nrtp_ports %d-%d\nmodule_path %s\n"
                    % ((self.rec,) + rtp_ports + (installed("usr/lib/baresip/modules"),)))
            f.write("".join("module %s.so\n" % m for m in self.MODULES))
            f.write("module_tmp account.so\nmodule_app menu.so\nmodule ctrl_tcp.so\n"
                    "ctrl_tcp_listen 127.0.0.1:%d\n" % (port + 1000))
            if opt.get("rtp_timeout"):
                f.write("rtp_timeout %d\n" % opt["rtp_timeout"])
            if tls:
                f.write("sip_certificate %s\nsip_cafile %s\n" % (tls, tls))
        aor = opt.get("aor", "%s@%s" % (name, "[%s]" % self.edge if six else self.edge))
        param = ["transport=" + transport]
        tail = ["regint=%d" % (600 if opt.get("register", True) else 0),
                "answermode=" + opt.get("answer", "auto"), "audio_codecs=PCMU/8000/1"]
        tail += ["auth_user=" + name, "auth_pass=" + opt.get("password", "secret")]
        if opt.get("enc"):
            tail.append("mediaenc=" + opt["enc"])
        if opt.get("outbound"):
            tail.append('outbound="sip:%s;transport=%s"' % (opt["outbound"], transport))
        with open(self.dir + "/accounts", "w") as f:
            f.write("<sip:%s;%s>;%s\n" % (aor, ";".join(param), ";".join(tail)))
        open(self.dir + "/contacts", "w").close()
        self.events = []
        self.buf = b""
        self.s = None
        self.p = bed.spawn(ns, [installed("usr/bin/baresip"), "-6" if six else "-4", "-s", "-f", self.dir], self.log,
                           libraries())
        self.control_port = port + 1000
        until(self.connect, 20, name + "'s control port")

    def connect(self):
        assert self.p.poll() is None, self.name + " ended: " + self.text()[-500:]
        s = self.bed.socket(self.ns, socket.socket)
        try:
            s.connect(("127.0.0.1", self.control_port))
        except OSError:
            s.close()
            return False
        self.s = s
        return True

    def pump(self):
        while select.select([self.s], [], [], 0)[0]:
            more = self.s.recv(65536)
            if not more:
                return
            self.buf += more
            while True:
                m = re.match(rb"(\d+):", self.buf)
                if not m or len(self.buf) <= m.end() + int(m[1]):
                    break
                body = self.buf[m.end():m.end() + int(m[1])]
                self.buf = self.buf[m.end() + int(m[1]) + 1:]
                self.events.append(json.loads(body))

    def got(self, kind):
        """How often an event came, CALL_ESTABLISHED for example."""
        self.pump()
        return sum(e.get("type") == kind for e in self.events)

    def wait(self, kind, limit=10, n=1):
        until(lambda: self.got(kind) >= n, limit, "%s: %s" % (self.name, kind))

    def reason(self):
        """Why the last call ended."""
        self.pump()
        return next((e.get("param", "") for e in reversed(self.events)
                     if e.get("type") == "CALL_CLOSED"), None)

    def command(self, command, params=""):
        m = json.dumps({"command": command, "params": params}).encode()
        self.s.sendall(b"%d:%s," % (len(m), m))

    def dial(self, uri):
        self.command("dial", uri)

    def hangup(self):
        self.command("hangup")

    def text(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def is_registered(self):
        # its event may have come before anybody was connected to hear it
        return re.search(r"200 OK.*\[\d+ binding", self.text()) is not None

    def registered(self):
        until(self.is_registered, 10, self.name + " is registered")

    def messages(self):
        """The SIP messages of its trace: (start line, whole text), in order, both directions."""
        text = re.sub(r"\x1b\[[0-9;]*m", "", self.text()).replace("\r", "")
        out = []
        for part in re.split(r"(?m)^(?=(?:[A-Z]+ sips?:\S+ SIP/2\.0|SIP/2\.0 \d{3} .*)$)", text):
            line = part.split("\n", 1)[0]
            if "SIP/2.0" in line:
                out.append((line, part))
        return out

    def sdp(self, offer):
        """(address, port, crypto lines) of the last SDP in an INVITE (offer) or in a 200."""
        want = r"INVITE " if offer else r"SIP/2\.0 200"
        found = None
        for line, part in self.messages():
            m = re.search(r"(?m)^m=audio (\d+)", part)
            if m and re.match(want, line):
                address = re.search(r"(?m)^c=IN IP[46] (\S+)", part)
                crypto = re.findall(r"(?m)^a=crypto:\d+ (\S+) inline:([A-Za-z0-9+/=]+)", part)
                found = (address[1], int(m[1]), crypto)
        assert found, "%s: no SDP in its trace" % self.name
        return found

    def quit(self):
        try:
            self.command("quit")
        except OSError:
            pass
        end(self.p, signal.SIGTERM, 10)
        if self.s:
            self.s.close()

    def vanish(self):
        """As when the battery is taken out: not a word to anybody."""
        self.p.kill()
        os.killpg(self.p.pid, signal.SIGKILL)
        self.p.wait()


class Capture:
    """What passes one interface of the edge: UDP, both directions."""

    def __init__(self, bed, interface):
        self.file = os.path.join(bed.out, interface + ".pcap")
        self.frames = []
        self.s = bed.socket("edge", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                                          socket.htons(3)))
        self.s.setsockopt(socket.SOL_SOCKET, 33, 4 << 20)       # SO_RCVBUFFORCE
        self.s.bind((interface, 0))
        self.s.settimeout(0.2)
        self.beacon = bed.socket("edge", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.towards = (PHONE if interface == "e0" else CORE, 9)
        self.beacons = 0
        self.stopped = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        bed.watching.append(self)

    def run(self):
        while not self.stopped:
            try:
                frame = self.s.recv(65536)
            except TimeoutError:
                continue
            if (frame[12:14] == b"\x08\0" and frame[23] == 17 or
                    frame[12:14] == b"\x86\xdd" and frame[20] == 17):
                self.frames.append(frame)

    def stop(self):
        self.stopped = True
        self.thread.join()
        self.s.close()
        self.beacon.close()

    def flush(self):
        """Wait until all that passed so far has been taken up: until one more packet has."""
        self.beacons += 1
        mark = b"beacon %d" % self.beacons
        self.beacon.sendto(mark, self.towards)
        until(lambda: any(f.endswith(mark) for f in self.frames[-1000:]), 10, "the capture goes on")

    def select(self, source, destination):
        """The UDP payloads of one direction of one leg, so far; source may be an address alone."""
        six = ":" in source[0]
        pack = functools.partial(socket.inet_pton, socket.AF_INET6 if six else socket.AF_INET)
        first, udp = (22, 54) if six else (26, 34)
        ends = pack(source[0]) + pack(destination[0])
        ports = struct.pack(">H", source[1]) if source[1:] else b"", struct.pack(">H", destination[1])
        return [f[udp + 8:udp + struct.unpack_from(">H", f, udp + 4)[0]] for f in list(self.frames)
                if f[first:first + len(ends)] == ends and f[udp:udp + 2].startswith(ports[0]) and
                f[udp + 2:udp + 4] == ports[1]]

    def rtp(self, source, destination, crypto=None):
        """[(sequence, timestamp, payload)] of a direction, packets seen, packets authentic."""
        out, packets, authentic, _, _ = self.checked(source, destination, crypto)
        return out, packets, authentic

    def rtcp(self, source, destination, crypto=None):
        """Packets seen, packets authentic."""
        return self.checked(source, destination, crypto)[3:]

    def checked(self, source, destination, crypto):
        """What srtpcheck says of a direction: the RTP, and how many packets of each kind."""
        self.flush()
        with open(self.file, "wb") as f:
            f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65536, 1))
            for frame in list(self.frames):
                f.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
        key = "clear\n"
        if crypto:      # baresip leaves the padding out
            bare = crypto[1].rstrip("=")
            key = "%s %s\n" % (crypto[0], bare + "=" * (-len(bare) % 4))
        got = subprocess.run([SRTPCHECK, self.file, "%s:%d" % source, "%s:%d" % destination],
                             input=key.encode(), capture_output=True, check=True).stdout.decode()
        *lines, last = got.splitlines()
        out = []
        for line in lines:
            seq, ts, _, payload = (line + " ").split(" ")[:4]
            out.append((int(seq), int(ts), payload))
        return (out,) + tuple(int(x) for x in re.findall(r"\d+", last))


def certificate(path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path + ".key", "-out",
                    path + ".crt", "-days", "30", "-subj", "/CN=phone.test"],
                   check=True, stderr=subprocess.DEVNULL)
    with open(path, "w") as f:
        f.write(open(path + ".crt").read() + open(path + ".key").read())
