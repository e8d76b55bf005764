# SPDX-License-Identifier: GPL-2.0-or-later
"""Generic netlink by hand: the family "ksrtp" as bytes, without any of our own code between test and kernel.

Objects are dictionaries whose names are those of include/uapi/ksrtp.h in lower case; a key that may stand several
times has a list for a value."""
import os
import re
import socket
import struct

HEADER = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "include", "uapi", "ksrtp.h"
)

NLM_F_REQUEST, NLM_F_MULTI, NLM_F_ACK, NLM_F_DUMP = 1, 2, 4, 0x300
NLM_F_DUMP_INTR, NLM_F_ACK_TLVS = 0x10, 0x200
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLA_F_NESTED, NLA_TYPE_MASK = 0x8000, 0x3FFF
SOL_NETLINK = 270
GENL_ID_CTRL = 16
PATIENCE = 60  # seconds for an answer, which comes at once


def _enums():
    """{prefix: {name in lower case: number}} of the header's enums"""
    with open(HEADER) as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    found = {}
    for body in re.findall(r"enum \w+ \{(.*?)\}", text, re.S):
        number = -1
        for item in body.split(","):
            m = re.match(r"\s*(KSRTP_\w+)(?:\s*=\s*(\d+))?\s*$", item)
            if not m:
                continue
            number = int(m.group(2)) if m.group(2) else number + 1
            prefix, _, name = re.match(r"KSRTP_((\w+_)?(?:A|CMD)|\w+?)_(.*)$", m.group(1)).group(
                1, 2, 3
            )
            found.setdefault(prefix.lower(), {})[name.lower()] = number
    return found


ENUMS = _enums()
COMMANDS = ENUMS["cmd"]
TYPES = {  # what each attribute holds
    "session": dict(id="u32", label="str", cookie="bytes", idle="u32", lifetime="u32", persist="flag",
                    orphan="flag", age="u32", flows="u32", guard="flag"),
    "flow": dict(id="u32", session="u32", peer="u32", listen="addr", listen_port="u16", listen_rtcp="u16",
                 remote="addr", remote_port="u16", remote_rtcp="u16", natted="addr", source="u8",
                 secure_rx="flag", secure_tx="flag", streams="u32", latched="flag", in_place="flag", raw="flag", key=["key"],
                 stats="stats"),
    "key": dict(id="u32", flow="u32", direction="u8", suite="str", key="bytes", salt="bytes", mki="bytes",
                rtp_limit="u64", rtcp_limit="u64", rtp_used="u64", rtcp_used="u64", kdr="u8",
                unencrypted_srtp="flag", unencrypted_srtcp="flag", unauthenticated_srtp="flag", encrypted_ids="bytes",
                replace="flag"),
    "stream": dict(flow="u32", direction="u8", ssrc="u32", roc="u32", seq="u16", rtcp_index="u32",
                   rtp_packets="u64", rtp_bytes="u64", rtcp_packets="u64", last="u32", clear="flag", age="u32", type="u8",
                   clock="u32", expected="u32", lost="s32", reordered="u32", duplicates="u32", jitter="u32",
                   far_lost="s32", far_fraction="u8", far_jitter="u32", far_age="u32", rtt="u32"),
    "stats": dict(rx_packets="u64", rx_bytes="u64", rx_secure="u64", tx_packets="u64", tx_bytes="u64",
                  tx_secure="u64", tx_fragmented="u64", verdict=["count"], sessions="u32", flows="u32", streams="u32", prim="str",
                  probes="u64"),
    "count": dict(name="str", value="u64"),
    "event": dict(type="u8", session="u32", flow="u32", ssrc="u32", remote="addr", remote_port="u16", packets="u32", share="u32",
                  source="addr", source_port="u16"),
    "lane": dict(ifindex="u32", name="str", packets="u64"),
    "": dict(session="session", flow=["flow"], key="key", stream="stream", stats="stats", event="event", lane="lane"),
}  # fmt: skip
NUMBERS = dict(u8="B", u16="H", u32="I", u64="Q", s32="i")


class Refused(OSError):
    """errno, the kernel's sentence, the offset of the bad attribute (None: none was named)"""

    def __init__(self, errno, sentence, offset):
        super().__init__(errno, os.strerror(errno) + ": " + str(sentence))
        self.sentence, self.offset = sentence, offset


def attribute(kind, data):
    raw = struct.pack("=HH", 4 + len(data), kind) + data
    return raw + b"\0" * (-len(raw) % 4)


def pack(kind, value):
    if kind in NUMBERS:
        return struct.pack("=" + NUMBERS[kind], value)
    if kind == "str":
        return value.encode() + b"\0"
    if kind == "flag":
        return b""
    if kind == "addr" and isinstance(value, str):
        return socket.inet_pton(socket.AF_INET6 if ":" in value else socket.AF_INET, value)
    return value


def encode(where, values):
    numbers = ENUMS[where + "_a" if where else "a"]
    out = b""
    for name, value in values.items():
        kind = TYPES[where][name]
        for v in value if isinstance(kind, list) and isinstance(value, list) else [value]:
            k = kind[0] if isinstance(kind, list) else kind
            if k == "flag" and not v:
                continue
            if k in TYPES:
                out += attribute(numbers[name] | NLA_F_NESTED, encode(k, v))
            else:
                out += attribute(numbers[name], pack(k, v))
    return out


def attributes(data):
    at = 0
    while at + 4 <= len(data):
        n, kind = struct.unpack_from("=HH", data, at)
        if n < 4:
            return
        yield kind & NLA_TYPE_MASK, data[at + 4 : at + n]
        at += n + (-n % 4)


def decode(where, data):
    names = {v: k for k, v in ENUMS[where + "_a" if where else "a"].items()}
    out = {}
    for number, raw in attributes(data):
        name = names[number]
        if name == "pad":
            continue
        kind = TYPES[where][name]
        k = kind[0] if isinstance(kind, list) else kind
        if k in TYPES:
            value = decode(k, raw)
        elif k in NUMBERS:
            value = struct.unpack("=" + NUMBERS[k], raw)[0]
        elif k == "str":
            value = raw.rstrip(b"\0").decode(errors="replace")
        elif k == "flag":
            value = True
        elif k == "addr":
            value = socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)
        else:
            value = raw
        if isinstance(kind, list):
            out.setdefault(name, []).append(value)
        else:
            out[name] = value
    return out


class Netlink:
    """one socket, in the network namespace the caller is in when it is made"""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        self.sock.bind((0, 0))
        for option in (11, 12):  # NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK
            self.sock.setsockopt(SOL_NETLINK, option, 1)
        self.sock.settimeout(PATIENCE)
        self.seq = 0
        name = b"ksrtp\0"
        reply = self.transact(GENL_ID_CTRL, 3, 2, attribute(2, name))
        found = dict(attributes(reply[0][4:]))
        self.family = struct.unpack("=H", found[1])[0]
        self.group = None
        for _, group in attributes(found.get(7, b"")):
            g = dict(attributes(group))
            if g[1] == b"events\0":
                self.group = struct.unpack("=I", g[2])[0]

    def close(self):
        self.sock.close()

    def transact(self, family, command, version, body, flags=NLM_F_ACK):
        """the payloads of the answers; raises Refused"""
        self.seq += 1
        head = struct.pack("=IHHII", 20 + len(body), family, NLM_F_REQUEST | flags, self.seq, 0)
        self.sock.send(head + struct.pack("=BBH", command, version, 0) + body)
        return self.answers()

    def answers(self):
        out, self.interrupted = [], False
        while True:
            data = self.sock.recv(1 << 16)
            at = 0
            while at < len(data):
                n, kind, flags, seq, _ = struct.unpack_from("=IHHII", data, at)
                payload = data[at + 16 : at + n]
                at += n + (-n % 4)
                self.interrupted |= bool(flags & NLM_F_DUMP_INTR)
                if seq != self.seq:
                    continue
                if kind == NLMSG_ERROR or kind == NLMSG_DONE:
                    self.judge(payload, flags, kind)
                    return out
                out.append(payload)

    def judge(self, payload, flags, kind):
        errno = -struct.unpack_from("=i", payload)[0]
        if errno <= 0:
            return
        at = 4
        if kind == NLMSG_ERROR:
            # the request stands before the sentences, unless it was capped
            n = struct.unpack_from("=I", payload, 4)[0]
            at = 4 + n + (-n % 4) if not flags & 0x100 else 20
        tlvs = dict(attributes(payload[at:])) if flags & NLM_F_ACK_TLVS else {}
        offset = struct.unpack("=I", tlvs[2])[0] if 2 in tlvs else None
        sentence = tlvs[1].rstrip(b"\0").decode() if 1 in tlvs else None
        raise Refused(errno, sentence, offset)

    def do(self, command, **values):
        """one command; the answer's object, if there is one"""
        return self.raw(command, encode("", values))

    def raw(self, command, body):
        replies = self.transact(self.family, COMMANDS[command], 1, body)
        return decode("", replies[0][4:]) if replies else None

    def dump(self, command, **values):
        replies = self.transact(
            self.family, COMMANDS[command], 1, encode("", values), NLM_F_ACK | NLM_F_DUMP
        )
        return [decode("", r[4:]) for r in replies]

    def join(self):
        self.sock.setsockopt(SOL_NETLINK, 1, self.group)

    def event(self, timeout=PATIENCE):
        self.sock.settimeout(timeout)
        data = self.sock.recv(1 << 16)
        return decode("", data[20:])["event"]
