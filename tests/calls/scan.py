# SPDX-License-Identifier: GPL-2.0-or-later
"""ksrtpd with certificates of a CA, an RSA key beside an ECDSA one, for scanners of TLS servers. TAP."""
import os
import subprocess

import peers

os.environ.setdefault("KSRTPD", os.path.join(peers.TOP, "build/ksrtpd"))

from alone import Daemon  # noqa: E402

NAME = "edge.example"


def openssl(*argv):
    subprocess.run(["openssl", *argv], check=True, capture_output=True)


def certificates(where):
    """A CA, and for each kind of key a file of certificate and key; the files without the CA's."""
    ca = where + "/ca"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90", "-subj",
            "/CN=a CA", "-keyout", ca + ".key", "-out", ca + ".pem")
    files = []
    for kind, key in (("ec", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
                      ("rsa", ["-newkey", "rsa:2048"])):
        pem = "%s/%s.pem" % (where, kind)
        openssl("req", *key, "-nodes", "-subj", "/CN=" + NAME, "-addext", "subjectAltName=URI:sip:%s,DNS:%s"
                % (NAME, NAME), "-keyout", pem + ".key", "-out", pem + ".csr")
        openssl("x509", "-req", "-in", pem + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-days", "90",
                "-copy_extensions", "copyall", "-out", pem)
        with open(pem, "a") as f, open(pem + ".key") as k:
            f.write(k.read())
        files.append(pem)
    return ca + ".pem", files


def start(suite):
    """(ksrtpd, the CA's certificate)"""
    ca, files = certificates(suite.bed.out)
    return Daemon(suite.bed, "scanned", None, more="certificate = {%s}\ndomain = {\"%s\"}\n"
                  % (", ".join('"%s"' % f for f in files), NAME)), ca


def scan(suite, argv):
    """Run a scanner as a phone; what it printed."""
    return subprocess.run(["ip", "netns", "exec", suite.bed.name("phone")] + argv, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False).stdout
