# SPDX-License-Identifier: GPL-2.0-or-later
"""One command in a guest of every stock kernel at the same time; their TAP becomes one suite."""
import threading

import guest
import tap


class Merged:
    """prints the tests of all guests as they come, numbered through, each with its kernel's name"""

    def __init__(self):
        self.lock, self.n, self.failed = threading.Lock(), 0, 0

    def test(self, ok, name):
        with self.lock:
            self.n += 1
            self.failed += not ok
            print("%sok %d - %s" % ("" if ok else "not ", self.n, name), flush=True)

    def comment(self, text):
        with self.lock:
            print(text, flush=True)


def one(kernel, command, merged, options):
    """a guest whose output is TAP"""
    r = tap.Result()

    def each(text):
        n = len(r.tests)
        r.line(text)
        for ok, name in r.tests[n:]:
            merged.test(ok, "%s: %s" % (kernel.name, name))
        if len(r.tests) == n:
            merged.comment("# %s: %s" % (kernel.name, text))

    g = guest.Guest(kernel, command, each=each, **options)
    status = g.run()
    n = len(r.tests)
    r.end(status if not g.splats else 0, None)
    for ok, name in r.tests[n:]:
        merged.test(ok, "%s: %s" % (kernel.name, name))
    merged.test(
        g.status is not None and not g.splats,
        "%s: the guest ended in order and its kernel complained of nothing" % kernel.name,
    )


def run(command, kernels=None, **options):
    """the exit status for the suite"""
    merged = Merged()
    if kernels is None:
        kernels = guest.stock()
        if len(kernels) < 2:
            merged.test(False, "two kernels lie in build/kernels (tests/setup brings them)")
    threads = [threading.Thread(target=one, args=(k, command, merged, options)) for k in kernels]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("1..%d" % merged.n, flush=True)
    return 1 if merged.failed else 0
