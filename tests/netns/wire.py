# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets with any header at all: IPv4 and IPv6 by hand, and a socket that puts them on a link of the bed."""
import socket
import struct

import bed


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def datagram(source, to, payload, ttl=64, udp_sum=None, frag=0, ident=7, options=b"", tos=0):
    """a whole IPv4 packet"""
    src, dst = socket.inet_aton(source[0]), socket.inet_aton(to[0])
    udp = struct.pack("!HHHH", source[1], to[1], 8 + len(payload), 0) + payload
    if udp_sum is None:
        pseudo = src + dst + struct.pack("!BBH", 0, 17, len(udp))
        udp_sum = checksum(pseudo + udp) or 0xFFFF
    udp = udp[:6] + struct.pack("!H", udp_sum) + udp[8:]
    return ip_header(src, dst, len(udp), ttl, frag, ident, options=options, tos=tos) + udp


def ip_header(src, dst, length, ttl=64, frag=0, ident=7, protocol=17, options=b"", tos=0):
    first, total = 0x45 + len(options) // 4, 20 + len(options) + length
    head = struct.pack("!BBHHHBBH", first, tos, total, ident, frag, ttl, protocol, 0) + src + dst + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:]


class Wire:
    """packets from the phone's network, with any header at all"""

    def __init__(self, where="k-phone", near="e0"):
        with bed.inside(where):
            self.s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self.mac = bed.sh("ip", "-n", "k-edge", "-br", "link", "show", near).split()[2]

    def send(self, packet, protocol=0x0800, mac=None):
        mac = bytes(int(x, 16) for x in (mac or self.mac).split(":"))
        self.s.sendto(packet, ("eth0", protocol, 0, 0, mac))


def datagram6(source, to, payload, hops=64, chain=((17, b""),), tos=0):
    """a whole IPv6 packet; chain: (next header's number, the header before it) down to UDP"""
    src, dst = socket.inet_pton(socket.AF_INET6, source[0]), socket.inet_pton(socket.AF_INET6, to[0])
    udp = struct.pack("!HHHH", source[1], to[1], 8 + len(payload), 0) + payload
    pseudo = src + dst + struct.pack("!II", len(udp), 17)
    udp = udp[:6] + struct.pack("!H", checksum(pseudo + udp) or 0xFFFF) + udp[8:]
    body = b"".join(header for _, header in chain) + udp
    return struct.pack("!IHBB", 0x60000000 | tos << 20, len(body), chain[0][0], hops) + src + dst + body
