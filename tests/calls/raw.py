# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP by hand: requests as bytes over UDP, TCP or TLS, for what no honest phone would send."""
import hashlib
import re
import secrets
import socket
import ssl

from bed import CORE, EDGE_OUT


def digest(challenge, user, password, method, uri, nc=1):
    """The value of (Proxy-)Authorization for an MD5 challenge."""
    field = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    md5 = lambda s: hashlib.md5(s.encode()).hexdigest()
    cnonce = "0a4f113b"
    count = "%08x" % nc
    response = md5(":".join([md5("%s:%s:%s" % (user, field["realm"], password)), field["nonce"],
                             count, cnonce, "auth", md5(method + ":" + uri)]))
    return ('Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", algorithm=MD5, '
            'qop=auth, nc=%s, cnonce="%s"'
            % (user, field["realm"], field["nonce"], uri, response, count, cnonce))


def family(ip):
    return socket.AF_INET6 if ":" in ip else socket.AF_INET


class Raw:
    def __init__(self, bed, transport, ns="phone", to=EDGE_OUT, source=None, port=None):
        self.transport = transport
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.s = bed.socket(ns, lambda: socket.socket(family(to), kind))
        self.s.settimeout(20)
        if source:
            self.s.bind((source, 0))
        self.s.connect((to, port or (5061 if transport == "tls" else 5060)))
        if transport == "tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.s = context.wrap_socket(self.s)
        self.ip, self.port = self.s.getsockname()[:2]
        self.buf = b""

    def request(self, method, uri, user="mallory", headers="", body="", **field):
        """A whole request; a field given as None is left out, any other replaces the default."""
        host = ("[%s]:%d" if ":" in self.ip else "%s:%d") % (self.ip, self.port)
        default = {
            "Via": "SIP/2.0/%s %s;branch=z9hG4bK%s;rport" % (self.transport.upper(), host,
                                                             secrets.token_hex(8)),
            "From": "<sip:%s@%s>;tag=%s" % (user, EDGE_OUT, secrets.token_hex(4)),
            "To": "<%s>" % uri,
            "Call-ID": secrets.token_hex(8),
            "CSeq": "1 " + method,
            "Max-Forwards": "70",
            "Contact": "<sip:%s@%s>" % (user, host),
            "Content-Length": str(len(body)),
        }
        default.update({k.replace("_", "-"): v for k, v in field.items()})
        lines = ["%s %s SIP/2.0" % (method, uri)]
        lines += ["%s: %s" % (k, v) for k, v in default.items() if v is not None]
        return ("\r\n".join(lines) + "\r\n" + headers + "\r\n" + body).encode()

    def send(self, data):
        self.s.sendall(data)

    def receive(self):
        """The next message, "" when the other end closed."""
        while True:
            if self.transport == "udp":
                return self.s.recv(65536).decode()
            head, sep, rest = self.buf.partition(b"\r\n\r\n")
            if sep:
                m = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head)
                n = int(m[1]) if m else 0
                if len(rest) >= n:
                    self.buf = rest[n:]
                    return (head + sep + rest[:n]).decode()
            try:
                more = self.s.recv(65536)
            except ConnectionError:
                return ""
            if not more:
                return ""
            self.buf += more

    def final(self):
        """The next final response's status, and the response."""
        while True:
            got = self.receive()
            m = re.match(r"SIP/2\.0 (\d{3})", got)
            if not m:
                return 0, got
            if int(m[1]) >= 200:
                return int(m[1]), got

    def ask(self, method, uri, password=None, **more):
        """A request, once more with credentials if it is challenged and there is a password."""
        self.send(self.request(method, uri, **more))
        status, answer = self.final()
        if status not in (401, 407) or password is None:
            return status, answer
        m = re.search(r"(?im)^(WWW|Proxy)-Authenticate: *(.*?)\r?$", answer)
        name = "Authorization" if m[1].upper() == "WWW" else "Proxy-Authorization"
        value = digest(m[2], more.get("user", "mallory"), password, method, uri)
        again = dict(more, CSeq="2 " + method)
        again["headers"] = more.get("headers", "") + "%s: %s\r\n" % (name, value)
        self.send(self.request(method, uri, **again))
        return self.final()

    def close(self):
        self.s.close()


class Core:
    """A core by hand: takes requests of ksrtpd over UDP, or TLS with a certificate of its own."""

    def __init__(self, bed, certificate=None, ip=CORE):
        kind = socket.SOCK_STREAM if certificate else socket.SOCK_DGRAM
        self.tls = certificate is not None
        self.s = bed.socket("core", lambda: socket.socket(family(ip), kind))
        if self.tls:
            self.s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.s.settimeout(20)
        self.ip = ip
        self.s.bind((ip, 5061 if self.tls else 5060))
        self.peer = None
        self.seen = set()
        if self.tls:
            self.s.listen()
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)

    def receive(self):
        """The next request, not what UDP brings once more."""
        while not self.tls:
            data, self.peer = self.s.recvfrom(65536)
            if data not in self.seen:
                self.seen.add(data)
                return data.decode()
        if not self.peer:
            plain, _ = self.s.accept()
            plain.settimeout(5)
            self.peer = self.context.wrap_socket(plain, server_side=True)
        return self.peer.recv(65536).decode()

    def answer(self, request, status, headers="", body=""):
        """A response; To gets a tag, a body is a session description."""
        keep = re.findall(r"(?im)^(?:via|from|to|call-id|cseq|record-route):.*\r\n", request)
        keep = [h if not h.lower().startswith("to:") or ";tag=" in h else
                h.rstrip() + ";tag=core\r\n" for h in keep]
        if body:
            headers += "Contact: <sip:core@%s>\r\nContent-Type: application/sdp\r\n" % self.ip
        self.send("SIP/2.0 %d Hand\r\n%s%sContent-Length: %d\r\n\r\n%s"
                  % (status, "".join(keep), headers, len(body), body))

    def send(self, text):
        if self.tls:
            self.peer.sendall(text.encode())
        else:
            self.s.sendto(text.encode(), self.peer)

    def close(self):
        self.s.close()
        if self.tls and self.peer:
            self.peer.close()
