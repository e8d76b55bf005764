# SPDX-License-Identifier: GPL-2.0-or-later
"""ffmpeg and GStreamer as one end of SRTP: each speaks or hears µ-law, with a key of its own.

Neither sends from the port it listens at, so speaking and hearing are two programs with two ports."""
import base64
import os
import signal
import struct

from bed import end, until
from peers import installed, libraries
from place import end_of

SSRC = 0x12345678
# suite: GStreamer's words for it
GSTREAMER = {
    "AES_CM_128_HMAC_SHA1_80": ("aes-128-icm", "hmac-sha1-80", "hmac-sha1-80"),
    "AES_CM_128_HMAC_SHA1_32": ("aes-128-icm", "hmac-sha1-32", "hmac-sha1-80"),
    "AEAD_AES_128_GCM": ("aes-128-gcm", "null", "null"),
    "AEAD_AES_256_GCM": ("aes-256-gcm", "null", "null"),
}
# suite: ffmpeg's name of it. By the name of RFC 4568 its _32 cuts the tag of SRTCP to 32 bits too, against
# section 6.2.2; by that of RFC 5764 it does not.
FFMPEG = {"AES_CM_128_HMAC_SHA1_80": "AES_CM_128_HMAC_SHA1_80",
          "AES_CM_128_HMAC_SHA1_32": "SRTP_AES128_CM_HMAC_SHA1_32"}


def bound(bed, ns, port):
    """Somebody listens at that UDP port."""
    def look():
        text = ""
        for table in ("udp", "udp6"):
            with open("/proc/thread-self/net/" + table) as f:
                text += f.read()
        return ":%04X " % port in text
    return bed.socket(ns, look)


class Program:
    """One of them in the phone's namespace; log and output lie in the bed's directory."""

    def __init__(self, bed, argv, name, env=None):
        self.bed, self.log = bed, os.path.join(bed.out, name + ".log")
        self.p = bed.spawn("phone", argv, self.log, dict(libraries(), **(env or {})))

    def listens(self, port):
        until(lambda: self.p.poll() is not None or bound(self.bed, "phone", port), 60,
              "a program listens at port %d" % port)
        assert self.p.poll() is None, self.text()
        return self

    def text(self):
        with open(self.log, errors="replace") as f:
            return f.read()[-1500:]

    def stop(self):
        """As by Ctrl-C, so that what it writes is whole."""
        end(self.p, signal.SIGINT, 20)


class Ffmpeg:
    name = "ffmpeg"

    def __init__(self, bed):
        self.bed = bed

    def run(self, argv, name):
        return Program(self.bed, [installed("usr/bin/ffmpeg"), "-nostdin", "-hide_banner"] + argv, name)

    def speaks(self, source, at, to, suite, key):
        """source: a WAV or raw µ-law file, in real time; at: its own (address, port); to: the other's"""
        raw = source.endswith(".ul")
        take = (["-f", "mulaw", "-ar", "8000", "-ac", "1"] if raw else []) + ["-i", source]
        return self.run(
            ["-re"] + take + ["-c:a", "copy" if raw else "pcm_mulaw", "-f", "rtp", "-ssrc", str(SSRC),
             "-srtp_out_suite", FFMPEG[suite], "-srtp_out_params", key, "srtp://%s?localrtpport=%d&localrtcpport=%d"
             "&pkt_size=182" % (end_of(*to), at[1], at[1] + 1)], "ffmpeg-speaks-%d" % at[1])

    def hears(self, output, at, suite, key):
        """output: a WAV or raw µ-law file"""
        sdp = output + ".sdp"
        with open(sdp, "w") as f:
            f.write("v=0\r\no=- 0 0 IN IP{0} {1}\r\ns=-\r\nc=IN IP{0} {1}\r\nt=0 0\r\n"
                    "m=audio {2} RTP/SAVP 0\r\na=crypto:1 {3} inline:{4}\r\n"
                    .format(6 if ":" in at[0] else 4, at[0], at[1], FFMPEG[suite], key))
        how = ["-c", "copy", "-f", "mulaw"] if output.endswith(".ul") else ["-f", "wav"]
        return self.run(["-protocol_whitelist", "file,udp,rtp,srtp", "-i", sdp] + how +
                        ["-flush_packets", "1", output], "ffmpeg-hears-%d" % at[1]).listens(at[1])


class Gstreamer:
    name = "GStreamer"

    def __init__(self, bed):
        self.bed = bed

    def run(self, pipeline, name):
        plugins = os.path.dirname(installed("usr/lib/x86_64-linux-gnu/gstreamer-1.0/libgstsrtp.so"))
        return Program(self.bed, [installed("usr/bin/gst-launch-1.0"), "-q", "-e"] + pipeline.split(), name, {
            "GST_PLUGIN_SYSTEM_PATH_1_0": plugins, "GST_REGISTRY_FORK": "no",
            "GST_REGISTRY_1_0": os.path.join(self.bed.out, name + ".registry")})

    def speaks(self, source, at, to, suite, key):
        """source: a raw µ-law file, at once"""
        cipher, auth, control = GSTREAMER[suite]
        return self.run(
            "filesrc location=%s blocksize=160 ! audio/x-mulaw,rate=8000,channels=1 ! "
            "rtppcmupay min-ptime=20000000 max-ptime=20000000 ssrc=%d ! "
            "srtpenc key=%s rtp-cipher=%s rtp-auth=%s rtcp-cipher=%s rtcp-auth=%s ! "
            "udpsink host=%s port=%d bind-address=%s bind-port=%d sync=false"
            % (source, SSRC, base64.b64decode(key).hex(), cipher, auth, cipher, control, to[0], to[1],
               at[0], at[1]), "gstreamer-speaks-%d" % at[1])

    def hears(self, output, at, suite, key):
        """output: a raw µ-law file"""
        cipher, auth, control = GSTREAMER[suite]
        return self.run(
            "udpsrc address=%s port=%d caps=application/x-srtp,media=audio,clock-rate=8000,encoding-name=PCMU,"
            "payload=0,ssrc=(uint)%d,srtp-key=(buffer)%s,srtp-cipher=%s,srtp-auth=%s,srtcp-cipher=%s,"
            "srtcp-auth=%s ! srtpdec ! rtppcmudepay ! filesink buffer-mode=unbuffered location=%s"
            % (at[0], at[1], SSRC, base64.b64decode(key).hex(), cipher, auth, cipher, control, output),
            "gstreamer-hears-%d" % at[1]).listens(at[1])


def packets(audio):
    """Plain RTP, 20 ms each, of raw µ-law."""
    for n in range(len(audio) // 160):
        yield struct.pack(">BBHII", 0x80, 0x80 if n == 0 else 0, 1000 + n, 160 * n, SSRC) + audio[160 * n:160 * n + 160]
