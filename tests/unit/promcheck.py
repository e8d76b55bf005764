# SPDX-License-Identifier: GPL-2.0-or-later
"""A strict reader of the Prometheus text format 0.0.4: what it does not like is an AssertionError.

Stricter than the format: each family is described before its samples, once, and its samples stand
together; counters end in _total and are whole; no series occurs twice."""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(r"(%s)(?:\{(%s(?:,%s)*)\})? (\S+)" % (NAME, LABEL, LABEL))
TYPES = ("counter", "gauge", "histogram", "summary", "untyped")


def number(text, line):
    assert re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?|[-+]?Inf|NaN", text), line
    return float(text)


def comment(line, families, current):
    m = re.fullmatch(r"# (HELP|TYPE) (%s) (.+)" % NAME, line)
    assert m, line
    kind, name, rest = m.groups()
    family = families.setdefault(name, {"samples": {}})
    assert kind not in family, "twice: " + line
    family[kind] = rest
    if kind == "HELP":
        assert len(family) == 2 and rest.endswith("."), line
    else:
        assert "HELP" in family and name == current and rest in TYPES, line
    return name


def check(text):
    """{name: {"HELP", "TYPE", "samples": {labels: value}}}"""
    families, current = {}, None
    assert text.endswith("\n") and "\r" not in text, "the last line has no end"
    for line in text[:-1].split("\n"):
        if line.startswith("#"):
            current = comment(line, families, current)
            continue
        m = SAMPLE.fullmatch(line)
        assert m, "no sample: " + line
        name, labels, value = m.groups()
        family = families.get(name)
        assert family and name == current and "TYPE" in family, "not described here: " + line
        value = number(value, line)
        if family["TYPE"] == "counter":
            assert name.endswith("_total") and value >= 0 and value == int(value), line
        else:
            assert not name.endswith("_total"), line
        key = tuple(sorted(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")))
        assert len({k for k, _ in key}) == len(key) and key not in family["samples"], line
        family["samples"][key] = value
    for name, family in families.items():
        assert family["samples"], name + " has no samples"
    return families


def must_refuse():
    """Each of these is wrong in one way."""
    good = "# HELP a_total B.\n# TYPE a_total counter\na_total 1\n"
    check(good)
    for bad in (good[:-1], good + "a_total 2\n", good.replace("counter", "count"),
                good.replace("1", "-1"), good.replace("1", "1.5"), good.replace("1", "one"),
                good.replace("# TYPE a_total counter\n", ""), "b 1\n" + good,
                good.replace("a_total 1", 'a_total{x="1",x="2"} 1'), good.replace("\n", "\r\n"),
                good.replace("a_total 1", 'a_total{x=1} 1'), good + good, good + "\n",
                good.replace("a_total 1", 'a_total{x="\n"} 1'), good.replace("a_total 1\n", "")):
        try:
            check(bad)
        except AssertionError:
            continue
        raise RuntimeError("taken: %r" % bad)
