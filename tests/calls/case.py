# SPDX-License-Identifier: GPL-2.0-or-later
"""What every case has: a bed of its own, peers to put into it, and a list of what it proved."""
import contextlib
import os
import time

import peers
import tone
from bed import CORE, EDGE_IN, Bed, until
from judge import ALICE_HZ, BOB_HZ, Leg, random_looking, same

TALK = float(os.environ.get("TALK_SECONDS", "2.5"))


class Material:
    """What all cases share: the tones that are spoken, and the phones' certificate."""

    def __init__(self, out):
        self.alice_wav = out + "/alice.wav"
        self.bob_wav = out + "/bob.wav"
        self.certificate = out + "/phone.pem"
        tone.write(self.alice_wav, ALICE_HZ)
        tone.write(self.bob_wav, BOB_HZ)
        peers.certificate(self.certificate)


class Case:
    def __init__(self, name, tag, out, material):
        self.name = name
        self.daemon = None
        self.results = []
        self.out = os.path.join(out, name)
        os.makedirs(self.out)
        self.material = material
        self.certificate = material.certificate
        self.bed = Bed(tag, self.out)

    @contextlib.contextmanager
    def check(self, name):
        """One acceptance line: passed if nothing is raised inside."""
        try:
            yield
        except Exception as e:
            text = (str(e) or repr(e))[:2000]
            with contextlib.suppress(Exception):
                text += "\nstatus: %s" % self.daemon.ask("status")
            self.results.append((False, name, text))
        else:
            self.results.append((True, name, ""))

    def passed(self):
        return all(ok for ok, _, _ in self.results)

    # ---- peers

    def ksrtpd(self, core='clear = true\n', sides=None, etc=None):
        if core is not None:
            core = 'uri = "sip:%s"\n%s' % (CORE, core)
        daemon = peers.Ksrtpd(self.bed, core, sides=sides, etc=etc)
        with self.check(self.name + ": ksrtpd uses the back end that is under test"):
            assert daemon.ask("status")["backend"] == peers.back_end()
        self.daemon = daemon
        return daemon

    def finish(self):
        with self.check(self.name + ": ksrtpd ends when it is told to, with status 0"):
            status = self.daemon.stop()
            assert status == 0, "%s: %s" % (status, self.daemon.text()[-1500:])

    def alice(self, **opt):
        """The phone: TLS and SDES."""
        opt = dict({"transport": "tls", "enc": "srtp-mand", "port": 5070,
                    "wav": self.material.alice_wav, "certificate": self.certificate}, **opt)
        return peers.Baresip(self.bed, "alice", "phone", **opt)

    def bob(self, **opt):
        """At Kamailio: UDP and plain RTP."""
        opt = dict({"aor": "bob@" + CORE, "wav": self.material.bob_wav, "port": 5072}, **opt)
        return peers.Baresip(self.bed, "bob", "core", **opt)

    def bob_phone(self, **opt):
        """The second phone of the built-in registrar, on the other network."""
        opt = dict({"transport": "tls", "enc": "srtp-mand", "aor": "bob@" + EDGE_IN,
                    "certificate": self.certificate}, **opt)
        return self.bob(**opt)

    def captures(self):
        return peers.Capture(self.bed, "e0"), peers.Capture(self.bed, "e1")


def talk(case, caller, callee, uri, ends):
    """A whole call; ends hangs up."""
    closed = {p: p.got("CALL_CLOSED") for p in (caller, callee)}
    established = {p: p.got("CALL_ESTABLISHED") for p in (caller, callee)}
    caller.dial(uri)
    for p in (caller, callee):
        p.wait("CALL_ESTABLISHED", n=established[p] + 1)
    time.sleep(TALK)        # of talk: the material that is judged
    ends.hangup()
    for p in (caller, callee):
        p.wait("CALL_CLOSED", n=closed[p] + 1)


def no_calls(ksrtpd, limit=5):
    until(lambda: not ksrtpd.ask("calls"), limit, "the call is gone from ksrtpd")


def judge_wire(case, alice, bob, wires, alice_dialled, secure_bob):
    """Both legs of the last call."""
    left = Leg(alice, wires[0], alice_dialled)
    right = Leg(bob, wires[1], not alice_dialled)
    with case.check("%s: the phone's leg agreed on SDES, the other on %s"
                    % (case.name, "SDES" if secure_bob else "clear")):
        assert left.sends and left.hears, "no keys"
        assert bool(right.sends) == secure_bob and bool(right.hears) == secure_bob, right.suite
        assert left.sends != left.hears
    with case.check("%s: every packet of the phone authenticates under the signalled key and its "
                    "payload leaves bit for bit" % case.name):
        same("phone to peer", left.sent(), right.heard())
    with case.check("%s: every packet to the phone authenticates under the signalled key and its "
                    "payload came in bit for bit" % case.name):
        same("peer to phone", right.sent(), left.heard())
    with case.check("%s: the phone's wire looks like noise" % case.name):
        for source, destination in ((left.peer, left.edge), (left.edge, left.peer)):
            got = [d[12:172] for d in wires[0].select(source, destination)
                   if len(d) > 100 and not 64 <= d[1] & 127 < 96]
            assert random_looking(got)
    return left, right


def judge_tones(case, alice, bob, calls):
    for hears, freq in ((alice, BOB_HZ), (bob, ALICE_HZ)):
        with case.check("%s: %s hears the other's tone" % (case.name, hears.name)):
            got = tone.heard_in(hears.rec, freq)
            assert got > 0.7 * TALK * calls, "%.2f s of %.2f s" % (got, TALK * calls)
