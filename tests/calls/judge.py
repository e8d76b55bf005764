# SPDX-License-Identifier: GPL-2.0-or-later
"""What a call must look like on the wire and in the recordings."""

ALICE_HZ, BOB_HZ = 620, 940


class Leg:
    """One side of a call, from the SDP in a peer's trace."""

    def __init__(self, peer, capture, dialled):
        """dialled: this peer made the call, so its own description is the offer"""
        own = peer.sdp(offer=dialled)
        edge = peer.sdp(offer=not dialled)
        self.capture = capture
        self.peer = (own[0], own[1])
        self.edge = (edge[0], edge[1])
        answered = (edge if dialled else own)[2]
        self.suite = answered[0][0] if answered else None
        self.sends = self.key(own[2])
        self.hears = self.key(edge[2])
        assert self.peer[0] == peer.ip, "a foreign address in SDP: %s" % (self.peer,)
        assert self.edge[0] == peer.edge, "not the edge's address in SDP: %s" % (self.edge,)

    def key(self, lines):
        """The key of the suite that was agreed upon."""
        return next(((s, k) for s, k in lines if s == self.suite), None) if self.suite else None

    def sent(self):
        return self.capture.rtp(self.peer, self.edge, self.sends)

    def heard(self):
        return self.capture.rtp(self.edge, self.peer, self.hears)


def same(what, sent, heard):
    """Whatever came out of the edge went in, bit for bit, once, and nearly all of it came out."""
    source, packets, authentic = sent
    result, out_packets, out_authentic = heard
    assert packets > 40, "%s: only %d packets came in" % (what, packets)
    assert packets == authentic, "%s: %d of %d packets authenticate" % (what, authentic, packets)
    assert out_packets == out_authentic, "%s: %d of %d packets of the edge authenticate" % (
        what, out_authentic, out_packets)
    assert len(set(result)) == len(result), "%s: a packet came out twice" % what
    strange = set(result) - set(source)
    assert not strange, "%s: %d packets came out that never went in" % (what, len(strange))
    # the first ones may have come before the answer
    assert len(result) >= 0.8 * len(source), "%s: %d of %d came out" % (what, len(result), len(source))


def random_looking(payloads):
    """No byte of a tone in µ-law is evenly spread; ciphertext is."""
    joined = b"".join(payloads)
    return len(joined) > 4000 and max(joined.count(v) for v in set(joined)) < len(joined) / 100
