# SPDX-License-Identifier: GPL-2.0-or-later
"""Tones to speak, and how long one was heard in a recording."""
import glob
import math
import os
import struct
import wave


def write(path, freq, seconds=20, rate=8000):
    one = b"".join(struct.pack("<h", int(9000 * math.sin(2 * math.pi * freq * i / rate)))
                   for i in range(rate))
    with wave.open(path, "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(rate)
        w.writeframes(one * seconds)


def heard(path, freq):
    """Seconds, in frames of 20 ms, with more than 90 % of their energy at freq (Goertzel)."""
    with wave.open(path, "rb") as w:
        rate, channels = w.getframerate(), w.getnchannels()
        raw = w.readframes(w.getnframes())
    samples = struct.unpack("<%dh" % (len(raw) // 2), raw[:len(raw) // 2 * 2])[::channels]
    n = rate // 50
    c = 2 * math.cos(2 * math.pi * freq / rate)
    good = 0
    for i in range(0, len(samples) - n + 1, n):
        a = b = energy = 0.0
        for v in samples[i:i + n]:
            a, b = v + c * a - b, a
            energy += v * v
        if energy > n * 1e6 and 2 * (a * a + b * b - c * a * b) > 0.9 * n * energy:
            good += 1
    return good / 50


def heard_in(directory, freq):
    """The same over all of baresip's recordings of decoded audio in a directory."""
    return sum(heard(f, freq) for f in glob.glob(os.path.join(directory, "*dec*.wav")))
