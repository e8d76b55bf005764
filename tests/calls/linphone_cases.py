# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls with a second stack. Media is judged on the wire of both legs."""
import peers
from bed import CORE, EDGE_OUT, PHONE, until
from case import no_calls
from linphone import Linphone
from matrix_cases import flowing, judge
from judge import Leg


def trust(case):
    """Two files of trust anchors: ksrtpd's own certificate, and one that has nothing to do with it."""
    right = case.out + "/right-ca.pem"
    with open(case.daemon.dir + "/certificate.pem") as f:
        text = f.read()
    with open(right, "w") as f:
        f.write(text[text.index("-----BEGIN CERTIFICATE"):])
    return right, case.certificate + ".crt"


def logged(phone, ip):
    """Its log is behind its calls: wait until the answer that came from there stands in it."""
    def there():
        try:
            return phone.sdp(offer=False)[0] == ip
        except AssertionError:
            return False
    until(there, 20, "the answer from %s is in the log" % ip)


def linphone(case):
    """TLS and SDES with ksrtpd, verified; RTP behind it."""
    kamailio = peers.Kamailio(case.bed)
    ksrtpd = case.ksrtpd()
    wires = case.captures()
    case.bed.batch("phone", "route add default via " + EDGE_OUT)    # it goes nowhere without one
    right, wrong = trust(case)
    bob = case.bob()
    bob.registered()
    with case.check("linphone: with a wrong trust anchor it refuses ksrtpd's certificate"):
        mallory = Linphone(case.bed, "alice", dir="mistrust", ca=wrong)
        mallory.registration("Failed")
        until(lambda: "certificate verification failed" in mallory.trace().lower(), 20, "its log says why")
        until(lambda: "alert unknown ca" in ksrtpd.text(), 20, "so does ksrtpd's")
        assert not ksrtpd.ask("registrations"), ksrtpd.ask("registrations")
        mallory.quit()
    alice = Linphone(case.bed, "alice", ca=right, wav=case.material.alice_wav, answer=True)
    with case.check("linphone: with the right one it registers over TLS"):
        alice.registration("Ok")
        assert [r["transport"] for r in ksrtpd.ask("registrations")] == ["TLS"]
    with case.check("linphone: it calls, and hangs up"):
        alice.command("call sip:bob@" + EDGE_OUT)
        bob.wait("CALL_ESTABLISHED")
        logged(alice, EDGE_OUT)
        legs = Leg(alice, wires[0], True), Leg(bob, wires[1], False)
        flowing(legs, 60)
        alice.command("terminate")
        bob.wait("CALL_CLOSED")
        no_calls(ksrtpd)
        judge(case, legs, (True, False))
    with case.check("linphone: it is called, and the caller hangs up"):
        bob.dial("sip:alice@" + CORE)
        bob.wait("CALL_ESTABLISHED", n=2)
        logged(alice, PHONE)
        legs = Leg(alice, wires[0], False), Leg(bob, wires[1], True)
        flowing(legs, 60)
        bob.hangup()
        bob.wait("CALL_CLOSED", n=2)
        no_calls(ksrtpd)
        judge(case, legs, (True, False))
    alice.quit()
    bob.quit()
    kamailio.stop()


ALL = [linphone]
