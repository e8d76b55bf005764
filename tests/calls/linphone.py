# SPDX-License-Identifier: GPL-2.0-or-later
"""linphonec, a second SIP, TLS and SRTP stack: it verifies certificates, which baresip does not."""
import os
import pty
import re
import signal
import subprocess
import threading

from bed import EDGE_OUT, PHONE, end, until
from peers import ROOT, installed, libraries


class Linphone:
    """One linphonec in the phone's namespace, driven over a terminal as a person would."""

    def __init__(self, bed, name, **opt):
        """opt: ca, enc ("srtp", "none"), mandatory, password, port, wav, answer (True: at once)"""
        self.bed, self.name, self.ns = bed, name, "phone"
        self.ip, self.edge = PHONE, EDGE_OUT
        self.dir = os.path.join(bed.out, opt.get("dir", name))
        self.log = self.dir + "/log"
        os.makedirs(self.dir + "/.local/share/linphone")
        port = opt.get("port", 5080)
        with open(self.dir + "/rc", "w") as f:
            f.write("[sip]\nsip_port=0\nsip_tcp_port=0\nsip_tls_port=%d\nverify_server_certs=1\n"
                    "verify_server_cn=0\nroot_ca=%s\nmedia_encryption=%s\n"
                    "media_encryption_mandatory=%d\nguess_hostname=0\nuse_ipv6=0\ndefault_proxy=0\n"
                    "contact=sip:%s@%s\n"
                    % (port, opt["ca"], opt.get("enc", "srtp"), opt.get("mandatory", 1), name,
                       PHONE))
            f.write("[rtp]\naudio_rtp_port=%d\naudio_jitt_comp=60\n[net]\nfirewall_policy=0\n"
                    "[sound]\nplayback_dev_id=none\ncapture_dev_id=none\nec=0\n"
                    "[video]\nenabled=0\ncapture=0\ndisplay=0\n" % (port + 19000))
            f.write("[audio_codec_0]\nmime=PCMU\nrate=8000\nenabled=1\n")
            f.write("[auth_info_0]\nusername=%s\npasswd=%s\nrealm=\n"
                    % (name, opt.get("password", "secret")))
            f.write("[proxy_0]\nreg_proxy=<sip:%s;transport=tls>\nreg_identity=sip:%s@%s\n"
                    "reg_expires=600\nreg_sendregister=1\npublish=0\n" % (EDGE_OUT, name, EDGE_OUT))
        master, slave = pty.openpty()
        argv = [installed("usr/bin/linphonec"), "-d", "6", "-l", self.log, "-c", self.dir + "/rc"]
        if opt.get("answer"):
            argv.append("-a")
        # its grammars are looked for below /usr/share only: there they are, for its eyes alone
        share = ('[ -e /usr/share/belr ] || mount -t overlay overlay -o '
                 'lowerdir="$0":/usr/share /usr/share; exec "$@"')
        self.p = subprocess.Popen(["ip", "netns", "exec", bed.name("phone"), "sh", "-c", share,
                                   ROOT + "/usr/share"] + argv, stdin=slave, stdout=slave,
                                  stderr=slave, start_new_session=True, cwd=self.dir,
                                  env=dict(os.environ, HOME=self.dir, TERM="dumb", **libraries()))
        os.close(slave)
        bed.running.append(self.p)
        self.terminal = master
        self.said = b""
        threading.Thread(target=self.listen, daemon=True).start()
        until(lambda: "linphonec>" in self.text(), 20, name + "'s prompt")
        if opt.get("wav"):
            self.command("soundcard use files")
            self.command("play " + opt["wav"])

    def listen(self):
        while True:
            try:
                more = os.read(self.terminal, 65536)
            except OSError:
                return
            if not more:
                return
            self.said += more

    def text(self):
        return self.said.decode(errors="replace").replace("\r", "")

    def trace(self):
        """Its own log, SIP messages and all."""
        if not os.path.exists(self.log):
            return ""
        with open(self.log, errors="replace") as f:
            return f.read().replace("\r", "")

    def registration(self, state):
        """Wait until its account is in a state: "Ok", "Failed"."""
        until(lambda: "to [LinphoneRegistration%s]" % state in self.trace(), 20,
              "%s: registration %s" % (self.name, state))

    def command(self, text):
        os.write(self.terminal, text.encode() + b"\n")

    def quit(self):
        try:
            self.command("quit")
        except OSError:
            pass
        end(self.p, signal.SIGTERM, 10)

    def sdp(self, offer):
        """(address, port, crypto lines) of the last SDP in an INVITE (offer) or in a 200."""
        want = r"INVITE " if offer else r"SIP/2\.0 200"
        found = None
        for part in re.split(r"(?m)^(?=(?:[A-Z]+ sips?:\S+ SIP/2\.0|SIP/2\.0 \d{3} .*)$)",
                             self.trace()):
            m = re.search(r"(?m)^m=audio (\d+)", part)
            if m and re.match(want, part):
                address = re.search(r"(?m)^c=IN IP[46] (\S+)", part)
                crypto = re.findall(r"(?m)^a=crypto:\d+ (\S+) inline:([A-Za-z0-9+/=]+)", part)
                found = (address[1], int(m[1]), crypto)
        assert found, "%s: no SDP in its trace" % self.name
        return found
